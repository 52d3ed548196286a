"""A list query that is bound: its references are keys, its terms are known, its order and its place are chosen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.database import tables
from app.database.engine.database import cursor_secret
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.database.tables.columns import DATE_PARTS, LONGEST_DAYS
from app.errors import BadRequest, Fault
from app.filters.base import Condition, ConditionSet
from app.listing.bound_conditions import bind_conditions
from app.listing.page_sql import SELECTIVE_LIMIT, count_candidates, dated_page, driven_by, plain_page
from app.listing.query import ListQuery
from app.listing.sorting import Sort
from app.schemas.parameters import MAX_QUICK, PAGE_BYTES
from app.schemas.query_model import invalid_query
from app.values.cursor import Cursor, InvalidCursor, open_cursor
from app.values.timespan import OPEN_END, OPEN_START

_record = tables.record.c
LOWEST, HIGHEST = OPEN_START - 1, OPEN_END + 1

CHUNK = 1000
"""Records read at a time where a list is streamed; fewer where they are large."""


@dataclass(frozen=True, slots=True)
class BoundQuery:
    """A list query whose references and terms are resolved, with its order and its place.

    `view` is 0, or the key of the source whose view is asked for; `kind` is None where all kinds are
    listed. `parameters` hold the values of the conditions' parameters. `driver` is a condition
    that is known to leave few records (`app.listing.page_sql`). `most_bytes` is how much its documents may
    take together.
    """

    kind: str | None
    view: int
    conditions: Sequence[Condition]
    parameters: dict[str, Any]
    sort: Sort
    limit: int
    cursor: Cursor | None = None
    driver: Condition | None = None
    most_bytes: int = PAGE_BYTES

    @property
    def most_each(self) -> int:
        """How many bytes each document may have, if all have the same."""
        return self.most_bytes // (self.limit + 1)

    @property
    def backward(self) -> bool:
        """Whether the page is read backward."""
        return self.cursor is not None and self.cursor.backward

    @property
    def quick(self) -> bool:
        """Whether the page can be read off an index, in well under a millisecond."""
        quick = all(condition.quick for condition in self.conditions)
        return quick and not self.narrowing and self.limit <= MAX_QUICK

    @property
    def narrowing(self) -> Sequence[Condition]:
        """The conditions that may be worth beginning with: those that the order of the list does not answer."""
        of_kind = self.kind is not None
        return [
            one
            for one in self.conditions
            if (one.keys is not None or (one.indexed and of_kind)) and not self._answers(one)
        ]

    def _answers(self, condition: Condition) -> bool:
        """Whether the matches of a condition are consecutive in the order of the list."""
        return self.sort.dated and (condition.quick or condition.window is not None)

    def begun(self, statement: CompiledStatement) -> CompiledStatement:
        """Make a statement of this query begin with the records that its driver leaves."""
        return statement if self.driver is None else driven_by(statement, ConditionSet([self.driver]))

    def statement(self) -> tuple[CompiledStatement, dict[str, Any]]:
        """Return the statement of this page and its parameters; it selects one row more than fit."""
        return self._statement(joined=False)

    def joined(self) -> tuple[CompiledStatement, dict[str, Any]]:
        """Return the statement that joins the documents (`PageSelect.joined`), and its parameters."""
        statement, parameters = self._statement(joined=True)
        return statement, parameters | {"kept": self.limit, "kept_but_one": self.limit - 1}

    def _statement(self, *, joined: bool) -> tuple[CompiledStatement, dict[str, Any]]:
        clauses = ConditionSet(self.conditions)
        parameters = {
            **self.parameters,
            "view": self.view,
            "kind": self.kind,
            "most": self.limit + 1,
            "most_each": self.most_each,
        }
        name, backward = self.sort.name, self.backward
        own, kind = self.view == tables.CANONICAL_VIEW, self.kind is not None
        if self.sort.dated:
            parameters.update(self.date_limits())
            parts = self._parts()
            dated = dated_page(clauses, name, parts, backward=backward, kind=kind, own=own, joined=joined)
            return self.begun(dated), parameters
        parameters.update(self.whole_limits())
        from_cursor = self.cursor is not None
        if self.cursor is not None:
            parameters.update(zip(self.sort.keys, self.cursor.key, strict=True))
        plain = plain_page(
            clauses, name, backward=backward, from_cursor=from_cursor, kind=kind, own=own, joined=joined
        )
        return self.begun(plain), parameters

    def _parts(self) -> tuple[tuple[int, bool], ...]:
        """Return the parts of a list by date that the page can reach, in order; each with whether it begins at the cursor."""
        wanted = ConditionSet(self.conditions).span_classes
        parts = [part for part, classes in DATE_PARTS.items() if not wanted.isdisjoint(classes)]
        if self.backward:
            parts.reverse()
        if self.cursor is None:
            return tuple((part, False) for part in parts)
        first = self.cursor.key[0]
        return tuple((part, part == first) for part in parts[parts.index(first) :])

    def whole_limits(self) -> dict[str, Any]:
        """Return the ranges of days to read in each span class for all matches, whichever page is asked for."""
        return replace(self, cursor=None).date_limits()

    def date_limits(self) -> dict[str, Any]:
        """Return the ranges of days to read in each span class, and the cursor's key."""
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
            # An ascending scan has one lower bound: the cursor or the class's own, whichever is greater.
            edge = (start, LOWEST, "")
            if key is not None and one in DATE_PARTS[key[0]]:
                edge = max(edge, (key[1], key[2], key[3]))
            limits |= {f"from_{one}_s1": edge[0], f"from_{one}_e2": edge[1], f"from_{one}_id": edge[2]}
        return limits


async def choose_driver(db: ReadConnection, question: BoundQuery) -> BoundQuery:
    """Find a condition of a query that leaves few records, if there is one."""
    narrowing = question.narrowing
    if not narrowing:
        return question
    asked = {**question.parameters, **question.whole_limits(), "view": question.view, "kind": question.kind}
    [numbers] = await db.fetch_slow(
        count_candidates(ConditionSet(narrowing)), asked | {"most": SELECTIVE_LIMIT + 1}
    )
    least = min(numbers)
    return question if least > SELECTIVE_LIMIT else replace(question, driver=narrowing[numbers.index(least)])


async def bind_query(db: ReadConnection, query: ListQuery) -> BoundQuery:
    """Resolve what the query refers to, and make the bound query.

    Raises:
        BadRequest: with everything that is wrong with what it names; where nothing is, with its cursor.
    """
    parameters, source = await bind_conditions(db, query.conditions, query.source)
    cursor = None
    if query.cursor is not None:
        cursor = await _open(db, query)
    return BoundQuery(
        kind=query.kind.kind if query.kind else None,
        view=tables.CANONICAL_VIEW if source is None else source,
        conditions=query.conditions,
        parameters=parameters,
        sort=query.sort,
        limit=query.limit or CHUNK,
        cursor=cursor,
    )


async def _open(db: ReadConnection, query: ListQuery) -> Cursor:
    try:
        cursor = open_cursor(query.cursor or "", await cursor_secret(db), query.purpose)
    except InvalidCursor as error:
        detail = "Take cursors from next or prev of the same list, with the same filters and sort."
        raise refused_cursor(detail) from error
    if query.sort.dated and cursor.key[0] not in DATE_PARTS:
        raise refused_cursor("It is of an earlier version of this service: begin the list again.")
    if query.sort.name in ("title", "-title"):
        return replace(cursor, key=(bytes.fromhex(cursor.key[0]), *cursor.key[1:]))
    return cursor


def refused_cursor(detail: str) -> BadRequest:
    """Make the error for an invalid cursor."""
    return invalid_query([Fault("invalid_cursor", detail, parameter="cursor")])
