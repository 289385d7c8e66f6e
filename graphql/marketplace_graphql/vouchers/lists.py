"""How lists of vouchers are narrowed and sorted."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from strawberry import ID

from marketplace.catalog.search import reads_like
from marketplace.pricing import vouchers as models
from marketplace.pricing.discounts import DiscountValueType
from marketplace_graphql.inputs import DateTimeRangeInput, IntRangeInput, MetadataFilter, has_metadata
from marketplace_graphql.kernel import (
    Filter,
    OrderDirection,
    Sorting,
    between,
    by_id,
    enum,
    input_type,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.pricing.statuses import DiscountStatusEnum, stands_in_time
from marketplace_graphql.vouchers.types import first_code, listing_of


@enum
class VoucherDiscountType(Enum):
    """What a voucher takes off."""

    FIXED = "FIXED"
    PERCENTAGE = "PERCENTAGE"
    SHIPPING = "SHIPPING"


@input_type
class VoucherFilterInput:
    """Which vouchers are listed."""

    status: list[DiscountStatusEnum] | None
    times_used: IntRangeInput | None
    """How often, where their use is limited."""
    discount_type: list[VoucherDiscountType] | None
    started: DateTimeRangeInput | None
    search: str | None
    """A part of the name, or one of the codes."""
    metadata: list[MetadataFilter] | None
    ids: list[ID] | None


@enum
class VoucherSortField(Enum):
    """What vouchers can be sorted by."""

    CODE = "CODE"
    NAME = "NAME"
    START_DATE = "START_DATE"
    END_DATE = "END_DATE"
    VALUE = "VALUE"
    TYPE = "TYPE"
    USAGE_LIMIT = "USAGE_LIMIT"
    MINIMUM_SPENT_AMOUNT = "MINIMUM_SPENT_AMOUNT"


@input_type(outdated={"channel": "Name it on the list itself."})
class VoucherSortingInput:
    """How vouchers are sorted."""

    direction: OrderDirection
    channel: str | None
    field: VoucherSortField


def voucher_found(row: Any, term: Any, ctx: Any) -> ColumnElement[bool]:
    """By a part of its name, or by one of its codes."""
    code = aliased(models.VoucherCode)
    with_code = select(code.voucher_id).where(code.code == term).correlate_except(code)
    return or_(reads_like(row.name, term), row.id.in_(with_code))


def _takes_off(row: Any, kinds: list[VoucherDiscountType], ctx: Any) -> ColumnElement[bool] | None:
    holds = {
        VoucherDiscountType.FIXED: row.discount_value_type == DiscountValueType.FIXED,
        VoucherDiscountType.PERCENTAGE: row.discount_value_type == DiscountValueType.PERCENTAGE,
        VoucherDiscountType.SHIPPING: row.type == models.VoucherType.SHIPPING,
    }
    return or_(*(holds[kind] for kind in kinds)) if kinds else None


voucher_filter = Filter(
    VoucherFilterInput,
    {
        "status": lambda row, wanted, ctx: stands_in_time(wanted, row.starts_at, row.ends_at, ctx),
        "times_used": between(lambda row, ctx: row.used),
        "discount_type": _takes_off,
        "started": between(lambda row, ctx: row.starts_at),
        "search": voucher_found,
        "metadata": has_metadata,
        "ids": by_id("Voucher"),
    },
)
voucher_order = Sorting(
    VoucherSortingInput,
    {
        VoucherSortField.CODE: lambda row, ctx: first_code(row),
        VoucherSortField.NAME: lambda row, ctx: row.name,
        VoucherSortField.START_DATE: lambda row, ctx: row.starts_at,
        VoucherSortField.END_DATE: lambda row, ctx: row.ends_at,
        VoucherSortField.VALUE: lambda row, ctx: listing_of(row, ctx).discount_value,
        VoucherSortField.TYPE: lambda row, ctx: row.type,
        VoucherSortField.USAGE_LIMIT: lambda row, ctx: row.usage_limit,
        VoucherSortField.MINIMUM_SPENT_AMOUNT: lambda row, ctx: listing_of(row, ctx).minimum_spent_minor,
    },
)
