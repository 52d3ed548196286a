"""The shipped nginx in front of what streams, breaks off, says nothing or is killed: nothing is kept or repeated that must not be.

Where no service of a test is needed, something else stands in its place, which sees what it is sent and fails at will.
`-s` prints what came of the requests while services were killed.
"""

import asyncio
import itertools
import json
import os
import signal
import socket
import threading
import time
from collections import Counter
from contextlib import suppress

import httpx
import pytest
from fronting import as_response, assert_problem, can_front, close_at_once, nginx, other_services
from serving import free_port, serve, wait_until_ready
from waiting import HANG_SECONDS, until

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.cluster,
    pytest.mark.skipif(
        not can_front(), reason="nginx or openssl is not installed, or the tests are not root's"
    ),
]

ANSWER_SECONDS = 17
"""The longest that nginx waits for a service, and two seconds for a machine that is busy."""

MIB = 1024 * 1024


async def test_links_to_pages_of_a_long_query_have_room():
    link = b"x" * 90_000

    def answer(connection, _head):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nLink: <%b>\r\n\r\n{}" % link)

    with other_services(answer, answer) as found, nginx([port for port, _ in found]) as front:
        async with front.client() as client:
            answer = await client.get("/v1/events?" + "x" * 15_000)
            assert (answer.status_code, answer.headers["link"]) == (200, f"<{link.decode()}>")


async def test_an_export_streams():
    asked_on = threading.Event()

    def answer(connection, _head):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        assert asked_on.wait(HANG_SECONDS)
        connection.sendall(b"4\r\nlast\r\n0\r\n\r\n")

    with other_services(answer, answer) as found, nginx([port for port, _ in found]) as front:
        async with front.client() as client, client.stream("GET", "/v1/export") as streamed:
            pieces = streamed.aiter_raw()
            assert await anext(pieces) == b"first"
            asked_on.set()
            assert b"".join([piece async for piece in pieces]) == b"last"


@pytest.mark.parametrize("path", ["/v1/export", "/v1/events"])
async def test_what_is_read_slowly_is_kept_by_the_service_not_by_nginx(path):
    taken = []

    def answer(connection, _head):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500000000\r\n\r\n")
        connection.settimeout(2)
        with suppress(TimeoutError):
            while len(taken) < 500:
                taken.append(connection.send(bytes(1_000_000)))

    with other_services(answer, answer) as found, nginx([port for port, _ in found]) as front:
        with (
            socket.create_connection(("127.0.0.1", front.port)) as connection,
            front.tls.wrap_socket(connection, server_hostname="annals.example") as secured,
        ):
            secured.sendall(f"GET {path} HTTP/1.1\r\nHost: annals.example\r\n\r\n".encode())
            before = -1
            while sum(taken) > before or not taken:
                before = sum(taken)
                await asyncio.sleep(3)
        # What the system keeps for the two connections, and what nginx holds in memory.
        assert sum(taken) < 32_000_000


async def test_an_export_that_breaks_off_is_not_taken_for_whole():
    def answer(connection, _head):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")

    with other_services(answer, answer) as found, nginx([port for port, _ in found]) as front:
        async with front.client() as client:
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get("/v1/export")


async def test_a_body_is_sent_on_as_it_comes():
    seen = asyncio.Event()
    loop = asyncio.get_running_loop()

    def answer(connection, head):
        body = head.partition(b"\r\n\r\n")[2]
        while b"first" not in body:
            body += connection.recv(65536)
        loop.call_soon_threadsafe(seen.set)
        while b"last" not in body:
            body += connection.recv(65536)
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"
        )

    async def body():
        yield b"first"
        await seen.wait()
        yield b"last"

    with other_services(answer, answer) as found, nginx([port for port, _ in found]) as front:
        async with front.client() as client:
            for path in ("/v1/imports", "/v1/events"):
                seen.clear()
                assert (await client.post(path, content=body())).status_code == 200


async def test_an_import_of_any_size_is_sent_on():
    size = 200 * MIB
    taken = []

    def answer(connection, head):
        left = size - len(head.partition(b"\r\n\r\n")[2])
        while left > 0 and (piece := connection.recv(MIB)):
            left -= len(piece)
        taken.append(size - left)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with other_services(answer, answer) as found, nginx([port for port, _ in found]) as front:
        async with front.client() as client:
            assert (await client.post("/v1/imports", content=bytes(size))).status_code == 200
    assert taken == [size]


async def test_what_the_service_is_told_of_a_request():
    def answer(connection, _head):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with other_services(answer, answer) as found, nginx([port for port, _ in found]) as front:
        async with front.client("127.0.0.5") as client:
            await client.get(
                "/x%20y//z?q=%2F",
                headers={
                    "X-Forwarded-For": "1.2.3.4",
                    "X-Forwarded-Proto": "http",
                    "Forwarded": "for=1.2.3.4",
                    "X-Real-IP": "1.2.3.4",
                    "X-Request-ID": "my-own",
                    "Accept-Encoding": "zstd, br;q=0.5",
                },
            )
            await client.get("/", headers={"X-Request-ID": "not a word"})
        heads = [head.decode().split("\r\n") for _, one in found for head in one.heads]
    [told] = [head for head in heads if head[0] == "GET /x%20y//z?q=%2F HTTP/1.1"]
    [other] = [head for head in heads if head[0] == "GET / HTTP/1.1"]
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in told[1:]) if name}
    assert headers["host"] == f"127.0.0.1:{front.port}"
    assert headers["x-forwarded-for"] == "127.0.0.5"
    assert headers["x-forwarded-proto"] == "https"
    assert headers["x-request-id"] == "my-own"
    assert headers["accept-encoding"] == "zstd, br;q=0.5"
    assert headers.keys().isdisjoint({"forwarded", "x-real-ip", "connection"})
    [identity] = [line for line in other if line.startswith("X-Request-ID: ")]
    assert "not a word" not in identity
    logged = (
        [json.loads(line)["request_id"] for line in front.log.read_text().splitlines()]
        if front.log.exists()
        else []
    )
    assert logged in ([], ["my-own", identity.removeprefix("X-Request-ID: ")])


METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
SAFE = METHODS[:3]


@pytest.mark.parametrize("method", METHODS)
def test_only_what_changes_nothing_is_sent_twice(method):
    """Both services break off what they were sent."""
    body = b"" if method in SAFE else b"{}"
    head = f"{method} /v1/events/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    with other_services(close_at_once, close_at_once) as found, nginx([port for port, _ in found]) as front:
        # In one piece: nginx has the whole body then, and could send it again.
        answer = as_response(front.send(head.encode() + body))
        assert sum(len(one.heads) for _, one in found) == (2 if method in SAFE else 1)
    assert answer.status_code == 503
    if method != "HEAD":
        assert_problem(answer, 503, "unavailable" if method in SAFE else "outcome_unknown")


async def test_services_that_are_not_there():
    with nginx([free_port(), free_port()]) as front:
        async with front.client() as client:
            # After the first none is tried any more for a while.
            for method in METHODS:
                answer = await client.request(method, "/v1/events/a?q=1")
                assert answer.status_code == 503
                if method != "HEAD":
                    # It was sent to nobody.
                    document = assert_problem(answer, 503, "unavailable")
                    assert document["instance"] == "/v1/events/a"
            answer = await client.get('/v1/%22%3Cb>"\\', headers={"X-Request-ID": "mine"})
            assert assert_problem(answer, 503, "unavailable")["request_id"] == "mine"


async def test_services_that_say_nothing():
    with other_services(None, None) as found, nginx([port for port, _ in found]) as front:
        async with front.client() as client:

            async def ask(method):
                began = time.monotonic()
                answer = await client.request(method, "/v1/events/a")
                return method, answer, time.monotonic() - began

            for method, answer, seconds in await asyncio.gather(*map(ask, METHODS)):
                assert seconds < ANSWER_SECONDS
                assert answer.status_code == 503
                if method != "HEAD":
                    assert_problem(answer, 503, "unavailable" if method in SAFE else "outcome_unknown")


async def test_one_client_has_no_more_than_its_share():
    with other_services(None, None) as found, nginx([port for port, _ in found]) as front:
        async with front.client() as one, front.client("127.0.0.2") as other:
            waiting = [asyncio.ensure_future(one.get("/v1/events")) for _ in range(200)]
            await until(lambda: sum(len(service.heads) for _, service in found) == 200)
            assert_problem(await one.get("/v1/events"), 429, "too_many_requests")
            more = asyncio.ensure_future(other.get("/v1/events"))
            await until(lambda: sum(len(service.heads) for _, service in found) == 201)
            for task in (*waiting, more):
                task.cancel()
            await asyncio.gather(*waiting, more, return_exceptions=True)


class Load:
    """Reads and writes without pause, and what came of them."""

    def __init__(self, client):
        self.client = client
        self.answers = []
        self.acknowledged = set()
        self.broken_off = 0
        self.has_ended = False

    async def ask(self, method, path, **sent):
        began = time.monotonic()
        try:
            answer = await self.client.request(method, path, **sent)
        except httpx.RemoteProtocolError:
            self.broken_off += 1
            return None
        self.answers.append((began, time.monotonic() - began, answer))
        return answer

    async def read(self, path):
        while not self.has_ended:
            await self.ask("GET", path)

    async def write(self, writer):
        for step in itertools.count():
            if self.has_ended:
                return
            name = f"load-{writer}-{step}"
            answer = await self.ask("POST", "/v1/events", json={"id": name, "title": name})
            if answer is not None and answer.status_code == 201:
                self.acknowledged.add(name)


async def test_a_service_that_is_killed_under_load(postgresql_databases, database_at, tmp_path):
    from app.database.api_keys import create_key

    url = postgresql_databases.fresh(postgresql_databases.migrated)
    with database_at(url) as database:
        token, _ = database.write_now(lambda tx: create_key(tx, "load", ("admin",)))
    started = [serve(url, tmp_path, free_port(), 1, ("--no-seed",), {}) for _ in range(2)]
    try:
        for one in started:
            wait_until_ready(one)
        with nginx([one.port for one in started]) as front:
            async with front.client(headers={"Authorization": f"Bearer {token}"}) as client:
                load = Load(client)
                paths = ("/v1/events", "/v1/changes", "/v1/search?q=load", "/v1/timeline")
                asked = [*(load.write(number) for number in range(4)), *map(load.read, paths)]
                tasks = [asyncio.ensure_future(one) for one in asked]
                await until(lambda: len(load.acknowledged) > 50)
                for sent in (signal.SIGKILL, signal.SIGTERM):
                    gone = started.pop(0)
                    if sent == signal.SIGKILL:
                        os.killpg(gone.process.pid, sent)
                    await asyncio.to_thread(gone.stop, sent)
                    before = len(load.acknowledged)
                    await until(lambda before=before: len(load.acknowledged) > before + 50)
                    back = serve(url, tmp_path, gone.port, 1, ("--no-seed",), {})
                    started.append(back)
                    await asyncio.to_thread(wait_until_ready, back)
                    address, since = f"127.0.0.1:{back.port}", front.log.stat().st_size
                    await until(lambda address=address, since=since: address in front.log.read_text()[since:])
                load.has_ended = True
                await asyncio.gather(*tasks)
                told = Counter((answer.request.method, answer.status_code) for _, _, answer in load.answers)
                slowest = max(seconds for _, seconds, _ in load.answers)
                print(f"\n{dict(told)}, {load.broken_off} broken off, the slowest after {slowest:.2f} s")
                for _, seconds, answer in load.answers:
                    assert seconds < ANSWER_SECONDS
                    if answer.status_code == 503:
                        assert_problem(answer, 503, "outcome_unknown")
                assert told.keys() <= {("GET", 200), ("POST", 201), ("POST", 503)}
                kept = {json.loads(line)["id"] for line in (await client.get("/v1/export")).text.splitlines()}
                assert load.acknowledged <= kept
    finally:
        for one in started:
            one.stop()
        postgresql_databases.drop(url)
