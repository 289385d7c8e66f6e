"""Apps act in the API: by their own tokens, or as the person who uses them; and histories say so."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App, AppType
from marketplace.kit import clock
from marketplace.kit.acting import NOBODY, actor
from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.orders.models import OrderEvent
from marketplace.people.models import Address, AuditEntry, CustomerEvent, CustomerEventType
from marketplace.people.permissions import Permission
from marketplace.people.tokens import access_token, access_token_for_app
from marketplace_graphql.kernel import Requester
from tests.factories.apps import make_app, make_token
from tests.factories.checkout import make_market, make_piece
from tests.factories.orders import make_order
from tests.factories.people import make_staff, make_user
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, app_itself, staff

ITSELF = "{ app { name } }"
ORDERS = "{ orders(first: 1) { totalCount } }"


@pytest.fixture
async def labels(session: AsyncSession) -> App:
    return await make_app(session, Permission.MANAGE_ORDERS)


async def post(client: httpx.AsyncClient, document: str, **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await client.post("/graphql/", json={"query": document}, headers=named)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("header", "before"),
    [("authorization", "Bearer "), ("authorization", "JWT "), ("authorization_bearer", "")],
)
async def test_an_app_signs_in_with_its_token(
    session: AsyncSession, client: httpx.AsyncClient, labels: App, header: str, before: str
) -> None:
    _, token = await make_token(session, labels)
    await session.commit()
    assert await post(client, ITSELF, **{header: before + token}) == {"data": {"app": {"name": labels.name}}}
    assert "errors" not in await post(client, ORDERS, **{header: before + token})


@pytest.mark.parametrize("change", [{"is_active": False}, {"removed_at": clock.now()}])
async def test_an_app_that_is_switched_off_or_deleted_is_nobody_at_once(
    session: AsyncSession, client: httpx.AsyncClient, labels: App, change: dict[str, Any]
) -> None:
    _, token = await make_token(session, labels)
    for name, value in change.items():
        setattr(labels, name, value)
    await session.commit()
    answer = await post(client, ORDERS, authorization=f"Bearer {token}")
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    assert await post(client, "{ __typename }", authorization=f"Bearer {token}") == {
        "data": {"__typename": "Query"}
    }


async def test_a_token_that_nobody_has_is_nobodys(client: httpx.AsyncClient) -> None:
    answer = await post(client, ITSELF, authorization=f"Bearer {'a' * 30}")
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_taking_a_permission_from_an_app_works_at_once(
    session: AsyncSession, client: httpx.AsyncClient, labels: App
) -> None:
    _, token = await make_token(session, labels)
    labels.permissions = []
    await session.commit()
    answer = await post(client, ORDERS, authorization=f"Bearer {token}")
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_a_person_through_an_app_may_what_both_may(
    session: AsyncSession, client: httpx.AsyncClient, labels: App, settings: Settings
) -> None:
    person = await make_staff(session, Permission.MANAGE_ORDERS, Permission.MANAGE_USERS)
    held = ["MANAGE_ORDERS", "MANAGE_USERS"]

    def token(*of_app: str) -> str:
        return access_token_for_app(person, settings, labels.id, permissions=of_app, of_bearer=held)

    await session.commit()
    through = {"authorization": f"Bearer {token('MANAGE_ORDERS', 'MANAGE_PRODUCTS')}"}
    assert "errors" not in await post(client, ORDERS, **through)
    me = await post(client, "{ me { email isStaff } }", **through)
    assert me["data"]["me"] == {"email": person.email, "isStaff": True}
    for of_app in (["MANAGE_PRODUCTS"], []):
        refused = await post(client, ORDERS, authorization=f"Bearer {token(*of_app)}")
        assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    labels.is_active = False
    await session.commit()
    late = await post(client, ORDERS, **through)
    assert late["errors"][0]["extensions"]["exception"]["code"] == "InvalidTokenError"


async def test_a_persons_own_token_is_not_one_of_an_app(
    session: AsyncSession, client: httpx.AsyncClient, settings: Settings
) -> None:
    person = await make_staff(session, Permission.MANAGE_ORDERS)
    await session.commit()
    answer = await post(client, ORDERS, authorization=f"Bearer {access_token(person, settings)}")
    assert "errors" not in answer


PRIVATE = """
mutation ($id: ID!) { updatePrivateMetadata(id: $id, input: [{key: "settings", value: "1"}]) {
  item { privateMetadata { key value } } errors { code }
} }
"""


async def test_an_app_keeps_its_settings_in_its_own_private_entries(
    ask: Ask, session: AsyncSession, labels: App
) -> None:
    labels.permissions = []
    other = await make_app(session)
    person = await make_staff(session)
    through = Requester(user_id=person.id, is_staff=True, through_app_id=labels.id)
    for requester in (app_itself(labels), through):
        kept = await ask(PRIVATE, requester, id=to_global_id("App", labels.id))
        assert kept["data"]["updatePrivateMetadata"]["item"]["privateMetadata"] == [
            {"key": "settings", "value": "1"}
        ]
        refused = await ask(PRIVATE, requester, id=to_global_id("App", other.id))
        assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    assert (await ask(PRIVATE, staff(), id=to_global_id("App", labels.id)))["errors"]


async def test_an_address_that_is_in_nobodys_book_is_not_an_apps(
    ask: Ask, session: AsyncSession, labels: App
) -> None:
    address = Address(country_code="MA", city="Fès")
    session.add(address)
    await session.flush()
    address_id = to_global_id("Address", address.id)
    change = """mutation ($id: ID!) {
      updateMetadata(id: $id, input: [{key: "a", value: "b"}]) { errors { code } } }"""
    assert (await ask(change, app_itself(labels), id=address_id))["errors"]
    entities = "query ($given: [_Any!]!) { _entities(representations: $given) { ... on Address { city } } }"
    given = [{"__typename": "Address", "id": address_id}]
    assert (await ask(entities, app_itself(labels), given=given))["data"] == {"_entities": [None]}


CANCEL = """
mutation ($id: ID!) { orderCancel(id: $id) {
  errors { code } order { events { type user { id } app { name } } }
} }
"""


async def test_what_an_app_did_to_an_order_is_told_to_staff_and_to_the_app(
    read: Ask, ask: Ask, session: AsyncSession, labels: App
) -> None:
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel, 120_00))
    done = (await read(CANCEL, app_itself(labels), id=to_global_id("Order", order.id)))["orderCancel"]
    assert done["errors"] == []
    by_the_app = {"user": None, "app": {"name": labels.name}}
    assert {"type": "CANCELED"} | by_the_app in done["order"]["events"]
    events = list(await session.scalars(select(OrderEvent).where(OrderEvent.type == "CANCELED")))
    assert {event.app_id for event in events} == {labels.id}


async def test_histories_name_no_app_where_a_person_acts(
    read: Ask, session: AsyncSession, labels: App
) -> None:
    person = await make_staff(session, Permission.MANAGE_ORDERS)
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel, 120_00))
    requester = staff("MANAGE_ORDERS", user=person)
    done = (await read(CANCEL, requester, id=to_global_id("Order", order.id)))["orderCancel"]
    assert done["order"]["events"][-1]["app"] is None
    assert done["order"]["events"][-1]["user"] == {"id": to_global_id("User", person.id)}


async def test_the_log_of_what_staff_do_names_the_app(read: Ask, session: AsyncSession) -> None:
    app = await make_app(session, Permission.MANAGE_VENDORS)
    vendor = await make_vendor(session)
    suspend = "mutation ($id: ID!) { vendorSuspend(id: $id) { errors { code } } }"
    done = await read(suspend, app_itself(app), id=to_global_id("Vendor", vendor.id))
    assert done["vendorSuspend"]["errors"] == []
    entry = (await session.scalars(select(AuditEntry))).one()
    assert (entry.actor_id, entry.app_id) == (None, app.id)


CARD = """
mutation { giftCardCreate(input: {balance: {amount: 10, currency: "MAD"}, isActive: true}) {
  errors { field code } giftCard { app { name } createdBy { id } events { type app { name } } }
} }
"""


async def test_a_gift_card_says_which_app_made_it(read: Ask, ask: Ask, session: AsyncSession) -> None:
    app = await make_app(session, Permission.MANAGE_GIFT_CARD)
    made = (await read(CARD, app_itself(app)))["giftCardCreate"]
    assert made["errors"] == []
    assert made["giftCard"] == {
        "app": {"name": app.name},
        "createdBy": None,
        "events": [{"type": "ISSUED", "app": {"name": app.name}}],
    }
    cards = "{ giftCards(first: 1) { edges { node { app { name } } } } }"
    hidden = await ask(cards, staff("MANAGE_GIFT_CARD"))
    assert hidden["data"]["giftCards"]["edges"] == [{"node": {"app": None}}]
    assert hidden["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    shown = await read(cards, staff("MANAGE_GIFT_CARD", "MANAGE_APPS"))
    assert shown["giftCards"]["edges"] == [{"node": {"app": {"name": app.name}}}]


async def test_what_happened_to_a_customer_names_the_app(
    read: Ask, session: AsyncSession, labels: App
) -> None:
    user = await make_user(session)
    session.add(CustomerEvent(user_id=user.id, type=CustomerEventType.NOTE_ADDED, app_id=labels.id))
    document = "query ($id: ID) { user(id: $id) { events { type app { name } } } }"
    shown = await read(document, staff("MANAGE_USERS"), id=to_global_id("User", user.id))
    assert shown["user"]["events"] == [{"type": "NOTE_ADDED", "app": {"name": labels.name}}]


UPDATE = """
mutation ($id: ID) { accountUpdate(customerId: $id, input: {firstName: "Amal"}) {
  user { firstName } errors { field code }
} }
"""


async def test_an_app_acts_for_a_customer_only_with_leave_and_never_as_nobody(
    ask: Ask, read: Ask, session: AsyncSession, labels: App
) -> None:
    user = await make_user(session)
    user_id = to_global_id("User", user.id)
    nobody = (await read(UPDATE, app_itself(labels)))["accountUpdate"]
    assert nobody["errors"] == [{"field": "customerId", "code": "REQUIRED"}]
    assert (await ask(UPDATE, app_itself(labels), id=user_id))["errors"]
    trusted = await make_app(session, Permission.IMPERSONATE_USER)
    changed = (await read(UPDATE, app_itself(trusted), id=user_id))["accountUpdate"]
    assert changed == {"user": {"firstName": "Amal"}, "errors": []}


@pytest.mark.parametrize(
    "document",
    [
        'mutation { passwordChange(newPassword: "x") { errors { code } } }',
        "mutation { tokensDeactivateAll { errors { code } } }",
        'mutation { accountDelete(token: "x") { errors { code } } }',
    ],
)
async def test_what_only_people_have_is_refused_to_apps(ask: Ask, labels: App, document: str) -> None:
    refused = await ask(document, app_itself(labels))
    assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_whoever_acts_is_known_while_they_act_and_forgotten_after(
    read: Ask, session: AsyncSession, labels: App
) -> None:
    await read("{ me { id } }", app_itself(labels))
    assert actor() is NOBODY


async def test_store_rooms_are_there_for_apps_that_look_after_stock(read: Ask, session: AsyncSession) -> None:
    app = await make_app(session, Permission.MANAGE_PRODUCTS, type=AppType.THIRDPARTY)
    shown = await read("{ warehouses(first: 5) { totalCount } }", app_itself(app))
    assert shown["warehouses"]["totalCount"] >= 0
