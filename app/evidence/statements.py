"""The records behind each number of `app.evidence.coverage`, page by page, read from the same index rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, case, literal_column, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.lookup import COLLECTIONS, resolve_references
from app.evidence.schemas import (
    MEASURED,
    SUPPORT,
    UNDATED,
    StatementsOfRecord,
    StatementsQuery,
    SupportCounts,
)
from app.listing.page_sql import united
from app.reading.cards import read_card
from app.records.evidence_support import WHOLE_RECORD
from app.values.cursor import Cursor
from app.values.time_histogram import DECADE, read_time_extent

_coverage, _statement, _support = tables.coverage.c, tables.statement.c, tables.support.c
_record, _cell, _link = tables.record.c, tables.cell.c, tables.link.c

_PASSED: Final = 2**63 - 1
_NONE: Final[ColumnElement[Any]] = literal_column("0")

_CELLS = CompiledStatement(select(_cell.pk, _cell.decades).where(AnyOf.texts(_cell.kind, "kinds")))


class _Shape(NamedTuple):
    """What decides the text of a statement."""

    kinds: tuple[str, ...]
    support: str | None
    whole_record: bool
    one_property: bool
    decade: bool
    place: bool
    source: bool


def _shape_of(query: StatementsQuery) -> _Shape:
    return _Shape(
        kinds=MEASURED if query.kind is None else (query.kind,),
        support=query.support,
        whole_record=query.property == WHOLE_RECORD,
        one_property=query.property is not None,
        decade=query.decade is not None,
        place=query.place is not None,
        source=query.source is not None,
    )


@lru_cache(maxsize=256)
def _page(shape: _Shape) -> CompiledStatement:
    """Select records with their counts, kind by kind; of each kind those after the key `after_<kind>`."""
    found = [_of_kind(kind, shape).subquery(f"of_{kind}") for kind in shape.kinds]
    together = united([select(one) for one in found]).subquery("found")
    counts = [together.c[name] for name in SUPPORT]
    return CompiledStatement(
        select(together.c.kind, _record.id, _record.card, *counts, together.c.record)
        .select_from(together.join(tables.record, _record.pk == together.c.record))
        .order_by(together.c.kind, together.c.record)
        .limit(bindparam("most"))
    )


def _of_kind(kind: str, shape: _Shape) -> Select[Any]:
    rows, counts = _by_source(shape) if shape.source else _by_property(shape)
    named: ColumnElement[Any] = literal_column(f"'{kind}'")
    record = rows.selected_columns["record"]
    asked: list[ColumnElement[bool]] = [
        (_support if shape.source else _statement).kind == named,
        record > bindparam(f"after_{kind}"),
    ]
    if shape.support is not None:
        asked.append(counts[SUPPORT.index(shape.support)] > _NONE)
    if shape.decade:
        asked.append(record.in_(select(_coverage.record).where(AnyOf.keys(_coverage.cell, "cells"))))
    if shape.place:
        at_place = select(_link.record).where(
            _link.view == _NONE,
            _link.target == bindparam("place"),
            _link.relation == literal_column("'place'"),
        )
        asked.append(record.in_(at_place))
    labelled = [count.label(name) for name, count in zip(SUPPORT, counts, strict=True)]
    return (
        rows.add_columns(named.label("kind"), *labelled)
        .where(*asked)
        .order_by(record)
        .limit(bindparam("most"))
    )


def _by_property(shape: _Shape) -> tuple[Select[Any], Sequence[ColumnElement[Any]]]:
    """Read the statements about one thing; or, by way of that which every record has, all of a record together."""
    rows = select(_statement.record).where(_statement.property == bindparam("property"))
    if shape.one_property:
        return rows, [_statement[name] for name in SUPPORT]
    joined = tables.statement.join(tables.coverage, _coverage.record == _statement.record)
    return rows.select_from(joined), [_coverage[name] for name in SUPPORT]


def _by_source(shape: _Shape) -> tuple[Select[Any], Sequence[ColumnElement[Any]]]:
    """Read the statements that a source supports: all of a record together, or that its subject was at all."""
    rows = select(_support.record).where(_support.source == bindparam("source"))
    if shape.whole_record:
        one: ColumnElement[Any] = literal_column("1")
        return rows, [
            _NONE,
            case((_support.alone, one), else_=_NONE),
            case((_support.alone, _NONE), else_=one),
        ]
    return rows, [_NONE, _support.one, _support.several]


@dataclass(frozen=True, slots=True)
class Found:
    """Records with statements of some support, and the cursor of the next page."""

    items: list[StatementsOfRecord]
    next: Cursor | None


async def find_statements(db: ReadConnection, query: StatementsQuery, cursor: Cursor | None) -> Found:
    """List the records with the statements that are asked for, and how many of them each has.

    `cursor` is where the page before ended. Records come kind by kind, within a kind in the order in which they were
    created.

    Raises:
        BadRequest: there is no such place or source.
    """
    shape = _shape_of(query)
    ended_kind, ended_record = cursor.key if cursor is not None else ("", 0)
    asked: dict[str, Any] = {
        f"after_{kind}": _PASSED if kind < ended_kind else ended_record if kind == ended_kind else 0
        for kind in shape.kinds
    }
    named = {name: ref for name, ref in (("place", query.place), ("source", query.source)) if ref is not None}
    asked |= await resolve_references(db, named)
    if query.decade is not None:
        asked["cells"] = await _cells_in(db, shape.kinds, query.decade)
    asked |= {"property": query.property or WHOLE_RECORD, "most": query.limit + 1}
    rows = await db.fetch_slow(_page(shape), asked)
    items = [
        StatementsOfRecord(
            ref=f"{COLLECTIONS[row[0]]}/{row[1]}",
            **read_card(row[2]),
            **SupportCounts(none=row[3], one=row[4], several=row[5]),
        )
        for row in rows[: query.limit]
    ]
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    return Found(items, None if last is None else Cursor((last[0], last[6]), backward=False))


async def _cells_in(db: ReadConnection, kinds: Sequence[str], decade: str) -> list[int]:
    """Return the cells whose records are counted in a decade, by its first year, or as undated."""
    cells = await db.fetch_slow(_CELLS, {"kinds": list(kinds)})
    number = None if decade == UNDATED else int(decade) // DECADE
    return await db.in_thread(lambda: [pk for pk, decades in cells if _is_in(decades, number)])


def _is_in(decades: str, number: int | None) -> bool:
    possible = read_time_extent(decades).possible
    return not possible if number is None else any(first <= number <= last for first, last in possible)
