"""Sellers put things on the shelves; what others need to know follows in the same transaction."""

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.inventory.reactions
import marketplace.pricing.reactions  # noqa: F401 - the rooms above, which the catalogue tells
from marketplace.catalog.errors import ListingNameTakenError
from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.media import Picture
from marketplace.catalog.models import Category, Product, ProductMedia
from marketplace.catalog.service import NewListing, create_listings
from marketplace.inventory.models import Stock, Warehouse
from marketplace.markets.models import Channel
from marketplace.vendors.models import Vendor
from tests.factories.catalog import make_category, make_product
from tests.factories.markets import make_channel
from tests.factories.vendors import make_vendor


@pytest.fixture
async def vendor(session: AsyncSession) -> Vendor:
    return await make_vendor(session, slug="tifawin")


@pytest.fixture
async def category(session: AsyncSession) -> Category:
    return await make_category(session, name="Tapis")


@pytest.fixture
async def channel(session: AsyncSession) -> Channel:
    return await make_channel(session)


def rug(category: Category, channel: Channel, name: str = "Tapis noué", **given: object) -> NewListing:
    return NewListing(
        **{"name": name, "category_id": category.id, "prices_minor": {channel.id: 1250_50}} | given  # type: ignore[arg-type]
    )


async def test_a_new_listing_is_on_the_shelf_priced_stocked_and_found(
    session: AsyncSession, vendor: Vendor, category: Category, channel: Channel
) -> None:
    given = rug(
        category, channel, pieces=4, weight_grams=3200, description_text="Laine.\n\nFaite main.",
        pictures=[Picture("products/a.webp", b"", 900, 600)],
    )  # fmt: skip
    (product_id,) = await create_listings(session, vendor.id, [given])
    product = await session.get_one(Product, product_id)
    assert (product.slug, product.weight_grams) == ("tapis-noue", 3200)
    assert product.description is not None
    assert len(product.description["blocks"]) == 2
    listing = (await session.scalars(select(ProductChannelListing))).one()
    assert (listing.is_live, listing.start_gross_minor, listing.category_id) == (True, 1250_50, category.id)
    stock = (await session.scalars(select(Stock))).one()
    warehouse = (await session.scalars(select(Warehouse))).one()
    assert (stock.quantity, stock.warehouse_id, warehouse.vendor_id) == (4, warehouse.id, vendor.id)
    found = select(Product.id).where(
        Product.search_vector.bool_op("@@")(func.catalog_search_query("tapi lain"))
    )
    assert list(await session.scalars(found)) == [product_id]
    media = (await session.scalars(select(ProductMedia))).one()
    job = (await session.execute(text("SELECT task_name, args FROM procrastinate_jobs"))).one()
    assert tuple(job) == ("catalog.make_thumbnails", {"media_ids": [media.id]})


async def test_two_hundred_listings_take_as_many_statements_as_two(
    session: AsyncSession, vendor: Vendor, category: Category, channel: Channel
) -> None:
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    connection = (await session.connection()).sync_connection
    event.listen(connection, "before_cursor_execute", note)
    counts: list[int] = []
    listings: list[NewListing] = []
    ids: list[int] = []
    for mark, number in (("a", 1), ("b", 2), ("c", 200)):
        sent.clear()
        listings = [rug(category, channel, f"Tapis {mark * 4}{n}") for n in range(number)]
        ids = await create_listings(session, vendor.id, listings)
        counts.append(len(sent))
    assert counts[1] == counts[2]
    names = {row.id: row.name for row in await session.execute(select(Product.id, Product.name))}
    assert [names[id_] for id_ in ids] == [listing.name for listing in listings]


async def test_names_that_are_spelled_alike_get_slugs_of_their_own(
    session: AsyncSession, vendor: Vendor, category: Category, channel: Channel
) -> None:
    names = ["Tapis", "tapis", "Tapis!", "زربية"]
    await create_listings(session, vendor.id, [rug(category, channel, name) for name in names])
    other = await make_vendor(session, slug="ait-bouguemez")
    await create_listings(session, other.id, [rug(category, channel, "Tapis")])
    slugs = await session.scalars(select(Product.slug).order_by(Product.id))
    assert list(slugs) == ["tapis", "tapis-tifawin", "tapis-tifawin-2", "zrbia", "tapis-ait-bouguemez"]


async def test_a_seller_has_each_name_once(
    session: AsyncSession, vendor: Vendor, category: Category, channel: Channel
) -> None:
    await create_listings(session, vendor.id, [rug(category, channel)])
    with pytest.raises(ListingNameTakenError):
        await create_listings(session, vendor.id, [rug(category, channel, "Autre"), rug(category, channel)])
    assert await session.scalar(select(func.count()).select_from(Product)) == 1


async def test_new_listings_are_of_the_type_that_their_shelf_has(
    session: AsyncSession, vendor: Vendor, category: Category, channel: Channel
) -> None:
    known = await make_product(session, category_id=category.id)
    empty = await make_category(session)
    ids = await create_listings(session, vendor.id, [rug(category, channel), rug(empty, channel, "Autre")])
    types = [(await session.get_one(Product, id_)).product_type_id for id_ in ids]
    assert types[0] == known.product_type_id
    assert types[1] != known.product_type_id
