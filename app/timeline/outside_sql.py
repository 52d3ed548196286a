"""Statements that count what lies before or after a day, from the entries around it.

Most of what lies on one side of a day is known from facet cells (`app.timeline.outside_counts`). What is left are
the entries whose dates extend to the day, or into its decade; they are consecutive in the order of dates.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    bindparam,
    case,
    false,
    func,
    literal_column,
    select,
    union_all,
)

from app.database import tables
from app.database.engine.statement import CompiledStatement
from app.database.tables.columns import LONG_SPAN
from app.filters.base import Condition, ConditionSet, StartRange
from app.filters.dates import ONE_OF
from app.listing.bound_query import BoundQuery
from app.listing.count_sql import Counted
from app.listing.page_sql import united
from app.values.time_histogram import NEVER_CERTAIN
from app.values.timespan import OPEN_END, OPEN_START

entry = tables.entry.c


@dataclass(frozen=True, slots=True)
class Boundary:
    """A day, and the farthest day on its outer side up to which entries are read.

    `before`: whether what lies before the day is counted; else what lies after it.
    """

    day: int
    farthest: int
    before: bool

    def wholly(self, question: BoundQuery) -> Counted:
        """Return (decades, count) of the matches that lie outside altogether, up to the farthest day.

        What is qualified has no certain decades; a one-of set has these or none, whatever its own are. So the index of
        dates alone is read but for such sets.
        """
        first, last = (self.farthest, self.day - 1) if self.before else (self.day + 1, self.farthest)
        return self._within(question, (first, last), _wholly)

    def partly(self, question: BoundQuery) -> Counted:
        """Return rows of counts, to be summed: what extends to the day or beyond it but may lie outside (`possible`)."""
        return self._within(question, (self.day, self.day), _partly)

    def _within(self, question: BoundQuery, days: tuple[int, int], made: Any) -> Counted:
        condition = Condition(
            shape=("around", self.before),
            clause=lambda: and_(entry.s1 <= bindparam("around_last"), entry.e2 >= bindparam("around_first")),
            sentence="",
            window=StartRange(*days),
        )
        conditions = [*question.conditions, condition]
        asked = replace(question, conditions=conditions, cursor=None)
        statement = made(ConditionSet(conditions), before=self.before, kind=question.kind is not None)
        limits = {"around_first": days[0], "around_last": days[1], "day": self.day}
        return self._of(asked, statement, limits | asked.whole_limits())

    def open_sets(self, question: BoundQuery) -> Counted:
        """Count the unqualified one-of sets that are open on the outer side and lie beyond the farthest day."""
        statement = _open_sets(
            ConditionSet(question.conditions), before=self.before, kind=question.kind is not None
        )
        return self._of(question, statement, {"farthest": self.farthest} | question.whole_limits())

    def _of(self, question: BoundQuery, statement: CompiledStatement, more: dict[str, Any]) -> Counted:
        parameters = {**question.parameters, "view": question.view, "kind": question.kind, **more}
        return question.begun(statement), parameters


@lru_cache(maxsize=256)
def _wholly(clauses: ConditionSet, *, before: bool, kind: bool) -> CompiledStatement:
    day: ColumnElement[int] = bindparam("day")
    outside = entry.e2 < day if before else entry.s1 > day
    of_cells = [
        found.where(outside, entry.set_kind != _number(ONE_OF)).group_by(entry.cell)
        for found in clauses.matching(entry.cell, func.count().label("n"), kind=kind)
    ]
    counts = united(of_cells).cte("counts")
    joined = counts.join(tables.cell, tables.cell.c.pk == counts.c.cell)
    plain = (
        select(tables.cell.c.decades, func.sum(counts.c.n))
        .select_from(joined)
        .group_by(tables.cell.c.decades)
    )
    says = case(
        (entry.qualified == false(), literal_column("''", Text())), else_=literal_column(f"'{NEVER_CERTAIN}'")
    )
    of_sets = [
        found.where(outside, entry.set_kind == _number(ONE_OF)).group_by(entry.qualified)
        for found in clauses.matching(says, func.count(), kind=kind)
    ]
    return CompiledStatement(union_all(plain, *of_sets))


@lru_cache(maxsize=256)
def _partly(clauses: ConditionSet, *, before: bool, kind: bool) -> CompiledStatement:
    day: ColumnElement[int] = bindparam("day")
    may = and_(entry.s1 < day, entry.e1 < day) if before else and_(entry.e2 > day, entry.s2 > day)
    return CompiledStatement(
        united([found.where(may) for found in clauses.matching(func.count(), kind=kind)])
    )


@lru_cache(maxsize=256)
def _open_sets(clauses: ConditionSet, *, before: bool, kind: bool) -> CompiledStatement:
    farthest: ColumnElement[int] = bindparam("farthest")
    beyond = (
        and_(entry.s1 == _number(OPEN_START), entry.e2 < farthest)
        if before
        else and_(entry.s1 > farthest, entry.e2 == _number(OPEN_END))
    )
    return CompiledStatement(
        select(func.count()).where(
            *clauses.where(kind=kind),
            entry.span_class == _number(LONG_SPAN),
            entry.set_kind == _number(ONE_OF),
            entry.qualified == false(),
            beyond,
        )
    )


def _number(value: int) -> ColumnElement[Any]:
    return literal_column(str(value))
