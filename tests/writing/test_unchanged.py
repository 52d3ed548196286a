"""Writes that change nothing: the answer is the present revision, and no other is made."""

import pytest

pytestmark = pytest.mark.anyio


async def state(writer, ref):
    """Read all that a write would change: revisions, changes, and the version of the database in the tag of a list."""
    changes = (await writer.get("changes", limit=1000)).json()["items"]
    revisions = (await writer.get(f"{ref}/revisions", limit=1000)).json()["items"]
    return changes, revisions, (await writer.get("changes")).headers["etag"]


async def test_a_write_that_changes_nothing_makes_no_revision(writer, collection):
    document = {"id": "r", "title": "R", "tags": ["a"], "date": "1961-04~"}
    await writer.create(collection, **document)
    await writer.patch(f"{collection}/r", {"summary": "Wrong."})
    await writer.patch(f"{collection}/r", {"summary": None})
    ref = f"{collection}/r"
    read = await writer.get(ref)
    before = await state(writer, ref)
    comment = {"X-Edit-Comment": "nothing at all"}
    answers = [
        await writer.put(ref, document, '"3"', **comment),
        await writer.put(ref, read.json(), read.headers["etag"]),
        await writer.patch(ref, {}, **comment),
        await writer.patch(ref, {"title": "R", "summary": None, "aliases": []}),
        await writer.patch(ref, []),
        await writer.patch(ref, [{"op": "test", "path": "/title", "value": "R"}]),
        await writer.patch(ref, [{"op": "add", "path": "/tags/-", "value": "b"}, {"op": "remove", "path": "/tags/1"}]),
        await writer.post(f"{ref}/revert", {"to": 3}, **{"If-Match": "*"}),
        await writer.post(f"{ref}/revert", {"to": 1}, **{"If-Match": "*"}),
    ]  # fmt: skip
    for answer in answers:
        assert (answer.status_code, answer.content) == (200, read.content)
        assert answer.headers["etag"] == read.headers["etag"]
    assert await state(writer, ref) == before
    stale = await writer.put(ref, document, '"2"')
    assert stale.status_code == 412
    assert (await writer.post(f"{ref}/revert", {"to": 2}, **{"If-Match": "*"})).json()["revision"] == 4


async def test_references_to_merged_records_are_followed_before_comparing(writer):
    for name in ("a", "b"):
        await writer.create("actors", id=name)
    await writer.create("events", id="e", title="E", participants=[{"actor": "actors/a"}])
    await writer.merge("actors/a", "actors/b")
    before = await state(writer, "events/e")
    answer = await writer.put("events/e", {"title": "E", "participants": [{"actor": "actors/a"}]})
    assert (answer.status_code, answer.json()["revision"]) == (200, 2)
    assert await state(writer, "events/e") == before


async def test_the_answer_is_kept_for_its_key(writer):
    await writer.create("events", id="e", title="E")
    first = await writer.patch("events/e", {"title": "E"}, **{"Idempotency-Key": "k"})
    await writer.patch("events/e", {"title": "F"})
    again = await writer.patch("events/e", {"title": "E"}, **{"Idempotency-Key": "k"})
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")


async def test_restoring_is_a_change(writer):
    await writer.create("events", id="e")
    await writer.delete("events/e")
    assert (await writer.post("events/e/restore")).json()["revision"] == 3


async def test_a_term_that_is_not_changed_keeps_its_revision(admin):
    term = {"id": "sit-in", "label": "Sit-in"}
    await admin.post("vocabularies/event-type", term)
    whole = (await admin.get("vocabularies/event-type")).headers["etag"]
    version = (await admin.get("changes")).headers["etag"]
    for answer in (
        await admin.put("vocabularies/event-type/sit-in", term),
        await admin.patch("vocabularies/event-type/sit-in", {"label": "Sit-in"}),
        await admin.patch("vocabularies/event-type/sit-in", []),
    ):
        assert (answer.status_code, answer.headers["etag"][:3]) == (200, '"1-')
    assert (await admin.get("vocabularies/event-type")).headers["etag"] == whole
    assert (await admin.get("changes")).headers["etag"] == version
    stale = await admin.put("vocabularies/event-type/sit-in", term, '"2"')
    assert stale.status_code == 412
    changed = await admin.patch("vocabularies/event-type/sit-in", {"label": "Sit-in protest"})
    assert changed.headers["etag"].startswith('"2-')


async def test_a_text_that_is_attached_already_is_not_written(writer):
    body = b"The text."
    digest = "a4e8e7f5d1a0d2f7ba93cd4cb1ea9d7cb4b8dd9cbbdf6d55b0f7fb09d3d1e0aa"
    await writer.create("sources", id="s", text={"sha256": digest})
    wrong = await writer.ask(
        "PUT", "/v1/sources/s/text", content=body, headers={"Content-Type": "text/plain"}
    )
    digest = wrong.json()["errors"][0]["suggestion"]
    await writer.patch("sources/s", {"text": {"sha256": digest}})
    put = {"content": body, "headers": {"Content-Type": "text/plain"}}
    assert (await writer.ask("PUT", "/v1/sources/s/text", **put)).status_code == 201
    version = (await writer.get("changes")).headers["etag"]
    again = await writer.ask("PUT", "/v1/sources/s/text", **put)
    assert again.status_code == 200
    assert (await writer.get("changes")).headers["etag"] == version
