"""A machine that is cut off: every answer is bounded, and all is well again as soon as another one takes writes.

`pytest -m cluster -n 0 -s` prints how long answers took, and how long after the promotion the service was back.
"""

import asyncio
import itertools
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx
import pytest
from partitioning import can_partition, machines
from pooling import bouncer
from waiting import until

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.cluster,
    pytest.mark.skipif(not can_partition(), reason="network namespaces need root, and the program ip"),
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),  # the fixtures' own is not used
]

READS = ["/v1/events", "/v1/changes", "/v1/search?q=cut", "/v1/timeline", "/v1/export", "/readyz"]

ANSWER_SECONDS = 15
"""What is promised: no answer takes longer, whatever ails the network."""

CUTS = ["pull_cable", "fall_mute"]
MENDS = {"pull_cable": "plug_cable", "fall_mute": "speak"}


@pytest.fixture
def both():
    with machines() as found:
        found[0].ask("CREATE DATABASE annals")
        yield found


def address(*hosts, **query):
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    places = ",".join(f"{host.address}:5432" for host in hosts)
    return f"postgresql+psycopg://postgres@{places}/annals{'?' if asked else ''}{asked}"


@dataclass
class Load:
    """What was asked without pause, and what came of it."""

    answers: list = field(default_factory=list)
    acknowledged: set = field(default_factory=set)
    has_ended: bool = False

    async def ask(self, client, method, path, **sent):
        began = time.monotonic()
        answer = await client.request(method, path, **sent)
        self.answers.append((began, time.monotonic() - began, answer))
        return answer

    async def read(self, client, path):
        while not self.has_ended:
            # What has begun to be sent, such as an export, can only be broken off.
            with suppress(httpx.RemoteProtocolError):
                await self.ask(client, "GET", path)
            await asyncio.sleep(0.05)

    async def write(self, client, writer):
        for step in itertools.count():
            if self.has_ended:
                return
            name = f"cut-{writer}-{step}"
            answer = await self.ask(client, "POST", "/v1/events", json={"id": name, "title": name})
            if answer.status_code == 201:
                self.acknowledged.add(name)
            await asyncio.sleep(0.05)

    async def import_(self, client):
        lines = b"".join(b'{"kind":"actor","id":"i-%d","title":"I"}\n' % number for number in range(2000))
        headers = {"Content-Type": "application/x-ndjson"}
        while not self.has_ended:
            # Each is another, for one that was cut off is gone on with.
            body = lines + b'{"kind":"actor","id":"j","title":"%f"}\n' % time.monotonic()
            await self.ask(client, "POST", "/v1/imports", content=body, headers=headers)
            await asyncio.sleep(0.05)

    def assert_bounded(self):
        for _, seconds, answer in self.answers:
            assert answer.status_code < 500 or answer.status_code == 503, answer.text
            assert answer.status_code != 503 or answer.headers["retry-after"].isdecimal()
            assert seconds < ANSWER_SECONDS, (answer.request.url, answer.status_code)
        slowest = max(self.answers, key=lambda one: one[1])
        print(
            f"{len(self.answers)} answers, the slowest after {slowest[1]:.1f} s: {slowest[2].request.url.path}"
        )


@asynccontextmanager
async def under_load(client):
    load = Load()
    tasks = [asyncio.ensure_future(load.write(client, number)) for number in range(4)]
    tasks += [asyncio.ensure_future(load.read(client, path)) for path in READS]
    tasks.append(asyncio.ensure_future(load.import_(client)))
    try:
        yield load
    finally:
        load.has_ended = True
        await asyncio.gather(*tasks)


async def is_ready(client):
    return (await client.get("/readyz")).status_code == 200


async def is_not_ready(client):
    return (await client.get("/readyz")).status_code == 503


async def has_recovered(client):
    """Whether all is answered again, writes too."""
    answers = [await client.get(path) for path in READS]
    answers.append(await client.post("/v1/actors", json={"title": "Back"}))
    return all(answer.is_success for answer in answers)


@pytest.fixture
def serve(server, api_key):
    def start(url, **settings):
        running = server("--no-seed", url=url, **settings)
        headers = {"Authorization": f"Bearer {api_key('admin', url=url)}"}
        return httpx.AsyncClient(base_url=running.url, headers=headers, timeout=60)

    return start


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize(
    "query", [{}, {"target_session_attrs": "read-write"}, {"target_session_attrs": "primary"}]
)
async def test_a_primary_that_is_cut_off_under_load(both, serve, cut, query):
    primary, standby = both
    async with serve(address(primary, standby, **query)) as client:
        async with under_load(client) as load:
            await asyncio.sleep(1)
            assert load.acknowledged
            was_cut = time.monotonic()
            getattr(primary, cut)()
            await until(lambda: is_not_ready(client))
            print(f"\nnot ready {time.monotonic() - was_cut:.1f} s after the cut")
            assert (await client.get("/livez")).status_code == 200
            await asyncio.sleep(3)
            assert await is_not_ready(client)
            standby.promote()
            promoted = time.monotonic()
            await until(lambda: has_recovered(client))
            print(f"back {time.monotonic() - promoted:.1f} s after the promotion")
            await asyncio.sleep(1)
        load.assert_bounded()
        assert {
            answer.status_code for began, _, answer in load.answers if began > promoted + ANSWER_SECONDS
        } <= {
            200,
            201,
        }


@pytest.mark.parametrize("cut", CUTS)
async def test_a_primary_that_is_cut_off_while_nobody_asks(both, serve, cut):
    primary, standby = both
    async with serve(address(primary, standby)) as client:
        assert await has_recovered(client)
        getattr(primary, cut)()
        standby.promote()
        await asyncio.sleep(20)
        began = time.monotonic()
        load = Load()
        found = await asyncio.gather(*(load.ask(client, "GET", path) for path in READS))
        print(f"\nfirst answers after {time.monotonic() - began:.1f} s: {[one.status_code for one in found]}")
        assert {one.status_code for one in found} <= {200, 503}
        load.assert_bounded()
        await until(lambda: has_recovered(client))
        print(f"back {time.monotonic() - began:.1f} s after the first question")


@pytest.mark.parametrize("cut", CUTS)
async def test_one_server_that_is_cut_off_and_comes_back(both, serve, cut):
    primary, _ = both
    async with serve(address(primary)) as client:
        async with under_load(client) as load:
            await asyncio.sleep(1)
            getattr(primary, cut)()
            await until(lambda: is_not_ready(client))
            await asyncio.sleep(12)
            assert await is_not_ready(client)
            getattr(primary, MENDS[cut])()
            mended = time.monotonic()
            await until(lambda: has_recovered(client))
            print(f"\nback {time.monotonic() - mended:.1f} s after the network")
        load.assert_bounded()
        kept = {item["id"] async for item in every(client)}
        assert load.acknowledged <= kept


@pytest.mark.parametrize("mode", ["transaction", "session"])
async def test_a_server_that_is_cut_off_from_its_pooler(both, serve, mode):
    primary, _ = both
    with bouncer(primary, mode, sessions=30, host=primary.address) as port:
        url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/annals"
        async with serve(url, direct_database_url=address(primary)) as client:
            async with under_load(client) as load:
                await asyncio.sleep(1)
                assert load.acknowledged
                primary.fall_mute()
                await until(lambda: is_not_ready(client))
                await asyncio.sleep(12)
                assert await is_not_ready(client)
                primary.speak()
                mended = time.monotonic()
                await until(lambda: has_recovered(client))
                print(f"\nback {time.monotonic() - mended:.1f} s after the network")
            load.assert_bounded()
            assert load.acknowledged <= {item["id"] async for item in every(client)}


async def every(client):
    after = "/v1/events?limit=200"
    while after:
        page = (await client.get(after)).json()
        for item in page["items"]:
            yield item
        after = page["next"]
