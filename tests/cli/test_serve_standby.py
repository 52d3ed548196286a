"""`annals serve --read-only` on a hot standby whose primary is gone."""

import httpx
import pytest
from replicating import started_pair
from waiting import HANG_SECONDS, until

from app.database import migrations
from app.database.api_keys import create_key
from app.maintenance.migrate import prepare

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),  # the fixtures' own is not used
]

READS = [
    "/v1/events/seen",
    "/v1/events?count=exact&facets=type",
    "/v1/search?q=seen",
    "/v1/timeline",
    "/v1/changes",
    "/v1/export",
    "/v1/events/seen/revisions/1",
    "/explore",
    "/explore/events/seen",
    "/metrics",
    "/livez",
    "/readyz",
    "/readyz?for=read",
]

WRITES = [
    ("POST", "/v1/events", {"title": "E"}),
    ("PUT", "/v1/events/seen", {"title": "E"}),
    ("PATCH", "/v1/events/seen", {"title": "E"}),
    ("DELETE", "/v1/events/seen", None),
    ("POST", "/v1/merges", {"from": "events/seen", "into": "events/other"}),
    ("POST", "/v1/vocabularies/event-type", {"id": "t", "label": "T"}),
    ("POST", "/v1/imports", {"kind": "event", "title": "E"}),
]


@pytest.fixture(scope="module")
def pair():
    """A primary and a standby for this file alone, one of which is to be lost."""
    with started_pair() as one:
        yield one


@pytest.fixture(scope="module")
async def headers(anyio_backend, pair, client_at, database_at):  # noqa: ARG001 - tells anyio to run it, for tests that are not async too
    """Stop the primary, and leave a standby that has received a write which it has not replayed; gives a key.

    There is a database `older` too, of an earlier schema.
    """
    for name in ("older", "standing"):
        pair.ask(f"CREATE DATABASE {name}")
        with database_at(pair.url(name)) as database:
            prepare(database, pair.url(name))
            token, _ = database.write_now(lambda tx: create_key(tx, "editor", ("admin",)))
            if name == "older":
                migrations.migrate(database, pair.url(name), "-1")
    headers = {"Authorization": f"Bearer {token}"}

    async def write(client, name):
        sent = {"id": name, "title": name}
        assert (await client.post("/v1/events", json=sent, headers=headers)).status_code == 201

    async with client_at(pair.url("standing")) as client:
        await write(client, "seen")
        pair.follow()
        pair.pause()
        await write(client, "unseen")
    written = pair.ask("SELECT pg_current_wal_lsn()")
    pair.wait_for_standby(f"SELECT pg_last_wal_receive_lsn() >= '{written}'")
    pair.stop_primary()
    return headers


async def assert_reads_alone(client, headers):
    for sent in ({}, headers):
        found = {path: (await client.get(path, headers=sent)).status_code for path in READS}
        assert found == dict.fromkeys(READS, 200)
    for method, path, body in WRITES:
        answer = await client.request(method, path, json=body, headers=headers | {"If-Match": "*"})
        assert (answer.status_code, answer.json()["code"]) == (503, "read_only"), (path, answer.text)
        assert answer.headers["retry-after"].isdecimal()
    assert (await client.get("/readyz?for=write")).status_code == 503
    told = (await client.get("/readyz")).json()
    pools = {pool["name"]: pool["ready"] for pool in told["pools"]}
    assert (told["writes"], pools) == (False, {"reading": True, "snapshots": True, "writing": False})


async def test_it_reads_and_does_not_write(pair, headers, server):
    """While the standby is paused, and once it goes on."""
    one = server("--read-only", url=pair.standby_url("standing"), workers=2)

    async def status(name):
        return (await client.get(f"/v1/events/{name}")).status_code

    async def has_gone_on():
        return await status("unseen") == 200

    async with httpx.AsyncClient(base_url=one.url, timeout=30) as client:
        await assert_reads_alone(client, headers)
        assert (await status("seen"), await status("unseen")) == (200, 404)
        pair.ask_standby("SELECT pg_wal_replay_resume()")
        await until(has_gone_on)
        await assert_reads_alone(client, headers)


@pytest.mark.usefixtures("headers")
async def test_it_refuses_to_start_on_an_older_schema(pair, server):
    found = pair.ask_standby("SELECT version_num FROM alembic_version", "older")
    one = server("--read-only", url=pair.standby_url("older"), wait=False)
    assert one.process.wait(HANG_SECONDS) == 1
    told = one.log.read_text()
    assert (
        f"Nothing can be served read-only. The schema is at version {found}, behind {migrations.head()}."
        in told
    )
    assert "Traceback" not in told
