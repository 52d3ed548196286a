"""kill -9 of the server while it undoes a long merge, again and again: in the end all is as it was, on either database."""

import os
import random
import signal
import time

import httpx
import pytest

from app.database.engine.database import Database
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.maintenance.check import check
from app.records.kinds import kind_by_name
from app.records.validation.document import validate_document
from app.writing.write import NewRevision, write

pytestmark = pytest.mark.torture

REFERRERS = 4000
LEAST_KILLS = 2


def documents():
    """One actor that every event names, and another."""
    yield from (("actor", {"id": name, "title": name}) for name in ("a", "b"))
    for number in range(REFERRERS):
        yield "event", {"id": f"e{number}", "title": "E", "participants": [{"actor": "actors/a"}]}


def populate(url):
    database = Database.open(url)

    def fill(tx):
        vocabulary = vocabulary_of(tx)
        read = [(kind_by_name(name), raw) for name, raw in documents()]
        write(
            tx,
            [NewRevision(kind, validate_document(kind, raw, vocabulary)) for kind, raw in read],
            Attribution("test"),
        )

    try:
        database.write_now(fill)
    finally:
        database.dispose()


def until(client, path, status, state):
    """Ask how a merge stands until it has come to its end."""
    while True:
        told = client.get(path)
        if (told.status_code, told.json().get("merge", told.json())["state"]) == (status, state):
            return told.json()
        time.sleep(0.1)


def test_kills_while_a_merge_is_undone(server, api_key, database_url):
    populate(database_url)
    headers = {"Authorization": f"Bearer {api_key('read', 'write')}"}
    chance, kills, path = random.Random(3), 0, "/v1/merges/1"
    running = server("--no-seed")
    with httpx.Client(base_url=running.url, headers=headers, timeout=60) as client:
        client.post("/v1/merges", json={"from": "actors/a", "into": "actors/b"})
        until(client, path, 200, "done")
        assert client.delete(path).status_code == 202
    left = REFERRERS
    while left:
        time.sleep(chance.uniform(0.05, 0.4))
        os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait()
        kills += 1
        running = server("--no-seed")
        with httpx.Client(base_url=running.url, headers=headers, timeout=60) as client:
            told = client.get(path)
            was, left = left, told.json()["pending"] if told.status_code == 200 else 0
            assert left <= was
    with httpx.Client(base_url=running.url, headers=headers, timeout=60) as client:
        told = until(client, path, 410, "undone")
        assert (told["merge"]["moved"], "conflicts" in told) == (REFERRERS, False)
        changes, after = [], 0
        while items := client.get("/v1/changes", params={"after": after, "limit": 1000}).json()["items"]:
            changes += [item["ref"] for item in items if item["action"] == "unmerge"]
            after = items[-1]["seq"]
        for name, expected in (("a", REFERRERS), ("b", 0)):
            found = client.get(
                "/v1/events", params={"participant": f"actors/{name}", "limit": 1, "count": "exact"}
            )
            assert found.json()["count"] == expected
    running.stop()
    assert sorted(changes) == sorted(["actors/a", *(f"events/e{number}" for number in range(REFERRERS))])
    print(f"\n{kills} kills")  # noqa: T201 - what was measured
    assert kills >= LEAST_KILLS
    database = Database.open(database_url)
    try:
        assert check(database) == []
    finally:
        database.dispose()
