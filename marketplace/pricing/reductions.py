"""How much a discount takes off. Pure arithmetic on whole minor units, exact."""

from decimal import ROUND_HALF_UP, Decimal

from marketplace.kit.money import to_minor
from marketplace.pricing.discounts import DiscountValueType


def reduction_minor(amount_minor: int, value_type: DiscountValueType, value: Decimal, currency: str) -> int:
    """What is taken off an amount: per cent of it, rounded half up as Saleor does, or a fixed amount; never
    more than there is.
    """
    if value_type is DiscountValueType.PERCENTAGE:
        off_minor = int((amount_minor * value / 100).to_integral_value(ROUND_HALF_UP))
    else:
        off_minor = to_minor(value, currency)
    return max(0, min(off_minor, amount_minor))
