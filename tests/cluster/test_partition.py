"""A machine that is cut off: every answer is bounded, and all is well again as soon as another one takes writes.

`pytest -m cluster -n 0 -s` prints how long answers took, and how long after the promotion the service was back.
"""

import asyncio
import time

import httpx
import pytest
from loading import ANSWER_SECONDS, READS, Load, every_event, has_recovered, is_not_ready, under_load
from partitioning import can_partition, machines
from pooling import bouncer
from waiting import until

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.cluster,
    pytest.mark.skipif(not can_partition(), reason="network namespaces need root, and the program ip"),
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),  # the fixtures' own is not used
]

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
        load.assert_promised()
        print(load.told)
        after = {one.status for one in load.answers if one.asked > promoted + ANSWER_SECONDS}
        assert after <= {200, 201}


@pytest.mark.parametrize("cut", CUTS)
async def test_a_primary_that_is_cut_off_while_nobody_asks(both, serve, cut):
    primary, standby = both
    async with serve(address(primary, standby)) as client:
        assert await has_recovered(client)
        getattr(primary, cut)()
        standby.promote()
        await asyncio.sleep(20)
        began = time.monotonic()
        load = Load(client)
        found = await asyncio.gather(*(load.ask("GET", path) for path in READS))
        print(f"\nfirst answers after {time.monotonic() - began:.1f} s: {[one.status_code for one in found]}")
        assert {one.status_code for one in found} <= {200, 503}
        load.assert_promised()
        print(load.told)
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
        load.assert_promised()
        print(load.told)
        assert load.acknowledged.keys() <= await every_event(client)


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
            load.assert_promised()
            print(load.told)
            assert load.acknowledged.keys() <= await every_event(client)
