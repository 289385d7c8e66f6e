"""Money: whole numbers of a currency's smallest unit, and sharing that loses nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_OF_TWO_DIGITS = (
    "AED AUD BGN BRL CAD CHF CNY CZK DKK DZD EGP EUR GBP GHS HKD HUF ILS INR KES MAD MRU MXN NGN NOK NZD PLN"
    " QAR RON RSD SAR SEK SGD THB TRY UAH USD ZAR"
)
MINOR_DIGITS = dict.fromkeys(_OF_TWO_DIGITS.split(), 2) | {"XOF": 0, "XAF": 0, "JPY": 0, "TND": 3}
"""ISO 4217 minor unit of every currency that a channel can have. Unusual ones are few: see `values.money`."""

BASIS_POINTS = 10_000


class CurrencyMismatchError(ValueError):
    """Two amounts of different currencies met in one sum: always a fault of ours."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount: `minor` counts centimes, cents or whole CFA francs."""

    minor: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> "Money":
        return cls(0, currency)

    @classmethod
    def from_decimal(cls, amount: Decimal, currency: str) -> "Money":
        """The amount in the currency's minor unit, half up; what a client sends as a JSON number."""
        return cls(to_minor(amount, currency), currency)

    @property
    def amount(self) -> Decimal:
        return Decimal(self.minor).scaleb(-MINOR_DIGITS[self.currency])

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._minor_of(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._minor_of(other), self.currency)

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.minor * quantity, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._minor_of(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def _minor_of(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatchError(f"{self.currency} met {other.currency}")
        return other.minor


def to_minor(amount: Decimal, currency: str) -> int:
    """A decimal amount as whole minor units, rounded half up."""
    return int(amount.scaleb(MINOR_DIGITS[currency]).to_integral_value(ROUND_HALF_UP))


def share(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Split a total in proportion to weights, by largest remainder: the parts always add up.

    Weights are not negative. Where all are zero, the parts are as even as they can be. Ties go to
    the earlier part, so the same split is made every time.
    """
    if not weights:
        if total_minor:
            raise ValueError("an amount can't be shared among nobody")
        return []
    if any(weight < 0 for weight in weights):
        raise ValueError("weights can't be negative")
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    sign = -1 if total_minor < 0 else 1
    parts, remainders = [], []
    for weight in weights:
        part, remainder = divmod(abs(total_minor) * weight, whole)
        parts.append(part)
        remainders.append(remainder)
    left = abs(total_minor) - sum(parts)
    for index in sorted(range(len(parts)), key=lambda i: -remainders[i])[:left]:
        parts[index] += 1
    return [sign * part for part in parts]


def percentage(amount_minor: int, rate_bp: int) -> int:
    """A rate in basis points of an amount, rounded half up (away from zero for negatives)."""
    sign = -1 if amount_minor < 0 else 1
    return sign * ((abs(amount_minor) * rate_bp * 2 + BASIS_POINTS) // (2 * BASIS_POINTS))


def net_of_gross(gross_minor: int, rate_bp: int) -> int:
    """The amount before tax of one that includes it, rounded half up."""
    return (gross_minor * BASIS_POINTS * 2 + BASIS_POINTS + rate_bp) // (2 * (BASIS_POINTS + rate_bp))
