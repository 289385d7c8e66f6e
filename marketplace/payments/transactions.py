"""Saleor's transactions: begun for a checkout or an order, told what happened, moved to the order."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID, uuid4

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import carts
from marketplace.kit.announcements import announce
from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.kit.money import Money
from marketplace.markets.models import Channel
from marketplace.orders.models import ChargeStatus, Order, OrderEvent
from marketplace.orders.owing import owed_minor
from marketplace.payments.amounts import amounts_of, authorize_status, charge_status
from marketplace.payments.covering import release_second_payments, tell_of_checkout
from marketplace.payments.errors import (
    GatewayRefusedError,
    IdempotencyKeyError,
    TooManyTransactionsError,
)
from marketplace.payments.gateway_money import tell_of_money
from marketplace.payments.gateways import Gateway, GatewayAnswer, Payable
from marketplace.payments.gateways.known import GATEWAYS, gateway_of
from marketplace.payments.models import TransactionEvent, TransactionEventType, TransactionItem

MAXIMUM_TRANSACTIONS = 100
"""Of one checkout or order: Saleor's limit."""

FINAL = frozenset(
    {
        TransactionEventType.AUTHORIZATION_REQUEST,
        TransactionEventType.AUTHORIZATION_SUCCESS,
        TransactionEventType.AUTHORIZATION_FAILURE,
        TransactionEventType.CHARGE_REQUEST,
        TransactionEventType.CHARGE_SUCCESS,
        TransactionEventType.CHARGE_FAILURE,
    }
)
"""What ends the conversation with a gateway that a payment began with."""
PAID_IN_FULL = frozenset({ChargeStatus.FULL, ChargeStatus.OVERCHARGED})


@dataclass(frozen=True, slots=True)
class Begun:
    """A transaction, what its gateway said, and what the gateway wants the client to know."""

    transaction: TransactionItem
    event: TransactionEvent
    data: dict[str, object] | None = None


async def initialize_transaction(
    session: AsyncSession,
    gateway_id: str,
    *,
    checkout_id: UUID | None = None,
    order_id: UUID | None = None,
    amount_minor: int | None = None,
    idempotency_key: str | None = None,
    charge: bool | None = None,
    user_id: int | None = None,
) -> Begun:
    """Ask a gateway for money: by default for all that is neither promised nor paid yet.

    `charge` insists on a payment at once (or on a promise), where the gateway can do that.
    The same idempotency key gives the same transaction. Raises UnknownGatewayError, CheckoutGoneError,
    NotFoundError, GatewayRefusedError, IdempotencyKeyError, InvalidError, TooManyTransactionsError.
    """
    gateway = gateway_of(gateway_id)
    check_key(idempotency_key)
    if charge and gateway.is_promise:
        raise GatewayRefusedError(f"{gateway.name} is a promise: nothing is paid at once.", field="action")
    payable = await lock_payable(session, checkout_id, order_id)
    earlier = await transactions_of(session, payable)
    key = idempotency_key or str(uuid4())
    if idempotency_key is not None:
        known = await known_by_key(session, gateway.id, earlier, key, amount_minor)
        if known is not None and not _is_outgrown(gateway, payable, known, amount_minor):
            return known
    check_number(earlier)
    await gateway.check_open(session, payable)
    own = next((one for one in earlier if one.gateway == gateway.id), None) if gateway.is_promise else None
    covered = sum(covered_minor(transaction) for transaction in earlier if transaction is not own)
    asked = payable.total.minor - covered if amount_minor is None else amount_minor
    if asked <= 0:
        raise InvalidError("There is nothing left to pay.", field="amount")
    answer = await gateway.initialize(payable, Money(asked, payable.total.currency))
    if own is not None:
        event = await _promise_anew(session, own, answer, key, user_id)
        await tell_of_checkout(session, payable, earlier, own)
        return Begun(own, event, answer.data)
    transaction = TransactionItem(
        checkout_id=checkout_id,
        order_id=order_id,
        gateway=gateway.id,
        name=gateway.name,
        message=answer.message,
        psp_reference=f"{gateway.id}:{uuid4()}",
        idempotency_key=key,
        currency=payable.total.currency,
        available_actions=answer.actions,
    )
    event = _event(answer.event_type, answer.amount, transaction.psp_reference or "", answer.message)
    event.transaction = transaction
    event.idempotency_key, event.user_id = key, user_id
    session.add_all([transaction, event])
    await _follow_events(session, transaction, [event])
    if payable.order is not None:
        await refresh_order(session, payable.order)
    await tell_of_checkout(session, payable, earlier, transaction)
    return Begun(transaction, event, answer.data)


def check_key(idempotency_key: str | None) -> None:
    """Raises InvalidError for an empty one."""
    if idempotency_key == "":
        raise InvalidError("A key that is empty tells nothing apart.", field="idempotencyKey")


def check_number(earlier: Sequence[TransactionItem]) -> None:
    """Raises TooManyTransactionsError where there can't be one more."""
    if len(earlier) >= MAXIMUM_TRANSACTIONS:
        raise TooManyTransactionsError(
            f"There are {MAXIMUM_TRANSACTIONS} payments of this already.", field="transactions"
        )


async def lock_payable(session: AsyncSession, checkout_id: UUID | None, order_id: UUID | None) -> Payable:
    """A checkout or an order, locked. Raises CheckoutGoneError, InactiveChannelError, NotFoundError."""
    if checkout_id is not None:
        cart = await carts.lock(session, checkout_id)
        if cart.gift_cards:
            carts.set_total(cart)  # They may have paid for something else since.
        total = Money(cart.checkout.total_gross_minor, cart.checkout.currency)
        return Payable(cart.channel, total, checkout=cart.checkout)
    found = await session.execute(
        select(Order, Channel)
        .join(Channel, Channel.id == Order.channel_id)
        .where(Order.id == order_id)
        .with_for_update(of=Order, key_share=True),
        execution_options={"populate_existing": True},
    )
    row = found.one_or_none()
    if row is None:
        raise NotFoundError("There is no such checkout or order.", field="id")
    order, channel = row
    return Payable(channel, Money(await owed_minor(session, order), order.currency), order=order)


async def transactions_of(session: AsyncSession, payable: Payable) -> Sequence[TransactionItem]:
    """The transactions of a locked checkout or order, oldest first."""
    if payable.checkout is not None:
        statement, source_id = _OF_CHECKOUT, payable.checkout.id
    elif payable.order is not None:
        statement, source_id = _OF_ORDER, payable.order.id
    else:
        return []
    found = await session.scalars(
        statement, {"source_id": source_id}, execution_options={"populate_existing": True}
    )
    return found.all()


_source_id = bindparam("source_id", type_=Uuid)
_OF_CHECKOUT = (
    select(TransactionItem).where(TransactionItem.checkout_id == _source_id).order_by(TransactionItem.id)
)
_OF_ORDER = select(TransactionItem).where(TransactionItem.order_id == _source_id).order_by(TransactionItem.id)


def covered_minor(transaction: TransactionItem) -> int:
    """What of a total a transaction takes care of: promised or paid, surely or probably."""
    return (
        transaction.authorized_minor
        + transaction.authorize_pending_minor
        + transaction.charged_minor
        + transaction.charge_pending_minor
    )


async def tell(
    session: AsyncSession,
    transaction: TransactionItem,
    event_type: TransactionEventType,
    amount: Money,
    psp_reference: str,
    *,
    message: str = "",
    user_id: int | None = None,
) -> TransactionEvent:
    """Write what happened to a transaction and derive its amounts anew. Told twice, written once.

    The caller has locked the transaction's order or checkout.
    """
    told = await events_of(session, transaction)
    for event in told:
        if event.type is event_type and event.psp_reference == psp_reference and event.counts:
            return event
    event = _event(event_type, amount, psp_reference, message)
    event.transaction_id, event.user_id = transaction.id, user_id
    session.add(event)
    await _follow_events(session, transaction, [*told, event])
    return event


async def events_of(session: AsyncSession, transaction: TransactionItem) -> list[TransactionEvent]:
    """All that was told of a transaction, in order."""
    found = await session.scalars(
        select(TransactionEvent)
        .where(TransactionEvent.transaction_id == transaction.id)
        .order_by(TransactionEvent.id)
    )
    return list(found)


def end_of(told: Sequence[TransactionEvent]) -> TransactionEvent | None:
    """What the conversation with a gateway ended with that a payment began with, if it has."""
    return next((event for event in told if event.type in FINAL and event.counts), None)


async def begun_with(session: AsyncSession, transaction: TransactionItem) -> TransactionEvent:
    """What a transaction was begun with: the request for all of it."""
    first = await session.scalars(
        select(TransactionEvent)
        .where(TransactionEvent.transaction_id == transaction.id)
        .order_by(TransactionEvent.id)
        .limit(1)
    )
    return first.one()


async def add_up(session: AsyncSession, transaction: TransactionItem) -> None:
    """Derive a transaction's amounts anew from what was told of it."""
    await session.flush()
    await _follow_events(session, transaction, await events_of(session, transaction))


async def refresh_order(session: AsyncSession, order: Order, *, is_noted: bool = True) -> None:
    """Write what a locked order's transactions come to; announce it when something was paid, and when it is
    paid in full. `is_noted`: whether that is written into its history as well.
    """
    found = await session.scalars(select(TransactionItem).where(TransactionItem.order_id == order.id))
    transactions = found.all()
    owed = await owed_minor(session, order)
    charged_before, was_paid = order.total_charged_minor, order.charge_status in PAID_IN_FULL
    order.total_authorized_minor = sum(one.authorized_minor for one in transactions)
    order.total_charged_minor = sum(one.charged_minor for one in transactions)
    order.total_refunded_minor = sum(one.refunded_minor for one in transactions)
    covered = order.total_authorized_minor + order.total_charged_minor
    order.authorize_status = authorize_status(owed, covered)
    order.charge_status = charge_status(order.total_gross_minor, owed, order.total_charged_minor)
    is_paid = order.charge_status in PAID_IN_FULL
    if is_paid and not was_paid and is_noted:
        amount = str(Money(order.total_charged_minor, order.currency).amount)
        session.add(OrderEvent(order_id=order.id, type="ORDER_FULLY_PAID", parameters={"amount": amount}))
    await session.flush()
    await release_second_payments(session, order.total_gross_minor, transactions)
    if order.total_charged_minor > charged_before:
        await announce(session, "ORDER_PAID", order)
    if is_paid and not was_paid:
        await announce(session, "ORDER_FULLY_PAID", order)


async def known_by_key(
    session: AsyncSession,
    gateway_id: str,
    earlier: Sequence[TransactionItem],
    key: str,
    amount_minor: int | None,
) -> Begun | None:
    """What the key was used for before. Raises IdempotencyKeyError where that was something else."""
    of_gateway = {one.id: one for one in earlier if one.gateway == gateway_id}
    event = (
        await session.scalar(
            select(TransactionEvent)
            .where(TransactionEvent.transaction_id.in_(of_gateway), TransactionEvent.idempotency_key == key)
            .order_by(TransactionEvent.id.desc())
            .limit(1)
        )
        if of_gateway
        else None
    )
    if event is None:
        used_elsewhere = await session.scalar(
            select(TransactionItem.id).where(
                TransactionItem.gateway == gateway_id, TransactionItem.idempotency_key == key
            )
        )
        if used_elsewhere is not None:
            raise IdempotencyKeyError("This key was used for another payment.", field="idempotencyKey")
        return None
    if amount_minor is not None and amount_minor != event.amount_minor:
        raise IdempotencyKeyError("This key was used for another amount.", field="idempotencyKey")
    return Begun(of_gateway[event.transaction_id], event)


def _is_outgrown(gateway: Gateway, payable: Payable, known: Begun, amount_minor: int | None) -> bool:
    """Whether "all of it" has become another amount since, or the promise was dropped: it is made anew."""
    promised = {known.event.amount_minor, known.transaction.authorized_minor}
    return gateway.is_promise and amount_minor is None and promised != {payable.total.minor}


async def drop_promises(session: AsyncSession, payable: Payable, earlier: Sequence[TransactionItem]) -> None:
    """Whoever pays for a locked checkout by other means promises nothing at the door any more."""
    if payable.checkout is None:
        return
    for promise in earlier:
        if promise.gateway in GATEWAYS and promise.authorized_minor:
            await tell(
                session,
                promise,
                TransactionEventType.AUTHORIZATION_ADJUSTMENT,
                Money.zero(promise.currency),
                f"{promise.psp_reference}:{uuid4()}",
                message="It is paid by other means.",
            )


async def _promise_anew(
    session: AsyncSession, transaction: TransactionItem, answer: GatewayAnswer, key: str, user_id: int | None
) -> TransactionEvent:
    if answer.event_type is not TransactionEventType.AUTHORIZATION_SUCCESS:
        raise GatewayRefusedError(answer.message or "The payment was refused.", field="paymentGateway")
    event = await tell(
        session,
        transaction,
        TransactionEventType.AUTHORIZATION_ADJUSTMENT,
        answer.amount,
        f"{transaction.psp_reference}:{uuid4()}",
        message=answer.message,
        user_id=user_id,
    )
    event.idempotency_key = key
    await session.flush()
    return event


def _event(
    event_type: TransactionEventType, amount: Money, psp_reference: str, message: str
) -> TransactionEvent:
    return TransactionEvent(
        type=event_type,
        amount_minor=amount.minor,
        currency=amount.currency,
        psp_reference=psp_reference,
        message=message,
        counts=True,
    )


async def _follow_events(
    session: AsyncSession, transaction: TransactionItem, told: Sequence[TransactionEvent]
) -> None:
    for name, minor in asdict(amounts_of(told)).items():
        setattr(transaction, name, minor)
    await session.flush()
    await tell_of_money(session, transaction, told)
