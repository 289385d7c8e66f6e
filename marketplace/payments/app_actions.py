"""Charging, paying back and calling off: a payment's app is asked to, as it is asked for payments
(`by_app.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.content.reasons import UNSAID, Why
from marketplace.kit import clock
from marketplace.kit.acting import actor
from marketplace.kit.errors import DomainError, InvalidError
from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.orders.models import OrderEvent
from marketplace.payments.answers import AnswerError, action_answer, shortened
from marketplace.payments.by_app import Asked, happening_of, new_request, not_done, take_actions
from marketplace.payments.errors import NobodyToAskError
from marketplace.payments.granted import askable_grant, follow_grant
from marketplace.payments.holding import Held, follow, hold
from marketplace.payments.models import TransactionAction, TransactionEvent, TransactionItem
from marketplace.payments.models import TransactionEventType as Type
from marketplace.payments.reporting import By, report
from marketplace.payments.transactions import add_up, events_of
from marketplace.webhooks.asking import Heard, questions, webhooks_asked

_ACTIONS = {
    TransactionAction.CHARGE: (Type.CHARGE_REQUEST, "TRANSACTION_CHARGE_REQUESTED"),
    TransactionAction.REFUND: (Type.REFUND_REQUEST, "TRANSACTION_REFUND_REQUESTED"),
    TransactionAction.CANCEL: (Type.CANCEL_REQUEST, "TRANSACTION_CANCELATION_REQUESTED"),
}
_IN_ORDERS_HISTORY = {
    Type.CHARGE_REQUEST: "TRANSACTION_CHARGE_REQUESTED",
    Type.REFUND_REQUEST: "TRANSACTION_REFUND_REQUESTED",
    Type.CANCEL_REQUEST: "TRANSACTION_CANCEL_REQUESTED",
}
LONGEST_ANSWER = timedelta(seconds=30)
"""After so long without an outcome, whoever asked is taken for dead."""


@dataclass(frozen=True, slots=True)
class Action:
    """What an app is to do with a payment, and why."""

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
    """Write down that a payment's app is asked to charge, to pay back or to call off.

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
    """Write down that a payment's app is asked to pay back what staff have granted.

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
    transaction = held.transaction
    kind, event = _ACTIONS[action.kind]
    app_id = transaction.app_id
    if app_id is None or not await webhooks_asked(session, event, app_id):
        raise NobodyToAskError("No app is configured to carry out what is asked of this payment.")
    is_refund = action.kind is TransactionAction.REFUND
    possible = transaction.charged_minor if is_refund else transaction.authorized_minor
    asked = min(action.amount_minor or possible, possible)
    if asked <= 0:
        raise InvalidError(f"There is nothing to {action.kind.lower()}.", field=action.field)
    if _is_being_asked(await events_of(session, transaction), kind):
        raise InvalidError("The app is being asked for this already.", field=action.field)
    request = new_request(transaction, kind, asked, app_id=actor().app_id)
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
    details: dict[str, object] = {
        "amount_minor": asked,
        "currency": transaction.currency,
        "action_type": action.kind.value,
        "granted_refund_key": action.granted_refund_id,
    }
    happening = happening_of(event, "TransactionItem", transaction.id, details)
    return Asked(transaction.token, request.id, app_id, await questions(session, settings, happening, app_id))


async def action_answered(session: AsyncSession, asked: Asked, heard: Sequence[Heard]) -> TransactionItem:
    """Write down what an app has said to an action that it was asked for."""
    held = await hold(session, asked.token)
    transaction = held.transaction
    request = await session.get_one(TransactionEvent, asked.request_id, populate_existing=True)
    said = heard[0].said if heard else None
    try:
        answer = action_answer(said, request.type, request.amount_minor, transaction.currency)
        await _check_new(session, transaction, request, answer.psp_reference)
        request.psp_reference, request.counts = answer.psp_reference, True
        await session.flush()
        if answer.event is not None:
            await report(session, transaction, answer.event, By(app_id=asked.app_id))
    except (AnswerError, DomainError) as error:
        await not_done(session, transaction, request, error, asked.app_id)
    else:
        take_actions(transaction, said)
    await add_up(session, transaction)
    await follow(session, held)
    return transaction


async def _check_new(
    session: AsyncSession, transaction: TransactionItem, request: TransactionEvent, reference: str
) -> None:
    """Raises AnswerError where another request goes by a reference."""
    for other in await events_of(session, transaction):
        if other.type is request.type and other.psp_reference == reference and other.counts:
            raise AnswerError("Another request goes by this `pspReference`.")


def _is_being_asked(told: Sequence[TransactionEvent], kind: Type) -> bool:
    """Whether the same is on its way: asked just now, and nothing told since."""
    last = told[-1] if told else None
    return (
        last is not None
        and last.type is kind
        and not last.counts
        and last.created_at > clock.now() - LONGEST_ANSWER
    )
