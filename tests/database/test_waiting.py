"""Nobody waits for a database without end: what cannot be had within the time that is set is 503."""

import asyncio
import os
import signal
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psycopg
import pytest
from pooling import bouncer
from proxying import proxy
from replicating import address, own_server, plain, through
from sqlalchemy import make_url, text
from waiting import HANG_SECONDS

from app.database.api_keys import create_key
from app.database.engine.database import Database
from app.maintenance.migrate import prepare

pytestmark = pytest.mark.anyio

SECONDS = 2
"""Far more than a bounded wait takes on a machine that is busy, and far less than one that is not bounded."""

READS = [
    "/v1/events",
    "/v1/events/e",
    "/v1/events?count=exact&facets=type",
    "/v1/search?q=e",
    "/v1/changes",
    "/readyz",
]
READS += ["/v1/export"]
LINE = b'{"kind":"event","id":"late","title":"Late"}\n'


@pytest.fixture(scope="module")
def own():
    """A Postgres for this file alone, which it may stop in its tracks."""
    with own_server("annals-waited-for-", "fsync = off\nmax_connections = 100\n") as one:
        yield one


@pytest.fixture(scope="module")
def template(own, database_at):
    """The name of a database with tables and terms, to be copied."""
    name = "template_of_waiting"
    administer(own, f"CREATE DATABASE {name}")
    with database_at(address(own.get_uri(), name)) as database:
        prepare(database, address(own.get_uri(), name))
    return name


@pytest.fixture
def own_url(own, template):
    """The address of a database with tables and terms."""
    administer(own, "DROP DATABASE IF EXISTS waited_for WITH (FORCE)")
    administer(own, f"CREATE DATABASE waited_for TEMPLATE {template} STRATEGY FILE_COPY")
    return address(own.get_uri(), "waited_for")


def administer(server, statement):
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture
def headers(own_url, database_at):
    with database_at(own_url) as database:
        token, _ = database.write_now(lambda tx: create_key(tx, "me", ["admin"]))
    return {"Authorization": f"Bearer {token}"}


def processes(server):
    """The server's processes, the parent first."""
    parent = int((server.pgdata / "postmaster.pid").read_text().splitlines()[0])
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [parent, *map(int, children)]


@contextmanager
def stopped(server):
    """Stop a server in its tracks: its connections stay open, and nobody answers on them."""
    for process in processes(server):
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes(server):
            os.kill(process, signal.SIGCONT)


@contextmanager
def torn(between):
    between.tear()
    try:
        yield
    finally:
        between.mend()


@asynccontextmanager
async def within_reach(client):
    """Wait at the end until everything is answered again."""
    yield
    async with asyncio.timeout(HANG_SECONDS):
        while True:
            answers = await asyncio.gather(*(client.get(path) for path in READS))
            if {answer.status_code for answer in answers} == {200}:
                return


def create(client, headers):
    return client.post("/v1/events", json={"title": "W"}, headers=headers)


def writes(client, headers, number):
    return [
        create(client, headers),
        client.put("/v1/events/e", json={"title": f"{number}"}, headers=headers | {"If-Match": "*"}),
        client.post("/v1/imports", content=LINE, headers=headers | {"Content-Type": "application/x-ndjson"}),
    ]


async def answers_while(client, headers, silence):
    """Ask everything there is while nobody answers; give the answers."""
    assert (
        await client.post("/v1/events", json={"id": "e", "title": "E"}, headers=headers)
    ).status_code == 201
    for path in READS:
        assert (await client.get(path, headers=headers)).status_code == 200
    found = []
    async with within_reach(client):
        with silence:
            for number in range(2):
                asked = [client.get(path, headers=headers) for path in READS]
                asked += writes(client, headers, number)
                async with asyncio.timeout(HANG_SECONDS):
                    found += await asyncio.gather(*asked)
    return found


def assert_unavailable(answers):
    for answer in answers:
        assert answer.status_code == 503, (answer.request.url, answer.text)
        assert answer.headers["retry-after"].isdecimal(), answer.request.url


@pytest.mark.slow
async def test_a_server_that_neither_answers_nor_refuses(own, own_url, headers, client_at):
    async with client_at(own_url, database_timeout_seconds=SECONDS) as client:
        assert_unavailable(await answers_while(client, headers, stopped(own)))


@pytest.mark.slow
async def test_a_network_that_swallows_what_is_sent(own, own_url, headers, client_at):
    socket = Path(str(make_url(own.get_uri()).query["host"])) / ".s.PGSQL.5432"
    with proxy(socket) as between:
        url = through(between.port, own_url)
        async with client_at(url, database_timeout_seconds=SECONDS) as client:
            assert_unavailable(await answers_while(client, headers, torn(between)))


@pytest.mark.slow
async def test_a_replica_that_neither_answers_nor_refuses_is_stood_in_for(own, own_url, headers, client_at):
    socket = Path(str(make_url(own.get_uri()).query["host"])) / ".s.PGSQL.5432"
    with proxy(socket) as between:
        async with client_at(
            own_url, read_database_url=through(between.port, own_url), database_timeout_seconds=SECONDS
        ) as client:
            found = await answers_while(client, headers, torn(between))
    assert {answer.status_code for answer in found} <= {200, 201, 409}, [answer.text for answer in found]


@pytest.mark.slow
async def test_a_long_question_is_no_silence(own_url, headers):
    """Whoever works longer than the time that is set goes on, as long as the server answers others."""
    del headers
    database = Database.open(own_url, wait_seconds=1)
    try:

        def work(tx):
            return tx.execute(text("SELECT 7 FROM pg_sleep(2.5)")).scalar_one()

        assert await asyncio.to_thread(database.write_now, work) == 7
    finally:
        await database.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "held", ["LOCK TABLE record IN EXCLUSIVE MODE", "LOCK TABLE record IN ACCESS EXCLUSIVE MODE"]
)
async def test_locks_held_by_others_end_a_write(own_url, headers, client_at, held):
    async with client_at(own_url, database_timeout_seconds=1, database_pool_size=2) as client:
        assert (await client.get("/v1/events")).status_code == 200
        with psycopg.connect(plain(own_url)) as other:
            other.execute(held)
            # More than there are connections: those that wait for one have waited long enough as well.
            asked = [create(client, headers) for _ in range(3)]
            asked += [client.get("/v1/events?limit=7")] if "ACCESS" in held else []
            async with asyncio.timeout(HANG_SECONDS):
                found = await asyncio.gather(*asked)
            assert_unavailable(found)
        answer = await client.post("/v1/events", json={"title": "W"}, headers=headers)
        assert answer.status_code == 201
        assert len((await client.get("/v1/events")).json()["items"]) == 1


def backends(server):
    """The processes that serve the database."""
    with psycopg.connect(server.get_uri()) as connection:
        asked = "SELECT pid FROM pg_stat_activity WHERE datname = 'waited_for'"
        return {pid for (pid,) in connection.execute(asked)}


async def test_a_server_that_takes_no_writes_any_more_has_every_connection_closed(
    own, own_url, headers, client_at
):
    """Reads as well: what was the primary answers as a standby does, late."""
    async with client_at(own_url) as client:
        assert (await create(client, headers)).status_code == 201
        assert (await client.get("/v1/events")).status_code == 200
        before = backends(own)
        administer(own, "ALTER SYSTEM SET default_transaction_read_only = on")
        administer(own, "SELECT pg_reload_conf()")
        try:
            async with asyncio.timeout(HANG_SECONDS):
                while (refused := await create(client, headers)).status_code == 201:
                    pass
            assert (refused.status_code, refused.json()["code"]) == (503, "read_only")
            assert_unavailable([refused])
        finally:
            administer(own, "ALTER SYSTEM RESET default_transaction_read_only")
            administer(own, "SELECT pg_reload_conf()")
        async with asyncio.timeout(HANG_SECONDS):
            while (await create(client, headers)).status_code != 201:
                pass
        assert {(await client.get(path)).status_code for path in ("/v1/events?limit=9", "/readyz")} == {200}
        assert before & backends(own) == set()


@pytest.mark.slow
@pytest.mark.parametrize("recognised", [True, False])
@pytest.mark.parametrize("mode", ["transaction", "session"])
async def test_a_pooler_that_lends_sessions(own, own_url, headers, client_at, mode, recognised):
    # In session mode each connection keeps one of the server's.
    with bouncer(own, mode, sessions=3 if mode == "transaction" else 60) as port:
        url = through(port, own_url)
        settings = {"database_prepare": recognised, "direct_database_url": own_url}
        async with client_at(url, read_database_url=url, **settings) as client:
            asked = [client.get(path, headers=headers) for path in READS * 8]
            asked += [create(client, headers) for _ in range(20)]
            found = await asyncio.gather(*asked)
            assert {answer.status_code for answer in found} <= {200, 201, 404}
            lines = b"".join(b'{"kind":"event","id":"i-%d","title":"I"}\n' % n for n in range(300))
            report = await client.post(
                "/v1/imports", content=lines, headers=headers | {"Content-Type": "application/x-ndjson"}
            )
            assert report.json()["created"] == 300
            pages = await asyncio.gather(
                *(client.get(f"/v1/events?limit={n}&count=exact") for n in range(1, 40))
            )
            assert [len(page.json()["items"]) for page in pages] == list(range(1, 40))
            assert {page.json()["count"] for page in pages} == {320}
        # Nothing of what one session was told is left for whoever has it next.
        with psycopg.connect(plain(url), prepare_threshold=None) as connection:
            assert connection.execute("SHOW default_transaction_read_only").fetchone() == ("off",)
            assert connection.execute("SHOW lock_timeout").fetchone() == ("0",)
            assert connection.execute("SHOW statement_timeout").fetchone() == ("0",)
            assert connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)


@pytest.mark.slow
async def test_locks_are_waited_for_no_longer_behind_a_pooler(own, own_url, headers, client_at):
    with bouncer(own, "transaction", sessions=5) as port:
        async with client_at(through(port, own_url), database_timeout_seconds=1) as client:
            with psycopg.connect(plain(own_url)) as other:
                other.execute("LOCK TABLE record IN EXCLUSIVE MODE")
                async with asyncio.timeout(HANG_SECONDS):
                    assert_unavailable([await create(client, headers)])
            assert (await create(client, headers)).status_code == 201
