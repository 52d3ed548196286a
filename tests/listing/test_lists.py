"""Lists against an oracle that reads every record and asks `app.values` itself: filters, sorts, cursors."""

import random
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from app.database.engine.database import Database
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.formats import FORMATS
from app.records.kinds import kind_by_name
from app.records.validation.document import validate_document
from app.values.edtf.value import EdtfValue, parse_edtf
from app.values.text_folding import title_sort_key
from app.values.timespan import OPEN_END, OPEN_START, TemporalRelation, certain, possible
from app.writing.write import NewRevision, write

pytestmark = pytest.mark.anyio

DATES = [
    "1994-12-14",
    "1967",
    "1967~",
    "1967-03",
    "196X",
    "19XX",
    "XXXX-01-03",
    "1962/1967",
    "1962/..",
    "1962/",
    "../1967",
    "/1967",
    "1959?/1967",
    "[1961,1967]",
    "{1961,1967}",
    "[1960..1965]",
    "{1960,1962..1964}",
    "[..1984]",
    "{1984..}",
    "-0043-03-15",
    "-0050/-0040",
    "0000",
    "1960S2",
    "Y-170000002",
    "Y1E6",
    "1899-24",
    "1970-33",
    "1994-12-14/1994-12-20",
    "2004-06-XX",
    "1850/1990",
    "1700/1950",
    "2000-10-30",
]
QUESTIONS = (
    "1994",
    "1962/1967",
    "1964",
    "196X",
    "-0043",
    "1960-06/..",
    "../1700",
    "0000/1600",
    "1967-03-05",
    "Y-17E7/1500",
)


def make_documents(count: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(7)
    for number in range(count):
        document: dict[str, Any] = {
            "id": f"e-{chance.randrange(10**9)}-{number}",
            "title": chance.choice(["Élan", "elan", "Zeta", "ärger", "Meeting", "The end", "Ωmega"])
            + f" {number % 9}",
            "type": chance.choice(["meeting", "battle", "election"]),
            "participants": [
                {"actor": f"actors/a-{n}", "role": chance.choice(["host", "guest"])}
                for n in chance.sample(range(6), 2)
            ],
        }
        if chance.random() < 0.9:
            document["date"] = chance.choice(DATES)
        if chance.random() < 0.5:
            document["tags"] = chance.sample(["red", "green", "blue"], 2)
        if chance.random() < 0.5:
            low = chance.randrange(20)
            document["figures"] = [
                {"measure": "deaths", "low": low, "high": low + chance.randrange(9)}
                if chance.random() < 0.6
                else {"measure": "deaths", "best": low}
                if chance.random() < 0.5
                else {"measure": "deaths", "low": low}
            ]
        yield document


def load(database: Database, count: int) -> list[dict[str, Any]]:
    event, actor = kind_by_name("event"), kind_by_name("actor")
    documents = list(make_documents(count))

    def work(tx: Any) -> None:
        vocabulary = vocabulary_of(tx)
        people = [{"id": f"a-{n}", "title": f"Actor {n}", "type": "person"} for n in range(6)]
        drafts = [NewRevision(actor, validate_document(actor, raw, vocabulary)) for raw in people]
        drafts += [NewRevision(event, validate_document(event, raw, vocabulary)) for raw in documents]
        write(tx, drafts, Attribution(by="test"))

    database.write_now(work)
    return documents


@pytest.fixture(scope="module")
async def listed(
    anyio_backend: str,  # noqa: ARG001 - tells anyio to run it
    databases: Any,
    migrated_template: str,
    client_at: Any,
    database_at: Any,
) -> AsyncIterator[tuple[httpx.AsyncClient, list[dict[str, Any]]]]:
    """A client of a database of 300 events of every sort of date, shared by tests that only read."""
    url = databases.fresh(migrated_template)
    with database_at(url) as database:
        documents = load(database, 300)
    async with client_at(url) as client:
        yield client, documents
    databases.drop(url)


def value_of(document: dict[str, Any]) -> EdtfValue | None:
    return parse_edtf(document["date"]) if "date" in document else None


def expected(documents: list[dict[str, Any]], answers: Callable[[dict[str, Any]], bool]) -> set[str]:
    return {document["id"] for document in documents if answers(document)}


async def walk(client: httpx.AsyncClient, path: str | None, direction: str = "next") -> list[str]:
    found: list[str] = []
    while path is not None:
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        ids = [item["id"] for item in page["items"]]
        found = found + ids if direction == "next" else ids + found
        path = page[direction]
    return found


@pytest.mark.parametrize("certainty", ["possible", "certain"])
@pytest.mark.parametrize("relation", list(TemporalRelation))
async def test_when_answers_as_time_md_says(listed: Any, relation: TemporalRelation, certainty: str) -> None:
    client, documents = listed
    holds = certain if certainty == "certain" else possible
    for question in QUESTIONS:
        asked = parse_edtf(question).span.bounds
        wanted = expected(
            documents,
            lambda one, asked=asked: (
                (value := value_of(one)) is not None and holds(relation, value.span, asked.s1, asked.e2)
            ),
        )
        query = urlencode({"when": question, "relation": relation, "certainty": certainty, "limit": 1000})
        got = await walk(client, f"/v1/events?{query}")
        assert len(got) == len(set(got))
        assert set(got) == wanted, question


def date_key(document: dict[str, Any], *, descending: bool) -> tuple[Any, ...]:
    value = value_of(document)
    if value is None:
        return (2, 0, 0, document["id"])
    sign = -1 if descending else 1
    return (
        int(document["date"].startswith("XXXX")),
        sign * value.span.bounds.s1,
        sign * value.span.bounds.e2,
        document["id"],
    )


@pytest.mark.slow
@pytest.mark.parametrize("filters", ["", "&when=1960/1967", "&type=meeting,battle&when=1800/.."])
@pytest.mark.parametrize("sort", ["date", "-date", "title", "-title", "updated", "-updated"])
async def test_pages_follow_each_other_both_ways(listed: Any, sort: str, filters: str) -> None:
    client, documents = listed
    everything = await walk(client, f"/v1/events?sort={sort}&limit=1000{filters}")
    assert len(set(everything)) == len(everything)
    assert await walk(client, f"/v1/events?sort={sort}&limit=7{filters}") == everything
    last = f"/v1/events?sort={sort}&limit=7{filters}"
    while True:
        page = (await client.get(last)).json()
        if page["next"] is None:
            break
        last = page["next"]
    assert await walk(client, last, "prev") == everything
    by_id = {document["id"]: document for document in documents}
    if sort.endswith("date"):
        keys = [date_key(by_id[one], descending=sort[0] == "-") for one in everything]
        assert keys == sorted(keys)
    if sort == "title":
        titles = [(title_sort_key(by_id[one]["title"]), one) for one in everything]
        assert titles == sorted(titles)
    if sort == "-title":
        titles = [title_sort_key(by_id[one]["title"]) for one in everything]
        assert titles == sorted(titles, reverse=True)


@pytest.mark.parametrize(
    ("query", "answers"),
    [
        ("type=meeting", lambda d: d["type"] == "meeting"),
        ("type=meeting,battle", lambda d: d["type"] in ("meeting", "battle")),
        ("tag=red&tag=blue", lambda d: bool({"red", "blue"} & set(d.get("tags", [])))),
        ("participant=actors/a-1", lambda d: any(p["actor"] == "actors/a-1" for p in d["participants"])),
        (
            "participant=actors/a-1:host",
            lambda d: {"actor": "actors/a-1", "role": "host"} in d["participants"],
        ),
        (
            "participant=actors/a-1&participant=actors/a-2",
            lambda d: {"actors/a-1", "actors/a-2"} == {p["actor"] for p in d["participants"]},
        ),
        ("on_day=12-14", lambda d: d.get("date") == "1994-12-14"),
        ("on_day=01-03", lambda d: d.get("date") == "XXXX-01-03"),
        ("figure=deaths>=10", lambda d: any(high(f) >= 10 for f in d.get("figures", []))),
        ("figure=deaths>=10&certainty=certain", lambda d: any(low(f) >= 10 for f in d.get("figures", []))),
        ("figure=deaths<5", lambda d: any(low(f) < 5 for f in d.get("figures", []))),
        ("figure=deaths<=5&certainty=certain", lambda d: any(high(f) <= 5 for f in d.get("figures", []))),
        ("figure=deaths=7", lambda d: any(low(f) <= 7 <= high(f) for f in d.get("figures", []))),
        ("figure=deaths=7.00000000000", lambda d: any(low(f) <= 7 <= high(f) for f in d.get("figures", []))),
        # What is open above has no highest value, however large a number is asked.
        *(
            (
                f"figure=deaths>={number}",
                lambda d: any("high" not in f and "low" in f for f in d.get("figures", [])),
            )
            for number in ("9223372036854775807", "9" * 400, "1e999", "1e99999")
        ),
        ("figure=deaths>=-1e999", lambda d: bool(d.get("figures"))),
    ],
)
async def test_filters(listed: Any, query: str, answers: Callable[[dict[str, Any]], bool]) -> None:
    client, documents = listed
    wanted = expected(documents, answers)
    assert wanted, "a filter that nothing satisfies shows nothing"
    assert set(await walk(client, f"/v1/events?limit=1000&{query}")) == wanted
    page = (await client.get(f"/v1/events?limit=1&count=exact&{query}")).json()
    assert page["count"] == len(wanted)


def low(figure: dict[str, Any]) -> float:
    return figure.get("low", figure.get("best", 0))


def high(figure: dict[str, Any]) -> float:
    return figure.get("high", figure["best"] if "best" in figure else float("inf"))


@pytest.mark.parametrize(
    ("query", "parameter", "suggestion"),
    [
        ("tpye=meeting", "tpye", "type"),
        ("type=meetin", "type", "meeting"),
        ("when=1994-13", "when", None),
        ("when=1994&relation=overlap", "relation", None),
        ("limit=0", "limit", None),
        ("limit=1001", "limit", None),
        ("limit=-1", "limit", None),
        ("limit=1e3", "limit", None),
        ("sort=size", "sort", None),
        ("participant=actors/a-11", "participant", "actors/a-1"),
        ("participant=people/a-1", "participant", None),
        ("participant=actors/a-1:hots", "participant", "host"),
        ("party=actors/a-1:garantor", "party", "guarantor"),
        ("target=actors/a-1:part-off", "target", "part-of"),
        ("figure=deats>=1", "figure", "deaths"),
        ("cursor=bm90IGEgY3Vyc29y", "cursor", None),
        ("fields=tittle", "fields", "title"),
        ("include=likned", "include", "linked"),
        ("on_day=02-30", "on_day", None),
        ("figure=deaths>>3", "figure", None),
        ("updated_since=yesterday", "updated_since", None),
        ("policy=source:sources/nowhere", "policy", None),
        ("in_force_on=1990", "in_force_on", None),
        ("when=1994&when=1995", "when", None),
        ("ids=A", "ids", None),
    ],
)
async def test_a_bad_query_is_refused_by_name(
    listed: Any, query: str, parameter: str, suggestion: str | None
) -> None:
    client, _ = listed
    answer = await client.get(f"/v1/events?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    faults = answer.json()["errors"]
    assert [fault["parameter"] for fault in faults] == [parameter]
    if suggestion is not None:
        assert faults[0]["suggestion"] == suggestion


@pytest.mark.parametrize(
    ("query", "suggestion"),
    [
        ("source=actors/x", "sources/x"),
        ("participant=actors/T-A1", "actors/t-a1"),
        ("participant=actors/Fidel Castro:host", "actors/fidel-castro"),
        ("participant=actor/fidel-castro", "actors/fidel-castro"),
        ("participant=acters/T-A1", "actors/t-a1"),
        ("participant=places/Havana", "actors/havana"),
        ("target=evnts/x", "events/x"),
        ("participant=fidel-castro", "actors/fidel-castro"),
        ("participant=people/x", None),
        ("participant=places", None),
        ("participant=places/", None),
        ("target=fidel-castro", None),
        ("participant=actors", None),
        ("participant=actors/", None),
        ("participant=actors/%E2%80%A6", None),
        ("participant=actors/x/y", None),
    ],
)
async def test_a_malformed_reference_suggests_what_would_be_good(
    listed: Any, query: str, suggestion: str | None
) -> None:
    client, _ = listed
    answer = await client.get(f"/v1/events?{query}")
    assert answer.status_code == 400
    assert [fault.get("suggestion") for fault in answer.json()["errors"]] == [suggestion]


async def test_a_relation_that_is_a_field_can_be_asked_of_a_target(listed: Any) -> None:
    client, documents = listed
    wanted = expected(documents, lambda d: any(p["actor"] == "actors/a-1" for p in d["participants"]))
    assert set(await walk(client, "/v1/events?limit=1000&target=actors/a-1:participant")) == wanted


async def test_terms_that_are_nowhere_are_looked_up_where_they_may_stand(listed: Any) -> None:
    client, _ = listed
    for path, listing in (
        ("events?type=nope", "/v1/vocabularies/event-type"),
        ("events?participant=actors/a-1:nope", "/v1/vocabularies/participant-role"),
        ("events?figure=nope>=1", "/v1/vocabularies/figure-measure"),
        ("search?q=a&type=nope", "/v1/vocabularies"),
        ("search?q=a&type=nope&kind=actor", "/v1/vocabularies/actor-type"),
        ("search?q=a&type=nope&kind=actor,event", "/v1/vocabularies"),
        ("timeline?type=nope", "/v1/vocabularies/event-type"),
        ("timeline?type=nope&kind=actor,event", "/v1/vocabularies"),
        ("timeline?figure=nope>1", "/v1/vocabularies/figure-measure"),
    ):
        answer = await client.get(f"/v1/{path}")
        assert answer.status_code == 400, path
        (fault,) = answer.json()["errors"]
        assert fault["code"] == "unknown_term"
        assert f" {listing} lists" in fault["detail"], path


@pytest.mark.parametrize(
    "path", ["events?q={}", "search?q={}", "suggest?q={}", "timeline?q={}", "events?format=csv&q={}"]
)
async def test_a_text_may_have_nul_in_it(listed: Any, path: str) -> None:
    client, _ = listed
    plain = await client.get(f"/v1/{path.format('meeting%203')}")
    assert (await client.get(f"/v1/{path.format('meeting%003')}")).text.replace("%00", "%20") == plain.text
    assert (await client.get(f"/v1/{path.format('%00')}")).status_code == 200
    other = await client.get(f"/v1/{path.format('a')}&{'kind' if 'events' not in path else 'tag'}=a%00b")
    assert (other.status_code, other.json()["errors"][0]["code"]) == (400, "control_character")


async def test_a_path_that_is_like_no_other_is_not_guessed_at(listed: Any) -> None:
    client, _ = listed
    for path, meant in (("nope", ""), ("place", " Did you mean /v1/places?")):
        answer = await client.get(f"/v1/{path}")
        assert answer.status_code == 404
        assert answer.json()["detail"] == f"There is nothing at this address.{meant}"


async def test_a_leap_second_is_a_moment(listed: Any) -> None:
    client, documents = listed
    path = "/v1/events?count=exact&limit=1&updated_since="
    assert (await client.get(f"{path}2016-12-31T23:59:60Z")).json()["count"] == len(documents)
    assert (await client.get(f"{path}2016-12-31T12:59:60Z")).status_code == 400


async def test_an_offset_whose_plus_was_read_as_a_space_is_explained(client: Any) -> None:
    answer = await client.get("/v1/events?updated_since=2026-01-01T00:00:00+02:00")
    assert "%2B" in answer.json()["errors"][0]["detail"]


async def test_all_faults_of_a_query_come_at_once(listed: Any) -> None:
    client, _ = listed
    answer = await client.get("/v1/events?limit=0&when=19x&sort=size")
    assert {fault["parameter"] for fault in answer.json()["errors"]} == {"limit", "when", "sort"}


async def test_a_cursor_is_good_for_its_own_list_alone(listed: Any) -> None:
    client, _ = listed
    page = (await client.get("/v1/events?limit=3")).json()
    cursor = page["next"].partition("cursor=")[2]
    assert (await client.get(f"/v1/events?limit=5&cursor={cursor}")).status_code == 200
    for other in ("/v1/events?sort=title", "/v1/events?type=meeting", "/v1/actors?sort=date"):
        joiner = "&" if "?" in other else "?"
        assert (await client.get(f"{other}{joiner}cursor={cursor}")).status_code == 400


async def test_fields_include_and_explain(listed: Any) -> None:
    client, _ = listed
    path = (
        "/v1/events?fields=title&limit=2&include=linked&explain=true&type=meeting&when=1967&certainty=certain"
    )
    page = (await client.get(path)).json()
    for item in page["items"]:
        assert set(item) == {"kind", "id", "href", "title"}
    assert all(ref.startswith("actors/") and card["kind"] == "actor" for ref, card in page["linked"].items())
    for word in ("meeting", "certainly", "1967", "by date", "as they are written", "2"):
        assert word in page["explanation"]


async def test_a_list_can_be_asked_conditionally(listed: Any) -> None:
    client, _ = listed
    first = await client.get("/v1/events?limit=2")
    again = await client.get("/v1/events?limit=2", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await client.get("/v1/events?limit=3", headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200
    head = await client.head("/v1/events?limit=2")
    assert head.headers["etag"] == first.headers["etag"]
    assert head.headers["content-length"] == first.headers["content-length"]
    assert head.content == b""
    assert first.headers["link"].startswith("</v1/events?limit=2&cursor=")


def test_open_ends_sort_first_and_last() -> None:
    assert OPEN_START < parse_edtf("Y-1E9").span.bounds.s1 < parse_edtf("Y1E9").span.bounds.e2 < OPEN_END


async def test_a_star_does_not_make_a_bad_query_good(listed: Any) -> None:
    client, _ = listed
    everything = {"If-None-Match": "*"}
    assert (await client.get("/v1/events?limit=2", headers=everything)).status_code == 304
    for name in FORMATS:
        path = f"/v1/events?format={name}"
        answer = await client.get(path, headers=everything)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == (await client.get(path)).headers["etag"]
    for path in (
        "/v1/events?limit=x",
        "/v1/events?limit=x&format=csv",
        "/v1/events?participant=actors/nobody&format=csv",
        "/v1/events?participant=actors/nobody&format=ndjson",
        "/v1/suggest?q=a&limit=x",
        "/v1/search?q=a&kind=x",
    ):
        assert (await client.get(path, headers=everything)).status_code == 400, path


async def test_a_tag_may_have_commas(writer: Any, client: httpx.AsyncClient) -> None:
    for name, tags in {
        "a": ["Havana, Cuba"],
        "b": ["Havana"],
        "c": ["Cuba"],
        "d": ["odd,"],
        "e": ["odd"],
    }.items():
        await writer.create("events", id=name, tags=tags)
    for given, found in {
        "Havana, Cuba": ["a", "b", "c"],
        "Cuba,Havana": ["b", "c"],
        "Havana": ["b"],
        "odd,": ["d", "e"],
    }.items():
        page = await client.get("/v1/events", params={"tag": given, "explain": "true"})
        assert [item["id"] for item in page.json()["items"]] == found
    page = await client.get("/v1/events", params={"tag": "Havana, Cuba", "explain": "true"})
    assert "tagged Havana or Cuba or “Havana, Cuba”;" in page.json()["explanation"]
    blank = await client.get("/v1/events", params={"tag": " "})
    assert [fault["code"] for fault in blank.json()["errors"]] == ["empty_value"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [("2005", "in 2005"), ("2005-06-01", "on 1 June 2005"), ("2001/2005", "in 2001–2005")],
)
async def test_a_sentence_says_on_which_day_or_in_which_time_an_agreement_bound(
    client: Any, asked: str, said: str
) -> None:
    page = (await client.get(f"/v1/agreements?in_force_on={asked}&explain=true")).json()
    assert f"possibly in force {said};" in page["explanation"]


@pytest.mark.parametrize(
    ("number", "said"), [("2500", "2,500"), ("0.5", "0.5"), ("9223372036854775807", "9223372036854775807")]
)
async def test_numbers_are_said_back(listed: Any, number: str, said: str) -> None:
    client, _ = listed
    page = (await client.get(f"/v1/events?figure=deaths>={number}&explain=true")).json()
    assert f"with possibly at least {said} deaths;" in page["explanation"]
