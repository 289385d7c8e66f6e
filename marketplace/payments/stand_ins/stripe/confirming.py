"""What happens when a payment intent is confirmed: the bank asks for 3-D Secure, agrees or declines."""

from urllib.parse import urlencode

from marketplace.payments.stand_ins.stripe import charges, disputes, payment_methods
from marketplace.payments.stand_ins.stripe.cards import Card, code_of, message_of
from marketplace.payments.stand_ins.stripe.errors import Json, Refused
from marketplace.payments.stand_ins.stripe.world import World


def attempt(
    world: World,
    intent: Json,
    method: Json,
    *,
    off_session: bool,
    return_url: str | None,
    must_not_ask: bool,
) -> None:
    """Charge the card, or ask for 3-D Secure first. Raises Refused, with the intent in it, if declined."""
    card = payment_methods.card_of(world, method)
    world.secrets[method["id"]]["used"] = intent["id"]
    intent |= {"last_payment_error": None, "next_action": None}
    fault = world.faults.of_card(f"POST /v1/payment_intents/{intent['id']}/confirm")
    if fault is not None and fault.kind == "decline":
        raise declined(world, intent, method, card, code_of(fault.code), fault.code)
    must_ask = _must_authenticate(world, intent, method, card) or fault is not None
    if not must_ask:
        _charge(world, intent, method, card, authenticated=False)
    elif off_session:
        raise declined(world, intent, method, card, "authentication_required", "authentication_required")
    elif must_not_ask:
        raise _without_asking(world, intent, method)
    else:
        _ask(world, intent, return_url)


def _must_authenticate(world: World, intent: Json, method: Json, card: Card) -> bool:
    if card.authentication == "always":
        return True
    if card.authentication == "required":
        return not world.secrets[method["id"]].get("set_up")
    wish = _card_options(intent).get("request_three_d_secure")
    return card.authentication == "supported" and wish in {"any", "challenge"}


def _card_options(intent: Json) -> Json:
    """What the shop wishes for cards; an empty text unsets it."""
    options: Json = intent["payment_method_options"].get("card") or {}
    return options


def _ask(world: World, intent: Json, return_url: str | None) -> None:
    page = (
        f"{world.address}/_stand_in/3d_secure/{intent['id']}?{urlencode({'secret': intent['client_secret']})}"
    )
    intent["status"] = "requires_action"
    if return_url:
        redirect = {"return_url": return_url, "url": page}
        intent["next_action"] = {"redirect_to_url": redirect, "type": "redirect_to_url"}
    else:
        sdk = {"type": "three_d_secure_redirect", "stripe_js": page, "source": world.new_id("src")}
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": sdk}
    world.tell("payment_intent.requires_action", intent)


def authenticate(world: World, intent: Json, *, approved: bool) -> None:
    """The buyer has answered the bank's question. Nothing happens if it no longer waits for an answer."""
    if intent["status"] != "requires_action":
        return
    method = world.find("payment_method", intent["payment_method"])
    intent["next_action"] = None
    if approved:
        try:
            _charge(world, intent, method, payment_methods.card_of(world, method), authenticated=True)
        except Refused:
            return  # The intent holds the error; nobody waits for this answer.
        world.secrets[method["id"]]["set_up"] = True
        return
    error = {
        "code": "payment_intent_authentication_failure",
        "doc_url": "https://stripe.com/docs/error-codes/payment-intent-authentication-failure",
        "message": "The payment method has failed authentication. Try again with another.",
        "type": "card_error",
    }
    _fail(world, intent, method, error)


def _charge(world: World, intent: Json, method: Json, card: Card, *, authenticated: bool) -> None:
    if card.code is not None:
        raise declined(world, intent, method, card, card.code, card.decline_code or "generic_decline")
    manual = "manual" in {intent["capture_method"], _card_options(intent).get("capture_method")}
    charge = charges.make(world, intent, method, card, capture=not manual, authenticated=authenticated)
    intent["latest_charge"] = charge["id"]
    if intent["setup_future_usage"] and intent["customer"]:
        payment_methods.keep(world, method, intent["customer"])
    if manual:
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        world.tell("payment_intent.amount_capturable_updated", intent)
        return
    intent |= {"status": "succeeded", "amount_received": intent["amount"]}
    world.tell("payment_intent.succeeded", intent)
    if card.disputed is not None:
        disputes.open(world, charge, card.disputed)


def declined(world: World, intent: Json, method: Json, card: Card, code: str, decline_code: str) -> Refused:
    """The bank says no: the intent waits for another payment method. Gives the answer to raise."""
    charge = charges.refuse(world, intent, method, card, code, decline_code)
    intent["latest_charge"] = charge["id"]
    error = {
        "charge": charge["id"],
        "code": code,
        "decline_code": decline_code,
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "message": message_of(decline_code),
        "type": "card_error",
    }
    if code == "incorrect_cvc":
        error["param"] = "cvc"
    return _fail(world, intent, method, error)


def _without_asking(world: World, intent: Json, method: Json) -> Refused:
    error = {
        "code": "authentication_required",
        "doc_url": "https://stripe.com/docs/error-codes/authentication-required",
        "message": "This payment needs authentication, and `error_on_requires_action` was set.",
        "type": "card_error",
    }
    return _fail(world, intent, method, error)


def _fail(world: World, intent: Json, method: Json, error: Json) -> Refused:
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "last_payment_error": error | {"payment_method": dict(method)},
    }
    world.tell("payment_intent.payment_failed", intent)
    more = {name: value for name, value in error.items() if name not in {"message", "type", "code", "param"}}
    return Refused(
        error["message"],
        status=402,
        type="card_error",
        code=error["code"],
        param=error.get("param"),
        payment_intent=dict(intent),
        payment_method=dict(method),
        **more,
    )
