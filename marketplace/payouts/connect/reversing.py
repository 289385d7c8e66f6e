"""Taking back what a seller was paid at Stripe, all of it or a part: by staff, and once for each request."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from stripe import Transfer
from stripe.params import TransferReversalCreateParams

from marketplace.kit.errors import InvalidError, NotFoundError, RequiredError
from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.payments.gateways.stripe import transfers
from marketplace.payments.gateways.stripe.connect import StripeConnect
from marketplace.payments.gateways.stripe.models import StripeTransfer
from marketplace.payments.gateways.stripe.state import metadata_of
from marketplace.payments.gateways.stripe.units import to_units
from marketplace.payouts.connect.accounts import connect_in
from marketplace.payouts.connect.errors import SellerStateError
from marketplace.payouts.models import Payout, PayoutStatus
from marketplace.people import audit
from marketplace.vendors.models import PayoutMethod

REQUEST = "request"
"""In the metadata of a reversal: by which it is known again when Stripe has forgotten its key."""
LONGEST_KEY = 100
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """A reversal that staff have asked for."""

    payout_id: UUID
    transfer_id: str
    key: str
    amount: Money
    left: Money
    """What the seller has of it still, as far as is known."""


async def begin(
    session: AsyncSession,
    settings: Settings,
    payout_id: UUID,
    amount_minor: int | None,
    *,
    reason: str,
    key: str | None,
    actor_id: int | None,
) -> Wanted | None:
    """Note what is to be taken back of a payout; by default all that the seller has of it still. None: that
    is nothing.

    Asked for again with the same key it is the same reversal. Without a key, it is as long as nothing has
    come back since. Raises NotFoundError, SellerStateError, RequiredError, InvalidError.
    """
    connect_in(settings)
    if not reason.strip():
        raise RequiredError("Why is it taken back? The seller will read it.", field="reason")
    if len(reason) > LONGEST_REASON or len(key or "") > LONGEST_KEY:
        raise InvalidError("This is too long.", field="reason" if len(reason) > LONGEST_REASON else "key")
    payout = await session.get(Payout, payout_id, with_for_update=True, populate_existing=True)
    if payout is None:
        raise NotFoundError("There is no such payout.", field="id")
    if payout.method is not PayoutMethod.STRIPE_TRANSFER:
        raise SellerStateError("Only what was paid at Stripe can be taken back there.", field="id")
    if payout.paid_at is None:
        raise SellerStateError(f"This payout is {payout.status}: nothing was paid yet.", field="id")
    transfer_id = await session.scalar(
        select(StripeTransfer.id).where(
            StripeTransfer.transfer_group == str(payout.id), StripeTransfer.is_ours
        )
    )
    gone = payout.amount_minor if payout.status is PayoutStatus.RETURNED else payout.returned_minor
    left = payout.amount_minor - gone
    if transfer_id is None or (amount_minor is None and left == 0):
        return None
    wanted_minor = left if amount_minor is None else amount_minor
    if key is None and wanted_minor > left:
        raise _too_much(Money(left, payout.currency))
    await audit.record(
        session,
        actor_id,
        "payout.taken_back",
        "Payout",
        payout.id,
        amount=str(Money(wanted_minor, payout.currency)),
        reason=reason,
    )
    return Wanted(
        payout.id,
        transfer_id,
        f"{payout.id}:{key}" if key else f"{payout.id}:{gone}:{wanted_minor}",
        Money(wanted_minor, payout.currency),
        Money(left, payout.currency),
    )


async def ask(connect: StripeConnect, wanted: Wanted) -> Transfer:
    """Have Stripe take it back, unless it has done so, and give the transfer as it is then.

    Raises AnswerError, and InvalidError for more than is left.
    """
    made = await connect.reversals_of(wanted.transfer_id)
    if not any(metadata_of(one).get(REQUEST) == wanted.key for one in made):
        if wanted.amount.minor > wanted.left.minor:
            raise _too_much(wanted.left)
        params: TransferReversalCreateParams = {
            "amount": to_units(wanted.amount),
            "metadata": {REQUEST: wanted.key},
        }
        await connect.reverse(wanted.transfer_id, params, wanted.key)
    return await connect.transfer(wanted.transfer_id)


async def note(session: AsyncSession, wanted: Wanted, transfer: Transfer, reason: str) -> None:
    """Write down what has come back, and why."""
    await transfers.note(session, transfer)
    payout = await session.get_one(Payout, wanted.payout_id, with_for_update=True, populate_existing=True)
    payout.reason = reason.strip()
    await session.flush()


def _too_much(left: Money) -> InvalidError:
    return InvalidError(f"The seller has {left} of it still.", field="amount")
