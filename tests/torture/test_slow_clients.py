"""Clients that hold a service up on purpose, as many of them as it takes: it goes on for all others, in little memory."""

import contextlib
import http.client
import random
import resource
import signal
import socket
import statistics
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import orjson
import pytest

from app.records.incoming import Input
from app.verbs.importing import Options, import_documents

pytestmark = pytest.mark.torture

EVENTS = 12_000
WORDS = ["havana", "caracas", "mission", "treaty", "oil", "doctor", "accord", "embassy"]
MOST_MEDIAN_SECONDS = 0.1
MOST_MEGABYTES = 250
"""What one attack may cost beyond an idle service: the bytes unsent that are the default, and the pages being made."""


def documents():
    chance = random.Random(1)
    for number in range(EVENTS):
        summary = " ".join(f"{chance.choice(WORDS)}{chance.randrange(50)}" for _ in range(480))
        yield {
            "kind": "event",
            "id": f"event-{number}",
            "title": f"Event {number}",
            "date": str(1600 + number % 400),
            "summary": summary,
        }


@pytest.fixture(scope="module")
def large_url(databases, migrated_template, database_at):
    from app.formats.reading import read

    url = databases.fresh(migrated_template)
    body = b"".join(orjson.dumps(one) + b"\n" for one in documents())
    with database_at(url) as database:
        report = import_documents(
            database, [Input("events", lambda: read("ndjson", [body], None))], Options("t")
        )
    assert report.counts.created == EVENTS
    yield url
    databases.drop(url)


class Watched:
    """A running service, its memory, and how other clients fare meanwhile."""

    def __init__(self, server):
        self.server = server
        self.port = urlsplit(server.url).port
        self.idle = self.megabytes()
        self.most = 0.0
        self.seconds = []
        self.failed = []
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=work) for work in (self.watch, self.ask)]
        for thread in self.threads:
            thread.start()

    def megabytes(self):
        lines = Path(f"/proc/{self.server.process.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("RssAnon")).split()[1]) / 1000

    def watch(self):
        while not self.stopped.wait(0.05):
            self.most = max(self.most, self.megabytes())

    def ask(self):
        while not self.stopped.wait(0.05):
            began = time.perf_counter()
            # Each on a connection of its own: whoever comes anew must get in.
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                connection.request("GET", f"/v1/events/event-{random.randrange(EVENTS)}")
                answer = connection.getresponse()
                answer.read()
            except OSError as error:
                self.failed.append(repr(error))
            else:
                self.seconds.append(time.perf_counter() - began)
                if answer.status != 200:
                    self.failed.append(answer.status)
            finally:
                connection.close()

    def end(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def connect(self, *pieces):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(60)
        connection.connect(("127.0.0.1", self.port))
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                connection.sendall(piece)
        return connection

    def check(self, what):
        """Tell how others fared, and that it was well."""
        self.end()
        median, longest = statistics.median(self.seconds), max(self.seconds)
        more = self.most - self.idle
        print(  # noqa: T201 - what was measured
            f"\n{what}: {more:.0f} MB more; {len(self.seconds)} reads, median {median * 1000:.0f} ms, "
            f"longest {longest * 1000:.0f} ms, {len(self.failed)} failed"
        )
        assert self.failed == []
        assert median < MOST_MEDIAN_SECONDS
        assert more < MOST_MEGABYTES


@pytest.fixture
def watched(server, large_url):
    with contextlib.ExitStack() as stack:

        def start(**settings):
            one = Watched(server("--no-seed", url=large_url, **settings))
            stack.callback(one.end)
            return one

        yield start


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
    began = time.perf_counter()
    with one.connect(head, rest):
        assert time.perf_counter() - began < 5
        time.sleep(2)
        one.check("trailers")


def test_1010_idle_sockets_where_1024_files_may_be_opened(watched):
    one = watched(max_connections="824")
    resource.prlimit(one.server.process.pid, resource.RLIMIT_NOFILE, (1024, 1024))
    with contextlib.ExitStack() as stack:
        for _ in range(1010):
            stack.enter_context(one.connect())
        time.sleep(5)
        assert httpx.get(f"{one.server.url}/readyz", timeout=30).status_code == 200
        one.check("1010 idle sockets")


def test_headers_that_trickle(watched):
    one = watched()
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(one.connect(b"GET / HTTP/1.1\r\n")) for _ in range(500)]
        began = time.perf_counter()
        while connections and time.perf_counter() - began < 40:
            time.sleep(1)
            for connection in tuple(connections):
                try:
                    connection.sendall(b"X: y\r\n")
                except ConnectionError:
                    connections.remove(connection)
        assert connections == []
        one.check("500 trickling heads")


def test_150_pages_that_are_not_read(watched):
    one = watched()
    with contextlib.ExitStack() as stack:
        for number in range(150):
            path = f"/v1/events?limit=1000&sort=-title&when={1600 + number}/2000&fields=title,summary"
            stack.enter_context(one.connect(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()))
        time.sleep(40)
        one.check("150 unread pages")


def test_26_exports_that_are_not_read(watched, api_key, large_url):
    one = watched()
    headers = {
        "Authorization": f"Bearer {api_key('write', url=large_url, label='exports')}",
        "Content-Type": "application/x-ndjson",
    }
    with contextlib.ExitStack() as stack:
        for _ in range(26):
            stack.enter_context(one.connect(b"GET /v1/export HTTP/1.1\r\nHost: x\r\n\r\n"))
        time.sleep(2)
        assert httpx.get(f"{one.server.url}/readyz", timeout=30).status_code == 200
        body = b'{"kind": "event", "title": "E"}\n'
        imported = httpx.post(
            f"{one.server.url}/v1/imports?dry_run=true", content=body, headers=headers, timeout=30
        )
        assert imported.status_code == 200
        # Whoever asks again as it is told gets its turn.
        status = 503
        for _ in range(4):
            status = httpx.get(f"{one.server.url}/v1/export", timeout=120).status_code
            if status == 200:
                break
        assert status == 200
        for _ in range(9):
            stack.enter_context(one.connect(b"GET /v1/export HTTP/1.1\r\nHost: x\r\n\r\n"))
        one.check("26 unread exports")
        began = time.perf_counter()
        one.server.process.send_signal(signal.SIGTERM)
        one.server.process.wait(60)
        assert time.perf_counter() - began < 15


def test_imports_that_trickle(watched, api_key, large_url):
    one = watched()
    keys = [api_key("write", url=large_url, label=label) for label in ("a", "b", "c")]
    head = (
        b"POST /v1/imports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
        b"Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    stopped = threading.Event()
    with contextlib.ExitStack() as stack:
        connections = [
            stack.enter_context(one.connect(head % key.encode())) for key in keys[:2] for _ in range(2)
        ]

        def trickle():
            while not stopped.wait(1):
                for connection in connections:
                    with contextlib.suppress(OSError):
                        connection.sendall(b"1\r\n \r\n")

        trickling = threading.Thread(target=trickle)
        trickling.start()
        stack.callback(trickling.join)
        stack.callback(stopped.set)
        headers = {"Authorization": f"Bearer {keys[2]}", "Content-Type": "application/x-ndjson"}
        began, status = time.perf_counter(), 503
        while status == 503 and time.perf_counter() - began < 60:
            answer = httpx.post(
                f"{one.server.url}/v1/imports?dry_run=true",
                content=b'{"kind": "event", "title": "E"}\n',
                headers=headers,
                timeout=60,
            )
            status = answer.status_code
        assert status == 200
        assert time.perf_counter() - began < 40
        one.check("4 trickling imports")
