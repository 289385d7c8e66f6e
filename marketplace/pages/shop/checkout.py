"""From the cart to the order, in three pages: where to, which way, and how it is paid."""

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.datastructures import FormData

from marketplace.pages.api import Data
from marketplace.pages.shop.cart import by_seller, promo_problem
from marketplace.pages.shop.problems import Problem, by_field, cash_message, problems_in
from marketplace.pages.shop.ways import AT_THE_DOOR, BANK, CARD, Ways, payment_key
from marketplace.pages.visits import Visit, Visiting

router = APIRouter()

ADDRESS_FIELDS = (
    "firstName",
    "lastName",
    "phone",
    "streetAddress1",
    "streetAddress2",
    "city",
    "postalCode",
    "countryArea",
    "country",
)
FIELDS = ("email", *ADDRESS_FIELDS)
NEEDED = ("email", "firstName", "lastName", "phone", "streetAddress1", "city")
"""A carrier that is to be paid at the door must find it, and be able to call."""

LONGEST_FIELD = 256
BY_CARRIER = (None, "CARRIER", "NO_DELIVERY")
"""Why nothing can be paid at the door where another delivery helps."""


@router.get("/checkout")
async def address(visit: Visiting) -> Response:
    checkout = (data := await visit.read("cart")).get("checkout")
    if not checkout or not checkout["lines"]:
        return visit.go("cart")
    return _address_page(visit, data, _typed_before(visit, checkout), {})


@router.post("/checkout")
async def set_address(visit: Visiting) -> Response:
    """Keep the address. With mistakes in it, the page comes back with all that was typed."""
    form = _typed(await visit.request.form())
    if form["country"] not in visit.market.countries:
        form["country"] = visit.market.country_code
    problems = [Problem(name, "REQUIRED") for name in NEEDED if not form[name]]
    if not problems and visit.cart_id is not None:
        problems = await _keep_address(visit, visit.cart_id, form)
        if not problems:
            return visit.go("checkout/delivery")
    data = await visit.read("cart")
    if not data.get("checkout"):
        return visit.go("cart")
    return _address_page(visit, data, form, by_field(problems, FIELDS))


@router.get("/checkout/delivery")
async def delivery(visit: Visiting) -> Response:
    """Each way the parcels can travel, with what every seller's parcel costs."""
    if visit.cart_id is None:
        return visit.go("cart")
    answer = await visit.write(
        "checkout_options", {"deliveryOptionsCalculate"}, id=visit.cart_id, language=visit.language.api_code
    )
    options = answer["deliveryOptionsCalculate"]
    data = await visit.read("checkout_review")
    checkout = data.get("checkout")
    if options is None or not checkout or not checkout["lines"]:
        return visit.go("cart")
    if not checkout["shippingAddress"]:
        return visit.go("checkout")
    problem = visit.query.get("problem")
    problems = [Problem(None, problem)] if problem else problems_in(options)
    ways = Ways.of(checkout)
    payable = [one for one in options["deliveries"] if one["shippingMethod"]["active"] and ways.can_pay(one)]
    deliveries = sorted(payable, key=lambda one: one["price"]["amount"])
    chosen = (checkout["delivery"] or {}).get("id")
    if chosen not in [one["id"] for one in deliveries]:
        chosen = deliveries[0]["id"] if deliveries else None
    return visit.page(
        "shop/checkout_delivery.html",
        data,
        422 if problem else 200,
        checkout=checkout,
        parcels=by_seller(checkout),
        deliveries=deliveries,
        chosen=chosen,
        can_pay=bool(ways.gateways),
        problem=problems[0].message if problems else None,
    )


@router.post("/checkout/delivery")
async def choose_delivery(visit: Visiting) -> Response:
    form = await visit.request.form()
    option = str(form.get("delivery", ""))
    if visit.cart_id is None:
        return visit.go("cart")
    if not option:
        return visit.go("checkout/delivery", problem="SHIPPING_METHOD_NOT_SET")
    answer = await visit.write(
        "checkout_delivery", {"checkoutDeliveryMethodUpdate"}, id=visit.cart_id, delivery=option
    )
    if problems_in(answer["checkoutDeliveryMethodUpdate"]):
        return visit.go("checkout/delivery", problem="DELIVERY_METHOD_NOT_APPLICABLE")
    return visit.go("checkout/review")


@router.get("/checkout/review")
async def review(visit: Visiting) -> Response:
    """All of it once more, how it is paid, and the button that makes it an order."""
    data = await visit.read("checkout_review")
    checkout = data.get("checkout")
    if not checkout or not checkout["lines"]:
        return visit.go("cart")
    if not checkout["shippingAddress"] or not checkout["email"]:
        return visit.go("checkout")
    if not checkout["delivery"]:
        return visit.go("checkout/delivery")
    ways = Ways.of(checkout).by(checkout["delivery"])
    problem, refused = visit.query.get("problem"), None
    if checkout["totalPrice"]["gross"]["amount"] and (AT_THE_DOOR in ways or not ways):
        refused = await _why_no_cash(visit)
    if refused is not None:
        ways = tuple(way for way in ways if way != AT_THE_DOOR)
    return visit.page(
        "shop/checkout_review.html",
        data,
        422 if problem or promo_problem(visit) else 200,
        checkout=checkout,
        parcels=by_seller(checkout),
        ways=ways,
        chosen_way=visit.query.get("way") if visit.query.get("way") in ways else next(iter(ways), None),
        problem=Problem(None, problem).message if problem else None,
        refused=None if refused is None else cash_message(refused),
        promo_problem=promo_problem(visit),
    )


@router.post("/checkout/review")
async def place(visit: Visiting) -> Response:
    """Place the order, or go on to the card or the bank. Clicked twice, it is placed once: the
    second click is shown the same order.
    """
    cart_id = visit.cart_id
    if cart_id is None:
        return visit.go("cart")
    form = await visit.request.form()
    way = str(form.get("way", ""))
    if way == CARD:
        return visit.go("checkout/card")
    if way.startswith(BANK):
        return visit.go("checkout/bank", way=way)
    answer = await visit.write(
        "checkout_place",
        {"transactionInitialize", "checkoutComplete"},
        id=cart_id,
        key=payment_key(cart_id, str(form.get("total", "")), AT_THE_DOOR),
    )
    order = (answer["checkoutComplete"] or {}).get("order")
    if order:
        visit.keep_cart(None)
        return visit.go(f"orders/{order['id']}", new="1")
    unpaid = problems_in(answer["transactionInitialize"])
    problem = problems_in(answer["checkoutComplete"])[0]
    is_unpaid = bool(unpaid) and problem.code == "CHECKOUT_NOT_FULLY_PAID"
    if problem.code == "PAYMENT_ERROR" or (is_unpaid and await _why_no_cash(visit) not in BY_CARRIER):
        return visit.go("checkout/review")  # It says why.
    return visit.go("checkout/delivery", problem=problem.code) if is_unpaid else mend(visit, problem)


def mend(visit: Visit, problem: Problem) -> Response:
    """Where to put right what keeps a checkout from becoming an order."""
    if problem.line:
        return visit.go("cart", line=problem.line, problem=problem.code, anchor="lines")
    return visit.go("checkout/review", problem=problem.code)


async def _why_no_cash(visit: Visit) -> str | None:
    """Why this order can't be paid at the door; None where it can."""
    answer = await visit.write("cash_offer", {"paymentGatewayInitialize"}, id=visit.cart_id)
    configs = (answer["paymentGatewayInitialize"] or {}).get("gatewayConfigs") or []
    refusing = [config for config in configs if config["errors"]]
    return (refusing[0]["data"] or {}).get("reason", "") if refusing else None


def _address_page(visit: Visit, data: Data, form: dict[str, str], problems: dict[str, Problem]) -> Response:
    checkout = data["checkout"]
    return visit.page(
        "shop/checkout_address.html",
        data,
        422 if problems else 200,
        checkout=checkout,
        parcels=by_seller(checkout),
        form=form,
        problems=problems,
    )


async def _keep_address(visit: Visit, cart_id: str, form: dict[str, str]) -> list[Problem]:
    answer = await visit.write(
        "checkout_address",
        id=cart_id,
        email=form["email"],
        address={name: form[name] for name in ADDRESS_FIELDS},
        language=visit.language.api_code,
    )
    return problems_in(*answer.values())


def _typed(form: FormData) -> dict[str, str]:
    return {name: str(form.get(name, "")).strip()[:LONGEST_FIELD] for name in FIELDS}


def _typed_before(visit: Visit, checkout: Data) -> dict[str, str]:
    """What is known of the buyer already: from an earlier pass through this page."""
    known = checkout["shippingAddress"] or {}
    form = {name: str(known.get(name) or "") for name in ADDRESS_FIELDS if name != "country"}
    country = (known.get("country") or {}).get("code")
    return form | {"email": checkout["email"] or "", "country": country or visit.market.country_code}
