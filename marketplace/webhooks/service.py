"""Webhooks as apps and staff make, change and end them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App
from marketplace.kit import clock
from marketplace.kit.errors import DomainError, InvalidError, RequiredError, UniqueError
from marketplace.kit.outgoing import is_web_address
from marketplace.webhooks.errors import CustomHeadersError, NotifyAloneError
from marketplace.webhooks.events import SYNCHRONOUS
from marketplace.webhooks.hearing import ask_to_send, forget_listeners, settings_of
from marketplace.webhooks.models import (
    IDENTIFIER_LENGTH,
    NAME_LENGTH,
    TRIES,
    URL_LENGTH,
    DeliveryStatus,
    EventDelivery,
    Webhook,
)
from marketplace.webhooks.payloads import events_in

MOST_HEADERS = 5
HEADER_LENGTH = 998
"""Of a name, the colon and a value together: RFC 5322."""
SECRET_LENGTH = 255
_PRINTABLE = frozenset(map(chr, range(33, 127)))
_IN_NAMES, _IN_VALUES = _PRINTABLE - {":"}, _PRINTABLE | {" ", "\t"}


async def create_webhook(session: AsyncSession, app: App, given: Mapping[str, Any]) -> Webhook:
    """Make a webhook of an app. Raises DomainErrors on the names of Saleor's input.

    `given` has the names of columns. Without `events`, it listens to those that its subscription tells of.
    """
    webhook = Webhook(app=app, target_url="", events=[], custom_headers={})
    if given.get("target_url") is None:
        raise RequiredError("This field cannot be null.", field="targetUrl")
    await _say(session, webhook, given)
    session.add(webhook)
    await session.flush()
    forget_listeners(session)
    return webhook


async def update_webhook(session: AsyncSession, webhook: Webhook, given: Mapping[str, Any]) -> Webhook:
    """Change what was given. Raises as `create_webhook` does."""
    await _say(session, webhook, given)
    await session.flush()
    forget_listeners(session)
    return webhook


async def delete_webhook(session: AsyncSession, webhook: Webhook) -> None:
    """Take a webhook away, and the log of what went along it."""
    await session.delete(webhook)
    await session.flush()
    forget_listeners(session)


async def retry(session: AsyncSession, delivery: EventDelivery, app_id: int) -> EventDelivery:
    """Try a delivery again from the start. Raises InvalidError for one of which nothing is kept, and for what
    an app was asked: nobody waits for the answer any more.
    """
    if delivery.event_type in SYNCHRONOUS:
        raise InvalidError("This was asked while somebody waited: it can't be asked again.", field="id")
    if delivery.payload_id is None:
        raise InvalidError("This delivery has arrived; what was told is not kept.", field="id")
    delivery.status = DeliveryStatus.PENDING
    delivery.tries_left = TRIES
    delivery.next_try_at = clock.now()
    await session.flush()
    await ask_to_send(session, app_id)
    return delivery


async def _say(session: AsyncSession, webhook: Webhook, given: Mapping[str, Any]) -> None:
    """Put checked values into a webhook's columns."""
    if (url := given.get("target_url")) is not None:
        webhook.target_url = checked_target(url)
    if "name" in given:
        webhook.name = _short(given["name"], NAME_LENGTH, "name")
    if "identifier" in given:
        webhook.identifier = await _free_identifier(session, webhook, given["identifier"])
    if "secret_key" in given:
        webhook.secret_key = _short(given["secret_key"], SECRET_LENGTH, "secretKey")
    if given.get("is_active") is not None:
        webhook.is_active = given["is_active"]
    if "subscription_query" in given:
        webhook.subscription_query = given["subscription_query"] or None
    if "custom_headers" in given:
        webhook.custom_headers = checked_headers(given["custom_headers"])
    told = given.get("subscription_query") and events_in(settings_of(session), given["subscription_query"])
    if events := given.get("events") or told:
        webhook.events = checked_events(events)


def checked_target(url: str) -> str:
    """Where a webhook leads: an http or https address. Raises InvalidError."""
    if not is_web_address(url):
        raise InvalidError("Enter a valid URL.", field="targetUrl")
    _short(url, URL_LENGTH, "targetUrl")
    return url


def checked_events(events: Sequence[str]) -> list[str]:
    """The events to listen to, each once. Raises NotifyAloneError."""
    if "NOTIFY_USER" in events and len(events) > 1:
        raise NotifyAloneError(
            "The NOTIFY_USER webhook cannot be combined with other events.", field="asyncEvents"
        )
    return list(dict.fromkeys(events))


def checked_headers(given: object) -> dict[str, str]:
    """Headers of a webhook's own, by lower-case names. Raises CustomHeadersError."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise _header_error("Headers must be an object of strings.")
    if len(given) > MOST_HEADERS:
        raise _header_error(f"Number of headers exceeds the limit: {MOST_HEADERS}.")
    for name, value in given.items():
        _check_header(name, value)
    return {name.lower(): value for name, value in given.items()}


def _check_header(name: object, value: object) -> None:
    if not isinstance(name, str) or not isinstance(value, str):
        raise _header_error("Header must consist of strings.")
    if len(name) + len(value) + 2 > HEADER_LENGTH:
        raise _header_error(f'Header with key: "{name}" exceeds the limit of characters: {HEADER_LENGTH}.')
    if not name or not _IN_NAMES.issuperset(name):
        raise _header_error(f'Key "{name}" contains invalid character.')
    if not _IN_VALUES.issuperset(value):
        raise _header_error(f'Value "{value}" contains invalid character.')
    lower = name.lower()
    if not lower.startswith(("x-", "authorization")) and lower != "brokerproperties":
        raise _header_error(
            f'"{name}" does not match allowed key pattern: "X-*", "Authorization*", or "BrokerProperties".'
        )


def _header_error(message: str) -> DomainError:
    return CustomHeadersError(message, field="customHeaders")


def _short(value: str | None, limit: int, field: str) -> str | None:
    if value is not None and len(value) > limit:
        raise InvalidError(f"Ensure this value has at most {limit} characters.", field=field)
    return value or None


async def _free_identifier(session: AsyncSession, webhook: Webhook, given: str | None) -> str | None:
    """An identifier that no other webhook of the app has. Raises UniqueError, InvalidError."""
    identifier = _short(given, IDENTIFIER_LENGTH, "identifier")
    if identifier is None:
        return None
    app_id = webhook.app.id if webhook.id is None else webhook.app_id
    query = select(Webhook.id).where(
        Webhook.app_id == app_id, Webhook.identifier == identifier, Webhook.id != (webhook.id or 0)
    )
    with session.no_autoflush:
        taken = await session.scalar(query)
    if taken is not None:
        raise UniqueError("Webhook with this App and Identifier already exists.", field="identifier")
    return identifier
