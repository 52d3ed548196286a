"""A writer: a client that has a key and reads what it is answered."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from versions import version_of

from app.database.api_keys import create_key
from app.database.engine.database import Database
from app.database.engine.planner_statistics import refresh_statistics
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.records.kinds import RECORD_KINDS, kind_by_name
from app.records.validation.document import validate_document
from app.writing.write import NewRevision, write

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"


@dataclass
class Writer:
    """Writes with a key; every answer must be what its status says."""

    client: httpx.AsyncClient
    key: str

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        answer = await self.client.request(method, path, headers=headers, **options)
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == answer.status_code
        return answer

    async def create(self, collection: str, **document: Any) -> dict[str, Any]:
        document.setdefault("title", "A title")
        answer = await self.ask("POST", f"/v1/{collection}", json=document)
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    async def put(self, ref: str, document: Any, match: str | None = "*", **headers: str) -> httpx.Response:
        headers |= {"If-Match": match} if match is not None else {}
        return await self.ask("PUT", f"/v1/{ref}", json=document, headers=headers)

    async def patch(self, ref: str, patch: Any, match: str | None = "*", **headers: str) -> httpx.Response:
        media_type = JSON_PATCH if isinstance(patch, list) else MERGE_PATCH
        headers |= {"If-Match": match} if match is not None else {}
        return await self.ask(
            "PATCH", f"/v1/{ref}", json=patch, headers={"Content-Type": media_type, **headers}
        )

    async def delete(self, ref: str, match: str | None = "*") -> httpx.Response:
        return await self.ask(
            "DELETE", f"/v1/{ref}", headers={"If-Match": match} if match is not None else {}
        )

    async def post(self, path: str, document: Any = None, **headers: str) -> httpx.Response:
        return await self.ask("POST", f"/v1/{path}", json=document, headers=headers)

    async def get(self, path: str, **parameters: Any) -> httpx.Response:
        return await self.ask("GET", f"/v1/{path}", params=parameters)

    async def merge(self, source: str, target: str) -> dict[str, Any]:
        answer = await self.post("merges", {"from": source, "into": target})
        assert answer.status_code == 201, answer.text
        merge: dict[str, Any] = answer.json()
        return merge


async def key_of(client: httpx.AsyncClient, label: str, *scopes: str) -> str:
    """Make a key by the connections that the client's application holds: to open others costs twice as much."""
    db: Database = client.app.state.db  # type: ignore[attr-defined]
    token, _ = await db.write(lambda tx: create_key(tx, label, scopes))
    return token


@pytest.fixture
async def writer(client: httpx.AsyncClient) -> Writer:
    """A client with a key for reading and writing, on an empty database."""
    return Writer(client, await key_of(client, "editor", "read", "write"))


@pytest.fixture
async def admin(client: httpx.AsyncClient) -> Writer:
    """A client with a key for everything, on the same database."""
    return Writer(client, await key_of(client, "keeper", "admin"))


@pytest.fixture(scope="module")
async def shared_writer(
    anyio_backend: str,  # noqa: ARG001 - tells anyio to run it, for tests that are not async too
    databases: Any,
    migrated_template: str,
    client_at: Callable[[str], AbstractAsyncContextManager[httpx.AsyncClient]],
) -> AsyncIterator[Writer]:
    """A writer on a database that the tests of a file share; fixtures of the file write what these look at."""
    url = databases.fresh(migrated_template)
    async with client_at(url) as client:
        yield Writer(client, await key_of(client, "editor", "read", "write"))
    databases.drop(url)


@pytest.fixture
async def refused_writer(shared_writer: Writer) -> AsyncIterator[Writer]:
    """The shared writer, for a test of what is refused: the test fails where it has changed anything."""
    database: Database = shared_writer.client.app.state.db  # type: ignore[attr-defined]
    before = version_of(database)
    yield shared_writer
    assert version_of(database) == before


@pytest.fixture(params=[kind.collection for kind in RECORD_KINDS])
def collection(request: pytest.FixtureRequest) -> str:
    """Run the test on each kind of record."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def database_with(
    databases: Any, migrated_template: str
) -> Iterator[Callable[[Iterable[tuple[str, dict[str, Any]]]], str]]:
    """Make databases of documents, each with the name of its kind; they stay for the module."""
    made: list[str] = []

    def make(documents: Iterable[tuple[str, dict[str, Any]]]) -> str:
        url: str = databases.fresh(migrated_template)
        made.append(url)
        database = Database.open(url)

        def fill(tx: Any) -> None:
            vocabulary = vocabulary_of(tx)
            kinds = [(kind_by_name(name), raw) for name, raw in documents]
            drafts = [NewRevision(kind, validate_document(kind, raw, vocabulary)) for kind, raw in kinds]
            write(tx, drafts, Attribution(by="test"))
            refresh_statistics(tx)

        try:
            database.write_now(fill)
        finally:
            database.dispose()
        return url

    yield make
    for url in made:
        databases.drop(url)
