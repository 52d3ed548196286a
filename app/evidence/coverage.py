"""Coverage: where evidence is thin, counted over the whole database.

What a statement is, and when a source supports one, is defined in `app.records.evidence_support`. The
counts are sums over index rows that every write maintains, so that no document is read; which records are behind each
is told by `app.evidence.statements`.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Select, bindparam, case, func, literal_column, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.database.lookup import COLLECTIONS
from app.evidence.schemas import (
    SUPPORT,
    Coverage,
    DecadeSupport,
    KindSupport,
    PropertySupport,
    RecordSupport,
    RecordSupportList,
    Support,
    SupportCounts,
)
from app.reading.cards import read_card
from app.records.evidence_support import STATEMENT_PROPERTIES
from app.values.calendar import days_from_gregorian, iso_day
from app.values.time_histogram import DECADE, YearRange, read_time_extent

MAX_DECADES: Final = 2000
"""Decades in a response; where history is longer, the last of them."""

_coverage, _statement, _support = tables.coverage.c, tables.statement.c, tables.support.c
_record, _cell = tables.record.c, tables.cell.c

Counts = list[int]
"""Records and statements with none, one and several sources: three numbers each."""


def _sums(columns: Any) -> list[Any]:
    return [func.coalesce(func.sum(columns[name]), 0).label(name) for name in SUPPORT]


def _records() -> list[Any]:
    conditions = (_coverage.sources == 0, _coverage.sources == 1, _coverage.sources > 1)
    return [
        func.sum(case((condition, 1), else_=0)).label(f"records_{name}")
        for name, condition in zip(SUPPORT, conditions, strict=True)
    ]


def _of_kind(query: Select[Any], column: Any, *, narrowed: bool) -> Select[Any]:
    return query.where(column == bindparam("kind")) if narrowed else query


@lru_cache(maxsize=2)
def _by_time(narrowed: bool) -> CompiledStatement:  # noqa: FBT001 - the key of a cache
    # Read from a covering index, in its order; a cell is of one kind.
    found = select(_coverage.cell, *_records(), *_sums(_coverage)).group_by(_coverage.cell).subquery("found")
    counts = [column for column in found.c if column is not found.c.cell]
    query = select(_cell.kind, _cell.decades, *counts).select_from(
        found.join(tables.cell, _cell.pk == found.c.cell)
    )
    return CompiledStatement(_of_kind(query, _cell.kind, narrowed=narrowed))


@lru_cache(maxsize=2)
def _by_property(narrowed: bool) -> CompiledStatement:  # noqa: FBT001 - the key of a cache
    query = select(_statement.kind, _statement.property, *_sums(_statement)).group_by(
        _statement.kind, _statement.property
    )
    return CompiledStatement(_of_kind(query, _statement.kind, narrowed=narrowed))


@lru_cache(maxsize=2)
def _by_source(narrowed: bool) -> CompiledStatement:  # noqa: FBT001 - the key of a cache
    counted = select(
        _support.source.label("key"),
        func.count().label("records"),
        func.sum(case((_support.alone, 1), else_=0)).label("alone"),
        literal_column("0").label("none"),
        func.sum(_support.one).label("one"),
        func.sum(_support.several).label("several"),
    ).group_by(_support.source)
    found = _of_kind(counted, _support.kind, narrowed=narrowed).subquery("found")
    return _listed("source", found, [func.coalesce(found.c.one, 0).desc()])


@lru_cache(maxsize=2)
def _by_place(narrowed: bool) -> CompiledStatement:  # noqa: FBT001 - the key of a cache
    link = tables.link.c
    # A record that is at a place in two roles counts once.
    ties = (
        select(link.target, link.record)
        .where(link.view == literal_column("0"), link.relation == literal_column("'place'"))
        .distinct()
        .subquery("ties")
    )
    counted = (
        select(
            ties.c.target.label("key"),
            func.count().label("records"),
            func.sum(case((_coverage.sources == 1, 1), else_=0)).label("alone"),
            *_sums(_coverage),
        )
        .select_from(ties.join(tables.coverage, _coverage.record == ties.c.record))
        .group_by(ties.c.target)
    )
    found = _of_kind(counted, _coverage.kind, narrowed=narrowed).subquery("found")
    sourced = func.coalesce(found.c.one + found.c.several, 0)
    return _listed("place", found, [sourced, func.coalesce(found.c.records, 0).desc()])


def _listed(kind: str, found: Any, order: Sequence[Any]) -> CompiledStatement:
    """List records of a kind with their counts, those with zero too, and the number of records."""
    names = ("records", "alone", *SUPPORT)
    counts = [func.coalesce(found.c[name], 0).label(name) for name in names]
    unsourced = case((func.coalesce(found.c.one + found.c.several, 0) == 0, 1), else_=0)
    return CompiledStatement(
        select(
            _record.id,
            _record.card,
            *counts,
            func.count().over().label("total"),
            func.sum(unsourced).over().label("without"),
        )
        .select_from(tables.record.outerjoin(found, found.c.key == _record.pk))
        .where(_record.kind == literal_column(f"'{kind}'"), _record.state == literal_column(str(tables.LIVE)))
        .order_by(*order, _record.id)
        .limit(bindparam("most"))
    )


async def measure(db: ReadConnection, kind: str | None, most: int) -> Coverage:
    """Count statements by their support, per kind, property, decade, source and place.

    `kind` restricts the count to records of one kind; `most` is how many sources and places are listed.
    """
    narrowed, asked = kind is not None, {"kind": kind, "most": most}
    statements = (_by_time(narrowed), _by_property(narrowed), _by_source(narrowed), _by_place(narrowed))
    time_rows, properties, sources, places = [
        await db.fetch_slow(statement, asked) for statement in statements
    ]
    cells = [(row[0], row[1], [*map(int, row[2:])]) for row in time_rows]
    kinds: dict[str, Counts] = {}
    for name, _, counts in cells:
        _add(kinds.setdefault(name, [0] * 6), counts)
    time = _Decades((decades, counts) for _, decades, counts in cells)
    ordered = sorted(properties, key=lambda row: (row[0], STATEMENT_PROPERTIES.index(row[1])))
    return Coverage(
        **_support_of([sum(column) for column in zip(*kinds.values(), strict=True)] or [0] * 6),
        kinds=[KindSupport(kind=name, **_support_of(counts)) for name, counts in sorted(kinds.items())],
        properties=[
            PropertySupport(kind=row[0], property=row[1], **_counts_of(list(map(int, row[2:]))))
            for row in ordered
        ],
        sources=_items("source", sources),
        decades=list(time.decades()),
        undated=_support_of(time.undated),
        places=_items("place", places),
    )


def _add(total: Counts, counts: Counts) -> None:
    for at, count in enumerate(counts):
        total[at] += count


def _counts_of(counts: Sequence[int]) -> SupportCounts:
    none, one, several = counts
    return SupportCounts(none=none, one=one, several=several)


def _support_of(counts: Counts) -> Support:
    return Support(records=_counts_of(counts[:3]), statements=_counts_of(counts[3:]))


def _items(kind: str, rows: Sequence[Sequence[Any]]) -> RecordSupportList:
    items = [
        RecordSupport(
            ref=f"{COLLECTIONS[kind]}/{row[0]}",
            **read_card(row[1]),
            records=int(row[2]),
            alone=int(row[3]),
            **_counts_of(list(map(int, row[4:7]))),
        )
        for row in rows
    ]
    total, without = (int(rows[0][7]), int(rows[0][8])) if rows else (0, 0)
    return RecordSupportList(total=total, without=without, items=items)


class _Decades:
    """Sums by decade: a record counts in every decade that it may touch, as `when=` finds it there."""

    def __init__(self, cells: Iterable[tuple[str, Counts]]) -> None:
        self.undated: Counts = [0] * 6
        self._runs: list[tuple[YearRange, Counts]] = []
        edges: list[int] = []
        for text, counts in cells:
            reach = read_time_extent(text)
            if not reach.possible:
                _add(self.undated, counts)
            self._runs.extend((run, counts) for run in reach.possible)
            edges.extend(reach.edges or ())
        self._last = max(edges, default=-1)
        self._first = max(min(edges, default=0), self._last - MAX_DECADES + 1)

    def decades(self) -> Iterator[DecadeSupport]:
        """Yield the decades from the first to the last with records, empty ones included."""
        steps: dict[int, Counts] = {}
        for (start, end), counts in self._runs:
            first, past = max(start, self._first), min(end, self._last) + 1
            if first < past:
                _add(steps.setdefault(first, [0] * 6), counts)
                _add(steps.setdefault(past, [0] * 6), [-count for count in counts])
        running: Counts = [0] * 6
        for decade in range(self._first, self._last + 1):
            _add(running, steps.get(decade, running[:0]))
            year = decade * DECADE
            start_day = iso_day(days_from_gregorian(year, 1, 1))
            end_day = iso_day(days_from_gregorian(year + DECADE - 1, 12, 31))
            yield DecadeSupport(bucket=start_day[:-6], start=start_day, end=end_day, **_support_of(running))
