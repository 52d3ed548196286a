"""Statements that count the matches of a query by day, within some days: where their dates begin and end.

Where a date may be going on is a run of days, and so is where it must be; a histogram needs no more than how many runs
begin and how many end on each day. So what is read is bounded by the number of days, however many records match; a date
that reaches beyond the days begins with the first of them. Sets are counted member by member, so that of each their
members are read; sets that are alike are read once.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)

from app.database import tables
from app.database.engine.statement import CompiledStatement, OrderedJoin
from app.filters.base import Condition, ConditionSet, StartRange
from app.filters.dates import ONE_OF
from app.listing.bound_query import BoundQuery
from app.listing.count_sql import Counted
from app.listing.page_sql import united
from app.timeline.bucket_sizes import Days
from app.values.timespan import OPEN_END, OPEN_START

LONGEST_MONTH: Final = 31

entry, member = tables.entry.c, tables.member.c
_FIRST: ColumnElement[int] = bindparam("first_day", type_=entry.s1.type)
_LAST: ColumnElement[int] = bindparam("last_day", type_=entry.s1.type)


@dataclass(frozen=True, slots=True)
class DayStatements:
    """Statements about the matches whose dates may overlap some days, neither of which is open.

    `split`: by type; else the type of every row is empty.
    """

    question: BoundQuery
    days: Days
    split: bool = False

    def turns(self) -> Counted:
        """Return (type, whether it is certain, sign, day, other day, count) of runs by where they begin and end.

        The sign is 1 for runs that begin on the day, -1 for those that end with it. It is 0 for dates that are certain in
        no day, but may be in a month: those that began by the day at the latest, and ended on the other day at the earliest.
        """
        return self._of(_turns)

    def sets(self) -> Counted:
        """Return (type, whether it is one of, whether it is qualified, s2, e1, members, count) of sets.

        The members are those that overlap the days: their four bounds with commas, with spaces between members.
        """
        return self._of(_sets)

    def edges(self, longest: int, *, begins: bool, ends: bool) -> Counted:
        """Return one row: the first and the last finite bound of dates that lie in the days and last at most `longest`.

        Of a date that reaches beyond them its part in them counts on the side where they are asked for (`begins`,
        `ends`), else it does not count. Both are null where there is none. Of dates, those count whose year is given
        in full.
        """
        statement, parameters = self._of(_edges)
        first, last = self.days
        limits = {"floor": first if begins else OPEN_START, "ceiling": last if ends else OPEN_END}
        return statement, parameters | limits | {"longest": longest}

    def _of(self, made: Any) -> Counted:
        first, last = self.days
        condition = Condition(
            shape=("in days",),
            clause=lambda: and_(entry.s1 <= _LAST, entry.e2 >= _FIRST),
            sentence="",
            window=StartRange(first, last),
        )
        asked = replace(self.question, conditions=[*self.question.conditions, condition], cursor=None)
        statement = made(ConditionSet(asked.conditions), kind=asked.kind is not None, split=self.split)
        parameters = {
            **asked.parameters,
            "view": asked.view,
            "kind": asked.kind,
            "first_day": first,
            "last_day": last,
            **asked.whole_limits(),
        }
        return asked.begun(statement), parameters


def _found(clauses: ConditionSet, *columns: ColumnElement[Any], kind: bool, split: bool) -> Any:
    """Select some columns of the matching entries, with their types where these are wanted."""
    name: Any = entry.type if split else literal_column("''", Text())
    return united(clauses.matching(name.label("type"), *columns, kind=kind)).cte("found")


_BOUNDS: Final = (entry.s1, entry.s2, entry.e1, entry.e2)


@lru_cache(maxsize=256)
def _turns(clauses: ConditionSet, *, kind: bool, split: bool) -> CompiledStatement:
    rows = _found(clauses, *_BOUNDS, entry.set_kind, entry.qualified, kind=kind, split=split)
    found = rows.c
    # Sets are read with their members.
    may = found.set_kind == _number(0)
    must = and_(
        may,
        found.qualified == false(),
        found.s2 <= found.e1,
        found.s2 <= _LAST,
        found.e1 >= _FIRST,
    )

    name = [found.type] if split else []
    said: Any = found.type if split else literal_column("''", Text())

    def turn(certain: int, sign: int, day: Any, *where: ColumnElement[bool]) -> Select[Any]:
        turned = select(said, _number(certain), _number(sign), day.label("day"), _number(0), func.count())
        return turned.select_from(rows).where(*where).group_by(*name, day)

    within = and_(
        may,
        found.qualified == false(),
        found.s2 > found.e1,
        found.s2 < found.e1 + _number(LONGEST_MONTH),
    )
    within_months = select(said, _number(1), _number(0), found.s2, found.e1, func.count()).where(within)

    return CompiledStatement(
        union_all(
            turn(0, 1, _from_first(found.s1), may),
            turn(0, -1, found.e2, may, found.e2 < _LAST),
            turn(1, 1, _from_first(found.s2), must),
            turn(1, -1, found.e1, must, found.e1 < _LAST),
            within_months.group_by(*name, found.s2, found.e1),
        )
    )


@lru_cache(maxsize=256)
def _sets(clauses: ConditionSet, *, kind: bool, split: bool) -> CompiledStatement:
    rows = _found(
        clauses, entry.record, entry.s2, entry.e1, entry.set_kind, entry.qualified, kind=kind, split=split
    )
    found = rows.c
    comma = literal_column("','", Text())
    bounds: ColumnElement[str] = cast(member.s1, Text())
    for one in (member.s2, member.e1, member.e2):
        bounds = bounds + comma + cast(one, Text())
    joined = OrderedJoin(
        rows,
        tables.member,
        and_(member.view == bindparam("view"), member.record == found.record),
    )
    columns = [found.type, found.set_kind, found.qualified, found.s2, found.e1]

    def listed_by(aggregate: Any) -> Select[Any]:
        each = (
            select(*columns, aggregate(bounds, literal_column("' '", Text())).label("members"))
            .select_from(joined)
            .where(found.set_kind != _number(0), member.s1 <= _LAST, member.e2 >= _FIRST)
            .group_by(found.record, *columns)
            .subquery("each_set")
        )
        of = each.c
        is_one_of = cast(of.set_kind == _number(ONE_OF), Integer())
        by = (of.type, of.set_kind, of.qualified, of.s2, of.e1, of.members)
        said = (of.type, is_one_of, of.qualified, of.s2, of.e1, of.members, func.count())
        return select(*said).group_by(*by)

    return CompiledStatement(listed_by(func.string_agg), on_sqlite=listed_by(func.group_concat))


@lru_cache(maxsize=256)
def _edges(clauses: ConditionSet, *, kind: bool, split: bool) -> CompiledStatement:
    rows = _found(clauses, entry.record, *_BOUNDS, entry.set_kind, entry.year_in_full, kind=kind, split=split)
    found = rows.c
    joined = OrderedJoin(
        rows,
        tables.member,
        and_(member.view == bindparam("view"), member.record == found.record),
    )
    in_full = found.year_in_full == true()
    plain = select(_earliest(found).label("first"), _latest(found).label("last")).where(
        in_full, found.set_kind == _number(0)
    )
    of_sets = (
        select(func.min(_earliest(member)), func.max(_latest(member)))
        .select_from(joined)
        .where(in_full, found.set_kind != _number(0))
        .group_by(found.record)
    )
    each = union_all(plain, of_sets).subquery("edges").c
    floor, ceiling = (bindparam(name, type_=entry.s1.type) for name in ("floor", "ceiling"))
    first = case((each.first < floor, floor), else_=each.first)
    last = case((each.last > ceiling, ceiling), else_=each.last)
    lasting = and_(
        each.first <= each.last,
        first >= _FIRST,
        last <= _LAST,
        last - first < bindparam("longest", type_=entry.s1.type),
    )
    return CompiledStatement(select(func.min(first), func.max(last)).where(lasting))


def _earliest(of: Any) -> ColumnElement[int]:
    """Return the first of four bounds that is not open."""
    return case(
        (of.s1 > _number(OPEN_START), of.s1),
        (of.s2 == _number(OPEN_START), of.e1),
        (or_(of.e1 == _number(OPEN_START), of.s2 < of.e1), of.s2),
        else_=of.e1,
    )


def _latest(of: Any) -> ColumnElement[int]:
    """Return the last of four bounds that is not open."""
    return case(
        (of.e2 < _number(OPEN_END), of.e2),
        (of.e1 == _number(OPEN_END), of.s2),
        (or_(of.s2 == _number(OPEN_END), of.e1 > of.s2), of.e1),
        else_=of.s2,
    )


def _from_first(day: Any) -> ColumnElement[int]:
    return case((day < _FIRST, _FIRST), else_=day)


def _number(value: int) -> ColumnElement[Any]:
    return literal_column(str(value))
