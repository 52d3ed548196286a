"""Answers that wait in a file to be read: the same bytes, and nothing held of what they are made from."""

import asyncio
import tempfile
from contextlib import aclosing

import psycopg
import pytest
from exchanges import stalled
from sqlalchemy import make_url
from waiting import HANG_SECONDS, until

from app.database.engine.sqlite_driver import sqlite3
from app.database_url import libpq_url
from app.exports import spooling
from app.exports.spooling import spooled

pytestmark = pytest.mark.anyio

PIECES = [bytes([n % 251]) * (n * 7 % 50 + 1) for n in range(200)]


class Source:
    """Pieces, and how many of them were made."""

    def __init__(self, error=None):
        self.error = error
        self.made = 0
        self.closed = False

    async def pieces(self):
        try:
            for piece in PIECES:
                self.made += 1
                yield piece
            if self.error is not None:
                raise self.error
        finally:
            self.closed = True


def no_file(**_):
    raise OSError("there is no room")


@pytest.mark.parametrize("most", [0, 1, 60, 1000, 2**20])
@pytest.mark.parametrize("pause", [0, 0.0005])
async def test_the_same_bytes_however_they_are_read(most, pause):
    found = []
    async for part in spooled(Source().pieces(), most):
        found.append(part)
        await asyncio.sleep(pause)
    assert b"".join(found) == b"".join(PIECES)


@pytest.mark.parametrize("full", ["no file", "no free space"])
async def test_without_room_they_are_made_as_they_are_read(monkeypatch, full):
    if full == "no file":
        monkeypatch.setattr(tempfile, "TemporaryFile", no_file)
    else:
        monkeypatch.setattr(spooling, "SPARE_BYTES", 2**80)
    source = Source()
    async with aclosing(spooled(source.pieces(), 2**20)) as parts:
        assert await anext(parts) == PIECES[0]
        await asyncio.sleep(0.05)
        assert source.made <= 3
        assert b"".join([PIECES[0]] + [part async for part in parts]) == b"".join(PIECES)


async def test_all_are_made_while_nobody_reads():
    source = Source()
    async with aclosing(spooled(source.pieces(), 2**20)) as parts:
        await anext(parts)
        await until(lambda: source.closed)
        assert source.made == len(PIECES)


async def test_no_more_are_made_than_there_is_room_for():
    source = Source()
    async with aclosing(spooled(source.pieces(), 500)) as parts:
        await anext(parts)
        await asyncio.sleep(0.2)
        assert sum(map(len, PIECES[2 : source.made - 1])) <= 500
        assert not source.closed
    assert source.closed


async def test_what_goes_wrong_comes_after_what_was_made():
    found = []
    parts = spooled(Source(LookupError()).pieces(), 2**20)
    with pytest.raises(LookupError):  # noqa: PT012 - what came before it is looked at
        while True:
            found.append(await anext(parts))
    assert b"".join(found) == b"".join(PIECES)


def holders(url):
    """Count what keeps an old state of a database; on SQLite, whether its log cannot be begun anew."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(make_url(url).database, timeout=0)
        try:
            return connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            connection.close()
    with psycopg.connect(libpq_url(make_url(url)), autocommit=True) as connection:
        asked = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_xmin IS NOT NULL"
        )
        return connection.execute(asked).fetchone()[0]


@pytest.mark.parametrize("most", [2**28, 0])
async def test_an_export_that_is_not_read_holds_no_state_of_the_database(
    make_client, seeded_url, api_key, most
):
    key = api_key("write", url=seeded_url)
    async with (
        make_client(url=seeded_url, export_file_bytes=most) as client,
        stalled(client.app, "GET", "/v1/export") as unread,
    ):
        headers = {"Authorization": f"Bearer {key}"}
        written = await client.post("/v1/events", json={"title": "Later"}, headers=headers)
        assert written.status_code == 201
        if most:
            await until(lambda: holders(seeded_url) == 0)
        else:
            await asyncio.sleep(0.2)
            assert holders(seeded_url) == 1
        unread.ends.set()
        await asyncio.wait_for(unread.task, HANG_SECONDS)
