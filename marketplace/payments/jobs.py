"""What payments do again and again."""

from uuid import UUID

from marketplace.checkout.asking_for_taxes import tax_checkout
from marketplace.checkout.carriers_asked import hear_carriers
from marketplace.kit.jobs import Work, job
from marketplace.payments import auto_completion, expiring


@job("payments.complete_paid")
async def complete_paid(work: Work) -> None:
    """Find checkouts that are to become orders by themselves."""
    await auto_completion.queue_due(work.session)


@job(auto_completion.COMPLETE)
async def complete_checkout(work: Work, checkout_id: UUID, *, was_asked: bool = False) -> None:
    """Make the order of a checkout that is paid in full. Apps are asked first whether they still carry it: no
    buyer is there to choose another way.
    """
    if await auto_completion.is_due(work.session, checkout_id):
        await hear_carriers(work.database, work.settings, checkout_id)
    await auto_completion.complete_if_due(work.session, checkout_id, was_asked=was_asked)


@job(auto_completion.ASK_FOR_TAXES)
async def ask_for_taxes(work: Work, checkout_id: UUID) -> None:
    """Have an app say the taxes of a checkout that is to become an order."""
    await tax_checkout(work.database, work.settings, checkout_id)
    await auto_completion.queue(work.session, checkout_id, was_asked=True)


@job("payments.expire_orders")
async def expire_orders(work: Work) -> None:
    """Let orders expire that nobody has confirmed or paid."""
    await expiring.expire_due(work.session)


@job("payments.delete_expired_orders")
async def delete_expired_orders(work: Work) -> None:
    """Delete orders that expired long ago."""
    await expiring.delete_expired(work.session)
