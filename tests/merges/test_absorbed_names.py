"""The names of a record that was merged into another: the other is found by them, until that is undone."""

import asyncio

import pytest

from app.merges import service as merging
from app.merges import undo as unmerging
from app.merges.pending import continue_one_merge

pytestmark = pytest.mark.anyio

GOES = {
    "id": "goes",
    "title": "Gran Colombia",
    "aliases": ["Republic of Colombia", "Colombia"],
    "labels": {"es": "La Gran Colombia", "de": "Großkolumbien", "fr": "Grande Colombie"},
    "names": [{"name": "Colombia", "language": "es", "date": "1819/1831"}, {"name": "Bogotá"}],
}
STAYS = {
    "id": "stays",
    "title": "Colombia",
    "labels": {"ES": "República de Colombia", "fr": "Grande Colombie"},
    "names": [{"name": "Bogotá"}],
}


async def named(writer, ref="actors/stays"):
    record = (await writer.get(ref)).json()
    return {name: record[name] for name in ("title", "aliases", "labels", "names") if name in record}


async def found(writer, path, q):
    items = (await writer.get(path, q=q)).json()["items"]
    return [one["ref"] for one in items]


async def undo(writer, merge):
    return await writer.ask("DELETE", f"/v1/merges/{merge['id']}")


async def test_names_of_the_one_that_goes_are_names_of_the_one_that_stays(writer):
    await writer.create("actors", **GOES)
    await writer.create("actors", **STAYS)
    before = await named(writer)
    merge = await writer.merge("actors/goes", "actors/stays")
    after = await named(writer)
    dates = [one.pop("date", {}).get("edtf") for one in after["names"]]
    assert dates == [None, None, "1819/1831"]
    assert after == {
        "title": "Colombia",
        "aliases": ["Gran Colombia", "Republic of Colombia"],
        "labels": {"ES": "República de Colombia", "fr": "Grande Colombie", "de": "Großkolumbien"},
        "names": [
            {"name": "Bogotá"},
            {"name": "La Gran Colombia", "language": "es"},
            {"name": "Colombia", "language": "es"},
        ],
    }
    for q in ("gran colombia", "großkolumbien", "republic"):
        assert await found(writer, "search", q) == ["actors/stays"]
        assert await found(writer, "suggest", q) == ["actors/stays"]
    assert (merge["moved"], merge["pending"], merge["state"]) == (0, 0, "done")
    [last, _] = (await writer.get("actors/stays/revisions")).json()["items"]
    assert (last["action"], last["comment"]) == ("merge", "actors/goes was merged into actors/stays")
    assert (await undo(writer, merge)).status_code == 200
    assert await named(writer) == before
    assert await found(writer, "search", "gran colombia") == ["actors/goes"]


async def test_names_are_left_out_where_that_is_asked(writer):
    await writer.create("actors", **GOES)
    await writer.create("actors", **STAYS)
    before = await named(writer)
    answer = await writer.post("merges", {"from": "actors/goes", "into": "actors/stays", "aliases": False})
    assert answer.status_code == 201
    assert await named(writer) == before
    assert (await writer.get("actors/stays")).json()["revision"] == 1
    assert (await undo(writer, answer.json())).status_code == 200


@pytest.mark.parametrize("aliases", ["false", None, 0, []])
async def test_whether_is_said_with_true_or_false(writer, aliases):
    await writer.create("actors", **GOES)
    await writer.create("actors", **STAYS)
    body = {"from": "actors/goes", "into": "actors/stays", "aliases": aliases}
    refused = await writer.post("merges", body)
    assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (422, ["/aliases"])


async def test_nothing_is_written_where_all_names_are_known(writer):
    await writer.create("actors", id="goes", title="Colombia", aliases=["Bogotá"])
    await writer.create("actors", **STAYS)
    await writer.merge("actors/goes", "actors/stays")
    assert (await writer.get("actors/stays")).json()["revision"] == 1


async def test_edits_of_the_one_that_stays_are_kept_when_it_is_undone(writer):
    await writer.create("actors", **GOES)
    await writer.create("actors", **STAYS)
    merge = await writer.merge("actors/goes", "actors/stays")
    after = await named(writer)
    edit = {
        "summary": "A state.",
        "aliases": [*after["aliases"][1:], "Own"],
        "labels": {"de": "Kolumbien"},
    }
    assert (await writer.patch("actors/stays", edit)).status_code == 200
    assert (await undo(writer, merge)).status_code == 200
    record = (await writer.get("actors/stays")).json()
    assert (record["summary"], record["aliases"]) == ("A state.", ["Own"])
    assert record["labels"] == {**STAYS["labels"], "de": "Kolumbien"}
    assert record["names"] == STAYS["names"]


async def test_one_that_is_deleted_or_merged_since_stands_against_nothing(writer):
    await writer.create("actors", **GOES)
    await writer.create("actors", **STAYS)
    await writer.create("actors", id="third", title="Third")
    first = await writer.merge("actors/goes", "actors/stays")
    second = await writer.merge("actors/stays", "actors/third")
    assert "Gran Colombia" in (await named(writer, "actors/third"))["aliases"]
    assert (await undo(writer, second)).status_code == 200
    assert await named(writer, "actors/third") == {"title": "Third"}
    assert (await writer.delete("actors/stays")).status_code == 204
    assert (await undo(writer, first)).status_code == 200
    assert (await named(writer, "actors/goes"))["title"] == "Gran Colombia"


async def test_its_own_references_move_in_the_same_revision(writer):
    await writer.create("actors", **GOES)
    await writer.create("actors", **STAYS, relations=[{"type": "successor-of", "target": "actors/goes"}])
    merge = await writer.merge("actors/goes", "actors/stays")
    record = (await writer.get("actors/stays")).json()
    assert (record["revision"], "relations" in record) == (2, False)
    assert record["aliases"] == ["Gran Colombia", "Republic of Colombia"]
    # What its references were is known for the document as it was: an edit stands against undoing.
    await writer.patch("actors/stays", {"summary": "A state."})
    refused = await undo(writer, merge)
    assert (refused.status_code, refused.json()["conflicts"]) == (409, ["actors/stays"])
    await writer.patch("actors/stays", {"summary": None})
    assert (await undo(writer, merge)).status_code == 200
    assert (await writer.get("actors/stays")).json()["relations"][0]["target"] == "actors/goes"
    assert "aliases" not in (await named(writer))


async def test_more_names_than_a_record_may_have_are_refused(writer):
    many = [f"Name {number}" for number in range(1000)]
    await writer.create("actors", id="goes", title="Goes", aliases=many[:500])
    await writer.create("actors", id="stays", title="Stays", aliases=many[500:])
    await writer.create("events", id="e", participants=[{"actor": "actors/goes"}])
    refused = await writer.post("merges", {"from": "actors/goes", "into": "actors/stays"})
    assert refused.status_code == 422
    [fault] = refused.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/aliases", "too_long")
    assert '"aliases": false' in fault["detail"]
    assert (await writer.get("actors/goes")).status_code == 200
    body = {"from": "actors/goes", "into": "actors/stays", "aliases": False}
    assert (await writer.post("merges", body)).status_code == 201


async def test_one_that_would_be_too_large_is_refused(writer):
    # Of four bytes each: U+20000, a character of Chinese.
    aliases = [f"{number:03d}" + "\U00020000" * 297 for number in range(950)]
    await writer.create("actors", id="stays", title="Stays", aliases=aliases[:600])
    await writer.create("actors", id="goes", title="Goes", aliases=aliases[600:])
    refused = await writer.post("merges", {"from": "actors/goes", "into": "actors/stays"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "too_large")
    assert (await writer.get("actors/goes")).status_code == 200


async def test_a_long_merge_gives_names_at_once_and_undoing_takes_them_at_once(writer, app, monkeypatch):
    for module in (merging, unmerging):
        monkeypatch.setattr(module, "MAX_AT_ONCE", 3)
    await writer.create("actors", **GOES)
    await writer.create("actors", **STAYS)
    before = await named(writer)
    for number in range(5):
        await writer.create("events", id=f"e{number}", participants=[{"actor": "actors/goes"}])
    await asyncio.sleep(0.1)
    monkeypatch.setattr(app.state, "upkeep", None)
    begun = await writer.post("merges", {"from": "actors/goes", "into": "actors/stays"})
    assert (begun.status_code, begun.json()["moved"], begun.json()["pending"]) == (202, 0, 5)
    after = await named(writer)
    assert after["aliases"] == ["Gran Colombia", "Republic of Colombia"]
    while await app.state.db.write(continue_one_merge):
        pass
    done = (await writer.get(f"merges/{begun.json()['id']}")).json()
    assert (done["state"], done["moved"], done["pending"]) == ("done", 5, 0)
    assert await named(writer) == after
    undoing = await undo(writer, done)
    assert (undoing.status_code, undoing.json()["pending"]) == (202, 5)
    assert await named(writer) == before
    while await app.state.db.write(continue_one_merge):
        pass
    gone = (await writer.get(f"merges/{done['id']}")).json()
    assert (gone["merge"]["state"], gone["merge"]["moved"], "conflicts" in gone) == ("undone", 5, False)
    assert (await writer.get("events/e0")).json()["participants"] == [{"actor": "actors/goes"}]
    assert await named(writer) == before
