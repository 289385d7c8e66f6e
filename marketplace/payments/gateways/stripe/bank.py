"""What Stripe pays out to our bank, and whether it got there."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from stripe import Payout

from marketplace.kit import clock
from marketplace.kit.database import Database
from marketplace.kit.events import publish
from marketplace.kit.jobs import Work
from marketplace.kit.money import MINOR_DIGITS
from marketplace.kit.settings import Settings
from marketplace.payments.events import StripePaidOut
from marketplace.payments.gateways.notices import NoticeStatus
from marketplace.payments.gateways.stripe.gateway import stripe_gateway
from marketplace.payments.gateways.stripe.handlers import handles
from marketplace.payments.gateways.stripe.models import (
    StripeEvent,
    StripePayout,
    StripePayoutStatus,
)
from marketplace.payments.gateways.stripe.units import from_units

AT_ONCE = 20
UNDER_WAY = (StripePayoutStatus.PENDING, StripePayoutStatus.IN_TRANSIT)
PAYOUT_TYPES = ("payout.paid", "payout.failed", "payout.canceled", "payout.updated")


async def note(session: AsyncSession, payout: Payout) -> None:
    """Write down how a payout stands, and tell where it has arrived, or has come back from where it was.

    What has failed stays so: Stripe pays out anew under another name.
    """
    currency, status = payout.currency.upper(), StripePayoutStatus(payout.status.upper())
    if currency not in MINOR_DIGITS:
        return  # Nor are its movements kept.
    await session.execute(
        upsert(StripePayout)
        .values(
            id=payout.id,
            status=StripePayoutStatus.PENDING,
            currency=currency,
            amount_minor=from_units(payout.amount, currency),
            created_at=datetime.fromtimestamp(payout.created, UTC),
            arrives_at=datetime.fromtimestamp(payout.arrival_date, UTC),
            reason="",
        )
        .on_conflict_do_nothing()
    )
    row = await session.get_one(StripePayout, payout.id, with_for_update=True, populate_existing=True)
    before = row.status
    if before is status or before in {StripePayoutStatus.FAILED, StripePayoutStatus.CANCELED}:
        return
    if before is StripePayoutStatus.PAID and status in UNDER_WAY:
        return  # An older answer.
    row.status, row.reason = status, payout.failure_code or ""
    await session.flush()
    if StripePayoutStatus.PAID in {before, status}:
        await publish(session, StripePaidOut(row.id, has_arrived=status is StripePayoutStatus.PAID))


async def find_out_due(database: Database, settings: Settings) -> None:
    """Ask after payouts that should have arrived, and of which nothing was heard. Raises AnswerError."""
    gateway = stripe_gateway(settings)
    if gateway is None:
        return
    async with database.transaction() as session:
        due = await session.scalars(
            select(StripePayout.id)
            .where(StripePayout.status.in_(UNDER_WAY), StripePayout.arrives_at <= clock.now())
            .order_by(StripePayout.arrives_at)
            .limit(AT_ONCE)
        )
        keys = due.all()
    for key in keys:
        payout = await gateway.api.payout(key)
        async with database.transaction() as session:
            await note(session, payout)


@handles(*PAYOUT_TYPES)
async def follow_payout(work: Work, event: StripeEvent) -> NoticeStatus | None:
    """Find out how a payout to our own bank stands: those of sellers' accounts are theirs."""
    gateway = stripe_gateway(work.settings)
    if event.account is not None or gateway is None:
        return NoticeStatus.IGNORED
    payout = await gateway.api.payout(event.subject["id"])
    async with work.database.transaction() as session:
        await note(session, payout)
    return None
