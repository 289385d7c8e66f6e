"""What a storefront of today asks before anybody buys: menus, pages, lists with facets, a product's page."""

from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import search
from marketplace.catalog.attributes import AttributeInputType as Input
from marketplace.catalog.attributes import (
    AttributeScope,
    AttributeTranslation,
    AttributeValueTranslation,
)
from marketplace.catalog.models import (
    CategoryTranslation,
    CollectionProduct,
    CollectionTranslation,
    Product,
    ProductMedia,
    ProductTranslation,
    ProductType,
    ProductVariantTranslation,
)
from marketplace.content.menus import MenuItemTranslation
from marketplace.content.pages import PageTranslation
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from tests.factories.attributes import answer, make_attribute, make_value
from tests.factories.catalog import (
    make_category,
    make_collection,
    make_listed_product,
    make_product_type,
    make_variant,
    put_on_sale,
)
from tests.factories.content import make_item, make_menu, make_page, make_page_type
from tests.factories.inventory import make_stock
from tests.factories.markets import make_channel, make_method
from tests.graphql.flows.conftest import Storefront

HERE = {"channel": "maroc", "language": "AR"}


@pytest.fixture
async def shop(session: AsyncSession, client: httpx.AsyncClient) -> Storefront:
    """Two goods: a rug in two sizes, of which all is said that can be, and a bowl that is sold out."""
    channel = await make_channel(session, slug="maroc")
    await make_method(session, channel)
    top = await make_category(session, name="Maison", slug="maison")
    shelf = await make_category(session, top, name="Tapis", slug="tapis")
    gathered = await make_collection(session, channel, name="À offrir", slug="a-offrir")
    kind = await make_product_type(session, slug="tissage")
    rug = await _rug(session, channel, name="Tapis d’Azilal", category_id=shelf.id, product_type_id=kind.id)
    bowl, plain = await make_listed_product(
        session, channel, 90_00, name="Bol", slug="bol", category_id=top.id, product_type_id=kind.id
    )
    await make_stock(session, plain, 0)
    await _said_of(session, kind, rug)
    for place, product in enumerate((rug, bowl)):
        session.add(CollectionProduct(collection_id=gathered.id, product_id=product.id, position=place))
    arabic = {"language_code": "ar"}
    session.add(CategoryTranslation(category_id=shelf.id, name="زرابي", slug="zarabi", **arabic))
    session.add(CollectionTranslation(collection_id=gathered.id, name="هدايا", slug="hadaya", **arabic))
    await session.flush()
    await search.reindex(session, [rug.id, bowl.id])
    await _content(session, shelf.id, gathered.id)
    await session.commit()
    return Storefront(client)


async def _rug(session: AsyncSession, channel: Channel, **given: object) -> Product:
    rug, small = await make_listed_product(session, channel, 1_200_00, slug="tapis-azilal", **given)
    small.name, small.sku = "120 × 180 cm", "TAP-S"
    large = await make_variant(session, rug, name="160 × 240 cm", sku="TAP-L", position=1)
    await put_on_sale(session, large, channel, 2_400_00)
    await make_stock(session, small, 3)
    await make_stock(session, large, 1)
    sizes = [256, 1024, 2048]
    arabic = {"language_code": "ar"}
    session.add_all(
        [
            ProductMedia(product_id=rug.id, path="products/a.webp", thumbnail_sizes=sizes, alt="De face"),
            ProductTranslation(product_id=rug.id, name="زربية أزيلال", slug="zerbiya", **arabic),
            ProductVariantTranslation(product_variant_id=small.id, name="صغيرة", **arabic),
        ]
    )
    await session.flush()
    await session.refresh(rug, ["variants"])
    return rug


async def _said_of(session: AsyncSession, kind: ProductType, rug: Product) -> None:
    """Of each size what it is chosen by and what is only told; of the rug three things of different types."""
    of_variants: dict[str, Any] = {"scope": AttributeScope.VARIANT}
    size = await make_attribute(
        session, kind, **of_variants, variant_selection=True, slug="taille", name="Taille"
    )
    knots = await make_attribute(session, kind, **of_variants, slug="noeuds", input_type=Input.NUMERIC)
    for variant, name, number in zip(rug.variants, ("Petit", "Grand"), (90, 120), strict=True):
        await answer(session, variant, await make_value(session, size, name=name, slug=name.lower()))
        await answer(session, variant, await make_value(session, knots, name=str(number), numeric=number))
    wool, loved, care = [
        await make_value(session, await make_attribute(session, kind, slug=slug, input_type=type_), **said)
        for slug, type_, said in (
            ("matiere", Input.DROPDOWN, {"name": "Laine", "slug": "laine"}),
            ("bestseller", Input.BOOLEAN, {"name": "Oui", "boolean": True}),
            ("entretien", Input.PLAIN_TEXT, {"name": "À sec", "plain_text": "Nettoyer à sec."}),
        )
    ]
    for value in (wool, loved, care):
        await answer(session, rug, value)
    arabic = {"language_code": "ar"}
    session.add_all(
        [
            AttributeTranslation(attribute_id=size.id, name="المقاس", **arabic),
            AttributeValueTranslation(attribute_value_id=wool.id, name="صوف", **arabic),
            AttributeValueTranslation(attribute_value_id=care.id, plain_text="تنظيف جاف.", **arabic),
        ]
    )
    await session.flush()


async def _content(session: AsyncSession, shelf_id: int, gathered_id: int) -> None:
    blocks = await make_page_type(session, slug="bandeau")
    motto = await make_attribute(session, blocks, slug="devise", input_type=Input.PLAIN_TEXT)
    about = await make_page(session, title="Qui sommes-nous", slug="a-propos", text="Des mains.")
    banner = await make_page(session, blocks, title="Bandeau", slug="bandeau-accueil")
    await answer(session, banner, await make_value(session, motto, name="Fait main", plain_text="Fait main"))
    session.add(PageTranslation(page_id=about.id, language_code="ar", title="من نحن", slug="man-nahnu"))
    menu = await make_menu(session, slug="navbar")
    head = await make_item(session, menu, name="Rayons")
    first = await make_item(session, menu, head, name="Tapis", category_id=shelf_id)
    await make_item(session, menu, first, name="À offrir", collection_id=gathered_id)
    await make_item(session, menu, name="La maison", page_id=about.id)
    await make_item(session, menu, name="Écrire", url="https://example.test/contact")
    session.add(MenuItemTranslation(menu_item_id=head.id, language_code="ar", name="الأقسام"))
    await session.flush()


def cards(page: Any) -> list[str]:
    return [edge["node"]["slug"] for edge in page["edges"]]


async def test_the_menu_says_in_the_readers_language_where_it_leads(shop: Storefront) -> None:
    head, about, write = (await shop.run("Menu", **HERE, slug="navbar"))["items"]
    assert (head["name"], head["level"], head["translation"]) == ("Rayons", 0, {"name": "الأقسام"})
    (shelf,) = head["children"]
    assert shelf["category"]["translation"] == {"name": "زرابي", "slug": "zarabi"}
    assert shelf["children"][0]["collection"]["translation"]["slug"] == "hadaya"
    assert about["page"]["translation"] == {"title": "من نحن", "slug": "man-nahnu"}
    assert (write["url"], write["children"]) == ("https://example.test/contact", [])
    assert await shop.run("Menu", **HERE, slug="no-such-menu") is None


async def test_the_first_page_has_its_shelves_gatherings_and_pieces_of_content(shop: Storefront) -> None:
    (top,) = (await shop.run("Shelves"))["edges"]
    assert (top["node"]["slug"], cards(top["node"]["children"])) == ("maison", ["tapis"])
    assert cards(await shop.run("ShelvesBySlug", slugs=["tapis", "unknown"])) == ["tapis"]
    (gathered,) = (await shop.run("FirstPage", channel="maroc"))["edges"]
    assert (gathered["node"]["slug"], gathered["node"]["products"]["totalCount"]) == ("a-offrir", 2)
    (piece,) = (await shop.run("PiecesOfContent", **HERE, slugs=["bandeau-accueil", "unknown"]))["edges"]
    assert piece["node"]["pageType"] == {"slug": "bandeau"}
    assert piece["node"]["assignedAttributes"] == [
        {"attribute": {"slug": "devise"}, "words": "Fait main", "inLanguage": None}
    ]
    assert await shop.run("Market", slug="maroc") == {"countries": [{"code": "MA"}]}
    assert (await shop.run("AboutTheShop"))["metafields"] == {}


async def test_a_page_is_read_by_its_slug_in_either_language(shop: Storefront) -> None:
    page = await shop.run("PageToRead", slug="a-propos", language="AR")
    assert "Des mains." in page["content"]
    assert (page["inFrench"], page["inArabic"]) == (None, {"slug": "man-nahnu"})
    same = await shop.run("PageToRead", slug="man-nahnu", language="AR", slugLanguage="AR")
    assert (same["id"], same["translation"]["title"]) == (page["id"], "من نحن")
    assert await shop.run("PageToRead", slug="man-nahnu", language="AR") is None


async def test_a_list_is_walked_both_ways_filtered_ordered_and_searched(shop: Storefront) -> None:
    first = await shop.run("List", **HERE, first=1, sortBy={"field": "NAME", "direction": "DESC"})
    assert (first["totalCount"], cards(first)) == (2, ["tapis-azilal"])
    page = first["pageInfo"]
    assert (page["hasNextPage"], page["hasPreviousPage"]) == (True, False)
    order = {"field": "NAME", "direction": "DESC"}
    second = await shop.run("List", **HERE, first=1, after=page["endCursor"], sortBy=order)
    assert cards(second) == ["bol"]
    back = await shop.run("List", **HERE, last=1, before=second["pageInfo"]["startCursor"], sortBy=order)
    assert cards(back) == ["tapis-azilal"]
    for narrowed in (
        {"filter": {"stockAvailability": "IN_STOCK"}},
        {"filter": {"price": {"gte": 100}}},
        {"filter": {"attributes": [{"slug": "matiere", "values": ["laine"]}]}},
        {"where": {"minimalPrice": {"range": {"gte": 100}}}},
        {"where": {"OR": [{"name": {"eq": "Tapis d’Azilal"}}, {"slug": {"eq": "unknown"}}]}},
        {"search": "azilal"},
        {"search": "زربية"},
        {"filter": {"search": "tapi azilal"}, "sortBy": {"field": "RANK", "direction": "DESC"}},
    ):
        assert cards(await shop.run("List", **HERE, first=12, **narrowed)) == ["tapis-azilal"], narrowed


async def test_a_card_has_what_a_list_shows(shop: Storefront) -> None:
    (edge,) = (await shop.run("List", **HERE, first=12, search="azilal"))["edges"]
    card = edge["node"]
    assert card["translation"] == {"name": "زربية أزيلال", "slug": "zerbiya"}
    assert card["pricing"]["priceRange"] == {
        "start": {"gross": {"amount": 1200, "currency": "MAD"}},
        "stop": {"gross": {"amount": 2400, "currency": "MAD"}},
    }
    assert card["thumbnail"] == {"url": "http://testserver/media/products/a/1024.webp", "alt": "De face"}
    assert card["bestseller"] == {"value": True}
    assert card["category"]["translation"]["slug"] == "zarabi"
    assert card["productVariants"]["totalCount"] == 2
    (size,) = card["productVariants"]["edges"][0]["node"]["toChooseBy"]
    assert (size["attribute"]["slug"], size["attribute"]["translation"]) == ("taille", {"name": "المقاس"})
    assert [value["slug"] for value in size["values"]] == ["petit"]


async def test_shelves_and_gatherings_are_found_by_their_translated_slugs(shop: Storefront) -> None:
    shelf = await shop.run("Shelf", **HERE, slug="zarabi", slugLanguage="AR")
    assert (shelf["slug"], shelf["inArabic"], cards(shelf["products"])) == (
        "tapis",
        {"slug": "zarabi"},
        ["tapis-azilal"],
    )
    assert cards((await shop.run("Shelf", **HERE, slug="maison"))["products"]) == ["bol", "tapis-azilal"]
    assert await shop.run("Shelf", **HERE, slug="zarabi") is None
    gathered = await shop.run("Gathered", **HERE, slug="hadaya", slugLanguage="AR")
    assert cards(gathered["products"]) == ["tapis-azilal", "bol"]
    dear = {"minimalPrice": {"range": {"gte": 100}}}
    narrowed = await shop.run("Gathered", **HERE, slug="a-offrir", where=dear)
    assert cards(narrowed["products"]) == ["tapis-azilal"]


async def test_facets_offer_what_the_shelf_can_be_narrowed_by(shop: Storefront) -> None:
    (edge,) = (await shop.run("ShelvesBySlug", slugs=["tapis"]))["edges"]
    wanted = {"filterableInStorefront": True, "inCategory": edge["node"]["id"], "channel": "maroc"}
    offered = (await shop.run("Facets", filter=wanted, values={"search": "lai"}))["edges"]
    choices = {edge["node"]["slug"]: edge["node"]["choices"] for edge in offered}
    assert set(choices) >= {"matiere", "taille"}
    assert [edge["node"]["name"] for edge in choices["matiere"]["edges"]] == ["Laine"]


async def test_a_products_page_says_each_thing_once_and_in_its_type(shop: Storefront) -> None:
    product = await shop.run("ProductPage", **HERE, slug="zerbiya", slugLanguage="AR")
    assert (product["slug"], product["isAvailable"]) == ("tapis-azilal", True)
    assert product["media"] == [
        {
            "url": "http://testserver/media/products/a/2048.webp",
            "small": "http://testserver/media/products/a/256.webp",
            "alt": "De face",
            "type": "IMAGE",
        }
    ]
    by_slug = {said["attribute"]["slug"]: said for said in product["assignedAttributes"]}
    assert by_slug["bestseller"]["yes"] is True
    assert by_slug["matiere"]["choice"] == {"name": "Laine", "slug": "laine", "translation": "صوف"}
    assert (by_slug["entretien"]["words"], by_slug["entretien"]["inLanguage"]) == (
        "Nettoyer à sec.",
        "تنظيف جاف.",
    )


async def test_a_products_forms_are_paged_and_found_by_number_or_id(shop: Storefront) -> None:
    forms = (await shop.run("Forms", **HERE, slug="tapis-azilal", first=1))["productVariants"]
    assert (forms["totalCount"], forms["pageInfo"]["hasNextPage"]) == (2, True)
    small = forms["edges"][0]["node"]
    assert (small["sku"], small["quantityAvailable"], small["translation"]) == ("TAP-S", 3, {"name": "صغيرة"})
    assert [facet["attribute"]["slug"] for facet in small["toChooseBy"]] == ["taille"]
    assert [facet["attribute"]["slug"] for facet in small["toKnow"]] == ["noeuds"]
    assert small["pricing"]["price"]["gross"] == {"amount": 1200, "currency": "MAD"}
    rest = await shop.run("Forms", **HERE, slug="tapis-azilal", first=9, after=forms["pageInfo"]["endCursor"])
    (large,) = [edge["node"] for edge in rest["productVariants"]["edges"]]
    for named in ({"id": large["id"]}, {"sku": "TAP-L"}):
        found = await shop.run("OneForm", channel="maroc", language="AR", **named)
        assert found == {**large, "product": {"id": found["product"]["id"], "slug": "tapis-azilal"}}
    nobody = to_global_id("ProductVariant", 0)
    assert await shop.run("OneForm", channel="maroc", language="AR", id=nobody) is None
