"""What payments do again and again."""

from uuid import UUID

from marketplace.checkout.asking_for_taxes import tax_checkout
from marketplace.checkout.carriers_asked import hear_carriers
from marketplace.kit.jobs import Retry, Work, job
from marketplace.payments import (
    auto_completion,
    expiring,
    finding_out,
    giving_back,
    lost,
    releasing,
    repaid,
    surplus,
)
from marketplace.payments.at_the_door import confirming
from marketplace.payments.gateways.redirect import inbox as banks
from marketplace.payments.gateways.stripe import (
    bank,
    books,
    disputes,
    handlers,
    inbox,
    letters,
    reconciling,
    transfers,
)


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


@job("payments.find_out_due")
async def find_out_due(work: Work) -> None:
    """Find requests to gateways of which nobody knows yet what came."""
    await lost.queue_due(work.session)


@job(lost.FIND_OUT)
async def find_out(work: Work, call_id: int) -> None:
    """Find out what came of a request to a gateway."""
    await finding_out.find_out(work.database, work.settings, call_id)


@job("payments.follow_repayments")
async def follow_repayments(work: Work) -> None:
    """Conclude refunds that nobody lives to conclude."""
    await repaid.follow_late(work.session)


@job("payments.release_due")
async def release_due(work: Work) -> None:
    """Find money of checkouts that nobody will complete."""
    await releasing.queue_due(work.session, work.settings)


@job(releasing.RELEASE)
async def release(work: Work, token: UUID) -> None:
    """Give a payment of a checkout back that nobody will complete."""
    await releasing.release(work.database, work.settings, token)


@job(surplus.GIVE_BACK)
async def give_surplus_back(work: Work, order_id: UUID, token: UUID, most_minor: int) -> None:
    """Give back what an order's payments have too much of."""
    await giving_back.give_back(work.database, work.settings, order_id, token, most_minor)


@job(inbox.WORK, retry=Retry(times=12, first_wait_seconds=10))
async def work_on_stripe_event(work: Work, event_id: str) -> None:
    """Work on something that Stripe has told us of."""
    await handlers.work_on(work, event_id)


@job("payments.queue_stripe_events")
async def queue_stripe_events(work: Work) -> None:
    """Find what Stripe has told us of and nobody works on any more."""
    await inbox.queue_waiting(work.session)


@job("payments.forget_stripe_events")
async def forget_stripe_events(work: Work) -> None:
    """Forget what Stripe told us of long ago."""
    await inbox.forget_old(work.session)


@job(banks.WORK, retry=Retry(times=12, first_wait_seconds=10))
async def work_on_bank_notice(work: Work, notice_id: str) -> None:
    """Work on something that a bank has told us of."""
    await banks.work_on(work, notice_id)


@job("payments.forget_bank_notices")
async def forget_bank_notices(work: Work) -> None:
    """Forget what banks told us of long ago."""
    await banks.forget_old(work.session)


@job("payments.follow_cash_orders")
async def follow_cash_orders(work: Work) -> None:
    """Remind buyers who have to confirm an order, and find those orders whose time is over."""
    await confirming.follow_up(work.session)


@job(confirming.EXPIRE)
async def expire_cash_order(work: Work, order_id: UUID) -> None:
    """Call off an order that its buyer has not confirmed in time."""
    await confirming.expire(work.session, order_id)


@job("payments.read_stripe_books")
async def read_stripe_books(work: Work) -> None:
    """Take over what Stripe's own books have had since: fees, payouts to our bank."""
    await books.read_on(work.database, work.settings)
    await bank.find_out_due(work.database, work.settings)
    await disputes.find_unheard(work.database, work.settings)
    await transfers.find_unheard(work.database, work.settings)


@job("payments.reconcile", retry=Retry(times=6, first_wait_seconds=60))
async def reconcile(work: Work) -> None:
    """Keep where Stripe's books and ours say different things, for staff to look into."""
    await books.read_on(work.database, work.settings)
    await transfers.find_unheard(work.database, work.settings)
    async with work.database.transaction() as session:
        if await reconciling.keep_differences(session):
            await letters.tell_differences(session)


@job("payments.remind_of_disputes")
async def remind_of_disputes(work: Work) -> None:
    """Find disputes that staff have to answer soon."""
    await letters.remind_due(work.session)
