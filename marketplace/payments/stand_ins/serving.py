"""A stand-in on a port: a server in a thread, with a loop of its own."""

import asyncio
import contextlib
import socket
import threading
import time
from abc import ABC, abstractmethod
from typing import Any, Self

import uvicorn

START_LIMIT_SECONDS = 10


def _new_socket(host: str) -> socket.socket:
    """One that asyncio sees to be TCP: only then does it send small answers without waiting for more."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)


class InThread(ABC):
    """A running server. All methods may be called from any thread."""

    def __init__(self, name: str, host: str = "127.0.0.1", port: int = 0) -> None:
        self._name, self._host, self._port = name, host, port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @abstractmethod
    def application(self, address: str) -> Any:
        """What is served at an address."""

    @abstractmethod
    async def beside(self) -> None:
        """What goes on while it serves: it may end at once."""

    @property
    def is_running(self) -> bool:
        return self._server is not None

    def start(self) -> Self:
        listening = _new_socket(self._host)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((self._host, self._port))
        config = uvicorn.Config(
            self.application(f"http://{self._host}:{listening.getsockname()[1]}"),
            log_config=None,
            access_log=False,
            lifespan="off",
            http="httptools",
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        serve = self._serve(self._server, listening)
        self._thread = threading.Thread(target=asyncio.run, args=[serve], name=self._name, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError(f"the {self._name} did not start")
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(START_LIMIT_SECONDS)
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _serve(self, server: uvicorn.Server, listening: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        beside = asyncio.create_task(self.beside())
        await server.serve([listening])
        beside.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beside
