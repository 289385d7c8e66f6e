"""What transfers at Stripe mean for payouts: paid, come back, or come back in part. Each is booked once.

A transfer that does not fit its payout, or that nobody here has asked for, is not booked: the comparison of
Stripe's books with ours shows it.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.events import subscribe
from marketplace.kit.money import Money
from marketplace.payments.events import StripeTransferMade, StripeTransferReversed
from marketplace.payments.gateways.stripe.models import StripeTransfer
from marketplace.payouts import entries
from marketplace.payouts.endings import Ending, close_if_ended, end_payouts, locked_run
from marketplace.payouts.journal import Entry, record
from marketplace.payouts.kinds import kind
from marketplace.payouts.models import Payout, PayoutRun, PayoutStatus
from marketplace.payouts.ways import Teller, mark_sent
from marketplace.vendors.models import PayoutMethod

CAME_BACK = "The transfer at Stripe was taken back."
log = structlog.get_logger(__name__)


@kind(
    "payout_returned_in_part",
    causes=select(Payout).where(Payout.returned_minor != 0),
    taken_together="'payout in part ' || split_part(entry.key, ':', 2)",
)
def partial_returns(row: Row[*tuple[Any, ...]]) -> Iterator[Entry]:
    """All that has come back, in parts, of a payout that stays paid."""
    payout: Payout = row[0]
    back = Money(payout.returned_minor, payout.currency)
    entry = entries.payout_returned_in_part(payout, back, payout.returned_minor, clock.now())
    yield replace(entry, key=f"payout in part {payout.id}")


@subscribe(StripeTransferMade)
async def follow_transfer(session: AsyncSession, event: StripeTransferMade) -> None:
    """The money has left our balance: the payout that asked for it is paid."""
    transfer = await session.get_one(StripeTransfer, event.transfer_id)
    found = await _payout_of(session, transfer)
    if found is None:
        return
    payout, run = found
    if not _fits(transfer, payout):
        log.error("a transfer at Stripe does not fit its payout", transfer=transfer.id, payout=str(payout.id))
        return
    await mark_sent(session, Payout.id == payout.id)
    await session.refresh(payout)
    transfer.is_ours = True
    await session.flush()
    await end_payouts(session, Teller.GATEWAY, [Ending(payout, PayoutStatus.PAID)])
    await close_if_ended(session, run)


@subscribe(StripeTransferReversed)
async def follow_reversal(session: AsyncSession, event: StripeTransferReversed) -> None:
    """All of a transfer has come back at once: the payout is returned. Else what has come back is owed to
    the seller for itself, and the payout stays paid: a later one may carry that part already.
    """
    transfer = await session.get_one(StripeTransfer, event.transfer_id)
    found = await _payout_of(session, transfer)
    if found is None:
        return
    payout, _ = found
    if event.back.minor == payout.amount_minor:
        await end_payouts(session, Teller.GATEWAY, [Ending(payout, PayoutStatus.RETURNED, CAME_BACK)])
        return
    payout.returned_minor = transfer.reversed_minor
    await session.flush()
    entry = entries.payout_returned_in_part(payout, event.back, transfer.reversed_minor, clock.now())
    await record(session, [entry])


async def _payout_of(session: AsyncSession, transfer: StripeTransfer) -> tuple[Payout, PayoutRun] | None:
    """The payout that a transfer was asked for by, and its run, which nobody else changes meanwhile."""
    try:
        key = UUID(transfer.transfer_group)
    except ValueError:
        return None
    payout = await session.get(Payout, key)
    if payout is None or payout.method is not PayoutMethod.STRIPE_TRANSFER:
        return None
    run = await locked_run(session, payout.run_id)
    await session.refresh(payout)
    return payout, run


def _fits(transfer: StripeTransfer, payout: Payout) -> bool:
    is_awaited = payout.status in (PayoutStatus.PENDING, PayoutStatus.SENT)
    return is_awaited and (transfer.destination, transfer.currency, transfer.amount_minor) == (
        payout.stripe_account_id,
        payout.currency,
        payout.amount_minor,
    )
