"""Translators say in other languages what there is, one thing or many at once; searches find it by that."""

import base64
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import AttributeType
from marketplace.catalog.models import Product, ProductTranslation, ProductVariant
from marketplace.content.pages import Page
from marketplace.kit import events
from marketplace.kit.announcements import Announcement
from marketplace.kit.ids import to_global_id
from tests.factories.attributes import make_attribute, make_value
from tests.factories.catalog import make_category, make_collection, make_product
from tests.factories.content import make_item, make_menu, make_page
from tests.graphql.conftest import Ask, staff

TRANSLATOR = staff("MANAGE_TRANSLATIONS")
BLOCKS = '{"blocks": [{"type": "paragraph", "data": {"text": "زربية من الصوف"}}]}'
NAMES = [
    *("productTranslate", "productVariantTranslate", "categoryTranslate", "collectionTranslate"),
    *("attributeTranslate", "attributeValueTranslate", "pageTranslate", "menuItemTranslate"),
]
"""Every mutation that translates one thing."""
INPUTS = {
    "menuItem": "Name",
    "attribute": "Name",
    "productVariant": "Name",
    "page": "Page",
    "attributeValue": "AttributeValue",
}
"""How the types of their inputs begin, where they have not the common one."""


async def subject(session: AsyncSession, name: str) -> tuple[str, str, str]:
    """(type, global id, the payload's field) of a thing that a mutation translates."""
    product = await make_product(session)
    variant = await session.scalar(select(ProductVariant).where(ProductVariant.product_id == product.id))
    attribute = await make_attribute(session)
    made: dict[str, tuple[str, Any]] = {
        "productTranslate": ("Product", product),
        "productVariantTranslate": ("ProductVariant", variant),
        "categoryTranslate": ("Category", await make_category(session)),
        "collectionTranslate": ("Collection", await make_collection(session)),
        "attributeTranslate": ("Attribute", attribute),
        "attributeValueTranslate": ("AttributeValue", await make_value(session, attribute)),
        "pageTranslate": ("Page", await make_page(session)),
        "menuItemTranslate": ("MenuItem", await make_item(session, await make_menu(session))),
    }
    type_name, row = made[name]
    return type_name, to_global_id(type_name, row.id), name[0].lower() + name[1:].removesuffix("Translate")


def document(name: str, field: str, text: str = "name") -> str:
    input_type = {"menuItem": "Name", "attribute": "Name", "productVariant": "Name", "page": "Page"}.get(
        field, ""
    )
    input_type = "AttributeValue" if field == "attributeValue" else input_type
    return f"""mutation($id: ID!, $input: {input_type}TranslationInput!) {{
      {name}(id: $id, languageCode: AR, input: $input) {{ errors {{ field code }} translationErrors {{ code }}
        {field} {{ id translation(languageCode: AR) {{ {text} language {{ code }} }} }} }} }}"""


@pytest.mark.parametrize("name", NAMES)
async def test_a_thing_is_said_in_another_language_and_said_better(
    session: AsyncSession, read: Ask, name: str
) -> None:
    type_name, global_id, field = await subject(session, name)
    text = "title" if field == "page" else "name"
    for said in ("زربية", "زربية كبيرة"):
        answer = (await read(document(name, field, text), TRANSLATOR, id=global_id, input={text: said}))[name]
        assert answer["errors"] == []
        assert answer[field]["translation"] == {text: said, "language": {"code": "AR"}}
    key = base64.b64decode(global_id).decode().split(":")[1]
    content_id = to_global_id(f"{type_name}TranslatableContent", key)
    again = (await read(document(name, field, text), TRANSLATOR, id=content_id, input={text: "x"}))[name]
    assert again[field]["translation"][text] == "x"


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_wrong_is_not_written(session: AsyncSession, ask: Ask, name: str) -> None:
    _, global_id, field = await subject(session, name)
    text = "title" if field == "page" else "name"
    call = document(name, field, text)
    for given, error in (
        ({"id": global_id, "input": {text: "x" * 251}}, {"field": text, "code": "INVALID"}),
        ({"id": to_global_id("Shop", 1), "input": {}}, {"field": "id", "code": "NOT_FOUND"}),
        ({"id": "nonsense", "input": {}}, {"field": "id", "code": "NOT_FOUND"}),
    ):
        answer = (await ask(call, TRANSLATOR, **given))["data"][name]
        assert answer == {"errors": [error], "translationErrors": [{"code": error["code"]}], field: None}
    refused = await ask(call, staff("MANAGE_PRODUCTS", "MANAGE_PAGES"), id=global_id, input={text: "x"})
    assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


PRODUCT = """mutation($id: ID!, $language: LanguageCodeEnum!, $input: TranslationInput!) {
  productTranslate(id: $id, languageCode: $language, input: $input) { errors { field code }
    product { translation(languageCode: $language) { slug name description seoTitle seoDescription } } } }"""


async def test_what_is_not_said_stays_and_what_is_empty_goes(session: AsyncSession, read: Ask) -> None:
    product = to_global_id("Product", (await make_product(session)).id)
    whole = {
        "slug": "زربية",
        "name": "زربية",
        "description": BLOCKS,
        "seoTitle": "زربية",
        "seoDescription": "زربية من الصوف",
    }
    answer = await read(PRODUCT, TRANSLATOR, id=product, language="AR", input=whole)
    said = answer["productTranslate"]["product"]["translation"]
    assert said | {"description": ""} == whole | {"description": ""}
    assert "زربية من الصوف" in str(said["description"])
    less = {"seoTitle": None, "name": ""}
    answer = await read(PRODUCT, TRANSLATOR, id=product, language="AR", input=less)
    said = answer["productTranslate"]["product"]["translation"]
    assert (said["name"], said["seoTitle"], said["slug"]) == (None, None, "زربية")


@pytest.mark.parametrize(
    ("input", "errors"),
    [
        ({"slug": "taken"}, [("slug", "UNIQUE")]),
        ({"slug": "no good"}, [("slug", "INVALID")]),
        (
            {"seoTitle": "x" * 71, "seoDescription": "x" * 301},
            [("seoTitle", "INVALID"), ("seoDescription", "INVALID")],
        ),
        ({"description": '{"blocks": 1}'}, [("description", "INVALID")]),
    ],
)
async def test_texts_of_a_product_are_checked(
    session: AsyncSession, read: Ask, input: dict[str, str], errors: list[tuple[str, str]]
) -> None:
    product, other = await make_product(session), await make_product(session)
    session.add(ProductTranslation(product_id=other.id, language_code="ar", slug="taken"))
    product_id = to_global_id("Product", product.id)
    answer = await read(PRODUCT, TRANSLATOR, id=product_id, language="AR", input={"name": "x"} | input)
    found = [(each["field"], each["code"]) for each in answer["productTranslate"]["errors"]]
    assert sorted(found) == sorted(errors)
    written = select(ProductTranslation.product_id).where(ProductTranslation.product_id == product.id)
    assert await session.scalar(written) is None
    elsewhere = await read(PRODUCT, TRANSLATOR, id=product_id, language="FR", input={"slug": "taken"})
    assert elsewhere["productTranslate"]["errors"] == []


async def test_a_product_is_found_by_what_it_is_called_elsewhere(session: AsyncSession, read: Ask) -> None:
    product = await make_product(session)
    call = document("productTranslate", "product")
    await read(call, TRANSLATOR, id=to_global_id("Product", product.id), input={"name": "زعفران"})
    await session.refresh(product, ["search_name"])
    assert "زعفران" in product.search_name
    page = await make_page(session)
    call = document("pageTranslate", "page", "title")
    await read(call, TRANSLATOR, id=to_global_id("Page", page.id), input={"title": "زعفران"})
    assert "زعفران" in (await session.scalar(select(Page.search_title).where(Page.id == page.id)) or "")


async def test_a_text_that_answers_is_called_by_how_it_begins(session: AsyncSession, read: Ask) -> None:
    value = await make_value(session, await make_attribute(session))
    call = document("attributeValueTranslate", "attributeValue", "name plainText")
    given = {"plainText": "صوف من الأطلس"}
    answer = await read(call, TRANSLATOR, id=to_global_id("AttributeValue", value.id), input=given)
    said = answer["attributeValueTranslate"]["attributeValue"]["translation"]
    assert (said["name"], said["plainText"]) == ("صوف من الأطلس", "صوف من الأطلس")


async def test_what_was_noted_of_one_customer_is_not_for_translators(
    session: AsyncSession, read: Ask
) -> None:
    noted = await make_attribute(session, type=AttributeType.CUSTOMER_TYPE, input_type="PLAIN_TEXT")
    value = await make_value(session, noted)
    call = document("attributeValueTranslate", "attributeValue")
    answer = await read(call, TRANSLATOR, id=to_global_id("AttributeValue", value.id), input={"name": "x"})
    assert answer["attributeValueTranslate"]["errors"] == [{"field": "id", "code": "NOT_FOUND"}]


async def test_a_translation_is_announced(
    session: AsyncSession, read: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    async def listen(_session: AsyncSession, told: Announcement) -> None:
        heard.append(told.event)

    monkeypatch.setitem(events._subscribers, Announcement, [listen])
    category = to_global_id("Category", (await make_category(session)).id)
    for name in ("a", "b"):
        await read(document("categoryTranslate", "category"), TRANSLATOR, id=category, input={"name": name})
    assert heard == ["TRANSLATION_CREATED", "TRANSLATION_UPDATED"]


BULK = """mutation($translations: [ProductBulkTranslateInput!]!, $policy: ErrorPolicyEnum) {
  productBulkTranslate(translations: $translations, errorPolicy: $policy) { count errors { code }
    results { translation { name slug } errors { path code } } } }"""


@pytest.mark.parametrize(
    ("policy", "count", "names"),
    [
        (None, 0, [None, None, None]),
        ("REJECT_FAILED_ROWS", 1, ["Tapis", None, None]),
        ("IGNORE_FAILED", 2, ["Tapis", None, "Rug"]),
    ],
)
async def test_many_things_are_said_at_once(
    session: AsyncSession, read: Ask, policy: str | None, count: int, names: list[str | None]
) -> None:
    product, other = await make_product(session), await make_product(session)
    product.external_reference = "rug-1"
    given = [
        {"externalReference": "rug-1", "languageCode": "FR", "translationFields": {"name": "Tapis"}},
        {"id": to_global_id("Product", 99999), "languageCode": "FR", "translationFields": {"name": "x"}},
        {
            "id": to_global_id("Product", other.id),
            "languageCode": "EN",
            "translationFields": {"name": "Rug", "slug": "no good"},
        },
    ]
    answer = (await read(BULK, TRANSLATOR, translations=given, policy=policy))["productBulkTranslate"]
    assert (answer["count"], answer["errors"]) == (count, [])
    found = [each["translation"] and each["translation"]["name"] for each in answer["results"]]
    assert found == names
    assert [each["errors"] for each in answer["results"]] == [
        [],
        [{"path": "id", "code": "NOT_FOUND"}],
        [{"path": "slug", "code": "INVALID"}],
    ]
    written = await session.scalars(select(ProductTranslation.name).order_by(ProductTranslation.name))
    assert list(written) == sorted(name for name in names if name)


@pytest.mark.parametrize(
    ("name", "input_type"),
    [
        ("productVariantBulkTranslate", "ProductVariantBulkTranslateInput"),
        ("attributeBulkTranslate", "AttributeBulkTranslateInput"),
        ("attributeValueBulkTranslate", "AttributeValueBulkTranslateInput"),
    ],
)
async def test_so_are_variants_attributes_and_values(
    session: AsyncSession, read: Ask, name: str, input_type: str
) -> None:
    _, global_id, _ = await subject(session, name.replace("Bulk", ""))
    given = [{"id": global_id, "languageCode": "FR", "translationFields": {"name": "Laine"}}]
    call = f"""mutation($given: [{input_type}!]!) {{ {name}(translations: $given) {{ count
      results {{ translation {{ name language {{ code }} }} errors {{ path }} }} }} }}"""
    assert (await read(call, TRANSLATOR, given=given))[name] == {
        "count": 1,
        "results": [{"translation": {"name": "Laine", "language": {"code": "FR"}}, "errors": []}],
    }


async def test_a_bulk_names_each_thing_once(session: AsyncSession, read: Ask) -> None:
    product: Product = await make_product(session)
    both = {"id": to_global_id("Product", product.id), "externalReference": "x"}
    for named in ({}, both):
        given = [named | {"languageCode": "FR", "translationFields": {"name": "x"}}]
        answer = (await read(BULK, TRANSLATOR, translations=given))["productBulkTranslate"]
        assert answer["results"] == [
            {"translation": None, "errors": [{"path": None, "code": "GRAPHQL_ERROR"}]}
        ]
