"""A standby that has more than the one that took over: it answers nobody, for what it has was lost."""

import asyncio
from contextlib import ExitStack

import pytest
from replicating import address, own_server, started_standby
from waiting import until

from app.database.api_keys import create_key
from app.maintenance.doctor import doctor
from app.maintenance.migrate import prepare
from app.settings import Settings

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

NAME = "forking"
WHY = "it holds writes that are not in the history of the primary"


@pytest.fixture
def standbys():
    """A primary with three standbys: one to take over, one to have more than that, one to have no more."""
    with ExitStack() as stack:
        primary = stack.enter_context(own_server("annals-primary-"))
        yield [stack.enter_context(started_standby(primary)) for _ in range(3)]


def follow(standbys):
    for one in standbys:
        one.follow()


@pytest.mark.parametrize("begins", ["when it is read", "never"])
async def test_one_that_has_lost_writes_is_left_out_as_soon_as_it_is_looked_at(
    standbys, client_at, database_at, tmp_path, begins
):
    """Also while nobody has begun the branch of the history that goes on; the lag that is allowed is far longer."""
    taking_over, ahead, behind = standbys
    ahead.ask(f"CREATE DATABASE {NAME}")
    with database_at(ahead.url(NAME)) as database:
        prepare(database, ahead.url(NAME))
        token, _ = database.write_now(lambda tx: create_key(tx, "writer", ("write",)))
    follow(standbys)
    (tmp_path / "servers").symlink_to(ahead.sockets[0].parent)
    url = address(ahead.primary.get_uri(), NAME, tmp_path / "servers")
    both = f"{ahead.standby_url(NAME)} {behind.standby_url(NAME)}"
    async with client_at(url, read_database_url=both, replica_max_lag=3600) as client:

        def out():
            return [one.out_because for one in client.app.state.db.replicas.all]

        async def write(name):
            sent, headers = {"id": name, "title": "E"}, {"Authorization": f"Bearer {token}"}
            return (await client.post("/v1/events", json=sent, headers=headers)).status_code

        assert await write("common") == 201
        follow(standbys)
        for one in (taking_over, behind):
            one.cut_off()
        assert await write("lost") == 201
        ahead.follow()
        assert out() == [None, None]

        ahead.cut_off()
        taking_over.promote()
        (tmp_path / "next").symlink_to(taking_over.sockets[1].parent)
        (tmp_path / "next").replace(tmp_path / "servers")
        ahead.ask(f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{NAME}'")
        if begins == "when it is read":
            await until(lambda: is_answered(client))
        await until(lambda: out() == [WHY, None])

        pools = {one["name"]: one for one in (await client.get("/readyz?for=read")).json()["pools"]}
        assert pools["replica 1"] == {"name": "replica 1", "ready": False, "reason": WHY}
        assert pools["replica 2"]["ready"]
        settings = Settings(database_url=url, read_database_url=both)
        advice = (await asyncio.to_thread(doctor, settings)).advice
        problems = [one.detail for one in advice if (one.level, one.subject) == ("problem", "replica")]
        assert problems == [f"Replica 1 of ANNALS_READ_DATABASE_URL is left out: {WHY}."]
        if begins == "never":
            assert taking_over.ask_standby("SELECT count(*) FROM branch", NAME) == 0

        assert (await client.get("/v1/events/lost")).status_code == 404
        assert await write("later") == 201
        assert (await client.get("/v1/events/later")).status_code == 200


async def is_answered(client):
    """Whether the primary, which alone is asked for the newest state, answers."""
    return (await client.get("/v1/events", headers={"Prefer": "consistency=latest"})).status_code == 200
