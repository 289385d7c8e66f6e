"""Amounts as Stripe counts them. Mostly these are our minor units; this is about the others.

Source: docs.stripe.com/currencies (zero-decimal currencies, special cases, three-decimal currencies).
"""

from marketplace.kit.money import MINOR_DIGITS, Money
from marketplace.payments.answers import AnswerError

WITHOUT_DECIMALS = frozenset(
    {
        "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF",
        "XOF", "XPF",
    }
)  # fmt: skip
"""MGA has two in ISO 4217."""
AS_IF_WITH_TWO = frozenset({"ISK", "UGX"})
"""They have none, and Stripe writes two that must be zero."""
WITH_THREE = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""Of which the last must be zero."""
TWO_DIGITS, THREE_DIGITS = 2, 3


def digits_of(currency: str) -> int:
    """How many decimals of a currency Stripe counts."""
    if currency in WITHOUT_DECIMALS:
        return 0
    return THREE_DIGITS if currency in WITH_THREE else TWO_DIGITS


def to_units(money: Money, minor_digits: int | None = None) -> int:
    """What Stripe calls an amount. Raises AnswerError for one that it can't take."""
    ours = MINOR_DIGITS[money.currency] if minor_digits is None else minor_digits
    theirs = digits_of(money.currency)
    if theirs >= ours:
        units: int = money.minor * 10 ** (theirs - ours)
    else:
        units, rest = divmod(money.minor, 10 ** (ours - theirs))
        if rest:
            raise AnswerError(f"By card, {money.currency} is paid in whole units only.")
    step = _step(money.currency)
    if units % step:
        raise AnswerError(f"By card, {money.currency} is not paid to the last decimal: round the amount.")
    return units


def from_units(units: int, currency: str, minor_digits: int | None = None) -> int:
    """Our minor units of an amount of Stripe's. Raises AnswerError for one that we can't say."""
    ours = MINOR_DIGITS[currency] if minor_digits is None else minor_digits
    theirs = digits_of(currency)
    if ours >= theirs:
        return units * int(10 ** (ours - theirs))
    minor, rest = divmod(units, int(10 ** (theirs - ours)))
    if rest:
        raise AnswerError(f"{currency} has no such small coins.")
    return minor


def _step(currency: str) -> int:
    if currency in AS_IF_WITH_TWO:
        return 100
    return 10 if currency in WITH_THREE else 1
