"""A channel's settings as Saleor's clients read them."""

from typing import Any

from marketplace.markets import models
from marketplace_graphql.kernel import enum, object_type
from marketplace_graphql.kernel.scalars import DateTime as Moment
from marketplace_graphql.kernel.scalars import Day, Hour, Minute

enum(models.AllocationStrategy, name="AllocationStrategyEnum")
enum(models.MarkAsPaidStrategy, name="MarkAsPaidStrategyEnum")
enum(models.TransactionFlowStrategy, name="TransactionFlowStrategyEnum")


@object_type
class StockSettings:
    """How pieces are set aside for orders."""

    allocation_strategy: models.AllocationStrategy
    """From which shelf they come. What keeps the shortest goes first in any case."""


@object_type
class OrderSettings:
    """What happens to orders by itself."""

    automatically_confirm_all_new_orders: bool
    """Otherwise staff confirm each, and nobody sends anything before."""
    automatically_fulfill_non_shippable_gift_card: bool
    """Kept; no gift card is sold here."""
    expire_orders_after: Minute | None
    """When an order that is neither confirmed nor paid is called off; null: never."""
    mark_as_paid_strategy: models.MarkAsPaidStrategy
    delete_expired_orders_after: Day
    """Days after which an expired order is deleted."""
    allow_unpaid_orders: bool
    """Whether a checkout may become an order before anyone has paid or promised to."""
    include_draft_order_in_voucher_usage: bool
    draft_order_line_price_freeze_period: Hour | None
    """How long a draft keeps its prices; null: for good."""
    use_legacy_line_discount_propagation: bool
    """Kept; what a voucher for some lines takes off is told by these lines."""


@object_type
class CheckoutSettings:
    """What happens to checkouts by itself."""

    use_legacy_error_flow: bool
    """Kept; a cart that can't be bought any more is told by `Checkout.problems`."""
    automatically_complete_fully_paid_checkouts: bool
    automatic_completion_delay: Minute | None
    automatic_completion_cut_off_date: Moment | None
    """Checkouts that were opened before it are left alone."""
    allow_legacy_gift_card_use: bool
    """Whether gift cards are put in like promotion codes."""


@object_type
class PaymentSettings:
    """How money is asked for."""

    default_transaction_flow_strategy: models.TransactionFlowStrategy
    release_funds_for_expired_checkouts: bool | None
    checkout_ttl_before_releasing_funds: Hour | None
    checkout_release_funds_cut_off_date: Moment | None


def stock_settings(channel: Any) -> dict[str, Any]:
    return {"allocation_strategy": channel.allocation_strategy}


def order_settings(channel: Any) -> dict[str, Any]:
    same = (
        "automatically_confirm_all_new_orders",
        "automatically_fulfill_non_shippable_gift_card",
        "mark_as_paid_strategy",
        "allow_unpaid_orders",
        "include_draft_order_in_voucher_usage",
        "use_legacy_line_discount_propagation",
    )
    return {name: getattr(channel, name) for name in same} | {
        "expire_orders_after": channel.expire_orders_after_minutes,
        "delete_expired_orders_after": channel.delete_expired_orders_after_days,
        "draft_order_line_price_freeze_period": channel.draft_order_line_price_freeze_hours,
    }


def checkout_settings(channel: Any) -> dict[str, Any]:
    return {
        "use_legacy_error_flow": channel.use_legacy_error_flow,
        "automatically_complete_fully_paid_checkouts": channel.automatically_complete_fully_paid_checkouts,
        "automatic_completion_delay": channel.automatic_completion_delay_minutes,
        "automatic_completion_cut_off_date": channel.automatic_completion_cut_off_date,
        "allow_legacy_gift_card_use": channel.allow_legacy_gift_card_use,
    }


def payment_settings(channel: Any) -> dict[str, Any]:
    return {
        "default_transaction_flow_strategy": channel.default_transaction_flow_strategy,
        "release_funds_for_expired_checkouts": channel.release_funds_for_expired_checkouts,
        "checkout_ttl_before_releasing_funds": channel.release_funds_after_hours,
        "checkout_release_funds_cut_off_date": channel.release_funds_cut_off_date,
    }
