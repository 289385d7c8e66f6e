"""Customers' accounts as staff keep them: opened, changed, closed, deleted, and written down."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import Attribute, AttributeInputType
from marketplace.kit.ids import to_global_id
from marketplace.orders.models import Order
from marketplace.people.models import Address, CustomerEvent, CustomerType, User
from tests.factories.attributes import make_attribute
from tests.factories.checkout import make_market, make_piece
from tests.factories.markets import make_channel
from tests.factories.orders import make_order
from tests.factories.people import make_staff, make_user
from tests.graphql.conftest import Ask, Told, buyer, staff

CREATE = """
mutation ($input: UserCreateInput!) { customerCreate(input: $input) {
  user { id email firstName note isActive isConfirmed languageCode externalReference customerType { slug }
         metadata { key value } privateMetadata { key value }
         defaultShippingAddress { city } defaultBillingAddress { city } addresses { city } }
  errors { field code addressType } } }
"""
UPDATE = """
mutation ($id: ID, $reference: String, $input: CustomerInput!) {
  customerUpdate(id: $id, externalReference: $reference, input: $input) {
    user { email firstName lastName isActive note isConfirmed customerType { slug } metadata { key value }
           defaultShippingAddress { city } }
    errors { field code addressType } } }
"""
DELETE = """
mutation ($id: ID, $reference: String) { customerDelete(id: $id, externalReference: $reference) {
  user { id email } errors { field code } } }
"""
BULK_DELETE = "mutation ($ids: [ID!]!) { customerBulkDelete(ids: $ids) { count errors { field code } } }"
BULK_UPDATE = """
mutation ($customers: [CustomerBulkUpdateInput!]!, $policy: ErrorPolicyEnum) {
  customerBulkUpdate(customers: $customers, errorPolicy: $policy) {
    count results { customer { firstName } errors { path code } } errors { path code } } }
"""
SET_ACTIVE = """
mutation ($ids: [ID!]!, $active: Boolean!) {
  userBulkSetActive(ids: $ids, isActive: $active) { count errors { field code } } }
"""
TIZNIT = {
    "firstName": "Fatima",
    "lastName": "Amrani",
    "streetAddress1": "1 rue des Tisserands",
    "city": "Tiznit",
    "postalCode": "85000",
    "country": "MA",
}
PAGE = "http://testserver/fr/page"


@pytest.fixture
async def hind(session: AsyncSession) -> User:
    """She keeps customers, in a shop that has one channel."""
    await make_channel(session, slug="maroc")
    return await make_staff(session, "MANAGE_USERS", email="hind@example.test")


def gid(user: User) -> str:
    return to_global_id("User", user.id)


async def written(session: AsyncSession, user: User) -> list[tuple[str, str | None, int | None]]:
    rows = await session.scalars(
        select(CustomerEvent).where(CustomerEvent.user_id == user.id).order_by(CustomerEvent.id)
    )
    return [(row.type.value, row.message, row.count) for row in rows]


async def test_staff_open_an_account_for_a_customer(
    read: Ask, session: AsyncSession, hind: User, told: Told
) -> None:
    session.add(CustomerType(name="Particuliers", slug="private", is_default=True))
    given = {
        "email": "Fatima@Example.test",
        "firstName": "Fatima",
        "note": "prefers the telephone",
        "languageCode": "AR",
        "externalReference": "crm-1",
        "isConfirmed": True,
        "metadata": [{"key": "tier", "value": "gold"}],
        "privateMetadata": [{"key": "risk", "value": "none"}],
        "defaultShippingAddress": TIZNIT,
        "redirectUrl": PAGE,
    }
    made = (await read(CREATE, staff("MANAGE_USERS", user=hind), input=given))["customerCreate"]
    assert made["errors"] == []
    user = made["user"]
    assert (user["email"], user["firstName"], user["languageCode"]) == ("fatima@example.test", "Fatima", "AR")
    assert (user["note"], user["externalReference"]) == ("prefers the telephone", "crm-1")
    assert (user["isActive"], user["isConfirmed"]) == (True, False)
    assert user["customerType"] == {"slug": "private"}
    assert user["metadata"] == [{"key": "tier", "value": "gold"}]
    assert user["privateMetadata"] == [{"key": "risk", "value": "none"}]
    assert user["defaultShippingAddress"] == {"city": "TIZNIT"} == user["addresses"][0]
    assert user["defaultBillingAddress"] is None
    assert [event for event, _ in told] == [
        "ADDRESS_CREATED",
        "ACCOUNT_SET_PASSWORD_REQUESTED",
        "CUSTOMER_CREATED",
    ]
    fatima = await session.scalar(select(User).where(User.email == "fatima@example.test"))
    assert fatima is not None
    assert await written(session, fatima) == [("ACCOUNT_CREATED", None, None)]


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({}, [("email", "REQUIRED")]),
        ({"email": ""}, [("email", "REQUIRED")]),
        ({"email": None}, [("email", "REQUIRED")]),
        ({"email": "no address"}, [("email", "INVALID")]),
        ({"email": "HIND@example.test"}, [("email", "UNIQUE")]),
        ({"email": "a@example.test", "externalReference": "taken"}, [("externalReference", "UNIQUE")]),
        ({"email": "a@example.test", "firstName": "x" * 257}, [("firstName", "INVALID")]),
        ({"firstName": "x" * 257}, [("email", "REQUIRED"), ("firstName", "INVALID")]),
        ({"email": "a@example.test", "redirectUrl": "http://elsewhere.test"}, [("redirectUrl", "INVALID")]),
        ({"email": "a@example.test", "customerType": "VXNlcjox"}, [("customerType", "INVALID")]),
        (
            {"email": "a@example.test", "customerType": to_global_id("CustomerType", 0)},
            [("customerType", "NOT_FOUND")],
        ),
        (
            {"email": "a@example.test", "defaultBillingAddress": {"country": "MA"}},
            [("city", "REQUIRED"), ("streetAddress1", "REQUIRED")],
        ),
        (
            {"email": "a@example.test", "redirectUrl": PAGE, "channel": "nowhere"},
            [("channel", "NOT_FOUND")],
        ),
        ({"email": "a@example.test", "metadata": [{"key": " ", "value": ""}]}, [("metadata", "REQUIRED")]),
    ],
)
async def test_what_is_wrong_with_a_new_customer_is_said_of_its_field(
    read: Ask, session: AsyncSession, hind: User, given: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    await make_user(session, external_reference="taken")
    before = len(list(await session.scalars(select(User))))
    refused = (await read(CREATE, staff("MANAGE_USERS", user=hind), input=given))["customerCreate"]
    assert refused["user"] is None
    assert [(error["field"], error["code"]) for error in refused["errors"]] == errors
    assert len(list(await session.scalars(select(User)))) == before


async def test_a_letters_link_needs_a_channel_where_there_are_several(
    read: Ask, session: AsyncSession, hind: User
) -> None:
    await make_channel(session, slug="france")
    asking = staff("MANAGE_USERS", user=hind)
    given = {"email": "a@example.test", "redirectUrl": PAGE}
    refused = (await read(CREATE, asking, input=given))["customerCreate"]
    assert [(error["field"], error["code"]) for error in refused["errors"]] == [
        ("channel", "MISSING_CHANNEL_SLUG")
    ]
    assert (await read(CREATE, asking, input=given | {"channel": "france"}))["customerCreate"]["errors"] == []


async def test_staff_change_a_customer_and_it_is_written_down(
    read: Ask, session: AsyncSession, hind: User, told: Told
) -> None:
    market = await make_market(session)
    fatima = await make_user(
        session, email="old@example.test", is_confirmed=False, public_metadata={"tier": "gold"}
    )
    order = await make_order(session, market, await make_piece(session, market.channel))
    order.user_email = "new@example.test"
    told.clear()
    given = {
        "email": "new@example.test",
        "firstName": "Fatima",
        "lastName": "Amrani",
        "note": "a guest house",
        "isActive": False,
        "isConfirmed": True,
        "metadata": [{"key": "size", "value": "7"}],
        "defaultShippingAddress": TIZNIT,
    }
    changed = (await read(UPDATE, staff("MANAGE_USERS", user=hind), id=gid(fatima), input=given))[
        "customerUpdate"
    ]
    assert changed["errors"] == []
    user = changed["user"]
    assert (user["email"], user["lastName"], user["isActive"]) == ("new@example.test", "Amrani", False)
    assert user["metadata"] == [{"key": "size", "value": "7"}, {"key": "tier", "value": "gold"}]
    assert user["defaultShippingAddress"] == {"city": "TIZNIT"}
    assert [event for event, _ in told] == [
        "ADDRESS_CREATED",
        "CUSTOMER_METADATA_UPDATED",
        "CUSTOMER_UPDATED",
    ]
    assert await written(session, hind) == [
        ("EMAIL_ASSIGNED", "new@example.test", None),
        ("NAME_ASSIGNED", "Fatima Amrani", None),
        ("NOTE_ADDED", "a guest house", None),
        ("ACCOUNT_DEACTIVATED", "new@example.test", None),
    ]
    await session.refresh(order)
    assert order.user_id == fatima.id


async def test_a_customer_is_named_by_another_systems_reference_and_what_is_left_out_stays(
    read: Ask, session: AsyncSession, hind: User
) -> None:
    fatima = await make_user(session, first_name="Fatima", note="kept", external_reference="crm-1")
    asking = staff("MANAGE_USERS", user=hind)
    changed = await read(UPDATE, asking, reference="crm-1", input={"firstName": None})
    assert changed["customerUpdate"]["errors"] == []
    await session.refresh(fatima)
    assert (fatima.first_name, fatima.note, fatima.is_active) == ("", "kept", True)
    assert await written(session, hind) == [("NAME_ASSIGNED", "", None)]


@pytest.mark.parametrize(
    ("naming", "given", "error"),
    [
        ({}, {}, (None, "GRAPHQL_ERROR")),
        ({"id": "x", "reference": "crm-1"}, {}, (None, "GRAPHQL_ERROR")),
        ({"id": to_global_id("User", 0)}, {}, ("id", "NOT_FOUND")),
        ({"reference": "nobody's"}, {}, ("externalReference", "NOT_FOUND")),
        ({"reference": "crm-1"}, {"email": "hind@example.test"}, ("email", "UNIQUE")),
        ({"reference": "crm-1"}, {"email": ""}, ("email", "REQUIRED")),
        ({"reference": "crm-1"}, {"externalReference": "crm-2"}, ("externalReference", "UNIQUE")),
        ({"reference": "crm-1"}, {"defaultShippingAddress": {"country": "MA", "city": "Fès"}}, None),
    ],
)
async def test_a_wrong_change_leaves_the_customer_alone(
    read: Ask,
    session: AsyncSession,
    hind: User,
    naming: dict[str, str],
    given: dict[str, Any],
    error: tuple[str | None, str] | None,
) -> None:
    fatima = await make_user(session, first_name="Fatima", external_reference="crm-1")
    await make_user(session, external_reference="crm-2")
    given = {"firstName": "Changed"} | given
    refused = (await read(UPDATE, staff("MANAGE_USERS", user=hind), input=given, **naming))["customerUpdate"]
    found = [(each["field"], each["code"]) for each in refused["errors"]]
    assert found == ([error] if error else [("streetAddress1", "REQUIRED")])
    if error is None:
        assert refused["errors"][0]["addressType"] == "SHIPPING"
    await session.refresh(fatima)
    assert fatima.first_name == "Fatima"


@pytest.mark.parametrize("document", [UPDATE, SET_ACTIVE])
async def test_who_keeps_customers_takes_over_no_colleagues_account(
    read: Ask, session: AsyncSession, hind: User, document: str
) -> None:
    boss = await make_staff(session, "MANAGE_STAFF", email="boss@example.test")
    given = (
        {"id": gid(boss), "input": {"email": "mine@example.test"}}
        if document is UPDATE
        else {"ids": [gid(boss)], "active": False}
    )
    (refused,) = (await read(document, staff("MANAGE_USERS", user=hind), **given)).values()
    assert [error["code"] for error in refused["errors"]] == ["NOT_FOUND"]
    (allowed,) = (await read(document, staff("MANAGE_USERS", "MANAGE_STAFF", user=hind), **given)).values()
    assert allowed["errors"] == []


async def test_a_deleted_customers_orders_stay(
    read: Ask, session: AsyncSession, hind: User, told: Told
) -> None:
    market = await make_market(session)
    fatima = await make_user(session, email="fatima@example.test")
    order = await make_order(session, market, await make_piece(session, market.channel), user=fatima)
    session.add(Address(user_id=fatima.id, country_code="MA"))
    told.clear()
    gone = (await read(DELETE, staff("MANAGE_USERS", user=hind), id=gid(fatima)))["customerDelete"]
    assert gone == {"user": {"id": gid(fatima), "email": "fatima@example.test"}, "errors": []}
    assert await session.scalar(select(User.id).where(User.id == fatima.id)) is None
    assert await session.scalar(select(Address.id).where(Address.user_id == fatima.id)) is None
    assert (await session.execute(select(Order.user_id).where(Order.id == order.id))).one() == (None,)
    assert [event for event, _ in told] == ["CUSTOMER_DELETED"]
    assert await written(session, hind) == [("CUSTOMER_DELETED", None, 1)]


async def test_accounts_that_are_no_customers_are_not_deleted_as_such(
    read: Ask, session: AsyncSession, hind: User
) -> None:
    asking = staff("MANAGE_USERS", user=hind)
    boss = await make_user(session, is_staff=True, is_superuser=True)
    colleague = await make_staff(session, "MANAGE_ORDERS")
    fatima = await make_user(session)
    for user, code in (
        (hind, "DELETE_OWN_ACCOUNT"),
        (boss, "DELETE_SUPERUSER_ACCOUNT"),
        (colleague, "DELETE_STAFF_ACCOUNT"),
    ):
        refused = (await read(DELETE, asking, id=gid(user)))["customerDelete"]
        assert refused["errors"] == [{"field": "id", "code": code}]
        many = (await read(BULK_DELETE, asking, ids=[gid(fatima), gid(user)]))["customerBulkDelete"]
        assert many == {"count": 0, "errors": [{"field": "ids", "code": code}]}
    assert await session.get(User, fatima.id) is not None


async def test_many_customers_are_deleted_at_once(
    read: Ask, session: AsyncSession, hind: User, told: Told
) -> None:
    ids = [gid(await make_user(session)) for _ in range(3)]
    gone = await read(BULK_DELETE, staff("MANAGE_USERS", user=hind), ids=[*ids, ids[0]])
    assert gone["customerBulkDelete"] == {"count": 3, "errors": []}
    assert [(event, len(rows)) for event, rows in told] == [("CUSTOMER_DELETED", 3)]
    assert await written(session, hind) == [("CUSTOMER_DELETED", None, 3)]


@pytest.mark.parametrize(
    ("policy", "names", "count"),
    [
        (None, ["old", "old", "old", "old"], 0),
        ("REJECT_EVERYTHING", ["old", "old", "old", "old"], 0),
        ("REJECT_FAILED_ROWS", ["new", "old", "old", "old"], 1),
        ("IGNORE_FAILED", ["new", "old", "old", "new"], 2),
    ],
)
async def test_many_customers_are_changed_under_a_policy(
    read: Ask, session: AsyncSession, hind: User, policy: str | None, names: list[str], count: int
) -> None:
    users = [await make_user(session, first_name="old", external_reference=f"crm-{n}") for n in range(4)]
    new = {"firstName": "new"}
    customers = [
        {"id": gid(users[0]), "input": new},
        {"externalReference": "crm-1", "input": new | {"email": "no address"}},
        {"id": gid(users[2]), "externalReference": "crm-2", "input": new},
        {"id": gid(users[3]), "input": new | {"defaultBillingAddress": {"country": "MA", "city": "Fès"}}},
    ]
    asking = staff("MANAGE_USERS", user=hind)
    done = (await read(BULK_UPDATE, asking, customers=customers, policy=policy))["customerBulkUpdate"]
    assert done["count"] == count
    assert [result["errors"] for result in done["results"]] == [
        None,
        [{"path": "input.email", "code": "INVALID"}],
        [{"path": None, "code": "INVALID"}],
        [{"path": "input.defaultBillingAddress.streetAddress1", "code": "REQUIRED"}],
    ]
    for user in users:
        await session.refresh(user)
    assert [user.first_name for user in users] == names


async def test_a_bulk_says_which_of_its_customers_are_wrong(
    read: Ask, session: AsyncSession, hind: User
) -> None:
    users = [await make_user(session) for _ in range(2)]
    customers = [
        {"id": gid(user), "input": {"email": "same@example.test", "externalReference": "same"}}
        for user in users
    ]
    customers += [
        {"id": to_global_id("User", 0), "input": {"email": "x@example.test"}},
        {"id": "rubbish", "input": {"email": "y@example.test"}},
        {"input": {"email": "z@example.test"}},
    ]
    asking = staff("MANAGE_USERS", user=hind)
    done = (await read(BULK_UPDATE, asking, customers=customers))["customerBulkUpdate"]
    twice = [
        {"path": "input.email", "code": "DUPLICATED_INPUT_ITEM"},
        {"path": "input.externalReference", "code": "DUPLICATED_INPUT_ITEM"},
    ]
    assert [result["errors"] for result in done["results"]] == [
        twice,
        twice,
        [{"path": None, "code": "NOT_FOUND"}],
        [{"path": "id", "code": "INVALID"}],
        [{"path": None, "code": "INVALID"}],
    ]


async def test_people_are_let_in_or_kept_out(
    read: Ask, session: AsyncSession, hind: User, told: Told
) -> None:
    fatima = await make_user(session)
    asking = staff("MANAGE_USERS", user=hind)
    done = (await read(SET_ACTIVE, asking, ids=[gid(fatima)], active=False))["userBulkSetActive"]
    assert done == {"count": 1, "errors": []}
    await session.refresh(fatima)
    assert not fatima.is_active
    assert [event for event, _ in told] == ["CUSTOMER_UPDATED"]
    boss = await make_user(session, is_staff=True, is_superuser=True)
    for user, code in ((hind, "ACTIVATE_OWN_ACCOUNT"), (boss, "ACTIVATE_SUPERUSER_ACCOUNT")):
        refused = (await read(SET_ACTIVE, asking, ids=[gid(fatima), gid(user)], active=True))[
            "userBulkSetActive"
        ]
        assert refused == {"count": 0, "errors": [{"field": "isActive", "code": code}]}
    await session.refresh(fatima)
    assert not fatima.is_active


@pytest.mark.parametrize(
    ("document", "given"),
    [
        (CREATE, {"input": {"email": "a@example.test"}}),
        (UPDATE, {"id": "VXNlcjox", "input": {}}),
        (DELETE, {"id": "VXNlcjox"}),
        (BULK_DELETE, {"ids": ["VXNlcjox"]}),
        (BULK_UPDATE, {"customers": []}),
        (SET_ACTIVE, {"ids": ["VXNlcjox"], "active": True}),
    ],
)
async def test_only_those_keep_customers_who_may(
    ask: Ask, session: AsyncSession, document: str, given: dict[str, Any]
) -> None:
    for requester in (None, buyer(await make_user(session)), staff("MANAGE_ORDERS", "MANAGE_STAFF")):
        answer = await ask(document, requester, **given)
        codes = [error["extensions"]["exception"]["code"] for error in answer["errors"]]
        assert codes == ["PermissionDenied"]


@pytest.fixture
async def houses(session: AsyncSession) -> CustomerType:
    """What new customers are of: guest houses, which are asked for rooms, and have to say their style."""
    kind = CustomerType(name="Maisons d’hôtes", slug="guest-houses", is_default=True)
    session.add(kind)
    await session.flush()
    await make_attribute(session, kind, slug="rooms", input_type=AttributeInputType.NUMERIC)
    await make_attribute(session, kind, slug="style", value_required=True, external_reference="style")
    return kind


ANSWERED = """
query ($id: ID) { user(id: $id) {
  rooms: assignedAttribute(slug: "rooms") { ... on AssignedNumericAttribute { value } }
  style: assignedAttribute(slug: "style") {
    ... on AssignedSingleChoiceAttribute { value { name } } } } }
"""


async def attribute_id(session: AsyncSession, slug: str) -> str:
    key = await session.scalar(select(Attribute.id).where(Attribute.slug == slug))
    return to_global_id("Attribute", key or 0)


async def test_customers_answer_what_their_kind_asks(
    read: Ask, session: AsyncSession, hind: User, houses: CustomerType
) -> None:
    asking = staff("MANAGE_USERS", user=hind)
    rooms = {"id": await attribute_id(session, "rooms"), "numeric": "7"}
    style = {"externalReference": "style", "dropdown": {"value": "Riad"}}
    given = {"email": "a@example.test", "attributes": [rooms, style]}
    made = (await read(CREATE, asking, input=given))["customerCreate"]
    assert made["errors"] == []
    key = made["user"]["id"]
    answered = (await read(ANSWERED, asking, id=key))["user"]
    assert answered == {"rooms": {"value": 7.0}, "style": {"value": {"name": "Riad"}}}
    await read(UPDATE, asking, id=key, input={"attributes": [rooms | {"numeric": "9"}]})
    many = [{"id": key, "input": {"attributes": [style | {"dropdown": {"value": "Kasbah"}}]}}]
    done = (await read(BULK_UPDATE, asking, customers=many))["customerBulkUpdate"]
    assert (done["count"], done["results"][0]["errors"]) == (1, None)
    answered = (await read(ANSWERED, asking, id=key))["user"]
    assert answered == {"rooms": {"value": 9.0}, "style": {"value": {"name": "Kasbah"}}}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"slug": "rooms", "numeric": "many"}, "INVALID"),
        ({"slug": "rooms", "numeric": "7"}, "REQUIRED"),
        ({"id": to_global_id("Attribute", 0), "numeric": "7"}, "NOT_FOUND"),
        ({"numeric": "7"}, "REQUIRED"),
    ],
)
async def test_wrong_answers_open_no_account(
    read: Ask,
    session: AsyncSession,
    hind: User,
    houses: CustomerType,
    answer: dict[str, str],
    code: str,
) -> None:
    if "slug" in answer:
        answer = {"id": await attribute_id(session, answer["slug"]), "numeric": answer["numeric"]}
    given = {"email": "a@example.test", "attributes": [answer]}
    refused = (await read(CREATE, staff("MANAGE_USERS", user=hind), input=given))["customerCreate"]
    assert {(error["field"], error["code"]) for error in refused["errors"]} >= {("attributes", code)}
    assert await session.scalar(select(User.id).where(User.email == "a@example.test")) is None
