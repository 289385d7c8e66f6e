"""What a payment was made with, as its gateway says: a card, somebody else's gift card, or something else."""

from collections.abc import Mapping
from typing import Any

from marketplace.kit.errors import InvalidError

FIELD = "paymentMethodDetails"
NAME_CHARACTERS = 256
BRAND_CHARACTERS = 40
SHOWN_CHARACTERS = 4
LIMITS = {
    "name": NAME_CHARACTERS,
    "brand": BRAND_CHARACTERS,
    "first_digits": SHOWN_CHARACTERS,
    "last_digits": SHOWN_CHARACTERS,
    "last_chars": SHOWN_CHARACTERS,
}
MONTHS = range(1, 13)
YEARS = range(2000, 2101)


def method_details(given: Mapping[str, Any]) -> dict[str, Any]:
    """As it is kept, with its `type`: CARD, OTHER or GIFT_CARD. `given` has exactly one of them.

    Raises InvalidError for several or none, and for what is too long or out of range.
    """
    kinds = [name for name, value in given.items() if value is not None]
    if len(kinds) != 1:
        raise InvalidError("Say one of `card`, `other` and `giftCard`.", field=FIELD)
    (kind,) = kinds
    said = given[kind]
    for name, limit in LIMITS.items():
        if len(said.get(name) or "") > limit:
            raise InvalidError(f"`{name}`: at most {limit} characters.", field=FIELD)
    for name, allowed in (("exp_month", MONTHS), ("exp_year", YEARS)):
        if said.get(name) is not None and said[name] not in allowed:
            raise InvalidError(f"`{name}` is out of range.", field=FIELD)
    return {"type": kind.upper(), **said}
