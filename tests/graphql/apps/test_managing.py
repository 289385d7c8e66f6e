"""Staff make, change and end apps, within the rights that they hold themselves."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App, AppToken
from marketplace.apps.tokens import digest_of
from marketplace.kit import events
from marketplace.kit.announcements import Announcement
from marketplace.kit.ids import to_global_id
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Requester
from tests.factories.apps import make_app, make_token
from tests.graphql.conftest import Ask, app_itself, staff

MANAGER = staff("MANAGE_APPS", "MANAGE_ORDERS")
BEYOND = ["MANAGE_USERS"]
CREATE = """
mutation ($input: AppInput!) { appCreate(input: $input) {
  authToken app { id name identifier type isActive permissions { code name } tokens { name authToken } }
  errors { field code permissions }
} }
"""
UPDATE = """
mutation ($id: ID!, $input: AppInput!) { appUpdate(id: $id, input: $input) {
  app { name identifier permissions { code } } errors { field code permissions } appErrors { code }
} }
"""
DELETE = "mutation ($id: ID!) { appDelete(id: $id) { app { name isActive } errors { field code } } }"
ACTIVATE = "mutation ($id: ID!) { appActivate(id: $id) { app { isActive } errors { field code } } }"
DEACTIVATE = "mutation ($id: ID!) { appDeactivate(id: $id) { app { isActive } errors { field code } } }"
NEW_TOKEN = """
mutation ($app: ID!, $name: String) { appTokenCreate(input: {app: $app, name: $name}) {
  authToken appToken { id name authToken } errors { field code }
} }
"""
NO_TOKEN = "mutation ($id: ID!) { appTokenDelete(id: $id) { appToken { name } errors { field code } } }"
VERIFY = "mutation ($token: String!) { appTokenVerify(token: $token) { valid errors { code } } }"


def id_of(app: App) -> str:
    return to_global_id("App", app.id)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, object]]:
    """The events that were announced, each with its row."""
    heard: list[tuple[str, object]] = []

    async def hear(_session: AsyncSession, event: Announcement) -> None:
        heard.extend((event.event, row) for row in event.rows)

    monkeypatch.setitem(events._subscribers, Announcement, [hear])
    return heard


async def test_a_local_app_is_made_with_a_token_that_is_shown_once(
    read: Ask, session: AsyncSession, told: list[tuple[str, object]]
) -> None:
    made = (await read(CREATE, MANAGER, input={"name": " Labels ", "permissions": ["MANAGE_ORDERS"]}))[
        "appCreate"
    ]
    assert made["errors"] == []
    token, app = made["authToken"], made["app"]
    assert len(token) == 30
    assert token.isalnum()
    assert app == {
        "id": app["id"],
        "name": "Labels",
        "identifier": app["id"],
        "type": "LOCAL",
        "isActive": True,
        "permissions": [{"code": "MANAGE_ORDERS", "name": "Manage orders."}],
        "tokens": [{"name": "Default", "authToken": token[-4:]}],
    }
    assert await session.scalar(select(AppToken.digest)) == digest_of(token)
    assert [(event, row.name) for event, row in told] == [("APP_INSTALLED", "Labels")]


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({}, "name", "REQUIRED"),
        ({"name": "  "}, "name", "REQUIRED"),
        ({"name": None}, "name", "REQUIRED"),
        ({"name": "x" * 61}, "name", "INVALID"),
        ({"name": "Labels", "identifier": "x" * 257}, "identifier", "INVALID"),
        ({"name": "Labels", "identifier": "taken"}, "identifier", "UNIQUE"),
        ({"name": "Labels", "permissions": ["MANAGE_USERS"]}, "permissions", "OUT_OF_SCOPE_PERMISSION"),
    ],
)
async def test_an_app_that_can_not_be_made_is_refused_at_its_field(
    read: Ask, session: AsyncSession, said: dict[str, Any], field: str, code: str
) -> None:
    await make_app(session, identifier="taken")
    made = (await read(CREATE, MANAGER, input=said))["appCreate"]
    assert (made["app"], made["authToken"]) == (None, None)
    beyond = ["MANAGE_USERS"] if code == "OUT_OF_SCOPE_PERMISSION" else None
    assert made["errors"] == [{"field": field, "code": code, "permissions": beyond}]
    assert len(list(await session.scalars(select(App)))) == 1


async def test_the_identifier_of_an_app_that_was_deleted_is_free(read: Ask, session: AsyncSession) -> None:
    gone = await make_app(session, identifier="labels")
    await read(DELETE, MANAGER, id=id_of(gone))
    made = await read(CREATE, MANAGER, input={"name": "Labels", "identifier": "labels"})
    assert made["appCreate"]["app"]["identifier"] == "labels"


async def test_an_app_is_changed(read: Ask, session: AsyncSession, told: list[tuple[str, object]]) -> None:
    app = await make_app(session, Permission.MANAGE_ORDERS)
    said = {"name": "New", "identifier": "new", "permissions": ["MANAGE_APPS"]}
    changed = (await read(UPDATE, MANAGER, id=id_of(app), input=said))["appUpdate"]
    assert changed["app"] == {"name": "New", "identifier": "new", "permissions": [{"code": "MANAGE_APPS"}]}
    assert [event for event, _ in told] == ["APP_UPDATED"]


@pytest.mark.parametrize(
    ("requester", "held", "said", "error"),
    [
        (staff("MANAGE_APPS"), [Permission.MANAGE_ORDERS], {"name": "New"}, ("id", "OUT_OF_SCOPE_APP", None)),
        (
            MANAGER,
            [],
            {"permissions": BEYOND},
            ("permissions", "OUT_OF_SCOPE_PERMISSION", BEYOND),
        ),
        (MANAGER, [], {"name": ""}, ("name", "REQUIRED", None)),
        (MANAGER, [], {"identifier": "taken"}, ("identifier", "UNIQUE", None)),
    ],
)
async def test_a_change_out_of_reach_changes_nothing(
    read: Ask,
    session: AsyncSession,
    requester: Requester,
    held: list[Permission],
    said: dict[str, Any],
    error: tuple[Any, ...],
) -> None:
    await make_app(session, identifier="taken")
    app = await make_app(session, *held, name="Old")
    changed = (await read(UPDATE, requester, id=id_of(app), input=said))["appUpdate"]
    assert changed["app"] is None
    assert [(each["field"], each["code"], each["permissions"]) for each in changed["errors"]] == [error]
    await session.refresh(app)
    assert (app.name, app.permissions) == ("Old", sorted(held))


async def test_a_deleted_app_is_gone_for_everybody_and_its_tokens_with_it(
    read: Ask, session: AsyncSession, told: list[tuple[str, object]]
) -> None:
    app = await make_app(session)
    await make_token(session, app)
    gone = (await read(DELETE, MANAGER, id=id_of(app)))["appDelete"]
    assert gone == {"app": {"name": app.name, "isActive": True}, "errors": []}
    assert [event for event, _ in told] == ["APP_DELETED"]
    assert list(await session.scalars(select(AppToken))) == []
    for again in (DELETE, ACTIVATE, DEACTIVATE):
        answer = await read(again, MANAGER, id=id_of(app))
        assert next(iter(answer.values()))["errors"] == [{"field": "id", "code": "NOT_FOUND"}]
    assert (await read("query ($id: ID!) { app(id: $id) { id } }", MANAGER, id=id_of(app)))["app"] is None


async def test_an_app_with_wider_rights_is_neither_deleted_nor_given_tokens_but_may_be_stopped(
    read: Ask, session: AsyncSession, told: list[tuple[str, object]]
) -> None:
    app = await make_app(session, Permission.MANAGE_USERS)
    row, _ = await make_token(session, app)
    gone = (await read(DELETE, MANAGER, id=id_of(app)))["appDelete"]
    assert gone["errors"] == [{"field": "id", "code": "OUT_OF_SCOPE_APP"}]
    token = (await read(NEW_TOKEN, MANAGER, app=id_of(app)))["appTokenCreate"]
    assert token["errors"] == [{"field": "app", "code": "OUT_OF_SCOPE_APP"}]
    less = (await read(NO_TOKEN, MANAGER, id=to_global_id("AppToken", row.id)))["appTokenDelete"]
    assert less["errors"] == [{"field": "id", "code": "OUT_OF_SCOPE_APP"}]
    assert told == []
    assert (await read(DEACTIVATE, MANAGER, id=id_of(app)))["appDeactivate"]["app"] == {"isActive": False}
    assert (await read(ACTIVATE, MANAGER, id=id_of(app)))["appActivate"]["app"] == {"isActive": True}
    assert [event for event, _ in told] == ["APP_STATUS_CHANGED"] * 2


async def test_tokens_come_and_go(read: Ask, session: AsyncSession) -> None:
    app = await make_app(session)
    made = (await read(NEW_TOKEN, MANAGER, app=id_of(app), name="CI"))["appTokenCreate"]
    token = made["authToken"]
    assert made["appToken"] == {"id": made["appToken"]["id"], "name": "CI", "authToken": token[-4:]}
    assert (await read(VERIFY, token=token))["appTokenVerify"] == {"valid": True, "errors": []}
    await read(DEACTIVATE, MANAGER, id=id_of(app))
    assert not (await read(VERIFY, token=token))["appTokenVerify"]["valid"]
    await read(ACTIVATE, MANAGER, id=id_of(app))
    assert (await read(NO_TOKEN, MANAGER, id=made["appToken"]["id"]))["appTokenDelete"]["appToken"] == {
        "name": "CI"
    }
    assert not (await read(VERIFY, token=token))["appTokenVerify"]["valid"]


@pytest.mark.parametrize("token", ["", "x", "é" * 30, "a" * 5000])
async def test_what_is_no_token_is_not_good(read: Ask, token: str) -> None:
    assert (await read(VERIFY, token=token))["appTokenVerify"] == {"valid": False, "errors": []}


async def test_a_tokens_name_has_an_end(read: Ask, session: AsyncSession) -> None:
    app = await make_app(session)
    made = (await read(NEW_TOKEN, MANAGER, app=id_of(app), name="x" * 129))["appTokenCreate"]
    assert made["errors"] == [{"field": "name", "code": "INVALID"}]


async def test_ids_of_nothing_are_told_at_their_fields(read: Ask) -> None:
    nothing = to_global_id("App", 1)
    assert (await read(UPDATE, MANAGER, id=nothing, input={}))["appUpdate"]["errors"][0][
        "code"
    ] == "NOT_FOUND"
    made = (await read(NEW_TOKEN, MANAGER, app=nothing))["appTokenCreate"]
    assert made["errors"] == [{"field": "app", "code": "NOT_FOUND"}]
    gone = (await read(NO_TOKEN, MANAGER, id=to_global_id("AppToken", 1)))["appTokenDelete"]
    assert gone["errors"] == [{"field": "id", "code": "NOT_FOUND"}]


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        (CREATE, {"input": {"name": "X"}}),
        (UPDATE, {"id": "QXBwOjE=", "input": {}}),
        (DELETE, {"id": "QXBwOjE="}),
        (ACTIVATE, {"id": "QXBwOjE="}),
        (DEACTIVATE, {"id": "QXBwOjE="}),
        (NEW_TOKEN, {"app": "QXBwOjE="}),
        (NO_TOKEN, {"id": "QXBwVG9rZW46MQ=="}),
    ],
)
@pytest.mark.parametrize("requester", [staff("MANAGE_ORDERS"), Requester(app_id=1), Requester()])
async def test_only_whoever_manages_apps_may(
    ask: Ask, document: str, variables: dict[str, Any], requester: Requester
) -> None:
    answer = await ask(document, requester, **variables)
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_an_app_that_manages_apps_makes_none_but_changes_what_it_covers(
    ask: Ask, read: Ask, session: AsyncSession
) -> None:
    manager = await make_app(session, Permission.MANAGE_APPS, Permission.MANAGE_ORDERS)
    other = await make_app(session, Permission.MANAGE_ORDERS)
    made = await ask(CREATE, app_itself(manager), input={"name": "X"})
    assert made["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    changed = await read(UPDATE, app_itself(manager), id=id_of(other), input={"permissions": []})
    assert changed["appUpdate"]["app"]["permissions"] == []
