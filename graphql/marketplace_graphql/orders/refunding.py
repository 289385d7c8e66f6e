"""Money back, and goods back: staff's to decide. Sellers say what of their own came back."""

import uuid
from decimal import Decimal
from typing import Any

from strawberry import ID

from marketplace.content.reasons import For, Why
from marketplace.kit.errors import InvalidError, PermissionDeniedError
from marketplace.kit.money import Money
from marketplace.orders import models
from marketplace.orders.errors import FulfillQuantityError
from marketplace.orders.moving import LinePieces, ParcelPieces
from marketplace.payments import actions, repaid, repaying
from marketplace.payments.by_hand import mark_as_paid
from marketplace.payments.refund_shares import Wish
from marketplace.payments.refunding import Kind, Refunding, Returned
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Info, PositiveDecimal, input_type, mutation, object_type
from marketplace_graphql.orders.errors import OrderError
from marketplace_graphql.orders.naming import named_order, payload_order
from marketplace_graphql.orders.parcels import LINES_AT_ONCE
from marketplace_graphql.orders.reasons import Reasons, reasons_named
from marketplace_graphql.payments.asking import put
from marketplace_graphql.people.requests import settings_of
from marketplace_graphql.rules import codes_of

STAFF = Permission.MANAGE_ORDERS
REASON_LENGTH = 2000


@input_type
class OrderReturnLineInput:
    """Pieces of an order line that are in no parcel yet."""

    order_line_id: ID
    quantity: int
    replace: bool | None = False
    """Whether other pieces are sent in their place."""
    reason: str | None
    """Why they come back."""
    reason_reference: ID | None
    """A page that names the reason, where the shop has such pages."""


@input_type
class OrderReturnFulfillmentLineInput:
    """Pieces that come back out of a parcel."""

    fulfillment_line_id: ID
    quantity: int
    replace: bool | None = False
    """Whether other pieces are sent in their place."""
    reason: str | None
    """Why they come back."""
    reason_reference: ID | None
    """A page that names the reason, where the shop has such pages."""


@input_type
class OrderReturnProductsInput:
    """What comes back."""

    order_lines: list[OrderReturnLineInput] | None
    """Pieces that are in no parcel yet."""
    fulfillment_lines: list[OrderReturnFulfillmentLineInput] | None
    """Pieces that are in parcels."""
    amount_to_refund: PositiveDecimal | None
    """How much is paid back, if it isn't what they cost."""
    include_shipping_costs: bool | None = False
    """Whether their delivery is paid back, too; not asked where an amount is given."""
    refund: bool | None = False
    """Whether they are paid back."""
    reason: str | None
    """Why they come back."""
    reason_reference: ID | None
    """A page that names the reason, where the shop has such pages."""


@input_type
class OrderRefundLineInput:
    """Pieces of an order line that are in no parcel yet, and never will be."""

    order_line_id: ID
    quantity: int


@input_type
class OrderRefundFulfillmentLineInput:
    """Pieces in a parcel, which the buyer keeps."""

    fulfillment_line_id: ID
    quantity: int


@input_type
class OrderRefundProductsInput:
    """What is paid back."""

    order_lines: list[OrderRefundLineInput] | None
    """Pieces that are in no parcel yet."""
    fulfillment_lines: list[OrderRefundFulfillmentLineInput] | None
    """Pieces that are in parcels."""
    amount_to_refund: PositiveDecimal | None
    """How much is paid back, if it isn't what they cost."""
    include_shipping_costs: bool | None = False
    """Whether their delivery is paid back, too; not asked where an amount is given."""


@object_type
class RefundMutations:
    """A part of the mutations of orders."""

    @mutation(returns="Order", errors=OrderError, needs=STAFF)
    async def order_mark_as_paid(
        self, info: Info, id: ID, transaction_reference: str | None = None
    ) -> models.Order:
        """Writes down that all of an order was paid, whichever way."""
        with codes_of(OrderError):
            return await mark_as_paid(
                info.session,
                await info.key_in_reach(models.Order, id),
                reference=transaction_reference,
                user_id=info.requester.user_id,
            )

    @mutation(returns="Order", errors=OrderError, needs=STAFF, deprecated="Use refunds by transactions.")
    async def order_refund(self, info: Info, id: ID, amount: PositiveDecimal) -> models.Order:
        """Pays so much of an order back, for no pieces in particular."""
        if amount <= 0:
            raise FulfillQuantityError("Amount should be a positive number.", field="amount")
        with codes_of(OrderError):
            order = await info.find(models.Order, id)
            wish = Wish(exact_minor(amount, order.currency, "amount"))
            made = await _paid_back(info, order.id, Refunding(Kind.KEPT, wish, amount_field="amount"))
        return made.order

    @mutation(
        returns={"fulfillment": "Fulfillment | None", "order": "Order | None"},
        errors=OrderError,
        needs=STAFF,
        payload_name="FulfillmentRefundProducts",
    )
    async def order_fulfillment_refund_products(
        self, info: Info, input: OrderRefundProductsInput, order: ID
    ) -> Any:
        """Pays pieces of an order back. The buyer keeps what has left; what has not never will.

        Of several sellers, the first one's refunded parcel is shown.
        """
        with codes_of(OrderError):
            whole = await info.find(models.Order, order, field_name="order")
            refunding = Refunding(
                Kind.KEPT,
                _wish(input, whole.currency),
                _of_lines(info, input.order_lines or []),
                _of_parcels(info, input.fulfillment_lines or []),
            )
            made = await _paid_back(info, whole.id, refunding)
        return {"fulfillment": made.returned[0] if made.returned else None, "order": made.order}

    @mutation(
        returns={
            "return_fulfillment": "Fulfillment | None",
            "replace_fulfillment": "Fulfillment | None",
            "order": "Order | None",
            "replace_order": "Order | None",
        },
        errors=OrderError,
        needs=STAFF,
        sellers=True,
        payload_name="FulfillmentReturnProducts",
    )
    async def order_fulfillment_return_products(
        self, info: Info, input: OrderReturnProductsInput, order: ID
    ) -> Any:
        """Takes pieces of an order back. Nothing comes back onto a shelf by this.

        Whoever works for a seller says so of the seller's own; money and replacements are staff's. Of several
        sellers, the first one's parcels are shown.
        """
        given: list[Any] = [*(input.order_lines or []), *(input.fulfillment_lines or [])]
        wants_more = input.refund or input.amount_to_refund or any(line.replace for line in given)
        if info.within is not None and wants_more:
            raise PermissionDeniedError(STAFF)
        of_lines_named = [line.reason_reference for line in given]
        with codes_of(OrderError):
            reasons = await reasons_named(info, For.RETURN, input.reason_reference, of_lines_named)
            named = await named_order(info, order)
            whole = await info.session.get_one(models.Order, named.order_id)
            of_lines = _of_lines(info, input.order_lines or [], reasons)
            of_parcels = _of_parcels(info, input.fulfillment_lines or [], reasons)
            if info.within is not None:
                await _check_own(info, input)
            wish = _wish(input, whole.currency) if input.refund else None
            refunding = Refunding(Kind.RETURN, wish, of_lines, of_parcels, _why(input, reasons))
            made = await _paid_back(info, named.order_id, refunding)
        return {
            "return_fulfillment": made.returned[0] if made.returned else None,
            "replace_fulfillment": made.replaced[0] if made.replaced else None,
            "order": payload_order(info, made.order),
            "replace_order": made.replacement,
        }


async def _paid_back(info: Info, order_id: uuid.UUID, refunding: Refunding) -> Returned:
    """Whoever took the money is asked, with nothing in hand. Raises what `repaying.begin` and
    `repaid.outcome` raise.
    """
    begun = await repaying.begin(info.session, settings_of(info), order_id, refunding, info.requester.user_id)
    if isinstance(begun, Returned):
        return begun
    for asked in begun.asked:
        await put(info, asked.call)
        await actions.answered(info.session, asked)
    return await repaid.outcome(info.session, begun.repayment_id)


def _of_lines(info: Info, given: list[Any], reasons: Reasons | None = None) -> list[LinePieces]:
    info.at_most(LINES_AT_ONCE, given, "orderLines")
    return [
        LinePieces(
            _key(info, each.order_line_id, "OrderLine", "orderLineId"), each.quantity, **_said(each, reasons)
        )
        for each in given
    ]


def _of_parcels(info: Info, given: list[Any], reasons: Reasons | None = None) -> list[ParcelPieces]:
    info.at_most(LINES_AT_ONCE, given, "fulfillmentLines")
    return [
        ParcelPieces(
            _key(info, each.fulfillment_line_id, "FulfillmentLine", "fulfillmentLineId"),
            each.quantity,
            **_said(each, reasons),
        )
        for each in given
    ]


def _key(info: Info, global_id: ID, type_name: str, field_name: str) -> Any:
    try:
        return info.key(global_id, type_name)
    except InvalidError as error:
        error.field = field_name
        raise


def _said(line: Any, reasons: Reasons | None) -> dict[str, Any]:
    """Whether pieces are replaced, and why they come back: where that can be said of them."""
    return {} if reasons is None else {"replace": bool(line.replace), "why": _why(line, reasons)}


def _why(given: Any, reasons: Reasons) -> Why:
    return Why(reason_of(given.reason), reasons.key(given.reason_reference))


def reason_of(text: str | None) -> str:
    reason = (text or "").strip()
    if len(reason) > REASON_LENGTH:
        raise InvalidError(f"At most {REASON_LENGTH} characters, please.", field="reason")
    return reason


async def _check_own(info: Info, input: OrderReturnProductsInput) -> None:
    """Raises NotFoundError for pieces that are not of the requester's sellers."""
    lines = [line.order_line_id for line in input.order_lines or []]
    await info.find_many(models.OrderLine, lines, field_name="orderLineId")
    parcel_lines = [line.fulfillment_line_id for line in input.fulfillment_lines or []]
    await info.find_many(models.FulfillmentLine, parcel_lines, field_name="fulfillmentLineId")


def _wish(input: OrderReturnProductsInput | OrderRefundProductsInput, currency: str) -> Wish:
    if isinstance(input.amount_to_refund, Decimal):
        return Wish(exact_minor(input.amount_to_refund, currency, "amountToRefund"))
    return Wish(includes_shipping=bool(input.include_shipping_costs))


def exact_minor(amount: Decimal, currency: str, field_name: str) -> int:
    """An amount in minor units. Raises InvalidError for one that the currency does not have."""
    money = Money.from_decimal(amount, currency)
    if money.amount != amount:
        raise InvalidError(f"There is no such amount in {currency}.", field=field_name)
    return money.minor
