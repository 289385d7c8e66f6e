"""What an app says of itself, before it is installed."""

from typing import Any

from marketplace.apps.manifests import Manifest as ManifestRead
from marketplace.apps.manifests import ManifestExtension, ManifestWebhook
from marketplace.catalog.media import Picture
from marketplace.people.permissions import Permission as PermissionCode
from marketplace_graphql.apps.brands import AppManifestBrand, brand_in
from marketplace_graphql.kernel import JSON, column, object_type
from marketplace_graphql.people.rights import Permission, in_words
from marketplace_graphql.webhooks.enums import WebhookEventTypeAsyncEnum, WebhookEventTypeSyncEnum


@object_type
class AppManifestExtension:
    """A place in the dashboard that the app would fill."""

    permissions: list[Permission]
    """What a member of staff must be allowed to do to see it."""
    label: str
    url: str
    mount_name: str
    """Where in the dashboard."""
    target_name: str
    """How it opens."""
    settings: JSON
    """What the place and the way of opening take besides."""
    identifier: str | None
    """What the app calls it."""


@object_type
class AppManifestWebhook:
    """An address that the app would be called at."""

    name: str
    async_events: list[WebhookEventTypeAsyncEnum] | None
    """What it would be told of."""
    sync_events: list[WebhookEventTypeSyncEnum] | None
    """What it would be asked."""
    query: str
    """What it would be told: a subscription."""
    target_url: str


@object_type
class AppManifestRequiredSaleorVersion:
    """For which Saleor an app was made."""

    constraint: str
    """A range of versions."""
    satisfied: bool
    """Whether this API is within it."""


@object_type
class Manifest:
    """What an app says of itself."""

    identifier: str
    version: str
    name: str
    about: str | None
    permissions: list[Permission] | None
    """What it wants to do."""
    app_url: str | None
    configuration_url: str | None = column(deprecated="Use `appUrl`.")
    token_target_url: str | None
    """Where its token would be sent."""
    data_privacy: str | None = column(deprecated="Use `dataPrivacyUrl`.")
    data_privacy_url: str | None
    homepage_url: str | None
    support_url: str | None
    extensions: list[AppManifestExtension]
    webhooks: list[AppManifestWebhook]
    audience: str | None
    """For whom tokens would be that people carry into it."""
    required_saleor_version: AppManifestRequiredSaleorVersion | None
    author: str | None
    brand: AppManifestBrand | None


def shown(manifest: ManifestRead, logo: Picture | None) -> dict[str, Any]:
    """The parts of a `Manifest`."""
    constraint = manifest.required_saleor_version
    told = manifest.model_dump(
        exclude={"id", "permissions", "extensions", "webhooks", "brand", "required_saleor_version"}
    )
    return {
        **told,
        "identifier": manifest.id,
        "permissions": _permissions(manifest.permissions),
        "extensions": [_extension(each) for each in manifest.extensions],
        "webhooks": [_webhook(each) for each in manifest.webhooks],
        "required_saleor_version": (
            {"constraint": constraint, "satisfied": manifest.is_for_this_version} if constraint else None
        ),
        "brand": brand_in(logo),
    }


def _extension(said: ManifestExtension) -> dict[str, Any]:
    return {
        "permissions": _permissions(said.permissions),
        "label": said.label,
        "url": said.url,
        "mount_name": said.mount.upper(),
        "target_name": said.target.upper(),
        "settings": said.options,
        "identifier": said.identifier,
    }


def _webhook(said: ManifestWebhook) -> dict[str, Any]:
    return {
        "name": said.name,
        "async_events": [WebhookEventTypeAsyncEnum[event] for event in said.async_events],
        "sync_events": [WebhookEventTypeSyncEnum[event] for event in said.sync_events],
        "query": said.query,
        "target_url": said.target_url,
    }


def _permissions(codes: list[str]) -> list[dict[str, Any]]:
    return [{"code": PermissionCode(code), "name": in_words(code)} for code in sorted(set(codes))]
