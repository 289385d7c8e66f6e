"""Commission is frozen at the sale, by the most specific rule of the day."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.money import Money, percentage
from marketplace.payouts.commission import explain, freeze_commission
from marketplace.payouts.models import LineCommission, VendorEarning
from marketplace.vendors.models import Programme
from tests.factories.catalog import make_category
from tests.factories.markets import make_channel
from tests.factories.payouts import Piece, make_rule, place_order
from tests.factories.vendors import make_vendor


async def rates_of(session: AsyncSession, vendor_order_id: object) -> list[int]:
    query = select(LineCommission.rate_bp).where(LineCommission.vendor_order_id == vendor_order_id)
    return sorted(await session.scalars(query))


async def earning_of(session: AsyncSession, vendor_order_id: object) -> VendorEarning:
    return (
        await session.scalars(select(VendorEarning).where(VendorEarning.vendor_order_id == vendor_order_id))
    ).one()


async def test_a_sale_freezes_rate_commission_vat_and_earning_of_each_seller(session: AsyncSession) -> None:
    await make_rule(session, 800)
    first, second = await make_vendor(session), await make_vendor(session)
    parts = await place_order(
        session,
        await make_channel(session),
        [Piece(first, 450_00, 2), Piece(first, 99_99), Piece(second, 10_00)],
    )

    earning = await earning_of(session, parts[0].id)
    assert earning.sales_minor == 999_99
    assert earning.commission_minor == 72_00 + 8_00
    assert earning.vat_minor == 14_40 + 1_60
    assert earning.earning_minor == 999_99 - 80_00 - 16_00
    assert (await earning_of(session, parts[1].id)).commission_minor == 80


async def test_the_most_specific_rule_holds(session: AsyncSession) -> None:
    programme = Programme(slug="femmpact", name="Femmpact", kind="programme")
    session.add(programme)
    await session.flush()
    root = await make_category(session)
    leaf = await make_category(session, root)
    deepest = await make_category(session, leaf)
    plain, accompanied = await make_vendor(session), await make_vendor(session, programme_id=programme.id)
    favoured = await make_vendor(session, programme_id=programme.id)
    await make_rule(session, 1000)
    await make_rule(session, 900, category_id=root.id)
    await make_rule(session, 850, category_id=leaf.id)
    await make_rule(session, 500, programme_id=programme.id)
    await make_rule(session, 300, vendor_id=favoured.id)
    pieces = [
        Piece(plain),
        Piece(plain, category=root),
        Piece(plain, category=deepest),
        Piece(accompanied, category=leaf),
        Piece(favoured, category=leaf),
    ]
    parts = await place_order(session, await make_channel(session), pieces)

    assert [await rates_of(session, part.id) for part in parts] == [[850, 900, 1000], [500], [300]]


async def test_a_rule_holds_from_its_first_day_until_the_day_it_ends(session: AsyncSession) -> None:
    vendor, channel = await make_vendor(session), await make_channel(session)
    await make_rule(session, 1000, valid_until=date(2026, 3, 1))
    await make_rule(session, 700, valid_from=date(2026, 3, 1))

    eve = datetime(2026, 2, 28, 23, 59, tzinfo=UTC)
    before = await place_order(session, channel, [Piece(vendor)], created_at=eve)
    after = await place_order(session, channel, [Piece(vendor)], created_at=datetime(2026, 3, 1, tzinfo=UTC))

    assert await rates_of(session, before[0].id) == [1000]
    assert await rates_of(session, after[0].id) == [700]


async def test_a_later_rule_and_a_repeated_event_change_nothing_of_a_sale(session: AsyncSession) -> None:
    vendor = await make_vendor(session)
    await make_rule(session, 800)
    [part] = await place_order(session, await make_channel(session), [Piece(vendor)])
    await make_rule(session, 2000, vendor_id=vendor.id)

    await freeze_commission(session, part.order_id)

    assert await rates_of(session, part.id) == [800]
    assert (await earning_of(session, part.id)).earning_minor == 100_00 - 8_00 - 1_60


async def test_without_a_rule_nothing_is_charged(session: AsyncSession) -> None:
    [part] = await place_order(session, await make_channel(session), [Piece(await make_vendor(session))])

    assert (await earning_of(session, part.id)).earning_minor == 100_00


@pytest.mark.parametrize(
    ("rate_bp", "vat_rate_bp", "prices"),
    [
        (1, 2000, [1, 49, 50, 51]),
        (1333, 1999, [1, 3, 7, 99_99]),
        (10000, 10000, [1]),
        (775, 2000, [12_345_67]),
    ],
)
async def test_rounding_in_the_database_is_that_of_the_house(
    session: AsyncSession, rate_bp: int, vat_rate_bp: int, prices: list[int]
) -> None:
    vendor = await make_vendor(session)
    await make_rule(session, rate_bp, vat_rate_bp=vat_rate_bp)
    pieces = [Piece(vendor, price) for price in prices]
    [part] = await place_order(session, await make_channel(session), pieces)

    commissions = [percentage(price, rate_bp) for price in prices]
    earning = await earning_of(session, part.id)
    assert earning.commission_minor == sum(commissions)
    assert earning.vat_minor == sum(percentage(commission, vat_rate_bp) for commission in commissions)


@given(st.integers(0, 10**11), st.integers(0, 10000), st.integers(0, 10000))
def test_sales_are_always_commission_and_vat_and_what_the_seller_gets(
    sales_minor: int, rate_bp: int, vat_rate_bp: int
) -> None:
    commission = percentage(sales_minor, rate_bp)
    vat = percentage(commission, vat_rate_bp)
    sentence = explain(
        Money(sales_minor, "MAD"), Money(commission, "MAD"), Money(vat, "MAD"), [rate_bp], [vat_rate_bp], "en"
    )
    said = [
        Decimal(sign + amount.replace(",", ""))
        for sign, amount in re.findall(r"(-?)MAD([\d,]+\.\d\d)", sentence)
    ]
    assert said[0] == Decimal(sales_minor) / 100
    assert said[0] == sum(said[1:])


def test_an_earning_is_explained_in_the_sellers_language() -> None:
    amounts = (Money(1200_00, "MAD"), Money(96_00, "MAD"), Money(19_20, "MAD"), [800], [2000])

    assert explain(*amounts, "fr") == (
        "Ventes de 1\u202f200,00\xa0MAD, moins la commission de 8\xa0% (96,00\xa0MAD)"
        " et la TVA de 20\xa0% sur celle-ci (19,20\xa0MAD) : il vous revient 1\u202f084,80\xa0MAD."
    )
    assert "1.084,80" in explain(*amounts, "ar")
    assert explain(*amounts, "zgh") == explain(*amounts, "fr")
    assert "8–10.5%" in explain(*amounts[:3], [1050, 800, 900], [2000], "en")
