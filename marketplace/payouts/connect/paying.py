"""Paying sellers at Stripe, a transfer for each payout: made once, whatever is lost.

A payout is SENT before Stripe is asked, by a key and under a name that are the payout's own. Whoever goes on
with one that is SENT looks first whether there is a transfer of that name: Stripe forgets keys after a day.
What Stripe has made is written down by `transfers.note`, whoever hears of it first, and told `reactions.py`.
"""

from typing import TYPE_CHECKING
from uuid import UUID

import stripe
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from stripe import Transfer
from stripe.params import TransferCreateParams

from marketplace.kit.ids import to_global_id
from marketplace.kit.money import Money
from marketplace.payments.answers import AnswerError, LostAnswerError, UnreachableError
from marketplace.payments.gateways.stripe import transfers
from marketplace.payments.gateways.stripe.api import RefusedError
from marketplace.payments.gateways.stripe.connect import StripeConnect
from marketplace.payments.gateways.stripe.units import to_units
from marketplace.payouts.connect.accounts import connect_in
from marketplace.payouts.connect.errors import words_for
from marketplace.payouts.connect.models import ConnectedAccount
from marketplace.payouts.endings import Ending, end_payouts, locked_run
from marketplace.payouts.models import Payout, PayoutStatus
from marketplace.payouts.ways import Teller, mark_sent
from marketplace.vendors.models import PayoutMethod

if TYPE_CHECKING:
    from marketplace.kit.jobs import Work

MOST_SILENCES = 3
"""After so many payouts in a row of which Stripe says nothing, the others wait for another time."""
REFUSALS = (400, 402, 404)
"""Of HTTP: Stripe has read what it was asked for, and did not do it."""
NOT_READY = "The seller's account at Stripe can't be paid into at present."
UNDER_WAY = (PayoutStatus.PENDING, PayoutStatus.SENT)


async def pay_run(work: "Work", run_id: int) -> None:
    """Make a transfer for each payout of a run that is paid so. What Stripe refuses has failed; what nobody
    knows of is found out by the next try. Raises AnswerError where there is something left to do.
    """
    connect = connect_in(work.settings)
    async with work.database.transaction() as session:
        under_way = await session.scalars(
            select(Payout.id)
            .where(
                Payout.run_id == run_id,
                Payout.method == PayoutMethod.STRIPE_TRANSFER,
                Payout.status.in_(UNDER_WAY),
            )
            .order_by(Payout.number)
        )
        left = under_way.all()
    failure, silences = None, 0
    for payout_id in left:
        try:
            await _pay(work, connect, run_id, payout_id)
            silences = 0
        except AnswerError as error:
            failure = error
            silences += isinstance(error, LostAnswerError | UnreachableError)
            if silences == MOST_SILENCES:
                break
    if failure is not None:
        raise failure


async def _pay(work: "Work", connect: StripeConnect, run_id: int, payout_id: UUID) -> None:
    """Pay one payout. Raises AnswerError where it is not known, or not for good, that it can't be done."""
    async with work.database.transaction() as session:
        await locked_run(session, run_id)
        payout = await session.get_one(Payout, payout_id, populate_existing=True)
        if payout.status not in UNDER_WAY:
            return  # Somebody else has heard of it, or failed it: it is never asked for again.
        was_asked = payout.status is PayoutStatus.SENT
        refusal = None if was_asked else await _why_not(session, payout)
        if refusal is not None:
            await _fail(session, payout, refusal)
            return
        await mark_sent(session, Payout.id == payout_id)
    params = _params(payout)
    try:
        transfer = await _made_before(connect, payout) if was_asked else None
        transfer = transfer or await connect.pay(params, str(payout.id))
    except RefusedError as error:
        if not _is_final(error):
            raise
        async with work.database.transaction() as session:
            await locked_run(session, run_id)
            await _fail(session, await session.get_one(Payout, payout_id), words_for(error))
        return
    async with work.database.transaction() as session:
        await transfers.note(session, transfer)


def _params(payout: Payout) -> TransferCreateParams:
    return {
        "amount": to_units(Money(payout.amount_minor, payout.currency)),
        "currency": payout.currency.lower(),
        "destination": payout.stripe_account_id or "",
        "transfer_group": str(payout.id),
        "description": payout.end_to_end_id,
        "metadata": {"payout": to_global_id("Payout", payout.id)},
    }


async def _made_before(connect: StripeConnect, payout: Payout) -> Transfer | None:
    found = await connect.transfers_for(str(payout.id))
    return next((one for one in found if one.destination == payout.stripe_account_id), None)


async def _why_not(session: AsyncSession, payout: Payout) -> str | None:
    """Why Stripe need not be asked: the account is not the seller's any more, or can't be paid into, or not
    that amount.
    """
    account = await session.scalar(
        select(ConnectedAccount).where(ConnectedAccount.vendor_id == payout.vendor_id)
    )
    if account is None or not account.is_ready or account.account_id != payout.stripe_account_id:
        return NOT_READY
    try:
        _params(payout)
    except AnswerError:
        return f"Stripe has no such small coins in {payout.currency}."
    return None


async def _fail(session: AsyncSession, payout: Payout, reason: str) -> None:
    await session.refresh(payout)
    if payout.status in UNDER_WAY:
        await end_payouts(session, Teller.GATEWAY, [Ending(payout, PayoutStatus.FAILED, reason)])


def _is_final(error: RefusedError) -> bool:
    """Whether the transfer was not made and would not be if it was asked for again."""
    is_of_another = isinstance(error.__cause__, stripe.IdempotencyError)
    return not is_of_another and (error.status in REFUSALS or error.code == "account_invalid")
