"""Texts that can be translated, as translators' tools ask for them."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import AttributeInputType, AttributeScope
from marketplace.content.menus import MenuItemTranslation
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import ShippingMethodTranslation
from marketplace_graphql.kernel import Requester
from tests.factories.attributes import answer, make_attribute, make_value
from tests.factories.catalog import make_product, make_product_type, make_variant
from tests.factories.checkout import make_market
from tests.factories.content import make_item, make_menu
from tests.graphql.conftest import Ask, staff

TRANSLATOR = staff("MANAGE_TRANSLATIONS")
ONE = """query T($id: ID!, $kind: TranslatableKinds!) { translation(id: $id, kind: $kind) { __typename
  ... on MenuItemTranslatableContent { id menuItemId name
    translation(languageCode: AR) { id name translatableContent { name } } menuItem { id } }
  ... on ShippingMethodTranslatableContent { id shippingMethodId name description
    way: translation(languageCode: AR) { name translatableContent { shippingMethodId } }
    shippingMethod { id } } } }"""


async def test_a_translator_reads_the_texts_of_one_thing(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    market.method.description = "Chez vous"
    item = await make_item(session, await make_menu(session), name="Tapis")
    session.add(MenuItemTranslation(menu_item_id=item.id, language_code="ar", name="زرابي"))
    session.add(
        ShippingMethodTranslation(shipping_method_id=market.method.id, language_code="ar", name="توصيل")
    )
    item_id, method_id = (
        to_global_id("MenuItem", item.id),
        to_global_id("ShippingMethodType", market.method.id),
    )
    found = (await read(ONE, TRANSLATOR, id=item_id, kind="MENU_ITEM"))["translation"]
    assert found["id"] == to_global_id("MenuItemTranslatableContent", item.id)
    assert (found["menuItemId"], found["name"], found["menuItem"]) == (item_id, "Tapis", {"id": item_id})
    assert (found["translation"]["name"], found["translation"]["translatableContent"]) == (
        "زرابي",
        {"name": "Tapis"},
    )
    found = (await read(ONE, TRANSLATOR, id=method_id, kind="SHIPPING_METHOD"))["translation"]
    assert (found["shippingMethodId"], found["shippingMethod"]) == (method_id, {"id": method_id})
    assert "Chez vous" in found["description"]
    assert found["way"] == {"name": "توصيل", "translatableContent": {"shippingMethodId": method_id}}


async def test_products_and_variants_show_what_they_say_in_words_of_their_own(
    session: AsyncSession, read: Ask
) -> None:
    kind = await make_product_type(session)
    product = await make_product(session, product_type_id=kind.id)
    variant = await make_variant(session, product)
    for row, scope in ((product, AttributeScope.PRODUCT), (variant, AttributeScope.VARIANT)):
        story = await make_attribute(session, kind, scope=scope, input_type=AttributeInputType.PLAIN_TEXT)
        colour = await make_attribute(session, kind, scope=scope)
        said = await make_value(session, story, plain_text=f"Texte de {scope}")
        await answer(session, row, said, await make_value(session, colour))
    for type_name, row_id, scope in (
        ("Product", product.id, "PRODUCT"),
        ("ProductVariant", variant.id, "VARIANT"),
    ):
        question = """query T($id: ID!, $kind: TranslatableKinds!) { translation(id: $id, kind: $kind) {
          ... on %sTranslatableContent { attributeValues { plainText } } } }"""
        found = await read(question % type_name, TRANSLATOR, id=to_global_id(type_name, row_id), kind=scope)
        assert found["translation"] == {"attributeValues": [{"plainText": f"Texte de {scope}"}]}


async def test_all_things_of_a_kind_are_listed_page_by_page(session: AsyncSession, read: Ask) -> None:
    menu = await make_menu(session)
    names = [(await make_item(session, menu)).name for _ in range(3)]
    question = """query T($after: String) { translations(kind: MENU_ITEM, first: 2, after: $after) {
      totalCount pageInfo { hasNextPage endCursor }
      edges { cursor node { __typename ... on MenuItemTranslatableContent { name } } } } }"""
    first = (await read(question, TRANSLATOR))["translations"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (3, True)
    second = (await read(question, TRANSLATOR, after=first["pageInfo"]["endCursor"]))["translations"]
    nodes = [edge["node"] for page in (first, second) for edge in page["edges"]]
    assert [node["name"] for node in nodes] == names
    assert {node["__typename"] for node in nodes} == {"MenuItemTranslatableContent"}


@pytest.mark.parametrize("requester", [None, staff("MANAGE_MENUS")])
@pytest.mark.parametrize(
    "question",
    [
        "{ translation(id: %r, kind: MENU_ITEM) { __typename } }",
        "{ translations(kind: MENU_ITEM, first: 1) { totalCount } }",
    ],
)
async def test_translations_are_for_translators(
    session: AsyncSession, ask: Ask, requester: Requester | None, question: str
) -> None:
    item = await make_item(session, await make_menu(session))
    asked = question.replace("%r", f'"{to_global_id("MenuItem", item.id)}"')
    refused = await ask(asked, requester)
    assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_an_id_of_another_kind_is_refused(session: AsyncSession, ask: Ask) -> None:
    item = to_global_id("MenuItem", (await make_item(session, await make_menu(session))).id)
    for kind in ("SHIPPING_METHOD", "SALE"):
        refused = await ask(ONE, TRANSLATOR, id=item, kind=kind)
        assert refused["data"] == {"translation": None}
        assert refused["errors"][0]["path"] == ["translation"]
