"""Payouts: money that leaves an account's balance for its bank."""

from marketplace.payments.stand_ins.stripe import balance
from marketplace.payments.stand_ins.stripe.errors import Json, Refused, invalid_parameter
from marketplace.payments.stand_ins.stripe.money import check_currency, written
from marketplace.payments.stand_ins.stripe.requests import Page, Request, merge_metadata
from marketplace.payments.stand_ins.stripe.world import World

DAYS_UNDER_WAY = 2
DAY_SECONDS = 86400


def create(request: Request) -> Json:
    params, world, owner = request.params, request.world, request.account
    currency = check_currency(params["currency"])
    amount = params["amount"]
    if amount < 1:
        raise invalid_parameter("amount", "Invalid positive integer", "parameter_invalid_integer")
    if balance.funds(world, owner).available_in(currency) < amount:
        raise Refused(
            f"You have less than {written(amount, currency)} available in your Stripe balance.",
            code="balance_insufficient",
        )
    arrival = world.now() + DAYS_UNDER_WAY * DAY_SECONDS
    payout = world.add(
        "payout",
        owner=owner,
        amount=amount,
        currency=currency,
        arrival_date=arrival,
        description=params.get("description"),
        destination=params.get("destination") or world.new_id("ba"),
        metadata=merge_metadata({}, params.get("metadata")),
        method=params.get("method", "standard"),
        statement_descriptor=params.get("statement_descriptor"),
    )
    entry = balance.book(world, "payout", -amount, payout, owner=owner, at_once=True)
    payout["balance_transaction"] = entry["id"]
    world.tell("payout.created", payout)
    world.later(DAYS_UNDER_WAY * DAY_SECONDS, "payout arrives", payout["id"])
    return payout


def arrive(world: World, id: str) -> None:
    payout = world.find("payout", id)
    if payout["status"] in {"pending", "in_transit"}:
        payout["status"] = "paid"
        world.tell("payout.paid", payout, {"status": "pending"})


def fail(world: World, id: str, code: str = "account_closed") -> None:
    """The bank sent it back, which may happen after it was told to be paid."""
    payout = world.find("payout", id)
    if payout["status"] in {"failed", "canceled"}:
        return
    before = {"status": payout["status"]}
    payout |= {
        "status": "failed",
        "failure_code": code,
        "failure_message": "The bank account has been closed.",
    }
    payout["failure_balance_transaction"] = _give_back(world, payout, "payout_failure")
    world.tell("payout.failed", payout, before)


def cancel(request: Request) -> Json:
    payout, world = request.find("payout"), request.world
    if payout["status"] != "pending":
        raise Refused(
            f"Payouts of status {payout['status']} can not be canceled.", code="payout_not_cancelable"
        )
    payout["status"] = "canceled"
    payout["failure_balance_transaction"] = _give_back(world, payout, "payout_cancel")
    world.tell("payout.canceled", payout, {"status": "pending"})
    return payout


def _give_back(world: World, payout: Json, type: str) -> str:
    owner = world.owner_of(payout["id"])
    entry = balance.book(world, type, payout["amount"], payout, owner=owner, at_once=True)
    return str(entry["id"])


def retrieve(request: Request) -> Json:
    return request.find("payout")


def list_all(request: Request) -> Json:
    status = request.params.get("status")
    found = [
        payout
        for payout in request.world.all("payout", request.account)
        if status in {None, payout["status"]}
    ]
    return Page(found[::-1]).read(request.params, "/v1/payouts")
