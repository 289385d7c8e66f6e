"""Webhooks that an app's manifest names: judged before the app is made, made with it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.manifests import Manifest, ManifestWebhook
from marketplace.apps.models import App
from marketplace.kit.errors import DomainError, Errors, InvalidError
from marketplace.kit.settings import Settings
from marketplace.webhooks.events import ANY_EVENTS, NEEDED, SYNCHRONOUS
from marketplace.webhooks.payloads import events_in
from marketplace.webhooks.service import checked_events, checked_headers, checked_target, create_webhook

FIELD = "webhooks"


def judge(settings: Settings, manifest: Manifest) -> None:
    """Raises Errors, on `webhooks`, in the codes of Saleor's manifests."""
    errors: list[DomainError] = []
    for webhook in manifest.webhooks:
        try:
            _judge_one(settings, webhook)
        except DomainError as error:
            code = {"targetUrl": "INVALID_URL_FORMAT", "customHeaders": "INVALID_CUSTOM_HEADERS"}
            told = f"{webhook.name}: {error.message}"
            errors.append(DomainError(told, field=FIELD, code=code.get(error.field or "", "INVALID")))
    if errors:
        raise Errors(errors)


def _judge_one(settings: Settings, webhook: ManifestWebhook) -> None:
    checked_target(webhook.target_url)
    checked_headers(webhook.custom_headers)
    unknown = [event for event in webhook.async_events if event not in NEEDED and event != ANY_EVENTS]
    unknown += [event for event in webhook.sync_events if event not in SYNCHRONOUS]
    if unknown:
        raise InvalidError(f"Invalid event: {', '.join(unknown)}.")
    checked_events([*webhook.async_events, *webhook.sync_events])
    try:
        events_in(settings, webhook.query)
    except DomainError as error:
        raise InvalidError(f"Subscription query is not valid: {error.message}") from error


async def make(session: AsyncSession, app: App, webhooks: tuple[ManifestWebhook, ...]) -> None:
    """Make an app's webhooks as its manifest names them."""
    for webhook in webhooks:
        await create_webhook(session, app, _given(webhook))


def _given(webhook: ManifestWebhook) -> Mapping[str, Any]:
    return {
        "name": webhook.name,
        "identifier": webhook.identifier,
        "target_url": webhook.target_url,
        "is_active": webhook.is_active,
        "subscription_query": webhook.query,
        "custom_headers": webhook.custom_headers,
        "events": [*webhook.async_events, *webhook.sync_events],
    }
