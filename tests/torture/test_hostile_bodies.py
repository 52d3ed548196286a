"""Bodies that mean harm: no 5xx, an answer that can be read, quickly; and one without an end."""

import random
import socket
import time
from urllib.parse import urlsplit

import orjson
import psutil
import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.torture]

SCALARS = [
    b"null",
    b"true",
    b"1e999",
    b"-0",
    b"NaN",
    b"99999999999999999999",
    b'"\\ud800"',
    b'"\\u0000"',
    b'"\xff"',
    b'""',
    b"{}",
    b"[]",
    b'"1967"',
    b"0.1",
]
FIELDS = [
    b"title",
    b"id",
    b"date",
    b"places",
    b"participants",
    b"relations",
    b"figures",
    b"evidence",
    b"labels",
    b"aliases",
    b"same_as",
    b"type",
    b"kind",
    b"revision",
    b"colour",
    b"linked",
]


def value(chance, depth=0):
    roll = chance.random()
    if depth > 4 or roll < 0.5:
        return chance.choice(SCALARS)
    if roll < 0.6:
        return b'"' + bytes(chance.randrange(32, 256) for _ in range(chance.randrange(40))) + b'"'
    if roll < 0.65:
        nested = chance.randrange(1, 3000)
        return b"[" * nested + b"]" * nested
    if roll < 0.8:
        return b"[" + b",".join(value(chance, depth + 1) for _ in range(chance.randrange(5))) + b"]"
    return members(chance, depth + 1)


def members(chance, depth=0):
    found = [b'"%s":%s' % (chance.choice(FIELDS), value(chance, depth)) for _ in range(chance.randrange(6))]
    return b"{" + b",".join(found) + b"}"


def cut(chance, body):
    if chance.random() < 0.2 and body:
        at = chance.randrange(len(body))
        return body[:at] + bytes([chance.randrange(256)]) + body[at + chance.randrange(3) :]
    return body


async def test_10_000_hostile_bodies(client, api_key):
    chance, worst, statuses = random.Random(4), 0.0, {}
    headers = {"Authorization": f"Bearer {api_key('write')}", "If-Match": "*"}
    await client.post("/v1/events", json={"id": "e", "title": "E", "tags": ["a"]}, headers=headers)
    for _ in range(10_000):
        method, path, media_type = chance.choice(
            [
                ("POST", "/v1/events", "application/json"),
                ("PUT", "/v1/events/e", "application/json"),
                ("PATCH", "/v1/events/e", "application/merge-patch+json"),
                ("PATCH", "/v1/events/e", "application/json-patch+json"),
                ("POST", "/v1/merges", "application/json"),
                ("POST", "/v1/events/e/revert", "application/json"),
            ]
        )
        body = cut(chance, members(chance) if chance.random() < 0.8 else value(chance))
        began = time.perf_counter()
        answer = await client.request(
            method, path, content=body, headers={**headers, "Content-Type": media_type}
        )
        worst = max(worst, time.perf_counter() - began)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        assert answer.status_code < 500, (method, path, body, answer.text)
        orjson.loads(answer.content)
    print(f"\n10,000 bodies: worst {worst * 1000:.0f} ms, {statuses}")  # noqa: T201 - what was measured


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_gibibyte_is_refused_within_a_second(server, api_key, chunked):
    running = server("--no-seed")
    token, address = api_key("write"), urlsplit(running.url)
    before = memory(running.process.pid)
    began = time.monotonic()
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {2**30}"
        connection.sendall(
            f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\n{length}\r\n\r\n".encode()
        )
        block = b"x" * 65536
        block = b"10000\r\n" + block + b"\r\n" if chunked else block
        answer, sent, waiting = b"", 0, memoryview(block)
        connection.setblocking(False)
        while not answer and sent < 2**30 and time.monotonic() - began < 5:
            try:
                done = connection.send(waiting)
                sent += done
                # What was taken in part goes on where it stopped: a chunk must stay a chunk.
                waiting = waiting[done:] or memoryview(block)
            except BlockingIOError:
                time.sleep(0.001)
            except OSError:
                sent = 2**30  # closed to us: what was answered may still be there to read
            try:
                answer = connection.recv(4096)
            except BlockingIOError:
                continue
            except OSError:
                break
    seconds, grown = time.monotonic() - began, memory(running.process.pid) - before
    print(f"\nrefused after {seconds:.2f} s and {sent / 2**20:.0f} MiB, memory grew {grown / 2**20:.1f} MiB")  # noqa: T201 - what was measured
    assert answer.startswith(b"HTTP/1.1 413")
    assert seconds < 1
    assert grown < 32 * 2**20


def memory(pid):
    process = psutil.Process(pid)
    return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)])
