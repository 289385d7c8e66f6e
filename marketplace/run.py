"""`marketplace run`: everything on one machine, watched over by one process.

The watcher starts the web server and the worker as children, and starts again whichever dies. Each child
holds the reading end of a pipe whose writing end only the watcher has: when the watcher ends, however it
ends, the pipe does too, and the child stops. So a kill -9 leaves nothing behind that the next start minds.
"""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic

from marketplace.kit.settings import Settings
from marketplace.payments.stand_ins.stripe import installing

WATCHED = "MARKETPLACE_WATCHED_BY"
"""Tells a child which of its file descriptors is the watcher's pipe."""

START_LIMIT_SECONDS = 60
STOP_LIMIT_SECONDS = 25
ORPHANS_LIMIT_SECONDS = 30
LOOK_AGAIN_SECONDS = 0.1
RESTARTS_LIMIT = 5
"""A child that dies so often within the window will not live: give up and say so."""
RESTARTS_WINDOW_SECONDS = 60


class RunError(Exception):
    """The marketplace can't run; the message says what to do about it."""


@dataclass(slots=True)
class Child:
    """A process of ours that must live."""

    name: str
    command: list[str]
    watched: int
    process: subprocess.Popen[bytes] | None = None
    started_at: list[float] = field(default_factory=list)

    def start(self) -> None:
        self.started_at = [at for at in self.started_at if at > monotonic() - RESTARTS_WINDOW_SECONDS]
        if len(self.started_at) >= RESTARTS_LIMIT:
            raise RunError(
                f"the {self.name} has stopped {RESTARTS_LIMIT} times within a minute; see its log above"
            )
        self.started_at.append(monotonic())
        self.process = subprocess.Popen(
            self.command,
            env=os.environ | {WATCHED: str(self.watched)},
            pass_fds=[self.watched],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches the watcher only, which stops its children in order.
        )

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        if self.process is not None and self.is_alive:
            self.process.terminate()

    def wait(self, seconds: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def run(settings: Settings) -> None:
    """Keep the web server and the worker running until told to stop. Raises RunError."""
    told_to_stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_stop.set())
    with ExitStack() as stack:
        watched = stack.enter_context(_pipe())
        program = [sys.executable, "-m", "marketplace.cli"]
        children = [
            Child("web server", [*program, "serve"], watched),
            Child("worker", [*program, "worker"], watched),
        ]
        stripe_port = _without_stripe(settings)
        if stripe_port is not None:
            stand_in = [*program, "stripe", "stand-in", "--port", str(stripe_port)]
            children.append(Child("stand-in of Stripe", stand_in, watched))
        stack.callback(_stop, children)
        for child in children:
            child.start()
        _wait_until_ready(settings, children, told_to_stop)
        if not told_to_stop.is_set():
            _say_where(settings, stripe_port)
        while not told_to_stop.wait(1.0):
            for child in children:
                if not child.is_alive:
                    print(f"The {child.name} stopped; it is started again.", file=sys.stderr, flush=True)
                    child.start()
        print("Stopping.", flush=True)


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Refuse to run twice on one data directory, and wait for what a killed run left behind to end."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(f"a marketplace already runs on {data_dir}") from None
        with (data_dir / "children.lock").open("a+") as children:
            _wait_for_orphans(children.fileno())
        yield


def obey_the_watcher(data_dir: Path) -> None:
    """In a child: stop when the watcher ends, even if it was killed. Without a watcher, do nothing."""
    descriptor = os.environ.pop(WATCHED, None)
    if descriptor is None:
        return
    os.set_inheritable(int(descriptor), False)  # noqa: FBT003 - the function's own order
    children = os.open(data_dir / "children.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(children, fcntl.LOCK_SH)  # Held while this process lives; the next run waits for it.

    def wait_for_the_end() -> None:
        os.read(int(descriptor), 1)
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Timer(STOP_LIMIT_SECONDS, os._exit, [1]).start()

    threading.Thread(target=wait_for_the_end, name="watcher", daemon=True).start()


def _wait_for_orphans(descriptor: int) -> None:
    deadline = monotonic() + ORPHANS_LIMIT_SECONDS
    pause = threading.Event()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() > deadline:
                raise RunError("processes of a run that was killed are still there") from None
            pause.wait(LOOK_AGAIN_SECONDS)
        else:
            return


@contextmanager
def _pipe() -> Iterator[int]:
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(writing)
        os.close(reading)


def _stop(children: list[Child]) -> None:
    for child in children:
        child.stop()
    deadline = monotonic() + STOP_LIMIT_SECONDS
    for child in children:
        child.wait(max(0.0, deadline - monotonic()))


def _wait_until_ready(settings: Settings, children: list[Child], told_to_stop: threading.Event) -> None:
    deadline = monotonic() + START_LIMIT_SECONDS
    while not _is_ready(settings):
        for child in children:
            if not child.is_alive:
                raise RunError(f"the {child.name} did not start; see its log above")
        if monotonic() > deadline:
            raise RunError(f"the web server did not become ready within {START_LIMIT_SECONDS} s")
        if told_to_stop.wait(LOOK_AGAIN_SECONDS):
            return


def _is_ready(settings: Settings) -> bool:
    connection = HTTPConnection(settings.host, settings.port, timeout=2)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200  # noqa: PLR2004 - HTTP's OK
    except OSError:
        return False
    finally:
        connection.close()


def _without_stripe(settings: Settings) -> int | None:
    """Where no key of Stripe's is set: the port of a stand-in, by which the other processes will pay."""
    if not installing.is_wanted(settings):
        return None
    port = installing.free_port(settings)
    os.environ.update(installing.environment(settings, port))
    return port


def _say_where(settings: Settings, stripe_port: int | None) -> None:
    lines = [
        "",
        "SIL Marketplace runs.",
        f"  Storefront  {settings.public_url}/",
        f"  GraphQL     {settings.api_url}",
        f"  Health      {settings.public_url}/health and /ready",
        f"  Data        {settings.data_dir}",
        *_on_stripe(stripe_port),
        "Press Ctrl-C to stop.",
        "",
    ]
    print("\n".join(lines), flush=True)


def _on_stripe(port: int | None) -> list[str]:
    if port is None:
        return []
    return [
        f"  Cards       TEST MODE: a stand-in of Stripe on port {port}; no money moves",
        "              (set MARKETPLACE_STRIPE_SECRET_KEY for Stripe itself)",
    ]
