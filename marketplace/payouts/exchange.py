"""Sellers are owed what buyers paid in. Who is paid in another currency has what is payable changed into it:
each sale at the rate of the day on which its order was placed, and what a refund takes back at the same one.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError
from marketplace.kit.money import MINOR_DIGITS, Money
from marketplace.orders.models import VendorOrder
from marketplace.payouts.errors import NothingToPayError, RateMissingError
from marketplace.payouts.exchange_models import Conversion, ConversionLine, ExchangeRate
from marketplace.payouts.journal import Entry, Line, lock_balances
from marketplace.payouts.kinds import kind
from marketplace.payouts.ledger import Account, JournalEntry, Posting
from marketplace.payouts.queries import is_carried
from marketplace.people import audit

AT_ONCE = 5_000
"""So many entries are changed at a time; what is left can be changed after them."""
HIGHEST_RATE = Decimal(10_000)


@kind("converted_from", "converted_into", causes=select(Conversion))
def conversions(row: Row[*tuple[Any, ...]]) -> Iterator[Entry]:
    """What is payable in one currency is so in another. Two entries, because payouts carry whole ones."""
    made: Conversion = row[0]
    yield _entry(made, "converted_from", made.source, -made.source_minor)
    if made.target_minor:
        yield _entry(made, "converted_into", made.target, made.target_minor)


def _entry(made: Conversion, name: str, currency: str, minor: int) -> Entry:
    return Entry(
        key=f"{name}:{made.id}",
        kind=name,
        at=made.at,
        lines=[
            Line(Account.VENDOR_PAYABLE, -minor, currency, made.vendor_id),
            Line(Account.CURRENCY_EXCHANGE, minor, currency),
        ],
    )


async def set_rate(
    session: AsyncSession, source: str, target: str, day: date, rate: Decimal, actor_id: int | None
) -> ExchangeRate:
    """Say what a unit of a currency is in another from a day on. A rate that is known stays as it is: by it
    something may have been changed. Raises InvalidError.
    """
    _check(source, target)
    if not 0 < rate <= HIGHEST_RATE or rate != round(rate, 8):
        raise InvalidError("A rate is above 0, with eight decimals at most.", field="rate")
    if day > clock.now().date():
        raise InvalidError("Nobody knows the rate of a day to come.", field="day")
    await session.execute(
        insert(ExchangeRate)
        .values(source=source, target=target, day=day, rate=rate, set_by_id=actor_id, set_at=clock.now())
        .on_conflict_do_nothing()
    )
    known = select(ExchangeRate).where(
        ExchangeRate.source == source, ExchangeRate.target == target, ExchangeRate.day == day
    )
    found = (await session.scalars(known)).one()
    if found.rate != rate:
        raise InvalidError(f"The rate of that day is {found.rate.normalize():f} already.", field="rate")
    said = {"source": source, "target": target, "day": str(day), "rate": str(rate)}
    await audit.record(session, actor_id, "exchange_rate.set", "ExchangeRate", found.id, **said)
    return found


async def convert(
    session: AsyncSession, vendor_id: int, source: str, target: str, actor_id: int | None
) -> Conversion:
    """Change what is payable to a seller by its sales into another currency, at most AT_ONCE entries of it.

    What payouts carry is left alone. Raises InvalidError, NothingToPayError, RateMissingError.
    """
    _check(source, target)
    await lock_balances(session, [vendor_id])
    payable = await _payable(session, vendor_id, source)
    if not sum(minor for _, _, minor, _ in payable):
        raise NothingToPayError(f"Nothing is payable in {source} that could be changed.", field="source")
    made = Conversion(
        vendor_id=vendor_id,
        source=source,
        target=target,
        source_minor=sum(minor for _, _, minor, _ in payable),
        target_minor=0,
        made_by_id=actor_id,
    )
    session.add(made)
    await session.flush()
    lines = await _lines(session, made, payable)
    session.add_all(lines)
    made.target_minor = sum(line.target_minor for line in lines)
    await session.flush()
    await conversions.book(session, Conversion.id == made.id)
    said = {
        "changed": str(Money(made.source_minor, source)),
        "into": str(Money(made.target_minor, target)),
    }
    await audit.record(session, actor_id, "vendor_balance.converted", "Vendor", vendor_id, **said)
    return made


def _check(source: str, target: str) -> None:
    for code, field in ((source, "source"), (target, "target")):
        if code not in MINOR_DIGITS:
            raise InvalidError(f"The shop does not trade in {code}.", field=field)
    if source == target:
        raise InvalidError("This is the same currency.", field="target")


Payable = tuple[int, UUID, int, datetime]
"""An entry, the part that it is of, its amount, when the order was placed."""


async def _payable(session: AsyncSession, vendor_id: int, currency: str) -> Sequence[Payable]:
    """Entries that made something payable, which no payout carries and which have not been changed."""
    changed = select(literal(1)).select_from(ConversionLine).where(ConversionLine.entry_id == JournalEntry.id)
    rows = await session.execute(
        select(JournalEntry.id, VendorOrder.id, -Posting.amount_minor, VendorOrder.created_at)
        .select_from(Posting)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .join(VendorOrder, VendorOrder.id == JournalEntry.vendor_order_id)
        .where(
            Posting.vendor_id == vendor_id,
            Posting.account == Account.VENDOR_PAYABLE,
            Posting.currency == currency,
            ~is_carried(JournalEntry.id),
            ~changed.exists(),
        )
        .order_by(JournalEntry.id)
        .limit(AT_ONCE)
    )
    return [(entry_id, part_id, int(minor), at) for entry_id, part_id, minor, at in rows]


async def _lines(session: AsyncSession, made: Conversion, payable: Sequence[Payable]) -> list[ConversionLine]:
    """Each at the rate of its order's day. What is changed of one part is rounded together, so that paying
    back all of it leaves nothing in either currency.
    """
    parts = {part_id for _, part_id, _, _ in payable}
    before = await _changed_before(session, parts, made.target)
    rates: dict[date, Decimal] = {}
    lines = []
    for entry_id, part_id, minor, at in payable:
        day = at.astimezone(UTC).date()
        if day not in rates:
            rates[day] = await _rate_of(session, made.source, made.target, day)
        source_before, target_before = before[part_id]
        whole = _changed(source_before + minor, rates[day], made.source, made.target)
        before[part_id] = (source_before + minor, whole)
        lines.append(
            ConversionLine(
                entry_id=entry_id,
                conversion_id=made.id,
                vendor_order_id=part_id,
                rate=rates[day],
                source_minor=minor,
                target_minor=whole - target_before,
            )
        )
    return lines


async def _changed_before(
    session: AsyncSession, parts: set[UUID], target: str
) -> defaultdict[UUID, tuple[int, int]]:
    rows = await session.execute(
        select(
            ConversionLine.vendor_order_id,
            func.sum(ConversionLine.source_minor),
            func.sum(ConversionLine.target_minor),
        )
        .join(Conversion, Conversion.id == ConversionLine.conversion_id)
        .where(ConversionLine.vendor_order_id.in_(parts), Conversion.target == target)
        .group_by(ConversionLine.vendor_order_id)
    )
    found: defaultdict[UUID, tuple[int, int]] = defaultdict(lambda: (0, 0))
    found.update({part_id: (int(source), int(target_)) for part_id, source, target_ in rows})
    return found


async def _rate_of(session: AsyncSession, source: str, target: str, day: date) -> Decimal:
    """The last that is known by that day."""
    query = select(ExchangeRate.rate).where(
        ExchangeRate.source == source, ExchangeRate.target == target, ExchangeRate.day <= day
    )
    rate: Decimal | None = await session.scalar(query.order_by(ExchangeRate.day.desc()).limit(1))
    if rate is None:
        raise RateMissingError(
            f"There is no rate from {source} to {target} of {day}, or before.", field="source", day=str(day)
        )
    return rate


def _changed(minor: int, rate: Decimal, source: str, target: str) -> int:
    scale = Decimal(10) ** (MINOR_DIGITS[target] - MINOR_DIGITS[source])
    return int((minor * rate * scale).quantize(Decimal(1), ROUND_HALF_UP))
