"""A channel's settings as Saleor's clients read them. A constant is the same in every channel."""

from enum import Enum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Text, cast, false, literal, null, true

from marketplace_graphql.kernel import enum, object_type
from marketplace_graphql.kernel.scalars import DateTime as Moment
from marketplace_graphql.kernel.scalars import Day, Hour, Minute


@enum
class AllocationStrategyEnum(Enum):
    """From which shelf pieces are taken first."""

    PRIORITIZE_SORTING_ORDER = "PRIORITIZE_SORTING_ORDER"
    PRIORITIZE_HIGH_STOCK = "PRIORITIZE_HIGH_STOCK"


@enum
class MarkAsPaidStrategyEnum(Enum):
    """What is written down when staff mark an order as paid."""

    TRANSACTION_FLOW = "TRANSACTION_FLOW"
    PAYMENT_FLOW = "PAYMENT_FLOW"


@enum
class TransactionFlowStrategyEnum(Enum):
    """What a gateway is asked for first."""

    AUTHORIZATION = "AUTHORIZATION"
    CHARGE = "CHARGE"


@object_type
class StockSettings:
    """How pieces are set aside for orders."""

    allocation_strategy: AllocationStrategyEnum
    """From which shelf they come."""


@object_type
class OrderSettings:
    """What happens to orders by itself."""

    automatically_confirm_all_new_orders: bool
    automatically_fulfill_non_shippable_gift_card: bool
    expire_orders_after: Minute | None
    """When an unpaid order is called off; null: never."""
    mark_as_paid_strategy: MarkAsPaidStrategyEnum
    delete_expired_orders_after: Day
    """Days after which an expired order is deleted. None expires here, and so none is."""
    allow_unpaid_orders: bool
    """Whether a checkout may become an order before anyone has paid or promised to."""
    include_draft_order_in_voucher_usage: bool
    draft_order_line_price_freeze_period: Hour | None
    """How long a draft keeps its prices."""
    use_legacy_line_discount_propagation: bool


@object_type
class CheckoutSettings:
    """What happens to checkouts by itself."""

    use_legacy_error_flow: bool
    """Whether a cart that can't be bought any more is told by errors of mutations alone."""
    automatically_complete_fully_paid_checkouts: bool
    automatic_completion_delay: Minute | None
    automatic_completion_cut_off_date: Moment | None
    allow_legacy_gift_card_use: bool
    """Whether gift cards are put in like promotion codes."""


@object_type
class PaymentSettings:
    """How money is asked for."""

    default_transaction_flow_strategy: TransactionFlowStrategyEnum
    release_funds_for_expired_checkouts: bool | None
    checkout_ttl_before_releasing_funds: Hour | None
    checkout_release_funds_cut_off_date: Moment | None


def _text(value: str) -> Any:
    return cast(literal(value, Text()), Text)


_no_number = cast(null(), BigInteger)
_no_moment = cast(null(), DateTime(timezone=True))

STOCK_SETTINGS = {"allocation_strategy": _text("PRIORITIZE_HIGH_STOCK")}
"""`inventory.allocations`: the fullest shelf first."""

ORDER_SETTINGS = {
    "automatically_confirm_all_new_orders": true(),
    "automatically_fulfill_non_shippable_gift_card": false(),
    "expire_orders_after": _no_number,
    "mark_as_paid_strategy": _text("TRANSACTION_FLOW"),
    "delete_expired_orders_after": literal(60, BigInteger()),
    "allow_unpaid_orders": false(),
    "include_draft_order_in_voucher_usage": false(),
    "draft_order_line_price_freeze_period": _no_number,
    "use_legacy_line_discount_propagation": false(),
}
"""`orders.placing`: what is paid or promised is placed, and confirmed at once. Orders don't expire, so there
are none to delete after any number of days. No gift card is sold, hence none is fulfilled by itself. What a
voucher for some lines takes off is told by these lines, as a percentage where it is one.
"""

CHECKOUT_SETTINGS = {
    "use_legacy_error_flow": false(),
    "automatically_complete_fully_paid_checkouts": false(),
    "automatic_completion_delay": _no_number,
    "automatic_completion_cut_off_date": _no_moment,
    "allow_legacy_gift_card_use": true(),
}
"""A cart that can't be bought any more is told by `Checkout.problems`: no mutation fails for what it isn't
about. Gift cards are put in by their codes, like vouchers: `checkout.promo_codes`.
"""

PAYMENT_SETTINGS = {
    "default_transaction_flow_strategy": _text("AUTHORIZATION"),
    "release_funds_for_expired_checkouts": false(),
    "checkout_ttl_before_releasing_funds": _no_number,
    "checkout_release_funds_cut_off_date": _no_moment,
}
"""To pay at the door is promised first: the money is charged when the parcel is handed over."""
