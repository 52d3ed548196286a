"""Several hosts in one address: the one that takes writes is found, wherever it stands, and one that is gone holds nobody up."""

import asyncio
import itertools
from contextlib import contextmanager

import psycopg
import pytest
from proxying import proxy
from replicating import plain
from serving import free_port
from sqlalchemy import make_url, text
from waiting import HANG_SECONDS, until

from app.database.api_keys import create_key
from app.database.engine.postgres_liveness import Liveness
from app.database_url import host_alternatives
from app.maintenance.migrate import prepare

pytestmark = pytest.mark.anyio

NUMBERS = itertools.count(1)


@pytest.fixture
def name(pair, database_at):
    """The name of a database with tables and terms, on the primary and its standby."""
    name = f"several_{next(NUMBERS)}"
    pair.ask(f"CREATE DATABASE {name}")
    with database_at(pair.url(name)) as database:
        prepare(database, pair.url(name))
    pair.follow()
    yield name
    pair.ask(f"DROP DATABASE {name} WITH (FORCE)")
    pair.follow()


def several(pair, name, hosts, **query):
    """The address of a database at several hosts, given as pairs of a host or folder and a port."""
    url = make_url(pair.url(name)).update_query_dict(
        {"host": ",".join(host for host, _ in hosts), "port": ",".join(map(str, [port for _, port in hosts]))}
    )
    return url.update_query_dict(query).render_as_string(hide_password=False)


def folders(pair):
    """Where the primary and the standby are."""
    return [(str(socket.parent), 5432) for socket in pair.sockets]


@pytest.mark.parametrize(
    "query", [{}, {"target_session_attrs": "read-write"}, {"target_session_attrs": "primary"}]
)
@pytest.mark.parametrize("nobody", [False, True])
async def test_the_one_that_takes_writes_is_found(pair, name, client_at, database_at, query, nobody):
    primary, standby = folders(pair)
    hosts = [standby, *([("/nowhere", 5432), ("127.0.0.1", free_port())] if nobody else []), primary]
    url = several(pair, name, hosts, **query)
    with database_at(url) as database:
        token, _ = database.write_now(lambda tx: create_key(tx, "me", ["admin"]))
    async with client_at(url) as client:
        sent = {"json": {"title": "E"}, "headers": {"Authorization": f"Bearer {token}"}}
        assert (await client.post("/v1/events", **sent)).status_code == 201
        assert len((await client.get("/v1/events")).json()["items"]) == 1
        assert (await client.get("/readyz")).status_code == 200


def test_any_is_the_first_that_answers_where_it_is_asked_for(pair, name, database_at):
    _, standby = folders(pair)
    hosts = [("/nowhere", 5432), standby]
    with (
        database_at(several(pair, name, hosts, target_session_attrs="any")) as database,
        database.snapshot() as connection,
    ):
        assert connection.execute(text("SELECT pg_is_in_recovery()")).scalar_one()


@contextmanager
def torn(socket):
    with proxy(socket) as between:
        between.tear()
        yield between.port


async def test_a_host_that_is_silent_holds_nobody_up(pair, name):
    """All are asked at once, and the answer of the one that is wanted ends the search."""
    primary, standby = folders(pair)
    with torn(pair.sockets[0]) as port:
        url = several(pair, name, [("127.0.0.1", port), standby, primary], target_session_attrs="read-write")
        liveness = Liveness(host_alternatives(make_url(url)), 10 * HANG_SECONDS)
        try:
            async with asyncio.timeout(HANG_SECONDS):
                assert await asyncio.to_thread(liveness.find_host, 10 * HANG_SECONDS) == 2
        finally:
            liveness.close()


async def all_is_well(client):
    return {(await client.get(path)).status_code for path in ("/v1/events", "/readyz")} == {200}


@pytest.mark.slow
async def test_a_machine_that_is_given_up_is_left_for_another(pair, name, client_at):
    """Nor is any connection waited for that was idle when the network was torn."""
    primary, _ = folders(pair)
    with proxy(pair.sockets[0]) as between:
        url = several(pair, name, [("127.0.0.1", between.port), primary], target_session_attrs="any")
        async with client_at(url, database_timeout_seconds=2) as client:
            assert (await client.get("/v1/events")).status_code == 200
            assert (await client.get("/readyz")).status_code == 200
            between.tear()
            await until(lambda: all_is_well(client))
            statuses = [(await client.get(f"/v1/events?limit={limit}")).status_code for limit in range(1, 9)]
            assert statuses == [200] * 8


@pytest.mark.slow
def test_commands_find_it_too(pair, name, annals, tmp_path):
    url = several(pair, name, folders(pair)[::-1])
    assert annals("migrate", url=url).code == 0
    assert annals("seed", url=url).code == 0
    assert annals("backup", tmp_path / "all", url=url).code == 0
    assert annals("restore", "--yes", tmp_path / "all", url=url).code == 0
    report = annals("doctor", "--json", url=url).json
    assert report["vitals"]["settings"]["host"] == ":".join(map(str, folders(pair)[0]))


def test_without_the_one_that_takes_writes_nothing_is_done(pair, name, annals):
    """Only the standby is there: what needs the primary says so, and changes nothing."""
    _, standby = folders(pair)
    refused = annals("migrate", url=several(pair, name, [standby, ("/nowhere", 5432)]))
    assert (refused.code, "cannot be reached" in refused.err) == (1, True)
    with psycopg.connect(plain(pair.url(name))) as connection:
        assert connection.execute("SELECT count(*) FROM database").fetchone() == (1,)
