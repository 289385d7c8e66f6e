"""What happened to customers, for the staff who help them."""

from typing import TYPE_CHECKING

from marketplace.people import models
from marketplace.people.models import CustomerEventType
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import DateTime, Node, column, enum, node, object_type, related

if TYPE_CHECKING:
    from marketplace_graphql.apps.types import App
    from marketplace_graphql.orders.types import Order
    from marketplace_graphql.people.types import User

CustomerEventsEnum = enum(CustomerEventType, name="CustomerEventsEnum")


@node(models.CustomerEvent, order_by=lambda row, ctx: row.id)
class CustomerEvent(Node):
    """Something that happened to a customer, or that one of the staff did."""

    date: DateTime | None = column("at")
    type: CustomerEventsEnum | None  # type: ignore[valid-type]
    user: "User | None" = related(lambda row, user, ctx: user.id == row.user_id)
    """Whom it happened to, or who did it."""
    app: "App | None" = related(lambda row, app, ctx: app.id == row.app_id)
    """The app that did it, if it was one."""
    message: str | None
    """What was said."""
    count: int | None
    """How many, where something is counted."""
    order: "Order | None" = related(lambda row, order, ctx: order.id == row.order_id)
    """The order that it was about."""


@object_type
class HistoryOfUser:
    """What happened to a customer: a part of `User`."""

    events: list[CustomerEvent] | None = related(
        lambda row, event, ctx: event.user_id == row.id,
        needs=(Permission.MANAGE_USERS, Permission.MANAGE_STAFF),
        limit=1000,
    )
