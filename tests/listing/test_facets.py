"""Facets: exact over all that matches, whatever the page; capped and said so; right after every sort of write."""

import pytest
from counting import TAGS, buckets, by_value, fill, span_of, year_name
from sqlalchemy import text

from app.database.engine.database import Database
from app.database.index import aggregates as tallying
from app.database.index import count_rows
from app.database.lookup import find
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.maintenance.check import check
from app.maintenance.reindex import reindex
from app.records.kinds import kind_by_name
from app.records.validation.document import validate_document
from app.values.calendar import days_from_gregorian
from app.values.timespan import TemporalRelation, certain, possible
from app.writing.service import delete
from app.writing.write import NewRevision, write

EVERY = "type,tag,decade,century,participant,place,source"


@pytest.fixture(scope="module")
def counted(databases, migrated_template):
    url = databases.fresh(migrated_template)
    yield url, fill(url, seed=5)
    databases.drop(url)


@pytest.fixture(scope="module")
async def ask(anyio_backend, counted, client_at):  # noqa: ARG001 - tells anyio to run it
    async with client_at(counted[0]) as client:

        async def get(path="/v1/events", **parameters):
            return await client.get(path, params=parameters or None)

        yield get


WHEN = days_from_gregorian(1962, 1, 1), days_from_gregorian(1971, 12, 31)
FILTERS = {
    "nothing": ({}, lambda _: True),
    "types": ({"type": "battle,reform"}, lambda one: one.get("type") in ("battle", "reform")),
    "text": ({"q": "odd"}, lambda one: "odd" in one["title"]),
    "all but": ({"q": "-odd"}, lambda one: "odd" not in one["title"]),
    "stretch of time": (
        {"when": "1962/1971"},
        lambda one: possible(TemporalRelation.OVERLAPS, span_of(one), *WHEN) if "date" in one else False,
    ),
    "certain time": (
        {"when": "1962/1971", "certainty": "certain", "type": "battle,meeting,reform"},
        lambda one: (
            "date" in one and "type" in one and certain(TemporalRelation.OVERLAPS, span_of(one), *WHEN)
        ),
    ),
    "tag": ({"tag": TAGS[1]}, lambda one: TAGS[1] in one.get("tags", ())),
    "tags": ({"tag": ",".join(TAGS[:2])}, lambda one: not {*TAGS[:2]}.isdisjoint(one.get("tags", ()))),
    "tags and types": (
        {"tag": ",".join(TAGS), "type": "battle,reform"},
        lambda one: one.get("type") in ("battle", "reform") and one.get("tags"),
    ),
    "participant": (
        {"participant": "actors/a-2:host"},
        lambda one: {"actor": "actors/a-2", "role": "host"} in one.get("participants", ()),
    ),
}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("path", ["/v1/events", "/v1/search"])
async def test_every_facet_is_what_asking_every_record_gives(ask, counted, path, name):
    parameters, matches = FILTERS[name]
    if path == "/v1/search":
        parameters = {"q": "record", **parameters, "kind": "event"}
    some = [one for one in counted[1].values() if matches(one)]
    facets = (await ask(path, facets=EVERY, limit="1", **parameters)).json()["facets"]
    assert list(facets) == EVERY.split(",")
    assert facets["type"] == by_value(some, lambda one: [one["type"]] if "type" in one else [])
    assert facets["tag"] == by_value(some, lambda one: one.get("tags", ()))
    assert facets["participant"] == by_value(
        some, lambda one: [p["actor"] for p in one.get("participants", ())]
    )
    assert facets["place"] == facets["source"] == []
    for facet, length in (("decade", 10), ("century", 100)):
        full = {year: counts for year, counts in buckets(some, length).items() if counts[1]}
        fullest = sorted(full, key=lambda year: (-full[year][1], year))[:100]
        assert facets[facet] == [
            {"value": year_name(year), "certain": full[year][0], "possible": full[year][1]}
            for year in sorted(fullest)
        ]


async def test_the_page_and_the_sort_change_no_facet(ask):
    plain = (await ask(facets="type,decade")).json()["facets"]
    assert (await ask(facets="type,decade", limit="3", sort="-title")).json()["facets"] == plain
    assert (await ask(include="facets")).json()["facets"] == plain
    first = (await ask(facets="type,decade", limit="7", q="record", sort="relevance")).json()
    second = await ask(first["next"])
    assert second.json()["facets"] == first["facets"]


async def test_what_is_cut_is_said(ask, counted):
    answer = (await ask(facets="decade,century,type")).json()
    decades = [year for year, counts in buckets(counted[1].values(), 10).items() if counts[1]]
    assert len(decades) > 100 == len(answer["facets"]["decade"])
    assert answer["facets_truncated"] == ["decade"]
    assert "facets_truncated" not in (await ask(facets="century")).json()


async def test_an_unknown_facet_is_named(ask):
    answer = await ask(facets="tipe")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["suggestion"] == "type"


async def test_facets_are_explained(ask):
    assert (
        "counted over all of them by type, tag"
        in (await ask(facets="type,tag", explain="true")).json()["explanation"]
    )


async def test_seeds_have_places_and_sources(seeded_client):
    facets = (await seeded_client.get("/v1/events", params={"facets": "place,source"})).json()["facets"]
    assert facets["source"][0]["value"] == "sources/cuba-venezuela-cooperation"
    assert {one["value"] for one in facets["place"]} >= {"places/venezuela"}


async def test_a_source_s_view_is_counted_by_itself(seeded_client):
    policy = {"policy": "source:sources/cuba-venezuela-cooperation", "facets": "type", "limit": "1000"}
    answer = (await seeded_client.get("/v1/events", params=policy)).json()
    assert answer["facets"]["type"] == by_value(
        answer["items"], lambda one: [one["type"]] if "type" in one else []
    )


def drafts(tx, count):
    kind, vocabulary = kind_by_name("event"), vocabulary_of(tx)
    for n in range(count):
        raw = {"id": f"e-{n}", "title": f"Event {n}", "date": str(1900 + n % 90), "type": "battle"}
        yield NewRevision(kind, validate_document(kind, raw, vocabulary))


def counts_of(database):
    with database.snapshot() as connection:
        return dict(
            connection.execute(text("SELECT cell, sum(n) FROM tally GROUP BY cell HAVING sum(n) <> 0")).all()
        )


def test_the_tally_follows_every_write_and_is_folded(database, monkeypatch):
    monkeypatch.setattr(count_rows, "FOLD_EVERY", 16)
    database.write_now(lambda tx: write(tx, list(drafts(tx, 60)), Attribution(by="test")))
    assert sum(counts_of(database).values()) == 60
    for n in range(30):
        database.write_now(
            lambda tx, n=n: delete(
                tx, find(tx, kind_by_name("event"), f"e-{n}", lock=True), Attribution(by="test")
            )
        )
    assert sum(counts_of(database).values()) == 30
    with database.snapshot() as connection:
        assert connection.execute(text("SELECT count(*) FROM tally")).scalar_one() < 60
        assert list(tallying.miscounts(connection)) == []
    assert check(database) == []


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("DELETE FROM tally WHERE pk = (SELECT min(pk) FROM tally)", "tally"),
        ("UPDATE tally SET n = n + 1 WHERE pk = (SELECT min(pk) FROM tally)", "tally"),
        ("DELETE FROM cell WHERE pk = (SELECT min(cell) FROM entry)", "cell"),
        ("DELETE FROM word WHERE word = 'event'", "word"),
        ("UPDATE entry SET cell = cell + 1 WHERE pk = 1", "entry"),
        ("UPDATE entry SET years = '' WHERE pk = 1", "entry"),
    ],
)
def test_check_finds_what_was_tampered_with_and_reindexing_mends_it(database, statement, table):
    database.write_now(lambda tx: write(tx, list(drafts(tx, 5)), Attribution(by="test")))
    with database.transaction() as connection:
        connection.execute(text(statement))
    assert table in {finding.table for finding in check(database)}
    reindex(database, from_start=True)
    assert check(database) == []


def test_writers_at_once_are_all_counted(database, database_kind):
    """On Postgres they truly write at once; none waits for a counter."""
    from concurrent.futures import ThreadPoolExecutor

    url = database.engine.url
    del url

    def one(n):
        kind = kind_by_name("event")

        def work(tx):
            raw = {"id": f"t-{n}", "title": f"Same {n}", "date": "1960", "type": "battle"}
            write(
                tx,
                [NewRevision(kind, validate_document(kind, raw, vocabulary_of(tx)))],
                Attribution(by="test"),
            )

        database.write_now(work)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one, range(60)))
    assert sum(counts_of(database).values()) == 60
    assert check(database) == []
    assert isinstance(database, Database)
    assert database_kind in ("sqlite", "postgresql")
