"""Customers' books of addresses as staff keep them."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.people.models import Address, User
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, Told, buyer, staff

BOTH = "user { email } address { id city metadata { key } } errors { field code }"
CREATE = f"""
mutation ($id: ID!, $input: AddressInput!) {{ addressCreate(userId: $id, input: $input) {{ {BOTH} }} }}
"""
UPDATE = (
    f"mutation ($id: ID!, $input: AddressInput!) {{ addressUpdate(id: $id, input: $input) {{ {BOTH} }} }}"
)
DELETE = f"mutation ($id: ID!) {{ addressDelete(id: $id) {{ {BOTH} }} }}"
DEFAULT = """
mutation ($id: ID!, $user: ID!, $type: AddressTypeEnum!) {
  addressSetDefault(addressId: $id, userId: $user, type: $type) {
    user { defaultBillingAddress { id } } errors { field code } } }
"""
TIZNIT: dict[str, Any] = {
    "streetAddress1": "1 rue des Tisserands",
    "city": "Tiznit",
    "postalCode": "85000",
    "country": "MA",
    "metadata": [{"key": "door", "value": "blue"}],
}
KEEPER = staff("MANAGE_USERS")


@pytest.fixture
async def fatima(session: AsyncSession) -> User:
    return await make_user(session, email="fatima@example.test")


@pytest.fixture
async def home(session: AsyncSession, fatima: User) -> Address:
    address = Address(
        user_id=fatima.id, country_code="MA", city="FÈS", street_address_1="2 derb Lamté", postal_code="30000"
    )
    session.add(address)
    await session.flush()
    return address


def uid(user: User) -> str:
    return to_global_id("User", user.id)


def aid(address: Address) -> str:
    return to_global_id("Address", address.id)


async def test_an_address_is_written_into_a_book_changed_and_taken_out(
    read: Ask, session: AsyncSession, fatima: User, told: Told
) -> None:
    made = (await read(CREATE, KEEPER, id=uid(fatima), input=TIZNIT))["addressCreate"]
    assert (made["user"], made["errors"]) == ({"email": fatima.email}, [])
    assert (made["address"]["city"], made["address"]["metadata"]) == ("TIZNIT", [{"key": "door"}])
    key = made["address"]["id"]
    changed = (await read(UPDATE, KEEPER, id=key, input={"city": "Agadir"}))["addressUpdate"]
    assert (changed["user"], changed["address"]["city"]) == ({"email": fatima.email}, "AGADIR")
    gone = (await read(DELETE, KEEPER, id=key))["addressDelete"]
    assert (gone["user"], gone["address"]["city"], gone["errors"]) == ({"email": fatima.email}, "AGADIR", [])
    assert await session.scalar(select(Address.id).where(Address.user_id == fatima.id)) is None
    assert [event for event, _ in told] == ["ADDRESS_CREATED", "ADDRESS_UPDATED", "ADDRESS_DELETED"]


async def test_an_address_is_meant_by_default(
    read: Ask, session: AsyncSession, fatima: User, home: Address, told: Told
) -> None:
    done = (await read(DEFAULT, KEEPER, id=aid(home), user=uid(fatima), type="BILLING"))["addressSetDefault"]
    assert done == {"user": {"defaultBillingAddress": {"id": aid(home)}}, "errors": []}
    assert [event for event, _ in told] == ["CUSTOMER_UPDATED"]
    stranger = await make_user(session)
    refused = await read(DEFAULT, KEEPER, id=aid(home), user=uid(stranger), type="BILLING")
    assert refused["addressSetDefault"]["errors"] == [{"field": "addressId", "code": "INVALID"}]


@pytest.mark.parametrize(
    ("document", "given", "errors"),
    [
        (CREATE, {"id": to_global_id("User", 0), "input": TIZNIT}, [("userId", "NOT_FOUND")]),
        (UPDATE, {"id": to_global_id("Address", 0), "input": TIZNIT}, [("id", "NOT_FOUND")]),
        (UPDATE, {"id": to_global_id("User", 1), "input": TIZNIT}, [("id", "GRAPHQL_ERROR")]),
        (DELETE, {"id": to_global_id("Address", 0)}, [("id", "NOT_FOUND")]),
        (
            DEFAULT,
            {"id": to_global_id("Address", 0), "user": None, "type": "SHIPPING"},
            [("addressId", "NOT_FOUND")],
        ),
        (CREATE, {"id": None, "input": {"country": "MA", "city": "Fès"}}, [("streetAddress1", "REQUIRED")]),
    ],
)
async def test_what_is_wrong_is_said_of_its_field(
    read: Ask, fatima: User, document: str, given: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    own = {name: uid(fatima) if value is None else value for name, value in given.items()}
    (refused,) = (await read(document, KEEPER, **own)).values()
    assert [(error["field"], error["code"]) for error in refused["errors"]] == errors


async def test_the_copy_that_an_order_has_is_in_no_book(read: Ask, session: AsyncSession) -> None:
    copy = Address(country_code="MA", city="FÈS")
    session.add(copy)
    await session.flush()
    for document, given in ((UPDATE, {"input": {"city": "x"}}), (DELETE, {})):
        (refused,) = (await read(document, KEEPER, id=aid(copy), **given)).values()
        assert refused["errors"] == [{"field": "id", "code": "NOT_FOUND"}]


async def test_staff_may_keep_an_address_as_it_was_typed(read: Ask, fatima: User) -> None:
    given = {"country": "MA", "city": "fès", "skipValidation": True}
    made = (await read(CREATE, KEEPER, id=uid(fatima), input=given))["addressCreate"]
    assert (made["address"]["city"], made["errors"]) == ("fès", [])


@pytest.mark.parametrize(
    ("document", "given"),
    [
        (CREATE, {"id": "VXNlcjox", "input": TIZNIT}),
        (UPDATE, {"id": "QWRkcmVzczox", "input": TIZNIT}),
        (DELETE, {"id": "QWRkcmVzczox"}),
        (DEFAULT, {"id": "QWRkcmVzczox", "user": "VXNlcjox", "type": "BILLING"}),
    ],
)
async def test_only_those_keep_books_who_may(
    ask: Ask, session: AsyncSession, document: str, given: dict[str, Any]
) -> None:
    for requester in (None, buyer(await make_user(session)), staff("MANAGE_ORDERS")):
        answer = await ask(document, requester, **given)
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
