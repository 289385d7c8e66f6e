"""How long carriers have had cash in their hands."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.money import Money
from marketplace.payments.models import CashCollection, CashStatus

AGES: tuple[tuple[int, int | None], ...] = ((0, 7), (8, 14), (15, 30), (31, None))
"""In whole days since the buyer paid, both ends included."""


@dataclass(frozen=True, slots=True)
class Aged:
    """Cash of one age."""

    from_days: int
    to_days: int | None
    amount: Money
    parcels: int


@dataclass(frozen=True, slots=True)
class CarrierAges:
    """What a carrier owes in one currency, by age."""

    carrier: str
    amount: Money
    parcels: int
    ages: tuple[Aged, ...]


async def ageing(session: AsyncSession) -> list[CarrierAges]:
    """Cash collected and not handed over, by carrier and currency. One statement over what is owed."""
    counted: list[ColumnElement[int]] = []
    for from_days, to_days in AGES:
        of_age = _of_age(from_days, to_days)
        counted += [
            func.coalesce(func.sum(CashCollection.amount_minor).filter(of_age), 0),
            func.count().filter(of_age),
        ]
    rows = await session.execute(
        select(CashCollection.carrier, CashCollection.currency, *counted)
        .where(CashCollection.status == CashStatus.COLLECTED)
        .group_by(CashCollection.carrier, CashCollection.currency)
        .order_by(CashCollection.carrier, CashCollection.currency)
    )
    return [_carrier(carrier, currency, [int(each) for each in sums]) for carrier, currency, *sums in rows]


def as_csv(debts: Iterable[CarrierAges]) -> str:
    """For a spreadsheet: a line for each carrier and currency, amounts as decimals."""
    text = io.StringIO()
    writer = csv.writer(text)
    heads = [f"{start}-{end} days" if end else f"over {start - 1} days" for start, end in AGES]
    writer.writerow(["carrier", "currency", *heads, "total", "parcels"])
    for debt in debts:
        amounts = [str(age.amount.amount) for age in debt.ages]
        total = str(debt.amount.amount)
        writer.writerow([_as_text(debt.carrier), debt.amount.currency, *amounts, total, debt.parcels])
    return text.getvalue()


def _as_text(cell: str) -> str:
    """What a spreadsheet would take for a formula is text to it like this."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell


def _of_age(from_days: int, to_days: int | None) -> ColumnElement[bool]:
    now = clock.now()
    not_younger = CashCollection.collected_at <= now - timedelta(days=from_days) if from_days else true()
    not_older = (
        CashCollection.collected_at > now - timedelta(days=to_days + 1) if to_days is not None else true()
    )
    return not_younger & not_older


def _carrier(carrier: str, currency: str, sums: list[int]) -> CarrierAges:
    pairs = zip(sums[::2], sums[1::2], strict=True)
    ages = tuple(
        Aged(from_days, to_days, Money(minor, currency), parcels)
        for (from_days, to_days), (minor, parcels) in zip(AGES, pairs, strict=True)
    )
    total = sum((age.amount.minor for age in ages), 0)
    return CarrierAges(carrier, Money(total, currency), sum(age.parcels for age in ages), ages)
