"""Reads that a standby cancels, as the primary has vacuumed rows that they might see: the primary answers instead.

What is read takes long on the standby alone: the table of records is a view here, which sleeps there.
"""

import asyncio
import re

import httpx
import orjson
import pytest
from listening import listening
from waiting import until

from app.imports.documents import ImportFile
from app.imports.readers import read
from app.imports.report import Options
from app.imports.service import import_documents
from app.main import create_app
from app.maintenance.migrate import prepare
from app.settings import Settings

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

NAME = "vacuumed"
SLEEP_SECONDS = 60
"""Longer than any test takes: what sleeps is cancelled."""

RECORDS = [
    {"kind": "actor", "id": "a", "title": "A"},
    {"kind": "event", "id": "e", "title": "E"},
]
SLOW_RECORD = """
CREATE VIEW record AS SELECT * FROM kept_record
WHERE NOT pg_is_in_recovery() OR id <> (SELECT id FROM slow) OR pg_sleep((SELECT seconds FROM slow)) IS NOT NULL
"""


@pytest.fixture(scope="module")
def database_url(pair, database_at):
    """The address of a database where a record is read slowly on the standby: that which the table `slow` names."""
    pair.ask(f"CREATE DATABASE {NAME}")
    with database_at(pair.url(NAME)) as database:
        prepare(database, pair.url(NAME))
        lines = b"\n".join(map(orjson.dumps, RECORDS))
        report = import_documents(
            database, [ImportFile("in", lambda: read("ndjson", [lines]))], Options("me")
        )
        assert report.counts.created == len(RECORDS)
    pair.ask("ALTER TABLE record RENAME TO kept_record", NAME)
    pair.ask(
        "CREATE TABLE slow (id text, seconds float); INSERT INTO slow VALUES ('none', 0); "
        "CREATE TABLE gone (one int)",
        NAME,
    )
    pair.ask(SLOW_RECORD, NAME)
    yield pair.url(NAME)
    pair.ask(f"DROP DATABASE {NAME} WITH (FORCE)")
    pair.follow()


@pytest.fixture
def slow(pair, database_url):  # noqa: ARG001 - is there first
    """`slow("e", 60)` has the standby sleep so many seconds wherever it reads that record."""

    def make(name, seconds):
        pair.ask(f"UPDATE slow SET id = '{name}', seconds = {seconds}", NAME)
        pair.follow()

    yield make
    pair.keep_rows(wanted=False)


def sleeping(pair):
    return pair.ask_standby("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") > 0


def conflicts(pair):
    """How many statements replay has cancelled for rows that were removed: counts in views come seconds later."""
    log = (pair.standby.socket_folder / "log").read_text()
    return log.count("User query might have needed to see row versions that must be removed.")


def vacuum(pair):
    """Have rows removed that whoever reads now might see."""
    pair.ask("INSERT INTO gone VALUES (1)", NAME)
    pair.ask("DELETE FROM gone", NAME)
    pair.ask("VACUUM gone", NAME)


async def failures(client):
    """How many reads the primary was asked in place of the standby."""
    page = (await client.get("/metrics")).text
    found = re.search(r'^annals_replica_failures_total\{replica="1"\} (.+)$', page, re.MULTILINE)
    return float(found[1]) if found else 0


async def until_cancelled(pair, before):
    """Have replay cancel what is read."""

    def is_cancelled():
        vacuum(pair)
        return conflicts(pair) > before

    await until(lambda: asyncio.to_thread(is_cancelled))


@pytest.mark.parametrize(
    "path", ["/v1/events/e", "/v1/events", "/v1/events?count=exact&facets=type", "/v1/search?q=e"]
)
async def test_the_primary_answers_in_place_of_a_standby_that_cancels(
    pair, database_url, client_at, slow, path
):
    pair.keep_rows(wanted=False)
    async with client_at(database_url, read_database_url=pair.standby_url(NAME)) as client:
        slow("e", SLEEP_SECONDS)
        before, failed = conflicts(pair), await failures(client)
        asking = asyncio.ensure_future(client.get(path))
        await until(lambda: asyncio.to_thread(sleeping, pair))
        await until_cancelled(pair, before)
        answer = await asking
        assert (answer.status_code, '"E"' in answer.text) == (200, True), answer.text
        assert await failures(client) == failed + 1
        # What was cancelled is one read.
        slow("none", 0)
        assert (await client.get("/v1/actors")).headers["age"] == "0"


async def lines_of(client, first):
    """Read an export; `first` is set once some of it is there."""
    lines = b""
    async with client.stream("GET", "/v1/export", headers={"Accept-Encoding": "identity"}) as answer:
        assert answer.status_code == 200
        async for some in answer.aiter_raw():
            lines += some
            first.set()
    return answer.headers, [orjson.loads(line)["id"] for line in lines.splitlines()]


@pytest.fixture
def service(pair, database_url):
    """The address of a service on a socket, over which an export is sent as it is read."""
    settings = Settings(database_url=database_url, read_database_url=pair.standby_url(NAME))
    with listening(create_app(settings)) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("slow_record", ["a", "e"])
async def test_an_export_that_is_cancelled_all_the_same(pair, service, slow, slow_record):
    """As it is where the standby no longer tells the primary what it reads: begun it is broken off, else read anew."""
    pair.keep_rows(wanted=True)
    slow(slow_record, SLEEP_SECONDS)
    before, first = conflicts(pair), asyncio.Event()
    async with httpx.AsyncClient(base_url=service, timeout=60) as client:
        exporting = asyncio.ensure_future(lines_of(client, first))
        await until(lambda: asyncio.to_thread(sleeping, pair))
        if slow_record == "e":
            await until(first.is_set)
        pair.keep_rows(wanted=False)
        await until_cancelled(pair, before)
        if slow_record == "e":
            with pytest.raises(httpx.RemoteProtocolError):
                await exporting
        else:
            headers, ids = await exporting
            assert (ids, "age" in headers) == (["a", "e"], False)
            assert headers["annals-version"] == pair.ask("SELECT version_tag FROM database", NAME)


async def test_an_export_whose_rows_are_kept_is_not_cancelled(pair, service, slow):
    pair.keep_rows(wanted=True)
    slow("e", 2)
    before = conflicts(pair)
    async with httpx.AsyncClient(base_url=service, timeout=60) as client:
        exporting = asyncio.ensure_future(lines_of(client, asyncio.Event()))
        await until(lambda: asyncio.to_thread(sleeping, pair))
        await asyncio.to_thread(vacuum, pair)
        headers, ids = await exporting
        assert (ids, "age" in headers) == (["a", "e"], True)
    assert conflicts(pair) == before
