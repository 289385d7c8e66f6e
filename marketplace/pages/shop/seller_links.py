"""Where the links of letters to sellers lead: one question, answered with a button.

Looking changes nothing: programs that look at links before their reader do not answer in the seller's place.
"""

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from marketplace.pages.languages import marked
from marketplace.pages.shop.problems import Problem, by_field, problems_in
from marketplace.pages.visits import Visit, Visiting

router = APIRouter()

LONGEST_TOKEN = 200
FIELDS = ("password", "firstName", "lastName")
ROLES = {
    "OWNER": marked("propriétaire : vous gérez tout"),
    "LISTER": marked("vous gérez les produits"),
    "PACKER": marked("vous préparez les commandes"),
    "TREASURER": marked("vous suivez les paiements"),
}
"""As what somebody is invited."""


@router.get("/v/{token}")
async def question(visit: Visiting, token: str) -> Response:
    return await _page(visit, token, {})


@router.post("/v/{token}")
async def answer(visit: Visiting, token: str) -> Response:
    """Do what the button says. What was answered already shows as it was."""
    form = await visit.request.form()
    wanted = str(form.get("answer", ""))
    if wanted not in ("yes", "no") or len(token) > LONGEST_TOKEN:
        raise HTTPException(404)
    given = {name: str(form.get(name, "")) for name in FIELDS}
    told = await visit.write(
        "seller_link_answer",
        token=token,
        agree=wanted == "yes",
        password=given["password"] or None,
        firstName=given["firstName"] or None,
        lastName=given["lastName"] or None,
    )
    problems = problems_in(told["vendorLinkAnswer"])
    if problems:
        return await _page(visit, token, by_field(problems, FIELDS), given)
    return visit.go(f"v/{token}", done=wanted)


async def _page(
    visit: Visit, token: str, problems: dict[str, Problem], form: dict[str, str] | None = None
) -> Response:
    if len(token) > LONGEST_TOKEN:
        raise HTTPException(404)
    data = await visit.read("seller_link", token=token)
    asked = data["vendorLink"]
    if asked is None:
        raise HTTPException(404)
    done = visit.query.get("done", "")
    page = visit.page(
        "shop/seller_link.html",
        data,
        422 if problems else 200,
        asked=asked,
        role=ROLES.get(asked["role"] or "", ""),
        done=done if done in ("yes", "no") and not asked["isOpen"] else "",
        token=token,
        problems=problems,
        form=dict.fromkeys(FIELDS, "") | (form or {}) | {"password": ""},
    )
    page.headers["Referrer-Policy"] = "no-referrer"  # The address is the key.
    return page
