"""What gift cards paid of a parcel goes back onto them when the parcel is given up."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.orders import card_payments
from marketplace.orders.models import Order, VendorOrder


async def give_back(session: AsyncSession, part: VendorOrder) -> None:
    """Put a given-up part's share back.

    The caller has locked the part and its order, and given the part up: it happens once.
    """
    if part.gift_card_minor:
        order = await session.get_one(Order, part.order_id)
        await card_payments.give_back(session, order, part.gift_card_minor)
