"""Charges: each attempt of a payment intent to take money leaves one, successful or not."""

from marketplace.payments.stand_ins.stripe import balance
from marketplace.payments.stand_ins.stripe.cards import Card, message_of
from marketplace.payments.stand_ins.stripe.errors import Json
from marketplace.payments.stand_ins.stripe.requests import Page, Request, merge_metadata
from marketplace.payments.stand_ins.stripe.world import World, shape

DAY_SECONDS = 86400
AUTHORIZED_DAYS = 7
OF_INTENTS = (
    "amount", "currency", "customer", "description", "receipt_email", "shipping", "transfer_group",
    "on_behalf_of", "statement_descriptor", "statement_descriptor_suffix", "transfer_data",
)  # fmt: skip
"""What a charge has from its payment intent."""


def make(world: World, intent: Json, method: Json, card: Card, *, capture: bool, authenticated: bool) -> Json:
    """A charge that the bank agreed to: captured at once, or only authorised."""
    charge = _attempt(world, intent, method, card, authenticated=authenticated)
    charge |= {
        "status": "succeeded",
        "paid": True,
        "captured": capture,
        "outcome": _outcome("approved_by_network", "Payment complete.", "authorized"),
        "receipt_url": f"{world.address}/_stand_in/receipts/{charge['id']}",
    }
    if capture:
        take(world, charge, charge["amount"], at_once=card.at_once)
    else:
        capture_before = world.now() + AUTHORIZED_DAYS * DAY_SECONDS
        charge["payment_method_details"]["card"]["capture_before"] = capture_before
    world.tell("charge.succeeded", charge)
    return charge


def refuse(world: World, intent: Json, method: Json, card: Card, code: str, decline_code: str) -> Json:
    """A charge that the bank refused. No money moves."""
    charge = _attempt(world, intent, method, card, authenticated=False)
    message = message_of(decline_code)
    charge |= {
        "status": "failed",
        "failure_code": code,
        "failure_message": message,
        "outcome": _outcome(
            "declined_by_network",
            "The bank did not return any further details.",
            "issuer_declined",
            decline_code,
        ),
    }
    world.tell("charge.failed", charge)
    return charge


def take(world: World, charge: Json, amount: int, *, at_once: bool = False) -> None:
    """Capture that much of a charge: it is booked, with Stripe's fee."""
    charge["captured"] = True
    charge["amount_captured"] = amount
    entry = balance.book(
        world,
        "charge",
        amount,
        charge,
        fee=balance.fee_of(amount, charge["currency"]),
        at_once=at_once,
        description=charge["description"],
    )
    charge["balance_transaction"] = entry["id"]


def _attempt(world: World, intent: Json, method: Json, card: Card, *, authenticated: bool) -> Json:
    details = shape("payment_method_card_details")
    shown = method["card"]
    details |= {
        "amount_authorized": intent["amount"],
        "brand": card.brand,
        "country": card.country,
        "exp_month": shown["exp_month"],
        "exp_year": shown["exp_year"],
        "fingerprint": shown["fingerprint"],
        "last4": card.last4,
        "network": card.brand,
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
    }
    if authenticated:
        details["three_d_secure"] = {
            "authentication_flow": "challenge",
            "electronic_commerce_indicator": "05",
            "exemption_indicator": None,
            "result": "authenticated",
            "result_reason": None,
            "transaction_id": world.new_id("ds", 20),
            "version": "2.2.0",
        }
    return world.add(
        "charge",
        **{name: intent[name] for name in OF_INTENTS},
        metadata=dict(intent["metadata"]),
        payment_intent=intent["id"],
        payment_method=method["id"],
        billing_details=method["billing_details"],
        payment_method_details={"card": details, "type": "card"},
    )


def _outcome(network: str, message: str, type: str, reason: str | None = None) -> Json:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None if reason is None else "01",
        "network_status": network,
        "reason": reason,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": message,
        "type": type,
    }


def retrieve(request: Request) -> Json:
    return request.find("charge")


def update(request: Request) -> Json:
    charge = request.find("charge")
    charge["metadata"] = merge_metadata(charge["metadata"], request.params.get("metadata"))
    for name in ("description", "receipt_email", "transfer_group"):
        if name in request.params:
            charge[name] = request.params[name] or None
    request.world.tell("charge.updated", charge, {})
    return charge


def list_all(request: Request) -> Json:
    wanted = {
        name: request.params[name]
        for name in ("payment_intent", "customer", "transfer_group")
        if name in request.params
    }
    found = [
        charge
        for charge in request.world.all("charge", request.account)
        if all(charge[name] == value for name, value in wanted.items())
    ]
    return Page(found[::-1]).read(request.params, "/v1/charges")
