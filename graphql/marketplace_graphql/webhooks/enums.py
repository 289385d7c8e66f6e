"""Saleor's enums of events. Synchronous ones are those that Saleor has not deprecated."""

from enum import Enum
from typing import Any

import strawberry

from marketplace.webhooks.events import ANY_EVENTS, NEEDED, SYNCHRONOUS
from marketplace.webhooks.models import DeliveryStatus
from marketplace_graphql.kernel import enum

OUTDATED = {
    ANY_EVENTS: "Name the events.",
    "NOTIFY_USER": "Nothing is told by it any more.",
    "OBSERVABILITY": "Nothing is told by it any more.",
    "GIFT_CARD_EXPORT_COMPLETED": "Look at the export's status.",
    "PRODUCT_EXPORT_COMPLETED": "Look at the export's status.",
    "VOUCHER_CODE_EXPORT_COMPLETED": "Look at the export's status.",
}
ASYNCHRONOUS = (ANY_EVENTS, *NEEDED)


def _events(name: str, events: tuple[str, ...], doc: str) -> Any:
    members = {
        event: strawberry.enum_value(event, deprecation_reason=OUTDATED.get(event)) for event in events
    }
    made = Enum(name, members, module=__name__)  # type: ignore[misc]
    made.__doc__ = doc
    return enum(made)


WebhookEventTypeAsyncEnum = _events(
    "WebhookEventTypeAsyncEnum", ASYNCHRONOUS, "What has happened, and apps may be told of afterwards."
)
WebhookEventTypeSyncEnum = _events(
    "WebhookEventTypeSyncEnum", SYNCHRONOUS, "What apps are asked while something is going on."
)
WebhookEventTypeEnum = _events(
    "WebhookEventTypeEnum", (*ASYNCHRONOUS, *SYNCHRONOUS), "What apps may be told of, or asked."
)
WebhookSampleEventTypeEnum = _events(
    "WebhookSampleEventTypeEnum", tuple(NEEDED), "Events of which a sample of the older payload is given."
)

EventDeliveryStatusEnum = enum(DeliveryStatus, name="EventDeliveryStatusEnum")
