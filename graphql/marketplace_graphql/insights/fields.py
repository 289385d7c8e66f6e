"""The figures of one seller: a part of `Vendor`."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Date, any_, cast, true

from marketplace.insights.queries import figures_table
from marketplace.people.permissions import Permission
from marketplace_graphql.inputs import DateRangeInput
from marketplace_graphql.kernel import QueryError, each, object_type, value
from marketplace_graphql.values import Money, money

if TYPE_CHECKING:
    from marketplace_graphql.vendors.types import Vendor

STAFF = (Permission.MANAGE_VENDORS, Permission.MANAGE_PAYOUTS)


@object_type
class VendorFigures:
    """How a seller's sales stand in a period. Orders count once they are placed, unless called off."""

    vendor: "Vendor"
    sales: Money
    """The goods with tax, without delivery."""
    orders: int
    """The seller's parts of orders."""
    pieces: int
    previous_sales: Money
    """Sales of the period of the same length just before."""
    growth: float | None
    """Against that period: 0.25 is a quarter more. Null where there were no sales."""
    category_sales: Money
    """What all sellers sold in the root categories in which this one sold something."""
    category_share: float | None
    """The seller's part of that: 0.1 is a tenth."""
    rank: int | None
    """1 sold most. Null for who sold nothing."""


def _own_or_staff(row: Any, ctx: Any) -> ColumnElement[bool]:
    own: ColumnElement[bool] = row.id == any_(ctx.requester.vendor_ids)
    return true() if ctx.requester.has(*STAFF) else own


def table_of(period: Any, ctx: Any, categories: Any = None) -> Any:
    """All sellers' figures in the channel in force. Raises QueryError for a period that is open at an end."""
    if period.gte is None or period.lte is None:
        raise QueryError("A period has a first day (gte) and a last one (lte).")
    return figures_table(ctx.channel.id, cast(period.gte, Date), cast(period.lte, Date), categories)


def parts_of(table: Any, ctx: Any) -> dict[str, Any]:
    """What a `VendorFigures` is made of."""
    figures, currency = table.c, ctx.channel.currency
    return {
        "sales": lambda: money(figures.sales_minor, currency),
        "orders": figures.orders,
        "pieces": figures.pieces,
        "previous_sales": lambda: money(figures.previous_minor, currency),
        "growth": figures.growth,
        "category_sales": lambda: money(figures.category_minor, currency),
        "category_share": figures.share,
        "rank": figures.rank,
    }


@object_type
class FiguresOfVendor:
    """The seller's figures: a part of `Vendor`."""

    @value(allowed=_own_or_staff)
    def figures(row: Any, ctx: Any, period: DateRangeInput, channel: str) -> VendorFigures | None:
        """How its sales stand: for itself and for staff. Null for a channel that does not exist."""
        table = table_of(period, ctx)
        parts = {"vendor": row, **parts_of(table, ctx)}
        where = (table.c.vendor_id == row.id) & ctx.channel.currency.is_not(None)
        return each(table, parts, where=where)
