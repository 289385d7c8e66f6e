"""Refunds that staff have granted, asked back: what a payment's events say becomes of them."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.money import Money
from marketplace.orders.refunds import GrantedRefund, GrantedRefundStatus
from marketplace.payments.errors import GrantRequestError
from marketplace.payments.models import TransactionEvent, TransactionItem
from marketplace.payments.models import TransactionEventType as Type

_STATUS = {
    Type.REFUND_REQUEST: GrantedRefundStatus.PENDING,
    Type.REFUND_SUCCESS: GrantedRefundStatus.SUCCESS,
    Type.REFUND_FAILURE: GrantedRefundStatus.FAILURE,
    Type.REFUND_REVERSE: GrantedRefundStatus.FAILURE,
}


def grant_of(told: Sequence[TransactionEvent], kind: Type, psp_reference: str) -> int | None:
    """The granted refund that what is told of a payment belongs to: that of the request of its reference."""
    if kind not in _STATUS or not psp_reference:
        return None
    requests = [
        event for event in told if event.type is Type.REFUND_REQUEST and event.psp_reference == psp_reference
    ]
    return requests[-1].granted_refund_id if requests else None


async def follow_grant(session: AsyncSession, refund_id: int | None) -> None:
    """Write a granted refund's status: what its payment's events say, last. The caller holds the payment."""
    refund = None if refund_id is None else await session.get(GrantedRefund, refund_id, with_for_update=True)
    last = None if refund is None else await _last_of(session, refund)
    if refund is not None and last is not None:
        refund.status = _STATUS[last.type]
        await session.flush()


async def askable_grant(
    session: AsyncSession, transaction: TransactionItem, refund_id: int, patience: timedelta
) -> GrantedRefund:
    """A granted refund that a payment's app can be asked for, locked, and of this payment from now on. After
    `patience` without an outcome, whoever asked before is taken for dead. Raises GrantRequestError.
    """
    refund = await session.get_one(GrantedRefund, refund_id, populate_existing=True, with_for_update=True)
    if refund.order_id != transaction.order_id:
        raise _refused("It is of another order than the payment.", "INVALID")
    if refund.status is GrantedRefundStatus.PENDING:
        last = await _last_of(session, refund)
        if last is None or last.counts or last.created_at > clock.now() - patience:
            raise _refused("The money has been asked for.", "REFUND_IS_PENDING")
    if refund.status is GrantedRefundStatus.SUCCESS:
        raise _refused("The money has been paid back.", "REFUND_ALREADY_PROCESSED")
    if not refund.amount_minor:
        raise _refused("Nothing was granted.", "INVALID")
    if refund.amount_minor > transaction.charged_minor:
        charged = Money(transaction.charged_minor, transaction.currency)
        message = f"The payment has been charged {charged.amount} only: change what is granted first."
        raise _refused(message, "AMOUNT_GREATER_THAN_AVAILABLE")
    refund.transaction_id = transaction.id
    return refund


async def _last_of(session: AsyncSession, refund: GrantedRefund) -> TransactionEvent | None:
    found: TransactionEvent | None = await session.scalar(
        select(TransactionEvent)
        .where(
            TransactionEvent.granted_refund_id == refund.id,
            TransactionEvent.transaction_id == refund.transaction_id,
            TransactionEvent.type.in_(_STATUS),
        )
        .order_by(TransactionEvent.created_at.desc(), TransactionEvent.id.desc())
        .limit(1)
    )
    return found


def _refused(message: str, code: str) -> GrantRequestError:
    return GrantRequestError(message, field="grantedRefundId", code=code)
