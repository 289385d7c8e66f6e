"""Requests that another site makes a visitor's browser send are refused.

Every browser says where a form was sent from: in `Sec-Fetch-Site`, or, if it is older, in `Origin` or
`Referer`. With SameSite=Lax cookies this needs no token in any form, and so no session for a guest.
"""

from urllib.parse import urlsplit

from fastapi import HTTPException, Request

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


async def refuse_forgery(request: Request) -> None:
    """Let a request through that reads only, or that this site's own pages have sent."""
    if request.method not in SAFE_METHODS and not _is_our_own(request):
        raise HTTPException(403)


def _is_our_own(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    sent_from = request.headers.get("origin") or request.headers.get("referer")
    return sent_from is not None and urlsplit(sent_from).netloc == request.headers.get("host")
