"""Kinds of customers as staff make them: names, the default, and what they ask for."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import AttributeType
from marketplace.kit.ids import to_global_id
from marketplace.people.models import CustomerType
from tests.factories.attributes import make_attribute
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, Told, staff

TYPE = "customerType { id name slug isDefault attributes { slug } }"
CREATE = f"""
mutation ($input: CustomerTypeCreateInput!) {{
  customerTypeCreate(input: $input) {{ {TYPE} errors {{ field code }} }} }}
"""
UPDATE = f"""
mutation ($id: ID!, $input: CustomerTypeUpdateInput!) {{
  customerTypeUpdate(id: $id, input: $input) {{ {TYPE} errors {{ field code }} }} }}
"""
DELETE = f"mutation ($id: ID!) {{ customerTypeDelete(id: $id) {{ {TYPE} errors {{ field code }} }} }}"
ASSIGN = f"""
mutation ($id: ID!, $ids: [ID!]!) {{
  customerTypeAssignAttributes(customerTypeId: $id, attributeIds: $ids) {{
    {TYPE} errors {{ field code attributes }} }} }}
"""
UNASSIGN = f"""
mutation ($id: ID!, $ids: [ID!]!) {{
  customerTypeUnassignAttributes(customerTypeId: $id, attributeIds: $ids) {{
    {TYPE} errors {{ field code }} }} }}
"""
REORDER = f"""
mutation ($id: ID!, $moves: [ReorderInput!]!) {{
  customerTypeReorderAttributes(customerTypeId: $id, moves: $moves) {{
    {TYPE} errors {{ field code attributes }} }} }}
"""
KEEPER = staff("MANAGE_CUSTOMER_TYPES_AND_ATTRIBUTES")


@pytest.fixture
async def private(session: AsyncSession) -> CustomerType:
    """What new customers are of."""
    kind = CustomerType(name="Particuliers", slug="private", is_default=True)
    session.add(kind)
    await session.flush()
    return kind


def cid(kind: CustomerType) -> str:
    return to_global_id("CustomerType", kind.id)


def errors(payload: dict[str, Any]) -> list[tuple[str | None, str]]:
    return [(error["field"], error["code"]) for error in payload["errors"]]


async def test_a_kind_is_made_and_takes_the_defaults_place(
    read: Ask, session: AsyncSession, private: CustomerType, told: Told
) -> None:
    made = (await read(CREATE, KEEPER, input={"name": "Maisons d’hôtes"}))["customerTypeCreate"]
    assert errors(made) == []
    assert (made["customerType"]["slug"], made["customerType"]["isDefault"]) == ("maisons-d-hotes", False)
    second = {"name": "Maisons d’hôtes", "isDefault": True}
    made = (await read(CREATE, KEEPER, input=second))["customerTypeCreate"]["customerType"]
    assert (made["slug"], made["isDefault"]) == ("maisons-d-hotes-2", True)
    await session.refresh(private)
    assert not private.is_default
    changed = await read(UPDATE, KEEPER, id=cid(private), input={"isDefault": True, "slug": "people"})
    assert changed["customerTypeUpdate"]["customerType"]["isDefault"]
    assert [event for event, _ in told] == ["CUSTOMER_TYPE_CREATED"] * 2 + ["CUSTOMER_TYPE_UPDATED"]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, ("name", "REQUIRED")),
        ({"name": " "}, ("name", "REQUIRED")),
        ({"name": "x" * 251}, ("name", "INVALID")),
        ({"name": "x", "slug": "private"}, ("slug", "UNIQUE")),
        ({"name": "x", "slug": "two words!"}, ("slug", "INVALID")),
    ],
)
async def test_what_is_wrong_with_a_kind_is_said(
    read: Ask, private: CustomerType, given: dict[str, Any], error: tuple[str, str]
) -> None:
    assert errors((await read(CREATE, KEEPER, input=given))["customerTypeCreate"]) == [error]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"isDefault": False}, ("isDefault", "CANNOT_UNSET_DEFAULT")),
        ({"name": ""}, ("name", "REQUIRED")),
        ({"slug": ""}, ("slug", "REQUIRED")),
        ({"slug": "taken"}, ("slug", "UNIQUE")),
    ],
)
async def test_a_wrong_change_leaves_the_kind_alone(
    read: Ask, session: AsyncSession, private: CustomerType, given: dict[str, Any], error: tuple[str, str]
) -> None:
    session.add(CustomerType(name="Taken", slug="taken"))
    assert errors((await read(UPDATE, KEEPER, id=cid(private), input=given))["customerTypeUpdate"]) == [error]
    await session.refresh(private)
    assert (private.name, private.slug, private.is_default) == ("Particuliers", "private", True)


async def test_a_deleted_kinds_customers_are_of_the_default_one(
    read: Ask, session: AsyncSession, private: CustomerType, told: Told
) -> None:
    kind = CustomerType(name="Maisons d’hôtes", slug="guest-houses")
    session.add(kind)
    await session.flush()
    fatima = await make_user(session, customer_type_id=kind.id)
    gone = (await read(DELETE, KEEPER, id=cid(kind)))["customerTypeDelete"]
    assert (gone["customerType"]["slug"], errors(gone)) == ("guest-houses", [])
    await session.refresh(fatima)
    assert fatima.customer_type_id == private.id
    assert [event for event, _ in told] == ["CUSTOMER_TYPE_DELETED"]
    refused = (await read(DELETE, KEEPER, id=cid(private)))["customerTypeDelete"]
    assert errors(refused) == [("id", "CANNOT_DELETE_DEFAULT")]
    assert errors((await read(DELETE, KEEPER, id=cid(kind)))["customerTypeDelete"]) == [("id", "NOT_FOUND")]


async def test_a_kind_asks_for_attributes_in_an_order(
    read: Ask, session: AsyncSession, private: CustomerType
) -> None:
    made = [
        await make_attribute(session, slug=slug, type=AttributeType.CUSTOMER_TYPE) for slug in ("a", "b", "c")
    ]
    ids = [to_global_id("Attribute", attribute.id) for attribute in made]

    def slugs(payload: dict[str, Any]) -> list[str]:
        assert errors(payload) == []
        return [each["slug"] for each in payload["customerType"]["attributes"]]

    await read(ASSIGN, KEEPER, id=cid(private), ids=ids[:1])
    assigned = (await read(ASSIGN, KEEPER, id=cid(private), ids=ids[1:]))["customerTypeAssignAttributes"]
    assert slugs(assigned) == ["a", "b", "c"]
    moves = [{"id": ids[2], "sortOrder": -2}, {"id": ids[0], "sortOrder": 1}]
    moved = (await read(REORDER, KEEPER, id=cid(private), moves=moves))["customerTypeReorderAttributes"]
    assert slugs(moved) == ["c", "b", "a"]
    fewer = (await read(UNASSIGN, KEEPER, id=cid(private), ids=ids[1:2]))["customerTypeUnassignAttributes"]
    assert slugs(fewer) == ["c", "a"]
    refused = await read(REORDER, KEEPER, id=cid(private), moves=[{"id": ids[1], "sortOrder": 1}])
    assert refused["customerTypeReorderAttributes"]["errors"] == [
        {"field": "moves", "code": "NOT_FOUND", "attributes": [ids[1]]}
    ]


async def test_only_what_customers_can_be_asked_is_asked_and_once(
    read: Ask, session: AsyncSession, private: CustomerType
) -> None:
    of_products = await make_attribute(session)
    asked = await make_attribute(session, private)
    ids = [to_global_id("Attribute", key) for key in (0, of_products.id, asked.id)]
    refused = (await read(ASSIGN, KEEPER, id=cid(private), ids=ids))["customerTypeAssignAttributes"]
    assert [(error["field"], error["code"], error["attributes"]) for error in refused["errors"]] == [
        ("attributeIds", "NOT_FOUND", ids[:1]),
        ("attributeIds", "INVALID", ids[1:2]),
        ("attributeIds", "ATTRIBUTE_ALREADY_ASSIGNED", ids[2:]),
    ]
    for document in (ASSIGN, UNASSIGN):
        (refused,) = (await read(document, KEEPER, id=cid(private), ids=["VXNlcjox"])).values()
        assert errors(refused) == [("attributeIds", "GRAPHQL_ERROR")]
        (refused,) = (await read(document, KEEPER, id=cid(private), ids=ids[:1] * 101)).values()
        assert errors(refused) == [("attributeIds", "INVALID")]
        (refused,) = (await read(document, KEEPER, id=to_global_id("CustomerType", 0), ids=[])).values()
        assert errors(refused) == [("customerTypeId", "NOT_FOUND")]


@pytest.mark.parametrize(
    ("document", "given"),
    [
        (CREATE, {"input": {"name": "x"}}),
        (UPDATE, {"id": "x", "input": {}}),
        (DELETE, {"id": "x"}),
        (ASSIGN, {"id": "x", "ids": []}),
        (UNASSIGN, {"id": "x", "ids": []}),
        (REORDER, {"id": "x", "moves": []}),
    ],
)
async def test_only_those_keep_kinds_who_may(ask: Ask, document: str, given: dict[str, Any]) -> None:
    for requester in (None, staff("MANAGE_USERS")):
        answer = await ask(document, requester, **given)
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
