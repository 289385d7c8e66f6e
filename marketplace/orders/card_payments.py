"""What gift cards paid of an order goes back onto them when less is owed."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.orders.discounts import OrderGiftCard
from marketplace.orders.models import Order
from marketplace.pricing import gift_card_use
from marketplace.pricing.gift_card_use import CardUse, lock_cards


async def give_back(session: AsyncSession, order: Order, amount_minor: int) -> None:
    """Put so much of what cards paid of a locked order back: the card that paid last is given back to first.

    A card that has expired or was closed gets its money back, too; whether it may be spent again is for staff
    to decide.
    """
    left_minor = amount_minor
    if not left_minor:
        return
    paid = await session.scalars(
        select(OrderGiftCard)
        .where(OrderGiftCard.order_id == order.id, OrderGiftCard.refunded_minor < OrderGiftCard.amount_minor)
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
    await gift_card_use.give_back(session, uses, order.id, str(order.number))
