"""How a stand-in fails over HTTP: it says nothing, or the connection breaks."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

DONE_BEFORE_FAILING = frozenset({"error_after", "reset_after", "timeout_after", "slow"})
SILENT = frozenset({"timeout", "timeout_after"})
BROKEN = frozenset({"reset", "reset_after"})


async def until_the_client_goes(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def break_off(send: Send) -> None:
    """Cut the connection without an answer. ASGI has no word for it: `send` is uvicorn's, who holds it."""
    cycle = getattr(send, "__self__")  # noqa: B009 - a bound method, which the protocol doesn't promise
    cycle.transport.abort()
