"""Problems that apps tell staff of."""

from typing import Any

from strawberry import ID

from marketplace.apps import models, problems
from marketplace.apps.problems import SAME_FOR_MINUTES
from marketplace.kit.errors import DomainError, InvalidError, RequiredError
from marketplace.people.models import User
from marketplace.people.permissions import Permission
from marketplace_graphql.apps.errors import AppProblemCreateError, AppProblemDismissError
from marketplace_graphql.kernel import (
    AUTHENTICATED_APP,
    Info,
    Minute,
    PositiveInt,
    changes,
    input_type,
    mutation,
    object_type,
)

AT_ONCE = 100


@input_type
class AppProblemCreateInput:
    """A problem."""

    message: str
    """What staff read. A long one is cut short."""
    key: str
    """Of what kind it is: 3 to 128 letters. The same again is counted."""
    critical_threshold: PositiveInt | None
    """From so many times on it is critical."""
    aggregation_period: Minute | None = Minute(SAME_FOR_MINUTES)
    """For so many minutes after it was last told it counts as the same; 0: never."""


@input_type
class AppProblemDismissByAppInput:
    """An app's own problems: by ids or by keys."""

    ids: list[ID] | None
    keys: list[str] | None


@input_type
class AppProblemDismissByStaffWithIdsInput:
    """Problems of any app, by their ids."""

    ids: list[ID]


@input_type
class AppProblemDismissByStaffWithKeysInput:
    """Problems of one app, by their kind."""

    keys: list[str]
    app: ID


@input_type
class AppProblemDismissInput:
    """Which problems are put away: said in one of these ways."""

    by_app: AppProblemDismissByAppInput | None
    by_staff_with_ids: AppProblemDismissByStaffWithIdsInput | None
    by_staff_with_keys: AppProblemDismissByStaffWithKeysInput | None


@object_type
class ProblemMutations:
    """A part of the mutations of apps."""

    @mutation(
        returns="AppProblem", errors=AppProblemCreateError, needs=AUTHENTICATED_APP, field="app_problem"
    )
    async def app_problem_create(self, info: Info, input: AppProblemCreateInput) -> models.AppProblem:
        """Has an app tell staff of a problem of its own."""
        given = changes(input)
        app_id = info.requester.app_id
        assert app_id is not None  # noqa: S101 - the mutation is for apps only
        return await problems.tell_problem(
            info.session,
            app_id,
            input.key,
            input.message,
            critical_from=given.get("critical_threshold"),
            same_for_minutes=given.get("aggregation_period"),
        )

    @mutation(returns=None, errors=AppProblemDismissError, needs=(Permission.MANAGE_APPS, AUTHENTICATED_APP))
    async def app_problem_dismiss(self, info: Info, input: AppProblemDismissInput) -> None:
        """Puts problems away: an app its own, staff those of any app."""
        way, said = _one_way(changes(input), is_app=info.requester.is_app)
        if way == "byApp":
            await _by_app(info, said)
        elif way == "byStaffWithIds":
            ids = _keys(info, said["ids"])
            await problems.dismiss(info.session, ids=ids, by=await _requester(info))
        else:
            _check_number(said["keys"], "keys")
            app = await info.find(models.App, said["app"], field_name="app")
            by = await _requester(info)
            await problems.dismiss(info.session, app_id=app.id, keys=said["keys"], by=by)


def _one_way(given: dict[str, Any], *, is_app: bool) -> tuple[str, dict[str, Any]]:
    """The one way that was taken, and what it says. Raises DomainError."""
    names = {
        "by_app": "byApp",
        "by_staff_with_ids": "byStaffWithIds",
        "by_staff_with_keys": "byStaffWithKeys",
    }
    taken = [(names[name], said) for name, said in given.items() if said is not None]
    if not taken:
        ways = ", ".join(f"'{name}'" for name in names.values())
        raise DomainError(f"At least one of arguments is required: {ways}.", code="GRAPHQL_ERROR")
    if len(taken) > 1:
        (first, _), *rest = taken
        others = ", ".join(f"'{name}'" for name, _ in rest)
        raise DomainError(f"Argument '{first}' cannot be combined with {others}", code="GRAPHQL_ERROR")
    way, said = taken[0]
    if (way == "byApp") != is_app:
        message = "App callers cannot use this input. Use 'byApp' instead."
        raise InvalidError(message if is_app else "Only app callers can use 'byApp'.", field=way)
    return way, said


async def _by_app(info: Info, said: dict[str, Any]) -> None:
    ids, keys = said.get("ids"), said.get("keys")
    if ids and keys:
        raise InvalidError("Cannot specify both 'ids' and 'keys'.", field="byApp")
    if not ids and not keys:
        raise RequiredError("Must provide either 'ids' or 'keys'.", field="byApp")
    app_id = info.requester.app_id
    assert app_id is not None  # noqa: S101 - only apps come here
    if keys:
        _check_number(keys, "keys")
        await problems.dismiss(info.session, app_id=app_id, keys=keys)
        return
    numbers = _keys(info, ids or [])
    if await problems.of_others(info.session, app_id, numbers):
        raise InvalidError("Cannot dismiss problems belonging to other apps.", field="ids")
    await problems.dismiss(info.session, app_id=app_id, ids=numbers)


def _keys(info: Info, ids: list[str]) -> list[int]:
    """Raises InvalidError at `ids`."""
    _check_number(ids, "ids")
    try:
        return [info.key(each, "AppProblem") for each in ids]
    except InvalidError as error:
        raise InvalidError(error.message, field="ids") from error


def _check_number(given: list[str], field: str) -> None:
    if len(given) > AT_ONCE:
        raise InvalidError(f"Cannot specify more than {AT_ONCE} items.", field=field)


async def _requester(info: Info) -> User:
    return await info.session.get_one(User, info.requester.user_id)
