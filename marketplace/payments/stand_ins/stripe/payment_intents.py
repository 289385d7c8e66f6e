"""Payment intents as requests see them: https://docs.stripe.com/payments/paymentintents/lifecycle."""

from marketplace.payments.stand_ins.stripe import charges, payment_methods, refunds
from marketplace.payments.stand_ins.stripe.confirming import attempt
from marketplace.payments.stand_ins.stripe.errors import (
    Json,
    Refused,
    invalid_parameter,
    missing_parameter,
    no_such,
)
from marketplace.payments.stand_ins.stripe.money import check_amount, check_currency
from marketplace.payments.stand_ins.stripe.requests import Page, Request, merge_metadata

ONLY_WITH_CONFIRM = ("return_url", "off_session", "error_on_requires_action", "mandate", "mandate_data")
PLAIN = (
    "description", "receipt_email", "shipping", "statement_descriptor", "statement_descriptor_suffix",
    "transfer_group", "on_behalf_of", "application_fee_amount", "transfer_data",
)  # fmt: skip
OPEN = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
CANCELABLE = OPEN | {"requires_capture", "processing"}
SEEN_IN_BROWSERS = (
    "id", "object", "amount", "amount_details", "automatic_payment_methods", "canceled_at",
    "cancellation_reason", "capture_method", "client_secret", "confirmation_method", "created", "currency",
    "description", "last_payment_error", "livemode", "next_action", "payment_method", "payment_method_types",
    "processing", "receipt_email", "setup_future_usage", "shipping", "status",
)  # fmt: skip


def create(request: Request) -> Json:
    params, world = request.params, request.world
    currency = check_currency(params["currency"])
    amount = check_amount(params["amount"], currency)
    if not params.get("confirm"):
        for name in ONLY_WITH_CONFIRM:
            if name in params:
                raise invalid_parameter(
                    name,
                    f"`{name}` can be given when a PaymentIntent is created only with `confirm` set to true.",
                )
    customer = request.named("customer", "customer")
    automatic = params.get("automatic_payment_methods")
    types = params.get("allowed_payment_method_types")
    if automatic and automatic.get("enabled") and types:
        raise invalid_parameter(
            "allowed_payment_method_types",
            "You may only specify one of these parameters: automatic_payment_methods,"
            " allowed_payment_method_types.",
        )
    metadata = merge_metadata({}, params.get("metadata"))
    method = _method(request)
    if automatic is None and not types:
        automatic = {"allow_redirects": "always", "enabled": True}
    elif automatic is not None:
        automatic = {"allow_redirects": "always"} | automatic
    intent = world.add(
        "payment_intent",
        amount=amount,
        currency=currency,
        metadata=metadata,
        customer=customer and customer["id"],
        payment_method=method and method["id"],
        automatic_payment_methods=automatic,
        payment_method_types=types or ["card"],
        capture_method=params.get("capture_method", "automatic_async"),
        confirmation_method=params.get("confirmation_method", "automatic"),
        setup_future_usage=params.get("setup_future_usage") or None,
        payment_method_options={"card": {"request_three_d_secure": "automatic"}}
        | params.get("payment_method_options", {}),
        status="requires_confirmation" if method else "requires_payment_method",
        **{name: params[name] or None for name in PLAIN if name in params},
    )
    intent["client_secret"] = f"{intent['id']}_secret_{world.new_id('', 25)[1:]}"
    world.tell("payment_intent.created", intent)
    return _confirm(request, intent) if params.get("confirm") else intent


def retrieve(request: Request) -> Json:
    return _find(request)


def update(request: Request) -> Json:
    intent, params = request.find("payment_intent"), request.params
    money = params.keys() & {"amount", "currency", "customer", "payment_method", "payment_method_data",
                             "capture_method", "setup_future_usage", "payment_method_options"}  # fmt: skip
    if money and intent["status"] not in OPEN:
        raise unexpected(
            intent,
            f"This PaymentIntent's {min(money)} could not be updated because it has a status of"
            f" {intent['status']}. You may only update the {min(money)} of a PaymentIntent with one of the"
            f" following statuses: {', '.join(sorted(OPEN))}.",
        )
    currency = check_currency(params.get("currency") or intent["currency"])
    amount = check_amount(params.get("amount") or intent["amount"], currency)
    metadata = merge_metadata(intent["metadata"], params.get("metadata"))
    customer = request.named("customer", "customer")
    method = _method(request)
    intent |= {"amount": amount, "currency": currency, "metadata": metadata}
    if customer:
        intent["customer"] = customer["id"]
    for name in (*PLAIN, "capture_method", "setup_future_usage"):
        if name in params:
            intent[name] = params[name] or None
    if "payment_method_options" in params:
        intent["payment_method_options"] |= params["payment_method_options"]
    if method:
        intent |= {"payment_method": method["id"], "status": "requires_confirmation", "next_action": None}
    elif money & {"amount", "currency"} and intent["status"] == "requires_action":
        intent |= {"status": "requires_confirmation", "next_action": None}
    return intent


def confirm(request: Request) -> Json:
    intent = _find(request)
    if intent["status"] not in OPEN:
        done = "has already succeeded" if intent["status"] == "succeeded" else f"is {intent['status']}"
        raise unexpected(
            intent,
            f"You cannot confirm this PaymentIntent because it {done} after being previously confirmed.",
        )
    if request.in_browser and intent["confirmation_method"] == "manual":
        raise Refused(
            "This PaymentIntent's confirmation_method is manual: it can be confirmed with a secret key only."
        )
    return _confirm(request, intent)


def _confirm(request: Request, intent: Json) -> Json:
    params = request.params
    method = _method(request)
    if method is None and intent["payment_method"]:
        method = request.world.find("payment_method", intent["payment_method"])
    if method is None:
        raise unexpected(
            intent,
            "You cannot confirm this PaymentIntent because it's missing a payment method. To confirm the"
            " PaymentIntent, specify a payment method attached to a customer or a new payment method.",
        )
    _check_method(request, intent, method)
    automatic = intent["automatic_payment_methods"] or {}
    may_redirect = automatic.get("enabled") and automatic.get("allow_redirects") != "never"
    if (
        may_redirect
        and not request.in_browser
        and not params.get("return_url")
        and not params.get("use_stripe_sdk")
    ):
        raise Refused(
            "This PaymentIntent takes payment methods that may lead the customer away from your page: give a"
            " `return_url`, or create it with `automatic_payment_methods[allow_redirects]` set to `never`.",
        )
    for name in ("receipt_email", "shipping", "setup_future_usage", "capture_method"):
        if name in params:
            intent[name] = params[name] or None
    if "payment_method_options" in params:
        intent["payment_method_options"] |= params["payment_method_options"]
    intent["payment_method"] = method["id"]
    attempt(
        request.world,
        intent,
        method,
        off_session=bool(params.get("off_session")),
        return_url=None if params.get("use_stripe_sdk") else params.get("return_url"),
        must_not_ask=bool(params.get("error_on_requires_action")),
    )
    return intent


def _check_method(request: Request, intent: Json, method: Json) -> None:
    owner = method["customer"]
    if owner is not None and owner != intent["customer"]:
        raise Refused(
            f"The payment method supplied ({method['id']}) belongs to a Customer. You must also provide the"
            " customer when using it." if intent["customer"] is None else
            f"The customer does not have a payment method with the ID {method['id']}.",
            param="payment_method",
        )  # fmt: skip
    secrets = request.world.secrets[method["id"]]
    if secrets.get("detached") or (owner is None and secrets.get("used", intent["id"]) != intent["id"]):
        raise Refused(
            "This PaymentMethod was used before without a Customer, or was detached from one: it is used up.",
            param="payment_method",
        )


def capture(request: Request) -> Json:
    intent, world = request.find("payment_intent"), request.world
    if intent["status"] != "requires_capture":
        raise unexpected(
            intent,
            f"This PaymentIntent could not be captured because it has a status of {intent['status']}. Only a"
            " PaymentIntent with one of the following statuses may be captured: requires_capture.",
        )
    if request.params.get("final_capture") is False:
        raise invalid_parameter("final_capture", "This account may not capture more than once.")
    capturable = intent["amount_capturable"]
    amount = request.params.get("amount_to_capture")
    amount = capturable if amount in {None, ""} else amount
    if not 1 <= amount <= capturable:
        raise Refused(
            f"The provided amount ({amount}) has to be above 0, and must not exceed the capturable amount"
            f" ({capturable}).",
            code="amount_too_large" if amount > capturable else "amount_too_small",
            param="amount_to_capture",
        )
    intent["metadata"] = merge_metadata(intent["metadata"], request.params.get("metadata"))
    charge = world.find("charge", intent["latest_charge"])
    charges.take(world, charge, amount)
    intent |= {"amount_capturable": 0, "amount_received": amount, "status": "succeeded"}
    if amount < capturable:  # Stripe releases the rest, and shows it as a refund that moves nothing.
        refunds.release(world, charge, capturable - amount)
    world.tell("charge.captured", charge)
    world.tell("payment_intent.succeeded", intent)
    return intent


def cancel(request: Request) -> Json:
    intent, world = request.find("payment_intent"), request.world
    if intent["status"] not in CANCELABLE:
        raise unexpected(
            intent,
            f"You cannot cancel this PaymentIntent because its status is {intent['status']}, which is none"
            f" of {', '.join(sorted(CANCELABLE))}.",
        )
    if intent["status"] == "requires_capture":
        charge = world.find("charge", intent["latest_charge"])
        refunds.release(world, charge, charge["amount"])
        world.tell("charge.refunded", charge)
    intent |= {
        "status": "canceled",
        "amount_capturable": 0,
        "canceled_at": world.now(),
        "cancellation_reason": request.params.get("cancellation_reason"),
        "next_action": None,
    }
    world.tell("payment_intent.canceled", intent)
    return intent


def list_all(request: Request) -> Json:
    customer = request.params.get("customer")
    found = [
        intent
        for intent in request.world.all("payment_intent", request.account)
        if customer in {None, intent["customer"]}
    ]
    return Page(found[::-1]).read(request.params, "/v1/payment_intents")


def seen_in_browsers(intent: Json) -> Json:
    """The part that a publishable key shows."""
    return {name: intent[name] for name in SEEN_IN_BROWSERS if name in intent}


def unexpected(intent: Json, message: str) -> Refused:
    return Refused(message, code="payment_intent_unexpected_state", payment_intent=dict(intent))


def _find(request: Request) -> Json:
    """The intent of the address; a browser must know its client secret."""
    intent = request.find("payment_intent")
    secret = request.params.get("client_secret")
    if request.in_browser and not secret:
        raise missing_parameter("client_secret")
    if secret is not None and secret != intent["client_secret"]:
        raise no_such("payment_intent", request.id, "intent")
    return intent


def _method(request: Request) -> Json | None:
    """The payment method that the request names or describes."""
    params = request.params
    if params.get("payment_method"):
        return payment_methods.resolve(request, params["payment_method"])
    if "payment_method_data" in params:
        return payment_methods.make(request, params["payment_method_data"], "payment_method_data")
    return None
