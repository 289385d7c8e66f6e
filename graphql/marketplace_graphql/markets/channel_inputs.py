"""What staff say of a channel."""

from collections.abc import Mapping
from typing import Any

from strawberry import ID

from marketplace.kit.errors import InvalidError
from marketplace.markets.models import (
    AllocationStrategy,
    MarkAsPaidStrategy,
    TransactionFlowStrategy,
)
from marketplace_graphql.checkout.inputs import metadata_entries
from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import changes, input_type
from marketplace_graphql.kernel.scalars import DateTime, Day, Hour, Minute
from marketplace_graphql.languages import CountryCode


@input_type
class StockSettingsInput:
    """How pieces are set aside for orders."""

    allocation_strategy: AllocationStrategy
    """From which shelf they come."""


@input_type
class OrderSettingsInput:
    """What happens to orders by itself."""

    automatically_confirm_all_new_orders: bool | None
    """Otherwise staff confirm each, and nobody sends anything before."""
    automatically_fulfill_non_shippable_gift_card: bool | None
    """Kept; no gift card is sold here."""
    expire_orders_after: Minute | None
    """When an order that is neither confirmed nor paid is called off; null or 0: never."""
    delete_expired_orders_after: Day | None
    """From 1 to 120."""
    mark_as_paid_strategy: MarkAsPaidStrategy | None
    allow_unpaid_orders: bool | None
    """Whether a checkout may become an order before anyone has paid or promised to."""
    include_draft_order_in_voucher_usage: bool | None
    draft_order_line_price_freeze_period: Hour | None
    """How long a draft keeps its prices; null or 0: for good."""
    use_legacy_line_discount_propagation: bool | None
    """Kept; what a voucher for some lines takes off is told by these lines."""


@input_type
class CheckoutAutoCompleteInput:
    """Whether checkouts that are paid in full are completed by themselves."""

    enabled: bool
    delay: Minute | None
    """How long they wait for their buyer to do it. Left out: half an hour."""
    cut_off_date: DateTime | None
    """Those opened before it are left alone. Left out: now."""


@input_type(
    outdated={
        "use_legacy_error_flow": "`Checkout.problems` tells what can't be bought any more.",
        "automatically_complete_fully_paid_checkouts": "Use `automaticCompletion`.",
    }
)
class CheckoutSettingsInput:
    """What happens to checkouts by itself."""

    use_legacy_error_flow: bool | None
    automatically_complete_fully_paid_checkouts: bool | None
    automatic_completion: CheckoutAutoCompleteInput | None
    allow_legacy_gift_card_use: bool | None
    """Whether gift cards are put in like promotion codes."""


@input_type
class PaymentSettingsInput:
    """How money is asked for."""

    default_transaction_flow_strategy: TransactionFlowStrategy | None
    release_funds_for_expired_checkouts: bool | None
    checkout_ttl_before_releasing_funds: Hour | None
    checkout_release_funds_cut_off_date: DateTime | None


@input_type
class ChannelInput:
    """What can be said of every channel."""

    is_active: bool | None
    """Whether anything can be bought in it."""
    stock_settings: StockSettingsInput | None
    add_shipping_zones: list[ID] | None
    """Zones that it delivers to from now on."""
    add_warehouses: list[ID] | None
    """Store rooms that it takes from."""
    order_settings: OrderSettingsInput | None
    metadata: list[MetadataInput] | None
    private_metadata: list[MetadataInput] | None
    checkout_settings: CheckoutSettingsInput | None
    payment_settings: PaymentSettingsInput | None


@input_type
class ChannelCreateInput(ChannelInput):
    """A new channel."""

    name: str
    slug: str
    currency_code: str
    """ISO 4217. It stays."""
    default_country: CountryCode
    """Where prices are shown for, as long as nothing else is known."""


@input_type
class ChannelUpdateInput(ChannelInput):
    """What changes of a channel."""

    name: str | None
    slug: str | None
    default_country: CountryCode | None
    remove_shipping_zones: list[ID] | None
    """Zones that it delivers to no more."""
    remove_warehouses: list[ID] | None
    """Store rooms that it takes from no more."""


@input_type
class ChannelDeleteInput:
    """What becomes of a deleted channel's orders."""

    channel_id: ID
    """The channel of the same currency that gets them."""


def channel_columns(given: ChannelInput) -> dict[str, Any]:
    """What is said, as `markets.channels` takes it. What can't be null is left as it is by null.

    Raises InvalidError, RequiredError.
    """
    sent = changes(given)
    columns = _kept(sent, {"name": "name", "slug": "slug", "is_active": "is_active"})
    if sent.get("currency_code") is not None:
        columns["currency_code"] = sent["currency_code"]
    if sent.get("default_country") is not None:
        columns["default_country_code"] = sent["default_country"].value
    columns |= _kept(sent.get("stock_settings") or {}, {"allocation_strategy": "allocation_strategy"})
    columns |= _of_orders(sent.get("order_settings") or {})
    columns |= _of_checkouts(sent.get("checkout_settings") or {})
    columns |= _of_payments(sent.get("payment_settings") or {})
    for name, column in (("metadata", "public_metadata"), ("private_metadata", "private_metadata")):
        if sent.get(name):
            columns[column] = metadata_entries(getattr(given, name))
    return columns


def _kept(sent: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {column: sent[name] for name, column in names.items() if sent.get(name) is not None}


def _of_orders(sent: Mapping[str, Any]) -> dict[str, Any]:
    same = (
        "automatically_confirm_all_new_orders",
        "automatically_fulfill_non_shippable_gift_card",
        "mark_as_paid_strategy",
        "allow_unpaid_orders",
        "include_draft_order_in_voucher_usage",
        "use_legacy_line_discount_propagation",
    )
    columns = _kept(sent, {name: name for name in same})
    for name, column in (
        ("expire_orders_after", "expire_orders_after_minutes"),
        ("delete_expired_orders_after", "delete_expired_orders_after_days"),
        ("draft_order_line_price_freeze_period", "draft_order_line_price_freeze_hours"),
    ):
        if name in sent:
            columns[column] = sent[name]
    return columns


def _of_checkouts(sent: Mapping[str, Any]) -> dict[str, Any]:
    columns = _kept(
        sent,
        {
            "use_legacy_error_flow": "use_legacy_error_flow",
            "allow_legacy_gift_card_use": "allow_legacy_gift_card_use",
            "automatic_completion": "automatic_completion",
        },
    )
    older = "automatically_complete_fully_paid_checkouts"
    if older in sent and "automatic_completion" in sent:
        raise InvalidError("Say it in one of the two ways.", field="automaticallyCompleteFullyPaidCheckouts")
    if sent.get(older) is not None:
        columns["automatic_completion"] = {"enabled": sent[older]}
    return columns


def _of_payments(sent: Mapping[str, Any]) -> dict[str, Any]:
    columns = _kept(
        sent,
        {
            "default_transaction_flow_strategy": "default_transaction_flow_strategy",
            "release_funds_for_expired_checkouts": "release_funds_for_expired_checkouts",
            "checkout_ttl_before_releasing_funds": "release_funds_after_hours",
        },
    )
    if "checkout_release_funds_cut_off_date" in sent:
        columns["release_funds_cut_off_date"] = sent["checkout_release_funds_cut_off_date"]
    return columns
