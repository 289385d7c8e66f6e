"""Transfers of our balance at Stripe to sellers' accounts, and what has come back of them.

Whoever tells of a transfer, the answer to our request, a webhook or Stripe's books, the transfer itself is
written down by `note`, and whoever asked for it is told, each thing once.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from stripe import Transfer

from marketplace.kit import clock
from marketplace.kit.database import Database
from marketplace.kit.events import publish
from marketplace.kit.jobs import Work
from marketplace.kit.money import MINOR_DIGITS, Money
from marketplace.kit.settings import Settings
from marketplace.payments.events import StripeTransferMade, StripeTransferReversed
from marketplace.payments.gateways.notices import NoticeStatus
from marketplace.payments.gateways.stripe.api import RefusedError
from marketplace.payments.gateways.stripe.connect import connect_of
from marketplace.payments.gateways.stripe.handlers import handles
from marketplace.payments.gateways.stripe.models import (
    MovementKind,
    StripeEvent,
    StripeMovement,
    StripeTransfer,
)
from marketplace.payments.gateways.stripe.units import from_units

AT_ONCE = 20
LOOKED_BACK = timedelta(days=30)
log = structlog.get_logger(__name__)
TRANSFER_TYPES = ("transfer.created", "transfer.reversed", "transfer.updated")


async def note(session: AsyncSession, transfer: Transfer) -> StripeTransfer | None:
    """Write a transfer down, and tell what is new of it. None: of a currency that is not known here."""
    currency = transfer.currency.upper()
    if currency not in MINOR_DIGITS:
        return None  # Nor are its movements kept.
    await session.execute(
        upsert(StripeTransfer)
        .values(
            id=transfer.id,
            transfer_group=transfer.transfer_group or "",
            destination=_name_of(transfer.destination) or "",
            currency=currency,
            amount_minor=from_units(transfer.amount, currency),
            reversed_minor=0,
            is_ours=False,
            created_at=datetime.fromtimestamp(transfer.created, UTC),
        )
        .on_conflict_do_nothing()
    )
    row = await session.get_one(StripeTransfer, transfer.id, with_for_update=True, populate_existing=True)
    if not row.is_ours:
        await publish(session, StripeTransferMade(row.id))
    before, now = row.reversed_minor, from_units(transfer.amount_reversed, currency)
    if now > before:  # What has come back never goes again: less is an older answer.
        row.reversed_minor = now
        await session.flush()
        if row.is_ours:
            back, known = Money(now - before, currency), Money(before, currency)
            await publish(session, StripeTransferReversed(row.id, back, known))
    return row


async def find_unheard(database: Database, settings: Settings) -> None:
    """Ask after transfers of which Stripe's books have lately said something else than was heard.

    Raises AnswerError. Each is written down in a transaction of its own: it holds the locks of its payout.
    """
    connect = connect_of(settings)
    if connect is None:
        return
    recent = select(StripeMovement.payment).where(
        StripeMovement.kind == MovementKind.TRANSFER,
        StripeMovement.created_at >= clock.now() - LOOKED_BACK,
    )
    moved = (
        select(StripeMovement.payment, func.sum(-StripeMovement.amount_minor).label("minor"))
        .where(StripeMovement.kind == MovementKind.TRANSFER, StripeMovement.payment.in_(recent))
        .group_by(StripeMovement.payment)
        .subquery()
    )
    left = StripeTransfer.amount_minor - StripeTransfer.reversed_minor
    async with database.transaction() as session:
        found = await session.scalars(
            select(moved.c.payment)
            .outerjoin(StripeTransfer, StripeTransfer.id == moved.c.payment)
            .where(StripeTransfer.id.is_(None) | (left > moved.c.minor))
            .limit(AT_ONCE)
        )
        unheard = found.all()
    for key in unheard:
        try:
            transfer = await connect.transfer(key)
        except RefusedError:
            log.exception("a transfer of Stripe's books can't be looked at", transfer=key)
            continue
        async with database.transaction() as session:
            await note(session, transfer)


def named_by(source: Any) -> str | None:
    """The transfer that a movement is of: of what has come back, Stripe names the reversal."""
    if source is None or isinstance(source, str):
        return source
    return _name_of(source["transfer"] if source["object"] == "transfer_reversal" else source)


def _name_of(named: Any) -> str | None:
    return named if named is None or isinstance(named, str) else str(named["id"])


@handles(*TRANSFER_TYPES)
async def follow_transfer(work: Work, event: StripeEvent) -> NoticeStatus | None:
    """Find out how a transfer of ours stands, whatever the event itself says of it."""
    connect = connect_of(work.settings)
    if event.account is not None or connect is None:
        return NoticeStatus.IGNORED
    transfer = await connect.transfer(event.subject["id"])
    async with work.database.transaction() as session:
        await note(session, transfer)
    return None
