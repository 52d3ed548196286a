"""The statement of a page: which records, in which order, from where.

A list in the order of dates is a union of branches, one for each span class (and type): each is a range of
one index, so that a page costs the same wherever it lies and however long history is
(`app.database.tables.columns`). Its parts are read one after another: dated records, those whose year is
not known, undated ones. Statements are built once for each shape of query and cached.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
    union_all,
)

from app.database import tables
from app.database.engine.statement import CompiledStatement
from app.database.tables.columns import DATE_PARTS, UNDATED
from app.filters.base import Condition, ConditionSet
from app.listing.document_sql import Order, PageSelect
from app.listing.sorting import SORTS, Sort, tie_break

entry = tables.entry.c

SELECTIVE_LIMIT: Final = 4_000
"""Entries that can be read and sorted in a few milliseconds, whatever the query."""


def _type_names(clauses: ConditionSet) -> list[str]:
    for condition in clauses.conditions:
        if condition.shape[0] == "type" and condition.shape[1] != "types":
            return list(condition.shape[1:])
    return []


@lru_cache(maxsize=512)
def dated_page(
    clauses: ConditionSet,
    sort_name: str,
    parts: tuple[tuple[int, bool], ...],
    *,
    backward: bool,
    kind: bool,
    own: bool,
    joined: bool,
) -> CompiledStatement:
    """Build the statement of a page in the order of dates."""
    sort = SORTS[sort_name]
    order = sort.order(backward=backward)
    stages, on_sqlite = [], []
    for part, from_cursor in parts:
        if UNDATED in DATE_PARTS[part]:
            branches = [_undated_branch(clauses, part, backward=backward, from_cursor=from_cursor, kind=kind)]
        else:
            branches = list(
                _class_branches(clauses, sort, part, backward=backward, from_cursor=from_cursor, kind=kind)
            )
        stages.append(_stage(branches, order, limited=True))
        on_sqlite.append(_stage(branches, order, limited=False))
    whole = Order((("part", backward), *order.columns))
    scan = PageSelect(_one_after_another(stages), whole, own, on_sqlite=_one_after_another(on_sqlite))
    return _asked(scan, backward=backward, joined=joined)


def _stage(branches: Sequence[Select[Any]], order: Order, *, limited: bool) -> Any:
    """Merge the ranges of one part. Postgres merges only sorted input (`limited`), SQLite sorts whatever has a limit."""
    if limited and len(branches) > 1:
        branches = [
            select(branch.order_by(*order.by()).limit(bindparam("most")).subquery()) for branch in branches
        ]
    return united(branches).order_by(*order.by()).limit(bindparam("most"))


def _one_after_another(stages: Sequence[Any]) -> Any:
    """Read selections in turn, each only where those before it do not fill the page."""
    if len(stages) == 1:
        return stages[0]
    return united([select(stage.subquery()) for stage in stages]).limit(bindparam("most"))


def _asked(scan: PageSelect, *, backward: bool, joined: bool) -> CompiledStatement:
    return scan.joined(backward=backward) if joined else scan.rows()


def united(branches: Sequence[Select[Any]]) -> Any:
    """Make a UNION ALL of selections, if there are several."""
    return union_all(*branches) if len(branches) > 1 else branches[0]


def _branch(clauses: ConditionSet, part: int, one: int, *, kind: bool) -> Select[Any]:
    return select(
        literal_column(str(part)).label("part"),
        entry.s1,
        entry.e2,
        tie_break(one_kind=kind).label("id"),
        entry.record,
    ).where(*clauses.where(kind=kind), entry.span_class == literal_column(str(one)))


def _class_branches(
    clauses: ConditionSet, sort: Sort, part: int, *, backward: bool, from_cursor: bool, kind: bool
) -> Iterator[Select[Any]]:
    types = _type_names(clauses)
    rest = ConditionSet([c for c in clauses.conditions if not (types and c.shape[0] == "type")])
    for one in DATE_PARTS[part]:
        for type_name in types or [""]:
            query = _branch(rest, part, one, kind=kind)
            if type_name:
                query = query.where(entry.type == bindparam(type_name))
            yield query.where(_range(sort, one, backward=backward, from_cursor=from_cursor, kind=kind))


def _range(sort: Sort, one: int, *, backward: bool, from_cursor: bool, kind: bool) -> ColumnElement[bool]:
    low, high = entry.s1 >= bindparam(f"low_{one}"), entry.s1 <= bindparam("high")
    if not sort.descending and not backward:
        edge = [
            bindparam(f"from_{one}_{name}", type_=column.type)
            for name, column in (("s1", entry.s1), ("e2", entry.e2), ("id", entry.id))
        ]
        return and_(tuple_(entry.s1, entry.e2, tie_break(one_kind=kind)) > tuple_(*edge), high)
    if from_cursor:
        return and_(low, high, sort.beyond(backward=backward, one_kind=kind))
    return and_(low, high)


def _undated_branch(
    clauses: ConditionSet, part: int, *, backward: bool, from_cursor: bool, kind: bool
) -> Select[Any]:
    """Select the undated records: all of their bounds are the same, so the index has them in the order of ids."""
    query = _branch(clauses, part, UNDATED, kind=kind).where(
        entry.s1 == literal_column("0"), entry.e2 == literal_column("0")
    )
    if not from_cursor:
        return query
    tie, mark = tie_break(one_kind=kind), bindparam("after_id", type_=entry.id.type)
    return query.where(tie < mark if backward else tie > mark)


@lru_cache(maxsize=512)
def plain_page(
    clauses: ConditionSet,
    sort_name: str,
    *,
    backward: bool,
    from_cursor: bool,
    kind: bool,
    own: bool,
    joined: bool,
) -> CompiledStatement:
    """Build the statement of a page in any order but that of dates."""
    sort = SORTS[sort_name]
    tie = tie_break(one_kind=kind)
    query = select(*sort.columns, tie.label("id"), entry.record).where(*clauses.where(kind=kind))
    if from_cursor:
        query = query.where(sort.beyond(backward=backward, one_kind=kind))
    order = sort.order(backward=backward)
    page = query.order_by(*order.by()).limit(bindparam("most"))
    return _asked(PageSelect(page, order, own), backward=backward, joined=joined)


@lru_cache(maxsize=256)
def count_candidates(narrowing: ConditionSet) -> CompiledStatement:
    """Count the matches of each condition of `BoundQuery.narrowing`, up to the parameter `most`."""
    found = []
    for condition in narrowing.conditions:
        matches = _keys(condition).limit(bindparam("most")).subquery()
        found.append(select(func.count()).select_from(matches).scalar_subquery())
    return CompiledStatement(select(*found))


@lru_cache(maxsize=256)
def any_match(condition: ConditionSet, *, kind: bool) -> CompiledStatement:
    """Select one record that meets a condition which has `keys`, whatever else is asked."""
    of_kind = [entry.kind == bindparam("kind")] if kind else []
    one = select(entry.record).where(entry.view == bindparam("view"), *of_kind).limit(literal_column("1"))
    return driven_by(CompiledStatement(one), condition)


@lru_cache(maxsize=512)
def driven_by(statement: CompiledStatement, narrowing: ConditionSet) -> CompiledStatement:
    """Make a statement about entries begin with the matches of one of its conditions."""
    keys = _keys(narrowing.conditions[0])
    [name] = keys.selected_columns.keys()
    # Every entry is of a view: the addition keeps the planner from the indexes that begin with it.
    in_view = entry.view + literal_column("0") == bindparam("view")
    return statement.over(tables.entry, select(*entry).where(entry[name].in_(keys), in_view))


def _keys(condition: Condition) -> Select[Any] | CompoundSelect[Any]:
    if condition.keys is not None:
        return condition.keys()
    return union_all(*ConditionSet([condition]).matching(entry.record, kind=True))
