"""A transaction that was begun in the older way, as a payment; its events as what was done with it."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Integer, Text, and_, case, cast, func, literal, or_, select

from marketplace.payments import models
from marketplace.payments.models import TransactionAction
from marketplace.payments.models import TransactionEventType as Type
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    DateTime,
    JSONString,
    Node,
    ObjectWithMetadata,
    column,
    enum,
    expression,
    never_null,
    node,
    null_when,
    object_type,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.orders.enums import OrderAction, PaymentChargeStatusEnum
from marketplace_graphql.orders.older_actions import can, payment_actions
from marketplace_graphql.payments.stored_methods import CreditCard
from marketplace_graphql.payments.types import method_type
from marketplace_graphql.values import Money, money

if TYPE_CHECKING:
    from marketplace_graphql.checkout.types import Checkout
    from marketplace_graphql.orders.types import Order

STAFF = Permission.MANAGE_ORDERS


@enum
class TransactionKind(Enum):
    """What can be done with a payment."""

    EXTERNAL = "EXTERNAL"
    AUTH = "AUTH"
    PENDING = "PENDING"
    ACTION_TO_CONFIRM = "ACTION_TO_CONFIRM"
    REFUND = "REFUND"
    REFUND_ONGOING = "REFUND_ONGOING"
    CAPTURE = "CAPTURE"
    VOID = "VOID"
    CONFIRM = "CONFIRM"
    CANCEL = "CANCEL"


KINDS = {
    Type.AUTHORIZATION_SUCCESS: TransactionKind.AUTH,
    Type.AUTHORIZATION_FAILURE: TransactionKind.AUTH,
    Type.AUTHORIZATION_ADJUSTMENT: TransactionKind.AUTH,
    Type.AUTHORIZATION_REQUEST: TransactionKind.PENDING,
    Type.AUTHORIZATION_ACTION_REQUIRED: TransactionKind.ACTION_TO_CONFIRM,
    Type.CHARGE_ACTION_REQUIRED: TransactionKind.ACTION_TO_CONFIRM,
    Type.CHARGE_SUCCESS: TransactionKind.CAPTURE,
    Type.CHARGE_FAILURE: TransactionKind.CAPTURE,
    Type.CHARGE_REQUEST: TransactionKind.PENDING,
    Type.CHARGE_BACK: TransactionKind.REFUND,
    Type.REFUND_SUCCESS: TransactionKind.REFUND,
    Type.REFUND_FAILURE: TransactionKind.REFUND,
    Type.REFUND_REQUEST: TransactionKind.REFUND_ONGOING,
    Type.REFUND_REVERSE: TransactionKind.EXTERNAL,
    Type.CANCEL_SUCCESS: TransactionKind.VOID,
    Type.CANCEL_FAILURE: TransactionKind.VOID,
    Type.CANCEL_REQUEST: TransactionKind.PENDING,
    Type.INFO: TransactionKind.EXTERNAL,
}
REQUESTS = (Type.AUTHORIZATION_REQUEST, Type.CHARGE_REQUEST, Type.REFUND_REQUEST, Type.CANCEL_REQUEST)
FAILURES = (Type.AUTHORIZATION_FAILURE, Type.CHARGE_FAILURE, Type.REFUND_FAILURE, Type.CANCEL_FAILURE)


@node(models.TransactionEvent, order_by=lambda row, ctx: row.id)
class Transaction(Node):
    """What was done with a payment."""

    created: DateTime = column("created_at")
    payment: "Payment" = related(lambda row, payment, ctx: payment.id == row.transaction_id)
    token: str = column("psp_reference")
    """The gateway's own name for it."""
    kind: TransactionKind = expression(
        lambda row, ctx: never_null(
            case(*((row.type == one, literal(kind.value)) for one, kind in KINDS.items()))
        )
    )
    is_success: bool = expression(lambda row, ctx: never_null(row.type.not_in(FAILURES)))
    error: str | None = expression(lambda row, ctx: case((row.type.in_(FAILURES), row.message)))
    """Why it could not be."""
    gateway_response: JSONString = expression(
        lambda row, ctx: never_null(
            func.jsonb_build_object(
                "type", cast(row.type, Text), "pspReference", row.psp_reference, "message", row.message
            )
        ),
        deprecated="Use events of `TransactionItem`.",
    )
    """What is kept of the gateway's answer."""
    amount: Money | None = value(lambda row, ctx: money(row.amount_minor, row.currency))


@node(models.TransactionItem, order_by=lambda row, ctx: row.id)
class Payment(Node, ObjectWithMetadata):
    """A transaction that a client has begun with `checkoutPaymentCreate`."""

    gateway: str
    is_active: bool = expression(lambda row, ctx: never_null(is_active(row)))
    """Whether it can be, or was, paid: not where the buyer chose another way, nor once all of it was called
    off or paid back.
    """
    created: DateTime = column("created_at")
    modified: DateTime = column("updated_at")
    token: str = expression(lambda row, ctx: never_null(func.coalesce(row.recorded["token"].astext, "")))
    """What its client has given for the gateway."""
    checkout: "Checkout | None" = related()
    order: "Order | None" = related()
    payment_method_type: str = expression(
        lambda row, ctx: never_null(func.lower(func.coalesce(method_type(row), "")))
    )
    """What it is made with: `card`."""
    customer_ip_address: str | None = expression(
        lambda row, ctx: row.recorded["customerIpAddress"].astext, needs=STAFF
    )
    """Where on the net it was begun."""
    charge_status: PaymentChargeStatusEnum = expression(lambda row, ctx: never_null(charge_status(row)))
    actions: list[OrderAction] = expression(lambda row, ctx: never_null(payment_actions(row)), needs=STAFF)
    """What can be done with it now."""
    total: Money | None = value(lambda row, ctx: money(total_minor(row), row.currency))
    captured_amount: Money | None = value(lambda row, ctx: money(row.charged_minor, row.currency))
    """Paid, and not paid back."""
    transactions: list[Transaction] | None = related(
        lambda row, event, ctx: and_(
            event.transaction_id == row.id, or_(event.counts, event.type.not_in(REQUESTS))
        ),
        needs=STAFF,
    )
    """All that was done with it, in order."""
    available_capture_amount: Money | None = value(
        lambda row, ctx: null_when(
            ~can(row, TransactionAction.CHARGE), money(row.authorized_minor, row.currency)
        ),
        needs=STAFF,
    )
    available_refund_amount: Money | None = value(
        lambda row, ctx: null_when(
            ~can(row, TransactionAction.REFUND), money(row.charged_minor, row.currency)
        ),
        needs=STAFF,
    )
    credit_card: CreditCard | None = value(lambda row, ctx: _card(row))
    """The card it is made with, as far as the gateway tells."""
    psp_reference: str | None
    """The gateway's own name for it."""


def is_active(payment: Any) -> ColumnElement[bool]:
    over = and_(
        payment.canceled_minor + payment.refunded_minor > 0,
        payment.authorized_minor + payment.charged_minor <= 0,
    )
    return and_(payment.is_active, ~over)


def total_minor(payment: Any) -> Any:
    """What a payment was begun with."""
    event = aliased(models.TransactionEvent)
    return (
        select(event.amount_minor)
        .where(event.transaction_id == payment.id)
        .order_by(event.id)
        .limit(1)
        .correlate_except(event)
        .scalar_subquery()
    )


def charge_status(payment: Any) -> ColumnElement[str]:
    """Where a payment stands, by its amounts."""
    paid, back = payment.charged_minor > 0, payment.refunded_minor > 0
    return case(
        (payment.charge_pending_minor + payment.authorize_pending_minor > 0, literal("PENDING")),
        (and_(back, ~paid), literal("FULLY_REFUNDED")),
        (back, literal("PARTIALLY_REFUNDED")),
        (and_(paid, payment.charged_minor >= total_minor(payment)), literal("FULLY_CHARGED")),
        (paid, literal("PARTIALLY_CHARGED")),
        else_=literal("NOT_CHARGED"),
    )


def _card(payment: Any) -> Any:
    said = payment.method_details

    def text(name: str) -> Any:
        return said[name].astext

    return null_when(
        func.coalesce(text("type"), "") != "CARD",
        {
            "brand": never_null(func.coalesce(text("brand"), "")),
            "first_digits": text("first_digits"),
            "last_digits": never_null(func.coalesce(text("last_digits"), "")),
            "exp_month": cast(text("exp_month"), Integer),
            "exp_year": cast(text("exp_year"), Integer),
        },
    )


@object_type
class PaymentInitialized:
    """What a gateway wants its client to know before a payment is begun."""

    gateway: str
    name: str
    data: JSONString | None
