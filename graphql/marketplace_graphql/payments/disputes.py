"""Disputes of payments, for staff who handle payments."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import false, true

from marketplace.payments.gateways.stripe import models
from marketplace.payouts import models as payouts
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    DateTime,
    Filter,
    Node,
    column,
    enum,
    input_type,
    node,
    record,
    related,
    value,
)
from marketplace_graphql.payments.types import TransactionItem
from marketplace_graphql.values import Money, money

if TYPE_CHECKING:
    from marketplace_graphql.orders.vendor_orders import VendorOrder

PaymentDisputeStatusEnum = enum(models.DisputeStatus, name="PaymentDisputeStatusEnum")


def _for_staff(row: Any, ctx: Any) -> Any:
    return true() if ctx.requester.has(Permission.HANDLE_PAYMENTS) else false()


@node(
    models.StripeDispute,
    visible=_for_staff,
    order_by=lambda row, ctx: row.created_at.desc(),
    name="PaymentDispute",
)
class PaymentDispute(Node):
    """A buyer asks the bank for a payment back."""

    psp_reference: str = column("reference")
    """What the gateway calls it: it is answered there."""
    status: PaymentDisputeStatusEnum  # type: ignore[valid-type]
    reason: str
    """As the bank gives it."""
    amount: Money = value(lambda row, ctx: money(row.amount_minor, row.currency))
    evidence_due_at: DateTime | None
    """Until when it may be answered."""
    is_withdrawn: bool
    """Whether the bank has taken the money back."""
    created: DateTime = column("created_at")
    transaction: TransactionItem | None = related(lambda row, payment, ctx: payment.id == row.transaction_id)
    """The payment."""
    charges: "list[DisputeCharge]" = related(lambda row, charge, ctx: charge.dispute_id == row.id, limit=200)
    """What of it sellers were charged with, once it was lost."""


@record(payouts.DisputeCharge, order_by=lambda row, ctx: row.id)
class DisputeCharge:
    """What of a lost dispute staff have charged to a seller: the next payout takes it."""

    amount: Money = value(lambda row, ctx: money(row.amount_minor, row.currency))
    reason: str
    """Why, in words for the seller."""
    vendor_order: "VendorOrder | None" = related()
    created: DateTime = column("at")
    returned: DateTime | None = column("returned_at")
    """When the bank decided for us after all, and the seller got it back."""


@input_type
class PaymentDisputeFilterInput:
    """Which disputes are listed."""

    statuses: "list[PaymentDisputeStatusEnum] | None"  # type: ignore[valid-type]


dispute_filter = Filter(
    PaymentDisputeFilterInput,
    {"statuses": lambda row, statuses, ctx: row.status.in_([status.value for status in statuses])},
)
