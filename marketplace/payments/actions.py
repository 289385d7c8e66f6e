"""Payments that are charged, paid back and called off, by whoever carries them out: see `asked.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.content.reasons import UNSAID, Why
from marketplace.kit import clock
from marketplace.kit.acting import actor
from marketplace.kit.errors import DomainError, InvalidError
from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.orders.models import OrderEvent
from marketplace.payments.answers import AnswerError, LostAnswerError, shortened
from marketplace.payments.asked import Asked
from marketplace.payments.by_gateway import key_of
from marketplace.payments.granted import askable_grant, follow_grant
from marketplace.payments.holding import Held, follow, hold
from marketplace.payments.lost import find_out_later, is_unknown
from marketplace.payments.models import (
    GatewayCall,
    TransactionAction,
    TransactionEvent,
    TransactionItem,
)
from marketplace.payments.models import TransactionEventType as Type
from marketplace.payments.providers import provider_of_actions
from marketplace.payments.reporting import By, failed, report
from marketplace.payments.telling import describe, request_of
from marketplace.payments.transactions import add_up, events_of

KINDS = {
    TransactionAction.CHARGE: Type.CHARGE_REQUEST,
    TransactionAction.REFUND: Type.REFUND_REQUEST,
    TransactionAction.CANCEL: Type.CANCEL_REQUEST,
}
_IN_ORDERS_HISTORY = {
    Type.CHARGE_REQUEST: "TRANSACTION_CHARGE_REQUESTED",
    Type.REFUND_REQUEST: "TRANSACTION_REFUND_REQUESTED",
    Type.CANCEL_REQUEST: "TRANSACTION_CANCEL_REQUESTED",
}
LONGEST_ANSWER = timedelta(seconds=30)
"""After so long without an outcome, whoever asked is taken for dead."""
NOBODY_ANSWERED = "There was no answer for a day. What was done is what has been told of since."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Action:
    """What is to be done with a payment, and why."""

    kind: TransactionAction
    amount_minor: int | None = None
    """None: all that can be."""
    why: Why = UNSAID
    granted_refund_id: int | None = None
    field: str = "actionType"
    """Where it is said what is wrong with it."""


async def ask_for_action(
    session: AsyncSession, settings: Settings, token: UUID, action: Action, user_id: int | None = None
) -> Asked:
    """Write down that whoever carries a payment out is asked to charge, to pay back or to call off.

    Raises NotFoundError, NobodyToAskError, InvalidError.
    """
    return await _ask(session, settings, await hold(session, token), action, user_id)


async def ask_for_granted(
    session: AsyncSession,
    settings: Settings,
    token: UUID,
    refund_id: int,
    user_id: int | None = None,
) -> Asked:
    """Write down that what staff have granted is to be paid back.

    Raises as `ask_for_action` does, and GrantRequestError.
    """
    held = await hold(session, token)
    refund = await askable_grant(session, held.transaction, refund_id, LONGEST_ANSWER)
    action = Action(
        TransactionAction.REFUND,
        refund.amount_minor,
        Why(refund.reason, refund.reason_page_id),
        refund.id,
        "grantedRefundId",
    )
    asked = await _ask(session, settings, held, action, user_id)
    await follow_grant(session, refund.id)
    return asked


async def _ask(
    session: AsyncSession, settings: Settings, held: Held, action: Action, user_id: int | None
) -> Asked:
    transaction, kind = held.transaction, KINDS[action.kind]
    provider = await provider_of_actions(session, settings, transaction)
    await provider.check_action(session, kind)
    is_refund = action.kind is TransactionAction.REFUND
    possible = transaction.charged_minor if is_refund else transaction.authorized_minor
    asked = min(action.amount_minor or possible, possible)
    if asked <= 0:
        raise InvalidError(f"There is nothing to {action.kind.lower()}.", field=action.field)
    if provider.app_id is None and await is_unknown(session, transaction, kind):
        message = f"{provider.name} was asked for this before: what came of it is being found out."
        raise InvalidError(message, field=action.field)
    if _is_being_asked(await events_of(session, transaction), kind):
        raise InvalidError(f"{provider.name} is being asked for this already.", field=action.field)
    request = request_of(transaction, kind, asked, app_id=actor().app_id)
    request.user_id, request.message = user_id, shortened(action.why.text)
    request.reason_page_id, request.granted_refund_id = action.why.page_id, action.granted_refund_id
    session.add(request)
    if held.order is not None:
        amount = str(Money(asked, transaction.currency).amount)
        session.add(
            OrderEvent(
                order_id=held.order.id,
                type=_IN_ORDERS_HISTORY[kind],
                user_id=user_id,
                parameters={"amount": amount, "reference": transaction.psp_reference or ""},
            )
        )
    await session.flush()
    if provider.app_id is None:
        await find_out_later(session, transaction, request, LONGEST_ANSWER)
    call = await provider.action_call(session, transaction, request)
    return Asked(transaction.token, request.id, provider.app_id, call)


async def answered(session: AsyncSession, asked: Asked) -> TransactionItem:
    """Write down what came of an action that was asked for."""
    held = await hold(session, asked.token)
    transaction = held.transaction
    request = await session.get_one(TransactionEvent, asked.request_id, populate_existing=True)
    call = await session.scalar(
        select(GatewayCall).where(GatewayCall.request_id == request.id).with_for_update()
    )
    if call is not None and call.answered_at is not None:
        return transaction  # Somebody else found it out meanwhile.
    try:
        await _tell(session, transaction, request, asked)
    except LostAnswerError as error:
        if call is None:
            await _not_done(session, transaction, request, str(error), asked.app_id)
        else:
            _keep_pending(transaction, request)
    except (AnswerError, DomainError) as error:
        request.counts = False
        await session.flush()
        await _not_done(session, transaction, request, str(error), asked.app_id)
        _mark_answered(call)
    else:
        _mark_answered(call)
    await _conclude(session, held)
    return transaction


async def _tell(
    session: AsyncSession, transaction: TransactionItem, request: TransactionEvent, asked: Asked
) -> None:
    """Raises AnswerError, and what `report` raises."""
    answer = asked.call.answer(request)
    if answer.faults:
        log.error("payment does not fit", transaction=transaction.id, faults=list(answer.faults))
        raise AnswerError(" ".join(answer.faults))
    if not await _is_told(session, transaction, request, answer.psp_reference):
        request.psp_reference, request.counts = answer.psp_reference, True
    elif asked.app_id is None:
        # A webhook was quicker: what it told of stands for the request.
        request.psp_reference, request.counts = answer.psp_reference, False
    else:
        raise AnswerError("Another request goes by this `pspReference`.")
    await session.flush()
    for said in answer.told:
        await report(session, transaction, said, By(app_id=asked.app_id))
    describe(transaction, answer)


async def _is_told(
    session: AsyncSession, transaction: TransactionItem, request: TransactionEvent, reference: str
) -> bool:
    """Whether another request goes by a reference."""
    return any(
        other.id != request.id
        and other.type is request.type
        and other.counts
        and other.psp_reference == reference
        for other in await events_of(session, transaction)
    )


async def give_up(session: AsyncSession, token: UUID, request_id: int) -> None:
    """Write down that nobody answered for a day. What was done all the same, the gateway has told of."""
    held = await hold(session, token)
    request = await session.get_one(TransactionEvent, request_id, populate_existing=True)
    request.counts = False
    await session.flush()
    await _not_done(session, held.transaction, request, NOBODY_ANSWERED, None)
    log.error("a request was given up", transaction=held.transaction.id, request=request_id)
    await _conclude(session, held)


def _keep_pending(transaction: TransactionItem, request: TransactionEvent) -> None:
    """Nobody knows what came of it: what was asked for is neither there to be asked for again nor done."""
    request.psp_reference, request.counts = key_of(transaction, request), True


async def _not_done(
    session: AsyncSession,
    transaction: TransactionItem,
    request: TransactionEvent,
    why: str,
    app_id: int | None,
) -> None:
    await failed(
        session,
        transaction,
        request.type,
        request.amount_minor,
        why,
        app_id=app_id,
        granted_refund_id=request.granted_refund_id,
    )


def _mark_answered(call: GatewayCall | None) -> None:
    if call is not None:
        call.answered_at = clock.now()


async def _conclude(session: AsyncSession, held: Held) -> None:
    await add_up(session, held.transaction)
    await follow(session, held)


def _is_being_asked(told: Sequence[TransactionEvent], kind: Type) -> bool:
    """Whether the same is on its way: asked just now, and nothing told since."""
    last = told[-1] if told else None
    return (
        last is not None
        and last.type is kind
        and not last.counts
        and last.created_at > clock.now() - LONGEST_ANSWER
    )
