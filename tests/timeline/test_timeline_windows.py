"""Timelines of a stretch of time: its buckets alone, whatever the length of records, and what lies outside, by asking every record."""

import random

import pytest
from counting import DATES, span_of

from app.database.engine.database import Database
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.listing import count_sql as counting
from app.records.kinds import kind_by_name
from app.records.validation.document import validate_document
from app.timeline.outside_sql import Boundary
from app.values.calendar import days_from_gregorian
from app.values.edtf.value import parse_edtf
from app.values.timespan import OPEN_END, OPEN_START, TemporalRelation, certain, possible
from app.writing.write import NewRevision, write

MORE = [
    "Y-4000000000/2024",
    "Y-2500000/1950",
    "1950~/1970~",
    "1955-06~/1961-02?",
    "1962~/..",
    "1962~/",
    "../1967?",
    "[..1955~]",
    "[1990..]",
    "[1990?..]",
    "[..1950, 1984..]",
    "[1955-03-01, 1961-02-02]",
    "{..1962}",
    "05XX",
    "195X/197X",
    "195X~/197X",
    "XXXX",
    "XXXX~",
    "XXXX-02-29",
    "XXXX-24",
    "-XXXX-12-31",
    "XXXX/..",
    "../XXXX",
    "[XXXX-05, XXXX-07]",
    "0XXX/9XXX",
    "0XXX?/9XXX?",
    "[..XXXX, XXXX..]",
    "/XXXX",
    "1XXX",
    "Y170000002S3",
    "{1887,1971}",
    "[1887-05,1971]",
    "{1500,1971-02}",
    "{1887,1999}",
    "[1886,1930,1971]",
]
TYPES = ("meeting", "battle", None)
WINDOWS = [
    "1900/1999",
    "1960/1969",
    "196X",
    "1965",
    "1955-06-15/1961-02-01",
    "1955/1967",
    "1960-01-01",
    "1969-12-31/1970-01-01",
    "-0050/0012",
    "1962/..",
    "../1900-03",
    "2010/2030",
    "[1955,1967]",
    "1950~/1970",
    "1885-07/1972-03",
    "-0045/1895",
]
LENGTHS = {"year": 1, "decade": 10, "century": 100}


@pytest.fixture(scope="module")
def documents():
    chance = random.Random(7)
    found = []
    for number, date in enumerate([*DATES, *MORE, None] * 2):
        one = {
            "id": f"r-{number}",
            "title": f"R {'odd' if number % 2 else 'even'}",
            "type": chance.choice(TYPES),
        }
        found.append({name: value for name, value in {**one, "date": date}.items() if value is not None})
    return found


@pytest.fixture(scope="module")
async def ask(anyio_backend, databases, migrated_template, client_at, documents):  # noqa: ARG001 - tells anyio to run it
    url = databases.fresh(migrated_template)
    database = Database.open(url)
    event = kind_by_name("event")
    database.write_now(
        lambda tx: write(
            tx,
            [NewRevision(event, validate_document(event, one, vocabulary_of(tx))) for one in documents],
            Attribution(by="t"),
        )
    )
    database.dispose()
    async with client_at(url) as client:

        async def get(**parameters):
            return await client.get("/v1/timeline", params=parameters)

        yield get
    databases.drop(url)


def counts(spans, relation, a, b):
    return {
        "certain": sum(certain(relation, span, a, b) for span in spans),
        "possible": sum(possible(relation, span, a, b) for span in spans),
    }


def name(year):
    return f"-{-year:04}" if year < 0 else f"{year:04}"


FILTERS = {
    "nothing": ({}, lambda _: True),
    "a type": ({"type": "battle"}, lambda one: one.get("type") == "battle"),
    "a known year": (
        {"year": "known"},
        lambda one: "date" in one and parse_edtf(one["date"]).year_known,
    ),
    "text": ({"q": "odd"}, lambda one: "odd" in one["title"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("asked", FILTERS)
@pytest.mark.parametrize("bucket", LENGTHS)
async def test_a_stretch_has_its_own_buckets_and_the_rest_lies_outside(ask, documents, bucket, asked):
    parameters, matches = FILTERS[asked]
    some = [one for one in documents if matches(one)]
    spans = [span for span in map(span_of, some) if span is not None]
    unknown = sum(not parse_edtf(one["date"]).year_known for one in some if "date" in one)
    for window in WINDOWS:
        bounds = parse_edtf(window).span.bounds
        a, b = bounds.s1, bounds.e2
        answer = await ask(bucket=bucket, when=window, **parameters)
        assert answer.status_code == 200, (window, answer.text)
        found = answer.json()
        outside_of_it = {
            "before": counts(spans, TemporalRelation.BEFORE, a, b),
            "after": counts(spans, TemporalRelation.AFTER, a, b),
            "undated": len(some) - len(spans) + unknown,
        }
        assert {key: found[key] for key in outside_of_it} == outside_of_it, window
        within = [span for span in spans if possible(TemporalRelation.OVERLAPS, span, a, b)]
        for item in found["items"]:
            year, length = int(item["bucket"]), LENGTHS[bucket]
            first, last = days_from_gregorian(year, 1, 1), days_from_gregorian(year + length, 1, 1) - 1
            assert counts(within, TemporalRelation.OVERLAPS, first, last) == {
                key: item[key] for key in ("certain", "possible")
            }, (window, year)
        if a > OPEN_START and b < OPEN_END:
            years = [days for days in range(-100, 2031) if days % LENGTHS[bucket] == 0]
            assert [item["bucket"] for item in found["items"]] == [
                name(year)
                for year in years
                if days_from_gregorian(year, 1, 1) <= b
                and days_from_gregorian(year + LENGTHS[bucket], 1, 1) > a
            ], window


async def test_ten_decades_of_a_century_whatever_there_is(ask):
    found = (await ask(bucket="decade", when="1900/1999")).json()
    assert [one["bucket"] for one in found["items"]] == [f"19{n}0" for n in range(10)]
    empty = (await ask(bucket="decade", when="1900/1999", ids="nothing")).json()
    assert [(one["bucket"], one["possible"]) for one in empty["items"]] == [(f"19{n}0", 0) for n in range(10)]
    assert empty["before"] == empty["after"] == {"certain": 0, "possible": 0}
    assert empty["undated"] == 0


@pytest.mark.parametrize(
    "more", [{"relation": "within"}, {"certainty": "certain"}, {"relation": "before"}], ids=str
)
async def test_a_relation_filters_what_is_counted_within_and_not_what_lies_outside(ask, documents, more):
    relation, sure = TemporalRelation(more.get("relation", "overlaps")), more.get("certainty") == "certain"
    a, b = days_from_gregorian(1960, 1, 1), days_from_gregorian(1970, 1, 1) - 1
    spans = [span for span in map(span_of, documents) if span is not None]
    holds = certain if sure else possible
    matching = [span for span in spans if holds(relation, span, a, b)]
    found = (await ask(bucket="decade", when="1960/1969", **more)).json()
    [item] = found["items"]
    assert {key: item[key] for key in ("certain", "possible")} == counts(
        matching, TemporalRelation.OVERLAPS, a, b
    )
    plain = (await ask(bucket="decade", when="1960/1969")).json()
    for key in ("before", "after", "undated"):
        assert found[key] == plain[key]


@pytest.mark.parametrize("bucket", LENGTHS)
async def test_split_by_type_counts_the_same(ask, bucket):
    plain = (await ask(bucket=bucket, when="1955/1985")).json()
    split = (await ask(bucket=bucket, when="1955/1985", split="type")).json()
    for item in split["items"]:
        parts = item.pop("types")
        for key in ("certain", "possible"):
            assert sum(part[key] for part in parts) == item[key]
    assert split == plain


@pytest.mark.parametrize("bucket", LENGTHS)
async def test_without_a_stretch_records_that_are_too_long_do_not_count_for_its_ends(ask, documents, bucket):
    answer = await ask(bucket=bucket)
    if bucket == "year":
        # From 50 BCE to 2001 there are more than 2,000 years without the long ones.
        assert answer.json()["errors"][0]["suggestion"] == "decade"
        return
    found = answer.json()
    length = LENGTHS[bucket]
    first, last = found["items"][0]["bucket"], found["items"][-1]["bucket"]
    assert (first, last) == (name(-50 // length * length), name(2001 // length * length))
    a = days_from_gregorian(int(first), 1, 1)
    b = days_from_gregorian(int(last) + length, 1, 1) - 1
    spans = [span for span in map(span_of, documents) if span is not None]
    assert found["before"] == counts(spans, TemporalRelation.BEFORE, a, b)
    assert found["after"] == counts(spans, TemporalRelation.AFTER, a, b)
    assert all(item["possible"] > 0 for item in found["items"])


async def test_one_record_from_the_archean_to_today_refuses_nothing(writer, client):
    async def timeline(**parameters):
        answer = await client.get("/v1/timeline", params=parameters)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found.pop("bucket") == parameters["bucket"]
        return [(one["bucket"], one["certain"], one["possible"]) for one in found.pop("items")], found

    nothing = {"certain": 0, "possible": 0}
    await writer.create("events", id="life", title="Life", date="Y-4000000000/2024")
    items, rest = await timeline(bucket="decade")
    assert (len(items), items[0], items[-1]) == (2000, ("-17970", 1, 1), ("2020", 1, 1))
    assert rest == {"before": nothing, "after": nothing, "undated": 0}
    assert len((await timeline(bucket="year", when="1900/.."))[0]) == 125
    await writer.create("events", id="early", title="Early", date="1850-05")
    await writer.create("events", id="late", title="Late", date="1984")
    await writer.create("events", id="some-day", title="Some day", date="XXXX-01-03")
    await writer.create("events", id="no-day", title="No day")
    items, rest = await timeline(bucket="decade")
    assert [bucket for bucket, _, _ in items] == [f"{year}" for year in range(1850, 1990, 10)]
    assert items[0] == ("1850", 2, 3)
    assert items[1] == ("1860", 1, 2)
    assert rest == {
        "before": {"certain": 0, "possible": 1},
        "after": {"certain": 0, "possible": 1},
        "undated": 2,
    }
    items, rest = await timeline(bucket="decade", when="1900/1999")
    assert [bucket for bucket, _, _ in items] == [f"{year}" for year in range(1900, 2000, 10)]
    assert items[8] == ("1980", 2, 3)
    assert rest["before"] == {"certain": 1, "possible": 2}
    assert rest["undated"] == 2
    items, rest = await timeline(bucket="year", when="1850/1984")
    assert (len(items), rest["before"]["certain"], rest["after"]["certain"]) == (135, 0, 0)


@pytest.mark.parametrize("date", ["Y-4000000000/..", "Y-4000000000/", "../Y4000000000"])
async def test_a_long_record_with_an_open_end_refuses_nothing(writer, client, date):
    await writer.create("events", id="life", title="Life", date=date)
    for bucket in LENGTHS:
        assert (await client.get(f"/v1/timeline?bucket={bucket}")).status_code == 200
    for number, one in enumerate(("1850/..", "1900", "1984", "../1990")):
        await writer.create("events", id=f"e{number}", title="E", date=one)
    answer = await client.get("/v1/timeline?bucket=year")
    assert answer.status_code == 200, answer.text
    assert [one["bucket"] for one in answer.json()["items"]] == [str(year) for year in range(1850, 1991)]


async def test_short_records_that_lie_too_far_apart_are_refused_with_a_way_out(writer, client):
    await writer.create("events", id="old", title="Old", date="-3000")
    await writer.create("events", id="new", title="New", date="1960")
    refused = await client.get("/v1/timeline?bucket=year")
    assert (refused.status_code, refused.json()["code"]) == (400, "too_many_buckets")
    [fault] = refused.json()["errors"]
    assert (fault["parameter"], fault["suggestion"]) == ("bucket", "decade")
    assert "`when`" in fault["detail"]
    wide = await client.get("/v1/timeline?bucket=century&when=Y-1000000/2000")
    assert wide.json()["errors"][0]["suggestion"] == "millennium"
    wide = await client.get("/v1/timeline?bucket=millennium&when=Y-10000000/2000")
    assert (wide.status_code, "suggestion" in wide.json()["errors"][0]) == (400, False)
    assert (await client.get("/v1/timeline?bucket=year&when=1950/1999")).status_code == 200


async def test_decades_of_a_stretch_are_counted_without_a_look_at_entries(writer, client, monkeypatch):
    for number, date in enumerate(["1850", "1899/1901", "1950~", "1984/..", "Y-4000000000/2024", "2001?"]):
        await writer.create("events", id=f"e-{number}", title="E", date=date, type="battle")

    def refuse(*_):
        pytest.fail("entries were read")

    monkeypatch.setattr(Boundary, "around", refuse)
    monkeypatch.setattr(counting, "_from_entries", refuse)
    for more in ("", "&type=battle", "&split=type"):
        found = (await client.get(f"/v1/timeline?bucket=decade&when=1900/1999{more}")).json()
        assert found["before"] == {"certain": 1, "possible": 1}
        assert found["after"] == {"certain": 0, "possible": 1}
        assert [item["possible"] for item in found["items"]] == [2, 1, 1, 1, 1, 2, 1, 1, 2, 2]


async def test_a_decade_that_the_stretch_cuts_is_looked_into(writer, client):
    for number, date in enumerate(["1845", "1852", "1858", "1850/1857", "1991-05", "1998"]):
        await writer.create("events", id=f"e-{number}", title="E", date=date)
    found = (await client.get("/v1/timeline?bucket=decade&when=1855-06/1994")).json()
    assert found["before"] == {"certain": 2, "possible": 2}
    assert found["after"] == {"certain": 1, "possible": 1}
    counted = {item["bucket"]: item["possible"] for item in found["items"] if item["possible"]}
    assert counted == {"1850": 2, "1990": 1}
