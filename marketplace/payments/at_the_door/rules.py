"""What a channel demands of whoever pays at the door. Asked at the promise, and at the order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import Checkout
from marketplace.kit import clock
from marketplace.kit.money import Money
from marketplace.markets.models import Channel
from marketplace.payments.at_the_door.buyers import Buyer, History, buyer_of, history_of, lock
from marketplace.payments.at_the_door.errors import CashNotOfferedError, CashRulesError, NotOffered
from marketplace.payments.at_the_door.models import CashRules
from marketplace.people.models import Address

DAYS_OF_A_MONTH = 30
MOST_MONTHS = 60
MOST_HOURS = 24 * 60
MOST_COUNTED = 1000
LONGEST_COUNTRY_LIST = 250


@dataclass(frozen=True, slots=True)
class Decision:
    """A checkout may be paid at the door: whose it is, and whether its order waits to be confirmed."""

    buyer: Buyer
    rules: CashRules | None
    needs_confirmation: bool


_FACTS = (
    select(Address.country_code, Address.phone, CashRules)
    .select_from(Checkout)
    .outerjoin(Address, Address.id == Checkout.shipping_address_id)
    .outerjoin(CashRules, CashRules.channel_id == Checkout.channel_id)
    .where(Checkout.id == bindparam("checkout_id", type_=Uuid))
)


async def decide(
    session: AsyncSession, channel: Channel, checkout: Checkout, total: Money, *, finally_: bool = False
) -> Decision:
    """Whether a locked checkout may be paid at the door. `finally_`: it becomes an order now, and no other of
    this buyer meanwhile. Raises CashNotOfferedError.
    """
    if not channel.cash_on_delivery:
        raise CashNotOfferedError(NotOffered.CHANNEL, "Nothing can be paid at the door in this channel.")
    facts = (await session.execute(_FACTS, {"checkout_id": checkout.id})).one()
    country_code, phone = facts[0], facts[1]
    rules: CashRules | None = facts[2]
    buyer = buyer_of(checkout.user_id, checkout.email or "", phone or "")
    if rules is None:
        return Decision(buyer, None, needs_confirmation=False)
    _check_country(rules, country_code)
    _check_amount(rules, total)
    if not _asks_for_history(rules):
        return Decision(buyer, rules, _confirms(rules, total, has_paid=False))
    if finally_ and rules.most_open_orders is not None:
        await lock(session, buyer)
    since = clock.now() - timedelta(days=DAYS_OF_A_MONTH * rules.refusal_months)
    enough = max(rules.most_refusals or 0, rules.most_open_orders or 0) + 1
    history = await history_of(session, buyer, since=since, enough=enough)
    _check_history(rules, history)
    return Decision(buyer, rules, _confirms(rules, total, has_paid=history.has_paid))


def _check_country(rules: CashRules, country_code: str | None) -> None:
    if rules.country_codes and country_code not in rules.country_codes:
        raise CashNotOfferedError(NotOffered.COUNTRY, "In this country nothing can be paid at the door.")


def _check_amount(rules: CashRules, total: Money) -> None:
    currency = total.currency
    if rules.minimum_minor is not None and total.minor < rules.minimum_minor:
        least = Money(rules.minimum_minor, currency)
        raise CashNotOfferedError(NotOffered.TOO_LITTLE, f"At the door one pays from {least} on.")
    if rules.maximum_minor is not None and total.minor > rules.maximum_minor:
        most = Money(rules.maximum_minor, currency)
        raise CashNotOfferedError(NotOffered.TOO_MUCH, f"At the door one pays at most {most}.")


def _asks_for_history(rules: CashRules) -> bool:
    return rules.most_refusals is not None or rules.most_open_orders is not None or rules.confirms_first_order


def _check_history(rules: CashRules, history: History) -> None:
    if rules.most_refusals is not None and history.refused > rules.most_refusals:
        message = "Too many orders were refused at the door: please pay this one otherwise."
        raise CashNotOfferedError(NotOffered.REFUSALS, message)
    if rules.most_open_orders is not None and history.open >= rules.most_open_orders:
        message = "Other orders are still to be paid at the door: please receive them first."
        raise CashNotOfferedError(NotOffered.OPEN_ORDERS, message)


def _confirms(rules: CashRules, total: Money, *, has_paid: bool) -> bool:
    above = rules.confirms_above_minor
    return (
        rules.confirms_every_order
        or (rules.confirms_first_order and not has_paid)
        or (above is not None and total.minor > above)
    )


async def change_rules(session: AsyncSession, channel: Channel, columns: Mapping[str, Any]) -> CashRules:
    """Write what staff say of a channel's rules; what is left out stays, or is as for a channel without any.

    Raises CashRulesError.
    """
    await session.execute(upsert(CashRules).values(channel_id=channel.id).on_conflict_do_nothing())
    rules = await session.get_one(CashRules, channel.id, with_for_update=True, populate_existing=True)
    for name, given in columns.items():
        setattr(rules, name, given)
    with session.no_autoflush:
        _check_rules(rules)
    await session.flush()
    return rules


def _check_rules(rules: CashRules) -> None:
    for name in ("minimum_minor", "confirms_above_minor", "most_refusals"):
        value = getattr(rules, name)
        if value is not None and value < 0:
            raise CashRulesError("Not less than nothing, please.", field=_FIELDS[name])
    if rules.maximum_minor is not None and rules.maximum_minor <= 0:
        raise CashRulesError("More than nothing, please.", field="maximum")
    if rules.maximum_minor is not None and (rules.minimum_minor or 0) > rules.maximum_minor:
        raise CashRulesError("The most is less than the least.", field="maximum")
    if rules.most_open_orders is not None and not 0 < rules.most_open_orders <= MOST_COUNTED:
        raise CashRulesError(f"From 1 to {MOST_COUNTED}, please.", field="openOrdersAllowed")
    if (rules.most_refusals or 0) > MOST_COUNTED:
        raise CashRulesError(f"At most {MOST_COUNTED}, please.", field="refusalsAllowed")
    if not 1 <= rules.refusal_months <= MOST_MONTHS:
        raise CashRulesError(f"From 1 to {MOST_MONTHS} months, please.", field="refusalMonths")
    if not 0 < rules.remind_after_hours < rules.cancel_after_hours <= MOST_HOURS:
        raise CashRulesError(
            f"First the reminder, then the end, within {MOST_HOURS} hours.", field="cancelAfter"
        )
    if len(rules.country_codes) > LONGEST_COUNTRY_LIST:
        raise CashRulesError("So many countries there are not.", field="countries")


_FIELDS = {
    "minimum_minor": "minimum",
    "confirms_above_minor": "confirmAbove",
    "most_refusals": "refusalsAllowed",
}
