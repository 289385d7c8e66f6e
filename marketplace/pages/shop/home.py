"""The first page, and the way to it."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from marketplace.pages.languages import preferred
from marketplace.pages.visits import MARKET_COOKIE, MARKET_SECONDS, Visiting

entrance = APIRouter()
router = APIRouter()


@entrance.get("/")
async def enter(request: Request) -> Response:
    """Whoever comes without a language gets the one their browser asks for."""
    language = preferred(request.headers.get("accept-language", ""))
    return RedirectResponse(f"/{language.code}/", 302, {"Vary": "Accept-Language"})


@router.get("/")
async def home(visit: Visiting) -> Response:
    data = await visit.read("home")
    return visit.page("shop/home.html", data)


@router.post("/market")
async def choose_market(visit: Visiting) -> Response:
    """Change the market, and with it the currency; the visitor stays on the same page."""
    form = await visit.request.form()
    market = await visit.site.markets.named(str(form.get("market", "")))
    visit.cookies[MARKET_COOKIE] = (market.slug, MARKET_SECONDS)
    path = str(form.get("path", "")).lstrip("/")
    return visit.go(path if _is_plain(path) else "")


def _is_plain(path: str) -> bool:
    """Whether a path sent along names a page of ours and nothing else."""
    return all(character.isalnum() or character in "-_/=" for character in path) and "//" not in path
