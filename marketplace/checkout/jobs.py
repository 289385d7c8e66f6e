"""What carts have done after the commit of something that concerns many of them."""

from uuid import UUID

from marketplace.checkout import carts, deliveries
from marketplace.checkout.errors import CheckoutGoneError
from marketplace.kit.jobs import Work, job
from marketplace.markets.errors import InactiveChannelError


@job("checkout.add_up")
async def add_up(work: Work, checkout_ids: list[UUID]) -> None:
    """Price carts anew, with the delivery that they still have. What is gone or closed needs nothing."""
    for checkout_id in sorted(checkout_ids):
        try:
            cart = await carts.lock(work.session, checkout_id)
        except (CheckoutGoneError, InactiveChannelError):
            continue
        await carts.load_priced_lines(work.session, cart)
        await deliveries.refresh(work.session, cart)
        await work.session.flush()
