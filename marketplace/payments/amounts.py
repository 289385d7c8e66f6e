"""What a transaction's events say: the one place that derives its amounts. Pure arithmetic, minor units."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from marketplace.orders.models import AuthorizeStatus, ChargeStatus
from marketplace.payments.models import TransactionEventType as Type


class Told(Protocol):
    """As much of an event as amounts are made of."""

    @property
    def type(self) -> Type: ...
    @property
    def amount_minor(self) -> int: ...
    @property
    def psp_reference(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Amounts:
    """A transaction's state. `authorized` is what is promised and neither charged nor called off yet."""

    authorized_minor: int = 0
    authorize_pending_minor: int = 0
    charged_minor: int = 0
    charge_pending_minor: int = 0
    refunded_minor: int = 0
    refund_pending_minor: int = 0
    canceled_minor: int = 0
    cancel_pending_minor: int = 0


def amounts_of(events: Iterable[Told]) -> Amounts:
    """The amounts that a transaction's events, in the order in which they were told, come to.

    A request is pending until a success or a failure with its reference is told. An adjustment of the
    authorisation replaces what was authorised before. What is charged or called off is promised no more.
    """
    told = list(events)

    def total(kind: Type) -> int:
        return sum(event.amount_minor for event in told if event.type is kind)

    def pending(request: Type, *answers: Type) -> int:
        answered = {event.psp_reference for event in told if event.type in answers}
        return sum(
            event.amount_minor
            for event in told
            if event.type is request and event.psp_reference not in answered
        )

    charged = total(Type.CHARGE_SUCCESS) - total(Type.CHARGE_BACK)
    refunded = total(Type.REFUND_SUCCESS) - total(Type.REFUND_REVERSE)
    canceled = total(Type.CANCEL_SUCCESS)
    promised = _promised(told) - total(Type.CHARGE_SUCCESS) - canceled
    return Amounts(
        authorized_minor=max(promised, 0),
        authorize_pending_minor=pending(
            Type.AUTHORIZATION_REQUEST, Type.AUTHORIZATION_SUCCESS, Type.AUTHORIZATION_FAILURE
        ),
        charged_minor=charged - refunded,
        charge_pending_minor=pending(Type.CHARGE_REQUEST, Type.CHARGE_SUCCESS, Type.CHARGE_FAILURE),
        refunded_minor=refunded,
        refund_pending_minor=pending(Type.REFUND_REQUEST, Type.REFUND_SUCCESS, Type.REFUND_FAILURE),
        canceled_minor=canceled,
        cancel_pending_minor=pending(Type.CANCEL_REQUEST, Type.CANCEL_SUCCESS, Type.CANCEL_FAILURE),
    )


def _promised(told: list[Told]) -> int:
    promised = 0
    for event in told:
        if event.type is Type.AUTHORIZATION_ADJUSTMENT:
            promised = event.amount_minor
        elif event.type is Type.AUTHORIZATION_SUCCESS:
            promised += event.amount_minor
    return promised


def authorize_status(total_minor: int, covered_minor: int) -> AuthorizeStatus:
    """How much of a total is promised or paid."""
    if covered_minor >= total_minor:
        return AuthorizeStatus.FULL
    return AuthorizeStatus.PARTIAL if covered_minor > 0 else AuthorizeStatus.NONE


def charge_status(total_minor: int, owed_minor: int, charged_minor: int) -> ChargeStatus:
    """How much of what is still owed of a total is paid.

    An order of which nothing is owed any more, because all of it was given up, does not read as paid.
    """
    if charged_minor > owed_minor:
        return ChargeStatus.OVERCHARGED
    if charged_minor == owed_minor and (owed_minor or not total_minor):
        return ChargeStatus.FULL
    return ChargeStatus.PARTIAL if charged_minor > 0 else ChargeStatus.NONE
