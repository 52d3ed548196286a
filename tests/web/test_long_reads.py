"""Long reads: bounded in time and number, ended when nobody waits for them, and made once for all who ask the same."""

import asyncio
import contextlib

import pytest
from exchanges import http_scope
from sqlalchemy import create_engine, text
from waiting import until

from app.database.engine import sqlite
from app.database.engine.statement import CompiledStatement
from app.errors import Unavailable
from app.listing import router as listing_router
from app.listing import service as listing
from app.listing import service as listing_service
from app.listing import traversal
from app.web import long_reads as longreads
from app.web.long_reads import WAITING_FOR_EACH
from app.web.read_classification import asks_for_large_page
from app.web.slots import SlotLimits, SlotQueue

pytestmark = pytest.mark.anyio

ENDLESS = CompiledStatement(
    text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) "
        "SELECT count(*) FROM n"
    )
)
COUNT = "/v1/events?count=exact"


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    """Have reads be long ones soon."""
    monkeypatch.setattr(longreads, "LONG_SECONDS", 0.05)
    monkeypatch.setattr(longreads, "LATE", 0)
    monkeypatch.setattr(longreads, "TICK_SECONDS", 0.01)


@pytest.fixture
def endless(monkeypatch):
    """Have counting never end by itself."""

    async def count(db, _question):
        await db.fetch_slow(ENDLESS, {})

    monkeypatch.setattr(listing, "count", count)


class Held:
    """Has counting wait until it is released; knows how often it was begun and done."""

    def __init__(self):
        self.begun = self.done = 0
        self.released = asyncio.Event()

    async def count(self, _db, _question):
        self.begun += 1
        await self.released.wait()
        self.done += 1
        return 7


@pytest.fixture
def held(monkeypatch):
    one = Held()
    monkeypatch.setattr(listing, "count", one.count)
    return one


@pytest.fixture
def at_work(database_url, database_kind, monkeypatch):
    """Tell whether the database is at work on the endless question."""
    steps = []
    if database_kind == "sqlite":
        monkeypatch.setattr(sqlite, "_release_gil", lambda: steps.append(1))

        async def look():
            before = len(steps)
            await asyncio.sleep(0.1)
            return len(steps) > before

        yield look
        return
    engine = create_engine(database_url)

    async def ask():
        with engine.connect() as connection:
            return bool(
                connection.execute(
                    text(
                        "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() "
                        "AND query LIKE 'WITH RECURSIVE n%' AND datname = current_database()"
                    )
                ).first()
            )

    yield ask
    engine.dispose()


async def is_not(true):
    return not await true()


async def waiting(app, count):
    """Tell whether so many reads wait, for a place or for an equal one."""
    under_way = app._edge._long_reads._reads if app._edge else ()
    return sum(read.began == longreads._NEVER for read in under_way) == count


class Call:
    """A request made of an application, with a client that can go."""

    def __init__(self, app, path, address="192.0.2.1"):
        self.gone = asyncio.Event()
        self.messages = []
        scope = http_scope(path, client=address)
        self.task = asyncio.ensure_future(app(scope, self._receive, self._send))

    async def _receive(self):
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        self.messages.append(message)
        await asyncio.sleep(0)

    def waits(self, app):
        """Tell whether it is among those that wait."""
        reads = app._edge._long_reads._reads
        return any(read.began == longreads._NEVER for read in reads if read.task is self.task)

    @property
    def status(self):
        return self.messages[0]["status"] if self.messages else None

    async def ended(self):
        await asyncio.wait([self.task], timeout=20)
        assert self.task.done()
        await self.task
        return self.status


@pytest.mark.slow
async def test_a_read_that_takes_too_much_work_is_503_and_ends_in_the_database(make_client, endless, at_work):  # noqa: ARG001
    async with make_client(request_seconds=1) as client:
        await client.get("/v1/events/none")
        asked = asyncio.ensure_future(client.get(COUNT))
        await until(at_work)
        answer = await asked
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "too_much_work"
        assert "facets" in answer.json()["detail"]
        await until(lambda: is_not(at_work))
        assert (await client.get("/v1/events")).status_code == 200


async def test_work_ends_in_the_database_when_the_client_goes(make_client, endless, at_work):  # noqa: ARG001
    async with make_client() as client:
        call = Call(client.app, COUNT)
        await until(at_work)
        call.gone.set()
        await call.ended()
        assert call.messages == []
        await until(lambda: is_not(at_work))


async def test_a_read_that_waits_for_a_place_ends_when_the_client_goes(make_client, held):
    async with make_client(long_reads=1) as client:
        first, second = Call(client.app, COUNT), Call(client.app, f"{COUNT}&limit=1")
        await until(lambda: waiting(client.app, 1))
        for call in (first, second):
            if call.waits(client.app):
                break
        call.gone.set()
        await call.ended()
        assert call.messages == []
        held.released.set()
        assert await (second if call is first else first).ended() == 200


async def test_short_reads_go_on_while_long_ones_wait(make_client, held):
    async with make_client(long_reads=1) as client:
        calls = [Call(client.app, f"{COUNT}&limit={n}") for n in range(1, 4)]
        await until(lambda: waiting(client.app, 2))
        for _ in range(5):
            assert (await client.get("/v1/events/none")).status_code == 404
        assert not any(call.messages for call in calls)
        held.released.set()
        assert [await call.ended() for call in calls] == [200] * 3
        assert held.done == 3


async def test_one_address_waits_in_half_of_the_queue_and_others_are_let_in(make_client, held):
    most = WAITING_FOR_EACH // 2
    async with make_client(long_reads=1) as client:
        calls = [Call(client.app, f"{COUNT}&limit={n}") for n in range(1, most + 3)]

        async def refuses():
            return any(call.status for call in calls)

        await until(refuses)
        await asyncio.sleep(0.1)
        refused = [call for call in calls if call.status]
        assert [call.status for call in refused] == [503]
        assert (b"retry-after", b"5") in refused[0].messages[0]["headers"]
        assert b'"busy"' in refused[0].messages[1]["body"]
        begun = held.begun
        # More of the same sort do not even begin.
        assert await Call(client.app, f"{COUNT}&limit=99").ended() == 503
        assert held.begun == begun
        other = Call(client.app, f"{COUNT}&limit=100", "198.51.100.1")
        await asyncio.sleep(0.1)
        assert other.status is None
        held.released.set()
        statuses = [await call.ended() for call in [*calls, other]]
        assert sorted(statuses) == [*[200] * (most + 2), 503]


async def test_who_waits_too_long_for_a_place_is_503(make_client, held):
    async with make_client(long_reads=1, request_seconds=60, database_timeout_seconds=0.5) as client:
        first = Call(client.app, f"{COUNT}&limit=1")
        await until(lambda: held.begun)
        second = Call(client.app, f"{COUNT}&limit=2")
        async with asyncio.timeout(30):
            assert await second.ended() == 503
        assert b'"busy"' in second.messages[1]["body"]
        held.released.set()
        assert await first.ended() == 200


async def test_equal_reads_are_worked_on_once(make_client, held):
    async with make_client(long_reads=2) as client:
        calls = [Call(client.app, COUNT, f"192.0.2.{n}") for n in range(5)]
        await until(lambda: waiting(client.app, 4))
        assert not any(call.messages for call in calls)
        held.released.set()
        assert [await call.ended() for call in calls] == [200] * 5
        assert held.done == 1
        assert len({call.messages[1]["body"] for call in calls}) == 1


async def test_equal_reads_are_refused_together(make_client, held):
    async with make_client(request_seconds=0.3) as client:
        calls = [Call(client.app, COUNT, f"192.0.2.{n}") for n in range(5)]
        assert [await call.ended() for call in calls] == [503] * 5
        assert held.begun <= 5
        assert all(b"too_much_work" in call.messages[1]["body"] for call in calls)


async def test_who_asks_after_a_write_is_not_given_an_answer_of_before(make_client, api_key, held):
    async with make_client() as client:
        first = Call(client.app, COUNT)
        await asyncio.sleep(0.1)
        headers = {"authorization": f"Bearer {api_key()}"}
        assert (await client.post("/v1/events", json={"title": "New"}, headers=headers)).status_code == 201
        second = Call(client.app, COUNT, "198.51.100.1")
        await asyncio.sleep(0.1)
        held.released.set()
        await asyncio.gather(first.ended(), second.ended())
        assert b'"New"' in second.messages[1]["body"]


@pytest.mark.slow
async def test_long_pieces_of_a_stream_need_a_place(make_client, api_key, held, monkeypatch):
    monkeypatch.setattr(traversal, "FIRST_CHUNK", 1)
    monkeypatch.setattr(traversal, "CHUNK", 1)
    read = listing_service.page_rows
    begun = 0

    async def slowly(*arguments):
        nonlocal begun
        begun += 1
        await asyncio.sleep(0.08)
        return await read(*arguments)

    async with make_client(long_reads=1) as client:
        headers = {"authorization": f"Bearer {api_key()}"}
        for n in range(3):
            await client.post("/v1/events", json={"title": f"E {n}"}, headers=headers)
        first = Call(client.app, COUNT)
        await asyncio.sleep(0.1)
        monkeypatch.setattr(traversal, "page_rows", slowly)
        stream = Call(client.app, "/v1/events?format=ndjson", "198.51.100.1")
        await asyncio.sleep(0.4)
        # The first piece has come; the next waits for the place that the other has.
        assert stream.status is None or begun == 1
        held.released.set()
        assert await first.ended() == 200
        assert await stream.ended() == 200
        assert b"".join(one.get("body", b"") for one in stream.messages).count(b"\n") == 3


@pytest.mark.slow
async def test_a_stream_goes_on_however_long_its_client_takes(make_client, api_key):
    async with make_client(request_seconds=0.1) as client:
        headers = {"authorization": f"Bearer {api_key()}"}
        await client.post("/v1/events", json={"title": "E"}, headers=headers)

        class Slow(Call):
            async def _send(self, message):
                await asyncio.sleep(0.3)
                await super()._send(message)

        stream = Slow(client.app, "/v1/events?format=ndjson")
        assert await stream.ended() == 200
        assert stream.messages[-1].get("more_body", False) is False


async def test_places_go_to_who_waits_first_and_may_have_them():
    places = SlotQueue(SlotLimits(2, 1, 16, 8), Unavailable)
    assert places.take("a")
    assert not places.take("a")
    waiting = [asyncio.ensure_future(places.wait(client, 5)) for client in ("a", "a", "b")]
    await asyncio.sleep(0)
    assert places.waits("a") == 2
    await waiting[2]
    places.give_back("a")
    await waiting[0]
    assert not waiting[1].done()
    waiting[1].cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting[1]
    places.give_back("a")
    places.give_back("b")
    assert not places.is_asked_for
    assert places.take("a")
    assert places.take("b")


async def test_the_queue_for_places_is_bounded():
    places = SlotQueue(SlotLimits(1, 1, WAITING_FOR_EACH, WAITING_FOR_EACH // 2), Unavailable)
    assert places.take("a")
    with pytest.raises(Unavailable):
        await places.wait("a", 0.01)
    waiting = [asyncio.ensure_future(places.wait(f"{n // 4}", 5)) for n in range(WAITING_FOR_EACH)]
    without_bound = asyncio.ensure_future(places.wait("stream", None))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await places.wait("z", 5)
    for one in (*waiting, without_bound):
        one.cancel()
    await asyncio.wait([*waiting, without_bound])
    assert not places.is_asked_for


class Pages:
    """Has pages wait until they are released; knows how many are worked on at the same time."""

    def __init__(self):
        self.at_work = self.most = 0
        self.limits = set()
        self.released = asyncio.Event()

    async def list_records(self, db, query):
        self.limits.add(query.limit)
        self.at_work += 1
        self.most = max(self.most, self.at_work)
        try:
            await self.released.wait()
            return await listing.list_records(db, query)
        finally:
            self.at_work -= 1


@pytest.fixture
def pages(monkeypatch):
    one = Pages()
    monkeypatch.setattr(listing_router, "list_records", one.list_records)
    return one


@pytest.fixture
def _never_long(monkeypatch):
    monkeypatch.setattr(longreads, "LONG_SECONDS", 60)


@pytest.mark.usefixtures("_never_long")
async def test_large_pages_are_made_a_few_at_a_time_and_all_of_them_in_the_end(make_client, pages):
    async with make_client(long_reads=4) as client:
        calls = [Call(client.app, f"/v1/events?limit={201 + n}") for n in range(100)]
        await until(lambda: waiting(client.app, 98))
        assert pages.at_work == 2  # half of the places: they are all of one address
        small = Call(client.app, "/v1/events?limit=200")
        other = Call(client.app, "/v1/events?limit=1000", "198.51.100.1")
        await until(lambda: pages.at_work == 4)
        pages.most = 0
        pages.released.set()
        assert [await call.ended() for call in (*calls, small, other)] == [200] * 102
        assert pages.most <= 4


@pytest.mark.usefixtures("_never_long")
async def test_a_large_page_that_waits_ends_when_the_client_goes_and_lets_the_next_in(make_client, pages):
    async with make_client(long_reads=1) as client:
        first, gone, last = (Call(client.app, f"/v1/events?limit={201 + n}") for n in range(3))
        await until(lambda: waiting(client.app, 2))
        gone.gone.set()
        await gone.ended()
        assert gone.messages == []
        pages.released.set()
        assert [await first.ended(), await last.ended()] == [200, 200]


@pytest.mark.usefixtures("_never_long")
async def test_the_queue_of_large_pages_is_bounded(make_client, pages, monkeypatch):
    monkeypatch.setattr(longreads, "PAGES_WAITING", 4)
    async with make_client(long_reads=1) as client:
        calls = [Call(client.app, f"/v1/events?limit={201 + n}") for n in range(4)]

        async def one_is_refused():
            return [call.status for call in calls if call.status] == [503]

        await until(one_is_refused)
        assert await waiting(client.app, 2)
        [refused] = [call for call in calls if call.status]
        assert b'"busy"' in refused.messages[1]["body"]
        pages.released.set()
        assert sorted([await call.ended() for call in calls]) == [200, 200, 200, 503]


@pytest.mark.usefixtures("_never_long")
async def test_reads_are_begun_a_few_at_a_time_and_who_hangs_up_before_is_not_worked_for(make_client, pages):
    async with make_client() as client:
        calls = [Call(client.app, f"/v1/events?limit={1 + n}") for n in range(20)]
        await until(lambda: waiting(client.app, 12))
        assert len(pages.limits) == 8  # half of the places: they are all of one address
        other = Call(client.app, "/v1/events?limit=30", "198.51.100.1")

        async def other_has_begun():
            return len(pages.limits) == 9

        await until(other_has_begun)
        for call in calls[8:15]:
            call.gone.set()
            await call.ended()
        pages.released.set()
        assert [await call.ended() for call in (*calls[:8], *calls[15:], other)] == [200] * 14
        assert pages.limits == {*range(1, 9), *range(16, 21), 30}


async def test_a_large_page_that_is_a_long_read_holds_up_no_other_large_page(make_client, pages):
    async with make_client(long_reads=1) as client:
        calls = [Call(client.app, f"/v1/events?limit={201 + n}") for n in range(2)]

        async def both_have_begun():
            return pages.most == 2

        await until(both_have_begun)
        pages.released.set()
        assert [await call.ended() for call in calls] == [200, 200]


@pytest.mark.parametrize(
    ("query", "large"),
    [
        (b"limit=201", True),
        (b"q=war&limit=1000&sort=date", True),
        (b"li%6dit=%31000", True),
        (b"limit=0000201", True),
        (b"limit=200", False),
        (b"limit=50", False),
        (b"", False),
        (b"offlimit=1000", False),
        (b"limit=" + b"9" * 5000, False),
        (b"limit=1000x", False),
    ],
)
def test_which_pages_are_large(query, large):
    assert asks_for_large_page(query) is large
