"""Saleor's older payments, as a face of transactions: see docs/older-payments.md.

`checkoutPaymentCreate` writes a transaction down with the request for all of it, of which nobody is asked yet
and no amount is made. `checkoutComplete` has it carried out, in the steps of `asked.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.closing import settle
from marketplace.kit.errors import DomainError, RequiredError
from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.payments import sessions
from marketplace.payments.answers import ACTION_REQUIRED, failure_of
from marketplace.payments.asked import Asked, Provider, Wish
from marketplace.payments.errors import (
    GatewayRefusedError,
    NotFullyPaidError,
    OlderPaymentError,
    TooManyTransactionsError,
    UnknownGatewayError,
)
from marketplace.payments.gateways import Gateway, Payable
from marketplace.payments.gateways.dummy import GATEWAY_ID as DUMMY
from marketplace.payments.gateways.known import GATEWAYS
from marketplace.payments.gateways.stripe.gateway import GATEWAY_ID as STRIPE
from marketplace.payments.lost import FIRST_LOOK, call_off_soon, find_out_later, forget, is_looked_after
from marketplace.payments.models import TransactionEvent, TransactionItem
from marketplace.payments.models import TransactionEventType as Type
from marketplace.payments.providers import house_provider, provider_named
from marketplace.payments.telling import request_of
from marketplace.payments.transactions import (
    Begun,
    begun_with,
    check_number,
    covered_minor,
    drop_promises,
    events_of,
    initialize_transaction,
    lock_payable,
    transactions_of,
)

TOKEN_CHARACTERS = 512
_NEEDS_TOKEN = frozenset({DUMMY})


@dataclass(frozen=True, slots=True)
class Recording:
    """What a client says about a payment that it means to make."""

    gateway_id: str
    token: str = ""
    amount_minor: int | None = None
    """None: all of it."""
    return_url: str | None = None
    stores: str = "NONE"
    """Whether its gateway may keep the way of paying, in Saleor's words."""
    address: str | None = None
    """Where the buyer is on the net."""
    metadata: Mapping[str, str] = field(default_factory=dict)

    def said(self) -> dict[str, Any]:
        return {
            "token": self.token,
            "returnUrl": self.return_url,
            "storePaymentMethod": self.stores,
            "customerIpAddress": self.address,
        }


async def check_payable(session: AsyncSession, checkout_id: UUID) -> int:
    """What a checkout costs that could be completed now, but for its payment, in minor units. Nothing of
    looking is left: neither a lock nor a use of a voucher. Raises what `closing.settle` raises.
    """
    async with session.begin_nested() as looking:
        total_minor = (await settle(session, checkout_id)).total.gross_minor
        await looking.rollback()
    return total_minor


async def record(
    session: AsyncSession, settings: Settings, checkout_id: UUID, recording: Recording
) -> TransactionItem | None:
    """Write down how the buyer means to pay a checkout, in the place of any other way. Nobody is asked yet.
    Gives None where there is nothing to pay.

    Raises what `closing.settle` raises, OlderPaymentError, RequiredError.
    """
    provider = await _provider(session, settings, recording.gateway_id)
    total_minor = await check_payable(session, checkout_id)
    payable = await lock_payable(session, checkout_id, None)
    await _check_open(session, provider, payable)
    if not recording.token and provider.id in _NEEDS_TOKEN:
        raise RequiredError(f"Token is required for {provider.id}.", field="token")
    if recording.amount_minor is not None and recording.amount_minor != total_minor:
        total = Money(total_minor, payable.total.currency)
        raise OlderPaymentError(
            f"Partial payments are not allowed: the checkout comes to {total}.",
            field="amount",
            code="PARTIAL_PAYMENT_NOT_ALLOWED",
        )
    earlier = await transactions_of(session, payable)
    _check_is_older(earlier)
    await _put_aside(session, payable, earlier)
    if not total_minor:
        return None
    return await _write(session, payable, provider, recording, total_minor, earlier)


async def _provider(session: AsyncSession, settings: Settings, gateway_id: str) -> Gateway | Provider:
    try:
        return GATEWAYS.get(gateway_id) or await provider_named(session, settings, gateway_id)
    except UnknownGatewayError as error:
        raise _not_supported(error) from error


async def _check_open(session: AsyncSession, provider: Gateway | Provider, payable: Payable) -> None:
    try:
        await provider.check_open(session, payable)
    except GatewayRefusedError as error:
        raise _not_supported(error) from error


def _not_supported(error: DomainError) -> OlderPaymentError:
    return OlderPaymentError(error.message, field="gateway", code="NOT_SUPPORTED_GATEWAY")


def _check_is_older(earlier: Sequence[TransactionItem]) -> None:
    """A checkout is paid in one of the two ways. Raises OlderPaymentError."""
    if any(one.recorded is None or (one.gateway not in GATEWAYS and covered_minor(one)) for one in earlier):
        raise OlderPaymentError(
            "There are transactions of this checkout already.", field="id", code="CHECKOUT_HAS_TRANSACTION"
        )


async def _put_aside(session: AsyncSession, payable: Payable, earlier: Sequence[TransactionItem]) -> None:
    """The ways in which the buyer meant to pay before are none any more."""
    await drop_promises(session, payable, earlier)
    await call_off_soon(session, earlier)
    for one in earlier:
        one.is_active = False
    await session.flush()


async def _write(
    session: AsyncSession,
    payable: Payable,
    provider: Gateway | Provider,
    recording: Recording,
    total_minor: int,
    earlier: Sequence[TransactionItem],
) -> TransactionItem:
    is_promise = provider.id in GATEWAYS
    known = next((one for one in earlier if is_promise and one.gateway == provider.id), None)
    if known is not None:  # A promise is made once, and made anew.
        known.is_active, known.recorded = True, recording.said()
        known.public_metadata = dict(recording.metadata)
        (await begun_with(session, known)).amount_minor = total_minor
        await session.flush()
        return known
    try:
        check_number(earlier)
    except TooManyTransactionsError as error:
        raise OlderPaymentError(error.message) from error
    app_id = None if is_promise else getattr(provider, "app_id", None)
    transaction = TransactionItem(
        checkout_id=None if payable.checkout is None else payable.checkout.id,
        app_id=app_id,
        gateway=provider.id,
        name=provider.name,
        psp_reference=f"{provider.id}:{uuid4()}" if is_promise else None,
        recorded=recording.said(),
        is_active=True,
        idempotency_key=str(uuid4()),
        currency=payable.total.currency,
        public_metadata=dict(recording.metadata),
    )
    kind = Type.AUTHORIZATION_REQUEST if is_promise else Type.CHARGE_REQUEST
    request = request_of(transaction, kind, total_minor, app_id)
    request.idempotency_key = transaction.idempotency_key
    session.add_all([transaction, request])
    await session.flush()
    return transaction


_ACTIVE = (
    select(TransactionItem)
    .where(
        TransactionItem.checkout_id == bindparam("checkout_id", type_=Uuid),
        TransactionItem.recorded.is_not(None),
        TransactionItem.is_active,
    )
    .order_by(TransactionItem.id.desc())
    .limit(1)
)


async def carry_out(
    session: AsyncSession, settings: Settings, checkout_id: UUID, payment_data: object = None
) -> Asked | Begun | None:
    """Have a checkout's recorded payment made, or gone on with; None where nobody is to be asked.

    Nobody is asked about a checkout that could not be completed once it is paid. Raises what `check_payable`
    raises, NotFullyPaidError, and what `sessions.begin` raises.
    """
    if await session.scalar(_ACTIVE, {"checkout_id": checkout_id}) is None:
        return None
    total_minor = await check_payable(session, checkout_id)
    payable = await lock_payable(session, checkout_id, None)
    payment = await session.scalar(
        _ACTIVE, {"checkout_id": checkout_id}, execution_options={"populate_existing": True}
    )
    if payment is None:
        return None
    earlier = await transactions_of(session, payable)
    left_minor = total_minor - sum(covered_minor(one) for one in earlier if one.id != payment.id)
    if left_minor <= 0 or (covered_minor(payment) and payment.gateway not in GATEWAYS):
        return None
    await _ask_exactly(session, payment, left_minor)
    if payment.gateway in GATEWAYS:
        return await initialize_transaction(session, payment.gateway, checkout_id=checkout_id)
    wish = _wish(payment, payment_data)
    told = await events_of(session, payment)
    if any(event.type in ACTION_REQUIRED for event in told):
        return await sessions.go_on(session, settings, payment.token, wish)
    if payment.app_id is None and house_provider(settings, payment.gateway) is not None:
        await _look_after(session, payment, told[0])
    return await sessions.begin(
        session,
        settings,
        payment.gateway,
        wish,
        checkout_id=checkout_id,
        idempotency_key=payment.idempotency_key,
    )


async def look_again(
    session: AsyncSession, settings: Settings, checkout_id: UUID
) -> tuple[UUID, Asked | Begun] | None:
    """Ask how a checkout's recorded payment stands that its buyer was to confirm: it may be paid without our
    having heard of it. Gives its token and the question; None where there is no such payment.
    """
    payment = await session.scalar(_ACTIVE, {"checkout_id": checkout_id})
    if payment is None or payment.gateway in GATEWAYS:
        return None
    if not any(event.type in ACTION_REQUIRED for event in await events_of(session, payment)):
        return None
    return payment.token, await sessions.go_on(session, settings, payment.token, _wish(payment, None))


async def _ask_exactly(session: AsyncSession, payment: TransactionItem, left_minor: int) -> None:
    """Where the checkout has come to cost less since, less is asked for, unless somebody was asked already.
    Raises NotFullyPaidError where it costs more.
    """
    told = await events_of(session, payment)
    request = told[0]
    if request.amount_minor < left_minor:
        recorded, left = (Money(each, payment.currency) for each in (request.amount_minor, left_minor))
        raise NotFullyPaidError(f"The payment of {recorded} can't cover the {left} that are left to pay.")
    if len(told) == 1 and not await is_looked_after(session, request):
        request.amount_minor = left_minor
        await session.flush()


async def _look_after(session: AsyncSession, payment: TransactionItem, request: TransactionEvent) -> None:
    if not await is_looked_after(session, request):
        await find_out_later(session, payment, request, FIRST_LOOK)


def _wish(payment: TransactionItem, payment_data: object) -> Wish:
    """What a gateway is told, in the form that it has for clients of transactions."""
    said = dict(payment.recorded or {})
    address = said.pop("customerIpAddress", None)
    if payment.gateway == STRIPE:
        method = {"paymentIntent": {"paymentMethod": said["token"] or "card"}}
        return Wish(method if payment_data is None else payment_data, address)
    if payment.gateway == DUMMY:
        return Wish({"token": said["token"]}, address)
    return Wish(said | {"paymentData": payment_data}, address)


def is_to_be_confirmed(begun: Begun) -> bool:
    """Whether the buyer has something to do before it goes on."""
    return begun.event.type in ACTION_REQUIRED


def check_done(begun: Begun) -> None:
    """Raises OlderPaymentError for a payment that was refused."""
    if is_failure(begun.event):
        raise OlderPaymentError(begun.event.message or "The payment was refused.")


def is_failure(event: TransactionEvent) -> bool:
    """Whether it says that something could not be."""
    return event.type is failure_of(event.type) and event.type.endswith("_FAILURE")


async def note_end(session: AsyncSession, begun: Begun) -> None:
    """Where it is known how a payment has ended, there is nothing to find out about it any more."""
    if begun.event.type in (Type.CHARGE_SUCCESS, Type.AUTHORIZATION_SUCCESS):
        await forget(session, await begun_with(session, begun.transaction))
