"""What carts have done after a commit."""

from uuid import UUID

from marketplace.checkout.errors import CheckoutGoneError
from marketplace.checkout.lines import add_up_anew
from marketplace.kit.jobs import Work, job
from marketplace.markets.errors import InactiveChannelError


@job("checkout.add_up")
async def add_up(work: Work, checkout_ids: list[UUID]) -> None:
    """Add up carts that have lost lines, and work out their deliveries."""
    for checkout_id in checkout_ids:
        try:
            await add_up_anew(work.session, checkout_id)
        except (CheckoutGoneError, InactiveChannelError):
            continue  # Nobody buys anything with it any more.
