"""Staff exempt an order from tax that is not confirmed yet."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.offers import Offer
from marketplace.kit.money import net_of_gross, percentage
from marketplace.orders.baskets import Basket
from marketplace.orders.editing import editable
from marketplace.orders.errors import NotEditableError
from marketplace.orders.models import Order
from marketplace.orders.rewriting import rewrite


async def exempt_order(session: AsyncSession, order_id: UUID, *, is_exempt: bool) -> Order:
    """Have no tax charged of an order, or have it charged again: it and its parts are written anew.

    Raises NotFoundError, and NotEditableError (NOT_EDITABLE_ORDER) for one that has been confirmed.
    """
    try:
        basket = await editable(session, order_id, code="NOT_EDITABLE_ORDER", is_exempt=is_exempt)
    except NotEditableError as refused:
        refused.field = None
        raise
    if basket.order.is_tax_exempt == is_exempt:
        return basket.order
    basket.order.is_tax_exempt = is_exempt
    _price_kept_lines(basket, is_exempt=is_exempt)
    await rewrite(session, basket)
    return basket.order


def _price_kept_lines(basket: Basket, *, is_exempt: bool) -> None:
    """Lines that keep their prices keep them without their tax, or get it back; others are offered so."""
    for line_id, offer in basket.own_offers.items():
        rate_bp = basket.rows[line_id].tax_rate_bp if is_exempt else offer.rate_bp
        basket.own_offers[line_id] = _priced(offer, _turned(basket, rate_bp, is_exempt=is_exempt), is_exempt)


def _turned(basket: Basket, rate_bp: int, *, is_exempt: bool) -> Callable[[int], int]:
    if not basket.channel.prices_entered_with_tax:
        return lambda minor: minor
    if is_exempt:
        return lambda minor: net_of_gross(minor, rate_bp)
    return lambda minor: minor + percentage(minor, rate_bp)


def _priced(offer: Offer, turned: Callable[[int], int], is_exempt: bool) -> Offer:
    return replace(
        offer,
        price_minor=None if offer.price_minor is None else turned(offer.price_minor),
        undiscounted_minor=None if offer.undiscounted_minor is None else turned(offer.undiscounted_minor),
        rate_bp=0 if is_exempt else offer.rate_bp,
    )
