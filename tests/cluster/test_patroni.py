"""The database machines of the reference deployment while they fail, one after another, under load.

`pytest -m cluster -n 0 -s tests/cluster/test_patroni.py` prints for how long no write was acknowledged, each time.
"""

import asyncio
import time

import httpx
import pytest
from clustering import cluster, missing_programs
from loading import every_change, has_recovered, under_load
from mirroring import exported, held, mirrored
from waiting import until

from app.maintenance.check import check

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.cluster,
    pytest.mark.skipif(bool(missing_programs()), reason=f"not here: {', '.join(missing_programs())}"),
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),  # the fixtures' own is not used
]

SHORT = {"ttl": 10, "loop_wait": 1, "retry_timeout": 3}
"""Time-outs of Patroni, in seconds, with which ten rounds take minutes."""

FAULTS = ["switchover", "postmaster", "machine", "standby"]
ROUNDS = [*FAULTS, *FAULTS, "machine", "switchover"]
CASES = {
    "haproxy": ("haproxy", SHORT, ROUNDS),
    "pooler": ("pooler", SHORT, ROUNDS),
    "hosts": ("hosts", SHORT, ROUNDS),
    "shipped": ("haproxy", {}, FAULTS),
}
"""How the service reaches the database, the time-outs of Patroni in place of those that are shipped, and what fails."""


def fail(machines, fault):
    """Have something go wrong; gives the machines that are not there any more."""
    roles = machines.wait_until_whole()
    leader, standby = roles["leader"], roles["sync_standby"]
    if fault == "switchover":
        candidate = standby.name
        machines.patronictl(
            "switchover", "annals", "--leader", leader.name, "--candidate", candidate, "--force"
        )
        return []
    if fault == "postmaster":
        leader.kill_postmaster()
        return []
    killed = leader if fault == "machine" else standby
    if killed is leader:
        # What it acknowledged now, with no standby that has it, would be lost.
        leader.stop_sending()
        time.sleep(1)
    killed.kill()
    return [killed]


@pytest.mark.parametrize("case", CASES)
async def test_no_fault_of_a_machine_loses_what_was_acknowledged(
    server, api_key, database_at, tmp_path, case
):
    way, timeouts, rounds = CASES[case]
    with cluster(**timeouts) as machines:
        ways = {"haproxy": machines.url(), "pooler": machines.url_of_pooler, "hosts": machines.url_of_hosts}
        replicas = machines.url(5001) if way == "haproxy" else ""
        direct = machines.url() if way == "pooler" else ""
        service = server(
            "--no-seed", url=ways[way], workers=2, read_database_url=replicas, direct_database_url=direct
        )
        url = machines.url()
        key = api_key("admin", url=url)
        headers = {"Authorization": f"Bearer {key}"}
        file = tmp_path / "mirror.db"
        async with httpx.AsyncClient(base_url=service.url, headers=headers, timeout=60) as client:
            async with under_load(client) as load:
                await asyncio.sleep(2)
                for number, fault in enumerate(rounds, 1):
                    began = time.monotonic()
                    gone = await asyncio.to_thread(fail, machines, fault)
                    await until(lambda: has_recovered(client))
                    await asyncio.sleep(2)
                    pause = load.longest_pause(began)
                    for machine in gone:
                        machine.start()
                    await asyncio.to_thread(machines.wait_until_whole)
                    whole = time.monotonic() - began
                    print(
                        f"\n{number} {fault}: no write for {pause:.1f} s, whole after {whole:.1f} s", end=""
                    )
                    await asyncio.to_thread(mirrored, service.url, file, key)
            load.assert_promised()
            print(f"\n{case}: {load.told}; the feed went back {load.feed.went_back} times")
            changes = await every_change(client)
            load.feed.take(await client.get(f"/v1/changes?limit=1000&after={load.feed.after}"))
            assert load.feed.changes == changes
            created = [change["ref"] for change in changes.values() if change["action"] == "create"]
            assert len(created) == len(set(created))
            assert {f"events/{name}" for name in load.acknowledged} <= set(created)
            await asyncio.to_thread(mirrored, service.url, file, key)
            found = exported((await client.get("/v1/export")).text)
            assert load.acknowledged.keys() <= {ref.removeprefix("events/") for ref in found}
            assert held(file) == found
        with database_at(url) as database:
            assert check(database) == []
