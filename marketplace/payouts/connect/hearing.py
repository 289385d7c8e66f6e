"""What Stripe tells of sellers' accounts."""

from marketplace.kit.jobs import Work
from marketplace.payments.gateways.notices import NoticeStatus
from marketplace.payments.gateways.stripe.handlers import handles
from marketplace.payments.gateways.stripe.models import StripeEvent
from marketplace.payouts.connect import accounts

ACCOUNT_TYPES = ("account.application.deauthorized", "account.updated", "capability.updated")


@handles(*ACCOUNT_TYPES)
async def follow_account(work: Work, event: StripeEvent) -> NoticeStatus | None:
    """Find out how a seller's account stands, whatever the event itself says of it."""
    if event.account is None:
        return NoticeStatus.IGNORED
    is_ours = await accounts.look(work.database, work.settings, event.account)
    return None if is_ours else NoticeStatus.IGNORED
