"""How old the cash is that carriers hold."""

from datetime import timedelta
from types import ModuleType

from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.reactions  # noqa: F401 - the money follows the parcel
from marketplace.kit.money import Money
from marketplace.payments.at_the_door.ageing import ageing, as_csv
from marketplace.payments.cash import remit
from tests.factories.cash import deliver_all, order_of
from tests.factories.checkout import make_market


async def test_cash_is_told_by_the_days_since_it_was_collected(
    session: AsyncSession, clock: ModuleType
) -> None:
    market = await make_market(session)
    for days in (1, 7, 8, 16, 0):  # In the end they are 32, 31, 24, 16 and 0 days old.
        await deliver_all(session, await order_of(session, market))
        clock.advance(timedelta(days=days))
    await deliver_all(session, await order_of(session, market))
    (debt,) = await ageing(session)
    assert [(age.from_days, age.to_days, age.parcels) for age in debt.ages] == [
        (0, 7, 2),
        (8, 14, 0),
        (15, 30, 2),
        (31, None, 2),
    ]
    assert (debt.carrier, debt.amount, debt.parcels) == ("Amana", Money(900_00, "MAD"), 6)


async def test_the_ends_of_each_age_belong_to_it(session: AsyncSession, clock: ModuleType) -> None:
    await deliver_all(session, await order_of(session, await make_market(session)))
    seen = []
    for day in range(33):
        (debt,) = await ageing(session)
        (at,) = [place for place, age in enumerate(debt.ages) if age.parcels]
        seen.append((day, at))
        clock.advance(timedelta(days=1))
    assert [next(day for day, at in seen if at == place) for place in range(4)] == [0, 8, 15, 31]


async def test_what_was_handed_over_ages_no_more(session: AsyncSession) -> None:
    parts = await deliver_all(session, await order_of(session, await make_market(session)))
    await remit(session, "Amana", "BR-1", Money(150_00, "MAD"), parts)
    assert await ageing(session) == []


async def test_the_report_opens_in_a_spreadsheet(session: AsyncSession) -> None:
    await deliver_all(session, await order_of(session, await make_market(session)))
    head, line = as_csv(await ageing(session)).splitlines()
    assert head == "carrier,currency,0-7 days,8-14 days,15-30 days,over 30 days,total,parcels"
    assert line == "Amana,MAD,150.00,0.00,0.00,0.00,150.00,1"


async def test_a_carrier_s_name_is_no_formula(session: AsyncSession) -> None:
    market = await make_market(session)
    market.method.carrier = "=HYPERLINK(1)"
    await session.flush()
    await deliver_all(session, await order_of(session, market))
    assert as_csv(await ageing(session)).splitlines()[1].startswith("'=HYPERLINK(1)")
