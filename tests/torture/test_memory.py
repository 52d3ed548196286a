"""What a single request takes in memory, however large the records are that it reads."""

import re
import threading
import time
from pathlib import Path

import httpx
import pytest

from app.formats import FORMATS
from app.records import kind_named
from app.records.reading import read_record
from app.store.engine import Database
from app.verbs.vocabulary import vocabulary_of
from app.verbs.writing import Draft, Edit, write

pytestmark = pytest.mark.torture

MOST_MEGABYTES = 64
RECORDS = 120
NOTE = "no word of this is looked for " * 330


def fill(url):
    """Write events of nearly a mebibyte each, which have what is in them from one source."""
    database = Database.open(url)

    def records(tx, kind, documents):
        vocabulary, of = vocabulary_of(tx), kind_named(kind)
        write(tx, [Draft(of, read_record(of, one, vocabulary)) for one in documents], Edit(by="test"))

    actors = [{"id": f"a-{n}", "title": f"Actor {n}", "type": "person"} for n in range(95)]
    people = [{"actor": f"actors/{one['id']}", "role": "host", "note": NOTE} for one in actors]
    say = [
        {"id": f"x-{n}", "property": name, "source": "sources/s"}
        for n, name in enumerate(("date", "participants"))
    ]
    try:
        database.write_now(lambda tx: records(tx, "source", [{"id": "s", "title": "S", "licence": "CC0"}]))
        database.write_now(lambda tx: records(tx, "actor", actors))
        for first in range(0, RECORDS, 10):
            some = [
                {
                    "id": f"e-{n}",
                    "title": f"Event {n}",
                    "date": f"{1800 + n}-01-02",
                    "participants": people,
                    "evidence": say,
                }
                for n in range(first, first + 10)
            ]
            database.write_now(lambda tx, some=some: records(tx, "event", some))
    finally:
        database.dispose()


def anonymous_megabytes(pid):
    found = re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024


class Peak:
    """The most memory that a process has while the block runs."""

    def __init__(self, pid):
        self.megabytes = 0.0
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self):
        while not self._ended.wait(0.003):
            self.megabytes = max(self.megabytes, anonymous_megabytes(self._pid))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()


def paths():
    yield from (f"/v1/events?format={name}&limit=1000" for name in FORMATS)
    yield from (f"/v1/events?format={name}" for name in ("ndjson", "csv", "geojson", "parquet"))
    yield from (f"/v1/export?format={name}" for name in FORMATS)
    yield from (
        "/v1/events?limit=1000&include=linked,incoming",
        "/v1/events?limit=1000&fields=title",
        "/v1/events?limit=1000&policy=source:sources/s&include=linked",
        "/v1/search?q=event&limit=1000",
        "/v1/sources/s/evidence?limit=1000",
        "/v1/sources/s?include=incoming",
        "/v1/actors?include=incoming&limit=1000",
        "/v1/events/e-1/diff?from=1&to=1",
        "/v1/suggest?q=event",
        "/v1/graph?around=actors/a-1&depth=2",
    )


def test_no_request_takes_more_than_it_may(server, database_url):
    fill(database_url)
    running = server()
    pid = running.process.pid
    took = {}
    with httpx.Client(base_url=running.url, timeout=600) as client:
        for path in ("/v1/events?limit=1", "/v1/events?limit=1&format=parquet", "/v1/search?q=event&limit=1"):
            client.get(path).raise_for_status()
        time.sleep(0.5)
        idle = anonymous_megabytes(pid)
        for path in paths():
            with Peak(pid) as peak, client.stream("GET", path) as answer:
                assert answer.status_code == 200, path
                for _ in answer.iter_raw():
                    pass
            took[path] = round(peak.megabytes - idle)
    assert {path: most for path, most in took.items() if most > MOST_MEGABYTES} == {}
