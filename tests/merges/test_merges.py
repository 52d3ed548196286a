"""Merging two records of the same thing, what becomes of those that refer to them, and undoing it."""

import asyncio

import pytest
from sqlalchemy import func, select
from waiting import until

from app.database import tables
from app.merges import pending as pending_merges
from app.merges import service as merging
from app.merges import undo as unmerging
from app.merges.pending import continue_one_merge
from app.records.kinds import RECORD_KINDS

pytestmark = pytest.mark.anyio


async def documents(writer):
    """Read every live record, without what each write changes."""
    changing = {"revision", "updated_at", "linked"}
    return {
        f"{kind.collection}/{item['id']}": {k: v for k, v in item.items() if k not in changing}
        for kind in RECORD_KINDS
        for item in (await writer.get(kind.collection, limit=1000)).json()["items"]
    }


async def populate(writer):
    await writer.create("sources", id="s1", title="S1")
    await writer.create("sources", id="s2", title="S2")
    for name in ("a", "b", "c"):
        await writer.create("actors", id=name, title=name.upper(), type="person")
    await writer.create("places", id="p")
    await writer.create(
        "agreements",
        id="g",
        parties=[{"actor": "actors/a"}],
        provisions=[{"id": "x", "obliges": ["actors/a", "actors/b"], "benefits": ["actors/c"]}],
    )
    await writer.create(
        "events",
        id="e",
        participants=[
            {"actor": "actors/a", "role": "host"},
            {"actor": "actors/b", "role": "host"},
            {"actor": "actors/a", "role": "guest"},
        ],
        evidence=[
            {"id": "e1", "source": "sources/s1", "property": "participants/actors/a:host"},
            {"id": "e2", "source": "sources/s1", "property": "participants/actors/a:guest"},
        ],
    )
    await writer.create("events", id="f", participants=[{"actor": "actors/c"}])


@pytest.fixture(scope="module")
async def populated(shared_writer):
    """The same, with records that are deleted and merged away."""
    await populate(shared_writer)
    for name in ("deleted", "merged"):
        await shared_writer.create("actors", id=name)
    await shared_writer.delete("actors/deleted")
    await shared_writer.merge("actors/merged", "actors/c")


async def test_every_reference_moves(writer):
    await populate(writer)
    merge = await writer.merge("actors/a", "actors/b")
    assert {name: merge[name] for name in ("from", "into", "by", "state", "moved", "pending")} == {
        "from": "actors/a",
        "into": "actors/b",
        "by": "editor",
        "state": "done",
        "moved": 2,
        "pending": 0,
    }
    event = (await writer.get("events/e")).json()
    assert event["participants"] == [
        {"actor": "actors/b", "role": "host"},
        {"actor": "actors/b", "role": "guest"},
    ]
    assert [item["property"] for item in event["evidence"]] == [
        "participants/actors/b:host",
        "participants/actors/b:guest",
    ]
    agreement = (await writer.get("agreements/g")).json()
    assert agreement["parties"] == [{"actor": "actors/b"}]
    assert agreement["provisions"][0]["obliges"] == ["actors/b"]
    assert (await writer.get("events/f")).json()["revision"] == 1
    moved = await writer.get("actors/a")
    assert (moved.status_code, moved.headers["location"]) == (308, "/v1/actors/b")
    assert (await writer.get(f"merges/{merge['id']}")).json() == merge
    revisions = (await writer.get("events/e/revisions")).json()["items"]
    assert [item["action"] for item in revisions] == ["merge", "create"]
    incoming = (await writer.get("actors/b", include="incoming")).json()["incoming"]
    assert {item["ref"] for item in incoming} == {"events/e", "agreements/g"}


async def test_links_of_a_record_to_itself_drop(writer):
    await writer.create("actors", id="a", relations=[{"type": "ally-of", "target": "actors/a"}][:0])
    await writer.create("actors", id="b", relations=[{"type": "ally-of", "target": "actors/a"}])
    await writer.create(
        "actors",
        id="c",
        relations=[{"type": "ally-of", "target": "actors/a"}, {"type": "ally-of", "target": "actors/b"}],
    )
    await writer.merge("actors/a", "actors/b")
    assert "relations" not in (await writer.get("actors/b")).json()
    assert (await writer.get("actors/c")).json()["relations"] == [{"type": "ally-of", "target": "actors/b"}]


async def test_sources_of_evidence_move_unless_their_texts_differ(writer):
    digests = {"s1": "a" * 64, "s2": "b" * 64, "s3": "a" * 64}
    for name, digest in digests.items():
        await writer.create("sources", id=name, text={"sha256": digest})
    await writer.create("sources", id="s4")
    await writer.create("events", id="e", evidence=[{"source": "sources/s1", "property": "title"}])
    refused = await writer.post("merges", {"from": "sources/s1", "into": "sources/s2"})
    assert (refused.status_code, refused.json()["code"]) == (409, "different_texts")
    await writer.merge("sources/s1", "sources/s3")
    await writer.merge("sources/s4", "sources/s3")
    assert (await writer.get("events/e")).json()["evidence"][0]["source"] == "sources/s3"


@pytest.mark.usefixtures("populated")
@pytest.mark.parametrize(
    ("source", "target", "status", "pointer"),
    [
        ("actors/a", "actors/a", 422, "/into"),
        ("actors/a", "places/p", 422, "/into"),
        ("actors/never", "actors/a", 422, "/from"),
        ("actors/a", "actors/never", 422, "/into"),
        ("actors/deleted", "actors/a", 410, None),
        ("actors/a", "actors/deleted", 410, None),
        ("actors/merged", "actors/a", 409, None),
        ("actors/a", "actors/merged", 409, None),
        ("actor/a", "actors/b", 422, "/from"),
        ("actors/", "actors/b", 422, "/from"),
        (7, None, 422, "/from"),
        ("actors/a\n", "actors/b", 422, "/from"),
        ("actors/" + "a" * 5000, "actors/b", 422, "/from"),
    ],
)
async def test_merges_that_cannot_be(refused_writer, source, target, status, pointer):
    refused = await refused_writer.post("merges", {"from": source, "into": target})
    assert refused.status_code == status
    if pointer:
        assert pointer in [error["pointer"] for error in refused.json()["errors"]]


@pytest.mark.parametrize(
    "body", [[], {}, {"from": "actors/a"}, {"from": "actors/a", "into": "actors/b", "x": 1}, "x"]
)
async def test_a_merge_says_from_and_into(writer, body):
    await populate(writer)
    assert (await writer.post("merges", body)).status_code == 422


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"from": "actors/cuba", "into": "actors/nope", "x": 1, "inot": "actors/cuba"},
            {
                ("/x", "unknown_field", None),
                ("/inot", "unknown_field", "into"),
                ("/into", "unknown_reference", None),
            },
        ),
        (
            {"from": "actors/cubo", "into": "actors/ciba"},
            {
                ("/from", "unknown_reference", "actors/cuba"),
                ("/into", "unknown_reference", "actors/cuba"),
            },
        ),
        (
            {"from": 7, "into": "actors/cubo"},
            {("/from", "wrong_type", None), ("/into", "unknown_reference", "actors/cuba")},
        ),
        (
            {"from": "actor/cuba", "into": None, "in to": 1},
            {
                ("/from", "invalid_reference", "actors/cuba"),
                ("/into", "wrong_type", None),
                ("/in to", "unknown_field", "into"),
            },
        ),
        (
            {"from": "actors/cubo", "into": "places/p", "x": 1},
            {
                ("/from", "unknown_reference", "actors/cuba"),
                ("/into", "wrong_kind", None),
                ("/x", "unknown_field", None),
            },
        ),
        ([1], {("", "wrong_type", None)}),
    ],
)
async def test_every_fault_of_a_merge_is_told_at_once(writer, body, expected):
    await writer.create("actors", id="cuba")
    await writer.create("places", id="p")
    refused = await writer.post("merges", body)
    assert refused.status_code == 422
    told = [(one["pointer"], one["code"], one.get("suggestion")) for one in refused.json()["errors"]]
    assert (set(told), len(told)) == (expected, len(expected))


async def test_undoing_restores_exactly_what_was_moved(writer):
    await populate(writer)
    before = await documents(writer)
    merge = await writer.merge("actors/a", "actors/b")
    await writer.create("events", id="new", participants=[{"actor": "actors/a"}])
    undone = await writer.ask("DELETE", f"/v1/merges/{merge['id']}")
    assert (undone.status_code, undone.json()["state"]) == (200, "undone")
    gone = await writer.get(f"merges/{merge['id']}")
    assert (gone.status_code, gone.json()["code"], gone.json()["merge"]) == (410, "undone", undone.json())
    after = await documents(writer)
    assert after.pop("events/new")["participants"] == [{"actor": "actors/b"}]
    assert after == before
    assert [item["action"] for item in (await writer.get("actors/a/revisions")).json()["items"]] == [
        "unmerge",
        "merge",
        "create",
    ]
    assert (await writer.ask("DELETE", f"/v1/merges/{merge['id']}")).status_code == 409
    assert (await writer.ask("DELETE", "/v1/merges/99")).status_code == 404
    assert (await writer.ask("DELETE", "/v1/merges/x")).status_code == 404
    again = await writer.merge("actors/a", "actors/b")
    assert again["id"] != merge["id"]


async def test_what_was_written_since_stands_against_undoing(writer):
    await populate(writer)
    merge = await writer.merge("actors/a", "actors/b")
    await writer.patch("events/e", {"summary": "written since"})
    refused = await writer.ask("DELETE", f"/v1/merges/{merge['id']}")
    assert (refused.status_code, refused.json()["conflicts"]) == (409, ["events/e"])
    # What stands against it is nothing that might have been meant instead.
    assert [set(one) for one in refused.json()["errors"]] == [{"code", "detail"}]
    assert (await writer.get("actors/a")).status_code == 308
    # What was taken back since stands against nothing.
    reverted = {"json": {"to": 2}, "headers": {"If-Match": "*"}}
    assert (await writer.ask("POST", "/v1/events/e/revert", **reverted)).status_code == 200
    assert (await writer.ask("DELETE", f"/v1/merges/{merge['id']}")).status_code == 200


async def test_a_chain_of_merges_is_undone_from_its_end(writer):
    await populate(writer)
    before = await documents(writer)
    first = await writer.merge("actors/a", "actors/b")
    second = await writer.merge("actors/b", "actors/c")
    assert (await writer.get("actors/a")).headers["location"] == "/v1/actors/c"
    assert (await writer.ask("DELETE", f"/v1/merges/{first['id']}")).status_code == 409
    assert (await writer.ask("DELETE", f"/v1/merges/{second['id']}")).status_code == 200
    # Undoing is a write as well, but what it restored is what the first merge left.
    assert (await writer.ask("DELETE", f"/v1/merges/{first['id']}")).status_code == 200
    assert await documents(writer) == before


async def test_what_a_merged_record_referred_to_may_be_gone(writer):
    await writer.create("places", id="p")
    await writer.create("actors", id="a", places=[{"place": "places/p"}])
    await writer.create("actors", id="b")
    merge = await writer.merge("actors/a", "actors/b")
    assert (await writer.delete("places/p")).status_code == 204
    refused = await writer.ask("DELETE", f"/v1/merges/{merge['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "dangling")
    (fault,) = refused.json()["errors"]
    assert (fault["pointer"], fault.get("suggestion")) == ("/places/0/place", None)
    assert "actors/a" in fault["detail"]
    await writer.post("places/p/restore")
    assert (await writer.ask("DELETE", f"/v1/merges/{merge['id']}")).status_code == 200


async def crowd(writer, count):
    await writer.create("actors", id="a")
    await writer.create("actors", id="b")
    for number in range(count):
        await writer.create("events", id=f"e{number}", participants=[{"actor": "actors/a"}])


async def test_a_long_merge_answers_202_and_goes_on_in_batches(writer, app, monkeypatch):
    monkeypatch.setattr(merging, "MAX_AT_ONCE", 3)
    monkeypatch.setattr(pending_merges, "BATCH", 2)
    await crowd(writer, 7)
    await asyncio.sleep(0.1)
    monkeypatch.setattr(app.state, "upkeep", None)
    begun = await writer.post("merges", {"from": "actors/a", "into": "actors/b"})
    assert (begun.status_code, begun.json()["state"], begun.json()["pending"]) == (202, "running", 7)
    path = begun.headers["location"]
    # Meanwhile readers are redirected, and writers move what they touch.
    assert (await writer.get("actors/a")).headers["location"] == "/v1/actors/b"
    patched = await writer.patch("events/e6", {"summary": "written meanwhile"})
    assert patched.json()["participants"] == [{"actor": "actors/b"}]
    await writer.delete("events/e5")
    assert (await writer.ask("DELETE", path)).json()["code"] == "merge_under_way"
    assert (await writer.delete("actors/b")).status_code == 409
    refused = await writer.post("merges", {"from": "actors/b", "into": "actors/c"})
    assert refused.status_code in (409, 422)
    await app.state.db.write(continue_one_merge)
    assert (await writer.ask("GET", path)).json()["pending"] == 5
    while await app.state.db.write(continue_one_merge):
        pass
    done = (await writer.ask("GET", path)).json()
    assert (done["state"], done["moved"], done["pending"]) == ("done", 5, 0)
    for number in (0, 4, 6):
        assert (await writer.get(f"events/e{number}")).json()["participants"] == [{"actor": "actors/b"}]
    with app.state.db.snapshot() as connection:
        left = (
            select(func.count())
            .select_from(
                tables.reference.join(
                    tables.record,
                    tables.record.c.pk == tables.reference.c.target,
                )
            )
            .where(tables.record.c.id == "a")
        )
        assert connection.execute(left).scalar_one() == 0


async def test_the_service_finishes_long_merges_by_itself(writer, monkeypatch):
    monkeypatch.setattr(merging, "MAX_AT_ONCE", 3)
    monkeypatch.setattr(pending_merges, "BATCH", 2)
    await crowd(writer, 7)
    begun = await writer.post("merges", {"from": "actors/a", "into": "actors/b"})
    assert begun.status_code == 202

    async def is_over():
        return (await writer.ask("GET", begun.headers["location"])).json()["state"] == "done"

    await until(is_over)
    assert (await writer.get("events/e3")).json()["participants"] == [{"actor": "actors/b"}]


async def merged_crowd(writer, app, monkeypatch):
    """Merge a record that many refer to, with nothing that goes on by itself; gives all as it was, and the merge."""
    monkeypatch.setattr(app.state, "upkeep", None)
    monkeypatch.setattr(unmerging, "MAX_AT_ONCE", 3)
    monkeypatch.setattr(pending_merges, "BATCH", 2)
    await crowd(writer, 7)
    await asyncio.sleep(0.1)
    before = await documents(writer)
    return before, (await writer.merge("actors/a", "actors/b"))["href"]


async def finish(app):
    """Do what is left, as any number of processes may at once."""
    while any(await asyncio.gather(*(app.state.db.write(continue_one_merge) for _ in range(3)))):
        pass


async def test_a_long_undoing_answers_202_and_goes_on_in_batches(writer, app, monkeypatch):
    before, path = await merged_crowd(writer, app, monkeypatch)
    await writer.create("actors", id="c")
    begun = await writer.ask("DELETE", path, headers={"X-Edit-Comment": "They are two"})
    assert (begun.status_code, begun.headers["location"], begun.headers["retry-after"]) == (202, path, "1")
    told = begun.json()
    assert (told["state"], told["moved"], told["pending"]) == ("running", 0, 7)
    assert (await writer.ask("GET", path)).json() == told
    await app.state.db.write(continue_one_merge)
    running = (await writer.ask("GET", path)).json()
    assert (running["state"], running["moved"], running["pending"]) == ("running", 2, 5)
    # Meanwhile both can be read, and each record refers to the one or the other.
    assert (await writer.get("actors/a")).json()["revision"] == 3
    named = [(await writer.get(f"events/e{number}")).json()["participants"] for number in range(7)]
    assert named == [[{"actor": "actors/a"}]] * 2 + [[{"actor": "actors/b"}]] * 5
    listed = {
        one: {
            event["id"] for event in (await writer.get("events", participant=f"actors/{one}")).json()["items"]
        }
        for one in ("a", "b")
    }
    assert listed == {"a": {"e0", "e1"}, "b": {"e2", "e3", "e4", "e5", "e6"}}
    # Nothing else may become of the two before it is over.
    again = await writer.ask("DELETE", path)
    assert (again.status_code, again.json()["code"]) == (409, "merge_under_way")
    for source, target in (("a", "b"), ("b", "a"), ("a", "c"), ("c", "a"), ("b", "c"), ("c", "b")):
        refused = await writer.post("merges", {"from": f"actors/{source}", "into": f"actors/{target}"})
        assert (refused.status_code, refused.json()["code"]) == (409, "merge_under_way")
    await writer.put("events/e0", {"title": "E"})
    await writer.put("events/e1", {"title": "E"})
    for one, code in (("a", "merge_under_way"), ("b", "referenced")):
        refused = await writer.delete(f"actors/{one}")
        assert (refused.status_code, refused.json()["code"]) == (409, code)
    for number in (0, 1):
        await writer.post(f"events/e{number}/revert", {"to": 3}, **{"If-Match": "*"})
    await finish(app)
    gone = await writer.ask("GET", path)
    assert (gone.status_code, gone.json()["code"], "conflicts" in gone.json()) == (410, "undone", False)
    assert gone.json()["merge"] == told | {"state": "undone", "moved": 7, "pending": 0}
    after = await documents(writer)
    assert after.pop("actors/c")
    assert after == before
    for ref in ("actors/a", "events/e6"):
        (last, *_) = (await writer.get(f"{ref}/revisions")).json()["items"]
        assert (last["action"], last["by"], last["comment"]) == ("unmerge", "editor", "They are two")
    assert (await writer.merge("actors/a", "actors/b"))["moved"] == 7


async def test_what_is_written_while_a_merge_is_undone_stays_and_is_told(writer, app, monkeypatch):
    before, path = await merged_crowd(writer, app, monkeypatch)
    assert (await writer.ask("DELETE", path)).status_code == 202
    await app.state.db.write(continue_one_merge)
    patched = await writer.patch("events/e6", {"summary": "written meanwhile"})
    await writer.delete("events/e5")
    # What says again what the merge left is restored, as what was restored already may be written.
    await writer.patch("events/e4", {"summary": "a mistake"})
    await writer.post("events/e4/revert", {"to": 2}, **{"If-Match": "*"})
    await writer.patch("events/e0", {"summary": "of its own"})
    await finish(app)
    gone = (await writer.ask("GET", path)).json()
    assert (gone["merge"]["state"], gone["merge"]["moved"], gone["merge"]["pending"]) == ("undone", 5, 0)
    assert (gone["conflicts"], gone["count"]) == (["events/e5", "events/e6"], 2)
    assert (await writer.get("events/e6")).json() == patched.json()
    after = await documents(writer)
    assert after.pop("events/e6")["participants"] == [{"actor": "actors/b"}]
    assert after.pop("events/e0") == before.pop("events/e0") | {"summary": "of its own"}
    assert after == {ref: one for ref, one in before.items() if ref not in ("events/e5", "events/e6")}


async def test_a_long_undoing_is_refused_before_anything_is_written(writer, app, monkeypatch):
    _, path = await merged_crowd(writer, app, monkeypatch)
    await writer.patch("events/e6", {"summary": "written since"})
    await writer.delete("events/e5")
    await writer.patch("events/e4", {"summary": "a mistake"})
    await writer.post("events/e4/revert", {"to": 2}, **{"If-Match": "*"})
    left = await documents(writer)
    refused = await writer.ask("DELETE", path)
    assert (refused.status_code, refused.json()["code"]) == (409, "edited_since")
    assert (refused.json()["conflicts"], refused.json()["count"]) == (["events/e5", "events/e6"], 2)
    assert await documents(writer) == left
    assert (await writer.ask("GET", path)).json()["state"] == "done"
    await writer.post("events/e5/restore")
    await writer.post("events/e6/revert", {"to": 2}, **{"If-Match": "*"})
    assert (await writer.ask("DELETE", path)).status_code == 202
    await finish(app)
    assert (await writer.get("events/e4")).json()["participants"] == [{"actor": "actors/a"}]


async def test_what_is_written_just_before_a_long_undoing_begins_stands_against_it(writer, app, monkeypatch):
    _, path = await merged_crowd(writer, app, monkeypatch)
    await writer.patch("events/e3", {"summary": "a mistake"})
    await writer.post("events/e3/revert", {"to": 2}, **{"If-Match": "*"})
    look = unmerging.check_undo

    def look_and_be_late(connection, number):
        checked = look(connection, number)
        asyncio.run_coroutine_threadsafe(writer.patch("events/e3", {"summary": "late"}), loop).result()
        return checked

    loop = asyncio.get_running_loop()
    monkeypatch.setattr("app.merges.router.check_undo", look_and_be_late)
    refused = await writer.ask("DELETE", path)
    assert (refused.status_code, refused.json()["conflicts"]) == (409, ["events/e3"])
    assert (await writer.get("actors/a")).status_code == 308


async def test_an_undoing_that_was_cut_off_is_finished_by_who_comes_next(
    writer, app, monkeypatch, make_client
):
    before, path = await merged_crowd(writer, app, monkeypatch)
    assert (await writer.ask("DELETE", path)).status_code == 202
    await app.state.db.write(continue_one_merge)
    assert (await writer.ask("GET", path)).json()["pending"] == 5
    async with make_client():

        async def is_over():
            return (await writer.ask("GET", path)).status_code == 410

        await until(is_over)
    assert (await writer.ask("GET", path)).status_code == 410
    assert await documents(writer) == before


@pytest.mark.slow
async def test_the_service_finishes_long_undoings_by_itself(writer, monkeypatch):
    monkeypatch.setattr(unmerging, "MAX_AT_ONCE", 3)
    monkeypatch.setattr(pending_merges, "BATCH", 2)
    await crowd(writer, 7)
    await asyncio.sleep(0.1)
    path = (await writer.merge("actors/a", "actors/b"))["href"]
    await asyncio.sleep(0.5)  # for the round that the merge has started
    key = {"Idempotency-Key": "k"}
    begun = await writer.ask("DELETE", path, headers=key)
    assert begun.status_code == 202

    async def is_over():
        return (await writer.ask("GET", path)).status_code == 410

    await until(is_over)
    assert (await writer.get("events/e3")).json()["participants"] == [{"actor": "actors/a"}]
    again = await writer.ask("DELETE", path, headers=key)
    assert (again.status_code, again.content) == (202, begun.content)


async def test_two_merges_of_one_pair_at_once(writer):
    for _ in range(5):
        await populate(writer) if (await writer.get("actors/a")).status_code == 404 else None
        answers = await asyncio.gather(
            writer.post("merges", {"from": "actors/a", "into": "actors/b"}),
            writer.post("merges", {"from": "actors/b", "into": "actors/a"}),
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        (done,) = (answer.json() for answer in answers if answer.status_code == 201)
        assert (await writer.ask("DELETE", done["href"])).status_code == 200
