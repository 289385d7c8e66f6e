"""Apps are installed by their manifests, from a real server that behaves as apps' servers do."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps import installing
from marketplace.apps.events import ManifestRead
from marketplace.apps.models import App, AppExtension, AppInstallation, AppToken, AppType
from marketplace.kit import events
from marketplace.kit.announcements import Announcement
from marketplace.kit.errors import Errors, InvalidError
from marketplace.kit.ids import to_global_id
from marketplace.kit.jobs import JobStatus, Work
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace_graphql.kernel import Api, Requester
from tests.factories.apps import make_app, make_installation
from tests.graphql.apps.conftest import AppServer
from tests.graphql.conftest import Ask, staff
from workers.apps import fetch

MANAGER = staff("MANAGE_APPS", "MANAGE_ORDERS")
INSTALL = """
mutation ($input: AppInstallInput!) { appInstall(input: $input) {
  appInstallation { id status appName manifestUrl message } errors { field code permissions }
} }
"""
RETRY = """
mutation ($id: ID!, $activate: Boolean) { appRetryInstall(id: $id, activateAfterInstallation: $activate) {
  appInstallation { status message } errors { field code }
} }
"""
GIVE_UP = """
mutation ($id: ID!) { appDeleteFailedInstallation(id: $id) {
  appInstallation { appName } errors { field code }
} }
"""


MAY_ALL_BUT_IS_NO_PERSON = Requester(app_id=1, permissions=frozenset({"MANAGE_APPS"}))


async def installed(
    api: Api, settings: Settings, session: AsyncSession, installation: AppInstallation
) -> None:
    await session.commit()
    await installing.install(api.database, settings, installation.id)  # type: ignore[arg-type]
    session.expire_all()


async def test_staff_ask_for_an_app_and_a_job_installs_it(read: Ask, session: AsyncSession) -> None:
    said = {"appName": "Labels", "manifestUrl": "https://labels.test/m", "permissions": ["MANAGE_ORDERS"]}
    made = (await read(INSTALL, MANAGER, input=said))["appInstall"]
    assert made["errors"] == []
    shown = made["appInstallation"]
    assert shown == {
        "id": shown["id"],
        "status": "PENDING",
        "appName": "Labels",
        "manifestUrl": "https://labels.test/m",
        "message": None,
    }
    kept = await session.scalar(select(AppInstallation))
    assert kept is not None
    assert (kept.permissions, kept.activate) == (["MANAGE_ORDERS"], True)
    queued = text("SELECT args->>'installation_id' FROM procrastinate_jobs WHERE task_name = 'apps.install'")
    assert await session.scalar(queued) == str(kept.id)


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"appName": " "}, "appName", "REQUIRED"),
        ({"appName": "x" * 61}, "appName", "INVALID"),
        ({"manifestUrl": "not-a-valid-url"}, "manifestUrl", "INVALID_URL_FORMAT"),
        ({"manifestUrl": "ftp://labels.test"}, "manifestUrl", "INVALID_URL_FORMAT"),
        ({"manifestUrl": "https://labels.test/" + "x" * 2048}, "manifestUrl", "INVALID_URL_FORMAT"),
        ({"permissions": ["MANAGE_USERS"]}, "permissions", "OUT_OF_SCOPE_PERMISSION"),
    ],
)
async def test_what_can_not_be_installed_is_refused_at_its_field(
    read: Ask, session: AsyncSession, said: dict[str, Any], field: str, code: str
) -> None:
    given = {"appName": "Labels", "manifestUrl": "https://labels.test/m"} | said
    made = (await read(INSTALL, MANAGER, input=given))["appInstall"]
    beyond = ["MANAGE_USERS"] if field == "permissions" else None
    assert made["errors"] == [{"field": field, "code": code, "permissions": beyond}]
    assert await session.scalar(select(AppInstallation)) is None


@pytest.mark.parametrize("requester", [staff("MANAGE_ORDERS"), Requester(), MAY_ALL_BUT_IS_NO_PERSON])
async def test_only_staff_who_manage_apps_install_them(ask: Ask, requester: Requester) -> None:
    said = {"appName": "Labels", "manifestUrl": "https://labels.test/m"}
    answer = await ask(INSTALL, requester, input=said)
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_an_app_is_installed_and_its_server_has_its_token(
    api: Api,
    settings: Settings,
    session: AsyncSession,
    server: AppServer,
    client: httpx.AsyncClient,
    heard: list[Any],
) -> None:
    server.saleor = client
    installation = await make_installation(
        session, name="Our labels", manifest_url=server.url, permissions=["MANAGE_ORDERS"]
    )
    await installed(api, settings, session, installation)
    app = (await session.scalars(select(App))).one()
    assert (app.name, app.identifier, app.type) == ("Our labels", "app.labels", AppType.THIRDPARTY)
    assert (app.permissions, app.is_active, app.is_installed) == (["MANAGE_ORDERS"], True, True)
    assert (app.author, app.version, app.audience) == ("Labels Ltd", "1.2.0", "https://labels.test")
    assert app.manifest_url == server.url
    extension = (await session.scalars(select(AppExtension))).one()
    assert (extension.mount, extension.target) == ("ORDER_DETAILS_WIDGETS", "WIDGET")
    assert extension.settings == {"widgetTarget": {"method": "POST"}}
    assert (extension.permissions, extension.identifier) == (["MANAGE_ORDERS"], "print")
    assert await session.scalar(select(AppInstallation)) is None

    manifest, registration = server.receiver.received
    assert manifest.headers["saleor-schema-version"] == "3.23"
    assert registration.method == "POST"
    told = registration.headers
    assert told["saleor-api-url"] == "http://testserver/graphql/"
    assert told["saleor-domain"] == told["x-saleor-domain"] == "testserver"
    assert told["saleor-schema-version"] == "3.23"
    assert told["content-type"] == "application/json"
    token = (await session.scalars(select(AppToken))).one()
    assert registration.json["auth_token"].endswith(token.last_four)
    assert server.found_itself == to_global_id("App", app.id)

    read, made, announced = heard
    assert isinstance(read, ManifestRead)
    assert (made.app_id, [hook.name for hook in made.webhooks]) == (app.id, ["Paid"])
    assert (announced.event, announced.rows[0].id) == ("APP_INSTALLED", app.id)


async def test_an_app_that_shall_not_be_active_is_not(
    api: Api, settings: Settings, session: AsyncSession, server: AppServer
) -> None:
    del server.manifest["tokenTargetUrl"], server.manifest["extensions"]
    installation = await make_installation(session, manifest_url=server.url, activate=False)
    await installed(api, settings, session, installation)
    app = (await session.scalars(select(App))).one()
    assert (app.is_active, app.is_installed, server.registrations) == (False, True, [])


@pytest.mark.parametrize(
    ("change", "refusal", "message"),
    [
        ({"name": None}, None, "name: Input should be a valid string"),
        ({"id": "taken"}, None, "identifier: App with the same identifier is already installed: Old"),
        (
            {"requiredSaleorVersion": "<3"},
            None,
            "requiredSaleorVersion: Saleor version 3.23.0 is",
        ),
        ({}, (500, b"oops"), "App internal error (500). Try later or contact with app support."),
        ({}, (403, b'{"error":{"code":"NO","message":"Not here."}}'), "Not here."),
        ({}, (400, b'{"error":"x"}'), "App internal error (400)."),
        ({"tokenTargetUrl": "http://127.0.0.1:1/"}, None, "Failed to connect to app."),
    ],
)
async def test_an_installation_that_fails_says_why_and_leaves_nothing(
    api: Api,
    settings: Settings,
    session: AsyncSession,
    server: AppServer,
    heard: list[Any],
    change: dict[str, Any],
    refusal: tuple[int, bytes] | None,
    message: str,
) -> None:
    await make_app(session, name="Old", identifier="taken")
    server.manifest |= change
    server.refusal = refusal
    installation = await make_installation(session, manifest_url=server.url, permissions=["MANAGE_ORDERS"])
    await installed(api, settings, session, installation)
    await session.refresh(installation)
    assert installation.status is JobStatus.FAILED
    assert installation.message is not None
    assert installation.message.startswith(message)
    assert [app.name for app in await session.scalars(select(App))] == ["Old"]
    assert await session.scalar(select(AppToken)) is None
    assert not any(isinstance(event, Announcement) for event in heard)


async def test_webhooks_that_are_not_good_fail_the_installation(
    api: Api, settings: Settings, session: AsyncSession, server: AppServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def judge(_session: AsyncSession, event: ManifestRead) -> None:
        raise Errors([InvalidError("Subscription query is not valid.", field="webhooks")])

    monkeypatch.setitem(events._subscribers, ManifestRead, [judge])
    installation = await make_installation(session, manifest_url=server.url, permissions=["MANAGE_ORDERS"])
    await installed(api, settings, session, installation)
    await session.refresh(installation)
    assert installation.message == "webhooks: Subscription query is not valid."


async def test_what_staff_granted_counts_not_what_the_app_asks_for(
    api: Api, settings: Settings, session: AsyncSession, server: AppServer
) -> None:
    installation = await make_installation(session, manifest_url=server.url, permissions=[])
    await installed(api, settings, session, installation)
    await session.refresh(installation)
    assert installation.message == "extensions: Extension permission must be listed in App's permissions."


async def test_a_worker_that_takes_over_begins_anew_and_done_twice_is_done_once(
    api: Api, settings: Settings, session: AsyncSession, server: AppServer
) -> None:
    left = await make_app(session, identifier="app.labels", is_installed=False)
    installation = await make_installation(
        session, manifest_url=server.url, permissions=["MANAGE_ORDERS"], app_id=left.id
    )
    left_id, key = left.id, installation.id
    await installed(api, settings, session, installation)
    app = (await session.scalars(select(App))).one()
    assert app.is_installed
    assert app.id != left_id
    await installing.install(api.database, settings, key)  # type: ignore[arg-type]
    assert len(server.registrations) == 1


async def test_one_that_failed_is_tried_again_or_thrown_away(read: Ask, session: AsyncSession) -> None:
    failed = await make_installation(session, status=JobStatus.FAILED, message="No answer.")
    failed_id = to_global_id("AppInstallation", failed.id)
    again = (await read(RETRY, MANAGER, id=failed_id, activate=False))["appRetryInstall"]
    assert again == {"appInstallation": {"status": "PENDING", "message": None}, "errors": []}
    await session.refresh(failed)
    assert not failed.activate
    for document in (RETRY, GIVE_UP):
        (early,) = (await read(document, MANAGER, id=failed_id)).values()
        assert early["errors"] == [{"field": "id", "code": "INVALID_STATUS"}]
    failed.status = JobStatus.FAILED
    gone = (await read(GIVE_UP, MANAGER, id=failed_id))["appDeleteFailedInstallation"]
    assert gone == {"appInstallation": {"appName": failed.name}, "errors": []}
    for document in (RETRY, GIVE_UP):
        (late,) = (await read(document, MANAGER, id=failed_id)).values()
        assert late["errors"] == [{"field": "id", "code": "NOT_FOUND"}]


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        (RETRY, {"id": to_global_id("AppInstallation", 1)}),
        (GIVE_UP, {"id": to_global_id("AppInstallation", 1)}),
    ],
)
async def test_others_do_nothing_with_installations(
    ask: Ask, document: str, variables: dict[str, Any]
) -> None:
    answer = await ask(document, staff("MANAGE_ORDERS"), **variables)
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_in_production_an_app_on_our_own_machine_is_not_asked(
    settings: Settings, server: AppServer
) -> None:
    careful = settings.model_copy(update={"call_private_addresses": False})
    with pytest.raises(installing.UnreachableError):
        await installing.fetch_manifest(careful, server.url)
    assert server.receiver.received == []


async def test_the_logo_is_fetched_and_kept(
    api: Api, settings: Settings, session: AsyncSession, server: AppServer
) -> None:
    server.manifest["brand"] = {"logo": {"default": f"{server.receiver.url}/logo.png"}}
    installation = await make_installation(session, manifest_url=server.url, permissions=["MANAGE_ORDERS"])
    await installed(api, settings, session, installation)
    queued = text("SELECT args FROM procrastinate_jobs WHERE task_name = 'apps.fetch_logo'")
    arguments = await session.scalar(queued)
    assert arguments is not None
    storage = storage_from(settings)
    await fetch(Work(session, api.database, settings, storage), **arguments)  # type: ignore[arg-type]
    app = (await session.scalars(select(App))).one()
    assert app.logo_path is not None
    assert app.logo_path.startswith("apps/")
    assert await storage.exists(app.logo_path)
