"""The cart: what is in it, and every change to it by a plain form."""

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.datastructures import FormData

from marketplace.pages.api import Data
from marketplace.pages.shop.problems import Problem, message_of, problems_in, promo_message, promo_problem_of
from marketplace.pages.visits import Visit, Visiting

router = APIRouter()

LARGEST_QUANTITY = 9999
LONGEST_CODE = 255


@router.get("/cart")
async def cart(visit: Visiting) -> Response:
    """The cart. After a change that was refused, the reason stands next to its line."""
    data = await visit.read("cart")
    checkout = data.get("checkout")
    problem = visit.query.get("problem")
    return visit.page(
        "shop/cart.html",
        data,
        422 if problem or promo_problem(visit) else 200,
        checkout=checkout,
        parcels=by_seller(checkout) if checkout else [],
        problem=message_of(problem) if problem else None,
        promo_problem=promo_problem(visit),
        problem_line=visit.query.get("line"),
        typed=visit.query.get("quantity", "")[:4],
        added=visit.query.get("added") == "1",
    )


@router.post("/cart/add")
async def add(visit: Visiting) -> Response:
    form = await visit.request.form()
    variant, typed = str(form.get("variant", "")), str(form.get("quantity", "1"))
    problems = await _add(visit, {"variantId": variant, "quantity": _quantity(typed)})
    if problems:
        slug = str(form.get("product", ""))
        again = {"variant": variant, "quantity": typed, "problem": problems[0].code}
        path = f"products/{slug}" if slug.replace("-", "").isalnum() else "cart"
        return visit.go(path, **again, anchor="buy")
    return visit.go("cart", added="1")


@router.post("/cart/update")
async def update(visit: Visiting) -> Response:
    form = await visit.request.form()
    line, typed = str(form.get("line", "")), str(form.get("quantity", ""))
    if visit.cart_id is None:
        return visit.go("cart")
    if not typed.strip().isdecimal():
        return visit.go("cart", line=line, quantity=typed, problem="ZERO_QUANTITY", anchor="lines")
    lines = [{"lineId": line, "quantity": _quantity(typed)}]
    answer = await visit.write("cart_update", {"checkoutLinesUpdate"}, id=visit.cart_id, lines=lines)
    problems = problems_in(answer["checkoutLinesUpdate"])
    if problems:
        return visit.go("cart", line=line, quantity=typed, problem=problems[0].code, anchor="lines")
    return visit.go("cart")


@router.post("/cart/remove")
async def remove(visit: Visiting) -> Response:
    form = await visit.request.form()
    if visit.cart_id is not None:
        line = str(form.get("line", ""))
        answer = await visit.write("cart_remove", {"checkoutLinesDelete"}, id=visit.cart_id, lines=[line])
        # A line that is gone already is what was wanted.
        problems = [one for one in problems_in(answer["checkoutLinesDelete"]) if one.code != "NOT_FOUND"]
        if problems:
            return visit.go("cart", problem=problems[0].code)
    return visit.go("cart")


@router.post("/cart/promo-code")
async def use_code(visit: Visiting) -> Response:
    """Use a promo code. It is a secret: if it is refused, it does not go into an address."""
    form = await visit.request.form()
    back, code = _back(form), str(form.get("code", "")).strip()
    if visit.cart_id is None:
        return visit.go("cart")
    answer = await visit.write(
        "promo_code_add", {"checkoutAddPromoCode"}, id=visit.cart_id, code=code[:LONGEST_CODE]
    )
    problems = problems_in(answer["checkoutAddPromoCode"])
    return visit.go(back, promo=promo_problem_of(problems[0]) if problems else "", anchor="promo")


@router.post("/cart/promo-code/remove")
async def drop_code(visit: Visiting) -> Response:
    form = await visit.request.form()
    code, card = (str(form.get(name, ""))[:LONGEST_CODE] or None for name in ("code", "card"))
    if visit.cart_id is not None and (code is None) != (card is None):
        # A code that is gone already is what was wanted.
        await visit.write(
            "promo_code_remove", {"checkoutRemovePromoCode"}, id=visit.cart_id, code=code, card=card
        )
    return visit.go(_back(form), anchor="promo")


def promo_problem(visit: Visit) -> str | None:
    """Why the code that was just typed is not in use."""
    code = visit.query.get("promo")
    return promo_message(code) if code else None


def _back(form: FormData) -> str:
    """The page of the shop that a promo code was typed on."""
    return "checkout/review" if form.get("back") == "checkout/review" else "cart"


def by_seller(checkout: Data) -> list[Data]:
    """The lines as they will travel: a parcel per seller, in the order in which they were added."""
    parcels: dict[str, Data] = {}
    prices = {}
    if checkout.get("delivery"):
        prices = {parcel["vendor"]["id"]: parcel["price"] for parcel in checkout["delivery"]["parcels"]}
    for line in checkout["lines"]:
        vendor = line["variant"]["product"]["vendor"]
        parcel = parcels.setdefault(
            vendor["id"], {"vendor": vendor, "lines": [], "price": prices.get(vendor["id"])}
        )
        parcel["lines"].append(line)
    return list(parcels.values())


async def _add(visit: Visit, line: dict[str, object]) -> list[Problem]:
    """Put a line into the cart; where there is none, or it has become an order, begin one."""
    if visit.cart_id is not None:
        answer = await visit.write("cart_add", {"checkoutLinesAdd"}, id=visit.cart_id, lines=[line])
        payload = answer["checkoutLinesAdd"]
        if not _is_gone(payload):
            return problems_in(payload)
    answer = await visit.write(
        "cart_open",
        {"checkoutCreate"},
        channel=visit.market.slug,
        language=visit.language.api_code,
        lines=[line],
    )
    opened = answer["checkoutCreate"]
    problems = problems_in(opened)
    if not problems:
        visit.keep_cart(opened["checkout"]["id"])
    return problems


def _is_gone(payload: Data | None) -> bool:
    """Whether the checkout itself is not there any more."""
    if payload is None:
        return True
    return any(error["code"] == "NOT_FOUND" and not error.get("variants") for error in payload["errors"])


def _quantity(typed: str) -> int:
    """The number that was typed; what is none, or absurd, the API refuses as zero."""
    digits = typed.strip()
    return min(int(digits), LARGEST_QUANTITY) if digits.isdecimal() else 0
