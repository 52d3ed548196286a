"""Every format over HTTP, on both databases."""

import asyncio
import codecs
import csv
import io
from dataclasses import replace
from typing import get_args

import orjson
import pytest
from exchanges import http_scope

from app.exports import router as exports
from app.formats import FORMATS
from app.formats.format import Use
from app.listing import router as listing_router
from app.listing import service as listing_service
from app.listing import traversal
from app.records.kinds import RECORD_KINDS

OTHERS = [name for name in FORMATS if name != "json"]
SOURCE = "sources/cuba-venezuela-cooperation"


async def ids(client, query=""):
    found, path = [], f"/v1/events?limit=7{query}"
    while path:
        page = (await client.get(path)).json()
        found += [item["id"] for item in page["items"]]
        path = page["next"]
    return found


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", RECORD_KINDS, ids=lambda kind: kind.collection)
async def test_every_list_and_record_can_be_had_in_every_format(seeded_client, kind, name):
    form = FORMATS[name]
    listed = await seeded_client.get(f"/v1/{kind.collection}?format={name}")
    first = (await seeded_client.get(f"/v1/{kind.collection}?limit=1")).json()["items"][0]
    one = await seeded_client.get(f"{first['href']}?format={name}")
    for answer in (listed, one):
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith(form.media_type)
        assert answer.headers["vary"] == "Accept, Accept-Encoding"
        assert answer.content


@pytest.mark.parametrize("name", OTHERS)
async def test_accept_chooses_as_well(seeded_client, name):
    accept = {"accept": f"text/html;q=0.9, {FORMATS[name].media_type}, application/json;q=0.5"}
    answer = await seeded_client.get("/v1/events", headers=accept)
    assert answer.headers["content-type"].startswith(FORMATS[name].media_type)
    assert answer.content == (await seeded_client.get(f"/v1/events?format={name}")).content


@pytest.mark.parametrize("path", ["/v1/events", "/v1/actors/hugo-chavez"])
async def test_what_there_is_not_is_406_and_says_what_there_is(seeded_client, path):
    by_accept = await seeded_client.get(path, headers={"accept": "application/pdf"})
    by_name = await seeded_client.get(f"{path}?format=geojsn")
    for answer in (by_accept, by_name):
        assert answer.status_code == 406
        assert set(answer.json()["formats"]) == set(FORMATS)
    assert by_name.json()["errors"][0]["suggestion"] == "geojson"


async def test_json_stays_the_default(seeded_client):
    for accept in ("*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/*"):
        answer = await seeded_client.get("/v1/events", headers={"accept": accept})
        assert answer.headers["content-type"] == "application/json"


async def test_entity_tags_differ_by_format_and_are_good_for_304(seeded_client):
    for path in ("/v1/events?", "/v1/events/cuban-revolution?"):
        tags = set()
        for name in FORMATS:
            answer = await seeded_client.get(f"{path}format={name}")
            tag = answer.headers["etag"]
            assert not tag.startswith("W/")
            tags.add(tag)
            again = await seeded_client.get(f"{path}format={name}", headers={"if-none-match": tag})
            assert (again.status_code, again.headers["etag"], again.content) == (304, tag, b"")
            assert again.headers["vary"] == "Accept, Accept-Encoding"
        assert len(tags) == len(FORMATS)


async def test_a_head_has_the_headers_of_a_get(seeded_client):
    for path in ("/v1/events", "/v1/events/cuban-revolution"):
        for name in OTHERS:
            head = await seeded_client.head(f"{path}?format={name}")
            got = await seeded_client.get(f"{path}?format={name}")
            assert (head.status_code, head.content) == (200, b"")
            for header in ("etag", "content-type", "content-disposition"):
                assert head.headers[header] == got.headers[header]


async def test_files_have_names(seeded_client):
    listed = await seeded_client.get("/v1/events?format=csv")
    one = await seeded_client.get("/v1/actors/hugo-chavez?format=svg")
    assert listed.headers["content-disposition"] == 'attachment; filename="events.csv"'
    assert one.headers["content-disposition"] == 'inline; filename="hugo-chavez.svg"'
    assert "default-src 'none'" in one.headers["content-security-policy"]


@pytest.mark.parametrize("query", ["", "&sort=-date", "&sort=title", "&type=meeting", "&when=1990/2010"])
async def test_streams_have_no_limit_and_the_order_of_the_list(seeded_client, query, monkeypatch):
    monkeypatch.setattr(traversal, "FIRST_CHUNK", 3)
    monkeypatch.setattr(traversal, "CHUNK", 5)
    wanted = await ids(seeded_client, query)
    lines = (await seeded_client.get(f"/v1/events?format=ndjson{query}")).text.splitlines()
    assert [orjson.loads(line)["id"] for line in lines] == wanted
    table = (await seeded_client.get(f"/v1/events?format=csv{query}")).text
    assert [row["id"] for row in csv.DictReader(io.StringIO(table, newline=""))] == wanted
    features = (await seeded_client.get(f"/v1/events?format=geojson{query}")).json()["features"]
    assert [feature["properties"]["id"] for feature in features] == wanted


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.most])
async def test_what_is_too_much_for_a_format_is_refused_before_it_is_made(seeded_client, monkeypatch, name):
    def unwanted(_about):
        raise AssertionError("it was begun")

    few = FORMATS | {name: replace(FORMATS[name], most=3, writer=unwanted)}
    monkeypatch.setattr(exports, "FORMATS", few)
    answer = await seeded_client.get(f"/v1/export?format={name}")
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_records")


async def test_a_line_is_what_the_record_is(seeded_client):
    for line in (await seeded_client.get("/v1/actors?format=ndjson")).text.splitlines():
        document = orjson.loads(line)
        whole = (await seeded_client.get(document["href"])).json()
        whole.pop("linked")
        assert document == whole


@pytest.mark.parametrize("name", OTHERS)
async def test_pages_lead_to_one_another(seeded_client, name):
    answer = await seeded_client.get(f"/v1/events?format={name}&limit=10")
    seen, path = 1, answer.links["next"]["url"]
    while path:
        answer = await seeded_client.get(path)
        assert answer.headers["content-type"].startswith(FORMATS[name].media_type)
        seen, path = seen + 1, answer.links.get("next", {}).get("url")
    assert seen == -(-len(await ids(seeded_client)) // 10)
    assert "prev" in answer.links


async def test_a_stream_goes_on_from_a_cursor_but_not_back(seeded_client):
    page = (await seeded_client.get("/v1/events?limit=5")).json()
    cursor = page["next"].partition("cursor=")[2]
    rest = (await seeded_client.get(f"/v1/events?format=ndjson&cursor={cursor}")).text.splitlines()
    assert [orjson.loads(line)["id"] for line in rest] == (await ids(seeded_client))[5:]
    second = (await seeded_client.get(page["next"])).json()
    back = second["prev"].partition("cursor=")[2]
    answer = await seeded_client.get(f"/v1/events?format=ndjson&cursor={back}")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "cursor")


@pytest.mark.parametrize("name", OTHERS)
async def test_a_policy_holds_in_every_format(seeded_client, name):
    plain = await seeded_client.get(f"/v1/events?format={name}&limit=1000")
    as_source = await seeded_client.get(f"/v1/events?format={name}&limit=1000&policy=source:{SOURCE}")
    assert as_source.status_code == 200
    # What the source leaves out of the seeds does not show in a picture, nor in a table of places.
    assert as_source.content != plain.content or name in ("svg", "lp-tsv")
    one = await seeded_client.get(f"/v1/events/cuban-revolution?format={name}&policy=source:{SOURCE}")
    assert one.status_code == 200


async def test_a_policy_reads_the_record_as_the_source_has_it(seeded_client):
    path = f"/v1/events/fall-of-perez-jimenez?policy=source:{SOURCE}"
    document = (await seeded_client.get(path)).json()
    document.pop("linked")
    feature = (await seeded_client.get(f"{path}&format=geojson")).json()
    assert feature["properties"] == document


@pytest.mark.parametrize("name", OTHERS)
async def test_fields_are_the_only_ones_said(seeded_client, name):
    for path in ("/v1/events", "/v1/events/cuban-revolution"):
        answer = await seeded_client.get(f"{path}?format={name}&fields=tags")
        assert answer.status_code == 200
        assert b"The upheaval in Cuba" not in answer.content


@pytest.mark.parametrize("name", OTHERS)
async def test_a_search_gives_what_it_found_in_every_format(seeded_client, name):
    answer = await seeded_client.get(f"/v1/search?q=chavez&format={name}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(FORMATS[name].media_type)
    assert (await seeded_client.get(f"/v1/search?format={name}")).status_code == 400


async def test_a_search_streams_in_the_order_of_its_pages(seeded_client, monkeypatch):
    monkeypatch.setattr(traversal, "FIRST_CHUNK", 2)
    monkeypatch.setattr(traversal, "CHUNK", 3)
    for sort in ("relevance",):
        found = (await seeded_client.get(f"/v1/search?q=cuba&sort={sort}&limit=1000")).json()["items"]
        lines = (await seeded_client.get(f"/v1/search?q=cuba&sort={sort}&format=ndjson")).text.splitlines()
        assert len(found) > 10
        assert [orjson.loads(line)["id"] for line in lines] == [item["id"] for item in found]


async def test_fields_choose_columns_and_the_schema_knows(seeded_client):
    answer = await seeded_client.get("/v1/events?format=csv&fields=title,date")
    link = next(one for one in answer.links.values() if one["rel"] == "describedby")
    schema = (await seeded_client.get(link["url"])).json()
    header = next(csv.reader(io.StringIO(answer.text, newline="")))
    assert header == [field["name"] for field in schema["fields"]]


@pytest.mark.parametrize(
    "parameter", ["count=exact", "explain=true", "include=linked", "include=incoming", "facets=type"]
)
async def test_what_only_json_has_room_for_is_refused(seeded_client, parameter):
    answer = await seeded_client.get(f"/v1/events?format=csv&{parameter}")
    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert (fault["code"], fault["parameter"]) == ("only_in_json", parameter.partition("=")[0])


@pytest.mark.parametrize("path", ["/v1/formats", "/v1/formats/csv/events", "/v1/context.jsonld"])
async def test_head_tells_what_get_would(seeded_client, path):
    got, told = await seeded_client.get(path), await seeded_client.head(path)
    assert (told.status_code, told.content) == (200, b"")
    for name in ("content-length", "content-type", "etag", "cache-control"):
        assert told.headers[name] == got.headers[name]
    known = await seeded_client.get(path, headers={"If-None-Match": got.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


async def test_errors_come_before_the_stream(seeded_client):
    for query in ("place=places/nowhere", "when=19x6", "limit=0", "nonsense=1", "policy=source:sources/none"):
        for name in OTHERS:
            answer = await seeded_client.get(f"/v1/events?format={name}&{query}")
            assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    for name in OTHERS:
        assert (await seeded_client.get(f"/v1/events/no-such-thing?format={name}")).status_code == 404


async def test_a_format_that_is_not_installed_says_what_it_needs(seeded_client, monkeypatch):
    negotiated = get_args(listing_router.FormatName)[1].dependency
    without = {name: one for name, one in negotiated.formats.items() if name != "parquet"}
    monkeypatch.setattr(negotiated, "formats", without)
    missing = {"parquet": "This service has no pyarrow: install annals[parquet]."}
    monkeypatch.setattr(negotiated, "missing", missing)
    answer = await seeded_client.get("/v1/events?format=parquet")
    assert answer.status_code == 406
    assert "annals[parquet]" in answer.json()["errors"][0]["detail"]


async def test_the_public_address_is_the_one_in_ids(make_client, api_key):
    async with make_client(public_url="https://annals.example/") as client:
        headers = {"authorization": f"Bearer {api_key()}"}
        made = await client.post("/v1/events", json={"title": "Battle"}, headers=headers)
        assert made.status_code == 201
        assert (await client.get("/v1/events/battle?format=jsonld")).json()[
            "@id"
        ] == "https://annals.example/v1/events/battle"
        cited = (await client.get("/v1/events/battle?format=csl")).json()
        assert cited["URL"] == "https://annals.example/v1/events/battle/revisions/1"
        path = cited["URL"].removeprefix("https://annals.example")
        assert (await client.get(path)).json()["title"] == "Battle"


async def test_a_host_that_is_none_is_not_believed(seeded_client):
    answer = await seeded_client.get(
        "/v1/events/cuban-revolution?format=jsonld", headers={"host": 'evil"><x'}
    )
    assert "evil" not in answer.text
    other = await seeded_client.get(
        "/v1/events/cuban-revolution?format=jsonld", headers={"host": "other.example:81"}
    )
    assert other.json()["@id"].startswith("http://other.example:81/v1/")


async def test_a_write_is_seen_in_every_format_at_once(make_client, api_key):
    async with make_client() as client:
        headers = {"authorization": f"Bearer {api_key()}"}
        for title in ("One", "Two", "Three"):
            before = {
                name: (await client.get(f"/v1/events?format={name}")).headers["etag"] for name in OTHERS
            }
            await client.post("/v1/events", json={"title": title, "date": "1961-04-17"}, headers=headers)
            for name in OTHERS:
                answer = await client.get(
                    f"/v1/events?format={name}", headers={"if-none-match": before[name]}
                )
                assert answer.status_code == 200
                if name not in ("parquet", "xlsx", "oa", "lp-tsv"):
                    assert title in answer.text


async def test_a_client_that_hangs_up_ends_the_work(seeded_client, monkeypatch):
    monkeypatch.setattr(traversal, "FIRST_CHUNK", 1)
    monkeypatch.setattr(traversal, "CHUNK", 1)
    asked = 0
    ask = listing_service.page_rows

    async def counted(*arguments):
        nonlocal asked
        asked += 1
        return await ask(*arguments)

    monkeypatch.setattr(traversal, "page_rows", counted)
    gone, sent = asyncio.Event(), []

    async def receive():
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)
        if len(sent) == 3:
            gone.set()
        await asyncio.sleep(0)

    await seeded_client.app(http_scope("/v1/events?format=ndjson"), receive, send)
    assert asked < 8
    assert not sent[-1].get("body") or sent[-1]["more_body"]


async def test_the_formats_are_told(seeded_client):
    told = (await seeded_client.get("/v1/formats")).json()["items"]
    assert [one["name"] for one in told] == list(FORMATS)
    assert all(one["rule"].endswith(".") and one["uses"] for one in told)
    described = (await seeded_client.get("/openapi.json")).json()["paths"]
    for path, use in (("/v1/events", Use.LIST), ("/v1/events/{id}", Use.RECORD), ("/v1/search", Use.SEARCH)):
        content = described[path]["get"]["responses"]["200"]["content"]
        assert set(content) == {one.media_type for one in FORMATS.values() if use in one.uses}
    assert (await seeded_client.get("/v1/formats?x=1")).status_code == 400
    assert (await seeded_client.get("/v1/formats/csv/event")).status_code == 404
    assert (await seeded_client.get("/v1/formats/csv/events?fields=nonsense")).status_code == 400


async def test_the_context_is_the_one_in_answers(seeded_client):
    context = await seeded_client.get("/v1/context.jsonld")
    assert context.headers["content-type"] == "application/ld+json"
    answer = (await seeded_client.get("/v1/events/cuban-revolution?format=jsonld")).json()
    assert answer["@context"] == context.json()["@context"]


@pytest.mark.parametrize(
    "path", ["/v1/events?", "/v1/events/cuban-revolution?", "/v1/search?q=cuba&", "/v1/export?"]
)
async def test_a_table_begins_with_a_byte_order_mark_where_one_is_wanted(seeded_client, path):
    plain = await seeded_client.get(f"{path}format=csv")
    marked = await seeded_client.get(f"{path}format=csv&bom=true")
    assert not plain.content.startswith(codecs.BOM_UTF8)
    assert marked.content == codecs.BOM_UTF8 + plain.content
    for name in ("json", "geojson"):
        refused = await seeded_client.get(f"{path}format={name}&bom=true")
        assert refused.status_code == 400
        (fault,) = refused.json()["errors"]
        assert (fault["code"], fault["parameter"]) == ("only_in_csv", "bom")
        assert (await seeded_client.get(f"{path}format={name}&bom=false")).status_code == 200
