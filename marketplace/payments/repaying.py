"""Paying an order back through whatever took its money: gateways and apps are asked, the rest is by hand.

Where nobody outside has to be asked, all of it is done at once. Otherwise it goes in the steps of `asked.py`:
what is wanted is written down as a repayment, with a request for each payment concerned; they are put, with
nothing in hand; once all are answered, `repaid.py` moves the pieces and has the sellers bear their shares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError
from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.orders.errors import CannotRefundError
from marketplace.orders.fulfilling import lock_order
from marketplace.payments import repaid
from marketplace.payments.actions import Action, ask_for_action
from marketplace.payments.asked import Asked
from marketplace.payments.models import Repayment, RepaymentRequest, TransactionAction
from marketplace.payments.refund_shares import Take
from marketplace.payments.refunding import Plan, Refunding, Returned, carry_out, plan
from marketplace.payments.taking import Takes, takes_of
from marketplace.payments.wanted import as_json


@dataclass(frozen=True, slots=True)
class Begun:
    """A repayment that is written down, and the questions that are to be put. `repaid.outcome` says what came
    of it once they are answered.
    """

    repayment_id: int
    asked: Sequence[Asked]


async def begin(
    session: AsyncSession,
    settings: Settings,
    order_id: UUID,
    refunding: Refunding,
    user_id: int | None = None,
) -> Returned | Begun:
    """Pay an order back, or have it paid back.

    Raises what `pieces_named` raises, and CannotRefundError.
    """
    if refunding.wish is not None:
        await repaid.check_none_under_way(session, order_id)
    locked = await lock_order(session, order_id)
    purse, planned = await plan(session, locked, refunding)
    takes = await takes_of(
        session, settings, purse.transactions, TransactionAction.REFUND, planned.refunded_minor
    )
    _check_all(takes, locked.order.currency)
    if not takes.outside:
        return await carry_out(session, locked, refunding, planned, takes.by_hand, user_id)
    repayment = _written(order_id, locked.order.currency, refunding, planned, takes.by_hand, user_id)
    session.add(repayment)
    await session.flush()
    asked = [await _ask(session, settings, take, user_id) for take in takes.outside]
    session.add_all(RepaymentRequest(request_id=each.request_id, repayment_id=repayment.id) for each in asked)
    await session.flush()
    return Begun(repayment.id, asked)


def _written(
    order_id: UUID,
    currency: str,
    refunding: Refunding,
    planned: Plan,
    by_hand: Sequence[Take],
    user_id: int | None,
) -> Repayment:
    return Repayment(
        order_id=order_id,
        user_id=user_id,
        currency=currency,
        amount_minor=planned.refunded_minor,
        wanted=as_json(refunding),
        shares={
            str(part_id): [borne.goods_minor, borne.shipping_minor]
            for part_id, borne in planned.shares.items()
        },
        by_hand={str(transaction.id): minor for transaction, minor in by_hand},
    )


def _check_all(takes: Takes, currency: str) -> None:
    """Raises CannotRefundError where what can be paid back does not come to the amount."""
    if takes.left_minor:
        by = "other means" if takes.passed_over is None else takes.passed_over.name or "other means"
        raise CannotRefundError(
            f"Nobody can be asked to pay back {Money(takes.left_minor, currency)} that were paid by {by}.",
            code="TRANSACTION_ERROR",
        )


async def _ask(session: AsyncSession, settings: Settings, take: Take, user_id: int | None) -> Asked:
    transaction, minor = take
    try:
        return await ask_for_action(
            session, settings, transaction.token, Action(TransactionAction.REFUND, minor), user_id
        )
    except DomainError as error:
        raise CannotRefundError(error.message, code="TRANSACTION_ERROR") from error
