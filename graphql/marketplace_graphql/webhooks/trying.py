"""Trying a webhook or a subscription on one thing that is there."""

from typing import Any

from sqlalchemy.orm import joinedload
from strawberry import ID

from marketplace.kit import clock
from marketplace.kit.errors import DomainError, InvalidError, NotFoundError
from marketplace.kit.ids import int_pk, split_global_id
from marketplace.webhooks import models
from marketplace.webhooks.events import NEEDED
from marketplace.webhooks.hearing import deliver
from marketplace.webhooks.payloads import Happening, make_payloads
from marketplace_graphql.kernel import (
    AUTHENTICATED_STAFF,
    Info,
    JSONString,
    error_type,
    mutation,
    object_type,
)
from marketplace_graphql.kernel.subscriptions import Subscription
from marketplace_graphql.metadata.access import ACCESS
from marketplace_graphql.webhooks.events import event_name, kind_of
from marketplace_graphql.webhooks.payloads import api_for, judged, try_out

WebhookDryRunError = error_type(
    "WebhookDryRunError",
    (
        "GRAPHQL_ERROR",
        "NOT_FOUND",
        "INVALID_ID",
        "MISSING_PERMISSION",
        "TYPE_NOT_SUPPORTED",
        "SYNTAX",
        "MISSING_SUBSCRIPTION",
        "UNABLE_TO_PARSE",
        "MISSING_EVENT",
    ),
)
WebhookTriggerError = error_type(
    "WebhookTriggerError",
    (
        "GRAPHQL_ERROR",
        "NOT_FOUND",
        "INVALID_ID",
        "MISSING_PERMISSION",
        "TYPE_NOT_SUPPORTED",
        "SYNTAX",
        "MISSING_SUBSCRIPTION",
        "UNABLE_TO_PARSE",
        "MISSING_QUERY",
        "MISSING_EVENT",
    ),
)


@object_type
class WebhookTrials:
    """What a webhook would tell, and telling it."""

    @mutation(returns={"payload": JSONString | None}, errors=WebhookDryRunError, needs=AUTHENTICATED_STAFF)
    async def webhook_dry_run(self, info: Info, object_id: ID, query: str) -> dict[str, Any]:
        """What a subscription would tell of a thing, as whoever asks may see it. Of several events the first
        in the order of the alphabet is tried.
        """
        api = api_for(info.context["settings"])
        kept = judged(api, query)
        happening = await _tried(info, kept, object_id, field="query")
        return {"payload": await try_out(info.session, api, kept, happening, info.requester)}

    @mutation(
        returns={"delivery": "EventDelivery | None"}, errors=WebhookTriggerError, needs=AUTHENTICATED_STAFF
    )
    async def webhook_trigger(
        self, info: Info, object_id: ID, webhook_id: ID
    ) -> dict[str, models.EventDelivery | None]:
        """Tells a webhook of a thing, as if its event had just happened. The delivery is under way."""
        webhook = await _webhook(info, webhook_id)
        if webhook.subscription_query is None:
            raise DomainError(
                "Missing subscription query for given webhook.", field="webhookId", code="MISSING_QUERY"
            )
        settings = info.context["settings"]
        kept = judged(api_for(settings), webhook.subscription_query, field=None)
        happening = await _tried(info, kept, object_id, field=None)
        payloads = await make_payloads(info.session, settings, happening, webhook)
        payload = next(iter(payloads), None)
        if payload is None:
            return {"delivery": None}
        return {"delivery": await deliver(info.session, webhook, happening.event, payload)}


async def _webhook(info: Info, global_id: str) -> models.Webhook:
    """A webhook of an app that is there, which any member of staff may try who may know of its event."""
    try:
        key = int_pk(global_id, "Webhook")
    except InvalidError as error:
        raise DomainError(error.message, field="webhookId", code="GRAPHQL_ERROR") from None
    webhook = await info.session.get(models.Webhook, key, options=[joinedload(models.Webhook.app)])
    if webhook is None or webhook.app.removed_at is not None:
        raise NotFoundError(f"Couldn't resolve to a node: {global_id}", field="webhookId")
    return webhook


async def _tried(info: Info, kept: Subscription, object_id: str, *, field: str | None) -> Happening:
    """The first event that a subscription speaks of, as if it had happened to a thing.

    Raises DomainErrors.
    """
    type_name = kept.events[0]
    kind, event = kind_of(type_name), event_name(type_name)
    subject = kind and next((part.subject for part in kind.parts if part.subject), None)
    if kind is None or subject is None or not kind.may_be_tried:
        raise DomainError(f"Event type: {type_name} not supported.", field=field, code="TYPE_NOT_SUPPORTED")
    try:
        given_type, _key = split_global_id(object_id)
    except InvalidError:
        given_type = ""
    if given_type != subject:
        raise DomainError("ObjectId doesn't match event type.", field="objectId", code="INVALID_ID")
    needed = NEEDED.get(event)
    if needed is not None and not info.requester.has_any([needed]):
        raise DomainError(
            f"The user doesn't have required permission: {needed.lower()}.", code="MISSING_PERMISSION"
        )
    row = await _row(info, subject, object_id)
    (key,) = row.__mapper__.primary_key_from_instance(row)
    plain = key if isinstance(key, int) else str(key)
    return Happening(event, type(row).__name__, (plain,), clock.now(), info.requester.user_id)


async def _row(info: Info, type_name: str, object_id: str) -> Any:
    """The thing itself. Raises NotFoundError."""
    access = ACCESS.get(type_name)
    if access is None or access.find is None:
        try:
            return await info.find(info.schema.rows_of(type_name).model, object_id, field_name="objectId")
        except InvalidError as error:
            raise DomainError(error.message, field="objectId", code="INVALID_ID") from None
    found = (await info.session.scalars(access.find(object_id))).one_or_none()
    if found is None:
        raise NotFoundError(f"Couldn't resolve to a node: {object_id}", field="objectId")
    return found
