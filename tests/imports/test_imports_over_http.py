"""api.md §3: `POST /v1/imports` and `GET /v1/export`, over HTTP, on both databases."""

import gzip

import httpx
import orjson
import pytest

from app.imports.readers import MEDIA_TYPES

pytestmark = pytest.mark.anyio

NDJSON = "application/x-ndjson"
TWO = [
    {"kind": "event", "id": "e", "title": "E", "participants": [{"actor": "actors/a"}]},
    {"kind": "actor", "id": "a", "title": "A"},
]


def lines(documents):
    return b"".join(orjson.dumps(one) + b"\n" for one in documents)


async def send(writer, body, content_type=NDJSON, query="", **headers):
    if isinstance(body, list):
        body = lines(body)
    return await writer.ask(
        "POST", f"/v1/imports{query}", content=body, headers={"Content-Type": content_type, **headers}
    )


async def test_documents_in_and_out(writer, admin):
    answer = await send(writer, TWO)
    assert answer.status_code == 200
    assert answer.json() == {
        "dry_run": False,
        "read": 2,
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "failed": 0,
        "gave_way": 0,
        "removes": {},
        "fault_groups": [],
        "faults": [],
        "import": 1,
    }
    assert (await writer.get("events/e")).json()["participants"] == [{"actor": "actors/a"}]
    changes = (await writer.get("changes")).json()["items"]
    assert [one["by"] for one in changes] == ["editor", "editor"]
    exported = await writer.get("export")
    assert exported.headers["content-type"].startswith(NDJSON)
    assert (await send(admin, exported.content)).json()["unchanged"] == 2


async def test_faults_are_422_with_the_report_and_nothing_written(writer):
    answer = await send(writer, [*TWO, {"kind": "event", "title": "F", "type": "batle"}])
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "import_refused"
    assert problem["report"]["faults"] == [
        {
            "file": "body",
            "line": 3,
            "pointer": "/type",
            "code": "unknown_term",
            "detail": problem["report"]["faults"][0]["detail"],
            "value": "batle",
            "suggestion": "battle",
        }
    ]
    assert (await writer.get("events/e")).status_code == 404
    skipped = await send(writer, [*TWO, {"kind": "event", "title": "F", "type": "x"}], query="?on_error=skip")
    assert (skipped.status_code, skipped.json()["created"], skipped.json()["failed"]) == (200, 2, 1)


async def test_dry_run(writer):
    answer = await send(writer, TWO, query="?dry_run=true")
    assert (answer.status_code, answer.json()["created"], answer.json()["dry_run"]) == (200, 2, True)
    assert (await writer.get("events/e")).status_code == 404


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", orjson.dumps(TWO)),
        ("application/json", orjson.dumps({"items": TWO})),
        ("text/csv; charset=utf-8", b"kind,id,title,participants\nevent,e,E,actors/a\nactor,a,A,\n"),
        (
            "application/geo+json",
            orjson.dumps(
                {
                    "type": "FeatureCollection",
                    "features": [{"type": "Feature", "geometry": None, "properties": one} for one in TWO],
                }
            ),
        ),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
async def test_every_format_packed_or_not(writer, content_type, body, packed):
    if packed:
        answer = await send(writer, gzip.compress(body), content_type, **{"Content-Encoding": "gzip"})
    else:
        answer = await send(writer, body, content_type)
    assert (answer.status_code, answer.json().get("created")) == (200, 2), answer.text


async def test_a_table_without_kinds_needs_one(writer):
    body = b"title\nA\n"
    assert (await send(writer, body, "text/csv")).json()["report"]["faults"][0]["code"] == "missing_kind"
    assert (await send(writer, body, "text/csv", "?kind=actor")).json()["created"] == 1


async def test_it_may_be_larger_than_any_other_body(make_client, api_key):
    async with make_client(max_body_bytes=2048) as client:
        body = lines({"kind": "actor", "title": f"Actor {n}", "summary": "x" * 200} for n in range(300))

        async def pieces():
            for at in range(0, len(body), 1000):
                yield body[at : at + 1000]

        headers = {"Authorization": f"Bearer {api_key('write')}", "Content-Type": NDJSON}
        answer = await client.post("/v1/imports", content=pieces(), headers=headers)
        assert (answer.status_code, answer.json()["created"]) == (200, 300)


async def test_what_is_refused_before_anything_is_read(writer, client, api_key):
    assert (await client.post("/v1/imports", content=b"")).status_code == 401
    reader = {"Authorization": f"Bearer {api_key('read')}", "Content-Type": NDJSON}
    assert (await client.post("/v1/imports", content=b"", headers=reader)).status_code == 403
    assert (await send(writer, b"", "text/plain")).status_code == 415
    assert (await send(writer, b"", **{"Content-Encoding": "compress"})).status_code == 415
    for query in ("?on_error=halt", "?dry_run=1", "?kind=evnt", "?more=1", "?dry_run=true&dry_run=true"):
        answer = await send(writer, b"", query=query)
        assert answer.status_code == 400, query


async def test_only_admin_keeps_times_and_brings_terms(writer, admin):
    kept = {
        "kind": "actor",
        "id": "a",
        "title": "A",
        "revision": 7,
        "created_at": "2001-02-03T04:05:06.000000Z",
        "updated_at": "2001-02-03T04:05:06.000000Z",
    }
    await send(writer, [kept])
    await send(admin, [{**kept, "id": "b"}])
    assert (await writer.get("actors/a")).json()["revision"] == 1
    assert (await writer.get("actors/b")).json()["revision"] == 7
    assert (await writer.get("actors/b")).headers["etag"].startswith('"7')
    term = {"kind": "term", "scheme": "event-type", "id": "sit-in", "label": "Sit-in"}
    assert (await send(writer, [term])).status_code == 422
    assert (await send(admin, [term])).json()["created"] == 1
    exported = (await writer.get("export")).content
    assert orjson.loads(exported.splitlines()[0]) == term


HOSTILE = {
    "cut off": lambda: b"\x1f\x8b",
    "expands": lambda: gzip.compress(b"\n" * 100_000_000),
    "not UTF-8": lambda: b"\xff" * 100,
    "nested": lambda: b"[" * 100_000 + b"\n1,2",
}


@pytest.mark.parametrize(
    ("body", "content_type", "code", "pointer"),
    [
        (b'[{"kind":"event","id":"e","title":"E"}]\nxx', "application/json", "invalid_json", ""),
        (b'[{"kind":"event","id":"e","title":"E"}\n}', "application/json", "invalid_json", ""),
        (b'[{"kind":"event","id":"e","title":"E"},\n]', "application/json", "invalid_json", ""),
        (
            b'{"items":[{"kind":"event","id":"e","title":"E"}],\n"items":[]}',
            "application/json",
            "duplicate_key",
            "/items",
        ),
        (
            b'{"features":[{"type":"Feature","id":"events/e","geometry":null,"properties":{"title":"E"}}]}\nzzz',
            "application/geo+json",
            "invalid_json",
            "",
        ),
    ],
)
async def test_what_is_wrong_around_the_documents_is_told_and_nothing_written(
    writer, body, content_type, code, pointer
):
    answer = await send(writer, body, content_type)
    assert answer.status_code == 422
    fault = answer.json()["report"]["faults"][-1]
    assert (fault["line"], fault["code"], fault["pointer"]) == (2, code, pointer)
    assert (await writer.get("events/e")).status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_bodies_are_told_and_leave_nothing(writer, name):
    body = HOSTILE[name]()
    for content_type in (NDJSON, "application/json", "text/csv", "application/geo+json"):
        answer = await send(writer, body, content_type)
        assert answer.status_code == 422, answer.text
        assert answer.json()["report"]["faults"]


async def test_every_format_of_an_export_and_its_refusals(writer):
    await send(writer, TWO)
    known = (await writer.get("export", format="nonsense")).json()["formats"]
    assert {"ndjson", "json", "csv", "geojson"} <= set(known)
    for name in known:
        answer = await writer.get("export", format=name)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith(known[name])
        assert answer.content
    assert (await writer.get("export", q="x")).status_code == 400
    answer = await writer.ask("HEAD", "/v1/export")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_an_export_needs_a_key_where_reading_does(make_client, api_key):
    async with make_client(public_reads=False) as client:
        assert (await client.get("/v1/export")).status_code == 401
        headers = {"Authorization": f"Bearer {api_key('read')}"}
        assert (await client.get("/v1/export", headers=headers)).status_code == 200


@pytest.mark.slow
def test_a_client_that_hangs_up_leaves_no_trace(server, api_key):
    running = server("--no-seed")
    headers = {"Authorization": f"Bearer {api_key('write')}", "Content-Type": NDJSON}

    def cut_off():
        for number in range(3000):
            yield orjson.dumps({"kind": "actor", "id": f"a{number}", "title": "A"}) + b"\n"
        raise ConnectionAbortedError

    with httpx.Client(base_url=running.url) as client:
        with pytest.raises(ConnectionAbortedError):
            client.post("/v1/imports", content=cut_off(), headers=headers)
        for number in (0, 2999):
            assert client.get(f"/v1/actors/a{number}").status_code == 404
        body = lines({"kind": "actor", "id": f"a{number}", "title": "A" * 250} for number in range(5000))
        assert (
            client.post("/v1/imports", content=body, headers=headers, timeout=120).json()["created"] == 5000
        )
        for _ in range(40):  # more than there are connections
            with client.stream("GET", "/v1/export") as answer:
                next(answer.iter_raw())
        assert client.get("/v1/export", timeout=30).text.count("\n") == 5000


async def test_rows_leave_what_they_have_no_column_for(writer):
    full = {"kind": "event", "id": "e", "title": "E", "date": {"edtf": "1961"}, "tags": ["a"]}
    await send(writer, [full])
    table = b"kind,id,tags\nevent,e,b\n"
    trial = (await send(writer, table, "text/csv", "?dry_run=true&preview=5")).json()
    [entry] = trial["preview"]
    assert (entry["change"], entry["ref"], entry["line"]) == ("update", "events/e", 2)
    assert entry["document"] == {**full, "tags": ["b"]}
    assert entry["patch"] == [{"op": "replace", "path": "/tags", "value": ["b"]}]
    assert trial["removes"] == {}
    assert (await send(writer, table, "text/csv")).json()["updated"] == 1
    assert (await writer.get("events/e")).json()["date"]["edtf"] == "1961"
    replaced = b"kind,id,title\nevent,e,E\n"
    report = (await send(writer, replaced, "text/csv", "?replace=true&dry_run=true")).json()
    assert report["removes"] == {"date": 1, "tags": 1}
    assert (await send(writer, replaced, "text/csv", "?replace=true")).json()["updated"] == 1
    assert "date" not in (await writer.get("events/e")).json()


async def test_an_old_export_does_not_write_over_newer_edits(writer, admin):
    await send(writer, TWO)
    exported = (await writer.get("export")).content
    await send(writer, [{**TWO[1], "summary": "Edited since."}])
    for sender in (writer, admin):
        answer = await send(sender, exported)
        assert answer.status_code == 422
        [fault] = answer.json()["report"]["faults"]
        assert (fault["code"], fault["id"]) == ("stale_revision", "a")
    assert (await writer.get("actors/a")).json()["summary"] == "Edited since."
    assert (await send(writer, exported, query="?force=true")).json()["updated"] == 1
    assert "summary" not in (await writer.get("actors/a")).json()


async def test_faults_come_in_groups(writer):
    bad = [{"kind": "event", "id": f"e{n}", "title": "E", "type": "x"} for n in range(1500)]
    report = (await send(writer, bad)).json()["report"]
    [group] = report["fault_groups"]
    assert (group["count"], group["pointer"], group["code"]) == (1500, "/type", "unknown_term")
    assert group["lines"] == list(range(1, 11))
    assert (len(report["faults"]), report["more_faults"]) == (1000, 500)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?replace=yes", "unknown_value"),
        ("?force=1", "unknown_value"),
        ("?preview=5", "needs_dry_run"),
        ("?dry_run=true&preview=0", "out_of_range"),
        ("?dry_run=true&preview=1001", "out_of_range"),
        ("?dry_run=true&preview=-1", "out_of_range"),
        ("?dry_run=true&preview=x", "out_of_range"),
        ("?dry_run=true&preview=1&preview=2", "repeated_parameter"),
    ],
)
async def test_what_cannot_be_asked_is_refused(refused_writer, query, code):
    answer = await send(refused_writer, TWO, query=query)
    assert answer.status_code == 400
    assert [error["code"] for error in answer.json()["errors"]] == [code]


async def test_an_import_takes_no_more_than_one_connection_at_a_time(make_client, api_key):
    headers = {"Authorization": f"Bearer {api_key('write')}", "Content-Type": NDJSON}
    settings = {"database_pool_size": 1, "database_timeout_seconds": 2}
    async with make_client(**settings) as client:
        for query, created in (("?dry_run=true&preview=2", 2), ("", 2)):
            answer = await client.post(f"/v1/imports{query}", content=lines(TWO), headers=headers)
            assert answer.status_code == 200
            assert answer.json()["created"] == created
        assert (await client.get("/v1/events/e")).status_code == 200


def coast(count):
    return {"type": "LineString", "coordinates": [[n / 1000, (n % 2) / 1_000_000] for n in range(count)]}


async def test_too_many_positions_are_simplified_where_it_is_asked(writer):
    pytest.importorskip("shapely")
    place = {"kind": "place", "id": "p", "title": "P", "geometry": coast(12_000)}
    place["geometries"] = [
        {"geometry": coast(11_000), "date": "1900"},
        {"geometry": coast(3), "date": "1950"},
    ]
    small = {"kind": "place", "id": "s", "title": "S", "geometry": coast(3)}
    refused = (await send(writer, [place, small])).json()
    [first, second] = refused["report"]["faults"]
    assert (first["pointer"], second["pointer"]) == ("/geometry", "/geometries/0/geometry")
    assert "simplify=100m" in first["detail"]
    assert "simplified" not in refused["report"]
    report = (await send(writer, [place, small], query="?simplify=10m")).json()
    assert (report["created"], report["failed"]) == (2, 0)
    assert report["simplified"] == {"geometries": 2, "positions_before": 23_000, "positions_after": 4}
    kept = (await writer.get("places/p")).json()
    assert kept["geometry"]["coordinates"] == [
        coast(12_000)["coordinates"][0],
        coast(12_000)["coordinates"][-1],
    ]
    assert kept["geometries"][1]["geometry"] == coast(3), "what is small enough is left as it is"
    assert (await writer.get("places/s")).json()["geometry"] == coast(3)


async def test_where_too_many_positions_are_left_it_is_a_fault_still(writer):
    pytest.importorskip("shapely")
    line = {"type": "LineString", "coordinates": [[n / 1000, n % 2] for n in range(12_000)]}
    answer = await send(writer, [{"kind": "place", "title": "P", "geometry": line}], query="?simplify=10m")
    assert [one["pointer"] for one in answer.json()["report"]["faults"]] == ["/geometry"]


@pytest.mark.parametrize("distance", ["100", "0m", "x", "1000km"])
async def test_a_distance_has_a_unit_and_bounds(writer, distance):
    answer = await send(writer, TWO, query=f"?simplify={distance}")
    assert answer.status_code == 400
    assert [one["parameter"] for one in answer.json()["errors"]] == ["simplify"]


BROKEN = (
    b"",
    b"\0" * 70_000,
    b"\xff\xfe\0\xd8",
    b"\xc3",
    b"\x1f\x8b\x08\0broken",
    b"[" * 70_000,
    b'{"a":' * 70_000,
    b'[{"kind": "event", "title": NaN, "date": 1e999}]',
    b'{"type": "FeatureCollection", "features": [5, null, {"type": []}]}',
    b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    b"0 HEAD\n9999999999 X\n",
    b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n",
    b"PK\x03\x04broken",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("media_type", "query"),
    [
        *((one, "?dry_run=true") for one in (*MEDIA_TYPES, "application/octet-stream")),
        ("application/json", "?dry_run=true&as=timelinejs-json"),
        ("text/csv", "?dry_run=true&as=acled"),
    ],
)
async def test_nothing_that_is_broken_is_more_than_refused(refused_writer, media_type, query):
    for content in BROKEN:
        answer = await send(refused_writer, content, media_type, query)
        assert answer.status_code in {200, 400, 413, 415, 422}, content[:40]
        if answer.status_code != 200:
            assert answer.json()["code"]
        else:
            assert answer.json()["created"] == 0
