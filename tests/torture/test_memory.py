"""What a single request takes in memory, however large the records are that it reads."""

import hashlib
import re
import threading
import time
import zlib
from pathlib import Path

import httpx
import pytest

from app.database.engine.database import Database
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.formats import FORMATS
from app.records.kinds import kind_by_name
from app.records.validation.document import validate_document
from app.writing.write import NewRevision, write

pytestmark = pytest.mark.torture

MAX_MEGABYTES = 64
MAX_MEGABYTES_OF_IMPORTS = 300
RECORDS = 120
NOTE = "no word of this is looked for " * 330


def fill(url):
    """Write events of nearly a mebibyte each, which have what is in them from one source."""
    database = Database.open(url)

    def records(tx, kind, documents):
        vocabulary, of = vocabulary_of(tx), kind_by_name(kind)
        write(
            tx,
            [NewRevision(of, validate_document(of, one, vocabulary)) for one in documents],
            Attribution(by="test"),
        )

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
        self.megabytes = anonymous_megabytes(pid)
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
    assert {path: most for path, most in took.items() if most > MAX_MEGABYTES} == {}


BODY = 8 * 2**20
PATCH = 2 * 2**20
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
EMOJI = "\U0001f600".encode()


def filled(opening, unit, closing, size, most=190_000):
    """Repeat a unit between commas up to a size in bytes; more values than that are refused unread."""
    count = min(most, (size - len(opening) - len(closing)) // (len(unit) + 1))
    return opening + b",".join([unit] * count) + closing


def long_text(beginning, letter, size, more=b""):
    head = b'{"title":"x",%s"summary":"%s' % (more, beginning)
    return head + letter * ((size - len(head) - 2) // len(letter)) + b'"}'


def unknown_members(size):
    count = min(190_000, (size - 100) // 42)
    return b'{"title":"x",%s}' % b",".join(b'"unknown%030d":1' % n for n in range(count))


def bodies(size):
    """Give what is written by name: what a client may mean well, and what it cannot."""
    note = b'{"source":"sources/s","property":"date","note":"%s"}' % (b"n" * 300)
    yield "evidence", filled(b'{"title":"x","evidence":[', note, b"]}", size)
    yield "lists", filled(b'{"title":"x","tags":[', b"[" * 60 + b"]" * 60, b"]}", size, 1600)
    yield "numbers", filled(b'{"title":"x","tags":[', b"1.5" + b"0" * 36, b"]}", size)
    yield "objects", filled(b'{"title":"x","tags":[', b'{"%035d":1}' % 7, b"]}", size, 95_000)
    yield "texts", filled(b'{"title":"x","aliases":[', b'"%s"' % (b"a" * 38), b"]}", size)
    yield "wide texts", filled(b'{"title":"x","aliases":[', b'"%s%s"' % (EMOJI, b"a" * 16), b"]}", size // 2)
    yield "one text", long_text(b"", b"a", size)
    yield "one wide text", long_text(EMOJI, b"a", size // 2)
    yield "one wide text, and digits", long_text(EMOJI, b"a", size // 2, b'"x":12345678901234567890,')
    yield "one wide text, escaped", long_text(EMOJI, b"a", size // 2, b'"x" : 1,"\\u0061":1,')
    yield "one wide text, too wide", long_text(EMOJI, b"a", size)
    yield "decomposed", long_text(EMOJI, "e\u0301".encode(), size // 2)
    yield "duplicates", filled(b'{"title":"x",', b'"%037d":1' % 7, b"}", size)
    yield "deep", b'{"title":"x","tags":%s%s}' % (b"[" * 90_000, b"]" * 90_000)
    yield "no end", filled(b'{"title":"x","tags":[', b'"%s"' % (b"a" * 38), b"", size)


def writes():
    for name, body in bodies(BODY):
        yield f"POST {name}", "POST", "/v1/events", JSON, body
    yield "PUT unknown members", "PUT", "/v1/events/e-1", JSON, unknown_members(BODY // 2)
    for name, body in bodies(PATCH):
        yield f"merge {name}", "PATCH", "/v1/events/e-1", MERGE_PATCH, body
    add = b'{"op":"add","path":"/tags/-","value":"a"}'
    copy = b'{"op":"copy","from":"/title","path":"/summary"}'
    for name, unit in (("adds", add), ("copies", copy)):
        yield f"patch {name}", "PATCH", "/v1/events/e-1", JSON_PATCH, filled(b"[", unit, b"]", PATCH)


def texts():
    size = 8 * 2**20
    yield "words", (b"one word after another, and so on. " * (size // 35 + 1))[:size]
    yield "one-letter", b"a" * size
    yield "wide", EMOJI + b"a" * (size - 4)


@pytest.fixture
def writing(server, api_key):
    """Give what makes a request of a server that has warmed up, and tells what memory that took."""
    running = server("--no-seed", public_texts="true")
    pid = running.process.pid
    headers = {"Authorization": f"Bearer {api_key()}", "If-Match": "*"}
    with httpx.Client(base_url=running.url, timeout=600, headers=headers) as client:

        def took(method, path, media_type=JSON, body=b""):
            time.sleep(0.1)
            idle = anonymous_megabytes(pid)
            with Peak(pid) as peak:
                answer = client.request(method, path, content=body, headers={"Content-Type": media_type})
            assert answer.status_code < 500, answer.text
            return round(peak.megabytes - idle)

        client.post("/v1/sources", json={"id": "s", "title": "S", "licence": "CC0"}).raise_for_status()
        client.post("/v1/events", json={"id": "e-1", "title": "E", "tags": ["a"]}).raise_for_status()
        took("POST", "/v1/events", body=long_text(b"", b"a", 100_000))
        took("PATCH", "/v1/events/e-1", MERGE_PATCH, long_text(b"", b"a", 50_000))
        took("POST", "/v1/sources/s/verify", "text/plain", b"abc " * 50_000)
        took.client = client
        yield took


def test_no_write_takes_more_than_it_may(writing):
    took = {name: writing(*asked) for name, *asked in writes()}
    print(took)  # noqa: T201 - what was measured
    assert {name: most for name, most in took.items() if most > MAX_MEGABYTES} == {}


def test_no_text_takes_more_than_it_may(writing):
    took = {}
    for name, body in texts():
        digest = hashlib.sha256(body).hexdigest()
        source = {"id": name, "title": "S", "licence": "CC0", "text": {"sha256": digest}}
        writing.client.post("/v1/sources", json=source).raise_for_status()
        context = {"prefix": "p" * 100, "suffix": "s" * 100}
        quotes = [
            {"id": f"x-{n}", "source": f"sources/{name}", "selector": {"exact": f"one word {n}", **context}}
            for n in range(1000)
        ]
        writing.client.post("/v1/events", json={"title": name, "evidence": quotes}).raise_for_status()
        path = f"/v1/sources/{name}"
        took[f"verify {name}"] = writing("POST", f"{path}/verify", "text/plain", body)
        took[f"attach {name}"] = writing("PUT", f"{path}/text", "text/plain", body)
        took[f"verify attached {name}"] = writing("POST", f"{path}/verify")
        took[f"read {name}"] = writing("GET", f"{path}/text")
    print(took)  # noqa: T201 - what was measured
    assert {name: most for name, most in took.items() if most > MAX_MEGABYTES} == {}


def event(number, members):
    return b'{"kind":"event","id":"e%d","title":"E",%s}\n' % (number, members)


def packed(piece, times):
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    for _ in range(times):
        yield packing.compress(piece)
    yield packing.flush()


def array(texts):
    yield b"["
    for number, text in enumerate(texts):
        yield (b"," if number else b"") + text
    yield b"]"


def features(count, members):
    yield b'{"type":"FeatureCollection","features":'
    yield from array(
        b'{"type":"Feature","id":"places/p%d","properties":{"title":"P"},%s}' % (number, members)
        for number in range(count)
    )
    yield b"}"


def cell(column, text):
    return [b"id,title,", column, b'\na,b,"', text, b'"\n']


LETTER = b"x" * 7_000_000
IMPORTS = {
    "gzip of nothing but spaces": ("application/x-ndjson", lambda: packed(b" " * 2**20, 1300)),
    "gzip of what is no JSON": ("application/x-ndjson", lambda: packed(b"x\n" * 2**14, 2)),
    "many small documents": (
        "application/x-ndjson",
        lambda: (
            b"".join(event(n, b'"tags":["a"]') for n in range(at, at + 1000)) for at in range(0, 30_000, 1000)
        ),
    ),
    "members that are all unknown and different": (
        "application/x-ndjson",
        lambda: (event(n, b",".join(b'"u%d-%d":1' % (n, m) for m in range(100))) for n in range(400)),
    ),
    "names of megabytes": ("application/x-ndjson", lambda: (event(n, b'"%s":1' % LETTER) for n in range(40))),
    "faults within a name of megabytes": (
        "application/x-ndjson",
        lambda: [event(1, b'"%s":[%s1]' % (LETTER[:4_000_000], b'"\\u0001",' * 400))],
    ),
    "empty lists": (
        "application/x-ndjson",
        lambda: (event(n, b'"x":[%s[]]' % (b"[]," * 90_000)) for n in range(20)),
    ),
    "tags": (
        "application/x-ndjson",
        lambda: (event(n, b'"tags":[%s"b"]' % (b'"a",' * 190_000)) for n in range(20)),
    ),
    "a million items of evidence": (
        "application/x-ndjson",
        lambda: [event(1, b'"evidence":[%s{}]' % (b"{}," * 10**6))],
    ),
    "nested deeply": ("application/x-ndjson", lambda: [event(1, b'"x":%s%s' % (b"[" * 10**6, b"]" * 10**6))]),
    "an array of 100 MB": (
        "application/json",
        lambda: array(event(n, b'"x":"%s"' % LETTER[:4000]) for n in range(25_000)),
    ),
    "foreign members of megabytes": ("application/geo+json", lambda: features(20, b'"x":"%s"' % LETTER)),
    "foreign members of many values": (
        "application/geo+json",
        lambda: features(20, b'"x":[%s1]' % (b"[]," * 90_000)),
    ),
    "a geometry in a cell": ("text/csv", lambda: cell(b"geometry", b"[%s[]]" % (b"[]," * 2_700_000))),
    "evidence in a cell": ("text/csv", lambda: cell(b"evidence", b"[%s{}]" % (b"{}," * 2_700_000))),
    "labels in a cell": ("text/csv", lambda: cell(b"labels", b"x=;" * 2_700_000)),
    "a cell of 8 MB": ("text/csv", lambda: cell(b"summary", LETTER + LETTER[:1_300_000])),
    "a header of columns without number": ("text/csv", lambda: [b"aa," * 2_700_000, b"\n"]),
    "a row of cells without number": ("text/csv", lambda: [b"id,title\n", b"aa," * 2_700_000, b"\n"]),
    "a row of lines without end": ("text/csv", lambda: (b'"a\n",' * 10_000 for _ in range(2000))),
    "unknown columns": (
        "text/csv",
        lambda: [b",".join(b"c%d" % n for n in range(9_000)), b"\n", (b"x," * 8_999 + b"x\n") * 200],
    ),
    "an unknown column with a long name": ("text/csv", lambda: [b"n" * 10_000, b"\n", b"x\n" * 5000]),
}


def in_parts(pieces):
    for piece in pieces:
        yield from (piece[at : at + 2**18] for at in range(0, len(piece), 2**18))


def test_no_import_takes_more_than_300_megabytes(server, api_key):
    running = server()
    pid = running.process.pid
    headers = {"Authorization": f"Bearer {api_key('read', 'write')}"}
    took, told = {}, {}
    with httpx.Client(base_url=running.url, timeout=600, headers=headers) as client:

        def send(media_type, pieces):
            typed = {"Content-Type": media_type}
            return client.post("/v1/imports?kind=place", content=in_parts(pieces), headers=typed)

        assert send("application/x-ndjson", [event(0, b'"tags":["a"]')]).status_code == 200
        for name, (media_type, pieces) in IMPORTS.items():
            time.sleep(0.5)
            idle = anonymous_megabytes(pid)
            with Peak(pid) as peak:
                answer = send(media_type, pieces())
            took[name] = round(peak.megabytes - idle)
            told[name] = (answer.status_code, len(answer.content))
    assert {name: most for name, most in took.items() if most > MAX_MEGABYTES_OF_IMPORTS} == {}
    assert {name: one for name, one in told.items() if one[0] not in (200, 422) or one[1] > 2**20} == {}
