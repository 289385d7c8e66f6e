"""What apps are told of events: a webhook's subscription, read as its app in the transaction at hand."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App
from marketplace.apps.versions import SALEOR_SCHEMA
from marketplace.kit.errors import DomainError
from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace.people import mail_tokens
from marketplace.people.mail_tokens import Purpose
from marketplace.people.models import User
from marketplace.webhooks.errors import UntellableError
from marketplace.webhooks.events import TOGETHER
from marketplace.webhooks.models import Webhook
from marketplace.webhooks.payloads import Happening
from marketplace_graphql.asgi import make_api
from marketplace_graphql.kernel import Api, QueryError, Requester
from marketplace_graphql.kernel.subscriptions import Subscription, SubscriptionError, subscription, told
from marketplace_graphql.webhooks.events import (
    APP,
    ISSUED_AT,
    RECIPIENT,
    USER,
    event_names,
    type_name_of,
)
from marketplace_graphql.webhooks.older_taxes import CALCULATE_TAXES, older_payloads
from marketplace_graphql.webhooks.parts import KEY, KEYS, MODEL
from marketplace_graphql.webhooks.static_payloads import DOCUMENTS, shaped

TOKENS = {
    "ACCOUNT_CONFIRMATION_REQUESTED": Purpose.CONFIRM_ACCOUNT,
    "ACCOUNT_SET_PASSWORD_REQUESTED": Purpose.SET_PASSWORD,
    "STAFF_SET_PASSWORD_REQUESTED": Purpose.SET_PASSWORD,
    "ACCOUNT_DELETE_REQUESTED": Purpose.DELETE_ACCOUNT,
}
"""Events that carry what stands in a letter's link: made when the app is told, not when it was asked for."""


class _NoDatabase:
    """These documents are read in a session that somebody else has opened."""

    @property
    def reads(self) -> Any:
        raise RuntimeError("a payload is read in its session")

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        raise RuntimeError("a payload is read in its session")


_made: list[tuple[Settings, Api]] = []
"""The API of this process's settings. Tests have several."""


def api_for(settings: Settings) -> Api:
    """The API that reads payloads: its documents and statements are remembered here."""
    for known, api in _made:
        if known is settings:
            return api
    made = make_api(settings, _NoDatabase(), storage=storage_from(settings))
    _made[:] = [(settings, made), *_made[:2]]
    return made


def events_in(settings: Settings, query: str) -> tuple[str, ...]:
    """See `marketplace.webhooks.payloads`."""
    kept = judged(api_for(settings), query)
    return tuple(event for each in kept.events for event in event_names(each))


def judged(api: Api, query: str, field: str | None = "query") -> Subscription:
    """A subscription that can be read. Raises DomainError with Saleor's codes."""
    try:
        return subscription(api, query)
    except SubscriptionError as error:
        raise DomainError(error.message, field=field, code=error.code) from None


async def make_payloads(
    session: AsyncSession, settings: Settings, happening: Happening, webhook: Webhook
) -> Sequence[str | None]:
    """See `marketplace.webhooks.payloads`. One statement, however many rows the event is about."""
    api = api_for(settings)
    document = webhook.subscription_query or DOCUMENTS.get(happening.event)
    if document is None:
        if type_name_of(happening.event) != CALCULATE_TAXES:
            return bare(api, happening)
        things = await things_of(session, settings, happening, webhook.app_id)
        older = await older_payloads(session, api, things, requester_of(webhook.app))
        return [None if each is None else orjson.dumps(each).decode() for each in older]
    try:
        kept = subscription(api, document)
    except SubscriptionError as error:  # It was good when it was taken on; the schema has moved on since.
        raise UntellableError(error.message) from error
    type_name = type_name_of(happening.event)
    if type_name not in kept.events:
        return []
    things = await things_of(session, settings, happening, webhook.app_id)
    try:
        found = await told(api, kept, type_name, things, requester_of(webhook.app), session)
    except QueryError as error:
        raise UntellableError(error.message) from error
    if webhook.subscription_query is None:
        meta = _meta(happening)
        found = [each and shaped(happening.event, each, meta) for each in found]
    return [None if each is None else orjson.dumps(each).decode() for each in found]


async def try_out(
    session: AsyncSession, api: Api, kept: Subscription, happening: Happening, requester: Requester
) -> dict[str, Any] | None:
    """What a document would tell of one row, to whoever tries it."""
    things = [_thing(happening, requester.app_id, {KEY: happening.keys[0], KEYS: list(happening.keys)})]
    found = await told(api, kept, type_name_of(happening.event), things, requester, session)
    return found[0]


def requester_of(app: App) -> Requester:
    """An app as it asks."""
    return Requester(app_id=app.id, permissions=frozenset(app.permissions))


async def things_of(
    session: AsyncSession, settings: Settings, happening: Happening, app_id: int | None
) -> list[dict[str, Any]]:
    """The event as its type's fields are declared on it: once for each row, or once for all of them."""
    if happening.event in TOGETHER:
        return [_thing(happening, app_id, {KEYS: list(happening.keys)})]
    extra = await _secrets(session, settings, happening)
    return [_thing(happening, app_id, {KEY: key, **extra}) for key in happening.keys]


def _thing(happening: Happening, app_id: int | None, about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **happening.details,
        MODEL: happening.model,
        ISSUED_AT: happening.issued_at.isoformat(),
        USER: happening.user_id,
        APP: None if happening.user_id is not None else happening.app_id,
        RECIPIENT: app_id,
        **about,
    }


async def _secrets(session: AsyncSession, settings: Settings, happening: Happening) -> dict[str, Any]:
    """The token of a link that an account is sent, made of the account as it is now."""
    purpose, changes_email = TOKENS.get(happening.event), happening.event == "ACCOUNT_CHANGE_EMAIL_REQUESTED"
    if purpose is None and not changes_email:
        return {}
    user = await session.get(User, happening.keys[0])
    if user is None:
        return {}
    if purpose is not None:
        return {"token": mail_tokens.make(settings, purpose, user)}
    new_email = str(happening.details.get("new_email", ""))
    return {"token": mail_tokens.make_email_change(settings, user, new_email)}


def bare(api: Api, happening: Happening) -> list[str | None]:
    """What is told without a subscription: which row it is, in the frame of Saleor's older payloads."""
    names = [name for name, rows in api.schema.rows.items() if rows.model.__name__ == happening.model]
    type_name = happening.model if happening.model in names or not names else names[0]
    meta = _meta(happening)
    entries = [
        {"type": type_name, "id": to_global_id(type_name, key), "meta": meta} for key in happening.keys
    ]
    together = happening.event in TOGETHER
    return [
        orjson.dumps(each).decode() for each in ([entries] if together else [[entry] for entry in entries])
    ]


def _meta(happening: Happening) -> dict[str, Any]:
    return {
        "issued_at": happening.issued_at.isoformat(),
        "version": SALEOR_SCHEMA,
        "issuing_principal": _principal(happening),
    }


def _principal(happening: Happening) -> dict[str, str] | None:
    if happening.user_id is not None:
        return {"id": to_global_id("User", happening.user_id), "type": "user"}
    if happening.app_id is not None:
        return {"id": to_global_id("App", happening.app_id), "type": "app"}
    return None
