"""Counts of records by area and by cell of the map, to which writes append what they change.

A write appends to `area_tally` how many records of a kind and a type are more or fewer in an area. From time to time what
is there is moved: into `area_count`, by area, and into `area_total` and `area_type_total`, by cells of many sizes
(`app.values.map_totals`). A count is what was moved and what was not, together.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, text

from app.database.engine import raw_sql as direct
from app.database.index.count_rows import CountRows
from app.database.index.count_sums import CountSums
from app.values.map_totals import CellTotals

PlacedCount: TypeAlias = tuple[str, str, int, str | None, int]
"""A kind, a type, an area with its text where the key does not say it, and how many records more are there now."""

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
_CELL = {"size": "int", "cell": "int"}
_IN_CELL = ["certain", "possible"], ["onward"]
_AREAS: Final = CountSums("area_count", {"area": "bigint", "kind": "text"}, ["n"])
_KINDS: Final = CountSums("area_total", {"kind": "text", **_CELL}, *_IN_CELL)
_TYPES: Final = CountSums("area_type_total", {"kind": "text", "type": "text", **_CELL}, *_IN_CELL)
_MOVED_TO: Final = (_AREAS, _KINDS, _TYPES)
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
    connection.execute(text("DELETE FROM area_tally"))
    for sums in _MOVED_TO:
        sums.clear(connection)
    for counts in _counted(connection):
        _add(connection, counts)


def miscounts(connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield tables, and what they count wrongly: what entries say, less what the log has still to add, is right."""
    found = _Changes()
    for counts in _counted(connection):
        found.add(counts)
    found.add(_fetch(connection, _WITH_TEXTS.format(_BY_AREA.format("area_tally"))), -1)
    for sums, rows in found.rows():
        yield from _differences(sums, sums.stored(connection), rows)


def _differences(
    sums: CountSums, stored: Mapping[tuple[Any, ...], tuple[int, ...]], rows: Iterable[tuple[Any, ...]]
) -> Iterator[tuple[str, str]]:
    """Yield the table of sums, where they differ from what they should be, and how."""
    right = dict(map(sums.split, rows))
    for key in sorted(stored.keys() | right.keys()):
        if stored.get(key) != right.get(key):
            there, wanted = (one.get(key, "nothing") for one in (stored, right))
            yield sums.table, f"It counts {there} instead of {wanted} for {sums.described(key)}."


def _counted(connection: Connection) -> Iterator[list[PlacedCount]]:
    """Yield batches of what should be counted, changes that are not moved among it."""
    rows = connection.execute(text(_WITH_TEXTS.format(_COUNTED)), execution_options={"yield_per": BATCH})
    for part in rows.partitions():
        yield [(kind, type_, area, extents, int(n)) for kind, type_, area, extents, n in part]


def _fetch(connection: Connection, sql: str) -> list[PlacedCount]:
    rows = direct.fetch_all(connection, sql)
    return [(kind, type_, area, extents, int(n)) for kind, type_, area, extents, n in rows]


class _Changes:
    """What counts by area add to all that changes are moved to."""

    def __init__(self) -> None:
        self._areas = Counter[tuple[int, str]]()
        self._totals = CellTotals()

    def add(self, counts: Iterable[PlacedCount], sign: int = 1) -> None:
        """Add counts, or subtract them."""
        for kind, type_, area, extents, n in counts:
            self._areas[area, kind] += sign * n
            self._totals.add((kind, type_), area, extents, sign * n)

    def rows(self) -> Iterator[tuple[CountSums, list[tuple[Any, ...]]]]:
        """Yield what is added to each table; sorted, so that rows of a page are written together."""
        yield _AREAS, sorted((area, kind, n) for (area, kind), n in self._areas.items() if n)
        yield _KINDS, self._totals.by_kind().rows()
        # Nothing asks for records without a type.
        yield _TYPES, [row for row in self._totals.rows() if row[1]]


def _add(connection: Connection, counts: Iterable[PlacedCount]) -> None:
    """Add to what is moved."""
    changes = _Changes()
    changes.add(counts)
    for sums, rows in changes.rows():
        sums.add(connection, rows)
