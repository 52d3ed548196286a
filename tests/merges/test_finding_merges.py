"""Merges are found again: in a list, by record, and from what they did."""

import pytest

pytestmark = pytest.mark.anyio


async def populate(writer):
    for name in "abcd":
        await writer.create("actors", id=name, title=name.upper())
    await writer.create("events", id="e", participants=[{"actor": "actors/a"}])
    first = await writer.merge("actors/a", "actors/b")
    second = await writer.merge("actors/c", "actors/d")
    third = await writer.merge("actors/b", "actors/d")
    return first["id"], second["id"], third["id"]


async def test_merges_are_listed_by_record_and_page(writer):
    first, second, third = await populate(writer)
    listed = (await writer.get("merges")).json()
    assert [one["id"] for one in listed["items"]] == [third, second, first]
    assert listed["items"][2] | {"at": ""} == {
        "id": first,
        "href": f"/v1/merges/{first}",
        "from": "actors/a",
        "into": "actors/b",
        "at": "",
        "by": "editor",
        "state": "done",
    }
    assert (listed["next"], listed["prev"]) == (None, None)
    for ref, expected in (
        ("actors/a", [first]),
        ("actors/b", [third, first]),
        ("actors/d", [third, second]),
        ("events/e", []),
    ):
        found = (await writer.get("merges", ref=ref)).json()["items"]
        assert [one["id"] for one in found] == expected, ref
    seen, path = [], "/v1/merges?limit=1"
    while path:
        page = (await writer.ask("GET", path)).json()
        seen += [one["id"] for one in page["items"]]
        last, path = page, page["next"]
    assert seen == [third, second, first]
    back = (await writer.ask("GET", last["prev"])).json()
    assert [one["id"] for one in back["items"]] == [second]
    assert (await writer.ask("GET", back["prev"])).json()["prev"] is None
    await writer.delete(f"merges/{third}", None)
    undone = (await writer.get("merges", limit=1)).json()["items"][0]
    assert (undone["state"], undone["undone_at"] > undone["at"]) == ("undone", True)


async def test_what_is_wrong_with_a_list_of_merges_is_told(writer):
    await populate(writer)
    unknown = await writer.get("merges", ref="actors/aa")
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (400, "unknown_reference")
    assert (await writer.get("merges", ref="nonsense")).status_code == 400
    other = (await writer.get("merges", limit=1, ref="actors/d")).json()["next"].partition("cursor=")[2]
    wrong = await writer.get("merges", limit=1, cursor=other)
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (400, "invalid_cursor")


async def test_revisions_changes_and_redirects_name_the_merge(writer):
    first, _, third = await populate(writer)
    moved = await writer.get("actors/a")
    assert (moved.status_code, moved.json()["moved_to"], moved.json()["merge"]) == (
        308,
        "/v1/actors/d",
        first,
    )
    assert moved.headers["link"] == f'</v1/merges/{first}>; rel="describedby"'
    history = (await writer.get("events/e/revisions")).json()["items"]
    assert [one.get("merge") for one in history] == [third, first, None]
    own = (await writer.get("actors/a/revisions")).json()["items"]
    assert [one.get("merge") for one in own] == [first, None]
    await writer.delete(f"merges/{third}", None)
    changes = (await writer.get("changes", limit=1000)).json()["items"]
    named = {(one["ref"], one["action"], one["merge"]) for one in changes if "merge" in one}
    assert {
        ("actors/a", "merge", first),
        ("actors/b", "merge", first),
        ("events/e", "merge", third),
        ("actors/b", "unmerge", third),
        ("events/e", "unmerge", third),
    } <= named
    assert {one["action"] for one in changes if "merge" not in one} == {"create"}
    at = (await writer.get("actors/b/revisions")).json()["items"][0]["at"]
    assert (await writer.get("actors/a", known_at=at)).json()["merge"] == first
    assert "merge" not in (await writer.get("actors/b")).json()


async def test_the_names_of_the_absorbed_record_find_the_other(writer):
    await writer.create("actors", id="a", title="Playa Giron")
    await writer.create("actors", id="b", title="Bay of Pigs")
    merge = await writer.merge("actors/a", "actors/b")
    found = (await writer.get("search", q="Giron")).json()["items"]
    assert [one["ref"] for one in found] == ["actors/b"]
    await writer.delete(f"merges/{merge['id']}", None)
    found = (await writer.get("search", q="Giron")).json()["items"]
    assert [one["ref"] for one in found] == ["actors/a"]
