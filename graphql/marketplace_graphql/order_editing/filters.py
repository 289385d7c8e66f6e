"""What lists of drafts can be narrowed down by."""

from strawberry import ID

from marketplace_graphql.inputs import (
    DateRangeInput,
    DateTimeRangeInput,
    GlobalIDFilterInput,
    MetadataFilter,
    MetadataFilterInput,
    StringFilterInput,
    has_metadata,
)
from marketplace_graphql.kernel import Filter, input_type, matches, refers
from marketplace_graphql.orders.conditions import (
    AddressFilterInput,
    PriceFilterInput,
    address,
    amount,
    lines_count,
    product_type,
)
from marketplace_graphql.orders.filters import (
    IntFilterInput,
    OrderAuthorizeStatusEnumFilterInput,
    OrderChargeStatusEnumFilterInput,
    any_order_conditions,
    days,
    in_channels,
)
from marketplace_graphql.orders.finding import by_buyer, order_found
from marketplace_graphql.orders.where import (
    LinesFilterInput,
    OrderEventFilterInput,
    TransactionFilterInput,
    what_hangs_on,
)


@input_type
class OrderDraftFilterInput:
    """Which drafts are listed."""

    customer: str | None
    """The customer's e-mail address."""
    created: DateRangeInput | None
    search: str | None
    """A number, an e-mail address, another system's reference."""
    metadata: list[MetadataFilter] | None
    """Entries that they have."""
    channels: list[ID] | None


draft_filter = Filter(
    OrderDraftFilterInput,
    {
        "customer": by_buyer,
        "created": days(lambda row: row.created_at),
        "search": order_found,
        "metadata": has_metadata,
        "channels": in_channels,
    },
)


@input_type
class DraftOrderWhereInput:
    """Which drafts are listed."""

    metadata: MetadataFilterInput | None
    ids: list[ID] | None
    number: IntFilterInput | None
    channel_id: GlobalIDFilterInput | None
    created_at: DateTimeRangeInput | None
    updated_at: DateTimeRangeInput | None
    user: GlobalIDFilterInput | None
    user_email: StringFilterInput | None
    authorize_status: OrderAuthorizeStatusEnumFilterInput | None
    charge_status: OrderChargeStatusEnumFilterInput | None
    is_click_and_collect: bool | None
    """Whether they were fetched: none is."""
    voucher_code: StringFilterInput | None
    lines_count: IntFilterInput | None
    """How many different things are in them."""
    lines: list[LinesFilterInput] | None
    """For each of these conditions there is a line that meets it."""
    transactions: list[TransactionFilterInput] | None
    """For each of these conditions there is a payment that meets it."""
    events: list[OrderEventFilterInput] | None
    """For each of these conditions something happened that meets it."""
    total_gross: PriceFilterInput | None
    total_net: PriceFilterInput | None
    product_type_id: GlobalIDFilterInput | None
    """Something of such a type is in them."""
    billing_address: AddressFilterInput | None
    shipping_address: AddressFilterInput | None
    AND: "list[DraftOrderWhereInput] | None"
    OR: "list[DraftOrderWhereInput] | None"


_SHARED = (
    "metadata",
    "ids",
    "number",
    "channel_id",
    "created_at",
    "updated_at",
    "user_email",
    "authorize_status",
    "charge_status",
    "is_click_and_collect",
)
draft_where = Filter(
    DraftOrderWhereInput,
    {
        **{name: any_order_conditions[name] for name in _SHARED},
        **what_hangs_on,
        "user": refers(lambda row, ctx: row.user_id, "User"),
        "voucher_code": matches(lambda row, ctx: row.voucher_code),
        "lines_count": lines_count,
        "total_gross": amount("total_gross_minor"),
        "total_net": amount("total_net_minor"),
        "product_type_id": product_type,
        "billing_address": address("billing_address_id"),
        "shipping_address": address("shipping_address_id"),
    },
)
