"""A shop of a given size to measure: demo data in a directory of its own, served as it is in production."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from marketplace.kit.embedded import ensure_server, release_server

LISTINGS_PER_SCALE = 3_350
START_SECONDS = 60


@dataclass(frozen=True)
class Shop:
    """A served shop."""

    url: str
    data_dir: Path
    database_url: str
    listings: int

    @property
    def api(self) -> str:
        return f"{self.url}/graphql/"


@contextmanager
def shop(listings: int, *, processes: int, port: int) -> Iterator[Shop]:
    """Load (once) and serve a shop with about so many listings; stop it in the end."""
    data_dir = Path(".data").absolute() / f"bench-{listings}"
    url = f"http://127.0.0.1:{port}"
    database_url = ensure_server(data_dir)
    environment = os.environ | {
        "MARKETPLACE_DATA_DIR": str(data_dir),
        "MARKETPLACE_PUBLIC_URL": url,
        "MARKETPLACE_PORT": str(port),
        "MARKETPLACE_WEB_CONCURRENCY": str(processes),
        "MARKETPLACE_LOG_LEVEL": "warning",
        "DATABASE_URL": database_url,
    }
    try:
        if not (data_dir / "loaded").exists():
            scale = str(listings / LISTINGS_PER_SCALE)
            _command(environment, "demo-data", "--scale", scale)
            (data_dir / "loaded").touch()
        _command(environment, "migrate")
        command = [sys.executable, "-m", "marketplace.cli", "serve"]
        with subprocess.Popen(command, env=environment) as server:
            try:
                _wait_until_ready(url, server)
                yield Shop(url, data_dir, database_url, listings)
            finally:
                server.terminate()
                server.wait(timeout=30)
    finally:
        release_server(data_dir)


def _command(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "marketplace.cli", *arguments], env=environment, check=True)


def _wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(f"{url}/ready", timeout=2):  # noqa: S310 - our own server
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError(f"the shop at {url} did not get ready")
