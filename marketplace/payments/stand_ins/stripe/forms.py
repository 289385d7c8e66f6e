"""Forms as Stripe's clients write them: `items[0][price]=…` is a list of objects."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

from marketplace.payments.stand_ins.stripe.errors import Json, Refused

PIECES = re.compile(r"\[([^\[\]]*)\]")
NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def decoded(text: str) -> Json:
    """The parameters of a body or of a query. Raises Refused where Stripe could not read it either."""
    return nested(parse_qsl(text, keep_blank_values=True))


def nested(pairs: Iterable[tuple[str, str]]) -> Json:
    form: Json = {}
    for name, value in pairs:
        whole = NAME.fullmatch(name)
        if whole is None:
            raise Refused(f"Invalid request: the parameter name {name!r} can't be read.")
        *path, last = [whole[1], *PIECES.findall(whole[2])]
        place = form
        for piece in path:
            place = place.setdefault(piece or str(len(place)), {})
            if not isinstance(place, dict):
                raise Refused(f"Invalid request: {name} is both a value and an object.")
        place[last or str(len(place))] = value
    return {name: _with_lists(value) for name, value in form.items()}


def _with_lists(value: object) -> object:
    """What has the names 0, 1, 2, ... is a list."""
    if not isinstance(value, dict):
        return value
    members = {name: _with_lists(member) for name, member in value.items()}
    if members and list(members) == [str(number) for number in range(len(members))]:
        return list(members.values())
    return members
