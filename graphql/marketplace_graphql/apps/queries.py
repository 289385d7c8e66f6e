"""The root fields of apps."""

from enum import Enum
from typing import Any

from sqlalchemy import any_, func, select
from strawberry import ID

from marketplace.apps import models
from marketplace.kit.errors import NotFoundError, PermissionDeniedError
from marketplace.kit.ids import to_global_id
from marketplace.people.permissions import Permission
from marketplace_graphql.apps.types import App, AppExtension, AppInstallation, AppTypeEnum
from marketplace_graphql.kernel import (
    AUTHENTICATED_APP,
    AUTHENTICATED_STAFF,
    CountableConnection,
    Filter,
    Info,
    OrderDirection,
    Sorting,
    connection,
    enum,
    input_type,
    object_type,
    related,
    resolver,
)
from marketplace_graphql.kernel.reader.aliases import aliased

MANAGES = Permission.MANAGE_APPS


@input_type
class AppFilterInput:
    """Which apps are listed."""

    search: str | None
    """A part of the name."""
    is_active: bool | None
    type: AppTypeEnum | None


@enum
class AppSortField(Enum):
    """What apps can be sorted by."""

    NAME = "NAME"
    CREATION_DATE = "CREATION_DATE"


@input_type
class AppSortingInput:
    """How apps are sorted."""

    direction: OrderDirection
    field: AppSortField


@input_type
class AppExtensionFilterInput:
    """Which extensions are listed."""

    mount_name: list[str] | None
    """Places in the dashboard, in capitals or not."""
    target_name: str | None
    """A way of opening, in capitals or not."""


app_filter = Filter(
    AppFilterInput,
    {
        "search": lambda row, term, ctx: func.strpos(func.lower(row.name), func.lower(term)) > 0,
        "is_active": lambda row, wanted, ctx: row.is_active == wanted,
        "type": lambda row, wanted, ctx: row.type == wanted,
    },
)
app_order = Sorting(
    AppSortingInput,
    {
        AppSortField.NAME: lambda row, ctx: row.name,
        AppSortField.CREATION_DATE: lambda row, ctx: row.created_at,
    },
)
extension_filter = Filter(
    AppExtensionFilterInput,
    {
        "mount_name": lambda row, names, ctx: row.mount == any_(_in_capitals(names)),
        "target_name": lambda row, name, ctx: row.target == func.upper(name),
    },
)


@object_type
class AppQueries:
    """Apps, and what they add to the dashboard."""

    apps: CountableConnection[App] | None = connection(
        filter=app_filter, sort_by=app_order, needs=(AUTHENTICATED_STAFF, MANAGES)
    )
    """The apps that are installed."""

    @resolver(needs=(AUTHENTICATED_STAFF, AUTHENTICATED_APP))
    async def app(info: Info, id: ID | None = None) -> App | None:
        """An app; without an id, the one that asks. An app sees others only if it manages apps."""
        own = info.requester.app_id
        if id is None:
            return None if own is None else await _app(info, to_global_id("App", own))
        if own is not None and info.key(id, "App") != own and not info.requester.has_any([MANAGES]):
            raise PermissionDeniedError(MANAGES)
        return await _app(info, id)

    apps_installations: list[AppInstallation] = related(lambda root, row, ctx: row.id > 0, needs=MANAGES)
    """Apps on their way in, and those that did not get there."""
    app_extensions: CountableConnection[AppExtension] | None = connection(
        lambda root, extension, ctx: _of_active_app(extension),
        filter=extension_filter,
        needs=(AUTHENTICATED_STAFF, AUTHENTICATED_APP),
    )
    """Places in the dashboard that active apps fill."""

    @related(needs=(AUTHENTICATED_STAFF, AUTHENTICATED_APP))
    def app_extension(root: Any, extension: Any, ctx: Any, id: ID) -> AppExtension | None:
        """One of these places."""
        return (extension.id == ctx.key(id, "AppExtension")) & _of_active_app(extension)


async def _app(info: Info, global_id: str) -> models.App | None:
    try:
        return await info.find(models.App, global_id)
    except NotFoundError:
        return None


def _of_active_app(extension: Any) -> Any:
    app = aliased(models.App)
    return select(app.id).where(app.id == extension.app_id, app.is_active).exists()


def _in_capitals(names: Any) -> Any:
    name = func.unnest(names).column_valued("name")
    return func.array(select(func.upper(name)).scalar_subquery())
