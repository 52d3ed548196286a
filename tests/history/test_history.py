"""Revisions, old documents, differences, reverting, and records as they stood at a moment."""

from copy import deepcopy

import jsonpatch
import jsonpointer
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.history.old_values import with_old_values
from app.records.kinds import RECORD_KINDS
from app.values.json_patch import difference

pytestmark = pytest.mark.anyio


async def write_some(writer, collection):
    await writer.create(collection, id="h", title="One", date="1967", tags=["a", "b"])
    await writer.patch(f"{collection}/h", {"title": "Two"}, **{"X-Edit-Comment": "w%C3%A9il"})
    await writer.patch(f"{collection}/h", {"date": "1968", "tags": ["b", "c"]})
    await writer.delete(f"{collection}/h")
    await writer.post(f"{collection}/h/restore")
    await writer.post(f"{collection}/h/revert", {"to": 1}, **{"If-Match": "*"})


@pytest.fixture(scope="module")
async def written(shared_writer):
    await write_some(shared_writer, "events")
    return "events/h"


@pytest.fixture(scope="module")
async def near_ones(shared_writer):
    for kind in RECORD_KINDS:
        await shared_writer.create(kind.collection, id="w1")


async def test_the_list_of_revisions_is_not_sent_again_until_something_is_written(writer, collection):
    await writer.create(collection, id="h", title="One")
    path = f"/v1/{collection}/h/revisions"
    first = await writer.ask("GET", path)
    head = await writer.ask("HEAD", path)
    assert (head.headers["etag"], head.content) == (first.headers["etag"], b"")
    assert head.headers["content-length"] == first.headers["content-length"]
    seen = {"If-None-Match": first.headers["etag"]}
    for method in ("GET", "HEAD"):
        again = await writer.ask(method, path, headers=seen)
        assert (again.status_code, again.headers["etag"]) == (304, first.headers["etag"])
    assert (await writer.ask("GET", f"{path}?limit=1", headers=seen)).status_code == 200
    await writer.patch(f"{collection}/h", {"title": "Two"})
    changed = await writer.ask("GET", path, headers=seen)
    assert (changed.status_code, len(changed.json()["items"])) == (200, 2)


@pytest.mark.parametrize(
    "path", ["", "/revisions", "/revisions/1", "/diff?from=1&to=1", "?known_at=2999-01-01T00:00:00Z"]
)
async def test_what_accept_decides_says_so(writer, path):
    await writer.create("events", id="h")
    read = await writer.ask("GET", f"/v1/events/h{path}")
    refused = await writer.ask("GET", f"/v1/events/h{path}", headers={"Accept": "audio/ogg"})
    assert (read.status_code, refused.status_code) == (200, 406)
    assert (read.headers["vary"], refused.headers["vary"]) == ("Accept, Accept-Encoding",) * 2


@pytest.mark.usefixtures("near_ones")
@pytest.mark.parametrize("asked", ["W1", "w1x", "W%201", "%C5%B41"])
async def test_an_unknown_record_is_answered_with_those_that_are_near(refused_writer, collection, asked):
    ref = f"{collection}/{asked}"
    answers = [
        await refused_writer.get(ref),
        await refused_writer.get(f"{ref}/revisions"),
        await refused_writer.delete(ref),
    ]
    near = [{"ref": f"{collection}/w1", "href": f"/v1/{collection}/w1"}]
    assert [(one.status_code, one.json().get("near")) for one in answers] == [(404, near)] * len(answers)
    assert "near" not in (await refused_writer.get(f"{collection}/...")).json()


async def test_an_unknown_record_is_answered_with_a_search_for_its_words(writer, collection):
    await writer.create(collection, id="w1", title="Zürich & Bern, Ćwierć")
    for asked in ("bern-zurich", "Z%C3%BCrich%20%26%20Bern", "%C4%86wier%C4%87"):
        answers = [await writer.get(f"{collection}/{asked}"), await writer.delete(f"{collection}/{asked}")]
        for answer in answers:
            assert answer.status_code == 404
            path = answer.json()["search"]
            assert path.isascii()
            found = await writer.ask("GET", path)
            assert [one["ref"] for one in found.json()["items"]] == [f"{collection}/w1"]
    assert "search" not in (await writer.get(f"{collection}/...")).json()


async def test_who_wrote_what_and_why(writer, collection):
    await write_some(writer, collection)
    found = (await writer.get(f"{collection}/h/revisions")).json()
    assert [item["revision"] for item in found["items"]] == [6, 5, 4, 3, 2, 1]
    assert [item["action"] for item in found["items"]] == [
        "revert",
        "restore",
        "delete",
        "update",
        "update",
        "create",
    ]
    assert {item["by"] for item in found["items"]} == {"editor"}
    assert [item.get("comment") for item in found["items"]] == [None, None, None, None, "wéil", None]
    moments = [item["at"] for item in found["items"]]
    assert moments == sorted(moments, reverse=True)
    assert (found["next"], found["prev"]) == (None, None)


async def test_revisions_page_both_ways(writer):
    await write_some(writer, "events")
    path, seen, back = "/v1/events/h/revisions?limit=2", [], []
    while path:
        page = (await writer.ask("GET", path)).json()
        seen.append([item["revision"] for item in page["items"]])
        path, last = page["next"], page
    assert seen == [[6, 5], [4, 3], [2, 1]]
    path = last["prev"]
    while path:
        page = (await writer.ask("GET", path)).json()
        back.append([item["revision"] for item in page["items"]])
        path = page["prev"]
    assert back == [[4, 3], [6, 5]]


async def test_a_revision_is_the_document_as_it_was(writer, collection):
    created = await writer.post(collection, {"id": "r", "title": "One", "date": "196X"})
    await writer.put(f"{collection}/r", {"title": "Two"})
    first = (await writer.get(f"{collection}/r/revisions/1")).json()
    assert first == {name: value for name, value in created.json().items() if name != "linked"}
    assert first["date"]["start"] == {"earliest": "1960-01-01", "latest": "1969-12-31"}


async def test_a_deletion_has_no_document(writer):
    await write_some(writer, "events")
    for path in ("events/h/revisions/4", "events/h/diff?from=3&to=4"):
        gone = await writer.ask("GET", f"/v1/{path}")
        assert (gone.status_code, gone.json()["revision"]) == (410, 3)
    refused = await writer.post("events/h/revert", {"to": 4}, **{"If-Match": "*"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/to")


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    "path",
    [
        "events/h/revisions/7",
        "events/h/revisions/0",
        "events/h/revisions/x",
        "events/h/revisions/99999999999999999999",
        "events/never/revisions",
        "events/never/revisions/1",
        "events/never/diff?from=1&to=2",
        "events/h/diff?from=1&to=7",
        "events/N%00/revisions",
    ],
)
async def test_history_that_is_not_there(refused_writer, path):
    assert (await refused_writer.ask("GET", f"/v1/{path}")).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "diff",
        "diff?from=1",
        "diff?from=a&to=2",
        "diff?from=1&to=2&x=1",
        "diff?from=1&from=2&to=3",
        "diff?from=-1&to=2",
        "diff?from=1&to=99999999999999999999999",
        "revisions?limit=0",
        "revisions?limit=1001",
        "revisions?before=x",
        "revisions/1?a=b",
    ],
)
async def test_malformed_questions(written, refused_writer, path):
    answer = await refused_writer.ask("GET", f"/v1/{written}/{path}")
    assert answer.status_code == 400
    assert answer.json()["errors"]


async def test_history_outlives_deletion_and_merging(writer, collection):
    await writer.create(collection, id="a", title="A")
    await writer.create(collection, id="b", title="B")
    await writer.create(collection, id="c", title="C")
    await writer.merge(f"{collection}/a", f"{collection}/b")
    await writer.delete(f"{collection}/c")
    for name, action in (("a", "merge"), ("c", "delete")):
        found = (await writer.get(f"{collection}/{name}/revisions")).json()["items"]
        assert [item["action"] for item in found] == [action, "create"]
        assert (await writer.get(f"{collection}/{name}/revisions/1")).json()["title"] == name.upper()


async def test_the_difference_turns_one_into_the_other(writer, collection):
    await write_some(writer, collection)
    documents = {n: (await writer.get(f"{collection}/h/revisions/{n}")).json() for n in (1, 2, 3, 5, 6)}
    for old, before in documents.items():
        for new, after in documents.items():
            answer = await writer.get(f"{collection}/h/diff", **{"from": old, "to": new})
            assert answer.headers["content-type"] == "application/json-patch+json"
            assert jsonpatch.apply_patch(before, answer.json()) == after
            assert answer.json() or old == new


async def test_old_values_come_beside_new_ones(writer, collection):
    await write_some(writer, collection)
    ref = f"{collection}/h"
    documents = {n: (await writer.get(f"{ref}/revisions/{n}")).json() for n in (1, 2, 3)}
    both = await writer.get(f"{ref}/diff", **{"from": 1, "to": 3, "values": "both"})
    assert both.headers["content-type"] == "application/json-patch+json"
    by_path = {one["path"]: one for one in both.json()}
    assert (by_path["/title"]["old"], by_path["/title"]["value"]) == ("One", "Two")
    assert by_path["/revision"] | {"op": "replace", "old": 1, "value": 3} == by_path["/revision"]
    assert jsonpatch.apply_patch(documents[1], both.json()) == documents[3]
    plain = (await writer.get(f"{ref}/diff", **{"from": 1, "to": 3, "values": "new"})).json()
    assert plain == (await writer.get(f"{ref}/diff", **{"from": 1, "to": 3})).json()
    assert plain == [{name: value for name, value in one.items() if name != "old"} for one in both.json()]
    added = (await writer.get(f"{ref}/diff", **{"from": 3, "to": 1, "values": "both"})).json()
    back = jsonpatch.apply_patch(documents[3], added)
    assert back == documents[1]
    refused = await writer.get(f"{ref}/diff", **{"from": 1, "to": 2, "values": "old"})
    assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (400, "values")


async def test_what_is_moved_says_from_where(writer):
    await writer.create("events", id="m", tags=["a-long-tag", "another-tag", "one-more"])
    await writer.patch("events/m", {"tags": ["one-more", "a-long-tag", "another-tag"]})
    for values in ("new", "both"):
        found = (await writer.get("events/m/diff", **{"from": 1, "to": 2, "values": values})).json()
        moved = [one for one in found if one["op"] == "move"]
        assert moved == [{"op": "move", "from": "/tags/2", "path": "/tags/0"}]


async def test_revisions_name_the_fields_that_changed(writer, collection):
    await write_some(writer, collection)
    await writer.patch(f"{collection}/h", {"summary": "S", "tags": None, "title": "One"})
    items = (await writer.get(f"{collection}/h/revisions")).json()["items"]
    assert {item["revision"]: item.get("fields") for item in items} == {
        1: None,
        2: ["title"],
        3: ["date", "tags"],
        # The record was deleted, and restored as it was: there is no document to compare with.
        4: None,
        5: None,
        6: ["date", "tags", "title"],
        7: ["summary", "tags"],
    }
    told = (await writer.get("changes", ref=f"{collection}/h")).json()["items"]
    assert [item.get("fields") for item in told] == [item.get("fields") for item in reversed(items)]


async def test_what_merging_moves_is_named(writer):
    await writer.create("actors", id="a")
    await writer.create("actors", id="b")
    await writer.create("events", id="e", participants=[{"actor": "actors/a"}])
    await writer.merge("actors/a", "actors/b")
    items = (await writer.get("events/e/revisions")).json()["items"]
    assert [item.get("fields") for item in items] == [["participants"], None]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab~/", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("ab~/-0", max_size=2), inner, max_size=4)
    ),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.sampled_from(["title", "tags", "labels"]), JSON)


@given(DOCUMENTS, DOCUMENTS)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_two_documents_differ_by_their_difference(first, second):
    operations = difference(first, second)
    assert jsonpatch.apply_patch(first, operations) == second
    told, document = with_old_values(deepcopy(first), operations), deepcopy(first)
    assert [{k: v for k, v in one.items() if k != "old"} for one in told] == operations
    for one in told:
        if one["op"] in ("replace", "remove"):
            assert jsonpointer.resolve_pointer(document, one["path"]) == one["old"]
        else:
            assert "old" not in one
        document = jsonpatch.apply_patch(document, [one])


async def test_reverting_writes_the_old_document_again(writer, collection):
    first = await writer.create(collection, id="v", title="One", date="1967", tags=["a"])
    await writer.put(f"{collection}/v", {"title": "Two", "summary": "S"})
    reverted = await writer.post(f"{collection}/v/revert", {"to": 1}, **{"If-Match": '"2"'})
    assert reverted.status_code == 200
    assert reverted.content == (await writer.get(f"{collection}/v")).content
    changing = {"revision", "updated_at"}
    again = reverted.json()
    assert {k: v for k, v in again.items() if k not in changing} == {
        k: v for k, v in first.items() if k not in changing
    }
    assert again["revision"] == 3
    for body, faults in (
        ({}, {"/to": "missing"}),
        ({"to": 0}, {"/to": "out_of_range"}),
        ({"to": 2**40}, {"/to": "out_of_range"}),
        ({"to": True}, {"/to": "wrong_type"}),
        ({"to": "1"}, {"/to": "wrong_type"}),
        ({"to": 1, "from": 2}, {"/from": "unknown_field"}),
        ({"ot": 1}, {"/to": "missing", "/ot": "unknown_field"}),
        ([], {"": "wrong_type"}),
        ({"to": 9}, {"/to": "unknown_revision"}),
    ):
        refused = await writer.post(f"{collection}/v/revert", body, **{"If-Match": "*"})
        told = {error["pointer"]: error["code"] for error in refused.json()["errors"]}
        assert (refused.status_code, told) == (422, faults)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("plain words", "plain words"),
        ("100% sure", "100% sure"),
        ("w%C3%A9il", "wéil"),
        ("e%CC%81", "é"),
        ("x" * 1000, "x" * 1000),
        ("x" * 1001, 400),
        ("%FF", 400),
        ("a%0Ab", 400),
        ("a%00b", 400),
        ("a%E2%80%8Bb", 400),
        ("a%E2%80%A8b", 400),
        ("a%C2%A0b", "a\u00a0b"),
        ("%EE%80%80", "\ue000"),
    ],
)
async def test_comments(writer, sent, kept):
    answer = await writer.post("events", {"id": "e", "title": "E"}, **{"X-Edit-Comment": sent})
    if kept == 400:
        assert (answer.status_code, answer.json()["errors"][0]["header"]) == (400, "X-Edit-Comment")
    else:
        assert (await writer.get("events/e/revisions")).json()["items"][0]["comment"] == kept


async def test_a_comment_in_plain_utf_8(writer):
    headers = {b"X-Edit-Comment": "Über".encode(), b"Authorization": f"Bearer {writer.key}".encode()}
    await writer.client.post("/v1/events", json={"id": "e", "title": "E"}, headers=headers)
    assert (await writer.get("events/e/revisions")).json()["items"][0]["comment"] == "Über"


async def known(writer, ref, at):
    answer = await writer.get(ref, known_at=at)
    return answer.status_code, answer


async def test_a_record_as_it_was_known(writer, collection):
    await writer.create(collection, id="stays")
    await write_some(writer, collection)
    await writer.merge(f"{collection}/h", f"{collection}/stays")
    items = (await writer.get(f"{collection}/h/revisions")).json()["items"]
    moments = {item["revision"]: item["at"] for item in items}
    for revision, at in moments.items():
        status, answer = await known(writer, f"{collection}/h", at)
        if revision == 4:
            assert status == 410
        elif revision == 7:
            assert (status, answer.headers["location"].partition("?")[0]) == (308, f"/v1/{collection}/stays")
        else:
            assert status == 200
            assert answer.content == (await writer.get(f"{collection}/h/revisions/{revision}")).content
            again = {"If-None-Match": answer.headers["etag"]}
            assert (await writer.ask("GET", str(answer.url), headers=again)).status_code == 304
    status, answer = await known(writer, f"{collection}/h", "2001-01-01T00:00:00+01:00")
    assert (status, answer.json()["known_since"]) == (404, moments[1])
    assert (await known(writer, f"{collection}/never", moments[1]))[0] == 404
    assert (await known(writer, f"{collection}/stays", "2999-01-01T00:00:00Z"))[0] == 200


@pytest.mark.parametrize(
    "at", ["", "yesterday", "2026-01-03", "2026-01-03T12:00:00", "2026-13-03T12:00:00Z", "9" * 99]
)
async def test_moments_that_are_none(writer, at):
    await writer.create("events", id="e")
    status, answer = await known(writer, "events/e", at)
    assert (status, answer.json()["errors"][0]["parameter"]) == (400, "known_at")
    refused = await writer.get("events/e", known_at="2026-01-03T12:00:00Z", fields="title")
    assert refused.status_code == 400
