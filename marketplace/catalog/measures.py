"""Weights, ratings and amounts as staff and sellers say them."""

import math
from decimal import Decimal

from marketplace.kit.errors import InvalidError
from marketplace.kit.money import MINOR_DIGITS, to_minor

HEAVIEST_GRAMS = 1_000_000_000
"""A thousand tonnes."""
HIGHEST_AMOUNT = Decimal(10) ** 9
"""In whole units of a currency; as in Saleor, which keeps nine digits before the point."""


def checked_weight(grams: float | None) -> int | None:
    """Whole grams. Raises InvalidError."""
    if grams is None:
        return None
    if not math.isfinite(grams) or not 0 <= grams <= HEAVIEST_GRAMS:
        raise InvalidError("A weight is not below zero, and not above a thousand tonnes.", field="weight")
    return round(grams)


def checked_amount(amount: Decimal | None, currency: str, field: str) -> int | None:
    """Minor units of the currency. Raises InvalidError for what is smaller, below zero or too high."""
    if amount is None:
        return None
    if not 0 <= amount < HIGHEST_AMOUNT:
        raise InvalidError("An amount is not below zero, and below a thousand million.", field=field)
    minor = to_minor(amount, currency)
    if Decimal(minor).scaleb(-MINOR_DIGITS[currency]) != amount:
        digits = MINOR_DIGITS[currency]
        raise InvalidError(f"Amounts in {currency} have at most {digits} decimal places.", field=field)
    return minor
