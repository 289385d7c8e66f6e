"""What can be done with an order's payments by mutations of the time before transactions."""

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, literal, null, select
from sqlalchemy.dialects.postgresql import ARRAY, array

from marketplace.payments.gateways.by_hand import PAID_BACK_BY_HAND
from marketplace.payments.models import TransactionAction, TransactionItem
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.orders.enums import OrderAction

_AMOUNTS = {
    TransactionAction.CHARGE: "authorized_minor",
    TransactionAction.CANCEL: "authorized_minor",
    TransactionAction.REFUND: "charged_minor",
}
_NAMES = {
    TransactionAction.CHARGE: OrderAction.CAPTURE,
    TransactionAction.REFUND: OrderAction.REFUND,
    TransactionAction.CANCEL: OrderAction.VOID,
}


def can(payment: Any, action: TransactionAction) -> ColumnElement[bool]:
    """Whether whoever carries a payment out can be asked for an action now. A promise to pay at the door is
    kept or broken there; what was paid by hand is paid back so.
    """
    possible = and_(
        getattr(payment, _AMOUNTS[action]) > 0, literal(action.value) == func.any(payment.available_actions)
    )
    if action is TransactionAction.REFUND:
        return possible
    return and_(possible, payment.gateway.not_in(PAID_BACK_BY_HAND))


def payment_actions(payment: Any) -> Any:
    """What can be done with one payment."""
    return _named({name: can(payment, action) for action, name in _NAMES.items()})


def order_actions(order: Any) -> Any:
    """What can be done with an order's payments; one that has none can be marked as paid."""

    def any_(*conditions: Any) -> ColumnElement[bool]:
        payment = aliased(TransactionItem)
        held = [condition(payment) for condition in conditions]
        found = select(literal(1)).where(payment.order_id == order.id, *held)
        return found.correlate_except(payment).exists()

    possible = {name: any_(lambda payment, a=action: can(payment, a)) for action, name in _NAMES.items()}
    return _named({OrderAction.MARK_AS_PAID: ~any_()} | possible)


def _named(possible: dict[OrderAction, ColumnElement[bool]]) -> Any:
    names = [case((holds, literal(name.value))) for name, holds in possible.items()]
    return func.array_remove(cast(array(names), ARRAY(Text)), null(), type_=ARRAY(Text))
