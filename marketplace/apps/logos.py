"""Apps' logos."""

from marketplace.apps.errors import UnreachableError
from marketplace.kit import outgoing
from marketplace.kit.settings import Settings

LOGO_BYTES = 10 * 1024 * 1024
PATIENCE_SECONDS = 18.0


async def fetch_logo(settings: Settings, url: str, *, patience_seconds: float = PATIENCE_SECONDS) -> bytes:
    """What lies at an address, to be judged by whoever knows pictures. Raises UnreachableError."""
    try:
        answer = await outgoing.send(
            settings, "GET", url, patience_seconds=patience_seconds, at_most_bytes=LOGO_BYTES
        )
    except outgoing.NotSentError as error:
        raise UnreachableError(str(error), field="brand") from error
    if not answer.is_success:
        raise UnreachableError(f"Status {answer.status}.", field="brand")
    return answer.body
