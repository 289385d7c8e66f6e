"""Enums of orders. Those of the tables are the API's, too: what is stored is what clients see."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, false, func, literal, or_

from marketplace.orders import models
from marketplace_graphql.kernel import enum

PAID = (models.ChargeStatus.FULL, models.ChargeStatus.OVERCHARGED)
OrderStatus = enum(models.OrderStatus)
OrderOriginEnum = enum(models.OrderOrigin, name="OrderOriginEnum")
OrderAuthorizeStatusEnum = enum(models.AuthorizeStatus, name="OrderAuthorizeStatusEnum")
OrderChargeStatusEnum = enum(models.ChargeStatus, name="OrderChargeStatusEnum")
FulfillmentStatus = enum(models.FulfillmentStatus)
VendorOrderStatusEnum = enum(models.VendorOrderStatus, name="VendorOrderStatusEnum")


@enum
class PaymentChargeStatusEnum(Enum):
    """Where the payment of an order stands."""

    NOT_CHARGED = "NOT_CHARGED"
    PENDING = "PENDING"
    PARTIALLY_CHARGED = "PARTIALLY_CHARGED"
    FULLY_CHARGED = "FULLY_CHARGED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    FULLY_REFUNDED = "FULLY_REFUNDED"
    REFUSED = "REFUSED"
    CANCELLED = "CANCELLED"


@enum
class OrderStatusFilter(Enum):
    """States that orders can be filtered by."""

    READY_TO_FULFILL = "READY_TO_FULFILL"
    READY_TO_CAPTURE = "READY_TO_CAPTURE"
    UNFULFILLED = "UNFULFILLED"
    UNCONFIRMED = "UNCONFIRMED"
    PARTIALLY_FULFILLED = "PARTIALLY_FULFILLED"
    FULFILLED = "FULFILLED"
    CANCELED = "CANCELED"


@enum
class OrderEventsEnum(Enum):
    """What can happen to an order."""

    DRAFT_CREATED = "DRAFT_CREATED"
    DRAFT_CREATED_FROM_REPLACE = "DRAFT_CREATED_FROM_REPLACE"
    ADDED_PRODUCTS = "ADDED_PRODUCTS"
    REMOVED_PRODUCTS = "REMOVED_PRODUCTS"
    PLACED = "PLACED"
    PLACED_FROM_DRAFT = "PLACED_FROM_DRAFT"
    PLACED_AUTOMATICALLY_FROM_PAID_CHECKOUT = "PLACED_AUTOMATICALLY_FROM_PAID_CHECKOUT"
    OVERSOLD_ITEMS = "OVERSOLD_ITEMS"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    ORDER_MARKED_AS_PAID = "ORDER_MARKED_AS_PAID"
    ORDER_FULLY_PAID = "ORDER_FULLY_PAID"
    ORDER_REPLACEMENT_CREATED = "ORDER_REPLACEMENT_CREATED"
    ORDER_DISCOUNT_ADDED = "ORDER_DISCOUNT_ADDED"
    ORDER_DISCOUNT_AUTOMATICALLY_UPDATED = "ORDER_DISCOUNT_AUTOMATICALLY_UPDATED"
    ORDER_DISCOUNT_UPDATED = "ORDER_DISCOUNT_UPDATED"
    ORDER_DISCOUNT_DELETED = "ORDER_DISCOUNT_DELETED"
    ORDER_LINE_DISCOUNT_UPDATED = "ORDER_LINE_DISCOUNT_UPDATED"
    ORDER_LINE_DISCOUNT_REMOVED = "ORDER_LINE_DISCOUNT_REMOVED"
    ORDER_LINE_PRODUCT_DELETED = "ORDER_LINE_PRODUCT_DELETED"
    ORDER_LINE_VARIANT_DELETED = "ORDER_LINE_VARIANT_DELETED"
    UPDATED_ADDRESS = "UPDATED_ADDRESS"
    EMAIL_SENT = "EMAIL_SENT"
    CONFIRMED = "CONFIRMED"
    PAYMENT_AUTHORIZED = "PAYMENT_AUTHORIZED"
    PAYMENT_CAPTURED = "PAYMENT_CAPTURED"
    EXTERNAL_SERVICE_NOTIFICATION = "EXTERNAL_SERVICE_NOTIFICATION"
    PAYMENT_REFUNDED = "PAYMENT_REFUNDED"
    PAYMENT_VOIDED = "PAYMENT_VOIDED"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    TRANSACTION_EVENT = "TRANSACTION_EVENT"
    TRANSACTION_CHARGE_REQUESTED = "TRANSACTION_CHARGE_REQUESTED"
    TRANSACTION_REFUND_REQUESTED = "TRANSACTION_REFUND_REQUESTED"
    TRANSACTION_CANCEL_REQUESTED = "TRANSACTION_CANCEL_REQUESTED"
    TRANSACTION_MARK_AS_PAID_FAILED = "TRANSACTION_MARK_AS_PAID_FAILED"
    INVOICE_REQUESTED = "INVOICE_REQUESTED"
    INVOICE_GENERATED = "INVOICE_GENERATED"
    INVOICE_UPDATED = "INVOICE_UPDATED"
    INVOICE_SENT = "INVOICE_SENT"
    FULFILLMENT_CANCELED = "FULFILLMENT_CANCELED"
    FULFILLMENT_RESTOCKED_ITEMS = "FULFILLMENT_RESTOCKED_ITEMS"
    FULFILLMENT_FULFILLED_ITEMS = "FULFILLMENT_FULFILLED_ITEMS"
    FULFILLMENT_REFUNDED = "FULFILLMENT_REFUNDED"
    FULFILLMENT_RETURNED = "FULFILLMENT_RETURNED"
    FULFILLMENT_REPLACED = "FULFILLMENT_REPLACED"
    FULFILLMENT_AWAITS_APPROVAL = "FULFILLMENT_AWAITS_APPROVAL"
    TRACKING_UPDATED = "TRACKING_UPDATED"
    NOTE_ADDED = "NOTE_ADDED"
    NOTE_UPDATED = "NOTE_UPDATED"
    OTHER = "OTHER"


@enum
class OrderEventsEmailsEnum(Enum):
    """Letters about an order."""

    PAYMENT_CONFIRMATION = "PAYMENT_CONFIRMATION"
    CONFIRMED = "CONFIRMED"
    SHIPPING_CONFIRMATION = "SHIPPING_CONFIRMATION"
    TRACKING_UPDATED = "TRACKING_UPDATED"
    ORDER_CONFIRMATION = "ORDER_CONFIRMATION"
    ORDER_CANCEL = "ORDER_CANCEL"
    ORDER_REFUND = "ORDER_REFUND"
    FULFILLMENT_CONFIRMATION = "FULFILLMENT_CONFIRMATION"
    DIGITAL_LINKS = "DIGITAL_LINKS"


@enum
class OrderAction(Enum):
    """What could be done with an order's payments before there were transactions."""

    CAPTURE = "CAPTURE"
    MARK_AS_PAID = "MARK_AS_PAID"
    REFUND = "REFUND"
    VOID = "VOID"


def in_english(status: ColumnElement[Any]) -> ColumnElement[str]:
    """A status as Saleor shows it: `PARTIALLY_FULFILLED` reads "Partially fulfilled"."""
    words = func.lower(func.replace(cast(status, Text), "_", " "))
    return func.upper(func.left(words, 1)).concat(func.substr(words, 2))


def payment_status(order: Any) -> ColumnElement[str]:
    """Where the payment of an order stands: as Saleor tells it of transactions."""
    charged = order.total_charged_minor > 0
    return case(
        (and_(order.total_refunded_minor > 0, ~charged), literal("FULLY_REFUNDED")),
        (order.charge_status.in_(PAID), literal("FULLY_CHARGED")),
        (charged, literal("PARTIALLY_CHARGED")),
        else_=literal("NOT_CHARGED"),
    )


def has_payment_status(order: Any, status: PaymentChargeStatusEnum) -> ColumnElement[bool]:
    """Whether `payment_status` is this: said of columns that have indexes."""
    match status:
        case PaymentChargeStatusEnum.FULLY_REFUNDED:
            return and_(order.total_refunded_minor > 0, order.total_charged_minor <= 0)
        case PaymentChargeStatusEnum.FULLY_CHARGED:
            told: ColumnElement[bool] = order.charge_status.in_(PAID)
        case PaymentChargeStatusEnum.PARTIALLY_CHARGED:
            told = order.charge_status == models.ChargeStatus.PARTIAL
        case PaymentChargeStatusEnum.NOT_CHARGED:
            told = order.charge_status == models.ChargeStatus.NONE
        case _:
            return false()
    return and_(told, or_(order.total_refunded_minor <= 0, order.total_charged_minor > 0))
