"""Signing in and out. A guest needs neither."""

from fastapi import APIRouter
from fastapi.responses import Response

from marketplace.pages.languages import marked
from marketplace.pages.shop.problems import message_of
from marketplace.pages.visits import (
    RENEWAL_COOKIE,
    RENEWAL_SECONDS,
    SESSION_COOKIE,
    SESSION_SECONDS,
    Visiting,
)

router = APIRouter()

NOTICES = {
    "opened": marked("Votre compte est ouvert. Connectez-vous."),
    "confirmed": marked("Votre adresse est confirmée. Connectez-vous."),
}
"""What the pages before this one have done."""


@router.get("/sign-in")
async def sign_in_page(visit: Visiting) -> Response:
    notice = NOTICES.get(visit.query.get("notice", ""), "")
    return visit.page("shop/sign_in.html", await visit.read("frame"), email="", problem="", notice=notice)


@router.post("/sign-in")
async def sign_in(visit: Visiting) -> Response:
    """Sign in. A wrong address and a wrong password are told apart to nobody."""
    form = await visit.request.form()
    email = str(form.get("email", "")).strip()
    answer = await visit.write("sign_in", email=email, password=str(form.get("password", "")))
    tokens = answer["tokenCreate"]
    if not tokens["token"]:
        data = await visit.read("frame")
        problem = message_of(tokens["errors"][0]["code"])
        return visit.page("shop/sign_in.html", data, 422, email=email, problem=problem, notice="")
    visit.cookies[SESSION_COOKIE] = (tokens["token"], SESSION_SECONDS)
    visit.cookies[RENEWAL_COOKIE] = (tokens["refreshToken"], RENEWAL_SECONDS)
    return visit.go()


@router.post("/sign-out")
async def sign_out(visit: Visiting) -> Response:
    visit.cookies[SESSION_COOKIE] = (None, 0)
    visit.cookies[RENEWAL_COOKIE] = (None, 0)
    return visit.go()
