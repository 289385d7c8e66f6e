"""When sellers are paid, from how much on and in which way: what is said once for all runs."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.kit.money import MINOR_DIGITS, Money
from marketplace.payouts.models import PayoutRhythm, PayoutTerms
from marketplace.payouts.ways import WAYS
from marketplace.people import audit
from marketplace.vendors.models import PayoutMethod, Vendor

HIGHEST_MINIMUM = 1_000_000
"""In the currency's main unit: beyond it a seller would hardly ever be paid, and means something else."""
DAYS = {PayoutRhythm.BY_HAND: 0, PayoutRhythm.WEEKLY: 7, PayoutRhythm.MONTHLY: 28}
CURRENCIES = {"MA": "MAD", "CI": "XOF", "SN": "XOF"}
"""What a seller's minimum is in, by its country: what it is paid in first. Elsewhere euros."""


def currency_of(country_code: Any) -> ColumnElement[str]:
    """What a seller's own minimum is in, as SQL."""
    return case(CURRENCIES, value=country_code, else_="EUR")


def usual_minimum(currency: ColumnElement[str] | str) -> ColumnElement[int]:
    """From how much on sellers are paid in a currency, as SQL; from nothing, unless staff said otherwise."""
    query = select(PayoutTerms.minimum_minor).where(PayoutTerms.currency == currency)
    return func.coalesce(query.scalar_subquery(), 0)


def minimum_in(currency: str) -> ColumnElement[int]:
    """From how much on a seller, `Vendor` of a larger statement, is paid: as it chose, or as is usual."""
    own = case((currency_of(Vendor.country_code) == currency, Vendor.payout_minimum_minor))
    return func.coalesce(own, usual_minimum(currency))


async def set_terms(
    session: AsyncSession,
    currency: str,
    actor_id: int | None,
    *,
    minimum: Decimal,
    rhythm: PayoutRhythm,
    day: int | None,
) -> PayoutTerms:
    """Say when sellers are paid in a currency, and from how much on. A day that is today still counts.

    Raises InvalidError, which names the field.
    """
    if currency not in MINOR_DIGITS:
        raise InvalidError(f"The shop does not trade in {currency}.", field="currency")
    minimum_minor = _checked_minimum(minimum, currency)
    if rhythm is PayoutRhythm.BY_HAND:
        day = None
    elif day is None or not 1 <= day <= DAYS[rhythm]:
        span = "a day of the week, Monday is 1" if rhythm is PayoutRhythm.WEEKLY else "a day of the month"
        raise InvalidError(f"Give {span}: between 1 and {DAYS[rhythm]}.", field="day")
    terms = await locked_terms(session, currency)
    if (terms.rhythm, terms.day) != (rhythm, day):
        terms.drafted_for = max(clock.now().date() - timedelta(days=1), terms.drafted_for or date.min)
    terms.minimum_minor, terms.rhythm, terms.day = minimum_minor, rhythm, day
    await session.flush()
    said = {"minimum": str(Money(minimum_minor, currency)), "rhythm": rhythm.value, "day": day}
    await audit.record(session, actor_id, "payout_terms.changed", "PayoutTerms", currency, **said)
    return terms


async def locked_terms(session: AsyncSession, currency: str) -> PayoutTerms:
    """A currency's terms, made where there are none yet, and nobody else's before this transaction ends."""
    await session.execute(
        insert(PayoutTerms)
        .values(currency=currency, minimum_minor=0, rhythm=PayoutRhythm.BY_HAND)
        .on_conflict_do_nothing()
    )
    query = select(PayoutTerms).where(PayoutTerms.currency == currency).with_for_update()
    return (await session.scalars(query.execution_options(populate_existing=True))).one()


def due_day(terms: PayoutTerms, today: date) -> date | None:
    """The latest day of the schedule, today included, for which nothing has been drafted yet."""
    if terms.day is None:
        return None
    if terms.rhythm is PayoutRhythm.WEEKLY:
        latest = today - timedelta(days=(today.isoweekday() - terms.day) % 7)
    else:
        month = today if today.day >= terms.day else today.replace(day=1) - timedelta(days=1)
        latest = month.replace(day=terms.day)
    return latest if terms.drafted_for is None or latest > terms.drafted_for else None


async def set_sellers_terms(
    session: AsyncSession,
    vendor_id: int,
    actor_id: int | None,
    *,
    method: PayoutMethod | None = None,
    minimum: Decimal | None = None,
    keeps_minimum: bool = True,
) -> Vendor:
    """Have a seller paid in a way, and from an amount on (None: the usual one, unless `keeps_minimum`).

    The amount is in its country's currency. Runs under way are as they were made. Raises NotFoundError,
    InvalidError, which names the field.
    """
    vendor = await session.get(Vendor, vendor_id, with_for_update=True, populate_existing=True)
    if vendor is None:
        raise NotFoundError("There is no such seller.", field="vendorId")
    if method is not None:
        if method not in WAYS:
            raise InvalidError(f"Nobody is paid by {method} here.", field="method")
        await WAYS[method].check_choice(session, vendor_id)
        vendor.payout_method = method
    if minimum is not None or not keeps_minimum:
        currency = CURRENCIES.get(vendor.country_code, "EUR")
        vendor.payout_minimum_minor = None if minimum is None else _checked_minimum(minimum, currency)
    await session.flush()
    await audit.record(
        session,
        actor_id,
        "vendor.payout_terms_changed",
        "Vendor",
        vendor_id,
        method=vendor.payout_method.value,
        minimum_minor=vendor.payout_minimum_minor,
    )
    return vendor


def _checked_minimum(amount: Decimal, currency: str) -> int:
    """In minor units. Raises InvalidError."""
    if not 0 <= amount <= HIGHEST_MINIMUM:
        raise InvalidError(f"Between 0 and {HIGHEST_MINIMUM:,} {currency}, please.", field="minimum")
    return Money.from_decimal(amount, currency).minor
