"""Where links of letters may lead: to hosts that the installation knows, and to nobody else's."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from marketplace.kit.errors import InvalidError
from marketplace.kit.settings import Settings

MAXIMUM_LENGTH = 2000
DEVELOPERS_HOSTS = ("localhost", "127.0.0.1", "[::1]")


def checked_redirect(settings: Settings, url: str, field: str = "redirectUrl") -> str:
    """An address of a page that a link may open. Raises InvalidError."""
    refusal = InvalidError("This is not the address of a page.", field=field)
    if len(url) > MAXIMUM_LENGTH or any(sign.isspace() or sign == "\\" for sign in url):
        raise refusal
    try:
        parts = urlsplit(url)
        host, _port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise refusal from None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise refusal
    if not any(_fits(host, allowed) for allowed in _allowed(settings)):
        raise InvalidError(
            f"Links of letters may not lead to {host}: see `allowed_client_hosts`.", field=field
        )
    return url


def link(redirect_url: str, **parameters: str) -> str:
    """The address with parameters after those that it has already, as Saleor's links have them."""
    parts = urlsplit(redirect_url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in parameters]
    return parts._replace(query=urlencode([*query, *parameters.items()])).geturl()


def _allowed(settings: Settings) -> list[str]:
    own = urlsplit(settings.public_url).hostname or ""
    developers = () if settings.environment == "production" else DEVELOPERS_HOSTS
    return [own, *developers, *settings.allowed_client_hosts]


def _fits(host: str, allowed: str) -> bool:
    host, allowed = host.lower(), allowed.lower().strip("[]")
    if allowed.startswith("."):
        return host == allowed[1:] or host.endswith(allowed)
    return allowed in ("*", host)
