"""Payments as clients made them before there were transactions."""

import uuid
from collections.abc import Sequence
from enum import Enum
from typing import Any

from sqlalchemy import Uuid, bindparam, select
from strawberry import ID, UNSET

from marketplace.checkout import models as carts
from marketplace.kit.errors import DomainError, InvalidError, NotFoundError
from marketplace.kit.money import Money
from marketplace.markets.models import Channel
from marketplace.orders import models as orders
from marketplace.payments import actions, models, older
from marketplace.payments.actions import Action
from marketplace.payments.asked import Asked
from marketplace.payments.errors import OlderPaymentError
from marketplace.payments.gateways.cash_on_delivery import CashOnDelivery
from marketplace.payments.gateways.known import outside_gateways
from marketplace.payments.models import TransactionAction
from marketplace.payments.older import Recording
from marketplace.payments.promised import act_on_order
from marketplace.payments.taking import possible_minor
from marketplace.payments.transactions import events_of
from marketplace.people.permissions import Permission
from marketplace.people.redirects import checked_redirect
from marketplace_graphql.checkout.inputs import metadata_entries
from marketplace_graphql.checkout.subject import the_checkout
from marketplace_graphql.checkout.taxes import once_taxed
from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import (
    Info,
    JSONString,
    PositiveDecimal,
    Row,
    enum,
    error_type,
    input_type,
    mutation,
    object_type,
)
from marketplace_graphql.older_payments.types import PaymentInitialized
from marketplace_graphql.orders.errors import OrderError
from marketplace_graphql.payments.asking import put
from marketplace_graphql.payments.recording import minor_of
from marketplace_graphql.people.requests import settings_of
from marketplace_graphql.rules import codes_of

STAFF = Permission.MANAGE_ORDERS
BY_TRANSACTIONS = "Use `transactionRequestAction`."
PaymentError = error_type(
    "PaymentError",
    (
        "BILLING_ADDRESS_NOT_SET", "GRAPHQL_ERROR", "INVALID", "NOT_FOUND", "REQUIRED", "UNIQUE",
        "PARTIAL_PAYMENT_NOT_ALLOWED", "SHIPPING_ADDRESS_NOT_SET", "INVALID_SHIPPING_METHOD",
        "SHIPPING_METHOD_NOT_SET", "PAYMENT_ERROR", "NOT_SUPPORTED_GATEWAY", "CHANNEL_INACTIVE",
        "BALANCE_CHECK_ERROR", "CHECKOUT_EMAIL_NOT_SET", "UNAVAILABLE_VARIANT_IN_CHANNEL",
        "NO_CHECKOUT_LINES", "CHECKOUT_COMPLETION_IN_PROGRESS", "CHECKOUT_HAS_TRANSACTION",
    ),
    twin="paymentErrors",
    variants=list[ID] | None,
)  # fmt: skip
_CURRENCY = select(carts.Checkout.currency).where(carts.Checkout.id == bindparam("key", type_=Uuid))
_CODES = {"EMAIL_NOT_SET": "CHECKOUT_EMAIL_NOT_SET", "NO_LINES": "NO_CHECKOUT_LINES"}


@enum
class StorePaymentMethodEnum(Enum):
    """Whether a gateway may keep a way of paying."""

    ON_SESSION = "ON_SESSION"
    OFF_SESSION = "OFF_SESSION"
    NONE = "NONE"


@input_type
class PaymentInput:
    """How a checkout is to be paid."""

    gateway: str
    token: str | None
    """What the gateway's client has made: it stands for a card."""
    amount: PositiveDecimal | None
    """All that the checkout comes to, and nothing else."""
    return_url: str | None
    """Where the buyer comes back to from a gateway's page."""
    store_payment_method: StorePaymentMethodEnum | None = StorePaymentMethodEnum.NONE
    """Told to the gateway."""
    metadata: list[MetadataInput] | None


@object_type
class OlderPaymentsMutations:
    """Paying with one payment that `checkoutComplete` makes."""

    @mutation(
        returns={"checkout": "Checkout | None", "payment": "Payment | None"},
        errors=PaymentError,
        about=the_checkout,
        deprecated="Use `transactionInitialize`.",
    )
    async def checkout_payment_create(self, info: Info, key: uuid.UUID, input: PaymentInput) -> Any:
        """Says how a checkout is to be paid, whatever was said before. `checkoutComplete` does it."""
        settings = settings_of(info)
        if input.return_url:
            checked_redirect(settings, input.return_url)
        if len(input.token or "") > older.TOKEN_CHARACTERS:
            raise InvalidError(f"At most {older.TOKEN_CHARACTERS} characters.", field="token")
        currency = await info.session.scalar(_CURRENCY, {"key": key})
        stores = input.store_payment_method or StorePaymentMethodEnum.NONE
        recording = Recording(
            gateway_id=input.gateway,
            token=input.token or "",
            amount_minor=_minor(input.amount, str(currency)),
            return_url=input.return_url or None,
            stores=stores.value,
            address=info.address,
            metadata=metadata_entries(input.metadata),
        )
        with codes_of(PaymentError):
            payment = await once_taxed(
                info, lambda: _renamed(older.record(info.session, settings, key, recording))
            )
        return {"checkout": Row(key), "payment": payment}

    @mutation(
        returns={"initialized_payment": PaymentInitialized | None},
        errors=PaymentError,
        deprecated="Use `paymentGatewayInitialize`.",
    )
    async def payment_initialize(
        self,
        info: Info,
        gateway: str,
        channel: str | None = None,
        payment_data: JSONString | None = None,
    ) -> Any:
        """What the client of a gateway of this house has to know before it pays."""
        found = await info.session.scalar(select(Channel).where(Channel.slug == channel))
        if found is None:
            raise NotFoundError(f"Channel with '{channel}' slug does not exist.", field="channel")
        if not found.is_active:
            raise DomainError(
                f"Channel with '{channel}' is inactive.", field="channel", code="CHANNEL_INACTIVE"
            )
        if gateway == CashOnDelivery.id and found.cash_on_delivery:
            return _initialized(gateway, CashOnDelivery.name, None)
        house = outside_gateways(settings_of(info)).get(gateway)
        if house is None:
            message = f"The gateway {gateway} is not available in this channel."
            raise DomainError(message, field="gateway", code="NOT_SUPPORTED_GATEWAY")
        return _initialized(gateway, house.name, dict(house.config()))

    @mutation(returns="Payment", errors=PaymentError, needs=STAFF, deprecated=BY_TRANSACTIONS)
    async def payment_capture(
        self, info: Info, payment_id: ID, amount: PositiveDecimal | None = None
    ) -> models.TransactionItem:
        """Takes what is promised: by default all of it."""
        return await _act_on(info, payment_id, TransactionAction.CHARGE, amount)

    @mutation(returns="Payment", errors=PaymentError, needs=STAFF, deprecated=BY_TRANSACTIONS)
    async def payment_refund(
        self, info: Info, payment_id: ID, amount: PositiveDecimal | None = None
    ) -> models.TransactionItem:
        """Pays back what was taken: by default all of it."""
        return await _act_on(info, payment_id, TransactionAction.REFUND, amount)

    @mutation(returns="Payment", errors=PaymentError, needs=STAFF, deprecated=BY_TRANSACTIONS)
    async def payment_void(self, info: Info, payment_id: ID) -> models.TransactionItem:
        """Calls off what is promised."""
        return await _act_on(info, payment_id, TransactionAction.CANCEL, None)

    @mutation(returns="Order", errors=OrderError, needs=STAFF, deprecated=BY_TRANSACTIONS)
    async def order_capture(self, info: Info, id: ID, amount: PositiveDecimal) -> Any:
        """Takes so much of what is promised for an order."""
        if amount <= 0:
            raise DomainError("Amount should be a positive number.", field="amount", code="ZERO_QUANTITY")
        return await _act_on_order(info, id, TransactionAction.CHARGE, amount)

    @mutation(returns="Order", errors=OrderError, needs=STAFF, deprecated=BY_TRANSACTIONS)
    async def order_void(self, info: Info, id: ID) -> Any:
        """Calls off what is promised for an order."""
        return await _act_on_order(info, id, TransactionAction.CANCEL, None)


def _initialized(gateway: str, name: str, data: dict[str, object] | None) -> dict[str, Any]:
    return {"initialized_payment": {"gateway": gateway, "name": name, "data": data}}


async def _renamed(work: Any) -> models.TransactionItem | None:
    """Checkouts' own codes are others than payments'."""
    try:
        done: models.TransactionItem | None = await work
    except DomainError as error:
        error.code = _CODES.get(error.code, error.code)
        raise
    return done


def _minor(amount: Any, currency: str) -> int | None:
    return None if amount is None or amount is UNSET else minor_of(amount, currency, "amount")


async def _act_on(info: Info, payment_id: ID, kind: TransactionAction, amount: Any) -> models.TransactionItem:
    """Raises NotFoundError, OlderPaymentError."""
    try:
        key = info.key(payment_id, "Payment")
    except InvalidError as error:
        raise DomainError(error.message, field="paymentId", code="GRAPHQL_ERROR") from error
    payment = await info.session.get(models.TransactionItem, key)
    if payment is None or payment.recorded is None:
        raise NotFoundError(f"Couldn't resolve to a node: {payment_id}", field="paymentId")
    await info.check_channel(models.TransactionItem, key)
    return await _act(info, payment, kind, _minor(amount, payment.currency))


async def _act(
    info: Info, payment: models.TransactionItem, kind: TransactionAction, minor: int | None
) -> models.TransactionItem:
    """Have whoever carries a payment out do something with it. That it was asked for is kept, even where it
    was not done. Raises OlderPaymentError.
    """
    possible = possible_minor(payment, kind)
    if minor is not None and not 0 < minor <= possible:
        most = Money(possible, payment.currency)
        raise OlderPaymentError(f"There is not so much to {kind.lower()}: {most} at most.", field="amount")
    try:
        asked = await actions.ask_for_action(
            info.session, settings_of(info), payment.token, Action(kind, minor), info.requester.user_id
        )
    except DomainError as error:
        raise OlderPaymentError(error.message) from error
    key = payment.id
    await _put_all(info, [asked])
    return await info.session.get_one(models.TransactionItem, key)


async def _put_all(info: Info, questions: Sequence[Asked]) -> None:
    """Put questions, and write down what came of them. Raises OlderPaymentError for what was refused."""
    refused = []
    for asked in questions:
        await put(info, asked.call)
        done = await actions.answered(info.session, asked)
        last = (await events_of(info.session, done))[-1]
        if older.is_failure(last) and last.id > asked.request_id:
            refused.append(last.message)
    if refused:
        await info.keep()
        raise OlderPaymentError(" ".join(dict.fromkeys(refused)))


async def _act_on_order(info: Info, id: ID, kind: TransactionAction, amount: Any) -> Any:
    """What is promised for an order is acted on. Raises DomainError."""
    order = await info.find(orders.Order, id)
    order_id, minor = order.id, _minor(amount, order.currency)
    with codes_of(OrderError):
        asked = await act_on_order(
            info.session, settings_of(info), order_id, kind, minor, info.requester.user_id
        )
        await _put_all(info, asked)
    return await info.session.get_one(orders.Order, order_id)
