"""How apps and staff make, change, end and try webhooks."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry import ID

from marketplace.apps.models import App
from marketplace.kit.errors import DomainError, InvalidError, NotFoundError
from marketplace.webhooks import models, service
from marketplace_graphql.kernel import (
    Info,
    JSONString,
    changes,
    deletion,
    error_type,
    input_type,
    mutation,
    object_type,
    subject,
)
from marketplace_graphql.webhooks.breaking import BreakerMutations
from marketplace_graphql.webhooks.enums import (
    WebhookEventTypeAsyncEnum,
    WebhookEventTypeEnum,
    WebhookEventTypeSyncEnum,
)
from marketplace_graphql.webhooks.trying import WebhookTrials
from marketplace_graphql.webhooks.types import NEEDS

WebhookError = error_type(
    "WebhookError",
    (
        "GRAPHQL_ERROR",
        "INVALID",
        "NOT_FOUND",
        "REQUIRED",
        "UNIQUE",
        "DELETE_FAILED",
        "SYNTAX",
        "MISSING_SUBSCRIPTION",
        "UNABLE_TO_PARSE",
        "MISSING_EVENT",
        "INVALID_CUSTOM_HEADERS",
        "INVALID_NOTIFY_WITH_SUBSCRIPTION",
    ),
    twin="webhookErrors",
)
DeliveryError = replace(WebhookError, twin=None)

OUTDATED = {
    "events": "Use `asyncEvents` or `syncEvents`.",
    "secret_key": "Without one, a JWS is the signature.",
}


@input_type(outdated=OUTDATED)
class WebhookCreateInput:
    """What a webhook is to be."""

    name: str | None
    identifier: str | None
    """By what the app itself calls it; no two of its webhooks the same."""
    target_url: str | None
    """Where events are told: an http or https address."""
    events: list[WebhookEventTypeEnum] | None
    async_events: list[WebhookEventTypeAsyncEnum] | None
    """What it is told of; without any, what its subscription speaks of."""
    sync_events: list[WebhookEventTypeSyncEnum] | None
    app: ID | None
    """Whose it is. An app that asks makes its own."""
    is_active: bool | None
    secret_key: str | None
    query: str | None
    """What is told: a subscription."""
    custom_headers: JSONString | None
    """Up to five headers of each request, `X-*`, `Authorization*` or `BrokerProperties`."""


@input_type(outdated=OUTDATED)
class WebhookUpdateInput:
    """What to change of a webhook."""

    name: str | None
    identifier: str | None
    """By what the app itself calls it; no two of its webhooks the same."""
    target_url: str | None
    """Where events are told: an http or https address."""
    events: list[WebhookEventTypeEnum] | None
    async_events: list[WebhookEventTypeAsyncEnum] | None
    """What it is told of."""
    sync_events: list[WebhookEventTypeSyncEnum] | None
    app: ID | None
    """A webhook stays its app's: this changes nothing, as in Saleor."""
    is_active: bool | None
    secret_key: str | None
    query: str | None
    """What is told: a subscription. Where no events are named, it is told of those that it speaks of."""
    custom_headers: JSONString | None
    """Up to five headers of each request, `X-*`, `Authorization*` or `BrokerProperties`."""


@subject()
async def the_webhook(info: Info, id: ID | None = None, identifier: str | None = None) -> models.Webhook:
    """A webhook by its id, or by what its app calls it."""
    if (id is None) == (identifier is None):
        raise DomainError("Give either 'id' or 'identifier'.", code="GRAPHQL_ERROR")
    if id is not None:
        return await info.find(models.Webhook, id, lock=True)
    query = select(models.Webhook.id).where(models.Webhook.identifier == identifier).limit(100)
    if info.requester.app_id is not None:
        query = query.where(models.Webhook.app_id == info.requester.app_id)
    seen = await info.seen(models.Webhook, (await info.session.scalars(query)).all(), lock=True)
    if not seen:
        raise NotFoundError(f"Couldn't resolve to a node: {identifier}", field="identifier")
    if len(seen) > 1:
        raise InvalidError("Webhooks of several apps are called so: give the id.", field="identifier")
    (found,) = seen.values()
    return found


async def _delete(session: AsyncSession, webhooks: Sequence[models.Webhook]) -> None:
    for webhook in webhooks:
        await service.delete_webhook(session, webhook)


def _given(input: Any) -> dict[str, Any]:
    """The input by the names of columns."""
    given = changes(input)
    listed = given.pop("events", None) or [
        *(given.pop("async_events", None) or ()),
        *(given.pop("sync_events", None) or ()),
    ]
    given |= {"events": [event.value for event in listed]}
    if "query" in given:
        given["subscription_query"] = given.pop("query")
    return given


async def _app_of(info: Info, given: Mapping[str, Any]) -> App:
    """The app that asks, or the one that staff name. Raises DomainErrors."""
    app_id = info.requester.app_id
    if app_id is not None:
        app = await info.session.get(App, app_id)
    elif given.get("app") is None:
        message = "Missing app id. Fill in the app field or run the mutation by the app"
        raise InvalidError(message)
    else:
        app = await info.find(App, given["app"], field_name="app")
    if app is None or not app.is_active or app.removed_at is not None:
        raise NotFoundError("App doesn't exist or is disabled")
    return app


@object_type
class WebhookMutations(WebhookTrials, BreakerMutations):
    """What is done with webhooks."""

    @mutation(returns="Webhook", errors=WebhookError, needs=NEEDS)
    async def webhook_create(self, info: Info, input: WebhookCreateInput) -> models.Webhook:
        """Makes a webhook of an app."""
        given = _given(input)
        app = await _app_of(info, given)
        return await service.create_webhook(info.session, app, given)

    @mutation(returns="Webhook", errors=WebhookError, needs=NEEDS, about=the_webhook)
    async def webhook_update(
        self, info: Info, webhook: models.Webhook, input: WebhookUpdateInput
    ) -> models.Webhook:
        """Changes a webhook."""
        app = await info.session.get(App, webhook.app_id)
        if app is None or not app.is_active:
            raise NotFoundError("App doesn't exist or is disabled")
        return await service.update_webhook(info.session, webhook, _given(input))

    webhook_delete = deletion(
        models.Webhook,
        _delete,
        doc="Deletes a webhook, and the log of what went along it.",
        errors=WebhookError,
        needs=NEEDS,
        about=the_webhook,
    )

    @mutation(returns={"delivery": "EventDelivery | None"}, errors=DeliveryError, needs=NEEDS)
    async def event_delivery_retry(self, info: Info, id: ID) -> dict[str, models.EventDelivery]:
        """Tries a delivery again, from the start."""
        delivery = await info.find(models.EventDelivery, id, lock=True)
        webhook = await info.session.get_one(models.Webhook, delivery.webhook_id)
        return {"delivery": await service.retry(info.session, delivery, webhook.app_id)}
