"""What a draft lacks to be an order: what `orders.draft_completion` asks of it, as a statement says it."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, not_, null, or_, select, true, union_all

from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.models import ProductVariant
from marketplace.markets.models import Channel
from marketplace.orders.models import OrderLine, OrderStatus
from marketplace_graphql.kernel import each
from marketplace_graphql.kernel.reader.aliases import aliased

OPEN = (OrderStatus.DRAFT, OrderStatus.UNCONFIRMED)


def can_carry(order: Any, method: Any) -> ColumnElement[bool]:
    """A method at its price: of those that could carry an open order, or the one that a placed one has."""
    is_open = order.status.in_(OPEN)
    return or_(
        and_(is_open, method.open_order_id == order.id), and_(not_(is_open), method.order_id == order.id)
    )


def can_finalize(order: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether nothing is lacking. Of what is placed already it is true."""
    lacking = [condition for _, _, _, condition in _lacking(order, ctx)]
    return or_(order.status != OrderStatus.DRAFT, not_(or_(*lacking)))


def finalizing_errors(order: Any, ctx: Any) -> Any:
    """The errors that completing a draft would meet with, as far as they are known before."""
    is_draft = order.status == OrderStatus.DRAFT
    told = union_all(
        *[
            select(
                literal(field).label("field"), literal(code).label("code"), literal(message).label("message")
            )
            .where(and_(is_draft, condition))
            .correlate(order)
            for field, code, message, condition in _lacking(order, ctx)
        ]
    ).lateral("lacking")
    return each(
        told,
        {
            "field": told.c.field,
            "message": told.c.message,
            "code": told.c.code,
            "warehouse": null(),
            "order_lines": null(),
            "variants": null(),
            "address_type": null(),
        },
    )


def _lacking(order: Any, ctx: Any) -> list[tuple[str, str, str, ColumnElement[bool]]]:
    """Field, code, message, and whether it is so."""
    now = ctx.now
    shipped = _has_line(order, lambda line: line.is_shipping_required)
    channel = aliased(Channel)
    closed = (
        select(literal(1))
        .where(channel.id == order.channel_id, not_(channel.is_active))
        .correlate_except(channel)
    )
    return [
        ("order", "BILLING_ADDRESS_NOT_SET", "Say who is billed.", order.billing_address_id.is_(None)),
        (
            "order",
            "ORDER_NO_SHIPPING_ADDRESS",
            "Say where it goes.",
            and_(shipped, order.shipping_address_id.is_(None)),
        ),
        (
            "shipping",
            "SHIPPING_METHOD_REQUIRED",
            "Say how it travels.",
            and_(shipped, order.shipping_method_id.is_(None)),
        ),
        ("lines", "REQUIRED", "There is nothing in it.", not_(_has_line(order, lambda line: true()))),
        (
            "lines",
            "NOT_FOUND",
            "Some of it does not exist any more.",
            _has_line(order, lambda line: line.variant_id.is_(None)),
        ),
        (
            "lines",
            "PRODUCT_NOT_PUBLISHED",
            "Some of it is not published in this channel.",
            _has_line(order, lambda line: _unlike(order, line, lambda listing: listing.is_live)),
        ),
        (
            "lines",
            "PRODUCT_UNAVAILABLE_FOR_PURCHASE",
            "Some of it can't be bought in this channel now.",
            _has_line(
                order,
                lambda line: _unlike(order, line, lambda listing: listing.available_for_purchase_at <= now),
            ),
        ),
        ("channel", "CHANNEL_INACTIVE", "This channel is closed.", closed.exists()),
    ]


def _has_line(order: Any, condition: Any) -> ColumnElement[bool]:
    line = aliased(OrderLine)
    bought = not_(line.is_gift)
    found = select(literal(1)).where(line.order_id == order.id, bought, condition(line))
    return found.correlate_except(line).exists()


def _unlike(order: Any, line: Any, condition: Any) -> ColumnElement[bool]:
    """Whether a line's product has no listing in the order's channel of which a condition holds."""
    variant, listing = aliased(ProductVariant), aliased(ProductChannelListing)
    found = (
        select(literal(1))
        .select_from(variant)
        .join(listing, listing.product_id == variant.product_id)
        .where(
            variant.id == line.variant_id,
            listing.channel_id == order.channel_id,
            func.coalesce(condition(listing), False),
        )
        .correlate_except(variant, listing)
    )
    return and_(line.variant_id.is_not(None), not_(found.exists()))
