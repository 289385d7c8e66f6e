"""Apps tell staff of problems; the same again is counted, and both put them away."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import MOST_PROBLEMS, App, AppProblem
from marketplace.kit.ids import to_global_id
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Requester
from tests.factories.apps import make_app, make_problem
from tests.factories.people import make_staff
from tests.graphql.conftest import Ask, app_itself, staff

TELL = """
mutation ($input: AppProblemCreateInput!) { appProblemCreate(input: $input) {
  appProblem { key message count isCritical } errors { field code }
} }
"""
DISMISS = """
mutation ($input: AppProblemDismissInput!) { appProblemDismiss(input: $input) { errors { field code } } }
"""


@pytest.fixture
async def app(session: AsyncSession) -> App:
    return await make_app(session)


def id_of(problem: AppProblem) -> str:
    return to_global_id("AppProblem", problem.id)


async def test_the_same_problem_is_counted_until_it_is_critical(
    read: Ask, session: AsyncSession, app: App
) -> None:
    said = {"key": "expired", "message": "The key is out of date.", "criticalThreshold": 2}
    first = (await read(TELL, app_itself(app), input=said))["appProblemCreate"]
    assert first["appProblem"] == {
        "key": "expired",
        "message": "The key is out of date.",
        "count": 1,
        "isCritical": False,
    }
    again = await read(TELL, app_itself(app), input=said | {"message": "Still out of date."})
    assert again["appProblemCreate"]["appProblem"] == {
        "key": "expired",
        "message": "Still out of date.",
        "count": 2,
        "isCritical": True,
    }
    calmer = await read(TELL, app_itself(app), input=said | {"criticalThreshold": 10})
    assert not calmer["appProblemCreate"]["appProblem"]["isCritical"]
    assert await session.scalar(select(func.count()).select_from(AppProblem)) == 1


@pytest.mark.parametrize(
    ("later", "said", "count"),
    [
        (timedelta(minutes=59), {}, 2),
        (timedelta(minutes=61), {}, 1),
        (timedelta(minutes=61), {"aggregationPeriod": 90}, 2),
        (timedelta(minutes=61), {"aggregationPeriod": None}, 1),
        (timedelta(), {"aggregationPeriod": 0}, 1),
    ],
)
async def test_what_comes_much_later_is_another_problem(
    read: Ask, app: App, clock: ModuleType, later: timedelta, said: dict[str, Any], count: int
) -> None:
    usual = {"key": "expired", "message": "Out of date."}
    await read(TELL, app_itself(app), input=usual)
    clock.advance(later)
    again = await read(TELL, app_itself(app), input=usual | said)
    assert again["appProblemCreate"]["appProblem"]["count"] == count


async def test_what_was_put_away_is_told_anew(read: Ask, session: AsyncSession, app: App) -> None:
    await make_problem(session, app, "expired", is_dismissed=True)
    again = await read(TELL, app_itself(app), input={"key": "expired", "message": "Out of date."})
    assert again["appProblemCreate"]["appProblem"]["count"] == 1


async def test_of_too_many_problems_the_oldest_goes(read: Ask, session: AsyncSession, app: App) -> None:
    for number in range(MOST_PROBLEMS):
        await make_problem(session, app, f"key{number}")
    await read(TELL, app_itself(app), input={"key": "one more", "message": "Too much."})
    keys = list(await session.scalars(select(AppProblem.key)))
    assert len(keys) == MOST_PROBLEMS
    assert "key0" not in keys
    assert "one more" in keys


async def test_a_long_message_is_cut_short(read: Ask, app: App) -> None:
    told = await read(TELL, app_itself(app), input={"key": "key", "message": "x" * 3000})
    message = told["appProblemCreate"]["appProblem"]["message"]
    assert len(message) == 2048
    assert message.endswith("...")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"key": "ab"}, "key"),
        ({"key": "x" * 129}, "key"),
        ({"message": "ab"}, "message"),
        ({"criticalThreshold": 0}, "criticalThreshold"),
        ({"aggregationPeriod": -1}, "aggregationPeriod"),
    ],
)
async def test_a_problem_that_says_nothing_is_refused(
    read: Ask, app: App, said: dict[str, Any], field: str
) -> None:
    told = await read(TELL, app_itself(app), input={"key": "key", "message": "Out of date."} | said)
    assert told["appProblemCreate"] == {"appProblem": None, "errors": [{"field": field, "code": "INVALID"}]}


@pytest.mark.parametrize("requester", [staff("MANAGE_APPS"), Requester()])
async def test_only_apps_tell_of_problems(ask: Ask, requester: Requester) -> None:
    answer = await ask(TELL, requester, input={"key": "key", "message": "Out of date."})
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_an_app_puts_its_own_away(read: Ask, session: AsyncSession, app: App) -> None:
    by_id, by_key = await make_problem(session, app, "one"), await make_problem(session, app, "two")
    strangers = await make_problem(session, await make_app(session), "two")
    one = await read(DISMISS, app_itself(app), input={"byApp": {"ids": [id_of(by_id)]}})
    two = await read(DISMISS, app_itself(app), input={"byApp": {"keys": ["two", "three"]}})
    assert one == two == {"appProblemDismiss": {"errors": []}}
    for problem in (by_id, by_key, strangers):
        await session.refresh(problem)
    assert [each.is_dismissed for each in (by_id, by_key, strangers)] == [True, True, False]
    assert by_id.dismissed_by_email is None


async def test_staff_put_those_of_any_app_away_and_it_is_said_who(
    read: Ask, session: AsyncSession, app: App
) -> None:
    person = await make_staff(session, Permission.MANAGE_APPS)
    manager = staff("MANAGE_APPS", user=person)
    by_id, by_key = await make_problem(session, app, "one"), await make_problem(session, app, "two")
    strangers = await make_problem(session, await make_app(session), "two")
    told_at = by_id.updated_at
    await read(DISMISS, manager, input={"byStaffWithIds": {"ids": [id_of(by_id)]}})
    of_app = {"keys": ["two"], "app": to_global_id("App", app.id)}
    await read(DISMISS, manager, input={"byStaffWithKeys": of_app})
    for problem in (by_id, by_key, strangers):
        await session.refresh(problem)
    assert [each.dismissed_by_id for each in (by_id, by_key, strangers)] == [person.id, person.id, None]
    assert (by_id.dismissed_by_email, by_id.updated_at) == (person.email, told_at)


BY_APP, BY_STAFF = {"keys": ["key"]}, {"ids": [to_global_id("AppProblem", 1)]}


@pytest.mark.parametrize(
    ("by_app", "given", "field", "code"),
    [
        (True, {}, None, "GRAPHQL_ERROR"),
        (True, {"byApp": BY_APP, "byStaffWithIds": BY_STAFF}, None, "GRAPHQL_ERROR"),
        (True, {"byStaffWithIds": BY_STAFF}, "byStaffWithIds", "INVALID"),
        (False, {"byApp": BY_APP}, "byApp", "INVALID"),
        (True, {"byApp": {}}, "byApp", "REQUIRED"),
        (True, {"byApp": {"ids": [], "keys": []}}, "byApp", "REQUIRED"),
        (True, {"byApp": BY_APP | BY_STAFF}, "byApp", "INVALID"),
        (True, {"byApp": {"ids": ["nonsense"]}}, "ids", "INVALID"),
        (True, {"byApp": {"keys": ["key"] * 101}}, "keys", "INVALID"),
        (False, {"byStaffWithIds": {"ids": [to_global_id("App", 1)]}}, "ids", "INVALID"),
        (False, {"byStaffWithIds": {"ids": BY_STAFF["ids"] * 101}}, "ids", "INVALID"),
        (False, {"byStaffWithKeys": {"keys": [], "app": to_global_id("App", 1)}}, "app", "NOT_FOUND"),
    ],
)
async def test_what_can_not_be_put_away_is_refused_at_its_field(
    read: Ask, session: AsyncSession, app: App, by_app: bool, given: dict[str, Any], field: str, code: str
) -> None:
    person = await make_staff(session, Permission.MANAGE_APPS)
    requester = app_itself(app) if by_app else staff("MANAGE_APPS", user=person)
    told = await read(DISMISS, requester, input=given)
    assert told["appProblemDismiss"]["errors"] == [{"field": field, "code": code}]


async def test_an_app_does_not_put_others_problems_away(read: Ask, session: AsyncSession, app: App) -> None:
    strangers = await make_problem(session, await make_app(session))
    told = await read(DISMISS, app_itself(app), input={"byApp": {"ids": [id_of(strangers)]}})
    assert told["appProblemDismiss"]["errors"] == [{"field": "ids", "code": "INVALID"}]
    await session.refresh(strangers)
    assert not strangers.is_dismissed


async def test_others_put_nothing_away(ask: Ask) -> None:
    answer = await ask(DISMISS, staff("MANAGE_ORDERS"), input={"byStaffWithIds": BY_STAFF})
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
