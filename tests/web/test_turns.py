"""Imports and exports have turns: those that take long, or are not read, hold up nobody else."""

import asyncio

import httpx
import orjson
import pytest
from exchanges import stalled
from starlette.requests import ClientDisconnect
from waiting import HANG_SECONDS, until

from app.errors import Unavailable
from app.web import turns
from app.web.turns import Turns

pytestmark = pytest.mark.anyio

BUSY = {"code": "busy", "status": 503}


def of_problem(answer):
    document = answer.json()
    return {name: document.get(name) for name in BUSY}


async def test_exports_wait_for_their_turns_and_for_no_longer_than_is_set(make_client, seeded_url):
    async with make_client(url=seeded_url, exports_at_once=1, turn_timeout_seconds=0.3) as client:
        async with stalled(client.app, "GET", "/v1/export"):
            answer = await client.get("/v1/export")
            assert of_problem(answer) == BUSY
            assert answer.headers["retry-after"] == "10"
        assert (await client.get("/v1/export")).status_code == 200


async def test_exports_that_are_not_read_leave_connections_to_others(make_client, seeded_url, api_key):
    settings = {"exports_at_once": 2, "database_pool_size": 2}
    key = api_key("write", url=seeded_url)
    async with (
        make_client(url=seeded_url, **settings) as client,
        stalled(client.app, "GET", "/v1/export"),
        stalled(client.app, "GET", "/v1/export", client="203.0.113.2"),
    ):
        assert (await client.get("/readyz")).status_code == 200
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
        body = b'{"kind": "event", "title": "E"}\n'
        answer = await client.post("/v1/imports?dry_run=true", content=body, headers=headers)
        assert answer.status_code == 200


async def test_an_export_that_is_not_read_gives_way(make_client, seeded_url, monkeypatch):
    monkeypatch.setattr(turns, "UNREAD_SECONDS", 0.2)
    async with (
        make_client(url=seeded_url, exports_at_once=1) as client,
        stalled(client.app, "GET", "/v1/export") as unread,
    ):
        assert (await client.get("/v1/export")).status_code == 200
        await asyncio.wait_for(unread.task, HANG_SECONDS)
        assert unread.sent[-1].get("more_body", False)  # broken off, not ended


async def test_an_export_ends_after_the_time_that_is_set(make_client, seeded_url, monkeypatch):
    loop, seconds = asyncio.get_running_loop(), 600
    clock = loop.time
    async with (
        make_client(url=seeded_url, export_timeout_seconds=seconds) as client,
        stalled(client.app, "GET", "/v1/export") as export,
    ):
        assert not export.task.done()
        # The clock is put forward: a machine that is busy needs longer than any time worth waiting for.
        monkeypatch.setattr(loop, "time", lambda: clock() + seconds)
        await asyncio.wait_for(export.task, HANG_SECONDS)
        assert export.sent[-1].get("more_body", False)


async def test_one_client_does_not_have_all_exports(make_client, seeded_url):
    async def status(client, address):
        transport = httpx.ASGITransport(client.app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as other:
            return (await other.get("/v1/export")).status_code

    settings = {"exports_at_once": 2, "exports_per_client": 1, "turn_timeout_seconds": 0.2}
    async with (
        make_client(url=seeded_url, **settings) as client,
        stalled(client.app, "GET", "/v1/export", client="203.0.113.1"),
    ):
        assert await status(client, "203.0.113.1") == 503
        assert await status(client, "203.0.113.2") == 200


async def test_an_export_in_parts_is_the_same(make_client, seeded_url, monkeypatch):
    async with make_client(url=seeded_url) as client:
        whole = (await client.get("/v1/export")).content
        monkeypatch.setattr(turns, "_PART_BYTES", 1000)
        assert (await client.get("/v1/export")).content == whole
    assert len(whole) > 100_000


async def test_one_key_does_not_have_all_imports(make_client, api_key):
    one, other = api_key("write"), api_key("write")

    def headers(key):
        return [
            (b"authorization", b"Bearer " + key.encode()),
            (b"content-type", b"application/x-ndjson"),
            (b"transfer-encoding", b"chunked"),
        ]

    settings = {"imports_at_once": 2, "imports_per_key": 1, "turn_timeout_seconds": 0.3}
    line = orjson.dumps({"kind": "event", "title": "E"}) + b"\n"
    async with (
        make_client(**settings) as client,
        stalled(client.app, "POST", "/v1/imports", *headers(one), first=line),
    ):
        answer = await client.post("/v1/imports", content=line, headers=headers(one)[:2])
        assert of_problem(answer) == BUSY
        answer = await client.post("/v1/imports", content=line, headers=headers(other)[:2])
        assert answer.status_code == 200


async def test_turns_come_in_the_order_in_which_they_were_asked_for():
    places, order = Turns(1, 1, 10), []

    async def work(name):
        async with places.turn(None):
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(*map(work, range(20)))
    assert order == list(range(20))


async def test_whoever_may_not_have_another_is_passed_by():
    places, order = Turns(2, 1, 10), []

    async def work(client, seconds):
        async with places.turn(client):
            order.append(client)
            await asyncio.sleep(seconds)

    await asyncio.gather(work("a", 0.1), work("a", 0), work("b", 0), work("c", 0))
    assert order == ["a", "b", "c", "a"]


async def test_turns_are_given_back_by_whoever_is_cancelled():
    places = Turns(1, 1, 10)

    async def work():
        async with places.turn("a"):
            await asyncio.sleep(60)

    tasks = [asyncio.ensure_future(work()) for _ in range(3)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    async with asyncio.timeout(HANG_SECONDS), places.turn("a"):
        pass


async def test_so_many_wait_and_no_more(monkeypatch):
    monkeypatch.setattr(turns, "MAX_WAITING", 3)
    monkeypatch.setattr(turns, "MAX_WAITING_OF_CLIENT", 2)
    places = Turns(1, 1, 60)

    async def work(client):
        async with places.turn(client):
            await asyncio.sleep(60)

    tasks = [asyncio.ensure_future(work(client)) for client in ("a", "a", "a", "a", "b", "c")]
    await until(lambda: sum(task.done() for task in tasks) == 2)
    refused = [task.done() and isinstance(task.exception(), Unavailable) for task in tasks]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert refused == [False, False, False, True, False, True]


@pytest.mark.slow
async def test_a_turn_that_is_read_does_not_give_way(monkeypatch):
    monkeypatch.setattr(turns, "UNREAD_SECONDS", 0.1)
    places, sent = Turns(1, 1, 0.5), []

    async def send(message):
        sent.append(message)
        await asyncio.sleep(0.01)

    async def reading():
        async with places.turn("a") as turn:
            for _ in range(100):
                await turn.sending(send)({"type": "http.response.body", "body": b"x", "more_body": True})

    task = asyncio.ensure_future(reading())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        async with places.turn("b"):
            pass
    await task
    assert len(sent) == 100


async def test_time_that_runs_out_elsewhere_is_no_matter_of_turns():
    places = Turns(1, 1, 1)
    with pytest.raises(TimeoutError):
        async with places.turn("a", 60):
            raise TimeoutError
    with pytest.raises(Unavailable):
        async with places.turn("a", 0):
            await asyncio.sleep(1)
    with pytest.raises(ClientDisconnect):  # noqa: PT012 - what a turn does while it lasts
        async with places.turn("a", 60) as turn:
            turn.unread = True
            turn.deadline.reschedule(0)
            await asyncio.sleep(1)
