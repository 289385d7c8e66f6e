"""Apps as the API shows them: to staff, and to themselves."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Integer, Text, and_, case, cast, func, literal, or_, select

from marketplace.apps import models
from marketplace.apps.models import MOST_PROBLEMS
from marketplace.people.models import User as Person
from marketplace.people.permissions import Permission as PermissionCode
from marketplace.people.tokens import access_token_for_app
from marketplace_graphql.apps.brands import AppBrand, brand_of
from marketplace_graphql.apps.visibility import (
    MANAGES,
    app_visible,
    is_itself,
    keeps_own,
    of_app,
    token_visible,
)
from marketplace_graphql.kernel import (
    AUTHENTICATED_APP,
    AUTHENTICATED_STAFF,
    JSON,
    DateTime,
    Info,
    Metadata,
    MetadataItem,
    Node,
    ObjectWithMetadata,
    PositiveInt,
    column,
    computed,
    enum,
    expression,
    metadata_items,
    never_null,
    node,
    null_when,
    object_type,
    private_entries,
    private_entry,
    related,
    seen_as,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.orders.invoices import Job
from marketplace_graphql.people.rights import Permission, permissions_in

if TYPE_CHECKING:
    from marketplace_graphql.people.types import User
    from marketplace_graphql.webhooks.types import Webhook

POPUP = "POPUP"
AppTypeEnum = enum(models.AppType, name="AppTypeEnum")
CircuitBreakerStateEnum = enum(models.BreakerState, name="CircuitBreakerStateEnum")


@enum
class AppProblemDismissedByEnum(StrEnum):
    """Who put a problem away."""

    APP = "APP"
    USER = "USER"


@node(models.AppToken, visible=token_visible, order_by=lambda row, ctx: row.id)
class AppToken(Node):
    """What an app signs in with."""

    name: str | None
    auth_token: str | None = column("last_four")
    """Its last four characters: the rest nobody keeps."""


@node(models.AppExtension, visible=of_app, order_by=lambda row, ctx: row.id)
class AppExtension(Node):
    """A place in the dashboard that an app fills."""

    permissions: list[Permission] = value(lambda row, ctx: permissions_in(row.permissions))
    """What a member of staff must be allowed to do to see it."""
    label: str
    url: str = expression(lambda row, ctx: never_null(_whole_url(row)))
    """What is shown there."""
    mount_name: str = column("mount")
    """Where in the dashboard."""
    target_name: str = column("target")
    """How it opens."""
    settings: JSON
    """What the place and the way of opening take besides."""
    identifier: str | None
    """What the app calls it."""
    app: "App" = related(needs=MANAGES, allowed=lambda row, ctx: row.app_id == ctx.requester.app_id)

    @computed(
        lambda row, ctx: {
            **_bearer(ctx),
            "id": row.id,
            "app_id": row.app_id,
            "permissions": row.permissions,
            "audience": _of_app(row, models.App.audience),
        }
    )
    def access_token(selected: Any, info: Info) -> str | None:
        """For the extension to act with: as the person who asks, and within its permissions."""
        held = info.requester.permissions
        if not set(selected["permissions"]) <= held:
            return None
        return _token(selected, info, selected["app_id"], extension_id=selected["id"])


@object_type
class AppProblemDismissed:
    """That a problem was put away."""

    by: AppProblemDismissedByEnum = expression(
        lambda problem, ctx: never_null(
            case(
                (problem.dismissed_by_email.is_(None), literal("APP", Text())), else_=literal("USER", Text())
            )
        )
    )
    user: "User | None" = related(
        lambda problem, user, ctx: user.id == problem.dismissed_by_id, needs=PermissionCode.MANAGE_STAFF
    )
    user_email: str | None = expression(
        lambda problem, ctx: problem.dismissed_by_email, needs=AUTHENTICATED_STAFF
    )
    """Of whoever did it, even if the person is no longer there."""


@node(models.AppProblem, visible=of_app, order_by=lambda row, ctx: (row.created_at.desc(), row.id.desc()))
class AppProblem(Node):
    """Something that an app has staff know."""

    created_at: DateTime
    updated_at: DateTime
    """When the app told of it last."""
    count: int
    """How often it has."""
    is_critical: bool
    message: str
    key: str
    """Of what kind it is."""
    dismissed: AppProblemDismissed | None = value(
        lambda row, ctx: null_when(~row.is_dismissed, seen_as("AppProblemDismissed", row))
    )
    """That it was put away, if it was."""


@node(models.App, visible=app_visible, order_by=lambda row, ctx: (row.name, row.id))
class App(Node, ObjectWithMetadata):
    """A program of others that works on the shop."""

    private_metadata_needs = MANAGES
    private_metadata: list[MetadataItem] = value(
        lambda row, ctx: metadata_items(row.private_metadata), needs=MANAGES, allowed=keeps_own
    )
    """Entries that only staff and the app itself see."""

    private_metafield: str | None = expression(private_entry, needs=MANAGES, allowed=keeps_own)
    """One of these entries."""
    private_metafields: Metadata | None = expression(private_entries, needs=MANAGES, allowed=keeps_own)
    """Some of these entries, as one object."""
    identifier: str | None
    """What it calls itself everywhere."""
    permissions: list[Permission] | None = value(lambda row, ctx: permissions_in(row.permissions))
    """What it may do."""
    created: DateTime | None = column("created_at")
    is_active: bool | None
    """Whether it may act, and is told of events."""
    name: str | None
    type: AppTypeEnum | None  # type: ignore[valid-type]
    tokens: list[AppToken] | None = related(
        lambda row, token, ctx: token.app_id == row.id, needs=MANAGES, allowed=is_itself, limit=100
    )
    """What it signs in with, by the last four characters."""
    about_app: str | None = column("about")
    data_privacy: str | None = column(deprecated="Use `dataPrivacyUrl`.")
    """How it treats people's data."""
    data_privacy_url: str | None
    """Where it says how it treats people's data."""
    homepage_url: str | None
    support_url: str | None
    configuration_url: str | None = column(deprecated="Use `appUrl`.")
    app_url: str | None
    """What the dashboard shows in a frame."""
    manifest_url: str | None
    """Where it was installed from."""
    version: str | None
    author: str | None
    extensions: list[AppExtension] = related(
        lambda row, extension, ctx: extension.app_id == row.id, limit=1000
    )
    """Places in the dashboard that it fills."""
    webhooks: "list[Webhook] | None" = related(
        lambda row, webhook, ctx: webhook.app_id == row.id, needs=MANAGES, allowed=is_itself
    )
    """Where it is told of events."""
    brand: AppBrand | None = value(lambda row, ctx: brand_of(row, ctx, "App"))
    breaker_state: CircuitBreakerStateEnum  # type: ignore[valid-type]
    """Whether it is asked while somebody waits, or left alone since it failed too often."""
    breaker_last_state_change: DateTime | None = column("breaker_changed_at")

    @related(needs=(AUTHENTICATED_APP, MANAGES), limit=MOST_PROBLEMS)
    def problems(
        row: Any, problem: Any, ctx: Any, limit: PositiveInt | None = None
    ) -> list[AppProblem] | None:
        """What it has staff know, the newest first: at most 100."""
        own: ColumnElement[bool] = problem.app_id == row.id
        return own if limit is None else and_(own, _is_among_newest(problem, row, limit))

    @computed(
        lambda row, ctx: {
            **_bearer(ctx),
            "id": row.id,
            "type": row.type,
            "permissions": row.permissions,
            "audience": row.audience,
        }
    )
    def access_token(selected: Any, info: Info) -> str | None:
        """For an installed app to act with in the dashboard: as the member of staff who asks, and within its
        own permissions. Good for some minutes.
        """
        if selected["type"] != models.AppType.THIRDPARTY or not info.requester.is_staff:
            return None
        return _token(selected, info, selected["id"])


@node(models.AppInstallation, order_by=lambda row, ctx: row.id)
class AppInstallation(Node, Job):
    """An app on its way in."""

    app_name: str = column("name")
    manifest_url: str
    brand: AppBrand | None = value(lambda row, ctx: brand_of(row, ctx, "AppInstallation"))


@dataclass(frozen=True)
class _Person:
    """Of whoever asks, what a token says."""

    id: int
    email: str
    token_key: str
    is_staff: bool


def _bearer(ctx: Any) -> dict[str, Any]:
    """What a token needs of the person who asks; nothing, where an app does."""
    person = aliased(Person)
    return {
        name: select(getattr(person, name))
        .where(person.id == ctx.requester.user_id, person.is_active)
        .correlate_except(person)
        .scalar_subquery()
        for name in ("email", "token_key")
    }


def _token(selected: Any, info: Info, app_id: int, *, extension_id: int | None = None) -> str | None:
    requester = info.requester
    if requester.user_id is None or selected["token_key"] is None:
        return None
    return access_token_for_app(
        _Person(requester.user_id, selected["email"], selected["token_key"], requester.is_staff),
        info.context["settings"],
        app_id,
        permissions=selected["permissions"],
        of_bearer=requester.permissions,
        audience=selected["audience"],
        extension_id=extension_id,
    )


def _of_app(row: Any, attribute: Any) -> Any:
    """An attribute of the app that a row belongs to."""
    app = aliased(models.App)
    wanted = select(getattr(app, attribute.key)).where(app.id == row.app_id)
    return wanted.correlate_except(app).scalar_subquery()


def _whole_url(extension: Any) -> ColumnElement[str]:
    """A path of an extension that opens in a window is one below the app's own address."""
    app_url = _of_app(extension, models.App.app_url)
    below = func.rtrim(app_url, "/", type_=Text).concat(extension.url)
    stands_alone = or_(
        extension.url.not_like("/%"), extension.target != POPUP, app_url.is_(None), app_url == ""
    )
    return case((stands_alone, extension.url), else_=below)


def _is_among_newest(problem: Any, app: Any, limit: Any) -> ColumnElement[bool]:
    other = aliased(models.AppProblem)
    newest = (
        select(other.id)
        .where(other.app_id == app.id)
        .order_by(other.created_at.desc(), other.id.desc())
        .limit(cast(limit, Integer))
        .correlate_except(other)
    )
    found: ColumnElement[bool] = problem.id.in_(newest)
    return found
