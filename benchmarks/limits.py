"""What a workload is held against: its bytes with no work at all, its statement with nothing around it."""

import asyncio
import multiprocessing
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import uvicorn

from benchmarks.load import Measured, get, measure, measure_requests
from benchmarks.shops import Shop
from marketplace.kit.database import Database, connection_options, fetch_json_on
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace_graphql.asgi import make_api
from marketplace_graphql.kernel import Request, Requester

Statement = tuple[str, Sequence[str | None]]


class StaticBytes:
    """The smallest application there is: it always answers the same."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    async def __call__(self, scope: Mapping[str, Any], _receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(self.body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def _serve(body: bytes, port: int) -> None:
    uvicorn.run(
        StaticBytes(body),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
    )


@contextmanager
def _served(body: bytes, port: int) -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(body, port), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join(10)


async def static_limit(body: bytes, port: int, *, connections: int, seconds: float) -> Measured:
    """The same bytes, served by one process of the same server without any work."""
    url = f"http://127.0.0.1:{port}/"
    with _served(body, port):
        async with asyncio.timeout(30):
            while not await _answers(port):  # noqa: ASYNC110 - another process has no event to wait for
                await asyncio.sleep(0.05)
        return await measure_requests(
            url, [get(url)], connections=connections, seconds=seconds, holds=lambda answer: answer == body
        )


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def statements_of(
    shop: Shop, settings: Settings, requests: Sequence[Request], requester: Requester
) -> list[Statement]:
    """What the API sends to PostgreSQL for some requests: one statement each, or there is no bare limit."""
    database = Database(settings)
    await database.open()
    sent: list[Statement] = []
    fetch = database.reads.fetch_json

    async def remember(sql: str, parameters: Sequence[str | None]) -> bytes:
        sent.append((sql, parameters))
        return await fetch(sql, parameters)

    database.reads.fetch_json = remember  # type: ignore[method-assign, assignment]
    try:
        api = make_api(settings, database, storage=storage_from(settings))
        for request in requests:
            before = len(sent)
            await api.answer(request, requester)
            if len(sent) != before + 1:
                raise AssertionError(f"{len(sent) - before} statements for one read of {shop.url}")
    finally:
        await database.close()
    return sent


async def bare_limit(
    settings: Settings, statements: Sequence[Statement], *, connections: int, seconds: float
) -> Measured:
    """The same statements on as many bare connections, their JSON thrown away."""

    async def worker(index: int) -> Callable[[], Awaitable[None]]:
        connection = await psycopg.AsyncConnection.connect(
            settings.database_url or "",
            autocommit=True,
            prepare_threshold=0,
            **connection_options(settings, "benchmark"),  # type: ignore[arg-type]
        )
        turn = index

        async def once() -> None:
            nonlocal turn
            turn += 1
            await fetch_json_on(connection, *statements[turn % len(statements)])

        return once

    return await measure([await worker(i) for i in range(connections)], seconds=seconds, warm_up=0.2)
