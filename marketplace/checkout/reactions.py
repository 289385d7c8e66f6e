"""What carts do when another room tells of a change."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import Checkout, CheckoutDelivery
from marketplace.kit.events import subscribe
from marketplace.kit.jobs import enqueue
from marketplace.markets.events import ShippingMethodsGone

AT_ONCE = 200
"""Carts added up anew by one job."""


@subscribe(ShippingMethodsGone)
async def forget_deliveries(session: AsyncSession, event: ShippingMethodsGone) -> None:
    """Have carts that had chosen a way to ship that goes added up without it, after the commit."""
    chosen = await session.scalars(
        select(Checkout.id)
        .join(CheckoutDelivery, CheckoutDelivery.id == Checkout.delivery_id)
        .where(CheckoutDelivery.method_id.in_(event.method_ids))
        .order_by(Checkout.id)
    )
    keys = chosen.all()
    for start in range(0, len(keys), AT_ONCE):
        await enqueue(session, "checkout.add_up", checkout_ids=list(keys[start : start + AT_ONCE]))
