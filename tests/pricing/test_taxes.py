"""The rate of tax is a function of regime, class, destination and day."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.pricing.taxes import tax_rates_bp
from marketplace.vendors.models import TaxRegime
from tests.factories.markets import make_tax_class, make_tax_rate
from tests.factories.vendors import make_vendor

TODAY = date(2026, 6, 1)


async def test_a_class_has_its_own_rate_and_others_the_countrys(session: AsyncSession) -> None:
    vendor = await make_vendor(session)
    food = await make_tax_class(session, 1000)
    unrated = await make_tax_class(session, None)
    await make_tax_rate(session, rate_bp=2000)
    pairs = [(vendor.id, food.id), (vendor.id, unrated.id), (vendor.id, None)]
    assert await tax_rates_bp(session, pairs, "MA", TODAY) == dict(
        zip(pairs, [1000, 2000, 2000], strict=True)
    )


async def test_a_rate_holds_from_its_first_day_up_to_its_last(session: AsyncSession) -> None:
    vendor = await make_vendor(session)
    goods = await make_tax_class(session, None)
    pair = (vendor.id, goods.id)
    await make_tax_rate(
        session,
        tax_class_id=goods.id,
        rate_bp=700,
        valid_from=date(2025, 1, 1),
        valid_until=date(2026, 1, 1),
    )
    await make_tax_rate(session, tax_class_id=goods.id, rate_bp=800, valid_from=date(2026, 1, 1))
    rates = {
        day: (await tax_rates_bp(session, [pair], "MA", day))[pair]
        for day in (date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1))
    }
    assert list(rates.values()) == [0, 700, 700, 800]


async def test_an_exempt_seller_charges_no_tax(session: AsyncSession) -> None:
    exempt = await make_vendor(session, tax_regime=TaxRegime.EXEMPT)
    standard = await make_vendor(session)
    goods = await make_tax_class(session, 2000)
    pairs = [(exempt.id, goods.id), (standard.id, goods.id)]
    assert list((await tax_rates_bp(session, pairs, "MA", TODAY)).values()) == [0, 2000]


async def test_another_country_taxes_otherwise(session: AsyncSession) -> None:
    vendor = await make_vendor(session)
    goods = await make_tax_class(session, 2000)
    await make_tax_rate(session, tax_class_id=goods.id, country_code="FR", rate_bp=550)
    pair = (vendor.id, goods.id)
    found = {
        country: (await tax_rates_bp(session, [pair], country, TODAY))[pair] for country in ("MA", "FR", "SN")
    }
    assert found == {"MA": 2000, "FR": 550, "SN": 0}


async def test_no_pairs_ask_nothing(session: AsyncSession) -> None:
    assert await tax_rates_bp(session, [], "MA", TODAY) == {}
