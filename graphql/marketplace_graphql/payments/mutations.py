"""Paying: what a channel offers, and a payment begun; and cash that carriers hand over."""

import uuid
from collections.abc import Mapping
from enum import Enum
from ipaddress import ip_address
from typing import Any

from strawberry import ID, UNSET

from marketplace.kit.errors import DomainError, InvalidError, NotFoundError, PermissionDeniedError
from marketplace.kit.ids import uuid_pk
from marketplace.kit.money import MINOR_DIGITS
from marketplace.markets.models import TransactionFlowStrategy
from marketplace.payments import by_app, cash, models, sessions
from marketplace.payments.asked import Asked, Wish
from marketplace.payments.at_the_door.errors import CashNotOfferedError
from marketplace.payments.gateways import Gateway, Payable
from marketplace.payments.gateways.known import GATEWAYS, outside_gateways
from marketplace.payments.gateways.outside import OutsideGateway
from marketplace.payments.transactions import Begun, initialize_transaction, lock_payable
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    JSON,
    UUID,
    Info,
    PositiveDecimal,
    enum,
    error_type,
    input_type,
    mutation,
    object_type,
)
from marketplace_graphql.payments.actions import ActionMutations
from marketplace_graphql.payments.asking import heard_from, put
from marketplace_graphql.payments.exact import exact
from marketplace_graphql.payments.recording import RecordingMutations
from marketplace_graphql.payments.stored_methods import StoredMethodMutations
from marketplace_graphql.payments.subject import Bill, may_go_on, the_bill
from marketplace_graphql.people.requests import settings_of
from marketplace_graphql.rules import codes_of

MOST_GATEWAYS = 50


@enum
class PaymentGatewayInitializeErrorCode(Enum):
    """What can be wrong when gateways are asked for."""

    GRAPHQL_ERROR = "GRAPHQL_ERROR"
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"


@enum
class PaymentGatewayConfigErrorCode(Enum):
    """What can be wrong with one gateway."""

    GRAPHQL_ERROR = "GRAPHQL_ERROR"
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"


@enum
class TransactionInitializeErrorCode(Enum):
    """What can be wrong when a payment is begun."""

    GRAPHQL_ERROR = "GRAPHQL_ERROR"
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    UNIQUE = "UNIQUE"
    CHECKOUT_COMPLETION_IN_PROGRESS = "CHECKOUT_COMPLETION_IN_PROGRESS"


@enum
class TransactionProcessErrorCode(Enum):
    """What can be wrong when a payment goes on."""

    GRAPHQL_ERROR = "GRAPHQL_ERROR"
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    TRANSACTION_ALREADY_PROCESSED = "TRANSACTION_ALREADY_PROCESSED"
    MISSING_PAYMENT_APP_RELATION = "MISSING_PAYMENT_APP_RELATION"
    MISSING_PAYMENT_APP = "MISSING_PAYMENT_APP"
    CHECKOUT_COMPLETION_IN_PROGRESS = "CHECKOUT_COMPLETION_IN_PROGRESS"


@enum
class CashRemittanceErrorCode(Enum):
    """What can be wrong with cash that a carrier hands over."""

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    REQUIRED = "REQUIRED"
    UNIQUE = "UNIQUE"
    AMOUNT_MISMATCH = "AMOUNT_MISMATCH"


PaymentGatewayInitializeError = error_type("PaymentGatewayInitializeError", PaymentGatewayInitializeErrorCode)
TransactionInitializeError = error_type("TransactionInitializeError", TransactionInitializeErrorCode)
TransactionProcessError = error_type("TransactionProcessError", TransactionProcessErrorCode)
CashRemittanceError = error_type(
    "CashRemittanceError", CashRemittanceErrorCode, vendor_orders=list[ID] | None
)


@object_type
class PaymentGatewayConfigError:
    """Why a gateway can't be used here."""

    field: str | None
    message: str | None
    code: PaymentGatewayConfigErrorCode


@object_type
class PaymentGatewayConfig:
    """A gateway, and what its client must know before a payment is begun."""

    id: str
    data: JSON | None
    errors: list[PaymentGatewayConfigError] | None


@input_type
class PaymentGatewayToInitialize:
    """A gateway, and what it wants to be told."""

    id: str
    data: JSON | None


@input_type
class CashRemittanceCreateInput:
    """Cash that a carrier has handed over, and for which parcels."""

    carrier: str
    reference: str
    """The carrier's own name for it. Told twice, it is booked once."""
    amount: PositiveDecimal
    currency: str
    vendor_orders: list[ID]
    accept_difference: bool | None = False
    """Book it though the parcels come to another amount: the difference is the marketplace's."""


@object_type
class PaymentsMutations(StoredMethodMutations, RecordingMutations, ActionMutations):
    """Paying."""

    @mutation(
        returns={"gateway_configs": list[PaymentGatewayConfig] | None},
        errors=PaymentGatewayInitializeError,
        about=the_bill,
    )
    async def payment_gateway_initialize(
        self,
        info: Info,
        bill: Bill,
        amount: PositiveDecimal | None = None,
        payment_gateways: list[PaymentGatewayToInitialize] | None = None,
    ) -> Any:
        """Which ways to pay a checkout or an order has, and what their clients must know."""
        info.at_most(MOST_GATEWAYS, payment_gateways or (), "paymentGateways")
        with codes_of(PaymentGatewayInitializeError):
            payable = await lock_payable(info.session, bill.checkout_id, bill.order_id)
        configs = await _own_configs(info, payable)
        wanted = None
        if payment_gateways is not None:
            wanted = {given.id: given.data if given.data is not UNSET else None for given in payment_gateways}
        minor = payable.total.minor if amount is None else exact(amount, bill.currency).minor
        questions = await by_app.ask_for_gateways(info.session, settings_of(info), payable, minor, wanted)
        answers = {one.question.app_identifier: one.said for one in await heard_from(info, questions)}
        if wanted is None:
            wanted = dict.fromkeys([*(key for key, own in configs.items() if not own["errors"]), *answers])
        for gateway_id, said in answers.items():
            configs.setdefault(gateway_id, _app_config(gateway_id, said))
        return {"gateway_configs": [configs.get(key) or _unknown_config(key) for key in wanted]}

    @mutation(
        returns={
            "transaction": "TransactionItem | None",
            "transaction_event": "TransactionEvent | None",
            "data": JSON | None,
        },
        errors=TransactionInitializeError,
        about=the_bill,
    )
    async def transaction_initialize(
        self,
        info: Info,
        bill: Bill,
        payment_gateway: PaymentGatewayToInitialize,
        action: TransactionFlowStrategy | None = None,
        amount: PositiveDecimal | None = None,
        customer_ip_address: str | None = None,
        idempotency_key: str | None = None,
    ) -> Any:
        """Begins a payment of a checkout or an order: by default of all that is left to pay.

        Only who handles payments may say whether it is to be promised or paid at once.
        """
        _check_privileges(info, action, customer_ip_address)
        minor = None if amount is None else exact(amount, bill.currency).minor
        given: dict[str, Any] = {
            "checkout_id": bill.checkout_id,
            "order_id": bill.order_id,
            "amount_minor": minor,
            "idempotency_key": idempotency_key,
        }
        with codes_of(TransactionInitializeError):
            if payment_gateway.id in GATEWAYS:
                charge = None if action is None else action is TransactionFlowStrategy.CHARGE
                begun = await initialize_transaction(
                    info.session, payment_gateway.id, charge=charge, user_id=info.requester.user_id, **given
                )
                return _begun(begun)
            asked = await sessions.begin(
                info.session,
                settings_of(info),
                payment_gateway.id,
                _wish(info, payment_gateway.data, customer_ip_address),
                action=None if action is None else action.value,
                user_id=info.requester.user_id,
                **given,
            )
        return await _answered(info, asked)

    @mutation(
        returns={
            "transaction": "TransactionItem | None",
            "transaction_event": "TransactionEvent | None",
            "data": JSON | None,
        },
        errors=TransactionProcessError,
    )
    async def transaction_process(
        self,
        info: Info,
        customer_ip_address: str | None = None,
        data: JSON | None = None,
        id: ID | None = None,
        token: UUID | None = None,
    ) -> Any:
        """Goes on with a payment. One that has ended already is given as it ended.

        A customer's goes on for them alone; a guest's for whoever was given its token.
        """
        _check_privileges(info, None, customer_ip_address)
        if (id is None) == (token is None):
            message = "Exactly one of the arguments 'id', 'token' must be given."
            raise InvalidError(message, code="GRAPHQL_ERROR")
        key = uuid_pk(id, "TransactionItem") if id is not None else uuid.UUID(str(token))
        if not await may_go_on(info, key):
            raise NotFoundError("There is no such payment.", field="id")
        wish = _wish(info, data, customer_ip_address)
        return await _answered(info, await sessions.go_on(info.session, settings_of(info), key, wish))

    @mutation(returns="CashRemittance", errors=CashRemittanceError, needs=Permission.MANAGE_PAYOUTS)
    async def cash_remittance_create(
        self,
        info: Info,
        input: CashRemittanceCreateInput,
    ) -> models.CashRemittance:
        """Books cash that a carrier has handed over: the parcels' sellers can be paid it."""
        currency = input.currency.strip().upper()
        if currency not in MINOR_DIGITS:
            raise InvalidError(f"Nothing is sold in {input.currency} here.", field="currency")
        amount = exact(input.amount, currency)
        parts = [uuid_pk(part, "VendorOrder") for part in input.vendor_orders]
        with codes_of(CashRemittanceError):
            return await cash.remit(
                info.session,
                input.carrier,
                input.reference,
                amount,
                parts,
                accept_difference=bool(input.accept_difference),
            )


def _check_privileges(
    info: Info, action: TransactionFlowStrategy | None, customer_ip_address: str | None
) -> None:
    """What Saleor leaves to those who handle payments. Raises PermissionDeniedError."""
    privileged = action is not None or customer_ip_address is not None
    if privileged and Permission.HANDLE_PAYMENTS not in info.requester.permissions:
        raise PermissionDeniedError(Permission.HANDLE_PAYMENTS)


def _wish(info: Info, data: object, customer_ip_address: str | None) -> Wish:
    """Raises InvalidError for what is no address."""
    given = None if data is UNSET else data
    if customer_ip_address is None:
        return Wish(given, info.address)
    try:
        ip_address(customer_ip_address)
    except ValueError:
        raise InvalidError("This is no IP address.", field="customerIpAddress") from None
    return Wish(given, customer_ip_address)


async def _answered(info: Info, asked: Asked | Begun) -> dict[str, Any]:
    """Ask whoever carries the payment out, unless it has ended already."""
    if isinstance(asked, Begun):
        return _begun(asked)
    await put(info, asked.call)
    return _begun(await sessions.answered(info.session, asked))


def _begun(begun: Begun) -> dict[str, Any]:
    return {"transaction": begun.transaction, "transaction_event": begun.event, "data": begun.data}


def _app_config(gateway_id: str, said: Mapping[str, Any] | None) -> dict[str, Any]:
    """What an app answers about being a gateway."""
    errors = []
    if said is None:
        message = "The app gave no answer that could be used."
        errors = [{"field": "id", "message": message, "code": PaymentGatewayConfigErrorCode.INVALID}]
    return {"id": gateway_id, "data": None if said is None else said.get("data"), "errors": errors}


async def _own_configs(info: Info, payable: Payable) -> dict[str, dict[str, Any]]:
    """What clients must know of the gateways of this house, and why one is not open."""
    configs: dict[str, dict[str, Any]] = {}
    for promise in GATEWAYS.values():
        configs[promise.id] = _config(promise.id, None, await _refusal(info, promise, payable))
    for gateway in outside_gateways(settings_of(info)).values():
        refused = await _refusal(info, gateway, payable)
        configs[gateway.id] = _config(gateway.id, dict(gateway.config()), refused)
    return configs


async def _refusal(info: Info, gateway: Gateway | OutsideGateway, payable: Payable) -> DomainError | None:
    """Why a gateway is not open; None where it is."""
    try:
        await gateway.check_open(info.session, payable)
    except DomainError as refused:
        return refused
    return None


def _config(gateway_id: str, data: dict[str, object] | None, refused: DomainError | None) -> dict[str, Any]:
    if refused is None:
        return {"id": gateway_id, "data": data, "errors": []}
    code = PaymentGatewayConfigErrorCode.INVALID
    errors = [{"field": refused.field, "message": refused.message, "code": code}]
    reason = {"reason": refused.reason} if isinstance(refused, CashNotOfferedError) else None
    return {"id": gateway_id, "data": reason, "errors": errors}


def _unknown_config(gateway_id: str) -> dict[str, Any]:
    message = f"There is no payment gateway {gateway_id}."
    errors = [{"field": "id", "message": message, "code": PaymentGatewayConfigErrorCode.NOT_FOUND}]
    return {"id": gateway_id, "data": None, "errors": errors}
