"""Staff make and change many attributes at once, under each error policy; and single values of lists."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import forgetting
from marketplace.catalog.attributes import (
    Attribute,
    AttributeInputType,
    AttributeType,
    AttributeValue,
    ProductAnswerOrder,
)
from marketplace.catalog.models import Product
from marketplace.kit.ids import to_global_id
from marketplace.kit.jobs import is_pending
from tests.factories.attributes import answer, make_attribute, make_value
from tests.factories.catalog import make_product, make_product_type
from tests.graphql.catalog.conftest import Heard
from tests.graphql.conftest import Ask, staff

STAFF = staff("MANAGE_PRODUCT_TYPES_AND_ATTRIBUTES")
RESULTS = """count errors { path code } results { errors { path code }
  attribute { name slug choices(first: 20) { edges { node { name } } } } }"""
CREATE = f"""mutation($given: [AttributeCreateInput!]!, $policy: ErrorPolicyEnum) {{
  attributeBulkCreate(attributes: $given, errorPolicy: $policy) {{ {RESULTS} }} }}"""
UPDATE = f"""mutation($given: [AttributeBulkUpdateInput!]!, $policy: ErrorPolicyEnum) {{
  attributeBulkUpdate(attributes: $given, errorPolicy: $policy) {{ {RESULTS} }} }}"""
VALUE = "errors { field code } attribute { slug } attributeValue { name slug value externalReference }"
ADD = f"""mutation($id: ID!, $input: AttributeValueCreateInput!) {{
  attributeValueCreate(attribute: $id, input: $input) {{ {VALUE} }} }}"""
CHANGE = f"""mutation($id: ID, $ref: String, $input: AttributeValueUpdateInput!) {{
  attributeValueUpdate(id: $id, externalReference: $ref, input: $input) {{ {VALUE} }} }}"""
TAKE = f"""mutation($id: ID, $ref: String) {{
  attributeValueDelete(id: $id, externalReference: $ref) {{ {VALUE} }} }}"""
TAKE_MANY = "mutation($ids: [ID!]!) { attributeValueBulkDelete(ids: $ids) { count errors { field code } } }"


def of(row: Attribute | AttributeValue) -> str:
    return to_global_id(type(row).__name__, row.id)


def told(result: Any) -> list[tuple[str | None, str]]:
    return [(error["path"], error["code"]) for error in result["errors"]]


def wool(**more: Any) -> dict[str, Any]:
    return {"name": "Laine", "type": "PRODUCT_TYPE", **more}


@pytest.mark.parametrize(
    ("policy", "made", "kept"),
    [
        (None, [None, None], []),
        ("REJECT_EVERYTHING", [None, None], []),
        ("REJECT_FAILED_ROWS", ["Bois", None], ["Bois"]),
        ("IGNORE_FAILED", ["Bois", "Laine"], ["Bois", "Laine"]),
    ],
)
async def test_the_policy_says_what_becomes_of_a_row_with_a_wrong_value(
    read: Ask, session: AsyncSession, policy: str | None, made: list[str | None], kept: list[str]
) -> None:
    wrong = wool(values=[{"name": "fine"}, {"name": "x" * 251}])
    given = [wool(name="Bois", values=[{"name": "Cèdre"}]), wrong]
    done = (await read(CREATE, STAFF, given=given, policy=policy))["attributeBulkCreate"]
    results = done["results"]
    assert [each["attribute"] and each["attribute"]["name"] for each in results] == made
    assert [told(each) for each in results] == [[], [("values.1.name", "MAX_LENGTH")]]
    assert done["count"] == len(kept)
    assert done["errors"] == []
    assert (await session.scalars(select(Attribute.name).order_by(Attribute.id))).all() == kept
    if policy == "IGNORE_FAILED":
        assert [edge["node"]["name"] for edge in results[1]["attribute"]["choices"]["edges"]] == ["fine"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([wool(name="")], [[("name", "REQUIRED")]]),
        ([wool(name="x" * 256)], [[("name", "MAX_LENGTH")]]),
        ([wool(type="PAGE_TYPE")], [[(None, "REQUIRED")]]),
        ([wool(externalReference="prise")], [[("externalReference", "UNIQUE")]]),
        ([wool(externalReference="a")] * 2, [[("externalReference", "DUPLICATED_INPUT_ITEM")]] * 2),
        ([wool(inputType="REFERENCE")], [[("entityType", "REQUIRED")]]),
        ([wool(inputType="FILE", filterableInDashboard=True)], [[("filterableInDashboard", "INVALID")]]),
        ([wool(inputType="NUMERIC", values=[{"name": "1"}])], [[("values", "INVALID")]]),
        ([wool(values=[{"name": "a", "value": "#fff"}])], [[("values.0.value", "INVALID")]]),
        (
            [wool(values=[{"name": "a"}, {"name": "A"}])],
            [[("values.0.name", "DUPLICATED_INPUT_ITEM"), ("values.1.name", "DUPLICATED_INPUT_ITEM")]],
        ),
        (
            [wool(values=[{"name": "a", "externalReference": "prise"}])],
            [[("values.0.externalReference", "UNIQUE")]],
        ),
        ([wool(referenceTypes=["UGFnZVR5cGU6MQ=="])], [[("referenceTypes", "NOT_FOUND")]]),
    ],
)
async def test_each_row_is_told_its_own_mistakes(
    read: Ask, session: AsyncSession, rows: list[Any], expected: list[Any]
) -> None:
    taken = await make_attribute(session, external_reference="prise")
    await make_value(session, taken, external_reference="prise")
    done = (await read(CREATE, STAFF, given=rows))["attributeBulkCreate"]
    assert [told(each) for each in done["results"]] == expected
    assert await session.scalar(select(func.count()).select_from(Attribute)) == 1


async def test_too_many_rows_are_none(read: Ask) -> None:
    done = (await read(CREATE, STAFF, given=[wool()] * 101))["attributeBulkCreate"]
    assert done == {"count": 0, "errors": [{"path": "attributes", "code": "INVALID"}], "results": []}


async def test_attributes_change_with_their_lists(read: Ask, session: AsyncSession, heard: Heard) -> None:
    first = await make_attribute(session, name="Laine")
    second = await make_attribute(session, external_reference="erp-2")
    gone, foreign = await make_value(session, first), await make_value(session, second)
    given = [
        {
            "id": of(first),
            "fields": {"name": "Fibre", "removeValues": [of(gone)], "addValues": [{"name": "Soie"}]},
        },
        {
            "externalReference": "erp-2",
            "fields": {"removeValues": [of(foreign), of(gone)], "addValues": [{}]},
        },
    ]
    done = (await read(UPDATE, STAFF, given=given, policy="IGNORE_FAILED"))["attributeBulkUpdate"]
    assert [told(each) for each in done["results"]] == [
        [],
        [("removeValues.1", "INVALID"), ("addValues.0.name", "REQUIRED")],
    ]
    assert done["count"] == 2
    assert done["results"][0]["attribute"]["name"] == "Fibre"
    assert (await session.scalars(select(AttributeValue.name))).all() == ["Soie"]
    assert [event for event, _ in heard] == [
        "ATTRIBUTE_VALUE_DELETED",
        "ATTRIBUTE_VALUE_CREATED",
        "ATTRIBUTE_VALUE_DELETED",
        "ATTRIBUTE_UPDATED",
        "ATTRIBUTE_UPDATED",
    ]


MINE = {"externalReference": "mine"}


@pytest.mark.parametrize(
    ("named", "fields", "expected"),
    [
        ({}, {}, (None, "INVALID")),
        ({"id": "UGFnZTox"}, {}, ("id", "INVALID")),
        ({"id": to_global_id("Attribute", 10**9)}, {}, ("id", "NOT_FOUND")),
        ({"externalReference": "none"}, {}, ("externalReference", "NOT_FOUND")),
        ({"externalReference": "page"}, {"name": "x"}, (None, "REQUIRED")),
        (MINE, {"name": " "}, ("name", "REQUIRED")),
        (MINE, {"externalReference": "page"}, ("fields.externalReference", "UNIQUE")),
        (MINE, {"addValues": [{"name": "LAINE"}]}, ("addValues.0.name", "ALREADY_EXISTS")),
        (MINE, {"removeValues": ["UGFnZTox"]}, ("removeValues.0", "INVALID")),
    ],
)  # fmt: skip
async def test_a_row_that_can_not_be_changed_is_left_as_it_is(
    read: Ask, session: AsyncSession, named: Any, fields: Any, expected: tuple[str | None, str]
) -> None:
    mine = await make_attribute(session, external_reference="mine")
    await make_value(session, mine, name="Laine")
    await make_attribute(session, type=AttributeType.PAGE_TYPE, external_reference="page")
    requester = (
        staff("MANAGE_CUSTOMER_TYPES_AND_ATTRIBUTES") if named.get("externalReference") == "page" else STAFF
    )
    done = (await read(UPDATE, requester, given=[named | {"fields": fields}]))["attributeBulkUpdate"]
    assert [told(each) for each in done["results"]] == [[expected]]
    assert done["count"] == 0


async def test_a_value_is_added_to_a_list(read: Ask, session: AsyncSession, heard: Heard) -> None:
    attribute = await make_attribute(session, slug="matiere")
    await make_value(session, attribute, name="Laine", slug="laine")
    given = {"name": "Laine", "externalReference": "erp-1"}
    added = (await read(ADD, staff("MANAGE_PRODUCTS"), id=of(attribute), input=given))["attributeValueCreate"]
    assert added == {
        "errors": [],
        "attribute": {"slug": "matiere"},
        "attributeValue": {"name": "Laine", "slug": "laine-2", "value": "", "externalReference": "erp-1"},
    }
    new = await session.scalar(select(AttributeValue.id).where(AttributeValue.external_reference == "erp-1"))
    assert heard == [("ATTRIBUTE_VALUE_CREATED", new), ("ATTRIBUTE_UPDATED", attribute.id)]


@pytest.mark.parametrize(
    ("input_type", "said", "expected"),
    [
        ("DROPDOWN", {"name": ""}, ("name", "REQUIRED")),
        ("DROPDOWN", {"name": "x" * 251}, ("name", "INVALID")),
        ("DROPDOWN", {"name": "a", "value": "#fff"}, ("value", "INVALID")),
        ("DROPDOWN", {"name": "a", "contentType": "image/png"}, ("contentType", "INVALID")),
        ("DROPDOWN", {"name": "a", "externalReference": "prise"}, ("externalReference", "UNIQUE")),
        ("SWATCH", {"name": "a", "value": "x" * 101}, ("value", "INVALID")),
        ("SWATCH", {"name": "a", "fileUrl": "https://x.y/z.png"}, ("fileUrl", "INVALID")),
        ("SWATCH", {"name": "a", "value": "#fff", "fileUrl": "https://x.y/z.png"}, ("value", "INVALID")),
        ("NUMERIC", {"name": "12"}, ("name", "INVALID")),
    ],
)  # fmt: skip
async def test_a_value_that_a_list_can_not_have_is_not_added(
    read: Ask, session: AsyncSession, input_type: str, said: Any, expected: tuple[str, str]
) -> None:
    attribute = await make_attribute(session, input_type=AttributeInputType(input_type))
    await make_value(session, await make_attribute(session), external_reference="prise")
    added = (await read(ADD, STAFF, id=of(attribute), input=said))["attributeValueCreate"]
    assert (added["errors"][0]["field"], added["errors"][0]["code"]) == expected
    assert added["attributeValue"] is added["attribute"] is None


async def test_products_are_found_and_sorted_by_what_a_value_is_called_now(
    read: Ask, session: AsyncSession, heard: Heard
) -> None:
    kind = await make_product_type(session)
    attribute = await make_attribute(session, kind)
    value = await make_value(session, attribute, name="Laine", external_reference="erp-1")
    await answer(session, await make_product(session, product_type_id=kind.id), value)
    changed = (await read(CHANGE, STAFF, ref="erp-1", input={"name": "Soie"}))["attributeValueUpdate"]
    assert changed["attributeValue"] == {
        "name": "Soie", "slug": "soie", "value": "", "externalReference": "erp-1",
    }  # fmt: skip
    assert await session.scalar(select(ProductAnswerOrder.words)) == "Soie"
    assert "soi" in (await session.scalar(select(Product.search_text)) or "")
    assert heard == [("ATTRIBUTE_VALUE_UPDATED", value.id), ("ATTRIBUTE_UPDATED", attribute.id)]


async def test_where_many_products_give_a_value_a_job_has_them_follow(
    read: Ask, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 1)
    monkeypatch.setattr(forgetting, "BATCH", 2)
    kind = await make_product_type(session)
    attribute = await make_attribute(session, kind)
    value = await make_value(session, attribute, name="Laine")
    products = [await make_product(session, product_type_id=kind.id) for _ in range(3)]
    for product in products:
        await answer(session, product, value)
    await read(CHANGE, STAFF, id=of(value), input={"name": "Soie"})
    words = select(ProductAnswerOrder.words).order_by(ProductAnswerOrder.product_id)
    assert (await session.scalars(words)).all() == ["Laine"] * 3
    named = {"attribute_id": attribute.id, "value_id": value.id}
    assert await is_pending(session, "catalog.follow_values", **named)
    await forgetting.follow_values(session, attribute.id, value.id, 0)
    assert (await session.scalars(words)).all() == ["Soie", "Soie", "Laine"]
    last = products[1].id
    assert await is_pending(session, "catalog.follow_values", **named, after_product_id=last)
    await forgetting.follow_values(session, attribute.id, value.id, last)
    assert (await session.scalars(words)).all() == ["Soie"] * 3


async def test_a_swatch_has_its_colour_or_its_picture(read: Ask, session: AsyncSession, api: Any) -> None:
    attribute = await make_attribute(session, input_type=AttributeInputType.SWATCH)
    value = await make_value(session, attribute, value="#fff")
    picture = {"fileUrl": api.settings["media_url"] + "/files/zellige.png", "contentType": "image/png"}
    await read(CHANGE, STAFF, id=of(value), input=picture)
    await session.refresh(value)
    assert (value.value, value.file_path, value.content_type) == ("", "files/zellige.png", "image/png")
    await read(CHANGE, STAFF, id=of(value), input={"value": "#1b2a6b"})
    await session.refresh(value)
    assert (value.value, value.file_path, value.content_type) == ("#1b2a6b", None, None)


async def test_a_value_goes_from_all_that_give_it(read: Ask, session: AsyncSession, heard: Heard) -> None:
    kind = await make_product_type(session)
    attribute = await make_attribute(session, kind, slug="matiere")
    value = await make_value(session, attribute, name="Laine", external_reference="erp-1")
    await answer(session, await make_product(session, product_type_id=kind.id), value)
    gone = (await read(TAKE, STAFF, ref="erp-1"))["attributeValueDelete"]
    assert (gone["errors"], gone["attributeValue"]["name"]) == ([], "Laine")
    assert await session.scalar(select(func.count()).select_from(AttributeValue)) == 0
    assert await session.scalar(select(func.count()).select_from(ProductAnswerOrder)) == 0
    assert heard == [("ATTRIBUTE_VALUE_DELETED", value.id), ("ATTRIBUTE_UPDATED", attribute.id)]


async def test_a_value_that_is_going_is_gone_to_everybody(
    read: Ask, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 0)
    kind = await make_product_type(session)
    value = await make_value(session, await make_attribute(session, kind))
    await answer(session, await make_product(session, product_type_id=kind.id), value)
    assert (await read(TAKE, STAFF, id=of(value)))["attributeValueDelete"]["errors"] == []
    missing = [{"field": "id", "code": "NOT_FOUND"}]
    assert (await read(TAKE, STAFF, id=of(value)))["attributeValueDelete"]["errors"] == missing
    changed = await read(CHANGE, STAFF, id=of(value), input={"name": "Soie"})
    assert changed["attributeValueUpdate"]["errors"] == missing
    many = (await read(TAKE_MANY, STAFF, ids=[of(value)]))["attributeValueBulkDelete"]
    assert many["errors"] == [{"field": "ids", "code": "NOT_FOUND"}]


async def test_values_go_at_once_or_not_at_all(read: Ask, session: AsyncSession, heard: Heard) -> None:
    found = [await make_value(session, await make_attribute(session)) for _ in range(2)]
    ids = [of(each) for each in found]
    refused = await read(TAKE_MANY, STAFF, ids=[*ids, to_global_id("AttributeValue", 10**9)])
    assert refused["attributeValueBulkDelete"] == {
        "count": 0, "errors": [{"field": "ids", "code": "NOT_FOUND"}],
    }  # fmt: skip
    done = await read(TAKE_MANY, STAFF, ids=ids)
    assert done["attributeValueBulkDelete"] == {"count": 2, "errors": []}
    assert sorted(event for event, _ in heard) == ["ATTRIBUTE_UPDATED"] * 2 + ["ATTRIBUTE_VALUE_DELETED"] * 2


async def test_values_are_changed_by_who_may_change_their_attribute(ask: Ask, session: AsyncSession) -> None:
    attribute = await make_attribute(session, type=AttributeType.PAGE_TYPE)
    value = await make_value(session, attribute)
    for requester in (None, staff("MANAGE_PRODUCTS"), staff("MANAGE_CUSTOMER_TYPES_AND_ATTRIBUTES")):
        for document, given in (
            (CHANGE, {"id": of(value), "input": {"name": "x"}}),
            (TAKE, {"id": of(value)}),
            (TAKE_MANY, {"ids": [of(value)]}),
        ):
            refused = await ask(document, requester, **given)
            assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    refused = await ask(ADD, staff("MANAGE_ORDERS"), id=of(attribute), input={"name": "x"})
    assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
