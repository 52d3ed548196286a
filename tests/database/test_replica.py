"""A standby that answers reads and lags: nothing is decided by what it says, and nothing it says passes for newer."""

import asyncio
import itertools

import httpx
import pytest
from documented import Documented
from proxying import proxy
from replicating import through
from sqlalchemy import text
from waiting import until

from app.database.api_keys import create_key, revoke_key
from app.database.engine.database import Database
from app.database.engine.statement import CompiledStatement
from app.imports.documents import ImportFile
from app.imports.readers import read
from app.imports.report import Options
from app.imports.service import import_documents
from app.records.vocabulary import Term
from app.vocabularies.service import begin_change, create_term

pytestmark = pytest.mark.anyio

NDJSON = {"Content-Type": "application/x-ndjson"}
LINES = b'{"kind":"actor","id":"a","title":"A"}\n{"kind":"event","id":"e","title":"E","participants":[{"actor":"actors/a"}]}\n'


@pytest.fixture(scope="module")
def template(pair, database_at):
    """The name of a database with tables and terms, to be copied."""
    from app.maintenance.migrate import prepare

    name = "replicated"
    pair.ask(f"CREATE DATABASE {name}")
    with database_at(pair.url(name)) as database:
        prepare(database, pair.url(name))
    yield name
    pair.ask(f"DROP DATABASE {name} WITH (FORCE)")


NUMBERS = itertools.count(1)


@pytest.fixture
def name(pair, template):
    """The name of a database for this test alone, which the standby knows as well."""
    name = f"{template}_{next(NUMBERS)}"
    pair.ask(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    pair.follow()
    yield name
    pair.ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    pair.follow()


@pytest.fixture
def make_key(pair, name, database_at):
    def make(*scopes):
        with database_at(pair.url(name)) as database:
            token, _ = database.write_now(lambda tx: create_key(tx, f"of {scopes}", scopes))
        return {"Authorization": f"Bearer {token}"}

    return make


@pytest.fixture
async def reader(pair, name, client_at):
    """A client of an application that reads from the standby, and writes to the primary."""
    async with client_at(pair.url(name), read_database_url=pair.standby_url(name)) as client:
        yield client


@pytest.fixture
async def stranger(reader):
    """A client of the same application at another address, who has written nothing."""
    async with client_from("192.0.2.7", reader) as client:
        yield client


def client_from(address, reader):
    """Make a client of the same application at an address."""
    transport = Documented(httpx.ASGITransport(app=reader.app, client=(address, 1)))
    return httpx.AsyncClient(transport=transport, base_url="http://testserver")


async def titles(client, path="/v1/events", **headers):
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


@pytest.mark.slow
async def test_imports_write_what_the_standby_has_not_seen(reader, stranger, pair, make_key):
    headers = make_key("write") | NDJSON
    pair.pause()
    report = (await reader.post("/v1/imports", content=LINES, headers=headers)).json()
    assert (report["created"], report["unchanged"], report["failed"]) == (2, 0, 0)
    assert await titles(stranger) == []
    report = (await reader.post("/v1/imports", content=LINES, headers=headers)).json()
    assert (report["created"], report["unchanged"], report["failed"]) == (0, 2, 0)
    pair.follow()
    assert await titles(stranger) == ["E"]


async def test_keys_are_those_of_the_primary(reader, pair, name, make_key, database_at):
    headers = make_key("write")
    assert (await reader.get("/v1/events", headers=headers)).status_code == 200
    pair.pause()
    later = make_key("read")
    assert (await reader.get("/v1/events/none", headers=later)).status_code == 404
    with database_at(pair.url(name)) as database:
        database.write_now(lambda tx: revoke_key(tx, headers["Authorization"].removeprefix("Bearer ")))
    assert (await reader.post("/v1/events", json={"title": "E"}, headers=headers)).status_code == 401
    assert (await reader.get("/v1/changes", headers=headers)).status_code == 401


async def test_writes_are_decided_by_the_primary(reader, pair, make_key):
    """A term that was added, a request that was answered, a revision, a merge, and what refers to a record."""
    headers = make_key("admin")
    pair.pause()
    term = {"id": "moon-landing", "label": "Moon landing"}
    assert (await reader.post("/v1/vocabularies/event-type", json=term, headers=headers)).status_code == 201
    sent = {"title": "E", "id": "e", "type": "moon-landing"}
    once = headers | {"Idempotency-Key": "once"}
    first = await reader.post("/v1/events", json=sent, headers=once)
    again = await reader.post("/v1/events", json=sent, headers=once)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotency-replayed"] == "true"
    stale = await reader.patch(
        "/v1/events/e",
        json={"title": "F"},
        headers=headers | {"If-Match": '"7"', "Content-Type": "application/merge-patch+json"},
    )
    assert (stale.status_code, stale.headers["etag"]) == (412, first.headers["etag"])
    for one in ("x", "y"):
        assert (
            await reader.post("/v1/actors", json={"title": one, "id": one}, headers=headers)
        ).status_code == 201
    merged = await reader.post("/v1/merges", json={"from": "actors/x", "into": "actors/y"}, headers=headers)
    assert merged.status_code == 201, merged.text
    refused = await reader.post(
        "/v1/events", json={"title": "G", "participants": [{"actor": "actors/none"}]}, headers=headers
    )
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "unknown_reference")
    assert (await reader.get("/readyz")).status_code == 200


async def test_what_is_answered_has_the_tag_of_its_own_state(reader, stranger, pair, make_key):
    headers = make_key("write")
    pair.pause()
    before = await stranger.get("/v1/events")
    await reader.post("/v1/events", json={"title": "E"}, headers=headers)
    assert await titles(stranger) == []
    unchanged = await stranger.get("/v1/events", headers={"If-None-Match": before.headers["etag"]})
    assert unchanged.status_code == 304
    pair.follow()
    assert await titles(stranger, **{"If-None-Match": before.headers["etag"]}) == ["E"]


PATHS = [
    "/v1/events",
    "/v1/events?count=exact&facets=type",
    "/v1/events?participant=actors/a",
    "/v1/events?format=csv",
    "/v1/events?format=ics&limit=50",
    "/v1/events?q=e",
    "/v1/search?q=e",
    "/v1/suggest?q=e",
    "/v1/changes",
    "/v1/timeline?bucket=year",
    "/v1/graph?around=actors/a",
    "/v1/graph?around=actors/a&format=graphml",
    "/v1/actors/a?include=incoming",
    "/v1/actors/a/revisions",
    "/v1/actors/a/evidence",
    "/v1/coverage",
    "/v1/coverage/statements?kind=event",
    "/v1/vocabularies/event-type",
]


@pytest.fixture(scope="module")
def half_seen(pair, template, database_at):
    """The name of a database that the primary and the standby hold in two states, both with records."""
    name = f"{template}_half_seen"
    pair.ask(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    with database_at(pair.url(name)) as database:
        import_lines(database, LINES)
        pair.follow()
        pair.pause()
        import_lines(database, LINES.replace(b'"E"', b'"Eve"').replace(b'"A"', b'"Ada"'))
        with database.transaction() as tx:
            begin_change(tx)
            create_term(tx, "event-type", Term(id="moon-landing", label="Moon landing"))
    yield name
    pair.ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    pair.follow()


def import_lines(database, lines):
    report = import_documents(database, [ImportFile("in", lambda: read("ndjson", [lines]))], Options("me"))
    assert not report.counts.faults


ADDRESSES = (f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in itertools.count(1))


class EachAsAnother(httpx.AsyncBaseTransport):
    """Sends each request as one of a client who has read nothing before: who has is answered from no older state."""

    def __init__(self, app):
        self.app = app

    async def handle_async_request(self, request):
        return await httpx.ASGITransport(app=self.app, client=(next(ADDRESSES), 1)).handle_async_request(
            request
        )


@pytest.mark.slow
async def test_hosts_that_lag_differently_are_never_mixed(pair, half_seen, client_at):
    """Reads go to one of two hosts, as the connection has it: no tag stands for what the other of them has."""
    bodies = {path: {} for path in PATHS}
    with proxy(*pair.sockets) as between:
        both = through(between.port, pair.url(half_seen))
        async with (
            client_at(pair.url(half_seen), read_database_url=both, replica_max_lag=3600) as one,
            httpx.AsyncClient(
                transport=Documented(EachAsAnother(one.app)), base_url="http://testserver"
            ) as client,
        ):
            for path, found in bodies.items():
                for asked in range(30):
                    for answer in await asyncio.gather(*(client.get(path) for _ in range(8))):
                        assert answer.status_code == 200, answer.text
                        found.setdefault(answer.headers["etag"], set()).add(answer.content)
                    # Which host a connection leads to is chance.
                    if asked >= 2 and len(found) > 1:
                        break
    counts = {path: sorted(map(len, found.values())) for path, found in bodies.items()}
    assert counts == {path: [1, 1] for path in PATHS}


async def age(client, path="/v1/events", **headers):
    found = (await client.get(path, headers=headers)).headers.get("age")
    return None if found is None else int(found)


async def wait_for_age(wanted, client, path="/v1/events", **headers):
    async def is_wanted():
        return wanted(await age(client, path, **headers))

    await until(is_wanted)


@pytest.mark.slow
async def test_age_tells_since_when_writes_may_be_missing(reader, stranger, pair, make_key):
    headers = make_key("write")
    assert "age" not in (await stranger.get("/livez")).headers
    assert "age" not in (await stranger.get("/v1")).headers
    # While nothing is written the standby is level with the primary, however long that lasts.
    await asyncio.sleep(2)
    assert [await age(stranger) for _ in range(20)] == [0] * 20
    pair.pause()
    assert (await reader.post("/v1/events", json={"title": "E"}, headers=headers)).status_code == 201
    await wait_for_age(lambda found: found >= 2, stranger)
    answer = await stranger.get("/v1/events")
    unchanged = await stranger.get("/v1/events", headers={"If-None-Match": answer.headers["etag"]})
    assert (unchanged.status_code, int(unchanged.headers["age"]) >= 2) == (304, True)
    missing = await stranger.get("/v1/events/e")
    assert (missing.status_code, int(missing.headers["age"]) >= 2) == (404, True)
    pair.follow()
    await wait_for_age(lambda found: found == 0, stranger)


@pytest.mark.slow
async def test_an_export_is_read_where_replay_cannot_cancel_it(reader, stranger, pair, make_key):
    headers = make_key("write")
    pair.pause()
    written = await reader.post("/v1/events", json={"title": "E"}, headers=headers)
    assert written.status_code == 201
    export = await stranger.get("/v1/export")
    assert ("age" in export.headers, export.text.count("\n")) == (False, 1)
    assert export.headers["annals-version"] == written.headers["annals-version"]
    later = await stranger.get("/v1/export", headers={"Annals-Min-Version": "7.1-00"})
    assert (later.status_code, later.json()["code"]) == (503, "version_not_reached")
    pair.keep_rows(wanted=True)
    try:
        async with client_from("192.0.2.8", reader) as other:
            export = await other.get("/v1/export")
        assert ("age" in export.headers, export.text) == (True, "")
        # Who has been given the newer state by the primary is not taken back to the older one.
        export = await stranger.get("/v1/export")
        assert ("age" in export.headers, export.text.count("\n")) == (False, 1)
    finally:
        pair.keep_rows(wanted=False)


async def test_a_primary_that_answers_reads_has_no_age(pair, name, client_at):
    async with client_at(pair.url(name)) as client:
        assert "age" not in (await client.get("/v1/events")).headers


@pytest.mark.slow
@pytest.mark.parametrize("absent", ["server", "database"])
async def test_what_the_replica_cannot_answer_the_primary_does(pair, name, client_at, absent, tmp_path):
    nowhere = {
        "server": pair.standby_url(name).replace(
            str(pair.standby.socket_folder).replace("/", "%2F"), str(tmp_path)
        ),
        "database": pair.standby_url("nothing"),
    }
    async with client_at(
        pair.url(name), read_database_url=nowhere[absent], database_timeout_seconds=2
    ) as client:
        for path in ("/v1/events", "/v1/search?q=e", "/v1/export", "/v1/changes", "/readyz"):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers.get("age")) == (200, None), path


async def test_a_question_that_replay_cancels_is_asked_of_the_primary(pair, name, database_between):
    """`canceling statement due to conflict with recovery`: the standby had to go on."""
    slow = CompiledStatement(
        text("SELECT pg_is_in_recovery(), count(*) FROM tag, pg_sleep(5) WHERE pg_is_in_recovery()")
    )
    quick = CompiledStatement(text("SELECT pg_is_in_recovery()"))
    asked = []

    async def work(reading):
        asked.append((await reading.fetch(quick, {}))[0][0])
        if asked[-1]:
            await reading.fetch(slow, {})
        return asked[-1]

    answering = asyncio.ensure_future(database_between.answer(work))
    await asyncio.to_thread(
        pair.wait_for_standby, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    )
    # To drop a column locks the table, on the standby as well once it is replayed.
    pair.ask("BEGIN; ALTER TABLE tag ADD COLUMN gone integer; ALTER TABLE tag DROP COLUMN gone; COMMIT", name)
    assert await answering is False
    assert asked == [True, False]


@pytest.fixture
async def database_between(pair, name):
    database = Database.open(pair.url(name), [pair.standby_url(name)])
    yield database
    await database.close()


async def test_a_server_that_takes_no_writes_is_unavailable(pair, name, make_key, client_at):
    headers = make_key("write")
    pair.follow()
    async with client_at(pair.standby_url(name)) as client:
        assert (await client.get("/v1/events")).status_code == 200
        for path, sent in (("events", {"title": "E"}), ("merges", {"from": "actors/x", "into": "actors/y"})):
            refused = await client.post(f"/v1/{path}", json=sent, headers=headers)
            if path == "events":
                assert (refused.status_code, refused.json()["code"]) == (503, "read_only"), refused.text
                assert refused.headers["retry-after"].isdecimal()
        refused = await client.post("/v1/imports", content=LINES, headers=headers | NDJSON)
        assert (refused.status_code, refused.headers["retry-after"].isdecimal()) == (503, True), refused.text
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert "no writes" in ready.json()["reasons"][0]


@pytest.mark.slow
async def test_a_server_that_takes_over_without_the_last_writes_repeats_no_version(
    pair, name, make_key, client_at
):
    """Both histories count to the same number; what was kept or answered of the one is not taken for the other."""
    headers = make_key("write", "admin")
    other, lost = f"{name}_other", f"{name}_lost"
    pair.ask(f"CREATE DATABASE {other} TEMPLATE {name}")

    async def write(client, title):
        term = {"id": f"term-{title.lower()}", "label": title}
        actor = {"id": "a", "title": title}
        event = {"id": "e", "title": title, "participants": [{"actor": "actors/a"}]}
        for path, sent in (("vocabularies/event-type", term), ("actors", actor), ("events", event)):
            answer = await client.post(f"/v1/{path}", json=sent, headers=headers)
            assert answer.status_code == 201, answer.text

    async with client_at(pair.url(other)) as client:
        await write(client, "There")
    async with client_at(pair.url(name)) as client:
        await write(client, "Here")
        before = {path: await client.get(path) for path in PATHS}
        for one, renamed in ((name, lost), (other, name)):
            end_sessions(pair, one)
            pair.ask(f"ALTER DATABASE {one} RENAME TO {renamed}")
        for path, seen in before.items():
            answer = await client.get(path, headers={"If-None-Match": seen.headers["etag"]})
            assert answer.status_code == 200, path
            assert answer.headers["etag"] != seen.headers["etag"], path
            assert "Here" not in answer.text, path
        # What holds under the terms of the one need not under those of the other.
        for term, status in (("term-here", 422), ("term-there", 201)):
            event = {"title": "F", "type": term}
            answer = await client.post("/v1/events", json=event, headers=headers)
            assert answer.status_code == status, answer.text
    pair.ask(f"DROP DATABASE {lost} WITH (FORCE)")


def end_sessions(pair, name):
    pair.ask(f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'")
