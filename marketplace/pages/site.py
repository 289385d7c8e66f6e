"""The pages as one application, mounted below everything else: whatever has no other address is a page."""

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from marketplace.kit.settings import Settings
from marketplace.pages.api import Execute, SignedOutError
from marketplace.pages.forgery import refuse_forgery
from marketplace.pages.languages import TEMPLATES, Language, languages, preferred
from marketplace.pages.markets import Markets, NoMarketError
from marketplace.pages.shop import (
    account,
    banks,
    cards,
    cart,
    checkout,
    confirming,
    home,
    membership,
    orders,
    products,
    seller_links,
    sellers,
    shelves,
    told,
)
from marketplace.pages.staff import cash as staff_cash
from marketplace.pages.staff import cash_rules as staff_cash_rules
from marketplace.pages.static import StaticFiles
from marketplace.pages.templates import Templates
from marketplace.pages.visits import RENEWAL_COOKIE, SESSION_COOKIE, Site, begin_visit

NOT_OPEN_SECONDS = 300
"""When to look again at a shop that is not open yet."""

ROOMS = (
    home,
    shelves,
    products,
    sellers,
    told,
    cart,
    checkout,
    cards,
    banks,
    orders,
    account,
    membership,
    confirming,
    seller_links,
)
STAFF_ROOMS = (staff_cash, staff_cash_rules)


def create_pages(settings: Settings, *, execute: Execute, markets: Markets) -> FastAPI:
    """Every page of the storefront, and `/static/`. `execute` runs the API's documents in process."""
    static = StaticFiles(TEMPLATES / "static")
    templates = Templates(static, settings.public_url, reload=settings.environment == "development")
    pages = FastAPI(title="Storefront", openapi_url=None, docs_url=None, redoc_url=None)
    pages.state.site = Site(settings, execute, markets, static, templates)
    pages.add_middleware(HeadAsGet)
    pages.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    pages.add_api_route("/static/{name}", static.serve, include_in_schema=False)
    pages.include_router(home.entrance)
    for room in (*ROOMS, *STAFF_ROOMS):
        pages.include_router(room.router, prefix="/{language}", dependencies=[Depends(refuse_forgery)])
    pages.add_exception_handler(HTTPException, _refused)
    pages.add_exception_handler(SignedOutError, _signed_out)
    pages.add_exception_handler(NoMarketError, _not_open)
    pages.add_exception_handler(Exception, _failed)
    return pages


class HeadAsGet:
    """Answers HEAD as it would GET; the server keeps the body to itself. Link checkers and caches ask so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)


async def _refused(request: Request, error: Exception) -> Response:
    """A page that isn't there, or a form that another site sent: told in the visitor's language."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    request.scope["path_params"] = {"language": _language_of(request).code}
    try:
        visit = await begin_visit(request)
    except NoMarketError as closed:
        return await _not_open(request, closed)
    data = await visit.read("frame")
    return visit.page("shop/refused.html", data, status, code=status)


async def _signed_out(request: Request, error: Exception) -> Response:
    """Whoever carries a worthless token goes on as a guest; a form they sent is not guessed at."""
    del error
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    there = f"/{_language_of(request).code}/sign-in"
    answer = RedirectResponse(here if request.method == "GET" else there, 303)
    for name in (SESSION_COOKIE, RENEWAL_COOKIE):
        answer.delete_cookie(name)
    return answer


async def _not_open(request: Request, error: Exception) -> Response:
    """A shop without a channel has nothing to show yet. Whoever looks after it opens one."""
    del error
    site: Site = request.app.state.site
    html = site.templates.render("shop/not_open.html", _language_of(request), {})
    return HTMLResponse(html, 503, {"Retry-After": str(NOT_OPEN_SECONDS), "Cache-Control": "no-store"})


async def _failed(request: Request, error: Exception) -> Response:
    """Something of ours broke: a page that needs nothing else. The error itself goes on to the log."""
    del error
    site: Site = request.app.state.site
    return HTMLResponse(site.templates.render("shop/failed.html", _language_of(request), {}), 500)


def _language_of(request: Request) -> Language:
    """The language that the address names, even one of no page of ours; else what the browser asks for."""
    code = request.url.path.split("/", 2)[1]
    return languages().get(code) or preferred(request.headers.get("accept-language", ""))
