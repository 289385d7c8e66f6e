"""By what staff narrow orders down: their own columns, and what hangs on them."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, and_, select, true
from strawberry import ID

from marketplace.inventory.models import Warehouse
from marketplace.orders import models
from marketplace.orders.models import FulfillmentStatus
from marketplace.payments.models import TransactionItem
from marketplace_graphql.inputs import (
    DateTimeRangeInput,
    GlobalIDFilterInput,
    MetadataFilterInput,
    StringFilterInput,
    metadata_says,
)
from marketplace_graphql.kernel import Filter, between, enum, input_type, matches, refers
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.orders.conditions import (
    AddressFilterInput,
    PriceFilterInput,
    each_of,
    hangs_on,
)
from marketplace_graphql.orders.enums import OrderEventsEnum
from marketplace_graphql.orders.filters import (
    IntFilterInput,
    OrderAuthorizeStatusEnumFilterInput,
    OrderChargeStatusEnumFilterInput,
    OrderStatusEnumFilterInput,
    UUIDFilterInput,
    any_order_conditions,
    what_was_bought,
)
from marketplace_graphql.orders.invoices import InvoiceFilterInput
from marketplace_graphql.payments.types import method_type


@input_type
class FulfillmentStatusEnumFilterInput:
    """A condition on a parcel's status."""

    eq: FulfillmentStatus | None
    one_of: list[FulfillmentStatus] | None


@input_type
class FulfillmentWarehouseFilterInput:
    """A condition on the store room that a parcel leaves from."""

    id: GlobalIDFilterInput | None
    slug: StringFilterInput | None
    external_reference: StringFilterInput | None


@input_type
class FulfillmentFilterInput:
    """A condition on a parcel."""

    status: FulfillmentStatusEnumFilterInput | None
    metadata: MetadataFilterInput | None
    warehouse: FulfillmentWarehouseFilterInput | None


@input_type
class LinesFilterInput:
    """A condition on an order line."""

    metadata: MetadataFilterInput | None


@enum
class PaymentMethodTypeEnum(Enum):
    """What a payment is made with."""

    CARD = "CARD"
    OTHER = "OTHER"
    GIFT_CARD = "GIFT_CARD"


@input_type
class PaymentMethodTypeEnumFilterInput:
    """A condition on what a payment is made with."""

    eq: PaymentMethodTypeEnum | None
    one_of: list[PaymentMethodTypeEnum] | None


@input_type
class PaymentMethodDetailsCardFilterInput:
    """A condition on the card that a payment is made with."""

    brand: StringFilterInput | None


@input_type
class PaymentMethodDetailsFilterInput:
    """A condition on what a payment is made with."""

    type: PaymentMethodTypeEnumFilterInput | None
    card: PaymentMethodDetailsCardFilterInput | None


@input_type
class TransactionFilterInput:
    """A condition on a payment."""

    payment_method_details: PaymentMethodDetailsFilterInput | None
    psp_reference: StringFilterInput | None
    metadata: MetadataFilterInput | None


@input_type
class OrderEventTypeEnumFilterInput:
    """A condition on what happened."""

    eq: OrderEventsEnum | None
    one_of: list[OrderEventsEnum] | None


@input_type
class OrderEventFilterInput:
    """A condition on something that happened to an order."""

    date: DateTimeRangeInput | None
    type: OrderEventTypeEnumFilterInput | None


@input_type
class OrderWhereInput:
    """Which orders are listed."""

    ids: list[ID] | None
    number: IntFilterInput | None
    channel_id: GlobalIDFilterInput | None
    created_at: DateTimeRangeInput | None
    updated_at: DateTimeRangeInput | None
    user: GlobalIDFilterInput | None
    user_email: StringFilterInput | None
    authorize_status: OrderAuthorizeStatusEnumFilterInput | None
    charge_status: OrderChargeStatusEnumFilterInput | None
    status: OrderStatusEnumFilterInput | None
    checkout_token: UUIDFilterInput | None
    checkout_id: GlobalIDFilterInput | None
    metadata: MetadataFilterInput | None
    is_click_and_collect: bool | None
    """Whether they were fetched: none is."""
    is_gift_card_used: bool | None
    """Whether a gift card paid for some of it."""
    is_gift_card_bought: bool | None
    """Whether a gift card was among what was bought."""
    voucher_code: StringFilterInput | None
    """The code that lowered the price."""
    has_invoices: bool | None
    invoices: list[InvoiceFilterInput] | None
    """For each of these conditions there is an invoice that meets it."""
    has_fulfillments: bool | None
    fulfillments: list[FulfillmentFilterInput] | None
    """For each of these conditions there is a parcel that meets it."""
    lines: list[LinesFilterInput] | None
    """For each of these conditions there is a line that meets it."""
    lines_count: IntFilterInput | None
    """How many different things were bought."""
    transactions: list[TransactionFilterInput] | None
    """For each of these conditions there is a payment that meets it."""
    total_gross: PriceFilterInput | None
    total_net: PriceFilterInput | None
    product_type_id: GlobalIDFilterInput | None
    """Something of such a type was bought."""
    events: list[OrderEventFilterInput] | None
    """For each of these conditions something happened that meets it."""
    billing_address: AddressFilterInput | None
    shipping_address: AddressFilterInput | None
    AND: "list[OrderWhereInput] | None"
    OR: "list[OrderWhereInput] | None"


def _each_has(model: Any, said_of: Any) -> Any:
    """Meaning of a list of conditions: for each of them the order has a row that meets it."""

    def meaning(order: Any, wanted: list[Any], ctx: Any) -> ColumnElement[bool]:
        def met(given: Any) -> ColumnElement[bool]:
            return hangs_on(model, order, lambda row: and_(true(), *said_of(row, given, ctx)), ctx)

        return each_of(wanted, met)

    return meaning


def _said(*meanings: ColumnElement[bool] | None) -> list[ColumnElement[bool]]:
    return [meaning for meaning in meanings if meaning is not None]


def _said_of_parcel(parcel: Any, given: Any, ctx: Any) -> list[ColumnElement[bool]]:
    parts = []
    if given.status is not None:
        parts += _said(matches(lambda row, ctx: row.status)(parcel, given.status, ctx))
    if given.metadata is not None:
        parts += _said(metadata_says(parcel, given.metadata, ctx))
    if given.warehouse is not None:
        parts.append(_leaves_from(parcel, given.warehouse, ctx))
    return parts


def _leaves_from(parcel: Any, given: Any, ctx: Any) -> ColumnElement[bool]:
    room = aliased(Warehouse)
    said = []
    if given.id is not None:
        said += _said(refers(lambda row, ctx: row.id, "Warehouse")(room, given.id, ctx))
    if given.slug is not None:
        said += _said(matches(lambda row, ctx: row.slug)(room, given.slug, ctx))
    if given.external_reference is not None:
        reference = matches(lambda row, ctx: row.external_reference)
        said += _said(reference(room, given.external_reference, ctx))
    rooms = select(room.id).where(and_(true(), *said))
    found: ColumnElement[bool] = parcel.warehouse_id.in_(rooms)
    return found


def _said_of_line(line: Any, given: Any, ctx: Any) -> list[ColumnElement[bool]]:
    return [] if given.metadata is None else _said(metadata_says(line, given.metadata, ctx))


def _said_of_payment(payment: Any, given: Any, ctx: Any) -> list[ColumnElement[bool]]:
    parts = []
    if given.payment_method_details is not None:
        parts += _made_with(payment, given.payment_method_details, ctx)
    if given.psp_reference is not None:
        parts += _said(matches(lambda row, ctx: row.psp_reference)(payment, given.psp_reference, ctx))
    if given.metadata is not None:
        parts += _said(metadata_says(payment, given.metadata, ctx))
    return parts


def _made_with(payment: Any, given: Any, ctx: Any) -> list[ColumnElement[bool]]:
    """As `TransactionItem.paymentMethodDetails` says it."""
    parts: list[ColumnElement[bool]] = []
    if given.type is not None:
        wanted = [given.type.eq] if given.type.eq is not None else given.type.one_of
        if wanted is not None:
            parts.append(method_type(payment).in_([each.value for each in wanted]))
    if given.card is not None and given.card.brand is not None:
        brand = matches(lambda row, ctx: row.method_details["brand"].astext)
        parts.append(method_type(payment) == PaymentMethodTypeEnum.CARD.value)
        parts += _said(brand(payment, given.card.brand, ctx))
    return parts


def _said_of_event(event: Any, given: Any, ctx: Any) -> list[ColumnElement[bool]]:
    parts = []
    if given.date is not None:
        parts += _said(between(lambda row, ctx: row.at)(event, given.date, ctx))
    if given.type is not None:
        wanted = [given.type.eq] if given.type.eq is not None else given.type.one_of
        if wanted is not None:
            parts.append(event.type.in_([each.value for each in wanted]))
    return parts


what_hangs_on = {
    "lines": _each_has(models.OrderLine, _said_of_line),
    "transactions": _each_has(TransactionItem, _said_of_payment),
    "events": _each_has(models.OrderEvent, _said_of_event),
}
order_where = Filter(
    OrderWhereInput,
    {
        **any_order_conditions,
        **what_was_bought,
        "user": refers(lambda row, ctx: row.user_id, "User"),
        **what_hangs_on,
        "fulfillments": _each_has(models.Fulfillment, _said_of_parcel),
    },
)
