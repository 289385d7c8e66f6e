"""Lists of people: whom staff find, by what, in which order; and who may look."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import AttributeInputType
from marketplace.kit.ids import to_global_id
from marketplace.orders.models import Order, OrderStatus
from marketplace.people.models import Address, CustomerType, PermissionGroup, User
from marketplace_graphql.people import lists
from tests.factories.attributes import answer, make_attribute, make_value
from tests.factories.checkout import make_market, make_piece
from tests.factories.orders import make_order
from tests.factories.people import make_staff, make_user
from tests.graphql.conftest import Ask, buyer, staff

CUSTOMERS = """
query ($filter: CustomerFilterInput, $where: CustomerWhereInput, $sort: UserSortingInput, $search: String) {
  customers(filter: $filter, where: $where, sortBy: $sort, search: $search, first: 20) {
    totalCount edges { node { email } } } }
"""
KEEPER = staff("MANAGE_USERS")


async def _found(read: Ask, **asked: Any) -> list[str]:
    found = (await read(CUSTOMERS, KEEPER, **asked))["customers"]
    names = [edge["node"]["email"].partition("@")[0] for edge in found["edges"]]
    assert found["totalCount"] == len(names)
    return names


@pytest.fixture
async def people(session: AsyncSession) -> dict[str, User]:
    """Aïcha lives in France and has bought twice, Brahim once, Chama never; Driss is of the staff."""
    aicha = await make_user(
        session,
        email="aicha@example.test",
        first_name="Aïcha",
        last_name="Zerouali",
        public_metadata={"tier": "gold"},
        created_at=datetime(2024, 1, 10, 23, 30, tzinfo=UTC),
    )
    brahim = await make_user(
        session,
        email="brahim@example.test",
        first_name="Brahim",
        last_name="Amrani",
        created_at=datetime(2024, 2, 10, tzinfo=UTC),
        is_active=False,
    )
    chama = await make_user(
        session,
        email="chama@example.test",
        first_name="Chama",
        last_name="Amrani",
        created_at=datetime(2024, 3, 10, tzinfo=UTC),
    )
    driss = await make_staff(session, "MANAGE_ORDERS", email="driss@example.test", first_name="Driss")
    session.add_all(
        [
            Address(user_id=aicha.id, country_code="FR", city="Orléans", phone="+33612345678"),
            Address(user_id=brahim.id, country_code="MA", city="Tiznit", phone="+212612345678"),
        ]
    )
    market = await make_market(session)
    piece = await make_piece(session, market.channel)
    for user in (aicha, aicha, brahim):
        await make_order(session, market, piece, user=user)
    for user, day in ((aicha, 1), (brahim, 20)):
        await session.execute(
            update(Order)
            .where(Order.user_id == user.id)
            .values(created_at=datetime(2024, 6, day, 12, tzinfo=UTC))
        )
    return {"aicha": aicha, "brahim": brahim, "chama": chama, "driss": driss}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["aicha", "brahim", "chama"]),
        ({"search": "aicha"}, ["aicha"]),
        ({"search": "AMRANI ch"}, ["chama"]),
        ({"search": "orleans"}, ["aicha"]),
        ({"search": "example.test brahim"}, ["brahim"]),
        ({"search": "nobody of this name"}, []),
        ({"search": "' & | ! :* ("}, ["aicha", "brahim", "chama"]),
        ({"filter": {"search": "tiznit"}}, ["brahim"]),
        ({"filter": {"dateJoined": {"gte": "2024-01-10", "lte": "2024-01-10"}}}, ["aicha"]),
        ({"filter": {"numberOfOrders": {"gte": 1}}}, ["aicha", "brahim"]),
        ({"filter": {"numberOfOrders": {"lte": 0}}}, ["chama"]),
        ({"filter": {"placedOrders": {"gte": "2024-06-20"}}}, ["brahim"]),
        ({"filter": {"metadata": [{"key": "tier", "value": "gold"}]}}, ["aicha"]),
        ({"where": {"email": {"eq": "chama@example.test"}}}, ["chama"]),
        ({"where": {"email": {"oneOf": ["chama@example.test", "aicha@example.test"]}}}, ["aicha", "chama"]),
        ({"where": {"firstName": {"eq": "Brahim"}}}, ["brahim"]),
        ({"where": {"lastName": {"oneOf": ["Amrani"]}}}, ["brahim", "chama"]),
        ({"where": {"isActive": False}}, ["brahim"]),
        ({"where": {"isActive": True}}, ["aicha", "chama"]),
        ({"where": {"dateJoined": {"gte": "2024-02-01T00:00:00Z"}}}, ["brahim", "chama"]),
        ({"where": {"placedOrdersAt": {"lte": "2024-06-02T00:00:00Z"}}}, ["aicha"]),
        ({"where": {"numberOfOrders": {"eq": 2}}}, ["aicha"]),
        ({"where": {"numberOfOrders": {"range": {"gte": 1, "lte": 1}}}}, ["brahim"]),
        ({"where": {"addresses": {"country": {"eq": "FR"}}}}, ["aicha"]),
        ({"where": {"addresses": {"country": {"notOneOf": ["MA"]}}}}, ["aicha"]),
        ({"where": {"addresses": {"phoneNumber": {"eq": "+33612345678"}}}}, ["aicha"]),
        ({"where": {"metadata": {"key": "tier", "value": {"eq": "gold"}}}}, ["aicha"]),
        (
            {"where": {"OR": [{"isActive": False}, {"numberOfOrders": {"eq": 0}}]}},
            ["brahim", "chama"],
        ),
        ({"where": {"AND": [{"isActive": True}, {"numberOfOrders": {"eq": 0}}]}}, ["chama"]),
    ],
)
async def test_staff_find_customers(
    read: Ask, people: dict[str, User], asked: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(await _found(read, **asked)) == expected


@pytest.mark.parametrize(
    ("field", "ascending"),
    [
        ("FIRST_NAME", ["aicha", "brahim", "chama"]),
        ("LAST_NAME", ["brahim", "chama", "aicha"]),
        ("EMAIL", ["aicha", "brahim", "chama"]),
        ("ORDER_COUNT", ["chama", "brahim", "aicha"]),
        ("CREATED_AT", ["aicha", "brahim", "chama"]),
    ],
)
async def test_customers_come_in_the_order_asked_for(
    read: Ask, people: dict[str, User], field: str, ascending: list[str]
) -> None:
    assert await _found(read, sort={"field": field, "direction": "ASC"}) == ascending
    # Brahim and Chama share their last name, and the first name goes with it.
    descending = await _found(read, sort={"field": field, "direction": "DESC"})
    assert descending == ascending[::-1]


async def test_what_fits_best_comes_first(read: Ask, session: AsyncSession, people: dict[str, User]) -> None:
    await make_user(session, email="zz@example.test", first_name="Amrani", last_name="Amrani")
    best = await _found(read, search="amrani", sort={"field": "RANK", "direction": "DESC"})
    assert (best[0], sorted(best[1:])) == ("zz", ["brahim", "chama"])


async def test_customers_are_found_by_their_kind_and_by_what_they_answered(
    read: Ask, session: AsyncSession, people: dict[str, User]
) -> None:
    kind = CustomerType(name="Maisons d’hôtes", slug="guest-houses")
    session.add(kind)
    await session.flush()
    rooms = await make_attribute(session, kind, slug="rooms", input_type=AttributeInputType.NUMERIC)
    people["chama"].customer_type_id = kind.id
    await answer(session, people["chama"], await make_value(session, rooms, numeric=7))
    by_kind = {"customerType": {"eq": to_global_id("CustomerType", kind.id)}}
    assert await _found(read, where=by_kind) == ["chama"]
    many = {"attributes": [{"slug": "rooms", "value": {"numeric": {"range": {"gte": 5}}}}]}
    assert await _found(read, where=many) == ["chama"]


async def test_staff_who_buy_are_customers_too(
    read: Ask, session: AsyncSession, people: dict[str, User]
) -> None:
    market = await make_market(session)
    await make_order(session, market, await make_piece(session, market.channel), user=people["driss"])
    assert "driss" in await _found(read)


async def test_orders_that_are_gone_or_never_placed_do_not_count(
    session: AsyncSession, people: dict[str, User]
) -> None:
    aicha = people["aicha"]
    one = select(Order.id).where(Order.user_id == aicha.id).limit(1).scalar_subquery()
    await session.execute(update(Order).where(Order.id == one).values(status=OrderStatus.DRAFT))
    await session.refresh(aicha)
    assert aicha.number_of_orders == 1
    await session.execute(update(Order).where(Order.user_id == aicha.id).values(user_id=people["chama"].id))
    for user in people.values():
        await session.refresh(user)
    assert [user.number_of_orders for user in people.values()] == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("query", "permissions"),
    [
        ("customers(first: 1) { totalCount }", {"MANAGE_USERS", "MANAGE_ORDERS"}),
        ("staffUsers(first: 1) { totalCount }", {"MANAGE_STAFF"}),
        ("permissionGroups(first: 1) { totalCount }", {"MANAGE_STAFF"}),
        ('permissionGroup(id: "R3JvdXA6MQ==") { id }', {"MANAGE_STAFF"}),
    ],
)
async def test_only_those_look_who_may(ask: Ask, query: str, permissions: set[str]) -> None:
    for permission in ("MANAGE_USERS", "MANAGE_ORDERS", "MANAGE_STAFF", "MANAGE_PRODUCTS"):
        refused = "errors" in await ask(f"{{ {query} }}", staff(permission))
        assert refused == (permission not in permissions)


async def test_kinds_of_customers_are_the_staffs_to_list(ask: Ask, session: AsyncSession) -> None:
    session.add_all([CustomerType(name="B", slug="a", is_default=True), CustomerType(name="A", slug="b")])
    query = """
    query ($where: CustomerTypeWhereInput, $search: String, $sort: CustomerTypeSortingInput) {
      customerTypes(where: $where, search: $search, sortBy: $sort, first: 9) {
        edges { node { id slug isDefault } } } }
    """

    async def slugs(**asked: Any) -> list[str]:
        data = (await ask(query, staff("MANAGE_PRODUCTS"), **asked))["data"]
        return [edge["node"]["slug"] for edge in data["customerTypes"]["edges"]]

    assert await slugs() == ["b", "a"]
    assert await slugs(sort={"field": "SLUG", "direction": "ASC"}) == ["a", "b"]
    assert await slugs(where={"isDefault": True}) == ["a"]
    assert await slugs(where={"name": {"eq": "A"}}) == ["b"]
    assert await slugs(search="B") == ["b", "a"]
    assert "errors" in await ask(query, buyer(await make_user(session)))


async def test_colleagues_are_found_by_name_and_by_whether_they_may_sign_in(
    read: Ask, session: AsyncSession, people: dict[str, User]
) -> None:
    await make_staff(session, "MANAGE_ORDERS", email="gone@example.test", is_active=False)
    query = """
    query ($filter: StaffUserInput) { staffUsers(filter: $filter, first: 9) { edges { node { email } } } }
    """

    async def names(given: dict[str, Any] | None = None) -> list[str]:
        found = (await read(query, staff("MANAGE_STAFF"), filter=given))["staffUsers"]
        return [edge["node"]["email"].partition("@")[0] for edge in found["edges"]]

    assert await names() == ["driss", "gone"]
    assert await names({"status": "ACTIVE"}) == ["driss"]
    assert await names({"status": "DEACTIVATED"}) == ["gone"]
    assert await names({"search": "drI"}) == ["driss"]
    assert await names({"ids": [to_global_id("User", people["driss"].id)]}) == ["driss"]


async def test_groups_are_found_by_name(read: Ask, session: AsyncSession) -> None:
    session.add_all([PermissionGroup(name="Zellige", permissions=[]), PermissionGroup(name="Argan")])
    query = """
    query ($filter: PermissionGroupFilterInput, $direction: OrderDirection!) {
      permissionGroups(filter: $filter, sortBy: {field: NAME, direction: $direction}, first: 9) {
        edges { node { id name } } } }
    """
    asking = staff("MANAGE_STAFF")
    edges = (await read(query, asking, direction="DESC"))["permissionGroups"]["edges"]
    assert [edge["node"]["name"] for edge in edges] == ["Zellige", "Argan"]
    found = await read(query, asking, direction="ASC", filter={"search": "arg"})
    assert [edge["node"]["name"] for edge in found["permissionGroups"]["edges"]] == ["Argan"]
    one = "query ($id: ID!) { permissionGroup(id: $id) { name } }"
    assert await read(one, asking, id=edges[0]["node"]["id"]) == {"permissionGroup": {"name": "Zellige"}}


@pytest.mark.parametrize("looks", [1, 100])
async def test_customers_are_the_same_where_many_fit(
    read: Ask, people: dict[str, User], monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    """Found along the list, or everywhere if the next one of it does not fill the page."""
    for name, value in (("FEW", 0), ("CROWD", 0), ("LOOKS", looks)):
        monkeypatch.setattr(lists, name, value)
    for asked, expected in (
        ({"search": "example"}, ["aicha", "brahim", "chama"]),
        ({"search": "amrani", "sort": {"field": "LAST_NAME", "direction": "DESC"}}, ["chama", "brahim"]),
        ({"filter": {"placedOrders": {"gte": "2024-06-01"}}}, ["aicha", "brahim"]),
        ({"where": {"addresses": {"country": {"notOneOf": ["MA"]}}}}, ["aicha"]),
    ):
        assert await _found(read, **asked) == expected, asked
