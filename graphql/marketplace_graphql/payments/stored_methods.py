"""Ways to pay that a gateway keeps for a buyer."""

from enum import Enum
from typing import Any

from sqlalchemy import select
from strawberry import ID

from marketplace.kit.errors import DomainError, PermissionDeniedError
from marketplace.markets.models import Channel
from marketplace.markets.queries import channel_to_shop_in
from marketplace.payments import stored_methods as service
from marketplace.payments.stored_methods import (
    DeleteResult,
    InitializeResult,
    PaymentFlow,
    StoredMethod,
    TokenizationResult,
    Tokenized,
)
from marketplace_graphql.kernel import (
    AUTHENTICATED,
    JSON,
    Info,
    PositiveDecimal,
    computed,
    enum,
    error_type,
    mutation,
    object_type,
)
from marketplace_graphql.kernel.metadata import MetadataItem
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.payments.types import PaymentGateway
from marketplace_graphql.rules import codes_of

TokenizedPaymentFlowEnum = enum(PaymentFlow, name="TokenizedPaymentFlowEnum")
enum(DeleteResult, name="StoredPaymentMethodRequestDeleteResult")
enum(InitializeResult, name="PaymentGatewayInitializeTokenizationResult")
enum(TokenizationResult, name="PaymentMethodTokenizationResult")


def _errors(name: str, codes: str) -> Any:
    """An error type with the codes that all of these share; the contract has one enum for each."""
    members = ("GRAPHQL_ERROR", "INVALID", "NOT_FOUND", "CHANNEL_INACTIVE", "GATEWAY_ERROR")
    declared = Enum(codes, {code: code for code in members}, module=__name__)  # type: ignore[misc]
    declared.__doc__ = "What can be wrong with a way to pay that is to be kept, or forgotten."
    return error_type(name, enum(declared))


PaymentMethodRequestDeleteError = _errors(
    "PaymentMethodRequestDeleteError", "StoredPaymentMethodRequestDeleteErrorCode"
)
PaymentGatewayInitializeTokenizationError = _errors(
    "PaymentGatewayInitializeTokenizationError", "PaymentGatewayInitializeTokenizationErrorCode"
)
PaymentMethodInitializeTokenizationError = _errors(
    "PaymentMethodInitializeTokenizationError", "PaymentMethodInitializeTokenizationErrorCode"
)
PaymentMethodProcessTokenizationError = _errors(
    "PaymentMethodProcessTokenizationError", "PaymentMethodProcessTokenizationErrorCode"
)


@object_type
class CreditCard:
    """A card, as far as it may be shown."""

    brand: str
    first_digits: str | None
    last_digits: str
    exp_month: int | None
    exp_year: int | None


@object_type
class StoredPaymentMethod:
    """A way to pay that a gateway keeps."""

    id: ID
    gateway: PaymentGateway
    payment_method_id: str
    """What the gateway itself calls it."""
    credit_card_info: CreditCard | None
    supported_payment_flows: list[TokenizedPaymentFlowEnum] | None  # type: ignore[valid-type]
    type: str
    """What kind it is, in the gateway's words."""
    name: str | None
    """What its owner knows it by."""
    data: JSON | None
    """What the gateway has for its client."""


@object_type
class PaymentSource:
    """A way to pay that a gateway keeps, in Saleor's older form."""

    gateway: str
    payment_method_id: str | None
    credit_card_info: CreditCard | None
    metadata: list[MetadataItem]


@object_type
class StoredMethodsOfUser:
    """Ways to pay that are kept for a user: a part of `User`. Nobody else sees them."""

    @computed(lambda row, ctx: {"id": row.id})
    async def stored_payment_methods(
        selected: Any, info: Info, channel: str
    ) -> list[StoredPaymentMethod] | None:
        """Ways to pay that gateways keep for the person."""
        return [_shown(method) for method in await _own_methods(selected, info, channel)]

    @computed(lambda row, ctx: {"id": row.id}, deprecated="Use `storedPaymentMethods`.")
    async def stored_payment_sources(
        selected: Any, info: Info, channel: str | None = None
    ) -> list[PaymentSource] | None:
        """Ways to pay that gateways keep for the person."""
        methods = await _own_methods(selected, info, channel or "")
        return [
            PaymentSource(
                gateway=method.gateway_id,
                payment_method_id=method.payment_method_id,
                credit_card_info=_card(method),
                metadata=[],
            )
            for method in methods
        ]


@object_type
class StoredMethodsOfCheckout:
    """Ways to pay that are kept for its customer: a part of `Checkout`. Nobody else sees them."""

    @computed(lambda row, ctx: {"id": row.user_id, "channel": _slug_of(row.channel_id)})
    async def stored_payment_methods(
        selected: Any, info: Info, amount: PositiveDecimal | None = None
    ) -> list[StoredPaymentMethod] | None:
        """Ways to pay that gateways keep for the customer."""
        return [_shown(method) for method in await _own_methods(selected, info, selected["channel"])]


def _slug_of(channel_id: Any) -> Any:
    channel = aliased(Channel)
    return select(channel.slug).where(channel.id == channel_id).correlate_except(channel).scalar_subquery()


async def _own_methods(selected: Any, info: Info, channel_slug: str) -> list[StoredMethod]:
    if selected["id"] is None or selected["id"] != info.requester.user_id:
        return []
    return await service.methods_of(selected["id"], channel_slug)


def _shown(method: StoredMethod) -> StoredPaymentMethod:
    return StoredPaymentMethod(
        id=ID(method.id),
        gateway=PaymentGateway(id=ID(method.gateway_id), name=method.gateway_name, config=[], currencies=[]),
        payment_method_id=method.payment_method_id,
        credit_card_info=_card(method),
        supported_payment_flows=list(method.flows),
        type=method.type,
        name=method.name,
        data=JSON(method.data),
    )


def _card(method: StoredMethod) -> CreditCard | None:
    card = method.card
    if card is None:
        return None
    return CreditCard(
        brand=card.brand,
        first_digits=card.first_digits,
        last_digits=card.last_digits,
        exp_month=card.exp_month,
        exp_year=card.exp_year,
    )


@object_type
class StoredMethodMutations:
    """Keeping ways to pay, and forgetting them."""

    @mutation(
        returns={"result": DeleteResult},
        errors=PaymentMethodRequestDeleteError,
        needs=AUTHENTICATED,
        failed={"result": DeleteResult.FAILED_TO_DELIVER},
    )
    async def stored_payment_method_request_delete(self, info: Info, id: ID, channel: str) -> Any:
        """Asks the gateway to forget a way to pay of one's own."""
        with codes_of(PaymentMethodRequestDeleteError):
            await channel_to_shop_in(info.session, channel)
            keeper = service.keeper_of(id)
            result, error = await keeper.delete(_user_id(info), channel, id)
            return _answered({"result": result}, error)

    @mutation(
        returns={"result": InitializeResult, "data": JSON | None},
        errors=PaymentGatewayInitializeTokenizationError,
        needs=AUTHENTICATED,
        failed={"result": InitializeResult.FAILED_TO_DELIVER},
    )
    async def payment_gateway_initialize_tokenization(
        self, info: Info, id: str, channel: str, data: JSON | None = None
    ) -> Any:
        """Asks a gateway what its client must know before it keeps a way to pay."""
        with codes_of(PaymentGatewayInitializeTokenizationError):
            await channel_to_shop_in(info.session, channel)
            result, answer, error = await service.keeper_of(id).initialize(_user_id(info), channel, data)
            return _answered({"result": result, "data": answer}, error)

    @mutation(
        returns={"result": TokenizationResult, "id": str | None, "data": JSON | None},
        errors=PaymentMethodInitializeTokenizationError,
        needs=AUTHENTICATED,
        failed={"result": TokenizationResult.FAILED_TO_DELIVER},
    )
    async def payment_method_initialize_tokenization(
        self,
        info: Info,
        id: str,
        channel: str,
        payment_flow_to_support: TokenizedPaymentFlowEnum,  # type: ignore[valid-type]
        data: JSON | None = None,
    ) -> Any:
        """Has a gateway begin to keep a way to pay."""
        with codes_of(PaymentMethodInitializeTokenizationError):
            await channel_to_shop_in(info.session, channel)
            keeper = service.keeper_of(id)
            return _tokenized(await keeper.begin(_user_id(info), channel, payment_flow_to_support, data))

    @mutation(
        returns={"result": TokenizationResult, "id": str | None, "data": JSON | None},
        errors=PaymentMethodProcessTokenizationError,
        needs=AUTHENTICATED,
        failed={"result": TokenizationResult.FAILED_TO_DELIVER},
    )
    async def payment_method_process_tokenization(
        self, info: Info, id: str, channel: str, data: JSON | None = None
    ) -> Any:
        """Has a gateway go on with what it has begun."""
        with codes_of(PaymentMethodProcessTokenizationError):
            await channel_to_shop_in(info.session, channel)
            return _tokenized(await service.keeper_of(id).go_on(_user_id(info), channel, data))


def _user_id(info: Info) -> int:
    if info.requester.user_id is None:
        raise PermissionDeniedError(AUTHENTICATED)
    return info.requester.user_id


def _tokenized(answer: Tokenized) -> dict[str, object]:
    return _answered({"result": answer.result, "id": answer.id, "data": answer.data}, answer.error)


def _answered(parts: dict[str, object], error: str | None) -> dict[str, object]:
    """A gateway's answer. Raises DomainError for what it could not do."""
    if error is not None:
        raise DomainError(error, code="GATEWAY_ERROR")
    return parts
