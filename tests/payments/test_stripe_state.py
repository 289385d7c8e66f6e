"""What payment intents say has happened, in states that Stripe's stand-in does not come to."""

from typing import Any
from uuid import UUID

import pytest
from stripe import PaymentIntent, Refund

from marketplace.kit.ids import to_global_id
from marketplace.kit.money import Money
from marketplace.payments.answers import Answer
from marketplace.payments.gateways.outside import Request
from marketplace.payments.gateways.stripe.state import answer_of

TOKEN = UUID(int=7)
REQUEST = Request(
    TOKEN, f"{TOKEN}:1", Money(150_00, "MAD"), "Checkout", UUID(int=8), charges=True, reference="pi_1"
)
VISA = {"brand": "visa", "last4": "4242", "exp_month": 5, "exp_year": 2030, "wallet": None}


def _charge(**said: Any) -> dict[str, Any]:
    card = {"type": "card", "card": VISA}
    return {
        "id": "ch_1", "object": "charge", "status": "succeeded", "refunded": False,
        "payment_method_details": card,
    } | said  # fmt: skip


def _answer(status: str, refunds: list[dict[str, Any]] | None = None, **said: Any) -> Answer:
    intent = PaymentIntent.construct_from(
        {
            "id": "pi_1",
            "object": "payment_intent",
            "amount": 150_00,
            "amount_received": 0,
            "currency": "mad",
            "livemode": False,
            "status": status,
            "client_secret": "pi_1_secret",
            "last_payment_error": None,
            "latest_charge": None,
            "metadata": {"saleor_transaction_id": to_global_id("TransactionItem", TOKEN)},
        }
        | said,
        "sk_test",
    )
    made = [
        Refund.construct_from({"object": "refund", "currency": "mad"} | one, "sk_test")
        for one in refunds or ()
    ]
    return answer_of(intent, REQUEST, is_live=False, refunds=made)


def _told(answer: Answer) -> list[tuple[str, int, str]]:
    return [(str(said.type), said.amount_minor, said.psp_reference) for said in answer.told]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("requires_confirmation", [("CHARGE_ACTION_REQUIRED", 150_00, "pi_1")]),
        ("processing", [("CHARGE_REQUEST", 150_00, "pi_1")]),
        ("canceled", [("CHARGE_FAILURE", 150_00, "pi_1")]),
    ],
)
def test_a_payment_that_is_not_paid_yet(status: str, told: list[tuple[str, int, str]]) -> None:
    answer = _answer(status)
    assert _told(answer) == told
    assert answer.actions == []


def test_a_promise_that_expired_at_stripe_is_called_off() -> None:
    answer = _answer("canceled", latest_charge=_charge(refunded=True))
    assert _told(answer) == [("AUTHORIZATION_SUCCESS", 150_00, "pi_1"), ("CANCEL_SUCCESS", 150_00, "pi_1")]


def test_what_stripe_gives_back_of_a_promise_is_no_refund() -> None:
    release = {"id": "re_0", "status": "succeeded", "amount": 50_00, "balance_transaction": None}
    refund = {"id": "re_1", "status": "succeeded", "amount": 10_00, "balance_transaction": "txn_1"}
    answer = _answer("succeeded", [refund, release], amount_received=100_00, latest_charge=_charge())
    assert _told(answer) == [
        ("AUTHORIZATION_SUCCESS", 150_00, "pi_1"),
        ("CANCEL_SUCCESS", 50_00, "pi_1"),
        ("CHARGE_SUCCESS", 100_00, "pi_1"),
        ("REFUND_SUCCESS", 10_00, "re_1"),
    ]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("pending", "REFUND_REQUEST"),
        ("requires_action", "REFUND_REQUEST"),
        ("failed", "REFUND_FAILURE"),
        ("canceled", "REFUND_FAILURE"),
    ],
)
def test_what_a_refund_has_come_to(status: str, kind: str) -> None:
    refund = {"id": "re_1", "status": status, "amount": 10_00, "balance_transaction": None}
    answer = _answer("succeeded", [refund], amount_received=150_00)
    assert _told(answer)[-1] == (kind, 10_00, "re_1")


def test_a_state_of_a_refund_that_nobody_knows_says_nothing() -> None:
    refund = {"id": "re_1", "status": "tomorrow's", "amount": 10_00, "balance_transaction": None}
    assert _told(_answer("succeeded", [refund], amount_received=150_00)) == [
        ("CHARGE_SUCCESS", 150_00, "pi_1")
    ]


@pytest.mark.parametrize(
    ("details", "shown"),
    [
        ({"type": "card", "card": VISA | {"wallet": {"type": "apple_pay"}}}, ("CARD", "apple_pay")),
        ({"type": "ideal", "ideal": {}}, ("OTHER", "ideal")),
    ],
)
def test_what_it_was_paid_with(details: dict[str, Any], shown: tuple[str, str]) -> None:
    answer = _answer(
        "succeeded", amount_received=150_00, latest_charge=_charge(payment_method_details=details)
    )
    assert answer.method_details is not None
    assert (answer.method_details["type"], answer.method_details["name"]) == shown


def test_another_intent_or_real_money_says_nothing() -> None:
    for changed in ({"id": "pi_2"}, {"livemode": True}):
        answer = _answer("succeeded", amount_received=150_00, **changed)
        assert answer.told == ()
        assert answer.faults
