"""Statements that count what lies before or after a day, from the entries around it.

Most of what lies on one side of a day is known from facet cells (`app.timeline.outside_counts`). What is left are
the entries whose dates extend to the day, or into its decade.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, false, func, select

from app.database import tables
from app.database.engine.statement import CompiledStatement
from app.database.tables.columns import LONG_SPAN
from app.filters.base import ConditionSet
from app.filters.dates import ONE_OF
from app.listing.bound_query import BoundQuery
from app.listing.count_sql import Counted
from app.listing.page_sql import united
from app.timeline.statement_parts import number, touching
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
        """Return rows of counts (certain, possible), to be summed: what lies outside, but not wholly beyond the farthest day."""
        days = (
            (self.farthest, max(self.farthest, self.day - 1))
            if self.before
            else (min(self.farthest, self.day + 1), self.farthest)
        )
        asked = touching(question, days)
        statement = _around(
            ConditionSet(asked.conditions), before=self.before, kind=question.kind is not None
        )
        return self._of(asked, statement, {"day": self.day})

    def open_sets(self, question: BoundQuery) -> Counted:
        """Count the unqualified one-of sets that are open on the outer side and lie beyond the farthest day."""
        statement = _open_sets(
            ConditionSet(question.conditions), before=self.before, kind=question.kind is not None
        )
        return self._of(question, statement, {"farthest": self.farthest})

    def _of(self, question: BoundQuery, statement: CompiledStatement, more: dict[str, Any]) -> Counted:
        parameters = {**question.parameters, "view": question.view, "kind": question.kind, **more}
        return question.begun(statement), parameters | question.whole_limits()


@lru_cache(maxsize=256)
def _around(clauses: ConditionSet, *, before: bool, kind: bool) -> CompiledStatement:
    day: ColumnElement[int] = bindparam("day", type_=entry.s1.type)
    may, must = (entry.e1 < day, entry.e2 < day) if before else (entry.s2 > day, entry.s1 > day)
    certain = case((and_(must, entry.qualified == false()), number(1)), else_=number(0))
    counted = clauses.matching(func.coalesce(func.sum(certain), number(0)), func.count(), kind=kind)
    return CompiledStatement(united([found.where(may) for found in counted]))


@lru_cache(maxsize=256)
def _open_sets(clauses: ConditionSet, *, before: bool, kind: bool) -> CompiledStatement:
    farthest: ColumnElement[int] = bindparam("farthest")
    beyond = (
        and_(entry.s1 == number(OPEN_START), entry.e2 < farthest)
        if before
        else and_(entry.s1 > farthest, entry.e2 == number(OPEN_END))
    )
    return CompiledStatement(
        select(func.count()).where(
            *clauses.where(kind=kind),
            entry.span_class == number(LONG_SPAN),
            entry.set_kind == number(ONE_OF),
            entry.qualified == false(),
            beyond,
        )
    )
