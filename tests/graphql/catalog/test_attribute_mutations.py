"""Staff make attributes, change them and take them away."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import (
    Attribute,
    AttributeInputType,
    AttributeType,
    AttributeValue,
)
from marketplace.kit.ids import to_global_id
from tests.factories.attributes import make_attribute, make_value
from tests.factories.catalog import make_product_type
from tests.factories.content import make_page_type
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.catalog.conftest import Heard
from tests.graphql.conftest import Ask, buyer, seller, staff

PRODUCTS, PAGES, CUSTOMERS = (
    f"MANAGE_{whose}_TYPES_AND_ATTRIBUTES" for whose in ("PRODUCT", "PAGE", "CUSTOMER")
)
STAFF = staff(PRODUCTS)
ATTRIBUTE = """attribute { id name slug type inputType entityType unit valueRequired visibleInStorefront
  filterableInDashboard externalReference withChoices referenceTypes { __typename }
  choices(first: 20) { edges { node { name slug value externalReference file { url } } } } }"""
CREATE = f"""mutation($input: AttributeCreateInput!) {{
  attributeCreate(input: $input) {{ errors {{ field code }} attributeErrors {{ field }} {ATTRIBUTE} }} }}"""
UPDATE = f"""mutation($id: ID, $ref: String, $input: AttributeUpdateInput!) {{
  attributeUpdate(id: $id, externalReference: $ref, input: $input) {{
    errors {{ field code }} {ATTRIBUTE} }} }}"""
DELETE = """mutation($id: ID, $ref: String) {
  attributeDelete(id: $id, externalReference: $ref) { errors { field code } attribute { id name } } }"""
BULK_DELETE = "mutation($ids: [ID!]!) { attributeBulkDelete(ids: $ids) { count errors { field code } } }"
REORDER = f"""mutation($id: ID!, $moves: [ReorderInput!]!) {{
  attributeReorderValues(attributeId: $id, moves: $moves) {{ errors {{ field code }} {ATTRIBUTE} }} }}"""


def of(attribute: Attribute) -> str:
    return to_global_id("Attribute", attribute.id)


def values(*found: AttributeValue) -> list[str]:
    return [to_global_id("AttributeValue", value.id) for value in found]


def names(payload: Any) -> list[str]:
    return [edge["node"]["name"] for edge in payload["attribute"]["choices"]["edges"]]


async def count(session: AsyncSession, model: Any) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_an_attribute_is_made_with_its_list(read: Ask, session: AsyncSession, heard: Heard) -> None:
    given = {
        "name": "Matière",
        "type": "PRODUCT_TYPE",
        "inputType": "MULTISELECT",
        "externalReference": "erp-1",
        "valueRequired": True,
        "filterableInDashboard": True,
        "values": [{"name": "Laine", "externalReference": "erp-2"}, {"name": "Coton"}],
    }
    made = (await read(CREATE, STAFF, input=given))["attributeCreate"]
    assert made["errors"] == made["attributeErrors"] == []
    attribute = made["attribute"]
    assert attribute | {"id": "", "choices": None} == {
        "id": "", "name": "Matière", "slug": "matiere", "type": "PRODUCT_TYPE", "inputType": "MULTISELECT",
        "entityType": None, "unit": None, "valueRequired": True, "visibleInStorefront": True,
        "filterableInDashboard": True, "externalReference": "erp-1", "withChoices": True,
        "referenceTypes": [], "choices": None,
    }  # fmt: skip
    assert [edge["node"] for edge in attribute["choices"]["edges"]] == [
        {"name": "Laine", "slug": "laine", "value": "", "externalReference": "erp-2", "file": None},
        {"name": "Coton", "slug": "coton", "value": "", "externalReference": None, "file": None},
    ]
    row = (await session.scalars(select(Attribute))).one()
    assert heard == [("ATTRIBUTE_CREATED", row.id)]


@pytest.mark.parametrize("input_type", [None, *AttributeInputType])
async def test_an_attribute_can_be_answered_in_every_way(
    read: Ask, session: AsyncSession, input_type: AttributeInputType | None
) -> None:
    given = {"name": "Auteur", "type": "PAGE_TYPE", "inputType": input_type, "entityType": "PAGE"}
    made = (await read(CREATE, staff(PAGES), input=given))["attributeCreate"]
    assert made["errors"] == []
    assert made["attribute"]["inputType"] == (input_type or "DROPDOWN")
    is_reference = input_type in ("REFERENCE", "SINGLE_REFERENCE")
    assert made["attribute"]["entityType"] == ("PAGE" if is_reference else None)


async def test_a_second_attribute_of_a_name_has_a_slug_of_its_own(read: Ask, session: AsyncSession) -> None:
    given = {"name": "Matière", "type": "PRODUCT_TYPE"}
    slugs = [(await read(CREATE, STAFF, input=given))["attributeCreate"]["attribute"]["slug"] for _ in "ab"]
    assert slugs == ["matiere", "matiere-2"]


async def test_a_swatch_has_colours_and_pictures(read: Ask, api: Any) -> None:
    root = api.settings["media_url"]
    listed = [
        {"name": "Indigo", "value": "#1b2a6b"},
        {"name": "Zellige", "fileUrl": f"{root}/files/zellige.webp", "contentType": "image/webp"},
    ]
    given = {"name": "Couleur", "type": "PRODUCT_TYPE", "inputType": "SWATCH", "values": listed}
    made = (await read(CREATE, STAFF, input=given))["attributeCreate"]
    assert [
        (edge["node"]["value"], edge["node"]["file"]) for edge in made["attribute"]["choices"]["edges"]
    ] == [("#1b2a6b", None), ("", {"url": f"{root}/files/zellige.webp"})]


BASE = {"name": "Matière", "type": "PRODUCT_TYPE"}
REFUSED: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"name": " "}, ("name", "REQUIRED")),
    ({"name": "x" * 256}, ("name", "INVALID")),
    ({"slug": "pris"}, ("slug", "UNIQUE")),
    ({"slug": "pas un slug"}, ("slug", "INVALID")),
    ({"externalReference": "prise"}, ("externalReference", "UNIQUE")),
    ({"inputType": "REFERENCE"}, ("entityType", "REQUIRED")),
    ({"inputType": "SINGLE_REFERENCE"}, ("entityType", "REQUIRED")),
    ({"inputType": "DROPDOWN", "unit": "CM"}, ("unit", "INVALID")),
    ({"inputType": "FILE", "filterableInDashboard": True}, ("filterableInDashboard", "INVALID")),
    ({"inputType": "PLAIN_TEXT", "filterableInStorefront": True}, ("filterableInStorefront", "INVALID")),
    ({"inputType": "RICH_TEXT", "availableInGrid": True}, ("availableInGrid", "INVALID")),
    ({"inputType": "NUMERIC", "storefrontSearchPosition": 3}, ("storefrontSearchPosition", "INVALID")),
    ({"inputType": "NUMERIC", "values": [{"name": "12"}]}, ("values", "INVALID")),
    ({"values": [{"name": ""}]}, ("values", "REQUIRED")),
    ({"values": [{"name": "x" * 251}]}, ("values", "INVALID")),
    ({"values": [{"name": "Laine"}, {"name": "laine "}]}, ("values", "UNIQUE")),
    ({"values": [{"name": "Laine", "value": "#fff"}]}, ("values", "INVALID")),
    ({"values": [{"name": "Laine", "externalReference": "prise"}]}, ("values", "UNIQUE")),
    ({"inputType": "SWATCH", "values": [{"name": "a", "fileUrl": "https://x.y/z"}]}, ("values", "INVALID")),
]


@pytest.mark.parametrize(("said", "told"), REFUSED)
async def test_an_attribute_that_can_not_be_is_told_field_by_field(
    read: Ask, session: AsyncSession, said: dict[str, Any], told: tuple[str, str]
) -> None:
    taken = await make_attribute(session, slug="pris", external_reference="prise")
    await make_value(session, taken, external_reference="prise")
    made = (await read(CREATE, STAFF, input=BASE | said))["attributeCreate"]
    assert (made["errors"][0]["field"], made["errors"][0]["code"]) == told
    assert made["attribute"] is None
    assert await count(session, Attribute) == 1


@pytest.mark.parametrize(
    ("input_type", "entity", "named", "code"),
    [
        (None, None, "ProductType", "INVALID"),
        ("REFERENCE", "PAGE", "ProductType", "INVALID"),
        ("REFERENCE", "PRODUCT", "PageType", "INVALID"),
        ("SINGLE_REFERENCE", "PRODUCT_VARIANT", "PageType", "INVALID"),
        ("REFERENCE", "CATEGORY", "ProductType", "INVALID"),
        ("REFERENCE", "COLLECTION", "ProductType", "INVALID"),
        ("REFERENCE", "PAGE", "Attribute", "INVALID"),
        ("REFERENCE", "PAGE", "nothing", "NOT_FOUND"),
    ],
)
async def test_a_reference_is_narrowed_only_to_types_of_what_it_points_at(
    read: Ask, session: AsyncSession, input_type: str | None, entity: str | None, named: str, code: str
) -> None:
    ids = {
        "ProductType": (await make_product_type(session)).id,
        "PageType": (await make_page_type(session)).id,
        "Attribute": (await make_attribute(session)).id,
    }
    global_id = to_global_id(*(("PageType", 10**9) if named == "nothing" else (named, ids[named])))
    given = BASE | {"inputType": input_type, "entityType": entity, "referenceTypes": [global_id]}
    made = (await read(CREATE, STAFF, input=given))["attributeCreate"]
    assert made["errors"] == [{"field": "referenceTypes", "code": code}]


@pytest.mark.parametrize(
    ("kind", "entity", "type_name"),
    [
        ("PRODUCT", "PRODUCT", "ProductType"),
        ("PRODUCT", "PRODUCT_VARIANT", "ProductType"),
        ("PAGE", "PAGE", "PageType"),
    ],
)
async def test_a_reference_may_be_narrowed_to_types_and_widened_again(
    read: Ask, session: AsyncSession, kind: str, entity: str, type_name: str
) -> None:
    row = await (make_page_type if kind == "PAGE" else make_product_type)(session)
    given = BASE | {
        "inputType": "REFERENCE",
        "entityType": entity,
        "referenceTypes": [to_global_id(type_name, row.id)],
    }
    made = (await read(CREATE, STAFF, input=given))["attributeCreate"]
    assert made["attribute"]["referenceTypes"] == [{"__typename": type_name}]
    widened = await read(UPDATE, STAFF, id=made["attribute"]["id"], input={"referenceTypes": []})
    assert widened["attributeUpdate"]["attribute"]["referenceTypes"] == []


async def test_an_attribute_changes_with_its_list(read: Ask, session: AsyncSession, heard: Heard) -> None:
    attribute = await make_attribute(session, name="Matière", external_reference="erp-1")
    gone, kept = await make_value(session, attribute, name="Laine"), await make_value(session, attribute)
    given = {
        "name": "Fibre",
        "slug": "fibre",
        "visibleInStorefront": False,
        "addValues": [{"name": "Soie"}],
        "removeValues": values(gone),
    }
    changed = (await read(UPDATE, STAFF, ref="erp-1", input=given))["attributeUpdate"]
    assert changed["errors"] == []
    assert (changed["attribute"]["name"], changed["attribute"]["slug"]) == ("Fibre", "fibre")
    assert names(changed) == [kept.name, "Soie"]
    new = await session.scalar(select(AttributeValue.id).where(AttributeValue.name == "Soie"))
    assert heard == [
        ("ATTRIBUTE_VALUE_CREATED", new),
        ("ATTRIBUTE_VALUE_DELETED", gone.id),
        ("ATTRIBUTE_UPDATED", attribute.id),
    ]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"name": ""}, ("name", "REQUIRED")),
        ({"slug": ""}, ("slug", "REQUIRED")),
        ({"slug": "pris"}, ("slug", "UNIQUE")),
        ({"externalReference": "prise"}, ("externalReference", "UNIQUE")),
        ({"unit": "KG"}, ("unit", "INVALID")),
        ({"addValues": [{"value": "x"}]}, ("addValues", "REQUIRED")),
        ({"addValues": [{"name": " laine "}]}, ("addValues", "ALREADY_EXISTS")),
        ({"removeValues": ["{foreign}"]}, ("removeValues", "INVALID")),
        ({"removeValues": ["UGFnZTox"]}, ("removeValues", "INVALID")),
    ],
)
async def test_a_change_that_can_not_be_changes_nothing(
    read: Ask, session: AsyncSession, said: dict[str, Any], told: tuple[str, str]
) -> None:
    taken = await make_attribute(session, slug="pris", external_reference="prise")
    foreign = values(await make_value(session, taken))
    attribute = await make_attribute(session, name="Matière")
    await make_value(session, attribute, name="Laine")
    if said.get("removeValues") == ["{foreign}"]:
        said = {"removeValues": foreign}
    changed = (await read(UPDATE, STAFF, id=of(attribute), input=said))["attributeUpdate"]
    assert (changed["errors"][0]["field"], changed["errors"][0]["code"]) == told
    assert await count(session, AttributeValue) == 2


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({}, (None, "GRAPHQL_ERROR")),
        ({"id": "QXR0cmlidXRlOjE=", "ref": "erp"}, (None, "GRAPHQL_ERROR")),
        ({"id": "QXR0cmlidXRlOjk5OTk5OQ=="}, ("id", "NOT_FOUND")),
        ({"id": "UGFnZTox"}, ("id", "INVALID")),
        ({"ref": "none"}, ("externalReference", "NOT_FOUND")),
    ],
)
async def test_an_attribute_is_named_by_one_of_its_names(
    read: Ask, named: dict[str, str], told: tuple[str | None, str]
) -> None:
    for document, field in ((UPDATE, "attributeUpdate"), (DELETE, "attributeDelete")):
        more = {"input": {"name": "x"}} if document is UPDATE else {}
        answered = (await read(document, STAFF, **named, **more))[field]
        assert (answered["errors"][0]["field"], answered["errors"][0]["code"]) == told


async def test_attributes_go_at_once_or_not_at_all(read: Ask, session: AsyncSession, heard: Heard) -> None:
    found = [await make_attribute(session), await make_attribute(session)]
    ids = [of(each) for each in found]
    missing = to_global_id("Attribute", 10**9)
    refused = (await read(BULK_DELETE, STAFF, ids=[*ids, missing]))["attributeBulkDelete"]
    assert refused == {"count": 0, "errors": [{"field": "ids", "code": "NOT_FOUND"}]}
    assert heard == []
    done = (await read(BULK_DELETE, STAFF, ids=[*ids, ids[0]]))["attributeBulkDelete"]
    assert done == {"count": 2, "errors": []}
    assert heard == [("ATTRIBUTE_DELETED", each.id) for each in found]


async def test_values_of_a_list_move(read: Ask, session: AsyncSession, heard: Heard) -> None:
    attribute = await make_attribute(session)
    listed = [await make_value(session, attribute, name=name) for name in "abcd"]
    a, _, c, _ = values(*listed)
    moves = [{"id": c, "sortOrder": -2}, {"id": a, "sortOrder": 99}]
    moved = (await read(REORDER, STAFF, id=of(attribute), moves=moves))["attributeReorderValues"]
    assert names(moved) == ["c", "b", "d", "a"]
    assert {event for event, _ in heard} == {"ATTRIBUTE_VALUE_UPDATED", "ATTRIBUTE_UPDATED"}
    by_one = (await read(REORDER, STAFF, id=of(attribute), moves=[{"id": c}]))["attributeReorderValues"]
    assert names(by_one) == ["b", "c", "d", "a"]


async def test_only_a_lists_own_values_move(read: Ask, session: AsyncSession) -> None:
    attribute = await make_attribute(session)
    foreign = values(await make_value(session, await make_attribute(session)))[0]
    for given, told in (
        ({"id": of(attribute), "moves": [{"id": foreign, "sortOrder": 1}]}, ("moves", "NOT_FOUND")),
        ({"id": of(attribute), "moves": [{"id": "UGFnZTox", "sortOrder": 1}]}, ("moves", "INVALID")),
        ({"id": to_global_id("Attribute", 10**9), "moves": []}, ("attributeId", "NOT_FOUND")),
    ):
        errors = (await read(REORDER, STAFF, **given))["attributeReorderValues"]["errors"]
        assert [(error["field"], error["code"]) for error in errors] == [told]


@pytest.mark.parametrize("who", ["nobody", "buyer", "seller", "other staff"])
async def test_only_staff_who_look_after_types_change_attributes(
    ask: Ask, session: AsyncSession, who: str
) -> None:
    user, vendor = await make_user(session), await make_vendor(session)
    attribute = await make_attribute(session)
    requester = {
        "nobody": None,
        "buyer": buyer(user),
        "seller": seller(vendor.id, user),
        "other staff": staff("MANAGE_PRODUCTS", "MANAGE_PAGES"),
    }[who]
    for document, given in (
        (CREATE, {"input": BASE}),
        (UPDATE, {"id": of(attribute), "input": {"name": "Fibre"}}),
        (DELETE, {"id": of(attribute)}),
        (BULK_DELETE, {"ids": [of(attribute)]}),
        (REORDER, {"id": of(attribute), "moves": []}),
    ):
        refused = await ask(document, requester, **given)
        assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    assert await count(session, Attribute) == 1


@pytest.mark.parametrize(
    ("kind_of", "permission", "is_right"),
    [
        (AttributeType.PRODUCT_TYPE, PRODUCTS, True),
        (AttributeType.PRODUCT_TYPE, PAGES, False),
        (AttributeType.PAGE_TYPE, PAGES, True),
        (AttributeType.PAGE_TYPE, CUSTOMERS, False),
        (AttributeType.CUSTOMER_TYPE, CUSTOMERS, True),
        (AttributeType.CUSTOMER_TYPE, PRODUCTS, False),
    ],
)
async def test_the_attributes_type_says_which_permission_it_takes(
    ask: Ask, session: AsyncSession, kind_of: AttributeType, permission: str, is_right: bool
) -> None:
    attribute = await make_attribute(session, type=kind_of)
    made = await ask(CREATE, staff(permission), input=BASE | {"type": kind_of.value})
    assert ("errors" not in made) is is_right
    changed = await ask(UPDATE, staff(permission), id=of(attribute), input={"name": "Fibre"})
    assert ("errors" not in changed) is is_right
