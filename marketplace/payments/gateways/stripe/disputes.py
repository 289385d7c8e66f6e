"""Disputes: what the bank takes back of a payment, gives back, and decides in the end."""

from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from stripe import Dispute

from marketplace.kit import clock
from marketplace.kit.database import Database
from marketplace.kit.events import publish
from marketplace.kit.jobs import Work
from marketplace.kit.settings import Settings
from marketplace.orders.models import Order
from marketplace.payments.answers import Said
from marketplace.payments.errors import ToldOtherwiseError
from marketplace.payments.events import DisputeDecided
from marketplace.payments.gateways.notices import NoticeStatus, RefusedNoticeError
from marketplace.payments.gateways.stripe import letters
from marketplace.payments.gateways.stripe.gateway import GATEWAY_ID, stripe_gateway
from marketplace.payments.gateways.stripe.handlers import follow_payment, handles
from marketplace.payments.gateways.stripe.models import (
    DisputeStatus,
    MovementKind,
    StripeDispute,
    StripeEvent,
    StripeMovement,
)
from marketplace.payments.gateways.stripe.state import url_of
from marketplace.payments.gateways.stripe.units import from_units
from marketplace.payments.holding import Held, follow, hold
from marketplace.payments.models import TransactionEventType as Type
from marketplace.payments.models import TransactionItem
from marketplace.payments.reporting import By, report
from marketplace.payments.surplus import Taken
from marketplace.payments.transactions import add_up

AT_ONCE = 20
MOST_SHOWN = 1_000
A_DAY = timedelta(days=1)
log = structlog.get_logger(__name__)
CLOSED = (DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.WARNING_CLOSED)
DISPUTE_TYPES = (
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)


@handles(*DISPUTE_TYPES)
async def follow_dispute(work: Work, event: StripeEvent) -> NoticeStatus | None:
    """Find out how a dispute stands, whatever the event itself says of it. Its payment is looked at first:
    what was never known to be taken can't be taken back.
    """
    if event.account is not None or await follow_payment(work, event) is not None:
        return NoticeStatus.IGNORED
    is_ours = await look(work.database, work.settings, event.subject["id"])
    return None if is_ours else NoticeStatus.IGNORED


async def find_unheard(database: Database, settings: Settings) -> None:
    """Ask after disputes that have moved money by Stripe's books and of which nothing was heard; and, once a
    day, after those that are open.
    """
    known = select(StripeDispute.id).where(StripeDispute.reference == StripeMovement.source_id)
    async with database.transaction() as session:
        found = await session.scalars(
            select(StripeMovement.source_id)
            .where(
                StripeMovement.kind == MovementKind.DISPUTE,
                StripeMovement.transaction_id.is_not(None),
                StripeMovement.source_id.is_not(None),
                ~known.exists(),
            )
            .distinct()
            .limit(AT_ONCE)
        )
        open_still = await session.scalars(
            select(StripeDispute.reference)
            .where(StripeDispute.status.not_in(CLOSED), StripeDispute.looked_at <= clock.now() - A_DAY)
            .order_by(StripeDispute.looked_at)
            .limit(AT_ONCE)
        )
        references = [*found.all(), *open_still.all()]
    for reference in references:
        try:
            await look(database, settings, str(reference))
        except RefusedNoticeError as error:  # The others are looked at all the same.
            log.error("a dispute does not fit", reference=reference, why=str(error))  # noqa: TRY400


async def open_disputes(session: AsyncSession) -> list[tuple[StripeDispute, int | None]]:
    """Disputes that are not decided, and the numbers of their orders: what is due first comes first."""
    rows = await session.execute(
        select(StripeDispute, Order.number)
        .join(TransactionItem, TransactionItem.id == StripeDispute.transaction_id)
        .outerjoin(Order, Order.id == TransactionItem.order_id)
        .where(StripeDispute.status.not_in(CLOSED))
        .order_by(StripeDispute.evidence_due_at.nulls_last(), StripeDispute.id)
        .limit(MOST_SHOWN)
    )
    return [(dispute, number) for dispute, number in rows]


async def look(database: Database, settings: Settings, reference: str) -> bool:
    """Ask how a dispute stands and write down what is new; whether it is of a payment of ours.

    Raises AnswerError, RefusedNoticeError.
    """
    gateway = stripe_gateway(settings)
    if gateway is None:
        return False
    dispute = await gateway.api.dispute(reference)
    of = dispute.payment_intent
    async with database.transaction() as session:
        token = await session.scalar(
            select(TransactionItem.token).where(
                TransactionItem.psp_reference == (of if of is None or isinstance(of, str) else of.id),
                TransactionItem.gateway == GATEWAY_ID,
            )
        )
        if token is None:
            return False
        held = await hold(session, token)
        if dispute.currency.upper() != held.transaction.currency:
            raise RefusedNoticeError(f"{dispute.id} is in {dispute.currency.upper()}, its payment is not.")
        try:
            await _write_down(session, held, dispute, is_live=gateway.api.is_live)
        except ToldOtherwiseError as error:
            raise RefusedNoticeError(f"{dispute.id} was of another amount before.") from error
    return True


async def _write_down(session: AsyncSession, held: Held, dispute: Dispute, *, is_live: bool) -> None:
    transaction = held.transaction
    minor = from_units(dispute.amount, transaction.currency)
    url = url_of("disputes", dispute.id, is_live=is_live)
    is_withdrawn = any(moved.amount < 0 for moved in dispute.balance_transactions)
    told = [
        (Type.CHARGE_BACK, f"The buyer's bank has taken it back: {dispute.reason}.", is_withdrawn),
        (
            Type.CHARGE_SUCCESS,
            "The buyer's bank has given it back.",
            any(moved.amount > 0 for moved in dispute.balance_transactions),
        ),
    ]
    for kind, words, has_happened in told:
        if has_happened:
            said = Said(kind, minor, dispute.id, words, url, clock.now())
            await report(session, transaction, said, By())
            await add_up(session, transaction)  # Each is booked for itself.
    held.taken = Taken.of(transaction)  # What a bank gives back is no new payment: staff decide about it.
    await follow(session, held)
    await _keep(session, transaction, dispute, is_withdrawn=is_withdrawn)


async def _keep(
    session: AsyncSession, transaction: TransactionItem, dispute: Dispute, *, is_withdrawn: bool
) -> None:
    """Write down how a dispute stands, and tell where it was lost, or was won after it had been lost."""
    status = DisputeStatus.__members__.get(dispute.status.upper(), DisputeStatus.OTHER)
    due_by = dispute.evidence_details.due_by
    await session.execute(
        upsert(StripeDispute)
        .values(
            reference=dispute.id,
            transaction_id=transaction.id,
            status=DisputeStatus.OTHER,
            reason=dispute.reason,
            currency=transaction.currency,
            amount_minor=from_units(dispute.amount, transaction.currency),
            created_at=datetime.fromtimestamp(dispute.created, UTC),
            is_withdrawn=False,
            looked_at=clock.now(),
        )
        .on_conflict_do_nothing()
    )
    row = (
        await session.scalars(
            select(StripeDispute).where(StripeDispute.reference == dispute.id).with_for_update(),
            execution_options={"populate_existing": True},
        )
    ).one()
    row.looked_at = clock.now()
    before = row.status
    was_lost, is_lost = row.status is DisputeStatus.LOST, status is DisputeStatus.LOST
    if was_lost and status not in {DisputeStatus.LOST, DisputeStatus.WON}:
        return  # An older answer.
    row.status, row.reason, row.is_withdrawn = status, dispute.reason, is_withdrawn
    row.evidence_due_at = None if due_by is None else datetime.fromtimestamp(due_by, UTC)
    await session.flush()
    if status is not before and status in letters.DECIDED:
        await letters.tell_decision(session, row)
    if is_withdrawn and was_lost is not is_lost:
        await publish(session, DisputeDecided(row.id, is_lost=is_lost))
