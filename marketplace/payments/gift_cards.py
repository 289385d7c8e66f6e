"""What gift cards paid of a parcel goes back onto them when the parcel is given up."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.orders.discounts import OrderGiftCard
from marketplace.orders.models import Order, VendorOrder
from marketplace.pricing import gift_card_use
from marketplace.pricing.gift_card_use import CardUse, lock_cards


async def give_back(session: AsyncSession, part: VendorOrder) -> None:
    """Put a given-up part's share back: the card that paid last is given back to first.

    The caller has locked the part and its order, and given the part up: it happens once. A card that has
    expired or was closed gets its money back, too; whether it may be spent again is for staff to decide.
    """
    left_minor = part.gift_card_minor
    if not left_minor:
        return
    paid = await session.scalars(
        select(OrderGiftCard)
        .where(
            OrderGiftCard.order_id == part.order_id,
            OrderGiftCard.refunded_minor < OrderGiftCard.amount_minor,
        )
        .order_by(OrderGiftCard.id.desc())
        .with_for_update(),
        execution_options={"populate_existing": True},
    )
    payments = paid.all()
    cards = await lock_cards(session, [payment.gift_card_id for payment in payments])
    uses = []
    for payment in payments:
        back_minor = min(left_minor, payment.amount_minor - payment.refunded_minor)
        if back_minor:
            payment.refunded_minor += back_minor
            left_minor -= back_minor
            uses.append(CardUse(cards[payment.gift_card_id], back_minor))
    order = await session.get_one(Order, part.order_id)
    await gift_card_use.give_back(session, uses, order.id, str(order.number))
