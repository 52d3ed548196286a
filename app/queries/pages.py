"""The statement behind a page: which records, in which order, from where.

A list in the order of dates is united from branches, one for each span class (and type): each is a
range of one index, so that a page costs the same wherever it lies and however long history is
(`app.store.spans`). Its parts are read one after another: dated records, those whose year is not known, those
without a date. Statements are built once for each shape of question and kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    literal_column,
    select,
    tuple_,
    union_all,
)

from app.queries.condition import Clauses, Condition
from app.queries.cursor import Cursor
from app.queries.documents import PAGE_BYTES, Order, Scan
from app.queries.few import over_few
from app.queries.sorting import SORTS, Sort, tie_break
from app.store import tables
from app.store.spans import DATE_PARTS, LONGEST_DAYS, UNDATED
from app.store.statement import Statement
from app.values.timespan import AFTER_ALL, BEFORE_ALL

LOWEST, HIGHEST = BEFORE_ALL - 1, AFTER_ALL + 1

MOST_QUICK: Final = 200
"""Records on a page that is read in an instant."""

entry = tables.entry.c


@dataclass(frozen=True, slots=True)
class PageQuestion:
    """A page of a list: what is asked, how it is sorted, where it begins.

    `view` is 0, or the key of the source whose reading of the database is asked; `kind` is None where
    all kinds are asked. `parameters` hold what the conditions' parameters are filled with. `few` is a condition
    that is known to leave few records (`app.queries.few`). `most_bytes` is how much its documents may take together.
    """

    kind: str | None
    view: int
    conditions: Sequence[Condition]
    parameters: dict[str, Any]
    sort: Sort
    limit: int
    cursor: Cursor | None = None
    few: Condition | None = None
    most_bytes: int = PAGE_BYTES

    @property
    def most_each(self) -> int:
        """How many bytes each document may take, if all take the same."""
        return self.most_bytes // (self.limit + 1)

    @property
    def backward(self) -> bool:
        """Whether the page is read towards the beginning."""
        return self.cursor is not None and self.cursor.backward

    @property
    def quick(self) -> bool:
        """Whether the page is read straight off an index, in well under a millisecond."""
        quick = all(condition.quick for condition in self.conditions)
        return quick and not self.narrowing and self.limit <= MOST_QUICK

    @property
    def narrowing(self) -> Sequence[Condition]:
        """The conditions that it may be worth to begin with: those that the order of the list does not answer."""
        of_kind = self.kind is not None
        return [
            one
            for one in self.conditions
            if (one.keys is not None or (one.indexed and of_kind)) and not self._answers(one)
        ]

    def _answers(self, condition: Condition) -> bool:
        """Whether what a condition leaves stands together in the order of the list."""
        return self.sort.dated and (condition.quick or condition.window is not None)

    def begun(self, statement: Statement) -> Statement:
        """Have a statement of this question begin with the few records that one of its conditions leaves."""
        return statement if self.few is None else over_few(statement, Clauses([self.few]))

    def statement(self) -> tuple[Statement, dict[str, Any]]:
        """Give the statement of this page and its parameters; it asks for one row more than fit."""
        return self._statement(joined=False)

    def joined(self) -> tuple[Statement, dict[str, Any]]:
        """Give the statement that asks for the documents in one (`Scan.joined`), and its parameters."""
        statement, parameters = self._statement(joined=True)
        return statement, parameters | {"kept": self.limit, "kept_but_one": self.limit - 1}

    def _statement(self, *, joined: bool) -> tuple[Statement, dict[str, Any]]:
        clauses = Clauses(self.conditions)
        parameters = {
            **self.parameters,
            "view": self.view,
            "kind": self.kind,
            "most": self.limit + 1,
            "most_each": self.most_each,
        }
        name, backward = self.sort.name, self.backward
        own, kind = self.view == tables.OWN_VIEW, self.kind is not None
        if self.sort.dated:
            parameters.update(self.date_limits())
            parts = self._parts()
            dated = _dated(clauses, name, parts, backward=backward, kind=kind, own=own, joined=joined)
            return self.begun(dated), parameters
        parameters.update(self.whole_limits())
        from_cursor = self.cursor is not None
        if self.cursor is not None:
            parameters.update(zip(self.sort.keys, self.cursor.key, strict=True))
        plain = _plain(
            clauses, name, backward=backward, from_cursor=from_cursor, kind=kind, own=own, joined=joined
        )
        return self.begun(plain), parameters

    def _parts(self) -> tuple[tuple[int, bool], ...]:
        """Give the parts of a list by date that the page can reach, as they are read; each with whether from the cursor on."""
        dated_only = any(condition.dated for condition in self.conditions)
        parts = [part for part, classes in DATE_PARTS.items() if not (dated_only and UNDATED in classes)]
        if self.backward:
            parts.reverse()
        if self.cursor is None:
            return tuple((part, False) for part in parts)
        first = self.cursor.key[0]
        return tuple((part, part == first) for part in parts[parts.index(first) :])

    def whole_limits(self) -> dict[str, Any]:
        """Give the days between which each class is read for all that matches, whichever page is asked."""
        return replace(self, cursor=None).date_limits()

    def date_limits(self) -> dict[str, Any]:
        """Give the days between which each class is read, and the cursor's place."""
        windows = [condition.window for condition in self.conditions if condition.window is not None]
        low = max((w.low for w in windows if w.low is not None), default=None)
        high = min((w.high for w in windows if w.high is not None), default=HIGHEST)
        limits: dict[str, Any] = {"high": high}
        key = self.cursor.key if self.cursor is not None else None
        if key is not None:
            limits |= zip(self.sort.keys, key[1:], strict=True)
        for one, longest in LONGEST_DAYS.items():
            start = LOWEST if low is None or longest is None else max(LOWEST, low - longest)
            limits[f"low_{one}"] = start
            # A rising scan has one lower edge, the cursor or the class's own, whichever is further on.
            edge = (start, LOWEST, "")
            if key is not None and one in DATE_PARTS[key[0]]:
                edge = max(edge, (key[1], key[2], key[3]))
            limits |= {f"from_{one}_s1": edge[0], f"from_{one}_e2": edge[1], f"from_{one}_id": edge[2]}
        return limits


def _type_names(clauses: Clauses) -> list[str]:
    for condition in clauses.conditions:
        if condition.shape[0] == "type" and condition.shape[1] != "types":
            return list(condition.shape[1:])
    return []


@lru_cache(maxsize=512)
def _dated(
    clauses: Clauses,
    sort_name: str,
    parts: tuple[tuple[int, bool], ...],
    *,
    backward: bool,
    kind: bool,
    own: bool,
    joined: bool,
) -> Statement:
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
    scan = Scan(_one_after_another(stages), whole, own, on_sqlite=_one_after_another(on_sqlite))
    return _asked(scan, backward=backward, joined=joined)


def _stage(branches: Sequence[Select[Any]], order: Order, *, limited: bool) -> Any:
    """Merge the ranges of one part. Postgres merges only what is sorted (`limited`), SQLite sorts what has a limit."""
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


def _asked(scan: Scan, *, backward: bool, joined: bool) -> Statement:
    return scan.joined(backward=backward) if joined else scan.rows()


def united(branches: Sequence[Select[Any]]) -> Any:
    """Unite selections, if they are several."""
    return union_all(*branches) if len(branches) > 1 else branches[0]


def _branch(clauses: Clauses, part: int, one: int, *, kind: bool) -> Select[Any]:
    return select(
        literal_column(str(part)).label("part"),
        entry.s1,
        entry.e2,
        tie_break(one_kind=kind).label("id"),
        entry.record,
    ).where(*clauses.where(kind=kind), entry.span_class == literal_column(str(one)))


def _class_branches(
    clauses: Clauses, sort: Sort, part: int, *, backward: bool, from_cursor: bool, kind: bool
) -> Iterator[Select[Any]]:
    types = _type_names(clauses)
    rest = Clauses([c for c in clauses.conditions if not (types and c.shape[0] == "type")])
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
    clauses: Clauses, part: int, *, backward: bool, from_cursor: bool, kind: bool
) -> Select[Any]:
    """Give what has no date, where all bounds are the same: which leaves the index in the order of ids."""
    query = _branch(clauses, part, UNDATED, kind=kind).where(
        entry.s1 == literal_column("0"), entry.e2 == literal_column("0")
    )
    if not from_cursor:
        return query
    tie, mark = tie_break(one_kind=kind), bindparam("after_id", type_=entry.id.type)
    return query.where(tie < mark if backward else tie > mark)


@lru_cache(maxsize=512)
def _plain(
    clauses: Clauses,
    sort_name: str,
    *,
    backward: bool,
    from_cursor: bool,
    kind: bool,
    own: bool,
    joined: bool,
) -> Statement:
    sort = SORTS[sort_name]
    tie = tie_break(one_kind=kind)
    query = select(*sort.columns, tie.label("id"), entry.record).where(*clauses.where(kind=kind))
    if from_cursor:
        query = query.where(sort.beyond(backward=backward, one_kind=kind))
    order = sort.order(backward=backward)
    page = query.order_by(*order.by()).limit(bindparam("most"))
    return _asked(Scan(page, order, own), backward=backward, joined=joined)
