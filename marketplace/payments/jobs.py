"""What payments do again and again."""

from uuid import UUID

from marketplace.kit.jobs import Work, job
from marketplace.payments import auto_completion, expiring
from marketplace.payments.at_the_door import confirming


@job("payments.complete_paid")
async def complete_paid(work: Work) -> None:
    """Find checkouts that are to become orders by themselves."""
    await auto_completion.queue_due(work.session)


@job("payments.complete_checkout")
async def complete_checkout(work: Work, checkout_id: UUID) -> None:
    """Make the order of a checkout that is paid in full."""
    await auto_completion.complete_if_due(work.session, checkout_id)


@job("payments.expire_orders")
async def expire_orders(work: Work) -> None:
    """Let orders expire that nobody has confirmed or paid."""
    await expiring.expire_due(work.session)


@job("payments.delete_expired_orders")
async def delete_expired_orders(work: Work) -> None:
    """Delete orders that expired long ago."""
    await expiring.delete_expired(work.session)


@job("payments.follow_cash_orders")
async def follow_cash_orders(work: Work) -> None:
    """Remind buyers who have to confirm an order, and find those orders whose time is over."""
    await confirming.follow_up(work.session)


@job(confirming.EXPIRE)
async def expire_cash_order(work: Work, order_id: UUID) -> None:
    """Call off an order that its buyer has not confirmed in time."""
    await confirming.expire(work.session, order_id)
