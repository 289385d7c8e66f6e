"""`expand[]=latest_charge.balance_transaction`: objects instead of their ids."""

from copy import deepcopy

from marketplace.payments.stand_ins.stripe.errors import Json, Refused
from marketplace.payments.stand_ins.stripe.world import World

DEPTH_LIMIT = 4
LISTS = {("charge", "refunds"): ("refund", "charge"), ("customer", "sources"): ("source", "customer")}
"""Lists that an object has only when they are asked for: what they hold, and what leads back to it."""
EMPTY_UNTIL_SET = frozenset({
    "application_fee", "balance_transaction", "charge", "customer", "destination_payment",
    "failure_balance_transaction", "latest_charge", "payment_intent", "payment_method", "on_behalf_of",
    "source_transaction", "transfer_reversal", "source_transfer_reversal", "review", "default_payment_method",
})  # fmt: skip


def expanded(world: World, answer: Json, paths: list[str]) -> Json:
    """A copy of the answer with what the paths name. Raises Refused if there is nothing of that name."""
    copy = deepcopy(answer)
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEPTH_LIMIT:
            raise Refused(f"You cannot expand more than {DEPTH_LIMIT} levels: {path}", param="expand")
        _expand(world, copy, steps, path)
    return copy


def _expand(world: World, place: Json, steps: list[str], path: str) -> None:
    step, *rest = steps
    if place.get("object") == "list" and step == "data":
        for item in place["data"]:
            _expand(world, item, rest, path)
        return
    inside = LISTS.get((place.get("object", ""), step))
    if inside is not None and step not in place:
        noun, back = inside
        data = [deepcopy(one) for one in world.all(noun) if one.get(back) == place["id"]]
        place[step] = {"object": "list", "data": data[::-1][:10], "has_more": len(data) > 10, "url": ""}  # noqa: PLR2004
    value = place.get(step)
    if isinstance(value, str) and value in world.objects:
        value = place[step] = deepcopy(world.objects[value])
    elif not isinstance(value, dict) and not (step in place and step in EMPTY_UNTIL_SET):
        raise Refused(
            f"This property cannot be expanded ({step}), of '{path}'.",
            param="expand",
        )
    if rest and isinstance(value, dict):
        _expand(world, value, rest, path)
