"""What buyers, sellers and staff read of products: what is theirs to see, in the channel asked for."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import search
from marketplace.catalog.attributes import (
    Attribute,
    AttributeInputType,
    AttributeValue,
    ProductTypeAttribute,
    product_attribute_value,
)
from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.models import (
    CategoryTranslation,
    Product,
    ProductMedia,
    ProductTranslation,
    ProductVariant,
)
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from marketplace.pricing.service import reprice
from marketplace.vendors.models import VendorStatus
from marketplace_graphql.kernel import Requester
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
from tests.factories.vendors import make_region, make_vendor
from tests.graphql.conftest import Ask, staff

NAMES = """
query ($channel: String, $filter: ProductFilterInput, $where: ProductWhereInput, $search: String,
       $sort: ProductOrder) {
  products(first: 50, channel: $channel, filter: $filter, where: $where, search: $search, sortBy: $sort) {
    edges { node { name } } totalCount
  }
}
"""
ONE = """
query ($id: ID, $slug: String, $channel: String) { product(id: $id, slug: $slug, channel: $channel) { name } }
"""


@pytest.fixture
async def channel(session: AsyncSession) -> Channel:
    return await make_channel(session)


def member(vendor_id: int) -> Requester:
    return Requester(user_id=1, vendor_ids=(vendor_id,))


async def names(read: Ask, channel: Channel | None, requester: Any = None, **given: Any) -> list[str]:
    page = (await read(NAMES, requester, channel=channel and channel.slug, **given))["products"]
    found = [edge["node"]["name"] for edge in page["edges"]]
    assert page["totalCount"] == len(found)
    return found


@pytest.fixture
async def hidden(session: AsyncSession, clock: ModuleType, channel: Channel) -> dict[str, Product]:
    """One product of each kind that buyers must not find in lists."""
    made: dict[str, Product] = {}
    for why in ("unpublished", "tomorrow", "elsewhere", "suspended", "unlisted"):
        product = await make_product(session, name=why, slug=why)
        await put_on_sale(session, product.variants[0], channel, 10_00)
        made[why] = product
    change = update(ProductChannelListing)
    for why, values in (
        ("unpublished", {"is_published": False}),
        ("tomorrow", {"published_at": clock.now() + timedelta(days=1)}),
        ("elsewhere", {"channel_id": (await make_channel(session)).id}),
        ("unlisted", {"visible_in_listings": False}),
    ):
        await session.execute(change.where(ProductChannelListing.product_id == made[why].id).values(values))
    vendor = await session.get_one(type(await make_vendor(session)), made["suspended"].vendor_id)
    vendor.status = VendorStatus.SUSPENDED
    await session.flush()
    await reprice(session)
    await search.reindex(session, [product.id for product in made.values()])
    return made


async def test_buyers_find_what_is_live_and_nothing_else(
    session: AsyncSession, read: Ask, channel: Channel, hidden: dict[str, Product]
) -> None:
    product, _ = await make_listed_product(session, channel, name="live")
    await search.reindex(session, [product.id])
    assert await names(read, channel) == ["live"]
    assert await names(read, None) == []
    for why in hidden:
        assert await names(read, channel, search=why) == []
        assert await names(read, channel, filter={"slugs": [why]}) == []
    found = {why: (await read(ONE, slug=why, channel=channel.slug))["product"] for why in hidden}
    assert {why: one and one["name"] for why, one in found.items()} == dict.fromkeys(hidden) | {
        "unlisted": "unlisted"
    }


async def test_a_seller_sees_its_own_products_whatever_they_are(
    session: AsyncSession, read: Ask, channel: Channel, hidden: dict[str, Product]
) -> None:
    own = member(hidden["unpublished"].vendor_id)
    assert await names(read, channel, own) == ["unpublished"]
    assert await names(read, None, own) == ["unpublished"]
    assert (await read(ONE, own, slug="unpublished"))["product"] == {"name": "unpublished"}
    assert (await read(ONE, own, slug="suspended", channel=channel.slug))["product"] is None


async def test_staff_see_all(read: Ask, channel: Channel, hidden: dict[str, Product]) -> None:
    manager = staff("MANAGE_PRODUCTS")
    assert await names(read, None, manager) == sorted(hidden)
    assert await names(read, channel, manager) == sorted(hidden)
    assert await names(read, channel, staff("MANAGE_PAGES")) == []


async def test_a_search_and_a_list_agree_on_what_is_live(
    session: AsyncSession, read: Ask, channel: Channel, hidden: dict[str, Product]
) -> None:
    for number in range(3):
        product, _ = await make_listed_product(session, channel, name=f"Tapis {number}")
        await search.reindex(session, [product.id])
    assert sorted(await names(read, channel, search="tapis")) == await names(read, channel)
    own = member(hidden["tomorrow"].vendor_id)
    assert await names(read, channel, own, search="tomorrow") == ["tomorrow"]
    assert await names(read, channel, staff("MANAGE_PRODUCTS"), search="suspended") == ["suspended"]


async def test_everything_of_a_product_page_is_of_its_channel(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    euros = await make_channel(session, currency_code="EUR", default_country_code="FR")
    tax_class = await make_tax_class(session, 2000)
    product = await make_product(session, tax_class_id=tax_class.id, weight_grams=1250)
    large = await make_variant(session, product, name="Grand", position=1)
    for variant, dirhams in ((product.variants[0], 120_00), (large, 240_00)):
        await put_on_sale(session, variant, channel, dirhams)
    await put_on_sale(session, product.variants[0], euros, 15_00)
    query = """
    query ($id: ID, $channel: String) { product(id: $id, channel: $channel) {
      weight { value unit }
      pricing { onSale priceRange {
        start { gross { amount currency } net { amount } tax { amount } } stop { gross { amount } } } }
      variants { name pricing { price { gross { amount currency } net { amount } } } }
    } }
    """
    given = {"id": to_global_id("Product", product.id)}
    in_dirhams = (await read(query, **given, channel=channel.slug))["product"]
    assert in_dirhams["weight"] == {"value": 1.25, "unit": "KG"}
    assert in_dirhams["pricing"] == {
        "onSale": False,
        "priceRange": {
            "start": {
                "gross": {"amount": 120.0, "currency": "MAD"},
                "net": {"amount": 100.0},
                "tax": {"amount": 20.0},
            },
            "stop": {"gross": {"amount": 240.0}},
        },
    }
    assert [variant["name"] for variant in in_dirhams["variants"]] == ["", "Grand"]
    in_euros = (await read(query, **given, channel=euros.slug))["product"]
    assert in_euros["variants"] == [
        {
            "name": "",
            "pricing": {"price": {"gross": {"amount": 15.0, "currency": "EUR"}, "net": {"amount": 15.0}}},
        }
    ]


async def test_a_product_answers_what_its_type_asks(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    kind = await make_product_type(session)
    colour = Attribute(slug="couleur", name="Couleur", input_type=AttributeInputType.SWATCH)
    origin = Attribute(slug="origine", name="Origine", position=1)
    session.add_all([colour, origin])
    await session.flush()
    blue = AttributeValue(attribute_id=colour.id, slug="bleu", name="Bleu", value="#0000ff")
    red = AttributeValue(attribute_id=colour.id, slug="rouge", name="Rouge", value="#ff0000")
    session.add_all(
        [
            blue,
            red,
            ProductTypeAttribute(product_type_id=kind.id, attribute_id=colour.id, position=0),
            ProductTypeAttribute(product_type_id=kind.id, attribute_id=origin.id, position=1),
        ]
    )
    await session.flush()
    product, _ = await make_listed_product(session, channel, product_type_id=kind.id)
    other, _ = await make_listed_product(session, channel, product_type_id=kind.id)
    for listed, value in ((product, blue), (other, red)):
        await session.execute(insert(product_attribute_value).values(product_id=listed.id, value_id=value.id))
    query = """
    query ($id: ID, $channel: String) { product(id: $id, channel: $channel) {
      attributes { attribute { slug inputType } values { slug name value } } } }
    """
    found = await read(query, id=to_global_id("Product", product.id), channel=channel.slug)
    assert found["product"]["attributes"] == [
        {
            "attribute": {"slug": "couleur", "inputType": "SWATCH"},
            "values": [{"slug": "bleu", "name": "Bleu", "value": "#0000ff"}],
        },
        {"attribute": {"slug": "origine", "inputType": "DROPDOWN"}, "values": []},
    ]
    blue_only = {"attributes": [{"slug": "couleur", "values": ["bleu"]}]}
    assert await names(read, channel, filter=blue_only) == [product.name]


async def test_a_picture_is_given_where_it_is_made_or_where_it_will_be(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    product, _ = await make_listed_product(session, channel, name="Tapis")
    media = ProductMedia(product_id=product.id, path="products/a.webp", thumbnail_sizes=[256])
    session.add(media)
    await session.flush()
    query = """
    query ($id: ID, $channel: String) { product(id: $id, channel: $channel) {
      made: thumbnail(size: 250) { url alt } other: thumbnail(size: 1000) { url }
      avif: thumbnail(size: 256, format: AVIF) { url } media { original: url small: url(size: 256) type } } }
    """
    found = (await read(query, id=to_global_id("Product", product.id), channel=channel.slug))["product"]
    made = "http://testserver/media/products/a/256.webp"
    to_make = f"http://testserver/thumbnail/{to_global_id('ProductMedia', media.id)}"
    assert found["made"] == {"url": made, "alt": "Tapis"}
    assert found["other"] == {"url": f"{to_make}/1024/webp/"}
    assert found["avif"] == {"url": f"{to_make}/256/avif/"}
    assert found["media"] == [
        {"original": "http://testserver/media/products/a.webp", "small": made, "type": "IMAGE"}
    ]


async def test_texts_come_in_the_language_asked_for(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    root = await make_category(session, name="Maison", slug="maison")
    leaf = await make_category(session, root, name="Tapis", slug="tapis")
    session.add(CategoryTranslation(category_id=leaf.id, language_code="ar", name="زرابي"))
    product, _ = await make_listed_product(session, channel, name="Tapis noué", category_id=leaf.id)
    session.add(ProductTranslation(product_id=product.id, language_code="ar", name="زربية"))
    query = """
    query ($id: ID, $channel: String) { product(id: $id, channel: $channel) {
      name ar: translation(languageCode: AR) { name language { code } }
      en: translation(languageCode: EN) { name }
      category {
        name translation(languageCode: AR) { name } ancestors(first: 5) { edges { node { slug } } } } } }
    """
    found = (await read(query, id=to_global_id("Product", product.id), channel=channel.slug))["product"]
    assert found == {
        "name": "Tapis noué",
        "ar": {"name": "زربية", "language": {"code": "AR"}},
        "en": None,
        "category": {
            "name": "Tapis",
            "translation": {"name": "زرابي"},
            "ancestors": {"edges": [{"node": {"slug": "maison"}}]},
        },
    }


async def test_lists_are_narrowed_and_sorted_as_asked(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    region = await make_region(session, "MA-05", "Béni Mellal-Khénifra")
    vendor = await make_vendor(session, region_code=region.code)
    prices = {"a": 30_00, "b": 10_00, "c": 20_00}
    for name, price in prices.items():
        more = {"vendor_id": vendor.id} if name == "a" else {}
        await make_listed_product(session, channel, price, name=name, slug=f"slug-{name}", **more)

    async def found(**given: Any) -> str:
        return "".join(await names(read, channel, **given))

    assert await found() == "abc"
    assert await found(sort={"field": "PRICE", "direction": "ASC"}) == "bca"
    assert await found(sort={"field": "PRICE", "direction": "DESC"}) == "acb"
    assert await found(filter={"regions": ["MA-05"]}) == "a"
    assert await found(filter={"vendors": [to_global_id("Vendor", vendor.id)]}) == "a"
    assert await found(where={"vendors": [to_global_id("Vendor", vendor.id)]}) == "a"
    assert await found(filter={"price": {"gte": 20}}) == "ac"
    assert await found(filter={"minimalPrice": {"gte": 15, "lte": 25}}) == "c"
    assert await found(where={"price": {"range": {"lte": 20}}}) == "bc"
    assert await found(where={"minimalPrice": {"eq": 20}}) == "c"
    assert await found(where={"minimalPrice": {"eq": 20.001}}) == ""
    assert await found(filter={"minimalPrice": {"gte": 19.999, "lte": 20.001}}) == "c"
    assert await found(filter={"minimalPrice": {"gte": -1e300, "lte": 1e300}}) == "abc"
    assert await found(filter={"price": {"gte": 1e300}}) == ""
    assert await found(where={"minimalPrice": {"oneOf": [10, 30]}}) == "ab"
    assert await found(where={"slug": {"oneOf": ["slug-a", "slug-b"]}}) == "ab"
    either = [{"name": {"eq": "a"}}, {"slug": {"eq": "slug-c"}}]
    assert await found(where={"OR": either}) == "ac"
    assert await found(where={"AND": either}) == ""


async def test_a_variant_shows_with_its_product_and_its_price_only(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    product, variant = await make_listed_product(session, channel)
    unpriced = await make_variant(session, product)
    query = """query ($id: ID, $channel: String) {
      productVariant(id: $id, channel: $channel) { product { name } } }"""

    async def seen(one: ProductVariant, requester: Any = None) -> Any:
        given = {"id": to_global_id("ProductVariant", one.id), "channel": channel.slug}
        return (await read(query, requester, **given))["productVariant"]

    assert await seen(variant) == {"product": {"name": product.name}}
    assert await seen(unpriced) is None
    assert await seen(unpriced, member(product.vendor_id)) is not None
    assert await seen(unpriced, staff("MANAGE_PRODUCTS")) is not None
    await session.execute(update(ProductChannelListing).values(is_published=False))
    await reprice(session)
    assert await seen(variant) is None


async def test_sellers_stand_with_their_region_and_what_they_sell(
    session: AsyncSession, read: Ask, ask: Ask, channel: Channel
) -> None:
    region = await make_region(session, "MA-05", "Béni Mellal-Khénifra")
    vendor = await make_vendor(
        session, name="Tifawin", slug="tifawin", region_code=region.code, ice="001561191000066",
        members_total=12, members_women=9, shows_members_total=True, shows_members_women=True,
    )  # fmt: skip
    product, _ = await make_listed_product(session, channel, vendor_id=vendor.id)
    await list_product(session, (await make_product(session, vendor_id=vendor.id)).id, channel)
    query = """
    query ($channel: String) {
      vendor(slug: "tifawin") {
        name kind region { code name } members { total women } productCount(channel: $channel)
        products(first: 5, channel: $channel) { edges { node { name vendor { slug } } } }
      }
      regions { code vendorCount productCount(channel: $channel) }
    }
    """
    data = await read(query, channel=channel.slug)
    assert data["vendor"] == {
        "name": "Tifawin",
        "kind": "COOPERATIVE",
        "region": {"code": "MA-05", "name": "Béni Mellal-Khénifra"},
        "members": {"total": 12, "women": 9},
        "productCount": 1,
        "products": {"edges": [{"node": {"name": product.name, "vendor": {"slug": "tifawin"}}}]},
    }
    assert data["regions"] == [{"code": "MA-05", "vendorCount": 1, "productCount": 1}]
    papers = '{ vendor(slug: "tifawin") { ice } }'
    assert (await ask(papers))["data"]["vendor"] == {"ice": None}
    assert (await read(papers, member(vendor.id)))["vendor"] == {"ice": "001561191000066"}
    assert (await read(papers, staff("MANAGE_VENDORS")))["vendor"] == {"ice": "001561191000066"}


async def test_an_applicant_is_seen_by_itself_and_staff_only(session: AsyncSession, read: Ask) -> None:
    vendor = await make_vendor(session, status=VendorStatus.APPLIED, name="Nouvelle")
    query = "{ vendors(first: 10) { edges { node { name } } totalCount } }"
    for requester, expected in ((None, 0), (member(vendor.id), 1), (staff("MANAGE_VENDORS"), 1)):
        assert (await read(query, requester))["vendors"]["totalCount"] == expected
