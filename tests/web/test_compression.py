"""Compressed answers over HTTP: what is sent, under which entity tag, and what is kept."""

import pytest
from documented import decoded
from exchanges import http_scope
from listening import exchange, listening

from app.main import create_app
from app.settings import Settings
from app.system import docs
from app.web import caching
from app.web.caching import CachedResponse, ResponseCache
from app.web.content_codings import CODINGS

pytestmark = pytest.mark.anyio

LIST = "/v1/events"
coding = pytest.mark.parametrize("coding", CODINGS)


async def fetch(client, path, accept="identity", method="GET", **headers):
    """Give an answer, and its body as it was sent."""
    async with client.stream(
        method,
        path,
        headers={"Accept-Encoding": accept} | {n.replace("_", "-"): v for n, v in headers.items()},
    ) as answer:
        return answer, b"".join([piece async for piece in answer.aiter_raw()])


async def first_event(client):
    return f"/v1/events/{(await client.get(LIST)).json()['items'][0]['id']}"


@coding
@pytest.mark.parametrize(
    "path",
    [
        LIST,
        "/v1/events?format=csv",  # a stream
        "/v1/places?format=geojson&limit=50",
        "/v1/export",
        "/v1/vocabularies/event-type",
        "/v1/timeline?bucket=year",
        "/v1",
        "/openapi.json",
        "/docs/problems",
        "/",
        "/docs/static/swagger-ui.css",
    ],
)
async def test_what_is_long_is_encoded_as_it_is_accepted(seeded_client, coding, path):
    plain, body = await fetch(seeded_client, path)
    assert "content-encoding" not in plain.headers
    assert len(body) > 1024
    for _ in range(2):  # made, then kept
        answer, sent = await fetch(seeded_client, path, coding)
        assert answer.headers["content-encoding"] == coding
        assert decoded(sent, coding) == body
        assert len(sent) < len(body) / 2
        assert int(answer.headers.get("content-length", len(sent))) == len(sent)
        head, nothing = await fetch(seeded_client, path, coding, "HEAD")
        assert nothing == b""
        for name in ("content-encoding", "content-type", "etag", "vary"):
            assert head.headers.get(name) == answer.headers.get(name)
        assert head.headers.get("content-length", str(len(sent))) == str(len(sent))
        for one in (plain, answer, head):
            assert "Accept-Encoding" in one.headers["vary"]
    if "etag" in plain.headers:
        assert answer.headers["etag"] == f'{plain.headers["etag"][:-1]}-{coding}"'


async def test_a_record_is_encoded_where_it_is_long(seeded_client):
    path = await first_event(seeded_client)
    plain, body = await fetch(seeded_client, path)
    answer, sent = await fetch(seeded_client, path, "gzip")
    assert decoded(sent, "gzip") == body
    assert answer.headers["etag"] == plain.headers["etag"][:-1] + '-gzip"'
    short, body = await fetch(seeded_client, f"{path}?fields=title", "gzip")
    assert len(body) <= 1024
    assert "content-encoding" not in short.headers
    assert "Accept-Encoding" in short.headers["vary"]


async def test_a_client_that_accepts_nothing_else_is_sent_even_a_short_answer_encoded(seeded_client):
    answer, sent = await fetch(seeded_client, "/version", "br, identity;q=0")
    assert b'"annals"' in decoded(sent, answer.headers["content-encoding"])
    answer, sent = await fetch(seeded_client, "/v1/places?format=xlsx", "gzip, *;q=0")
    assert decoded(sent, "gzip").startswith(b"PK")


async def test_what_rules_out_everything_is_406(seeded_client):
    answer, _ = await fetch(seeded_client, LIST, "identity;q=0")
    assert answer.status_code == 406
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/v1/places?format=xlsx", "/v1/places?format=parquet", "/docs/static/favicon.png"]
)
async def test_what_is_compressed_already_is_not_again(seeded_client, path):
    answer, body = await fetch(seeded_client, path, "gzip, br, zstd")
    assert answer.status_code == 200
    assert len(body) > 1024
    assert "content-encoding" not in answer.headers


@coding
async def test_problems_are_encoded(seeded_client, coding):
    path = f"{LIST}?{'&'.join(f'nonsense{n}=1' for n in range(30))}"
    _, body = await fetch(seeded_client, path)
    answer, sent = await fetch(seeded_client, path, coding)
    assert (answer.status_code, answer.headers["content-encoding"]) == (400, coding)
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(decoded(sent, coding)) == len(body)


@pytest.mark.parametrize(
    "path", [LIST, "record", "/v1/events?format=ndjson", "/v1/vocabularies", "/openapi.json", "/v1"]
)
async def test_every_tag_of_a_state_is_304_where_its_coding_is_accepted(seeded_client, path):
    path = await first_event(seeded_client) if path == "record" else path
    tags = {}
    for one in ("identity", *CODINGS):
        tags[one] = (await fetch(seeded_client, path, one))[0].headers["etag"]
    assert path == "/v1/vocabularies" or len(set(tags.values())) == 4
    for one, tag in tags.items():
        for accept in (one, "zstd, br, gzip"):
            for method in ("GET", "HEAD"):
                answer, body = await fetch(seeded_client, path, accept, method, If_None_Match=tag)
                assert (answer.status_code, body) == (304, b"")
                assert answer.headers["etag"] == tag
                assert "content-encoding" not in answer.headers
                assert "Accept-Encoding" in answer.headers["vary"]
    if tags["gzip"] != tags["identity"]:
        answer, body = await fetch(seeded_client, path, "br", If_None_Match=tags["gzip"])
        assert (answer.status_code, answer.headers["etag"]) == (200, tags["br"])


async def test_a_tag_of_a_list_that_has_changed_is_no_longer_held(writer, client):
    for n in range(8):
        await writer.create("events", title=f"Event {n}", summary="x" * 300)
    tag = (await fetch(client, LIST, "gzip"))[0].headers["etag"]
    assert (await fetch(client, LIST, "gzip", If_None_Match=tag))[0].status_code == 304
    await writer.create("events", title="Another")
    answer, body = await fetch(client, LIST, "gzip", If_None_Match=tag)
    assert answer.status_code == 200
    assert answer.headers["etag"] != tag
    assert b"Another" in decoded(body, "gzip")


@coding
async def test_a_write_takes_the_tag_of_any_coding_as_the_revision(writer, client, coding):
    created = await writer.create("events", id="e", summary="x" * 2000)
    assert created["revision"] == 1
    tag = (await fetch(client, "/v1/events/e", coding))[0].headers["etag"]
    assert tag.endswith(f'-{coding}"')
    answer = await writer.patch("events/e", {"summary": "y" * 2000}, tag, **{"Accept-Encoding": coding})
    assert answer.status_code == 200
    # Of a write it is the tag of the record, not of what is answered.
    assert answer.headers["etag"] == (await fetch(client, "/v1/events/e"))[0].headers["etag"]
    again = await writer.patch("events/e", {"summary": "z"}, tag, **{"Accept-Encoding": coding})
    assert again.status_code == 412
    assert again.headers["etag"] == answer.headers["etag"]


@pytest.fixture
def encodings(monkeypatch):
    made = []
    real = caching.encode

    async def counted(coding, body):
        made.append(coding)
        return await real(coding, body)

    monkeypatch.setattr(caching, "encode", counted)
    return made


async def test_what_is_kept_is_encoded_once_for_each_coding(client, writer, encodings):
    await writer.create("events", id="e", summary="x" * 2000)
    for accept in ("gzip", "gzip", "br", "identity", "gzip", "br"):
        for path in ("/v1/events/e", LIST):
            assert (await fetch(client, path, accept))[0].status_code == 200
    assert sorted(encodings) == ["br", "br", "gzip", "gzip"]
    tag = (await fetch(client, "/v1/events/e", "zstd"))[0].headers["etag"]
    encodings.clear()
    await writer.create("events", title="Another")  # what was kept is of an older version now
    assert (await fetch(client, "/v1/events/e", "zstd", If_None_Match=tag))[0].status_code == 304
    assert encodings == []


def test_the_cache_counts_what_is_encoded():
    def held(name, coding, size):
        """Put something into the cache, and give all that it has."""
        cache.put((name, b"", "json", coding), CachedResponse("1", b'"1"', [], bytes(size), coding))
        return list(cache._answers)

    cache = ResponseCache(40_000)
    assert len(held("a", "", 1000)) == 1
    assert len(held("a", "gzip", 1000)) == 2
    assert len(held("b", "gzip", 3000)) == 2  # it is larger than a sixteenth of the cache
    for n in range(100):
        kept = held(f"{n}", "gzip", 1400)
    assert 15 < len(kept) < 25
    assert kept[-1] == ("99", b"", "json", "gzip")


@pytest.mark.parametrize(
    "path", ["/docs", "/docs/static/start.js", "/docs/static/swagger-ui.css", "/docs/static/favicon.png"]
)
async def test_the_files_of_the_docs_page_are_sent_once(seeded_client, path):
    for accept in ("identity", "gzip"):
        first, _ = await fetch(seeded_client, path, accept)
        again, nothing = await fetch(seeded_client, path, accept, If_None_Match=first.headers["etag"])
        assert (again.status_code, nothing) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers.get("cache-control") == first.headers.get("cache-control")


async def test_a_file_of_the_docs_page_is_encoded_once(seeded_client, encodings):
    docs._file.cache_clear()
    sent = {(await fetch(seeded_client, "/docs/static/swagger-ui.css", "gzip"))[1] for _ in range(3)}
    assert (len(sent), encodings) == (1, ["gzip"])


async def test_a_setting_turns_it_off(make_client, seeded_url):
    async with make_client(url=seeded_url, compression=False) as client:
        for path in (LIST, "/v1/export", "/openapi.json"):
            answer, _ = await fetch(client, path, "gzip, br, zstd")
            assert "content-encoding" not in answer.headers
            assert "Accept-Encoding" not in answer.headers.get("vary", "")


async def test_a_revision_never_changes(writer, client, make_client, api_key):
    await writer.create("events", id="e", summary="x" * 2000)
    path = "/v1/events/e/revisions/1"
    first, _ = await fetch(client, path, "gzip")
    assert first.headers["cache-control"] == "public, max-age=86400, immutable"
    assert first.headers["etag"].startswith('"1-')
    await writer.patch("events/e", {"summary": "y"})
    again, _ = await fetch(client, path, "gzip", If_None_Match=first.headers["etag"])
    assert again.status_code == 304
    assert again.headers["cache-control"] == first.headers["cache-control"]
    assert (
        "immutable"
        not in (await client.get("/v1/events/e?known_at=2100-01-01T00:00:00Z")).headers["cache-control"]
    )
    assert "cache-control" not in (await client.get("/v1/events/e/revisions/7")).headers or (
        "immutable" not in (await client.get("/v1/events/e/revisions/7")).headers["cache-control"]
    )
    async with make_client(public_reads=False) as closed:
        answer, _ = await fetch(closed, path, "gzip", Authorization=f"Bearer {api_key('read')}")
        assert answer.headers["cache-control"] == "private, max-age=86400, immutable"


@coding
async def test_what_is_streamed_can_be_read_as_it_comes(coding):
    """Nothing of a piece waits for the next, and nothing is held until the end."""
    from app.web.content_codings import StreamDecoder
    from app.web.encoded_answers import encoded_answer

    sent = []

    async def send(message):
        sent.append(message)

    scope = http_scope("/")
    answer = encoded_answer(scope, send, coding.encode())
    decoder = StreamDecoder(coding)
    await answer(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}
    )
    assert sent[0]["headers"] == [
        (b"content-type", b"text/event-stream"),
        (b"content-encoding", coding.encode()),
    ]
    for n in range(1000):
        piece = b"data: %d\n\n" % n
        await answer({"type": "http.response.body", "body": piece, "more_body": True})
        assert b"".join(decoder.pieces(sent.pop()["body"])) == piece
    await answer({"type": "http.response.body", "body": b""})
    assert list(decoder.pieces(sent.pop()["body"])) == []
    assert decoder.is_whole


def test_over_a_connection_the_next_answer_follows(seeded_url):
    """The length that is told is the length that is sent, and chunks end."""
    with listening(create_app(Settings(_env_file=None, database_url=seeded_url))) as port:
        ask = "{} {} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: {}\r\n{}\r\n"
        asked = [
            ("GET", LIST, "gzip"),
            ("HEAD", LIST, "gzip"),
            ("GET", "/v1/events?format=ndjson", "br"),
            ("HEAD", "/v1/events?format=ndjson", "br"),
            ("GET", "/openapi.json", "zstd"),
            ("GET", "/v1/nothing", "zstd"),
        ]
        requests = [ask.format(*one, "") for one in asked]
        answers = exchange(
            port,
            *(one.encode() for one in requests),
            ask.format("GET", "/livez", "gzip", "Connection: close\r\n").encode(),
        )
    assert answers.count(b"HTTP/1.1 200 OK") == 6
    assert answers.endswith(b'{"status":"alive"}')
