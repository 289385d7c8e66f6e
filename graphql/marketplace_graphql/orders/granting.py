"""Refunds that staff grant: what is to be paid back. Paying it back is asked of a payment."""

from decimal import Decimal as Amount
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, func, select
from strawberry import ID

from marketplace.content.reasons import For
from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.kit.ids import uuid_pk
from marketplace.orders import models, refunds
from marketplace.orders.refunds import GrantedRefundStatus
from marketplace.payments import granting
from marketplace.payments.errors import GrantError
from marketplace.payments.granting import Grant, GrantLine
from marketplace.payments.models import TransactionItem as TransactionRow
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    DateTime,
    Decimal,
    Info,
    Node,
    enum,
    error_type,
    input_type,
    mutation,
    node,
    object_type,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.orders.lines import OrderLine
from marketplace_graphql.orders.parcels import LINES_AT_ONCE
from marketplace_graphql.orders.reasons import Reasons, reason_page, reasons_named
from marketplace_graphql.orders.refunding import exact_minor, reason_of
from marketplace_graphql.payments.types import TransactionEvent, TransactionItem
from marketplace_graphql.values import Money, money

if TYPE_CHECKING:
    from marketplace_graphql.apps.types import App
    from marketplace_graphql.content.pages import Page
    from marketplace_graphql.people.types import User

STAFF = Permission.MANAGE_ORDERS
REASON = "reasonReference"
enum(GrantedRefundStatus, name="OrderGrantedRefundStatusEnum")

_CODES = (
    "GRAPHQL_ERROR",
    "NOT_FOUND",
    "NOT_CONFIGURED",
    "SHIPPING_COSTS_ALREADY_GRANTED",
    "AMOUNT_GREATER_THAN_AVAILABLE",
    "REQUIRED",
    "INVALID",
)
_LINE_CODES = ("GRAPHQL_ERROR", "NOT_FOUND", "QUANTITY_GREATER_THAN_AVAILABLE", "INVALID", "NOT_CONFIGURED")
OrderGrantRefundCreateLineError = error_type("OrderGrantRefundCreateLineError", _LINE_CODES, line_id=ID)
OrderGrantRefundUpdateLineError = error_type("OrderGrantRefundUpdateLineError", _LINE_CODES, line_id=ID)
OrderGrantRefundCreateError = error_type(
    "OrderGrantRefundCreateError",
    _CODES,
    lines=list[OrderGrantRefundCreateLineError.declared] | None,  # type: ignore[name-defined]
)
OrderGrantRefundUpdateError = error_type(
    "OrderGrantRefundUpdateError",
    _CODES,
    add_lines=list[OrderGrantRefundUpdateLineError.declared] | None,  # type: ignore[name-defined]
    remove_lines=list[OrderGrantRefundUpdateLineError.declared] | None,  # type: ignore[name-defined]
)


@node(refunds.GrantedRefundLine, order_by=lambda row, ctx: row.id)
class OrderGrantedRefundLine(Node):
    """Pieces of an order line that a granted refund is for."""

    quantity: int
    order_line: OrderLine = related(shown=True)
    reason: str | None
    """Why these are refunded, if that was said."""
    reason_reference: "Page | None" = reason_page()
    """The page that names the reason, if one does."""


@node(refunds.GrantedRefund, order_by=lambda row, ctx: row.id)
class OrderGrantedRefund(Node):
    """What staff have agreed to pay back of an order."""

    created_at: DateTime
    updated_at: DateTime
    amount: Money = value(lambda row, ctx: money(row.amount_minor, row.currency))
    reason: str | None
    reason_reference: "Page | None" = reason_page()
    """The page that names the reason, if one does."""
    user: "User | None" = related()
    """Who granted it."""
    app: "App | None" = related()
    """The app that granted it, if one did."""
    shipping_costs_included: bool
    """Whether the delivery is paid back, too."""
    lines: list[OrderGrantedRefundLine] | None = related()
    """What it is for, where it is for some lines."""
    status: GrantedRefundStatus
    """Whether the money has been asked back."""
    transaction_events: list[TransactionEvent] | None = related(
        lambda row, event, ctx: event.granted_refund_id == row.id
    )
    """What its payment's app was asked for, and has told of that."""
    transaction: TransactionItem | None = related(
        lambda row, transaction, ctx: transaction.id == row.transaction_id
    )
    """The payment that is to be paid back."""


def granted_minor(order: Any) -> ColumnElement[int]:
    """All that was granted of an order."""
    grant = aliased(refunds.GrantedRefund)
    total = select(func.coalesce(func.sum(grant.amount_minor), 0)).where(grant.order_id == order.id)
    return total.correlate_except(grant).scalar_subquery()


def _remaining(order: Any) -> ColumnElement[int]:
    """What of it has neither been paid back nor asked back: below zero where more was."""
    payment = aliased(TransactionRow)
    asked = select(func.coalesce(func.sum(payment.refunded_minor + payment.refund_pending_minor), 0)).where(
        payment.order_id == order.id
    )
    remaining: ColumnElement[int] = granted_minor(order) - asked.correlate_except(payment).scalar_subquery()
    return remaining


@object_type
class GrantsOfOrder:
    """What staff have agreed to pay back: a part of `Order`."""

    granted_refunds: list[OrderGrantedRefund] = related(
        lambda row, grant, ctx: grant.order_id == row.id, needs=STAFF
    )
    """Refunds that staff have granted."""
    total_granted_refund: Money = value(lambda row, ctx: money(granted_minor(row), row.currency), needs=STAFF)
    """All that was granted."""
    total_remaining_grant: Money = value(lambda row, ctx: money(_remaining(row), row.currency), needs=STAFF)
    """What was granted and neither paid back nor asked back yet."""


@input_type
class OrderGrantRefundCreateLineInput:
    """Pieces of an order line that are to be paid back."""

    id: ID
    quantity: int
    reason: str | None
    reason_reference: ID | None
    """A page that names the reason, where the shop has such pages."""


@input_type
class OrderGrantRefundCreateInput:
    """What is to be paid back."""

    amount: Decimal | None
    """How much: what the lines and the delivery cost, if it is left out."""
    reason: str | None
    reason_reference: ID | None
    """A page that names the reason, where the shop has such pages."""
    lines: list[OrderGrantRefundCreateLineInput] | None
    grant_refund_for_shipping: bool | None
    """Whether the delivery is paid back, too."""
    transaction_id: ID
    """The payment that is paid back: at most what it was charged."""


@input_type
class OrderGrantRefundUpdateLineAddInput:
    """Pieces of an order line that are to be paid back as well."""

    id: ID
    quantity: int
    reason: str | None
    reason_reference: ID | None
    """A page that names the reason, where the shop has such pages."""


@input_type
class OrderGrantRefundUpdateInput:
    """What changes about a granted refund."""

    amount: Decimal | None
    reason: str | None
    reason_reference: ID | None
    """A page that names the reason, where the shop has such pages."""
    add_lines: list[OrderGrantRefundUpdateLineAddInput] | None
    remove_lines: list[ID] | None
    grant_refund_for_shipping: bool | None
    """Whether the delivery is paid back, too."""
    transaction_id: ID | None
    """The payment that is paid back."""


@object_type
class GrantingMutations:
    """A part of the mutations of orders."""

    @mutation(
        returns={"order": "Order | None", "granted_refund": OrderGrantedRefund | None},
        errors=OrderGrantRefundCreateError,
        needs=STAFF,
    )
    async def order_grant_refund_create(self, info: Info, id: ID, input: OrderGrantRefundCreateInput) -> Any:
        """Grants a refund of an order."""
        order = await info.find(models.Order, id)
        wrong: list[dict[str, object]] = []
        payment = await _payment(info, input.transaction_id)
        reasons = await _reasons(info, input, input.lines or [])
        grant = Grant(
            transaction_id=payment,
            amount_minor=_amount(input.amount, order.currency),
            reason=reason_of(input.reason),
            reason_page_id=reasons.key(input.reason_reference),
            lines=_lines(info, input.lines or [], reasons, wrong),
            includes_shipping=bool(input.grant_refund_for_shipping),
        )
        if wrong:
            raise GrantError("Some of these ids are none.", field="lines", lines=wrong)
        refund = await granting.grant_refund(info.session, order.id, grant, info.requester.user_id)
        return {"order": order, "granted_refund": refund}

    @mutation(
        returns={"order": "Order | None", "granted_refund": OrderGrantedRefund | None},
        errors=OrderGrantRefundUpdateError,
        needs=STAFF,
    )
    async def order_grant_refund_update(self, info: Info, id: ID, input: OrderGrantRefundUpdateInput) -> Any:
        """Changes a granted refund. Once its money has been asked back only the reason can change."""
        refund = await info.find(refunds.GrantedRefund, id)
        order = await info.session.get_one(models.Order, refund.order_id)
        reasons = await _reasons(info, input, input.add_lines or [], is_needed=False)
        wrong: list[dict[str, object]] = []
        lines = _lines(info, input.add_lines or [], reasons, wrong)
        if wrong:
            raise GrantError("Some of these ids are none.", field="addLines", add_lines=wrong)
        given = input.grant_refund_for_shipping
        grant = Grant(
            transaction_id=await _payment(info, input.transaction_id) if input.transaction_id else None,
            amount_minor=_amount(input.amount, order.currency),
            reason=reason_of(input.reason) if isinstance(input.reason, str) else None,
            reason_page_id=reasons.key(input.reason_reference),
            lines=tuple(lines),
            removed_line_ids=tuple(_removed(info, input.remove_lines or [])),
            includes_shipping=given if isinstance(given, bool) else None,
        )
        refund = await granting.change_grant(info.session, refund.id, grant)
        return {"order": order, "granted_refund": refund}


def _amount(amount: Amount | None, currency: str) -> int | None:
    if not isinstance(amount, Amount):
        return None
    if amount < 0:
        raise GrantError("Not less than nothing, please.", field="amount")
    return exact_minor(amount, currency, "amount")


async def _payment(info: Info, global_id: ID) -> int:
    """The key of a payment, whose global id is made of its token. Raises NotFoundError, GrantError."""
    try:
        token = uuid_pk(global_id, "TransactionItem")
    except InvalidError as error:
        raise GrantError(error.message, field="transactionId", code="GRAPHQL_ERROR") from error
    found = await info.seen(TransactionRow, [token], by=lambda row: row.token)
    if token not in found:
        raise NotFoundError("The order has no such payment.", field="transactionId")
    return found[token].id


def _lines(info: Info, given: list[Any], reasons: Reasons, wrong: list[dict[str, object]]) -> list[GrantLine]:
    """Lines by their ids; those whose ids are none, or whose reasons, are noted."""
    info.at_most(LINES_AT_ONCE, given, "lines")
    lines = []
    for each in given:
        try:
            key, page_id = info.key(each.id, "OrderLine"), reasons.key(each.reason_reference)
            lines.append(GrantLine(key, each.quantity, each.reason or None, page_id))
        except InvalidError as error:
            wrong.append(_wrong_id(each.id, error))
    return lines


def _removed(info: Info, ids: list[ID]) -> list[int]:
    keys, wrong = [], []
    for global_id in ids:
        try:
            keys.append(info.key(global_id, "OrderGrantedRefundLine"))
        except InvalidError as error:
            wrong.append(_wrong_id(global_id, error))
    if wrong:
        raise GrantError("Some of these ids are none.", field="removeLines", remove_lines=wrong)
    return keys


def _wrong_id(global_id: ID, error: InvalidError) -> dict[str, object]:
    is_reason = error.field == REASON
    return {
        "line_id": global_id,
        "field": REASON if is_reason else "id",
        "code": "INVALID" if is_reason else "GRAPHQL_ERROR",
        "message": error.message,
    }


async def _reasons(info: Info, input: Any, lines: list[Any], *, is_needed: bool = True) -> Reasons:
    of_lines = [each.reason_reference for each in lines]
    return await reasons_named(
        info,
        For.REFUND,
        input.reason_reference,
        of_lines,
        is_needed=is_needed,
        field_name=REASON,
        unconfigured="NOT_CONFIGURED",
    )
