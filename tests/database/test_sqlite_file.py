"""The file of an SQLite database is taken away under the service: nothing is acknowledged that would be gone."""

import asyncio
import shutil
from pathlib import Path

import pytest

from app.database.api_keys import create_key
from app.database.engine.sqlite_driver import sqlite3
from app.errors import Unavailable

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
]


@pytest.fixture
def path(database_url):
    return Path(database_url.removeprefix("sqlite:///"))


def delete(path):
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def replace(path):
    other = path.with_name("other.db")
    shutil.copyfile(path, other)
    other.replace(path)


def move(path):
    path.rename(path.with_name("moved.db"))


def delete_log(path):
    path.with_name(path.name + "-wal").unlink()


async def create(client, key, **more):
    headers = {"Authorization": f"Bearer {key}"}
    return await client.post("/v1/events", json={"title": "E", **more}, headers=headers)


@pytest.mark.parametrize("hurt", [delete, replace, move])
async def test_the_next_write_notices_and_so_does_readiness(client, api_key, path, hurt):
    key = api_key("write")
    assert (await create(client, key)).status_code == 201
    assert (await client.get("/readyz")).status_code == 200
    hurt(path)
    for _ in range(2):
        refused = await create(client, key)
        assert (refused.status_code, refused.json()["code"]) == (503, "database_replaced"), refused.text
        assert "nothing was changed" in refused.json()["detail"]
        assert refused.headers["retry-after"].isdecimal()
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.headers["retry-after"].isdecimal()) == (503, True)
    if hurt is not replace:
        assert not path.exists()


async def test_a_log_that_is_gone_is_noticed(client, api_key, path):
    key = api_key("write")
    assert (await create(client, key)).status_code == 201
    delete_log(path)
    refused = await create(client, key)
    assert (refused.status_code, refused.json()["code"]) == (503, "database_replaced"), refused.text


async def test_an_import_is_refused_as_well(client, api_key, path):
    headers = {"Authorization": f"Bearer {api_key('write')}", "Content-Type": "application/x-ndjson"}
    lines = b'{"kind":"event","id":"e","title":"E"}\n'
    assert (await client.post("/v1/imports", content=lines, headers=headers)).status_code == 200
    replace(path)
    assert (await client.post("/v1/imports", content=lines, headers=headers)).status_code == 503


@pytest.mark.parametrize("hurt", [delete, replace, move])
async def test_a_write_that_is_under_way_is_not_acknowledged(database, path, hurt):
    def work(tx):
        create_key(tx, "me", ["read"])
        hurt(path)

    database.write_now(lambda tx: create_key(tx, "other", ["read"]))
    with pytest.raises(Unavailable) as caught:
        database.write_now(work)
    assert caught.value.code == "database_replaced"
    assert "nothing was changed" not in caught.value.detail


async def test_put_back_it_goes_on(client, api_key, path):
    key = api_key("write")
    assert (await create(client, key)).status_code == 201
    aside = path.with_name("aside.db")
    path.rename(aside)
    assert (await create(client, key)).status_code == 503
    aside.rename(path)
    assert (await create(client, key)).status_code == 201
    assert (await client.get("/readyz")).status_code == 200


@pytest.mark.slow
async def test_a_foreign_lock_is_waited_for_once(make_client, api_key, path):
    """However many wait for what another program holds, each is answered when its own time is over."""
    key = api_key("write")
    async with make_client(database_timeout_seconds=1) as client:
        assert (await create(client, key)).status_code == 201
        other = sqlite3.connect(str(path), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(10):
            refused = await asyncio.gather(*(create(client, key) for _ in range(20)))
        assert {answer.status_code for answer in refused} == {503}
        assert all(answer.headers["retry-after"].isdecimal() for answer in refused)
        assert (await client.get("/v1/events")).status_code == 200
        other.execute("ROLLBACK")
        other.close()
        assert (await create(client, key)).status_code == 201
        assert len((await client.get("/v1/events")).json()["items"]) == 2
