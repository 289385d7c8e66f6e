"""Payments that are begun and gone on with, by whoever carries them out: the three steps are `asked.py`'s."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError, InvalidError
from marketplace.kit.settings import Settings
from marketplace.payments.answers import Answer, AnswerError
from marketplace.payments.asked import Asked, Source, Wish
from marketplace.payments.by_app import source_of
from marketplace.payments.errors import NotBegunError
from marketplace.payments.gateways import Payable
from marketplace.payments.gateways.known import GATEWAYS
from marketplace.payments.holding import Held, follow, hold
from marketplace.payments.lost import FIRST_LOOK, find_out_later, forget
from marketplace.payments.models import TransactionEvent, TransactionItem
from marketplace.payments.models import TransactionEventType as Type
from marketplace.payments.providers import house_provider, provider_going_on, provider_named
from marketplace.payments.reporting import By, failed
from marketplace.payments.telling import REQUESTS, describe, request_of, tell_all
from marketplace.payments.transactions import (
    FINAL,
    Begun,
    add_up,
    check_key,
    check_number,
    covered_minor,
    drop_promises,
    events_of,
    known_by_key,
    lock_payable,
    transactions_of,
)

_BEGINS = {"CHARGE": Type.CHARGE_REQUEST, "AUTHORIZATION": Type.AUTHORIZATION_REQUEST}
MOST_EVENTS = 100
"""Of one payment that has not ended."""


async def begin(
    session: AsyncSession,
    settings: Settings,
    gateway_id: str,
    wish: Wish,
    *,
    checkout_id: UUID | None = None,
    order_id: UUID | None = None,
    amount_minor: int | None = None,
    idempotency_key: str | None = None,
    action: str | None = None,
    user_id: int | None = None,
) -> Asked | Begun:
    """Write down that somebody is to be asked for money: by default for all that is left to pay.

    The same idempotency key gives the same transaction: as it ended, or else asked for once more. Raises as
    `transactions.initialize_transaction` does.
    """
    provider = await provider_named(session, settings, gateway_id)
    check_key(idempotency_key)
    payable = await lock_payable(session, checkout_id, order_id)
    earlier = await transactions_of(session, payable)
    key = idempotency_key or str(uuid4())
    known = None
    if idempotency_key is not None:
        known = await known_by_key(session, provider.id, earlier, key, amount_minor)
    if known is not None:
        told = await events_of(session, known.transaction)
        ended = provider.end_of(told)
        if ended is not None:
            return Begun(known.transaction, ended)
        transaction, request = known.transaction, known.event
        _check_patience(told)
    else:
        check_number(earlier)
        await provider.check_open(session, payable)
        await drop_promises(session, payable, earlier)
        left = payable.total.minor - sum(map(covered_minor, earlier))
        asked = left if amount_minor is None else amount_minor
        if asked <= 0:
            raise InvalidError("There is nothing left to pay.", field="amount")
        transaction = TransactionItem(
            checkout_id=checkout_id,
            order_id=order_id,
            app_id=provider.app_id,
            gateway=provider.id,
            name=provider.name,
            idempotency_key=key,
            currency=payable.total.currency,
        )
        request = request_of(transaction, _BEGINS[action or _usual_action(payable)], asked, provider.app_id)
        request.idempotency_key = key
        if provider.app_id is None:
            request.user_id = user_id
        session.add_all([transaction, request])
        await session.flush()
        if provider.app_id is None:
            await find_out_later(session, transaction, request, FIRST_LOOK)
    call = await provider.session_call(session, transaction, request, source_of(payable), wish, goes_on=False)
    return Asked(transaction.token, request.id, provider.app_id, call)


async def go_on(session: AsyncSession, settings: Settings, token: UUID, wish: Wish) -> Asked | Begun:
    """Write down that a payment goes on for which a client had to do something. One that has ended is given
    as it ended. Raises NotFoundError, NotBegunError, NoPaymentAppError, InvalidError.
    """
    held = await hold(session, token)
    transaction, told = held.transaction, await events_of(session, held.transaction)
    house = None if transaction.app_id is not None else house_provider(settings, transaction.gateway)
    ended = _end(told) if house is None else house.end_of(told)
    if ended is not None:
        return Begun(transaction, ended)
    _check_patience(told)
    request = next((one for one in told if one.type in REQUESTS and not one.counts), None)
    if request is None and house is not None:
        request = next((one for one in told if one.type in REQUESTS), None)  # It is on its way: see how far.
    if request is None and (transaction.gateway in GATEWAYS or transaction.app_id is not None):
        raise NotBegunError("This payment has to be begun before it can go on.", field="id")
    provider = await provider_going_on(session, settings, transaction)
    if request is None:
        raise NotBegunError("This payment has to be begun before it can go on.", field="id")
    call = await provider.session_call(session, transaction, request, _source(held), wish, goes_on=True)
    return Asked(token, request.id, provider.app_id, call)


async def answered(session: AsyncSession, asked: Asked) -> Begun:
    """Write down what came of a payment that was begun, or that went on."""
    held = await hold(session, asked.token)
    transaction = held.transaction
    request = await session.get_one(TransactionEvent, asked.request_id, populate_existing=True)
    answer: Answer | None = None
    try:
        answer = asked.call.answer(request)
        event = await tell_all(session, transaction, request, answer, By(app_id=asked.app_id))
    except (AnswerError, DomainError) as error:
        event = await failed(
            session, transaction, request.type, request.amount_minor, str(error), app_id=asked.app_id
        )
        if transaction.psp_reference is None:
            await forget(session, request)
        data = answer.data if answer is not None else getattr(error, "data", None)
        return Begun(transaction, event, data)
    if answer.psp_reference:
        transaction.psp_reference = answer.psp_reference
    describe(transaction, answer)
    transaction.message = event.message
    await add_up(session, transaction)
    await follow(session, held)
    return Begun(transaction, event, answer.data)


def _end(told: Sequence[TransactionEvent]) -> TransactionEvent | None:
    """What a payment ended with, if it has."""
    return next((event for event in told if event.type in FINAL and event.counts), None)


def _check_patience(told: Sequence[TransactionEvent]) -> None:
    """Raises InvalidError for a payment that was asked for in vain without end."""
    if len(told) >= MOST_EVENTS:
        raise InvalidError("This payment was tried too often: begin another.", field="id")


def _usual_action(payable: Payable) -> str:
    """What the channel has gateways asked for."""
    return payable.channel.default_transaction_flow_strategy.value


def _source(held: Held) -> Source:
    """Raises InvalidError."""
    if held.checkout is not None:
        return Source("Checkout", held.checkout.id)
    if held.order is not None:
        return Source("Order", held.order.id)
    raise InvalidError("What this payment was for is gone.", field="id")
