"""The feed of changes: complete, in commit order, and enough to keep a mirror."""

import asyncio
from itertools import product
from urllib.parse import urlencode

import pytest
from writers import Writer, key_of

from app.changes import service
from app.records.kinds import RECORD_KINDS

pytestmark = pytest.mark.anyio

COLLECTION_KINDS = {kind.collection: kind.kind for kind in RECORD_KINDS}


async def read_all(writer, after=0, limit=3):
    path, items = f"/v1/changes?after={after}&limit={limit}", []
    while path:
        page = (await writer.ask("GET", path)).json()
        items += page["items"]
        path = page["next"]
    return items


@pytest.mark.slow
async def test_every_write_is_told_in_order(writer):
    await writer.create("actors", id="a")
    await writer.create("actors", id="b")
    await writer.create("events", id="e", participants=[{"actor": "actors/a"}])
    await writer.patch("events/e", {"summary": "s"})
    await writer.delete("events/e")
    await writer.post("events/e/restore")
    await writer.post("events/e/revert", {"to": 1}, **{"If-Match": "*"})
    merge = await writer.merge("actors/a", "actors/b")
    await writer.ask("DELETE", f"/v1/merges/{merge['id']}")
    items = await read_all(writer)
    told = [(item["action"], item["ref"], item["revision"]) for item in items]
    assert told[:7] == [
        ("create", "actors/a", 1),
        ("create", "actors/b", 1),
        ("create", "events/e", 1),
        ("update", "events/e", 2),
        ("delete", "events/e", 3),
        ("restore", "events/e", 4),
        ("revert", "events/e", 5),
    ]
    assert sorted(told[7:9]) == [("merge", "actors/a", 2), ("merge", "events/e", 6)]
    assert sorted(told[9:]) == [("unmerge", "actors/a", 3), ("unmerge", "events/e", 7)]
    numbers = [item["seq"] for item in items]
    assert numbers == sorted(set(numbers))
    assert {item["by"] for item in items} == {"editor"}
    assert await read_all(writer, after=numbers[4]) == items[5:]
    assert (await writer.get("changes", after=numbers[-1])).json() == {"items": [], "next": None}


async def test_the_feed_is_not_sent_again_until_something_is_written(writer):
    await writer.create("actors", id="a")
    path = "/v1/changes?after=0"
    first = await writer.ask("GET", path)
    head = await writer.ask("HEAD", path)
    assert (head.headers["etag"], head.content) == (first.headers["etag"], b"")
    seen = {"If-None-Match": first.headers["etag"]}
    for method in ("GET", "HEAD"):
        again = await writer.ask(method, path, headers=seen)
        assert (again.status_code, again.headers["etag"]) == (304, first.headers["etag"])
    await writer.create("actors", id="b")
    changed = await writer.ask("GET", path, headers=seen)
    assert (changed.status_code, len(changed.json()["items"])) == (200, 2)


@pytest.mark.parametrize(
    "query",
    [
        "after=-1",
        "after=x",
        "limit=0",
        "limit=1001",
        "since=1",
        "after=1&after=2",
        "after=99999999999999999999",
        "before=0",
        "before=",
        "before=99999999999999999999",
        "sort=at",
        "sort=-seq&sort=seq",
        "kind=thing",
        "kind=",
        "ref=e",
        "ref=events/never",
        "by=",
        "since=2026-01-01",
        "since=yesterday",
    ],
)
async def test_malformed_questions(refused_writer, query):
    assert (await refused_writer.ask("GET", f"/v1/changes?{query}")).status_code == 400


async def write_as_two(client, writer):
    """Write as two keys, among records that are deleted, merged and restored."""
    other = Writer(client, await key_of(client, "other é&", "read", "write"))
    for name in "ab":
        await writer.create("actors", id=name)
    await other.create("places", id="p")
    await other.create("events", id="e", participants=[{"actor": "actors/a"}])
    await writer.patch("events/e", {"summary": "s"})
    await other.patch("places/p", {"summary": "s"})
    await writer.delete("places/p")
    await writer.merge("actors/a", "actors/b")
    await other.post("places/p/restore")


@pytest.mark.slow
@pytest.mark.parametrize("few", [0, 2, 4000])
async def test_filters_leave_out_what_they_say(client, writer, monkeypatch, few):
    monkeypatch.setattr(service, "SELECTIVE_LIMIT", few)
    await write_as_two(client, writer)
    every = await read_all(writer)
    moments = [every[0]["at"], every[3]["at"], every[-1]["at"], "2999-01-01T00:00:00Z"]
    kinds = [None, "event", "actor,place", "mission", "source,place,event"]
    refs = [None, "events/e", "places/p", "actors/a"]
    for kind, ref, by, since in product(
        kinds, refs, [None, "editor", "other é&", "nobody"], [None, *moments]
    ):
        named = {"kind": kind, "ref": ref, "by": by, "since": since}
        asked = {name: value for name, value in named.items() if value is not None}
        expected = [
            item
            for item in every
            if (kind is None or COLLECTION_KINDS[item["ref"].partition("/")[0]] in kind.split(","))
            and (ref is None or item["ref"] == ref)
            and (by is None or item["by"] == by)
            and (since is None or item["at"] >= since)
        ]
        assert await pages_of(writer, {"limit": 2} | asked) == expected, asked


@pytest.mark.slow
@pytest.mark.parametrize("few", [0, 2, 4000])
async def test_the_latest_come_first_where_that_is_asked_for(client, writer, monkeypatch, few):
    monkeypatch.setattr(service, "SELECTIVE_LIMIT", few)
    await write_as_two(client, writer)
    every = await read_all(writer)
    first, third, last = every[0]["seq"], every[2]["seq"], every[-1]["seq"]
    filters = [{}, {"kind": "actor,place"}, {"by": "editor"}, {"ref": "places/p"}, {"since": every[3]["at"]}]
    for named, after, before, sort in product(
        filters, [None, third], [None, first, last, last + 9], ["seq", "-seq"]
    ):
        window = {"after": after, "before": before, "sort": sort}
        asked = named | {name: value for name, value in window.items() if value is not None}
        within = {item["seq"] for item in every if (after or 0) < item["seq"] < (before or last + 1)}
        told = [item for item in await pages_of(writer, {"limit": 100} | named) if item["seq"] in within]
        found = await pages_of(writer, {"limit": 2} | asked)
        assert found == (told if sort == "seq" else told[::-1]), asked
    assert len(every) > 8


async def pages_of(writer, asked):
    path, found = f"/v1/changes?{urlencode(asked)}", []
    while path:
        page = (await writer.ask("GET", path)).json()
        found += page["items"]
        path = page["next"]
    return found


async def test_a_change_names_the_fields_that_it_changed(client, writer):
    await write_as_two(client, writer)
    told = {(item["action"], item["ref"]): item.get("fields") for item in await read_all(writer)}
    assert told["create", "events/e"] is None
    assert told["update", "events/e"] == ["summary"]
    assert told["merge", "events/e"] == ["participants"]
    assert told["merge", "actors/a"] is None
    assert told["delete", "places/p"] is None


async def test_an_unknown_record_has_no_changes_but_a_near_one(writer):
    await writer.create("events", id="bay-of-pigs")
    refused = await writer.get("changes", ref="events/bay-of-pig")
    [fault] = refused.json()["errors"]
    assert (refused.status_code, fault["parameter"], fault["suggestion"]) == (
        400,
        "ref",
        "events/bay-of-pigs",
    )


async def follow(writer, mirror, after):
    for item in await read_all(writer, after, 50):
        after, ref = item["seq"], item["ref"]
        answer = await writer.get(ref)
        if answer.status_code == 200:
            mirror[ref] = {k: v for k, v in answer.json().items() if k != "linked"}
        else:
            assert answer.status_code in (308, 404, 410)
            mirror.pop(ref, None)
    return after


@pytest.mark.slow
async def test_a_mirror_that_follows_ends_with_the_same_documents(writer):
    mirror, after, ended = {}, 0, asyncio.Event()

    async def work(number):
        name = f"n{number}"
        await writer.create("actors", id=name)
        await writer.create("events", id=name, participants=[{"actor": f"actors/{name}"}])
        await writer.patch(f"events/{name}", {"summary": "s"})
        if number % 3 == 0:
            await writer.delete(f"events/{name}")
        if number % 3 == 1:
            await writer.create("actors", id=f"m{number}")
            await writer.merge(f"actors/{name}", f"actors/m{number}")

    async def mirroring():
        nonlocal after
        while not ended.is_set():
            seen = await follow(writer, mirror, after)
            assert seen >= after
            after = seen
            await asyncio.sleep(0)

    following = asyncio.ensure_future(mirroring())
    await asyncio.gather(*(work(number) for number in range(12)))
    ended.set()
    await following
    await follow(writer, mirror, after)
    there = {
        f"{kind.collection}/{item['id']}": item
        for kind in RECORD_KINDS
        for item in (await writer.get(kind.collection, limit=1000)).json()["items"]
    }
    assert mirror == there


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("kinds", "by"),
    [(("agreement",), False), (("agreement", "place"), False), ((), True), (("event",), True)],
)
@pytest.mark.parametrize("latest_first", [False, True])
async def test_changes_are_looked_up_wherever_in_the_log_they_come(database, writer, kinds, by, latest_first):
    """Postgres takes what is asked to be spread evenly over all changes, and here it comes last."""
    await writer.create("events", id="e")
    shape = service._Shape(
        kinds, ref=False, by=by, since=False, few=False, before=latest_first, latest_first=latest_first
    )
    asked_for = {"after": 0, "before": 20_001, "most": 51, "by": "late"}
    statement, asked = service._page(shape).for_postgresql(asked_for)
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO change (seq, at, by, action, record, revision, kind)"
            " SELECT n, n, CASE WHEN n > 12000 THEN 'late' ELSE 'early' END, 'update', (SELECT max(pk) FROM record), 1,"
            " CASE WHEN n > 12000 THEN 'agreement' ELSE 'event' END FROM generate_series(1000, 20000) AS n"
        )
        connection.exec_driver_sql("ANALYZE change")
        plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", asked))
    assert "ix_change_by" in plan if by and not kinds else "ix_change_" in plan
    assert "pk_change" not in plan
    assert "Seq Scan on change" not in plan
