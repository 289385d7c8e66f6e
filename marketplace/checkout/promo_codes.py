"""Promo codes: a voucher's or a gift card's, put into a checkout and taken out again."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import carts, deliveries, discounts
from marketplace.checkout.carts import Cart
from marketplace.checkout.models import Checkout, CheckoutGiftCard
from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.people import throttling
from marketplace.people.errors import AttemptDelayedError
from marketplace.pricing.errors import UnknownPromoCodeError
from marketplace.pricing.gift_card_use import usable_card
from marketplace.pricing.voucher_use import UsableVoucher

MAXIMUM_GIFT_CARDS = 20


async def add_promo_code(
    session: AsyncSession,
    checkout_id: UUID,
    promo_code: str,
    *,
    user_id: int | None = None,
    address: str | None = None,
) -> Checkout:
    """Use a voucher, in place of the one before, or have a gift card pay, besides others.

    A code is looked up as it is, and in capitals. It is a secret: who tries many that are wrong, a customer
    or somebody at an address on the net, has to wait, whatever the checkout. Raises UnknownPromoCodeError,
    AttemptDelayedError, VoucherNotApplicableError, InvalidError, CheckoutGoneError, InactiveChannelError.
    """
    tried = throttling.wrong_codes(user_id, address)
    await _take_turn(session, tried)
    try:
        return await _use(session, checkout_id, promo_code)
    except UnknownPromoCodeError:
        await throttling.count(session, tried)
        raise


async def _take_turn(session: AsyncSession, tried: throttling.Keys) -> None:
    """Raises AttemptDelayedError, with a code that Saleor's checkouts know."""
    try:
        await throttling.take_turn(session, tried)
    except AttemptDelayedError as delayed:
        raise AttemptDelayedError(delayed.until, field=None, code="INVALID") from None


async def _use(session: AsyncSession, checkout_id: UUID, promo_code: str) -> Checkout:
    cart = await carts.lock(session, checkout_id)
    code = promo_code.strip()
    spellings = list(dict.fromkeys([code, code.upper()]))
    voucher = await carts.find_voucher(session, cart, spellings)
    if voucher is not None:
        await _use_voucher(session, cart, voucher)
    else:
        await _add_gift_card(session, cart, spellings)
    cart.checkout.updated_at = cart.now
    await session.flush()
    return cart.checkout


async def remove_promo_code(session: AsyncSession, checkout_id: UUID, promo_code: str) -> Checkout:
    """Take a voucher or a gift card out by its code. Whether a code that the checkout doesn't have exists
    elsewhere is not told. Raises InvalidError, CheckoutGoneError, InactiveChannelError.
    """
    cart = await carts.lock(session, checkout_id)
    code = promo_code.strip()
    if code and cart.checkout.voucher_code in {code, code.upper()}:
        return await _without_voucher(session, cart)
    card_id = next((card.id for card in cart.gift_cards if card.code in {code, code.upper()}), None)
    if card_id is None:
        raise InvalidError("This checkout does not have this promo code.", field="promoCode")
    return await _without_card(session, cart, card_id)


async def remove_voucher(session: AsyncSession, checkout_id: UUID, voucher_id: int) -> Checkout:
    """Take a voucher out by its key. Raises NotFoundError, CheckoutGoneError, InactiveChannelError."""
    cart = await carts.lock(session, checkout_id)
    if cart.voucher is None or cart.voucher.voucher.id != voucher_id:
        raise NotFoundError("This checkout does not have this voucher.", field="promoCodeId")
    return await _without_voucher(session, cart)


async def remove_gift_card(session: AsyncSession, checkout_id: UUID, gift_card_id: int) -> Checkout:
    """Take a gift card out by its key. Raises NotFoundError, CheckoutGoneError, InactiveChannelError."""
    cart = await carts.lock(session, checkout_id)
    if gift_card_id not in {card.id for card in cart.gift_cards}:
        raise NotFoundError("This checkout does not have this gift card.", field="promoCodeId")
    return await _without_card(session, cart, gift_card_id)


async def _use_voucher(session: AsyncSession, cart: Cart, voucher: UsableVoucher) -> None:
    cart.voucher, cart.checkout.voucher_code = voucher, voucher.code.code
    await carts.load_priced_lines(session, cart)
    await deliveries.refresh(session, cart)
    if cart.refusal is not None:
        raise cart.refusal


async def _without_voucher(session: AsyncSession, cart: Cart) -> Checkout:
    discounts.drop_voucher(cart)
    await carts.load_priced_lines(session, cart)
    await deliveries.refresh(session, cart)
    await session.flush()
    return cart.checkout


async def _add_gift_card(session: AsyncSession, cart: Cart, codes: list[str]) -> None:
    checkout = cart.checkout
    if not cart.channel.allow_legacy_gift_card_use:
        raise UnknownPromoCodeError
    card = await usable_card(
        session, codes, currency=cart.channel.currency_code, user_id=checkout.user_id, now=cart.now
    )
    if card is None:
        raise UnknownPromoCodeError
    if len(cart.gift_cards) >= MAXIMUM_GIFT_CARDS:
        raise InvalidError(f"At most {MAXIMUM_GIFT_CARDS} gift cards, please.", field="promoCode")
    await session.execute(
        upsert(CheckoutGiftCard)
        .values(checkout_id=checkout.id, gift_card_id=card.id)
        .on_conflict_do_nothing()
    )
    checkout.uses_gift_cards = True
    await _pay_with_cards(session, cart)


async def _without_card(session: AsyncSession, cart: Cart, gift_card_id: int) -> Checkout:
    await session.execute(
        delete(CheckoutGiftCard).where(
            CheckoutGiftCard.checkout_id == cart.checkout.id, CheckoutGiftCard.gift_card_id == gift_card_id
        )
    )
    await _pay_with_cards(session, cart)
    cart.checkout.uses_gift_cards = bool(cart.gift_cards)
    await session.flush()
    return cart.checkout


async def _pay_with_cards(session: AsyncSession, cart: Cart) -> None:
    await carts.load_gift_cards(session, cart)
    carts.set_total(cart)
