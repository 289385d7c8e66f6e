"""A server to tell the story at: the one that runs here, or one started for it and stopped after."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from marketplace.demo.story.client import Client

LOCAL = "http://127.0.0.1:8000"
START_SECONDS = 300


@contextmanager
def running(url: str | None) -> Iterator[tuple[str, str]]:
    """A server's address, and the day by its clock."""
    address = url or (LOCAL if _today(LOCAL) else None)
    if address:
        today = _today(address)
        if today is None:
            raise ConnectionError(f"no marketplace answers at {address}")
        yield address, today
        return
    with tempfile.TemporaryDirectory(prefix="marketplace-demo-") as data_dir, _started(Path(data_dir)) as own:
        yield own


@contextmanager
def _started(data_dir: Path) -> Iterator[tuple[str, str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    print(f"No server runs at {LOCAL}; one is started at {address} with demo data of its own.", flush=True)
    environment = os.environ | {
        "MARKETPLACE_DATA_DIR": str(data_dir),
        "MARKETPLACE_PORT": str(port),
        "MARKETPLACE_PUBLIC_URL": address,
    }
    environment.pop("DATABASE_URL", None)
    with subprocess.Popen([sys.executable, "-m", "marketplace.cli", "run"], env=environment) as process:
        try:
            today = Client(address).wait_for(
                "The server's start", lambda: process.poll() is not None or _today(address), START_SECONDS
            )
            if not isinstance(today, str):
                raise ConnectionError(f"the server stopped with {process.returncode}")
            yield address, today
        finally:
            process.terminate()
            process.wait(timeout=30)


def _today(address: str) -> str | None:
    """The day by a server's clock, when it is ready."""
    try:
        answer = httpx.get(f"{address}/ready", timeout=2)
    except httpx.TransportError:
        return None
    return str(answer.json()["now"])[:10] if answer.is_success else None
