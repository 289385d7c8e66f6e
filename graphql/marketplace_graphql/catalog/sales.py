"""What was sold of a variant. For staff."""

from enum import Enum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, func, select

from marketplace.orders.models import Order, OrderLine, OrderStatus
from marketplace_graphql.kernel import each, enum, null_when
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.values import taxed_money

NOT_SOLD = (OrderStatus.DRAFT, OrderStatus.CANCELED, OrderStatus.EXPIRED)


@enum
class ReportingPeriod(Enum):
    """How far back figures reach."""

    TODAY = "day"
    THIS_MONTH = "month"


def quantity_ordered(variant: Any, ctx: Any) -> ColumnElement[int]:
    """Pieces in orders that were not canceled: in the channel in force, or in all."""
    line, order = aliased(OrderLine), aliased(Order)
    sold = select(func.coalesce(func.sum(line.quantity), 0)).where(*_sold(variant, line, order, ctx))
    pieces: ColumnElement[int] = cast(sold.correlate_except(line, order).scalar_subquery(), BigInteger)
    return pieces


def revenue(variant: Any, ctx: Any, period: ReportingPeriod | None) -> Any:
    """The parts of a `TaxedMoney`: what orders of the period come to, null without a channel."""
    if not ctx.channel.given:
        return None
    line, order = aliased(OrderLine), aliased(Order)
    conditions = _sold(variant, line, order, ctx)
    if period is not None:
        conditions.append(order.created_at >= func.date_trunc(period.value, ctx.now))
    earned = (
        select(
            cast(func.coalesce(func.sum(line.total_gross_minor), 0), BigInteger).label("gross"),
            cast(func.coalesce(func.sum(line.total_net_minor), 0), BigInteger).label("net"),
        )
        .where(*conditions)
        .correlate_except(line, order)
        .subquery()
        .lateral()
    )
    currency = ctx.channel.currency
    return each(earned, null_when(currency.is_(None), taxed_money(earned.c.gross, earned.c.net, currency)))


def _sold(variant: Any, line: Any, order: Any, ctx: Any) -> list[ColumnElement[bool]]:
    conditions = [line.variant_id == variant.id, order.id == line.order_id, order.status.not_in(NOT_SOLD)]
    if ctx.channel.given:
        conditions.append(order.channel_id == ctx.channel.id)
    return conditions
