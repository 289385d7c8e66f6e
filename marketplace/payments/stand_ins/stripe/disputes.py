"""Disputes: the buyer asks the bank for the money back, and the account may answer with evidence."""

from marketplace.payments.stand_ins.stripe import balance
from marketplace.payments.stand_ins.stripe.errors import Json, Refused
from marketplace.payments.stand_ins.stripe.requests import Page, Request, merge_metadata
from marketplace.payments.stand_ins.stripe.world import World

DAYS_TO_ANSWER = 9
DAY_SECONDS = 86400
ANSWERABLE = frozenset({"needs_response", "warning_needs_response"})
LOSING, WINNING = "losing_evidence", "winning_evidence"
"""Stripe's words for tests, as `uncategorized_text`: https://docs.stripe.com/testing#evidence."""


def open(world: World, charge: Json, reason: str = "fraudulent", amount: int | None = None) -> Json:  # noqa: A001
    """The bank takes the money back until the dispute is decided. An inquiry takes nothing yet."""
    amount = charge["amount_captured"] if amount is None else amount
    inquiry = reason == "inquiry"
    dispute = world.add(
        "dispute",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        payment_intent=charge["payment_intent"],
        reason="general" if inquiry else reason,
        is_charge_refundable=inquiry,
        status="warning_needs_response" if inquiry else "needs_response",
    )
    dispute["evidence_details"]["due_by"] = world.now() + DAYS_TO_ANSWER * DAY_SECONDS
    dispute["payment_method_details"]["card"]["case_type"] = "inquiry" if inquiry else "chargeback"
    charge["disputed"] = not inquiry
    world.tell("charge.dispute.created", dispute)
    if not inquiry:
        entry = balance.book(
            world,
            "adjustment",
            -amount,
            dispute,
            fee=balance.DISPUTE_FEE,
            at_once=True,
            description=f"Chargeback withdrawal for {charge['id']}",
        )
        dispute["balance_transactions"].append(entry)
        world.tell("charge.dispute.funds_withdrawn", dispute)
    return dispute


def decide(world: World, id: str, *, won: bool) -> Json:
    """The bank has decided. What is won comes back, without the fee."""
    dispute = world.find("dispute", id)
    if dispute["status"] in {"won", "lost", "warning_closed"}:
        return dispute
    if dispute["status"].startswith("warning"):
        dispute["status"] = "warning_closed"
        world.tell("charge.dispute.closed", dispute)
        return dispute
    dispute["status"] = "won" if won else "lost"
    if won:
        world.find("charge", dispute["charge"])["disputed"] = False
        entry = balance.book(
            world,
            "adjustment",
            dispute["amount"],
            dispute,
            at_once=True,
            category="dispute_reversal",
            description=f"Chargeback reversal for {dispute['charge']}",
        )
        dispute["balance_transactions"].append(entry)
        world.tell("charge.dispute.funds_reinstated", dispute)
    world.tell("charge.dispute.closed", dispute)
    return dispute


def retrieve(request: Request) -> Json:
    return request.find("dispute")


def update(request: Request) -> Json:
    dispute, world = request.find("dispute"), request.world
    params = request.params
    dispute["metadata"] = merge_metadata(dispute["metadata"], params.get("metadata"))
    evidence = params.get("evidence") or {}
    if evidence and dispute["status"] not in ANSWERABLE:
        raise Refused("This dispute can no longer be answered: its evidence was submitted, or it is closed.")
    dispute["evidence"] |= evidence
    details = dispute["evidence_details"]
    details["has_evidence"] = details["has_evidence"] or bool(evidence)
    if evidence and params.get("submit", True):
        details["submission_count"] += 1
        dispute["status"] = dispute["status"].replace("needs_response", "under_review")
        text = dispute["evidence"]["uncategorized_text"]
        if text in {LOSING, WINNING}:
            world.later(0, "dispute is won" if text == WINNING else "dispute is lost", dispute["id"])
    world.tell("charge.dispute.updated", dispute, {})
    return dispute


def close(request: Request) -> Json:
    """The account accepts the dispute."""
    request.find("dispute")
    return decide(request.world, request.id, won=False)


def list_all(request: Request) -> Json:
    params = request.params
    found = [
        dispute
        for dispute in request.world.all("dispute", request.account)
        if params.get("charge") in {None, dispute["charge"]}
        and params.get("payment_intent") in {None, dispute["payment_intent"]}
    ]
    return Page(found[::-1]).read(params, "/v1/disputes")
