"""Two standbys that answer reads: each client is answered from no older state than before, whatever becomes of them."""

import asyncio
import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
from documented import Documented
from proxying import proxy
from replicating import through
from waiting import until

from app.database.api_keys import create_key
from app.database.engine.request_reads import RequestReads
from app.maintenance.doctor import doctor
from app.settings import Settings

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

NUMBERS = itertools.count(1)
ADDRESSES = (f"192.0.2.{number}" for number in itertools.count(1))


@pytest.fixture(scope="module")
def template(pair, second, database_at):
    """The name of a database with tables and terms, to be copied."""
    from app.maintenance.migrate import prepare

    name = "read_by_many"
    second.follow()
    pair.ask(f"CREATE DATABASE {name}")
    with database_at(pair.url(name)) as database:
        prepare(database, pair.url(name))
    yield name
    pair.ask(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def name(pair, second, template):
    """The name of a database for this test alone, which both standbys know."""
    name = f"{template}_{next(NUMBERS)}"
    pair.ask(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    pair.follow()
    second.follow()
    yield name
    pair.ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    pair.follow()
    second.follow()


@pytest.fixture
def headers(pair, name, database_at):
    with database_at(pair.url(name)) as database:
        token, _ = database.write_now(lambda tx: create_key(tx, "writer", ("read", "write")))
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def service(pair, second, name, client_at):
    """A client of an application that reads from both; `client.app` is that."""
    both = f"{pair.standby_url(name)}, {second.standby_url(name)}"
    async with client_at(pair.url(name), read_database_url=both, replica_max_lag=2) as client:
        yield client


def client_from(app, address):
    transport = Documented(httpx.ASGITransport(app=app, client=(address, 1)))
    return httpx.AsyncClient(transport=transport, base_url="http://testserver")


@pytest.fixture
async def strangers(service):
    """Clients at addresses of their own, among whom both standbys are read from."""
    clients = [client_from(service.app, next(ADDRESSES)) for _ in range(8)]
    yield clients
    for one in clients:
        await one.aclose()


async def write(service, headers, number):
    answer = await service.post("/v1/events", json={"id": f"e-{number}", "title": "E"}, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.headers["annals-version"]


def order(version):
    return int(version.partition("-")[0].rpartition(".")[2])


@pytest.mark.parametrize("delay", [0, 0.1, 0.5])
async def test_what_was_written_is_read(service, strangers, pair, second, headers, delay):
    """By whoever wrote it, with the key or at the same address; by others who are told the version."""
    pair.delay(delay)
    second.delay(delay / 2)
    others = itertools.cycle(strangers)
    for number in range(12):
        version = await write(service, headers, number)
        path = f"/v1/events/e-{number}"
        answers = await asyncio.gather(
            next(others).get(path, headers=headers),
            service.get(path),
            next(others).get(path, headers={"Annals-Min-Version": version}),
            next(others).get(path, headers={"Prefer": "consistency=latest"}),
        )
        assert [answer.status_code for answer in answers] == [200] * 4, (number, delay)
        assert all(order(answer.headers["annals-version"]) >= order(version) for answer in answers)


@pytest.mark.parametrize("states", ["delayed", "paused"])
async def test_nobody_goes_back_in_time(service, strangers, pair, second, headers, states):
    pair.delay(0.05)
    if states == "delayed":
        second.delay(0.4)
    else:
        second.pause()

    async def read(client):
        found = [0]
        for _ in range(40):
            answer = await client.get("/v1/events")
            assert answer.status_code == 200, answer.text
            found.append(order(answer.headers["annals-version"]))
            await asyncio.sleep(0.01)
        assert found == sorted(found)
        return "age" in answer.headers

    async def write_on():
        for number in itertools.count():
            await write(service, headers, number)

    writing = asyncio.ensure_future(write_on())
    try:
        by_replica = await asyncio.gather(*map(read, strangers))
    finally:
        writing.cancel()
    assert any(by_replica), "nobody was answered by a standby"


async def test_a_wait_for_a_replica_that_stands_still_ends_at_the_primary(
    service, strangers, pair, second, headers
):
    pair.pause()
    second.pause()
    version = await write(service, headers, 1)
    answer = await strangers[0].get("/v1/events/e-1", headers={"Annals-Min-Version": version})
    assert (answer.status_code, "age" in answer.headers) == (200, False)


def out(service):
    return [one.out_because for one in service.app.state.db.replicas.all]


async def ages(strangers):
    answers = [await client.get("/v1/events") for client in strangers]
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    return ["age" in answer.headers for answer in answers]


def found_by_doctor(pair, second, name):
    settings = Settings(
        database_url=pair.url(name), read_database_url=f"{pair.standby_url(name)} {second.standby_url(name)}"
    )
    return [(one.level, one.detail) for one in doctor(settings).advice if one.subject == "replica"]


async def in_metrics(service, metric):
    page = (await service.get("/metrics")).text
    lines = [line for line in page.splitlines() if line.startswith(f"{metric}{{")]
    return {line.split('"')[1]: float(line.split()[-1]) for line in lines}


async def test_what_becomes_of_them_is_told(service, strangers, pair, second, name):
    before = await in_metrics(service, "annals_replica_answers_total")
    await ages(strangers)
    after = await in_metrics(service, "annals_replica_answers_total")
    assert sum(after.values()) - sum(before.values()) == len(strangers)
    assert await in_metrics(service, "annals_replica_in_use") == {"1": 1, "2": 1}
    told = (await service.get("/readyz")).json()["pools"]
    assert [(one["name"], one["ready"]) for one in told[-2:]] == [("replica 1", True), ("replica 2", True)]
    cancels = ("note", "may cancel reads")
    level = ("note", "is level with")
    found = await asyncio.to_thread(found_by_doctor, pair, second, name)
    assert [
        (one, words in detail) for (one, detail), (_, words) in zip(found, (level, cancels) * 2, strict=True)
    ] == [("note", True)] * 4
    second.standby.stop()
    try:
        await until(lambda: out(service)[1] is not None)
        assert await in_metrics(service, "annals_replica_in_use") == {"1": 1, "2": 0}
        answer = await service.get("/readyz")
        assert (answer.status_code, answer.json()["pools"][-1]["ready"]) == (200, False)
        found = await asyncio.to_thread(found_by_doctor, pair, second, name)
        assert found[-1] == ("problem", "Replica 2 of ANNALS_READ_DATABASE_URL cannot be reached.")
    finally:
        second.standby.start()
    await until(lambda: out(service) == [None, None])


async def test_one_that_lags_too_much_is_left_out_and_comes_back(service, strangers, pair, second, headers):
    assert out(service) == [None, None]
    pair.pause()
    second.pause()
    await write(service, headers, 1)
    await until(lambda: all(why is not None and "lags by" in why for why in out(service)))
    # Nobody is answered from either.
    assert not any(await ages(strangers))
    second.follow()
    await until(lambda: out(service)[1] is None)
    assert "lags by" in out(service)[0]
    pair.follow()
    await until(lambda: out(service) == [None, None])


async def test_one_that_is_cut_off_is_left_out_and_comes_back(service, strangers, second):
    assert all(await ages(strangers))
    second.standby.stop()
    try:
        for _ in range(5):
            await ages(strangers)
        await until(lambda: out(service)[1] is not None)
        # The other one stands in for it.
        assert all(await ages(strangers))
    finally:
        second.standby.start()
    await until(lambda: out(service) == [None, None])
    assert all(await ages(strangers))


async def test_without_any_the_primary_answers(service, strangers, pair, second):
    for one in (pair, second):
        one.standby.stop()
    try:
        for _ in range(3):
            await ages(strangers)
        assert not any(await ages(strangers))
    finally:
        for one in (pair, second):
            one.standby.start()
    await until(lambda: out(service) == [None, None])


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_workers_share_what_clients_have_seen(server, pair, second, name, headers):
    """Of many connections that are opened at once each worker takes some."""
    pair.delay(0.3)
    second.delay(0.3)
    both = f"{pair.standby_url(name)} {second.standby_url(name)}"
    one = server(url=pair.url(name), workers=2, read_database_url=both)
    with ExitStack() as stack:
        clients = [stack.enter_context(httpx.Client(base_url=one.url, timeout=30)) for _ in range(16)]
        threads = stack.enter_context(ThreadPoolExecutor(16))
        assert {answer.status_code for answer in threads.map(lambda client: client.get("/v1"), clients)} == {
            200
        }
        for number, writer in enumerate(clients):
            path, sent = f"/v1/events/e-{number}", {"id": f"e-{number}", "title": "E"}
            assert writer.post("/v1/events", json=sent, headers=headers).status_code == 201
            for asked in (headers, {}):
                found = [client.get(path, headers=asked).status_code for client in clients]
                assert found == [200] * len(clients)


async def test_without_the_primary_they_answer_and_say_since_when(pair, second, name, headers, client_at):
    primary, _ = pair.sockets
    with proxy(primary) as between:
        url = through(between.port, pair.url(name))
        both = f"{pair.standby_url(name)} {second.standby_url(name)}"
        async with client_at(
            url, read_database_url=both, replica_max_lag=1, database_timeout_seconds=2
        ) as client:
            assert (await client.get("/v1/events")).headers["age"] == "0"
            between.tear()

            async def is_old():
                answer = await client.get("/v1/events")
                assert answer.status_code == 200, answer.text
                return int(answer.headers["age"]) >= 3

            await until(is_old)
            # They were level when the primary was last seen, so that they stay in use.
            assert out(client) == [None, None]
            refused = await client.post("/v1/events", json={"title": "E"}, headers=headers)
            assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
            asked = [
                (await client.get(f"/readyz{query}")).status_code for query in ("", "?for=read", "?for=write")
            ]
            assert asked == [503, 200, 503]
            between.mend()


async def test_another_database_is_not_read(pair, name, client_at, database_at):
    """One that is no replica of this one, though it has the same tables."""
    from app.maintenance.migrate import prepare

    pair.ask(f"CREATE DATABASE {name}_foreign")
    url = pair.url(f"{name}_foreign")
    with database_at(url) as database:
        prepare(database, url)
    async with client_at(pair.url(name), read_database_url=url) as client:
        assert out(client) == ["it holds another database"]
        assert "age" not in (await client.get("/v1/events")).headers
    pair.ask(f"DROP DATABASE {name}_foreign WITH (FORCE)")


async def test_clients_are_spread_over_the_standbys_and_keep_to_one(service):
    replicas = service.app.state.db.replicas

    def chosen(client):
        reads = RequestReads()
        reads.client = client
        return replicas.known(reads).number

    numbers = [chosen(client * 2**40 + 12345) for client in range(200)]
    assert 60 < numbers.count(1) < 140
    assert numbers == [chosen(client * 2**40 + 12345) for client in range(200)]
