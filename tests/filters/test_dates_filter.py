"""Time over HTTP, against answers worked out from the four bounds without the code (`time_oracle`)."""

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from time_oracle import RELATIONS, Dated, asked, dated

from app.database.api_keys import create_key

pytestmark = pytest.mark.anyio

SOURCE = "sources/s"
TYPES = ("battle", "reform")
MAY = st.one_of(st.none(), dated, dated, dated)


def examples(share):
    """Draw fewer examples than of a rule inside; none is made smaller, as the database keeps those before it."""
    return settings(
        max_examples=settings.default.max_examples // share,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


class Kept:
    """A database that every example adds events to, and the dates of those by their ids; None where there is none.

    `dates` are those of the records, `source` those that the one source has of them.
    """

    def __init__(self, client, key):
        self.client = client
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
        self.dates = {}
        self.source = {}

    async def add(self, pairs):
        """Add events of two dates each, and an agreement that was in force for the first where it is an interval.

        Gives their tag and their ids.
        """
        documents = [] if self.dates else [{"kind": "source", "id": "s", "title": "S"}]
        added = []
        for own, other in pairs:
            number = len(self.dates)
            name = f"r-{number * 7919 % 10_007}"
            says = {"stance": "disputes"} if other is None else {"value": other.text}
            event = {
                "title": f"Record {name}",
                "type": TYPES[number % 2],
                "tags": [f"batch {number - len(added)}"],
                "evidence": [{"property": "date", "source": SOURCE, **says}],
            }
            if own is not None:
                event["date"] = own.text
            documents.append({"kind": "event", "id": name, **event})
            if own is not None and "/" in own.text:
                documents.append({"kind": "agreement", "id": name, "title": name, "in_force": own.text})
            self.dates[name], self.source[name] = own, other
            added.append(name)
        body = b"\n".join(map(orjson.dumps, documents))
        answer = await self.client.post("/v1/imports", content=body, headers=self.headers)
        assert answer.json()["created"] == len(documents), answer.text
        return f"batch {len(self.dates) - len(added)}", added

    async def ids(self, path, **parameters):
        answer = await self.client.get(path, params={"limit": 1000, "fields": "title", **parameters})
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    async def walk(self, path, direction="next"):
        """Read page after page; gives the ids in the order of the list, and the address of the last page."""
        found = []
        while True:
            answer = await self.client.get(path)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            ids = [item["id"] for item in page["items"]]
            found = found + ids if direction == "next" else ids + found
            if page[direction] is None:
                return found, path
            path = page[direction]


def answering(dates, relation, certainty, question):
    """Give the ids of the dates that answer a question."""
    a, b = question.bounds[0], question.bounds[3]
    return {name for name, one in dates.items() if one is not None and one.answers(relation, certainty, a, b)}


def with_known_year(dates):
    return {name for name, one in dates.items() if one is not None and one.year_known}


def in_order(dates, ids, sort):
    """Give ids in the order of their dates: the dated, those whose year is not known, the undated."""

    def place(name):
        one = dates[name]
        return ((2, 0, 0) if one is None else one.place(descending=sort == "-date"), name)

    return sorted(ids, key=place)


@pytest.fixture(scope="module")
async def kept(anyio_backend, databases, migrated_template, client_at):  # noqa: ARG001 - tells anyio to run it
    url = databases.fresh(migrated_template)
    async with client_at(url) as client:
        key, _ = await client.app.state.db.write(lambda tx: create_key(tx, "editor", ("read", "write")))
        yield Kept(client, key)
    databases.drop(url)


@pytest.mark.slow
@given(st.lists(st.tuples(MAY, MAY), min_size=12, max_size=12), asked)
@examples(share=3)
async def test_every_answer_follows_from_the_bounds(kept, dates, question):
    await kept.add(dates)
    for relation in RELATIONS:
        found = {}
        for certainty in ("possible", "certain"):
            when = {"when": question.text, "relation": relation, "certainty": certainty}
            found[certainty] = await kept.ids("/v1/events", **when)
            expected = answering(kept.dates, relation, certainty, question)
            assert found[certainty] == in_order(kept.dates, expected, "date"), when
        assert set(found["certain"]) <= set(found["possible"])
    when = {"when": question.text, "certainty": "certain", "policy": f"source:{SOURCE}", "sort": "-date"}
    expected = answering(kept.source, "overlaps", "certain", question)
    assert await kept.ids("/v1/events", **when) == in_order(kept.source, expected, "-date")
    intervals = {name: one for name, one in kept.dates.items() if one is not None and "/" in one.text}
    for certainty in ("possible", "certain"):
        in_force = await kept.ids("/v1/agreements", in_force_on=question.text, certainty=certainty)
        assert set(in_force) == answering(intervals, "overlaps", certainty, question)


@pytest.mark.slow
@given(
    st.lists(st.tuples(MAY, MAY), min_size=10, max_size=10),
    st.sampled_from(["date", "-date"]),
    st.integers(1, 11),
    st.integers(6, 40),
    asked,
)
@examples(share=6)
async def test_pages_by_date_follow_each_other_both_ways(kept, dates, sort, limit, larger, question):
    tag, added = await kept.add(dates)
    everything = list(kept.dates)
    reforms = [name for at, name in enumerate(everything) if at % 2]
    own, source = kept.dates, kept.source
    overlapping = answering(own, "overlaps", "possible", question)
    known, by_source = with_known_year(own), with_known_year(source)
    for path, parameters, size, seen, ids in (
        ("/v1/events", {"tag": tag}, limit, own, added),
        ("/v1/events", {"ids": ",".join(added), "policy": f"source:{SOURCE}"}, limit, source, added),
        ("/v1/search", {"q": "record", "tag": tag}, limit, own, added),
        ("/v1/events", {}, larger, own, everything),
        ("/v1/events", {"type": TYPES[1]}, larger, own, reforms),
        ("/v1/events", {"type": ",".join(TYPES), "when": question.text}, larger, own, overlapping),
        ("/v1/events", {"policy": f"source:{SOURCE}"}, larger, source, everything),
        ("/v1/search", {"q": "record"}, larger, own, everything),
        ("/v1/events", {"year": "known"}, larger, own, known),
        ("/v1/events", {"year": "known", "when": question.text}, larger, own, known & overlapping),
        ("/v1/events", {"year": "known", "policy": f"source:{SOURCE}"}, larger, source, by_source),
        ("/v1/search", {"q": "record", "year": "known", "kind": "event"}, larger, own, known),
        ("/v1/events", {"year": "unknown"}, larger, own, set(own) - known),
        ("/v1/events", {"year": "unknown", "when": question.text}, larger, own, overlapping - known),
        (
            "/v1/events",
            {"year": "unknown", "policy": f"source:{SOURCE}"},
            larger,
            source,
            set(source) - by_source,
        ),
    ):
        asking = {**parameters, "sort": sort, "limit": size}
        expected = in_order(seen, ids, sort)
        first = str(kept.client.build_request("GET", path, params=asking).url.raw_path, "ascii")
        forward, last = await kept.walk(first)
        assert forward == expected, asking
        assert (await kept.walk(last, "prev"))[0] == expected, asking


@pytest.mark.parametrize("sort", ["date", "-date"])
@pytest.mark.parametrize("read", ["own", "source"])
async def test_streams_are_in_the_order_of_pages(kept, sort, read):
    await kept.add([(None, None)] * 150)
    policy, dates = ("preferred", kept.dates) if read == "own" else (f"source:{SOURCE}", kept.source)
    answer = await kept.client.get("/v1/events", params={"format": "ndjson", "sort": sort, "policy": policy})
    streamed = [orjson.loads(line)["id"] for line in answer.content.splitlines()]
    assert streamed == in_order(dates, dates, sort)


@pytest.mark.parametrize(
    ("year", "told"),
    [("known", "whose year is known"), ("unknown", "without a date, or of a year that is not known")],
)
async def test_a_year_that_is_known_or_not_is_counted_as_it_is_listed(kept, year, told):
    await kept.add([(Dated(text, (0, 0, 0, 0), year_known=known), None) for text, known in YEARS.items()])
    await kept.add([(None, None)])
    known = with_known_year(kept.dates)
    found = known if year == "known" else set(kept.dates) - known
    for path, more in (("/v1/events", {}), ("/v1/search", {"q": "record", "kind": "event"})):
        asked = {**more, "year": year, "sort": "title", "limit": 1000, "count": "exact", "facets": "type"}
        page = (await kept.client.get(path, params={**asked, "explain": "true"})).json()
        assert {item["id"] for item in page["items"]} == found
        assert page["count"] == sum(one["count"] for one in page["facets"]["type"]) == len(found)
        assert told in page["explanation"]
    streamed = await kept.client.get("/v1/events", params={"year": year, "format": "ndjson"})
    assert {orjson.loads(line)["id"] for line in streamed.content.splitlines()} == found
    if year == "unknown":
        timeline = (await kept.client.get("/v1/timeline", params={"year": year})).json()
        assert timeline["undated"] == len(found)


@pytest.mark.parametrize("year", ["1994", "none", "KNOWN"])
async def test_a_year_is_not_asked_for_by_its_name(kept, year):
    answer = await kept.client.get("/v1/events", params={"year": year})
    [fault] = answer.json()["errors"]
    assert (answer.status_code, fault["parameter"], fault["suggestion"]) == (400, "year", "known")
    assert "when=1994" in fault["detail"]


YEARS = {
    "XXXX-01-03": False,
    "XXXX": False,
    "XXXX-05/..": False,
    "1XXX": True,
    "../..": True,
    "1962/XXXX": True,
}
SURE, MAYBE, NEVER = (True, True), (False, True), (False, False)


@pytest.mark.parametrize(
    ("edtf", "when", "answer"),
    [
        ("2000-10-30/..", "2010", SURE),
        ("2000-10-30/..", "2000", SURE),
        ("2000-10-30/..", "2000-10-29", NEVER),
        ("2000-10-30/..", "2010-07-03/..", SURE),
        ("2000-10-30/", "2010", MAYBE),
        ("2000-10-30/", "2000", SURE),
        ("2000-10-30?/..", "2010", MAYBE),
        ("../1967", "1950", SURE),
        ("/1967", "1950", MAYBE),
        ("/1967", "1967", SURE),
        ("../1967", "1968", NEVER),
    ],
)
async def test_an_open_end_is_certain_wherever_time_is_asked(writer, edtf, when, answer):
    """By certainty: the date itself, what was in force, links in a graph, decades of timelines and facets."""
    await writer.create("actors", id="a")
    await writer.create("events", id="e", date=edtf, participants=[{"actor": "actors/a"}])
    await writer.create(
        "actors", id="b", relations=[{"type": "member-of", "target": "actors/a", "date": edtf}]
    )
    await writer.create("agreements", id="t", in_force=edtf)
    for certainty, holds in zip(("certain", "possible"), answer, strict=True):
        asking = {"certainty": certainty}
        events = (await writer.get("events", when=when, **asking)).json()["items"]
        in_force = (await writer.get("agreements", in_force_on=when, **asking)).json()["items"]
        graph = (await writer.get("graph", around="actors/a", when=when, **asking)).json()
        assert [bool(events), bool(in_force), len(graph["edges"])] == [holds, holds, 2 * holds]
    if when == "2010":
        counts = dict(zip(("certain", "possible"), map(int, answer), strict=True))
        await writer.create("events", id="later", date="2021-05-05")
        timeline = (await writer.get("timeline", kind="event", bucket="year")).json()["items"]
        [year] = [one for one in timeline if one["bucket"] == when]
        assert {name: year[name] for name in counts} == counts
        facets = (await writer.get("events", facets="decade")).json()["facets"]["decade"]
        [decade] = [one for one in facets if one["value"] == when]
        assert {name: decade[name] for name in counts} == counts


async def test_dates_of_names_and_geometries_date_no_record(database_with, client_at):
    at = {"type": "Point", "coordinates": [28.98, 41.01]}
    of_then = {
        "names": [{"name": "Constantinople", "date": "0330/1930"}],
        "geometries": [{"geometry": at, "date": "0330/1930"}],
    }
    places = [
        {"id": "undated", "title": "A", **of_then},
        {"id": "dated", "title": "B", "date": "0330/..", **of_then},
    ]
    async with client_at(database_with([("place", one) for one in places])) as client:
        for query in (
            "when=1453",
            "when=1453&bbox=28,40,30,42",
            "when=1453&relation=before&certainty=possible",
        ):
            found = (await client.get(f"/v1/places?{query}")).json()["items"]
            assert [one["id"] for one in found] == ([] if "before" in query else ["dated"]), query
        assert len((await client.get("/v1/places?bbox=28,40,30,42")).json()["items"]) == 2


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("3 January", "01-03"),
        ("January 3", "01-03"),
        ("1994-12-14", "12-14"),
        ("14 December 1994", "12-14"),
        ("12/14", None),
        ("1994-12", None),
        ("02-30", None),
        ("x", None),
    ],
)
async def test_a_day_of_the_year_is_proposed_as_it_is_written(refused_writer, text, suggestion):
    answer = await refused_writer.get("events", on_day=text)
    [fault] = answer.json()["errors"]
    assert (fault["parameter"], fault["code"], fault.get("suggestion")) == (
        "on_day",
        "invalid_day",
        suggestion,
    )
