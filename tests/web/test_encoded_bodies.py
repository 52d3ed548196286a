"""Request bodies in a content coding: taken wherever a body is, within the limits of what they hold."""

import gzip
import hashlib

import brotli
import orjson
import pytest
from documented import zstd
from exchanges import http_scope

from app.errors import BadRequest, TooLarge, UnsupportedMediaType
from app.web.content_codings import CODINGS
from app.web.encoded_bodies import DecodedBody, body_coding

pytestmark = pytest.mark.anyio

ENCODE = {"gzip": gzip.compress, "br": brotli.compress, "zstd": zstd.compress}
NDJSON = "application/x-ndjson"
coding = pytest.mark.parametrize("coding", CODINGS)
whatever_takes_a_body = pytest.mark.parametrize(
    ("method", "path", "media_type"),
    [
        ("POST", "/v1/events", "application/json"),
        ("POST", "/v1/imports", NDJSON),
        ("PUT", "/v1/sources/s/text", "text/plain"),
        ("POST", "/v1/sources/s/verify", "text/plain"),
    ],
)


@pytest.fixture(scope="module")
async def source(shared_writer):
    return await shared_writer.create("sources", id="s")


async def send(writer, method, path, body, coding, content_type="application/json", **headers):
    headers = {"Content-Type": content_type, "Content-Encoding": coding, **headers}
    return await writer.ask(method, path, content=body, headers=headers)


@coding
async def test_a_body_is_taken_wherever_there_is_one(writer, coding):
    def packed(value):
        return ENCODE[coding](value if isinstance(value, bytes) else orjson.dumps(value))

    created = await send(writer, "POST", "/v1/sources", packed({"title": "S", "id": "s"}), coding)
    assert created.status_code == 201, created.text
    changed = await send(
        writer,
        "PATCH",
        "/v1/sources/s",
        packed({"title": "T"}),
        coding,
        "application/merge-patch+json",
        **{"If-Match": "*"},
    )
    assert (changed.status_code, changed.json()["title"]) == (200, "T")
    replaced = await send(writer, "PUT", "/v1/sources/s", packed({"title": "U"}), coding, **{"If-Match": "*"})
    assert replaced.json()["title"] == "U"
    whole = b"Ana " * 100
    told = {"sha256": hashlib.sha256(whole).hexdigest(), "characters": 400}
    await writer.patch("sources/s", {"text": told})
    text = await send(writer, "PUT", "/v1/sources/s/text", packed(whole), coding, "text/plain")
    assert (text.status_code, text.json()) == (201, {"source": "sources/s", **told})
    verified = await send(writer, "POST", "/v1/sources/s/verify", packed(b"Ana"), coding, "text/plain")
    assert verified.status_code == 200
    lines = orjson.dumps({"kind": "event", "title": "E"}) + b"\n"
    imported = await send(writer, "POST", "/v1/imports", packed(lines), coding, NDJSON)
    assert imported.json()["created"] == 1
    merged = await send(
        writer, "POST", "/v1/merges", packed({"from": "sources/s", "into": "sources/none"}), coding
    )
    assert merged.status_code in {404, 409, 422}  # read, and found to lead nowhere


@pytest.mark.parametrize("named", ["identity", "", "x-gzip", "GZIP", "gzip, identity"])
async def test_names_of_codings(writer, named):
    body = orjson.dumps({"title": "E"})
    body = gzip.compress(body) if "gzip" in named.lower() else body
    assert (await send(writer, "POST", "/v1/events", body, named)).status_code == 201


@pytest.mark.parametrize("named", ["compress", "deflate", "gzip, gzip", "gzip, br", "nonsense", "*"])
@whatever_takes_a_body
async def test_an_unknown_coding_is_415_and_told_what_is_taken(
    refused_writer, named, method, path, media_type
):
    answer = await send(refused_writer, method, path, b"{}", named, media_type)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_coding")
    assert answer.headers["accept-encoding"] == "zstd, br, gzip"


BROKEN = {
    "not in it": lambda _: b'{"title": "E"}',
    "cut off": lambda encode: encode(orjson.dumps({"title": "E" * 100}))[:-3],
    "followed by more": lambda encode: encode(b'{"title": "E"}') + b"}",
}


@coding
@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize(
    ("path", "media_type"), [("/v1/events", "application/json"), ("/v1/imports", NDJSON)]
)
async def test_a_broken_body_is_400_and_nothing_is_written(refused_writer, coding, body, path, media_type):
    answer = await send(refused_writer, "POST", path, body(ENCODE[coding]), coding, media_type)
    assert (answer.status_code, answer.json()["code"]) == (400, "broken_coding")
    assert answer.json()["errors"][0]["header"] == "Content-Encoding"


@coding
async def test_the_limit_is_of_what_the_body_holds(make_client, api_key, coding):
    headers = {
        "Authorization": f"Bearer {api_key('write')}",
        "Content-Type": "application/json",
        "Content-Encoding": coding,
    }
    async with make_client(max_body_bytes=2048) as client:

        async def status(size):
            body = orjson.dumps({"title": "E", "summary": ""})
            body = body[:-2] + b"x" * (size - len(body)) + body[-2:]
            assert len(body) == size
            return (
                await client.post("/v1/events", content=ENCODE[coding](body), headers=headers)
            ).status_code

        assert await status(2048) == 201
        assert await status(2049) == 413


async def test_a_body_may_be_longer_than_its_limit_for_being_encoded(make_client, api_key):
    headers = {
        "Authorization": f"Bearer {api_key('write')}",
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
    }
    body = b'{"title": "E", "summary": "%b"}' % (b"x" * 2000)
    async with make_client(max_body_bytes=len(body)) as client:
        stored = gzip.compress(body, 0)
        assert len(stored) > len(body)
        answer = await client.post("/v1/events", content=stored, headers=headers)
        assert answer.status_code == 201, answer.text


@pytest.mark.slow
@pytest.mark.usefixtures("source")
@coding
@whatever_takes_a_body
async def test_a_bomb_is_413(refused_writer, coding, method, path, media_type):
    answer = await send(refused_writer, method, path, ENCODE[coding](b" " * 30_000_000), coding, media_type)
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


def body_of(*pieces):
    messages = [{"type": "http.request", "body": one, "more_body": True} for one in pieces]
    messages[-1]["more_body"] = False

    async def receive():
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    receive.left = messages
    return receive


async def read(body):
    size = 0
    while True:
        message = await body.receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            return size


@coding
async def test_a_bomb_is_decoded_no_further_than_its_limit(coding):
    bomb = ENCODE[coding](b" " * 100_000_000)
    step = max(1, len(bomb) // 50)
    receive = body_of(*(bomb[at : at + step] for at in range(0, len(bomb), step)))
    body = DecodedBody(receive, coding)
    with pytest.raises(TooLarge):
        await read(body)
    assert len(receive.left) > 20
    with pytest.raises(TooLarge):
        await body.receive()


async def test_what_holds_nothing_is_not_decoded_for_ever():
    empty = gzip.compress(b"")
    with pytest.raises(BadRequest, match="decoded"):
        await read(DecodedBody(body_of(*[empty * 1000] * 100), "gzip"))


async def test_what_does_not_shrink_is_taken():
    noise = bytes(range(256)) * 4000
    stored = gzip.compress(noise, 0)
    assert len(stored) > len(noise)
    assert await read(DecodedBody(body_of(stored), "gzip")) == len(noise)


async def test_an_empty_body_is_empty_and_a_client_may_go_away():
    assert await read(DecodedBody(body_of(b""), "br")) == 0
    body = DecodedBody(body_of(gzip.compress(b"x")), "gzip")
    assert await read(body) == 1
    assert await body.receive() == {"type": "http.disconnect"}


def test_the_coding_of_a_body():
    assert body_coding(http_scope("/")) == ""
    assert body_coding(http_scope("/", (b"content-encoding", b"x-GZip"))) == "gzip"
    with pytest.raises(UnsupportedMediaType):
        body_coding(http_scope("/", (b"content-encoding", b"gzip"), (b"content-encoding", b"br")))


async def test_the_same_body_packed_anew_is_the_same_request(writer):
    document = orjson.dumps({"title": "E"})
    first = await send(
        writer, "POST", "/v1/events", gzip.compress(document), "gzip", **{"Idempotency-Key": "k"}
    )
    again = await send(
        writer, "POST", "/v1/events", brotli.compress(document), "br", **{"Idempotency-Key": "k"}
    )
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.json() == first.json()
