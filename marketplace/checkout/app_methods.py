"""Ways to ship that apps offer, and why others can't be taken, read out of what apps have answered.

An answer is somebody else's word: what can't be used of it is left out, as in Saleor, and never stands in the
way of the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from marketplace.kit.errors import InvalidError
from marketplace.kit.ids import KEY_DIGITS_LIMIT, split_global_id
from marketplace.kit.money import Money

APP = "app"
"""The type in global ids of apps' methods: `app:<identifier>:<the app's own id>`."""
METHOD_TYPES = ("ShippingMethod", "ShippingMethodType")
MOST_METHODS = 100
"""Of one app."""
LONGEST_NAME = 100
LONGEST_ID = 255
LONGEST_TEXT = 2000
MOST_ENTRIES = 50
MOST_DAYS = 3650
HIGHEST_PRICE = Decimal(10**8)

MethodKey = int | str
"""A method of the shop by its key, or an app's by its id."""


@dataclass(frozen=True, slots=True)
class AppMethod:
    """A way to ship that an app offers for a checkout."""

    id: str
    """`app:<identifier>:<the app's own id>`."""
    name: str
    price_minor: int
    """For all parcels together, as prices are entered in the channel."""
    description: str | None = None
    minimum_days: int | None = None
    maximum_days: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def written(self) -> dict[str, Any]:
        """As JSON keeps it; `AppMethod(**written)` reads it again."""
        return asdict(self)


def methods_in(said: Sequence[Any], identifier: str, currency: str) -> list[AppMethod]:
    """The methods of an app's list that can be offered for a checkout in a currency."""
    read = (_method(each, identifier, currency) for each in said[:MOST_METHODS])
    return list({method.id: method for method in read if method is not None}.values())


def refusals_in(said: Mapping[str, Any]) -> dict[str, str]:
    """Why methods can't be taken, by their keys as text; an answer without any refuses none."""
    listed = said.get("excluded_methods")
    found: dict[str, str] = {}
    for each in listed[: 2 * MOST_METHODS] if isinstance(listed, list) else ():
        if not isinstance(each, dict) or (key := method_key(each.get("id"))) is None:
            continue
        reason = each.get("reason")
        found[str(key)] = reason[:LONGEST_TEXT] if isinstance(reason, str) else ""
    return found


def method_key(global_id: object) -> MethodKey | None:
    """Which method a global id names; None where it names none."""
    try:
        type_name, key = split_global_id(str(global_id))
    except InvalidError:
        return None
    if type_name == APP:
        return f"{APP}:{key}"
    is_ours = type_name in METHOD_TYPES and key.isdecimal() and len(key) <= KEY_DIGITS_LIMIT
    return int(key) if is_ours else None


def _method(said: Any, identifier: str, currency: str) -> AppMethod | None:
    if not isinstance(said, dict) or said.get("currency") != currency:
        return None
    own_id, name, description = said.get("id"), said.get("name"), said.get("description")
    price_minor = _price(said.get("amount"), currency)
    days = said.get("minimum_delivery_days"), said.get("maximum_delivery_days")
    if price_minor is None or not _is_own_id(own_id) or not all(map(_are_days, days)):
        return None
    if not isinstance(name, str) or not 0 < len(name.strip()) <= LONGEST_NAME:
        return None
    return AppMethod(
        f"{APP}:{identifier}:{own_id}",
        name.strip(),
        price_minor,
        description[:LONGEST_TEXT] if isinstance(description, str) and description else None,
        *days,
        _metadata(said.get("metadata")),
    )


def _is_own_id(said: Any) -> bool:
    return type(said) in (str, int) and 0 < len(str(said)) <= LONGEST_ID


def _price(said: Any, currency: str) -> int | None:
    """An amount in minor units, half up; None for what is none, or below nothing."""
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    try:
        amount = Decimal(str(said))
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount <= HIGHEST_PRICE:
        return None
    return Money.from_decimal(amount, currency).minor


def _are_days(said: Any) -> bool:
    return said is None or (type(said) is int and 0 <= said <= MOST_DAYS)


def _metadata(said: Any) -> dict[str, str]:
    """As in Saleor, all of it is left out where some of it is wrong."""
    if not isinstance(said, dict) or len(said) > MOST_ENTRIES:
        return {}
    right = all(
        key.strip() and len(key) <= LONGEST_ID and isinstance(value, str) and len(value) <= LONGEST_TEXT
        for key, value in said.items()
    )
    return dict(said) if right else {}
