"""The figures of all sellers, or of one, in one statement. The package's docstring says what they mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    ColumnElement,
    Date,
    Float,
    Integer,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from marketplace.catalog.models import Category
from marketplace.markets.models import Channel
from marketplace.orders.models import Order, OrderLine, OrderStatus, VendorOrder, VendorOrderStatus
from marketplace.vendors.models import Vendor

DOES_NOT_COUNT = (OrderStatus.DRAFT, OrderStatus.UNCONFIRMED, OrderStatus.CANCELED, OrderStatus.EXPIRED)
PART_DOES_NOT_COUNT = (VendorOrderStatus.CANCELED, VendorOrderStatus.REFUSED)
NO_CATEGORY = 0

Day = ColumnElement[date]


def _days_before(day: Day, days: ColumnElement[int]) -> Day:
    return day.op("-", return_type=Date())(days)


def _sold(
    channel_id: ColumnElement[int],
    first_day: Day,
    last_day: Day,
    category_ids: ColumnElement[Sequence[int]] | None,
) -> Subquery:
    """The lines sold in a channel in a period and in the one before it; `is_current` tells the two apart."""
    order, part, line, category = aliased(Order), aliased(VendorOrder), aliased(OrderLine), aliased(Category)
    length = cast(last_day.op("-", return_type=Integer())(first_day) + 1, Integer)
    query = (
        select(
            part.vendor_id,
            part.id.label("part_id"),
            func.coalesce(category.path[1], NO_CATEGORY).label("root_id"),
            line.total_gross_minor.label("minor"),
            line.quantity,
            (part.created_at >= first_day).label("is_current"),
        )
        .join(order, order.id == part.order_id)
        .join(line, line.vendor_order_id == part.id)
        .outerjoin(category, category.id == line.category_id)
        .where(
            order.channel_id == channel_id,
            order.status.not_in(DOES_NOT_COUNT),
            part.status.not_in(PART_DOES_NOT_COUNT),
            part.created_at >= _days_before(first_day, length),
            part.created_at < last_day.op("+", return_type=Date())(1),
        )
    )
    if category_ids is not None:
        query = query.where(category.path.overlap(category_ids))
    return query.correlate(None).subquery("sold")


def figures_table(
    channel_id: ColumnElement[int],
    first_day: Day,
    last_day: Day,
    category_ids: ColumnElement[Sequence[int]] | None = None,
) -> Subquery:
    """A row per seller, to stand in the FROM of a larger statement; both days belong to the period.

    Columns: vendor_id, sales_minor, orders, pieces, previous_minor, growth, category_minor, share, rank.
    `category_ids` narrows everything to these categories and what lies below them.
    """
    sold = _sold(channel_id, first_day, last_day, category_ids)
    current, previous = sold.c.is_current, ~sold.c.is_current
    own = (
        select(
            sold.c.vendor_id,
            func.sum(sold.c.minor).filter(current).label("sales_minor"),
            func.count(sold.c.part_id.distinct()).filter(current).label("orders"),
            func.sum(sold.c.quantity).filter(current).label("pieces"),
            func.sum(sold.c.minor).filter(previous).label("previous_minor"),
        )
        .group_by(sold.c.vendor_id)
        .subquery("own")
    )
    # Roots are few: what all sellers sold in each is summed over (seller, root) pairs, not over lines again.
    pair = (
        select(
            sold.c.vendor_id,
            func.sum(func.sum(sold.c.minor)).over(partition_by=sold.c.root_id).label("root_minor"),
        )
        .where(current)
        .group_by(sold.c.vendor_id, sold.c.root_id)
        .subquery("pair")
    )
    market = (
        select(pair.c.vendor_id, func.sum(pair.c.root_minor).label("category_minor"))
        .group_by(pair.c.vendor_id)
        .subquery("market")
    )
    vendor = aliased(Vendor)
    sales, before = func.coalesce(own.c.sales_minor, 0), func.coalesce(own.c.previous_minor, 0)
    in_category = func.coalesce(market.c.category_minor, 0)
    return (
        select(
            vendor.id.label("vendor_id"),
            sales.label("sales_minor"),
            func.coalesce(own.c.orders, 0).label("orders"),
            func.coalesce(own.c.pieces, 0).label("pieces"),
            before.label("previous_minor"),
            (cast(sales - before, Float) / func.nullif(before, 0)).label("growth"),
            in_category.label("category_minor"),
            (cast(sales, Float) / func.nullif(in_category, 0)).label("share"),
            case((sales > 0, func.rank().over(order_by=sales.desc()))).label("rank"),
        )
        .outerjoin(own, own.c.vendor_id == vendor.id)
        .outerjoin(market, market.c.vendor_id == vendor.id)
        .correlate(None)
        .subquery("figures")
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """One seller's figures; amounts in minor units of the channel's currency."""

    vendor_id: int
    sales_minor: int
    orders: int
    pieces: int
    previous_minor: int
    growth: float | None
    category_minor: int
    share: float | None
    rank: int | None


async def figures(
    session: AsyncSession,
    channel_slug: str,
    first_day: date,
    last_day: date,
    *,
    vendor_ids: Sequence[int] | None = None,
    limit: int = 1000,
) -> list[Figures]:
    """The sellers with sales in the period or the one before, best first; named ones whatever they sold."""
    channel_id = select(Channel.id).where(Channel.slug == channel_slug).scalar_subquery()
    table = figures_table(channel_id, literal(first_day, Date()), literal(last_day, Date()))
    wanted = (
        and_(table.c.sales_minor + table.c.previous_minor > 0)
        if vendor_ids is None
        else table.c.vendor_id.in_(vendor_ids)
    )
    query = select(table).where(wanted).order_by(table.c.sales_minor.desc(), table.c.vendor_id).limit(limit)
    return [
        Figures(
            vendor_id=row.vendor_id,
            sales_minor=int(row.sales_minor),
            orders=row.orders,
            pieces=int(row.pieces),
            previous_minor=int(row.previous_minor),
            growth=row.growth,
            category_minor=int(row.category_minor),
            share=row.share,
            rank=row.rank,
        )
        for row in await session.execute(query)
    ]
