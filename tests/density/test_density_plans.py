"""What densities read: ranges of what is counted beforehand, or of an index of entries; never a whole table for a part."""

import re
from urllib.parse import urlencode

import pytest

from app.density.density_sql import EntryCounts, StoredCounts
from app.density.schemas import DensityQuery
from app.density.service import bind_density
from app.schemas.query_model import parse_query

pytestmark = pytest.mark.anyio

NUMBERS = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {}) "
SOME = (
    NUMBERS.format(40_000)
    + "SELECT CASE n % 4 WHEN 0 THEN 'event' ELSE 'place' END, {}5 * (1 + n % 9), n / 20{}, 0, 1, 0 FROM s"
)
ROWS = (
    # Each number once for a cell, and twenty numbers for one of several types.
    "INSERT INTO area_total (kind, size, cell, certain, possible, onward) "
    + SOME.format("", " + 2000 * (n % 20)"),
    "INSERT INTO area_type_total (kind, type, size, cell, certain, possible, onward) "
    + SOME.format("n, ", ""),
    "INSERT INTO place_set_count (block, kind, type, place_set, area, n) "
    + NUMBERS.format(40_000)
    + "SELECT n % 648, CASE n % 4 WHEN 0 THEN 'event' ELSE 'place' END, '', n, 1, 1 FROM s",
    "INSERT INTO place_set (pk, area) " + NUMBERS.format(40_000) + "SELECT n, n FROM s",
    "INSERT INTO area (pk, extents) " + NUMBERS.format(40_000) + "SELECT n, '0,0,1,1' FROM s",
)


@pytest.fixture
def full(database):
    """Give a database with so much that is counted beforehand that nobody would read all of it."""
    with database.transaction() as connection:
        for statement in ROWS:
            connection.exec_driver_sql(
                statement.replace("%", "%%") if database.dialect != "sqlite" else statement
            )
        connection.exec_driver_sql(
            "ANALYZE"
            if database.dialect == "sqlite"
            else "ANALYZE area_total, area_type_total, place_set_count"
        )
    return database


async def bound(database, **asked):
    query = parse_query(DensityQuery, urlencode({"cell": 10, **asked}).encode())
    return await database.decide(lambda reading: bind_density(reading, query))


def plan(database, counted):
    statement, parameters = counted
    with database.snapshot() as connection:
        if database.dialect == "sqlite":
            text, arguments = statement.for_sqlite(parameters)
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", tuple(arguments))
            return "\n".join(row[3] for row in rows)
        text, named = statement.for_postgresql(parameters)
        return "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {text}", named))


@pytest.mark.parametrize("asked", [{}, {"type": "battle"}, {"kind": "event,agreement"}], ids=str)
async def test_what_is_counted_beforehand_is_read_in_ranges(full, asked):
    question = await bound(full, **asked)
    assert question.is_stored
    stored = StoredCounts(question.possible)
    read = plan(full, stored.in_cells(10, (1, 2), (3, 5)))
    table, columns = (
        ("area_type_total", r"kind=\? AND type=\?") if "type" in asked else ("area_total", r"kind=\?")
    )
    if full.dialect == "sqlite":
        found = rf"SEARCH {table} USING PRIMARY KEY \({columns} AND size=\? AND cell>\? AND cell<\?\)"
        assert re.search(found, read), read
        assert f"SCAN {table}" not in read
    else:
        assert f"pk_{table}" in read
        assert f"Seq Scan on {table}" not in read
    assert "entry" not in read
    assert "entry" not in plan(full, stored.changes())
    assert "entry" not in plan(full, stored.by_area((0, 20)))


@pytest.mark.parametrize(
    "asked",
    [{"when": "1900"}, {"when": "1900", "certainty": "certain"}, {"when": "1900", "type": "battle"}],
    ids=str,
)
async def test_of_a_time_one_range_of_an_index_is_read_in_one_pass(database, asked):
    question = await bound(database, **asked)
    assert not question.is_stored
    assert question.certain is None
    assert bool(question.further) == ("certainty" not in asked)
    counts = EntryCounts(question.possible, question.further)
    for counted in (counts.by_area(), counts.by_place_set((0, 20))):
        read = plan(database, counted)
        if database.dialect == "sqlite":
            entries = [line for line in read.splitlines() if " entry " in line]
            assert entries
            index = "ix_entry_type_date" if "type" in asked else "ix_entry_date"
            for line in entries:
                assert re.search(rf"SEARCH entry USING (COVERING )?INDEX {index} \(.*s1>\? AND s1<\?\)", line)
            for table in ("place_set", "area"):
                assert f"SEARCH {table} USING PRIMARY KEY (pk=?) LEFT-JOIN" in read
            # What is sorted to be grouped has been selected: no more than the set of places and whether it is certain.
            assert read.count("USE TEMP B-TREE FOR GROUP BY") == 1
        else:
            assert read.count("HashAggregate") + read.count("GroupAggregate") == 1


@pytest.mark.parametrize("asked", [{}, {"type": "battle"}, {"kind": "event,agreement"}], ids=str)
async def test_sets_of_places_in_a_window_are_found_by_block(full, asked):
    question = await bound(full, cell=0.5, bbox="0,0,5,5", **asked)
    assert not question.is_stored
    read = plan(full, StoredCounts(question.possible).by_place_set([-1, 324]))
    if full.dialect == "sqlite":
        columns = r"block=\? AND kind=\? AND type=\?" if "type" in asked else r"block=\? AND kind=\?"
        assert re.search(rf"SEARCH place_set_count USING PRIMARY KEY \({columns}\)", read), read
        assert "SCAN place_set_count" not in read
    else:
        assert "pk_place_set_count" in read
        assert "Seq Scan on place_set_count" not in read
    assert "entry" not in read


async def test_where_conditions_find_something_beforehand_there_are_two_passes(database):
    near = {"near": "0,0", "within_km": "100"}
    # Places are where they were at the time, possibly or certainly.
    question = await bound(database, kind="place", when="1900", **near)
    assert question.certain is not None
    assert question.further == []
    question = await bound(database, kind="event", when="1900", **near)
    assert question.certain is None
    assert [one.shape for one in question.further] == [("when", "overlaps", "certain")]
    question = await bound(database, kind="place", **near)
    assert (question.certain, question.further) == (None, [])


async def test_texts_of_areas_are_looked_up_for_hashes_alone(full):
    """The numbers of `area` above are no hashes: nothing finds them."""
    question = await bound(full, when="1900")
    read = plan(full, EntryCounts(question.possible, ()).by_area())
    if full.dialect == "postgresql":
        assert "pk_area " in read
        assert re.search(r"Index Cond: \(pk = CASE WHEN", read)
    else:
        assert "SCAN area" not in read
