"""Many clients at once, over HTTP, on real servers: nothing lost, nothing doubled, nothing slower than promised."""

import asyncio
import statistics
import time
from urllib.parse import urlsplit

import httpx
import orjson
import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.torture]

MERGE_PATCH = "application/merge-patch+json"


def client_of(server, token, connections):
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=server.url, headers=headers, limits=limits, timeout=60)


class Line:
    """One connection, kept open: a client that costs little, so that what is measured is the server."""

    def __init__(self, server, token):
        self.address = urlsplit(server.url)
        self.fields = f"Host: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection(self.address.hostname, self.address.port)
        return self

    async def __aexit__(self, *_):
        self.writer.close()
        await self.writer.wait_closed()

    async def post(self, path, document):
        body = orjson.dumps(document)
        head = f"POST {path} HTTP/1.1\r\n{self.fields}Content-Length: {len(body)}\r\n\r\n"
        self.writer.write(head.encode() + body)
        status, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower().splitlines()
        length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length:"))
        return int(status.split()[1]), await self.reader.readexactly(length)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_64_writers_on_two_workers_lose_nothing(server, api_key):
    running, token = server("--no-seed", workers=2), api_key("write")
    seconds, made = [], set()

    async def write(number):
        async with Line(running, token) as line:
            for turn in range(15):
                began = time.perf_counter()
                status, body = await line.post("/v1/events", {"title": f"W {number} {turn}", "date": "1967"})
                seconds.append(time.perf_counter() - began)
                assert status == 201, body
                made.add(orjson.loads(body)["id"])

    began = time.perf_counter()
    await asyncio.gather(*(write(number) for number in range(64)))
    rate = 64 * 15 / (time.perf_counter() - began)
    async with client_of(running, token, 1) as client:
        listed = (await client.get("/v1/events", params={"limit": 1000})).json()["items"]
    p99 = statistics.quantiles(seconds, n=100)[98]
    print(f"\n64 writers: {rate:.0f} writes/s, p99 {p99 * 1000:.0f} ms, worst {max(seconds) * 1000:.0f} ms")  # noqa: T201 - what was measured
    assert {item["id"] for item in listed} == made
    assert len(made) == 64 * 15
    assert p99 < 2


async def test_16_clients_with_if_match_count_right(server, api_key):
    running = server("--no-seed", workers=2)
    async with client_of(running, api_key("write"), 16) as client:
        await client.post("/v1/events", json={"id": "e", "title": "E"})

        async def count(number):
            won = lost = 0
            for step in range(20):
                etag = (await client.get("/v1/events/e")).headers["etag"]
                headers = {"If-Match": etag, "Content-Type": MERGE_PATCH}
                answer = await client.patch(
                    "/v1/events/e", json={"summary": f"{number}-{step}"}, headers=headers
                )
                assert answer.status_code in (200, 412), answer.text
                won += answer.status_code == 200
                lost += answer.status_code == 412
            return won, lost

        results = await asyncio.gather(*(count(number) for number in range(16)))
        final = (await client.get("/v1/events/e")).json()["revision"]
    won = sum(one for one, _ in results)
    print(f"\n16 clients: {won} written, {sum(one for _, one in results)} refused")  # noqa: T201 - what was measured
    assert final == won + 1


async def test_32_requests_with_one_key_200_times_make_one_record_each(server, api_key):
    running = server("--no-seed", workers=2)
    async with client_of(running, api_key("write"), 32) as client:
        for number in range(200):
            headers = {"Idempotency-Key": f"k{number}"}
            answers = await asyncio.gather(
                *(
                    client.post("/v1/events", json={"title": f"T {number}"}, headers=headers)
                    for _ in range(32)
                )
            )
            assert {answer.status_code for answer in answers} <= {201, 409}
            assert {a.json()["id"] for a in answers if a.status_code == 201} == {f"t-{number}"}
        listed = (await client.get("/v1/events", params={"limit": 1000})).json()["items"]
    assert len(listed) == 200
