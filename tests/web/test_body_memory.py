"""Large bodies share the memory of a worker: one client has half of it at the most, small bodies need none."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from waiting import HANG_SECONDS, until

from app.errors import Unavailable
from app.web import body_memory
from app.web.slots import SlotLimits, SlotQueue

pytestmark = pytest.mark.anyio

LARGE = 200_000
PIECE = 20_000
ROOM = 4 * LARGE


class Body:
    """A body that comes in pieces, the last of them once it is let come."""

    def __init__(self, size=LARGE, *, let_come=False):
        self.size = size
        self.sent = 0
        self.rest = asyncio.Event()
        if let_come:
            self.rest.set()

    async def pieces(self):
        while self.sent < self.size:
            if self.size - self.sent <= PIECE:
                await self.rest.wait()
            self.sent += PIECE
            yield b" " * PIECE

    def post(self, client, key, path="/v1/events", media_type="application/json"):
        headers = {"Content-Type": media_type, "Content-Length": str(self.size)}
        headers |= {"Authorization": f"Bearer {key}"} if key else {}
        return asyncio.ensure_future(client.post(path, content=self.pieces(), headers=headers))


@pytest.fixture
def served(make_client):
    @asynccontextmanager
    async def serve(**settings):
        settings = {"max_received_bytes": ROOM, "turn_timeout_seconds": 0.1} | settings
        async with make_client(**settings) as client:
            yield client

    return serve


async def held(client, key, count, size=LARGE):
    """Have bodies take their room."""
    found = [Body(size) for _ in range(count)]
    asked = [one.post(client, key) for one in found]
    await until(lambda: all(one.sent >= size - PIECE for one in found))
    return found, asked


async def end(found, asked):
    for one in found:
        one.rest.set()
    # A body of spaces is no JSON.
    assert {answer.status_code for answer in await asyncio.gather(*asked)} == {400}


async def test_one_key_has_half_of_the_room_and_others_have_theirs(served, api_key):
    first, second = api_key(), api_key()
    async with served() as client:
        holding = await held(client, first, 2)
        third = Body(let_come=True)
        refused = await third.post(client, first)
        assert refused.status_code == 503
        assert refused.json()["code"] == "busy"
        assert refused.headers["retry-after"] == "10"
        assert third.sent <= body_memory.SMALL + PIECE
        assert (await Body(let_come=True).post(client, second)).status_code == 400
        assert (await Body(60_000, let_come=True).post(client, first)).status_code == 400
        await end(*holding)
        assert (await Body(let_come=True).post(client, first)).status_code == 400


async def test_a_body_waits_until_there_is_room(served, api_key):
    first, second, third = api_key(), api_key(), api_key()
    async with served(turn_timeout_seconds=30) as client:
        holding = [await held(client, key, 2) for key in (first, second)]
        waiting = Body(let_come=True)
        asked = waiting.post(client, third)
        await until(lambda: waiting.sent > body_memory.SMALL)
        await asyncio.sleep(0.05)
        assert waiting.sent <= body_memory.SMALL + PIECE
        await end(*holding[0])
        assert (await asked).status_code == 400
        await end(*holding[1])


async def test_a_body_that_is_larger_than_a_share_takes_all_of_it(served, api_key):
    key = api_key()
    async with served() as client:
        assert (await Body(3 * LARGE, let_come=True).post(client, key)).status_code == 400
        holding = await held(client, key, 1, 3 * LARGE)
        assert (await Body(let_come=True).post(client, key)).status_code == 503
        await end(*holding)


async def test_without_a_limit_nobody_waits(served, api_key):
    key = api_key()
    async with served(max_received_bytes=0) as client:
        await end(*await held(client, key, 6))


async def test_who_sends_slowly_makes_room_for_others(served, api_key, monkeypatch):
    monkeypatch.setattr(body_memory, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(body_memory, "SLOWEST", 10**9)
    monkeypatch.setattr(body_memory, "_LOOK_SECONDS", 0.01)
    key = api_key()
    async with served(turn_timeout_seconds=30) as client:
        _, slow = await held(client, key, 2)
        await asyncio.sleep(0.05)
        assert not any(one.done() for one in slow)
        assert (await Body(let_come=True).post(client, key)).status_code == 400
        ended, _ = await asyncio.wait(slow, return_when=asyncio.FIRST_COMPLETED)
        answer = ended.pop().result()
        assert answer.status_code == 408
        assert answer.json()["code"] == "request_timeout"
        for one in slow:
            one.cancel()


@pytest.mark.parametrize(
    ("size", "key", "status"), [(LARGE, None, 401), (LARGE, "annals_wrong", 401), (3 * LARGE, "good", 413)]
)
@pytest.mark.parametrize(
    ("path", "media_type"), [("/v1/events", "application/json"), ("/v1/sources/x/text", "text/plain")]
)
async def test_a_body_that_will_not_be_taken_is_not_read(
    served, api_key, size, key, status, path, media_type
):
    key = api_key() if key == "good" else key
    async with served(max_body_bytes=2 * LARGE, max_text_bytes=2 * LARGE) as client:
        body = Body(size)
        put = path.endswith("/text")
        asked = asyncio.ensure_future(
            client.request(
                "PUT" if put else "POST",
                path,
                content=body.pieces(),
                headers={"Content-Type": media_type, "Content-Length": str(size)}
                | ({"Authorization": f"Bearer {key}"} if key else {}),
            )
        )
        assert (await asked).status_code == status
        # What is refused for its size is thrown away for a moment, for the answer to be read.
        assert body.sent == 0 if status == 401 else body.sent <= size


async def test_what_waits_for_much_is_not_passed_by_those_that_need_little():
    places = SlotQueue(SlotLimits(10, 8, 10, 10), Unavailable)
    await places.wait("a", 1, size=6)
    large = asyncio.ensure_future(places.wait("b", 5, size=6))
    await asyncio.sleep(0)
    small = asyncio.ensure_future(places.wait("c", 5, size=2))
    await asyncio.sleep(0)
    past_share = asyncio.ensure_future(places.wait("a", 5, size=4))
    await asyncio.sleep(0)
    assert not small.done()
    places.give_back("a", 6)
    await asyncio.gather(large, small)
    assert not past_share.done()
    places.give_back("b", 6)
    await past_share


async def test_whoever_gives_up_lets_those_behind_through():
    places = SlotQueue(SlotLimits(10, 8, 10, 10), Unavailable)
    await places.wait("a", 1, size=6)
    large = asyncio.ensure_future(places.wait("b", 0.05, size=6))
    await asyncio.sleep(0)
    small = asyncio.ensure_future(places.wait("c", HANG_SECONDS, size=2))
    with pytest.raises(Unavailable):
        await large
    await asyncio.wait_for(small, HANG_SECONDS)
