"""Money that changes hands outside of any gateway: staff say that it did, and the ledger books it."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, InvalidError, UniqueError
from marketplace.kit.events import publish
from marketplace.kit.money import Money
from marketplace.orders.letters import OrderLetter, write_to_buyer
from marketplace.orders.models import Order, OrderEvent
from marketplace.payments.errors import AlreadyPaidError
from marketplace.payments.events import PaidBackByHand, PaidByHand
from marketplace.payments.gateways import Payable
from marketplace.payments.gateways.by_hand import BY_HAND
from marketplace.payments.models import TransactionAction, TransactionEventType, TransactionItem
from marketplace.payments.refund_shares import Take
from marketplace.payments.transactions import lock_payable, refresh_order, tell, transactions_of

NAME = "Mark-as-paid transaction"
"""As in Saleor: its clients know such payments by this name."""
REFERENCE_LENGTH = 512
"""As in Saleor."""


async def mark_as_paid(
    session: AsyncSession, order_id: UUID, *, reference: str | None = None, user_id: int | None = None
) -> Order:
    """Write down that all of an order was paid, whichever way. Raises NotFoundError, DomainError
    (BILLING_ADDRESS_NOT_SET), UniqueError, and AlreadyPaidError where there are payments, or nothing is owed.
    """
    payable = await lock_payable(session, None, order_id)
    order = _order_of(payable)
    if order.billing_address_id is None:
        raise DomainError("Say first who is billed for it.", code="BILLING_ADDRESS_NOT_SET")
    if await transactions_of(session, payable):
        message = "Orders with transactions can not be manually marked as paid."
        session.add(_event(order, "TRANSACTION_MARK_AS_PAID_FAILED", user_id, message=message))
        await session.flush()
        raise AlreadyPaidError(message, field="transaction")
    if order.total_gross_minor and not payable.total.minor:
        raise AlreadyPaidError("Nothing is owed for this order.", field="transaction")
    reference = (reference or "").strip() or None
    if reference is not None and len(reference) > REFERENCE_LENGTH:
        message = f"At most {REFERENCE_LENGTH} characters, please."
        raise InvalidError(message, field="transactionReference")
    if reference is not None and await session.scalar(
        select(TransactionItem.id).where(TransactionItem.psp_reference == reference)
    ):
        raise UniqueError("Another payment has this reference.", field="transactionReference")
    transaction = TransactionItem(
        order_id=order.id,
        gateway=BY_HAND,
        name=NAME,
        psp_reference=reference,
        idempotency_key=str(uuid4()),
        currency=order.currency,
        available_actions=[TransactionAction.REFUND],
    )
    session.add(transaction)
    await session.flush()
    event = await tell(
        session,
        transaction,
        TransactionEventType.CHARGE_SUCCESS,
        payable.total,
        reference or "",
        message="Manual payment",
        user_id=user_id,
    )
    given = {"transaction_reference": reference} if reference else {}
    session.add(_event(order, "ORDER_MARKED_AS_PAID", user_id, **given))
    await refresh_order(session, order, is_noted=False)
    await announce(session, "ORDER_UPDATED", order)
    await publish(session, PaidByHand(event.id))
    return order


async def pay_back(
    session: AsyncSession, order: Order, takes: Sequence[Take], refunded_minor: int, user_id: int | None
) -> None:
    """Pay a locked order's payments back by hand, and write to the buyer of all that is refunded: gateways
    may have done some of it. The caller has seen to it that so much was paid.
    """
    for transaction, back_minor in takes:
        event = await tell(
            session,
            transaction,
            TransactionEventType.REFUND_SUCCESS,
            Money(back_minor, order.currency),
            f"refund:{uuid4()}",
            message="Paid back by hand.",
            user_id=user_id,
        )
        amount = str(Money(back_minor, order.currency).amount)
        told = {"amount": amount, "payment_gateway": transaction.name}
        session.add(_event(order, "PAYMENT_REFUNDED", user_id, **told))
        await publish(session, PaidBackByHand(event.id))
    await refresh_order(session, order)
    await write_to_buyer(session, order, OrderLetter.ORDER_REFUNDED, user_id, said=str(refunded_minor))
    if not takes:  # Whoever heard the gateways has told of it.
        return
    await announce(session, "ORDER_REFUNDED", order)
    if order.total_refunded_minor >= order.total_gross_minor:
        await announce(session, "ORDER_FULLY_REFUNDED", order)


def _order_of(payable: Payable) -> Order:
    if payable.order is None:
        raise TypeError("an order was asked for")
    return payable.order


def _event(order: Order, event_type: str, user_id: int | None, **parameters: str) -> OrderEvent:
    return OrderEvent(order_id=order.id, type=event_type, user_id=user_id, parameters=parameters)
