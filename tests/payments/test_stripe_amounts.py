"""Amounts as Stripe counts them, and what its refusals are in words."""

import pytest

from marketplace.kit.money import MINOR_DIGITS, Money
from marketplace.payments.answers import AnswerError
from marketplace.payments.gateways.stripe.units import from_units, to_units
from marketplace.payments.gateways.stripe.words import DECLINED, words_of


@pytest.mark.parametrize(
    ("currency", "minor_digits", "minor", "units"),
    [
        ("MAD", 2, 150_00, 150_00),
        ("EUR", 2, 1, 1),
        ("XOF", 0, 25_000, 25_000),
        ("JPY", 0, 500, 500),
        ("TND", 3, 12_340, 12_340),
        ("HUF", 2, 100, 100),
        ("ISK", 0, 5, 500),
        ("UGX", 0, 5, 500),
        ("MGA", 2, 500, 5),
    ],
)
def test_an_amount_is_the_same_here_and_at_stripe(
    currency: str, minor_digits: int, minor: int, units: int
) -> None:
    assert to_units(Money(minor, currency), minor_digits) == units
    assert from_units(units, currency, minor_digits) == minor


@pytest.mark.parametrize(("currency", "minor_digits", "minor"), [("TND", 3, 12_345), ("MGA", 2, 501)])
def test_an_amount_that_stripe_can_not_take_is_refused(currency: str, minor_digits: int, minor: int) -> None:
    with pytest.raises(AnswerError, match=currency):
        to_units(Money(minor, currency), minor_digits)


def test_an_amount_that_we_can_not_say_is_refused() -> None:
    with pytest.raises(AnswerError, match="ISK"):
        from_units(550, "ISK", 0)


@pytest.mark.parametrize("currency", sorted(MINOR_DIGITS))
def test_every_currency_of_a_channel_can_be_paid_in(currency: str) -> None:
    for minor in (10, 1_000, 123_450):
        assert from_units(to_units(Money(minor, currency)), currency) == minor


@pytest.mark.parametrize(
    ("code", "decline_code", "words"),
    [
        ("card_declined", "insufficient_funds", "not enough money"),
        ("card_declined", "a code of tomorrow", DECLINED),
        ("card_declined", None, DECLINED),
        ("card_declined", "stolen_card", DECLINED),
        ("expired_card", "expired_card", "expired"),
        ("amount_too_small", None, "too small"),
    ],
)
def test_a_refusal_is_told_in_words(code: str, decline_code: str | None, words: str) -> None:
    assert words in (words_of(code, decline_code) or "")


def test_what_says_nothing_to_a_buyer_is_not_told() -> None:
    assert words_of("parameter_unknown") is None
