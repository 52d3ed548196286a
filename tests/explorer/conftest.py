"""What the tests of pages share: services to look at, in processes of their own. Pages are those of `browsing`."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from serving import free_port, serve, wait_until_ready

from app.database.api_keys import create_key
from app.database.engine.database import Database
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.records.kinds import kind_by_name
from app.records.validation.document import validate_document
from app.writing.write import NewRevision, write


@dataclass(frozen=True, slots=True)
class PrivateService:
    """A running service that is read with a key alone.

    Attributes:
        url: its address.
        key: a key that reads.
    """

    url: str
    key: str


@contextmanager
def _running(url: str, folder: Path, **settings: str) -> Iterator[str]:
    one = serve(url, folder, free_port(), 1, (), settings)
    try:
        wait_until_ready(one)
        yield one.url
    finally:
        one.stop()


@pytest.fixture(scope="session")
def service(sqlite_databases: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service on the seeds, shared by all tests that only read; for one of a test alone, take `server`."""
    url = sqlite_databases.fresh(sqlite_databases.seeded)
    with _running(url, tmp_path_factory.mktemp("service")) as address:
        yield address
    sqlite_databases.drop(url)


@pytest.fixture(scope="module")
def service_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """`service_on(url)` is the address of a service on a database, for the tests of a file; settings as for `server`."""
    with ExitStack() as stack:
        yield lambda url, **settings: stack.enter_context(
            _running(url, tmp_path_factory.mktemp("service"), **settings)
        )


def _write_all(database: Database, documents: Iterable[tuple[str, dict[str, Any]]]) -> None:
    def work(tx: Any) -> None:
        vocabulary = vocabulary_of(tx)
        drafts = [
            NewRevision(kind_by_name(kind), validate_document(kind_by_name(kind), raw, vocabulary))
            for kind, raw in documents
        ]
        write(tx, drafts, Attribution(by="test"))

    database.write_now(work)


@pytest.fixture(scope="module")
def own_service(
    sqlite_databases: Any,
    database_at: Callable[[str], AbstractContextManager[Database]],
    service_on: Callable[[str], str],
) -> Iterator[Callable[[Iterable[tuple[str, dict[str, Any]]]], str]]:
    """`own_service(documents)` is the address of a service on a database that has (kind, record) and nothing else."""
    made = []

    def serve_them(documents: Iterable[tuple[str, dict[str, Any]]]) -> str:
        url = sqlite_databases.fresh(sqlite_databases.migrated)
        made.append(url)
        with database_at(url) as database:
            _write_all(database, documents)
        return service_on(url)

    yield serve_them
    for url in made:
        sqlite_databases.drop(url)


@pytest.fixture(scope="session")
def private_service(
    sqlite_databases: Any,
    database_at: Callable[[str], AbstractContextManager[Database]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[PrivateService]:
    """A service on the seeds where reading needs a key, likewise."""
    url = sqlite_databases.fresh(sqlite_databases.seeded)
    with database_at(url) as database:
        key, _ = database.write_now(lambda tx: create_key(tx, "reader", ("read",)))
    with _running(url, tmp_path_factory.mktemp("private"), public_reads="false") as address:
        yield PrivateService(address, key)
    sqlite_databases.drop(url)
