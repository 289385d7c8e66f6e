"""Opening an account, and getting back into one: what the links of letters lead to.

A link is only opened by a button: mail programs that look at links before their reader does change nothing.
"""

from fastapi import APIRouter
from fastapi.responses import Response

from marketplace.pages.shop.problems import Problem, by_field, problems_in
from marketplace.pages.visits import (
    RENEWAL_COOKIE,
    RENEWAL_SECONDS,
    SESSION_COOKIE,
    SESSION_SECONDS,
    Visit,
    Visiting,
)

router = APIRouter()

LONGEST_FIELD = 2000


@router.get("/register")
async def register_page(visit: Visiting) -> Response:
    return await _form(visit, "register")


@router.post("/register")
async def register(visit: Visiting) -> Response:
    """Open an account. Whether the address had one is told to the address alone."""
    form = await _typed(visit)
    answer = await visit.write(
        "register",
        email=form["email"],
        password=form["password"],
        language=visit.language.api_code,
        channel=visit.market.slug,
        url=_page(visit, "confirm"),
    )
    problems = problems_in(answer["accountRegister"])
    if problems:
        return await _form(visit, "register", form, problems)
    if not answer["accountRegister"]["requiresConfirmation"]:
        return visit.go("sign-in", notice="opened")
    return visit.page("shop/letter_sent.html", await visit.read("frame"), email=form["email"])


@router.get("/confirm")
async def confirm_page(visit: Visiting) -> Response:
    return await _form(visit, "confirm", _of_link(visit))


@router.post("/confirm")
async def confirm(visit: Visiting) -> Response:
    form = await _typed(visit)
    answer = await visit.write(
        "confirm_account", email=form["email"], token=form["token"], password=form["password"] or None
    )
    if problems := problems_in(answer["confirmAccount"]):
        return await _form(visit, "confirm", form, problems)
    return visit.go("sign-in", notice="confirmed")


@router.get("/forgotten")
async def forgotten_page(visit: Visiting) -> Response:
    return await _form(visit, "forgotten")


@router.post("/forgotten")
async def forgotten(visit: Visiting) -> Response:
    """Have a link sent. The page that follows is the same for every address."""
    form = await _typed(visit)
    answer = await visit.write(
        "ask_for_password",
        email=form["email"],
        channel=visit.market.slug,
        url=_page(visit, "new-password"),
    )
    if problems := problems_in(answer["requestPasswordReset"]):
        return await _form(visit, "forgotten", form, problems)
    return visit.page("shop/letter_sent.html", await visit.read("frame"), email=form["email"])


@router.get("/new-password")
async def new_password_page(visit: Visiting) -> Response:
    return await _form(visit, "new_password", _of_link(visit))


@router.post("/new-password")
async def new_password(visit: Visiting) -> Response:
    """Set the password, and sign in with it."""
    form = await _typed(visit)
    answer = await visit.write(
        "set_password", email=form["email"], token=form["token"], password=form["password"]
    )
    tokens = answer["setPassword"]
    if problems := problems_in(tokens):
        return await _form(visit, "new_password", form, problems)
    visit.cookies[SESSION_COOKIE] = (tokens["token"], SESSION_SECONDS)
    visit.cookies[RENEWAL_COOKIE] = (tokens["refreshToken"], RENEWAL_SECONDS)
    return visit.go()


async def _form(
    visit: Visit, name: str, form: dict[str, str] | None = None, problems: list[Problem] | None = None
) -> Response:
    """A form, with what was typed, except the password, and what is wrong with it."""
    typed = {"email": "", "token": ""} | (form or {}) | {"password": ""}
    placed = by_field(problems or [], ("email", "password"))
    data = await visit.read("frame")
    status = 422 if problems else 200
    return visit.page(f"shop/{name}.html", data, status, form=typed, problems=placed)


async def _typed(visit: Visit) -> dict[str, str]:
    form = await visit.request.form()
    return {name: str(form.get(name, ""))[:LONGEST_FIELD] for name in ("email", "password", "token")}


def _of_link(visit: Visit) -> dict[str, str]:
    return {name: visit.query.get(name, "")[:LONGEST_FIELD] for name in ("email", "token")}


def _page(visit: Visit, path: str) -> str:
    """Where a letter's link leads."""
    return visit.site.settings.public_url + visit.url(path)
