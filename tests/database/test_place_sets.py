"""What maps count by follows every write: the sets of places, their areas, and how many records are in each."""

import random
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from app.database import migrations
from app.database.index import count_rows
from app.database.lookup import find
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.maintenance.check import check
from app.maintenance.purge import purge
from app.maintenance.reindex import reindex
from app.merges.service import merge_records
from app.records.kinds import kind_by_name
from app.records.validation.document import validate_document
from app.values.map_areas import parse_area
from app.writing.service import delete, restore_record
from app.writing.write import NewRevision, write

EDIT = Attribution(by="test")


def put(database, *documents):
    """Write records in one batch, new or anew: pairs of a kind and a document with its id."""

    def step(tx):
        drafts = []
        for kind_name, document in documents:
            kind = kind_by_name(kind_name)
            record = validate_document(kind, document, vocabulary_of(tx))
            before = find(tx, kind, document["id"], lock=True)
            drafts.append(NewRevision(kind, record, "update" if before else "create", before))
        write(tx, drafts, EDIT)

    database.write_now(step)


def place(record_id, *at, **more):
    geometry = {"geometry": {"type": "Point", "coordinates": list(at)}} if at else {}
    return "place", {"id": record_id, "title": record_id, **geometry, **more}


def event(record_id, *places, **more):
    links = [one if isinstance(one, dict) else {"place": f"places/{one}"} for one in places]
    return "event", {"id": record_id, "title": record_id, **({"places": links} if links else {}), **more}


def areas(database, kind="event"):
    """Give how many records of a kind are counted in each area."""
    counts = text(
        "SELECT area, sum(n) FROM (SELECT area, kind, n FROM area_count UNION ALL SELECT area, kind, n FROM area_tally) c "
        "WHERE kind = :kind GROUP BY area HAVING sum(n) <> 0"
    )
    with database.snapshot() as connection:
        extents = dict(connection.execute(text("SELECT pk, extents FROM area")).all())
        return {
            parse_area(area, extents.get(area)): int(n)
            for area, n in connection.execute(counts, {"kind": kind})
        }


def cell(column, row):
    return ((column, row, column, row),)


def test_events_are_counted_where_their_places_are(database):
    put(database, place("a", 10.5, 0.5), place("b", 20, -0.5), place("nowhere"))
    put(database, event("one", "a"), event("two", "a"), event("none"), event("lost", "nowhere"))
    put(database, event("both", "a", "b"), event("again", "b", "a"), event("half", "b", "nowhere"))
    a, b = cell(190, 90), cell(200, 89)
    assert areas(database) == {(a,): 2, (a, b): 2, (b,): 1}
    assert areas(database, "place") == {(a,): 1, (b,): 1}
    assert check(database) == []


def test_counts_move_with_a_place_and_entries_stay(database):
    put(database, place("a", 10.5, 0.5), place("b", 20, -0.5), event("one", "a"), event("both", "a", "b"))
    with database.snapshot() as connection:
        entries = connection.execute(text("SELECT max(pk) FROM entry WHERE kind = 'event'")).scalar_one()
    # In one write with another record at it.
    put(database, place("a", 30.5, 0.5), event("new", "a"))
    a, b = cell(210, 90), cell(200, 89)
    assert areas(database) == {(a,): 2, (b, a): 1}
    put(database, place("a"))
    assert areas(database) == {(b,): 1}
    put(database, place("a", 200.5 - 360, 0.5))
    a = cell(20, 90)
    assert areas(database) == {(a,): 2, (a, b): 1}
    with database.snapshot() as connection:
        kept = connection.execute(text("SELECT count(*) FROM entry WHERE pk = :pk"), {"pk": entries})
        assert kept.scalar_one() == 1
    assert check(database) == []


def test_precision_reaches_into_other_cells(database):
    held = {"geometry": {"type": "Point", "coordinates": [50.5, 0.5]}, "date": "1900", "precision_m": 100_000}
    put(database, place("a", 10.95, 0.5), place("moved", geometries=[held]))
    put(
        database,
        event("near", {"place": "places/a", "precision_m": 1_000}),
        event("far", {"place": "places/a", "precision_m": 10_000}),
        event("moved", "moved"),
    )
    assert areas(database) == {
        (cell(190, 90),): 1,
        (((190, 90, 191, 90),),): 1,
        (((229, 89, 231, 91),),): 1,
    }
    assert check(database) == []


def test_merging_deleting_restoring_and_purging_are_followed(database):
    put(database, place("a", 10.5, 0.5), place("b", 20, -0.5), event("one", "a"), event("two", "a"))
    of_event = kind_by_name("event")
    database.write_now(lambda tx: delete(tx, find(tx, of_event, "two", lock=True), EDIT))
    assert areas(database) == {(cell(190, 90),): 1}
    database.write_now(lambda tx: restore_record(tx, of_event, "two", EDIT))
    assert areas(database) == {(cell(190, 90),): 2}
    database.write_now(lambda tx: merge_records(tx, "places/a", "places/b", EDIT))
    assert areas(database) == {(cell(200, 89),): 2}
    assert areas(database, "place") == {(cell(200, 89),): 1}
    assert check(database) == []
    purge(database, "events/one")
    purge(database, "events/two")
    purge(database, "places/b")
    assert areas(database) == areas(database, "place") == {}
    with database.snapshot() as connection:
        said = connection.execute(text("SELECT DISTINCT area FROM place_set")).scalars().all()
    assert set(said) <= {0}
    assert check(database) == []


def stored(database):
    """Give the changes that are not moved yet, and how many of each kind and type are in any cell of the whole world."""
    with database.snapshot() as connection:
        changes = connection.execute(text("SELECT kind, type, n FROM area_tally ORDER BY pk")).all()
        kinds = connection.execute(text("SELECT kind, possible FROM area_total WHERE size = 360")).all()
        types = connection.execute(text("SELECT kind, type, possible FROM area_type_total WHERE size = 360"))
        world = {(kind, type_): int(n) for kind, type_, n in types}
    for kind, n in kinds:
        world[kind, ""] = int(n) - sum(there for (one, _), there in world.items() if one == kind)
    return [tuple(one) for one in changes], {key: n for key, n in world.items() if n}


def test_what_a_write_leaves_where_it_was_is_not_counted_anew(database):
    put(database, place("a", 10.5, 0.5), place("b", 10.6, 0.5), event("one", "a", type="battle"))
    before, _ = stored(database)
    put(database, event("one", "a", type="battle", summary="Another text."))
    # Elsewhere in the same cell.
    put(database, place("a", 10.7, 0.7))
    assert stored(database)[0] == before
    put(database, event("one", "a", type="meeting"))
    assert sorted(stored(database)[0][len(before) :]) == [("event", "battle", -1), ("event", "meeting", 1)]
    # Another place in that cell.
    put(database, event("one", "b", type="meeting"))
    assert sorted(stored(database)[0][-2:]) == [("event", "meeting", -1), ("event", "meeting", 1)]
    put(database, event("one", type="meeting"))
    assert stored(database)[0][-1] == ("event", "meeting", -1)
    assert check(database) == []


COUNTS = {
    "place_set_count": ["n"],
    "area_count": ["n"],
    "area_total": ["certain", "possible", "onward"],
    "area_type_total": ["certain", "possible", "onward"],
}


def test_changes_are_moved_into_totals_by_type(database, monkeypatch):
    put(database, place("a", 10.5, 0.5), place("b", 50, 0.5), event("old", "a", type="battle"))
    monkeypatch.setattr(count_rows, "FOLD_EVERY", 1)
    put(database, event("one", "a", type="battle"))
    assert stored(database) == ([], {("event", "battle"): 2, ("place", ""): 2})
    put(database, event("one", "a", "b", type="meeting"))
    assert stored(database) == ([], {("event", "battle"): 1, ("event", "meeting"): 1, ("place", ""): 2})
    put(database, place("a"))
    assert stored(database)[1] == {("event", "meeting"): 1, ("place", ""): 1}
    with database.snapshot() as connection:
        for table, counts in COUNTS.items():
            nothing = " AND ".join(f"{one} = 0" for one in counts)
            found = connection.execute(text(f"SELECT count(*) FROM {table} WHERE {nothing}"))
            assert found.scalar_one() == 0, table
    assert check(database) == []
    reindex(database)
    assert stored(database) == ([], {("event", "meeting"): 1, ("place", ""): 1})


def test_random_writes_leave_what_a_recount_finds(database, monkeypatch):
    monkeypatch.setattr(count_rows, "FOLD_EVERY", 16)
    chance = random.Random(7)
    names = [f"p{n}" for n in range(8)]

    def somewhere():
        kind = chance.choice(["none", "point", "line"])
        if kind == "none":
            return {}
        at = [round(chance.uniform(-180, 180), 1), round(chance.uniform(-90, 90), 1)]
        if kind == "point":
            return {"geometry": {"type": "Point", "coordinates": at}}
        end = [max(-180, min(180, at[0] + chance.uniform(-3, 3))), at[1] / 2]
        return {"geometry": {"type": "LineString", "coordinates": [at, end]}}

    put(database, *(place(name, **somewhere()) for name in names))
    for _ in range(25):
        batch = [place(name, **somewhere()) for name in chance.sample(names, chance.randint(0, 2))]
        for number in chance.sample(range(30), chance.randint(1, 5)):
            at = [
                {"place": f"places/{name}"} | ({"precision_m": 50_000} if chance.random() < 0.2 else {})
                for name in chance.sample(names, chance.randint(0, 3))
            ]
            batch.append(event(f"e{number}", *at))
        put(database, *batch)
    assert check(database) == []
    before = areas(database)
    with database.snapshot() as connection:
        assert connection.execute(text("SELECT count(*) FROM area_tally")).scalar_one() < 200
    reindex(database)
    assert areas(database) == before
    assert check(database) == []


def test_writers_at_once_are_all_counted(database, monkeypatch):
    monkeypatch.setattr(count_rows, "FOLD_EVERY", 3)
    put(database, place("a", 10.5, 0.5), place("b", 20, -0.5))
    put(database, *(event(f"old-{n}", "a", "b") for n in range(6)))
    kind = kind_by_name("event")

    def work(number):
        for step in range(4):
            if number == 0:
                put(database, place("a", 10.5 + step, 0.5))
            elif number == 1:
                database.write_now(
                    lambda tx, at=step: delete(tx, find(tx, kind, f"old-{at}", lock=True), EDIT)
                )
            else:
                put(database, event(f"new-{number}-{step}", *("a", "b")[: 1 + step % 2]))

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(work, range(4))) == [None] * 4
    a, b = cell(193, 90), cell(200, 89)
    assert areas(database) == {(a,): 4, (a, b): 6}
    assert check(database) == []


OLD_PLACES = [
    place("point", 10.5, 0.5),
    place("edge", 180, 90),
    place("none"),
    place(
        "across",
        geometry={"type": "MultiPoint", "coordinates": [[179.5, -16], [-179.5, -17]]},
    ),
    place(
        "dated",
        -0.01,
        51.5,
        geometries=[
            {"geometry": {"type": "Point", "coordinates": [5, 5]}},
            {
                "geometry": {"type": "Point", "coordinates": [-179.99, 5]},
                "date": "1900",
                "precision_m": 9_000,
            },
            {
                "geometry": {"type": "Point", "coordinates": [5, 89.99]},
                "date": "[1900,1950]",
                "precision_m": 9_000,
            },
        ],
    ),
]


def test_what_was_there_before_is_counted_by_the_migration(database, database_url):
    put(database, ("source", {"id": "s", "title": "S"}), *OLD_PLACES)
    ids = [document["id"] for _, document in OLD_PLACES]
    put(
        database,
        *(event(f"at-{name}", name) for name in ids),
        *(event(f"about-{name}", {"place": f"places/{name}", "precision_m": 12_345.6}) for name in ids),
        event("all", *ids),
        event("twice", {"place": "places/point", "role": "origin"}, {"place": "places/point", "role": "site"}),
        event("zero", {"place": "places/point", "precision_m": 0}),
        event(
            "told",
            "point",
            evidence=[
                {
                    "property": "places/places/point",
                    "source": "sources/s",
                    "value": {"place": "places/edge", "precision_m": 500},
                }
            ],
        ),
    )  # fmt: skip
    assert check(database) == []
    before = areas(database), areas(database, "place")
    for revision in ("0017", "0013"):
        migrations.migrate(database, database_url, revision)
        migrations.migrate(database, database_url)
        assert check(database) == []
        assert (areas(database), areas(database, "place")) == before
    assert len(before[0]) == 8
