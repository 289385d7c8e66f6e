"""Where the link of a message leads that asks a buyer whether an order is meant.

Looking changes nothing: programs that look at links before their reader do not answer in the buyer's place.
"""

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from marketplace.pages.shop.problems import problems_in
from marketplace.pages.visits import Visiting

router = APIRouter()

LONGEST_TOKEN = 200


@router.get("/c/{token}")
async def confirmation(visit: Visiting, token: str) -> Response:
    if len(token) > LONGEST_TOKEN:
        raise HTTPException(404)
    data = await visit.read("cash_confirmation", token=token)
    found = data["cashConfirmation"]
    if found is None:
        raise HTTPException(404)
    problem = visit.query.get("problem") == "1" and found["state"] == "WAITING"
    page = visit.page(
        "shop/confirm_order.html",
        data,
        422 if problem else 200,
        state=found["state"],
        until=found["confirmBefore"],
        order=found["order"],
        token=token,
        problem=problem,
    )
    page.headers["Referrer-Policy"] = "no-referrer"  # The address is the key.
    return page


@router.post("/c/{token}")
async def answer(visit: Visiting, token: str) -> Response:
    """Confirm, or call off. What was answered already shows as it was."""
    if len(token) > LONGEST_TOKEN:
        raise HTTPException(404)
    wanted = str((await visit.request.form()).get("answer", ""))
    if wanted not in ("confirm", "cancel"):
        return visit.go(f"c/{token}", problem="1")
    told = await visit.write("cash_confirmation_answer", token=token, confirm=wanted == "confirm")
    problems = problems_in(told["cashConfirmationAnswer"])
    return visit.go(f"c/{token}", problem="1" if problems else None)
