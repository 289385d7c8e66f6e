"""Disputes of payments, for staff who handle payments."""

from typing import Any

from sqlalchemy import false, true

from marketplace.payments.gateways.stripe import models
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    DateTime,
    Filter,
    Node,
    column,
    enum,
    input_type,
    node,
    related,
    value,
)
from marketplace_graphql.payments.types import TransactionItem
from marketplace_graphql.values import Money, money

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


@input_type
class PaymentDisputeFilterInput:
    """Which disputes are listed."""

    statuses: "list[PaymentDisputeStatusEnum] | None"  # type: ignore[valid-type]


dispute_filter = Filter(
    PaymentDisputeFilterInput,
    {"statuses": lambda row, statuses, ctx: row.status.in_([status.value for status in statuses])},
)
