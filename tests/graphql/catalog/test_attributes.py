"""What products, variants and pages answer to attributes of every input type, in both forms."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import (
    Attribute,
    AttributeEntityType,
    AttributeInputType,
    AttributeReferencePageType,
    AttributeReferenceProductType,
    AttributeScope,
    AttributeTranslation,
    AttributeValueTranslation,
)
from marketplace.catalog.descriptions import description_of_text
from marketplace.catalog.models import Collection, Product
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from marketplace_graphql.kernel import Requester
from tests.factories.attributes import answer, make_attribute, make_value
from tests.factories.catalog import make_category, make_listed_product, make_product_type
from tests.factories.content import make_page, make_page_type
from tests.factories.markets import make_channel
from tests.graphql.conftest import Ask, staff

Input, Entity = AttributeInputType, AttributeEntityType


@pytest.fixture
async def channel(session: AsyncSession) -> Channel:
    return await make_channel(session)


async def asked_product(
    session: AsyncSession, channel: Channel, **attribute: object
) -> tuple[Product, Attribute]:
    """A product whose type asks for one attribute."""
    kind = await make_product_type(session)
    asked = await make_attribute(session, kind, **attribute)
    product, _ = await make_listed_product(session, channel, product_type_id=kind.id)
    return product, asked


ASSIGNED = """
query ($id: ID, $channel: String, $slug: String!, $limit: PositiveInt = 100) {
  product(id: $id, channel: $channel) {
    attributes { attribute { slug } values {
      name slug value inputType reference file { url contentType } richText plainText boolean date dateTime
    } }
    attribute(slug: $slug) { values { slug } }
    assignedAttribute(slug: $slug) { __typename attribute { slug } }
    assignedAttributes {
      __typename attribute { slug inputType }
      ... on AssignedNumericAttribute { number: value }
      ... on AssignedTextAttribute { rich: value translation(languageCode: AR) }
      ... on AssignedPlainTextAttribute { plain: value words: translation(languageCode: AR) }
      ... on AssignedFileAttribute { file: value { url contentType } }
      ... on AssignedSingleChoiceAttribute { choice: value { name slug translation(languageCode: AR) } }
      ... on AssignedMultiChoiceAttribute {
        choices: value(limit: $limit) { name slug translation(languageCode: AR) } }
      ... on AssignedSwatchAttribute {
        swatch: value { name slug hexColor file { url contentType } translation(languageCode: AR) } }
      ... on AssignedBooleanAttribute { truth: value }
      ... on AssignedDateAttribute { day: value }
      ... on AssignedDateTimeAttribute { moment: value }
      ... on AssignedSinglePageReferenceAttribute { page: value { slug } }
      ... on AssignedSingleProductReferenceAttribute { product: value { slug } }
      ... on AssignedSingleProductVariantReferenceAttribute { variant: value { sku } }
      ... on AssignedSingleCategoryReferenceAttribute { category: value { slug } }
      ... on AssignedSingleCollectionReferenceAttribute { collection: value { slug } }
      ... on AssignedMultiPageReferenceAttribute { pages: value(limit: $limit) { slug } }
      ... on AssignedMultiProductReferenceAttribute { products: value { slug } }
      ... on AssignedMultiProductVariantReferenceAttribute { variants: value { sku } }
      ... on AssignedMultiCategoryReferenceAttribute { categories: value { slug } }
      ... on AssignedMultiCollectionReferenceAttribute { collections: value { slug } } } } }
"""


async def both_forms(
    read: Ask,
    channel: Channel,
    product: Product,
    asked: Attribute,
    asker: Requester | None = None,
    **variables: object,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The values in the old form; and the one answer in the new form, without what all kinds have."""
    given = {"id": to_global_id("Product", product.id), "channel": channel.slug, "slug": asked.slug}
    found = (await read(ASSIGNED, asker, **given | variables))["product"]
    ((old,), (new,)) = found["attributes"], found["assignedAttributes"]
    assert old["attribute"]["slug"] == new["attribute"]["slug"] == asked.slug
    assert new.pop("attribute")["inputType"] == asked.input_type
    assert found["assignedAttribute"]["__typename"] == new["__typename"]
    assert [value["slug"] for value in found["attribute"]["values"]] == [
        each["slug"] for each in old["values"]
    ]
    return old["values"], new


KINDS: list[tuple[Input, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (
        Input.NUMERIC,
        {"numeric": Decimal("12.5"), "name": "12.5"},
        {"name": "12.5"},
        {"__typename": "AssignedNumericAttribute", "number": 12.5},
    ),
    (
        Input.BOOLEAN,
        {"boolean": True, "name": "Fait main : oui"},
        {"boolean": True},
        {"__typename": "AssignedBooleanAttribute", "truth": True},
    ),
    (
        Input.DATE,
        {"day": date(2026, 9, 1)},
        {"date": "2026-09-01", "dateTime": None},
        {"__typename": "AssignedDateAttribute", "day": "2026-09-01"},
    ),
    (
        Input.DATE_TIME,
        {"date_time": datetime(2026, 9, 1, 8, 30, tzinfo=UTC)},
        {"dateTime": "2026-09-01T08:30:00+00:00", "date": None},
        {"__typename": "AssignedDateTimeAttribute", "moment": "2026-09-01T08:30:00+00:00"},
    ),
    (
        Input.PLAIN_TEXT,
        {"plain_text": "À laver à la main"},
        {"plainText": "À laver à la main", "richText": None},
        {"__typename": "AssignedPlainTextAttribute", "plain": "À laver à la main", "words": None},
    ),
    (
        Input.FILE,
        {"file_path": "files/notice.pdf", "content_type": "application/pdf"},
        {"file": {"url": "http://testserver/media/files/notice.pdf", "contentType": "application/pdf"}},
        {
            "__typename": "AssignedFileAttribute",
            "file": {"url": "http://testserver/media/files/notice.pdf", "contentType": "application/pdf"},
        },
    ),
    (
        Input.DROPDOWN,
        {"name": "Laine", "slug": "laine"},
        {"name": "Laine", "slug": "laine"},
        {
            "__typename": "AssignedSingleChoiceAttribute",
            "choice": {"name": "Laine", "slug": "laine", "translation": None},
        },
    ),
    (
        Input.SWATCH,
        {"name": "Bleu", "slug": "bleu", "value": "#0000ff"},
        {"value": "#0000ff", "file": None},
        {
            "__typename": "AssignedSwatchAttribute",
            "swatch": {
                "name": "Bleu",
                "slug": "bleu",
                "hexColor": "#0000ff",
                "file": None,
                "translation": None,
            },
        },
    ),
]


@pytest.mark.parametrize(("kind", "value", "old", "new"), KINDS, ids=lambda part: str(part)[:12])
async def test_each_way_of_answering_is_given_in_both_forms(
    session: AsyncSession,
    read: Ask,
    channel: Channel,
    kind: Input,
    value: dict[str, Any],
    old: dict[str, Any],
    new: dict[str, Any],
) -> None:
    product, asked = await asked_product(session, channel, input_type=kind)
    await answer(session, product, await make_value(session, asked, **value))
    (kept,), assigned = await both_forms(read, channel, product, asked)
    assert kept | old == kept
    assert kept["inputType"] == kind
    assert assigned == new


@pytest.mark.parametrize("kind", [kind for kind in Input if "REFERENCE" not in kind])
async def test_what_was_not_answered_is_null_or_empty(
    session: AsyncSession, read: Ask, channel: Channel, kind: Input
) -> None:
    product, asked = await asked_product(session, channel, input_type=kind)
    kept, assigned = await both_forms(read, channel, product, asked)
    assert kept == []
    del assigned["__typename"]
    assert set(map(str, assigned.values())) <= {"None", "[]"}


async def test_a_text_with_mark_up_comes_as_blocks_and_in_other_languages(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    product, asked = await asked_product(session, channel, input_type=Input.RICH_TEXT)
    blocks, arabic = description_of_text("Tissé à Taznakht."), description_of_text("منسوج بتازناخت.")
    value = await make_value(session, asked, rich_text=blocks)
    session.add(AttributeValueTranslation(attribute_value_id=value.id, language_code="ar", rich_text=arabic))
    await answer(session, product, value)
    (kept,), assigned = await both_forms(read, channel, product, asked)
    assert json.loads(kept["richText"]) == blocks
    assert assigned == {"__typename": "AssignedTextAttribute", "rich": blocks, "translation": arabic}


async def test_several_choices_come_in_the_order_in_which_they_were_given(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    product, asked = await asked_product(session, channel, input_type=Input.MULTISELECT)
    wool = await make_value(session, asked, name="Laine", slug="laine")
    cotton = await make_value(session, asked, name="Coton", slug="coton")
    session.add(AttributeValueTranslation(attribute_value_id=wool.id, language_code="ar", name="صوف"))
    await answer(session, product, cotton, wool)
    kept, assigned = await both_forms(read, channel, product, asked)
    assert [value["slug"] for value in kept] == ["coton", "laine"]
    assert assigned["choices"] == [
        {"name": "Coton", "slug": "coton", "translation": None},
        {"name": "Laine", "slug": "laine", "translation": "صوف"},
    ]
    _, first = await both_forms(read, channel, product, asked, limit=1)
    assert [choice["slug"] for choice in first["choices"]] == ["coton"]


async def test_a_swatch_may_be_a_picture(session: AsyncSession, read: Ask, channel: Channel) -> None:
    product, asked = await asked_product(session, channel, input_type=Input.SWATCH)
    woven = await make_value(session, asked, name="Chiné", file_path="a.webp", content_type="image/webp")
    await answer(session, product, woven)
    _, assigned = await both_forms(read, channel, product, asked)
    file = {"url": "http://testserver/media/a.webp", "contentType": "image/webp"}
    assert assigned["swatch"]["file"] == file
    assert assigned["swatch"]["hexColor"] is None


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("entity", Entity)
async def test_references_lead_to_what_they_point_at(
    session: AsyncSession, read: Ask, channel: Channel, entity: Entity, many: bool
) -> None:
    kind = Input.REFERENCE if many else Input.SINGLE_REFERENCE
    product, asked = await asked_product(session, channel, input_type=kind, entity_type=entity)
    other, variant = await make_listed_product(session, channel, name="Tapis bleu")
    variant.sku, variant.name = "SKU-1", "Grand"
    page = await make_page(session, title="Le nœud")
    category, collection = await make_category(session), Collection(name="Fêtes", slug="fetes")
    session.add(collection)
    await session.flush()
    key, type_name, target, seen = {
        Entity.PAGE: ("reference_page_id", "Page", page, {"slug": page.slug}),
        Entity.PRODUCT: ("reference_product_id", "Product", other, {"slug": other.slug}),
        Entity.PRODUCT_VARIANT: ("reference_variant_id", "ProductVariant", variant, {"sku": "SKU-1"}),
        Entity.CATEGORY: ("reference_category_id", "Category", category, {"slug": category.slug}),
        Entity.COLLECTION: ("reference_collection_id", "Collection", collection, {"slug": collection.slug}),
    }[entity]
    value = await make_value(session, asked, **{key: target.id})
    await answer(session, product, value)
    (kept,), assigned = await both_forms(read, channel, product, asked, staff("MANAGE_PRODUCTS"))
    assert kept["reference"] == to_global_id(type_name, target.id)
    names = {
        Entity.PAGE: "Le nœud",
        Entity.PRODUCT: "Tapis bleu",
        Entity.PRODUCT_VARIANT: "Tapis bleu: Grand",
    }
    assert kept["name"] == names.get(entity, value.name)
    word = "".join(part.capitalize() for part in entity.split("_"))
    assert assigned.pop("__typename") == f"Assigned{'Multi' if many else 'Single'}{word}ReferenceAttribute"
    assert list(assigned.values()) == [[seen] if many else seen]


async def test_a_reference_to_what_is_not_published_shows_nothing_of_it(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    product, asked = await asked_product(
        session, channel, input_type=Input.REFERENCE, entity_type=Entity.PAGE
    )
    draft, first, second = [await make_page(session, is_published=told) for told in (False, True, True)]
    values = [await make_value(session, asked, reference_page_id=page.id) for page in (second, draft, first)]
    await answer(session, product, *values)
    _, assigned = await both_forms(read, channel, product, asked)
    assert assigned["pages"] == [{"slug": second.slug}, {"slug": first.slug}]


async def test_buyers_do_not_see_attributes_that_are_hidden(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    product, hidden = await asked_product(session, channel, visible_in_storefront=False)
    await answer(session, product, await make_value(session, hidden))
    query = """
    query ($id: ID, $channel: String, $slug: String!, $attribute: ID) {
      product(id: $id, channel: $channel) {
        attributes { attribute { slug } } attribute(slug: $slug) { attribute { slug } }
        assignedAttributes { attribute { slug } } assignedAttribute(slug: $slug) { attribute { slug } }
        productType { productAttributes { slug } } }
      attribute(id: $attribute) { slug } attributes(first: 5) { edges { node { slug } } } }
    """
    given = {
        "id": to_global_id("Product", product.id),
        "channel": channel.slug,
        "slug": hidden.slug,
        "attribute": to_global_id("Attribute", hidden.id),
    }
    to_buyer, to_staff = await read(query, **given), await read(query, staff("MANAGE_PRODUCTS"), **given)
    assert to_buyer == {
        "product": {
            "attributes": [],
            "attribute": None,
            "assignedAttributes": [],
            "assignedAttribute": None,
            "productType": {"productAttributes": []},
        },
        "attribute": None,
        "attributes": {"edges": []},
    }
    shown = {"slug": hidden.slug}
    assert to_staff["attribute"] == shown
    assert to_staff["product"]["assignedAttributes"] == [{"attribute": shown}]


async def test_variants_are_chosen_by_some_of_their_attributes(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    kind = await make_product_type(session)
    of_variants: dict[str, Any] = {"scope": AttributeScope.VARIANT}
    size = await make_attribute(session, kind, **of_variants, variant_selection=True, slug="taille")
    note = await make_attribute(session, kind, **of_variants, slug="note", input_type=Input.PLAIN_TEXT)
    # Marked, but of a kind that nobody can choose by.
    await make_attribute(
        session, kind, **of_variants, variant_selection=True, slug="notice", input_type=Input.FILE
    )
    product, variant = await make_listed_product(session, channel, product_type_id=kind.id)
    large = await make_value(session, size, slug="grand")
    await answer(session, variant, large, await make_value(session, note, plain_text="Neuf"))
    query = """
    query ($id: ID, $channel: String) { product(id: $id, channel: $channel) {
      variants {
        all: attributes { attribute { slug } }
        chosen: attributes(variantSelection: VARIANT_SELECTION) { attribute { slug } values { slug } }
        rest: attributes(variantSelection: NOT_VARIANT_SELECTION) { attribute { slug } }
        assignedAttribute(slug: "note") { ... on AssignedPlainTextAttribute { value } } }
      productType {
        variantAttributes(variantSelection: VARIANT_SELECTION) { slug }
        assignedVariantAttributes { attribute { slug } variantSelection }
        chosen: assignedVariantAttributes(variantSelection: VARIANT_SELECTION) { attribute { slug } } } } }
    """
    found = (await read(query, id=to_global_id("Product", product.id), channel=channel.slug))["product"]
    (told,) = found["variants"]
    assert [each["attribute"]["slug"] for each in told["all"]] == ["taille", "note", "notice"]
    assert told["chosen"] == [{"attribute": {"slug": "taille"}, "values": [{"slug": "grand"}]}]
    assert [each["attribute"]["slug"] for each in told["rest"]] == ["note", "notice"]
    assert told["assignedAttribute"] == {"value": "Neuf"}
    assert found["productType"] == {
        "variantAttributes": [{"slug": "taille"}],
        "assignedVariantAttributes": [
            {"attribute": {"slug": "taille"}, "variantSelection": True},
            {"attribute": {"slug": "note"}, "variantSelection": False},
            {"attribute": {"slug": "notice"}, "variantSelection": False},
        ],
        "chosen": [{"attribute": {"slug": "taille"}}],
    }


async def test_an_attribute_says_who_asks_for_it_what_it_may_refer_to_and_its_unit(
    session: AsyncSession, read: Ask
) -> None:
    kind, other = await make_product_type(session, name="Tapis"), await make_product_type(session)
    stories = await make_page_type(session)
    height = await make_attribute(
        session, kind, input_type=Input.NUMERIC, unit="SQ_CM", external_reference="pile", slug="pile"
    )
    pages = await make_attribute(session, kind, input_type=Input.REFERENCE, entity_type=Entity.PAGE)
    products = await make_attribute(
        session, kind, scope=AttributeScope.VARIANT, input_type=Input.REFERENCE, entity_type=Entity.PRODUCT
    )
    session.add(AttributeReferencePageType(attribute_id=pages.id, page_type_id=stories.id))
    session.add(AttributeReferenceProductType(attribute_id=products.id, product_type_id=other.id))
    query = """
    query ($id: ID) { attribute(id: $id) {
      unit type entityType withChoices externalReference
      referenceTypes { __typename ... on ProductType { slug } ... on PageType { slug } }
      choices(first: 5) { edges { node { slug } } }
      productTypes(first: 5) { edges { node { slug } } }
      productVariantTypes(first: 5) { edges { node { slug } } } } }
    """

    async def told(attribute: Attribute) -> dict[str, Any]:
        found: dict[str, Any] = (await read(query, id=to_global_id("Attribute", attribute.id)))["attribute"]
        return found

    number = await told(height)
    assert number["unit"] == "SQ_CM"
    assert number["type"] == "PRODUCT_TYPE"
    assert number["entityType"] is None
    assert number["externalReference"] == "pile"
    assert number["referenceTypes"] == []
    assert number["productTypes"] == {"edges": [{"node": {"slug": kind.slug}}]}
    assert number["productVariantTypes"] == {"edges": []}
    assert (await told(pages))["referenceTypes"] == [{"__typename": "PageType", "slug": stories.slug}]
    referring = await told(products)
    assert referring["entityType"] == "PRODUCT"
    assert referring["referenceTypes"] == [{"__typename": "ProductType", "slug": other.slug}]
    assert referring["productVariantTypes"] == {"edges": [{"node": {"slug": kind.slug}}]}
    by_reference = 'query { attribute(externalReference: "pile") { slug } }'
    assert (await read(by_reference))["attribute"] == {"slug": "pile"}


async def test_only_lists_to_choose_from_have_choices(session: AsyncSession, read: Ask) -> None:
    material = await make_attribute(session, slug="matiere")
    height = await make_attribute(session, slug="hauteur", input_type=Input.NUMERIC)
    for name in ("Soie", "Laine", "Coton"):
        await make_value(session, material, name=name, slug=name.lower())
    await make_value(session, height, numeric=1)
    query = """
    query ($slug: String, $where: AttributeValueWhereInput, $filter: AttributeValueFilterInput,
           $sort: AttributeChoicesSortingInput, $search: String) {
      attribute(slug: $slug) { withChoices choices(
        first: 5, where: $where, filter: $filter, sortBy: $sort, search: $search) {
        edges { node { slug } } } } }
    """

    async def chosen(slug: str = "matiere", **variables: object) -> list[str]:
        found = (await read(query, slug=slug, **variables))["attribute"]
        return [edge["node"]["slug"] for edge in found["choices"]["edges"]]

    assert await chosen("hauteur") == []
    assert await chosen() == ["soie", "laine", "coton"]
    assert await chosen(sort={"field": "NAME", "direction": "DESC"}) == ["soie", "laine", "coton"]
    assert await chosen(sort={"field": "SLUG", "direction": "ASC"}) == ["coton", "laine", "soie"]
    assert await chosen(search="OI") == ["soie"]
    assert await chosen(filter={"slugs": ["soie", "lin"]}) == ["soie"]
    assert await chosen(filter={"search": "lain"}) == ["laine"]
    assert await chosen(where={"name": {"eq": "Soie"}}) == ["soie"]
    assert await chosen(where={"OR": [{"slug": {"eq": "soie"}}, {"slug": {"eq": "coton"}}]}) == [
        "soie",
        "coton",
    ]


async def test_what_attributes_say_is_translated_by_language(session: AsyncSession, read: Ask) -> None:
    care = await make_attribute(session, name="Entretien", input_type=Input.PLAIN_TEXT)
    by_hand = await make_value(session, care, name="À la main", plain_text="À laver à la main")
    session.add(AttributeTranslation(attribute_id=care.id, language_code="ar", name="العناية"))
    arabic = AttributeValueTranslation(
        attribute_value_id=by_hand.id, language_code="ar", name="باليد", plain_text="يغسل باليد"
    )
    session.add(arabic)
    await session.flush()
    query = """
    query ($id: ID) { attribute(id: $id) {
      translation(languageCode: AR) { name language { code }
        translatableContent { attributeId name attribute { slug }
          translation(languageCode: AR) { name } } }
      french: translation(languageCode: FR) { name } } }
    """
    found = (await read(query, id=to_global_id("Attribute", care.id)))["attribute"]
    assert found == {
        "translation": {
            "name": "العناية",
            "language": {"code": "AR"},
            "translatableContent": {
                "attributeId": to_global_id("Attribute", care.id),
                "name": "Entretien",
                "attribute": {"slug": care.slug},
                "translation": {"name": "العناية"},
            },
        },
        "french": None,
    }


async def list_attributes(read: Ask, asker: Any = None, **variables: object) -> list[str]:
    query = """
    query ($filter: AttributeFilterInput, $where: AttributeWhereInput, $sort: AttributeSortingInput,
           $search: String, $channel: String) {
      attributes(
        first: 20, filter: $filter, where: $where, sortBy: $sort, search: $search, channel: $channel) {
        edges { node { slug } } } }
    """
    found = await read(query, asker, **variables)
    return [edge["node"]["slug"] for edge in found["attributes"]["edges"]]


async def test_attributes_are_listed_by_what_they_are(session: AsyncSession, read: Ask) -> None:
    stories = await make_page_type(session)
    await make_attribute(session, slug="a", name="Matière", is_variant_only=True, value_required=True)
    await make_attribute(session, slug="b", name="Hauteur", input_type=Input.NUMERIC, unit="CM", position=1)
    await make_attribute(
        session, stories, slug="c", name="Voir aussi", position=2, input_type=Input.REFERENCE,
        entity_type=Entity.PAGE, public_metadata={"source": "atelier"},
    )  # fmt: skip
    for where, slugs in (
        ({"withChoices": True}, "a"),
        ({"withChoices": False}, "bc"),
        ({"inputType": {"eq": "NUMERIC"}}, "b"),
        ({"inputType": {"oneOf": ["NUMERIC", "REFERENCE"]}}, "bc"),
        ({"entityType": {"eq": "PAGE"}}, "c"),
        ({"type": {"eq": "PAGE_TYPE"}}, "c"),
        ({"unit": {"oneOf": ["CM", "KG"]}}, "b"),
        ({"valueRequired": True}, "a"),
        ({"metadata": [{"key": "source", "value": "atelier"}]}, "c"),
        ({"metadata": [{"key": "source", "value": "autre"}]}, ""),
        ({"OR": [{"slug": {"eq": "a"}}, {"name": {"eq": "Hauteur"}}]}, "ab"),
    ):
        assert await list_attributes(read, where=where) == list(slugs), where
    for given, slugs in (
        ({"isVariantOnly": True}, "a"),
        ({"type": "PAGE_TYPE"}, "c"),
        ({"search": "haut"}, "b"),
        ({"slugs": ["a", "z"]}, "a"),
        ({"metadata": [{"key": "source"}]}, "c"),
    ):
        assert await list_attributes(read, filter=given) == list(slugs), given
    assert await list_attributes(read, search="voir") == ["c"]
    by_name = {"field": "NAME", "direction": "ASC"}
    assert await list_attributes(read, sort=by_name) == ["b", "a", "c"]
    assert await list_attributes(read, sort={"field": "VALUE_REQUIRED", "direction": "DESC"}) == [
        "a",
        "c",
        "b",
    ]


async def test_attributes_of_a_shelf_are_those_that_its_products_are_asked(
    session: AsyncSession, read: Ask, channel: Channel
) -> None:
    rugs, jars = await make_product_type(session), await make_product_type(session)
    await make_attribute(session, rugs, slug="noeuds")
    await make_attribute(session, jars, slug="contenance", scope=AttributeScope.VARIANT)
    house = await make_category(session)
    floor, kitchen = await make_category(session, house), await make_category(session, house)
    await make_listed_product(session, channel, product_type_id=rugs.id, category_id=floor.id)
    elsewhere = await make_channel(session)
    await make_listed_product(session, elsewhere, product_type_id=jars.id, category_id=kitchen.id)

    async def of(category_id: int, channel: Channel) -> list[str]:
        where = {"inCategory": to_global_id("Category", category_id)}
        return await list_attributes(read, where=where, channel=channel.slug)

    assert await of(floor.id, channel) == ["noeuds"]
    assert await of(house.id, channel) == ["noeuds"]
    assert await of(kitchen.id, channel) == []
    assert await of(house.id, elsewhere) == ["contenance"]
    older = {"inCategory": to_global_id("Category", house.id), "channel": elsewhere.slug}
    assert await list_attributes(read, filter=older) == ["contenance"]


async def test_what_a_type_could_ask_for_is_for_staff(session: AsyncSession, ask: Ask) -> None:
    kind, stories = await make_product_type(session), await make_page_type(session)
    await make_attribute(session, kind, slug="demande")
    await make_attribute(session, slug="libre")
    await make_attribute(session, stories, slug="d-une-page")
    query = """
    query ($id: ID!, $page: ID!) {
      productType(id: $id) { availableAttributes(first: 5) { edges { node { slug } } } }
      pageType(id: $page) { hasPages availableAttributes(first: 5) { edges { node { slug } } } } }
    """
    given = {"id": to_global_id("ProductType", kind.id), "page": to_global_id("PageType", stories.id)}
    told = await ask(query, staff("MANAGE_PRODUCTS", "MANAGE_PAGES"), **given)
    assert told["data"] == {
        "productType": {"availableAttributes": {"edges": [{"node": {"slug": "libre"}}]}},
        "pageType": {"hasPages": False, "availableAttributes": {"edges": []}},
    }
    refused = await ask(query, **given)
    codes = {error["extensions"]["exception"]["code"] for error in refused["errors"]}
    assert codes == {"PermissionDenied"}
