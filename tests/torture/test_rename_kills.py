"""kill -9 of the server while a record that many refer to is renamed, again and again: in the end all name it, on either database."""

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

REFERRERS = 1500
LEAST_KILLS = 2


def populate(url):
    documents = [("actor", {"id": "a", "title": "A"})]
    documents += [
        ("event", {"id": f"e{number}", "title": "E", "participants": [{"actor": "actors/a"}]})
        for number in range(REFERRERS)
    ]
    database = Database.open(url)

    def fill(tx):
        vocabulary = vocabulary_of(tx)
        kinds = [(kind_by_name(name), raw) for name, raw in documents]
        drafts = [NewRevision(kind, validate_document(kind, raw, vocabulary)) for kind, raw in kinds]
        write(tx, drafts, Attribution("test"))

    try:
        database.write_now(fill)
    finally:
        database.dispose()


def changed(client):
    """List the events that were rewritten."""
    found, after = [], 0
    while items := client.get("/v1/changes", params={"after": after, "limit": 1000}).json()["items"]:
        found += [
            one["ref"] for one in items if one["action"] == "rename" and one["ref"].startswith("events/")
        ]
        after = items[-1]["seq"]
    return found


def test_kills_while_a_record_is_renamed(server, api_key, database_url):
    populate(database_url)
    headers = {"Authorization": f"Bearer {api_key('read', 'write')}", "If-Match": "*"}
    chance, kills = random.Random(5), 0
    running = server("--no-seed")
    with httpx.Client(base_url=running.url, headers=headers, timeout=60) as client:
        renamed = client.post("/v1/actors/a/rename", json={"to": "alpha"})
        assert (renamed.status_code, renamed.json()["id"]) == (200, "alpha")
    done = 0
    while done < REFERRERS:
        time.sleep(chance.uniform(0.05, 0.4))
        os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait()
        kills += 1
        running = server("--no-seed")
        with httpx.Client(base_url=running.url, headers=headers, timeout=60) as client:
            was, done = done, len(changed(client))
            assert done >= was
            # Whatever was interrupted, all are found by either name.
            for name in ("a", "alpha"):
                asked = {"participant": f"actors/{name}", "limit": 1, "count": "exact"}
                assert client.get("/v1/events", params=asked).json()["count"] == REFERRERS
            assert client.get("/v1/actors/a").headers["location"] == "/v1/actors/alpha"
    with httpx.Client(base_url=running.url, headers=headers, timeout=60) as client:
        rewritten = changed(client)
    running.stop()
    assert sorted(rewritten) == sorted(f"events/e{number}" for number in range(REFERRERS))
    print(f"\n{kills} kills")  # noqa: T201 - what was measured
    assert kills >= LEAST_KILLS
    database = Database.open(database_url)
    try:
        assert check(database) == []
    finally:
        database.dispose()
