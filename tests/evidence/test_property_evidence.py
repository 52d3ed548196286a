"""What sources say: of one record side by side, and out of one source in the order of its text; attached texts."""

import hashlib
import json
import threading

import pytest
from documented import example_of

from app.records.kinds import RECORD_KINDS
from app.values import text_selectors
from app.values.text_selectors import verify

pytestmark = pytest.mark.anyio

SEED = "sources/cuba-venezuela-cooperation"
TEXT = "In 1967 a landing. In 1968 another landing, they said. “Never”, said a third.\nIn 1967 nothing else."
DIGEST = hashlib.sha256(TEXT.encode()).hexdigest()
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


def quote(phrase, nth=0, text=TEXT):
    start = -1
    for _ in range(nth + 1):
        start = text.index(phrase, start + 1)
    return {"start": start, "end": start + len(phrase), "exact": phrase}


@pytest.fixture
async def source(writer):
    await writer.create("sources", id="s", title="A source", text={"sha256": DIGEST, "characters": len(TEXT)})
    return "sources/s"


async def put_text(writer, text=TEXT, source="s", headers=PLAIN):
    body = text if isinstance(text, bytes) else text.encode()
    return await writer.ask("PUT", f"/v1/sources/{source}/text", content=body, headers=headers)


async def all_pages(client, path):
    items, pages = [], 0
    while path is not None:
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        pages += 1
        path = page["next"]
    return items, pages


async def test_a_source_is_listed_in_the_order_of_its_text(seeded_client):
    whole, _ = await all_pages(seeded_client, f"/v1/{SEED}/evidence?limit=1000")
    paged, pages = await all_pages(seeded_client, f"/v1/{SEED}/evidence?limit=37")
    assert paged == whole
    assert pages == -(-len(whole) // 37)
    starts = [item["evidence"]["selector"]["start"] for item in whole]
    assert starts == sorted(starts)
    assert len(whole) > 400
    for item in whole[:20]:
        record = (await seeded_client.get(f"/v1/{item['ref']}")).json()
        assert item["evidence"] in record["evidence"]
        assert item["title"] == record["title"]
        assert item["evidence"]["source"] == SEED


async def test_pages_lead_back(seeded_client):
    first = (await seeded_client.get(f"/v1/{SEED}/evidence?limit=10")).json()
    assert first["prev"] is None
    second = (await seeded_client.get(first["next"])).json()
    back = (await seeded_client.get(second["prev"])).json()
    assert back["items"] == first["items"]
    assert back["prev"] is None
    assert (await seeded_client.get(back["next"])).json()["items"] == second["items"]


async def test_pages_and_paragraphs_are_in_reading_order(client, writer):
    await writer.create("sources", id="book", title="A book")
    places = [{"page": "xiv"}, {"page": "ix"}, {"page": 2, "paragraph": 3}, {"page": 2, "paragraph": 1}]
    places += [{"page": "10"}, {"page": "plate 3"}, {"start": 5, "end": 7}, {"exact": "anywhere"}, None]
    evidence = [
        {"id": f"e{at}", "source": "sources/book", **({"selector": place} if place else {})}
        for at, place in enumerate(places)
    ]
    await writer.create("events", id="x", title="X", evidence=evidence)
    items = (await client.get("/v1/sources/book/evidence")).json()["items"]
    assert [item["evidence"]["id"] for item in items] == [
        "e6",
        "e1",
        "e0",
        "e3",
        "e2",
        "e4",
        "e5",
        "e7",
        "e8",
    ]


async def test_a_cursor_is_good_for_its_source_alone(client, writer, source):
    await writer.create("sources", id="t", title="Another")
    evidence = [{"source": source, "selector": {"page": page}} for page in range(5)]
    await writer.create("actors", id="x", title="X", evidence=evidence)
    following = (await client.get(f"/v1/{source}/evidence?limit=2")).json()["next"]
    assert (await client.get(following)).status_code == 200
    for path in (following.replace("sources/s", "sources/t"), f"/v1/{source}/evidence?cursor=nonsense"):
        answer = await client.get(path)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == "invalid_cursor"


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limt=3", "property=date", "limit=2&limit=3"])
async def test_bad_queries_are_refused(seeded_client, query):
    answer = await seeded_client.get(f"/v1/{SEED}/evidence?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == query.split("=")[0]


async def test_side_by_side(client, writer):
    for name in ("a", "b", "c", "d"):
        await writer.create("sources", id=name, title=f"Source {name}")
    await writer.create(
        "events",
        id="x",
        title="X",
        date="1967",
        figures=[{"id": "dead", "measure": "deaths", "best": 12}],
        evidence=[
            {"id": "e1", "property": "date", "source": "sources/a"},
            {"id": "e2", "property": "date", "source": "sources/b", "value": "1968", "rank": "preferred"},
            {"id": "e3", "property": "date", "source": "sources/c", "stance": "disputes"},
            {"id": "e4", "property": "date", "source": "sources/d", "value": "1970", "rank": "deprecated"},
            {"id": "e5", "property": "figures/dead", "source": "sources/b", "stance": "mentions"},
        ],
    )
    told = (await client.get("/v1/events/x/evidence?property=date")).json()
    assert set(told) == {"ref", "items", "linked"}
    [date] = told["items"]
    assert (date["property"], date["contested"], date["sources"]) == ("date", True, 1)
    assert date["value"]["edtf"] == "1967"
    holds = {item["id"]: item.get("holds", {}).get("edtf") for item in date["evidence"]}
    assert holds == {"e1": "1967", "e2": "1968", "e3": None, "e4": "1970"}
    assert {item["id"]: item.get("rank") for item in date["evidence"]}["e2"] == "preferred"
    assert {ref: card["title"] for ref, card in told["linked"].items()} == {
        f"sources/{name}": f"Source {name}" for name in "abcd"
    }
    whole = (await client.get("/v1/events/x/evidence")).json()
    assert [one["property"] for one in whole["items"]] == ["record", "title", "date", "figures/dead"]
    dead = whole["items"][-1]
    assert (dead["contested"], dead["sources"], dead["value"]["best"]) == (False, 0, 12)


async def test_members_are_found_by_any_of_their_names(client, writer):
    await writer.create("sources", id="a", title="A")
    await writer.create("sources", id="b", title="B")
    await writer.create("actors", id="cuba", title="Cuba")
    document = {
        "title": "X",
        "participants": [
            {"actor": "actors/cuba", "role": "host"},
            {"actor": "actors/cuba", "role": "mediator"},
        ],
        "evidence": [
            {"id": "e1", "property": "participants/actors/cuba", "source": "sources/a"},
            {"id": "e2", "property": "participants/actors/cuba:host", "source": "sources/b"},
            {"id": "e3", "property": "participants", "source": "sources/b"},
        ],
    }
    await writer.create("events", id="x", **document)

    async def told(about):
        items = (await client.get("/v1/events/x/evidence", params={"property": about})).json()["items"]
        return {one["property"]: ([item["id"] for item in one["evidence"]], one["sources"]) for one in items}

    host, mediator = "participants/actors/cuba:host", "participants/actors/cuba:mediator"
    both = {"participants": (["e3"], 1), host: (["e2", "e1"], 2), mediator: (["e1"], 2)}
    assert await told("participants") == both
    assert await told("participants/actors/cuba") == both
    assert await told(host) == {"participants": (["e3"], 1), host: both[host]}
    assert await told("summary") == {"summary": ([], 0)}


@pytest.mark.parametrize(
    ("about", "suggestion"),
    [("dat", "date"), ("in_force", None), ("nothing/at/all", None), ("date/x", "date")],
)
async def test_a_property_that_the_kind_lacks_is_refused(seeded_client, about, suggestion):
    path = "/v1/events/castro-chavez-meeting-1994/evidence"
    answer = await seeded_client.get(path, params={"property": about})
    assert answer.status_code == 400
    [fault] = answer.json()["errors"]
    assert (fault["parameter"], fault["code"]) == ("property", "unknown_property")
    if suggestion:
        assert fault["suggestion"] == suggestion


async def test_every_kind_tells_its_evidence(client, writer, collection):
    await writer.create("sources", id="s", title="S")
    document = {} if collection == "sources" else {"evidence": [{"source": "sources/s", "property": "title"}]}
    await writer.create(collection, id="x", title="X", **document)
    answer = await client.get(f"/v1/{collection}/x/evidence")
    assert answer.status_code == 200
    assert answer.headers["etag"]
    again = await client.get(
        f"/v1/{collection}/x/evidence", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304
    assert (await client.get(f"/v1/{collection}/y/evidence")).status_code == 404
    await writer.delete(f"{collection}/x")
    assert (await client.get(f"/v1/{collection}/x/evidence")).status_code == 410


async def test_what_was_merged_is_redirected(client, writer, admin):
    for name in ("a", "b"):
        await writer.create("actors", id=name, title=name)
        await writer.create("sources", id=name, title=name)
    for collection in ("actors", "sources"):
        await admin.merge(f"{collection}/a", f"{collection}/b")
        answer = await client.get(
            f"/v1/{collection}/a/evidence?limit=3" if collection == "sources" else "/v1/actors/a/evidence"
        )
        assert answer.status_code == 308
        assert answer.headers["location"].startswith(f"/v1/{collection}/b/evidence")


BAD = [
    ({"selector": {"start": 5, "end": 5}}, "/evidence/0/selector"),
    ({"selector": {"start": -1, "end": 5}}, "/evidence/0/selector/start"),
    ({"selector": {"start": 5}}, "/evidence/0/selector"),
    ({"selector": {"start": 0, "end": 25, "exact": "a b c d e f g h i j k l m"}}, "/evidence/0/selector"),
    ({"property": "parties/actors/x"}, "/evidence/0/property"),
    ({"property": "nonsense"}, "/evidence/0/property"),
    ({"property": "figures/none"}, "/evidence/0/property"),
    ({"source": "sources/none"}, "/evidence/0/source"),
    ({"value": "1967"}, "/evidence/0/property"),
    ({"property": "date", "value": "19677"}, "/evidence/0/value"),
]


@pytest.mark.parametrize(("item", "pointer"), BAD)
async def test_bad_evidence_is_refused_and_nothing_written(client, writer, source, item, pointer):
    before = (await client.get("/v1/changes?limit=1000")).json()["items"]
    answer = await writer.post("events", {"id": "x", "title": "X", "evidence": [{"source": source, **item}]})
    assert answer.status_code == 422, answer.text
    assert pointer in [fault["pointer"] for fault in answer.json()["errors"]]
    assert (await client.get("/v1/events/x")).status_code == 404
    assert (await client.get("/v1/changes?limit=1000")).json()["items"] == before


async def test_a_text_is_attached_read_and_removed(make_client, api_key):
    key = api_key("write")
    headers = {"Authorization": f"Bearer {key}"}
    async with make_client(public_texts=True) as client:
        record = {"title": "S", "id": "s", "text": {"sha256": DIGEST, "characters": len(TEXT)}}
        assert (await client.post("/v1/sources", json=record, headers=headers)).status_code == 201
        path = "/v1/sources/s/text"
        assert (await client.get(path)).json()["code"] == "no_text"
        assert (await client.put(path, content=TEXT.encode(), headers=PLAIN)).status_code == 401
        put = await client.put(path, content=TEXT.encode(), headers=headers | PLAIN)
        assert put.status_code == 201
        assert put.json() == {"source": "sources/s", "sha256": DIGEST, "characters": len(TEXT)}
        assert (await client.put(path, content=TEXT.encode(), headers=headers | PLAIN)).status_code == 200
        read = await client.get(put.headers["location"])
        assert (read.status_code, read.content) == (200, TEXT.encode())
        assert read.headers["content-type"] == "text/plain; charset=utf-8"
        assert (await client.get(path, headers={"If-None-Match": read.headers["etag"]})).status_code == 304
        head = await client.head(path)
        assert (head.content, head.headers["content-length"]) == (b"", str(len(TEXT.encode())))
        assert (await client.delete(path)).status_code == 401
        assert (await client.delete(path, headers=headers)).status_code == 204
        assert (await client.delete(path, headers=headers)).json()["code"] == "no_text"
        assert (await client.get(path)).status_code == 404


async def test_texts_are_not_read_unless_that_is_set(client, writer, admin, source):
    assert (await put_text(writer)).status_code == 201
    for one in (client.get(f"/v1/{source}/text"), admin.ask("GET", f"/v1/{source}/text")):
        answer = await one
        assert answer.status_code == 403
        assert answer.json()["code"] == "texts_not_public"
        assert "ANNALS_PUBLIC_TEXTS" in answer.json()["detail"]


@pytest.mark.parametrize(
    "text", ["\ufeff" + TEXT, TEXT.replace("\n", "\r\n"), "Cafe\u0301 and caf\u00e9 \U0001f5ff", " x "]
)
async def test_nothing_of_a_text_is_normalised(make_client, api_key, text):
    headers = {"Authorization": f"Bearer {api_key('write')}"}
    async with make_client(public_texts=True) as client:
        digest = hashlib.sha256(text.encode()).hexdigest()
        record = {"title": "S", "id": "s", "text": {"sha256": digest, "characters": len(text)}}
        await client.post("/v1/sources", json=record, headers=headers)
        put = await client.put("/v1/sources/s/text", content=text.encode(), headers=headers | PLAIN)
        assert put.status_code == 201, put.text
        assert (await client.get("/v1/sources/s/text")).content == text.encode()


async def test_another_text_is_refused(client, writer, source):
    answer = await put_text(writer, TEXT + " ")
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/text/sha256", "/text/characters"]
    await writer.patch(source, {"text": {"characters": 3}})
    answer = await put_text(writer)
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/text/characters"]
    assert answer.json()["errors"][0]["suggestion"] == str(len(TEXT))
    await writer.patch(source, {"text": None})
    answer = await put_text(writer)
    assert answer.json()["errors"][0] | {"detail": ""} == {
        "pointer": "/text/sha256",
        "code": "missing",
        "detail": "",
        "suggestion": DIGEST,
    }
    assert (await client.post(f"/v1/{source}/verify")).json()["code"] == "no_text"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"\xff\xfe", PLAIN, 400),
        (b"", PLAIN, 422),
        (b"a\0b", PLAIN, 422),
        (TEXT.encode(), {"Content-Type": "application/json"}, 415),
        (TEXT.encode(), {"Content-Type": "text/plain; charset=latin-1"}, 415),
        (TEXT.encode(), PLAIN | {"Content-Encoding": "compress"}, 415),
        (TEXT.encode(), PLAIN | {"Content-Encoding": "gzip"}, 400),
    ],
)
@pytest.mark.usefixtures("source")
async def test_what_is_no_text_is_refused(writer, body, headers, status):
    assert (await put_text(writer, body, headers=headers)).status_code == status


async def test_a_text_may_be_larger_than_other_bodies_and_has_a_limit_of_its_own(make_client, api_key):
    headers = {"Authorization": f"Bearer {api_key('write')}"} | PLAIN
    async with make_client(max_body_bytes=2000, max_text_bytes=4000) as client:
        for size, status in ((3000, 404), (4001, 413)):
            put = await client.put("/v1/sources/none/text", content=b"x" * size, headers=headers)
            assert put.status_code == status
            verify = await client.post("/v1/sources/none/verify", content=b"x" * size, headers=PLAIN)
            assert verify.status_code == 404
    async with make_client(max_body_bytes=2000, max_text_bytes=4000) as client:
        record = {"title": "S", "id": "s"}
        await client.post("/v1/sources", json=record, headers=headers | {"Content-Type": "application/json"})
        assert (
            await client.post("/v1/sources/s/verify", content=b"x" * 4000, headers=PLAIN)
        ).status_code == 200
        assert (
            await client.post("/v1/sources/s/verify", content=b"x" * 4001, headers=PLAIN)
        ).status_code == 413


async def test_passages_are_looked_up_before_anybody_waits_for_the_transaction(writer, source, monkeypatch):
    await put_text(writer)
    threads = []

    def noted(text, selectors):
        threads.append(threading.current_thread().name)
        return verify(text, selectors)

    monkeypatch.setattr(text_selectors, "verify", noted)
    evidence = [{"source": source, "selector": quote("In 1968 another landing")}]
    await writer.create("events", id="x", evidence=evidence)
    more = [{"source": source, "selector": {"exact": "“Never”"}}]
    assert (await writer.put("events/x", {"title": "X", "evidence": more}, "*")).status_code == 200
    patch = [{"op": "add", "path": "/evidence/-", "value": evidence[0]}]
    assert (await writer.patch("events/x", patch)).status_code == 200
    assert len(threads) == 3
    assert not [name for name in threads if name.startswith("annals-write")]


async def test_written_evidence_must_match_the_attached_text(client, writer, source):
    await put_text(writer)

    async def write(*selectors):
        evidence = [{"source": source, "selector": selector} for selector in selectors]
        return await writer.post("events", {"title": "X", "id": "x", "evidence": evidence})

    landing = quote("In 1968 another landing")
    wrong = {**landing, "start": landing["start"] + 1, "end": landing["end"] + 1}
    answer = await write(landing, wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "misplaced_passage")
    [fault] = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/evidence/1/selector", "passage_moved")
    assert json.loads(fault["suggestion"]) == {"start": landing["start"], "end": landing["end"]}
    assert (await client.get("/v1/events/x")).status_code == 404

    never = quote("“Never”")
    answer = await write({**never, "exact": '"Never"'})
    assert '"exact":"“Never”"' in answer.json()["errors"][0]["suggestion"]
    for selector, code in (
        ({"start": 1, "end": 8, "exact": "In 1967"}, "passage_ambiguous"),
        ({"exact": "In 1967"}, "passage_ambiguous"),
        ({"exact": "Venceremos"}, "passage_missing"),
        ({"start": len(TEXT) - 1, "end": len(TEXT) + 1}, "passage_missing"),
        ({"start": 10**12, "end": 10**12 + 1}, "passage_missing"),
    ):
        answer = await write(selector)
        assert answer.json()["errors"][0]["code"] == code
        assert "suggestion" not in answer.json()["errors"][0]
    good = [landing, never, {"exact": "another landing"}, {"page": 3}, {"start": 0, "end": len(TEXT)}]
    assert (await write(*good)).status_code == 201


async def test_what_was_there_before_the_text_does_not_stand_in_the_way(client, writer, admin, source):
    await writer.create("actors", id="a", title="A")
    await writer.create("actors", id="b", title="B")
    bad = {"source": source, "selector": {"start": 0, "end": 4, "exact": "Nope"}, "id": "e1"}
    members = {"participants": [{"actor": "actors/a"}], "evidence": [bad]}
    await writer.create("events", id="x", title="X", **members)
    await put_text(writer)
    assert (await writer.patch("events/x", {"title": "Better"})).status_code == 200
    await admin.merge("actors/a", "actors/b")
    assert (await client.get("/v1/events/x")).json()["participants"] == [{"actor": "actors/b"}]
    worse = {**bad, "selector": {**bad["selector"], "exact": "None"}}
    assert (await writer.patch("events/x", {"evidence": [worse]})).status_code == 422
    assert (await writer.ask("DELETE", f"/v1/{source}/text")).status_code == 204
    assert (await writer.patch("events/x", {"evidence": [worse]})).status_code == 200


async def test_a_record_cannot_name_another_text_than_the_attached(writer, source):
    await put_text(writer)
    other = {"text": {"sha256": "0" * 64}}
    answer = await writer.patch(source, other)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/text/sha256"
    assert (await writer.patch(source, {"title": "Renamed"})).status_code == 200
    await writer.ask("DELETE", f"/v1/{source}/text")
    assert (await writer.patch(source, other)).status_code == 200


async def test_a_text_of_a_merged_or_deleted_source(client, writer, admin):
    for name in ("a", "b", "c"):
        await writer.create("sources", id=name, title=name, text={"sha256": DIGEST})
    await put_text(writer, source="a")
    await admin.merge("sources/a", "sources/b")
    assert (await put_text(writer, source="a")).status_code == 409
    assert (await client.post("/v1/sources/b/verify")).status_code == 200
    answer = await client.post("/v1/sources/a/verify")
    assert (answer.status_code, answer.headers["location"]) == (308, "/v1/sources/b/verify")
    await writer.delete("sources/c")
    assert (await put_text(writer, source="c")).status_code == 410
    assert (await put_text(writer, source="none")).status_code == 404


async def test_the_address_of_a_revision_is_permanent(client, writer):
    first = await writer.create("events", id="x", title="First", date="1967")
    read = (await client.get("/v1/events/x")).json()
    address = f"{read['href']}/revisions/{read['revision']}"
    before = (await client.get(address)).json()
    await writer.patch("events/x", {"title": "Second", "date": "1968"})
    after = await client.get(address)
    assert after.status_code == 200
    assert after.json() == before
    assert after.json()["title"] == first["title"] == "First"
    await writer.delete("events/x")
    assert (await client.get(address)).json() == before


async def test_a_citation_leads_to_the_revision_that_was_read(seeded_client):
    read = (await seeded_client.get("/v1/events/castro-chavez-meeting-1994")).json()
    asked = {"Accept": "application/vnd.citationstyles.csl+json"}
    cited = await seeded_client.get(read["href"], headers=asked)
    assert cited.status_code == 200
    assert cited.json() == (await seeded_client.get(f"{read['href']}?format=csl")).json()
    assert f"{read['href']}/revisions/{read['revision']}" in cited.text
    assert (await seeded_client.get(f"{read['href']}/revisions/{read['revision']}")).status_code == 200


async def test_the_page_about_evidence_tells_what_this_database_has(client, seeded_client):
    page = await seeded_client.get("/docs/evidence")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    coverage = (await seeded_client.get("/v1/coverage")).json()
    assert f"Of {sum(coverage['statements'].values()):,} statements" in page.text
    assert coverage["sources"]["items"][0]["ref"] in page.text
    for path in {part.split('"')[0] for part in page.text.split('href="../v1/')[1:]}:
        assert (await seeded_client.get(f"/v1/{path}")).status_code == 200, path
    empty = await client.get("/docs/evidence")
    assert empty.status_code == 200
    assert "no evidence with a passage" in empty.text


async def test_nothing_is_told_to_who_may_not_read(make_client, databases, seeded_template):
    url = databases.fresh(seeded_template)
    async with make_client(url=url, public_reads=False) as client:
        assert "cuba" not in (await client.get("/docs/evidence")).text
        for path in (f"{SEED}/evidence", "coverage", "coverage/statements", f"{SEED}/text"):
            assert (await client.get(f"/v1/{path}")).status_code == 401
        assert (await client.post(f"/v1/{SEED}/verify")).status_code == 401
    databases.drop(url)


async def test_evidence_is_described(seeded_client):
    described = (await seeded_client.get("/openapi.json")).json()
    for kind in RECORD_KINDS:
        operation = described["paths"][f"/v1/{kind.collection}/{{id}}/evidence"]["get"]
        examples = {one["name"]: example_of(one) for one in operation["parameters"]}
        path = f"/v1/{kind.collection}/{examples.pop('id')}/evidence"
        asked = {name: value for name, value in examples.items() if value is not None and name != "cursor"}
        assert (await seeded_client.get(path, params=asked)).status_code == 200, (path, asked)
    for path in ("/v1/coverage", "/v1/coverage/statements"):
        for one in described["paths"][path]["get"]["parameters"]:
            # Not all at once: a source and a property are not asked for together.
            if (example := example_of(one)) is not None:
                assert (await seeded_client.get(path, params={one["name"]: example})).status_code == 200
    assert {"put", "get", "delete"} <= set(described["paths"]["/v1/sources/{id}/text"])
    assert "post" in described["paths"]["/v1/sources/{id}/verify"]
