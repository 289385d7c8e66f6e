"""Installing apps: the manifest is fetched and judged, the app made, and its token handed to its own server.

No lock is held while somebody else's server is waited for. The app that is being made is noted in its
installation, so that a worker that takes over from a dead one clears it away and begins anew.
"""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson
import structlog
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.errors import InstallationStatusError, UnreachableError
from marketplace.apps.events import AppMade, ManifestRead
from marketplace.apps.manifests import Manifest, ManifestExtension, read_manifest
from marketplace.apps.models import NAME_LENGTH, URL_LENGTH, App, AppExtension, AppInstallation, AppType
from marketplace.apps.service import granted_by, who_has
from marketplace.apps.tokens import app_of_token, new_token
from marketplace.apps.versions import SALEOR_SCHEMA
from marketplace.kit import outgoing
from marketplace.kit.announcements import announce
from marketplace.kit.database import Database
from marketplace.kit.errors import DomainError, Errors, InvalidError, RequiredError, UniqueError
from marketplace.kit.events import publish
from marketplace.kit.jobs import JobStatus, enqueue
from marketplace.kit.outgoing import is_web_address
from marketplace.kit.settings import Settings

log = structlog.get_logger(__name__)

INSTALL = "apps.install"
FETCH_LOGO = "apps.fetch_logo"
MANIFEST_BYTES = 1024 * 1024
PATIENCE_SECONDS = 18.0
"""For a manifest, and for the app's server to take its token: it asks us back meanwhile."""
LONGEST_MESSAGE = 255
TOKEN_NAME = "Default token"  # noqa: S105 - a name
REPLICA_LOOKS = 50
"""How often we look, a tenth of a second apart, whether a replica knows a new token."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """An app that was made and waits for its server to take the token."""

    app_id: int
    token: str
    manifest: Manifest


async def begin(
    session: AsyncSession,
    name: str | None,
    manifest_url: str,
    *,
    permissions: Iterable[str] = (),
    activate: bool = True,
    held: Collection[str],
) -> AppInstallation:
    """Have an app installed: by a job, after the commit. `held` are the permissions of whoever asks.

    Raises OutOfScopePermissionError, RequiredError, InvalidError.
    """
    checked_manifest_url(manifest_url)
    name = (name or "").strip()
    if not name:
        raise RequiredError("This field cannot be blank.", field="appName")
    if len(name) > NAME_LENGTH:
        raise InvalidError(f"A name has at most {NAME_LENGTH} letters.", field="appName")
    granted = granted_by(permissions, held)
    installation = AppInstallation(
        name=name, manifest_url=manifest_url, permissions=granted, activate=activate
    )
    session.add(installation)
    await session.flush()
    await enqueue(session, INSTALL, installation_id=installation.id)
    return installation


async def retry(
    session: AsyncSession, installation: AppInstallation, *, activate: bool = True
) -> AppInstallation:
    """Try one that failed again. The row is the caller's, locked. Raises InstallationStatusError."""
    check_failed(installation, "Cannot retry installation with different status than failed.")
    installation.status = JobStatus.PENDING
    installation.message = None
    installation.activate = activate
    await session.flush()
    await enqueue(session, INSTALL, installation_id=installation.id)
    return installation


async def give_up(session: AsyncSession, installation: AppInstallation) -> None:
    """Throw away one that failed. Raises InstallationStatusError."""
    check_failed(installation, "Cannot delete installation with different status than failed.")
    await session.execute(delete(AppInstallation).where(AppInstallation.id == installation.id))


def checked_manifest_url(url: str) -> str:
    """Raises InvalidError for what is no address of the web."""
    if len(url) > URL_LENGTH or not is_web_address(url):
        raise InvalidError("Enter a valid URL.", field="manifestUrl", code="INVALID_URL_FORMAT")
    return url


async def fetch_manifest(settings: Settings, url: str) -> object:
    """What an address says, as JSON. Raises UnreachableError, InvalidError."""
    headers = {"saleor-schema-version": SALEOR_SCHEMA, "accept": "application/json"}
    try:
        answer = await outgoing.send(
            settings,
            "GET",
            url,
            headers=headers,
            patience_seconds=PATIENCE_SECONDS,
            at_most_bytes=MANIFEST_BYTES,
        )
    except outgoing.NotSentError as error:
        raise UnreachableError(f"Unable to fetch manifest data. {error}", field="manifestUrl") from error
    if not answer.is_success:
        raise UnreachableError(f"Unable to fetch manifest data: status {answer.status}.", field="manifestUrl")
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        message = "Incorrect structure of manifest."
        raise InvalidError(message, field="manifestUrl", code="INVALID_MANIFEST_FORMAT") from None


async def judge(session: AsyncSession, manifest: Manifest) -> None:
    """Whether a sound manifest may be installed here and now. Raises UniqueError, Errors."""
    installed = await who_has(session, manifest.id)
    if installed is not None:
        message = f"App with the same identifier is already installed: {installed}"
        raise UniqueError(message, field="identifier")
    await publish(session, ManifestRead(manifest))


async def install(database: Database, settings: Settings, installation_id: int) -> None:
    """Do what an installation asks for, in transactions of its own: the app is there, or it says why not."""
    begun = None
    try:
        begun = await _begin(database, settings, installation_id)
        if begun is None:
            return  # Done already, or thrown away.
        await _hand_over_token(database, settings, begun)
    except (DomainError, Errors) as error:
        await _fail(database, installation_id, _in_words(error), begun)
        return
    except Exception:
        await _fail(database, installation_id, "Unknown error. Contact with app support.")
        raise
    await _finish(database, installation_id, begun)


async def _begin(database: Database, settings: Settings, installation_id: int) -> _Begun | None:
    """Make the app, inactive to all but itself."""
    async with database.transaction() as session:
        installation = await _pending(session, installation_id)
        if installation is None:
            return None
        await _clear_away(session, installation)
        url, granted = installation.manifest_url, list(installation.permissions)
    manifest = read_manifest(await fetch_manifest(settings, url), granted=granted, is_strict=True)
    async with database.transaction() as session:
        installation = await _pending(session, installation_id)
        if installation is None:
            return None
        await judge(session, manifest)
        app = _app_of(manifest, installation)
        session.add(app)
        await session.flush()
        session.add_all(_extension_of(app, extension) for extension in manifest.extensions)
        token, secret = new_token(app, TOKEN_NAME)
        session.add(token)
        installation.app_id = app.id
        await session.flush()
        await publish(session, AppMade(app.id, tuple(manifest.webhooks)))
        return _Begun(app.id, secret, manifest)


async def _hand_over_token(database: Database, settings: Settings, begun: _Begun) -> None:
    """Tell the app's server its token. While it takes it, it asks us who it is: we know it already.

    Raises UnreachableError.
    """
    url = begun.manifest.token_target_url
    if url is None:
        return
    if settings.database_replica_url is not None:
        await _wait_for_the_replica(database, begun.token)
    domain = urlsplit(settings.public_url).netloc
    headers = {
        "content-type": "application/json",
        "saleor-domain": domain,
        "x-saleor-domain": domain,
        "saleor-api-url": settings.api_url,
        "saleor-schema-version": SALEOR_SCHEMA,
    }
    content = orjson.dumps({"auth_token": begun.token})
    try:
        answer = await outgoing.send(
            settings, "POST", url, headers=headers, content=content, patience_seconds=PATIENCE_SECONDS
        )
    except outgoing.NotSentError as error:
        message = f"Failed to connect to app. Try later or contact with app support. {error}"
        raise UnreachableError(message) from error
    if not answer.is_success:
        raise UnreachableError(
            _reason_in(answer.body)
            or f"App internal error ({answer.status}). Try later or contact with app support."
        )


async def _finish(database: Database, installation_id: int, begun: _Begun) -> None:
    async with database.transaction() as session:
        installation = await _pending(session, installation_id)
        app = await session.get(App, begun.app_id, with_for_update=True)
        if installation is None or app is None or installation.app_id != app.id:
            return  # Another worker has begun anew meanwhile.
        app.is_installed = True
        if installation.logo_path is not None:
            app.logo_path = installation.logo_path
        await session.delete(installation)
        await session.flush()
        await announce(session, "APP_INSTALLED", app)
        if begun.manifest.brand is not None and app.logo_path is None:
            await enqueue(session, FETCH_LOGO, url=begun.manifest.brand.logo.default, app_id=app.id)


async def _fail(database: Database, installation_id: int, message: str, begun: _Begun | None = None) -> None:
    """Say why there is no app, and clear away what was made of it."""
    log.warning("app not installed", installation_id=installation_id, reason=message)
    async with database.transaction() as session:
        installation = await _pending(session, installation_id)
        if installation is None:
            return
        await _clear_away(session, installation)
        installation.status = JobStatus.FAILED
        installation.message = (
            message if len(message) <= LONGEST_MESSAGE else f"{message[: LONGEST_MESSAGE - 3]}..."
        )
        if begun is not None and begun.manifest.brand is not None and installation.logo_path is None:
            logo = begun.manifest.brand.logo.default
            await enqueue(session, FETCH_LOGO, url=logo, installation_id=installation.id)


async def _pending(session: AsyncSession, installation_id: int) -> AppInstallation | None:
    """The installation, locked, if it is still to be done."""
    found = await session.get(AppInstallation, installation_id, with_for_update=True, populate_existing=True)
    return found if found is not None and found.status is JobStatus.PENDING else None


async def _clear_away(session: AsyncSession, installation: AppInstallation) -> None:
    """Delete what an earlier try has left of the app: nobody has ever seen it."""
    if installation.app_id is not None:
        await session.execute(delete(App).where(App.id == installation.app_id, ~App.is_installed))
        installation.app_id = None
        await session.flush()


async def _wait_for_the_replica(database: Database, token: str) -> None:
    """Until those who answer reads know the token; if that takes too long, its server is told anyway."""
    for _look in range(REPLICA_LOOKS):
        if await app_of_token(database.reads.fetch_json, token) is not None:
            return
        await asyncio.sleep(0.1)


def _app_of(manifest: Manifest, installation: AppInstallation) -> App:
    return App(
        name=installation.name,
        identifier=manifest.id,
        type=AppType.THIRDPARTY,
        permissions=installation.permissions,
        is_active=installation.activate,
        is_installed=False,
        about=manifest.about,
        author=manifest.author,
        version=manifest.version,
        audience=manifest.audience,
        data_privacy=manifest.data_privacy,
        data_privacy_url=manifest.data_privacy_url,
        homepage_url=manifest.homepage_url,
        support_url=manifest.support_url,
        configuration_url=manifest.configuration_url,
        app_url=manifest.app_url,
        manifest_url=installation.manifest_url,
    )


def _extension_of(app: App, said: ManifestExtension) -> AppExtension:
    return AppExtension(
        app_id=app.id,
        label=said.label,
        url=said.url,
        mount=said.mount.upper(),
        target=said.target.upper(),
        permissions=sorted(set(said.permissions)),
        settings=said.options,
        identifier=said.identifier,
    )


def check_failed(installation: AppInstallation, message: str) -> None:
    """Raises InstallationStatusError for one that is still on its way."""
    if installation.status is not JobStatus.FAILED:
        raise InstallationStatusError(message, field="id")


def _reason_in(body: bytes) -> str | None:
    """Why the app's server refuses, as `{"error": {"message": ...}}` says it."""
    try:
        message = orjson.loads(body)["error"]["message"]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return None
    return message.replace("\x00", "") if isinstance(message, str) and message else None


def _in_words(error: DomainError | Errors) -> str:
    errors = error.errors if isinstance(error, Errors) else [error]
    return ", ".join(f"{each.field}: {each.message}" if each.field else each.message for each in errors)
