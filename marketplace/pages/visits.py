"""One request of one visitor: language, market, cart, and who it is, if they have signed in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from marketplace.kit.errors import InvalidError
from marketplace.kit.ids import uuid_pk
from marketplace.kit.settings import Settings
from marketplace.pages.api import Api, Data, Execute
from marketplace.pages.languages import Language, languages
from marketplace.pages.markets import Market, Markets
from marketplace.pages.static import StaticFiles
from marketplace.pages.templates import Templates

CART_SECONDS = 60 * 24 * 3600
MARKET_SECONDS = 365 * 24 * 3600
SESSION_SECONDS = 4 * 60
"""A little less than an access token lives: where the cookie is gone, a new token is fetched in time."""
RENEWAL_SECONDS = 30 * 24 * 3600

SESSION_COOKIE = "session"
RENEWAL_COOKIE = "session-renewal"
MARKET_COOKIE = "market"


@dataclass(frozen=True)
class Site:
    """What all visits of a server share."""

    settings: Settings
    execute: Execute
    markets: Markets
    static: StaticFiles
    templates: Templates


@dataclass
class Visit:
    """A request, and what its page is made from."""

    site: Site
    request: Request
    language: Language
    market: Market
    markets: list[Market]
    cart_id: str | None
    api: Api
    cookies: dict[str, tuple[str | None, int]] = field(default_factory=dict)
    """To be set on the answer: value (None takes the cookie away) and seconds to live."""

    @property
    def path(self) -> str:
        """The page's path without its language: `products/tapis`. What has no language has no path."""
        code, _, path = self.request.url.path.removeprefix("/").partition("/")
        return path if code in languages() else ""

    @property
    def signed_in(self) -> bool:
        return self.api.token is not None

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query_params

    def url(
        self, path: str = "", query: Mapping[str, object] | None = None, language: str | None = None
    ) -> str:
        """The address of a page of the shop in the visit's language, or in another."""
        address = f"/{language or self.language.code}/{path}"
        wanted = {name: value for name, value in (query or {}).items() if value not in (None, "", [])}
        return f"{address}?{urlencode(wanted, doseq=True)}" if wanted else address

    def here(self, language: str) -> str:
        """This very page in another language."""
        query = self.request.url.query
        return self.url(self.path, language=language) + (f"?{query}" if query else "")

    async def read(self, name: str, may_fail: Collection[str] = (), **variables: object) -> Data:
        """Run a page's document, which also brings what the frame around the page shows."""
        frame = {
            "language": self.language.api_code,
            "channel": self.market.slug,
            "cart": self.cart_id,
            "hasCart": self.cart_id is not None,
        }
        return await self.api.run(name, frame | variables, {"cart", "checkout", *may_fail})

    async def write(self, name: str, may_fail: Collection[str] = (), **variables: object) -> Data:
        """Run a mutation's document. What it says of mistakes is in its payloads' `errors`."""
        return await self.api.run(name, variables, may_fail)

    def page(self, template: str, data: Data, status: int = 200, **values: Any) -> Response:
        """A page made of a document's data and whatever else its template needs."""
        context = {
            "visit": self,
            "url": self.url,
            "market": self.market,
            "markets": self.markets,
            "cart_quantity": (data.get("cart") or {}).get("quantity", 0),
            "shelves": [edge["node"] for edge in data["shelves"]["edges"]],
            "told": [edge["node"] for edge in data["told"]["edges"]],
            "is_demo": any(edge["node"]["isDemo"] for edge in data["anySeller"]["edges"]),
        }
        html = self.site.templates.render(template, self.language, data | context | values)
        return self._with_cookies(HTMLResponse(html, status, {"Cache-Control": "private, no-cache"}))

    def go(self, path: str = "", **query: object) -> Response:
        """Send the visitor on to another page, by GET, so that reloading it sends nothing twice."""
        anchor = query.pop("anchor", None)
        address = self.url(path, query) + (f"#{anchor}" if anchor else "")
        return self._with_cookies(RedirectResponse(address, 303))

    def keep_cart(self, cart_id: str | None) -> None:
        """Remember the cart in this market; None forgets it."""
        self.cart_id = cart_id
        self.cookies[cart_cookie(self.market)] = (cart_id, CART_SECONDS)

    def _with_cookies(self, response: Response) -> Response:
        secure = self.site.settings.public_url.startswith("https://")
        for name, (value, seconds) in self.cookies.items():
            if value is None:
                response.delete_cookie(name, secure=secure, httponly=True, samesite="lax")
            else:
                response.set_cookie(
                    name, value, max_age=seconds, secure=secure, httponly=True, samesite="lax"
                )
        return response


def cart_cookie(market: Market) -> str:
    """Each market has its own cart: a cart has one currency."""
    return f"cart-{market.slug}"


async def begin_visit(request: Request) -> Visit:
    """What a request says about its visitor. A language that is not ours is a page that is not there."""
    site: Site = request.app.state.site
    language = languages().get(request.path_params.get("language", ""))
    if language is None:
        raise HTTPException(404)
    market = await site.markets.named(request.cookies.get(MARKET_COOKIE))
    cookies: dict[str, tuple[str | None, int]] = {}
    return Visit(
        site=site,
        request=request,
        language=language,
        market=market,
        markets=list(await site.markets.all()),
        cart_id=_checkout_id(request.cookies.get(cart_cookie(market))),
        api=Api(site.execute, "shop", await _token(site, request, cookies), _address(request)),
        cookies=cookies,
    )


Visiting = Annotated[Visit, Depends(begin_visit)]


async def _token(site: Site, request: Request, cookies: dict[str, tuple[str | None, int]]) -> str | None:
    """The visitor's access token: the one in the cookie, or a new one while they are signed in."""
    token, renewal = request.cookies.get(SESSION_COOKIE), request.cookies.get(RENEWAL_COOKIE)
    if token or not renewal:
        return token
    answer = await Api(site.execute, "shop").run("sign_in_again", {"token": renewal})
    token = (answer["tokenRefresh"] or {}).get("token")
    if token is None:
        cookies[RENEWAL_COOKIE] = (None, 0)
        return None
    cookies[SESSION_COOKIE] = (token, SESSION_SECONDS)
    return str(token)


def _address(request: Request) -> str | None:
    return request.client.host if request.client else None


def _checkout_id(text: str | None) -> str | None:
    """The cart's id out of a cookie; a cookie that holds something else is as good as none."""
    if not text:
        return None
    try:
        uuid_pk(text, "Checkout")
    except InvalidError:
        return None
    return text
