"""What the store rooms have done again and again."""

from marketplace.inventory import summaries
from marketplace.inventory.reservations import forget_expired
from marketplace.kit import clock
from marketplace.kit.jobs import Work, job


@job("inventory.forget_expired")
async def forget_expired_reservations(work: Work) -> None:
    """Delete reservations that have run out. They keep nothing any more."""
    await forget_expired(work.session, clock.now())


@job("inventory.tidy_sold_out")
async def tidy_sold_out(work: Work) -> None:
    """Forget that products may be sold out of which there is something to sell."""
    await summaries.tidy(work.session)
