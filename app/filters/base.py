"""What a filter is, and the conditions that a parsed one gives: SQL with its parameters, and an English sentence."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any, ClassVar, Final

from sqlalchemy import ColumnElement, Select, bindparam, literal_column, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.index.text_query import TextQuery
from app.database.tables.columns import DATE_PARTS, LONGEST_DAYS
from app.records.kinds import RecordKind
from app.schemas.query_model import QueryModel

EVERY_SPAN_CLASS: Final = frozenset(chain.from_iterable(DATE_PARTS.values()))
"""The span classes of all records, undated ones too."""


@dataclass(frozen=True, slots=True)
class StartRange:
    """Days between which a record must begin, if its span is at most `longest` days.

    A record whose span is at most n days can match only if it begins between `low - n` and `high`. None: no
    bound on that side.
    """

    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class NamedTerm:
    """A term that the query parameter `parameter` names: one of the vocabularies `schemes` must have it."""

    parameter: str
    term: str
    schemes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter of a query.

    `shape` identifies the SQL's text, so that a statement once built serves every request of the same
    shape; `clause` builds that text, over `tables.entry`, with bound parameters named in `parameters`.
    `references` are parameters still to be filled with the key of the record that a reference names;
    `prepare` then queries the database for parameters that depend on them. `terms` are looked up in the
    vocabulary before any of that. `window` says where in the order of dates matches are; `span_classes`, among
    which of their classes alone; `quick`, that a page in the order of dates can be read off an index;
    `text`, that it is the full-text search that relevance ranks; `days`, the first and last day that it asks about,
    where records are asked for as they were then.

    `other_reading` gives what may have been meant instead where a list is empty, if there is something.

    `keys` selects the keys of the matching entries (`pk`) or of their records (`record`), where another
    table has them together; `indexed` says that an index of entries has them, for entries of one kind.
    """

    shape: tuple[Any, ...]
    clause: Callable[[], ColumnElement[bool]]
    sentence: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[ReadConnection, Mapping[str, Any]], Awaitable[Mapping[str, Any]]] | None = None
    terms: Sequence[NamedTerm] = ()
    window: StartRange | None = None
    span_classes: frozenset[int] = EVERY_SPAN_CLASS
    quick: bool = False
    text: TextQuery | None = None
    days: tuple[int, int] | None = None
    other_reading: "Callable[[], OtherReading | None] | None" = None
    keys: Callable[[], Select[Any]] | None = None
    indexed: bool = False


@dataclass(frozen=True, slots=True)
class OtherReading:
    """How a parameter may have been meant instead.

    `value` is what it would be then; `asked` and `meant` find, each by its `keys`, what there is of a kind (of all kinds,
    where that is asked) as it was given and as it may have been meant. `code` and `detail` tell the client.
    """

    parameter: str
    value: str
    code: str
    detail: str
    asked: Sequence[Condition]
    meant: Sequence[Condition]


class ConditionSet:
    """The clauses of some conditions; equal where their shapes are, so that it serves as a cache key of statements."""

    __slots__ = ("conditions", "key")

    def __init__(self, conditions: Sequence[Condition]) -> None:
        """Keep the conditions, whose order is a part of the key."""
        self.conditions = conditions
        self.key = tuple(condition.shape for condition in conditions)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ConditionSet) and self.key == other.key

    @property
    def span_classes(self) -> frozenset[int]:
        """The span classes of all that can match."""
        return EVERY_SPAN_CLASS.intersection(*(condition.span_classes for condition in self.conditions))

    def where(self, *, kind: bool) -> list[ColumnElement[bool]]:
        """Return the WHERE clause for an entry; `kind` says whether the kind is among the conditions."""
        entry = tables.entry.c
        base: list[ColumnElement[bool]] = [entry.view == bindparam("view")]
        if kind:
            base.append(entry.kind == bindparam("kind"))
        return [*base, *(condition.clause() for condition in self.conditions)]

    def matching(self, *columns: ColumnElement[Any], kind: bool) -> list[Select[Any]]:
        """Select from the matching entries, each once; within a range of dates by span class, as pages are read.

        Takes the parameters of `BoundQuery.whole_limits`.
        """
        found = select(*columns).where(*self.where(kind=kind))
        if all(condition.window is None for condition in self.conditions):
            return [found]
        entry = tables.entry.c
        return [
            found.where(
                entry.span_class == literal_column(str(one)),
                entry.s1.between(bindparam(f"low_{one}"), bindparam("high")),
            )
            for one in LONGEST_DAYS
            if one in self.span_classes
        ]


class Filter(QueryModel):
    """A filter of lists: its parameters, and what is asked with them.

    One class holds the filter's validation, its OpenAPI text, its SQL and its English sentence. A query inherits from
    many filters, whose other members might hide each other: a filter has none.
    """

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Give the conditions that records must meet; none where the filter's parameters are not given.

        `kind` is the kind of the records; None where they are of several.
        """
        raise NotImplementedError


class Filters(Filter):
    """The part of a query that asks what all of its filters ask; `app.filters.with_filters` adds these.

    It comes before all parts that are filters themselves.
    """

    filters: ClassVar[tuple[type[Filter], ...]] = ()
    """The filters, in the order in which a sentence names them."""

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Give the conditions of every filter of which a parameter is given."""
        by_parameter = _filters_of(type(self))
        given = {number for name in self.model_fields_set for number in by_parameter.get(name, ())}
        return [
            condition for number in sorted(given) for condition in self.filters[number].conditions(self, kind)
        ]


@cache
def _filters_of(model: type[Filters]) -> Mapping[str, Sequence[int]]:
    """Give the places of a model's filters, by the names of their parameters."""
    found: dict[str, list[int]] = {}
    for number, one in enumerate(model.filters):
        for name in one.model_fields:
            found.setdefault(name, []).append(number)
    return found


def among(clause: Any) -> ColumnElement[bool]:
    """Return a condition for records among a selection of keys."""
    return tables.entry.c.record.in_(clause)
