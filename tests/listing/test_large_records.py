"""Records near the largest there may be: pages are bounded in bytes, and what streams comes in pieces."""

import asyncio

import orjson
import pytest
from exchanges import http_scope

from app.formats import FORMATS
from app.formats import serialize as serialising
from app.graph import link_details as linking
from app.listing import service as listing
from app.reading import related_items as beside
from app.reading.documents import PORTION_BYTES
from app.schemas.parameters import PAGE_BYTES

pytestmark = pytest.mark.anyio

LARGE, SMALL = 14, 6
NAMES = [f"e-{number:02}" for number in range(LARGE + SMALL)]
NOTE = "no word of this is looked for " * 330
SLACK = 2**20
"""What a piece may have beyond its bound: one document more."""


def documents():
    """Give two sources, a place and events, most of which take nearly a mebibyte; small ones are among them."""
    for name in ("s", "t"):
        yield "source", {"id": name, "title": f"Source {name}", "licence": "CC0", "attribution": "By S"}
    yield (
        "place",
        {
            "id": "p",
            "title": "A place",
            "geometry": {"type": "Point", "coordinates": [1.5, 2.5]},
            "evidence": [{"property": "title", "source": "sources/s"}],
        },
    )
    for number in range(100):
        yield "actor", {"id": f"a-{number:02}", "title": f"Actor {number}", "type": "person"}
    for number, name in enumerate(NAMES):
        event = {
            "id": name,
            "title": f"Zanzibar {number:02}",
            "date": f"{1900 + number}-01-02",
            "places": [{"place": "places/p", "role": "site"}],
            "evidence": [
                {"id": f"x-{n}", "property": name, "source": "sources/s"}
                for n, name in enumerate(("places", "date", "participants")[: 3 if number % 3 else 2])
            ],
        }
        if number % 3:
            event["participants"] = [
                {"actor": f"actors/a-{n:02}", "role": "host", "note": NOTE} for n in range(100)
            ]
        yield "event", event


@pytest.fixture(scope="module")
async def large(anyio_backend, database_with, client_at):  # noqa: ARG001 - tells anyio to run it
    async with client_at(database_with(documents())) as client:
        yield client


async def pages(client, path, link="next"):
    """Give the pages of a list from one on, in either direction."""
    while path:
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        yield answer, page
        path = page[link]


def ids(found):
    return [item["id"] for item in found]


@pytest.mark.slow
@pytest.mark.parametrize(
    "asked",
    [
        "events?limit=1000",
        "events?limit=50&sort=-date",
        "events?limit=1000&sort=title&include=linked",
        "events?limit=1000&fields=title",
        "events?limit=1000&policy=source:sources/s",
        "events?limit=1000&q=zanzibar",
        "events?limit=1000&q=zanzibar&place=places/p",
        "search?limit=1000&q=zanzibar",
    ],
)
async def test_a_page_is_shorter_where_its_documents_are_large_and_both_links_go_on(large, asked):
    found, last = [], ""
    async for answer, page in pages(large, f"/v1/{asked}"):
        assert page["items"]
        assert len(answer.content) <= PAGE_BYTES + SLACK
        found += ids(page["items"])
        last = answer.url.raw_path.decode()
        assert len(page["items"]) < len(NAMES)
    assert sorted(found) == NAMES
    assert found == (NAMES[::-1] if "-date" in asked else NAMES)
    backward = [ids(page["items"]) async for _, page in pages(large, last, "prev")]
    assert [name for page in reversed(backward) for name in page] == found


async def test_what_a_list_says_is_the_same_whatever_the_limit(large):
    whole = {name: (await large.get(f"/v1/events/{name}")).json() for name in NAMES}
    for limit in (1, 3, 1000):
        async for _, page in pages(large, f"/v1/events?limit={limit}&include=linked"):
            for item in page["items"]:
                assert whole[item["id"]] == item | {"linked": whole[item["id"]]["linked"]}
                assert whole[item["id"]]["linked"].items() <= page["linked"].items()


async def test_a_page_of_small_records_is_as_long_as_was_asked(large):
    page = (await large.get("/v1/actors?limit=100")).json()
    assert len(page["items"]) == 100
    assert page["next"] is None


async def pieces(client, path):
    """Give the body of an answer in the pieces in which it is sent."""
    found, status = [], []
    given = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive():
        message = next(given, None)
        return message or await asyncio.Event().wait()

    async def send(message):
        if message["type"] == "http.response.start":
            status.append(message["status"])
        elif message.get("body"):
            found.append(message["body"])

    await client.app(http_scope(path), receive, send)
    assert status == [200], found
    return found


@pytest.mark.parametrize("path", ["events?", "export?"])
@pytest.mark.parametrize("form", ["ndjson", "csv", "geojson"])
async def test_what_has_no_end_comes_in_pieces(large, path, form):
    found = await pieces(large, f"/v1/{path}format={form}")
    assert max(map(len, found)) <= PORTION_BYTES + SLACK
    body = b"".join(found)
    assert len(body) > PAGE_BYTES
    if form == "ndjson":
        sent = [one for one in map(orjson.loads, body.splitlines()) if one["kind"] == "event"]
        assert ids(sent) == NAMES
    for name in NAMES:
        assert name.encode() in body


@pytest.mark.parametrize("form", ["jsonld", "turtle", "csl", "ics", "timelinejs", "graphml", "svg"])
async def test_pages_in_other_formats_are_shorter_too(large, form):
    path, count = f"/v1/events?format={form}&limit=1000", 0
    while path:
        answer = await large.get(path)
        assert answer.status_code == 200, answer.text
        path = answer.links.get("next", {}).get("url")
        count += 1
    assert count > 2


async def test_a_large_page_in_another_format_has_the_tag_of_a_list(large):
    path = "/v1/events?format=jsonld&limit=1000"
    answer = await large.get(path)
    assert len(answer.content) > 2 * 2**20
    again = await large.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize("form", ["ics", "timelinejs", "graphml"])
async def test_what_must_be_made_whole_is_refused_where_it_is_too_large(large, form, monkeypatch):
    monkeypatch.setattr(serialising, "MAX_HELD", 100)
    for path in ("export?", "events?limit=1000&"):
        answer = await large.get(f"/v1/{path}format={form}")
        assert answer.status_code == 400
        assert answer.json()["code"] == "too_many_records"
        assert "ndjson" in answer.json()["detail"]


async def test_the_passages_of_a_source_are_paged_by_the_documents_that_they_stand_in(large):
    found, last = [], ""
    async for answer, page in pages(large, "/v1/sources/s/evidence?limit=1000"):
        assert 0 < len(page["items"]) < 2 * len(NAMES)
        found += [(item["ref"], item["evidence"]["id"]) for item in page["items"]]
        last = answer.url.raw_path.decode()
    of_events = [
        (f"events/{name}", f"x-{n}")
        for number, name in enumerate(NAMES)
        for n in range(3 if number % 3 else 2)
    ]
    assert sorted(found)[:-1] == of_events
    backward = [page["items"] async for _, page in pages(large, last, "prev")]
    assert [(item["ref"], item["evidence"]["id"]) for items in reversed(backward) for item in items] == found


async def test_large_records_are_suggested(large):
    answer = await large.get("/v1/suggest?q=zanzibar 01")
    assert answer.json()["items"][0]["ref"] == "events/e-01"


async def test_who_refers_to_a_record_is_told_of_large_ones_as_a_source_has_them(large):
    policy = {"include": "incoming", "policy": "source:sources/s"}
    alone = (await large.get("/v1/places/p", params=policy)).json()
    listed = (await large.get("/v1/places", params=policy)).json()
    assert alone["incoming"] == listed["incoming"]["places/p"]
    assert [item["title"] for item in alone["incoming"]] == [f"Zanzibar {n:02}" for n in range(len(NAMES))]
    assert alone["incoming"][1]["date"]["edtf"] == "1901-01-02"


async def test_a_page_that_refers_to_very_many_is_made_shorter(large, monkeypatch):
    whole = (await large.get("/v1/events?limit=3&include=linked")).json()
    monkeypatch.setattr(listing, "MAX_LINKED", 10)
    found, linked = [], {}
    async for _, page in pages(large, "/v1/events?limit=3&include=linked&explain=true"):
        found += ids(page["items"])
        linked |= page["linked"]
        assert len(page["items"]) < 3
        if len(found) == 3:
            break
    assert found == ids(whole["items"])
    assert linked == whole["linked"]


@pytest.mark.parametrize("form", [name for name in FORMATS if name not in ("json", "ndjson")])
async def test_portions_change_nothing_in_what_is_said(large, form, monkeypatch):
    path = f"/v1/events?format={form}&limit=3"
    whole = await large.get(path)
    monkeypatch.setattr(beside, "MAX_BESIDE", 2)
    monkeypatch.setattr(beside, "_SMALL", 10)
    monkeypatch.setattr(serialising, "PIECE_CHARACTERS", 10)
    again = await large.get(f"{path}&sort=date")
    assert whole.status_code == again.status_code == 200
    assert len(whole.content) > 100
    if form != "parquet":
        # An answer may name its own address.
        assert whole.content == again.content.replace(b"limit=3&sort=date&", b"limit=3&")


async def test_what_stands_beside_one_record_is_bounded(large, monkeypatch):
    monkeypatch.setattr(beside, "MAX_BYTES", 50)
    monkeypatch.setattr(beside, "_SMALL", 10)
    answer = await large.get("/v1/events/e-01?format=geojson")
    assert answer.status_code == 400
    assert answer.json()["code"] == "too_much_beside"


async def test_the_evidence_of_very_many_links_is_bounded(large, monkeypatch):
    asked = "/v1/graph/path?from=events/e-00&to=places/p"
    [hop] = (await large.get(asked)).json()["hops"]
    assert len(hop["evidence"]) == 1
    assert "evidence_truncated" not in hop
    monkeypatch.setattr(linking, "MAX_EVIDENCE_BYTES", 10)
    [hop] = (await large.get(f"{asked}&when=1900")).json()["hops"]
    assert hop["evidence"] == []
    assert hop["evidence_truncated"] is True
