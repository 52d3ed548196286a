"""Counts of records by area and by coarse cell of the map, to which writes append what they change.

A write appends to `area_tally` how many records of a kind and a type are more or fewer in an area. From time to time what
is there is moved: into `area_count`, by area, and into `area_single` and `area_total`, by coarse cell
(`app.values.map_totals`). A count is what was moved and what was not, together.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, text

from app.database.engine import raw_sql as direct
from app.database.engine.raw_sql import insert_many
from app.database.index.count_rows import CountRows
from app.values.map_totals import PlacedCount, Totals

MOVING: Final = 0x61726561
"""The key of Postgres' advisory lock for those who move counts: one at a time, so that none waits for another."""

_BY_AREA = "SELECT kind, type, area, sum(n) AS n FROM {} GROUP BY kind, type, area HAVING sum(n) <> 0"
_COUNTED = (
    "SELECT e.kind, e.type, s.area, count(*) AS n FROM entry e JOIN place_set s ON s.pk = e.place_set "
    "WHERE e.view = 0 AND s.area <> 0 GROUP BY e.kind, e.type, s.area"
)
_WITH_TEXTS = "SELECT c.kind, c.type, c.area, a.extents, c.n FROM ({}) c LEFT JOIN area a ON a.pk = c.area"
_MOVED = {
    "sqlite": _WITH_TEXTS.format(_BY_AREA.format("area_tally")),
    "postgresql": (
        "WITH gone AS (DELETE FROM area_tally RETURNING kind, type, area, n) "
        + _WITH_TEXTS.format(_BY_AREA.format("gone"))
    ),
}
_ADD_TO_COUNT = " ON CONFLICT (area, kind) DO UPDATE SET n = area_count.n + excluded.n"
_ADD_COUNTS = {
    "sqlite": "INSERT INTO area_count (area, kind, n) VALUES (?, ?, ?)" + _ADD_TO_COUNT,
    "postgresql": (
        "INSERT INTO area_count (area, kind, n) SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[])"
        + _ADD_TO_COUNT
    ),
}
_ADD_TO_SINGLE = " ON CONFLICT (kind, cell, type) DO UPDATE SET n = area_single.n + excluded.n"
_ADD_SINGLES = {
    "sqlite": "INSERT INTO area_single (kind, cell, type, n) VALUES (?, ?, ?, ?)" + _ADD_TO_SINGLE,
    "postgresql": (
        "INSERT INTO area_single (kind, cell, type, n) "
        "SELECT * FROM unnest(%s::text[], %s::int[], %s::text[], %s::bigint[])" + _ADD_TO_SINGLE
    ),
}
_INTO_TOTALS = "INSERT INTO area_total (kind, size, cell, type, certain, possible) "
_ADD_TO_TOTAL = (
    " ON CONFLICT (kind, size, cell, type) DO UPDATE SET "
    "certain = area_total.certain + excluded.certain, possible = area_total.possible + excluded.possible"
)
_ADD_TOTALS = {
    "sqlite": _INTO_TOTALS + "VALUES (?, ?, ?, ?, ?, ?)" + _ADD_TO_TOTAL,
    "postgresql": (
        _INTO_TOTALS
        + "SELECT * FROM unnest(%s::text[], %s::int[], %s::int[], %s::text[], %s::bigint[], %s::bigint[])"
        + _ADD_TO_TOTAL
    ),
}
BATCH: Final = 10_000


class AreaLog(CountRows):
    """The changes that are not moved yet."""

    def __init__(self) -> None:
        """Name the table."""
        super().__init__("area_tally", {"kind": "text", "type": "text", "area": "bigint"})

    def compact(self, connection: Connection) -> None:
        """Move all changes, but for those that another transaction is adding; none, while another moves them."""
        dialect = connection.dialect.name
        if dialect == "postgresql":
            [(is_alone,)] = direct.fetch_all(
                connection, "SELECT pg_try_advisory_xact_lock(%(key)s)", {"key": MOVING}
            )
            if not is_alone:
                return
        _add(connection, _fetch(connection, _MOVED[dialect]))
        if dialect == "sqlite":
            direct.execute(connection, "DELETE FROM area_tally")


LOG: Final = AreaLog()


def recount_areas(connection: Connection) -> None:
    """Count anew what entries and their sets of places say."""
    for table in ("area_tally", "area_count", "area_single", "area_total"):
        connection.execute(text(f"DELETE FROM {table}"))
    for counts in _counted(connection):
        _add(connection, counts)


def miscounts(connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield tables, and what they count wrongly: what entries say, less what the log has still to add, is right."""
    areas, totals = Counter[tuple[int, str]](), Totals()

    def count(counts: Sequence[PlacedCount], sign: int) -> None:
        for kind, _, area, _, n in counts:
            areas[area, kind] += sign * n
        totals.add((kind, type_, area, extents, sign * n) for kind, type_, area, extents, n in counts)

    for counts in _counted(connection):
        count(counts, 1)
    count(_fetch(connection, _WITH_TEXTS.format(_BY_AREA.format("area_tally"))), -1)
    stored = connection.execute(text("SELECT area, kind, n FROM area_count"))
    there = Counter({(area, kind): int(n) for area, kind, n in stored})
    for (area, kind), wrong in _differences(there, areas):
        yield "area_count", f"It counts {wrong} of kind {kind} in area {area}."
    stored = connection.execute(text("SELECT kind, cell, type, n FROM area_single"))
    singles = {(kind, cell, type_): int(n) for kind, cell, type_, n in stored}
    for (kind, cell, type_), wrong in _differences(singles, totals.single):
        yield "area_single", f"It counts {wrong} of kind {kind} and type {type_!r} in cell {cell}."
    stored = connection.execute(text("SELECT kind, size, cell, type, certain, possible FROM area_total"))
    found = {tuple(key): (int(sure), int(may)) for *key, sure, may in stored}
    right = {key: (totals.certain[key], may) for key, may in totals.possible.items()}
    for (kind, size, cell, type_), wrong in _differences(found, right, (0, 0)):
        yield (
            "area_total",
            f"It counts {wrong} (certain, possible) of kind {kind} and type {type_!r} in cell {cell} of {size} degrees.",
        )


def _differences(
    stored: Mapping[Any, Any], right: Mapping[Any, Any], none: Any = 0
) -> Iterator[tuple[Any, str]]:
    """Yield where counts differ, and how."""
    for key in sorted(stored.keys() | right.keys()):
        there, wanted = stored.get(key, none), right.get(key, none)
        if there != wanted:
            yield key, f"{there} instead of {wanted}"


def _counted(connection: Connection) -> Iterator[list[PlacedCount]]:
    """Yield batches of what should be counted, changes that are not moved among it."""
    rows = connection.execute(text(_WITH_TEXTS.format(_COUNTED)), execution_options={"yield_per": BATCH})
    for part in rows.partitions():
        yield [(kind, type_, area, extents, int(n)) for kind, type_, area, extents, n in part]


def _fetch(connection: Connection, sql: str) -> list[PlacedCount]:
    rows = direct.fetch_all(connection, sql)
    return [(kind, type_, area, extents, int(n)) for kind, type_, area, extents, n in rows]


def _add(connection: Connection, counts: Sequence[PlacedCount]) -> None:
    """Add to what is moved; sorted, so that rows of a page are written together."""
    areas, totals = Counter[tuple[int, str]](), Totals()
    for kind, _, area, _, n in counts:
        areas[area, kind] += n
    totals.add(counts)
    counted = [(*key, n) for key, n in sorted(areas.items()) if n]
    single = [(*key, n) for key, n in sorted(totals.single.items()) if n]
    others = [(*key, totals.certain[key], n) for key, n in sorted(totals.possible.items())]
    for statements, rows in ((_ADD_COUNTS, counted), (_ADD_SINGLES, single), (_ADD_TOTALS, others)):
        if rows:
            insert_many(connection, statements, rows)
