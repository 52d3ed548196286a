"""Single items of evidence: added, replaced, deleted and read, each as a write of their record."""

import pytest

from app.records.kinds import RECORD_KINDS

pytestmark = pytest.mark.anyio

WITH_EVIDENCE = [kind.collection for kind in RECORD_KINDS if kind.kind != "source"]


@pytest.fixture(params=WITH_EVIDENCE)
def collection(request):
    return request.param


async def add(writer, ref, item, match="*", **headers):
    return await writer.post(
        f"{ref}/evidence", item, **({"If-Match": match} if match is not None else {}), **headers
    )


async def change(writer, method, path, match, **options):
    return await writer.ask(method, f"/v1/{path}", headers={"If-Match": match}, **options)


async def test_an_item_is_added_read_replaced_and_deleted(writer, collection):
    await writer.create("sources", id="s", title="S")
    made = await writer.create(collection, id="r", title="R")
    assert "evidence" not in made
    ref, item = f"{collection}/r", {"source": "sources/s", "property": "title", "note": "Says so."}
    added = await add(writer, ref, item, '"1"', **{"X-Edit-Comment": "found"})
    assert (added.status_code, added.json()) == (201, {"id": "e1", **item})
    assert added.headers["location"] == f"/v1/{ref}/evidence/e1"
    read = await writer.get(f"{ref}/evidence/e1")
    assert (read.content, read.headers["etag"]) == (added.content, added.headers["etag"])
    record = (await writer.get(ref)).json()
    assert (record["evidence"], record["revision"]) == ([{"id": "e1", **item}], 2)
    # The item's entity tag names the revision of the record, so that it serves for the next write.
    replaced = await change(
        writer, "PUT", f"{ref}/evidence/e1", added.headers["etag"], json={**item, "stance": "disputes"}
    )
    assert (replaced.status_code, replaced.json()["stance"]) == (200, "disputes")
    second = await add(writer, ref, {"id": "own", "source": "sources/s"}, replaced.headers["etag"])
    assert second.headers["location"].endswith("/evidence/own")
    deleted = await change(writer, "DELETE", f"{ref}/evidence/e1", second.headers["etag"])
    assert deleted.status_code == 200
    assert deleted.headers["content-location"] == f"/v1/{ref}"
    now = await writer.get(ref)
    assert (deleted.content, deleted.headers["etag"]) == (now.content, now.headers["etag"])
    assert [one["id"] for one in now.json()["evidence"]] == ["own"]
    history = (await writer.get(f"{ref}/revisions")).json()["items"]
    assert [one["revision"] for one in history] == [5, 4, 3, 2, 1]
    assert history[3]["comment"] == "found"
    assert (await writer.get(f"{ref}/evidence/e1")).status_code == 404


async def test_the_preconditions_are_those_of_the_record(writer):
    await writer.create("sources", id="s", title="S")
    await writer.create("events", id="r", evidence=[{"id": "e1", "source": "sources/s"}])
    await writer.patch("events/r", {"summary": "Changed."})
    item = {"source": "sources/s"}
    for method, path, body in (
        ("POST", "events/r/evidence", item),
        ("PUT", "events/r/evidence/e1", item),
        ("DELETE", "events/r/evidence/e1", None),
    ):
        options = {"json": body} if body else {}
        missing = await writer.ask(method, f"/v1/{path}", **options)
        assert missing.status_code == 428, path
        stale = await change(writer, method, path, '"1"', **options)
        assert (stale.status_code, stale.json()["revision"]) == (412, 2)
        assert stale.json()["difference"] == "/v1/events/r/diff?from=1&to=2"
    assert (await writer.get("events/r")).json()["revision"] == 2


async def test_faults_are_told_where_they_are_in_the_item(writer):
    await writer.create("sources", id="s", title="S")
    await writer.create("events", id="r", evidence=[{"id": "first", "source": "sources/s"}])
    unknown = await add(writer, "events/r", {"source": "sources/t", "stance": "supports"})
    assert unknown.status_code == 422
    assert [(one["pointer"], one["code"]) for one in unknown.json()["errors"]] == [
        ("/source", "unknown_reference")
    ]
    wrong = await add(writer, "events/r", {"source": "sources/s", "stance": "denies", "extra": 1})
    assert {one["pointer"] for one in wrong.json()["errors"]} == {"/stance", "/extra"}
    none = await add(writer, "events/r", ["sources/s"])
    assert (none.status_code, none.json()["errors"][0]["pointer"]) == (422, "")
    other = await change(
        writer, "PUT", "events/r/evidence/first", "*", json={"id": "e2", "source": "sources/s"}
    )
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/id")
    taken = await add(writer, "events/r", {"id": "first", "source": "sources/s"})
    assert (taken.status_code, taken.json()["errors"][0]["code"]) == (409, "id_in_use")
    for method, options in (("PUT", {"json": {"source": "sources/s"}}), ("DELETE", {})):
        absent = await change(writer, method, "events/r/evidence/firts", "*", **options)
        assert (absent.status_code, absent.json()["nearest"]) == (404, "first")
    assert (await writer.get("events/r")).json()["revision"] == 1


async def test_a_repeated_key_adds_once(writer):
    await writer.create("sources", id="s", title="S")
    await writer.create("events", id="r")
    first = await add(writer, "events/r", {"source": "sources/s"}, **{"Idempotency-Key": "k"})
    again = await add(writer, "events/r", {"source": "sources/s"}, **{"Idempotency-Key": "k"})
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.content, again.headers["location"]) == (first.content, first.headers["location"])
    assert len((await writer.get("events/r")).json()["evidence"]) == 1


async def test_a_record_that_is_gone_takes_none(writer):
    await writer.create("sources", id="s", title="S")
    for name in ("gone", "from", "into"):
        await writer.create("events", id=name)
    await writer.delete("events/gone")
    await writer.merge("events/from", "events/into")
    item = {"source": "sources/s"}
    assert (await add(writer, "events/gone", item)).status_code == 410
    assert (await add(writer, "events/from", item)).json()["merged_into"] == "events/into"
    assert (await add(writer, "events/never", item)).status_code == 404
    moved = await writer.get("events/from/evidence/e1")
    assert (moved.status_code, moved.headers["location"]) == (308, "/v1/events/into/evidence/e1")
    assert (await add(writer, "sources/s", item)).status_code == 405


@pytest.mark.parametrize(
    ("path", "value", "member"),
    [
        ("/evidence/-", {"source": "sources/s"}, "evidence"),
        ("/aliases/-", "Other", "aliases"),
        ("/tags/0", "one", "tags"),
        ("/same_as/-", "https://example.org/1", "same_as"),
        ("/names/-", {"name": "Old"}, "names"),
        ("/figures/-", {"measure": "deaths", "best": 3}, "figures"),
        ("/relations/-", {"type": "part-of", "target": "agreements/o"}, "relations"),
        ("/places/-", {"place": "places/p"}, "places"),
        ("/labels/es", "Otro", "labels"),
        ("/parties/0/actions/-", {"action": "signed"}, "parties"),
        ("/provisions/0/obliges/-", "actors/a", "provisions"),
    ],
)
async def test_a_json_patch_adds_to_lists_that_are_left_out(writer, path, value, member):
    await writer.create("sources", id="s", title="S")
    await writer.create("places", id="p")
    await writer.create("actors", id="a")
    await writer.create("agreements", id="o")
    made = await writer.create(
        "agreements", id="r", parties=[{"actor": "actors/a"}], provisions=[{"id": "x", "label": "X"}]
    )
    answer = await writer.patch("agreements/r", [{"op": "add", "path": path, "value": value}])
    assert answer.status_code == 200, answer.text
    assert answer.json()[member] != made.get(member)
    both = [
        {"op": "test", "path": "/tags", "value": []},
        {"op": "add", "path": "/tags/-", "value": "b"},
        {"op": "copy", "from": "/tags/0", "path": "/aliases/-"},
    ]
    await writer.create("agreements", id="q")
    assert (await writer.patch("agreements/q", both)).json()["aliases"] == ["b"]


async def test_a_json_patch_adds_to_nothing_else_that_is_left_out(writer):
    await writer.create("events", id="r")
    for path, value in (("/date/edtf", "1961"), ("/absent/-", 1), ("/summary/-", "x"), ("/tags/3", "x")):
        answer = await writer.patch("events/r", [{"op": "add", "path": path, "value": value}])
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (409, "/0"), path


async def test_a_merge_patch_takes_empty_members_as_they_are(writer):
    await writer.create("events", id="r")
    patch = {"labels": {"es": "Uno", "fr": None}, "aliases": ["Other"], "tags": [], "names": None}
    answer = await writer.patch("events/r", patch)
    assert answer.status_code == 200, answer.text
    record = answer.json()
    assert (record["labels"], record["aliases"]) == ({"es": "Uno"}, ["Other"])
    assert not {"tags", "names"} & record.keys()


async def test_a_term_takes_what_is_added_to_a_list_that_it_has_not(admin):
    await admin.post("vocabularies/event-type", {"id": "sit-in", "label": "Sit-in"})
    answer = await admin.patch(
        "vocabularies/event-type/sit-in", [{"op": "add", "path": "/same_as/-", "value": "plover:X"}]
    )
    assert answer.json()["same_as"] == ["plover:X"]
