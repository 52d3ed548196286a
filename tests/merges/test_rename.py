"""Renaming a record: the old address redirects for good, and all that refers to it goes on doing so."""

import asyncio

import pytest

from app.maintenance.check import check
from app.maintenance.purge import purge
from app.merges import rename as renaming
from app.merges.pending import continue_one_merge

pytestmark = pytest.mark.anyio


async def rename(writer, ref, to, match="*", **headers):
    return await writer.post(
        f"{ref}/rename", {"to": to}, **({"If-Match": match} if match is not None else {}), **headers
    )


async def populate(writer):
    await writer.create("sources", id="s", title="S")
    await writer.create("actors", id="b", title="B")
    await writer.create("actors", id="a", title="A", relations=[{"type": "ally-of", "target": "actors/b"}])
    await writer.patch("actors/a", {"summary": "Second."})
    await writer.create(
        "events",
        id="e",
        participants=[{"actor": "actors/a", "role": "host"}],
        evidence=[{"id": "e1", "source": "sources/s", "property": "participants/actors/a:host"}],
    )
    await writer.create(
        "agreements",
        id="g",
        parties=[{"actor": "actors/a"}],
        provisions=[{"id": "x", "obliges": ["actors/a"]}],
    )


def consistent(app):
    assert check(app.state.db) == []


async def test_the_old_address_redirects_with_everything_below_it(writer, app):
    await populate(writer)
    read = await writer.get("actors/a")
    answer = await rename(writer, "actors/a", "alpha", read.headers["etag"], **{"X-Edit-Comment": "fuller"})
    assert answer.status_code == 200
    assert answer.headers["content-location"] == "/v1/actors/alpha"
    now = await writer.get("actors/alpha")
    assert (answer.content, answer.headers["etag"]) == (now.content, now.headers["etag"])
    document = now.json()
    assert (document["id"], document["href"], document["revision"]) == ("alpha", "/v1/actors/alpha", 3)
    for below in ("", "/revisions", "/revisions/1", "/revisions/9", "/diff?from=1&to=2", "/evidence",
                  "?known_at=2100-01-01T00:00:00Z", "?known_at=1999-01-01T00:00:00Z"):  # fmt: skip
        moved = await writer.ask("GET", f"/v1/actors/a{below}")
        assert (moved.status_code, moved.headers.get("location")) == (308, f"/v1/actors/alpha{below}"), below
        assert moved.json()["moved_to"].startswith("/v1/actors/alpha")
        assert "merge" not in moved.json()
    # A header takes no control characters.
    moved = await writer.ask("GET", "/v1/actors/a/evidence/%15%C3%A9%25")
    assert (moved.status_code, moved.headers.get("location")) == (
        308,
        "/v1/actors/alpha/evidence/%15%C3%A9%25",
    )
    # The history is one, and readable at the new address: what was written under the old id says so.
    history = (await writer.get("actors/alpha/revisions")).json()["items"]
    assert [(one["revision"], one["action"]) for one in history] == [
        (3, "rename"),
        (2, "update"),
        (1, "create"),
    ]
    assert history[0]["comment"] == "fuller"
    assert (await writer.get("actors/alpha/revisions/1")).json()["id"] == "a"
    difference = (await writer.get("actors/alpha/diff", **{"from": 2, "to": 3})).json()
    assert {"op": "replace", "path": "/id", "value": "alpha"} in difference
    reverted = await writer.post("actors/alpha/revert", {"to": 1}, **{"If-Match": "*"})
    assert (reverted.status_code, reverted.json()["id"], "summary" in reverted.json()) == (
        200,
        "alpha",
        False,
    )
    consistent(app)


async def test_references_go_on_pointing_to_it(writer, app):
    await populate(writer)
    await rename(writer, "actors/a", "alpha")
    event = (await writer.get("events/e")).json()
    assert event["participants"] == [{"actor": "actors/alpha", "role": "host"}]
    assert event["evidence"][0]["property"] == "participants/actors/alpha:host"
    assert event["linked"]["actors/alpha"]["id"] == "alpha"
    agreement = (await writer.get("agreements/g")).json()
    assert agreement["parties"] == [{"actor": "actors/alpha"}]
    assert agreement["provisions"][0]["obliges"] == ["actors/alpha"]
    assert (await writer.get("events/e/revisions")).json()["items"][0]["action"] == "rename"
    for named in ("a", "alpha"):
        found = await writer.get("events", participant=f"actors/{named}")
        assert [one["id"] for one in found.json()["items"]] == ["e"]
    # Whoever still writes the old one means it.
    again = await writer.create("events", id="f", participants=[{"actor": "actors/a"}])
    assert again["participants"] == [{"actor": "actors/alpha"}]
    assert (await writer.delete("actors/alpha")).json()["referrers"] == [
        "agreements/g",
        "events/e",
        "events/f",
    ]
    consistent(app)


async def test_a_source_keeps_its_text_and_its_evidence(writer, app):
    await populate(writer)
    await rename(writer, "sources/s", "the-source")
    assert (await writer.get("events/e")).json()["evidence"][0]["source"] == "sources/the-source"
    passages = (await writer.get("sources/the-source/evidence")).json()["items"]
    assert [one["ref"] for one in passages] == ["events/e"]
    as_it_has_it = await writer.get("events/e", policy="source:sources/s")
    assert as_it_has_it.json()["participants"] == [{"actor": "actors/a", "role": "host"}]
    consistent(app)


async def test_links_of_a_record_to_itself_are_kept(writer, app):
    await writer.create("actors", id="a", relations=[])
    made = await writer.patch("actors/a", {"relations": [{"type": "ally-of", "target": "actors/a"}]})
    if made.status_code == 200:
        renamed = await rename(writer, "actors/a", "alpha")
        assert renamed.json()["relations"] == [{"type": "ally-of", "target": "actors/alpha"}]
    consistent(app)


async def test_an_id_that_was_given_up_is_no_one_elses(writer):
    await populate(writer)
    await rename(writer, "actors/a", "alpha")
    made = await writer.post("actors", {"id": "a", "title": "Another"})
    assert (made.status_code, made.json()["code"]) == (409, "id_in_use")
    put = await writer.ask("PUT", "/v1/actors/a", json={"title": "A"}, headers={"If-None-Match": "*"})
    assert (put.status_code, put.json()["renamed_to"]) == (409, "actors/alpha")
    taken = await rename(writer, "actors/b", "a")
    assert (taken.status_code, taken.json()["errors"][0]["pointer"]) == (409, "/to")
    other = await rename(writer, "actors/b", "alpha")
    assert (other.status_code, other.json()["code"]) == (409, "id_in_use")
    assert "POST /v1/merges" in other.json()["detail"]
    assert (await writer.create("actors", title="A"))["id"] == "a-2"
    for answer in (
        await writer.patch("actors/a", {"summary": "x"}),
        await writer.delete("actors/a"),
        await writer.post("actors/a/restore"),
        await rename(writer, "actors/a", "c"),
    ):
        assert (answer.status_code, answer.json()["renamed_to"]) == (409, "actors/alpha")


async def test_it_can_be_renamed_again_and_back(writer, app):
    await populate(writer)
    current = "a"
    for to in ("alpha", "a1", "a", "alpha", "a"):
        assert (await rename(writer, f"actors/{current}", to)).status_code == 200, to
        current = to
        assert (await writer.get("events/e")).json()["participants"][0]["actor"] == f"actors/{to}"
        for other in {"a", "alpha", "a1"} - {to}:
            old = await writer.get(f"actors/{other}")
            assert (old.status_code, old.headers.get("location")) in ((308, f"/v1/actors/{to}"), (404, None))
        consistent(app)
    assert (await writer.get("actors/a")).json()["revision"] == 7
    unchanged = await rename(writer, "actors/a", "a")
    assert (unchanged.status_code, unchanged.json()["revision"]) == (200, 7)


async def test_what_is_wrong_is_told(writer):
    await populate(writer)
    await writer.create("actors", id="gone")
    await writer.delete("actors/gone")
    assert (await rename(writer, "actors/a", "alpha", None)).status_code == 428
    stale = await rename(writer, "actors/a", "alpha", '"1"')
    assert (stale.status_code, stale.json()["revision"]) == (412, 2)
    for to in ("b", "gone"):
        answer = await rename(writer, "actors/a", to)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (409, "/to")
    for to in ("", "Not An Id", "a" * 121, None, 7):
        answer = await rename(writer, "actors/a", to)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/to")
    assert (await rename(writer, "actors/gone", "x")).status_code == 410
    assert (await rename(writer, "actors/never", "x")).status_code == 404
    assert (await writer.get("actors/a")).json()["revision"] == 2


async def test_a_mirror_that_follows_the_changes_ends_with_the_same(writer):
    await populate(writer)
    mirror, after = {}, 0

    async def follow(after):
        items = (await writer.get("changes", after=after, limit=1000)).json()["items"]
        for item in items:
            read = await writer.get(item["ref"])
            if read.status_code == 200:
                mirror[item["ref"]] = read.json()
            else:
                mirror.pop(item["ref"], None)
        return items[-1]["seq"] if items else after

    after = await follow(after)
    await rename(writer, "actors/a", "alpha")
    after = await follow(after)
    await rename(writer, "actors/b", "beta")
    await rename(writer, "actors/alpha", "a")
    await follow(after)
    listed = {}
    for collection in ("actors", "agreements", "events", "sources"):
        for item in (await writer.get(collection)).json()["items"]:
            listed[f"{collection}/{item['id']}"] = item
    for document in mirror.values():
        document.pop("linked")
    assert mirror == listed


async def test_many_referrers_are_rewritten_in_batches(writer, app, monkeypatch):
    monkeypatch.setattr(renaming, "MAX_AT_ONCE", 3)
    await populate(writer)
    for number in range(5):
        await writer.create("events", id=f"n{number}", participants=[{"actor": "actors/a"}])
    app.state.upkeep.clear()
    monkeypatch.setattr(app.state.upkeep, "set", lambda: None)
    assert (await rename(writer, "actors/a", "alpha")).status_code == 200
    waiting = (await writer.get("events/n3")).json()
    assert waiting["participants"] == [{"actor": "actors/a"}]
    assert waiting["linked"]["actors/a"]["title"] == "A"
    assert (await writer.get("actors/alpha")).json()["title"] == "A"
    found = await writer.get("events", participant="actors/alpha", count="exact")
    assert found.json()["count"] == 6
    assert (await writer.delete("actors/alpha")).json()["code"] == "referenced"
    for answer in (
        await rename(writer, "actors/alpha", "other"),
        await writer.post("merges", {"from": "actors/alpha", "into": "actors/b"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "merge_under_way")
    # Whoever writes one before its turn moves its references.
    touched = await writer.patch("events/n3", {"summary": "Touched."})
    assert touched.json()["participants"] == [{"actor": "actors/alpha"}]
    while await app.state.db.write(continue_one_merge):
        pass
    for number in range(5):
        event = (await writer.get(f"events/n{number}")).json()
        assert (event["participants"], event["revision"]) == ([{"actor": "actors/alpha"}], 2)
    assert (await writer.get("merges")).json()["items"] == []
    assert (await writer.get("merges/1")).status_code == 404
    assert (await writer.delete("merges/1", None)).status_code == 404
    consistent(app)


async def test_an_import_of_the_old_id_makes_no_second(admin):
    await populate(admin)
    await rename(admin, "actors/a", "alpha")
    lines = b'{"kind":"actor","id":"a","title":"A"}\n'
    answer = await admin.ask(
        "POST", "/v1/imports", content=lines, headers={"Content-Type": "application/x-ndjson"}
    )
    report = answer.json()
    report = report.get("report", report)
    assert [(one["code"], one["pointer"]) for one in report["faults"]] == [("renamed", "/id")]
    assert (await admin.get("actors", count="exact")).json()["count"] == 2
    lines = b'{"kind":"event","id":"i","title":"I","participants":[{"actor":"actors/a"}]}\n'
    await admin.ask("POST", "/v1/imports", content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert (await admin.get("events/i")).json()["participants"] == [{"actor": "actors/alpha"}]


async def test_purging_takes_old_ids_along(writer, app):
    await writer.create("actors", id="a", title="A")
    await rename(writer, "actors/a", "alpha")
    with pytest.raises(Exception, match="actors/alpha now"):
        purge(app.state.db, "actors/a")
    assert set(purge(app.state.db, "actors/alpha").refs) == {"actors/alpha", "actors/a"}
    assert (await writer.get("actors/a")).status_code == 404
    await writer.create("actors", id="a", title="Another")
    consistent(app)


async def test_a_renamed_record_can_be_merged_and_that_undone(writer, app):
    await populate(writer)
    await rename(writer, "actors/a", "alpha")
    merge = await writer.merge("actors/alpha", "actors/b")
    assert (await writer.get("actors/a")).headers["location"] == "/v1/actors/b"
    assert (await writer.delete(f"merges/{merge['id']}", None)).status_code == 200
    assert (await writer.get("actors/a")).headers["location"] == "/v1/actors/alpha"
    consistent(app)


async def test_an_export_of_it_is_one_record(writer):
    await populate(writer)
    await rename(writer, "actors/a", "alpha")
    lines = (await writer.get("export")).text.splitlines()
    assert sum('"kind":"actor"' in line and '"id":"a"' in line for line in lines) == 0
    assert sum('"kind":"actor","id":"alpha"' in line for line in lines) == 1


async def test_a_merge_from_before_a_renaming_can_be_undone(writer, app):
    await populate(writer)
    merge = await writer.merge("actors/a", "actors/b")
    await rename(writer, "actors/b", "beta")
    await rename(writer, "events/e", "event")
    undone = await writer.delete(f"merges/{merge['id']}", None)
    assert (undone.status_code, undone.json()["into"]) == (200, "actors/beta")
    assert (await writer.get("actors/a")).json()["relations"] == [
        {"type": "ally-of", "target": "actors/beta"}
    ]
    assert (await writer.get("events/event")).json()["participants"] == [
        {"actor": "actors/a", "role": "host"}
    ]
    assert (await writer.get("actors/b")).headers["location"] == "/v1/actors/beta"
    consistent(app)


async def test_whoever_refers_to_it_meanwhile_is_not_refused(writer, app):
    await populate(writer)

    async def refer(number):
        document = {"id": f"n{number}", "title": "N", "participants": [{"actor": "actors/a"}]}
        return await writer.post("events", document)

    answers = await asyncio.gather(
        *(refer(number) for number in range(5)),
        rename(writer, "actors/a", "alpha"),
        *(refer(number) for number in range(5, 10)),
    )
    assert {one.status_code for one in answers} == {200, 201}
    for number in range(10):
        read = (await writer.get(f"events/n{number}")).json()
        assert read["participants"] == [{"actor": "actors/alpha"}]
    consistent(app)


@pytest.mark.slow
async def test_two_that_want_one_id(writer, app):
    await populate(writer)
    answers = await asyncio.gather(rename(writer, "actors/a", "x"), rename(writer, "actors/b", "x"))
    assert sorted(one.status_code for one in answers) == [200, 409]
    consistent(app)
