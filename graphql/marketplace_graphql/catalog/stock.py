"""What can be bought of a variant right now."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    SelectBase,
    and_,
    any_,
    case,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import outerjoin

from marketplace.catalog.models import ProductVariant
from marketplace.inventory.availability import available_pieces, still_good, today
from marketplace.inventory.models import Lot, Reservation, Stock
from marketplace.inventory.serving import outside_channel, serves_channel
from marketplace.inventory.summaries import maybe_sold_out
from marketplace.markets.shop_settings import shop_setting
from marketplace_graphql.kernel.reader.aliases import aliased


def available(variant: Any, ctx: Any) -> ColumnElement[int]:
    """Pieces on the shelf that nobody has bought or reserved; in a channel those that it may sell."""
    return available_pieces(variant.id, ctx.now, channel_id=_channel_id(ctx))


def _channel_id(ctx: Any) -> Any:
    return ctx.channel.id if ctx.channel.given else None


def quantity_available(variant: Any, ctx: Any) -> ColumnElement[int]:
    """As Saleor gives it: never below zero, never above what one checkout may hold."""
    limit = shop_setting("limit_quantity_per_checkout")
    return case(
        (variant.track_inventory.is_(False), limit),
        else_=func.least(func.greatest(available(variant, ctx), 0), limit),
    )


def in_stock(product: Any, ctx: Any, *also: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a product has a variant of which at least one piece can be had; and `also` holds.

    No shelf is oversold, so one with pieces that nobody has bought is enough; only for the few variants that
    carts hold is anything added up. So lists can ask it of every product. What is to hold besides stands
    inside: what does not hold of all together is then counted by one join.
    """
    return _in_stock(product, ctx, *also).exists()


def _in_stock(product: Any, ctx: Any, *also: ColumnElement[bool]) -> Select[Any]:
    variant, shelf = aliased(ProductVariant), aliased(Stock)
    has_free = and_(
        shelf.variant_id == variant.id,
        shelf.quantity > shelf.quantity_allocated,
        still_good(shelf.lot_id, ctx.now),
        *([serves_channel(shelf.warehouse_id, ctx.channel.id)] if ctx.channel.given else []),
    )
    sold = and_(shelf.id.is_not(None), not_(_all_kept(variant, ctx)))
    return (
        select(true())
        .select_from(outerjoin(variant, shelf, has_free))
        .where(variant.product_id == product.id, or_(variant.track_inventory.is_(False), sold), *also)
        .correlate_except(variant, shelf)
    )


def sold_out(product: Any, ctx: Any) -> ColumnElement[bool]:
    """The opposite, for lists that are read far: only products that may be sold out are looked at, and which
    these are is known once for the whole list.
    """
    may_be = product.id.in_(_maybe_sold_out(ctx))
    if ctx.channel.given:
        may_be = or_(may_be, tuple_(ctx.channel.id, product.id).in_(_with_pieces_elsewhere()))
    # No EXISTS: PostgreSQL would gather all that is in stock. Nor an IN that becomes a join.
    something = _in_stock(product, ctx).limit(1).scalar_subquery()
    return case((may_be, something.is_not(true())), else_=false())


def keys_of_sold_out(ctx: Any) -> Select[Any]:
    """The keys of all products that may be sold out: more than are."""
    ways: list[SelectBase] = [_maybe_sold_out(ctx)]
    if ctx.channel.given:
        elsewhere = _with_pieces_elsewhere().subquery()
        ways.append(select(elsewhere.c.product_id).where(elsewhere.c.channel_id == ctx.channel.id))
    found = union_all(*ways).subquery()
    return select(found.c[0])


def _maybe_sold_out(ctx: Any) -> CompoundSelect[Any]:
    """Products without a free piece, with pieces past their day, or with pieces that carts hold."""
    shelf, lot, reservation = Stock.__table__.alias(), Lot.__table__.alias(), Reservation.__table__.alias()
    past = select(lot.c.id).where(lot.c.best_before < today(ctx.now))
    free = shelf.c.quantity > shelf.c.quantity_allocated
    past_its_day = select(shelf.c.variant_id).where(
        shelf.c.lot_id == any_(func.array(past.scalar_subquery())), free
    )
    held = select(reservation.c.variant_id).where(reservation.c.reserved_until > ctx.now)
    return union_all(
        select(maybe_sold_out.alias().c.product_id), _products_of(past_its_day), _products_of(held)
    )


def _products_of(variants: Select[Any]) -> Select[Any]:
    variant = ProductVariant.__table__.alias()
    # An array: few variants, each looked up.
    return select(variant.c.product_id).where(variant.c.id == any_(func.array(variants.scalar_subquery())))


def _with_pieces_elsewhere() -> Select[Any]:
    """Channels, and the products of which pieces lie in store rooms from which the channel does not take."""
    outside, shelf = outside_channel.alias(), Stock.__table__.alias()
    variant = ProductVariant.__table__.alias()
    return (
        select(outside.c.channel_id, variant.c.product_id)
        .join_from(outside, shelf, shelf.c.warehouse_id == outside.c.warehouse_id)
        .join(variant, variant.c.id == shelf.c.variant_id)
        .where(shelf.c.quantity > shelf.c.quantity_allocated)
    )


def _all_kept(variant: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether carts hold pieces of a variant, and all that there are."""
    reservation = aliased(Reservation)
    return (
        select(literal(1))
        .where(
            reservation.variant_id == variant.id,
            reservation.reserved_until > ctx.now,
            available_pieces(reservation.variant_id, ctx.now, channel_id=_channel_id(ctx)) <= 0,
        )
        .correlate_except(reservation)
        .exists()
    )


def for_sale(listing: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether the day has come from which a product is sold in the channel."""
    return and_(listing.available_for_purchase_at.is_not(None), listing.available_for_purchase_at <= ctx.now)
