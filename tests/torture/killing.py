"""Records that many refer to, and a server that is killed while it rewrites those that refer to them."""

import os
import random
import signal
import time

import httpx

from app.database.engine.database import Database
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.maintenance.check import check
from app.records.kinds import kind_by_name
from app.records.validation.document import validate_document
from app.writing.write import NewRevision, write


def populate(url, actors, referrers):
    """Write actors of some identifiers, and so many events that name the first of them."""
    documents = [("actor", {"id": name, "title": name}) for name in actors]
    documents += [
        ("event", {"id": f"e{number}", "title": "E", "participants": [{"actor": f"actors/{actors[0]}"}]})
        for number in range(referrers)
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


def client_of(running, headers):
    return httpx.Client(base_url=running.url, headers=headers, timeout=60)


def kill_until_done(running, start, headers, left):
    """Kill a server and start it again, until nothing is left to be done; return the last one, and how many were killed.

    `left(client)` says how much there is yet to do, which may only become less.
    """
    chance, kills, before = random.Random(5), 0, None
    while before != 0:
        time.sleep(chance.uniform(0.05, 0.4))
        os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait()
        kills += 1
        running = start("--no-seed")
        with client_of(running, headers) as client:
            now = left(client)
        assert before is None or now <= before
        before = now
    return running, kills


def changed(client, action):
    """List the references of what an action changed, in the order of the feed."""
    found, after = [], 0
    while items := client.get("/v1/changes", params={"after": after, "limit": 1000}).json()["items"]:
        found += [one["ref"] for one in items if one["action"] == action]
        after = items[-1]["seq"]
    return found


def count_of(client, actor):
    """Count the events that name an actor."""
    asked = {"participant": f"actors/{actor}", "limit": 1, "count": "exact"}
    return client.get("/v1/events", params=asked).json()["count"]


def check_database(url):
    database = Database.open(url)
    try:
        assert check(database) == []
    finally:
        database.dispose()
