"""Nobody can tell a collection, product or text that is not theirs to see from one that does not exist."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import CollectionChannelListing
from marketplace.catalog.models import (
    CategoryTranslation,
    Collection,
    CollectionProduct,
    CollectionTranslation,
    ProductTranslation,
)
from marketplace.kit import clock
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from tests.factories.catalog import (
    list_product,
    make_category,
    make_collection,
    make_listed_product,
    make_product,
)
from tests.factories.markets import make_channel
from tests.graphql.conftest import Ask, staff

COLLECTION = """query ($id: ID, $slug: String, $language: LanguageCodeEnum, $channel: String) {
  collection(id: $id, slug: $slug, slugLanguageCode: $language, channel: $channel) { slug } }"""
COLLECTIONS = """query ($channel: String, $filter: CollectionFilterInput, $where: CollectionWhereInput,
       $sort: CollectionSortingInput) {
  collections(first: 20, channel: $channel, filter: $filter, where: $where, sortBy: $sort) {
    totalCount edges { node { slug } } } }"""


@pytest.fixture
async def channel(session: AsyncSession) -> Channel:
    return await make_channel(session)


@pytest.fixture
async def collections(session: AsyncSession, channel: Channel) -> dict[str, Collection]:
    """One that shows in the channel, and one of each kind that does not."""
    elsewhere = await make_channel(session)
    made = {
        "shown": await make_collection(session, channel, slug="shown", name="Éventails"),
        "elsewhere": await make_collection(session, elsewhere, slug="elsewhere"),
        "nowhere": await make_collection(session, slug="nowhere"),
    }
    later = {"is_published": True, "published_at": clock.now() + timedelta(days=1)}
    for slug, listing in {"hidden": {"is_published": False}, "tomorrow": later}.items():
        made[slug] = await make_collection(session, slug=slug)
        session.add(CollectionChannelListing(collection_id=made[slug].id, channel_id=channel.id, **listing))
    await session.flush()
    return made


async def slugs(read: Ask, requester: Any = None, **given: Any) -> list[str]:
    page = (await read(COLLECTIONS, requester, **given))["collections"]
    found = [edge["node"]["slug"] for edge in page["edges"]]
    assert page["totalCount"] == len(found)
    return found


async def test_buyers_see_the_collections_that_are_published_in_their_channel(
    read: Ask, channel: Channel, collections: dict[str, Collection]
) -> None:
    assert await slugs(read, channel=channel.slug) == ["shown"]
    assert await slugs(read) == []
    for slug, collection in collections.items():
        for given in ({"slug": slug}, {"id": to_global_id("Collection", collection.id)}):
            found = (await read(COLLECTION, **given, channel=channel.slug))["collection"]
            assert found == ({"slug": "shown"} if slug == "shown" else None)
    assert (await read(COLLECTION, slug="shown"))["collection"] is None


async def test_a_product_names_only_the_collections_that_show(
    session: AsyncSession, read: Ask, channel: Channel, collections: dict[str, Collection]
) -> None:
    product, _ = await make_listed_product(session, channel)
    session.add_all(
        CollectionProduct(collection_id=each.id, product_id=product.id) for each in collections.values()
    )
    query = """query ($id: ID, $channel: String) {
      product(id: $id, channel: $channel) { collections { slug } } }"""
    given = {"id": to_global_id("Product", product.id), "channel": channel.slug}
    assert (await read(query, **given))["product"]["collections"] == [{"slug": "shown"}]
    seen = (await read(query, staff("MANAGE_PRODUCTS"), **given))["product"]["collections"]
    assert len(seen) == len(collections)


async def test_staff_tell_collections_apart_by_where_they_show(
    read: Ask, ask: Ask, channel: Channel, collections: dict[str, Collection]
) -> None:
    manager = staff("MANAGE_PRODUCTS")
    assert len(await slugs(read, manager)) == 5
    for channel_of in ({"channel": channel.slug}, {}):  # The older way names it within the filter.
        within = {} if channel_of else {"channel": channel.slug}
        shown = {"published": "PUBLISHED"} | within
        assert await slugs(read, manager, **channel_of, filter=shown) == ["shown"]
        assert len(await slugs(read, manager, **channel_of, filter=shown | {"published": "HIDDEN"})) == 4
    listings = """query ($id: ID) { collection(id: $id) {
      channelListings { isPublished publishedAt publicationDate channel { slug } } } }"""
    given = {"id": to_global_id("Collection", collections["tomorrow"].id)}
    (listing,) = (await read(listings, manager, **given))["collection"]["channelListings"]
    assert listing["isPublished"]
    assert listing["channel"] == {"slug": channel.slug}
    assert listing["publishedAt"].startswith(listing["publicationDate"])
    query = """query ($channel: String) { collection(slug: "shown", channel: $channel) {
      channelListings { id } } }"""
    refused = await ask(query, channel=channel.slug)
    assert refused["data"]["collection"] == {"channelListings": None}
    assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


@pytest.mark.parametrize("field", ["NAME", "AVAILABILITY", "PRODUCT_COUNT", "PUBLISHED_AT"])
async def test_collections_are_sorted_both_ways(
    session: AsyncSession, read: Ask, channel: Channel, collections: dict[str, Collection], field: str
) -> None:
    product = await make_product(session)
    session.add(CollectionProduct(collection_id=collections["hidden"].id, product_id=product.id))
    manager = staff("MANAGE_PRODUCTS")

    async def found(direction: str) -> list[str]:
        sort = {"field": field, "direction": direction}
        return await slugs(read, manager, channel=channel.slug, sort=sort)

    up, down = await found("ASC"), await found("DESC")
    assert sorted(up) == sorted(down) == sorted(collections)
    match field:
        case "NAME":
            assert up == down[::-1]
        case "AVAILABILITY":
            assert set(down[:2]) == {"shown", "tomorrow"}
        case "PRODUCT_COUNT":
            assert down[0] == "hidden"
        case "PUBLISHED_AT":  # Only one has a day: it comes first both ways.
            assert up[0] == down[0] == "tomorrow"


async def test_a_name_is_found_without_its_accents_and_in_every_language(
    session: AsyncSession, read: Ask, channel: Channel, collections: dict[str, Collection]
) -> None:
    session.add(
        CollectionTranslation(collection_id=collections["shown"].id, language_code="ar", name="مِرْوَحَة")
    )
    await session.flush()
    for term in ("event", "ÉVENTAILS", "مروحه", "shown"):
        assert await slugs(read, channel=channel.slug, filter={"search": term}) == ["shown"]
    assert await slugs(read, channel=channel.slug, filter={"search": "tapis"}) == []


async def test_a_translated_address_leads_to_what_may_be_seen_only(
    session: AsyncSession, read: Ask, channel: Channel, collections: dict[str, Collection]
) -> None:
    for slug in ("shown", "hidden"):
        session.add(
            CollectionTranslation(
                collection_id=collections[slug].id, language_code="ar", slug=f"{slug}-ar", name="ش"
            )
        )
    category = await make_category(session)
    product, _ = await make_listed_product(session, channel)
    draft = await make_product(session)
    await list_product(session, draft.id, channel, is_published=False)
    session.add_all(
        [
            CategoryTranslation(category_id=category.id, language_code="ar", slug="rayon-ar"),
            ProductTranslation(product_id=product.id, language_code="ar", slug="produit-ar"),
            ProductTranslation(product_id=draft.id, language_code="ar", slug="brouillon-ar"),
        ]
    )
    await session.flush()

    async def collection(slug: str, language: str | None) -> Any:
        given = {"slug": slug, "language": language, "channel": channel.slug}
        return (await read(COLLECTION, **given))["collection"]

    assert await collection("shown-ar", "AR") == {"slug": "shown"}
    assert await collection("hidden-ar", "AR") is None
    assert await collection("shown-ar", "FR") is None
    assert await collection("shown-ar", None) is None
    query = """query ($product: String, $category: String, $channel: String) {
      product(slug: $product, slugLanguageCode: AR, channel: $channel) { id }
      category(slug: $category, slugLanguageCode: AR) { id } }"""
    found = await read(query, product="produit-ar", category="rayon-ar", channel=channel.slug)
    assert found["product"] == {"id": to_global_id("Product", product.id)}
    assert found["category"] == {"id": to_global_id("Category", category.id)}
    hidden = await read(query, product="brouillon-ar", category="rayon", channel=channel.slug)
    assert hidden == {"product": None, "category": None}


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("product", ("id", "slug", "externalReference")),
        ("productVariant", ("id", "sku", "externalReference")),
        ("category", ("id", "slug")),
        ("collection", ("id", "slug")),
        ("vendor", ("id", "slug")),
        ("channel", ("id", "slug")),
        ("attribute", ("id", "slug")),
    ],
)
async def test_a_root_field_wants_one_key_and_no_two(
    ask: Ask, field: str, arguments: tuple[str, ...]
) -> None:
    listed = ", ".join(f"'{name}'" for name in arguments)
    none = await ask(f"{{ {field} {{ id }} }}")
    assert none["data"] == {field: None}
    assert none["errors"][0]["message"].startswith(f"At least one of arguments is required: {listed}")
    both = await ask(f'{{ {field}(id: "Q29sbGVjdGlvbjox", {arguments[1]}: "x") {{ id }} }}')
    assert both["data"] == {field: None}
    message = f"Argument 'id' cannot be combined with '{arguments[1]}'"
    assert both["errors"][0]["message"] == message
