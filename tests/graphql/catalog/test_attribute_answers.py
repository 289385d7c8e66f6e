"""Products, variants and pages narrowed by what they answer to attributes."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import Attribute, AttributeEntityType, AttributeInputType, AttributeScope
from marketplace.catalog.models import Product, ProductType
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from marketplace_graphql.kernel.reader import walks
from tests.factories.attributes import answer, make_attribute, make_value
from tests.factories.catalog import make_category, make_listed_product, make_product_type
from tests.factories.content import make_page, make_page_type
from tests.factories.markets import make_channel
from tests.graphql.conftest import Ask

Input, Entity = AttributeInputType, AttributeEntityType
PRODUCTS = """
query ($channel: String, $where: ProductWhereInput, $filter: ProductFilterInput) {
  products(
    first: 20, channel: $channel, where: $where, filter: $filter, sortBy: {field: NAME, direction: ASC}) {
    totalCount edges { node { name } } } }
"""


@pytest.fixture
async def channel(session: AsyncSession) -> Channel:
    return await make_channel(session)


@pytest.fixture
async def kind(session: AsyncSession) -> ProductType:
    return await make_product_type(session)


class Shelf:
    """Products of one type that are told apart by one letter, and what is found of them."""

    def __init__(self, session: AsyncSession, channel: Channel, kind: ProductType, ask: Ask) -> None:
        self.session, self.channel, self.kind, self.ask = session, channel, kind, ask

    async def put(self, name: str, attribute: Attribute, *values: dict[str, Any]) -> Product:
        product, _ = await make_listed_product(
            self.session, self.channel, name=name, product_type_id=self.kind.id
        )
        made = [await make_value(self.session, attribute, **value) for value in values]
        await answer(self.session, product, *made)
        return product

    async def found(self, *asked: dict[str, Any], by: str = "where") -> str:
        """The letters of what is found."""
        answered = await self.asked(*asked, by=by)
        assert "errors" not in answered, answered["errors"]
        found = answered["data"]["products"]
        assert found["totalCount"] == len(found["edges"])
        return "".join(edge["node"]["name"] for edge in found["edges"])

    async def refused(self, *asked: dict[str, Any], by: str = "where") -> str:
        """The message with which the list is refused."""
        answered = await self.asked(*asked, by=by)
        assert answered["data"] == {"products": None}
        ((error),) = answered["errors"]
        assert error["path"] == ["products"]
        return str(error["message"])

    async def asked(self, *asked: dict[str, Any], by: str) -> dict[str, Any]:
        return await self.ask(PRODUCTS, channel=self.channel.slug, **{by: {"attributes": list(asked)}})


@pytest.fixture(params=[walks.FEW, 0], ids=["few found", "many found"])
def shelf(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    session: AsyncSession,
    channel: Channel,
    kind: ProductType,
    ask: Ask,
) -> Shelf:
    """A shelf of which a page is found by keys, or by a walk along the list: the answers are the same."""
    monkeypatch.setattr(walks, "FEW", request.param)
    return Shelf(session, channel, kind, ask)


async def test_by_chosen_values(session: AsyncSession, shelf: Shelf, kind: ProductType) -> None:
    colour = await make_attribute(session, kind, slug="couleur")
    await shelf.put("A", colour, {"slug": "bleu", "name": "Bleu"})
    await shelf.put("B", colour, {"slug": "rouge", "name": "Rouge"})
    await shelf.put("C", colour)
    assert await shelf.found({"slug": "couleur"}) == "AB"
    assert await shelf.found({"slug": "couleur", "value": {"slug": {"eq": "bleu"}}}) == "A"
    assert await shelf.found({"slug": "couleur", "value": {"slug": {"oneOf": ["bleu", "rouge"]}}}) == "AB"
    assert await shelf.found({"slug": "couleur", "value": {"name": {"eq": "Rouge"}}}) == "B"
    assert await shelf.found({"value": {"name": {"eq": "Rouge"}}}) == "B"
    assert await shelf.found({"slug": "couleur", "values": ["bleu", "vert"]}, by="filter") == "A"
    assert await shelf.found({"slug": "couleur", "values": []}, by="filter") == ""
    for unknown in ({"slug": "taille"}, {"slug": "taille", "value": {"slug": {"eq": "bleu"}}}):
        assert await shelf.found(unknown) == ""
    assert await shelf.found({"slug": "taille", "values": ["bleu"]}, by="filter") == ""


async def test_by_all_of_several_attributes(session: AsyncSession, shelf: Shelf, kind: ProductType) -> None:
    colour = await make_attribute(session, kind, slug="couleur")
    matter = await make_attribute(session, kind, slug="matiere")
    both = await shelf.put("A", colour, {"slug": "bleu"})
    await answer(session, both, await make_value(session, matter, slug="laine"))
    await shelf.put("B", matter, {"slug": "coton"})
    asked = [
        {"slug": slug, "value": {"slug": {"eq": value}}}
        for slug, value in (("couleur", "bleu"), ("matiere", "laine"))
    ]
    assert await shelf.found(*asked) == "A"
    older = [{"slug": "couleur", "values": ["bleu"]}, {"slug": "matiere", "values": ["coton"]}]
    assert await shelf.found(*older, by="filter") == ""
    assert await shelf.found(by="filter") == "AB", "nothing chosen restricts nothing"


async def test_earlier_clients_may_choose_of_one_attribute_in_several_entries(
    session: AsyncSession, shelf: Shelf, kind: ProductType
) -> None:
    colour = await make_attribute(session, kind, slug="couleur")
    size = await make_attribute(session, kind, slug="taille")
    length = await make_attribute(session, kind, slug="longueur", input_type=Input.NUMERIC)
    width = await make_attribute(session, kind, slug="largeur", input_type=Input.NUMERIC)
    for name, slug, number in (("A", "bleu", 1), ("B", "rouge", 2), ("C", "vert", 3)):
        product = await shelf.put(name, colour, {"slug": slug})
        for attribute, given in (
            (size, {"slug": f"t{number}"}),
            (length, {"numeric": number}),
            (width, {"numeric": 5}),
        ):
            await answer(session, product, await make_value(session, attribute, **given))

    async def found(*asked: dict[str, Any]) -> str:
        return await shelf.found(*asked, by="filter")

    blue, red, first = (
        {"slug": "couleur", "values": ["bleu"]},
        {"slug": "couleur", "values": ["rouge"]},
        {"slug": "taille", "values": ["t1"]},
    )
    assert await found(blue, red) == "AB", "one of them is enough"
    assert await found(blue, red, first) == "A", "another attribute must hold besides"
    assert await found(red, first) == ""
    short, long = (
        {"slug": "longueur", "valuesRange": {"lte": 1}},
        {"slug": "longueur", "valuesRange": {"gte": 3}},
    )
    assert await found(short, long) == "AC"
    assert await found(short, {"slug": "largeur", "valuesRange": {"gte": 3}}) == "A"
    assert await found(short, long, blue) == "A"


async def test_by_numbers_exactly(session: AsyncSession, shelf: Shelf, kind: ProductType) -> None:
    pile = await make_attribute(session, kind, slug="poil", input_type=Input.NUMERIC)
    for name, number in (("A", "2"), ("B", "12.5"), ("C", "0.1")):
        await shelf.put(name, pile, {"numeric": Decimal(number)})

    async def found(numeric: dict[str, Any]) -> str:
        return await shelf.found({"slug": "poil", "value": {"numeric": numeric}})

    assert await found({"eq": 0.1}) == "C"
    assert await found({"oneOf": [2, "12.50"]}) == "AB"
    assert await found({"range": {"gte": 2}}) == "AB"
    assert await found({"range": {"gte": "0.1", "lte": 2}}) == "AC"
    assert await shelf.found({"value": {"numeric": {"eq": 2}}}) == "A"
    assert await shelf.found({"slug": "poil", "valuesRange": {"gte": 1, "lte": 12}}, by="filter") == "A"


async def test_by_days_and_moments(session: AsyncSession, shelf: Shelf, kind: ProductType) -> None:
    harvest = await make_attribute(session, kind, slug="recolte", input_type=Input.DATE)
    fired = await make_attribute(session, kind, slug="cuisson", input_type=Input.DATE_TIME)
    for name, month in (("A", 8), ("B", 9)):
        product = await shelf.put(name, harvest, {"day": date(2026, month, 1)})
        moment = datetime(2026, month, 1, 12, tzinfo=UTC)
        await answer(session, product, await make_value(session, fired, date_time=moment))
    august, noon = {"gte": "2026-08-01", "lte": "2026-08-31"}, {"gte": "2026-09-01T12:00:00+00:00"}
    assert await shelf.found({"slug": "recolte", "value": {"date": august}}) == "A"
    assert await shelf.found({"slug": "cuisson", "value": {"dateTime": noon}}) == "B"
    assert await shelf.found({"slug": "recolte", "date": august}, by="filter") == "A"
    assert await shelf.found({"slug": "cuisson", "dateTime": noon}, by="filter") == "B"


async def test_by_truth(session: AsyncSession, shelf: Shelf, kind: ProductType) -> None:
    by_hand = await make_attribute(session, kind, slug="fait-main", input_type=Input.BOOLEAN)
    await shelf.put("A", by_hand, {"boolean": True})
    await shelf.put("B", by_hand, {"boolean": False})
    await shelf.put("C", by_hand)
    for wanted, letter in ((True, "A"), (False, "B")):
        assert await shelf.found({"slug": "fait-main", "value": {"boolean": wanted}}) == letter
        assert await shelf.found({"slug": "fait-main", "boolean": wanted}, by="filter") == letter


async def test_by_what_is_referred_to(session: AsyncSession, shelf: Shelf, kind: ProductType) -> None:
    knot, loom = await make_page(session, slug="noeud"), await make_page(session, slug="metier")
    rug, variant = await make_listed_product(session, shelf.channel, name="Z", slug="tapis")
    variant.sku = "SKU-1"
    category = await make_category(session, slug="sol")
    see = await make_attribute(
        session, kind, slug="voir", input_type=Input.REFERENCE, entity_type=Entity.PAGE
    )
    await shelf.put("A", see, {"reference_page_id": knot.id}, {"reference_page_id": loom.id})
    await shelf.put("B", see, {"reference_page_id": knot.id})
    with_it = await make_attribute(
        session, kind, slug="avec", input_type=Input.SINGLE_REFERENCE, entity_type=Entity.PRODUCT
    )
    await shelf.put("C", with_it, {"reference_product_id": rug.id})
    await shelf.put("D", with_it, {"reference_variant_id": variant.id})
    await shelf.put("E", with_it, {"reference_category_id": category.id})

    async def found(reference: dict[str, Any], slug: str | None = None) -> str:
        asked: dict[str, Any] = {"value": {"reference": reference}}
        return await shelf.found(asked if slug is None else asked | {"slug": slug})

    assert await found({"pageSlugs": {"containsAny": ["noeud", "autre"]}}, "voir") == "AB"
    assert await found({"pageSlugs": {"containsAll": ["noeud", "metier"]}}, "voir") == "A"
    assert await found({"pageSlugs": {"containsAll": ["noeud", "autre"]}}) == ""
    assert await found({"pageSlugs": {"containsAny": ["noeud"]}}, "avec") == ""
    assert await found({"productSlugs": {"containsAny": ["tapis"]}}, "avec") == "C"
    assert await found({"productVariantSkus": {"containsAny": ["SKU-1"]}}) == "D"
    assert await found({"categorySlugs": {"containsAll": ["sol"]}}) == "E"
    ids = [to_global_id("Page", knot.id), to_global_id("Product", rug.id)]
    assert await found({"referencedIds": {"containsAny": ids}}) == "ABC"
    assert await found({"referencedIds": {"containsAll": ids}}) == ""
    pages = [to_global_id("Page", page.id) for page in (knot, loom)]
    assert await found({"referencedIds": {"containsAll": pages}}, "voir") == "A"


async def test_earlier_clients_find_products_by_their_variants_too(
    session: AsyncSession, shelf: Shelf, kind: ProductType
) -> None:
    size = await make_attribute(session, kind, slug="taille", scope=AttributeScope.VARIANT)
    _, variant = await make_listed_product(session, shelf.channel, name="A", product_type_id=kind.id)
    await answer(session, variant, await make_value(session, size, slug="grand"))
    assert await shelf.found({"slug": "taille", "values": ["grand"]}, by="filter") == "A"
    assert await shelf.found({"slug": "taille", "value": {"slug": {"eq": "grand"}}}) == ""


async def test_what_is_asked_wrongly_is_refused(
    session: AsyncSession, shelf: Shelf, kind: ProductType
) -> None:
    await make_attribute(session, kind, slug="couleur")
    await make_attribute(session, kind, slug="poil", input_type=Input.NUMERIC)
    blue = {"slug": {"eq": "bleu"}}
    for asked, says in (
        ([{"slug": None}], "empty or null"),
        ([{}], "empty or null"),
        ([{"slug": "couleur", "value": {}}], "empty or null"),
        ([{"slug": "couleur", "value": {"slug": None}}], "empty or null"),
        ([{"slug": "couleur", "value": {**blue, "name": {"eq": "Bleu"}}}], "only one"),
        ([{"slug": "couleur", "value": blue}, {"slug": "couleur", "value": blue}], "only once"),
        ([{"slug": "couleur", "value": {"numeric": {"eq": 1}}}], "does not fit"),
        ([{"slug": "poil", "value": {"boolean": True}}], "does not fit"),
        ([{"slug": "poil", "value": {"date": {"gte": "2026-01-01"}}}], "does not fit"),
        (
            [{"slug": "couleur", "value": {"reference": {"pageSlugs": {"containsAny": ["a"]}}}}],
            "does not fit",
        ),
        ([{"value": {"reference": {}}}], "can't be empty"),
        ([{"value": {"reference": {"pageSlugs": {"containsAny": []}}}}], "can't be empty"),
        ([{"value": {"reference": {"pageSlugs": {"containsAny": ["a"], "containsAll": ["b"]}}}}], "not both"),
        ([{"value": {"reference": {"referencedIds": {"containsAny": ["x"]}}}}], "global ids"),
        (
            [{"value": {"reference": {"referencedIds": {"containsAny": [to_global_id("User", 1)]}}}}],
            "global ids",
        ),
        ([{"slug": "couleur", "values": ["bleu"]}, {"slug": "poil", "value": blue}], "not by both"),
        ([{"slug": "couleur", "values": ["bleu"], "value": blue}], "not by both"),
        ([{"values": ["bleu"]}], "need the attribute's `slug`"),
    ):
        assert says in await shelf.refused(*asked), asked


async def test_a_condition_that_does_not_fit_refuses_within_alternatives_too(
    session: AsyncSession, shelf: Shelf, kind: ProductType
) -> None:
    await make_attribute(session, kind, slug="couleur")
    wrong = {"attributes": [{"slug": "couleur", "value": {"boolean": True}}]}
    answered = await shelf.ask(
        PRODUCTS, channel=shelf.channel.slug, where={"OR": [{"slug": {"eq": "a"}}, wrong]}
    )
    assert answered["data"] == {"products": None}


async def test_pages_are_found_by_what_they_answer(session: AsyncSession, read: Ask) -> None:
    stories = await make_page_type(session)
    region = await make_attribute(session, stories, slug="region")
    year = await make_attribute(session, stories, slug="annee", input_type=Input.NUMERIC)
    page = await make_page(session, stories, slug="tapis-de-taznakht")
    await make_page(session, stories)
    souss = await make_value(session, region, slug="souss")
    await answer(session, page, souss, await make_value(session, year, numeric=2019))
    query = """
    query ($where: PageWhereInput) { pages(first: 5, where: $where) { edges { node { slug } } } }
    """
    for asked in (
        {"slug": "region", "value": {"slug": {"eq": "souss"}}},
        {"slug": "annee", "value": {"numeric": {"range": {"lte": 2020}}}},
        {"slug": "region"},
    ):
        found = await read(query, where={"attributes": [asked]})
        assert [edge["node"]["slug"] for edge in found["pages"]["edges"]] == ["tapis-de-taznakht"]
    assert (await read(query, where={"attributes": []}))["pages"]["edges"] == []


async def test_variants_are_found_by_what_they_answer(
    session: AsyncSession, read: Ask, channel: Channel, kind: ProductType
) -> None:
    size = await make_attribute(session, kind, slug="taille", scope=AttributeScope.VARIANT)
    for sku, slug in (("S", "petit"), ("L", "grand")):
        _, variant = await make_listed_product(session, channel, product_type_id=kind.id)
        variant.sku = sku
        await answer(session, variant, await make_value(session, size, slug=slug))
    query = """
    query ($channel: String, $where: ProductVariantWhereInput) {
      productVariants(first: 5, channel: $channel, where: $where) { totalCount edges { node { sku } } } }
    """
    asked = {"attributes": [{"slug": "taille", "value": {"slug": {"eq": "grand"}}}]}
    found = (await read(query, channel=channel.slug, where=asked))["productVariants"]
    assert found == {"totalCount": 1, "edges": [{"node": {"sku": "L"}}]}
