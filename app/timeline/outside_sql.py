"""Statements that count what lies before or after a day, from the entries around it.

Most of what lies on one side of a day is known from facet cells (`app.timeline.outside_counts`). What is left are
the entries whose dates extend to the day, or into its decade; they are consecutive in the order of dates.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, false, func, literal_column, select

from app.database import tables
from app.database.engine.statement import CompiledStatement
from app.database.tables.columns import LONG_SPAN
from app.filters.base import Condition, ConditionSet, StartRange
from app.filters.dates import ONE_OF
from app.listing.bound_query import BoundQuery
from app.listing.count_sql import Counted
from app.listing.page_sql import united
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

    def around(self, question: BoundQuery) -> Counted:
        """Count the matches that overlap the days from the farthest to this: rows of three counts, to be summed.

        They are what lies outside altogether, of that what is not qualified, and what extends to the day or
        beyond it but may lie outside (`possible` in `app.values.timespan`).
        """
        first, last = (self.farthest, self.day) if self.before else (self.day, self.farthest)
        condition = Condition(
            shape=("around", self.before),
            clause=lambda: and_(entry.s1 <= bindparam("around_last"), entry.e2 >= bindparam("around_first")),
            sentence="",
            window=StartRange(first, last),
        )
        conditions = [*question.conditions, condition]
        asked = replace(question, conditions=conditions, cursor=None)
        statement = _around(ConditionSet(conditions), before=self.before, kind=question.kind is not None)
        days = {"around_first": first, "around_last": last, "day": self.day}
        return self._of(asked, statement, days | asked.whole_limits())

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
def _around(clauses: ConditionSet, *, before: bool, kind: bool) -> CompiledStatement:
    day: ColumnElement[int] = bindparam("day")
    wholly, partly = (
        (entry.e2 < day, and_(entry.e2 >= day, entry.e1 < day))
        if before
        else (entry.s1 > day, and_(entry.s1 <= day, entry.s2 > day))
    )
    counts = (_count(wholly), _count(and_(wholly, entry.qualified == false())), _count(partly))
    return CompiledStatement(united(clauses.matching(*counts, kind=kind)))


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


def _count(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.count(case((condition, literal_column("1"))))


def _number(value: int) -> ColumnElement[Any]:
    return literal_column(str(value))
