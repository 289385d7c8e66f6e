"""Staff's rules of commission: made for days to come, ended, never rewritten once they have held.

A sale freezes the most specific rule of its day (`commission.py`). Of two for the same the one that began
last holds, so a new rule takes the place of an older one without ending it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError, UniqueError
from marketplace.markets.tax_rates import basis_points
from marketplace.payouts.errors import RunStateError
from marketplace.payouts.models import CommissionRule
from marketplace.people import audit

USUAL_VAT_BP = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose sales, of what. Nothing said: all."""

    vendor_id: int | None = None
    programme_id: int | None = None
    category_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How much, and when. What is None is left as it was, or is as usual."""

    rate: Decimal | None = None
    """In per cent of the goods' price with tax."""
    vat_rate: Decimal | None = None
    """In per cent of the commission."""
    valid_from: date | None = None
    valid_until: date | None = None
    """The first day on which it no longer holds."""


async def create_rule(
    session: AsyncSession, scope: Scope, terms: Terms, actor_id: int | None
) -> CommissionRule:
    """Raises InvalidError, and UniqueError where a rule for the same begins on the same day."""
    rule = CommissionRule(
        vendor_id=scope.vendor_id,
        programme_id=scope.programme_id,
        category_id=scope.category_id,
        rate_bp=0,
        vat_rate_bp=USUAL_VAT_BP,
        valid_from=clock.now().date(),
    )
    _set(rule, terms)
    await _check(session, rule)
    session.add(rule)
    await session.flush()
    await _log(session, rule, "created", actor_id)
    return rule


async def update_rule(
    session: AsyncSession, rule: CommissionRule, terms: Terms, actor_id: int | None
) -> CommissionRule:
    """Change a locked rule that has not held yet. Raises InvalidError, UniqueError, RunStateError."""
    if rule.valid_from <= clock.now().date():
        raise RunStateError("This rule has held already: end it, and make another.", field="id")
    _set(rule, terms)
    await _check(session, rule)
    await session.flush()
    await _log(session, rule, "updated", actor_id)
    return rule


async def end_rule(
    session: AsyncSession, rule: CommissionRule, on: date | None, actor_id: int | None
) -> CommissionRule:
    """Have a locked rule hold no longer from a day on, by default from tomorrow; one that has not begun never
    holds then. Raises InvalidError.
    """
    today = clock.now().date()
    until = on or today + timedelta(days=1)
    if until < today:
        raise InvalidError("What was sold is sold: today, or a day to come.", field="on")
    if rule.valid_until is not None and rule.valid_until < until:
        raise InvalidError(f"It ends on {rule.valid_until} already.", field="on")
    rule.valid_until = max(until, rule.valid_from)
    await session.flush()
    await _log(session, rule, "ended", actor_id)
    return rule


def _set(rule: CommissionRule, terms: Terms) -> None:
    if terms.rate is not None:
        rule.rate_bp = _basis_points(terms.rate, "rate")
    if terms.vat_rate is not None:
        rule.vat_rate_bp = _basis_points(terms.vat_rate, "vatRate")
    if terms.valid_from is not None:
        rule.valid_from = terms.valid_from
    if terms.valid_until is not None:
        rule.valid_until = terms.valid_until


def _basis_points(rate: Decimal, field: str) -> int:
    try:
        return basis_points(float(rate))
    except ValueError as error:
        raise InvalidError(f"{str(error).capitalize()}.", field=field) from error


async def _check(session: AsyncSession, rule: CommissionRule) -> None:
    if rule.valid_from < clock.now().date():
        raise InvalidError("What was sold is sold: today, or a day to come.", field="validFrom")
    if rule.valid_until is not None and rule.valid_until <= rule.valid_from:
        raise InvalidError("It ends before it begins.", field="validUntil")
    same = select(CommissionRule.id).where(
        CommissionRule.vendor_id.is_not_distinct_from(rule.vendor_id),
        CommissionRule.programme_id.is_not_distinct_from(rule.programme_id),
        CommissionRule.category_id.is_not_distinct_from(rule.category_id),
        CommissionRule.valid_from == rule.valid_from,
        CommissionRule.id.is_distinct_from(rule.id),
    )
    with session.no_autoflush:
        known = await session.scalar(same.limit(1))
    if known is not None:
        raise UniqueError("Another rule for the same begins on that day.", field="validFrom")


async def _log(session: AsyncSession, rule: CommissionRule, what: str, actor_id: int | None) -> None:
    await audit.record(
        session,
        actor_id,
        f"commission_rule.{what}",
        "CommissionRule",
        rule.id,
        rate_bp=rule.rate_bp,
        vat_rate_bp=rule.vat_rate_bp,
        valid_from=str(rule.valid_from),
        valid_until=None if rule.valid_until is None else str(rule.valid_until),
    )
