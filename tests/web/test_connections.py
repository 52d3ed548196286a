"""Clients that send without end, too slowly or nothing, that do not read, or are too many, over real sockets."""

import asyncio
import contextlib
import threading
import time

import httpx
import pytest
from exchanges import asgi_route
from listening import check_refusal, connect, exchange, listening, read_all
from waiting import HANG_SECONDS

from app.settings import Settings
from app.web.application import AnnalsApp
from app.web.http_protocol import MAX_FRAMING_BYTES, MAX_PIPELINED
from app.web.request_body import read_body
from app.web.responses import send_bytes

TEXT = [(b"content-type", b"text/plain")]
LARGE = 16 * 2**20
"""More than both sides of a connection keep in the kernel."""

CHUNKED = b"POST /size HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
CLOSED = b"Connection: close\r\n\r\n"
GET = b"GET /number HTTP/1.1\r\nHost: x\r\n\r\n"


class Handlers:
    """What the service answers, and what it saw."""

    def __init__(self):
        self.release = threading.Event()
        self.entered = threading.Semaphore(0)
        self.hung_up = threading.Event()
        self.number = 0

    async def size(self, scope, receive, send):
        body = await read_body(scope, receive, 2**30)
        names = b",".join(sorted(name for name, _ in scope["headers"]))
        await send_bytes(send, 200, TEXT, b"%d %s" % (len(body), names))

    async def later(self, scope, receive, send):
        await asyncio.to_thread(self.release.wait, 10)
        await send_bytes(send, 200, TEXT, b"%d" % len(await read_body(scope, receive, 2**30)))

    async def held(self, _scope, receive, send):
        self.entered.release()
        gone = asyncio.ensure_future(self._wait_for_hang_up(receive))
        released = asyncio.ensure_future(asyncio.to_thread(self.release.wait, 10))
        await asyncio.wait([gone, released], return_when=asyncio.FIRST_COMPLETED)
        if not gone.done():
            gone.cancel()
            await send_bytes(send, 200, TEXT, b"held")

    async def _wait_for_hang_up(self, receive):
        while (await receive())["type"] != "http.disconnect":
            pass
        self.hung_up.set()

    async def next_number(self, _scope, _receive, send):
        self.number += 1
        await send_bytes(send, 200, TEXT, b"%d" % self.number)

    async def large(self, _scope, _receive, send):
        await send_bytes(send, 200, TEXT, b"x" * LARGE)

    async def stream(self, _scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": TEXT})
        for _ in range(64):
            await send({"type": "http.response.body", "body": b"x" * (LARGE // 64), "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@contextlib.contextmanager
def served(**settings):
    handlers = Handlers()
    service = AnnalsApp(Settings(_env_file=None, **settings), streams=frozenset({"/size", "/later"}))
    for path, handler, method in (
        ("/size", handlers.size, "POST"),
        ("/later", handlers.later, "POST"),
        ("/held", handlers.held, "GET"),
        ("/number", handlers.next_number, "GET"),
        ("/large", handlers.large, "GET"),
        ("/stream", handlers.stream, "GET"),
    ):
        service.router.routes.append(asgi_route(path, handler, [method]))
    with listening(service, **settings) as port:
        try:
            yield port, handlers
        finally:
            handlers.release.set()


@pytest.fixture(scope="module")
def port():
    with served() as (port, _):
        yield port


# Without end.


@pytest.mark.parametrize(
    "rest",
    [
        b"0\r\nX: " + b"a" * 2**20,
        b"0\r\n" + b"X-Field: value\r\n" * 2**16,
        b"1;" + b"name=value;" * 2**17,
        b"1\r\nx\r\n0\r\nX: " + b"a" * 2**20,
        b"100000\r\n" + b"x" * 2**20 + b"\r\n0\r\nX: " + b"a" * 2**20,
    ],
)
@pytest.mark.parametrize("path", [b"/size", b"/number", b"/nope"])
def test_trailers_and_extensions_without_end_are_refused(port, rest, path):
    answer = exchange(port, CHUNKED.replace(b"/size", path) + b"\r\n", rest)
    if path == b"/size":
        check_refusal(answer, 400, "malformed_request")
    else:  # answered before the body has come
        assert answer.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 405 "))


def test_a_few_trailers_are_taken_and_are_no_headers(port):
    trailers = b"Authorization: Bearer x\r\nX-Other: y\r\n\r\n"
    answer = exchange(port, CHUNKED + CLOSED, b"3\r\nabc\r\n", b"0\r\n" + trailers)
    assert answer.endswith(b"\r\n\r\n3 connection,host,transfer-encoding")


def test_small_chunks_and_short_extensions_are_taken(port):
    chunks = (
        b"1\r\nx\r\n" * MAX_FRAMING_BYTES + b"1000;signature=%s\r\n%s\r\n" % (b"a" * 64, b"y" * 4096) * 1000
    )
    answer = exchange(port, CHUNKED + CLOSED, chunks, b"0\r\n\r\n")
    assert b"\r\n\r\n%d " % (MAX_FRAMING_BYTES + 4_096_000) in answer


def test_too_many_headers_are_refused(port):
    head = b"GET /number HTTP/1.1\r\nHost: x\r\n"
    check_refusal(exchange(port, head + b"X: y\r\n" * 300 + b"\r\n"), 431, "head_too_large")
    assert exchange(port, head + b"X: y\r\n" * 100 + CLOSED).startswith(b"HTTP/1.1 200 ")


def test_a_head_that_ends_in_a_piece_of_a_large_body_is_no_large_head(port):
    head = b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\nConnection: close\r\n\r"
    with connect(port, head) as connection:
        time.sleep(0.05)
        connection.sendall(b"\n" + b"x" * 200_000)
        assert b"\r\n\r\n200000 " in read_all(connection)


def test_requests_sent_ahead_of_their_answers_are_answered_in_order_and_limited():
    with served() as (port, handlers):
        held = b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n"
        with connect(port, held + GET * (MAX_PIPELINED + 10)) as connection:
            assert handlers.entered.acquire(timeout=HANG_SECONDS)
            handlers.release.set()
            *answers, last = read_all(connection).split(b"HTTP/1.1 ")[1:]
        assert [answer.rpartition(b"\r\n\r\n")[2] for answer in answers] == [
            b"held",
            *(b"%d" % number for number in range(1, MAX_PIPELINED + 1)),
        ]
        check_refusal(b"HTTP/1.1 " + last, 429, "too_many_requests")


def test_what_is_good_is_answered_before_what_is_bad_in_the_same_piece(port):
    good, bad = exchange(port, GET + b"nonsense\r\n\r\n").split(b"HTTP/1.1 ")[1:]
    assert good.startswith(b"200 ")
    check_refusal(b"HTTP/1.1 " + bad, 501, "method_unknown")


def test_whoever_hangs_up_with_requests_waiting_ends_the_one_under_way():
    with served() as (port, handlers):
        with connect(port, b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n" + GET):
            assert handlers.entered.acquire(timeout=HANG_SECONDS)
        assert handlers.hung_up.wait(HANG_SECONDS)
        assert handlers.number == 0


# Too slowly.


@pytest.mark.slow
def test_headers_that_do_not_come_in_time_are_refused():
    with served(head_timeout_seconds=0.3) as (port, _):
        check_refusal(exchange(port, GET[:-2]), 408, "request_timeout")
        assert exchange(port) == b""  # nothing was asked
        with connect(port, GET) as connection:
            assert b"200 OK" in connection.recv(65536)
            connection.sendall(GET[:-2])
            check_refusal(read_all(connection), 408, "request_timeout")


@pytest.mark.slow
def test_headers_that_trickle_are_refused_as_well():
    with served(head_timeout_seconds=0.5) as (port, _), connect(port, GET[:-2]) as connection:
        with contextlib.suppress(ConnectionError):
            for _ in range(2000):
                connection.sendall(b"X: y\r\n")
                time.sleep(0.05)
            pytest.fail("it goes on and on")
        assert b" 408 " in read_all(connection)


@pytest.mark.slow
@pytest.mark.parametrize("trickles", [False, True])
def test_a_body_that_comes_too_slowly_is_refused(trickles):
    with (
        served(body_timeout_seconds=0.5, min_bytes_per_second=1000) as (port, _),
        connect(port, CHUNKED + b"\r\n") as connection,
    ):
        with contextlib.suppress(ConnectionError):
            for _ in range(2000 if trickles else 0):
                connection.sendall(b"1\r\nx\r\n")
                time.sleep(0.05)
        check_refusal(read_all(connection), 408, "request_timeout")


@pytest.mark.slow
def test_a_body_that_comes_fast_enough_is_taken_however_long_it_is():
    settings = {"body_timeout_seconds": 1, "min_bytes_per_second": 1000}
    with served(**settings) as (port, _), connect(port, CHUNKED + CLOSED) as connection:
        for _ in range(40):
            connection.sendall(b"400\r\n%s\r\n" % (b"x" * 1024))
            time.sleep(0.05)
        connection.sendall(b"0\r\n\r\n")
        assert b"\r\n\r\n40960 " in read_all(connection)


@pytest.mark.slow
def test_a_client_is_not_blamed_for_a_body_that_nobody_reads():
    head = b"POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % LARGE
    with served(body_timeout_seconds=0.2) as (port, handlers), connect(port, head) as connection:
        sending = threading.Thread(target=connection.sendall, args=(b"x" * LARGE,))
        sending.start()
        time.sleep(0.8)
        handlers.release.set()
        assert read_all(connection).endswith(b"\r\n\r\n%d" % LARGE)
        sending.join()


def test_the_rest_of_a_body_after_the_answer_is_not_awaited_for_ever(monkeypatch):
    monkeypatch.setattr("app.web.http_protocol._LINGER_SECONDS", 0.3)
    with (
        served(body_timeout_seconds=0.4) as (port, _),
        connect(port, CHUNKED.replace(b"/size", b"/nope") + b"\r\n") as connection,
    ):
        with pytest.raises(ConnectionError):  # noqa: PT012 - when it is noticed depends on buffers
            for _ in range(2000):
                connection.sendall(b"400\r\n%s\r\n" % (b"x" * 1024))
                time.sleep(0.05)
        assert read_all(connection).startswith(b"HTTP/1.1 404 ")


# Not reading.


@pytest.mark.slow
@pytest.mark.parametrize("path", [b"/large", b"/stream"])
def test_an_answer_that_is_not_read_is_broken_off(path):
    request = b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path
    with served(write_timeout_seconds=0.3) as (port, _):
        assert len(exchange(port, request)) > LARGE
        with connect(port, request, receive_buffer=4096) as connection:
            time.sleep(1.5)
            assert len(read_all(connection)) < LARGE


@pytest.mark.slow
def test_an_answer_that_is_read_slowly_but_steadily_is_whole():
    request = b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with (
        served(write_timeout_seconds=0.3) as (port, _),
        connect(port, request, receive_buffer=65536) as connection,
    ):
        answer = bytearray()
        while piece := connection.recv(2**18):
            answer += piece
            time.sleep(0.01)
        assert len(answer) > LARGE


def test_of_too_much_that_is_not_read_the_oldest_is_given_up():
    request = b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with (
        served(max_unsent_bytes=2 * LARGE, write_timeout_seconds=0) as (port, _),
        contextlib.ExitStack() as stack,
    ):
        waiting = []
        for _ in range(4):
            connection = stack.enter_context(connect(port, request, receive_buffer=4096))
            assert connection.recv(10)
            waiting.append(connection)
        sizes = [len(read_all(connection)) for connection in waiting]
    assert [size > LARGE for size in sizes] == [False, False, True, True]


# Too many.


def test_an_idle_connection_makes_room_for_a_new_one():
    with served(max_connections=3) as (port, _), contextlib.ExitStack() as stack:
        idle = [stack.enter_context(connect(port)) for _ in range(3)]
        for _ in range(3):
            assert b"200 OK" in stack.enter_context(connect(port, GET)).recv(65536)
        assert [read_all(connection) for connection in idle] == [b"", b"", b""]


def test_where_none_is_idle_one_too_many_is_refused():
    held = b"GET /held HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with served(max_connections=2) as (port, handlers), contextlib.ExitStack() as stack:
        busy = [stack.enter_context(connect(port, held)) for _ in range(2)]
        for _ in busy:
            assert handlers.entered.acquire(timeout=HANG_SECONDS)
        answer = exchange(port)
        check_refusal(answer, 503, "too_many_connections")
        assert b"\r\nretry-after: " in answer
        handlers.release.set()
        assert all(read_all(connection).endswith(b"held") for connection in busy)
        assert httpx.get(f"http://127.0.0.1:{port}/number").status_code == 200


@pytest.mark.parametrize(
    ("proxies", "loopback", "limited"),
    [
        ("192.0.2.1", True, True),
        ("192.0.2.1", False, False),
        ("127.0.0.0/8", True, False),
        ("*", True, False),
    ],
)
def test_connections_of_one_address_are_limited_unless_it_is_a_proxy_or_this_machine(
    proxies, loopback, limited
):
    settings = {"forwarded_allow_ips": proxies, "rate_limit_loopback": loopback}
    held = b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n"
    with served(max_connections_per_address=1, **settings) as (port, handlers):
        with connect(port, held):
            assert handlers.entered.acquire(timeout=HANG_SECONDS)
            if limited:
                check_refusal(exchange(port), 429, "too_many_connections")
            else:
                with connect(port, held):
                    assert handlers.entered.acquire(timeout=HANG_SECONDS)
        handlers.release.set()


def test_what_is_closed_for_a_limit_is_counted():
    with served(head_timeout_seconds=0.2) as (port, _):
        assert exchange(port) == b""
    from app.web import metrics

    assert b'annals_connections_closed_total{reason="head_timeout"}' in metrics.render_metrics()[1]


# For no host, or for two.


@pytest.mark.parametrize(
    ("version", "hosts", "status"),
    [
        ("1.1", [], 400),
        ("1.1", ["a", "a"], 400),
        ("1.1", ["a", "b"], 400),
        ("1.0", ["a", "b"], 400),
        ("1.1", ["a b"], 400),
        ("1.1", ["a/b"], 400),
        ("1.1", ["user@a"], 400),
        ("1.1", ["a:b"], 400),
        ("1.0", [], 200),
        ("1.0", ["a"], 200),
        ("1.1", [""], 200),
        ("1.1", ["annals.test:8000"], 200),
        ("1.1", ["[2001:db8::1]:80"], 200),
    ],
)
def test_a_request_names_one_host(port, version, hosts, status):
    lines = "".join(f"Host: {host}\r\n" for host in hosts)
    answer = exchange(port, f"GET /number HTTP/{version}\r\n{lines}Connection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    if status == 400:
        document = check_refusal(answer, 400, "bad_host")
        assert [fault["header"] for fault in document["errors"]] == ["Host"]
