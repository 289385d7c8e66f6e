"""What order promotions do to a cart: the best reward is found, and a gift is put in or taken out.

A gift is a line of the cart: one piece that costs nothing, kept for the cart like any other. It comes and
goes with what earns it, and its buyer can't change it. Only a piece whose stock is locked is given. Where
stocks are locked anyway, the gift's is locked with them, at once and in one order, so that carts which want
each other's pieces wait for each other; for that, which gift it is going to be is found out before.
"""

from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import app_taxes, carts
from marketplace.checkout.carts import Cart
from marketplace.checkout.models import CheckoutLine
from marketplace.checkout.offers import Offer, offers
from marketplace.inventory.reservations import Wanted, give_up, reserve
from marketplace.pricing.order_promotions import OrderReward, best_order_reward


async def lock_with_gift(session: AsyncSession, cart: Cart) -> None:
    """Read what a cart's lines cost, with their stocks locked, and that of the gift it is likely to earn."""
    variant_ids = {line.variant_id for line in cart.lines}
    if cart.may_be_rewarded and cart.checkout.voucher_code is None:
        cart.offers = await _offers(session, cart, variant_ids)
        likely = await _best(session, cart)
        if likely is not None and likely.gift_variant_id is not None:
            variant_ids.add(likely.gift_variant_id)
    cart.offers = await _offers(session, cart, variant_ids, lock_stocks=True)
    cart.locked_variants = frozenset(variant_ids)
    await app_taxes.recall(session, cart)


async def grant(session: AsyncSession, cart: Cart, *, keep: bool) -> OrderReward | None:
    """The reward that a cart of priced lines earns now, its gift in the cart; any other gift is taken out.

    `keep`: whether a gift is kept for as long as the channel keeps pieces for carts. One statement, and none
    where no order promotion is in force; a gift that is new costs some more.
    """
    if not cart.may_be_rewarded:
        return None
    with session.no_autoflush:  # Lines are written once, after all discounts.
        reward = await _now(session, cart)
    if reward is None or reward.gift_variant_id is None:
        await take_back(session, cart)
    elif reward.gift_variant_id != cart.gift_variant_id:
        await _put_in(session, cart, reward.gift_variant_id, keep=keep)
    return reward


async def take_back(session: AsyncSession, cart: Cart) -> None:
    """Take the gift out of a cart that has one."""
    if cart.gift is not None:
        await carts.take_out(session, cart, [cart.gift.id])


async def _now(session: AsyncSession, cart: Cart) -> OrderReward | None:
    """The best reward, whose gift, if it is one that the cart does not have yet, is locked."""
    reward = await _best(session, cart, cart.locked_variants)
    gift_id = reward.gift_variant_id if reward else None
    if gift_id in (None, cart.gift_variant_id) or cart.locked_variants is not None:
        return reward
    cart.offers = {**cart.offers, **await _offers(session, cart, [gift_id], lock_stocks=True)}
    cart.locked_variants = frozenset([gift_id])
    return await _best(session, cart, cart.locked_variants)


async def _best(
    session: AsyncSession, cart: Cart, gifts_among: Collection[int] | None = None
) -> OrderReward | None:
    bases = cart.bases()
    if not bases:
        return None
    pieces: Counter[int] = Counter()
    for line in cart.goods:
        pieces[line.variant_id] += line.quantity
    subtotal_minor = sum(bases.values())
    return await best_order_reward(
        session,
        channel_id=cart.channel.id,
        currency=cart.channel.currency_code,
        subtotal_minor=subtotal_minor,
        total_minor=subtotal_minor + cart.delivery_minor,
        now=cart.now,
        language_code=cart.checkout.language_code,
        own_lines=[line.id for line in cart.lines],
        pieces=pieces,
        gifts_among=gifts_among,
    )


async def _put_in(session: AsyncSession, cart: Cart, variant_id: int, *, keep: bool) -> None:
    """Put a gift into the cart, in place of the one that it has."""
    if not cart.is_kept:
        await take_back(session, cart)
    gift = cart.gift
    if gift is None:
        gift = CheckoutLine(
            id=uuid4(),
            checkout_id=cart.checkout.id,
            variant_id=variant_id,
            quantity=1,
            currency=cart.channel.currency_code,
            is_gift=True,
        )
        if cart.is_kept:
            session.add(gift)
        cart.lines.append(gift)
    else:
        await give_up(session, [gift.id])
        gift.variant_id = variant_id
    carts.price_line(gift, cart.offer(gift), cart.channel.prices_entered_with_tax)
    minutes = cart.minutes_kept
    if keep and minutes > 0 and cart.offer(gift).is_tracked:
        await session.flush()
        until = cart.now + timedelta(minutes=minutes)
        wanted = [Wanted(gift.id, variant_id, 1)]
        await reserve(session, wanted, cart.now, until, channel_id=cart.channel.id)


async def _offers(
    session: AsyncSession, cart: Cart, variant_ids: Collection[int], *, lock_stocks: bool = False
) -> dict[int, Offer]:
    return await offers(
        session,
        variant_ids,
        cart.channel.id,
        cart.checkout.country_code,
        cart.now,
        is_exempt=bool(cart.checkout.is_tax_exempt),
        lock_stocks=lock_stocks,
    )
