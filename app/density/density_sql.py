"""Statements that count what a query matches by area, or by the set of places.

Where only kinds are filtered by, the stored counts of areas suffice and no entry is read. Else one pass over the
matching entries counts how many have each set of places; sets lead to areas, of which there are few.
"""

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, bindparam, case, func, literal_column, or_, select

from app.database import tables
from app.database.engine.statement import AnyOf, CompiledStatement
from app.filters.base import ConditionSet
from app.listing.bound_query import BoundQuery
from app.listing.count_sql import Counted
from app.listing.page_sql import united
from app.values.map_areas import COLUMNS, LEAST_HASH, NOWHERE

MAX_ROWS: Final = 250_000
"""How many areas, or sets of places, are counted apart; one more is read to see whether there are more."""

entry, place_set, area, tally = (
    table.c for table in (tables.entry, tables.place_set, tables.area, tables.area_tally)
)


def is_of_kinds_alone(question: BoundQuery) -> bool:
    """Return whether the stored counts of areas suffice: they know kinds, in the canonical view."""
    kinds = {condition.shape[0] for condition in question.conditions} <= {"kind"}
    return kinds and question.view == tables.CANONICAL_VIEW


def by_area(question: BoundQuery) -> Counted:
    """Return (area, its extents where its key does not say them, count)."""
    parameters = {**question.parameters, "view": question.view, "kind": question.kind}
    if is_of_kinds_alone(question):
        kinds = next((list(one.parameters["kinds"]) for one in question.conditions), None)
        asked = [question.kind] if question.kind is not None else kinds
        return _of_tally(kinds=asked is not None), {"kinds": asked}
    statement = _of_entries(ConditionSet(question.conditions), kind=question.kind is not None)
    return question.begun(statement), parameters | question.whole_limits()


def by_place_set(question: BoundQuery, rows: tuple[int, int]) -> Counted:
    """Return (whether they are places as a source has them, set of places, its area, the area's extents, count).

    There may be several rows of a set, to be summed. Sets that are at one degree only, and that south or north of two rows of degrees (`app.values.map_areas`), are left
    out; places as a source has them are not.
    """
    own = question.view == tables.CANONICAL_VIEW
    statement = _by_place_set(ConditionSet(question.conditions), kind=question.kind is not None, own=own)
    parameters = {**question.parameters, "view": question.view, "kind": question.kind}
    south, north = rows
    band = {"southern": 1 + south * COLUMNS, "northern": (north + 1) * COLUMNS}
    return question.begun(statement), parameters | question.whole_limits() | band


def _with_extents(counts: Any, *columns: Any) -> CompiledStatement:
    joined = counts.outerjoin(tables.area, area.pk == counts.c.area)
    listed = select(*columns, counts.c.area, area.extents, counts.c.n).select_from(joined)
    return CompiledStatement(listed.limit(literal_column(str(MAX_ROWS + 1))))


@lru_cache(maxsize=2)
def _of_tally(*, kinds: bool) -> CompiledStatement:
    counts = select(tally.area, func.sum(tally.n).label("n"))
    if kinds:
        counts = counts.where(AnyOf.texts(tally.kind, "kinds"))
    summed = counts.group_by(tally.area).having(func.sum(tally.n) > literal_column("0"))
    return _with_extents(summed.cte("counts"))


found_area = func.coalesce(place_set.area, literal_column(str(NOWHERE), BigInteger())).label("area")


@lru_cache(maxsize=256)
def _of_entries(clauses: ConditionSet, *, kind: bool) -> CompiledStatement:
    columns = entry.place_set, func.count().label("n")
    counted = [found.group_by(entry.place_set) for found in clauses.matching(*columns, kind=kind)]
    sets = united(counted).cte("sets")
    joined = sets.outerjoin(tables.place_set, place_set.pk == sets.c.place_set)
    counts = select(found_area, func.sum(sets.c.n).label("n")).select_from(joined).group_by(found_area)
    return _with_extents(counts.cte("counts"))


@lru_cache(maxsize=256)
def _by_place_set(clauses: ConditionSet, *, kind: bool, own: bool) -> CompiledStatement:
    # What is written of a place says nothing of where a source has it.
    is_place = literal_column("0") if own else case((entry.kind == literal_column("'place'"), 1), else_=0)
    by = [entry.place_set, *([] if own else [is_place])]
    columns = is_place.label("is_place"), entry.place_set, func.count().label("n")
    sets = united([found.group_by(*by) for found in clauses.matching(*columns, kind=kind)]).cte("sets")
    joined = sets.outerjoin(tables.place_set, place_set.pk == sets.c.place_set)
    counts = (
        select(sets.c.is_place, sets.c.place_set, found_area, sets.c.n)
        .select_from(joined)
        .where(
            or_(
                sets.c.is_place == literal_column("1"),
                found_area == literal_column(str(NOWHERE)),
                found_area >= literal_column(str(LEAST_HASH)),
                found_area.between(bindparam("southern"), bindparam("northern")),
            )
        )
    )
    found = counts.cte("counts")
    return _with_extents(found, found.c.is_place, found.c.place_set)
