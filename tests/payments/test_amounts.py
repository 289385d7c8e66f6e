"""What a transaction's events come to."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.orders.models import AuthorizeStatus, ChargeStatus
from marketplace.payments.amounts import Amounts, amounts_of, authorize_status, charge_status
from marketplace.payments.models import TransactionEventType as Type


@dataclass(frozen=True)
class Event:
    type: Type
    amount_minor: int
    psp_reference: str = "r"
    counts: bool = True


def test_what_is_charged_is_promised_no_more() -> None:
    events = [Event(Type.AUTHORIZATION_SUCCESS, 100), Event(Type.CHARGE_SUCCESS, 30)]
    assert amounts_of(events) == Amounts(authorized_minor=70, charged_minor=30)


def test_what_is_called_off_is_promised_no_more() -> None:
    events = [Event(Type.AUTHORIZATION_SUCCESS, 100), Event(Type.CANCEL_SUCCESS, 30)]
    assert amounts_of(events) == Amounts(authorized_minor=70, canceled_minor=30)


def test_an_adjustment_replaces_what_was_promised() -> None:
    events = [Event(Type.AUTHORIZATION_SUCCESS, 100), Event(Type.AUTHORIZATION_ADJUSTMENT, 80)]
    assert amounts_of(events) == Amounts(authorized_minor=80)


def test_a_refund_is_taken_off_what_was_charged() -> None:
    events = [Event(Type.CHARGE_SUCCESS, 100), Event(Type.REFUND_SUCCESS, 40), Event(Type.REFUND_REVERSE, 10)]
    assert amounts_of(events) == Amounts(charged_minor=70, refunded_minor=30)


@pytest.mark.parametrize("answer", [Type.CHARGE_SUCCESS, Type.CHARGE_FAILURE])
def test_a_request_is_pending_until_it_is_answered(answer: Type) -> None:
    asked = [Event(Type.CHARGE_REQUEST, 50, "a")]
    assert amounts_of(asked).charge_pending_minor == 50
    assert amounts_of([*asked, Event(answer, 50, "b")]).charge_pending_minor == 50
    assert amounts_of([*asked, Event(answer, 50, "a")]).charge_pending_minor == 0


def test_what_is_asked_for_can_not_be_asked_for_again() -> None:
    events = [
        Event(Type.AUTHORIZATION_SUCCESS, 100),
        Event(Type.CHARGE_REQUEST, 60, "a"),
        Event(Type.CANCEL_REQUEST, 10, "b"),
    ]
    assert amounts_of(events) == Amounts(
        authorized_minor=30, charge_pending_minor=60, cancel_pending_minor=10
    )
    paid = [Event(Type.CHARGE_SUCCESS, 100), Event(Type.REFUND_REQUEST, 40, "a")]
    assert amounts_of(paid) == Amounts(charged_minor=60, refund_pending_minor=40)


def test_of_a_success_and_a_failure_the_later_holds() -> None:
    events = [Event(Type.CHARGE_REQUEST, 50, "a"), Event(Type.CHARGE_SUCCESS, 50, "a")]
    assert amounts_of([*events, Event(Type.CHARGE_FAILURE, 50, "a")]) == Amounts()
    assert amounts_of([Event(Type.CHARGE_FAILURE, 50, "a"), Event(Type.CHARGE_SUCCESS, 50, "a")]) == Amounts(
        charged_minor=50
    )


def test_an_amount_put_right_by_hand_changes_nothing_but_itself() -> None:
    events = [Event(Type.AUTHORIZATION_SUCCESS, 10, ""), Event(Type.CHARGE_SUCCESS, 11, "")]
    events += [Event(Type.REFUND_SUCCESS, 12, ""), Event(Type.CANCEL_SUCCESS, 13, "")]
    assert amounts_of(events) == Amounts(
        authorized_minor=10, charged_minor=11, refunded_minor=12, canceled_minor=13
    )
    adjusted = [Event(Type.AUTHORIZATION_SUCCESS, 100), Event(Type.CHARGE_SUCCESS, 30, "a")]
    adjusted += [Event(Type.AUTHORIZATION_ADJUSTMENT, 50, "")]
    assert amounts_of(adjusted) == Amounts(authorized_minor=50, charged_minor=30)


def test_what_does_not_count_is_left_out() -> None:
    assert amounts_of([Event(Type.CHARGE_REQUEST, 50, "", counts=False)]) == Amounts()


@given(st.integers(1, 10**9), st.lists(st.tuples(st.booleans(), st.integers(1, 10**6)), max_size=20))
def test_parcels_of_a_promise_add_up_to_it(first: int, parcels: list[tuple[bool, int]]) -> None:
    promised = first + sum(amount for _, amount in parcels)
    events = [Event(Type.AUTHORIZATION_SUCCESS, promised)] + [
        Event(Type.CHARGE_SUCCESS if paid else Type.CANCEL_SUCCESS, amount) for paid, amount in parcels
    ]
    amounts = amounts_of(events)
    assert amounts.authorized_minor + amounts.charged_minor + amounts.canceled_minor == promised


@pytest.mark.parametrize(
    ("total", "covered", "status"),
    [
        (100, 0, AuthorizeStatus.NONE),
        (100, 99, AuthorizeStatus.PARTIAL),
        (100, 100, AuthorizeStatus.FULL),
        (0, 0, AuthorizeStatus.FULL),
    ],
)
def test_authorize_status(total: int, covered: int, status: AuthorizeStatus) -> None:
    assert authorize_status(total, covered) is status


@pytest.mark.parametrize(
    ("total", "owed", "charged", "status"),
    [
        (100, 100, 0, ChargeStatus.NONE),
        (100, 100, 40, ChargeStatus.PARTIAL),
        (100, 100, 100, ChargeStatus.FULL),
        (100, 40, 40, ChargeStatus.FULL),
        (100, 40, 100, ChargeStatus.OVERCHARGED),
        (0, 0, 0, ChargeStatus.FULL),
    ],
)
def test_charge_status(total: int, owed: int, charged: int, status: ChargeStatus) -> None:
    assert charge_status(total, owed, charged) is status


def test_an_order_of_which_all_was_given_up_does_not_read_as_paid() -> None:
    assert charge_status(total_minor=100, owed_minor=0, charged_minor=0) is ChargeStatus.NONE
