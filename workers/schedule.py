"""What is done again and again, and when (machine time, UTC).

Whatever falls due is found by looking: a job of this table asks for the rows whose moment has come by the
product's clock. So nothing is lost when a worker was down, and a clock that is advanced is followed.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.jobs import enqueue

EVERY_MINUTE = "* * * * *"
EVERY_FIVE_MINUTES = "*/5 * * * *"
EVERY_HOUR = "7 * * * *"
EVERY_NIGHT = "17 2 * * *"

SCHEDULE: dict[str, str] = {
    "queue.tidy": EVERY_NIGHT,
    "pricing.publish_due": EVERY_MINUTE,
    "pricing.promotions_due": EVERY_MINUTE,
    "pricing.follow_tax_day": EVERY_FIVE_MINUTES,
    "payments.complete_paid": EVERY_MINUTE,
    "payments.expire_orders": EVERY_MINUTE,
    "payments.delete_expired_orders": EVERY_FIVE_MINUTES,
    "payments.find_out_due": EVERY_MINUTE,
    "payments.follow_repayments": EVERY_FIVE_MINUTES,
    "payments.release_due": EVERY_FIVE_MINUTES,
    "payments.queue_stripe_events": EVERY_FIVE_MINUTES,
    "payments.forget_stripe_events": EVERY_NIGHT,
    "payments.forget_bank_notices": EVERY_NIGHT,
    "payments.follow_cash_orders": EVERY_FIVE_MINUTES,
    "payments.read_stripe_books": EVERY_HOUR,
    "payments.reconcile": EVERY_NIGHT,
    "payments.remind_of_disputes": EVERY_FIVE_MINUTES,
    "orders.refresh_drafts": EVERY_FIVE_MINUTES,
    "payouts.release": EVERY_MINUTE,
    "payouts.return_unfetched": EVERY_FIVE_MINUTES,
    "payouts.draft_due": EVERY_FIVE_MINUTES,
    "payouts.send_waiting": EVERY_FIVE_MINUTES,
    "payouts.look_after_stripe_accounts": EVERY_NIGHT,
    "payouts.take_snapshots": EVERY_FIVE_MINUTES,
    "payouts.issue_papers": EVERY_NIGHT,
    "inventory.forget_expired": EVERY_FIVE_MINUTES,
    "inventory.tidy_sold_out": EVERY_FIVE_MINUTES,
    "catalog.refresh_lexicon": EVERY_NIGHT,
    "people.forget_attempts": EVERY_FIVE_MINUTES,
    "vendors.tell_of_endings": EVERY_NIGHT,
    "post.tidy": EVERY_NIGHT,
    "exports.forget_old": EVERY_NIGHT,
    "webhooks.send_waiting": EVERY_MINUTE,
    "webhooks.tidy": EVERY_NIGHT,
}
"""The name of a job without arguments, and its cron line."""


async def run_all_now(session: AsyncSession) -> None:
    """Queue every job of the schedule at once: after the clock has been advanced."""
    for name in SCHEDULE:
        await enqueue(session, name, queueing_lock=f"schedule:{name}")
