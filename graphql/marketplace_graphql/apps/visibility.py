"""Who sees apps, and who is told which app did something."""

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select

from marketplace.apps.models import App
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel.reader.aliases import aliased

MANAGES = Permission.MANAGE_APPS


def app_visible(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Staff and apps see apps that are there; an app sees itself even while it is being installed."""
    if ctx.requester.is_app:
        return and_(row.removed_at.is_(None), or_(row.is_installed, row.id == ctx.requester.app_id))
    return and_(row.removed_at.is_(None), row.is_installed) if ctx.requester.is_staff else false()


def of_app(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether the app that a row belongs to is visible."""
    app = aliased(App)
    return select(app.id).where(app.id == row.app_id, app_visible(app, ctx)).exists()


def token_visible(row: Any, ctx: Any) -> ColumnElement[bool]:
    """An app's own, and all to whoever manages apps."""
    own: ColumnElement[bool] = row.app_id == ctx.requester.app_id
    return of_app(row, ctx) if ctx.requester.has(MANAGES) else own


def is_itself(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether the app that asks is the one that is asked about."""
    own: ColumnElement[bool] = row.id == ctx.requester.app_id
    return own


def keeps_own(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether the app that asks, or through which a person asks, is the one that is asked about."""
    own: ColumnElement[bool] = row.id == ctx.requester.own_app_id
    return own


def its_own(row: Any, ctx: Any) -> ColumnElement[bool]:
    """What did something is told to whoever manages apps and to that app; that it was none, to everybody."""
    return or_(row.app_id.is_(None), row.app_id == ctx.requester.app_id)
