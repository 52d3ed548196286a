"""Links between records: which of them a graph consists of, and the statements that follow them.

A link is filtered by its own date or, where it has none, by that of its record; one with neither matches no
filter by time. Links are followed in both directions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    true,
    union_all,
)

from app.database import tables
from app.database.engine.statement import AnyOf, CompiledStatement, OrderedJoin
from app.filters.dates import ALL_OF, certain, possible
from app.values.timespan import TemporalRelation

link = tables.link.c
member = tables.member.c
link_member = tables.link_member.c
_LIMIT: Final[BindParameter[int]] = bindparam("most")


class Shape(NamedTuple):
    """What determines the text of a statement.

    Attributes:
        certainty: how surely links are of a time, where one is asked for.
        with_relations: whether only some relations count.
        of_source: whether links are those that a source has.
    """

    certainty: str | None
    with_relations: bool
    of_source: bool

    @property
    def view(self) -> ColumnElement[int]:
        """The view whose links are read."""
        # Planners know how few links a view has where it is written out.
        return bindparam("view", type_=BigInteger) if self.of_source else literal_column("0", BigInteger)


@dataclass(frozen=True, slots=True)
class LinkQuestion:
    """Which links count: of some relations, at some time, in a view; by default all of them, as they are written.

    `parameters` are the values of the statements' parameters for these criteria.
    """

    certainty: str | None = None
    relations: tuple[str, ...] = ()
    days: tuple[int, int] = (0, 0)
    view: int = tables.CANONICAL_VIEW

    @property
    def shape(self) -> Shape:
        """What determines the text of a statement."""
        return Shape(self.certainty, bool(self.relations), self.view != tables.CANONICAL_VIEW)

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of the parameters."""
        found: dict[str, Any] = {"relations": list(self.relations)} if self.relations else {}
        if self.view != tables.CANONICAL_VIEW:
            found["view"] = self.view
        return found | ({"when_a": self.days[0], "when_b": self.days[1]} if self.certainty else {})


def _clauses(shape: Shape) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [link.view == shape.view]
    if shape.with_relations:
        found.append(AnyOf.texts(link.relation, "relations"))
    if shape.certainty is not None:
        found.append(_when(shape.certainty))
    return found


def _when(certainty: str) -> ColumnElement[bool]:
    """Compare the link's date for overlap, sets member by member, as in `app.filters.dates`."""
    a: BindParameter[int] = bindparam("when_a")
    b: BindParameter[int] = bindparam("when_b")
    clause = certain if certainty == "certain" else possible
    of_hull = clause(TemporalRelation.OVERLAPS, link, a, b)
    of_members = or_(
        and_(link.own_date, _some(link_member, link_member.link == link.position, clause, a, b)),
        and_(~link.own_date, _some(member, true(), clause, a, b)),
    )
    if certainty == "certain":
        # What is certain of the hull of a one-of set is certain of all its members.
        answer = or_(and_(link.set_kind != ALL_OF, of_hull), and_(link.set_kind == ALL_OF, of_members))
        return and_(link.dated, ~link.qualified, answer)
    return and_(link.dated, of_hull, or_(link.set_kind == 0, of_members))


def _some(of: Any, which: ColumnElement[bool], clause: Any, a: Any, b: Any) -> ColumnElement[bool]:
    return exists(
        select(literal_column("1")).where(
            of.view == link.view, of.record == link.record, which, clause(TemporalRelation.OVERLAPS, of, a, b)
        )
    )


def _step(origin: Any, reached: Any, shape: Shape, *, timed: bool) -> Select[Any]:
    days = [link.s1, link.e2] if timed else []
    return select(origin.label("origin"), reached.label("reached"), link.record, link.position, *days).where(
        *_clauses(shape), *([link.dated] if timed else [])
    )


@lru_cache(maxsize=64)
def _steps(shape: Shape, timed: bool) -> CompiledStatement:  # noqa: FBT001 - a cache key
    """Select every link of the records `keys`, in both directions, unordered, up to `most`."""
    out = _step(link.record, link.target, shape, timed=timed).where(AnyOf.keys(link.record, "keys"))
    back = _step(link.target, link.record, shape, timed=timed)
    # The index of targets has no dates; with a filter by date SQLite would rather read all links than go
    # from it to the table, so the order of the join is fixed.
    found = tables.link.alias("found")
    same = and_(link.view == found.c.view, link.record == found.c.record, link.position == found.c.position)
    shown = back.select_from(OrderedJoin(found, tables.link, same)).where(
        found.c.view == shape.view, AnyOf.keys(found.c.target, "keys")
    )
    back = back.where(AnyOf.keys(link.target, "keys"))
    dated = timed or shape.certainty is not None
    return CompiledStatement(
        union_all(out, back).limit(_LIMIT), on_sqlite=union_all(out, shown if dated else back).limit(_LIMIT)
    )


@lru_cache(maxsize=64)
def _first_steps(shape: Shape) -> CompiledStatement:
    """Select the first links of the record `key`, in both directions, in the order of the index."""
    key: BindParameter[int] = bindparam("key")
    out = (
        _step(link.record, link.target, shape, timed=False).where(link.record == key).order_by(link.position)
    )
    back = (
        _step(link.target, link.record, shape, timed=False)
        .where(link.target == key)
        .order_by(link.relation, link.role, link.record, link.position)
    )
    return CompiledStatement(union_all(*(select(one.limit(_LIMIT).subquery()) for one in (out, back))))


@lru_cache(maxsize=64)
def _between(shape: Shape) -> CompiledStatement:
    """Select every link from one of the records `keys` to another, up to `most`, in the order of the table."""
    # A record has a bounded number of links, but any number may lead to it: the addition keeps the planner
    # from the index of targets.
    target: ColumnElement[int] = link.target + literal_column("0")
    surely = [_when("certain")] if shape.certainty is not None else []
    return CompiledStatement(
        select(link.record, link.target, link.position, link.relation, link.role, link.own_date, *surely)
        .where(*_clauses(shape), AnyOf.keys(link.record, "keys"), AnyOf.keys(target, "keys"))
        .order_by(link.record, link.position)
        .limit(_LIMIT)
    )


def steps(
    question: LinkQuestion, keys: Sequence[int], most: int, *, timed: bool = False
) -> tuple[CompiledStatement, Mapping[str, Any]]:
    """Select (origin, reached, record, position) of every link of some records, followed in both directions.

    `record` and `position` identify the link; `timed` adds the first and the last day that it can be of,
    and leaves undated ones out.
    """
    return _steps(question.shape, timed), {**question.parameters, "keys": list(keys), "most": most}


def first_steps(question: LinkQuestion, key: int, most: int) -> tuple[CompiledStatement, Mapping[str, Any]]:
    """Select the first links of one record: at most `most` of its own, and as many that lead to it."""
    return _first_steps(question.shape), {**question.parameters, "key": key, "most": most}


def between(
    question: LinkQuestion, keys: Sequence[int], most: int
) -> tuple[CompiledStatement, Mapping[str, Any]]:
    """Select (record, target, position, relation, role, own date?) of the links among some records.

    Asked about a time, a last column says whether the link is of it for certain.
    """
    return _between(question.shape), {**question.parameters, "keys": list(keys), "most": most}
