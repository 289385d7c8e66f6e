"""The embedded server survives what happens to programs on people's machines."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import psutil
import psycopg
import pytest

from marketplace.kit.embedded import EmbeddedServer, EmbeddedServerError

HOLDER = """
import sys
from pathlib import Path
from marketplace.kit.embedded import ensure_server
ensure_server(Path(sys.argv[1]))
print("holds", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    """Not pytest's own, which every run of pytest closes anew to the user that a root's server runs as."""
    with tempfile.TemporaryDirectory(prefix="marketplace-test-") as directory:
        yield Path(directory)


@pytest.fixture
def server(directory: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(directory / "data", tuning={"shared_buffers": "16MB"})
    yield server
    server.release()


def postmaster(server: EmbeddedServer) -> int:
    return int((server.cluster / "postmaster.pid").read_text().split("\n", 1)[0])


def lives(pid: int) -> bool:
    """A zombie that nobody has reaped yet is dead."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def until(condition: Callable[[], bool]) -> None:
    deadline = monotonic() + 20
    while not condition():
        assert monotonic() < deadline, "waited in vain"
        sleep(0.02)


def holder(server: EmbeddedServer) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(server.data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"holds\n"
    return process


def rugs(server: EmbeddedServer) -> int:
    with psycopg.connect(server.url) as connection:
        row = connection.execute("SELECT count(*) FROM rug").fetchone()
        assert row is not None
        return int(row[0])


def weave(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS rug (name text)")
        connection.execute("INSERT INTO rug VALUES ('Azilal')")


def test_it_starts_keeps_its_rows_and_starts_again_soon(server: EmbeddedServer) -> None:
    server.acquire()
    weave(server)
    server.release()
    started_at = monotonic()
    assert server.acquire() == server.url
    assert monotonic() - started_at < 3
    assert rugs(server) == 1


def test_asking_twice_changes_nothing(server: EmbeddedServer) -> None:
    server.acquire()
    first = postmaster(server)
    server.acquire()
    assert postmaster(server) == first


def test_the_last_of_several_processes_stops_it(server: EmbeddedServer) -> None:
    server.acquire()
    pid = postmaster(server)
    other = holder(server)
    server.release()
    assert lives(pid)
    other.communicate()
    until(lambda: not lives(pid))


def test_processes_that_start_together_share_one(server: EmbeddedServer) -> None:
    command = [sys.executable, "-c", HOLDER, str(server.data_dir)]
    together = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(4)]
    for process in together:
        assert process.stdout is not None
        assert process.stdout.readline() == b"holds\n"
    log = server.log.read_text()
    for process in together:
        process.communicate()
    assert log.count("ready to accept connections") == 1


def test_when_its_holder_is_killed_the_next_start_joins_it_and_stops_it(server: EmbeddedServer) -> None:
    killed = holder(server)
    pid = postmaster(server)
    killed.kill()
    killed.communicate()
    assert lives(pid)
    server.acquire()
    assert postmaster(server) == pid
    server.release()
    until(lambda: not lives(pid))


def test_when_postgres_itself_is_killed_it_starts_again_with_every_committed_row(
    server: EmbeddedServer,
) -> None:
    server.acquire()
    weave(server)
    os.kill(postmaster(server), signal.SIGKILL)
    server.acquire()
    assert rugs(server) == 1


def test_it_waits_for_a_backend_that_outlives_its_postmaster(server: EmbeddedServer) -> None:
    server.acquire()
    weave(server)
    with psycopg.connect(server.url) as connection:
        backend = connection.info.backend_pid
        os.kill(backend, signal.SIGSTOP)  # Busy with anything that does not look up for a while.
        os.kill(postmaster(server), signal.SIGKILL)
        waker = subprocess.Popen(["sh", "-c", f"sleep 1; kill -CONT {backend}"])
        server.acquire()
        waker.wait()
    assert not lives(backend)
    assert rugs(server) == 1


def test_a_pid_that_now_belongs_to_somebody_else_is_no_obstacle(server: EmbeddedServer) -> None:
    server.acquire()
    weave(server)
    stranger = subprocess.Popen(["sleep", "60"])
    os.kill(postmaster(server), signal.SIGKILL)
    pid_file = server.cluster / "postmaster.pid"
    pid_file.write_text(pid_file.read_text().replace(str(postmaster(server)), str(stranger.pid), 1))
    server.acquire()
    assert rugs(server) == 1
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


@pytest.mark.parametrize("content", ["", "12", "half", "{gone}\n/srv/data\n1795474061\n"])
def test_a_pid_file_that_was_not_written_whole_is_no_obstacle(server: EmbeddedServer, content: str) -> None:
    server.acquire()
    weave(server)
    server.release()
    gone = subprocess.Popen(["true"])
    gone.wait()
    (server.cluster / "postmaster.pid").write_text(content.format(gone=gone.pid))
    server.acquire()
    assert rugs(server) == 1


def test_a_path_too_long_for_a_socket_is_no_obstacle(directory: Path) -> None:
    server = EmbeddedServer(directory / ("long" * 20), tuning={"shared_buffers": "16MB"})
    server.acquire()
    weave(server)
    server.release()


def test_a_start_that_fails_says_what_postgres_said(server: EmbeddedServer) -> None:
    server.acquire()
    server.release()
    broken = EmbeddedServer(server.data_dir, tuning={"shared_buffers": "much"})
    with pytest.raises(EmbeddedServerError, match="shared_buffers"):
        broken.acquire()
