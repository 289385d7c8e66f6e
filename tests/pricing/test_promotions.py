"""Catalogue promotions lower the prices of what they choose, while they are in force."""

from datetime import timedelta
from types import ModuleType

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.models import Collection, CollectionProduct, ProductVariant
from marketplace.kit.database import Database
from marketplace.markets.models import Channel
from marketplace.pricing import repricing
from marketplace.pricing.promotions import Repricing
from marketplace.pricing.repricing import catch_up, follow
from marketplace.pricing.service import lock_promotions, reprice
from tests.factories.catalog import make_category, make_listed_product, make_variant, put_on_sale
from tests.factories.markets import make_channel, make_tax_class
from tests.factories.promotions import make_promotion, make_rule, of


async def listing_of(
    session: AsyncSession, variant: ProductVariant, channel: Channel
) -> VariantChannelListing:
    found = await session.scalars(
        select(VariantChannelListing)
        .filter_by(variant_id=variant.id, channel_id=channel.id)
        .execution_options(populate_existing=True)
    )
    return found.one()


async def price_of(session: AsyncSession, variant: ProductVariant, channel: Channel) -> int:
    return (await listing_of(session, variant, channel)).price_minor


async def test_a_percentage_lowers_the_price_and_keeps_the_old_one(session: AsyncSession) -> None:
    channel = await make_channel(session)
    product, variant = await make_listed_product(session, channel, 99_99)
    rule = await make_rule(session, [channel], of(product), percent=15)
    await reprice(session)
    listing = await listing_of(session, variant, channel)
    assert (listing.price_minor, listing.entered_price_minor) == (99_99 - 15_00, 99_99)  # 14.9985 half up
    assert (listing.gross_minor, listing.undiscounted_gross_minor) == (84_99, 99_99)
    assert (listing.promotion_rule_id, listing.price_valid_until) == (rule.id, None)


async def test_a_price_without_tax_is_lowered_before_tax(session: AsyncSession) -> None:
    tax_class = await make_tax_class(session, 2000)
    channel = await make_channel(session, prices_entered_with_tax=False)
    product, variant = await make_listed_product(session, channel, 100_00, tax_class_id=tax_class.id)
    await make_rule(session, [channel], of(product), fixed_minor=10_00)
    await reprice(session)
    listing = await listing_of(session, variant, channel)
    assert (listing.net_minor, listing.gross_minor) == (90_00, 108_00)
    assert (listing.undiscounted_net_minor, listing.undiscounted_gross_minor) == (100_00, 120_00)


async def test_a_currency_without_decimals_is_rounded_to_its_unit(session: AsyncSession) -> None:
    channel = await make_channel(session, currency_code="XOF")
    product, variant = await make_listed_product(session, channel, 1_005)
    await make_rule(session, [channel], of(product), percent=10)
    await reprice(session)
    assert await price_of(session, variant, channel) == 1_005 - 101


async def test_a_reduction_never_exceeds_the_price(session: AsyncSession) -> None:
    channel = await make_channel(session)
    product, variant = await make_listed_product(session, channel, 20_00)
    await make_rule(session, [channel], of(product), fixed_minor=50_00)
    await reprice(session)
    assert await price_of(session, variant, channel) == 0


async def test_the_best_of_several_rules_is_applied_alone(session: AsyncSession) -> None:
    channel = await make_channel(session)
    product, variant = await make_listed_product(session, channel, 100_00)
    await make_rule(session, [channel], of(product), percent=10)
    best = await make_rule(session, [channel], of(variant), fixed_minor=12_00)
    await make_rule(session, [channel], of(product), percent=11.5)
    await reprice(session)
    listing = await listing_of(session, variant, channel)
    assert (listing.price_minor, listing.promotion_rule_id) == (88_00, best.id)


async def test_a_rule_holds_in_its_channels_only(session: AsyncSession) -> None:
    here, there = await make_channel(session), await make_channel(session)
    product, variant = await make_listed_product(session, here, 100_00)
    await put_on_sale(session, variant, there, 100_00)
    await make_rule(session, [here], of(product), percent=10)
    await reprice(session)
    assert await price_of(session, variant, here) == 90_00
    assert await price_of(session, variant, there) == 100_00


async def test_a_products_range_follows_its_variants(session: AsyncSession) -> None:
    channel = await make_channel(session)
    product, cheap = await make_listed_product(session, channel, 100_00)
    dear = await make_variant(session, product)
    await put_on_sale(session, dear, channel, 300_00)
    await make_rule(session, [channel], of(dear), percent=80)
    await reprice(session)
    listing = await session.scalar(
        select(ProductChannelListing)
        .filter_by(product_id=product.id)
        .execution_options(populate_existing=True)
    )
    assert listing is not None
    assert (listing.price_minor, listing.start_gross_minor, listing.stop_gross_minor) == (
        60_00,
        60_00,
        100_00,
    )
    assert (listing.undiscounted_start_gross_minor, listing.undiscounted_stop_gross_minor) == (
        100_00,
        300_00,
    )
    assert cheap.id != dear.id


async def test_a_category_is_itself_and_not_the_shelves_below_it(session: AsyncSession) -> None:
    channel = await make_channel(session)
    parent = await make_category(session)
    child = await make_category(session, parent)
    _, in_parent = await make_listed_product(session, channel, 100_00, category_id=parent.id)
    _, in_child = await make_listed_product(session, channel, 100_00, category_id=child.id)
    await make_rule(session, [channel], of(parent), percent=10)
    await reprice(session)
    assert await price_of(session, in_parent, channel) == 90_00
    assert await price_of(session, in_child, channel) == 100_00


async def test_a_collections_members_are_reduced(session: AsyncSession) -> None:
    channel = await make_channel(session)
    product, inside = await make_listed_product(session, channel, 100_00)
    _, outside = await make_listed_product(session, channel, 100_00)
    collection = Collection(name="Fête", slug="fete-des-prix")
    session.add(collection)
    await session.flush()
    await session.execute(
        insert(CollectionProduct).values(collection_id=collection.id, product_id=product.id)
    )
    await make_rule(session, [channel], of(collection), percent=25)
    await reprice(session)
    assert await price_of(session, inside, channel) == 75_00
    assert await price_of(session, outside, channel) == 100_00


async def test_an_empty_predicate_chooses_nothing(session: AsyncSession) -> None:
    channel = await make_channel(session)
    _, variant = await make_listed_product(session, channel, 100_00)
    await make_rule(session, [channel], {}, percent=10)
    await reprice(session)
    assert await price_of(session, variant, channel) == 100_00


async def test_a_promotion_begins_and_ends_by_itself(session: AsyncSession, clock: ModuleType) -> None:
    channel = await make_channel(session)
    product, variant = await make_listed_product(session, channel, 100_00)
    begins, ends = clock.now() + timedelta(days=1), clock.now() + timedelta(days=3)
    promotion = await make_promotion(session, start_date=begins, end_date=ends)
    await make_rule(session, [channel], of(product), percent=10, promotion=promotion)
    await reprice(session)
    listing = await listing_of(session, variant, channel)
    assert (listing.price_minor, listing.price_valid_until) == (100_00, begins)
    assert not await catch_up(session)
    clock.advance(timedelta(days=2))
    await catch_up(session)
    listing = await listing_of(session, variant, channel)
    assert (listing.price_minor, listing.price_valid_until) == (90_00, ends)
    clock.advance(timedelta(days=2))
    await catch_up(session)
    listing = await listing_of(session, variant, channel)
    assert (listing.price_minor, listing.price_valid_until) == (100_00, None)
    assert listing.promotion_rule_id is None


@pytest.mark.parametrize("products", [3, 4, 5])
async def test_many_listings_follow_in_batches(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch, products: int
) -> None:
    monkeypatch.setattr(repricing, "REPRICE_BATCH", 2)
    channel = await make_channel(session)
    category = await make_category(session)
    variants = [
        (await make_listed_product(session, channel, 100_00, category_id=category.id))[1]
        for _ in range(products)
    ]
    await make_rule(session, [channel], of(category), percent=10)
    await lock_promotions(session)
    await follow(session, [of(category)])
    assert {await price_of(session, variant, channel) for variant in variants} == {100_00}
    batches = 0
    while await catch_up(session):
        batches += 1
    assert batches == products // 2 + 1
    assert {await price_of(session, variant, channel) for variant in variants} == {90_00}
    assert not await session.scalar(select(func.count()).select_from(Repricing))


async def test_few_listings_follow_at_once(session: AsyncSession) -> None:
    channel = await make_channel(session)
    product, variant = await make_listed_product(session, channel, 100_00)
    await make_rule(session, [channel], of(product), percent=10)
    await lock_promotions(session)
    await follow(session, [{}, of(product)])
    assert await price_of(session, variant, channel) == 90_00


async def test_what_is_priced_while_a_promotion_is_being_made_is_priced_again(database: Database) -> None:
    """A listing's transaction and a promotion's don't see each other's rows: neither may be forgotten."""
    async with database.transaction() as session:
        channel = await make_channel(session)
        category = await make_category(session)
    async with database.transaction() as promoting:
        await lock_promotions(promoting)
        await make_rule(promoting, [channel], of(category), percent=10)
        await follow(promoting, [of(category)])
        async with database.transaction() as listing:  # Does not wait: it commits first.
            _, variant = await make_listed_product(listing, channel, 100_00, category_id=category.id)
    async with database.transaction() as session:
        assert await price_of(session, variant, channel) == 100_00
        while await catch_up(session):
            pass
        assert await price_of(session, variant, channel) == 90_00


async def test_repricing_with_promotions_twice_writes_nothing_the_second_time(session: AsyncSession) -> None:
    channel = await make_channel(session)
    product, _ = await make_listed_product(session, channel)
    await make_rule(session, [channel], of(product), percent=10)
    states = []
    for _ in range(2):
        await reprice(session)
        states.append((await session.execute(text("SELECT ctid::text FROM variant_channel_listing"))).all())
    assert states[0] == states[1]
