"""Saleor's enums of events. Synchronous ones are those that Saleor has not deprecated."""

from enum import Enum
from typing import Any

import strawberry

from marketplace.webhooks.events import ANY_EVENTS, NEEDED
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
SYNCHRONOUS = (
    "CHECKOUT_CALCULATE_TAXES",
    "ORDER_CALCULATE_TAXES",
    "TRANSACTION_CHARGE_REQUESTED",
    "TRANSACTION_REFUND_REQUESTED",
    "TRANSACTION_CANCELATION_REQUESTED",
    "SHIPPING_LIST_METHODS_FOR_CHECKOUT",
    "CHECKOUT_FILTER_SHIPPING_METHODS",
    "ORDER_FILTER_SHIPPING_METHODS",
    "PAYMENT_GATEWAY_INITIALIZE_SESSION",
    "TRANSACTION_INITIALIZE_SESSION",
    "TRANSACTION_PROCESS_SESSION",
    "LIST_STORED_PAYMENT_METHODS",
    "STORED_PAYMENT_METHOD_DELETE_REQUESTED",
    "PAYMENT_GATEWAY_INITIALIZE_TOKENIZATION_SESSION",
    "PAYMENT_METHOD_INITIALIZE_TOKENIZATION_SESSION",
    "PAYMENT_METHOD_PROCESS_TOKENIZATION_SESSION",
)
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
