"""What can be bought of a variant right now."""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, not_, or_, select
from sqlalchemy.orm import aliased, outerjoin

from marketplace.catalog.models import ProductVariant
from marketplace.inventory.availability import available_pieces, still_good
from marketplace.inventory.models import Reservation, Stock
from marketplace.inventory.serving import serves_channel
from marketplace.markets.shop_settings import shop_setting


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
    variant, shelf = aliased(ProductVariant), aliased(Stock)
    has_free = and_(
        shelf.variant_id == variant.id,
        shelf.quantity > shelf.quantity_allocated,
        still_good(shelf.lot_id, ctx.now),
        *([serves_channel(shelf.warehouse_id, ctx.channel.id)] if ctx.channel.given else []),
    )
    sold = and_(shelf.id.is_not(None), not_(_all_kept(variant, ctx)))
    return (
        select(literal(1))
        .select_from(outerjoin(variant, shelf, has_free))
        .where(variant.product_id == product.id, or_(variant.track_inventory.is_(False), sold), *also)
        .correlate_except(variant, shelf)
        .exists()
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
