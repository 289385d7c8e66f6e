"""How a cart travels: ways are worked out and kept, one is chosen, and follows what happens to the cart."""

from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import carts, discounts
from marketplace.checkout.app_methods import MethodKey
from marketplace.checkout.carts import Cart
from marketplace.checkout.errors import (
    DeliveryNotApplicableError,
    ShippingAddressNotSetError,
    ShippingNotRequiredError,
)
from marketplace.checkout.kept_deliveries import kept_delivery, keys_of_kept, replace_kept
from marketplace.checkout.models import Checkout, CheckoutDelivery
from marketplace.checkout.offered_deliveries import OfferedDelivery, offered_deliveries
from marketplace.checkout.shipping_answers import CheckoutShippingAnswer, answers_about
from marketplace.checkout.totals import NOTHING


async def calculate_deliveries(
    session: AsyncSession, checkout_id: UUID, *, keeps_choice: bool = False
) -> list[UUID]:
    """Work out the delivery options anew, keep them, and give their ids, the cheapest first.

    Without an address, or with nothing to ship, there are none. A delivery that was chosen stays chosen
    while its method is still offered; `keeps_choice`: even then, as it was, for who is about to complete the
    checkout and is told so. Raises CheckoutGoneError, InactiveChannelError.
    """
    cart = await carts.lock(session, checkout_id)
    await carts.load_priced_lines(session, cart)
    await discounts.reduce_lines(session, cart)
    as_it_was = None
    if keeps_choice and cart.checkout.delivery_id is not None:
        as_it_was = await kept_delivery(session, cart, cart.checkout.delivery_id)
    offered = await offered_deliveries(session, cart, strictly=True)
    if await discounts.follow_delivery(session, cart, _chosen(cart, offered) or as_it_was):
        offered = await offered_deliveries(session, cart, strictly=True)
    chosen, given = _chosen(cart, offered) or as_it_was, [delivery.key for delivery in offered]
    if chosen is not None and chosen.key not in given:
        offered = [*offered, chosen]
    ids = await _keep(session, cart, offered, chosen)
    await session.flush()
    return [ids[key] for key in given]


async def _keep(
    session: AsyncSession, cart: Cart, offered: list[OfferedDelivery], chosen: OfferedDelivery | None
) -> dict[MethodKey, UUID]:
    """Keep deliveries, the chosen one by its key, and write what it costs. Where apps have been asked, all
    have the keys that they had: who has been shown some chooses one, though apps are asked again for that.
    """
    ids: dict[MethodKey, UUID] = {delivery.key: uuid4() for delivery in offered}
    if cart.has_answers and cart.has_deliveries:
        ids |= await keys_of_kept(session, cart)
    if cart.chosen_method_id in ids and cart.checkout.delivery_id is not None:
        ids[cart.chosen_method_id] = cart.checkout.delivery_id
    await replace_kept(session, cart, offered, {one.key: ids[one.key] for one in offered})
    cart.checkout.delivery_id = ids[chosen.key] if chosen else None
    cart.chosen_method_id = chosen.key if chosen else None
    add_up(cart, chosen)
    return ids


def _chosen(cart: Cart, offered: list[OfferedDelivery]) -> OfferedDelivery | None:
    """The chosen delivery, if it can still be chosen."""
    return next((one for one in offered if one.key == cart.chosen_method_id and one.refusal is None), None)


async def choose_delivery(
    session: AsyncSession,
    checkout_id: UUID,
    *,
    delivery_id: UUID | None = None,
    method_id: MethodKey | None = None,
) -> Checkout:
    """Take one of the delivery options that were worked out, or a method
    (the shop's or an app's), or (neither) none at all.

    Raises DeliveryNotApplicableError, ShippingAddressNotSetError, ShippingNotRequiredError,
    CheckoutGoneError, InactiveChannelError.
    """
    cart = await carts.lock(session, checkout_id)
    if delivery_id is None and method_id is None:
        cart.checkout.delivery_id = None
        await _travel_by(session, cart, None)
        return cart.checkout
    if cart.checkout.shipping_address_id is None:
        raise ShippingAddressNotSetError(
            "Say where it goes before choosing how it travels.", field="shippingAddress"
        )
    if delivery_id is None:
        delivery_id = await _delivery_of_method(session, cart, method_id)
    kept = await kept_delivery(session, cart, delivery_id)
    if kept is None:
        raise DeliveryNotApplicableError(
            "This delivery is not offered for this checkout.", field="deliveryMethodId"
        )
    if cart.has_answers or kept.by_app is not None:
        await _check_apps_agree(session, cart, kept)
    cart.checkout.delivery_id = delivery_id
    await _travel_by(session, cart, kept)
    return cart.checkout


async def _travel_by(session: AsyncSession, cart: Cart, delivery: OfferedDelivery | None) -> None:
    """Write what a chosen delivery costs. Only a cart that has a promo code, may be rewarded or is taxed by
    an app is priced anew for it: its voucher may be one of the delivery, or may have ended; a reward may ask
    for a total, an app for all of it.
    """
    cart.chosen_method_id = delivery.key if delivery else None
    is_plain = cart.checkout.voucher_code is None and not cart.may_be_rewarded
    if is_plain and cart.checkout.tax_answer is None:
        carts.set_shipping(cart, delivery.price if delivery else NOTHING)
        await session.flush()
        return
    await carts.load_priced_lines(session, cart)
    gift_variant_id = cart.gift_variant_id
    cart.delivery_minor = delivery.price_minor if delivery else 0
    await discounts.reduce_lines(session, cart)
    await discounts.follow_delivery(session, cart, delivery)
    if cart.gift_variant_id == gift_variant_id:
        add_up(cart, delivery)
    else:
        cart.has_deliveries = True
        await refresh(session, cart)
    await session.flush()


def add_up(cart: Cart, delivery: OfferedDelivery | None) -> None:
    """Write the checkout's totals, with the chosen delivery after a voucher on it. Its lines are reduced."""
    reduced = discounts.reduce_delivery(cart, delivery)
    carts.add_up(cart, reduced.price if reduced else NOTHING)


async def refresh(session: AsyncSession, cart: Cart) -> None:
    """After a change of priced lines or of the destination: deliveries that were worked out before are
    forgotten, except the chosen one, which is priced anew, or dropped where it is not offered any more.
    """
    await discounts.reduce_lines(session, cart)
    if cart.has_answers:
        await _refresh_all(session, cart)
        return
    chosen = None
    if cart.has_deliveries:
        if cart.chosen_method_id is not None:
            chosen = await _offered(session, cart, cart.chosen_method_id)
            if await discounts.follow_delivery(session, cart, chosen):
                chosen = await _offered(session, cart, cart.chosen_method_id)
        kept_id = cart.checkout.delivery_id
        if chosen is None or kept_id is None:
            await replace_kept(session, cart, [], {})
            cart.checkout.delivery_id = cart.chosen_method_id = chosen = None
        else:
            await replace_kept(session, cart, [chosen], {chosen.key: kept_id})
    add_up(cart, chosen)


async def _refresh_all(session: AsyncSession, cart: Cart) -> None:
    """What apps offer can't be worked out anew without them: it stays as they said until they are asked."""
    offered = await offered_deliveries(session, cart)
    if await discounts.follow_delivery(session, cart, _chosen(cart, offered)):
        offered = await offered_deliveries(session, cart)
    await _keep(session, cart, offered, _chosen(cart, offered))


async def _offered(session: AsyncSession, cart: Cart, key: MethodKey) -> OfferedDelivery | None:
    offered = await offered_deliveries(session, cart, key)
    return offered[0] if offered else None


async def _delivery_of_method(session: AsyncSession, cart: Cart, method_id: MethodKey | None) -> UUID:
    """The kept delivery of a method; worked out now if the options never were (older clients don't ask)."""
    column = CheckoutDelivery.app_method_id if isinstance(method_id, str) else CheckoutDelivery.method_id
    known = select(CheckoutDelivery.id).where(
        CheckoutDelivery.checkout_id == cart.checkout.id, column == method_id
    )
    delivery_id = await session.scalar(known)
    if delivery_id is None:
        await carts.load_priced_lines(session, cart)
        if cart.lines and not cart.is_shipping_required:
            raise ShippingNotRequiredError("Nothing in this checkout is shipped.", field="shippingMethod")
        await calculate_deliveries(session, cart.checkout.id)
        delivery_id = await session.scalar(known)
    if delivery_id is None:
        raise DeliveryNotApplicableError(
            "This method does not carry these goods to this address.", field="deliveryMethodId"
        )
    return delivery_id


async def _check_apps_agree(session: AsyncSession, cart: Cart, delivery: OfferedDelivery) -> None:
    """Raises DeliveryNotApplicableError for what an app has refused, or offers no more."""
    answers = await answers_about(session, CheckoutShippingAnswer, cart.checkout.id)
    refusal = answers.refusal(delivery.key)
    if refusal is not None or (delivery.by_app is not None and delivery.key not in answers.methods):
        raise DeliveryNotApplicableError(
            refusal or "This delivery can't be had for this checkout.", field="deliveryMethodId"
        )
