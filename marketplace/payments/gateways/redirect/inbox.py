"""Banks' notifications: they are checked against what we asked for, kept, and worked on by a job."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.jobs import Work, enqueue
from marketplace.kit.money import Money
from marketplace.payments.finding_out import look
from marketplace.payments.gateways import notices
from marketplace.payments.gateways.notices import BadNoticeError, NoticeStatus
from marketplace.payments.gateways.redirect.acquirer import BankNotice
from marketplace.payments.gateways.redirect.models import BankNotification, BankRefusal
from marketplace.payments.models import TransactionItem
from marketplace.payments.transactions import begun_with

WORK = "payments.work_on_bank_notice"
KEPT_DAYS = 90
NAME_CHARACTERS = 255


async def keep(session: AsyncSession, gateway_id: str, notice: BankNotice) -> bool:
    """Keep a notification whose signature is right, and queue the work on it; whether it is new. Raises
    BadNoticeError for what is of no payment of ours, or of another amount.
    """
    if not 0 < len(notice.id) <= NAME_CHARACTERS or not notice.id.isprintable():
        raise BadNoticeError("This notification has no name.")
    transaction = await _transaction(session, gateway_id, notice.reference)
    if transaction is None:
        raise BadNoticeError("This is about no payment of ours.")
    begun = await begun_with(session, transaction)
    if notice.amount != Money(begun.amount_minor, transaction.currency):
        raise BadNoticeError("This is about another amount than was asked for.")
    notice_id = f"{gateway_id}:{notice.id}"
    row = {
        "id": notice_id,
        "gateway": gateway_id,
        "reference": notice.reference,
        "created_at": clock.now(),
    }
    is_new = await notices.keep(session, BankNotification, row)
    if is_new:
        lock = f"bank:{notice.reference}"
        await enqueue(session, WORK, lock=lock, queueing_lock=f"bank:{notice_id}", notice_id=notice_id)
    return is_new


async def work_on(work: Work, notice_id: str) -> None:
    """Find out how the payment stands that a notification is about, whatever it says itself."""

    async def follow(notice: BankNotification) -> NoticeStatus | None:
        token = _token(notice.reference)
        if token is None:
            return NoticeStatus.IGNORED
        await look(work.database, work.settings, token, reference=notice.reference)
        return None

    await notices.work_once(work.database, BankNotification, notice_id, follow)


async def forget_old(session: AsyncSession) -> None:
    """Forget notifications, and counts of refusals, that nobody will ask for any more."""
    before = clock.now() - timedelta(days=KEPT_DAYS)
    await notices.forget(session, BankNotification, BankRefusal, before)


async def _transaction(session: AsyncSession, gateway_id: str, reference: str) -> TransactionItem | None:
    token = _token(reference)
    if token is None:
        return None
    found: TransactionItem | None = await session.scalar(
        select(TransactionItem).where(TransactionItem.token == token, TransactionItem.gateway == gateway_id)
    )
    return found


def _token(reference: str) -> UUID | None:
    try:
        token = UUID(hex=reference)
    except ValueError:
        return None
    return token if token.hex == reference else None
