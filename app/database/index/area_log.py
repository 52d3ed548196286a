"""Counts of records by area and by cell of the map, to which writes append what they change.

A write appends to `area_tally` how many records of a kind and a type are more or fewer at a set of places, in its area. From
time to time what is there is moved: into `place_set_count`, by set of places (`app.values.map_blocks`), into `area_count`, by
area, and into `area_total` and `area_type_total`, by cells of many sizes (`app.values.map_totals`). A count is what was moved
and what was not, together.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, text

from app.database.engine import raw_sql as direct
from app.database.index.count_rows import CountRows
from app.database.index.count_sums import CountSums
from app.values.map_blocks import blocks_of
from app.values.map_totals import CellTotals

PlacedCount: TypeAlias = tuple[str, str, int, int, str | None, int]
"""A kind, a type, a set of places, its area with its text where the key does not say it, and how many records more are there now."""

MOVING: Final = 0x61726561
"""The key of Postgres' advisory lock for those who move counts: one at a time, so that none waits for another."""

_SUMMED = "SELECT kind, type, place_set, area, sum(n) AS n FROM {} GROUP BY kind, type, place_set, area HAVING sum(n) <> 0"
_COUNTED = (
    "SELECT e.kind, e.type, e.place_set, s.area, count(*) AS n FROM entry e JOIN place_set s ON s.pk = e.place_set "
    "WHERE e.view = 0 AND s.area <> 0 GROUP BY e.kind, e.type, e.place_set, s.area"
)
_WITH_TEXTS = (
    "SELECT c.kind, c.type, c.place_set, c.area, a.extents, c.n FROM ({}) c LEFT JOIN area a ON a.pk = c.area"
)
_MOVED = {
    "sqlite": _WITH_TEXTS.format(_SUMMED.format("area_tally")),
    "postgresql": (
        "WITH gone AS (DELETE FROM area_tally RETURNING kind, type, place_set, area, n) "
        + _WITH_TEXTS.format(_SUMMED.format("gone"))
    ),
}
_IN_ORDER = " ORDER BY c.kind, c.type, c.place_set, c.area"
_EXPECTED = (
    _WITH_TEXTS.format(
        _SUMMED.format(f"({_COUNTED} UNION ALL SELECT kind, type, place_set, area, -n FROM area_tally) m")
    )
    + _IN_ORDER
)
_STORED = "SELECT kind, type, place_set, area, block, n FROM place_set_count c ORDER BY c.kind, c.type, c.place_set, c.area, c.block"
_CELL = {"size": "int", "cell": "int"}
_IN_CELL = ["certain", "possible"], ["onward"]
_AREAS: Final = CountSums("area_count", {"area": "bigint", "kind": "text"}, ["n"])
_KINDS: Final = CountSums("area_total", {"kind": "text", **_CELL}, *_IN_CELL)
_TYPES: Final = CountSums("area_type_total", {"kind": "text", "type": "text", **_CELL}, *_IN_CELL)
_SETS: Final = CountSums(
    "place_set_count",
    {"block": "int", "kind": "text", "type": "text", "place_set": "bigint", "area": "bigint"},
    ["n"],
)
_MOVED_TO: Final = (_SETS, _AREAS, _KINDS, _TYPES)
BATCH: Final = 10_000


class AreaLog(CountRows):
    """The changes that are not moved yet."""

    def __init__(self) -> None:
        """Name the table."""
        super().__init__(
            "area_tally", {"kind": "text", "type": "text", "place_set": "bigint", "area": "bigint"}
        )

    def compact(self, connection: Connection) -> None:
        """Move all changes, but for those that another transaction is adding; none, while another moves them."""
        dialect = connection.dialect.name
        if dialect == "postgresql":
            [(is_alone,)] = direct.fetch_all(
                connection, "SELECT pg_try_advisory_xact_lock(%(key)s)", {"key": MOVING}
            )
            if not is_alone:
                return
        rows = direct.fetch_all(connection, _MOVED[dialect])
        _add(connection, ((*row, int(n)) for *row, n in rows))
        if dialect == "sqlite":
            direct.execute(connection, "DELETE FROM area_tally")


LOG: Final = AreaLog()


def recount_areas(connection: Connection) -> None:
    """Count anew what entries and their sets of places say."""
    connection.execute(text("DELETE FROM area_tally"))
    for sums in _MOVED_TO:
        sums.clear(connection)
    rows = _stream(connection, _WITH_TEXTS.format(_COUNTED))
    while some := list(islice(rows, BATCH)):
        _add(connection, some)


def miscounts(connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield tables, and what they count wrongly: what entries say, less what the log has still to add, is right."""
    found = _Changes()
    yield from _wrong_sets(connection, found.noting(_stream(connection, _EXPECTED)))
    for sums, rows in found.rows():
        yield from _differences(sums, sums.stored(connection), rows)


def _wrong_sets(connection: Connection, counts: Iterable[PlacedCount]) -> Iterator[tuple[str, str]]:
    """Compare what is counted by set of places row by row, since there may be as many as there are records."""
    expected = (
        ((kind, type_, key, area, block), 1, n)
        for kind, type_, key, area, extents, n in counts
        for block in sorted(blocks_of(area, extents))
    )
    stored = ((tuple(key), 0, n) for *key, n in _stream(connection, _STORED))
    for key, sides in groupby(merge(stored, expected), key=itemgetter(0)):
        there, wanted = map({side: n for _, side, n in sides}.get, (0, 1))
        if there != wanted:
            what = _SETS.described((key[-1], *key[:-1]))
            yield _SETS.table, f"It counts {there or 'nothing'} instead of {wanted or 'nothing'} for {what}."


def _differences(
    sums: CountSums, stored: Mapping[tuple[Any, ...], tuple[int, ...]], rows: Iterable[tuple[Any, ...]]
) -> Iterator[tuple[str, str]]:
    """Yield the table of sums, where they differ from what they should be, and how."""
    right = dict(map(sums.split, rows))
    for key in sorted(stored.keys() | right.keys()):
        if stored.get(key) != right.get(key):
            there, wanted = (one.get(key, "nothing") for one in (stored, right))
            yield sums.table, f"It counts {there} instead of {wanted} for {sums.described(key)}."


def _stream(connection: Connection, sql: str) -> Iterator[Any]:
    """Read rows that end with a count, not all at once."""
    for *row, n in connection.execute(text(sql), execution_options={"yield_per": BATCH}):
        yield *row, int(n)


class _Changes:
    """What counts by area add to all that changes are moved to, but for what is counted by set of places."""

    def __init__(self) -> None:
        self._areas = Counter[tuple[int, str]]()
        self._totals = CellTotals()

    def noting(self, counts: Iterable[PlacedCount]) -> Iterator[PlacedCount]:
        """Yield counts once they are added."""
        for one in counts:
            kind, type_, _, area, extents, n = one
            self._areas[area, kind] += n
            self._totals.add((kind, type_), area, extents, n)
            yield one

    def rows(self) -> Iterator[tuple[CountSums, list[tuple[Any, ...]]]]:
        """Yield what is added to each table; sorted, so that rows of a page are written together."""
        yield _AREAS, sorted((area, kind, n) for (area, kind), n in self._areas.items() if n)
        yield _KINDS, self._totals.by_kind().rows()
        # Nothing asks for records without a type.
        yield _TYPES, [row for row in self._totals.rows() if row[1]]


def _add(connection: Connection, counts: Iterable[PlacedCount]) -> None:
    """Add to what is moved."""
    changes = _Changes()
    sets = [
        (block, kind, type_, key, area, n)
        for kind, type_, key, area, extents, n in changes.noting(counts)
        for block in blocks_of(area, extents)
    ]
    _SETS.add(connection, sorted(sets))
    for sums, rows in changes.rows():
        sums.add(connection, rows)
