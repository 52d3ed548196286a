"""Timelines: what each bucket holds, proven by asking every record; where they begin and end; what is refused."""

import pytest
from counting import DATES, TAGS, buckets, fill, year_name
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.values.calendar import days_from_gregorian
from app.values.edtf.value import parse_edtf
from app.values.time_histogram import TimeHistogram, deltas_of, read_time_extent, time_extents
from app.values.timespan import TemporalRelation, certain, possible

LENGTHS = {"year": 1, "decade": 10, "century": 100}


@pytest.fixture(scope="module")
def counted(databases, migrated_template):
    url = databases.fresh(migrated_template)
    yield url, fill(url)
    databases.drop(url)


@pytest.fixture(scope="module")
async def ask(anyio_backend, counted, client_at):  # noqa: ARG001 - tells anyio to run it
    async with client_at(counted[0]) as client:

        async def get(**parameters):
            return await client.get("/v1/timeline", params=parameters)

        yield get


FILTERS = {
    "nothing": ({}, lambda _: True),
    "type": ({"type": "battle,reform"}, lambda one: one.get("type") in ("battle", "reform")),
    "one type": ({"type": "meeting"}, lambda one: one.get("type") == "meeting"),
    "text": ({"q": "odd"}, lambda one: "odd" in one["title"]),
    "tag": ({"tag": TAGS[0]}, lambda one: TAGS[0] in one.get("tags", ())),
    "tags of a type": (
        {"tag": ",".join(TAGS), "type": "meeting"},
        lambda one: one.get("tags") and one.get("type") == "meeting",
    ),
    "participant": (
        {"participant": "actors/a-1"},
        lambda one: any(p["actor"] == "actors/a-1" for p in one.get("participants", ())),
    ),
    "both": (
        {"type": "battle", "q": "even"},
        lambda one: one.get("type") == "battle" and "even" in one["title"],
    ),
}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("bucket", LENGTHS)
async def test_every_bucket_is_what_asking_every_record_gives(ask, counted, bucket, name):
    parameters, matches = FILTERS[name]
    some = [one for one in counted[1].values() if matches(one)]
    expected = buckets(some, LENGTHS[bucket])
    answer = await ask(bucket=bucket, **parameters)
    if len(expected) > 2000:
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["suggestion"] == "decade"
        return
    assert answer.status_code == 200, answer.text
    found = {one["bucket"]: (one["certain"], one["possible"]) for one in answer.json()["items"]}
    assert found == {year_name(year): counts for year, counts in expected.items()}
    assert all(least <= most for least, most in found.values())
    assert list(found) == [year_name(year) for year in sorted(expected)]


async def test_a_year_timeline_within_its_bounds(ask, counted):
    some = [
        one
        for one in counted[1].values()
        if one.get("type") == "battle" and not one.get("date", "-").startswith(("-", "0"))
    ]
    ids = ",".join(one["id"] for one in some)
    found = (await ask(bucket="year", ids=ids)).json()["items"]
    assert {one["bucket"]: (one["certain"], one["possible"]) for one in found} == {
        year_name(year): counts for year, counts in buckets(some, 1).items()
    }
    assert found


async def test_days_and_names(ask):
    items = (await ask(bucket="decade")).json()["items"]
    by_name = {one["bucket"]: one for one in items}
    assert (by_name["1960"]["start"], by_name["1960"]["end"]) == ("1960-01-01", "1969-12-31")
    assert (by_name["-0040"]["start"], by_name["-0040"]["end"]) == ("-0040-01-01", "-0031-12-31")
    centuries = {one["bucket"]: one for one in (await ask(bucket="century")).json()["items"]}
    assert (centuries["1900"]["start"], centuries["1900"]["end"]) == ("1900-01-01", "1999-12-31")
    assert (centuries["-0100"]["start"], centuries["-0100"]["end"]) == ("-0100-01-01", "-0001-12-31")
    assert by_name["0700"]["possible"] >= 0, "empty buckets are kept"


@pytest.mark.parametrize("bucket", ["decade", "century"])
async def test_split_by_type(ask, counted, bucket):
    items = (await ask(bucket=bucket, split="type")).json()["items"]
    whole = (await ask(bucket=bucket)).json()["items"]
    kinds = {one.get("type") for one in counted[1].values()}
    expected = {
        kind: buckets([one for one in counted[1].values() if one.get("type") == kind], LENGTHS[bucket])
        for kind in kinds
    }
    for item, plain in zip(items, whole, strict=True):
        types = {part.get("type"): (part["certain"], part["possible"]) for part in item.pop("types")}
        assert item == plain
        for kind, counts in types.items():
            year = int(item["bucket"])
            if year in expected[kind]:
                assert counts == expected[kind][year]
        assert sum(least for least, _ in types.values()) == item["certain"]
        assert sum(most for _, most in types.values()) == item["possible"]


async def test_kinds_and_the_empty_timeline(ask):
    nothing = {"certain": 0, "possible": 0}
    assert (await ask(kind="mission")).json() == {
        "bucket": "decade",
        "items": [],
        "before": nothing,
        "after": nothing,
        "undated": 0,
    }
    both, events = (await ask(kind="actor,event")).json(), (await ask(kind="event")).json()
    assert both == {**events, "undated": events["undated"] + 6}, "there are six actors without a date"
    of_agreements = {"in_force_on": "2005", "explain": "true"}
    assert (await ask(**of_agreements)).json() == (await ask(**of_agreements, kind="agreement")).json()
    assert (
        (await ask(**of_agreements))
        .json()["explanation"]
        .startswith("Agreements that were possibly in force")
    )
    assert (await ask()).json() == (await ask(kind="event", bucket="decade")).json()


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({"bucket": "week"}, "bucket"),
        ({"split": "tag"}, "split"),
        ({"kind": "battle"}, "kind"),
        ({"limit": "3"}, "limit"),
        ({"type": "batle"}, "type"),
        ({"bucket": "year"}, "bucket"),
        ({"in_force_on": "2005", "kind": "event"}, "in_force_on"),
        ({"in_force_on": "2005", "kind": "place"}, "in_force_on"),
    ],
)
async def test_what_is_wrong_is_named(ask, parameters, parameter):
    answer = await ask(**parameters)
    assert answer.status_code == 400
    assert [fault["parameter"] for fault in answer.json()["errors"]] == [parameter]


async def test_what_is_asked_is_said(ask):
    said = (await ask(bucket="century", type="battle", q="odd", explain="true", split="type")).json()[
        "explanation"
    ]
    for word in (
        "battle",
        "odd",
        "century",
        "by type",
        "Events",
        "as they are written",
        "possibly",
        "certainly",
    ):
        assert word in said


async def test_nothing_new_is_304(counted, make_client):
    async with make_client(url=counted[0]) as client:
        first = await client.get("/v1/timeline")
        again = await client.get("/v1/timeline", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


year = st.integers(-300, 300)
dates = st.one_of(
    st.sampled_from(DATES),
    st.tuples(year, st.integers(0, 250)).map(lambda v: f"{year_name(v[0])}/{year_name(v[0] + v[1])}"),
    st.lists(year, min_size=1, max_size=4).map(
        lambda v: "{" + ",".join(year_name(y) for y in sorted(v)) + "}"
    ),
    st.lists(year, min_size=1, max_size=4).map(
        lambda v: "[" + ",".join(year_name(y) for y in sorted(v)) + "]"
    ),
    year.map(lambda y: f"{year_name(y)}/.."),
    year.map(lambda y: f"../{year_name(y)}"),
    st.tuples(year, st.integers(0, 99)).map(lambda v: f"{year_name(v[0])}-03-15~/{year_name(v[0] + v[1])}"),
    st.tuples(year, st.integers(1, 99)).map(
        lambda v: "{" + f"{year_name(v[0])},{year_name(v[0] + v[1])}.." + "}"
    ),
)


@given(dates, st.sampled_from([1, 10, 100]), st.integers(-60, 60))
@settings(suppress_health_check=list(HealthCheck))
def test_a_reach_is_the_overlaps_of_every_bucket(text, length, number):
    value = parse_edtf(text)
    reach = read_time_extent(time_extents(value)[0]).coarser(length)
    a, b = days_from_gregorian(number * length, 1, 1), days_from_gregorian((number + 1) * length, 1, 1) - 1
    counts = TimeHistogram()
    counts.add(deltas_of(reach), 1)
    counts.first = counts.last = number
    [(_, _, sure, may)] = counts.stretches()
    assert may == possible(TemporalRelation.OVERLAPS, value.span, a, b)
    assert sure == certain(TemporalRelation.OVERLAPS, value.span, a, b)
