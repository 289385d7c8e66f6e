"""The root fields of webhooks."""

from typing import Any

import orjson
from sqlalchemy import ColumnElement, inspect, select
from strawberry import ID

from marketplace.kit import clock
from marketplace.kit.errors import PermissionDeniedError
from marketplace.people.permissions import Permission
from marketplace.webhooks.events import NEEDED
from marketplace.webhooks.payloads import Happening
from marketplace_graphql.kernel import (
    AUTHENTICATED_APP,
    AUTHENTICATED_STAFF,
    Info,
    JSONString,
    object_type,
    related,
    resolver,
)
from marketplace_graphql.webhooks.enums import (
    ASYNCHRONOUS,
    WebhookEventTypeEnum,
    WebhookSampleEventTypeEnum,
)
from marketplace_graphql.webhooks.events import kind_of, type_name_of
from marketplace_graphql.webhooks.payloads import api_for, bare
from marketplace_graphql.webhooks.types import NEEDS, Webhook, WebhookEvent, in_words


@object_type
class WebhookQueries:
    """Webhooks of apps."""

    @related(needs=NEEDS)
    def webhook(root: Any, webhook: Any, ctx: Any, id: ID) -> Webhook | None:
        """A webhook. An app finds its own."""
        found: ColumnElement[bool] = webhook.id == ctx.key(id, "Webhook")
        return found

    @resolver(needs=Permission.MANAGE_APPS, deprecated="Look at the enum of events.")
    def webhook_events(info: Info) -> list[WebhookEvent] | None:
        """Every event that webhooks can be told of."""
        return [
            {"name": in_words(event), "event_type": WebhookEventTypeEnum[event]}  # type: ignore[misc]
            for event in ASYNCHRONOUS
        ]

    @resolver(needs=(AUTHENTICATED_STAFF, AUTHENTICATED_APP))
    async def webhook_sample_payload(
        info: Info,
        event_type: WebhookSampleEventTypeEnum,
    ) -> JSONString | None:
        """What is told of an event without a subscription, of the newest row that there is."""
        event: str = event_type.value
        needed = NEEDED[event]
        if needed is not None and not info.requester.has_any([needed]):
            raise PermissionDeniedError(needed)
        key = await _newest(info, event)
        if key is None:
            return None
        row_key, model = key
        happening = Happening(
            event, model, (row_key,), clock.now(), info.requester.user_id, info.requester.app_id
        )
        (payload,) = bare(api_for(info.context["settings"]), happening)
        return None if payload is None else JSONString(orjson.loads(payload))


async def _newest(info: Info, event: str) -> tuple[Any, str] | None:
    """The key of the newest row that an event may be about, and its table's class."""
    kind = kind_of(type_name_of(event))
    subject = kind and next((part.subject for part in kind.parts if part.subject), None)
    if subject is None or subject not in info.schema.rows:
        return None
    model = info.schema.rows_of(subject).model
    key = inspect(model).primary_key[0]
    found = await info.session.scalar(select(key).order_by(key.desc()).limit(1))
    return None if found is None else (found if isinstance(found, int) else str(found), model.__name__)
