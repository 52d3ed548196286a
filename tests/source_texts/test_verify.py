"""Verifying what was read out of a source: over HTTP and from the command line."""

import asyncio
import hashlib
import json
import random
import re
import sys

import httpx
import pytest

from app.values.text_folding import collapse
from app.web import turns as web_turns
from app.writing import verification_process as apart

pytestmark = pytest.mark.anyio

PLAIN = {"Content-Type": "text/plain"}
WORDS = [
    "the",
    "treaty",
    "was",
    "signed",
    "at",
    "dawn",
    "by",
    "both",
    "envoys",
    "after",
    "nine",
    "weeks",
    "of",
    "talks",
    "and",
    "no",
    "one",
    "knew",
    "what",
    "it",
    "said",
    "about",
    "grain",
    "ships",
    "river",
    "forts",
    "nor",
    "who",
    "would",
    "pay",
    "for",
    "them",
    "said",
    "“the",
    "old",
    "marshal”",
    "who",
    "had",
    "'seen'",
    "three",
    "wars",
]


def make_text(seed, paragraphs=30):
    rng = random.Random(seed)
    return "\n\n".join(
        " ".join(rng.choice(WORDS) for _ in range(rng.randint(20, 60))).capitalize() + "."
        for _ in range(paragraphs)
    )


def passages_of(text, rng, count):
    """Selectors that hold in a text: with and without context, some without a phrase."""
    for number in range(count):
        start = rng.randrange(len(text) - 60)
        end = start + rng.randint(12, 50)
        exact = text[start:end]
        if "\n" in exact or len(exact.split()) > 12:
            continue
        selector = {"start": start, "end": end, "exact": exact}
        if number % 3 == 0 and start > 12 and "\n" not in text[start - 12 : end + 12]:
            selector |= {"prefix": text[start - 12 : start], "suffix": text[end : end + 12]}
        if number % 10 == 9:
            del selector["exact"]
            selector.pop("prefix", None)
            selector.pop("suffix", None)
        yield selector


def edit(text, rng):
    """Change a text as copies of it are changed."""
    paragraphs = text.split("\n\n")
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(paragraphs))
        match rng.randrange(6):
            case 0:
                paragraphs.insert(at, make_text(rng.random(), 1))
            case 1:
                del paragraphs[at]
            case 2:
                paragraphs[at] = paragraphs[at].replace(" ", "  \n")
            case 3:
                paragraphs[at] = paragraphs[at].replace("“", '"').replace("”", '"').replace("'", "’")
            case 4:
                paragraphs.append(paragraphs[at])
            case _:
                paragraphs[at] = paragraphs[at].replace("the", "this", 1)
    return "\n\n".join(paragraphs)


def times(phrase, text):
    return len(re.findall(f"(?={re.escape(phrase)})", text))


def check(item, selector, text):
    """What a verdict says must be true of the text."""
    exact, verdict = selector.get("exact"), item["verdict"]
    if exact is None:
        within = selector["end"] <= len(text)
        assert verdict == ("exact" if within else "missing")
        return
    if verdict == "exact":
        assert (item["start"], item["end"]) == (selector["start"], selector["end"])
        assert text[item["start"] : item["end"]] == exact
        return
    assert text[selector["start"] : selector["end"]] != exact
    folded, whole = collapse(exact), collapse(text)
    if verdict == "missing":
        assert "start" not in item
        assert folded not in whole
    elif verdict == "ambiguous":
        assert "start" not in item
        assert times(folded, whole) > 1
    else:
        place = text[item["start"] : item["end"]]
        assert collapse(place) == folded
        context = selector.get("prefix", "") + exact + selector.get("suffix", "")
        assert 1 in (
            times(exact, text),
            times(folded, whole),
            times(context, text),
            times(collapse(context), whole),
        )


async def add_source(writer, text, selectors, name="s"):
    document = {"title": "S", "id": name, "text": {"sha256": hashlib.sha256(text.encode()).hexdigest()}}
    await writer.create("sources", **document)
    for first in range(0, len(selectors), 50):
        evidence = [
            {"id": f"e{number}", "source": f"sources/{name}", "selector": selector}
            for number, selector in enumerate(selectors[first : first + 50], first)
        ]
        await writer.create("events", title=f"Event {first}", evidence=evidence)


async def verify(client, text=None, name="s"):
    content = text.encode() if text is not None else None
    answer = await client.post(
        f"/v1/sources/{name}/verify", content=content, headers=PLAIN if content else {}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_what_is_said_after_edits_is_true(client, writer, seed):
    rng = random.Random(seed)
    text = make_text(seed)
    selectors = list(passages_of(text, rng, 150))
    await add_source(writer, text, selectors)
    told = await verify(client, text)
    assert told["exact"] == len(selectors)
    assert told["text"] == {
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "characters": len(text),
        "as_recorded": True,
    }
    seen = set()
    for _ in range(12):
        edited = edit(text, rng)
        told = await verify(client, edited)
        assert told["text"]["as_recorded"] is (edited == text)
        assert len(told["items"]) == len(selectors)
        for item in told["items"]:
            check(item, selectors[int(item["evidence"][1:])], edited)
        verdicts = [item["verdict"] for item in told["items"]]
        assert {name: told[name] for name in ("exact", "moved", "ambiguous", "missing")} == {
            name: verdicts.count(name) for name in ("exact", "moved", "ambiguous", "missing")
        }
        seen |= set(verdicts)
    assert {"exact", "moved", "missing"} <= seen


async def test_items_come_in_the_order_of_the_text(client, writer):
    text = make_text(1)
    selectors = list(passages_of(text, random.Random(2), 100))
    await add_source(writer, text, selectors)
    told = await verify(client, text)
    starts = [item["start"] for item in told["items"]]
    assert starts == sorted(starts)
    listed = (await client.get("/v1/sources/s/evidence?limit=1000")).json()["items"]
    assert [(item["ref"], item["evidence"]) for item in told["items"]] == [
        (item["ref"], item["evidence"]["id"]) for item in listed
    ]


async def test_items_say_what_they_bear_on(client, writer):
    await writer.create("sources", id="s", title="S")
    evidence = [
        {"id": "e1", "source": "sources/s", "property": "date", "selector": {"exact": "in 1967"}},
        {"id": "e2", "source": "sources/s", "selector": {"start": 0, "end": 5, "exact": "in 19"}},
        {"id": "e3", "source": "sources/s", "selector": {"page": 3}},
        {"id": "e4", "source": "sources/s"},
        {"id": "e5", "source": "sources/s", "selector": {"exact": "in 1968"}, "rank": "deprecated"},
    ]
    await writer.create("events", id="x", title="X", date="1967", evidence=evidence)
    told = await verify(client, "It was in 1967. Not before, in 1968 and then in 1968.")
    assert told["items"] == [
        {"ref": "events/x", "evidence": "e2", "verdict": "ambiguous"},
        {"ref": "events/x", "evidence": "e1", "property": "date", "verdict": "exact", "start": 7, "end": 14},
        {"ref": "events/x", "evidence": "e5", "verdict": "ambiguous"},
    ]
    assert told["unchecked"] == 2
    assert "as_recorded" not in told["text"]
    folded = await verify(client, "It was in\u00a01967.")
    assert folded["items"][1] | {"start": 0, "end": 0} == {
        "ref": "events/x",
        "evidence": "e1",
        "property": "date",
        "verdict": "moved",
        "start": 0,
        "end": 0,
    }


async def test_nothing_is_written(client, writer):
    text = make_text(3)
    await add_source(writer, text, list(passages_of(text, random.Random(3), 20)))
    before = (await client.get("/v1/changes?limit=1000")).json()
    await verify(client, "Another text altogether.")
    assert (await client.get("/v1/changes?limit=1000")).json() == before


async def test_the_attached_text_serves_where_none_is_sent(client, writer):
    text = make_text(5)
    await add_source(writer, text, list(passages_of(text, random.Random(5), 20)))
    missing = await client.post("/v1/sources/s/verify")
    assert (missing.status_code, missing.json()["code"]) == (422, "no_text")
    await writer.ask("PUT", "/v1/sources/s/text", content=text.encode(), headers=PLAIN)
    assert await verify(client) == await verify(client, text)


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        ("s", {"content": b"\xff"}, 400),
        ("s", {"content": b"x", "headers": {"Content-Type": "application/json"}}, 415),
        ("s?q=1", {"content": b"x"}, 400),
        ("none", {"content": b"x"}, 404),
        ("S%2F..", {"content": b"x"}, 404),
    ],
)
async def test_bad_requests(client, writer, path, options, status):
    await writer.create("sources", id="s", title="S")
    name, _, query = path.partition("?")
    options = {"headers": PLAIN, **options}
    answer = await client.post(f"/v1/sources/{name}/verify?{query}".rstrip("?"), **options)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_long_texts_are_looked_through_apart(client, writer, monkeypatch):
    text = make_text(7, 20)
    selectors = list(passages_of(text, random.Random(7), 40))
    await add_source(writer, text, selectors)
    long = text + "\n\n" + "é—\U0001f5ff " * apart.LONG
    told = await verify(client, long)
    assert told["exact"] == len(selectors)
    monkeypatch.setattr(apart, "LONG", sys.maxsize)
    assert await verify(client, long) == told


async def test_what_takes_too_long_is_ended(client, writer, monkeypatch):
    await writer.create("sources", id="s", title="S")
    monkeypatch.setattr(apart, "MAX_SECONDS", 0.001)
    answer = await client.post("/v1/sources/s/verify", content=b"x " * apart.LONG, headers=PLAIN)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


async def chunks(*pieces):
    for piece in pieces:
        yield piece


async def test_a_long_text_needs_a_key(client_at, database_url, api_key):
    key = {"Authorization": f"Bearer {api_key('write', url=database_url)}"}
    async with client_at(database_url, max_public_text_bytes=2_000) as client:
        record = {"id": "s", "title": "S"}
        (await client.post("/v1/sources", json=record, headers=key)).raise_for_status()
        path, fits, long = "/v1/sources/s/verify", b"x" * 2_000, b"x" * 2_001
        for headers, text, status in [
            (PLAIN, fits, 200),
            (PLAIN, chunks(fits), 200),
            (PLAIN, long, 401),
            (PLAIN, chunks(fits, b"x"), 401),
            (PLAIN | key, long, 200),
            (PLAIN | key, chunks(long), 200),
        ]:
            answer = await client.post(path, content=text, headers=headers)
            assert answer.status_code == status, answer.text
            if status == 401:
                assert (answer.json()["code"], answer.json()["limit"]) == ("long_text_needs_key", 2_000)
                assert answer.headers["www-authenticate"].startswith("Bearer")
                assert answer.headers["content-type"] == "application/problem+json"
        # The text that is attached, too.
        digest = {"text": {"sha256": hashlib.sha256(long).hexdigest()}}
        changed = await client.patch(
            "/v1/sources/s",
            json=digest,
            headers=key | {"If-Match": "*", "Content-Type": "application/merge-patch+json"},
        )
        assert changed.status_code == 200, changed.text
        (await client.put("/v1/sources/s/text", content=long, headers=PLAIN | key)).raise_for_status()
        assert (await client.post(path)).json()["code"] == "long_text_needs_key"
        assert (await client.post(path, headers=key)).json()["text"]["characters"] == 2_001


async def test_a_long_text_is_not_read_before_its_key_and_its_turn(
    monkeypatch, database_url, client_at, api_key
):
    """Only so many are held in memory at a time; who waits too long is told to come again."""
    read = 0

    async def counted(text):
        nonlocal read
        for start in range(0, len(text), 2**16):
            read += len(text[start : start + 2**16])
            yield text[start : start + 2**16]

    started, done = asyncio.Semaphore(0), asyncio.Event()

    async def held_up(_asked, _text):
        started.release()
        await done.wait()
        return b"[3, []]"

    monkeypatch.setattr(apart, "_run", held_up)
    async with client_at(database_url, max_public_text_bytes=500_000, turn_timeout_seconds=0.05) as client:
        key = {"Authorization": f"Bearer {api_key('write', url=database_url)}"}
        (await client.post("/v1/sources", json={"id": "s", "title": "S"}, headers=key)).raise_for_status()
        path, text = "/v1/sources/s/verify", b"x" * 300_000
        first = [
            asyncio.create_task(client.post(path, content=text, headers=PLAIN))
            for _ in range(web_turns.MAX_VERIFICATIONS)
        ]
        for _ in first:
            await started.acquire()
        declared = {"Content-Length": str(len(text))}
        late = await client.post(path, content=counted(text), headers=PLAIN | declared)
        assert (late.status_code, late.headers["retry-after"], read) == (503, "10", 0)
        late = await client.post(path, content=counted(text), headers=PLAIN)
        assert (late.status_code, read < len(text)) == (503, True)
        # Short ones go on.
        assert (await client.post(path, content=b"x", headers=PLAIN)).status_code == 200
        done.set()
        assert [(await one).status_code for one in first] == [200] * web_turns.MAX_VERIFICATIONS
        # The turns were given back.
        assert (await client.post(path, content=text, headers=PLAIN)).status_code == 200


async def test_where_a_long_text_is_not_utf8(client, writer):
    await writer.create("sources", id="s", title="S")
    for text, byte in [
        ("é".encode() * 70_000 + b"\xff", 140_000),
        (b"x" * (2**16 - 1) + "é".encode() * 9 + b"\xc3", 2**16 + 17),
    ]:
        answer = await client.post("/v1/sources/s/verify", content=text, headers=PLAIN)
        assert (answer.status_code, answer.json()["code"]) == (400, "not_utf8")
        assert f"Byte {byte} " in answer.json()["errors"][0]["detail"]
    characters = "\U0001f5ff" * 40_000
    assert (await verify(client, "x" + characters))["text"]["characters"] == 40_001


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_ten_thousand_selectors_in_five_megabytes(server, api_key, database_url):
    rng = random.Random(2)
    text = " ".join(rng.choice(WORDS) + str(number) for number in range(490_000))[:5_000_000]
    one = server("--no-seed")
    headers = {"Authorization": f"Bearer {api_key('write', url=database_url)}"}
    with httpx.Client(base_url=one.url, headers=headers, timeout=60) as client:
        record = {"id": "s", "title": "S", "text": {"sha256": hashlib.sha256(text.encode()).hexdigest()}}
        client.post("/v1/sources", json=record).raise_for_status()
        for batch in range(50):
            evidence = []
            for _ in range(200):
                start = rng.randrange(len(text) - 60)
                end = start + rng.randint(15, 55)
                shift = rng.choice([0, 0, 0, 3])
                selector = {"start": start + shift, "end": end + shift, "exact": text[start:end]}
                evidence.append({"source": "sources/s", "selector": selector})
            client.post("/v1/events", json={"title": f"E{batch}", "evidence": evidence}).raise_for_status()
        answer = client.post("/v1/sources/s/verify", content=text.encode(), headers=PLAIN)
    told = answer.json()
    assert answer.status_code == 200
    assert told["exact"] + told["moved"] == len(told["items"]) == 10_000


async def test_the_command_line_says_the_same(client, writer, annals, database_url, tmp_path):
    text = make_text(9)
    selectors = list(passages_of(text, random.Random(9), 60))
    await add_source(writer, text, selectors)
    file = tmp_path / "text.txt"
    file.write_bytes(text.encode())

    async def run(*arguments, stdin=b""):
        ended = await asyncio.to_thread(annals, "verify", *arguments, url=database_url, stdin=stdin)
        return ended.code, ended.out, ended.err

    code, out, _ = await run("sources/s", str(file), "--json")
    assert code == 0
    assert json.loads(out) == await verify(client, text)
    code, out, _ = await run("s", str(file))
    assert (code, out.strip()) == (0, f"sources/s: {len(selectors)} exact, 0 moved, 0 ambiguous, 0 missing")

    edited = f"{make_text(99, 1)}\n\n{text}"
    code, out, _ = await run("sources/s", "-", "--json", stdin=edited.encode())
    told = json.loads(out)
    assert code == 1
    assert told == await verify(client, edited)
    code, out, err = await run("sources/s", "-", stdin=edited.encode())
    assert code == 1
    assert "moved" in out
    assert "digests differ" in err

    for arguments, stdin in (
        (("sources/none", str(file)), b""),
        (("events/s", str(file)), b""),
        (("sources/s", str(tmp_path / "none")), b""),
        (("sources/s", "-"), b"\xff"),
        (("Sources!", str(file)), b""),
    ):
        code, out, err = await run(*arguments, stdin=stdin)
        assert (code, out) == (2, "")
        assert err
    code, _, err = await run("sources/s")
    assert code == 1
    assert "none is attached" in err
    await writer.ask("PUT", "/v1/sources/s/text", content=text.encode(), headers=PLAIN)
    assert (await run("sources/s"))[0] == 0
