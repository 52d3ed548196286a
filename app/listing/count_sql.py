"""Statements that count what a query matches: by facet cell, by years, by linked records.

Counts by type and by decades go through facet cells (`app.values.time_histogram`): one pass over the
matching entries counts how many are in each cell, and cells are few. Where only kind and type are filtered
by, the stored counts of cells suffice and no entry is read; and rows of tags have the cells of their
records.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    union_all,
)

from app.database import tables
from app.database.engine.statement import AnyOf, CompiledStatement, OrderedJoin
from app.filters.base import Condition, ConditionSet
from app.filters.links import evidence_seen
from app.listing.bound_query import BoundQuery
from app.listing.page_sql import united
from app.records.kinds import RECORD_KINDS

MAX_VALUES = 100
"""Values of a facet in a response; one more is read to see whether there are more."""

entry, cell, tally, record = tables.entry.c, tables.cell.c, tables.tally.c, tables.record.c
link, tag, evidence = tables.link.c, tables.tag.c, tables.evidence.c
Counted = tuple[CompiledStatement, dict[str, Any]]


class Split(StrEnum):
    """How counts of cells are grouped.

    `APART`: types and decades each for themselves, so that one of the two is empty in every row;
    `TOGETHER`: each type with each extent of decades; `DECADES`: extents of decades alone, without types.
    """

    APART = "apart"
    TOGETHER = "together"
    DECADES = "decades"


@dataclass(frozen=True, slots=True)
class CountStatements:
    """Statements that count everything a list query matches, whatever its page."""

    question: BoundQuery

    @property
    def _clauses(self) -> ConditionSet:
        return ConditionSet(self.question.conditions)

    @property
    def _kind(self) -> bool:
        return self.question.kind is not None

    def _parameters(self) -> dict[str, Any]:
        return {**self.question.parameters, "view": self.question.view, "kind": self.question.kind}

    @property
    def in_tally(self) -> bool:
        """Whether the stored counts of cells suffice: they know kinds and types, in the canonical view."""
        names = {condition.shape[0] for condition in self.question.conditions}
        return self.question.view == tables.CANONICAL_VIEW and names <= {"type", "kind"}

    @property
    def kinds_and_types(self) -> tuple[list[str], list[str]]:
        """The kinds and the types that are asked for; none where all are."""
        return _kinds(self.question), _types(self.question.conditions)

    @property
    def of_tags(self) -> bool:
        """Whether the rows of some tags suffice: they know their records' kinds and types."""
        names = {condition.shape[0] for condition in self.question.conditions}
        return "tag" in names and names <= {"type", "kind", "tag"}

    def by_cell(self, split: Split) -> Counted:
        """Return (type, decades, count) of types, of extents of decades, or of both (`Split`)."""
        if self.in_tally or self.of_tags:
            asked, parameters = self._of_cells()
            if self.in_tally:
                return _from_tally(**asked, split=split), parameters
            return _from_tags(several=len(parameters["tags"]) > 1, **asked, split=split), parameters
        return self._of_entries(_from_entries(self._clauses, kind=self._kind, split=split))

    def by_years(self, *, split: bool) -> Counted:
        """Return (type, years, count) of extents of years, one or several rows of each; no type unless `split`."""
        return self._of_entries(_by_years(self._clauses, kind=self._kind, split=split))

    def by_value(self, facet: str) -> Counted:
        """Return (value, count), the most frequent first, one more than are returned to the client."""
        if self.in_tally and not _types(self.question.conditions):
            kinds = _kinds(self.question)
            others = [kind.kind for kind in RECORD_KINDS if kind.kind not in kinds]
            return _of_all(facet, kinds=bool(kinds)), {**self._parameters(), "other_kinds": others}
        return self._of_entries(_by_value(self._clauses, facet, kind=self._kind))

    def total(self) -> Counted:
        """Return the number of all matches."""
        if self.in_tally:
            asked, parameters = self._of_cells()
            return _total_of_tally(**asked), parameters
        return self._of_entries(_total(self._clauses, kind=self._kind))

    def _of_cells(self) -> tuple[dict[str, bool], dict[str, Any]]:
        types, kinds = _types(self.question.conditions), _kinds(self.question)
        asked = {"types": bool(types), "kinds": bool(kinds)}
        return asked, self._parameters() | {"types": types, "kinds": kinds}

    def _of_entries(self, statement: CompiledStatement) -> Counted:
        return self.question.begun(statement), self._parameters() | self.question.whole_limits()


def _types(conditions: Sequence[Condition]) -> list[str]:
    for condition in conditions:
        if condition.shape[0] == "type":
            found = condition.parameters
            return list(found["types"]) if "types" in found else list(found.values())
    return []


def _kinds(question: BoundQuery) -> list[str]:
    for condition in question.conditions:
        if condition.shape[0] == "kind":
            return list(condition.parameters["kinds"])
    return [question.kind] if question.kind is not None else []


def _asked_of_cells(*, types: bool, kinds: bool) -> list[AnyOf]:
    both = ((cell.type, "types", types), (cell.kind, "kinds", kinds))
    return [AnyOf.texts(column, name) for column, name, given in both if given]


def _summed(counts: Any, *, types: bool = False, kinds: bool = False, split: Split) -> Select[Any] | Any:
    """Sum (cell, n) by the members of cells: all of them, or those of the `types` and the `kinds` alone."""
    asked = _asked_of_cells(types=types, kinds=kinds)
    joined = counts.join(tables.cell, cell.pk == counts.c.cell)
    none = literal_column("''", Text())
    total = func.sum(counts.c.n)

    def by(*columns: ColumnElement[Any]) -> Select[Any]:
        said = (column if column in columns else none for column in (cell.type, cell.decades))
        return select(*said, total).select_from(joined).where(*asked).group_by(*columns)

    match split:
        case Split.TOGETHER:
            return by(cell.type, cell.decades)
        case Split.DECADES:
            return by(cell.decades)
    return union_all(by(cell.type), by(cell.decades))


@lru_cache(maxsize=32)
def _from_tally(*, types: bool, kinds: bool, split: Split) -> CompiledStatement:
    counts = select(tally.cell, func.sum(tally.n).label("n")).group_by(tally.cell).cte("counts")
    return CompiledStatement(_summed(counts, types=types, kinds=kinds, split=split))


@lru_cache(maxsize=32)
def _total_of_tally(*, types: bool, kinds: bool) -> CompiledStatement:
    joined = tables.tally.join(tables.cell, cell.pk == tally.cell)
    asked = _asked_of_cells(types=types, kinds=kinds)
    total = func.coalesce(func.sum(tally.n), literal_column("0", BigInteger()))
    return CompiledStatement(select(total).select_from(joined).where(*asked))


@lru_cache(maxsize=32)
def _from_tags(*, several: bool, types: bool, kinds: bool, split: Split) -> CompiledStatement:
    tagged = select(tag.record, tag.cell).where(tag.view == bindparam("view"), AnyOf.texts(tag.tag, "tags"))
    found = (tagged.distinct() if several else tagged).subquery("tagged")
    counts = select(found.c.cell, func.count().label("n")).group_by(found.c.cell).cte("counts")
    return CompiledStatement(_summed(counts, types=types, kinds=kinds, split=split))


@lru_cache(maxsize=256)
def _from_entries(clauses: ConditionSet, *, kind: bool, split: Split) -> CompiledStatement:
    columns = (entry.cell, func.count().label("n"))
    counted = [found.group_by(entry.cell) for found in clauses.matching(*columns, kind=kind)]
    return CompiledStatement(_summed(united(counted).cte("counts"), split=split))


@lru_cache(maxsize=256)
def _by_years(clauses: ConditionSet, *, kind: bool, split: bool) -> CompiledStatement:
    said: Any = entry.type if split else literal_column("''", Text())
    by = [*([entry.type] if split else []), entry.years]
    counted = [found.group_by(*by) for found in clauses.matching(said, entry.years, func.count(), kind=kind)]
    return CompiledStatement(united(counted))


@lru_cache(maxsize=256)
def _total(clauses: ConditionSet, *, kind: bool) -> CompiledStatement:
    counted = united(clauses.matching(func.count().label("n"), kind=kind)).subquery("counted")
    return CompiledStatement(select(func.sum(counted.c.n)))


def _values(facet: str) -> tuple[FromClause, ColumnElement[Any], ColumnElement[Any], ColumnElement[bool]]:
    """Return where the values of a facet are: the table, the record, the value, and which rows count."""
    if facet == "tag":
        return tables.tag, tag.record, tag.tag, tag.view == bindparam("view", type_=BigInteger())
    if facet == "source":
        named = and_(evidence.source.is_not(None), evidence_seen())
        return tables.evidence, evidence.record, evidence.source, named
    relation = and_(
        link.view == bindparam("view", type_=BigInteger()), link.relation == literal_column(f"'{facet}'")
    )
    return tables.link, link.record, link.target, relation


@lru_cache(maxsize=256)
def _by_value(clauses: ConditionSet, facet: str, *, kind: bool) -> CompiledStatement:
    """Count the matching records of each tag, or of each record that they are linked to."""
    table, owner, value, counts = _values(facet)
    found = united(clauses.matching(entry.record, kind=kind)).subquery("matching")
    joined = OrderedJoin(found, table, and_(owner == found.c.record, counts))
    if facet == "tag":
        # A record has a tag once, but may be linked to another in many roles.
        tagged = select(value.label("value"), func.count().label("n")).select_from(joined)
        return _listed(tagged.group_by(value), facet)
    pairs = select(value.label("value"), owner).select_from(joined).distinct().subquery("pairs")
    hashed = select(pairs.c.value, func.count().label("n")).group_by(pairs.c.value)
    # SQLite has no hash aggregation and would keep the pairs in a B-tree; it sorts the values instead.
    distinct = select(value.label("value"), func.count(owner.distinct()).label("n")).select_from(joined)
    return _listed(hashed, facet, on_sqlite=distinct.group_by(value))


@lru_cache(maxsize=16)
def _of_all(facet: str, *, kinds: bool) -> CompiledStatement:
    """Count the values of all records, minus those of other kinds: an index has the values in order."""
    table, owner, value, counts = _values(facet)
    every = (
        select(value.label("value"), func.count(owner.distinct()).label("n")).where(counts).group_by(value)
    )
    if not kinds:
        return _listed(every, facet)
    others = (
        select(value.label("value"), (-func.count(owner.distinct())).label("n"))
        .select_from(OrderedJoin(tables.entry, table, and_(owner == entry.record, counts)))
        .where(
            entry.view == bindparam("view"),
            AnyOf.texts(entry.kind, "other_kinds"),
        )
        .group_by(value)
    )
    both = union_all(every, others).subquery("both")
    total = func.sum(both.c.n)
    found = select(both.c.value, total.label("n")).group_by(both.c.value).having(total > literal_column("0"))
    return _listed(found, facet)


def _listed(counts: Select[Any], facet: str, *, on_sqlite: Select[Any] | None = None) -> CompiledStatement:
    """Select the most frequent values, by name where counts are equal."""
    return CompiledStatement(
        _fullest(counts, facet), on_sqlite=None if on_sqlite is None else _fullest(on_sqlite, facet)
    )


def _fullest(counts: Select[Any], facet: str) -> Select[Any]:
    found = counts.subquery("found")
    if facet == "tag":
        name: Any = found.c.value
        listed = select(name, found.c.n)
    else:
        name = record.id
        joined = found.join(tables.record, record.pk == found.c.value)
        listed = select(record.kind, name, found.c.n).select_from(joined)
    return listed.order_by(found.c.n.desc(), name).limit(literal_column(str(MAX_VALUES + 1)))
