"""`include=incoming` with lists: who refers to each item, as the record alone has it."""

import pytest

from app.reading import incoming_links

pytestmark = pytest.mark.anyio


async def get(client, path, **parameters):
    answer = await client.get(f"/v1/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def alone(client, ref, **parameters):
    return (await get(client, ref, include="incoming", **parameters))["incoming"]


@pytest.mark.parametrize("collection", ["actors", "agreements", "places", "sources", "events", "missions"])
async def test_a_list_has_of_each_record_what_it_has_alone(seeded_client, collection):
    page = await get(seeded_client, collection, include="incoming", limit=20)
    refs = [f"{collection}/{item['id']}" for item in page["items"]]
    assert list(page["incoming"]) == refs
    for ref in refs:
        assert page["incoming"][ref] == await alone(seeded_client, ref)
    assert any(page["incoming"].values()) or collection == "missions"
    assert "incoming_truncated" not in page


async def test_it_comes_beside_anything_else(seeded_client):
    plain = await get(seeded_client, "actors", limit=3, include="linked", count="exact")
    page = await get(seeded_client, "actors", limit=3, include="linked,incoming", count="exact")
    assert len(page.pop("incoming")) == 3
    del plain["next"], page["next"]
    assert page == plain
    few = await get(seeded_client, "actors", limit=3, include="incoming", fields="title")
    assert list(few["incoming"]) == [f"actors/{item['id']}" for item in plain["items"]]
    assert (await get(seeded_client, "actors", ids="nobody", include="incoming"))["incoming"] == {}


async def test_a_search_has_it_over_all_kinds(seeded_client):
    page = await get(seeded_client, "search", q="castro", include="incoming", limit=5)
    assert list(page["incoming"]) == [item["ref"] for item in page["items"]]
    for ref, found in page["incoming"].items():
        assert found == await alone(seeded_client, ref)


async def test_in_a_view_it_is_what_the_source_says(writer, client):
    for name in "xy":
        await writer.create("sources", id=name)
    await writer.create("actors", id="a", evidence=[{"source": "sources/x"}, {"source": "sources/y"}])
    say = [
        {"property": "participants/actors/a", "source": "sources/x"},
        {"property": "title", "source": "sources/x", "value": "As X has it"},
        {"source": "sources/y"},
    ]
    await writer.create("events", id="e", participants=[{"actor": "actors/a"}], evidence=say)
    for name, titles in (("x", ["As X has it"]), ("y", [])):
        policy = {"policy": f"source:sources/{name}"}
        page = await get(client, "actors", include="incoming", **policy)
        assert page["incoming"] == {"actors/a": await alone(client, "actors/a", **policy)}
        assert [one["title"] for one in page["incoming"]["actors/a"]] == titles


async def test_what_a_source_names_instead_refers_as_well(writer, client):
    await writer.create("sources", id="s")
    for name in "abc":
        await writer.create("places", id=name)
    places = {"property": "places", "source": "sources/s"}
    await writer.create(
        "events",
        id="e",
        places=[{"place": "places/a"}, {"place": "places/b", "role": "site"}],
        evidence=[
            places | {"value": [{"place": "places/b"}, {"place": "places/c"}]},
            places | {"rank": "deprecated", "value": [{"place": "places/c"}]},
        ],
    )
    for ref, told in [
        ("places/a", [("place", None)]),
        ("places/b", [("place", "site")]),
        ("places/c", [("evidence", None)]),
        ("sources/s", [("evidence", None)]),
    ]:
        found = await alone(client, ref)
        assert [(one["ref"], one["relation"], one.get("role")) for one in found] == [
            ("events/e", relation, role) for relation, role in told
        ]
        listed = await get(client, ref.split("/")[0], include="incoming")
        assert listed["incoming"][ref] == found


async def test_each_item_has_its_share(writer, client, monkeypatch):
    monkeypatch.setattr(incoming_links, "MAX_ON_PAGE", 6)
    for name in "ab":
        await writer.create("actors", id=name)
    for n in range(4):
        named = [{"actor": "actors/a"}, *([{"actor": "actors/b"}] if n else [])]
        await writer.create("events", id=f"e-{n}", participants=named)
    page = await get(client, "actors", include="incoming")
    assert [one["ref"] for one in page["incoming"]["actors/a"]] == ["events/e-0", "events/e-1", "events/e-2"]
    assert len(page["incoming"]["actors/b"]) == 3
    assert page["incoming_truncated"] == ["actors/a"]


async def test_an_entity_tag_does_not_outlive_who_refers(writer, client):
    await writer.create("actors", id="a")
    first = await client.get("/v1/actors?include=incoming")
    await writer.create("events", id="e", participants=[{"actor": "actors/a"}])
    unless = {"If-None-Match": first.headers["etag"]}
    second = await client.get("/v1/actors?include=incoming", headers=unless)
    assert second.status_code == 200
    assert [one["ref"] for one in second.json()["incoming"]["actors/a"]] == ["events/e"]
