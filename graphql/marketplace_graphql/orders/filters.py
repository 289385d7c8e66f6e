"""What lists of orders can be narrowed down by and sorted by: only what an index or a few rows can answer."""

from collections.abc import Callable
from enum import Enum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    and_,
    any_,
    cast,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy import DateTime as SqlDateTime
from strawberry import ID

from marketplace.orders import models
from marketplace.orders.models import AuthorizeStatus, ChargeStatus, OrderStatus
from marketplace_graphql.inputs import (
    DateRangeInput,
    DateTimeRangeInput,
    GlobalIDFilterInput,
    IntRangeInput,
    MetadataFilter,
    MetadataFilterInput,
    StringFilterInput,
    has_metadata,
    metadata_says,
)
from marketplace_graphql.kernel import (
    UUID,
    Filter,
    OrderDirection,
    Sorting,
    enum,
    input_type,
    matches,
    refers,
)
from marketplace_graphql.orders.conditions import (
    AddressFilterInput,
    PriceFilterInput,
    address,
    amount,
    fetched,
    gift_card_bought,
    gift_card_used,
    hangs_on,
    has_fulfillments,
    in_range,
    lines_count,
    on_own,
    own,
    product_type,
)
from marketplace_graphql.orders.enums import OrderStatusFilter, PaymentChargeStatusEnum, has_payment_status
from marketplace_graphql.orders.finding import by_buyer, order_found
from marketplace_graphql.orders.invoices import InvoiceFilterInput, has_invoices, invoices_are


def days(moment: Callable[[Any], Any]) -> Any:
    """Meaning of a range of days on a moment: from the beginning of the first to the end of the last, UTC."""

    def meaning(row: Any, value: Any, ctx: Any) -> ColumnElement[bool] | None:
        parts = []
        if value.gte is not None:
            parts.append(moment(row) >= _midnight(value.gte))
        if value.lte is not None:
            parts.append(moment(row) < _midnight(cast(value.lte, Date) + 1))
        return and_(*parts) if parts else None

    return meaning


def _midnight(day: Any) -> ColumnElement[Any]:
    return func.timezone("UTC", cast(cast(day, Date), SqlDateTime), type_=SqlDateTime(timezone=True))


def _in_state(row: Any, states: list[OrderStatusFilter]) -> ColumnElement[bool]:
    return or_(*[_state(row, state) for state in dict.fromkeys(states)]) if states else false()


def _state(row: Any, state: OrderStatusFilter) -> ColumnElement[bool]:
    match state:
        case OrderStatusFilter.READY_TO_FULFILL:
            waiting = row.status.in_([OrderStatus.UNFULFILLED, OrderStatus.PARTIALLY_FULFILLED])
            return and_(waiting, row.authorize_status == AuthorizeStatus.FULL)
        case OrderStatusFilter.READY_TO_CAPTURE:
            return and_(
                row.total_authorized_minor > 0,
                row.status.not_in([OrderStatus.DRAFT, OrderStatus.EXPIRED, OrderStatus.CANCELED]),
            )
    return row.status == OrderStatus[state.name]  # type: ignore[no-any-return]


def _paid_so(order: Any, statuses: list[PaymentChargeStatusEnum]) -> ColumnElement[bool]:
    return or_(false(), *[has_payment_status(order, each) for each in dict.fromkeys(statuses)])


def in_channels(row: Any, ids: Any, ctx: Any) -> ColumnElement[bool]:
    """Meaning of a list of channels: a walk for each in the order of their index, else few or many."""
    keys = ctx.key(ids, "Channel")
    ctx.one_of_few(row, row.channel_id, keys, sorted_by=row.created_at)
    placed: ColumnElement[bool] = own(
        row, lambda order: order.channel_id == any_(keys), ctx, along="created_at"
    )
    return placed


@input_type(
    outdated={"payment_status": "Use `chargeStatus`.", "is_preorder": "There are no preorders any more."}
)
class OrderFilterInput:
    """Which orders are listed."""

    ids: list[ID] | None
    numbers: list[str] | None
    status: list[OrderStatusFilter] | None
    authorize_status: list[AuthorizeStatus] | None
    charge_status: list[ChargeStatus] | None
    customer: str | None
    """The buyer's e-mail address, name or telephone number."""
    created: DateRangeInput | None
    updated_at: DateTimeRangeInput | None
    search: str | None
    """Whatever an order is known by: a number, a buyer, a SKU, another system's reference."""
    channels: list[ID] | None
    checkout_ids: list[ID] | None
    checkout_tokens: list[UUID] | None
    metadata: list[MetadataFilter] | None
    """Entries that they have."""
    is_click_and_collect: bool | None
    """Whether they were fetched: none is."""
    vendors: list[ID] | None
    """Orders of which some sellers have a part."""
    payment_status: list[PaymentChargeStatusEnum] | None
    is_preorder: bool | None
    """Whether something was ordered before it could be had: nothing is."""
    gift_card_used: bool | None
    """Whether a gift card paid for some of it."""
    gift_card_bought: bool | None
    """Whether a gift card was among what was bought."""


order_filter = Filter(
    OrderFilterInput,
    {
        "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "Order")),
        "numbers": lambda row, numbers, ctx: _any_number(row, numbers),
        "status": lambda row, states, ctx: own(
            row, lambda order: _in_state(order, states), ctx, along="created_at"
        ),
        "authorize_status": lambda row, statuses, ctx: own(
            row, lambda order: order.authorize_status.in_(statuses), ctx, along="created_at"
        ),
        "charge_status": lambda row, statuses, ctx: own(
            row, lambda order: order.charge_status.in_(statuses), ctx, along="created_at"
        ),
        "customer": by_buyer,
        "created": lambda row, value, ctx: own(
            row, lambda order: days(lambda row: row.created_at)(order, value, ctx), ctx, along="created_at"
        ),
        "updated_at": in_range("updated_at"),
        "search": order_found,
        "channels": in_channels,
        "checkout_ids": lambda row, ids, ctx: row.checkout_id == any_(ctx.key(ids, "Checkout")),
        "checkout_tokens": lambda row, tokens, ctx: row.checkout_id == any_(tokens),
        "metadata": has_metadata,
        "is_click_and_collect": fetched,
        "vendors": lambda row, ids, ctx: hangs_on(
            models.VendorOrder, row, lambda part: part.vendor_id == any_(ctx.key(ids, "Vendor")), ctx
        ),
        "payment_status": lambda row, statuses, ctx: own(row, lambda order: _paid_so(order, statuses), ctx),
        "is_preorder": lambda row, wanted, ctx: false() if wanted else true(),
        "gift_card_used": gift_card_used,
        "gift_card_bought": gift_card_bought,
    },
)


def _any_number(row: Any, numbers: Any) -> ColumnElement[bool]:
    given = func.unnest(numbers).column_valued("given")
    wanted = select(cast(given, BigInteger)).where(given.op("~")(r"^[0-9]{1,15}$"))
    found: ColumnElement[bool] = row.number.in_(wanted)
    return found


@input_type
class IntFilterInput:
    """A condition on a whole number."""

    eq: int | None
    one_of: list[int] | None
    range: IntRangeInput | None


@input_type
class UUIDFilterInput:
    """A condition on a UUID."""

    eq: UUID | None
    one_of: list[UUID] | None


@input_type
class OrderStatusEnumFilterInput:
    """A condition on an order's status."""

    eq: OrderStatus | None
    one_of: list[OrderStatus] | None


@input_type
class OrderAuthorizeStatusEnumFilterInput:
    """A condition on how much of an order is promised or paid."""

    eq: AuthorizeStatus | None
    one_of: list[AuthorizeStatus] | None


@input_type
class OrderChargeStatusEnumFilterInput:
    """A condition on how much of an order is paid."""

    eq: ChargeStatus | None
    one_of: list[ChargeStatus] | None


@input_type
class CustomerOrderWhereInput:
    """Which of a buyer's orders are listed."""

    ids: list[ID] | None
    number: IntFilterInput | None
    channel_id: GlobalIDFilterInput | None
    created_at: DateTimeRangeInput | None
    updated_at: DateTimeRangeInput | None
    user_email: StringFilterInput | None
    authorize_status: OrderAuthorizeStatusEnumFilterInput | None
    charge_status: OrderChargeStatusEnumFilterInput | None
    status: OrderStatusEnumFilterInput | None
    checkout_token: UUIDFilterInput | None
    checkout_id: GlobalIDFilterInput | None
    has_fulfillments: bool | None
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
    lines_count: IntFilterInput | None
    """How many different things were bought."""
    total_gross: PriceFilterInput | None
    total_net: PriceFilterInput | None
    product_type_id: GlobalIDFilterInput | None
    """Something of such a type was bought."""
    billing_address: AddressFilterInput | None
    shipping_address: AddressFilterInput | None
    AND: "list[CustomerOrderWhereInput] | None"
    OR: "list[CustomerOrderWhereInput] | None"


any_order_conditions = {
    "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "Order")),
    "number": matches(lambda row, ctx: row.number),
    "channel_id": lambda row, value, ctx: own(
        row,
        lambda order: refers(lambda row, ctx: row.channel_id, "Channel")(order, value, ctx),
        ctx,
        along="created_at",
    ),
    "created_at": in_range("created_at"),
    "updated_at": in_range("updated_at"),
    "user_email": matches(lambda row, ctx: row.user_email),
    "authorize_status": on_own("authorize_status"),
    "charge_status": on_own("charge_status"),
    "status": on_own("status"),
    "checkout_token": matches(lambda row, ctx: row.checkout_id),
    "checkout_id": refers(lambda row, ctx: row.checkout_id, "Checkout"),
    "has_fulfillments": has_fulfillments,
    "metadata": metadata_says,
    "is_click_and_collect": fetched,
}
what_was_bought = {
    "is_gift_card_used": gift_card_used,
    "is_gift_card_bought": gift_card_bought,
    "voucher_code": matches(lambda row, ctx: row.voucher_code),
    "has_invoices": has_invoices,
    "invoices": invoices_are,
    "lines_count": lines_count,
    "total_gross": amount("total_gross_minor"),
    "total_net": amount("total_net_minor"),
    "product_type_id": product_type,
    "billing_address": address("billing_address_id"),
    "shipping_address": address("shipping_address_id"),
}
customer_order_where = Filter(CustomerOrderWhereInput, {**any_order_conditions, **what_was_bought})


@enum
class OrderSortField(Enum):
    """What orders can be sorted by."""

    NUMBER = "NUMBER"
    CREATED_AT = "CREATED_AT"
    LAST_MODIFIED_AT = "LAST_MODIFIED_AT"
    CUSTOMER = "CUSTOMER"
    STATUS = "STATUS"
    CREATION_DATE = "CREATION_DATE"
    RANK = "RANK"
    PAYMENT = "PAYMENT"
    FULFILLMENT_STATUS = "FULFILLMENT_STATUS"


@input_type
class OrderSortingInput:
    """How orders are sorted."""

    direction: OrderDirection
    field: OrderSortField


order_sorting = Sorting(
    OrderSortingInput,
    {
        OrderSortField.NUMBER: lambda row, ctx: row.number,
        OrderSortField.CREATED_AT: lambda row, ctx: row.created_at,
        OrderSortField.CREATION_DATE: lambda row, ctx: row.created_at,
        OrderSortField.LAST_MODIFIED_AT: lambda row, ctx: row.updated_at,
        OrderSortField.CUSTOMER: lambda row, ctx: row.user_email,
        OrderSortField.STATUS: lambda row, ctx: (row.status, row.created_at),
        # What a search finds it finds by a whole word: none is a better match than another.
        OrderSortField.RANK: lambda row, ctx: row.created_at,
        OrderSortField.PAYMENT: lambda row, ctx: (row.charge_status, row.created_at),
        OrderSortField.FULFILLMENT_STATUS: lambda row, ctx: (row.status, row.created_at),
    },
)
