"""Webhooks, and the log of what went along them."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, any_, false, func, literal, select

from marketplace.apps.models import App as AppRow
from marketplace.people.permissions import Permission
from marketplace.webhooks import models
from marketplace.webhooks.events import SYNCHRONOUS
from marketplace_graphql.kernel import (
    AUTHENTICATED_APP,
    CountableConnection,
    DateTime,
    Filter,
    JSONString,
    Node,
    OrderDirection,
    Sorting,
    column,
    connection,
    each,
    enum,
    expression,
    input_type,
    never_null,
    node,
    object_type,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.webhooks.enums import (
    ASYNCHRONOUS,
    EventDeliveryStatusEnum,
    WebhookEventTypeAsyncEnum,
    WebhookEventTypeEnum,
    WebhookEventTypeSyncEnum,
)

if TYPE_CHECKING:
    from marketplace_graphql.apps.types import App

NEEDS = (Permission.MANAGE_APPS, AUTHENTICATED_APP)
"""Whoever manages apps has to do with every webhook, an app with its own."""


def webhook_visible(row: Any, ctx: Any) -> ColumnElement[bool]:
    """An app sees its own webhooks; whoever manages apps those of every app that is there."""
    if ctx.requester.is_app:
        own: ColumnElement[bool] = row.app_id == ctx.requester.app_id
        return own
    if not ctx.requester.has(Permission.MANAGE_APPS):
        return false()
    app = aliased(AppRow)
    present = select(app.id).where(app.id == row.app_id, app.removed_at.is_(None))
    return present.correlate_except(app).exists()


def _of_visible_webhook(row: Any, ctx: Any) -> ColumnElement[bool]:
    webhook = aliased(models.Webhook)
    found = select(webhook.id).where(webhook.id == row.webhook_id, webhook_visible(webhook, ctx))
    return found.correlate_except(webhook).exists()


def _of_visible_delivery(row: Any, ctx: Any) -> ColumnElement[bool]:
    delivery = aliased(models.EventDelivery)
    found = select(delivery.id).where(delivery.id == row.delivery_id, _of_visible_webhook(delivery, ctx))
    return found.correlate_except(delivery).exists()


@node(
    models.EventDeliveryAttempt,
    visible=_of_visible_delivery,
    order_by=lambda row, ctx: (row.created_at.desc(), row.id.desc()),
)
class EventDeliveryAttempt(Node):
    """One try of a delivery."""

    created_at: DateTime
    task_id: str | None
    """The job that made it."""
    duration: float | None = column("duration_seconds")
    """How long the answer took, in seconds."""
    response: str | None
    """What was answered, or why nothing was; long answers are cut."""
    response_headers: str | None
    """As JSON."""
    response_status_code: int | None
    request_headers: str | None
    """As JSON, without what opens the app's door."""
    status: EventDeliveryStatusEnum


@enum
class EventDeliveryAttemptSortField(Enum):
    """What tries can be sorted by."""

    CREATED_AT = "CREATED_AT"


@input_type
class EventDeliveryAttemptSortingInput:
    """How tries are sorted."""

    direction: OrderDirection
    field: EventDeliveryAttemptSortField


@enum
class EventDeliverySortField(Enum):
    """What deliveries can be sorted by."""

    CREATED_AT = "CREATED_AT"


@input_type
class EventDeliverySortingInput:
    """How deliveries are sorted."""

    direction: OrderDirection
    field: EventDeliverySortField


@input_type
class EventDeliveryFilterInput:
    """Which deliveries are listed."""

    status: EventDeliveryStatusEnum | None
    event_type: WebhookEventTypeEnum | None


attempt_order = Sorting(
    EventDeliveryAttemptSortingInput,
    {EventDeliveryAttemptSortField.CREATED_AT: lambda row, ctx: row.created_at},
)
delivery_order = Sorting(
    EventDeliverySortingInput, {EventDeliverySortField.CREATED_AT: lambda row, ctx: row.created_at}
)
delivery_filter = Filter(
    EventDeliveryFilterInput,
    {
        "status": lambda row, status, ctx: row.status == status,
        "event_type": lambda row, event, ctx: row.event_type == event.value,
    },
)


@node(
    models.EventDelivery,
    visible=_of_visible_webhook,
    order_by=lambda row, ctx: (row.created_at.desc(), row.id.desc()),
)
class EventDelivery(Node):
    """An event on its way along a webhook, or arrived."""

    created_at: DateTime
    status: EventDeliveryStatusEnum
    event_type: WebhookEventTypeEnum
    attempts: CountableConnection[EventDeliveryAttempt] | None = connection(
        lambda row, attempt, ctx: attempt.delivery_id == row.id, sort_by=attempt_order, shown=True
    )
    """Its tries, the newest first."""

    @expression(needs=NEEDS)
    def payload(row: Any, ctx: Any) -> str | None:
        """What is told. Nothing, once it has arrived: it may be private."""
        told = aliased(models.EventPayload)
        found = select(told.payload).where(told.id == row.payload_id)
        return found.correlate_except(told).scalar_subquery()


@object_type
class WebhookEvent:
    """An event that a webhook listens to."""

    name: str
    """The event in words."""
    event_type: WebhookEventTypeEnum


@object_type
class WebhookEventAsync:
    """An event that a webhook is told of afterwards."""

    name: str
    """The event in words."""
    event_type: WebhookEventTypeAsyncEnum


@object_type
class WebhookEventSync:
    """An event that a webhook is asked about."""

    name: str
    """The event in words."""
    event_type: WebhookEventTypeSyncEnum


def in_words(event: str) -> str:
    """`ORDER_FULLY_PAID` -> `Order fully paid`."""
    return event.replace("_", " ").capitalize()


def _events(row: Any, among: tuple[str, ...] | None = None) -> Any:
    """The events of a webhook in order, all or those of one sort."""
    event = func.unnest(row.events).table_valued("name", with_ordinality="place").render_derived()
    name = event.c.name
    words = func.upper(func.left(name, 1)).concat(func.lower(func.replace(func.substr(name, 2), "_", " ")))
    parts = {"name": never_null(words), "event_type": never_null(name)}
    where = None if among is None else name == any_(literal(list(among), models.Webhook.events.type))
    return each(event, parts, where=where, order_by=event.c.place)


@node(models.Webhook, visible=webhook_visible, order_by=lambda row, ctx: row.id)
class Webhook(Node):
    """Where an app is told of events, and what of them."""

    name: str | None
    identifier: str | None
    """By what the app itself calls it."""
    events: list[WebhookEvent] = value(
        lambda row, ctx: _events(row), deprecated="Use `asyncEvents` or `syncEvents`."
    )
    sync_events: list[WebhookEventSync] = value(lambda row, ctx: _events(row, SYNCHRONOUS))
    """What it is asked about."""
    async_events: list[WebhookEventAsync] = value(lambda row, ctx: _events(row, ASYNCHRONOUS))
    """What it is told of afterwards."""
    app: "App" = related(shown=True)
    event_deliveries: CountableConnection[EventDelivery] | None = connection(
        lambda row, delivery, ctx: delivery.webhook_id == row.id,
        filter=delivery_filter,
        sort_by=delivery_order,
        shown=True,
    )
    """What went along it in the last two weeks, the newest first."""
    target_url: str
    is_active: bool
    secret_key: str | None = column(deprecated="Without one, a JWS is the signature.")
    subscription_query: str | None
    """What is told: a subscription."""
    custom_headers: JSONString | None
    """Headers of each request besides Saleor's."""
