"""What carts do when another room tells of a change."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import any_, bindparam, delete, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import BigInteger

from marketplace.catalog.events import VariantsWithdrawn
from marketplace.checkout.models import Checkout, CheckoutDelivery, CheckoutLine
from marketplace.kit.events import subscribe
from marketplace.kit.jobs import enqueue
from marketplace.markets.events import ShippingMethodsGone

CARTS_OF_A_JOB = 100


@subscribe(VariantsWithdrawn)
async def take_out_of_carts(session: AsyncSession, event: VariantsWithdrawn) -> None:
    """Carts lose what can't be bought any more at once; jobs add them up anew after the commit."""
    variants = bindparam("variants", list(event.variant_ids), ARRAY(BigInteger))
    lines = delete(CheckoutLine).where(CheckoutLine.variant_id == any_(variants))
    if event.channel_ids is not None:
        channels = bindparam("channels", list(event.channel_ids), ARRAY(BigInteger))
        there = select(Checkout.id).where(Checkout.channel_id == any_(channels))
        lines = lines.where(CheckoutLine.checkout_id.in_(there))
    found = await session.scalars(
        lines.returning(CheckoutLine.checkout_id), execution_options={"synchronize_session": False}
    )
    await _add_up_later(session, sorted(set(found)))


@subscribe(ShippingMethodsGone)
async def forget_deliveries(session: AsyncSession, event: ShippingMethodsGone) -> None:
    """Have carts that had chosen a way to ship that goes added up without it, after the commit."""
    chosen = await session.scalars(
        select(Checkout.id)
        .join(CheckoutDelivery, CheckoutDelivery.id == Checkout.delivery_id)
        .where(CheckoutDelivery.method_id.in_(event.method_ids))
        .order_by(Checkout.id)
    )
    await _add_up_later(session, chosen.all())


async def _add_up_later(session: AsyncSession, checkout_ids: Sequence[UUID]) -> None:
    for start in range(0, len(checkout_ids), CARTS_OF_A_JOB):
        keys = [str(key) for key in checkout_ids[start : start + CARTS_OF_A_JOB]]
        await enqueue(session, "checkout.add_up", checkout_ids=keys)
