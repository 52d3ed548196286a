"""What holds whatever ails the standbys that answer reads: nobody misses what is promised, and nobody goes back in time."""

import asyncio
import itertools
from collections import Counter
from contextlib import ExitStack, asynccontextmanager

import httpx
import pytest
from documented import Documented
from proxying import proxy
from replicating import through

from app.database.api_keys import create_key
from app.database.engine.versions import order_of
from app.maintenance.migrate import prepare

pytestmark = pytest.mark.anyio

NAME = "read_through_faults"
WRITERS = 10
WATCHERS = 4
NUMBERS = itertools.count(1)
ADDRESSES = (f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in itertools.count(1))


@pytest.fixture(scope="module")
def headers(pair, second, database_at):
    """Make a database that both standbys know; gives a key."""
    pair.ask(f"CREATE DATABASE {NAME}")
    with database_at(pair.url(NAME)) as database:
        prepare(database, pair.url(NAME))
        token, _ = database.write_now(lambda tx: create_key(tx, "writer", ("write",)))
    pair.follow()
    second.follow()
    yield {"Authorization": f"Bearer {token}"}
    pair.ask(f"DROP DATABASE {NAME} WITH (FORCE)")
    pair.follow()
    second.follow()


class Standbys:
    """Two standbys, and what ails them in a block.

    Attributes:
        urls: where they are reached, the second through a network that can be torn where there is one `between`.
    """

    def __init__(self, first, second, between):
        self.first = first
        self.second = second
        self.between = between
        reached = second.standby_url(NAME)
        self.urls = [first.standby_url(NAME), reached if between is None else through(between.port, reached)]

    @asynccontextmanager
    async def level(self):
        yield

    @asynccontextmanager
    async def delayed_by_100_ms(self):
        self.first.delay(0.1)
        yield

    @asynccontextmanager
    async def delayed_by_500_ms(self):
        self.first.delay(0.1)
        self.second.delay(0.5)
        yield

    @asynccontextmanager
    async def paused(self):
        self.second.pause()
        yield

    @asynccontextmanager
    async def all_paused(self):
        self.first.pause()
        self.second.pause()
        yield

    @asynccontextmanager
    async def cut_off(self):
        """Whoever asks the second gets no answer, and nobody says so."""
        self.between.tear()
        yield
        self.between.mend()

    @asynccontextmanager
    async def restarted(self):
        """Killed again and again: each time it comes back with no more than it had at its last checkpoint, and goes on."""
        ended = asyncio.Event()

        async def restart():
            while not ended.is_set():
                for one in (self.first, self.second):
                    one.delay(0.2)
                    self.first.ask("CHECKPOINT")
                    await asyncio.to_thread(one.standby.stop)
                    await asyncio.to_thread(one.standby.start)

        restarting = asyncio.ensure_future(restart())
        try:
            yield
        finally:
            ended.set()
            await restarting


FAULTS = [
    "level",
    "delayed_by_100_ms",
    "delayed_by_500_ms",
    "paused",
    "all_paused",
    "cut_off",
    "restarted",
]


@pytest.fixture
def standbys(pair, second, fault):
    with ExitStack() as stack:
        between = stack.enter_context(proxy(second.sockets[1])) if fault == "cut_off" else None
        yield Standbys(pair, second, between)
    pair.follow()
    second.follow()


@pytest.mark.parametrize("count", [20, pytest.param(1000, marks=pytest.mark.torture)])
@pytest.mark.parametrize("fault", FAULTS)
async def test_what_is_promised_holds_under_each_fault(pair, standbys, headers, client_at, fault, count):
    """Of so many writes each is read by somebody who is told its version, and others read on meanwhile."""
    both = " ".join(standbys.urls)
    statuses, ended = Counter(), asyncio.Event()
    async with client_at(
        pair.url(NAME), read_database_url=both, replica_max_lag=3600, database_timeout_seconds=4
    ) as client:

        @asynccontextmanager
        async def stranger():
            transport = Documented(httpx.ASGITransport(app=client.app, client=(next(ADDRESSES), 1)))
            async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as one:
                yield one

        async def ask(one, method, path, **sent):
            answer = await one.request(method, path, **sent)
            statuses[answer.status_code] += 1
            return answer

        async def write_and_read(numbers):
            async with stranger() as writer, stranger() as reader:
                for _ in numbers:
                    name = f"e-{next(NUMBERS)}"
                    sent = {"id": name, "title": name}
                    written = await ask(writer, "POST", "/v1/events", json=sent, headers=headers)
                    assert written.status_code == 201, written.text
                    version = written.headers["annals-version"]
                    asked = {"Annals-Min-Version": version}
                    read = await ask(reader, "GET", f"/v1/events/{name}", headers=asked)
                    assert (read.status_code, read.json()["title"]) == (200, name), read.text
                    assert order_of(read.headers["annals-version"]) >= order_of(version)

        async def watch():
            found = []
            async with stranger() as one:
                while not ended.is_set() or len(found) < 3:
                    answer = await ask(one, "GET", "/v1/events?limit=200&count=exact")
                    assert answer.status_code == 200, answer.text
                    found.append((order_of(answer.headers["annals-version"]), answer.json()["count"]))
                    await asyncio.sleep(0.02)
            assert found == sorted(found), "somebody has gone back in time"

        numbers = iter(range(count))
        async with getattr(standbys, fault)():
            watching = [asyncio.ensure_future(watch()) for _ in range(WATCHERS)]
            try:
                await asyncio.gather(*(write_and_read(numbers) for _ in range(WRITERS)))
            finally:
                ended.set()
                await asyncio.gather(*watching)
    assert set(statuses) == {200, 201}, statuses
