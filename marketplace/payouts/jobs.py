"""What a worker does for payouts."""

import structlog

from marketplace.kit import clock
from marketplace.kit.jobs import Retry, Work, job
from marketplace.payouts.connect import accounts, hearing
from marketplace.payouts.counter import RETURNED_AT_ONCE, return_unfetched
from marketplace.payouts.drafting import draft_due, scheduled_currencies
from marketplace.payouts.papers.commission_invoices import last_finished_month
from marketplace.payouts.papers.monthly import issue_month
from marketplace.payouts.papers.parties import IssuerMissingError
from marketplace.payouts.release import BATCH, release_due
from marketplace.payouts.runs import queue_unsent
from marketplace.payouts.sending import send
from marketplace.payouts.snapshots import take_snapshots

log = structlog.get_logger(__name__)

HEARD = hearing.ACCOUNT_TYPES
"""Stripe's events that a worker works on since it has read this module."""


@job("payouts.release")
async def release(work: Work) -> None:
    """Make payable whatever has become so, a batch to a transaction: what is done stays done."""
    released = BATCH
    while released == BATCH:
        async with work.database.transaction() as session:
            released = await release_due(session)


@job("payouts.draft_due")
async def draft(work: Work) -> None:
    """Draft the runs whose day has come, a currency to a transaction."""
    for currency in await scheduled_currencies(work.session):
        async with work.database.transaction() as session:
            await draft_due(session, currency)


@job("payouts.return_unfetched")
async def return_cash(work: Work) -> None:
    """Make payable again the cash that nobody has fetched in time."""
    returned = RETURNED_AT_ONCE
    while returned == RETURNED_AT_ONCE:
        async with work.database.transaction() as session:
            returned = await return_unfetched(session)


@job("payouts.send", retry=Retry(times=8))
async def send_run(work: Work, run_id: int) -> None:
    """Send an approved run, each payout its seller's way."""
    await send(work, run_id)


@job("payouts.send_waiting")
async def send_waiting(work: Work) -> None:
    """Try again what could not be sent though it was tried often: the store of files may be back."""
    await queue_unsent(work.session)


@job("payouts.look_after_stripe_accounts")
async def look_after_stripe_accounts(work: Work) -> None:
    """Ask after sellers' accounts at Stripe of which nothing was heard."""
    await accounts.look_after(work.database, work.settings)


@job("payouts.take_snapshots")
async def snapshots(work: Work) -> None:
    """Sum the postings of sellers that have many new ones, so that their balances stay quick to read."""
    await take_snapshots(work.database)


@job("payouts.issue_papers")
async def issue_papers(work: Work) -> None:
    """Issue the invoices and credit notes of the month that is over, where they are not issued yet."""
    try:
        await issue_month(work.database, work.settings, last_finished_month(clock.now()))
    except IssuerMissingError as error:
        log.warning("no invoices of commission", reason=error.message)
