"""Recovery to a moment by pgBackRest, on the database machines of the reference deployment, while the service runs.

`pytest -m cluster -n 0 -s tests/cluster/test_pgbackrest.py` prints how long the steps took.
"""

import asyncio
import shutil
import time
from contextlib import contextmanager

import httpx
import pytest
from clustering import cluster, missing_programs
from mirroring import exported, held, mirrored
from waiting import until

from app.maintenance.check import check

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.cluster,
    pytest.mark.skipif(bool(missing_programs()), reason=f"not here: {', '.join(missing_programs())}"),
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),  # the fixtures' own is not used
]

PGBACKREST = ("pgbackrest", "--stanza=annals")
SHORT = {"ttl": 10, "loop_wait": 1, "retry_timeout": 3}


@contextmanager
def timed(what):
    began = time.monotonic()
    yield
    print(f"\n{what}: {time.monotonic() - began:.1f} s", end="")


def recover(machines, machine, moment):
    """Set the cluster back to a moment, as the README of the deployment says."""
    restore = ("--delta", "--type=time", f"--target={moment}", "--target-action=promote", "restore")
    with timed("restored"):
        machine.run(*PGBACKREST, *restore)
    options = "-c listen_addresses='' -c synchronous_standby_names=''"
    pg_ctl = ("pg_ctl", "-w", "-D", str(machine.data), "-l", str(machine.folder / "recovery.log"))
    with timed("replayed the archive"):
        machine.run(*pg_ctl, "-o", options, "start")
        while machine.ask("SELECT pg_is_in_recovery()") == "t":
            time.sleep(0.1)
        machine.run(*pg_ctl, "-m", "fast", "stop")
    with timed("all machines are there"):
        machines.patronictl("remove", "annals", stdin="annals\nYes I am aware\n")
        machine.start_patroni()
        for other in machines.machines:
            if other is not machine:
                shutil.rmtree(other.data)
                other.start_patroni()
        machines.wait_until_whole()


async def is_ready(client):
    return (await client.get("/readyz")).status_code == 200


async def write(client, method, path, document, status, match=None):
    headers = {} if match is None else {"If-Match": match}
    answer = await client.request(method, f"/v1/{path}", json=document, headers=headers)
    assert answer.status_code == status, answer.text
    return answer


async def create(client, name, count=50):
    for number in range(count):
        await write(client, "POST", "events", {"id": f"{name}-{number}", "title": "Created"}, 201)


async def changes(client, **query):
    return await client.get("/v1/changes", params=query)


async def last_change(client):
    return (await changes(client, sort="-seq", limit=1)).json()["items"][0]["seq"]


async def export(client):
    return exported((await client.get("/v1/export")).text)


async def test_a_cluster_is_set_back_to_a_moment(server, api_key, database_at, tmp_path):
    with cluster(**SHORT) as machines:
        leader = machines.wait_until_whole()["leader"]
        service = server("--no-seed", url=machines.url(), read_database_url=machines.url(5001))
        key, file = api_key("admin", url=machines.url()), tmp_path / "mirror.db"
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=service.url, headers=headers, timeout=60) as client:
            await create(client, "in-the-backup")
            with timed("full backup"):
                await asyncio.to_thread(leader.run, *PGBACKREST, "--type=full", "backup")
            await create(client, "in-the-archive")
            common, before = await last_change(client), await export(client)
            await asyncio.sleep(1)
            moment = await asyncio.to_thread(leader.ask, "SELECT clock_timestamp()")
            await asyncio.sleep(1)

            await create(client, "too-late")
            changed = await write(
                client, "PATCH", "events/in-the-backup-1", {"title": "Changed"}, 200, match="*"
            )
            await write(client, "DELETE", "events/in-the-backup-2", None, 204, match="*")
            last, listed = await last_change(client), await client.get("/v1/events")
            await asyncio.to_thread(mirrored, service.url, file, key)
            assert "events/too-late-1" in held(file)

            for machine in sorted(machines.machines, key=lambda one: one is leader):
                await asyncio.to_thread(machine.stop_patroni)
            refused = await client.get("/v1/events")
            assert (refused.status_code, refused.headers["retry-after"].isdecimal()) == (503, True)
            await asyncio.to_thread(recover, machines, leader, moment)
            with timed("the service is ready after"):
                await until(lambda: is_ready(client))

            assert await export(client) == before
            told = await changes(client, after=last)
            assert (told.status_code, told.json()["code"]) == (410, "another_history")
            assert told.json()["last_common"] == common
            again = await client.get("/v1/events", headers={"If-None-Match": listed.headers["etag"]})
            assert again.status_code == 200
            lost = changed.headers["etag"]
            await write(client, "PATCH", "events/in-the-backup-1", {"title": "Mine"}, 412, match=lost)
            await create(client, "after-the-recovery", 1)
            [new] = (await changes(client, after=common)).json()["items"]
            assert new["seq"] > last
            assert (await asyncio.to_thread(mirrored, service.url, file, key)).went_back
            assert held(file) == await export(client)
        with database_at(machines.url()) as database:
            assert check(database) == []
        # The archive goes on on the new timeline, and so do backups.
        leader.run(*PGBACKREST, "check")
        leader.run(*PGBACKREST, "--type=full", "backup")
