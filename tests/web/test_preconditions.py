"""If-Match and If-None-Match: RFC 9110 §13.1, and what a stale one is told."""

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.preconditions import EntityTags, Preconditions, PresentRevision, parse_entity_tags


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        (b"*", EntityTags(any=True)),
        (b" * ", EntityTags(any=True)),
        (b'"1"', EntityTags(False, ((False, b"1"),))),
        (b'W/"1"', EntityTags(False, ((True, b"1"),))),
        (b'"1", W/"2-a" ,, "x,y"', EntityTags(False, ((False, b"1"), (True, b"2-a"), (False, b"x,y")))),
        (b'""', EntityTags(False, ((False, b""),))),
        (b'"\xe9"', EntityTags(False, ((False, b"\xe9"),))),
    ],
)
def test_lists_of_tags(value, tags):
    assert parse_entity_tags(value) == tags


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "events"),
        ("PUT", "events/x"),
        ("PATCH", "events/x"),
        ("DELETE", "events/x"),
        ("POST", "merges"),
        ("PUT", "sources/x/text"),
        ("POST", "vocabularies/event-type"),
    ],
)
async def test_a_write_names_every_query_parameter_as_unknown(admin, method, path):
    refused = await admin.ask(method, f"/v1/{path}?x=1&limit=5&dry%20run", json={})
    assert (refused.status_code, refused.json()["code"]) == (400, "unknown_parameter")
    told = [(one["parameter"], one["code"]) for one in refused.json()["errors"]]
    assert told == [(name, "unknown_parameter") for name in ("x", "limit", "dry run")]


@pytest.mark.parametrize(
    "value",
    [b"", b" ", b",", b"1", b'"1', b"'1'", b'"1" "2"', b'w/"1"', b'W/ "1"', b'*, "1"', b'"1"*', b'"a b"'],
)
def test_malformed_lists(value):
    assert parse_entity_tags(value) is None


@given(
    st.lists(
        st.tuples(st.booleans(), st.binary(max_size=9).map(lambda b: b.replace(b'"', b"").replace(b" ", b"")))
    )
)
def test_what_is_written_is_read(tags):
    tags = [
        (weak, bytes(byte for byte in tag if byte == 0x21 or (byte > 0x22 and byte != 0x7F)))
        for weak, tag in tags
    ]
    value = b", ".join((b"W/" if weak else b"") + b'"' + tag + b'"' for weak, tag in tags)
    expected = EntityTags(False, tuple(tags)) if tags else None
    assert parse_entity_tags(value) == expected


@given(st.binary(max_size=200))
def test_anything_may_come(value):
    parse_entity_tags(value)


@pytest.mark.parametrize(
    ("value", "revisions"),
    [
        (b'"3"', [(3, "")]),
        (b'"3-abc"', [(3, "abc")]),
        (b'"3-abc-def-gzip"', [(3, "abc")]),
        (b'"3-"', [(3, "")]),
        (b'"3-\xe9"', [(3, "\xe9")]),
        (b'"3-a", "4"', [(3, "a"), (4, "")]),
        (b'W/"3"', []),
        (b'"03"', []),
        (b'"v3"', []),
        (b'"99999999999999999999"', []),
    ],
)
def test_tags_name_revisions(value, revisions):
    assert list(parse_entity_tags(value).revisions()) == revisions


MARK, OTHER = "65a1b2c3d4e5f", "65a1b2c3d4e60"


@pytest.mark.parametrize("is_unique", [True, False])
@pytest.mark.parametrize(
    ("tag", "of_number_3"),
    [
        (f"3-{MARK}-0123456789ab", True),
        (f"3-{MARK}-0123456789ab-gzip", True),
        (f"3-{MARK}", True),
        (f"3-{OTHER}-0123456789ab", False),
        (f"3-{OTHER}", False),
        (f"2-{MARK}-0123456789ab", False),
        # Where nothing was lost: a mere number, and tags of earlier versions.
        ("3", None),
        ("3-0123456789ab", None),
        ("3-0123456789ab-gzip", None),
        ("3-gzip", None),
        ("3-mark-of-13-no", None),
        ("4", False),
    ],
)
def test_a_revision_is_meant_by_its_mark_or_where_that_is_enough_by_its_number(tag, of_number_3, is_unique):
    present = PresentRevision(3, MARK, lambda: is_unique)
    named = parse_entity_tags(f'"{tag}"'.encode())
    meant = is_unique if of_number_3 is None else of_number_3
    assert Preconditions(named, None).hold_for(present) is meant
    # What may be meant is not to be there.
    assert Preconditions(None, named).hold_for(present) is (of_number_3 is False)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("match", "status"),
    [
        ('"2"', 200),
        ('"2-whatever"', 200),
        ('"1", "2"', 200),
        ("*", 200),
        ('W/"2"', 412),
        ('"1"', 412),
        ('"3"', 412),
        ('"two"', 412),
        ("2", 400),
        ('"2', 400),
        ('*, "2"', 400),
        (None, 428),
    ],
)
async def test_what_is_written_under_a_condition(writer, match, status):
    await writer.create("events", id="e")
    await writer.patch("events/e", {"summary": "second"})
    for answer in (
        await writer.patch("events/e", {"summary": "third"}, match),
        await writer.put(
            "events/e", {"title": "third"}, match if match in (None, "*") or status != 200 else '"3"'
        ),
        await writer.post(
            "events/e/revert", {"to": 1}, **({"If-Match": "*" if status == 200 else match} if match else {})
        ),
    ):
        assert answer.status_code == status, answer.text
    expected = 5 if status == 200 else 2
    assert (await writer.get("events/e")).json()["revision"] == expected


@pytest.mark.anyio
async def test_a_stale_writer_is_led_to_what_changed(writer, collection):
    await writer.create(collection, id="e", title="One")
    seen = await writer.get(f"{collection}/e")
    await writer.patch(f"{collection}/e", {"title": "Two"})
    await writer.patch(f"{collection}/e", {"summary": "Three"})
    refused = await writer.put(f"{collection}/e", {"title": "Mine"}, seen.headers["etag"])
    assert refused.status_code == 412
    current = await writer.get(f"{collection}/e")
    assert refused.headers["etag"] == current.headers["etag"]
    difference = refused.json()["difference"]
    assert f"<{difference}>" in refused.headers["link"]
    patch = (await writer.ask("GET", difference)).json()
    before, after = seen.json(), current.json()
    assert jsonpatch.apply_patch(before, patch) == after


@pytest.mark.anyio
async def test_what_is_missing_is_told_with_the_revision_to_name(writer):
    await writer.create("events", id="e")
    await writer.patch("events/e", {"summary": "second"})
    for answer in (
        await writer.patch("events/e", {"summary": "third"}, None),
        await writer.put("events/e", {"title": "third"}, None),
        await writer.delete("events/e", None),
        await writer.post("events/e/revert", {"to": 1}),
    ):
        problem = answer.json()
        assert answer.status_code == 428
        assert 'If-Match: "2"' in problem["detail"]
        assert (problem["revision"], problem["errors"][0]["suggestion"]) == (2, '"2"')
    new = await writer.put("events/f", {"title": "new"}, None)
    assert (new.status_code, "revision" in new.json()) == (428, False)
    assert "If-None-Match: *" in new.json()["detail"]
    assert (
        await writer.patch("events/e", {"summary": "third"}, problem["errors"][0]["suggestion"])
    ).is_success


@pytest.mark.anyio
async def test_a_weak_tag_is_told_to_be_one(writer):
    await writer.create("events", id="e")
    await writer.patch("events/e", {"summary": "second"})
    refused = await writer.patch("events/e", {"summary": "third"}, 'W/"2-abc"')
    problem = refused.json()
    assert refused.status_code == 412
    assert ("weak" in problem["detail"], problem["errors"][0]["code"]) == (True, "weak_entity_tag")
    stale = await writer.patch("events/e", {"summary": "third"}, 'W/"1"')
    assert (stale.status_code, stale.json()["difference"]) == (412, "/v1/events/e/diff?from=1&to=2")
    assert "without W/" in stale.json()["detail"]
    again = await writer.patch("events/e", {"summary": "third"}, problem["errors"][0]["suggestion"])
    assert (again.status_code, again.json()["revision"]) == (200, 3)


@pytest.mark.anyio
async def test_a_list_in_json_is_taken_as_a_json_patch(writer, admin):
    await writer.create("events", id="e", summary="s", tags=["a"])
    operations = [{"op": "test", "path": "/tags/0", "value": "a"}, {"op": "remove", "path": "/tags"}]
    json = {"If-Match": "*", "Content-Type": "application/json"}

    async def patch(path, headers, operations, who=writer):
        return await who.ask("PATCH", f"/v1/{path}", json=operations, headers=headers)

    as_merge_patch = json | {"Content-Type": "application/merge-patch+json"}
    assert (await patch("events/e", as_merge_patch, operations)).status_code == 422
    changed = (await patch("events/e", json, operations)).json()
    assert ("tags" in changed, changed["summary"], changed["revision"]) == (False, "s", 2)
    failed = await patch("events/e", json, operations)
    assert failed.status_code == 409
    malformed = await patch("events/e", json, [{"op": "append"}])
    assert malformed.status_code == 400
    assert malformed.json()["errors"][0]["pointer"].startswith("/0")
    await admin.post("vocabularies/event-type", {"id": "sit-in", "label": "Sit-in"})
    renaming = [{"op": "replace", "path": "/label", "value": "Occupation"}]
    term = await patch("vocabularies/event-type/sit-in", json, renaming, admin)
    assert term.json()["label"] == "Occupation"


@pytest.mark.anyio
async def test_json_is_taken_as_a_merge_patch(writer, admin):
    await writer.create("events", id="e", summary="s", tags=["a"])

    async def patch(path, body, who=writer):
        headers = {"If-Match": "*", "Content-Type": "application/json; charset=utf-8"}
        return await who.ask("PATCH", f"/v1/{path}", content=body, headers=headers)

    changed = (await patch("events/e", b'{"summary": null, "tags": ["b"]}')).json()
    assert ("summary" in changed, changed["tags"]) == (False, ["b"])
    refused = await patch("events/e", b"5")
    assert (refused.status_code, "application/json-patch+json" in refused.text) == (422, True)
    await admin.post("vocabularies/event-type", {"id": "sit-in", "label": "Sit-in"})
    term = await patch("vocabularies/event-type/sit-in", b'{"label": "Occupation"}', admin)
    assert term.json()["label"] == "Occupation"


@pytest.mark.anyio
async def test_if_none_match_on_writes(writer):
    await writer.create("events", id="e")
    assert (
        await writer.patch("events/e", {"summary": "s"}, None, **{"If-None-Match": "*"})
    ).status_code == 412
    both = {"If-Match": "*", "If-None-Match": '"1"'}
    assert (await writer.put("events/e", {"title": "T"}, None, **both)).status_code == 412
    both = {"If-Match": "*", "If-None-Match": '"9"'}
    assert (await writer.put("events/e", {"title": "T"}, None, **both)).status_code == 200
    assert (await writer.put("events/f", {"title": "T"}, None, **{"If-None-Match": '"9"'})).status_code == 428
