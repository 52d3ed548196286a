"""Attacks, each at its full size, on one worker that has 512 MB: it lives, others are served, and the memory comes back."""

import contextlib
import http.client
import random
import resource
import signal
import socket
import statistics
import threading
import time
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from math import cos, radians, sin
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import psutil
import pytest
from sqlalchemy import make_url, text

from app.filters.shape_tests import MAX_REMEMBERED
from app.imports.documents import ImportFile
from app.imports.report import Options
from app.imports.service import import_documents

pytestmark = pytest.mark.torture

EVENTS = 8_000
WORDS = ["havana", "caracas", "mission", "treaty", "oil", "doctor", "accord", "embassy"]
MIB = 2**20

MEMORY = 512 * MIB
"""What a worker, and all that it starts, may have in use (RssAnon) at any moment."""

RESERVED = 32 * resource.getrlimit(resource.RLIMIT_STACK)[0]
"""Address space of the stacks of its threads, of which next to nothing is ever used.

RLIMIT_DATA counts it, so that the kernel refuses memory to a worker past both together. RLIMIT_AS would count the
file of SQLite and the libraries that are mapped, too, which are no memory of a process.
"""

MAX_MEDIAN_SECONDS = 0.1
READS_EACH_SECOND = 20
SETTLING_SECONDS = 10
MAX_KEPT = 1.2
"""How much memory a worker has after an attack, as a multiple of what it had before."""


def documents():
    chance = random.Random(1)
    for number in range(EVENTS):
        summary = " ".join(f"{chance.choice(WORDS)}{chance.randrange(50)}" for _ in range(480))
        yield {
            "kind": "event",
            "id": f"event-{number}",
            "title": f"Event {number}",
            "date": str(1600 + number % 400),
            "tags": [chance.choice(WORDS), chance.choice(WORDS) + "s"],
            "summary": summary,
        }


def lines(some):
    return b"".join(orjson.dumps(one) + b"\n" for one in some)


@pytest.fixture(scope="module")
def large_template(databases, migrated_template, database_at):
    from app.imports.readers import read

    url = databases.fresh(migrated_template)
    body = lines(documents())
    with database_at(url) as database:
        report = import_documents(
            database, [ImportFile("events", lambda: read("ndjson", [body], None))], Options("t")
        )
    assert report.counts.created == EVENTS
    yield url
    databases.drop(url)


@pytest.fixture
def large_url(databases, large_template):
    url = databases.fresh(large_template)
    yield url
    databases.drop(url)


class Watched:
    """A running service, its memory, and how other clients fare meanwhile."""

    def __init__(self, server, headers):
        self.server = server
        self.headers = headers
        self.port = urlsplit(server.url).port
        self.process = psutil.Process(server.process.pid)
        resource.prlimit(self.process.pid, resource.RLIMIT_DATA, (MEMORY + RESERVED, MEMORY + RESERVED))
        self.statuses = Counter()

    def megabytes(self):
        """Give the memory of the worker and of what it has started."""
        return sum(
            anonymous_megabytes(one.pid) for one in (self.process, *self.process.children(recursive=True))
        )

    @contextlib.contextmanager
    def attacked(self, what, may_keep=0.0):
        """Have others read while the block attacks; then tell how they fared, and that it was well.

        So many megabytes `may_keep` the worker beside, since it is set to remember what the attack asks for.
        """
        self.warm_up()
        self.statuses.clear()
        idle, self.most, self.seconds, self.failed = self.megabytes(), 0.0, [], []
        stopped = threading.Event()
        threads = [threading.Thread(target=work, args=[stopped]) for work in (self.watch, self.read_on)]
        for thread in threads:
            thread.start()
        began = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - began
            stopped.set()
            for thread in threads:
                thread.join()
        may_keep += MAX_KEPT * idle
        kept = self.settled(may_keep)
        median, longest = statistics.median(self.seconds), max(self.seconds)
        print(  # noqa: T201 - what was measured
            f"\n{what}: {took:.0f} s; {len(self.seconds)} reads, median {median * 1000:.0f} ms, longest "
            f"{longest * 1000:.0f} ms, {len(self.failed)} failed; {idle:.0f} MB, at most {self.most:.0f}, "
            f"after it {kept:.0f}; answers {dict(self.statuses)}"
        )
        assert self.process.is_running()
        assert self.server.process.poll() is None
        assert self.failed == []
        assert median < MAX_MEDIAN_SECONDS
        assert 500 not in self.statuses
        assert self.most < MEMORY / 1e6
        assert kept < may_keep

    def warm_up(self):
        """Ask and write what is asked and written on any day, and fill what is kept of answers."""
        tables, documents = self.headers("text/csv"), self.headers("application/x-ndjson")
        some = lines({"kind": "event", "title": f"T {n}", "summary": "word " * 1000} for n in range(1000))
        assert self.ask("POST", "/v1/imports", some, **documents) == 200
        assert self.ask("POST", "/v1/imports", b"kind,titel\nevent,x\n", **tables) == 422
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            for path in (
                "/v1/export",
                "/v1/events?limit=1000",
                "/v1/events?include=facets&facets=type,decade,tag&count=exact",
                "/v1/search?q=havana1&limit=100",
                *(f"/v1/events?when={year}&fields=title,summary" for year in range(1600, 2000)),
            ):
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200, path
        time.sleep(1)

    def settled(self, wanted):
        """Give the memory once it is as little as is wanted, or time is over."""
        last = time.monotonic() + SETTLING_SECONDS
        while (megabytes := self.megabytes()) >= wanted and time.monotonic() < last:
            time.sleep(0.2)
        return megabytes

    def watch(self, stopped):
        while not stopped.wait(0.05):
            self.most = max(self.most, self.megabytes())

    def read_on(self, stopped):
        """Read however long the reads before take: nobody waits for others before asking."""
        with ThreadPoolExecutor(200) as pool:
            while not stopped.wait(1 / READS_EACH_SECOND):
                pool.submit(self.read_one)

    def read_one(self):
        began = time.perf_counter()
        # Each on a connection of its own: whoever comes anew must get in.
        status = self.ask("GET", f"/v1/events/event-{random.randrange(EVENTS)}", counted=False)
        self.seconds.append(time.perf_counter() - began)
        if status != 200:
            self.failed.append(status)

    def ask(self, method, path, body=None, *, counted=True, **headers):
        """Ask on a connection of its own; gives the status, or what went wrong."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        with contextlib.closing(connection):
            try:
                # What is refused before it is read through is answered all the same.
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    connection.request(method, path, body, named)
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException) as error:
                status = type(error).__name__
        if counted:
            self.statuses[status] += 1
        return status

    def ask_at_once(self, number, of):
        """Ask so many times at once what `of` gives the arguments for, by number."""
        with ThreadPoolExecutor(number) as pool:
            list(pool.map(lambda each: self.ask(*of(each)[0], **of(each)[1]), range(number)))

    def connect(self, *pieces):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(60)
        connection.connect(("127.0.0.1", self.port))
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                connection.sendall(piece)
        return connection


def anonymous_megabytes(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        told = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next((int(line.split()[1]) / 1000 for line in told if line.startswith("RssAnon")), 0.0)
    return 0.0


@pytest.fixture
def headers(api_key, large_url):
    """`headers()` gives those of a new key."""

    def make(media_type="application/json"):
        key = api_key("write", url=large_url, label=f"key-{random.randrange(10**9)}")
        return {"Authorization": f"Bearer {key}", "Content_Type": media_type, "If_Match": "*"}

    return make


@pytest.fixture
def watched(server, headers, large_url):
    def start(**settings):
        return Watched(server("--no-seed", url=large_url, **settings), headers)

    return start


def trickle(connections, piece, seconds):
    """Send a piece on each connection every second, until all are closed; gives how many are open after so long."""
    open_ones = list(connections)
    last = time.monotonic() + seconds
    while open_ones and time.monotonic() < last:
        time.sleep(1)
        for connection in tuple(open_ones):
            try:
                connection.sendall(piece)
            except OSError:
                open_ones.remove(connection)
    return len(open_ones)


@pytest.mark.parametrize(
    "rest",
    [
        b"0\r\nX: " + b"a" * 200_000_000,
        b"0\r\n" + b"X-Field: value\r\n" * 12_500_000,
        b"1;" + b"name=value;" * 2**24,
    ],
    ids=["one trailer", "many trailers", "extensions"],
)
def test_200_megabytes_of_trailers_or_extensions(watched, rest):
    one = watched()
    head = b"POST /v1/events/event-1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with one.attacked("200 MB of trailers or extensions"):
        began = time.perf_counter()
        with one.connect(head, rest):
            assert time.perf_counter() - began < 5
            time.sleep(2)


def test_1010_idle_sockets_where_1024_files_may_be_opened(watched):
    one = watched(max_connections="824")
    resource.prlimit(one.process.pid, resource.RLIMIT_NOFILE, (1024, 1024))
    with one.attacked("1010 idle sockets"), contextlib.ExitStack() as stack:
        for _ in range(1010):
            stack.enter_context(one.connect())
        time.sleep(5)
        assert one.ask("GET", "/readyz") == 200


def test_500_heads_that_trickle(watched):
    one = watched()
    with one.attacked("500 trickling heads"), contextlib.ExitStack() as stack:
        connections = [stack.enter_context(one.connect(b"GET / HTTP/1.1\r\n")) for _ in range(500)]
        assert trickle(connections, b"X: y\r\n", 40) == 0


@pytest.mark.parametrize(
    ("number", "sent"), [(500, 0), (100, 8 * MIB - 1000)], ids=["from the start", "at the end"]
)
def test_bodies_that_trickle(watched, headers, number, sent):
    one = watched()
    key = headers()["Authorization"]
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {8 * MIB}\r\n\r\n"
    )
    with one.attacked(f"{number} trickling bodies, {sent} bytes in"), contextlib.ExitStack() as stack:
        with ThreadPoolExecutor(number) as pool:
            made = list(pool.map(lambda _: one.connect(head.encode(), b" " * sent), range(number)))
        connections = [stack.enter_context(connection) for connection in made]
        assert trickle(connections, b" ", 40) == 0


def test_150_pages_that_are_not_read(watched):
    one = watched()
    with one.attacked("150 unread pages"), contextlib.ExitStack() as stack:
        for number in range(150):
            path = f"/v1/events?limit=1000&sort=-title&when={1600 + number}/2000&fields=title,summary"
            stack.enter_context(one.connect(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()))
        time.sleep(30)


class Log:
    """How much a database has written to its log."""

    def __init__(self, url, database_at):
        self.url = make_url(url)
        self.database_at = database_at
        self.before = self.size()

    def size(self):
        if self.url.get_backend_name() == "sqlite":
            log = Path(f"{self.url.database}-wal")
            return log.stat().st_size if log.exists() else 0
        with self.database_at(self.url.render_as_string(hide_password=False)) as database:
            asked = text("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")
            with database.snapshot() as connection:
                return int(connection.execute(asked).scalar_one())

    def megabytes(self):
        return (self.size() - self.before) / 1e6


def test_26_exports_that_are_not_read(watched, headers, large_url, database_at):
    one = watched()
    asked = b"GET /v1/export HTTP/1.1\r\nHost: x\r\n\r\n"
    log = Log(large_url, database_at)
    writing, importing = headers(), headers("application/x-ndjson")
    with one.attacked("26 unread exports"), contextlib.ExitStack() as stack:
        for _ in range(26):
            stack.enter_context(one.connect(asked))
        time.sleep(2)
        assert one.ask("GET", "/readyz") == 200
        body = orjson.dumps({"title": "E", "summary": "word " * 1000})
        wrote = time.monotonic()
        while time.monotonic() < wrote + 8:
            assert one.ask("POST", "/v1/events", body, **writing) == 201
        print(f"\n{one.statuses[201]} writes meanwhile: the log grew by {log.megabytes():.1f} MB")  # noqa: T201 - what was measured
        trial = b'{"kind": "event", "title": "E"}\n'
        assert one.ask("POST", "/v1/imports?dry_run=true", trial, **importing) == 200
        # Whoever asks again as it is told gets its turn.
        assert any(one.ask("GET", "/v1/export") == 200 for _ in range(4))
    with contextlib.ExitStack() as stack:
        for _ in range(26):
            stack.enter_context(one.connect(asked))
        time.sleep(1)
        began = time.perf_counter()
        one.server.process.send_signal(signal.SIGTERM)
        one.server.process.wait(60)
        took = time.perf_counter() - began
    print(f"\nstopped with 26 unread exports within {took:.1f} s")  # noqa: T201 - what was measured
    assert took < 15


def test_4_imports_that_trickle(watched, headers):
    one = watched()
    first, second, third = (headers("application/x-ndjson") for _ in range(3))
    head = (
        "POST /v1/imports HTTP/1.1\r\nHost: x\r\nAuthorization: {Authorization}\r\n"
        "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with one.attacked("4 trickling imports"), contextlib.ExitStack() as stack:
        connections = [
            stack.enter_context(one.connect(head.format(**key).encode()))
            for key in (first, second)
            for _ in range(2)
        ]
        trickling = threading.Thread(target=trickle, args=[connections, b"1\r\n \r\n", 40])
        trickling.start()
        stack.callback(trickling.join)
        began, status = time.perf_counter(), 503
        while status == 503 and time.perf_counter() - began < 60:
            body = b'{"kind": "event", "title": "E"}\n'
            status = one.ask("POST", "/v1/imports?dry_run=true", body, **third)
        assert status == 200
        assert time.perf_counter() - began < 40


HEAVY = "/v1/events?include=facets&facets=type,decade,century,tag&count=exact&limit=1&q=havana*"


def test_200_questions_whose_clients_hang_up_at_once(watched):
    one = watched()
    with one.attacked("200 questions that nobody waits for"):
        for number in range(200):
            path = f"{HEAVY}+-oil{number % 50}&when={1600 + number}/2000"
            one.connect(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()).close()
        began = time.monotonic()
        assert one.ask("GET", "/v1/events?limit=10&sort=date") == 200
        assert time.monotonic() - began < 20
        time.sleep(3)


def test_100_ask_the_same_heavy_question_at_once(watched):
    one = watched()
    with one.attacked("a stampede of 100"):
        one.ask_at_once(100, lambda _: (("GET", HEAVY), {}))
        time.sleep(1)
    assert set(one.statuses) <= {200, 503}
    assert one.statuses[200]


def words(size, chance):
    """Give a text of so many characters, in which few phrases stand twice."""
    some = "".join(f"{chance.choice(WORDS)}{chance.randrange(10**6)} " for _ in range(size // 13 + 1))
    return some[:size].ljust(size, ".")


def phrases(written, number, chance):
    """Give evidence whose phrases stand in a text, all but the last word of each."""
    starts = [chance.randrange(len(written) - 200) for _ in range(number)]
    return [
        {"source": "sources/s", "selector": {"exact": written[start : start + 60].strip() + "?"}}
        for start in starts
    ]


@pytest.mark.parametrize(("with_key", "size"), [(False, MIB), (True, 8 * MIB)], ids=["no key", "key"])
def test_8_long_texts_to_verify_at_once(watched, headers, with_key, size):
    one, chance = watched(), random.Random(2)
    written = words(size, chance)
    key = headers()
    assert one.ask("POST", "/v1/sources", b'{"id": "s", "title": "S"}', **key) == 201
    event = orjson.dumps({"title": "E", "evidence": phrases(written, 2000, chance)})
    assert one.ask("POST", "/v1/events", event, **key) == 201
    sent = {"Content_Type": "text/plain", **({"Authorization": key["Authorization"]} if with_key else {})}
    body = written.encode()
    with one.attacked(f"8 texts of {size / MIB:.0f} MiB to verify"):
        one.ask_at_once(8, lambda _: (("POST", "/v1/sources/s/verify", body), sent))
    assert set(one.statuses) <= {200, 503}
    assert one.statuses[200]


def test_evidence_against_a_long_attached_text(watched, headers):
    one, chance = watched(), random.Random(2)
    written = words(8 * MIB - 1000, chance)
    body, key = written.encode(), headers()
    source = {"id": "s", "title": "S", "text": {"sha256": sha256(body).hexdigest()}}
    assert one.ask("POST", "/v1/sources", orjson.dumps(source), **key) == 201
    with one.attacked("8 times 2000 phrases against a text of 8 MiB"):
        assert one.ask("PUT", "/v1/sources/s/text", body, **{**key, "Content_Type": "text/plain"}) == 201
        some = [orjson.dumps({"title": "E", "evidence": phrases(written, 2000, chance)}) for _ in range(8)]
        one.ask_at_once(8, lambda number: (("POST", "/v1/events", some[number]), key))


def polygon(chance):
    """Make a star of 9,999 corners."""
    west, south = chance.uniform(-100, 100), chance.uniform(-50, 50)
    corners = [
        (round(west + size * cos(radians(angle)), 6), round(south + size * sin(radians(angle)), 6))
        for angle, size in ((360 * n / 9_999, 10 + n % 2) for n in range(9_999))
    ]
    return {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}


def test_150_polygons_of_10_000_positions(watched, headers):
    one, chance = watched(), random.Random(3)
    importing = headers("application/x-ndjson")
    body = lines(
        {"kind": "place", "id": f"p-{number}", "title": f"P {number}", "geometry": polygon(chance)}
        for number in range(150)
    )
    what = "150 polygons of 10,000 positions, written and 40 times asked for"
    with one.attacked(what, MAX_REMEMBERED / 1e6):
        assert one.ask("POST", "/v1/imports", body, **importing) == 200
        for _ in range(2):
            one.ask_at_once(
                20,
                lambda number: (("GET", f"/v1/places?bbox=-170,-80,{100 + number / 10},80&fields=title"), {}),
            )


def test_json_patches_that_copy(watched, headers):
    one = watched()
    key = {**headers(), "Content_Type": "application/json-patch+json"}
    doubling = [{"op": "add", "path": "/tags", "value": ["a" * 50] * 90}] + [
        {"op": "copy", "from": "/tags", "path": f"/tags/{'0' if n % 2 else '-'}"} for n in range(999)
    ]
    spread = [{"op": "add", "path": "/tags", "value": ["a" * 10] * 90}] + [
        {"op": "copy", "from": "/tags", "path": f"/labels-of-an-event-that-there-are-not-{n:036}"}
        for n in range(999)
    ]
    bodies = [orjson.dumps(one) for one in (doubling, spread)]
    assert len(bodies[1]) > 105_000
    with one.attacked("60 patches that copy, of up to 118 kB"):
        for _ in range(3):
            one.ask_at_once(20, lambda number: (("PATCH", "/v1/events/event-1", bodies[number % 2]), key))
    assert set(one.statuses) <= {409, 422}


def large_document(number, note):
    known = [{"id": f"x-{n}", "basis": "external", "note": note(n)} for n in range(102)]
    return {"kind": "event", "id": f"large-{number}", "title": f"Large {number}", "evidence": known}


def bomb(chance):
    """Pack 1.3 GB into 7 MB: documents nearly as large as they may be."""
    packer = zlib.compressobj(wbits=31)

    def note(n):
        return chance.randbytes(2_200).hex() if n == 0 else "a" * 9_800

    return b"".join(
        [
            *(packer.compress(lines([large_document(number, note)])) for number in range(1300)),
            packer.flush(),
        ]
    )


def test_an_archive_of_7_megabytes_that_holds_1300(watched, headers):
    one = watched()
    body, key = bomb(random.Random(4)), headers("application/x-ndjson")
    print(f"\n{len(body) / 1e6:.1f} MB packed")  # noqa: T201 - what was measured
    with one.attacked("an archive of 7 MB that holds 1.3 GB"):
        one.ask("POST", "/v1/imports?dry_run=true", body, **key)
    assert set(one.statuses) <= {200, 413, 422}


def test_an_import_of_104_megabytes_of_large_documents(watched, headers):
    one, chance = watched(), random.Random(5)
    body = lines(large_document(number, lambda _: words(9_800, chance)) for number in range(102))
    key = headers("application/x-ndjson")
    with one.attacked(f"an import of {len(body) / 1e6:.0f} MB of large documents"):
        assert one.ask("POST", "/v1/imports", body, **key) == 200


def many_columns():
    names = b",".join(b"%x" % number for number in range(2**12, 2**12 + 46_000))
    return b"kind,title," + names + b"\n" + b"event,E" + b"," * 46_000 + b"\n"


def unknown_columns():
    names = b",".join(b"titl%d" % number for number in range(120))
    return b"kind,title," + names + b"\n" + (b"event,E" + b",x" * 120 + b"\n") * 76


@pytest.mark.parametrize("table", [many_columns, unknown_columns])
def test_tables_of_columns_that_there_are_not(watched, headers, table):
    one, body = watched(), table()
    keys = [headers("text/csv") for _ in range(4)]
    with one.attacked(f"8 tables of {len(body) / 1000:.0f} kB, {table.__name__}"):
        one.ask_at_once(8, lambda number: (("POST", "/v1/imports", body), keys[number % 4]))
    assert set(one.statuses) <= {400, 413, 422, 503}


@pytest.mark.parametrize("value", [b"[]", b"{}", b"1", b'"a"'])
def test_50_bodies_of_8_megabytes_of_tiny_values_at_once(watched, headers, value):
    one, key = watched(), headers()
    body = b'{"title":"x","tags":[' + b",".join([value] * ((8 * MIB - 30) // (len(value) + 1))) + b"]}"
    with one.attacked(f"50 bodies of 8 MiB of {value.decode()}"):
        one.ask_at_once(50, lambda _: (("POST", "/v1/events", body), key))
    assert set(one.statuses) <= {400, 413, 422, 503}
