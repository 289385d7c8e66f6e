"""Payments that apps, or gateways of this house, are asked to charge, to pay back or to call off."""

import uuid

from sqlalchemy import Uuid, bindparam, select
from strawberry import ID

from marketplace.content.reasons import UNSAID, For, Why
from marketplace.kit.errors import DomainError, Errors, InvalidError, NotFoundError
from marketplace.orders.models import Order
from marketplace.orders.refunds import GrantedRefund
from marketplace.payments import actions, models
from marketplace.payments.actions import Action
from marketplace.payments.asked import Asked
from marketplace.payments.models import TransactionAction
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import UUID, Info, PositiveDecimal, error_type, mutation, object_type
from marketplace_graphql.orders.reasons import reasons_named
from marketplace_graphql.payments.asking import put
from marketplace_graphql.payments.recording import minor_of, payment_token, the_payment
from marketplace_graphql.people.requests import settings_of

NEEDS = Permission.HANDLE_PAYMENTS
TransactionRequestActionError = error_type(
    "TransactionRequestActionError",
    ("INVALID", "REQUIRED", "GRAPHQL_ERROR", "NOT_FOUND", "MISSING_TRANSACTION_ACTION_REQUEST_WEBHOOK"),
)
TransactionRequestRefundForGrantedRefundError = error_type(
    "TransactionRequestRefundForGrantedRefundError",
    (
        "INVALID",
        "GRAPHQL_ERROR",
        "NOT_FOUND",
        "AMOUNT_GREATER_THAN_AVAILABLE",
        "MISSING_TRANSACTION_ACTION_REQUEST_WEBHOOK",
        "REFUND_ALREADY_PROCESSED",
        "REFUND_IS_PENDING",
    ),
)
_CURRENCY = select(models.TransactionItem.id, models.TransactionItem.currency).where(
    models.TransactionItem.token == bindparam("token", type_=Uuid)
)


@object_type
class ActionMutations:
    """A part of the mutations."""

    @mutation(
        returns={"transaction": "TransactionItem | None"},
        errors=TransactionRequestActionError,
        needs=NEEDS,
        about=the_payment,
    )
    async def transaction_request_action(
        self,
        info: Info,
        token: uuid.UUID,
        action_type: TransactionAction,
        amount: PositiveDecimal | None = None,
        refund_reason: str | None = None,
        refund_reason_reference: ID | None = None,
    ) -> dict[str, models.TransactionItem]:
        """Has whoever carries a payment out charge, pay back or call off: by default all that can be."""
        _check_is_refund(action_type, refund_reason, refund_reason_reference)
        currency = await _currency(info, token)
        action = Action(
            action_type,
            None if amount is None else minor_of(amount, currency, "amount"),
            await _why(info, action_type, refund_reason, refund_reason_reference),
        )
        asked = await actions.ask_for_action(
            info.session, settings_of(info), token, action, info.requester.user_id
        )
        return await _answered(info, asked)

    @mutation(
        returns={"transaction": "TransactionItem | None"},
        errors=TransactionRequestRefundForGrantedRefundError,
        needs=NEEDS,
    )
    async def transaction_request_refund_for_granted_refund(
        self, info: Info, granted_refund_id: ID, id: ID | None = None, token: UUID | None = None
    ) -> dict[str, models.TransactionItem]:
        """Has whoever carries a payment out pay back what staff have granted. The payment is named where the
        granted refund has none.
        """
        try:
            refund = await info.find(GrantedRefund, granted_refund_id, field_name="grantedRefundId")
        except InvalidError as error:
            raise DomainError(error.message, field=error.field, code="GRAPHQL_ERROR") from error
        await info.check_channel(Order, refund.order_id)
        payment_token = await _token_of(info, refund, id, token)
        asked = await actions.ask_for_granted(
            info.session, settings_of(info), payment_token, refund.id, info.requester.user_id
        )
        return await _answered(info, asked)


def _check_is_refund(action: TransactionAction, reason: str | None, reference: ID | None) -> None:
    """Raises Errors for a reason of what is no refund."""
    if action is TransactionAction.REFUND:
        return
    given = {"refundReason": reason, "refundReasonReference": reference}
    wrong: list[DomainError] = [
        InvalidError("Only a refund has a reason.", field=name) for name in given if given[name]
    ]
    if wrong:
        raise Errors(wrong)


async def _why(info: Info, action: TransactionAction, reason: str | None, reference: ID | None) -> Why:
    if action is not TransactionAction.REFUND:
        return UNSAID
    named = await reasons_named(info, For.REFUND, reference, field_name="refundReasonReference")
    return Why(reason or "", named.key(reference))


async def _answered(info: Info, asked: Asked) -> dict[str, models.TransactionItem]:
    await put(info, asked.call)
    return {"transaction": await actions.answered(info.session, asked)}


async def _token_of(info: Info, refund: GrantedRefund, id: ID | None, token: UUID | None) -> uuid.UUID:
    """The token of a granted refund's payment; the one that is named, where it has none."""
    if refund.transaction_id is not None:
        return (await info.session.get_one(models.TransactionItem, refund.transaction_id)).token
    named = payment_token(id, token)
    await _currency(info, named)
    return named


async def _currency(info: Info, token: uuid.UUID) -> str:
    """Raises NotFoundError, and PermissionDeniedError for one of another channel than the requester's."""
    found = (await info.session.execute(_CURRENCY, {"token": token})).one_or_none()
    if found is None:
        raise NotFoundError("There is no such payment.", field="id")
    key, currency = found
    await info.check_channel(models.TransactionItem, key)
    return str(currency)
