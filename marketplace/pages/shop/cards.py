"""Paying by card: the form is Stripe's, in a frame of its own, so that no card's number passes through here.

The browser shows the form, has us begin the payment, and confirms it with Stripe, which may ask the bank;
then it comes back to us. This is the one page of the shop that needs JavaScript, and it says so where there
is none.
"""

from decimal import Decimal
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from marketplace.kit.money import to_minor
from marketplace.pages.api import Data
from marketplace.pages.shop.cart import by_seller
from marketplace.pages.shop.checkout import mend
from marketplace.pages.shop.problems import Problem, problems_in
from marketplace.pages.shop.ways import BANK, CARD, Ways, payment_key
from marketplace.pages.visits import Visit, Visiting

router = APIRouter()

STRIPES_FRAMES = ("https://*.js.stripe.com", "https://hooks.stripe.com")
"""Besides the script's own address: https://docs.stripe.com/security/guide#content-security-policy"""
LONGEST_METHOD = 40
DECLINED = frozenset({"CHARGE_FAILURE", "AUTHORIZATION_FAILURE"})
UNDER_WAY = frozenset({"CHARGE_REQUEST", "AUTHORIZATION_REQUEST"})


@router.get("/checkout/card")
async def card(visit: Visiting) -> Response:
    """Stripe's form, for what is left to pay."""
    data = await visit.read("checkout_review")
    checkout = data.get("checkout")
    if visit.cart_id is None or not checkout or not checkout["lines"]:
        return visit.go("cart")
    if not checkout["delivery"] or CARD not in Ways.of(checkout).gateways:
        return visit.go("checkout/review")
    answer = await visit.write("card_open", id=visit.cart_id, gateway=CARD)
    key = _publishable_key(answer["paymentGatewayInitialize"])
    if key is None:
        return visit.go("checkout/review", problem="CARD_NOT_NOW")
    problem, total = visit.query.get("problem"), checkout["totalPrice"]["gross"]
    page = visit.page(
        "shop/checkout_card.html",
        data,
        422 if problem else 200,
        checkout=checkout,
        parcels=by_seller(checkout),
        publishable_key=key,
        script_url=visit.site.settings.stripe_js_url,
        amount_minor=to_minor(Decimal(str(total["amount"])), total["currency"]),
        problem=Problem(None, problem).message if problem else None,
    )
    page.headers["Content-Security-Policy"] = _policy(visit)
    return page


@router.post("/checkout/card")
async def begin(visit: Visiting) -> Response:
    """Begin the payment, for the page's script: `client_secret` and where to come back to, or `problem`."""
    if visit.cart_id is None:
        return JSONResponse({"problem": "NOT_FOUND"}, 422)
    form = await visit.request.form()
    method = str(form.get("method", ""))[:LONGEST_METHOD]
    answer = await visit.write(
        "card_begin",
        {"transactionInitialize"},
        id=visit.cart_id,
        gateway=CARD,
        key=payment_key(visit.cart_id, str(form.get("total", "")), CARD, method),
        data={"paymentIntent": {"paymentMethod": method}},
    )
    begun = answer["transactionInitialize"]
    secret = ((begun or {}).get("data") or {}).get("paymentIntent", {}).get("stripeClientSecret")
    if problems_in(begun) or secret is None:
        return JSONResponse({"problem": "CARD_NOT_NOW"}, 422)
    back = visit.url("checkout/paid", {"transaction": begun["transaction"]["id"]})
    return JSONResponse({"client_secret": secret, "back": back})


@router.get("/checkout/paid")
async def paid(visit: Visiting) -> Response:
    """Back from Stripe, or from a bank's page: the order, if it is paid; a page that waits, if a
    bank is still thinking.
    """
    transaction, way = visit.query.get("transaction"), visit.query.get("way", "")
    if visit.cart_id is None or not transaction:
        return visit.go("cart")
    answer = await visit.write(
        "card_finish", {"transactionProcess", "checkoutComplete"}, id=visit.cart_id, transaction=transaction
    )
    order = (answer["checkoutComplete"] or {}).get("order")
    if order:
        visit.keep_cart(None)
        return visit.go(f"orders/{order['id']}", new="1")
    event = ((answer["transactionProcess"] or {}).get("transactionEvent") or {}).get("type")
    if event in UNDER_WAY:
        return visit.page("shop/checkout_waiting.html", await visit.read("frame"))
    problem = problems_in(answer["checkoutComplete"])[0]
    if event in DECLINED or problem.code == "CHECKOUT_NOT_FULLY_PAID":
        problem_code = "CARD_DECLINED" if event in DECLINED else "CARD_NOT_DONE"
        if way.startswith(BANK):
            return visit.go("checkout/review", problem=problem_code, way=way)
        return visit.go("checkout/card", problem=problem_code)
    return mend(visit, problem)


def _publishable_key(payload: Data | None) -> str | None:
    for config in (payload or {}).get("gatewayConfigs") or []:
        key = (config["data"] or {}).get("stripePublishableKey")
        if config["id"] == CARD and not config["errors"] and isinstance(key, str):
            return key
    return None


def _policy(visit: Visit) -> str:
    """Scripts and frames from Stripe, on this page alone."""
    settings = visit.site.settings
    script, api = origin_of(settings.stripe_js_url), origin_of(settings.stripe_api_base)
    frames = " ".join(("'self'", script, *STRIPES_FRAMES))
    return (
        f"default-src 'self'; script-src 'self' {script} {STRIPES_FRAMES[0]}; frame-src {frames}; "
        f"connect-src 'self' {api} {script}; img-src 'self' data: https:; style-src 'self' 'unsafe-inline'; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
