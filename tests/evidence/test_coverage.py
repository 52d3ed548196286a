"""Where the evidence is thin: counts that add up, by kind, property, source, decade and place."""

import asyncio
import json
import sys
from collections import Counter

import pytest

from app.__main__ import main
from app.evidence import coverage

pytestmark = pytest.mark.anyio

SEED = "sources/cuba-venezuela-cooperation"
KINDS = {
    "events": "event",
    "actors": "actor",
    "agreements": "agreement",
    "missions": "mission",
    "places": "place",
}
SINGLE = ("date", "in_force", "summary", "geometry", "established_under")
MANY = {
    "places": lambda one: {f"places/{one['place']}"},
    "participants": lambda one: {
        f"participants/{one['actor']}",
        f"participants/{one['actor']}:{one.get('role')}",
    },
    "parties": lambda one: {f"parties/{one['actor']}"},
    "provisions": lambda one: {f"provisions/{one['id']}"},
    "relations": lambda one: {f"relations/{one['type']}/{one['target']}"},
    "figures": lambda one: {f"figures/{one['id']}"},
}


def statements(record):
    """What a record says and who stands behind it, counted again from the document."""
    items = [
        item
        for item in record.get("evidence", ())
        if "source" in item and item.get("stance", "supports") == "supports" and "value" not in item
    ]
    items = [item for item in items if item.get("rank") != "deprecated"]

    def behind(*names):
        return {item["source"] for item in items if item.get("property") in names}

    yield "record", {item["source"] for item in items}
    for field in SINGLE:
        if field in record:
            yield field, behind(field, *([None] if field == "summary" else []))
    for field, names in MANY.items():
        for member in record.get(field, ()):
            yield field, behind(field, *names(member))


def three(sizes):
    counted = Counter(min(size, 2) for size in sizes)
    return {"none": counted[0], "one": counted[1], "several": counted[2]}


async def records_of(client):
    for collection, kind in KINDS.items():
        path = f"/v1/{collection}?limit=500"
        while path:
            page = (await client.get(path)).json()
            for item in page["items"]:
                yield kind, f"{collection}/{item['id']}", item
            path = page["next"]


async def check(client):
    """Compare what is told with what the documents say."""
    told = (await client.get("/v1/coverage?limit=1000")).json()
    sizes, by_kind, by_property, by_source, by_place = [], {}, {}, {}, {}
    async for kind, _, record in records_of(client):
        found = list(statements(record))
        whole = len(found[0][1])
        sizes.append((whole, [len(sources) for _, sources in found]))
        by_kind.setdefault(kind, []).append(sizes[-1])
        for about, sources in found:
            by_property.setdefault((kind, about), []).append(len(sources))
            for source in sources:
                by_source.setdefault(source, []).append(len(sources))
        for place in {one["place"] for one in record.get("places", ())}:
            by_place.setdefault(place, []).append(sizes[-1])

    def both(some):
        return {
            "records": three(whole for whole, _ in some),
            "statements": three(size for _, each in some for size in each),
        }

    assert {name: told[name] for name in ("records", "statements")} == both(sizes)
    assert {one.pop("kind"): one for one in told["kinds"]} == {
        kind: both(some) for kind, some in by_kind.items()
    }
    assert {(one.pop("kind"), one.pop("property")): one for one in told["properties"]} == {
        key: three(some) for key, some in by_property.items()
    }
    for item in told["sources"]["items"]:
        expected = three(by_source.get(item["ref"], ()))
        assert {name: item[name] for name in expected} == expected
    assert told["sources"]["total"] == len(told["sources"]["items"])
    assert told["sources"]["without"] == told["sources"]["total"] - len(by_source)
    for item in told["places"]["items"]:
        some = by_place.get(item["ref"], [])
        expected = both(some)["statements"]
        assert ({name: item[name] for name in expected}, item["records"]) == (expected, len(some))
        assert item["alone"] == sum(whole == 1 for whole, _ in some)
    assert told["places"]["total"] == len(told["places"]["items"])
    for decade in told["decades"]:
        asked = {"when": f"{decade['start']}/{decade['end']}", "count": "exact", "limit": 1}
        counts = [(await client.get(f"/v1/{name}", params=asked)).json()["count"] for name in KINDS]
        assert sum(decade["records"].values()) == sum(counts), decade
    return told


async def test_the_seeds_add_up(seeded_client):
    told = await check(seeded_client)
    assert [one["bucket"] for one in told["decades"]] == ["1950", "1960", "1970", "1980", "1990", "2000"]
    assert told["sources"]["items"][0]["ref"] == SEED
    assert told["statements"]["several"] == 0
    whole = (await seeded_client.get("/v1/coverage")).json()
    assert {one["property"] for one in whole["properties"] if one["none"]} <= {
        "record",
        "summary",
        "geometry",
        "relations",
    }


async def test_an_empty_database_has_nothing_to_tell(client):
    nothing = {"none": 0, "one": 0, "several": 0}
    empty = {"total": 0, "without": 0, "items": []}
    assert (await client.get("/v1/coverage")).json() == {
        "records": nothing,
        "statements": nothing,
        "kinds": [],
        "properties": [],
        "sources": empty,
        "decades": [],
        "undated": {"records": nothing, "statements": nothing},
        "places": empty,
    }
    assert (await client.get("/v1/coverage/statements")).json() == {"items": [], "next": None, "prev": None}


async def test_counts_follow_every_write(client, writer, admin):
    for name in "xyz":
        await writer.create("sources", id=name, title=name)
        await writer.create("places", id=name, title=name)
    await writer.create("actors", id="a", title="A")
    full = {
        "title": "E",
        "id": "e",
        "date": "1967/1984",
        "summary": "It was.",
        "places": [{"place": "places/x"}, {"place": "places/x", "role": "site"}, {"place": "places/y"}],
        "participants": [{"actor": "actors/a", "role": "host"}, {"actor": "actors/a", "role": "guest"}],
        "figures": [{"id": "dead", "measure": "deaths", "best": 3}],
        "evidence": [
            {"property": "date", "source": "sources/x"},
            {"property": "date", "source": "sources/y"},
            {"property": "date", "source": "sources/y"},
            {"property": "participants/actors/a:host", "source": "sources/x"},
            {"property": "participants", "source": "sources/y"},
            {"property": "places/places/x", "source": "sources/x", "stance": "mentions"},
            {"property": "places/places/y", "source": "sources/x", "rank": "deprecated"},
            {"property": "figures/dead", "source": "sources/x", "value": {"best": 4}},
            {"property": "figures/dead", "source": "sources/z", "stance": "disputes"},
            {"property": "summary", "basis": "external", "note": "Known."},
            {"property": "labels", "source": "sources/x"},
        ],
    }
    await writer.create("events", **full)
    told = await check(client)
    by_property = {
        one["property"]: one for one in (await client.get("/v1/coverage?kind=event")).json()["properties"]
    }
    assert by_property["date"] == {"kind": "event", "property": "date", "none": 0, "one": 0, "several": 1}
    assert by_property["participants"] | {"kind": "", "property": ""} == {
        "kind": "",
        "property": "",
        "none": 0,
        "one": 1,
        "several": 1,
    }
    assert by_property["places"]["none"] == 3
    assert (by_property["figures"]["none"], by_property["summary"]["none"]) == (1, 1)
    assert [one["bucket"] for one in told["decades"]] == ["1960", "1970", "1980"]
    assert told["undated"]["records"]["none"] == 4

    await writer.patch("events/e", {"evidence": full["evidence"][:1]})
    await check(client)
    await writer.create("events", id="f", title="F", date="1700", evidence=[{"source": "sources/z"}])
    told = await check(client)
    gap = [one["bucket"] for one in told["decades"] if not sum(one["statements"].values())]
    assert (gap[0], gap[-1], len(gap)) == ("1710", "1950", 25)
    await admin.merge("sources/x", "sources/z")
    told = await check(client)
    assert [item["ref"] for item in told["sources"]["items"]] == ["sources/z", "sources/y"]
    await writer.delete("events/e")
    await check(client)
    await writer.post("events/e/restore")
    await check(client)


async def test_records_behind_a_number_are_named(seeded_client):
    told = (await seeded_client.get("/v1/coverage")).json()
    for one in told["properties"]:
        for support in ("none", "one", "several"):
            asked = {"kind": one["kind"], "property": one["property"], "support": support, "limit": 7}
            page = (await seeded_client.get("/v1/coverage/statements", params=asked)).json()
            items = page["items"]
            while page["next"]:
                page = (await seeded_client.get(page["next"])).json()
                items += page["items"]
            assert sum(item[support] for item in items) == one[support]
            assert len({item["ref"] for item in items}) == len(items)
            assert all(item["title"] for item in items)


@pytest.mark.parametrize("limit", [1, 3, 1000])
async def test_without_a_kind_the_records_of_all_kinds_are_named_page_by_page(seeded_client, limit):
    told = (await seeded_client.get("/v1/coverage")).json()
    counted = {kind["kind"]: kind["records"] for kind in told["kinds"]}
    for support in ("none", "one"):
        page = (
            await seeded_client.get("/v1/coverage/statements", params={"support": support, "limit": limit})
        ).json()
        items = page["items"]
        while page["next"]:
            assert len(page["items"]) == limit
            page = (await seeded_client.get(page["next"])).json()
            items += page["items"]
        assert sum(item[support] for item in items) == told["records"][support] > 0
        assert len({item["ref"] for item in items}) == len(items)
        for kind, records in counted.items():
            assert sum(item["kind"] == kind for item in items) == records[support]
        of_kinds = [item["kind"] for item in items]
        assert of_kinds == sorted(of_kinds)
    both = [
        (await seeded_client.get(f"/v1/coverage/statements?property=summary&limit=1000{more}")).json()[
            "items"
        ]
        for more in ("", *(f"&kind={kind}" for kind in sorted(counted)))
    ]
    assert both[0] == [item for items in both[1:] for item in items]


async def test_a_cursor_of_one_kind_is_none_of_all(seeded_client):
    first = (await seeded_client.get("/v1/coverage/statements?kind=actor&support=one&limit=1")).json()
    others = await seeded_client.get(first["next"].replace("kind=actor&", ""))
    assert (others.status_code, others.json()["errors"][0]["code"]) == (400, "invalid_cursor")


async def test_history_without_end_is_cut(client, writer, monkeypatch):
    monkeypatch.setattr(coverage, "MAX_DECADES", 10)
    for name, date in (("a", "-0500"), ("b", "1967"), ("c", "1800/.."), ("d", "XXXX-01-03"), ("e", "196X")):
        await writer.create("events", id=name, title=name, date=date)
    told = (await client.get("/v1/coverage")).json()
    assert [one["bucket"] for one in told["decades"]] == [f"{year}" for year in range(1870, 1970, 10)]
    assert told["decades"][-1]["records"]["none"] == 4
    assert told["decades"][0]["records"]["none"] == 2


async def test_answers_are_kept_until_something_is_written(client, writer):
    first = await client.get("/v1/coverage")
    kept = await client.get("/v1/coverage", headers={"If-None-Match": first.headers["etag"]})
    assert kept.status_code == 304
    await writer.create("events", title="X")
    answers = await asyncio.gather(*(client.get("/v1/coverage") for _ in range(8)))
    assert {answer.json()["records"]["none"] for answer in answers} == {1}
    assert {answer.headers["etag"] for answer in answers} != {first.headers["etag"]}


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("coverage?kind=source", "kind"),
        ("coverage/statements?kind=source", "kind"),
        ("coverage?limit=0", "limit"),
        ("coverage?when=1967", "when"),
        ("coverage/statements?property=title", "property"),
        ("coverage/statements?support=two", "support"),
        ("coverage/statements?cursor=x", "cursor"),
    ],
)
async def test_bad_queries_are_refused(client, path, parameter):
    answer = await client.get(f"/v1/{path}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == parameter


async def test_the_command_line_prints_the_same(seeded_client, seeded_url, monkeypatch, capsys):
    monkeypatch.setenv("ANNALS_DATABASE_URL", seeded_url)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["annals", "coverage", *arguments])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        return code, capsys.readouterr().out

    code, out = await asyncio.to_thread(run, "--json", "--limit", "50")
    told = (await seeded_client.get("/v1/coverage?limit=50")).json()
    assert (code, json.loads(out)) == (0, told)
    code, out = await asyncio.to_thread(run)
    assert code == 0
    for word in ("agreement", "provisions", "1990", "undated", SEED, "several sources"):
        assert word in out
    for kind in ("nothing", "source"):
        assert (await asyncio.to_thread(run, "--kind", kind))[0] == 2
