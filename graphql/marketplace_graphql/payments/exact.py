"""Amounts that clients send."""

from decimal import Decimal

from strawberry.utils.str_converters import to_camel_case

from marketplace.kit.errors import InvalidError
from marketplace.kit.money import Money
from marketplace.payments.answers import MOST_MINOR


def exact(amount: Decimal, currency: str, field: str = "amount") -> Money:
    """Raises InvalidError for what can't be said in the currency's coins."""
    field = to_camel_case(field)
    if amount > MOST_MINOR:
        raise InvalidError("This is no amount of money.", field=field)
    made = Money.from_decimal(amount, currency)
    if made.amount != amount:
        raise InvalidError(f"{currency} has no such small coins.", field=field)
    return made
