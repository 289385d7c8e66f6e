"""Staff at work: their pages speak to the API with documents of their own, and have the shop's frame."""

from collections.abc import Mapping

from fastapi import HTTPException

from marketplace.pages.api import Api, Data, DocumentFailedError
from marketplace.pages.visits import Visit

ROOM = "staff"


async def ask(visit: Visit, name: str, variables: Mapping[str, object] | None = None) -> Data:
    """The data of one of staff's documents. Raises HTTPException 403 for whoever may not read it."""
    api = Api(visit.site.execute, ROOM, visit.api.token, visit.api.address)
    try:
        return await api.run(name, variables or {})
    except DocumentFailedError as failed:
        if any(_is_denied(error) for error in failed.errors):
            raise HTTPException(403) from None
        raise


def _is_denied(error: Data) -> bool:
    code: object = error.get("extensions", {}).get("exception", {}).get("code")
    return code == "PermissionDenied"
