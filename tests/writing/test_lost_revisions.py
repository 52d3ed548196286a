"""Entity tags of revisions that were lost as the database was set back: nothing that they named is taken for what there is."""

import asyncio

import pytest

pytestmark = pytest.mark.anyio
TERM = "vocabularies/event-type/own"


@pytest.fixture
def set_back(annals, database_url, tmp_path):
    """`set_back()` restores the database to what it was when the test began to use it, or called `set_back.keep()`."""

    def restore():
        ended = annals("restore", tmp_path / "backup", "--yes", url=database_url)
        assert ended.code == 0, ended.err

    def keep():
        assert annals("backup", tmp_path / "backup", url=database_url).code == 0

    restore.keep = keep
    return restore


async def tag_of(writer, path):
    answer = await writer.get(path)
    assert answer.status_code == 200, answer.text
    return answer.headers["etag"]


async def refused(writer, ref, match):
    answer = await writer.patch(ref, {"summary": "Mine"}, match)
    assert answer.status_code == 412, answer.text
    assert answer.headers["etag"] == await tag_of(writer, ref)
    return answer.json()


async def test_what_a_lost_revision_named_is_refused_and_all_else_goes_on(writer, set_back):
    for name in ("e", "f"):
        await writer.create("events", id=name)
    common = {name: await tag_of(writer, f"events/{name}") for name in "ef"}
    set_back.keep()
    await writer.patch("events/e", {"summary": "Lost"})
    lost = await tag_of(writer, "events/e")
    assert lost.startswith('"2-')
    set_back()

    # Nothing was written since: there is no second revision at all.
    assert "difference" not in await refused(writer, "events/e", lost)
    written = await writer.patch("events/e", {"summary": "Present"}, common["e"])
    assert (written.status_code, written.json()["revision"]) == (200, 2)
    present = written.headers["etag"]

    told = await refused(writer, "events/e", lost)
    assert ("set back" in told["detail"], "difference" in told) == (True, False)
    for number_alone in ('"2"', '"2-0123456789ab"', '"2-0123456789ab-gzip"'):
        assert "set back" in (await refused(writer, "events/e", number_alone))["detail"]
    missing = (await writer.patch("events/e", {"summary": "Mine"}, None)).json()
    shortest = missing["errors"][0]["suggestion"]
    assert (missing["revision"], f"If-Match: {shortest}" in missing["detail"]) == (2, True)
    assert present.startswith(shortest[:-1])
    assert (await writer.patch("events/e", {"summary": "Later"}, shortest)).json()["revision"] == 3

    assert "difference" not in await refused(writer, "events/e", lost)
    assert "from=2&to=3" in (await refused(writer, "events/e", present))["difference"]
    # What was never written since goes by its number as before.
    for match in ('"1"', '"1-0123456789ab"', common["f"]):
        answer = await writer.patch("events/f", {}, match)
        assert answer.status_code == 200, answer.text


async def test_nothing_that_was_lost_is_not_modified(writer, set_back):
    await writer.create("sources", id="s")
    await writer.create("events", id="e")
    set_back.keep()
    paths = ["events/e", "events/e?format=csv", "events", "changes", "events/e/evidence/e1", "coverage"]

    async def write(note):
        evidence = [{"id": "e1", "property": "date", "source": "sources/s", "note": note}]
        answer = await writer.patch("events/e", {"date": "1962", "evidence": evidence})
        assert answer.json()["revision"] == 2, answer.text
        return [await writer.ask("GET", f"/v1/{path}") for path in paths]

    before = await write("Lost")
    set_back()
    await write("Present")
    for path, seen in zip(paths, before, strict=True):
        assert seen.status_code == 200, (path, seen.text)
        answer = await writer.ask("GET", f"/v1/{path}", headers={"If-None-Match": seen.headers["etag"]})
        assert answer.status_code == 200, path
        assert "Lost" not in answer.text
        again = await writer.ask("GET", f"/v1/{path}", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304, path


async def test_a_lost_revision_of_a_term_is_not_taken_for_another(admin, set_back):
    assert (await admin.post("vocabularies/event-type", {"id": "own", "label": "Own"})).status_code == 201
    assert (await admin.patch(TERM, {"definition": "A."}, '"1"')).status_code == 200
    set_back.keep()
    await admin.patch(TERM, {"definition": "Lost."})
    lost = await tag_of(admin, TERM)
    set_back()
    common = await tag_of(admin, TERM)
    assert (await admin.patch(TERM, {"definition": "Present."}, '"2"')).status_code == 412
    assert (await admin.patch(TERM, {"definition": "Present."}, common)).status_code == 200
    unchanged = await admin.ask("GET", f"/v1/{TERM}", headers={"If-None-Match": lost})
    assert (unchanged.status_code, unchanged.json()["definition"]) == (200, "Present.")
    for match in (lost, '"3"'):
        assert (await admin.patch(TERM, {"definition": "Mine."}, match)).status_code == 412
    assert (await admin.patch(TERM, {"definition": "Later."}, unchanged.headers["etag"])).status_code == 200


async def test_an_idempotency_key_of_a_lost_write_is_as_new(writer, set_back):
    set_back.keep()
    sent = {"id": "e", "title": "E"}
    first = await writer.post("events", sent, **{"Idempotency-Key": "once"})
    set_back()
    assert (await writer.get("events/e")).status_code == 404
    again = await writer.post("events", sent, **{"Idempotency-Key": "once"})
    assert (again.status_code, "idempotency-replayed" in again.headers) == (201, False)
    assert again.headers["etag"] != first.headers["etag"]


async def test_a_number_alone_is_not_enough_within_one_transaction(writer, set_back):
    """Writes that wait are committed together: the second of two meets the first one's revision before it is told."""
    await writer.create("events", id="e")
    set_back.keep()
    await writer.patch("events/e", {"summary": "Lost"})
    set_back()
    for number in range(2, 12):
        present = await tag_of(writer, "events/e")
        first, second, *_ = await asyncio.gather(
            writer.patch("events/e", {"summary": f"First {number}"}, present),
            writer.patch("events/e", {"summary": f"Second {number}"}, f'"{number}"'),
            *(writer.create("events", id=f"n{number}-{one}") for one in range(4)),
        )
        assert (first.status_code, second.status_code) == (200, 412), number
