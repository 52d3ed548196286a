"""Where the evidence is thin: counts that add up, by kind, property, source, decade and place."""

import asyncio
import json
import sys
from collections import Counter
from urllib.parse import urlencode

import pytest

from app.__main__ import main
from app.evidence import coverage
from app.evidence.schemas import SUPPORT

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


@pytest.mark.slow
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


async def listed(client, **asked):
    """Read every page of the records behind a number."""
    path, items = f"/v1/coverage/statements?{urlencode({'limit': 7} | asked)}", []
    while path:
        page = (await client.get(path)).raise_for_status().json()
        items += page["items"]
        path = page["next"]
    assert len({item["ref"] for item in items}) == len(items)
    assert all(item["title"] for item in items)
    return items


async def check_three(client, counts, **asked):
    """Compare three numbers of coverage with the records that are listed for each of them."""
    for support, count in counts.items():
        items = await listed(client, support=support, **asked)
        assert sum(item[support] for item in items) == count, (asked, support)
        assert all(item[support] for item in items)


async def check_both(client, counts, **asked):
    await check_three(client, counts["statements"], **asked)
    await check_three(client, counts["records"], property="record", **asked)


async def check_cells(client, **asked):
    """Walk all that coverage counts; give how many cells were not empty."""
    told = (await client.get("/v1/coverage", params={"limit": 1000} | asked)).json()
    await check_both(client, {name: told[name] for name in ("records", "statements")}, **asked)
    for one in told["kinds"]:
        await check_both(client, one, kind=one["kind"])
    for one in told["properties"]:
        counts = {support: one[support] for support in SUPPORT}
        await check_three(client, counts, kind=one["kind"], property=one["property"])
    for one in told["decades"]:
        await check_both(client, one, decade=one["bucket"], **asked)
    await check_both(client, told["undated"], decade="undated", **asked)
    for name in ("source", "place"):
        for one in told[f"{name}s"]["items"]:
            of = {name: one["ref"], **asked}
            await check_three(client, {support: one[support] for support in SUPPORT}, **of)
            records = await listed(client, property="record", **of)
            assert len(records) == one["records"]
            assert len(await listed(client, property="record", support="one", **of)) == one["alone"]
            counts = [await listed(client, **of), records]
            assert {item["ref"] for item in counts[0]} == {item["ref"] for item in counts[1]}
    return told


async def write_all_sorts(writer):
    for name in "xyz":
        await writer.create("sources", id=name, title=name)
        await writer.create("places", id=name, title=name)
    for number, date in enumerate(
        ["1967/1984", "196X", "-0044-03-15", "XXXX-01-03", None, "1900/..", "1975"]
    ):
        sources = [f"sources/{one}" for one in "xyz"[: number % 4]]
        await writer.create(
            "events",
            id=f"e{number}",
            title="E",
            **({} if date is None else {"date": date}),
            summary="It was.",
            places=[{"place": "places/x"}, {"place": f"places/{'xyz'[number % 3]}", "role": "site"}],
            evidence=[
                {"source": source, **({"property": "places"} if number % 2 else {})} for source in sources
            ],
        )
    await writer.create("actors", id="a", title="A", date="1965/1972", evidence=[{"source": "sources/y"}])


@pytest.mark.slow
async def test_every_cell_is_what_the_records_behind_it_add_up_to(seeded_client):
    await check_cells(seeded_client)


@pytest.mark.slow
async def test_every_cell_of_every_sort_of_record(client, writer, monkeypatch):
    monkeypatch.setattr(coverage, "MAX_DECADES", 12)
    await write_all_sorts(writer)
    told = await check_cells(client)
    assert told["statements"]["several"]
    assert told["undated"]["statements"]["none"]
    assert {item["ref"] for item in told["places"]["items"]} == {"places/x", "places/y", "places/z"}
    await check_cells(client, kind="event")
    # Decades that coverage has no room for are asked for all the same.
    assert [one["ref"] for one in await listed(client, decade="-0050")] == ["events/e2"]
    assert [one["ref"] for one in await listed(client, decade="1960", property="date")] == [
        "actors/a",
        "events/e0",
        "events/e1",
        "events/e3",
        "events/e5",
    ]


async def test_parameters_narrow_together(client, writer):
    await write_all_sorts(writer)
    of_x = await listed(client, source="sources/x", place="places/x", decade="1900")
    assert [(one["ref"], one["one"], one["several"]) for one in of_x] == [
        ("events/e3", 0, 3),
        ("events/e5", 3, 0),
    ]
    both = await listed(client, place="places/x", property="places", decade="1960")
    assert {one["ref"]: (one["none"], one["one"], one["several"]) for one in both} == {
        "events/e0": (2, 0, 0),
        "events/e1": (0, 2, 0),
        "events/e3": (0, 0, 2),
        "events/e5": (0, 2, 0),
    }
    assert await listed(client, decade="12340", place="places/y") == []


@pytest.mark.parametrize("limit", [1, 3, 1000])
async def test_without_a_kind_the_records_of_all_kinds_are_named_page_by_page(seeded_client, limit):
    told = (await seeded_client.get("/v1/coverage")).json()
    counted = {kind["kind"]: kind["records"] for kind in told["kinds"]}
    for support in ("none", "one"):
        asked = {"property": "record", "support": support, "limit": limit}
        page = (await seeded_client.get("/v1/coverage/statements", params=asked)).json()
        items = page["items"]
        while page["next"]:
            assert len(page["items"]) == limit
            page = (await seeded_client.get(page["next"])).json()
            items += page["items"]
        for kind, records in counted.items():
            assert sum(item["kind"] == kind for item in items) == records[support]
        of_kinds = [item["kind"] for item in items]
        assert of_kinds == sorted(of_kinds)
    together = await listed(seeded_client, property="summary")
    apart = [await listed(seeded_client, property="summary", kind=kind) for kind in sorted(counted)]
    assert together == [item for items in apart for item in items]


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
        ("coverage/statements?decade=1965", "decade"),
        ("coverage/statements?decade=sixties", "decade"),
        ("coverage/statements?decade=1960_0", "decade"),
        ("coverage/statements?place=havana", "place"),
        ("coverage/statements?place=places/nowhere", "place"),
        ("coverage/statements?source=places/havana", "source"),
        ("coverage/statements?source=sources/x&property=date", "property"),
    ],
)
async def test_bad_queries_are_refused(refused_writer, path, parameter):
    answer = await refused_writer.client.get(f"/v1/{path}")
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
