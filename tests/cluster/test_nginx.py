"""The shipped nginx in front of two services: entity tags and codings arrive as they are, and so does every error.

It runs with TLS, as the file has it; what is replaced are addresses, ports and folders.
"""

import json
import os
import shutil
import socket
import subprocess
from collections import Counter

import httpx
import orjson
import pytest
from documented import decoded
from fronting import as_response, assert_problem, can_front, nginx
from serving import free_port, serve, wait_until_ready
from waiting import HANG_SECONDS

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.cluster,
    pytest.mark.skipif(
        not can_front(), reason="nginx or openssl is not installed, or the tests are not root's"
    ),
]

CODINGS = ("identity", "gzip", "br", "zstd")
EVENTS = 4000
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def kept_url(postgresql_databases):
    """A database with the seeds and some thousand events."""
    url = postgresql_databases.fresh(postgresql_databases.seeded)
    yield url
    postgresql_databases.drop(url)


@pytest.fixture(scope="module")
def key(kept_url, database_at):
    from app.database.api_keys import create_key

    with database_at(kept_url) as database:
        token, _ = database.write_now(lambda tx: create_key(tx, "front", ("admin",)))
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def services(kept_url, key, tmp_path_factory):
    """Two services on one database."""
    folder = tmp_path_factory.mktemp("services")
    both = [serve(kept_url, folder, free_port(), 1, ("--no-seed",), {}) for _ in range(2)]
    for one in both:
        wait_until_ready(one)
    lines = b"".join(b'{"kind":"event","id":"n-%d","title":"Number %d"}\n' % (n, n) for n in range(EVENTS))
    headers = key | {"Content-Type": "application/x-ndjson"}
    report = httpx.post(f"{both[0].url}/v1/imports", content=lines, headers=headers, timeout=HANG_SECONDS)
    assert report.json()["created"] == EVENTS
    yield both
    for one in both:
        one.stop()


@pytest.fixture(scope="module")
def front(services):
    with nginx([one.port for one in services]) as one:
        yield one


async def as_sent(client, path, **headers):
    """Ask for an answer whose body is left as it was sent."""
    async with client.stream("GET", path, headers=headers) as answer:
        return answer, b"".join([piece async for piece in answer.aiter_raw()])


@pytest.mark.parametrize("coding", CODINGS)
async def test_what_the_service_compressed_is_left_as_it_is(front, services, coding):
    path = "/v1/events?limit=100"
    async with httpx.AsyncClient(base_url=services[0].url) as direct, front.client() as client:
        expected, bytes_of_service = await as_sent(direct, path, **{"Accept-Encoding": coding})
        answer, body = await as_sent(client, path, **{"Accept-Encoding": coding})
        assert answer.status_code == 200
        assert body == bytes_of_service
        assert len(orjson.loads(decoded(body, "" if coding == "identity" else coding))["items"]) == 100
        for name in ("content-encoding", "etag", "vary", "cache-control", "link", "annals-version"):
            assert answer.headers.get(name) == expected.headers.get(name)
        assert answer.headers.get("content-encoding", "identity") == coding
        assert answer.headers["etag"].startswith('"')
        again = await client.get(
            path, headers={"Accept-Encoding": coding, "If-None-Match": answer.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == answer.headers["etag"]


@pytest.mark.parametrize("words", [1, 500])
@pytest.mark.parametrize("coding", CODINGS)
async def test_a_record_is_written_with_the_entity_tag_that_came_through(front, key, coding, words):
    async with front.client(headers=key) as client:
        document = {"title": f"{words} by {coding}", "summary": "Word " * words}
        made = await client.post("/v1/events", json=document)
        path = made.headers["location"]
        answer, _ = await as_sent(client, path, **{"Accept-Encoding": coding})
        tag = answer.headers["etag"]
        # What is short the service does not compress, and nginx neither.
        assert (coding in tag) is (coding != "identity" and words > 1)
        assert ("content-encoding" in answer.headers) is (coding in tag)
        changed = await client.patch(
            path,
            content=b'{"title": "Changed"}',
            headers={"If-Match": tag, "Content-Type": "application/merge-patch+json"},
        )
        assert changed.status_code == 200
        assert (await client.get(path)).json()["title"] == "Changed"
        document = {"title": "Put"}
        late = await client.put(path, json=document, headers={"If-Match": tag})
        assert_problem(late, 412, "precondition_failed")
        put = await client.put(path, json=document, headers={"If-Match": changed.headers["etag"]})
        assert put.status_code == 200
        assert (await client.delete(path, headers={"If-Match": put.headers["etag"]})).is_success


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_http_2_is_spoken(front):
    done = subprocess.run(
        [
            "curl",
            "-sk",
            "--http2",
            "-H",
            "Accept-Encoding: gzip",
            "-D",
            "-",
            "-o",
            os.devnull,
            f"{front.url}/v1/events",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    status, *lines = done.stdout.split("\n")
    headers = dict(line.strip().split(": ", 1) for line in lines if ": " in line)
    assert status.strip() == "HTTP/2 200"
    assert headers["content-encoding"] == "gzip"
    assert headers["etag"].endswith('-gzip"')
    assert headers["etag"].startswith('"')


async def test_http_leads_to_https(front):
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{front.plain_url}/v1/events?limit=3")
    assert answer.status_code == 308
    assert answer.headers["location"] == "https://annals.example/v1/events?limit=3"


async def test_addresses_arrive_as_they_were_sent(front):
    async with front.client() as client:
        found = await client.get("/v1/search?q=a%2Fb%20%C3%A9&limit=1")
        assert found.status_code == 200
        twice = await client.get("/v1//events")
        assert assert_problem(twice, 404, "no_such_path")["instance"] == "/v1//events"


async def test_an_export_is_the_same_through_nginx(front, services):
    async with httpx.AsyncClient(base_url=services[0].url) as direct, front.client() as client:
        for coding in ("identity", "gzip"):
            expected, bytes_of_service = await as_sent(direct, "/v1/export", **{"Accept-Encoding": coding})
            answer, body = await as_sent(client, "/v1/export", **{"Accept-Encoding": coding})
            assert (answer.status_code, expected.status_code) == (200, 200)
            assert body == bytes_of_service
            lines = decoded(body, "" if coding == "identity" else coding).splitlines()
            assert sum(orjson.loads(line)["kind"] == "event" for line in lines) > EVENTS


async def test_the_service_tells_what_is_too_large(front, key):
    async with front.client(headers=key) as client:
        headers = {"Content-Type": "application/json"}
        for megabytes in (9, 63):
            answer = await client.post("/v1/events", content=bytes(megabytes * MIB), headers=headers)
            assert "8388608" in assert_problem(answer, 413, "too_large")["detail"].replace(",", "")


async def test_a_body_without_a_length_that_is_too_large(front, key):
    async def body():
        for _ in range(40):
            yield b" " * MIB

    async with front.client(headers=key | {"Content-Type": "application/json"}) as client:
        assert_problem(await client.post("/v1/events", content=body()), 413, "too_large")


async def test_nginx_tells_what_is_too_large_for_anything_but_an_import(front, key):
    headers = key | {"Content-Type": "application/json"}
    async with front.client(headers=headers) as client:
        answer = await client.post("/v1/events", content=bytes(65 * MIB))
        assert "any that is taken here" in assert_problem(answer, 413, "too_large")["detail"]


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (b"GET /v1/events HTTP/1.1\r\n\r\n", 400, "bad_request"),
        (b"what is this\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400, "bad_request"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: odd\r\n\r\n", 400, "bad_request"),
        (b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method_not_allowed"),
        (b"GET /.problem/forbidden HTTP/1.1\r\nHost: a\r\n\r\n", 404, "not_found"),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 431, "head_too_large"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", 431, "head_too_large"),
    ],
)
def test_what_nginx_refuses_is_a_problem_document(front, request_, status, code):
    sent = request_.replace(b"Host: a\r\n", b"Host: a\r\nConnection: close\r\n")
    assert_problem(as_response(front.send(sent)), status, code)


@pytest.mark.parametrize(
    "path", ["/metrics", "//metrics", "/%6detrics", "/v1/../metrics", "/readyz", "/readyz?for=read"]
)
def test_what_is_for_the_operator_is_not_shown_outside(front, path):
    request = f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
    assert front.send(request).startswith(b"HTTP/1.1 ")
    with (
        socket.create_connection(("127.0.0.1", front.port), source_address=("127.0.0.2", 0)) as connection,
        front.tls.wrap_socket(connection, server_hostname="annals.example") as secured,
    ):
        secured.sendall(request)
        answer = b"".join(iter(lambda: secured.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "forbidden"


async def test_the_operator_asks_on_the_machine_itself(front):
    async with front.client() as here, front.client("127.0.0.2") as elsewhere:
        assert (await here.get("/readyz?for=write")).status_code == 200
        assert (await here.get("/metrics")).text.startswith("# HELP")
        assert (await elsewhere.get("/livez")).status_code == 200


async def test_each_client_is_known_by_its_address(kept_url, tmp_path):
    limited = serve(
        kept_url,
        tmp_path,
        free_port(),
        1,
        ("--no-seed",),
        {"rate_limit_per_address": "5/minute", "cors_origins": "https://elsewhere.example"},
    )
    wait_until_ready(limited)
    try:
        with nginx([limited.port, limited.port]) as front:
            async with front.client("127.0.0.2") as one, front.client("127.0.0.3") as other:
                found = [await one.get("/v1/events?limit=1") for _ in range(6)]
                assert [answer.status_code for answer in found] == [200] * 5 + [429]
                assert_problem(found[-1], 429, "too_many_requests")
                assert (await other.get("/v1/events?limit=1")).status_code == 200
                # Nobody is somebody else for saying so.
                for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
                    answer = await one.get("/v1/events?limit=1", headers={name: "127.0.0.9"})
                    assert answer.status_code == 429
            clients = Counter(json.loads(line)["client"] for line in front.log.read_text().splitlines())
            assert clients == {"127.0.0.2": 9, "127.0.0.3": 1}
    finally:
        limited.stop()
