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
    @property
    def counts(self) -> bool: ...


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

    As in Saleor: a request is pending until a success or a failure with its reference is told, and what is
    pending is no longer there to be asked for. Of a success and a failure with one reference the later holds.
    An adjustment of the authorisation replaces what was authorised before. What is charged or called off is
    promised no more, what is paid back is charged no more. What was said without a reference is an amount put
    right by hand: it changes nothing but itself.
    """
    told = [event for event in events if event.counts]
    authorized = _Step.of(
        told, Type.AUTHORIZATION_REQUEST, Type.AUTHORIZATION_SUCCESS, Type.AUTHORIZATION_FAILURE
    )
    charged = _Step.of(told, Type.CHARGE_REQUEST, Type.CHARGE_SUCCESS, Type.CHARGE_FAILURE)
    refunded = _Step.of(told, Type.REFUND_REQUEST, Type.REFUND_SUCCESS, Type.REFUND_FAILURE)
    canceled = _Step.of(told, Type.CANCEL_REQUEST, Type.CANCEL_SUCCESS, Type.CANCEL_FAILURE)
    charged_back = sum(event.amount_minor for event in told if event.type is Type.CHARGE_BACK)
    reversed_ = sum(event.amount_minor for event in told if event.type is Type.REFUND_REVERSE)
    promised = _promised(told, authorized)
    return Amounts(
        authorized_minor=max(promised - charged.taken_minor - canceled.taken_minor, 0),
        authorize_pending_minor=authorized.pending_minor,
        charged_minor=charged.done_minor - charged_back - refunded.taken_minor + reversed_,
        charge_pending_minor=charged.pending_minor,
        refunded_minor=refunded.done_minor - reversed_,
        refund_pending_minor=refunded.pending_minor,
        canceled_minor=canceled.done_minor,
        cancel_pending_minor=canceled.pending_minor,
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """What was asked for, done and not done of one kind."""

    successes: list[Told]
    pending_minor: int

    @classmethod
    def of(cls, told: list[Told], request: Type, success: Type, failure: Type) -> "_Step":
        last = {
            event.psp_reference: event.type
            for event in told
            if event.psp_reference and event.type in (success, failure)
        }
        successes = [
            event
            for event in told
            if event.type is success and last.get(event.psp_reference, success) is success
        ]
        pending = [event for event in told if event.type is request and event.psp_reference not in last]
        return cls(successes, sum(event.amount_minor for event in pending))

    @property
    def done_minor(self) -> int:
        return sum(event.amount_minor for event in self.successes)

    @property
    def taken_minor(self) -> int:
        """What has gone over, or is about to, from what was there before."""
        return self.pending_minor + sum(event.amount_minor for event in self.successes if event.psp_reference)


def _promised(told: list[Told], authorized: _Step) -> int:
    """What was promised in all. An adjustment by hand says what shall be left of it."""
    promised = gone = 0
    for event in told:
        if event.type is Type.AUTHORIZATION_ADJUSTMENT:
            promised = event.amount_minor + (0 if event.psp_reference else gone)
        elif event in authorized.successes:
            promised += event.amount_minor
        elif event.type in _TAKE and event.psp_reference:
            gone += event.amount_minor
    return promised


_TAKE = frozenset({Type.CHARGE_SUCCESS, Type.CANCEL_SUCCESS})


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
