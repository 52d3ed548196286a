"""Timelines by day and by month, against answers worked out without the code, and the buckets that `auto` takes."""

from datetime import date, timedelta

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from time_oracle import dated

from app.database.api_keys import create_key

pytestmark = pytest.mark.anyio

TYPES = ("battle", "reform", None)
NOTHING = {"certain": 0, "possible": 0}


@pytest.fixture(scope="module")
async def kept(anyio_backend, databases, migrated_template, client_at):  # noqa: ARG001 - tells anyio to run it
    """A client of a database that every example adds to, and what imports into it."""
    url = databases.fresh(migrated_template)
    async with client_at(url) as client:
        token, _ = await client.app.state.db.write(lambda tx: create_key(tx, "test", ("write",)))
        numbers = iter(range(1_000_000))

        async def add(texts):
            batch = f"batch {next(numbers)}"
            documents = [
                {"kind": "event", "title": f"E {n}", "tags": [batch]}
                | ({} if text is None else {"date": text})
                | ({} if TYPES[n % 3] is None else {"type": TYPES[n % 3]})
                for n, text in enumerate(texts)
            ]
            answer = await client.post(
                "/v1/imports",
                content=b"\n".join(map(orjson.dumps, documents)),
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"},
            )
            assert answer.json()["created"] == len(documents), answer.text
            return batch

        async def ask(**parameters):
            return await client.get("/v1/timeline", params=parameters)

        yield add, ask
    databases.drop(url)


def bucket_of(day, bucket):
    """Give the name of a bucket, its first day and its last, as ISO 8601 has them and as ordinals."""
    if bucket == "day":
        return day.isoformat(), day, day
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.isoformat()[:7], first, last


def buckets_between(first, last, bucket):
    found, day = [], first
    while day <= last:
        name, start, end = bucket_of(day, bucket)
        found.append((name, start, end))
        day = end + timedelta(days=1)
    return found


def counts(dates, relation, first, last):
    a, b = first.toordinal(), last.toordinal()
    return {one: sum(each.answers(relation, one, a, b) for each in dates) for one in ("certain", "possible")}


@pytest.mark.slow
@given(
    st.lists(dated, min_size=15, max_size=30),
    st.integers(-60, 60),
    st.integers(0, 700),
    st.sampled_from(["day", "month"]),
)
@settings(
    max_examples=max(8, settings.default.max_examples // 3),
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
async def test_days_and_months_are_what_asking_every_date_gives(kept, dates, shift, length, bucket):
    add, ask = kept
    # The days are around where one of the dates begins or ends, so that there is something to count.
    middle = next((day for one in dates for day in one.bounds[1:3] if 690_000 < day < 700_000), 695_000)
    first = date.fromordinal(int(middle) + shift - length // 2)
    last = first + timedelta(days=length)
    batch = await add([one.text for one in dates] + [None])
    answer = await ask(tag=batch, bucket=bucket, when=f"{first}/{last}", split="type")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["bucket"] == bucket
    window = (first.toordinal(), last.toordinal())
    matching = [one for one in dates if one.answers("overlaps", "possible", *window)]
    of_type = {
        name: [one for n, one in enumerate(dates) if TYPES[n % 3] == name and one in matching]
        for name in TYPES
    }
    expected = buckets_between(first, last, bucket)
    assert [(one["bucket"], one["start"], one["end"]) for one in found["items"]] == [
        (name, start.isoformat(), end.isoformat()) for name, start, end in expected
    ]
    for item, (name, start, end) in zip(found["items"], expected, strict=True):
        told = {key: item[key] for key in ("certain", "possible")}
        assert told == counts(matching, "overlaps", start, end), (name, [one.text for one in dates])
        assert told["certain"] <= told["possible"]
        parts = {part.pop("type", None): part for part in item["types"]}
        by_type = {name: counts(some, "overlaps", start, end) for name, some in of_type.items()}
        assert parts == {name: told for name, told in by_type.items() if told["possible"]}
    assert found["before"] == counts(dates, "before", first, last)
    assert found["after"] == counts(dates, "after", first, last)
    assert found["undated"] == 1 + sum(not one.year_known for one in dates)


async def test_what_is_certain_in_no_day_may_be_in_a_month(kept):
    add, ask = kept
    batch = await add(
        [
            "1900-03",
            "1900-02~",
            "[1900-03-02, 1900-03-30]",
            "[1900-03-30, 1900-04-02]",
            "{1900-03-01, 1900-03-20, 1900-05}",
            "1900-21",
        ]
    )
    found = (await ask(tag=batch, bucket="month", when="1900-03/1900-05")).json()
    assert [(one["bucket"], one["certain"], one["possible"]) for one in found["items"]] == [
        ("1900-03", 3, 5),
        ("1900-04", 0, 2),
        ("1900-05", 1, 2),
    ]
    days = (await ask(tag=batch, bucket="day", when="1900-03-01/1900-03-02")).json()["items"]
    # Only a member that is a day is certain on one.
    assert [(one["certain"], one["possible"]) for one in days] == [(1, 3), (0, 3)]


async def names_of(ask, batch, **parameters):
    answer = await ask(tag=batch, **parameters)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return found["bucket"], [one["bucket"] for one in found["items"]], found


@pytest.mark.parametrize(
    ("when", "bucket", "first", "last", "number"),
    [
        ("1960-07-01/1960-07-31", "day", "1960-07-01", "1960-07-31", 31),
        ("1960-01-01/1960-07-18", "day", "1960-01-01", "1960-07-18", 200),
        ("1960-01-01/1960-07-19", "month", "1960-01", "1960-07", 7),
        ("1960", "month", "1960-01", "1960-12", 12),
        ("1960-05/1976-12", "month", "1960-05", "1976-12", 200),
        ("1960-05/1977-01", "year", "1960", "1977", 18),
        ("1801/2000", "year", "1801", "2000", 200),
        ("1800/2000", "decade", "1800", "2000", 21),
        ("-0001/0001", "month", "-0001-01", "0001-12", 36),
        ("-9999-06-30/-9999-07-01", "day", "-9999-06-30", "-9999-07-01", 2),
        ("Y-100000/2024", "millennium", "-100000", "2000", 103),
        ("Y-1000000/2024", "millennium", "-1000000", "2000", 1003),
    ],
)
async def test_auto_takes_the_finest_that_a_range_has_few_of(kept, when, bucket, first, last, number):
    add, ask = kept
    batch = await add(["1960-07-26"])
    taken, names, _ = await names_of(ask, batch, when=when, bucket="auto")
    assert (taken, names[0], names[-1], len(names)) == (bucket, first, last, number)
    assert (await ask(tag=batch, when=when, bucket=bucket)).json() == (
        await ask(tag=batch, when=when, bucket="auto")
    ).json()


@pytest.mark.parametrize(
    ("dates", "bucket", "first", "last"),
    [
        (["1960-07-26", "1960-08-02"], "day", "1960-07-26", "1960-08-02"),
        (["1960-07-26"], "day", "1960-07-26", "1960-07-26"),
        (["1960-07-26/", "1960-08-02"], "day", "1960-07-26", "1960-08-02"),
        (["../1960-07-26", "[1960-07-20, 1960-08-02..]"], "day", "1960-07-20", "1960-08-02"),
        (["1959-12-30", "1960-01-02"], "day", "1959-12-30", "1960-01-02"),
        (["1960", "1961-03"], "month", "1960-01", "1961-03"),
        (["1800-12-31", "2000-01-01"], "decade", "1800", "2000"),
        (["1801", "2000-12-31"], "year", "1801", "2000"),
        (["1795", "2094"], "decade", "1790", "2090"),
        (["-0500", "1900"], "century", "-0500", "1900"),
        (["Y-30000", "1900"], "millennium", "-30000", "1000"),
        (["Y-4500000000/2024", "1960-07-26"], "day", "1960-07-26", "1960-07-26"),
        (["Y-4500000000/..", "1850", "1984"], "year", "1850", "1984"),
    ],
    ids=str,
)
async def test_auto_takes_the_span_of_what_is_found(kept, dates, bucket, first, last):
    add, ask = kept
    batch = await add([*dates, "XXXX-01-03", None])
    taken, names, found = await names_of(ask, batch, bucket="auto")
    assert (taken, names[0], names[-1]) == (bucket, first, last)
    assert found["undated"] == 2
    assert found["items"][0]["possible"] >= 1
    assert (await ask(tag=batch, bucket=bucket)).status_code in (200, 400)


async def test_auto_begins_and_ends_where_it_is_asked_to(kept):
    add, ask = kept
    batch = await add(["1960-07-26", "1960-08-02", "1990", None])
    taken, names, found = await names_of(ask, batch, bucket="auto", when="../1960-07-31")
    assert (taken, names) == ("day", [f"1960-07-{day}" for day in range(26, 32)])
    assert (found["before"], found["after"]) == (NOTHING, {"certain": 2, "possible": 2})
    taken, names, _ = await names_of(ask, batch, bucket="auto", when="1960-08-01/..")
    assert (taken, names[0], names[-1]) == ("year", "1960", "1990")


async def test_auto_cuts_off_what_is_too_far_and_counts_it(kept):
    add, ask = kept
    batch = await add(["Y-4500000000", "Y-68000000?", "1960-07-26", "Y-4500000000/2024"])
    taken, names, found = await names_of(ask, batch, bucket="auto")
    assert (taken, len(names), names[0], names[-1]) == ("millennium", 2000, "-1998000", "1000")
    assert found["before"] == {"certain": 1, "possible": 2}
    assert found["after"] == NOTHING
    assert found["items"][0]["possible"] == 1
    # The same within days that are too many for any buckets: dates say where these begin and end.
    taken, names, found = await names_of(ask, batch, bucket="auto", when="Y-4600000000/Y-50000000")
    assert (taken, len(names), names[-1]) == ("millennium", 2000, "-68000000")
    assert found["before"] == {"certain": 1, "possible": 1}
    assert (await names_of(ask, batch, bucket="auto", when="Y-9000000/Y-4000000", kind="mission"))[1] == []
    refused = await ask(bucket="millennium", when="Y-4500000000/2024")
    assert refused.json()["code"] == "too_many_buckets"


@pytest.mark.parametrize(
    ("bucket", "dates", "coarser"),
    [
        ("day", ["1960-01-01", "1965-06-22"], None),
        ("day", ["1960-01-01", "1965-06-23"], "month"),
        ("day", ["1960-01-01", "1999"], "month"),
        ("day", ["1500", "1999"], "year"),
        ("month", ["1800-05", "1966-12"], None),
        ("month", ["1800-05", "1967-01"], "year"),
        ("month", ["-3000", "1967-01"], "decade"),
    ],
    ids=str,
)
async def test_short_buckets_have_to_fit(kept, bucket, dates, coarser):
    add, ask = kept
    batch = await add(dates)
    answer = await ask(tag=batch, bucket=bucket)
    if coarser is None:
        assert len(answer.json()["items"]) == 2000
        return
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_buckets")
    [fault] = answer.json()["errors"]
    assert (fault["parameter"], fault["suggestion"]) == ("bucket", coarser)
    refused = await ask(tag=batch, bucket="day", when="1960/1999")
    assert refused.json()["errors"][0]["suggestion"] == "month"


@pytest.mark.parametrize("date_of_all", ["1960/1970", "Y-4000000000/2024", "../2024-05-06"])
@pytest.mark.parametrize("bucket", ["day", "month", "auto"])
async def test_no_record_is_too_long_for_short_buckets(kept, bucket, date_of_all):
    add, ask = kept
    batch = await add([date_of_all, "1962-05-03/1962-05-09", "1962-06"])
    _, names, found = await names_of(ask, batch, bucket=bucket)
    assert names
    if bucket == "day" and date_of_all != "1960/1970":
        assert (names[0], names[-1]) == ("1962-05-03", "1962-06-30")
        assert all(one["possible"] >= 1 for one in found["items"])
    alone = await add([date_of_all])
    assert len((await names_of(ask, alone, bucket=bucket))[1]) <= 2000
