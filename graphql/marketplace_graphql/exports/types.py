"""Exports, as those see them who may see what is in them."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Text, and_, cast, false, func, literal, or_, select

from marketplace.apps.models import App as AppRow
from marketplace.exports import models
from marketplace.exports.product_columns import ProductField
from marketplace.exports.service import CONTENT_TYPES, file_name
from marketplace.kit.jobs import JobStatus
from marketplace.kit.settings import Settings
from marketplace.kit.signing import PrivateFile, signed_url
from marketplace.people.models import User as UserRow
from marketplace.people.permissions import Permission
from marketplace_graphql.apps.visibility import MANAGES, its_own
from marketplace_graphql.inputs import DateTimeRangeInput
from marketplace_graphql.kernel import (
    DateTime,
    Filter,
    Info,
    Node,
    OrderDirection,
    Sorting,
    between,
    column,
    computed,
    enum,
    input_type,
    node,
    related,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.orders.invoices import Job

if TYPE_CHECKING:
    from marketplace_graphql.apps.types import App
    from marketplace_graphql.people.types import User

NEEDED = {
    models.ExportKind.PRODUCTS: Permission.MANAGE_PRODUCTS,
    models.ExportKind.GIFT_CARDS: Permission.MANAGE_GIFT_CARD,
    models.ExportKind.VOUCHER_CODES: Permission.MANAGE_DISCOUNTS,
}
"""Who may see what is in a file may see the file: codes of gift cards are money."""
ExportEventsEnum = enum(models.ExportEventType, name="ExportEventsEnum")
enum(models.FileType, name="FileTypesEnum")
enum(ProductField, name="ProductFieldEnum")


def export_visible(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Those of what one may see; and for whoever works for sellers, their own of these sellers' products."""
    kinds = [kind for kind, needed in NEEDED.items() if ctx.requester.has(needed)]
    of_kinds: ColumnElement[bool] = row.kind.in_(kinds) if kinds else false()
    if not ctx.requester.is_vendor:
        return of_kinds
    own = and_(row.user_id == ctx.requester.user_id, row.vendor_ids.contained_by(ctx.requester.vendor_ids))
    return or_(of_kinds, own)


def event_visible(row: Any, ctx: Any) -> ColumnElement[bool]:
    export = aliased(models.ExportFile)
    return (
        select(literal(1))
        .where(export.id == row.export_file_id, export_visible(export, ctx))
        .correlate_except(export)
        .exists()
    )


@node(models.ExportEvent, visible=event_visible, order_by=lambda row, ctx: row.id)
class ExportEvent(Node):
    """Something that happened to an export."""

    date: DateTime = column("at")
    type: ExportEventsEnum  # type: ignore[valid-type]
    user: "User | None" = related()
    """Who did it, if it was a person."""
    app: "App | None" = related(lambda row, app, ctx: app.id == row.app_id, needs=MANAGES, allowed=its_own)
    """The app that did it, if it was one."""
    message: str


@node(models.ExportFile, visible=export_visible, order_by=lambda row, ctx: (row.created_at, row.id))
class ExportFile(Node, Job):
    """A file that somebody asked for."""

    user: "User | None" = related()
    """Who asked for it, if it was a person."""
    app: "App | None" = related(lambda row, app, ctx: app.id == row.app_id, needs=MANAGES, allowed=its_own)
    """The app that asked for it, if it was one."""
    events: list[ExportEvent] | None = related(lambda row, event, ctx: event.export_file_id == row.id)
    """All that happened to it, in order."""

    @computed(
        lambda row, ctx: {
            "key": row.storage_key,
            "status": cast(row.status, Text),
            "kind": cast(row.kind, Text),
            "type": cast(row.file_type, Text),
            "at": func.to_char(func.timezone("UTC", row.created_at), "YYYY-MM-DD_HH24MI"),
        }
    )
    def url(values: Any, info: Info) -> str | None:
        """Opens the file for ten minutes, once it is made."""
        if values["status"] != JobStatus.SUCCESS:
            return None
        settings: Settings = info.context["settings"]
        kind, file_type = models.ExportKind(values["kind"]), models.FileType(values["type"])
        name = file_name(kind, values["at"], file_type)
        return signed_url(settings, PrivateFile(values["key"], name, CONTENT_TYPES[file_type]))


@input_type
class ExportFileFilterInput:
    """Which exports are listed."""

    created_at: DateTimeRangeInput | None
    updated_at: DateTimeRangeInput | None
    status: JobStatus | None
    user: str | None
    """A person's e-mail address."""
    app: str | None
    """An app's name."""


@enum
class ExportFileSortField(Enum):
    """What exports can be sorted by."""

    STATUS = "STATUS"
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    LAST_MODIFIED_AT = "LAST_MODIFIED_AT"


@input_type
class ExportFileSortingInput:
    """How exports are sorted."""

    direction: OrderDirection
    field: ExportFileSortField


def _asked_by(row: Any, email: Any, ctx: Any) -> ColumnElement[bool]:
    user = aliased(UserRow)
    people = select(user.id).where(func.lower(user.email) == func.lower(email)).correlate_except(user)
    found: ColumnElement[bool] = row.user_id.in_(people)
    return found


def _asked_by_app(row: Any, name: Any, ctx: Any) -> ColumnElement[bool]:
    app = aliased(AppRow)
    found: ColumnElement[bool] = row.app_id.in_(select(app.id).where(app.name == name).correlate_except(app))
    return found


export_filter = Filter(
    ExportFileFilterInput,
    {
        "created_at": between(lambda row, ctx: row.created_at),
        "updated_at": between(lambda row, ctx: row.updated_at),
        "status": lambda row, status, ctx: row.status == status,
        "user": _asked_by,
        "app": _asked_by_app,
    },
)
export_order = Sorting(
    ExportFileSortingInput,
    {
        ExportFileSortField.STATUS: lambda row, ctx: row.status,
        ExportFileSortField.CREATED_AT: lambda row, ctx: row.created_at,
        ExportFileSortField.UPDATED_AT: lambda row, ctx: row.updated_at,
        ExportFileSortField.LAST_MODIFIED_AT: lambda row, ctx: row.updated_at,
    },
)
