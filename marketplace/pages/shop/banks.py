"""Paying on a bank's own page: one page of ours with a button that leads there, without JavaScript.

Back again, `/checkout/paid` asks how it stands: nothing that the browser brings is believed.
"""

from fastapi import APIRouter
from fastapi.responses import Response

from marketplace.pages.api import Data
from marketplace.pages.shop.cards import origin_of
from marketplace.pages.shop.cart import by_seller
from marketplace.pages.shop.problems import problems_in
from marketplace.pages.shop.ways import BANK, Ways, payment_key
from marketplace.pages.visits import Visit, Visiting

router = APIRouter()

MOST_ATTEMPTS = 5
"""Payments of one cart that a bank may refuse, each for good, before the buyer is told to pay otherwise."""


@router.get("/checkout/bank")
async def bank(visit: Visiting) -> Response:
    """Whom the buyer goes on to, with what, and the button that does it. Reloaded, it is the same payment."""
    data = await visit.read("checkout_review")
    checkout, way = data.get("checkout"), visit.query.get("way", "")
    if visit.cart_id is None or not checkout or not checkout["lines"]:
        return visit.go("cart")
    if not checkout["delivery"] or not way.startswith(BANK) or way not in Ways.of(checkout).gateways:
        return visit.go("checkout/review")
    begun = await _begun(visit, visit.cart_id, way, str(checkout["totalPrice"]["gross"]["amount"]))
    redirect = ((begun or {}).get("data") or {}).get("redirect")
    if begun is None or problems_in(begun):
        return visit.go("checkout/review", problem="CARD_NOT_NOW", way=way)
    if redirect is None:
        return visit.go("checkout/paid", transaction=begun["transaction"]["id"], way=way)
    page = visit.page(
        "shop/checkout_bank.html", data, checkout=checkout, parcels=by_seller(checkout), redirect=redirect
    )
    page.headers["Content-Security-Policy"] = _policy(origin_of(redirect["url"]))
    return page


async def _begun(visit: Visit, cart_id: str, way: str, total: str) -> Data | None:
    """The payment of this cart and total: the one that was begun before, or, after a refusal, the next."""
    public_url = visit.site.settings.public_url
    wish = {
        "returnUrl": public_url + visit.url("checkout/paid", {"way": way}),
        "language": visit.language.code,
    }
    begun, key = None, payment_key(cart_id, total, way)
    for _ in range(MOST_ATTEMPTS):
        answer = await visit.write(
            "card_begin", {"transactionInitialize"}, id=cart_id, gateway=way, key=key, data=wish
        )
        begun = answer["transactionInitialize"]
        event = ((begun or {}).get("transactionEvent") or {}).get("type", "")
        if begun is None or problems_in(begun) or not event.endswith("_FAILURE") or begun["data"]:
            break  # A payment that the bank has refused has no data; one that could not be asked has.
        key = payment_key(key, begun["transaction"]["id"])
    return begun


def _policy(there: str) -> str:
    """Forms may lead to the bank, from this page alone; it has no script of anybody else's."""
    return (
        "default-src 'self'; img-src 'self' data: https: http:; style-src 'self' 'unsafe-inline'; "
        f"object-src 'none'; base-uri 'self'; form-action 'self' {there}; frame-ancestors 'none'"
    )
