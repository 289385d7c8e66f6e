"""Who sees apps, their extensions and what they tell."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App, AppType
from marketplace.kit.ids import to_global_id
from marketplace.kit.jobs import JobStatus
from marketplace.kit.settings import Settings
from marketplace.people.permissions import Permission
from marketplace.people.tokens import read_token
from marketplace_graphql.kernel import Requester
from tests.factories.apps import make_app, make_extension, make_installation, make_problem, make_token
from tests.factories.people import make_staff, make_user
from tests.graphql.conftest import Ask, app_itself, buyer, staff

MANAGER = staff("MANAGE_APPS")
NAMES = """
query ($filter: AppFilterInput, $sortBy: AppSortingInput) {
  apps(first: 10, filter: $filter, sortBy: $sortBy) { totalCount edges { node { name } } }
}
"""
ONE = "query ($id: ID) { app(id: $id) { id name } }"
EXTENSIONS = """
query ($filter: AppExtensionFilterInput) {
  appExtensions(first: 10, filter: $filter) { edges { node { label } } }
}
"""


def code(answer: dict[str, Any]) -> str:
    found: str = answer["errors"][0]["extensions"]["exception"]["code"]
    return found


def names(answer: dict[str, Any]) -> list[str]:
    return [edge["node"]["name"] for edge in answer["apps"]["edges"]]


@pytest.fixture
async def apps(session: AsyncSession) -> list[App]:
    """Two that are there, one that was deleted and one on its way in."""
    return [
        await make_app(session, name="Avatax", type=AppType.THIRDPARTY),
        await make_app(session, name="Labels 100%", is_active=False),
        await make_app(session, name="Gone", removed_at=(await make_app(session, name="Beta")).created_at),
        await make_app(session, name="Coming", is_installed=False),
    ]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, ["Avatax", "Beta", "Labels 100%"]),
        ({"filter": {"search": "ava"}}, ["Avatax"]),
        ({"filter": {"search": "100%"}}, ["Labels 100%"]),
        ({"filter": {"isActive": False}}, ["Labels 100%"]),
        ({"filter": {"type": "THIRDPARTY"}}, ["Avatax"]),
        ({"sortBy": {"field": "NAME", "direction": "DESC"}}, ["Labels 100%", "Beta", "Avatax"]),
        ({"sortBy": {"field": "CREATION_DATE", "direction": "ASC"}}, ["Avatax", "Labels 100%", "Beta"]),
    ],
)
async def test_any_member_of_staff_lists_the_apps_that_are_there(
    read: Ask, apps: list[App], given: dict[str, Any], found: list[str]
) -> None:
    assert names(await read(NAMES, staff(), **given)) == found


@pytest.mark.parametrize("requester", [Requester(), Requester(user_id=1), Requester(app_id=1)])
async def test_nobody_else_lists_apps(ask: Ask, apps: list[App], requester: Requester) -> None:
    assert code(await ask(NAMES, requester)) == "PermissionDenied"


async def test_an_app_finds_itself_and_others_only_if_it_manages_apps(
    ask: Ask, read: Ask, session: AsyncSession
) -> None:
    app, other = await make_app(session), await make_app(session, Permission.MANAGE_APPS)
    assert (await read(ONE, app_itself(app)))["app"]["name"] == app.name
    assert (await read(ONE, app_itself(app), id=to_global_id("App", app.id)))["app"]["name"] == app.name
    assert code(await ask(ONE, app_itself(app), id=to_global_id("App", other.id))) == "PermissionDenied"
    assert (await read(ONE, app_itself(other), id=to_global_id("App", app.id)))["app"]["name"] == app.name
    assert (await read(ONE, staff()))["app"] is None
    assert (await read(ONE, staff(), id=to_global_id("App", app.id)))["app"]["name"] == app.name
    assert code(await ask(ONE, Requester(user_id=1))) == "PermissionDenied"
    assert (await ask(ONE, staff(), id="nonsense"))["errors"]


async def test_an_app_on_its_way_in_finds_itself(read: Ask, session: AsyncSession) -> None:
    app = await make_app(session, is_installed=False)
    assert (await read(ONE, app_itself(app)))["app"]["name"] == app.name


async def test_tokens_and_private_entries_are_for_managers_and_the_app_itself(
    ask: Ask, read: Ask, session: AsyncSession
) -> None:
    app = await make_app(session, private_metadata={"key": "secret"})
    row, _ = await make_token(session, app)
    document = """query ($id: ID) { app(id: $id) {
      tokens { authToken } privateMetadata { value } privateMetafield(key: "key") privateMetafields }}"""
    shown = {
        "tokens": [{"authToken": row.last_four}],
        "privateMetadata": [{"value": "secret"}],
        "privateMetafield": "secret",
        "privateMetafields": {"key": "secret"},
    }
    app_id = to_global_id("App", app.id)
    assert (await read(document, MANAGER, id=app_id))["app"] == shown
    assert (await read(document, app_itself(app)))["app"] == shown
    document = "query ($id: ID) { app(id: $id) { tokens { authToken } privateMetafields } }"
    hidden = await ask(document, staff(), id=app_id)
    assert hidden["data"]["app"] == {"tokens": None, "privateMetafields": None}
    assert code(hidden) == "PermissionDenied"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, ["Bulk", "Labels"]),
        ({"filter": {"mountName": ["order_overview_more_actions", "X"]}}, ["Bulk"]),
        ({"filter": {"targetName": "app_page"}}, ["Bulk"]),
        ({"filter": {"targetName": "widget"}}, []),
    ],
)
async def test_extensions_of_active_apps_are_listed(
    read: Ask, session: AsyncSession, given: dict[str, Any], found: list[str]
) -> None:
    app, asleep = await make_app(session), await make_app(session, is_active=False)
    await make_extension(session, app)
    await make_extension(session, app, label="Bulk", mount="ORDER_OVERVIEW_MORE_ACTIONS", target="APP_PAGE")
    sleeping = await make_extension(session, asleep, label="Asleep")
    answer = await read(EXTENSIONS, staff(), **given)
    assert sorted(edge["node"]["label"] for edge in answer["appExtensions"]["edges"]) == found
    one = "query ($id: ID!) { appExtension(id: $id) { label } }"
    assert (await read(one, staff(), id=to_global_id("AppExtension", sleeping.id)))["appExtension"] is None


async def test_an_extension_in_a_window_has_its_address_below_the_apps(
    read: Ask, session: AsyncSession
) -> None:
    app = await make_app(session, app_url="https://labels.test/app/")
    await make_extension(session, app, url="/print", permissions=["MANAGE_ORDERS"], settings={"a": [1]})
    await make_extension(session, app, url="/page", target="APP_PAGE", identifier="page")
    document = """query ($id: ID) { app(id: $id) { extensions {
      url mountName targetName settings identifier permissions { code } app { name } } } }"""
    first, second = (await read(document, MANAGER, id=to_global_id("App", app.id)))["app"]["extensions"]
    assert first == {
        "url": "https://labels.test/app/print",
        "mountName": "PRODUCT_OVERVIEW_CREATE",
        "targetName": "POPUP",
        "settings": {"a": [1]},
        "identifier": None,
        "permissions": [{"code": "MANAGE_ORDERS"}],
        "app": {"name": app.name},
    }
    assert (second["url"], second["identifier"]) == ("/page", "page")


async def test_installations_are_for_managers(ask: Ask, read: Ask, session: AsyncSession) -> None:
    await make_installation(session, status=JobStatus.FAILED, message="No answer.", logo_path="apps/a.webp")
    document = """{ appsInstallations { appName status message manifestUrl
      brand { logo { default small: default(size: 60, format: WEBP) } } } }"""
    assert code(await ask(document, staff())) == "PermissionDenied"
    (shown,) = (await read(document, MANAGER))["appsInstallations"]
    assert (shown["appName"], shown["status"], shown["message"]) == (
        "Shipping labels",
        "FAILED",
        "No answer.",
    )
    logo = shown["brand"]["logo"]
    assert logo["default"] == "http://testserver/media/apps/a.webp"
    assert logo["small"].startswith("http://testserver/thumbnail/")
    assert logo["small"].endswith("/64/webp/")


async def test_problems_are_for_managers_and_the_app_the_newest_first(
    ask: Ask, read: Ask, session: AsyncSession
) -> None:
    app = await make_app(session)
    user = await make_user(session)
    dismissed = {"is_dismissed": True, "dismissed_by_id": user.id, "dismissed_by_email": "a@b.test"}
    for key in ("old", "mid", "new"):
        await make_problem(session, app, key, **dismissed if key == "mid" else {})
    document = """query ($id: ID, $limit: PositiveInt) { app(id: $id) { problems(limit: $limit) {
      key count isCritical dismissed { by userEmail } } } }"""
    app_id = to_global_id("App", app.id)
    shown = (await read(document, MANAGER, id=app_id))["app"]["problems"]
    assert [each["key"] for each in shown] == ["new", "mid", "old"]
    assert [each["dismissed"] for each in shown] == [None, {"by": "USER", "userEmail": "a@b.test"}, None]
    assert [
        each["key"] for each in (await read(document, MANAGER, id=app_id, limit=1))["app"]["problems"]
    ] == ["new"]
    assert code(await ask(document, staff(), id=app_id)) == "PermissionDenied"
    own = await ask(document, app_itself(app))
    assert [each["key"] for each in own["data"]["app"]["problems"]] == ["new", "mid", "old"]


TOKENS = "query ($id: ID) { app(id: $id) { accessToken extensions { accessToken } } }"


async def test_a_member_of_staff_gets_a_token_for_an_app_within_what_both_may(
    read: Ask, session: AsyncSession, settings: Settings
) -> None:
    person = await make_staff(session, Permission.MANAGE_ORDERS, Permission.MANAGE_USERS)
    requester = staff("MANAGE_ORDERS", "MANAGE_USERS", user=person)
    app = await make_app(
        session,
        Permission.MANAGE_ORDERS,
        Permission.MANAGE_PRODUCTS,
        type=AppType.THIRDPARTY,
        audience="https://labels.test",
    )
    extension = await make_extension(session, app, permissions=["MANAGE_USERS"])
    await make_extension(session, app, permissions=["MANAGE_PRODUCTS"])
    shown = (await read(TOKENS, requester, id=to_global_id("App", app.id)))["app"]
    claims = read_token(shown["accessToken"], settings, "thirdparty")
    assert (claims.user_id, claims.app_id, claims.permissions) == (person.id, app.id, {"MANAGE_ORDERS"})
    said = claims.payload
    assert said["user_permissions"] == ["MANAGE_ORDERS", "MANAGE_USERS"]
    assert (said["app"], said["aud"], said["type"], said["owner"]) == (
        to_global_id("App", app.id),
        "https://labels.test",
        "thirdparty",
        "saleor",
    )
    first, second = shown["extensions"]
    of_extension = read_token(first["accessToken"], settings)
    assert of_extension.permissions == {"MANAGE_USERS"}
    assert of_extension.payload["app_extension"] == to_global_id("AppExtension", extension.id)
    assert second["accessToken"] is None


async def test_there_is_no_such_token_for_a_local_app_nor_for_an_app(
    read: Ask, session: AsyncSession
) -> None:
    person = await make_staff(session)
    local, installed = await make_app(session), await make_app(session, type=AppType.THIRDPARTY)
    shown = await read(TOKENS, staff(user=person), id=to_global_id("App", local.id))
    assert shown["app"]["accessToken"] is None
    assert (await read(TOKENS, app_itself(installed)))["app"]["accessToken"] is None


async def test_a_buyer_learns_of_no_app(ask: Ask, session: AsyncSession) -> None:
    user = await make_user(session)
    assert code(await ask(EXTENSIONS, buyer(user))) == "PermissionDenied"
