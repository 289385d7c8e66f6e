"""`expand[]=latest_charge.balance_transaction`: objects instead of their ids."""

from marketplace.payments.stand_ins.stripe.errors import Json, Refused, copied
from marketplace.payments.stand_ins.stripe.world import World

DEPTH_LIMIT = 4
LIST_LIMIT = 10
ANYTHING = "*"
EXPANDABLE: dict[str, dict[str, str]] = {
    "balance_transaction": {"source": ANYTHING},
    "charge": {
        "balance_transaction": "balance_transaction",
        "customer": "customer",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
        "refunds": "refund",
        "source_transfer": "transfer",
    },
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "payment_intent": {
        "customer": "customer",
        "latest_charge": "charge",
        "on_behalf_of": "account",
        "payment_method": "payment_method",
    },
    "payment_method": {"customer": "customer"},
    "payout": {
        "balance_transaction": "balance_transaction",
        "failure_balance_transaction": "balance_transaction",
    },
    "refund": {
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
    },
    "transfer": {
        "balance_transaction": "balance_transaction",
        "destination": "account",
        "destination_payment": "charge",
        "source_transaction": "charge",
    },
    "transfer_reversal": {
        "balance_transaction": "balance_transaction",
        "destination_payment_refund": "refund",
        "transfer": "transfer",
    },
}
"""What can be expanded of each kind of object, and what it is then."""


def check(noun: str, paths: list[str], *, in_list: bool) -> None:
    """Judge the paths before any work is done. Raises Refused if one leads nowhere."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEPTH_LIMIT:
            raise Refused(f"You cannot expand more than {DEPTH_LIMIT} levels: {path}", param="expand")
        if in_list and steps.pop(0) != "data":
            raise _cannot(path)
        kind = noun
        for step in steps:
            if kind == ANYTHING:
                continue
            kind = EXPANDABLE.get(kind, {}).get(step, "")
            if not kind:
                raise _cannot(path)


def _cannot(path: str) -> Refused:
    return Refused(f"This property cannot be expanded ({path}).", param="expand")


def expanded(world: World, answer: Json, paths: list[str]) -> Json:
    """A copy of the answer with what the paths name."""
    answer = copied(answer)
    for path in paths:
        _expand(world, answer, path.split("."))
    return answer


def _expand(world: World, place: Json, steps: list[str]) -> None:
    step, *rest = steps
    if place.get("object") == "list":
        for item in place["data"]:
            _expand(world, item, rest)
        return
    if step == "refunds":
        found = [copied(one) for one in world.all("refund") if one["charge"] == place["id"]][::-1]
        url = f"/v1/charges/{place['id']}/refunds"
        has_more = len(found) > LIST_LIMIT
        place[step] = {"object": "list", "data": found[:LIST_LIMIT], "has_more": has_more, "url": url}
    value = place.get(step)
    if isinstance(value, str) and value in world.objects:
        value = place[step] = copied(world.objects[value])
    if not rest or not isinstance(value, dict):
        return
    for item in value["data"] if value.get("object") == "list" else [value]:
        _expand(world, item, rest)
