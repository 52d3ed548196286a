"""Statements that count what a query matches by cell, by area, or by the set of places.

Where only kinds and types are filtered by, the stored counts suffice and no entry is read (`app.database.index.area_log`).
Else one pass over the matching entries counts how many have each set of places; sets lead to areas.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from app.database import tables
from app.database.engine.statement import AnyOf, CompiledStatement
from app.filters.base import Condition, ConditionSet
from app.listing.bound_query import BoundQuery
from app.listing.count_sql import Counted, CountStatements
from app.listing.page_sql import united
from app.records.kinds import RECORD_KINDS
from app.values.map_areas import CELL_BITS, CELL_MASK, COLUMNS, LEAST_HASH, LEAST_RANGE, MOST_CELLS, NOWHERE
from app.values.map_totals import WORLD

MAX_ROWS: Final = 250_000
"""How many areas, or sets of places, are counted apart; one more is read to see whether there are more."""

entry = tables.entry.c
place_set, area, tally, count = (
    table.c
    for table in (
        tables.place_set,
        tables.area,
        tables.area_tally,
        tables.area_count,
    )
)


class StoredCounts:
    """Statements that read the stored counts of kinds and types, in the canonical view."""

    def __init__(self, question: BoundQuery) -> None:
        """Take what is asked for; it filters by nothing else."""
        kinds, self._types = CountStatements(question).kinds_and_types
        self._kinds = kinds or [one.kind for one in RECORD_KINDS]

    @property
    def _parameters(self) -> dict[str, Any]:
        return {"kinds": self._kinds, "types": self._types}

    def in_cells(self, size: int, rows: tuple[int, int], columns: tuple[int, int]) -> Counted:
        """Return (cell, certain, possible, onward) in rows of cells of a size, when changes were last moved.

        There may be several rows of a cell, to be summed. Cells east or west of two columns are left out, but for those
        that say something of others in their row.
        """
        across = COLUMNS // size
        asked = {"size": size, "across": across}
        asked |= {"first": rows[0] * across, "last": (rows[1] + 1) * across - 1}
        asked |= {"western": columns[0], "eastern": columns[1]}
        return _in_cells(types=bool(self._types)), self._parameters | asked

    def placed(self) -> Counted:
        """Return how many records are at places on the map, changes included."""
        return _placed(types=bool(self._types)), self._parameters

    def changes(self) -> Counted:
        """Return (area, its text where its key does not say it, count) of what has changed since then."""
        return _changes(types=bool(self._types)), self._parameters

    def by_place_set(self, blocks: Sequence[int]) -> Counted:
        """Return (set of places, area, its text, count) of the sets whose area may touch blocks (`app.values.map_blocks`)."""
        return _by_block(types=bool(self._types)), {**self._parameters, "blocks": list(blocks)}

    def by_area(self, rows: tuple[int, int]) -> Counted:
        """Return (area, text, count) of every type, to be summed; without areas of a few cells outside of rows of degrees."""
        return _by_area(), self._parameters | _band(rows)


def _band(rows: tuple[int, int]) -> dict[str, int]:
    south, north = rows
    return {"southern": 1 + south * COLUMNS, "northern": (north + 1) * COLUMNS}


def _in_rows(key: Any) -> ColumnElement[bool]:
    """Return whether an area has a cell in rows of degrees (`_band`), or may have one as its key lists none."""
    mask = literal_column(str(CELL_MASK), BigInteger())
    listed = [
        key.bitwise_rshift(literal_column(str(CELL_BITS * at))).bitwise_and(mask) for at in range(MOST_CELLS)
    ]
    return or_(
        key >= literal_column(str(LEAST_RANGE)),
        *(number.between(bindparam("southern"), bindparam("northern")) for number in listed),
    )


def _of(columns: Any, *, types: bool) -> list[ColumnElement[bool]]:
    kinds = AnyOf.texts(columns.kind, "kinds")
    return [kinds, AnyOf.texts(columns.type, "types")] if types else [kinds]


def _sum(column: Any) -> Any:
    # Postgres gives sums as decimal numbers.
    return cast(func.sum(column), BigInteger)


@lru_cache(maxsize=2)
def _in_cells(*, types: bool) -> CompiledStatement:
    total = (tables.area_type_total if types else tables.area_total).c
    column = total.cell % bindparam("across", type_=Integer())
    return CompiledStatement(
        select(total.cell, total.certain, total.possible, total.onward).where(
            *_of(total, types=types),
            total.size == bindparam("size"),
            total.cell.between(bindparam("first"), bindparam("last")),
            or_(
                column.between(bindparam("western"), bindparam("eastern")),
                total.onward != literal_column("0"),
            ),
        )
    )


@lru_cache(maxsize=2)
def _placed(*, types: bool) -> CompiledStatement:
    total = (tables.area_type_total if types else tables.area_total).c
    world = select(total.possible.label("n")).where(
        *_of(total, types=types), total.size == literal_column(str(WORLD))
    )
    both = union_all(world, select(tally.n).where(*_of(tally, types=types))).subquery("both_counts")
    return CompiledStatement(select(func.coalesce(_sum(both.c.n), literal_column("0"))))


@lru_cache(maxsize=2)
def _changes(*, types: bool) -> CompiledStatement:
    summed = _sum(tally.n).label("n")
    found = select(tally.area, summed).where(*_of(tally, types=types)).group_by(tally.area)
    return _with_texts(found.having(summed != literal_column("0")).cte("counts"))


@lru_cache(maxsize=1)
def _by_area() -> CompiledStatement:
    both = union_all(
        *(
            select(one.area, one.n).where(
                AnyOf.texts(one.kind, "kinds"),
                _in_rows(one.area),
            )
            for one in (count, tally)
        )
    )
    return _with_texts(both.cte("counts"))


@lru_cache(maxsize=2)
def _by_block(*, types: bool) -> CompiledStatement:
    by_set = tables.place_set_count.c
    named = "kind", "type", "place_set", "area", "n"
    # A set is counted in each of its blocks.
    moved = (
        select(*(by_set[one] for one in named))
        .where(AnyOf.keys(by_set.block, "blocks"), *_of(by_set, types=types))
        .distinct()
        .subquery("moved")
    )
    changed = select(*(tally[one] for one in named)).where(*_of(tally, types=types))
    both = union_all(select(*(moved.c[one] for one in named)), changed).subquery("both_counts")
    summed = _sum(both.c.n).label("n")
    counts = select(both.c.place_set, both.c.area, summed).group_by(both.c.place_set, both.c.area)
    found = counts.having(summed != literal_column("0")).cte("counts")
    return _with_texts(found, found.c.place_set)


def _with_texts(counts: CTE, *columns: Any) -> CompiledStatement:
    """Select columns, areas with their texts, and then all counts."""
    # Of other keys nothing is looked up.
    hashed = case((counts.c.area >= literal_column(str(LEAST_HASH)), counts.c.area))
    numbers = [counts.c[name] for name in ("certain", "possible", "n") if name in counts.c]
    listed = select(*columns, counts.c.area, area.extents, *numbers).select_from(
        counts.outerjoin(tables.area, area.pk == hashed)
    )
    return CompiledStatement(listed.limit(literal_column(str(MAX_ROWS + 1))))


class EntryCounts:
    """Statements that count matching entries; certainly matching are those that meet further conditions, `certain`."""

    def __init__(self, question: BoundQuery, certain: Sequence[Condition]) -> None:
        """Take what is asked for, and what is certain of it: all, where there are no conditions."""
        self._question = question
        self._certain = ConditionSet(certain)

    def _asked(self, statement: CompiledStatement, more: Mapping[str, Any]) -> Counted:
        question = self._question
        of_certain = {
            name: value for one in self._certain.conditions for name, value in one.parameters.items()
        }
        own = {"view": question.view, "kind": question.kind, **question.whole_limits()}
        return question.begun(statement), {**of_certain, **question.parameters, **own, **more}

    def by_area(self) -> Counted:
        """Return (area, its text where its key does not say it, certain, possible); there may be several rows of an area."""
        clauses, kind = ConditionSet(self._question.conditions), self._question.kind is not None
        return self._asked(_of_entries(clauses, self._certain, kind=kind), {})

    def by_place_set(self, rows: tuple[int, int]) -> Counted:
        """Return (whether they are places as a source has them, set of places, area, its text, certain, possible).

        There may be several rows of a set. Sets that are in a few cells alone, all south or north of two rows of degrees
        (`app.values.map_areas`), are left out; places as a source has them are not.
        """
        clauses, kind = ConditionSet(self._question.conditions), self._question.kind is not None
        own = self._question.view == tables.CANONICAL_VIEW
        return self._asked(_by_place_set(clauses, self._certain, kind=kind, own=own), _band(rows))


found_area = func.coalesce(place_set.area, literal_column(str(NOWHERE), BigInteger())).label("area")


def _sets(clauses: ConditionSet, certain: ConditionSet, *by: Any, kind: bool) -> CTE:
    """Count matching entries by columns: (*by, certain, possible)."""
    met = [condition.clause() for condition in certain.conditions]
    sure = [case((and_(*met), literal_column("1")), else_=literal_column("0")).label("sure")] if met else []
    # United before they are grouped: SQLite sorts what it groups, with all that conditions compare if it can.
    found = united(clauses.matching(*by, *sure, kind=kind)).subquery("matching")
    columns = [found.c[one.name] for one in by]
    number = func.sum(found.c.sure) if sure else func.count()
    counted = select(*columns, number.label("certain"), func.count().label("possible"))
    return counted.select_from(found).group_by(*columns).cte("sets")


@lru_cache(maxsize=256)
def _of_entries(clauses: ConditionSet, certain: ConditionSet, *, kind: bool) -> CompiledStatement:
    sets = _sets(clauses, certain, entry.place_set, kind=kind)
    joined = sets.outerjoin(tables.place_set, place_set.pk == sets.c.place_set)
    counts = select(found_area, sets.c.certain, sets.c.possible).select_from(joined)
    return _with_texts(counts.cte("counts"))


@lru_cache(maxsize=256)
def _by_place_set(
    clauses: ConditionSet, certain: ConditionSet, *, kind: bool, own: bool
) -> CompiledStatement:
    # What is written of a place says nothing of where a source has it.
    is_place = literal_column("0") if own else case((entry.kind == literal_column("'place'"), 1), else_=0)
    sets = _sets(clauses, certain, is_place.label("is_place"), entry.place_set, kind=kind)
    joined = sets.outerjoin(tables.place_set, place_set.pk == sets.c.place_set)
    counts = (
        select(sets.c.is_place, sets.c.place_set, found_area, sets.c.certain, sets.c.possible)
        .select_from(joined)
        .where(
            or_(
                sets.c.is_place == literal_column("1"),
                found_area == literal_column(str(NOWHERE)),
                _in_rows(found_area),
            )
        )
    )
    found = counts.cte("counts")
    return _with_texts(found, found.c.is_place, found.c.place_set)
