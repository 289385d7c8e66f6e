"""What lists show and sort by is worked out when its inputs change."""

from datetime import timedelta
from types import ModuleType

import pytest
from sqlalchemy import BigInteger, column, select, text, values
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import ProductChannelListing
from marketplace.kit.money import net_of_gross, percentage
from marketplace.pricing.rounding import net_of_gross_sql, percentage_sql
from marketplace.pricing.service import publish_due, reprice
from marketplace.vendors.models import Vendor, VendorStatus
from tests.factories.catalog import (
    list_product,
    make_category,
    make_listed_product,
    make_product,
    make_product_type,
    make_variant,
    put_on_sale,
)
from tests.factories.markets import make_channel, make_tax_class


async def listing_of(session: AsyncSession, product_id: int) -> ProductChannelListing:
    found = await session.scalars(
        select(ProductChannelListing)
        .filter_by(product_id=product_id)
        .execution_options(populate_existing=True)
    )
    return found.one()


async def test_sql_rounds_as_python_does(session: AsyncSession) -> None:
    amounts = [0, 1, 2, 3, 7, 49, 50, 51, 99, 100, 101, 12_345, 99_999, 1_000_001, 987_654_321_012]
    rates = [0, 1, 550, 700, 1000, 1400, 1998, 2000, 10_000]
    pairs = [(amount, rate) for amount in amounts for rate in rates]
    given = values(column("amount", BigInteger), column("rate", BigInteger), name="given").data(pairs)
    amount, rate = given.c.amount, given.c.rate
    found = await session.execute(
        select(amount, rate, net_of_gross_sql(amount, rate), percentage_sql(amount, rate))
    )
    assert sorted(tuple(row) for row in found) == sorted(
        (amount, rate, net_of_gross(amount, rate), percentage(amount, rate)) for amount, rate in pairs
    )


async def test_a_price_with_tax_keeps_its_gross_and_finds_its_net(session: AsyncSession) -> None:
    tax_class = await make_tax_class(session, 2000)
    product = await make_product(session, tax_class_id=tax_class.id)
    listing = await put_on_sale(session, product.variants[0], await make_channel(session), 99_99)
    assert (listing.gross_minor, listing.net_minor, listing.tax_rate_bp) == (99_99, 83_33, 2000)


async def test_a_price_without_tax_keeps_its_net_and_finds_its_gross(session: AsyncSession) -> None:
    tax_class = await make_tax_class(session, 2000)
    product = await make_product(session, tax_class_id=tax_class.id)
    channel = await make_channel(session, prices_entered_with_tax=False)
    listing = await put_on_sale(session, product.variants[0], channel, 99_99)
    assert (listing.net_minor, listing.gross_minor, listing.price_minor) == (99_99, 119_99, 99_99)


async def test_a_product_without_a_tax_class_has_its_types(session: AsyncSession) -> None:
    tax_class = await make_tax_class(session, 1000)
    product_type = await make_product_type(session, tax_class_id=tax_class.id)
    product = await make_product(session, product_type_id=product_type.id)
    listing = await put_on_sale(session, product.variants[0], await make_channel(session), 110_00)
    assert listing.net_minor == 100_00


async def test_a_products_range_goes_from_its_cheapest_to_its_dearest_variant(session: AsyncSession) -> None:
    channel = await make_channel(session)
    category = await make_category(session)
    product, _ = await make_listed_product(session, channel, 250_00, category_id=category.id)
    await put_on_sale(session, await make_variant(session, product), channel, 90_00)
    listing = await listing_of(session, product.id)
    assert (listing.price_minor, listing.start_gross_minor, listing.stop_gross_minor) == (
        90_00,
        90_00,
        250_00,
    )
    assert (listing.category_id, listing.is_live) == (category.id, True)


@pytest.mark.parametrize("why", ["unpublished", "tomorrow", "seller suspended", "no price", "channel closed"])
async def test_a_product_that_must_not_show_is_not_live(
    session: AsyncSession, clock: ModuleType, why: str
) -> None:
    channel = await make_channel(session)
    product, variant = await make_listed_product(session, channel)
    listing = await listing_of(session, product.id)
    assert listing.is_live
    match why:
        case "unpublished":
            listing.is_published = False
        case "tomorrow":
            listing.published_at = clock.now() + timedelta(days=1)
        case "seller suspended":
            vendor = await session.get_one(Vendor, product.vendor_id)
            vendor.status = VendorStatus.SUSPENDED
        case "no price":
            await session.execute(
                text("DELETE FROM variant_channel_listing WHERE variant_id = :id"), {"id": variant.id}
            )
        case "channel closed":
            channel.is_active = False
    await reprice(session, [product.id])
    assert not (await listing_of(session, product.id)).is_live


async def test_a_product_shows_by_itself_when_its_day_has_come(
    session: AsyncSession, clock: ModuleType
) -> None:
    channel = await make_channel(session)
    product = await make_product(session)
    await list_product(session, product.id, channel, published_at=clock.now() + timedelta(days=1))
    await put_on_sale(session, product.variants[0], channel, 10_00)
    assert await publish_due(session) == 0
    clock.advance(timedelta(days=2))
    assert await publish_due(session) == 1
    assert (await listing_of(session, product.id)).is_live
    assert await publish_due(session) == 0


async def test_repricing_one_seller_leaves_the_others_alone(session: AsyncSession) -> None:
    channel = await make_channel(session)
    product, _ = await make_listed_product(session, channel)
    other, _ = await make_listed_product(session, channel)
    await session.execute(text("UPDATE product_channel_listing SET is_live = false"))
    await reprice(session, vendor_id=product.vendor_id)
    assert (await listing_of(session, product.id)).is_live
    assert not (await listing_of(session, other.id)).is_live


async def test_repricing_twice_writes_nothing_the_second_time(session: AsyncSession) -> None:
    channel = await make_channel(session)
    await make_listed_product(session, channel)
    states = []
    for _ in range(2):
        await reprice(session)
        states.append((await session.execute(text("SELECT ctid::text FROM variant_channel_listing"))).all())
    assert states[0] == states[1]
