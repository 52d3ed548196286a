"""`/readyz`, and services that only read."""

import os
import tempfile
from pathlib import Path

import psycopg
import pytest
from replicating import plain
from sqlalchemy import URL, make_url, text

from app.database.engine.database import Database
from app.database.engine.driver_errors import read_only
from app.database.engine.sqlite_file import SqliteFile
from app.errors import DiskFull

pytestmark = pytest.mark.anyio

IDLE = [
    {"name": "reading", "ready": True},
    {"name": "snapshots", "ready": True},
    {"name": "writing", "ready": True},
]


@pytest.fixture
def headers(api_key):
    return {"Authorization": f"Bearer {api_key('read', 'write')}"}


async def statuses(client):
    return [
        (await client.get(path)).status_code for path in ("/readyz", "/readyz?for=read", "/readyz?for=write")
    ]


async def test_a_service_that_reads_and_writes(client):
    answer = await client.get("/readyz?probe=7")
    assert answer.json() == {"status": "ready", "writes": True, "pools": IDLE}
    assert await statuses(client) == [200, 200, 200]


@pytest.mark.parametrize("query", ["for=", "for=writes", "for=read&for=write", "for=read,write"])
async def test_an_unknown_purpose_is_refused(client, query):
    answer = await client.get(f"/readyz?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "for")


WRITES = [
    ("POST", "/v1/events", {"title": "E"}),
    ("PUT", "/v1/events/e", {"title": "E"}),
    ("DELETE", "/v1/events/e", None),
    ("POST", "/v1/imports", {"kind": "event", "title": "E"}),
]


async def test_a_service_that_only_reads(client, make_client, headers):
    assert (
        await client.post("/v1/events", json={"id": "e", "title": "E"}, headers=headers)
    ).status_code == 201
    async with make_client(read_only=True) as reading:
        assert (await reading.get("/v1/events/e", headers=headers)).json()["title"] == "E"
        assert (await reading.get("/v1/export")).text.count("\n") == 1
        for method, path, body in WRITES:
            answer = await reading.request(method, path, json=body, headers=headers | {"If-Match": "*"})
            assert (answer.status_code, answer.json()["code"]) == (503, "read_only"), answer.text
            assert "only reads" in answer.json()["detail"]
            assert answer.headers["retry-after"] == "60"
        assert await statuses(reading) == [200, 200, 503]
        told = (await reading.get("/readyz")).json()
        assert told["writes"] is False
        assert [(one["name"], one["ready"]) for one in told["pools"]] == [
            ("reading", True),
            ("snapshots", True),
            ("writing", False),
        ]
        # What others write it reads.
        change = headers | {"If-Match": "*"}
        assert (await client.put("/v1/events/e", json={"title": "F"}, headers=change)).status_code == 200
        assert (await reading.get("/v1/events/e")).json()["title"] == "F"


async def test_a_schema_that_is_missing_is_told_to_all(make_client, bare_url):
    async with make_client(url=bare_url) as client:
        assert await statuses(client) == [503, 503, 503]
        assert "annals migrate" in (await client.get("/readyz?for=read")).json()["reasons"][0]


async def test_a_full_disk_is_told_to_who_asks_for_writing(client, headers, monkeypatch):
    async def full(*_given, **_named):
        raise DiskFull("full")

    with monkeypatch.context() as patch:
        patch.setattr(client.app.state.db._writer, "write", full)
        refused = await client.post("/v1/events", json={"title": "E"}, headers=headers)
        assert refused.status_code == 507
    assert await statuses(client) == [503, 200, 503]
    assert "disk" in (await client.get("/readyz?for=write")).json()["reasons"][0]
    assert (await client.post("/v1/events", json={"title": "E"}, headers=headers)).status_code == 201
    assert await statuses(client) == [200, 200, 200]


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
async def test_a_server_that_takes_no_writes_is_told(make_client, database_url):
    name = make_url(database_url).database
    with psycopg.connect(plain(database_url), autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    async with make_client() as client:
        assert await statuses(client) == [503, 200, 503]
        assert (await client.get("/readyz?for=write")).json()["reasons"] == [read_only().detail]


def count_terms(url):
    database = Database.open(url, read_only=True)
    try:
        with database.snapshot() as connection:
            return connection.execute(text("SELECT count(*) FROM term")).scalar_one()
    finally:
        database.dispose()


def as_nobody(work):
    """Return the exit code of a process of another user, who may write next to nothing, that does some work."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 2
    try:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        code = 0 if work() else 1
    finally:
        os._exit(code)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_copy_that_cannot_be_written_is_read_without_a_file_beside_it(database_url):
    """WAL mode stands in the file, and needs others beside it wherever somebody may write."""
    terms = count_terms(database_url)
    with tempfile.TemporaryDirectory(prefix="annals-copy-") as folder:
        Path(folder).chmod(0o755)
        copy = Path(folder) / "a b#c.db"
        copy.write_bytes(Path(make_url(database_url).database).read_bytes())
        url = URL.create("sqlite", database=str(copy))
        assert as_nobody(lambda: count_terms(url) == terms > 100) == 0
        assert [one.name for one in copy.parent.iterdir()] == [copy.name]
        # While somebody may be writing it is no copy that nobody changes.
        copy.with_name(copy.name + "-wal").touch()
        assert "immutable" not in SqliteFile(str(copy), read_only=True).address
