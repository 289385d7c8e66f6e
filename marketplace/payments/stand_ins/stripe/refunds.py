"""Refunds: whole, in part, slow, failing later, and never more than was taken."""

from marketplace.payments.stand_ins.stripe import balance, payment_methods
from marketplace.payments.stand_ins.stripe.cards import Card
from marketplace.payments.stand_ins.stripe.errors import Json, Refused, invalid_parameter
from marketplace.payments.stand_ins.stripe.money import written
from marketplace.payments.stand_ins.stripe.requests import Page, Request, merge_metadata
from marketplace.payments.stand_ins.stripe.world import World

SECONDS_UNTIL_SETTLED = 5


def create(request: Request) -> Json:
    world, params = request.world, request.params
    charge = _charge(request)
    if charge["disputed"]:
        raise Refused(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if charge["refunded"]:
        raise Refused(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    left = charge["amount"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    if amount < 1:
        raise invalid_parameter("amount", "Invalid positive integer", "parameter_invalid_integer")
    if amount > left:
        raise Refused(
            f"Refund amount ({written(amount, charge['currency'])}) is more than what is left of the charge"
            f" ({written(left, charge['currency'])})",
            param="amount",
        )
    method = world.find("payment_method", charge["payment_method"])
    card = payment_methods.card_of(world, method)
    refund = world.add(
        "refund",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        payment_intent=charge["payment_intent"],
        reason=params.get("reason"),
        metadata=merge_metadata({}, params.get("metadata")),
        status="pending" if card.refund == "pending" else "succeeded",
    )
    if charge["captured"]:
        entry = balance.book(world, "refund", -amount, refund, at_once=card.at_once)
        refund["balance_transaction"] = entry["id"]
    _count(charge, amount)
    if not charge["captured"]:
        _cancel_intent(world, charge)
    _plan(world, card, refund)
    world.tell("refund.created", refund)
    world.tell("charge.refunded", charge)
    return refund


def _charge(request: Request) -> Json:
    """The charge to refund. Raises Refused if none is named, or if it never succeeded."""
    intent = request.named("payment_intent", "payment_intent")
    charge = request.named("charge", "charge")
    if intent is None and charge is None:
        raise Refused(
            "One of the following params should be provided for this request: payment_intent or charge."
        )
    if intent is not None:
        of_intent = request.world.objects.get(intent["latest_charge"] or "")
        if of_intent is None or of_intent["status"] != "succeeded":
            raise Refused(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
        if charge is not None and charge is not of_intent:
            raise invalid_parameter("charge", "The charge is not of that PaymentIntent.")
        charge = of_intent
    if charge is None or charge["status"] != "succeeded":
        raise Refused("The charge has not succeeded: there is nothing to refund.", param="charge")
    return charge


def _count(charge: Json, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] >= charge["amount"]


def _cancel_intent(world: World, charge: Json) -> None:
    intent = world.find("payment_intent", charge["payment_intent"])
    intent |= {"status": "canceled", "amount_capturable": 0, "canceled_at": world.now()}
    world.tell("payment_intent.canceled", intent)


def _plan(world: World, card: Card, refund: Json) -> None:
    if card.refund == "pending":
        world.later(SECONDS_UNTIL_SETTLED, "refund succeeds", refund["id"])
    elif card.refund == "fails later":
        world.later(SECONDS_UNTIL_SETTLED, "refund fails", refund["id"])


def release(world: World, charge: Json, amount: int) -> Json:
    """What was authorised and is not taken: a refund without a balance transaction."""
    _count(charge, amount)
    return world.add(
        "refund",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        payment_intent=charge["payment_intent"],
    )


def succeed(world: World, id: str) -> None:
    """A slow refund has arrived."""
    refund = world.find("refund", id)
    if refund["status"] == "pending":
        refund["status"] = "succeeded"
        _tell_changed(world, refund, {"status": "pending"})


def fail(world: World, id: str, reason: str = "expired_or_canceled_card") -> None:
    """The buyer's bank sent a refund back: the money is the account's again."""
    refund = world.find("refund", id)
    if refund["status"] not in {"succeeded", "pending"}:
        return
    before = {"status": refund["status"]}
    refund |= {"status": "failed", "failure_reason": reason}
    if refund["balance_transaction"] is not None:
        entry = balance.book(world, "refund_failure", refund["amount"], refund, at_once=True)
        refund["failure_balance_transaction"] = entry["id"]
    _count(world.find("charge", refund["charge"]), -refund["amount"])
    world.tell("refund.failed", refund, before)
    _tell_changed(world, refund, before)


def _tell_changed(world: World, refund: Json, before: Json) -> None:
    world.tell("refund.updated", refund, before)
    world.tell("charge.refund.updated", refund, before)


def retrieve(request: Request) -> Json:
    return request.find("refund")


def update(request: Request) -> Json:
    refund = request.find("refund")
    before = refund["metadata"]
    refund["metadata"] = merge_metadata(before, request.params.get("metadata"))
    _tell_changed(request.world, refund, {"metadata": before})
    return refund


def cancel(request: Request) -> Json:
    request.find("refund")
    raise Refused("You cannot cancel a refund of a card payment.")


def list_all(request: Request) -> Json:
    params = request.params
    for name in ("charge", "payment_intent"):
        request.named(name, name)
    found = [
        refund
        for refund in request.world.all("refund", request.account)
        if params.get("charge") in {None, refund["charge"]}
        and params.get("payment_intent") in {None, refund["payment_intent"]}
    ]
    return Page(found[::-1]).read(params, "/v1/refunds")
