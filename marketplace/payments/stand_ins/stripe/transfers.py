"""Transfers to connected accounts, and their reversals."""

from marketplace.payments.stand_ins.stripe import balance
from marketplace.payments.stand_ins.stripe.errors import (
    Json,
    Refused,
    invalid_parameter,
    missing_parameter,
    no_such,
)
from marketplace.payments.stand_ins.stripe.money import check_currency, written
from marketplace.payments.stand_ins.stripe.requests import Page, Request, merge_metadata
from marketplace.payments.stand_ins.stripe.world import World


def create(request: Request) -> Json:
    params, world = request.params, request.world
    currency = check_currency(params["currency"])
    if "amount" not in params:
        raise missing_parameter("amount")
    amount = _positive(params["amount"])
    to = world.objects.get(params["destination"])
    if to is None or to["object"] != "account":
        raise no_such("destination", params["destination"], "destination", 400)
    if to["capabilities"].get("transfers") != "active":
        raise Refused(
            "Your destination account needs the capability `transfers` enabled.",
            code="insufficient_capabilities_for_transfer",
        )
    charge = request.named("charge", "source_transaction")
    if charge is None:
        _check_funds(world, amount, currency)
    else:
        _check_source(world, charge, amount, currency)
    transfer = world.add(
        "transfer",
        amount=amount,
        currency=currency,
        destination=to["id"],
        description=params.get("description"),
        metadata=merge_metadata({}, params.get("metadata")),
        source_transaction=charge and charge["id"],
        transfer_group=params.get("transfer_group") or (charge and charge["transfer_group"]),
    )
    transfer["reversals"]["url"] = f"/v1/transfers/{transfer['id']}/reversals"
    transfer["balance_transaction"] = balance.book(world, "transfer", -amount, transfer, at_once=True)["id"]
    transfer["destination_payment"] = _arrive(world, transfer)["id"]
    world.tell("transfer.created", transfer)
    return transfer


def _positive(amount: int) -> int:
    if amount < 1:
        raise invalid_parameter("amount", "Invalid positive integer", "parameter_invalid_integer")
    return amount


def _check_funds(world: World, amount: int, currency: str) -> None:
    if balance.funds(world).available_in(currency) < amount:
        raise Refused(
            f"You have less than {written(amount, currency)} available in your Stripe balance.",
            code="balance_insufficient",
        )


def _check_source(world: World, charge: Json, amount: int, currency: str) -> None:
    """A transfer of a charge's own money need not wait until that is available."""
    if charge["balance_transaction"] is None:
        raise invalid_parameter("source_transaction", "The charge has not been captured.")
    entry = world.objects[charge["balance_transaction"]]
    if entry["currency"] != currency:
        raise invalid_parameter(
            "currency", f"The currency of source_transaction's balance transaction is {entry['currency']}."
        )
    gone = sum(
        transfer["amount"]
        for transfer in world.all("transfer")
        if transfer["source_transaction"] == charge["id"]
    )
    if gone + amount > entry["amount"]:
        raise Refused(
            "Transfers using this transaction as a source must not exceed the source amount of"
            f" {written(entry['amount'], currency)}.",
            code="amount_too_large",
            param="amount",
        )


def _arrive(world: World, transfer: Json) -> Json:
    """What the connected account sees of it: a payment."""
    payment = world.add(
        "charge",
        owner=transfer["destination"],
        amount=transfer["amount"],
        amount_captured=transfer["amount"],
        captured=True,
        currency=transfer["currency"],
        paid=True,
        source_transfer=transfer["id"],
        status="succeeded",
    )
    entry = balance.book(
        world, "payment", transfer["amount"], payment, owner=transfer["destination"], at_once=True
    )
    payment["balance_transaction"] = entry["id"]
    return payment


def reverse(request: Request) -> Json:
    params, world = request.params, request.world
    transfer = request.find("transfer")
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = _positive(params["amount"]) if "amount" in params else left
    if left == 0:
        raise Refused("The transfer is already fully reversed.", code="transfer_already_reversed")
    if amount > left:
        raise Refused(
            f"The reversal ({written(amount, transfer['currency'])}) is more than what is left of the"
            f" transfer ({written(left, transfer['currency'])}).",
            param="amount",
        )
    seller, currency = transfer["destination"], transfer["currency"]
    if balance.funds(world, seller).available_in(currency) < amount:
        raise Refused(
            "The connected account does not have the funds for this reversal.", code="balance_insufficient"
        )
    reversal = world.add(
        "transfer_reversal",
        amount=amount,
        currency=currency,
        transfer=transfer["id"],
        metadata=merge_metadata({}, params.get("metadata")),
    )
    entry = balance.book(world, "transfer_refund", amount, reversal, at_once=True)
    reversal["balance_transaction"] = entry["id"]
    refund = world.add(
        "refund", owner=seller, amount=amount, currency=currency, charge=transfer["destination_payment"]
    )
    taken = balance.book(world, "payment_refund", -amount, refund, owner=seller, at_once=True)
    refund["balance_transaction"] = taken["id"]
    reversal["destination_payment_refund"] = refund["id"]
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"]["data"].insert(0, reversal)
    world.tell("transfer.reversed", transfer)
    return reversal


def retrieve(request: Request) -> Json:
    return request.find("transfer")


def update(request: Request) -> Json:
    transfer = request.find("transfer")
    before = transfer["metadata"]
    transfer["metadata"] = merge_metadata(before, request.params.get("metadata"))
    if "description" in request.params:
        transfer["description"] = request.params["description"] or None
    request.world.tell("transfer.updated", transfer, {"metadata": before})
    return transfer


def list_all(request: Request) -> Json:
    params = request.params
    found = [
        transfer
        for transfer in request.world.all("transfer")
        if all(transfer[name] == params[name] for name in ("destination", "transfer_group") if name in params)
    ]
    return Page(found[::-1]).read(params, "/v1/transfers")


def reversals(request: Request) -> Json:
    transfer = request.find("transfer")
    found = [one for one in request.world.all("transfer_reversal") if one["transfer"] == transfer["id"]]
    return Page(found[::-1]).read(request.params, transfer["reversals"]["url"])


def retrieve_reversal(request: Request) -> Json:
    found = request.find("transfer_reversal")
    if found["transfer"] != request.ids[0]:
        raise no_such("transfer_reversal", request.id)
    return found
