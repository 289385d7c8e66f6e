"""Reading Stripe's own books: the balance transactions, each copied once. What is made of them is told to
whoever keeps the ledger, in the same transaction.

Stripe gives them newest first. So a stretch of time is read back from its end, some pages at a time, and how
far is kept in a row: a process may die anywhere, and what is read twice is written once.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from stripe import BalanceTransaction, Payout

from marketplace.kit import clock
from marketplace.kit.database import Database
from marketplace.kit.events import publish
from marketplace.kit.money import MINOR_DIGITS
from marketplace.kit.settings import Settings
from marketplace.payments.events import StripeMoved
from marketplace.payments.gateways.stripe import bank, transfers
from marketplace.payments.gateways.stripe.gateway import GATEWAY_ID, stripe_gateway
from marketplace.payments.gateways.stripe.models import (
    OF_PAYMENTS,
    OF_THE_ACCOUNT,
    MovementKind,
    StripeMovement,
    StripeReading,
)
from marketplace.payments.gateways.stripe.units import from_units
from marketplace.payments.models import TransactionItem

PAGES_AT_ONCE = 20
OVERLAP = timedelta(hours=1)
"""So much is read a second time: a movement may be shown somewhat later than it says it was made."""
KINDS = {
    "charge": MovementKind.CHARGE,
    "payment": MovementKind.CHARGE,
    "refund": MovementKind.REFUND,
    "payment_refund": MovementKind.REFUND,
    "payment_reversal": MovementKind.REFUND,
    "refund_failure": MovementKind.REFUND,
    "payment_failure_refund": MovementKind.REFUND,
    "payout": MovementKind.PAYOUT,
    "payout_cancel": MovementKind.PAYOUT,
    "payout_failure": MovementKind.PAYOUT,
    "transfer": MovementKind.TRANSFER,
    "transfer_cancel": MovementKind.TRANSFER,
    "transfer_failure": MovementKind.TRANSFER,
    "transfer_refund": MovementKind.TRANSFER,
    "topup": MovementKind.TOP_UP,
    "topup_reversal": MovementKind.TOP_UP,
    "stripe_fee": MovementKind.FEE,
    "stripe_fx_fee": MovementKind.FEE,
    "tax_fee": MovementKind.FEE,
}
"""Source: docs.stripe.com/reports/balance-transaction-types."""

log = structlog.get_logger(__name__)


async def read_on(database: Database, settings: Settings, pages: int = PAGES_AT_ONCE) -> bool:
    """Read on where the books were left, at most so many pages; whether all of them is read now.

    Raises AnswerError: it is to be tried again.
    """
    gateway = stripe_gateway(settings)
    if gateway is None:
        return True
    for _ in range(pages):
        async with database.transaction() as session:
            reading = await _reading(session)
            since, until, after = reading.read_until - OVERLAP, reading.window_ends, reading.after
        until = until or clock.now()
        page = await gateway.api.movements(since, until, after)
        async with database.transaction() as session:
            await take_in(session, page.data)
            await _move_on(session, reading=(since, after), until=until, page=page.data, more=page.has_more)
        if not page.has_more:
            return True
    return False


async def read_since(database: Database, settings: Settings, since: datetime) -> None:
    """Read all that was booked since a moment, whatever was read before. Raises AnswerError."""
    gateway = stripe_gateway(settings)
    after: str | None = None
    while gateway is not None:
        page = await gateway.api.movements(since, after=after)
        async with database.transaction() as session:
            await take_in(session, page.data)
        if not page.has_more or not page.data:
            return
        after = page.data[-1].id


async def take_in(session: AsyncSession, told: Sequence[BalanceTransaction]) -> None:
    """Write movements down that are new, find out whose they are, and tell of them."""
    rows = [row for row in map(_row_of, told) if row is not None]
    new: set[str] = set()
    if rows:
        written = await session.execute(
            upsert(StripeMovement)
            .values(rows)
            .on_conflict_do_nothing()
            .returning(StripeMovement.id, StripeMovement.kind)
        )
        new = {key for key, kind in written if kind in OF_THE_ACCOUNT}
    for movement in told:
        if isinstance(movement.source, Payout):
            await bank.note(session, movement.source)
    new |= set(await _find_payments(session))
    if new:
        await publish(session, StripeMoved(tuple(sorted(new))))


async def _find_payments(session: AsyncSession) -> Sequence[str]:
    """Movements of payments of which it had not been known that they are ours."""
    found = await session.scalars(
        update(StripeMovement)
        .where(
            StripeMovement.transaction_id.is_(None),
            StripeMovement.kind.in_(OF_PAYMENTS),
            StripeMovement.payment == TransactionItem.psp_reference,
            TransactionItem.gateway == GATEWAY_ID,
        )
        .values(transaction_id=TransactionItem.id)
        .returning(StripeMovement.id),
        execution_options={"synchronize_session": False},
    )
    return found.all()


async def _reading(session: AsyncSession) -> StripeReading:
    """How far we are. The books are read from our first payment by Stripe on."""
    first = await session.scalar(
        select(func.min(TransactionItem.created_at)).where(TransactionItem.gateway == GATEWAY_ID)
    )
    await session.execute(
        upsert(StripeReading).values(id=1, read_until=first or clock.now()).on_conflict_do_nothing()
    )
    return await session.get_one(StripeReading, 1)


async def _move_on(
    session: AsyncSession,
    *,
    reading: tuple[datetime, str | None],
    until: datetime,
    page: Sequence[BalanceTransaction],
    more: bool,
) -> None:
    """Note how far we are, unless somebody else has read on meanwhile."""
    row = await session.get_one(StripeReading, 1, with_for_update=True, populate_existing=True)
    if (row.read_until - OVERLAP, row.after) != reading:
        return
    if more and page:
        row.window_ends, row.after = until, page[-1].id
    else:
        row.read_until, row.window_ends, row.after = max(until, row.read_until), None, None


def _row_of(movement: BalanceTransaction) -> Mapping[str, Any] | None:
    """A movement as it is kept. Of a currency that we have no name for nothing can be said but that it is."""
    currency = movement.currency.upper()
    kind, source = _kind_of(movement), movement.source
    paid_currency, paid_units = currency, movement.amount
    payment = None
    if kind in OF_PAYMENTS and source is not None and not isinstance(source, str):
        of: Mapping[str, Any] = source.to_dict()
        payment = _id_in(of.get("payment_intent"))
        paid_currency = str(of["currency"]).upper()
        if paid_currency != currency:
            whole = of["amount_captured"] if of["object"] == "charge" else of["amount"]
            paid_units = whole if movement.amount >= 0 else -whole
    if not {currency, paid_currency} <= MINOR_DIGITS.keys():
        log.error("a movement at Stripe in a currency that is not known here", movement=movement.id)
        return None
    if kind is MovementKind.TRANSFER:
        payment = transfers.named_by(source)
    return {
        "id": movement.id,
        "kind": kind,
        "type": movement.type,
        "created_at": datetime.fromtimestamp(movement.created, UTC),
        "currency": currency,
        "amount_minor": from_units(movement.amount, currency),
        "fee_minor": from_units(movement.fee, currency),
        "paid_currency": paid_currency,
        "paid_minor": from_units(paid_units, paid_currency),
        "source_id": _id_in(source),
        "payment": payment,
    }


def _kind_of(movement: BalanceTransaction) -> MovementKind:
    if movement.reporting_category in {"dispute", "dispute_reversal"}:
        return MovementKind.DISPUTE
    return KINDS.get(movement.type, MovementKind.OTHER)


def _id_in(named: Any) -> str | None:
    if named is None or isinstance(named, str):
        return named
    found: str | None = named["id"]
    return found
