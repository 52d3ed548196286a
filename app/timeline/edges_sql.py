"""The statement that finds the first and the last day of dates within some days."""

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    true,
    union_all,
)

from app.database import tables
from app.database.engine.statement import CompiledStatement
from app.filters.base import ConditionSet
from app.listing.bound_query import BoundQuery
from app.listing.count_sql import Counted
from app.listing.page_sql import united
from app.timeline.bucket_sizes import Days
from app.timeline.statement_parts import FIRST_DAY, LAST_DAY, number, touching, with_members
from app.values.timespan import OPEN_END, OPEN_START

entry, member = tables.entry.c, tables.member.c


def edges(question: BoundQuery, days: Days, longest: int, *, begins: bool, ends: bool) -> Counted:
    """Return one row: the first and the last finite bound of dates that lie in the days and last at most `longest`.

    Of a date that reaches beyond them its part in them counts on the side where they are asked for (`begins`,
    `ends`), else it does not count. Both are null where there is none. Of dates, those count whose year is given
    in full.
    """
    asked = touching(question, days)
    statement = _edges(ConditionSet(asked.conditions), kind=asked.kind is not None)
    parameters = {
        **asked.parameters,
        "view": asked.view,
        "kind": asked.kind,
        "floor": days[0] if begins else OPEN_START,
        "ceiling": days[1] if ends else OPEN_END,
        "longest": longest,
        **asked.whole_limits(),
    }
    return asked.begun(statement), parameters


@lru_cache(maxsize=256)
def _edges(clauses: ConditionSet, *, kind: bool) -> CompiledStatement:
    bounds = (entry.s1, entry.s2, entry.e1, entry.e2)
    matches = clauses.matching(entry.record, *bounds, entry.set_kind, entry.year_in_full, kind=kind)
    rows: Any = united(matches).cte("found")
    found = rows.c
    joined = with_members(rows)
    in_full = found.year_in_full == true()
    plain = select(_earliest(found).label("first"), _latest(found).label("last")).where(
        in_full, found.set_kind == number(0)
    )
    of_sets = (
        select(func.min(_earliest(member)), func.max(_latest(member)))
        .select_from(joined)
        .where(in_full, found.set_kind != number(0))
        .group_by(found.record)
    )
    each = union_all(plain, of_sets).subquery("edges").c
    floor, ceiling = (bindparam(name, type_=entry.s1.type) for name in ("floor", "ceiling"))
    first = case((each.first < floor, floor), else_=each.first)
    last = case((each.last > ceiling, ceiling), else_=each.last)
    lasting = and_(
        each.first <= each.last,
        first >= FIRST_DAY,
        last <= LAST_DAY,
        last - first < bindparam("longest", type_=entry.s1.type),
    )
    return CompiledStatement(select(func.min(first), func.max(last)).where(lasting))


def _earliest(of: Any) -> ColumnElement[int]:
    """Return the first of four bounds that is not open."""
    return case(
        (of.s1 > number(OPEN_START), of.s1),
        (of.s2 == number(OPEN_START), of.e1),
        (or_(of.e1 == number(OPEN_START), of.s2 < of.e1), of.s2),
        else_=of.e1,
    )


def _latest(of: Any) -> ColumnElement[int]:
    """Return the last of four bounds that is not open."""
    return case(
        (of.e2 < number(OPEN_END), of.e2),
        (of.e1 == number(OPEN_END), of.s2),
        (or_(of.s2 == number(OPEN_END), of.e1 > of.s2), of.e1),
        else_=of.s2,
    )
