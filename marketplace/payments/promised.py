"""What is promised for an order, charged or called off as a whole: all its payments together."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError
from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.payments.actions import Action, ask_for_action
from marketplace.payments.asked import Asked
from marketplace.payments.errors import OlderPaymentError
from marketplace.payments.models import TransactionAction
from marketplace.payments.taking import takes_of
from marketplace.payments.transactions import lock_payable, transactions_of

_INACTIVE = {
    TransactionAction.CHARGE: "CAPTURE_INACTIVE_PAYMENT",
    TransactionAction.CANCEL: "VOID_INACTIVE_PAYMENT",
}


async def act_on_order(
    session: AsyncSession,
    settings: Settings,
    order_id: UUID,
    action: TransactionAction,
    amount_minor: int | None = None,
    user_id: int | None = None,
) -> Sequence[Asked]:
    """Write down that so much of what is promised for an order, or all of it, is to be charged or called off:
    of its latest payment first. A promise to pay at the door is kept or broken there.

    Raises NotFoundError, OlderPaymentError, DomainError (PAYMENT_MISSING, CAPTURE_INACTIVE_PAYMENT, ...).
    """
    payable = await lock_payable(session, None, order_id)
    payments = await transactions_of(session, payable)
    if not payments:
        message = "There's no payment associated with the order."
        raise DomainError(message, field="payment", code="PAYMENT_MISSING")
    promised_minor = sum(one.authorized_minor for one in payments)
    if not promised_minor:
        raise DomainError("Nothing is promised that could be.", field="payment", code=_INACTIVE[action])
    wanted_minor = promised_minor if amount_minor is None else amount_minor
    takes = await takes_of(session, settings, payments, action, wanted_minor)
    askable_minor = sum(minor for _, minor in takes.outside)
    if not takes.outside:
        raise OlderPaymentError("Nobody can be asked for what is promised.", field="payment")
    if amount_minor is not None and takes.left_minor:
        promised = Money(askable_minor, payments[0].currency)
        raise OlderPaymentError(f"Only {promised} are promised.", field="amount")
    try:
        return [
            await ask_for_action(session, settings, one.token, Action(action, minor), user_id)
            for one, minor in takes.outside
        ]
    except DomainError as error:
        raise OlderPaymentError(error.message, field="payment") from error
