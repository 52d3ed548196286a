"""`annals serve` as it is run: from nothing to answers, by several processes at once."""

import signal

import httpx
import pytest
from serving import wait_until_ready

from app.maintenance.check import check

# uvicorn ends by the signal that it was sent, once it has finished; its parent of several workers exits.
ENDED = {0, -signal.SIGTERM}

# What processes that start at once do to each database is tested with its migrations.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def test_servers_that_start_at_once_on_nothing_make_one_seeded_database(server, bare_url, database_at):
    started = [server(url=bare_url, workers=2, wait=False), server(url=bare_url, wait=False)]
    for one in started:
        wait_until_ready(one)
    for one in started:
        answer = httpx.get(f"{one.url}/v1/events/castro-chavez-meeting-1994")
        assert answer.status_code == 200
        assert answer.json()["revision"] == 1
    assert {one.stop() for one in started} <= ENDED
    with database_at(bare_url) as database:
        assert check(database) == []


def test_a_server_told_not_to_seed_leaves_an_empty_database_empty(server):
    one = server("--no-seed")
    assert httpx.get(f"{one.url}/v1/events").json()["items"] == []
    assert one.stop() in ENDED
