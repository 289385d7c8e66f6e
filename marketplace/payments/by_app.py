"""Payments by apps: an app's identifier names it as a gateway, and it is asked by synchronous webhooks.

Each of these goes in three steps, and no lock is held in the second: what is wanted is written down and the
question made; the app is asked (`webhooks.asking.put`); what it said is written down. If nothing comes back,
a failure is, and the transaction's amounts are as before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App
from marketplace.checkout.models import Checkout
from marketplace.kit import clock
from marketplace.kit.acting import actor
from marketplace.kit.errors import DomainError, InvalidError
from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.orders.models import Order
from marketplace.payments.answers import AnswerError, actions_of, session_answer
from marketplace.payments.errors import (
    NoPaymentAppError,
    NotBegunError,
    UnknownGatewayError,
)
from marketplace.payments.gateways import Payable
from marketplace.payments.gateways.known import GATEWAYS
from marketplace.payments.holding import follow, hold
from marketplace.payments.models import TransactionEvent, TransactionItem
from marketplace.payments.models import TransactionEventType as Type
from marketplace.payments.reporting import NAMES_PAYMENT, By, failed, report
from marketplace.payments.transactions import (
    FINAL,
    Begun,
    add_up,
    check_key,
    check_number,
    covered_minor,
    events_of,
    known_by_key,
    lock_payable,
    transactions_of,
)
from marketplace.webhooks.asking import Heard, Question, questions, webhooks_asked
from marketplace.webhooks.payloads import Happening

CHARGE, AUTHORIZATION = "CHARGE", "AUTHORIZATION"
_REQUESTS = {CHARGE: Type.CHARGE_REQUEST, AUTHORIZATION: Type.AUTHORIZATION_REQUEST}
MOST_EVENTS = 100
"""Of one payment that has not ended."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that an app is to be asked of a transaction."""

    token: UUID
    request_id: int
    app_id: int
    questions: list[Question]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client says about a payment that it begins or goes on with."""

    data: Any = None
    customer_ip_address: str | None = None


async def gateway_app(session: AsyncSession, gateway_id: str) -> App:
    """The active app of an identifier. Raises UnknownGatewayError."""
    app = await session.scalar(
        select(App).where(
            App.identifier == gateway_id, App.removed_at.is_(None), App.is_active, App.is_installed
        )
    )
    if app is None:
        raise UnknownGatewayError(f"There is no payment gateway {gateway_id}.", field="paymentGateway")
    return app


async def ask_for_gateways(
    session: AsyncSession,
    settings: Settings,
    payable: Payable,
    amount_minor: int,
    wanted: Mapping[str, Any] | None,
) -> list[Question]:
    """What apps are to be asked about being gateways of something: those that are named with what their
    client says to them, or all that answer to it.
    """
    webhooks = await webhooks_asked(session, "PAYMENT_GATEWAY_INITIALIZE_SESSION")
    apps = {webhook.app_id: webhook.app.identifier for webhook in webhooks}
    made: list[Question] = []
    for app_id, identifier in apps.items():
        if wanted is not None and identifier not in wanted:
            continue
        said = None if wanted is None else wanted[identifier]
        source = _source(payable.checkout, payable.order)
        details = {**_of_source(source), "data": said, "amount_minor": amount_minor}
        details["currency"] = payable.total.currency
        happening = happening_of("PAYMENT_GATEWAY_INITIALIZE_SESSION", *source, details)
        made += await questions(session, settings, happening, app_id)
    return made


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
) -> Asked | Begun:
    """Write down that an app is to be asked for money: by default for all that is left to pay.

    The same idempotency key gives the same transaction: as it ended, or else asked for once more. Raises as
    `transactions.initialize_transaction` does.
    """
    app = await gateway_app(session, gateway_id)
    check_key(idempotency_key)
    payable = await lock_payable(session, checkout_id, order_id)
    earlier = await transactions_of(session, payable)
    key = idempotency_key or str(uuid4())
    known = None
    if idempotency_key is not None:
        known = await known_by_key(session, app.identifier, earlier, key, amount_minor)
    if known is not None:
        ended = _end(await events_of(session, known.transaction))
        if ended is not None:
            return Begun(known.transaction, ended)
        transaction, request = known.transaction, known.event
        _check_patience(await events_of(session, transaction))
    else:
        check_number(earlier)
        left = payable.total.minor - sum(map(covered_minor, earlier))
        asked = left if amount_minor is None else amount_minor
        if asked <= 0:
            raise InvalidError("There is nothing left to pay.", field="amount")
        transaction = TransactionItem(
            checkout_id=checkout_id,
            order_id=order_id,
            app_id=app.id,
            gateway=app.identifier,
            name=app.name,
            idempotency_key=key,
            currency=payable.total.currency,
        )
        request = new_request(transaction, _REQUESTS[action or _usual_action(payable)], asked, app.id)
        request.idempotency_key = key
        session.add_all([transaction, request])
        await session.flush()
    details = _session(_source(payable.checkout, payable.order), transaction, request, wish)
    details["idempotency_key"] = key
    happening = happening_of("TRANSACTION_INITIALIZE_SESSION", "TransactionItem", transaction.id, details)
    return Asked(transaction.token, request.id, app.id, await questions(session, settings, happening, app.id))


async def go_on(session: AsyncSession, settings: Settings, token: UUID, wish: Wish) -> Asked | Begun:
    """Write down that a payment goes on for which a client had to do something. One that has ended is given
    as it ended. Raises NotFoundError, NotBegunError, NoPaymentAppError, InvalidError.
    """
    held = await hold(session, token)
    transaction, told = held.transaction, await events_of(session, held.transaction)
    ended = _end(told)
    if ended is not None:
        return Begun(transaction, ended)
    _check_patience(told)
    request = next((one for one in told if one.type in _REQUESTS.values() and not one.counts), None)
    if request is None and (transaction.gateway in GATEWAYS or transaction.app_id is not None):
        raise NotBegunError("This payment has to be begun before it can go on.", field="id")
    if transaction.app_id is None or request is None:
        code = "MISSING_PAYMENT_APP" if transaction.gateway else "MISSING_PAYMENT_APP_RELATION"
        raise NoPaymentAppError("No app goes on with this payment.", field="id", code=code)
    if held.checkout is None and held.order is None:
        raise InvalidError("What this payment was for is gone.", field="id")
    app = await session.get(App, transaction.app_id)
    if app is None or not app.is_active or app.removed_at is not None:
        raise NoPaymentAppError("The app of this payment is gone.", field="id")
    details = _session(_source(held.checkout, held.order), transaction, request, wish)
    happening = happening_of("TRANSACTION_PROCESS_SESSION", "TransactionItem", transaction.id, details)
    return Asked(token, request.id, app.id, await questions(session, settings, happening, app.id))


async def session_answered(session: AsyncSession, asked: Asked, heard: Sequence[Heard]) -> Begun:
    """Write down what an app has said to a payment that was begun, or that went on."""
    held = await hold(session, asked.token)
    transaction = held.transaction
    request = await session.get_one(TransactionEvent, asked.request_id, populate_existing=True)
    said = heard[0].said if heard else None
    try:
        answer = session_answer(said, request.amount_minor, transaction.currency)
        if answer.type in _REQUESTS.values():
            event = await _turned(session, transaction, request, answer)
        else:
            event, _ = await report(session, transaction, answer, By(app_id=asked.app_id))
            if not request.counts:
                request.psp_reference = event.psp_reference
    except (AnswerError, DomainError) as error:
        event = await not_done(session, transaction, request, error, asked.app_id)
        return Begun(transaction, event, _data(said))
    if event.psp_reference:
        transaction.psp_reference = event.psp_reference
    if event.type in NAMES_PAYMENT:
        take_actions(transaction, said)
    transaction.message = event.message
    await add_up(session, transaction)
    await follow(session, held)
    return Begun(transaction, event, _data(said))


def new_request(
    transaction: TransactionItem, kind: Type, amount_minor: int, app_id: int | None
) -> TransactionEvent:
    """What an app is asked for. No amount is made of it before the app has taken it on."""
    return TransactionEvent(
        transaction=transaction,
        type=kind,
        amount_minor=amount_minor,
        currency=transaction.currency,
        psp_reference="",
        counts=False,
        app_id=app_id,
    )


async def _turned(
    session: AsyncSession, transaction: TransactionItem, request: TransactionEvent, answer: Any
) -> TransactionEvent:
    """The app will tell later: the request itself counts from now on, as the app calls it."""
    if request.counts:
        return request
    for other in await events_of(session, transaction):
        if other.type is answer.type and other.psp_reference == answer.psp_reference and other.counts:
            return other
    request.type, request.amount_minor = answer.type, answer.amount_minor
    request.psp_reference, request.counts = answer.psp_reference, True
    request.message = answer.message or request.message
    await session.flush()
    return request


async def not_done(
    session: AsyncSession,
    transaction: TransactionItem,
    request: TransactionEvent,
    error: AnswerError | DomainError,
    app_id: int,
) -> TransactionEvent:
    return await failed(
        session,
        transaction,
        request.type,
        request.amount_minor,
        str(error),
        app_id=app_id,
        granted_refund_id=request.granted_refund_id,
    )


def _end(told: Sequence[TransactionEvent]) -> TransactionEvent | None:
    """What a payment ended with, if it has."""
    return next((event for event in told if event.type in FINAL and event.counts), None)


def _check_patience(told: Sequence[TransactionEvent]) -> None:
    """Raises InvalidError for a payment that was asked for in vain without end."""
    if len(told) >= MOST_EVENTS:
        raise InvalidError("This payment was tried too often: begin another.", field="id")


def take_actions(transaction: TransactionItem, said: Mapping[str, Any] | None) -> None:
    actions = None if said is None else actions_of(said)
    if actions is not None:
        transaction.available_actions = actions


def _data(said: Mapping[str, Any] | None) -> Any:
    return None if said is None else said.get("data")


def _usual_action(payable: Payable) -> str:
    """What the channel has gateways asked for."""
    return payable.channel.default_transaction_flow_strategy.value


def _source(checkout: Checkout | None, order: Order | None) -> tuple[str, str]:
    """What is paid for: the name of its class, and its key."""
    if checkout is not None:
        return "Checkout", str(checkout.id)
    if order is not None:
        return "Order", str(order.id)
    raise TypeError("a checkout or an order is paid for")


def _of_source(source: tuple[str, str]) -> dict[str, object]:
    return {"source_model": source[0], "source_key": source[1]}


def _session(
    source: tuple[str, str], transaction: TransactionItem, request: TransactionEvent, wish: Wish
) -> dict[str, object]:
    return {
        **_of_source(source),
        "data": wish.data,
        "merchant_reference": to_global_id("TransactionItem", transaction.token),
        "customer_ip_address": wish.customer_ip_address,
        "amount_minor": request.amount_minor,
        "currency": transaction.currency,
        "action_type": CHARGE if request.type is Type.CHARGE_REQUEST else AUTHORIZATION,
    }


def happening_of(event: str, model: str, key: int | str, details: dict[str, object]) -> Happening:
    acts = actor()
    return Happening(event, model, (key,), clock.now(), acts.user_id, acts.app_id, details)
