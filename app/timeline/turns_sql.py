"""Statements that count the matches of a query by bucket, within some buckets of a day, a month or a year.

Where a date may be going on is a run of buckets, and so is where it must be; a histogram needs no more than how many runs
begin and how many end with each bucket. So what is read is bounded by the number of buckets, however many records match; a
date that reaches beyond the buckets begins with the first of them, and ends with the last. Sets are counted member by
member, so that of each their members are read; sets that are alike are read once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from app.database import tables
from app.database.engine.statement import CompiledStatement
from app.database.tables.columns import YEAR_SPAN
from app.filters.base import ConditionSet
from app.filters.dates import ONE_OF
from app.listing.bound_query import BoundQuery
from app.listing.count_sql import Counted
from app.listing.page_sql import united
from app.timeline.bucket_number_sql import Origin, bucket_number
from app.timeline.bucket_sizes import BucketRange, BucketSize
from app.timeline.statement_parts import FIRST_DAY, LAST_DAY, number, touching, with_members

entry, cell, member = tables.entry.c, tables.cell.c, tables.member.c
_IS_ONE: Final = entry.set_kind == literal_column("0")
_NO_TYPE: Final[ColumnElement[str]] = literal_column("''", Text())


@dataclass(frozen=True, slots=True)
class TurnStatements:
    """Statements about the matches whose dates may touch some buckets, of a size of at most a year.

    `split`: by type; else the type of every row is empty.
    """

    question: BoundQuery
    size: BucketSize
    reach: BucketRange
    split: bool = False

    @property
    def origin(self) -> Origin:
        """From where the statements count buckets."""
        return Origin.before(self.size.first_day(self.reach[0]), self.size)

    def turns(self) -> Counted:
        """Return (type, sign, bucket, possible, certain): how many runs begin or end with each bucket.

        The sign is 1 for runs that begin with it, -1 for those that end with it, 0 for those that do both. Buckets are
        counted from that of the origin. How many sets there are, whose members have the runs, is said in a row without
        a bucket, if there are any.
        """
        return self._of(_turns)

    def sets(self) -> Counted:
        """Return (type, whether it is one of, whether it is qualified, s2, e1, members, count) of sets.

        The members are those that touch the buckets: their four bounds with commas, with spaces between members.
        """
        return self._of(_sets)

    def _of(self, made: Any) -> Counted:
        asked = touching(self.question, self.size.days_of(self.reach))
        clauses = ConditionSet(asked.conditions)
        statement = made(clauses, self.size, kind=asked.kind is not None, split=self.split)
        named = {"view": asked.view, "kind": asked.kind, "origin": self.origin.day}
        return asked.begun(statement), {**asked.parameters, **named, **asked.whole_limits()}


@lru_cache(maxsize=256)
def _turns(clauses: ConditionSet, size: BucketSize, *, kind: bool, split: bool) -> CompiledStatement:
    of_cell = [entry.cell] if split else []
    found = _runs(clauses, of_cell, kind=kind)
    numbered: Any = select(
        *(found.c[one.name] for one in of_cell),
        *(bucket_number(found.c[name], size).label(name) for name in ("first", "last", "begun", "ended")),
        found.c.n,
    ).cte("numbered")
    days: Any = _days(clauses, of_cell, kind=kind)
    none = number(0)

    def counted(rows: Any, sign: int, bucket: Any, possible: Any, certain: Any) -> Select[Any]:
        said, by = (cell.type, [cell.type, bucket]) if split else (_NO_TYPE, [bucket])
        of_types = rows.join(tables.cell, cell.pk == rows.c.cell) if split else rows
        turned = select(said.label("type"), number(sign), bucket.label("bucket"), possible, certain)
        return turned.select_from(of_types).group_by(*by)

    runs, n = numbered.c, func.sum(numbered.c.n)
    is_one, is_sure = runs.first.is_not(None), runs.begun <= runs.ended
    sets = select(_NO_TYPE, none, literal_column("NULL", BigInteger()), n, none).where(runs.first.is_(None))
    return CompiledStatement(
        union_all(
            counted(numbered, 1, runs.first, n, none).where(is_one),
            counted(numbered, -1, runs.last, n, none).where(is_one),
            counted(numbered, 1, runs.begun, none, n).where(is_sure),
            counted(numbered, -1, runs.ended, none, n).where(is_sure),
            counted(days, 0, bucket_number(days.c.day, size), func.sum(days.c.n), func.sum(days.c.sure)),
            sets.having(n > none),
        )
    )


def _runs(clauses: ConditionSet, of_cell: Sequence[Any], *, kind: bool) -> Any:
    """Count dates of more than a day that are alike within the days; of most, there are many. Of sets all are null."""
    begins = case((entry.s1 < FIRST_DAY, FIRST_DAY), else_=entry.s1)
    ends = case((entry.e2 > LAST_DAY, LAST_DAY), else_=entry.e2)
    begun = case((entry.s2 < FIRST_DAY, FIRST_DAY), else_=entry.s2)
    ended = case((entry.e1 > LAST_DAY, LAST_DAY), else_=entry.e1)
    must = and_(_IS_ONE, entry.qualified == false(), entry.s2 <= LAST_DAY, entry.e1 >= FIRST_DAY)
    columns = [
        *of_cell,
        case((_IS_ONE, begins)).label("first"),
        case((_IS_ONE, ends)).label("last"),
        case((must, begun)).label("begun"),
        case((must, ended)).label("ended"),
    ]
    matching = clauses.matching(*columns, func.count().label("n"), kind=kind)
    is_longer = or_(entry.s1 < entry.e2, entry.set_kind != number(0))
    return united([found.where(is_longer).group_by(*columns) for found in matching]).cte("found")


def _days(clauses: ConditionSet, of_cell: Sequence[Any], *, kind: bool) -> Any:
    """Count dates of one day, which are as a rule the most: an index has them in order, so that none are sorted."""
    sure = case((entry.qualified == false(), number(1)), else_=number(0))
    counted = select(
        *of_cell, entry.s1.label("day"), func.count().label("n"), func.sum(sure).label("sure")
    ).where(
        *clauses.where(kind=kind),
        entry.span_class == number(YEAR_SPAN),
        entry.s1.between(FIRST_DAY, LAST_DAY),
        entry.e2 == entry.s1,
        _IS_ONE,
    )
    return counted.group_by(entry.s1, *of_cell).cte("days")


@lru_cache(maxsize=256)
def _sets(clauses: ConditionSet, size: BucketSize, *, kind: bool, split: bool) -> CompiledStatement:
    del size
    name: Any = entry.type if split else _NO_TYPE
    wanted = (name.label("type"), entry.record, entry.s2, entry.e1, entry.set_kind, entry.qualified)
    rows: Any = united(clauses.matching(*wanted, kind=kind)).cte("found")
    found = rows.c
    comma = literal_column("','", Text())
    bounds: ColumnElement[str] = cast(member.s1, Text())
    for one in (member.s2, member.e1, member.e2):
        bounds = bounds + comma + cast(one, Text())
    joined = with_members(rows)
    columns = [found.type, found.set_kind, found.qualified, found.s2, found.e1]

    def listed_by(aggregate: Any) -> Select[Any]:
        each = (
            select(*columns, aggregate(bounds, literal_column("' '", Text())).label("members"))
            .select_from(joined)
            .where(found.set_kind != number(0), member.s1 <= LAST_DAY, member.e2 >= FIRST_DAY)
            .group_by(found.record, *columns)
            .subquery("each_set")
        )
        of = each.c
        is_one_of = cast(of.set_kind == number(ONE_OF), Integer())
        by = (of.type, of.set_kind, of.qualified, of.s2, of.e1, of.members)
        said = (of.type, is_one_of, of.qualified, of.s2, of.e1, of.members, func.count())
        return select(*said).group_by(*by)

    return CompiledStatement(listed_by(func.string_agg), on_sqlite=listed_by(func.group_concat))
