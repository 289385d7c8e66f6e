"""What an app says of taxes: Saleor's format of an answer, judged before anything is made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from marketplace.checkout.tax_base import TaxBase
from marketplace.checkout.totals import Taxed
from marketplace.kit.money import to_minor

MAXIMUM_AMOUNT = Decimal(10**9)
MAXIMUM_RATE = Decimal(100)
BASIS_POINTS_OF_PERCENT = 100


class TaxAnswerError(ValueError):
    """Nothing can be made of an answer. The message says why."""


@dataclass(frozen=True, slots=True)
class TaxedAt:
    """What something comes to, and the rate that the app gives for it."""

    total: Taxed
    rate_bp: int


@dataclass(frozen=True, slots=True)
class TaxAnswer:
    """The taxes of a whole cart; lines by their keys."""

    lines: Mapping[str, TaxedAt]
    shipping: TaxedAt

    def as_json(self) -> dict[str, Any]:
        lines = {key: _listed(taxed_at) for key, taxed_at in self.lines.items()}
        return {"lines": lines, "shipping": _listed(self.shipping)}

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> Self:
        lines = {key: _taxed_at(listed) for key, listed in kept["lines"].items()}
        return cls(lines, _taxed_at(kept["shipping"]))


def _listed(taxed_at: TaxedAt) -> list[int]:
    return [taxed_at.total.gross_minor, taxed_at.total.net_minor, taxed_at.rate_bp]


def _taxed_at(listed: Sequence[int]) -> TaxedAt:
    gross_minor, net_minor, rate_bp = listed
    return TaxedAt(Taxed(gross_minor, net_minor), rate_bp)


def tax_answer(said: Mapping[str, Any] | None, base: TaxBase) -> TaxAnswer:
    """What an app has said of a base. Amounts finer than the currency's coins are rounded half up, as rates
    finer than a hundredth of a per cent are. Raises TaxAnswerError.
    """
    if said is None:
        raise TaxAnswerError("There is no answer.")
    listed = said.get("lines", [])
    if not isinstance(listed, list) or not all(isinstance(line, dict) for line in listed):
        raise TaxAnswerError("`lines` is no list of objects.")
    if len(listed) != len(base.lines):
        raise TaxAnswerError(f"There are {len(base.lines)} lines, the answer has {len(listed)}.")
    lines = {
        line.key: _read(each, "total", "tax_rate", base.currency, f"lines.{index}.")
        for index, (line, each) in enumerate(zip(base.lines, listed, strict=True))
    }
    shipping = _read(said, "shipping_price", "shipping_tax_rate", base.currency, "")
    if shipping.total.gross_minor and not base.shipping_minor:
        raise TaxAnswerError("`shipping_price_gross_amount`: its delivery costs nothing.")
    return TaxAnswer(lines, shipping)


def _read(said: Mapping[str, Any], amount: str, rate: str, currency: str, where: str) -> TaxedAt:
    """`<amount>_gross_amount`, `<amount>_net_amount` and a rate in per cent."""
    gross = _number(said, f"{amount}_gross_amount", MAXIMUM_AMOUNT, where)
    net = _number(said, f"{amount}_net_amount", MAXIMUM_AMOUNT, where)
    if net > gross:
        raise TaxAnswerError(f"`{where}{amount}_net_amount` is above the gross amount.")
    percent = _number(said, rate, MAXIMUM_RATE, where)
    rate_bp = int((percent * BASIS_POINTS_OF_PERCENT).to_integral_value())
    return TaxedAt(Taxed(to_minor(gross, currency), to_minor(net, currency)), rate_bp)


def _number(said: Mapping[str, Any], name: str, most: Decimal, where: str) -> Decimal:
    value = said.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TaxAnswerError(f"`{where}{name}` is no number.")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise TaxAnswerError(f"`{where}{name}` is no number.") from None
    if not number.is_finite() or not 0 <= number <= most:
        raise TaxAnswerError(f"`{where}{name}` is not between 0 and {most}.")
    return number
