"""Payment methods: cards that Stripe's script read, and test ids such as `pm_card_visa`."""

from collections.abc import Callable
from datetime import date

from marketplace.payments.stand_ins.stripe.cards import BY_NUMBER, CARDS, TOKENS, Card, passes_luhn
from marketplace.payments.stand_ins.stripe.errors import (
    Json,
    Refused,
    invalid_parameter,
    missing_parameter,
    no_such,
)
from marketplace.payments.stand_ins.stripe.requests import Page, Request, merge_metadata
from marketplace.payments.stand_ins.stripe.world import World

SHORTEST_NUMBER = 12


def create(request: Request) -> Json:
    return make(request, request.params, "")


def make(request: Request, params: Json, path: str) -> Json:
    """A payment method of what a form gave. `path` is the parameter that holds it, if another does."""

    def named(param: str) -> str:
        first, *rest = param.split("[", 1)
        return f"{path}[{first}]" + "".join(f"[{piece}" for piece in rest) if path else param

    if "type" not in params:
        raise missing_parameter(named("type"))
    if params["type"] != "card":
        raise invalid_parameter(
            named("type"), f"The payment method type {params['type']!r} is invalid: the stand-in knows cards."
        )
    given = params.get("card")
    if not given:
        raise missing_parameter(named("card"))
    card = _card(request, given, named)
    return _add(
        request.world,
        card,
        exp_month=given.get("exp_month", 12),
        exp_year=given.get("exp_year", date.today().year + 3),  # noqa: DTZ011 - a year will do
        billing_details=params.get("billing_details"),
        metadata=merge_metadata({}, params.get("metadata")),
    )


def _card(request: Request, given: Json, named: Callable[[str], str]) -> Card:
    if "token" in given:
        if given["token"] not in TOKENS:
            raise no_such("token", given["token"], named("card[token]"), 400)
        return CARDS[TOKENS[given["token"]]]
    number = given.get("number", "").replace(" ", "")
    if not number:
        raise missing_parameter(named("card[number]"))
    if not request.in_browser:
        raise Refused(
            "Card numbers must not be sent by servers. Use a test payment method such as pm_card_visa.",
            status=402,
        )
    if not number.isdigit() or len(number) < SHORTEST_NUMBER or not passes_luhn(number):
        raise _card_error("Your card number is incorrect.", "incorrect_number", "number")
    if number not in BY_NUMBER:
        raise _card_error(
            "Your card was declined. Your request was in test mode, but used a non test card.",
            "card_declined",
            "number",
        )
    year, month = given.get("exp_year", 0), given.get("exp_month", 0)
    if not 1 <= month <= 12:  # noqa: PLR2004 - months
        raise _card_error("Your card's expiration month is invalid.", "invalid_expiry_month", "exp_month")
    today = date.today()  # noqa: DTZ011
    if (year % 100 + 2000, month) < (today.year, today.month):
        raise _card_error("Your card's expiration year is invalid.", "invalid_expiry_year", "exp_year")
    return BY_NUMBER[number]


def _card_error(message: str, code: str, param: str) -> Refused:
    return Refused(message, status=402, type="card_error", code=code, param=param)


def _add(
    world: World,
    card: Card,
    *,
    exp_month: int = 12,
    exp_year: int | None = None,
    billing_details: Json | None = None,
    metadata: Json | None = None,
) -> Json:
    method = world.add("payment_method", metadata=metadata or {})
    method["card"] |= {
        "brand": card.brand,
        "display_brand": card.brand,
        "country": card.country,
        "exp_month": exp_month,
        "exp_year": exp_year or date.today().year + 3,  # noqa: DTZ011
        "fingerprint": f"standin{card.number[-9:]}",
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "three_d_secure_usage": {"supported": card.authentication != "none"},
    }
    for name, value in (billing_details or {}).items():
        if name == "address" and isinstance(value, dict):
            method["billing_details"]["address"] |= value
        else:
            method["billing_details"][name] = value or None
    world.secrets[method["id"]] = {"number": card.number}
    return method


def card_of(world: World, method: Json) -> Card:
    return BY_NUMBER[world.secrets[method["id"]]["number"]]


def resolve(request: Request, id: str, param: str = "payment_method") -> Json:
    """The payment method of that id; a test id makes a new one, as Stripe's do."""
    if id in CARDS:
        return _add(request.world, CARDS[id])
    return request.world.find("payment_method", id, param=param)


def retrieve(request: Request) -> Json:
    if request.id in CARDS:
        return resolve(request, request.id)
    return request.find("payment_method")


def update(request: Request) -> Json:
    method = request.find("payment_method")
    method["metadata"] = merge_metadata(method["metadata"], request.params.get("metadata"))
    for name, value in request.params.get("billing_details", {}).items():
        method["billing_details"][name] = value
    if "allow_redisplay" in request.params:
        method["allow_redisplay"] = request.params["allow_redisplay"]
    return method


def attach(request: Request) -> Json:
    method = resolve(request, request.id)
    customer = request.named("customer", "customer")
    if customer is None:
        raise missing_parameter("customer")
    if method["customer"] not in {None, customer["id"]}:
        raise Refused("The payment method you provided has already been attached to a customer.")
    return keep(request.world, method, customer["id"])


def keep(world: World, method: Json, customer: str) -> Json:
    if method["customer"] is None:
        method["customer"] = customer
        world.tell("payment_method.attached", method)
    return method


def detach(request: Request) -> Json:
    method = request.find("payment_method")
    if method["customer"] is None:
        raise Refused(
            "The payment method you provided is not attached to a customer so detachment is impossible."
        )
    before, method["customer"] = method["customer"], None
    world = request.world
    world.secrets[method["id"]]["detached"] = True
    world.tell("payment_method.detached", method, {"customer": before})
    return method


def list_all(request: Request) -> Json:
    if "customer" not in request.params:
        return Page([]).read(request.params, "/v1/payment_methods")
    request.named("customer", "customer")
    return _of(request, request.params["customer"], "/v1/payment_methods")


def list_of_customer(request: Request) -> Json:
    request.find("customer")
    return _of(request, request.id, f"/v1/customers/{request.id}/payment_methods")


def _of(request: Request, customer: str, url: str) -> Json:
    wanted = request.params.get("type")
    found = [
        method
        for method in request.world.all("payment_method")
        if method["customer"] == customer and wanted in {None, method["type"]}
    ]
    return Page(found[::-1]).read(request.params, url)
