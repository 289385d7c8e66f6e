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
FOLDER = Path(".data")
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
def loaded(listings: int, name: str = "") -> Iterator[tuple[Path, str]]:
    """A database with about so many listings, made once; gives the installation's directory and its URL.

    One that is changed afterwards has a name of its own.
    """
    data_dir = FOLDER.absolute() / (name or f"bench-{listings}")
    database_url = ensure_server(data_dir)
    try:
        environment = _environment(data_dir, database_url)
        if not (data_dir / "loaded").exists():
            _command(environment, "demo-data", "--scale", str(listings / LISTINGS_PER_SCALE))
            (data_dir / "loaded").touch()
        _command(environment, "migrate")
        yield data_dir, database_url
    finally:
        release_server(data_dir)


@contextmanager
def shop(listings: int, *, processes: int, port: int) -> Iterator[Shop]:
    """Serve a shop with about so many listings; stop it in the end."""
    url = f"http://127.0.0.1:{port}"
    with loaded(listings) as (data_dir, database_url):
        environment = _environment(data_dir, database_url) | {
            "MARKETPLACE_PUBLIC_URL": url,
            "MARKETPLACE_PORT": str(port),
            "MARKETPLACE_WEB_CONCURRENCY": str(processes),
        }
        command = [sys.executable, "-m", "marketplace.cli", "serve"]
        with subprocess.Popen(command, env=environment) as server:
            try:
                _wait_until_ready(url, server)
                yield Shop(url, data_dir, database_url, listings)
            finally:
                server.terminate()
                server.wait(timeout=30)


def _environment(data_dir: Path, database_url: str) -> dict[str, str]:
    return os.environ | {
        "MARKETPLACE_DATA_DIR": str(data_dir),
        "MARKETPLACE_LOG_LEVEL": "warning",
        "DATABASE_URL": database_url,
    }


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
