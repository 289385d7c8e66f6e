"""The pages as one application, mounted below everything else: whatever has no other address is a page."""

from collections.abc import Awaitable, Callable

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from marketplace.kit.settings import Settings
from marketplace.pages.api import Execute
from marketplace.pages.forgery import refuse_forgery
from marketplace.pages.languages import TEMPLATES, languages, preferred
from marketplace.pages.markets import Markets
from marketplace.pages.shop import account, cart, checkout, home, orders, products, sellers, shelves
from marketplace.pages.static import StaticFiles
from marketplace.pages.templates import Templates
from marketplace.pages.visits import Site, begin_visit

ROOMS = (home, shelves, products, sellers, cart, checkout, orders, account)


def create_pages(settings: Settings, *, execute: Execute, markets: Markets) -> FastAPI:
    """Every page of the storefront, and `/static/`. `execute` runs the API's documents in process."""
    static = StaticFiles(TEMPLATES / "static")
    templates = Templates(static, settings.public_url, reload=settings.environment == "development")
    pages = FastAPI(title="Storefront", openapi_url=None, docs_url=None, redoc_url=None)
    pages.state.site = Site(settings, execute, markets, static, templates)
    pages.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    pages.add_api_route("/static/{name}", static.serve, include_in_schema=False)
    pages.include_router(home.entrance)
    for room in ROOMS:
        pages.include_router(room.router, prefix="/{language}", dependencies=[Depends(refuse_forgery)])
    pages.add_exception_handler(HTTPException, _told(_refused))
    pages.add_exception_handler(Exception, _failed)
    return pages


Handler = Callable[[Request, Exception], Awaitable[Response]]


def _told(handler: Callable[[Request, HTTPException], Awaitable[Response]]) -> Handler:
    """Starlette types a handler by the widest exception there is."""

    async def handle(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        return await handler(request, error)

    return handle


async def _refused(request: Request, error: HTTPException) -> Response:
    """A page that isn't there, or a form that another site sent: told in the visitor's language."""
    code = request.url.path.split("/", 2)[1]
    language = languages().get(code) or preferred(request.headers.get("accept-language", ""))
    request.scope["path_params"] = {"language": language.code}
    visit = await begin_visit(request)
    data = await visit.read("frame")
    return visit.page("shop/refused.html", data, error.status_code, code=error.status_code)


async def _failed(request: Request, error: Exception) -> Response:
    """Something of ours broke: a page that needs nothing else. The error itself goes on to the log."""
    del error
    language = preferred(request.headers.get("accept-language", ""))
    site: Site = request.app.state.site
    language = languages().get(request.url.path.split("/", 2)[1]) or language
    return HTMLResponse(site.templates.render("shop/failed.html", language, {}), 500)
