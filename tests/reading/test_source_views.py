"""One database read as its sources have it: records and lists, over all kinds, filters included."""

import random

import httpx
import orjson
import pytest

from app.records.kinds import kind_by_collection
from app.records.source_view import source_views
from app.records.validation.document import load_stored

pytestmark = pytest.mark.anyio

X, Y, Z = "sources/x", "sources/y", "sources/z"
ALL = ("actors", "agreements", "events", "missions", "places")


def policy(source):
    return {"policy": f"source:{source}"}


@pytest.fixture
async def sources(writer):
    for name in "xyz":
        await writer.create("sources", id=name, title=f"Source {name}")


@pytest.fixture
async def ids(client):
    async def get(collection, **parameters):
        answer = await client.get(f"/v1/{collection}", params=parameters)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    return get


@pytest.mark.usefixtures("sources")
@pytest.mark.parametrize("collection", ALL)
async def test_dates_are_those_of_the_source(writer, client, ids, collection):
    say = [
        {"property": "date", "source": X},
        {"property": "date", "source": Y, "value": "1868"},
        {"property": "date", "source": Z, "stance": "disputes"},
    ]
    await writer.create(collection, id="a", title="A", date="1967", evidence=say)
    await writer.create(
        collection, id="b", title="B", date="1950", evidence=[{"property": "date", "source": Y}]
    )
    await writer.create(collection, id="c", title="C", date="1867")

    assert await ids(collection, when="1967") == ["a"]
    assert await ids(collection, when="1868") == []
    assert await ids(collection, when="1967", **policy(X)) == ["a"]
    assert await ids(collection, when="1967", **policy(Y)) == []
    assert await ids(collection, when="1868", **policy(Y)) == ["a"]
    assert await ids(collection, sort="date", **policy(Y)) == ["a", "b"]
    assert await ids(collection, sort="-date", **policy(Y)) == ["b", "a"]
    assert await ids(collection, when="0001/2000", **policy(Z)) == []
    assert await ids(collection, **policy(Z)) == ["a"]
    for source, edtf in ((X, "1967"), (Y, "1868"), (Z, None)):
        read = (await client.get(f"/v1/{collection}/a", params=policy(source))).json()
        assert read.get("date", {}).get("edtf") == edtf
        [item] = read["evidence"]
        assert item["source"] == source
    silent = await client.get(f"/v1/{collection}/c", params=policy(X))
    assert (silent.status_code, silent.json()["code"]) == (404, "source_is_silent")


@pytest.mark.usefixtures("sources")
async def test_what_a_source_is_silent_on_is_left_out(writer, client):
    evidence = [{"id": "e1", "property": "summary", "source": X}, {"id": "e2", "source": Y}]
    document = {"title": "A", "type": "battle", "tags": ["war"], "summary": "It was.", "date": "1967"}
    await writer.create("events", id="a", **document, evidence=evidence)
    read = (await client.get("/v1/events/a", params=policy(X))).json()
    own = (await client.get("/v1/events/a")).json()
    kept = ("kind", "id", "revision", "created_at", "updated_at", "href", "title", "type", "summary")
    assert read == {**{name: own[name] for name in kept}, "evidence": [evidence[0]], "linked": read["linked"]}
    assert set(read["linked"]) == {X}


@pytest.mark.usefixtures("sources")
async def test_ranks_decide_between_values(writer, client, ids):
    async def write(name, *items):
        evidence = [{"property": "date", "source": X, **item} for item in items]
        await writer.create("events", id=name, title=name, date="1900", evidence=evidence)

    await write("first", {"value": "1901"}, {"value": "1902"})
    await write("preferred", {"value": "1901"}, {"value": "1902", "rank": "preferred"})
    await write("deprecated", {"value": "1901", "rank": "deprecated"}, {"value": "1902"})
    await write("gone", {"value": "1901", "rank": "deprecated"})
    await write("disputed", {"stance": "disputes", "rank": "deprecated"}, {"stance": "mentions"})

    assert sorted(await ids("events", **policy(X))) == ["deprecated", "disputed", "first", "preferred"]
    assert await ids("events", when="1901", **policy(X)) == ["first"]
    assert sorted(await ids("events", when="1902", **policy(X))) == ["deprecated", "preferred"]
    assert await ids("events", when="1900", **policy(X)) == ["disputed"]
    assert (await client.get("/v1/events/gone", params=policy(X))).status_code == 404
    contested = await ids("events", contested="true", sort="title")
    assert contested == ["deprecated", "first", "preferred"]
    assert await ids("events", contested="false", sort="title") == ["disputed", "gone"]


@pytest.mark.slow
@pytest.mark.usefixtures("sources")
async def test_members_are_those_of_the_source(writer, client, ids):
    for name in ("castro", "chavez", "ojeda"):
        await writer.create("actors", id=name, title=name)
    for name in ("havana", "caracas"):
        await writer.create("places", id=name, title=name)
    castro, havana = "participants/actors/castro", "places/places/havana"
    evidence = [
        {"property": castro, "source": X},
        {"property": castro, "source": Y, "value": {"actor": "actors/ojeda", "role": "guest"}},
        {"property": havana, "source": X, "stance": "disputes"},
        {"property": havana, "source": Y},
        {"property": "figures/dead", "source": X, "value": {"low": 90, "high": 110}},
        {"property": "figures/dead", "source": Y},
        {"property": "participants/actors/chavez:guest", "source": Z},
        {"property": "tags", "source": Z, "value": ["rumour"]},
        {"property": "type", "source": Z, "value": "battle"},
        {"property": "title", "source": Z, "value": "Zed has it"},
    ]
    await writer.create(
        "events",
        id="a",
        title="A",
        type="meeting",
        tags=["cold war"],
        participants=[
            {"actor": "actors/castro", "role": "host"},
            {"actor": "actors/chavez", "role": "guest"},
        ],
        places=[{"place": "places/havana"}],
        figures=[{"id": "dead", "measure": "deaths", "best": 5}],
        evidence=evidence,
    )
    for parameters, found in [
        ({"participant": "actors/castro"}, {None: True, X: True, Y: False, Z: False}),
        ({"participant": "actors/castro:guest"}, {None: False, X: False, Y: False, Z: False}),
        ({"participant": "actors/ojeda:guest"}, {None: False, X: False, Y: True, Z: False}),
        ({"participant": "actors/chavez"}, {None: True, X: False, Y: False, Z: True}),
        ({"place": "places/havana"}, {None: True, X: False, Y: True, Z: False}),
        ({"figure": "deaths>=100"}, {None: False, X: True, Y: False, Z: False}),
        ({"figure": "deaths>=100", "certainty": "certain"}, {None: False, X: False, Y: False, Z: False}),
        ({"figure": "deaths=5"}, {None: True, X: False, Y: True, Z: False}),
        ({"tag": "rumour"}, {None: False, X: False, Y: False, Z: True}),
        ({"tag": "cold war"}, {None: True, X: False, Y: False, Z: False}),
        ({"type": "battle"}, {None: False, X: False, Y: False, Z: True}),
        ({"type": "meeting"}, {None: True, X: True, Y: True, Z: False}),
        ({"q": "zed"}, {None: False, X: False, Y: False, Z: True}),
        ({"q": "a"}, {None: True, X: True, Y: True, Z: False}),
        ({"contested": "true"}, {None: True, X: True, Y: True, Z: True}),
        ({"source": X}, {None: True, X: True, Y: False, Z: False}),
    ]:
        for source, there in found.items():
            asked = parameters | (policy(source) if source else {})
            assert await ids("events", **asked) == (["a"] if there else []), asked
            counted = await client.get("/v1/events", params={**asked, "count": "exact"})
            assert counted.json()["count"] == int(there), asked
    for source, told in [(None, {X, Y, Z}), (X, {X}), (Y, {Y})]:
        asked = {"facets": "source"} | (policy(source) if source else {})
        facets = (await client.get("/v1/events", params=asked)).json()["facets"]
        assert {one["value"] for one in facets["source"]} == told, asked
    linked = (await client.get("/v1/events/a", params=policy(Y))).json()["linked"]
    assert set(linked) == {Y, "actors/ojeda", "places/havana"}


@pytest.mark.usefixtures("sources")
async def test_agreements_and_missions_are_those_of_the_source(writer, ids):
    for name in ("cuba", "venezuela"):
        await writer.create("actors", id=name, title=name)
    await writer.create(
        "agreements",
        id="a",
        title="A",
        in_force="2000/2010",
        parties=[{"actor": "actors/cuba"}, {"actor": "actors/venezuela"}],
        provisions=[{"id": "oil", "text": "Oil.", "obliges": ["actors/venezuela"]}],
        evidence=[
            {"property": "in_force", "source": X, "value": "2000/2003"},
            {"property": "parties/actors/cuba", "source": X},
            {"property": "provisions/oil", "source": Y},
        ],
    )
    await writer.create(
        "missions",
        id="m",
        title="M",
        established_under={"agreement": "agreements/a", "provision": "oil"},
        relations=[{"type": "concerns", "target": "agreements/a"}],
        evidence=[{"property": "relations/concerns/agreements/a", "source": X}],
    )
    assert await ids("agreements", in_force_on="2005") == ["a"]
    assert await ids("agreements", in_force_on="2005", **policy(X)) == []
    assert await ids("agreements", in_force_on="2002", **policy(X)) == ["a"]
    assert await ids("agreements", in_force_on="2002", **policy(Y)) == []
    assert await ids("agreements", party="actors/cuba", **policy(X)) == ["a"]
    assert await ids("agreements", party="actors/venezuela", **policy(X)) == []
    assert await ids("missions", target="agreements/a", **policy(X)) == ["m"]
    assert await ids("missions", target="agreements/a", **policy(Y)) == []


@pytest.mark.usefixtures("sources")
async def test_who_refers_to_it_and_what_is_linked_are_the_sources_too(writer, client):
    dates = [{"property": "date", "source": X, "value": "1868"}, {"source": Y}]
    await writer.create("actors", id="a", title="A", date="1850", evidence=dates)
    say = [
        {"property": "participants/actors/a", "source": X},
        {"property": "date", "source": X, "value": "1870"},
        {"property": "title", "source": X, "value": "As X has it"},
        {"source": Y},
    ]
    await writer.create(
        "events", id="e", title="E", date="1900", participants=[{"actor": "actors/a"}], evidence=say
    )

    own = (await client.get("/v1/actors/a?include=incoming")).json()["incoming"]
    assert [(one["ref"], one["title"], one["date"]["edtf"]) for one in own] == [("events/e", "E", "1900")]
    seen = (await client.get("/v1/actors/a", params={"include": "incoming", **policy(X)})).json()["incoming"]
    assert [(one["ref"], one["title"], one["date"]["edtf"]) for one in seen] == [
        ("events/e", "As X has it", "1870")
    ]
    silent = (await client.get("/v1/actors/a", params={"include": "incoming", **policy(Y)})).json()
    assert silent["incoming"] == []

    linked = (await client.get("/v1/events/e", params=policy(X))).json()["linked"]["actors/a"]
    assert linked["date"]["edtf"] == "1868"
    listed = (await client.get("/v1/events", params={"include": "linked", **policy(X)})).json()["linked"]
    assert listed["actors/a"] == linked
    assert set(listed) == {"actors/a", X}
    assert set(
        (await client.get("/v1/events", params={"include": "linked", **policy(Y)})).json()["linked"]
    ) == {Y}


@pytest.mark.usefixtures("sources")
async def test_views_follow_what_is_written(writer, client, ids):
    item = {"id": "e1", "property": "date", "source": X, "value": "1868"}
    await writer.create("events", id="a", title="A", date="1967", evidence=[item])
    first = await client.get("/v1/events/a", params=policy(X))
    listed = await client.get("/v1/events", params=policy(X))
    await writer.patch("events/a", {"evidence": [{**item, "value": "1869"}]})
    second = await client.get(
        "/v1/events/a", params=policy(X), headers={"If-None-Match": first.headers["etag"]}
    )
    assert (second.status_code, second.json()["date"]["edtf"]) == (200, "1869")
    again = await client.get(
        "/v1/events", params=policy(X), headers={"If-None-Match": listed.headers["etag"]}
    )
    assert again.status_code == 200
    assert await ids("events", when="1868", **policy(X)) == []
    await writer.patch("events/a", {"evidence": [{**item, "rank": "deprecated"}]})
    assert await ids("events", **policy(X)) == []
    await writer.patch("events/a", {"evidence": [item]})
    assert await ids("events", **policy(X)) == ["a"]
    await writer.delete("events/a")
    assert await ids("events", **policy(X)) == []


@pytest.mark.usefixtures("sources")
async def test_a_merged_source_speaks_for_the_one_it_became(writer, admin, ids):
    await writer.create(
        "events", id="a", title="A", date="1967", evidence=[{"property": "date", "source": X}]
    )
    await writer.create(
        "events",
        id="b",
        title="B",
        date="1967",
        evidence=[{"property": "date", "source": Y, "value": "1868"}],
    )
    await admin.merge(X, Y)
    assert await ids("events", **policy(X)) == await ids("events", **policy(Y)) == ["b", "a"]
    assert await ids("events", when="1868", **policy(X)) == ["b"]


@pytest.mark.slow
@pytest.mark.usefixtures("sources")
async def test_pages_under_a_policy_lose_nothing(writer, client):
    rng = random.Random(1)
    for number in range(60):
        evidence = (
            [{"property": "date", "source": X, "value": f"{rng.randint(1800, 1830)}"}] if number % 3 else []
        )
        evidence += [{"source": Y}]
        await writer.create(
            "events", title=f"E{number}", date=f"{rng.randint(1900, 1990)}", evidence=evidence
        )
    for sort in ("date", "-date", "title", "-title", "updated", "-updated"):
        for source, count in ((X, 40), (Y, 60)):
            asked = {"sort": sort, "limit": 7, "count": "exact", **policy(source)}
            answer = await client.get("/v1/events", params=asked)
            seen, path = [], None
            while answer is not None:
                page = answer.json()
                assert page["count"] == count
                seen += page["items"]
                path = page["next"]
                if path is None:
                    assert len(page["items"]) < 8
                previous = page["prev"]
                answer = await client.get(path) if path else None
            assert len({item["id"] for item in seen}) == len(seen) == count
            assert previous is not None
            if sort == "date" and source == X:
                years = [int(item["date"]["edtf"]) for item in seen]
                assert years == sorted(years)
                assert max(years) <= 1830
            back = (await client.get(previous)).json()["items"]
            assert [item["id"] for item in back] == [
                item["id"] for item in seen[-len(back) - (count % 7) :][:7]
            ]
    first = (await client.get("/v1/events", params={"limit": 7, **policy(X)})).json()["next"]
    crossed = await client.get(httpx.URL(first).copy_merge_params(policy(Y)))
    assert crossed.status_code == 400


async def test_a_list_is_what_each_record_reads(seeded_client):
    """On the seeds, every list under the policy holds exactly the records' own views."""
    asked = policy("sources/cuba-venezuela-cooperation")
    for collection in ALL:
        own = (await seeded_client.get(f"/v1/{collection}?limit=1000")).json()["items"]
        views = {}
        for document in own:
            record = load_stored(kind_by_collection(collection), orjson.dumps(document))
            seen = dict(source_views(record)).get("sources/cuba-venezuela-cooperation")
            if seen is not None:
                views[record.id] = seen
        listed = (await seeded_client.get(f"/v1/{collection}", params={"limit": 1000, **asked})).json()[
            "items"
        ]
        assert {item["id"] for item in listed} == set(views)
        for item in listed:
            read = (await seeded_client.get(item["href"], params=asked)).json()
            del read["linked"]
            assert read == item
            assert item.get("date", {}).get("edtf") == getattr(views[item["id"]].date, "edtf", None)


async def test_formats_and_facets_see_the_same(seeded_client):
    asked = {"limit": 1000, **policy("sources/cuba-venezuela-cooperation")}
    listed = (await seeded_client.get("/v1/events", params=asked)).json()["items"]
    lines = (await seeded_client.get("/v1/events", params={**asked, "format": "ndjson"})).text.splitlines()
    assert [orjson.loads(line) for line in lines] == listed
    faceted = await seeded_client.get(
        "/v1/events", params={**asked, "limit": 1, "facets": "type", "count": "exact"}
    )
    told = faceted.json()
    assert told["count"] == len(listed)
    assert sum(one["count"] for one in told["facets"]["type"]) == len(listed)
    types = {one["value"]: one["count"] for one in told["facets"]["type"]}
    assert types["abduction"] == 1
    timeline = {"bucket": "decade", **policy("sources/cuba-venezuela-cooperation")}
    assert (await seeded_client.get("/v1/timeline", params=timeline)).status_code == 200


@pytest.mark.parametrize(
    "text", ["source:sources/none", "source:actors/cuba", "source:x", "x", "source:", ""]
)
async def test_a_policy_that_names_no_source_is_refused(seeded_client, text):
    for path in ("/v1/events", "/v1/events/castro-chavez-meeting-1994"):
        answer = await seeded_client.get(path, params={"policy": text})
        assert answer.status_code == 400, path
        assert answer.json()["errors"][0]["parameter"] == "policy"
