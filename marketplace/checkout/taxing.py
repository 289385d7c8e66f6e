"""Staff exempt a cart from tax."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import carts, deliveries
from marketplace.checkout.errors import CheckoutGoneError
from marketplace.checkout.models import Checkout
from marketplace.kit.errors import NotFoundError


async def set_tax_exemption(session: AsyncSession, checkout_id: UUID, *, is_exempt: bool) -> Checkout:
    """Have no tax charged of a cart, or have it charged again: it is priced anew.

    Raises NotFoundError, InactiveChannelError.
    """
    try:
        cart = await carts.lock(session, checkout_id)
    except CheckoutGoneError:
        raise NotFoundError("There is no such checkout.", field="id") from None
    cart.checkout.is_tax_exempt = is_exempt
    cart.checkout.updated_at = cart.now
    await carts.load_priced_lines(session, cart)
    await deliveries.refresh(session, cart)
    await session.flush()
    return cart.checkout
