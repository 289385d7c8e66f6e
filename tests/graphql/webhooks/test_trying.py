"""A subscription or a webhook is tried on one thing, by whoever may know of the event."""

from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.ids import to_global_id
from tests.factories.catalog import make_product
from tests.factories.webhooks import make_webhook
from tests.graphql.conftest import Ask, staff

UPDATED = "subscription { event { ... on ProductUpdated { product { name } recipient { name } } } }"
DRY_RUN = """mutation ($query: String!, $id: ID!) { webhookDryRun(query: $query, objectId: $id) {
    payload errors { field code } } }"""
TRIGGER = """mutation ($webhook: ID!, $id: ID!) { webhookTrigger(webhookId: $webhook, objectId: $id) {
    delivery { status eventType payload } errors { field code } } }"""
MANAGER = staff("MANAGE_PRODUCTS", "MANAGE_APPS")


async def test_a_dry_run_shows_what_would_be_told_and_tells_nobody(session: AsyncSession, read: Ask) -> None:
    product = await make_product(session, name="Tapis")
    await make_webhook(
        session, "PRODUCT_UPDATED", permissions=("MANAGE_PRODUCTS",), subscription_query=UPDATED
    )
    data = await read(DRY_RUN, MANAGER, query=UPDATED, id=to_global_id("Product", product.id))
    assert data["webhookDryRun"]["errors"] == []
    payload = orjson.loads(data["webhookDryRun"]["payload"])
    assert payload == {"product": {"name": "Tapis"}, "recipient": None}
    assert await session.scalar(text("SELECT count(*) FROM event_delivery")) == 0


async def test_a_dry_run_shows_no_more_than_one_may_read(session: AsyncSession, read: Ask) -> None:
    product = await make_product(session, name="Tapis")
    query = 'subscription { event { ... on ProductUpdated { product { name privateMetafield(key: "a") } } } }'
    data = await read(DRY_RUN, MANAGER, query=query, id=to_global_id("Product", product.id))
    payload = orjson.loads(data["webhookDryRun"]["payload"])
    assert payload == {"product": {"name": "Tapis", "privateMetafield": None}}


@pytest.mark.parametrize(
    ("query", "object_type", "field", "code"),
    [
        ("subscription {", "Product", "query", "SYNTAX"),
        ("{ shop { name } }", "Product", "query", "MISSING_SUBSCRIPTION"),
        ("subscription { event { version } }", "Product", "query", "MISSING_EVENT"),
        ("subscription { nothing }", "Product", "query", "GRAPHQL_ERROR"),
        (
            "subscription { event { ... on ThumbnailCreated { url } } }",
            "Product",
            "query",
            "TYPE_NOT_SUPPORTED",
        ),
        (UPDATED, "Category", "objectId", "INVALID_ID"),
        (UPDATED, "", "objectId", "INVALID_ID"),
        ("subscription { event { ... on OrderPaid { order { id } } } }", "Order", None, "MISSING_PERMISSION"),
        (UPDATED, "Product", "objectId", "NOT_FOUND"),
    ],
)
async def test_what_cant_be_tried_is_told(
    session: AsyncSession, read: Ask, query: str, object_type: str, field: str | None, code: str
) -> None:
    object_id = to_global_id(object_type, 10**9) if object_type else "rubbish"
    data = await read(DRY_RUN, MANAGER, query=query, id=object_id)
    assert data["webhookDryRun"] == {"payload": None, "errors": [{"field": field, "code": code}]}
    webhook = await make_webhook(session, permissions=("MANAGE_PRODUCTS",), subscription_query=query)
    data = await read(TRIGGER, MANAGER, webhook=to_global_id("Webhook", webhook.id), id=object_id)
    expected = None if field == "query" else field
    assert data["webhookTrigger"] == {"delivery": None, "errors": [{"field": expected, "code": code}]}


async def test_a_trigger_has_the_webhook_told(session: AsyncSession, read: Ask) -> None:
    product = await make_product(session, name="Tapis")
    webhook = await make_webhook(session, permissions=("MANAGE_PRODUCTS",), subscription_query=UPDATED)
    webhook.app.name = "Carnet"
    naming = {"webhook": to_global_id("Webhook", webhook.id), "id": to_global_id("Product", product.id)}
    delivery = (await read(TRIGGER, MANAGER, **naming))["webhookTrigger"]["delivery"]
    assert (delivery["status"], delivery["eventType"]) == ("PENDING", "PRODUCT_UPDATED")
    told = orjson.loads(delivery["payload"])
    assert told == {"product": {"name": "Tapis"}, "recipient": {"name": "Carnet"}}
    jobs = text("SELECT args FROM procrastinate_jobs WHERE task_name = 'webhooks.send'")
    assert await session.scalar(jobs) == {"app_id": webhook.app_id}


async def test_a_webhook_that_is_not_there_or_says_nothing_is_not_triggered(
    session: AsyncSession, read: Ask
) -> None:
    product = to_global_id("Product", (await make_product(session)).id)
    bare = await make_webhook(session)
    gone = await make_webhook(session, subscription_query=UPDATED)
    gone.app.removed_at = clock.now()
    for webhook_id, code in (
        (to_global_id("Webhook", bare.id), "MISSING_QUERY"),
        (to_global_id("Webhook", gone.id), "NOT_FOUND"),
        (to_global_id("Webhook", 10**9), "NOT_FOUND"),
        ("rubbish", "GRAPHQL_ERROR"),
    ):
        data = await read(TRIGGER, MANAGER, webhook=webhook_id, id=product)
        assert data["webhookTrigger"] == {"delivery": None, "errors": [{"field": "webhookId", "code": code}]}


async def test_what_was_told_is_shown_to_those_who_manage_apps(session: AsyncSession, ask: Ask) -> None:
    product = await make_product(session)
    webhook = await make_webhook(session, permissions=("MANAGE_PRODUCTS",), subscription_query=UPDATED)
    naming = {"webhook": to_global_id("Webhook", webhook.id), "id": to_global_id("Product", product.id)}
    answer = await ask(TRIGGER, staff("MANAGE_PRODUCTS"), **naming)
    assert answer["data"]["webhookTrigger"]["delivery"]["payload"] is None
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


@pytest.mark.parametrize("document", [DRY_RUN, TRIGGER])
async def test_only_staff_try(session: AsyncSession, ask: Ask, document: str) -> None:
    given: dict[str, Any] = {"id": "x"} | ({"query": UPDATED} if document == DRY_RUN else {"webhook": "x"})
    answer = await ask(document, None, **given)
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


SAMPLE = "query ($event: WebhookSampleEventTypeEnum!) { webhookSamplePayload(eventType: $event) }"


async def test_a_sample_names_the_newest_row(session: AsyncSession, read: Ask, ask: Ask) -> None:
    await make_product(session)
    newest = await make_product(session)
    data = await read(SAMPLE, staff("MANAGE_PRODUCTS"), event="PRODUCT_CREATED")
    (entry,) = orjson.loads(data["webhookSamplePayload"])
    assert (entry["type"], entry["id"]) == ("Product", to_global_id("Product", newest.id))
    assert await read(SAMPLE, staff("MANAGE_MENUS"), event="MENU_CREATED") == {"webhookSamplePayload": None}
    answer = await ask(SAMPLE, staff(), event="PRODUCT_CREATED")
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_a_subscription_is_not_served_over_the_api(ask: Ask) -> None:
    answer = await ask(UPDATED, MANAGER)
    assert answer["errors"][0]["message"] == "Subscriptions are not served here."
