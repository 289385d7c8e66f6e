"""Refunds that staff grant: how much is to be paid back, of which payment. They lower what is owed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import DomainError, Errors, NotFoundError
from marketplace.kit.ids import to_global_id
from marketplace.orders.locks import lock_whole
from marketplace.orders.models import Order, OrderLine
from marketplace.orders.refunds import GrantedRefund, GrantedRefundLine, GrantedRefundStatus
from marketplace.payments.errors import GrantError
from marketplace.payments.models import TransactionItem
from marketplace.payments.transactions import refresh_order

FIXED = frozenset({GrantedRefundStatus.PENDING, GrantedRefundStatus.SUCCESS})
"""The money has been asked for: only the reason may still change."""


@dataclass(frozen=True, slots=True)
class GrantLine:
    """Pieces of an order line."""

    line_id: UUID
    quantity: int
    reason: str | None = None
    reason_page_id: int | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What is to be granted. What is None is not said."""

    transaction_id: int | None = None
    amount_minor: int | None = None
    reason: str | None = None
    reason_page_id: int | None = None
    lines: Sequence[GrantLine] = ()
    removed_line_ids: Sequence[int] = ()
    includes_shipping: bool | None = None

    @property
    def is_only_reason(self) -> bool:
        return self == Grant(reason=self.reason, reason_page_id=self.reason_page_id)


@dataclass(slots=True)
class _Faults:
    """What is wrong with the input, field by field."""

    found: list[DomainError] = field(default_factory=list)

    def note(self, message: str, field_name: str, code: str, **details: object) -> None:
        self.found.append(GrantError(message, field=field_name, code=code, **details))

    def raise_all(self) -> None:
        if self.found:
            raise Errors(self.found)


async def grant_refund(
    session: AsyncSession, order_id: UUID, grant: Grant, user_id: int | None = None
) -> GrantedRefund:
    """Grant a refund of an order: an amount, or what pieces and their delivery cost, as far as was paid.

    Raises NotFoundError, and Errors of GrantErrors.
    """
    order, _ = await lock_whole(session, order_id)
    faults = _Faults()
    if grant.amount_minor is None and not grant.lines and not grant.includes_shipping:
        for name in ("amount", "lines", "grantRefundForShipping"):
            faults.note("Say how much, for which lines, or that it is for the delivery.", name, "REQUIRED")
        faults.raise_all()
    transaction = await _transaction(session, order, grant.transaction_id)
    lines = await _order_lines(session, order)
    await _check_lines(session, order, lines, grant, faults, "lines")
    await _check_shipping(session, order, grant, None, faults)
    if grant.amount_minor is not None and grant.amount_minor > transaction.charged_minor:
        _too_much(faults, "amount")
    faults.raise_all()
    amount_minor = grant.amount_minor
    if amount_minor is None:
        worth = _worth(lines, [(each.line_id, each.quantity) for each in grant.lines])
        worth += order.shipping_gross_minor if grant.includes_shipping else 0
        amount_minor = min(worth, transaction.charged_minor)
    refund = GrantedRefund(
        order_id=order.id,
        transaction_id=transaction.id,
        user_id=user_id,
        currency=order.currency,
        amount_minor=amount_minor,
        reason=grant.reason or "",
        reason_page_id=grant.reason_page_id,
        shipping_costs_included=bool(grant.includes_shipping),
    )
    session.add(refund)
    await session.flush()
    _add_lines(session, refund, grant.lines)
    await session.flush()
    await refresh_order(session, order)
    return refund


async def change_grant(session: AsyncSession, refund_id: int, grant: Grant) -> GrantedRefund:
    """Change a granted refund. Raises NotFoundError, and Errors of GrantErrors."""
    order_id = await session.scalar(select(GrantedRefund.order_id).where(GrantedRefund.id == refund_id))
    if order_id is None:
        raise NotFoundError("There is no such granted refund.", field="id")
    order, _ = await lock_whole(session, order_id)
    refund = await session.get_one(GrantedRefund, refund_id, populate_existing=True, with_for_update=True)
    faults = _Faults()
    _check_something(grant, refund, faults)
    lines = await _order_lines(session, order)
    await _check_removed(session, refund, grant, faults)
    await _check_lines(session, order, lines, grant, faults, "addLines")
    await _check_shipping(session, order, grant, refund.id, faults)
    transaction = await _transaction(session, order, grant.transaction_id or refund.transaction_id)
    is_same_amount = grant.amount_minor is None and not (
        grant.lines or grant.removed_line_ids or grant.includes_shipping
    )
    if grant.amount_minor is not None and grant.amount_minor > transaction.charged_minor:
        _too_much(faults, "amount")
    elif grant.transaction_id and is_same_amount and refund.amount_minor > transaction.charged_minor:
        _too_much(faults, "transactionId")
    faults.raise_all()
    await session.execute(delete(GrantedRefundLine).where(GrantedRefundLine.id.in_(grant.removed_line_ids)))
    _add_lines(session, refund, grant.lines)
    await session.flush()
    refund.transaction_id = transaction.id
    if grant.includes_shipping is not None:
        refund.shipping_costs_included = grant.includes_shipping
    if grant.reason is not None:
        refund.reason = grant.reason
    if grant.reason_page_id is not None:
        refund.reason_page_id = grant.reason_page_id
    if grant.amount_minor is not None:
        refund.amount_minor = grant.amount_minor
    elif grant.lines or grant.removed_line_ids or grant.includes_shipping is not None:
        worth = _worth(lines, await _granted(session, refund))
        worth += order.shipping_gross_minor if refund.shipping_costs_included else 0
        refund.amount_minor = min(worth, transaction.charged_minor)
    refund.updated_at = clock.now()
    await session.flush()
    await refresh_order(session, order)
    return refund


def _check_something(grant: Grant, refund: GrantedRefund, faults: _Faults) -> None:
    said = {
        "amount": grant.amount_minor is not None,
        "addLines": bool(grant.lines),
        "removeLines": bool(grant.removed_line_ids),
        "grantRefundForShipping": bool(grant.includes_shipping),
        "transactionId": grant.transaction_id is not None,
    }
    if grant.reason is None and grant.reason_page_id is None and not any(said.values()):
        faults.note("Say what is to be changed.", "input", "REQUIRED")
    if refund.status in FIXED and not grant.is_only_reason:
        for name in [name for name, is_said in said.items() if is_said] or ["grantRefundForShipping"]:
            faults.note("The money has been asked for: only the reason can change.", name, "INVALID")
    faults.raise_all()


def _too_much(faults: _Faults, field_name: str) -> None:
    faults.note("The payment has not been charged so much.", field_name, "AMOUNT_GREATER_THAN_AVAILABLE")


async def _transaction(session: AsyncSession, order: Order, key: int | None) -> TransactionItem:
    found = await session.scalar(
        select(TransactionItem).where(TransactionItem.id == key, TransactionItem.order_id == order.id)
    )
    if found is None:
        raise NotFoundError("The order has no such payment.", field="transactionId")
    return found


async def _order_lines(session: AsyncSession, order: Order) -> dict[UUID, OrderLine]:
    found = await session.scalars(select(OrderLine).where(OrderLine.order_id == order.id))
    return {line.id: line for line in found}


async def _check_lines(
    session: AsyncSession,
    order: Order,
    lines: Mapping[UUID, OrderLine],
    grant: Grant,
    faults: _Faults,
    field_name: str,
) -> None:
    """Each piece is refunded once."""
    rows = await session.execute(
        select(GrantedRefundLine.order_line_id, func.sum(GrantedRefundLine.quantity))
        .join(GrantedRefund, GrantedRefund.id == GrantedRefundLine.granted_refund_id)
        .where(GrantedRefund.order_id == order.id, GrantedRefundLine.id.not_in(grant.removed_line_ids))
        .group_by(GrantedRefundLine.order_line_id)
    )
    already: dict[UUID, int] = {line_id: int(quantity) for line_id, quantity in rows}
    wrong: list[dict[str, object]] = []
    for each in grant.lines:
        line = lines.get(each.line_id)
        if line is None:
            wrong.append(_line_error(each.line_id, "id", "NOT_FOUND", "The order has no such line."))
            continue
        left = line.quantity - already.get(line.id, 0)
        already[line.id] = already.get(line.id, 0) + each.quantity
        if each.quantity < 1:
            wrong.append(_line_error(line.id, "quantity", "INVALID", "At least one piece, please."))
        elif each.quantity > left:
            message = f"Only {left} pieces are left to refund."
            wrong.append(_line_error(line.id, "quantity", "QUANTITY_GREATER_THAN_AVAILABLE", message))
    if wrong:
        detail = "lines" if field_name == "lines" else "add_lines"
        faults.note("Some of these lines can't be refunded so.", field_name, "INVALID", **{detail: wrong})


def _line_error(line_id: UUID, field_name: str, code: str, message: str) -> dict[str, object]:
    return {
        "line_id": to_global_id("OrderLine", line_id),
        "field": field_name,
        "code": code,
        "message": message,
    }


async def _check_removed(session: AsyncSession, refund: GrantedRefund, grant: Grant, faults: _Faults) -> None:
    found = await session.scalars(
        select(GrantedRefundLine.id).where(GrantedRefundLine.granted_refund_id == refund.id)
    )
    known = set(found.all())
    strange = [key for key in grant.removed_line_ids if key not in known]
    if strange:
        wrong = [
            {
                "line_id": to_global_id("OrderGrantedRefundLine", key),
                "field": None,
                "code": "NOT_FOUND",
                "message": "This refund has no such line.",
            }
            for key in strange
        ]
        faults.note("Some of these lines can't be removed.", "removeLines", "INVALID", remove_lines=wrong)


async def _check_shipping(
    session: AsyncSession, order: Order, grant: Grant, apart_from: int | None, faults: _Faults
) -> None:
    if not grant.includes_shipping:
        return
    granted = select(GrantedRefund.id).where(
        GrantedRefund.order_id == order.id,
        GrantedRefund.shipping_costs_included,
        GrantedRefund.id.is_distinct_from(apart_from),
    )
    if await session.scalar(granted.limit(1)) is not None:
        faults.note(
            "The delivery is refunded already.", "grantRefundForShipping", "SHIPPING_COSTS_ALREADY_GRANTED"
        )


async def _granted(session: AsyncSession, refund: GrantedRefund) -> list[tuple[UUID, int]]:
    rows = await session.execute(
        select(GrantedRefundLine.order_line_id, GrantedRefundLine.quantity).where(
            GrantedRefundLine.granted_refund_id == refund.id
        )
    )
    return [(line_id, quantity) for line_id, quantity in rows]


def _worth(lines: Mapping[UUID, OrderLine], pieces: Sequence[tuple[UUID, int]]) -> int:
    """What pieces were sold for."""
    return sum(
        lines[line_id].total_gross_minor * quantity // lines[line_id].quantity for line_id, quantity in pieces
    )


def _add_lines(session: AsyncSession, refund: GrantedRefund, lines: Sequence[GrantLine]) -> None:
    session.add_all(
        GrantedRefundLine(
            granted_refund_id=refund.id,
            order_line_id=each.line_id,
            quantity=each.quantity,
            reason=each.reason,
            reason_page_id=each.reason_page_id,
        )
        for each in lines
    )
