"""Payout runs: made by one member of staff, approved by another, sent by a worker.

A run sets its money aside in the ledger the moment it is made, with the sellers' rows locked. So two clicks,
or two people, can't pay the same money twice: the second finds nothing left to pay.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from sqlalchemy import Text, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError
from marketplace.kit.jobs import enqueue, is_pending
from marketplace.kit.money import MINOR_DIGITS, Money
from marketplace.kit.settings import Settings
from marketplace.orders.models import Order, VendorOrder
from marketplace.payouts import debts, entries
from marketplace.payouts.endings import locked_run
from marketplace.payouts.errors import (
    FourEyesError,
    LedgerInconsistentError,
    NothingToPayError,
    RunStateError,
)
from marketplace.payouts.journal import lock_balances, record
from marketplace.payouts.ledger import Account, JournalEntry, Posting
from marketplace.payouts.models import Payout, PayoutLine, PayoutRun, PayoutRunStatus, PayoutStatus
from marketplace.payouts.queries import is_carried
from marketplace.payouts.terms import minimum_in
from marketplace.payouts.ways import WAYS, Owed, payable_their_way
from marketplace.people import audit
from marketplace.vendors.models import PayoutMethod, Vendor, VendorStatus

PAYOUTS_PER_RUN = 2000
"""What one bank file carries at most; who is left out is in the next run."""


@dataclass(frozen=True, slots=True)
class Due:
    """What a seller has to get, and the way it chose."""

    minor: int
    method: PayoutMethod


async def create_run(
    session: AsyncSession,
    currency: str,
    created_by_id: int | None,
    vendor_ids: Collection[int] | None = None,
    drafted_for: date | None = None,
) -> PayoutRun:
    """A draft that pays every seller (or those named) its whole payable balance in a currency.

    Left out are sellers below their minimum, suspended, or who can't be paid in the way they chose. Raises
    InvalidError for an unknown currency, NothingToPayError.
    """
    if currency not in MINOR_DIGITS:
        raise InvalidError(f"The shop does not trade in {currency}.", field="currency")
    candidates = await _payable(session, currency, vendor_ids)
    await lock_balances(session, candidates)
    await debts.withhold(session, currency, candidates)
    payable = await _payable(session, currency, candidates)  # Anew: now nobody else takes from them.
    if not payable:
        raise NothingToPayError(
            f"No seller who can be paid has reached its minimum in {currency}.", field="currency"
        )
    run = PayoutRun(currency=currency, created_by_id=created_by_id, drafted_for=drafted_for)
    session.add(run)
    await session.flush()
    payouts = await _make_payouts(session, run, payable)
    await record(session, [entries.payout_set_aside(payout, run.created_at) for payout in payouts])
    total = Money(sum(due.minor for due in payable.values()), currency)
    await audit.record(
        session,
        created_by_id,
        "payout_run.created",
        "PayoutRun",
        run.id,
        total=str(total),
        payouts=len(payouts),
    )
    return run


async def _payable(
    session: AsyncSession, currency: str, vendor_ids: Collection[int] | None
) -> dict[int, Due]:
    """What sellers who may be paid have to get, and how, by their id."""
    owed = (
        select(Posting.vendor_id, func.sum(-Posting.amount_minor).label("minor"))
        .where(Posting.account == Account.VENDOR_PAYABLE, Posting.currency == currency)
        .group_by(Posting.vendor_id)
    )
    if vendor_ids is not None:
        owed = owed.where(Posting.vendor_id.in_(vendor_ids))
    balance = owed.subquery()
    query = (
        select(Vendor.id, balance.c.minor, Vendor.payout_method)
        .join(balance, balance.c.vendor_id == Vendor.id)
        .where(
            balance.c.minor > 0,
            balance.c.minor >= minimum_in(currency),
            Vendor.status != VendorStatus.SUSPENDED,
            payable_their_way(Owed(balance.c.minor, currency, clock.now())),
        )
        .order_by(Vendor.id)
        .limit(PAYOUTS_PER_RUN)
    )
    return {id_: Due(int(minor), method) for id_, minor, method in await session.execute(query)}


async def _make_payouts(session: AsyncSession, run: PayoutRun, payable: dict[int, Due]) -> Sequence[Payout]:
    """A payout for each seller, with where it goes as it is now, and its lines."""
    numbers = await _numbers(session, len(payable))
    payouts = [
        Payout(
            id=uuid4(),
            number=number,
            run_id=run.id,
            vendor_id=vendor_id,
            currency=run.currency,
            amount_minor=due.minor,
            method=due.method,
            end_to_end_id=f"SIL-R{run.id}-P{number}",
        )
        for (vendor_id, due), number in zip(payable.items(), numbers, strict=True)
    ]
    for method, way in WAYS.items():
        if own := [payout for payout in payouts if payout.method is method]:
            await way.freeze(session, own)
    session.add_all(payouts)
    await session.flush()
    await _carry(session, run)
    return payouts


async def _carry(session: AsyncSession, run: PayoutRun) -> None:
    """Name the entries that each payout consists of: those that no payout carries, unless it came back. One
    statement, however many there are. Raises LedgerInconsistentError where they are not the whole balance.
    """
    of_part = Order.number.cast(Text) + "-" + VendorOrder.position.cast(Text)
    query = (
        select(
            Payout.id,
            JournalEntry.id,
            JournalEntry.vendor_order_id,
            -Posting.amount_minor,
            func.concat_ws(": ", of_part, func.nullif(JournalEntry.description, "")),
        )
        .join(Posting, Posting.vendor_id == Payout.vendor_id)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .outerjoin(VendorOrder, VendorOrder.id == JournalEntry.vendor_order_id)
        .outerjoin(Order, Order.id == VendorOrder.order_id)
        .where(
            Payout.run_id == run.id,
            Posting.account == Account.VENDOR_PAYABLE,
            Posting.currency == run.currency,
            JournalEntry.payout_id.is_(None),
            ~is_carried(JournalEntry.id),
        )
        .order_by(Payout.number, JournalEntry.id)
    )
    columns = ["payout_id", "entry_id", "vendor_order_id", "amount_minor", "description"]
    await session.execute(insert(PayoutLine).from_select(columns, query))
    listed = func.coalesce(func.sum(PayoutLine.amount_minor), 0)
    unexplained = await session.execute(
        select(Payout.vendor_id, Payout.amount_minor, listed)
        .outerjoin(PayoutLine, PayoutLine.payout_id == Payout.id)
        .where(Payout.run_id == run.id)
        .group_by(Payout.id)
        .having(listed != Payout.amount_minor)
        .limit(1)
    )
    for vendor_id, minor, listed_minor in unexplained:
        raise LedgerInconsistentError(
            vendor_id, f"{minor} payable, but {listed_minor} not yet carried by a payout"
        )


async def _numbers(session: AsyncSession, count: int) -> list[int]:
    """Payout numbers, taken ahead because a payout's reference at the bank is made of its number."""
    taken = await session.scalars(
        text("SELECT nextval(pg_get_serial_sequence('payout', 'number')) FROM generate_series(1, :count)"),
        {"count": count},
    )
    return list(taken)


async def review_run(session: AsyncSession, run_id: int, reviewed_by_id: int) -> PayoutRun:
    """Note that somebody has looked through a draft; who made it may. Done twice by one, it is done once.

    Raises NotFoundError, RunStateError.
    """
    run = await locked_run(session, run_id)
    if run.status is PayoutRunStatus.REVIEWED and run.reviewed_by_id == reviewed_by_id:
        return run
    if run.status is not PayoutRunStatus.DRAFT:
        raise RunStateError(f"Only a draft can be reviewed; this run is {run.status}.", field="id")
    run.status = PayoutRunStatus.REVIEWED
    run.reviewed_by_id, run.reviewed_at = reviewed_by_id, clock.now()
    await session.flush()
    await audit.record(session, reviewed_by_id, "payout_run.reviewed", "PayoutRun", run.id)
    return run


async def approve_run(
    session: AsyncSession, run_id: int, approved_by_id: int, settings: Settings
) -> PayoutRun:
    """Let a reviewed run go to its sellers: a worker sends it. Approved twice by one person, it is so once.

    Raises NotFoundError, FourEyesError for whoever made or reviewed it, RunStateError, PayerMissingError.
    """
    run = await locked_run(session, run_id)
    if run.status is PayoutRunStatus.APPROVED and run.approved_by_id == approved_by_id:
        return run
    if approved_by_id in (run.created_by_id, run.reviewed_by_id):
        did = "made" if run.created_by_id == approved_by_id else "reviewed"
        raise FourEyesError(f"You {did} this run: another member of staff has to approve it.", field="id")
    if run.status is not PayoutRunStatus.REVIEWED:
        raise RunStateError(f"Only a reviewed run can be approved; this one is {run.status}.", field="id")
    for method in await methods_of(session, run.id):
        WAYS[method].check(settings, run)
    run.status = PayoutRunStatus.APPROVED
    run.approved_by_id = approved_by_id
    run.approved_at = clock.now()
    run.message_id = f"SIL-{run.approved_at:%Y%m%d}-R{run.id}"
    await session.flush()
    await _queue_sending(session, run.id)
    await audit.record(session, approved_by_id, "payout_run.approved", "PayoutRun", run.id)
    return run


async def methods_of(session: AsyncSession, run_id: int) -> list[PayoutMethod]:
    """Which ways its payouts go."""
    return list(await session.scalars(select(Payout.method).where(Payout.run_id == run_id).distinct()))


async def queue_unsent(session: AsyncSession) -> int:
    """Queue the approved runs that no job is going to send; gives how many that were."""
    unsent = list(
        await session.scalars(
            select(PayoutRun.id).where(PayoutRun.status == PayoutRunStatus.APPROVED).order_by(PayoutRun.id)
        )
    )
    lost = [run_id for run_id in unsent if not await is_pending(session, "payouts.send", run_id=run_id)]
    for run_id in lost:
        await _queue_sending(session, run_id)
    return len(lost)


async def _queue_sending(session: AsyncSession, run_id: int) -> None:
    await enqueue(session, "payouts.send", run_id=run_id, lock=f"payout-run:{run_id}")


async def cancel_run(session: AsyncSession, run_id: int, actor_id: int | None) -> PayoutRun:
    """Call a draft off, reviewed or not: its money is payable again. Called off twice, it is called off once.

    Raises NotFoundError, RunStateError once it has been approved.
    """
    run = await locked_run(session, run_id)
    if run.status is PayoutRunStatus.CANCELED:
        return run
    if run.status not in (PayoutRunStatus.DRAFT, PayoutRunStatus.REVIEWED):
        raise RunStateError(f"Only a draft can be called off; this run is {run.status}.", field="id")
    now = clock.now()
    payouts = list(await session.scalars(select(Payout).where(Payout.run_id == run.id)))
    await record(session, [entries.payout_canceled(payout, now) for payout in payouts])
    await session.execute(
        update(Payout)
        .where(Payout.run_id == run.id)
        .values(status=PayoutStatus.FAILED, ended_at=now, reason="The run was called off.")
    )
    run.status = PayoutRunStatus.CANCELED
    await session.flush()
    await audit.record(session, actor_id, "payout_run.canceled", "PayoutRun", run.id)
    return run
