"""Tax classes and rates as staff set them. A rate holds from the day it is set; what held before is kept.

Only rates of sellers who charge tax are set here: what other regimes pay is the law's, not the shop's.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError, RequiredError, UniqueError
from marketplace.kit.events import publish
from marketplace.markets.events import TaxRatesChanged
from marketplace.markets.models import TaxClass, TaxRate
from marketplace.vendors.models import TaxRegime

NAME_LENGTH = 255
PER_CENT = 100


@dataclass(frozen=True, slots=True)
class RateSaid:
    """A rate that shall hold from today on. None: none does."""

    tax_class_id: int | None
    """None: the country's rate for goods of no class, or of a class without one."""
    country_code: str
    rate_bp: int | None


def basis_points(rate: float) -> int:
    """A rate in per cent as it is kept. Raises ValueError for what is no rate, or too fine a one."""
    exact = Decimal(str(rate)) * PER_CENT
    if not exact.is_finite() or not 0 <= exact <= PER_CENT * PER_CENT or exact != int(exact):
        raise ValueError("a rate is from 0 to 100 per cent, with two decimals at most")
    return int(exact)


async def create_class(session: AsyncSession, name: str) -> TaxClass:
    """Raises RequiredError, InvalidError, UniqueError."""
    tax_class = TaxClass(name=_checked_name(name))
    await _written(session, tax_class)
    return tax_class


async def rename_class(session: AsyncSession, tax_class: TaxClass, name: str) -> None:
    """Raises RequiredError, InvalidError, UniqueError."""
    tax_class.name = _checked_name(name)
    await _written(session, tax_class)


async def delete_classes(session: AsyncSession, classes: Sequence[TaxClass]) -> None:
    """Delete classes with their rates. What was of them is of none; orders keep their rates and names."""
    keys = [tax_class.id for tax_class in classes]
    found = await session.scalars(select(TaxRate.country_code).where(TaxRate.tax_class_id.in_(keys)))
    countries = frozenset(found)
    await session.execute(
        delete(TaxClass).where(TaxClass.id.in_(keys)), execution_options={"synchronize_session": False}
    )
    await publish(session, TaxRatesChanged(countries))


async def set_rates(session: AsyncSession, said: Collection[RateSaid]) -> None:
    """Have rates hold from today on. A change that was planned for a later day still comes then."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("tax_rate"))))
    today = clock.now().date()
    changed = [each.country_code for each in said if await _set(session, each, today)]
    await session.flush()
    if changed:
        await publish(session, TaxRatesChanged(frozenset(changed)))


async def end_country(session: AsyncSession, country_code: str) -> None:
    """Have no rate hold in a country from today on, nor any that was planned."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("tax_rate"))))
    today = clock.now().date()
    of_country = (TaxRate.country_code == country_code, TaxRate.regime == TaxRegime.STANDARD)
    quietly = {"synchronize_session": False}
    gone = await session.execute(
        delete(TaxRate).where(*of_country, TaxRate.valid_from >= today).returning(TaxRate.id),
        execution_options=quietly,
    )
    ended = await session.execute(
        update(TaxRate)
        .where(*of_country, or_(TaxRate.valid_until.is_(None), TaxRate.valid_until > today))
        .values(valid_until=today)
        .returning(TaxRate.id),
        execution_options=quietly,
    )
    if [*gone, *ended]:
        await publish(session, TaxRatesChanged(frozenset([country_code])))


async def _set(session: AsyncSession, said: RateSaid, today: date) -> bool:
    """Whether anything has changed."""
    same = (
        TaxRate.country_code == said.country_code,
        TaxRate.regime == TaxRegime.STANDARD,
        TaxRate.tax_class_id == said.tax_class_id
        if said.tax_class_id is not None
        else TaxRate.tax_class_id.is_(None),
    )
    found = await session.scalars(
        select(TaxRate)
        .where(*same, or_(TaxRate.valid_until.is_(None), TaxRate.valid_until > today))
        .order_by(TaxRate.valid_from.desc(), TaxRate.id.desc())
        .with_for_update()
    )
    rates = found.all()
    planned = [rate.valid_from for rate in rates if rate.valid_from > today]
    current = [rate for rate in rates if rate.valid_from <= today]
    if (current[0].rate_bp if current else None) == said.rate_bp:
        return False
    for rate in current:
        if rate.valid_from == today:
            await session.delete(rate)
        else:
            rate.valid_until = today
    if said.rate_bp is not None:
        session.add(
            TaxRate(
                tax_class_id=said.tax_class_id,
                country_code=said.country_code,
                regime=TaxRegime.STANDARD,
                rate_bp=said.rate_bp,
                valid_from=today,
                valid_until=min(planned, default=None),
            )
        )
    return True


def _checked_name(name: str) -> str:
    tidied = (name or "").strip()
    if not tidied:
        raise RequiredError("What is it called?", field="name")
    if len(tidied) > NAME_LENGTH:
        raise InvalidError(f"A name has at most {NAME_LENGTH} letters.", field="name")
    return tidied


async def _written(session: AsyncSession, tax_class: TaxClass) -> None:
    try:
        async with session.begin_nested():
            session.add(tax_class)
            await session.flush()
    except IntegrityError as error:
        if "uq_tax_class_name" not in str(error.orig):
            raise
        raise UniqueError("Another class is called so.", field="name") from error
