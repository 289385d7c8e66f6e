"""Drafts for tests, put together by the services that staff use."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import ProductVariant
from marketplace.markets.models import Channel
from marketplace.orders import drafts
from marketplace.orders.drafts import Changes
from marketplace.orders.editing import NewLine
from marketplace.orders.models import Order, OrderStatus
from tests.factories.checkout import RABAT, Market
from tests.factories.orders import make_order


async def make_draft(
    session: AsyncSession, channel: Channel, *variants: ProductVariant, quantity: int = 1, **said: object
) -> Order:
    """A draft with so many pieces of each variant."""
    lines = [NewLine(variant.id, quantity) for variant in variants]
    return await drafts.create_draft(session, channel, Changes(said), lines, None)


async def make_ready_draft(
    session: AsyncSession, market: Market, *variants: ProductVariant, quantity: int = 1, **said: object
) -> Order:
    """A draft that can be completed."""
    given: dict[str, object] = {
        "billing_address": RABAT,
        "shipping_address": RABAT,
        "shipping_method_id": market.method.id,
        "user_email": "salma@example.test",
    }
    return await make_draft(session, market.channel, *variants, quantity=quantity, **given | said)


async def make_unconfirmed(
    session: AsyncSession, market: Market, *variants: ProductVariant, quantity: int = 1, **given: object
) -> Order:
    """An order to be paid at the door that staff are to confirm."""
    order = await make_order(session, market, *variants, quantity=quantity, **given)
    order.status = OrderStatus.UNCONFIRMED
    await session.flush()
    return order
