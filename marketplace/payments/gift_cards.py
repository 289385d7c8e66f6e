"""Gift cards between buyers and what they pay: given back with a parcel, made one customer's own."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import Checkout, CheckoutGiftCard
from marketplace.kit.errors import InvalidError
from marketplace.kit.jobs import enqueue
from marketplace.orders import card_payments
from marketplace.orders.models import Order, VendorOrder
from marketplace.payments.models import TransactionItem
from marketplace.people.models import User
from marketplace.pricing import gift_card_editing
from marketplace.pricing.gift_card_use import lock_cards
from marketplace.pricing.gift_cards import GiftCard


async def give_back(session: AsyncSession, part: VendorOrder) -> None:
    """Put a given-up part's share back.

    The caller has locked the part and its order, and given the part up: it happens once.
    """
    if part.gift_card_minor:
        order = await session.get_one(Order, part.order_id)
        await card_payments.give_back(session, order, part.gift_card_minor)


async def assign_to(session: AsyncSession, card_id: int, user: User, staff_id: int | None) -> GiftCard:
    """Make a card one customer's own; it leaves the carts that it was to pay for.

    Raises InvalidError (CANNOT_ASSIGN) for one that has been used, or is in a cart that is being paid.
    """
    # Carts are locked before cards, as those who complete them do.
    carts = await session.scalars(
        select(CheckoutGiftCard.checkout_id)
        .where(CheckoutGiftCard.gift_card_id == card_id)
        .order_by(CheckoutGiftCard.checkout_id)
    )
    for checkout_id in carts.all():
        await session.execute(select(Checkout.id).where(Checkout.id == checkout_id).with_for_update())
        paid = select(TransactionItem.id).where(TransactionItem.checkout_id == checkout_id).limit(1)
        if await session.scalar(paid) is not None:
            raise InvalidError("It is in a cart that is being paid.", field="id", code="CANNOT_ASSIGN")
        await session.execute(
            delete(CheckoutGiftCard).where(
                CheckoutGiftCard.checkout_id == checkout_id, CheckoutGiftCard.gift_card_id == card_id
            )
        )
        await enqueue(session, "checkout.add_up", checkout_ids=[str(checkout_id)])
    card = (await lock_cards(session, [card_id]))[card_id]
    if card.last_used_at is not None:
        raise InvalidError("It has paid for an order already.", field="id", code="CANNOT_ASSIGN")
    return await gift_card_editing.assign(session, card, user, staff_id)
