"""Installing apps by their manifests."""

from typing import Any

from strawberry import ID

from marketplace.apps import installing, models
from marketplace.apps.errors import UnreachableError
from marketplace.apps.logos import fetch_logo
from marketplace.apps.manifests import Manifest as ManifestRead
from marketplace.apps.manifests import read_manifest
from marketplace.catalog.errors import PictureError
from marketplace.catalog.media import Picture, read_picture
from marketplace.kit.errors import PermissionDeniedError
from marketplace.people.permissions import Permission
from marketplace_graphql.apps.errors import AppError
from marketplace_graphql.apps.manifests import shown
from marketplace_graphql.kernel import AUTHENTICATED_STAFF, Info, changes, input_type, mutation, object_type
from marketplace_graphql.people.rights import PermissionEnum

MANAGES = Permission.MANAGE_APPS
LOGO_PATIENCE_SECONDS = 5.0
"""Somebody waits for the answer: a logo that comes later is left out."""


@input_type
class AppInstallInput:
    """An app that is to be installed."""

    app_name: str
    """What it is called here."""
    manifest_url: str
    activate_after_installation: bool | None = True
    permissions: list[PermissionEnum] | None
    """What it may do."""


@object_type
class InstallingMutations:
    """A part of the mutations of apps."""

    @mutation(returns="AppInstallation", errors=AppError, needs=MANAGES)
    async def app_install(self, info: Info, input: AppInstallInput) -> models.AppInstallation:
        """Has an app installed from its manifest. Only for members of staff."""
        if not info.requester.is_staff:
            raise PermissionDeniedError(AUTHENTICATED_STAFF)
        given = changes(input)
        return await installing.begin(
            info.session,
            input.app_name,
            input.manifest_url,
            permissions=given.get("permissions") or (),
            activate=given.get("activate_after_installation") is not False,
            held=info.requester.permissions,
        )

    @mutation(returns="AppInstallation", errors=AppError, needs=MANAGES)
    async def app_retry_install(
        self, info: Info, id: ID, activate_after_installation: bool | None = True
    ) -> models.AppInstallation:
        """Tries an installation that failed again."""
        installation = await info.find(models.AppInstallation, id, lock=True)
        active = activate_after_installation is not False
        return await installing.retry(info.session, installation, activate=active)

    @mutation(returns="AppInstallation", errors=AppError, needs=MANAGES)
    async def app_delete_failed_installation(self, info: Info, id: ID) -> models.AppInstallation:
        """Throws an installation away that failed."""
        installation = await info.find(models.AppInstallation, id, lock=True)
        installing.check_failed(installation, "Cannot delete installation with different status than failed.")
        info.afterwards(lambda: installing.give_up(info.session, installation))
        return installation

    @mutation(returns={"manifest": "Manifest | None"}, errors=AppError, needs=MANAGES)
    async def app_fetch_manifest(self, info: Info, manifest_url: str) -> dict[str, Any]:
        """Fetches a manifest and says whether it is sound."""
        settings = info.context["settings"]
        data = await installing.fetch_manifest(settings, installing.checked_manifest_url(manifest_url))
        manifest = read_manifest(data)
        logo = await _logo(settings, manifest)  # No connection is kept while others are waited for.
        await installing.judge(info.session, manifest)
        return {"manifest": shown(manifest, logo)}


async def _logo(settings: Any, manifest: ManifestRead) -> Picture | None:
    """The logo, if it is to be had and is a picture: it is not worth failing for."""
    if manifest.brand is None:
        return None
    try:
        url = manifest.brand.logo.default
        content = await fetch_logo(settings, url, patience_seconds=LOGO_PATIENCE_SECONDS)
        return await read_picture(content, "apps", "brand")
    except (UnreachableError, PictureError):
        return None
