"""Apps and staff make, change and end webhooks; every mistake is told in Saleor's words."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App
from marketplace.kit.ids import to_global_id
from marketplace.webhooks.models import DeliveryStatus, EventDelivery, EventDeliveryAttempt, Webhook
from marketplace_graphql.kernel import Requester
from tests.factories.apps import make_app
from tests.factories.webhooks import make_delivery, make_webhook
from tests.graphql.conftest import Ask, staff

CREATE = """mutation ($input: WebhookCreateInput!) { webhookCreate(input: $input) {
    errors { field code message } webhookErrors { code }
    webhook { id name identifier targetUrl isActive secretKey subscriptionQuery customHeaders app { id }
        asyncEvents { name eventType } syncEvents { eventType } events { eventType } } } }"""
UPDATE = """mutation ($id: ID, $identifier: String, $input: WebhookUpdateInput!) {
    webhookUpdate(id: $id, identifier: $identifier, input: $input) { errors { field code }
        webhook { name identifier targetUrl isActive asyncEvents { eventType } } } }"""
DELETE = """mutation ($id: ID, $identifier: String) { webhookDelete(id: $id, identifier: $identifier) {
    errors { field code } webhook { id name } } }"""
QUERY = "subscription { event { ... on ProductUpdated { product { id } } } }"
TARGET = "https://app.example/hook"
TOO_MANY = "subscription { orderPaid(channels: [" + '"a" ' * 501 + "]) { version } }"
TOO_LONG = '{"X-A": "' + "x" * 998 + '"}'
MANAGER = staff("MANAGE_APPS")


def as_app(app: App, *permissions: str) -> Requester:
    return Requester(app_id=app.id, permissions=frozenset(permissions))


def gid(row: Any) -> str:
    return to_global_id(type(row).__name__, row.id)


@pytest.fixture
async def app(session: AsyncSession) -> App:
    return await make_app(session)


async def count(session: AsyncSession) -> int:
    return len((await session.scalars(select(Webhook.id))).all())


async def test_staff_make_a_webhook_of_an_app(session: AsyncSession, read: Ask, app: App) -> None:
    data = await read(
        CREATE,
        MANAGER,
        input={
            "name": "Stock",
            "identifier": "stock",
            "targetUrl": TARGET,
            "asyncEvents": ["PRODUCT_UPDATED", "PRODUCT_UPDATED", "ORDER_FULLY_PAID"],
            "syncEvents": ["CHECKOUT_CALCULATE_TAXES"],
            "app": gid(app),
            "secretKey": "s",
            "query": QUERY,
            "customHeaders": '{"X-Key": "1", "Authorization": "Bearer a"}',
        },
    )
    made = data["webhookCreate"]
    assert (made["errors"], made["webhookErrors"]) == ([], [])
    events = ["PRODUCT_UPDATED", "ORDER_FULLY_PAID", "CHECKOUT_CALCULATE_TAXES"]
    assert made["webhook"] == {
        "id": made["webhook"]["id"],
        "name": "Stock",
        "identifier": "stock",
        "targetUrl": TARGET,
        "isActive": True,
        "secretKey": "s",
        "subscriptionQuery": QUERY,
        "customHeaders": '{"x-key": "1", "authorization": "Bearer a"}',
        "app": {"id": gid(app)},
        "asyncEvents": [
            {"name": "Product updated", "eventType": events[0]},
            {"name": "Order fully paid", "eventType": events[1]},
        ],
        "syncEvents": [{"eventType": events[2]}],
        "events": [{"eventType": event} for event in events],
    }


async def test_an_app_makes_its_own_webhook_whatever_app_it_names(
    session: AsyncSession, read: Ask, app: App
) -> None:
    other = await make_app(session)
    data = await read(CREATE, as_app(app), input={"targetUrl": TARGET, "query": QUERY, "app": gid(other)})
    assert data["webhookCreate"]["webhook"]["app"] == {"id": gid(app)}


@pytest.mark.parametrize(
    ("query", "events"),
    [
        (QUERY, ["PRODUCT_UPDATED"]),
        (
            """subscription { event { ...S ... on Event { ... on OrderPaid { order { id } } } } }
            fragment S on Event { issuedAt ... on ProductCreated { product { id } } }""",
            ["ORDER_PAID", "PRODUCT_CREATED"],
        ),
        (
            "subscription { event { ...P } } fragment P on ProductUpdated { product { id } }",
            ["PRODUCT_UPDATED"],
        ),
        ("subscription { orderCreated { order { id } } }", ["ORDER_CREATED"]),
        ('subscription X { orderCreated(channels: ["a"]) { order { id } } }', ["ORDER_CREATED"]),
        ("query { shop { name } } subscription A { event { ... on OrderPaid { order { id } } } }", None),
        (
            "query B { shop { name } } subscription A { event { ... on OrderPaid { order { id } } } }",
            ["ORDER_PAID"],
        ),
    ],
)
async def test_without_events_it_listens_to_those_of_its_subscription(
    read: Ask, app: App, query: str, events: list[str] | None
) -> None:
    made = (await read(CREATE, as_app(app), input={"targetUrl": TARGET, "query": query}))["webhookCreate"]
    if events is None:
        assert made["errors"][0]["code"] == "GRAPHQL_ERROR"
        return
    assert [each["eventType"] for each in made["webhook"]["asyncEvents"]] == events


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"targetUrl": None}, "targetUrl", "REQUIRED"),
        ({"targetUrl": "not an address"}, "targetUrl", "INVALID"),
        ({"targetUrl": "ftp://app.example/"}, "targetUrl", "INVALID"),
        ({"targetUrl": "awssqs://key:secret@sqs.example/1/queue"}, "targetUrl", "INVALID"),
        ({"targetUrl": "https://app.example/" + "x" * 255}, "targetUrl", "INVALID"),
        ({"name": "x" * 256}, "name", "INVALID"),
        ({"identifier": "x" * 257}, "identifier", "INVALID"),
        ({"identifier": "taken"}, "identifier", "UNIQUE"),
        ({"secretKey": "x" * 256}, "secretKey", "INVALID"),
        ({"query": "subscription { event { "}, "query", "SYNTAX"),
        ({"query": "subscription { nothing }"}, "query", "GRAPHQL_ERROR"),
        (
            {"query": "subscription ($a: Boolean!) { event { ... @include(if: $a) { version } } }"},
            "query",
            "GRAPHQL_ERROR",
        ),
        ({"query": "{ shop { name } }"}, "query", "MISSING_SUBSCRIPTION"),
        ({"query": "fragment A on Event { version }"}, "query", "GRAPHQL_ERROR"),
        (
            {"query": "subscription { ...A } fragment A on Subscription { event { version } }"},
            "query",
            "UNABLE_TO_PARSE",
        ),
        ({"query": "subscription { event { version } }"}, "query", "MISSING_EVENT"),
        (
            {"query": "subscription { orderPaid { version } orderCreated { version } }"},
            "query",
            "INVALID",
        ),
        ({"query": TOO_MANY}, "query", "INVALID"),
        ({"customHeaders": '{"Cookie": "a"}'}, "customHeaders", "INVALID_CUSTOM_HEADERS"),
        ({"customHeaders": '{"X-A": 1}'}, "customHeaders", "INVALID_CUSTOM_HEADERS"),
        ({"customHeaders": '{"X-A": "é"}'}, "customHeaders", "INVALID_CUSTOM_HEADERS"),
        ({"customHeaders": '{"X-A": "a\\nb"}'}, "customHeaders", "INVALID_CUSTOM_HEADERS"),
        ({"customHeaders": '{"X A": "a"}'}, "customHeaders", "INVALID_CUSTOM_HEADERS"),
        ({"customHeaders": '["X-A"]'}, "customHeaders", "INVALID_CUSTOM_HEADERS"),
        ({"customHeaders": TOO_LONG}, "customHeaders", "INVALID_CUSTOM_HEADERS"),
        (
            {"customHeaders": '{"X-1": "", "X-2": "", "X-3": "", "X-4": "", "X-5": "", "X-6": ""}'},
            "customHeaders",
            "INVALID_CUSTOM_HEADERS",
        ),
        (
            {"asyncEvents": ["NOTIFY_USER", "PRODUCT_UPDATED"]},
            "asyncEvents",
            "INVALID_NOTIFY_WITH_SUBSCRIPTION",
        ),
    ],
)
async def test_a_mistake_makes_no_webhook(
    session: AsyncSession, read: Ask, app: App, given: dict[str, Any], field: str, code: str
) -> None:
    await make_webhook(session, app=app, identifier="taken")
    data = await read(CREATE, as_app(app), input={"targetUrl": TARGET} | given)
    made = data["webhookCreate"]
    assert [(error["field"], error["code"]) for error in made["errors"]] == [(field, code)]
    assert made["webhook"] is None
    assert await count(session) == 1


async def test_staff_must_say_whose_webhook_it_is(session: AsyncSession, read: Ask) -> None:
    made = (await read(CREATE, MANAGER, input={"targetUrl": TARGET}))["webhookCreate"]
    assert [(error["field"], error["code"]) for error in made["errors"]] == [(None, "INVALID")]


async def test_an_app_that_is_off_gets_no_webhook(session: AsyncSession, read: Ask) -> None:
    app = await make_app(session, is_active=False)
    made = (await read(CREATE, MANAGER, input={"targetUrl": TARGET, "app": gid(app)}))["webhookCreate"]
    assert [error["code"] for error in made["errors"]] == ["NOT_FOUND"]


@pytest.mark.parametrize(
    "requester",
    [Requester(), Requester(user_id=1), staff("MANAGE_PRODUCTS")],
    ids=["nobody", "buyer", "staff"],
)
async def test_nobody_else_may_make_webhooks(ask: Ask, requester: Requester) -> None:
    answer = await ask(CREATE, requester, input={"targetUrl": TARGET})
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    assert answer["data"] == {"webhookCreate": None}


async def test_a_webhook_is_changed_by_id_or_by_what_the_app_calls_it(
    session: AsyncSession, read: Ask, app: App
) -> None:
    webhook = await make_webhook(session, "PRODUCT_UPDATED", app=app, identifier="stock", name="Old")
    changes = {"name": "New", "isActive": False, "targetUrl": TARGET}
    data = await read(UPDATE, MANAGER, id=gid(webhook), input=changes)
    assert data["webhookUpdate"] == {
        "errors": [],
        "webhook": {
            "name": "New",
            "identifier": "stock",
            "targetUrl": TARGET,
            "isActive": False,
            "asyncEvents": [{"eventType": "PRODUCT_UPDATED"}],
        },
    }
    data = await read(UPDATE, as_app(app), identifier="stock", input={"asyncEvents": ["ORDER_PAID"]})
    assert data["webhookUpdate"]["webhook"]["asyncEvents"] == [{"eventType": "ORDER_PAID"}]
    data = await read(UPDATE, as_app(app), identifier="stock", input={"query": QUERY, "identifier": "stock"})
    assert data["webhookUpdate"]["webhook"]["asyncEvents"] == [{"eventType": "PRODUCT_UPDATED"}]


async def test_an_app_reaches_no_strangers_webhook(session: AsyncSession, read: Ask, app: App) -> None:
    strange = await make_webhook(session, identifier="stock", name="Old")
    requester = as_app(app, "MANAGE_APPS")
    for naming, field in (({"id": gid(strange)}, "id"), ({"identifier": "stock"}, "identifier")):
        for document, root in ((UPDATE, "webhookUpdate"), (DELETE, "webhookDelete")):
            given = {"input": {"name": "New"}} if document is UPDATE else {}
            data = await read(document, requester, **naming, **given)
            assert data[root]["errors"] == [{"field": field, "code": "NOT_FOUND"}]
    data = await read("query ($id: ID!) { webhook(id: $id) { id } }", requester, id=gid(strange))
    assert data == {"webhook": None}
    assert await count(session) == 1


async def test_what_several_apps_call_the_same_staff_name_by_id(session: AsyncSession, read: Ask) -> None:
    for _ in range(2):
        await make_webhook(session, identifier="stock")
    data = await read(DELETE, MANAGER, identifier="stock")
    assert data["webhookDelete"]["errors"] == [{"field": "identifier", "code": "INVALID"}]
    for naming in ({}, {"id": "V2ViaG9vazox", "identifier": "stock"}):
        data = await read(DELETE, MANAGER, **naming)
        assert data["webhookDelete"]["errors"] == [{"field": None, "code": "GRAPHQL_ERROR"}]
    assert await count(session) == 2


async def test_a_deleted_webhook_is_shown_once_more_and_its_log_goes(
    session: AsyncSession, read: Ask, app: App
) -> None:
    webhook = await make_webhook(session, app=app, name="Stock")
    await make_delivery(session, webhook)
    data = await read(DELETE, as_app(app), id=gid(webhook))
    assert data["webhookDelete"] == {"errors": [], "webhook": {"id": gid(webhook), "name": "Stock"}}
    assert await count(session) == 0
    assert await session.scalar(select(EventDelivery.id)) is None


async def test_an_app_shows_its_webhooks_to_those_who_manage_apps_and_to_itself(
    session: AsyncSession, ask: Ask, read: Ask, app: App
) -> None:
    webhook = await make_webhook(session, app=app)
    document = "query ($id: ID) { app(id: $id) { webhooks { id } } }"
    for requester in (MANAGER, as_app(app)):
        data = await read(document, requester, id=gid(app))
        assert data["app"]["webhooks"] == [{"id": gid(webhook)}]
    answer = await ask(document, staff("MANAGE_PRODUCTS"), id=gid(app))
    assert answer["data"]["app"] == {"webhooks": None}
    answer = await ask("query ($id: ID!) { webhook(id: $id) { id } }", staff(), id=gid(webhook))
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


LOG = """query ($id: ID!, $filter: EventDeliveryFilterInput, $direction: OrderDirection!) { webhook(id: $id) {
    eventDeliveries(first: 10, filter: $filter, sortBy: {field: CREATED_AT, direction: $direction}) {
        totalCount edges { node { id createdAt status eventType payload
            attempts(first: 5, sortBy: {field: CREATED_AT, direction: ASC}) { edges { node {
                status response responseStatusCode responseHeaders requestHeaders duration taskId } } }
    } } } } }"""


async def test_the_log_says_what_went_along_a_webhook(session: AsyncSession, read: Ask) -> None:
    webhook = await make_webhook(session)
    first = await make_delivery(session, webhook, '{"a": 1}', status=DeliveryStatus.FAILED)
    second = await make_delivery(session, webhook, event_type="ORDER_PAID")
    await make_delivery(session, await make_webhook(session))
    session.add_all(
        EventDeliveryAttempt(
            delivery_id=first.id,
            status=DeliveryStatus.FAILED,
            response=str(number),
            response_status_code=500,
            response_headers="{}",
            request_headers="{}",
            duration_seconds=0.25,
            task_id="7",
        )
        for number in range(2)
    )
    data = await read(LOG, MANAGER, id=gid(webhook), direction="ASC")
    log = data["webhook"]["eventDeliveries"]
    assert log["totalCount"] == 2
    one, other = [edge["node"] for edge in log["edges"]]
    assert (one["status"], one["eventType"], one["payload"]) == ("FAILED", "PRODUCT_UPDATED", '{"a": 1}')
    assert [edge["node"]["response"] for edge in one["attempts"]["edges"]] == ["0", "1"]
    assert one["attempts"]["edges"][0]["node"] == {
        "status": "FAILED",
        "response": "0",
        "responseStatusCode": 500,
        "responseHeaders": "{}",
        "requestHeaders": "{}",
        "duration": 0.25,
        "taskId": "7",
    }
    assert other["id"] == gid(second)
    for narrowed, expected in (
        ({"status": "FAILED"}, [gid(first)]),
        ({"eventType": "ORDER_PAID"}, [gid(second)]),
        ({"status": "FAILED", "eventType": "ORDER_PAID"}, []),
    ):
        data = await read(LOG, MANAGER, id=gid(webhook), direction="DESC", filter=narrowed)
        edges = data["webhook"]["eventDeliveries"]["edges"]
        assert [edge["node"]["id"] for edge in edges] == expected


RETRY = "mutation ($id: ID!) { eventDeliveryRetry(id: $id) { errors { field code } delivery { id status } } }"


async def test_a_delivery_is_tried_again(session: AsyncSession, read: Ask, app: App) -> None:
    delivery = await make_delivery(
        session, await make_webhook(session, app=app), status=DeliveryStatus.FAILED, tries_left=0
    )
    data = await read(RETRY, as_app(app), id=gid(delivery))
    assert data["eventDeliveryRetry"] == {
        "errors": [],
        "delivery": {"id": gid(delivery), "status": "PENDING"},
    }
    await session.refresh(delivery)
    assert delivery.tries_left == 6


async def test_what_has_arrived_or_is_a_strangers_is_not_tried_again(
    session: AsyncSession, read: Ask, ask: Ask, app: App
) -> None:
    arrived = await make_delivery(
        session, await make_webhook(session, app=app), status=DeliveryStatus.SUCCESS
    )
    arrived.payload = None
    strange = await make_delivery(session, await make_webhook(session))
    for delivery, code in ((arrived, "INVALID"), (strange, "NOT_FOUND")):
        data = await read(RETRY, as_app(app), id=gid(delivery))
        assert data["eventDeliveryRetry"] == {"errors": [{"field": "id", "code": code}], "delivery": None}
    answer = await ask(RETRY, staff("MANAGE_PRODUCTS"), id=gid(strange))
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_every_event_is_listed_for_those_who_manage_apps(read: Ask, ask: Ask) -> None:
    data = await read("{ webhookEvents { name eventType } }", MANAGER)
    assert {"name": "Order created", "eventType": "ORDER_CREATED"} in data["webhookEvents"]
    assert len(data["webhookEvents"]) == 151
    answer = await ask("{ webhookEvents { name } }", staff())
    assert answer["data"] == {"webhookEvents": None}
