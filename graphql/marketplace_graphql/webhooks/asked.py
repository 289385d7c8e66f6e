"""Every event type of Saleor's that apps are asked about while somebody waits, and what it is made of.

What is asked besides the row stands in the event's details, by the names that are given here.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, ColumnElement, Uuid, and_

from marketplace.markets.models import TransactionFlowStrategy
from marketplace_graphql.kernel import (
    JSON,
    PositiveDecimal,
    expression,
    never_null,
    object_type,
    one_of,
    related,
    union,
    value,
)
from marketplace_graphql.kernel.subscriptions import Happened
from marketplace_graphql.payments.types import TransactionActionEnum
from marketplace_graphql.values import major_amount
from marketplace_graphql.webhooks.parts import KEY, On, Part, also, detail, key_in, subject
from marketplace_graphql.webhooks.table import kind

if TYPE_CHECKING:
    from marketplace_graphql.checkout.types import Checkout
    from marketplace_graphql.orders.types import Order

if TYPE_CHECKING:
    OrderOrCheckout = Checkout | Order
else:
    OrderOrCheckout = union("OrderOrCheckout", "Checkout", "Order", description="What is paid for.")


@object_type
class TransactionAction:
    """What a gateway is to do with a payment."""

    action_type: TransactionActionEnum
    amount: PositiveDecimal
    currency: str
    """ISO 4217 code."""


@object_type
class TransactionProcessAction:
    """What a gateway is to do with a payment that is being made."""

    amount: PositiveDecimal
    currency: str
    """ISO 4217 code."""
    action_type: TransactionFlowStrategy
    """Whether it is to be promised, or paid at once."""


def _json(name: str) -> Part:
    return Part(name, JSON | None, lambda: _expression(lambda happened, ctx: happened.json(name)))


def _text(name: str) -> Part:
    return Part(name, str, lambda: _expression(lambda happened, ctx: never_null(happened.text(name))))


def _amount(happened: Happened) -> ColumnElement[Any]:
    return major_amount(happened.typed("amount_minor", BigInteger()), happened.text("currency"))


def _action(type_name: str) -> Part:
    """`amount_minor`, `currency` and `action_type`."""
    made = value(
        lambda happened, ctx: {
            "amount": _amount(happened),
            "currency": happened.text("currency"),
            "action_type": happened.text("action_type"),
        }
    )
    return Part("action", type_name, lambda: made, (type_name,))


def _source() -> Part:
    """What is paid for: `source_model` and `source_key`."""

    def of(model: str) -> Callable[[Happened, Any, Any], ColumnElement[bool]]:
        return lambda happened, target, ctx: and_(
            happened.text("source_model") == model,
            target.id == key_in(happened, target, "source_key"),
        )

    def declare() -> Any:
        return one_of({"Checkout": of("Checkout"), "Order": of("Order")}, shown=True)

    return Part("source_object", "OrderOrCheckout", declare, ("Checkout", "Order"))


def _whole_amount() -> Part:
    return Part(
        "amount", PositiveDecimal | None, lambda: _expression(lambda happened, ctx: _amount(happened))
    )


def _expression(function: Callable[[Happened, Any], Any]) -> Any:
    return expression(function)


def _is_granted(happened: Happened, refund: Any, _ctx: Any) -> ColumnElement[bool]:
    """`granted_refund_key`, where it is for one."""
    found: ColumnElement[bool] = refund.id == key_in(happened, refund, "granted_refund_key")
    return found


def _methods(on: On) -> Part:
    """The ways to ship that are known before the app is asked."""
    return Part(
        "shipping_methods",
        "list[ShippingMethod] | None",
        lambda: related(on, shown=True),
        ("ShippingMethod",),
    )


def _of_checkout(happened: Happened, method: Any, _ctx: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = method.checkout_id == happened.typed(KEY, Uuid())
    return found


def _of_shop(happened: Happened, method: Any, _ctx: Any) -> ColumnElement[bool]:
    """Without those of apps, which are asked for them."""
    return and_(_of_checkout(happened, method, _ctx), method.app_method_id.is_(None))


def _of_order(happened: Happened, method: Any, _ctx: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = method.open_order_id == happened.typed(KEY, Uuid())
    return found


_CHECKOUT = subject("Checkout", "checkout")
_SESSION = (
    subject("TransactionItem", "transaction", needed=True),
    _source(),
    _json("data"),
    _text("merchant_reference"),
    detail("customer_ip_address"),
    _action("TransactionProcessAction"),
)
_REQUESTED = (subject("TransactionItem", "transaction"), _action("TransactionAction"))

ASKED = (
    kind("PaymentGatewayInitializeSession", _source(), _json("data"), _whole_amount(), may_be_tried=False),
    kind("TransactionInitializeSession", *_SESSION, _text("idempotency_key"), may_be_tried=False),
    kind("TransactionProcessSession", *_SESSION, may_be_tried=False),
    kind("TransactionChargeRequested TransactionCancelationRequested", *_REQUESTED, may_be_tried=False),
    kind(
        "TransactionRefundRequested",
        *_REQUESTED,
        also("OrderGrantedRefund", "granted_refund", _is_granted),
        may_be_tried=False,
    ),
    kind("ShippingListMethodsForCheckout", _CHECKOUT, _methods(_of_shop), may_be_tried=False),
    kind("CheckoutFilterShippingMethods", _CHECKOUT, _methods(_of_checkout), may_be_tried=False),
    kind(
        "OrderFilterShippingMethods",
        subject("Order", "order"),
        _methods(_of_order),
        may_be_tried=False,
    ),
)
