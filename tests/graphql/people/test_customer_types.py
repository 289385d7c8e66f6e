"""Kinds of customers: what each asks of its customers, and who reads the answers."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import Attribute, AttributeInputType, AttributeType, AttributeValue
from marketplace.kit.ids import to_global_id
from marketplace.people.models import CustomerType, User
from marketplace_graphql.kernel import Requester
from tests.factories.attributes import answer, make_attribute, make_value
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, buyer, staff

CUSTOMERS = staff("MANAGE_USERS")
KINDS = staff("MANAGE_CUSTOMER_TYPES_AND_ATTRIBUTES", "MANAGE_USERS")


@pytest.fixture
async def houses(session: AsyncSession) -> CustomerType:
    kind = CustomerType(name="Maisons d’hôtes", slug="guest-houses")
    session.add(kind)
    await session.flush()
    return kind


@pytest.fixture
async def rooms(session: AsyncSession, houses: CustomerType) -> Attribute:
    return await make_attribute(session, houses, slug="rooms", input_type=AttributeInputType.NUMERIC)


@pytest.fixture
async def note(session: AsyncSession, houses: CustomerType) -> Attribute:
    """Something that the customer is not shown."""
    return await make_attribute(
        session,
        houses,
        slug="solvency",
        input_type=AttributeInputType.PLAIN_TEXT,
        visible_in_storefront=False,
    )


@pytest.fixture
async def guest_house(session: AsyncSession, houses: CustomerType, rooms: Attribute, note: Attribute) -> User:
    user = await make_user(session, customer_type_id=houses.id)
    await answer(
        session,
        user,
        await make_value(session, rooms, numeric=7),
        await make_value(session, note, plain_text="Paie tard"),
    )
    return user


ANSWERS = """
query ($id: ID) { user(id: $id) {
  customerType { attributes { slug type } }
  rooms: assignedAttribute(slug: "rooms") { ... on AssignedNumericAttribute { value } }
  solvency: assignedAttribute(slug: "solvency") { ... on AssignedPlainTextAttribute { value } }
  assignedAttributes { attribute { slug } } } }
"""


@pytest.mark.parametrize("permissions", [("MANAGE_USERS",), ("MANAGE_ORDERS", "MANAGE_PRODUCTS")])
async def test_staff_who_keep_customers_read_what_customers_are_not_shown(
    read: Ask, guest_house: User, permissions: tuple[str, ...]
) -> None:
    found = (await read(ANSWERS, staff(*permissions), id=to_global_id("User", guest_house.id)))["user"]
    seen = ["rooms", "solvency"] if "MANAGE_USERS" in permissions else ["rooms"]
    assert [each["attribute"]["slug"] for each in found["assignedAttributes"]] == seen
    assert [each["slug"] for each in found["customerType"]["attributes"]] == seen
    assert found["rooms"] == {"value": 7.0}
    assert found["solvency"] == ({"value": "Paie tard"} if "MANAGE_USERS" in permissions else None)


async def test_customers_read_their_own_answers(read: Ask, guest_house: User) -> None:
    query = "{ me { assignedAttributes(limit: 5) { attribute { slug } } } }"
    found = (await read(query, buyer(guest_house)))["me"]
    assert found == {"assignedAttributes": [{"attribute": {"slug": "rooms"}}]}


async def test_a_customer_of_no_kind_is_asked_nothing(
    session: AsyncSession, read: Ask, rooms: Attribute
) -> None:
    query = """{ me { customerType { name } assignedAttributes { attribute { slug } }
      assignedAttribute(slug: "rooms") { attribute { slug } } } }"""
    found = (await read(query, buyer(await make_user(session))))["me"]
    assert found == {"customerType": None, "assignedAttributes": [], "assignedAttribute": None}


async def test_what_customers_answered_in_their_own_words_goes_with_them(
    session: AsyncSession, houses: CustomerType, guest_house: User
) -> None:
    style = await make_attribute(session, houses)
    chosen = await make_value(session, style, name="Riad")
    await answer(session, guest_house, chosen)
    assert len((await session.scalars(select(AttributeValue.id))).all()) == 3
    await session.delete(guest_house)
    await session.flush()
    assert (await session.scalars(select(AttributeValue.id))).all() == [chosen.id]


AVAILABLE = """
query ($id: ID, $where: AttributeWhereInput, $search: String) { user(id: $id) { customerType {
  availableAttributes(first: 5, where: $where, search: $search) { totalCount edges { node { slug } } } } } }
"""


async def test_what_else_a_kind_of_customer_could_be_asked_is_listed(
    session: AsyncSession, read: Ask, guest_house: User
) -> None:
    await make_attribute(session, slug="size")  # Of products.
    for slug in ("garden", "pool"):
        await make_attribute(session, slug=slug, name=slug, type=AttributeType.CUSTOMER_TYPE)

    async def listed(**narrowed: Any) -> list[str]:
        given = {"id": to_global_id("User", guest_house.id), **narrowed}
        found = (await read(AVAILABLE, KINDS, **given))["user"]["customerType"]["availableAttributes"]
        assert found["totalCount"] == len(found["edges"])
        return [edge["node"]["slug"] for edge in found["edges"]]

    assert set(await listed()) == {"garden", "pool"}
    assert await listed(search="poo") == ["pool"]
    assert await listed(where={"slug": {"eq": "garden"}}) == ["garden"]


async def test_only_who_keeps_kinds_of_customers_sees_what_they_could_be_asked(
    ask: Ask, guest_house: User
) -> None:
    found = await ask(AVAILABLE, CUSTOMERS, id=to_global_id("User", guest_house.id))
    assert found["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    assert found["data"]["user"]["customerType"] == {"availableAttributes": None}


@pytest.mark.parametrize(
    ("translator", "seen"),
    [
        (staff("MANAGE_TRANSLATIONS"), ["Dar"]),
        (staff("MANAGE_TRANSLATIONS", "MANAGE_USERS"), ["Dar", "Note"]),
    ],
)
async def test_translators_do_not_read_what_was_noted_of_a_customer(
    session: AsyncSession,
    read: Ask,
    houses: CustomerType,
    note: Attribute,
    translator: Requester,
    seen: list[str],
) -> None:
    style = await make_attribute(session, houses)
    await make_value(session, style, name="Dar")
    noted = await make_value(session, note, name="Note", plain_text="Paie tard")
    query = """query ($id: ID!) {
      one: translation(id: $id, kind: ATTRIBUTE_VALUE) { __typename }
      all: translations(kind: ATTRIBUTE_VALUE, first: 5) { totalCount edges { node {
        ... on AttributeValueTranslatableContent { name } } } } }"""
    found = await read(query, translator, id=to_global_id("AttributeValue", noted.id))
    assert [edge["node"]["name"] for edge in found["all"]["edges"]] == seen
    assert found["all"]["totalCount"] == len(seen)
    assert (found["one"] is not None) == ("Note" in seen)
