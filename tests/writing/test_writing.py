"""api.md §3: creating, replacing, patching, deleting and restoring, for all kinds on both databases."""

import dataclasses

import orjson
import pytest
from sqlalchemy import text

from app.database.engine.planner_statistics import FIRST
from app.records.kinds import RECORD_KINDS
from app.values import json_patch as values_json_patch
from app.writing import router as writing

pytestmark = pytest.mark.anyio

KIND = {kind.collection: kind.kind for kind in RECORD_KINDS}


def indexed(app):
    """Count the entries of the text index."""
    with app.state.db.snapshot() as connection:
        return connection.execute(text("SELECT count(*) FROM text_index")).scalar_one()


@pytest.fixture(scope="module")
async def tagged(shared_writer):
    """A record with tags, to be patched."""
    await shared_writer.create("events", id="p", title="P", tags=["a", "b"])
    return "events/p"


@pytest.fixture(scope="module")
async def ended(shared_writer):
    """Records of each kind that are deleted, merged away, and there."""
    for kind in RECORD_KINDS:
        for name in ("gone", "moved", "stays", "abcdefgh"):
            await shared_writer.create(kind.collection, id=name)
        await shared_writer.delete(f"{kind.collection}/gone")
        await shared_writer.merge(f"{kind.collection}/moved", f"{kind.collection}/stays")


async def test_a_title_is_enough_and_the_answer_is_what_get_gives(writer, collection):
    created = await writer.post(collection, {"title": "Ñandú & söhne"})
    assert created.status_code == 201
    assert created.headers["location"] == f"/v1/{collection}/nandu-sohne"
    read = await writer.get(f"{collection}/nandu-sohne")
    assert read.content == created.content
    assert read.headers["etag"] == created.headers["etag"]
    assert read.json()["revision"] == 1


async def test_ids_come_from_titles_and_are_never_used_twice(writer, collection):
    first = [(await writer.create(collection, title="Same title"))["id"] for _ in range(4)]
    assert first == ["same-title", "same-title-2", "same-title-3", "same-title-4"]
    assert (await writer.delete(f"{collection}/same-title-2")).status_code == 204
    assert (await writer.create(collection, title="Same title"))["id"] == "same-title-5"
    nameless = await writer.create(collection, title="❀❀❀")
    stem, _, digits = nameless["id"].rpartition("-")
    assert (stem, len(digits)) == (KIND[collection], 8)


async def test_an_id_in_use_deleted_or_merged_is_409(writer, collection):
    for name in ("one", "two", "three"):
        await writer.create(collection, id=name)
    await writer.delete(f"{collection}/two")
    await writer.merge(f"{collection}/three", f"{collection}/one")
    for name in ("one", "two", "three"):
        answer = await writer.post(collection, {"id": name, "title": "Again"})
        assert answer.status_code == 409, name
        assert answer.json()["errors"][0]["pointer"] == "/id"


async def test_what_was_read_can_be_sent_back(writer, collection):
    made = await writer.create(collection, title="Round", date="1967-03~", tags=["a"])
    read = await writer.get(f"{collection}/round", include="incoming")
    answer = await writer.put(f"{collection}/round", read.json() | {"title": "Around"}, read.headers["etag"])
    assert answer.status_code == 200
    again = answer.json()
    assert again["revision"] == 2
    assert again["created_at"] == made["created_at"]
    assert again["updated_at"] > made["updated_at"]
    changing = {"title", "revision", "updated_at"}
    assert {k: v for k, v in again.items() if k not in changing} == {
        k: v for k, v in made.items() if k not in changing
    }


async def test_put_needs_a_condition_and_creates_with_if_none_match(writer, collection):
    document = {"title": "Here"}
    assert (await writer.put(f"{collection}/here", document, None)).status_code == 428
    assert (await writer.put(f"{collection}/here", document, "*")).status_code == 412
    created = await writer.put(f"{collection}/here", document, None, **{"If-None-Match": "*"})
    assert created.status_code == 201
    assert created.headers["location"] == f"/v1/{collection}/here"
    assert created.content == (await writer.get(f"{collection}/here")).content
    again = await writer.put(f"{collection}/here", document, None, **{"If-None-Match": "*"})
    assert again.status_code == 412
    assert again.headers["etag"] == created.headers["etag"]


async def test_the_id_of_the_address_is_the_records(writer, collection):
    await writer.create(collection, id="mine")
    answer = await writer.put(f"{collection}/mine", {"id": "other", "title": "T"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/id")
    answer = await writer.patch(f"{collection}/mine", {"id": "other"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/id")
    answer = await writer.put(f"{collection}/Not_An_Id", {"title": "T"}, None, **{"If-None-Match": "*"})
    assert answer.status_code == 422


async def test_putting_to_a_deleted_or_merged_address(writer, collection):
    for name in ("gone", "moved", "stays"):
        await writer.create(collection, id=name)
    await writer.delete(f"{collection}/gone")
    await writer.merge(f"{collection}/moved", f"{collection}/stays")
    for headers in ({"If-Match": "*"}, {"If-None-Match": "*"}):
        gone = await writer.put(f"{collection}/gone", {"title": "T"}, None, **headers)
        assert gone.status_code == 410
        assert gone.json()["revision"] == 1
        moved = await writer.put(f"{collection}/moved", {"title": "T"}, None, **headers)
        assert moved.status_code == 409
        assert moved.json()["merged_into"] == f"{collection}/stays"


@pytest.mark.usefixtures("ended")
@pytest.mark.parametrize("method", ["PATCH", "DELETE", "revert"])
async def test_writing_to_an_address_that_holds_nothing(refused_writer, collection, method):
    async def write(name):
        ref = f"{collection}/{name}"
        if method == "PATCH":
            return await refused_writer.patch(ref, {"summary": "S"})
        if method == "DELETE":
            return await refused_writer.delete(ref)
        return await refused_writer.post(f"{ref}/revert", {"to": 1}, **{"If-Match": "*"})

    assert [(await write(name)).status_code for name in ("gone", "moved", "abcdefgi", "Not_An_Id")] == [
        410,
        409,
        404,
        404,
    ]
    assert (await write("abcdefgi")).json()["near"][0]["ref"] == f"{collection}/abcdefgh"


async def test_merge_patch_sets_and_removes(writer, collection):
    await writer.create(
        collection, id="p", title="P", summary="old", tags=["a", "b"], labels={"es": "Pe", "de": "Pé"}
    )
    answer = await writer.patch(
        f"{collection}/p", {"summary": None, "tags": ["c"], "labels": {"es": None, "fr": "Pê"}}
    )
    assert answer.status_code == 200
    found = answer.json()
    assert "summary" not in found
    assert (found["tags"], found["labels"]) == (["c"], {"de": "Pé", "fr": "Pê"})
    assert answer.content == (await writer.get(f"{collection}/p")).content


async def test_json_patch_is_all_or_nothing(writer, collection):
    await writer.create(collection, id="p", title="P", tags=["a", "b"])
    good = [
        {"op": "test", "path": "/tags/0", "value": "a"},
        {"op": "add", "path": "/tags/-", "value": "c"},
        {"op": "move", "from": "/tags/0", "path": "/tags/2"},
        {"op": "copy", "from": "/title", "path": "/summary"},
        {"op": "replace", "path": "/title", "value": "Q"},
        {"op": "remove", "path": "/tags/0"},
    ]
    found = (await writer.patch(f"{collection}/p", good)).json()
    assert (found["title"], found["summary"], found["tags"]) == ("Q", "P", ["c", "a"])
    half = [{"op": "replace", "path": "/title", "value": "R"}, {"op": "test", "path": "/title", "value": "Q"}]
    refused = await writer.patch(f"{collection}/p", half)
    assert (refused.status_code, refused.json()["code"]) == (409, "test_failed")
    assert refused.json()["errors"][0]["pointer"] == "/1"
    assert (await writer.get(f"{collection}/p")).json()["title"] == "Q"


@pytest.mark.parametrize(
    ("patch", "status"),
    [
        ([{"op": "add"}], 400),
        ([{"op": "shrink", "path": "/title"}], 400),
        ([{"op": {}, "path": "/title"}], 400),
        ([None], 400),
        ([{"op": "add", "path": "title", "value": 1}], 400),
        ([{"op": "add", "path": "/a~2", "value": 1}], 400),
        ([{"op": "add", "path": "/title"}], 400),
        ([{"op": "copy", "path": "/title"}], 400),
        ([{"op": "move", "path": "/title", "from": 3}], 400),
        ([7], 400),
        (["add"], 400),
        ([{"op": "remove", "path": "/nothing"}], 409),
        ([{"op": "replace", "path": "/tags/9", "value": "x"}], 409),
        ([{"op": "add", "path": "/tags/x", "value": "x"}], 409),
        ([{"op": "add", "path": "/tags/99999999999999999999", "value": "x"}], 409),
        ([{"op": "add", "path": "/tags/" + "9" * 1900, "value": "x"}], 409),
        ([{"op": "add", "path": "/title/deep/er", "value": "x"}], 409),
        ([{"op": "move", "from": "/tags", "path": "/tags/0"}], 409),
        ([{"op": "test", "path": "/revision", "value": True}], 409),
        ([{"op": "remove", "path": ""}], 409),
        ([{"op": "remove", "path": "/title"}], 422),
        ([{"op": "replace", "path": "", "value": []}], 422),
        ([{"op": "add", "path": "/colour", "value": "red"}], 422),
        ([{"op": "add", "path": "/tags/-", "value": {"a": 1}}], 422),
        ([{"op": "add", "path": "/a", "value": {}}] * 1001, 422),
        ([{"op": "copy", "from": "", "path": "/a"}] * 60, 422),
        ([{"op": "copy", "from": "/tags", "path": "/tags/0"}] * 1000, 422),
        ([{"op": "add", "path": "/a" * n, "value": {}} for n in range(1, 300)], 422),
    ],
)
async def test_a_patch_that_cannot_be(tagged, refused_writer, patch, status):
    assert (await refused_writer.patch(tagged, patch)).status_code == status


async def test_a_patch_ends_with_the_operation_that_makes_too_much(writer):
    await writer.create("events", id="p", title="P", summary="x" * 100_000)
    copies = [{"op": "copy", "from": "/summary", "path": "/tags/-"}] * 900
    refused = await writer.patch("events/p", [{"op": "add", "path": "/tags", "value": []}, *copies])
    assert (refused.status_code, refused.json()["code"]) == (422, "too_large")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/20"]


async def test_a_patch_is_applied_before_the_transaction_and_again_where_the_record_has_changed(
    writer, monkeypatch
):
    await writer.create("events", id="p", title="P", tags=["a"])
    applied = []
    read = values_json_patch.json_patch

    def noted(*given):
        patch = read(*given)

        def apply(document):
            applied.append(document["revision"])
            return patch(document)

        return apply

    monkeypatch.setattr(values_json_patch, "json_patch", noted)
    patch = [{"op": "add", "path": "/tags/-", "value": "b"}]
    assert (await writer.patch("events/p", patch)).json()["tags"] == ["a", "b"]
    assert applied == [1]

    def changed_meanwhile(connection, kind, record_id, patch):
        found = editing_apply(connection, kind, record_id, patch)
        return dataclasses.replace(found, revision=found.revision - 1)

    editing_apply = writing.editing.apply_patch
    monkeypatch.setattr(writing.editing, "apply_patch", changed_meanwhile)
    patch = [{"op": "add", "path": "/tags/-", "value": "c"}]
    assert (await writer.patch("events/p", patch)).json()["tags"] == ["a", "b", "c"]
    assert applied == [1, 2, 2]
    # What is wrong with a patch is told after what is wrong with the request.
    misfit = [{"op": "remove", "path": "/nothing"}]
    assert (await writer.patch("events/p", misfit, None)).status_code == 428
    assert (await writer.patch("events/p", misfit)).status_code == 409


@pytest.mark.parametrize("patch", [7, "text", None, True, {"title": None}, {"title": 7}, {"colour": "red"}])
async def test_a_merge_patch_that_makes_no_record(writer, patch):
    await writer.create("events", id="p", title="P")
    headers = {"Content-Type": "application/merge-patch+json", "If-Match": "*"}
    answer = await writer.ask("PATCH", "/v1/events/p", content=orjson.dumps(patch), headers=headers)
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["events/p", "vocabularies/event-type/sit-in"])
async def test_a_merge_patch_that_is_no_object_is_refused_before_anything_is_looked_at(admin, path):
    headers = {"Content-Type": "application/merge-patch+json", "If-Match": '"9"'}
    answer = await admin.ask("PATCH", f"/v1/{path}", content=b"1.5", headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "wrong_type")


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
async def test_postgres_knows_of_rows_that_were_written_one_by_one(writer, app):
    for number in range(FIRST):
        await writer.create("actors", id=f"a-{number}")
    with app.state.db.snapshot() as connection:
        asked = "SELECT reltuples FROM pg_class WHERE oid = 'entry'::regclass"
        # Somebody who was given a key is a write as well.
        assert connection.execute(text(asked)).scalar_one() >= FIRST - 1


async def test_deleting_leaves_a_tombstone_that_can_be_restored(writer, collection, app):
    made = await writer.create(collection, id="d", title="D", summary="Text to find")
    assert (await writer.delete(f"{collection}/d", None)).status_code == 428
    assert (await writer.delete(f"{collection}/d", '"1"')).status_code == 204
    gone = await writer.get(f"{collection}/d")
    assert (gone.status_code, gone.json()["revision"]) == (410, 1)
    assert indexed(app) == 0
    assert (await writer.delete(f"{collection}/d")).status_code == 410
    back = await writer.post(f"{collection}/d/restore")
    assert back.status_code == 200
    assert back.content == (await writer.get(f"{collection}/d")).content
    found = back.json()
    assert (found["revision"], found["created_at"], found["summary"]) == (
        3,
        made["created_at"],
        made["summary"],
    )
    assert indexed(app) == 1
    assert (await writer.post(f"{collection}/d/restore")).status_code == 409
    assert (await writer.post(f"{collection}/never/restore")).status_code == 404


async def test_a_record_that_others_refer_to_stays(writer):
    await writer.create("actors", id="a")
    await writer.create("events", id="e", participants=[{"actor": "actors/a"}])
    refused = await writer.delete("actors/a")
    assert (refused.status_code, refused.json()["referrers"]) == (409, ["events/e"])
    await writer.delete("events/e")
    assert (await writer.delete("actors/a")).status_code == 204
    refused = await writer.post("events/e/restore")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/participants/0/actor"
    refused = await writer.post("events", {"title": "E", "participants": [{"actor": "actors/a"}]})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "reference_deleted")


async def test_references_to_nothing_are_refused_all_at_once(writer):
    await writer.create("actors", id="fidel-castro")
    document = {
        "title": "E",
        "colour": "red",
        "participants": [{"actor": "actors/fidel-castr"}, {"actor": "actors/nobody-known"}],
        "places": [{"place": "places/nowhere"}],
    }
    nowhere = ["/participants/0/actor", "/participants/1/actor", "/places/0/place"]
    answer = await writer.post("events", document)
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/colour", *nowhere]
    del document["colour"]
    answer = await writer.post("events", document)
    errors = {error["pointer"]: error for error in answer.json()["errors"]}
    assert set(errors) == set(nowhere)
    assert errors["/participants/0/actor"]["suggestion"] == "actors/fidel-castro"


EVERY_SORT = b"""{
    "id": "other", "title": "E", "title": "E", "colour": "", "type": "batle", "date": 5, "figures": [{"measure": "deaths", "best": 1e999}],
    "participants": [{"actor": "actors/fidel-castr", "role": "hst"}, {"actor": "actors/gone"}, {"actor": "events/e"}],
    "relations": [{"type": "part-of", "target": "events/e"}],
    "evidence": [{"source": "sources/nowhere", "property": "figures/none", "stance": "x"}]
}"""
FAULTS = {
    "/title": "duplicate_key",
    "/figures/0/best": "number_out_of_range",
    "/id": "wrong_id",
    "/colour": "unknown_field",
    "/type": "unknown_term",
    "/date": "wrong_type",
    "/participants/0/role": "unknown_term",
    "/participants/2/actor": "wrong_reference",
    "/evidence/0/stance": "unknown_term",
    "/evidence/0/property": "unknown_member",
    "/participants/0/actor": "unknown_reference",
    "/participants/1/actor": "reference_deleted",
    "/evidence/0/source": "unknown_reference",
}


async def test_faults_of_every_sort_are_told_at_once(writer):
    await writer.create("actors", id="fidel-castro")
    await writer.create("actors", id="gone")
    await writer.delete("actors/gone")
    refused = await writer.ask(
        "PUT",
        "/v1/events/e",
        content=EVERY_SORT,
        headers={"If-None-Match": "*", "Content-Type": "application/json"},
    )
    assert refused.status_code == 422
    errors = {error["pointer"]: error for error in refused.json()["errors"]}
    assert {pointer: error["code"] for pointer, error in errors.items()} == FAULTS
    assert errors["/participants/0/actor"]["suggestion"] == "actors/fidel-castro"
    assert errors["/type"]["suggestion"] == "battle"
    assert (await writer.get("events/e")).status_code == 404

    await writer.create("events", id="e")
    patch = {"colour": "red", "places": [{"place": "places/nowhere"}]}
    refused = await writer.patch("events/e", patch)
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/colour", "/places/0/place"]


async def test_names_that_clients_make_up_do_not_come_back_as_they_were(writer):
    made_up = "<script>alert(1)</script>"
    refused = await writer.post("events", {"title": "T", made_up: 1})
    asked = await writer.client.get("/v1/events", params={made_up: 1})
    assert [one.status_code for one in (refused, asked)] == [422, 400]
    assert "<" not in refused.text + asked.text
    assert refused.json()["errors"][0]["pointer"] == "/" + made_up.replace("/", "~1")
    assert asked.json()["errors"][0]["parameter"] == made_up


async def test_a_provision_must_stand_in_its_agreement_when_a_mission_first_rests_on_it(writer):
    await writer.create("agreements", id="a", provisions=[{"id": "energy-supply", "label": "Oil"}])
    under = {"agreement": "agreements/a", "provision": "energy-suply"}
    refused = await writer.post("missions", {"title": "M", "established_under": under})
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert (error["pointer"], error["code"], error["suggestion"]) == (
        "/established_under/provision",
        "unknown_provision",
        "energy-supply",
    )
    await writer.create("missions", id="m", established_under={**under, "provision": "energy-supply"})
    # Who corrects the mission afterwards need not mend what has been taken out of the agreement.
    assert (await writer.patch("agreements/a", {"provisions": None})).status_code == 200
    assert (await writer.patch("missions/m", {"summary": "S"})).status_code == 200
    assert (await writer.patch("missions/m", {"established_under": under})).status_code == 422


async def test_a_reference_to_a_merged_record_becomes_its_target(writer):
    for name in ("a", "b", "c"):
        await writer.create("actors", id=name)
    await writer.merge("actors/a", "actors/b")
    await writer.merge("actors/b", "actors/c")
    found = await writer.create("events", id="e", participants=[{"actor": "actors/a"}, {"actor": "actors/c"}])
    assert found["participants"] == [{"actor": "actors/c"}]
    await writer.delete("events/e")
    await writer.delete("actors/c")
    refused = await writer.post("events", {"title": "E", "participants": [{"actor": "actors/a"}]})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "reference_deleted")


async def test_return_minimal_leaves_the_body_out(writer, collection):
    minimal = {"Prefer": "return=minimal"}
    created = await writer.post(collection, {"title": "M"}, **minimal)
    assert (created.status_code, created.content) == (201, b"")
    assert created.headers["preference-applied"] == "return=minimal"
    assert created.headers["location"] == f"/v1/{collection}/m"
    patched = await writer.patch(f"{collection}/m", {"summary": "S"}, **minimal)
    assert (patched.status_code, patched.content) == (204, b"")
    assert patched.headers["etag"] == (await writer.get(f"{collection}/m")).headers["etag"]
    put = await writer.put(f"{collection}/m", {"title": "N"}, **minimal)
    assert (put.status_code, "content-length" in put.headers) == (204, False)


async def test_media_types_are_strict(writer, collection):
    await writer.create(collection, id="x")
    for method, path, media_type in (
        ("POST", collection, "text/plain"),
        ("POST", collection, "application/merge-patch+json"),
        ("PUT", f"{collection}/x", "application/json-patch+json"),
        ("PATCH", f"{collection}/x", "text/plain"),
    ):
        headers = {"Content-Type": media_type, "If-Match": "*"}
        answer = await writer.ask(method, f"/v1/{path}", content=b'{"title":"T"}', headers=headers)
        assert answer.status_code == 415, (method, media_type)
        assert answer.headers["accept"]
    refused = await writer.post(collection, {"title": "T"}, Accept="text/html")
    assert refused.status_code == 406
    assert (await writer.ask("POST", f"/v1/{collection}?dry_run=1", json={"title": "T"})).status_code == 400
    assert (await writer.get(f"{collection}/x")).json()["revision"] == 1


async def test_allow_names_what_is_there(writer, collection):
    options = await writer.ask("OPTIONS", f"/v1/{collection}/x")
    assert options.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"
    assert (await writer.ask("OPTIONS", f"/v1/{collection}")).headers["allow"] == "GET, HEAD, OPTIONS, POST"
    refused = await writer.ask("POST", f"/v1/{collection}/x", json={})
    assert (refused.status_code, refused.headers["allow"]) == (405, options.headers["allow"])
    assert (await writer.ask("GET", f"/v1/{collection}/x/restore")).headers["allow"] == "OPTIONS, POST"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"title": NaN}', 400),
        (b'{"title": "\\ud800"}', 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"text"', 422),
        (b'{"title": "a", "title": "b"}', 422),
        (b'{"title": "a\\u0000b"}', 422),
        (b'{"title": "t", "figures": [{"measure": "deaths", "best": 1e999}]}', 422),
        (b'{"title": "t", "figures": [{"measure": "deaths", "best": 99999999999999999999}]}', 422),
        (b'{"title": ' + b"[" * 5000 + b"]" * 5000 + b"}", 422),
        (b'{"title": null}', 422),
        (b'{"title": ""}', 422),
        (b'{"title": "' + b"x" * 301 + b'"}', 422),
        (b'{"title": "t", "id": "../../etc"}', 422),
    ],
)
async def test_bodies_that_are_no_record(refused_writer, body, status):
    answer = await refused_writer.ask(
        "POST", "/v1/events", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == status
    assert b"../" not in answer.content


async def test_text_is_normalised(writer):
    found = await writer.create("events", title="Cafe\u0301", aliases=["n\u0303"])
    assert (found["title"], found["aliases"]) == ("Caf\u00e9", ["\u00f1"])


async def test_a_record_may_be_a_mebibyte_and_no_more(writer):
    almost = {"title": "Long", "evidence": [{"basis": "external", "note": "x" * 9000} for _ in range(110)]}
    assert (await writer.post("events", almost)).status_code == 201
    almost["evidence"] *= 2
    refused = await writer.post("events", almost)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "too_large")


async def test_every_operation_is_told_of(client):
    description = (await client.get("/openapi.json")).json()
    ids = [
        operation["operationId"]
        for operations in description["paths"].values()
        for operation in operations.values()
        if "operationId" in operation
    ]
    assert len(ids) == len(set(ids))
    for kind in RECORD_KINDS:
        one = description["paths"][f"/v1/{kind.collection}/{{id}}"]
        assert {"get", "put", "patch", "delete"} <= one.keys()
        assert {"404", "409", "410", "412", "415", "422", "428"} <= one["put"]["responses"].keys()
        assert set(one["patch"]["requestBody"]["content"]) == {
            "application/json",
            "application/merge-patch+json",
            "application/json-patch+json",
        }
        assert one["delete"]["security"]


async def test_a_reference_that_is_wrong_itself_is_not_looked_for(writer):
    document = {"title": "A meeting", "participants": [{"actor": "places/nowhere", "role": "host"}]}
    answer = await writer.post("events", document)
    assert answer.status_code == 422
    told = [fault["pointer"] for fault in answer.json()["errors"]]
    assert told.count("/participants/0/actor") == 1


async def test_what_is_not_cut_at_the_antimeridian_is_refused_by_every_write(writer, client):
    across = {
        "type": "Polygon",
        "coordinates": [[[177, -16], [-178, -16], [-178, -19], [177, -19], [177, -16]]],
    }
    await writer.create("places", id="fiji", title="Fiji")
    feature = {"type": "Feature", "id": "places/f", "geometry": across, "properties": {"title": "F"}}
    answers = [
        await writer.post("places", {"title": "F", "geometry": across}),
        await writer.ask(
            "PUT", "/v1/places/fiji", json={"title": "F", "geometry": across}, headers={"If-Match": "*"}
        ),
        await writer.ask(
            "PATCH",
            "/v1/places/fiji",
            content=orjson.dumps({"geometry": across}),
            headers={"If-Match": "*", "Content-Type": "application/merge-patch+json"},
        ),
        await writer.ask(
            "POST",
            "/v1/imports",
            content=orjson.dumps(feature),
            headers={"Content-Type": "application/geo+json"},
        ),
    ]
    cuts = []
    for answer in answers:
        assert answer.status_code == 422, answer.text
        body = answer.json()
        [fault] = body["report"]["faults"] if "report" in body else body["errors"]
        assert (fault["pointer"], fault["code"]) == ("/geometry/coordinates/0", "crosses_antimeridian")
        cuts.append(orjson.loads(fault["detail"].partition("cut, it is ")[2].removesuffix(".")))
    assert cuts == [cuts[0]] * 4
    await writer.create("places", id="cut", title="Fiji", geometry=cuts[0])
    await writer.create("events", id="e", title="E", places=[{"place": "places/cut"}])
    for box, found in (
        ("178,-20,-179,-10", ["cut"]),
        ("-179,-18,-178.5,-17", ["cut"]),
        ("0,-20,176,-10", []),
    ):
        places = (await client.get("/v1/places", params={"bbox": box})).json()["items"]
        assert [one["id"] for one in places] == found
    near = {"near": "-17,-179", "within_km": 1}
    assert [one["id"] for one in (await client.get("/v1/events", params=near)).json()["items"]] == ["e"]
