"""The same again: a checkout with what an order had, as far as it can still be bought."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.lines import LineToAdd
from marketplace.checkout.models import Checkout
from marketplace.checkout.offers import Offer, offers
from marketplace.checkout.service import NewCheckout, create_checkout
from marketplace.inventory.availability import available_of
from marketplace.kit import clock
from marketplace.markets.models import Channel
from marketplace.orders.models import Order, OrderLine
from marketplace.people.models import User


@dataclass(frozen=True, slots=True)
class Unavailable:
    """An order line that can't be bought again, and why: one of Saleor's codes."""

    line_id: UUID
    variant_id: int | None
    code: str
    message: str


async def reorder(
    session: AsyncSession, order: Order, user: User | None
) -> tuple[Checkout, list[Unavailable]]:
    """Open a checkout, the requester's if there is one, with the lines of an order that can be bought now.

    Gifts were not bought: this checkout may earn its own.

    Addresses are not taken over: who may know an order need not be who it was sent to. Raises what
    `channel_to_shop_in` raises.
    """
    channel = await session.get_one(Channel, order.channel_id)
    lines = (
        await session.scalars(
            select(OrderLine)
            .where(OrderLine.order_id == order.id, ~OrderLine.is_gift)
            .order_by(OrderLine.position)
        )
    ).all()
    found = await offers(
        session,
        [line.variant_id for line in lines if line.variant_id is not None],
        channel.id,
        channel.default_country_code,
        clock.now(),
        lock_stocks=True,
    )
    unavailable = await _unavailable(session, lines, found, channel.id)
    left_out = {refused.line_id for refused in unavailable}
    again = [
        LineToAdd(line.variant_id, line.quantity)
        for line in lines
        if line.variant_id is not None and line.id not in left_out
    ]
    checkout = await create_checkout(
        session,
        NewCheckout(channel_slug=channel.slug, lines=again, user=user, language_code=order.language_code),
    )
    return checkout, unavailable


async def _unavailable(
    session: AsyncSession, lines: Sequence[OrderLine], found: Mapping[int, Offer], channel_id: int
) -> list[Unavailable]:
    """What can't be bought, in the order's own sequence. The stocks are locked."""
    wanted: dict[int, int] = defaultdict(int)
    for line in lines:
        if line.variant_id is not None:
            wanted[line.variant_id] += line.quantity
    free = await available_of(session, wanted, clock.now(), channel_id=channel_id) if wanted else {}
    refused = []
    for line in lines:
        why = _why_not(line, found, wanted, free)
        if why is not None:
            refused.append(Unavailable(line.id, line.variant_id, *why))
    return refused


def _why_not(
    line: OrderLine, found: Mapping[int, Offer], wanted: Mapping[int, int], free: Mapping[int, int]
) -> tuple[str, str] | None:
    """A code and a message, or None for what can be bought. All lines of a variant count together."""
    name, variant_id = line.product_name, line.variant_id
    offer = found.get(variant_id) if variant_id is not None else None
    if variant_id is None or offer is None:
        return "NOT_FOUND", f"{name} does not exist any more."
    left, most = max(free.get(variant_id, 0), 0), offer.maximum_pieces
    reasons = {
        "UNAVAILABLE_VARIANT_IN_CHANNEL": (offer.price_minor is None, f"{name} is not sold here any more."),
        "PRODUCT_NOT_PUBLISHED": (not offer.is_live, f"{name} is not on the shelves just now."),
        "PRODUCT_UNAVAILABLE_FOR_PURCHASE": (not offer.is_for_sale, f"{name} can't be bought just now."),
        "QUANTITY_GREATER_THAN_LIMIT": (
            wanted[variant_id] > most,
            f"At most {most} of {name} can be bought at once.",
        ),
        "INSUFFICIENT_STOCK": (
            offer.is_tracked and wanted[variant_id] > left,
            f"Only {left} of {name} can be had just now.",
        ),
    }
    return next(((code, message) for code, (holds, message) in reasons.items() if holds), None)
