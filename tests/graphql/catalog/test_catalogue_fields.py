"""Fields of the catalogue's types: texts, pictures, figures for staff, prior prices, filters."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import search
from marketplace.catalog.listings import VariantChannelListing
from marketplace.catalog.models import (
    MediaType,
    ProductMedia,
    ProductTranslation,
    ProductTypeKind,
    ProductVariantTranslation,
)
from marketplace.checkout.models import Checkout, CheckoutLine
from marketplace.inventory.models import Reservation
from marketplace.kit import clock
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from marketplace_graphql.kernel import Requester
from tests.factories.catalog import (
    make_category,
    make_collection,
    make_listed_product,
    make_product,
    make_product_type,
    make_variant,
    put_on_sale,
)
from tests.factories.inventory import make_stock, make_warehouse
from tests.factories.markets import make_channel, make_tax_class
from tests.graphql.conftest import Ask, staff


@pytest.fixture
async def channel(session: AsyncSession) -> Channel:
    return await make_channel(session)


async def test_texts_lead_to_what_they_translate_and_back(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    product, variant = await make_listed_product(session, channel, name="Tapis", seo_title="Un tapis")
    variant.name = "Grand"
    session.add_all(
        [
            ProductTranslation(product_id=product.id, language_code="ar", name="زربية"),
            ProductVariantTranslation(product_variant_id=variant.id, language_code="ar", name="كبير"),
        ]
    )
    await session.flush()
    query = """query ($id: ID, $channel: String) { product(id: $id, channel: $channel) {
      translation(languageCode: AR) { name translatableContent {
        id productId name seoTitle translation(languageCode: AR) { name } product { name } } }
      variants { translation(languageCode: AR) { name translatableContent {
        productVariantId name productVariant { name } translation(languageCode: FR) { name } } } } } }"""
    given = {"id": to_global_id("Product", product.id), "channel": channel.slug}
    found = (await read(query, **given))["product"]
    assert found["translation"] == {
        "name": "زربية",
        "translatableContent": {
            "id": to_global_id("ProductTranslatableContent", product.id),
            "productId": given["id"],
            "name": "Tapis",
            "seoTitle": "Un tapis",
            "translation": {"name": "زربية"},
            "product": {"name": "Tapis"},
        },
    }
    assert found["variants"][0]["translation"]["translatableContent"] == {
        "productVariantId": to_global_id("ProductVariant", variant.id),
        "name": "Grand",
        "productVariant": {"name": "Grand"},
        "translation": None,
    }


async def test_pictures_come_in_the_sizes_and_formats_that_saleor_has(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    product, _ = await make_listed_product(session, channel, name="Tapis")
    pictures = [
        ProductMedia(product_id=product.id, path=f"products/{name}.webp", position=-place, type=kind)
        for place, (name, kind) in enumerate(
            {"a": MediaType.IMAGE, "b": MediaType.VIDEO, "c": MediaType.IMAGE}.items()
        )
    ]
    for picture in pictures:
        session.add(picture)
        await session.flush()
    await make_collection(session, channel, slug="choix", picture_path="demo/d.webp")
    query = """query ($id: ID, $image: ID!, $channel: String) {
      product(id: $id, channel: $channel) {
        images { id sortOrder url(size: 0) } imageById(id: $image) { alt url(size: 5000, format: AVIF) }
        up: media(sortBy: {field: ID, direction: ASC}) { url }
        down: media(sortBy: {field: ID, direction: DESC}) { url }
        media { tiny: url(size: 1) between: url(size: 192) original: url(size: 0) avif: url(format: AVIF) }
        thumbnail { url } }
      collection(slug: "choix", channel: $channel) {
        usual: backgroundImage(size: 300) { url } odd: backgroundImage(size: 100) { url }
        avif: backgroundImage(size: 256, format: AVIF) { url }
        original: backgroundImage(size: 0) { url } } }"""
    given = {"id": to_global_id("Product", product.id), "image": to_global_id("ProductImage", pictures[0].id)}
    data = await read(query, **given, channel=channel.slug)
    found, media_ids = data["product"], [to_global_id("ProductMedia", each.id) for each in pictures]
    files, making = "http://testserver/media/products", "http://testserver/thumbnail"
    assert found["images"] == [
        {"id": to_global_id("ProductImage", pictures[n].id), "sortOrder": -n, "url": f"{files}/{name}.webp"}
        for n, name in ((2, "c"), (0, "a"))
    ]
    assert found["imageById"] == {"alt": "", "url": f"{making}/{media_ids[0]}/4096/avif/"}
    assert [each["url"][-6:] for each in found["up"]] == ["a.webp", "b.webp", "c.webp"]
    assert found["down"] == found["up"][::-1]
    assert found["media"][2] == {
        "tiny": f"{making}/{media_ids[0]}/32/webp/",
        "between": f"{making}/{media_ids[0]}/128/webp/",
        "original": f"{files}/a.webp",
        "avif": f"{making}/{media_ids[0]}/4096/avif/",
    }
    assert found["thumbnail"] == {"url": f"{files}/c.webp"}
    shown = {name: each["url"] for name, each in data["collection"].items()}
    assert shown["usual"] == "http://testserver/media/demo/d/256.webp"
    assert shown["original"] == "http://testserver/media/demo/d.webp"
    assert shown["odd"].endswith("/128/webp/")
    assert shown["avif"].endswith("/256/avif/")


async def test_prior_prices_are_told_with_their_tax(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    tax_class = await make_tax_class(session, 2000)
    product = await make_product(session, tax_class_id=tax_class.id)
    other = await make_variant(session, product, position=1)
    for variant, now, before in ((product.variants[0], 120_00, 180_00), (other, 240_00, None)):
        await put_on_sale(session, variant, channel, now)
        await session.execute(
            update(VariantChannelListing)
            .where(VariantChannelListing.variant_id == variant.id)
            .values(prior_price_minor=before)
        )
    query = """query ($id: ID, $channel: String) { product(id: $id, channel: $channel) { chargeTaxes
      pricing { discountLocalCurrency { gross { amount } } discountPrior { gross { amount } net { amount } }
        priceRangePrior { start { gross { amount } } stop { net { amount } } } }
      variants { pricing {
        pricePrior { gross { amount } net { amount } } discountPrior { gross { amount } } } } } }"""
    given = {"id": to_global_id("Product", product.id), "channel": channel.slug}
    found = (await read(query, **given))["product"]
    assert found["chargeTaxes"] is True
    assert found["pricing"] == {
        "discountLocalCurrency": None,
        "discountPrior": {"gross": {"amount": 60}, "net": {"amount": 50}},
        "priceRangePrior": {"start": {"gross": {"amount": 180}}, "stop": {"net": {"amount": 150}}},
    }
    first, second = (variant["pricing"] for variant in found["variants"])
    assert first == {
        "pricePrior": {"gross": {"amount": 180}, "net": {"amount": 150}},
        "discountPrior": {"gross": {"amount": 60}},
    }
    assert second == {"pricePrior": None, "discountPrior": None}


FIGURES = """query ($id: ID, $channel: String) { product(id: $id, channel: $channel) {
  channelListings { margin { start stop } purchaseCost { start { amount } stop { amount } } }
  variants { margin quantityOrdered revenue(period: THIS_MONTH) { gross { amount } }
    stocks(countryCode: MA) { quantity warehouse { slug } } } } }"""


async def test_what_goods_cost_and_earn_is_for_staff_and_stock_for_its_seller(
    session: AsyncSession, read: Ask, ask: Ask, channel: Channel
) -> None:
    product, variant = await make_listed_product(session, channel, 200_00)
    dearer = await make_variant(session, product, position=1)
    await put_on_sale(session, dearer, channel, 400_00)
    for one, cost in ((variant, 50_00), (dearer, 300_00)):
        await session.execute(
            update(VariantChannelListing)
            .where(VariantChannelListing.variant_id == one.id)
            .values(cost_price_minor=cost)
        )
    stock = await make_stock(session, variant, 7)
    given = {"id": to_global_id("Product", product.id), "channel": channel.slug}
    found = (await read(FIGURES, staff("MANAGE_PRODUCTS"), **given))["product"]
    assert found["channelListings"] == [
        {
            "margin": {"start": 25, "stop": 75},
            "purchaseCost": {"start": {"amount": 50}, "stop": {"amount": 300}},
        }
    ]
    first = found["variants"][0]
    assert first["margin"] == 75
    assert (first["quantityOrdered"], first["revenue"]) == (0, {"gross": {"amount": 0}})
    assert [each["quantity"] for each in first["stocks"]] == [stock.quantity]
    refused = await ask(FIGURES, **given)
    paths = {tuple(error["path"]) for error in refused["errors"]}
    assert {
        ("product", "variants", 0, name) for name in ("margin", "quantityOrdered", "revenue", "stocks")
    } <= paths
    own = Requester(user_id=1, vendor_ids=(product.vendor_id,))
    seen = (await ask(FIGURES, own, **given))["data"]["product"]["variants"][0]
    assert [each["quantity"] for each in seen["stocks"]] == [7]
    assert seen["margin"] is None


NAMES = """query ($channel: String, $filter: ProductFilterInput, $where: ProductWhereInput) {
  products(first: 20, channel: $channel, filter: $filter, where: $where) {
    totalCount edges { node { name } } } }"""


async def test_products_are_narrowed_by_stock_metadata_and_kind(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    gifts = await make_product_type(session, kind=ProductTypeKind.GIFT_CARD)
    warehouse = await make_warehouse(session)
    plenty, of_plenty = await make_listed_product(
        session, channel, name="a", public_metadata={"label": "bio", "lot": "7"}
    )
    kept, of_kept = await make_listed_product(session, channel, name="b", public_metadata={"label": "igp"})
    await make_listed_product(session, channel, name="c", product_type_id=gifts.id)
    await make_stock(session, of_plenty, 4, warehouse)
    await make_stock(session, of_plenty, 5)
    await make_stock(session, of_kept, 1)
    await _keep(session, of_kept.id, channel)

    async def found(**given: Any) -> str:
        seen = ""
        for argument in ("filter", "where"):
            page = (await read(NAMES, channel=channel.slug, **{argument: given}))["products"]
            seen = "".join(edge["node"]["name"] for edge in page["edges"])
            assert page["totalCount"] == len(seen)
        return seen

    assert await found(stocks={"quantity": {"gte": 9}}) == "a"
    assert await found(stocks={"quantity": {"lte": 1}}) == "b"
    assert await found(stocks={"quantity": {"gte": 10}}) == ""
    there = [to_global_id("Warehouse", warehouse.id)]
    assert await found(stocks={"warehouseIds": there}) == "a"
    assert await found(stocks={"warehouseIds": there, "quantity": {"gte": 5}}) == ""
    assert await found(stocks={}) == "abc"
    assert await found(stockAvailability="IN_STOCK") == "a"
    assert await found(stockAvailability="OUT_OF_STOCK") == "bc"
    assert await found(isAvailable=True) == "a"
    assert await found(metadata=[{"key": "label"}]) == "ab"
    assert await found(metadata=[{"key": "label", "value": "bio"}, {"key": "lot"}]) == "a"
    assert await found(giftCard=True) == "c"
    assert await found(giftCard=False) == "ab"
    assert await found(hasPreorderedVariants=True) == ""
    assert await found(hasPreorderedVariants=False) == "abc"
    assert await found(isPublished=False) == ""
    assert (plenty.name, kept.name) == ("a", "b")


async def _keep(session: AsyncSession, variant_id: int, channel: Channel) -> None:
    """Let a cart hold the last piece."""
    cart = Checkout(channel_id=channel.id, currency=channel.currency_code, country_code="MA")
    session.add(cart)
    await session.flush()
    line = CheckoutLine(checkout_id=cart.id, variant_id=variant_id, quantity=1, currency="MAD")
    session.add(line)
    await session.flush()
    until = clock.now() + timedelta(hours=1)
    session.add(
        Reservation(checkout_line_id=line.id, variant_id=variant_id, quantity=1, reserved_until=until)
    )
    await session.flush()


async def test_variants_are_found_by_words_sku_and_metadata(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    rug, of_rug = await make_listed_product(session, channel, name="Tapis brodé")
    _, of_bowl = await make_listed_product(session, channel, name="Bol")
    of_rug.sku, of_bowl.sku, of_bowl.public_metadata = "TPS-1", "BOL-1", {"lot": "7"}
    await session.flush()
    await search.reindex(session, [rug.id, of_bowl.product_id])
    query = """query ($channel: String, $search: String, $filter: ProductVariantFilterInput) {
      productVariants(first: 9, channel: $channel, search: $search, filter: $filter) {
        totalCount edges { node { sku } } } }"""

    async def found(**given: Any) -> list[str]:
        page = (await read(query, channel=channel.slug, **given))["productVariants"]
        assert page["totalCount"] == len(page["edges"])
        return [edge["node"]["sku"] for edge in page["edges"]]

    assert await found(search="brodes") == ["TPS-1"]
    assert await found(search="bol-") == ["BOL-1"]
    assert await found(filter={"search": "tapis"}) == ["TPS-1"]
    assert await found(filter={"sku": ["BOL-1"]}) == ["BOL-1"]
    assert await found(filter={"metadata": [{"key": "lot"}]}) == ["BOL-1"]
    assert await found(filter={"isPreorder": True}) == []
    own = """query ($id: ID, $channel: String) { product(id: $id, channel: $channel) {
      productVariants(first: 5, where: {sku: {eq: "TPS-1"}}) {
        edges { node { sku preorder { endDate } } } } } }"""
    page = (await read(own, id=to_global_id("Product", rug.id), channel=channel.slug))["product"]
    assert page["productVariants"]["edges"] == [{"node": {"sku": "TPS-1", "preorder": None}}]


async def test_shelves_and_types_are_narrowed_and_sorted(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    root = await make_category(session, name="Maison", slug="maison")
    leaf = await make_category(session, root, name="Épices", slug="epices")
    await make_category(session, name="Vide", slug="vide", public_metadata={"season": "1"})
    kind = await make_product_type(session, name="Été", slug="ete", is_shipping_required=False)
    await make_product_type(session, name="Carte", slug="carte", kind=ProductTypeKind.GIFT_CARD)
    product, _ = await make_listed_product(session, channel, category_id=leaf.id, product_type_id=kind.id)
    query = """query ($filter: CategoryFilterInput, $sort: CategorySortingInput) {
      categories(first: 9, filter: $filter, sortBy: $sort) { edges { node { slug } } } }"""

    async def shelves(**given: Any) -> list[str]:
        return [edge["node"]["slug"] for edge in (await read(query, **given))["categories"]["edges"]]

    assert await shelves(filter={"search": "epice"}) == ["epices"]
    assert await shelves(filter={"metadata": [{"key": "season"}]}) == ["vide"]
    by_products = {"field": "PRODUCT_COUNT", "direction": "DESC"}
    assert set((await shelves(sort=by_products))[:2]) == {"maison", "epices"}
    assert (await shelves(sort={"field": "SUBCATEGORY_COUNT", "direction": "DESC"}))[0] == "maison"
    query_types = """query ($filter: ProductTypeFilterInput, $sort: ProductTypeSortingInput) {
      productTypes(first: 9, filter: $filter, sortBy: $sort) { edges { node { slug kind isDigital } } } }"""

    async def types(**given: Any) -> list[str]:
        found = await read(query_types, **given)
        return [edge["node"]["slug"] for edge in found["productTypes"]["edges"]]

    assert await types(filter={"search": "ete"}) == ["ete"]
    assert await types(filter={"kind": "GIFT_CARD"}) == ["carte"]
    assert await types(filter={"productType": "SHIPPABLE"}) == ["carte"]
    assert await types(filter={"productType": "DIGITAL"}) == []
    assert await types(filter={"configurable": "CONFIGURABLE"}) == []
    assert await types(sort={"field": "SHIPPING_REQUIRED", "direction": "DESC"}) == ["carte", "ete"]
    of_type = """query ($id: ID!, $channel: String) { productType(id: $id) {
      products(first: 3, channel: $channel) { edges { node { name } } } taxType { taxCode } } }"""
    found = await read(of_type, id=to_global_id("ProductType", kind.id), channel=channel.slug)
    assert found["productType"] == {
        "products": {"edges": [{"node": {"name": product.name}}]},
        "taxType": None,
    }
