"""A load that costs little: prepared bytes over kept connections, counted by whole answers.

It shares the machine with the server it measures, so it does nothing but write, read to the length that the
head names, and note the time.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Measured:
    """What a run of requests showed."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


class WrongAnswerError(Exception):
    """An answer that is not what the workload asks for: its speed would mean nothing."""


class Connection:
    """One kept HTTP/1.1 connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, url: str) -> "Connection":
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port))

    async def send(self, request: bytes) -> bytes:
        """Send one whole request and give the body of its answer; anything but 200 is an error."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise WrongAnswerError(head.decode(errors="replace"))
        length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        return await self._reader.readexactly(length)

    def close(self) -> None:
        self._writer.close()


def post(url: str, document: str, variables: dict[str, object], token: str | None = None) -> bytes:
    """A GraphQL request as the bytes that go over the wire."""
    parts = urlsplit(url)
    body = json.dumps({"query": document, "variables": variables}).encode()
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        f"{authorization}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(url: str) -> bytes:
    parts = urlsplit(url)
    return f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()


async def measure_requests(
    url: str, requests: Sequence[bytes], *, connections: int, seconds: float, holds: Callable[[bytes], bool]
) -> Measured:
    """Send the requests in turn over so many connections for so long; each answer's first must hold."""

    async def open_and_check(connection_index: int) -> Callable[[], Awaitable[None]]:
        connection = await Connection.to(url)
        turn = cycle(
            requests[connection_index % len(requests) :] + requests[: connection_index % len(requests)]
        )
        answer = await connection.send(next(turn))
        if not holds(answer):
            raise WrongAnswerError(answer[:400].decode(errors="replace"))

        async def once() -> None:
            await connection.send(next(turn))

        return once

    return await measure(
        [await open_and_check(index) for index in range(connections)], seconds=seconds, warm_up=0.2
    )


async def measure(
    workers: list[Callable[[], Awaitable[None]]], *, seconds: float, warm_up: float
) -> Measured:
    """Let workers repeat their work for so long, after a part of it that is not counted."""
    taken: list[float] = []

    async def repeat(work: Callable[[], Awaitable[None]]) -> None:
        while True:
            began = time.perf_counter()
            if began >= ends:
                return
            await work()
            ended = time.perf_counter()
            if began >= starts and ended <= ends:
                taken.append(ended - began)

    starts = time.perf_counter() + seconds * warm_up
    ends = starts + seconds
    await asyncio.gather(*(repeat(work) for work in workers))
    if not taken:
        raise WrongAnswerError(f"not one answer within {seconds} s")
    taken.sort()
    return Measured(
        requests=len(taken),
        seconds=seconds,
        p50_ms=taken[len(taken) // 2] * 1000,
        p99_ms=taken[int(len(taken) * 0.99)] * 1000,
    )
