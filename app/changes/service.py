"""The changes feed: every write in commit order, for mirrors.

A change's number is the database version, which is increased last in each writing transaction, and whose
row is locked until the commit: so no number becomes visible before every smaller one.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from app.changes.schemas import Change, ChangesQuery
from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.database.lookup import COLLECTIONS, key_of_address
from app.listing.page_sql import SELECTIVE_LIMIT, united
from app.values.timestamps import rfc3339

_change, _record, _revision = tables.change.c, tables.record.c, tables.revision.c

_ZERO: Final[ColumnElement[Any]] = literal_column("0")

_SINCE = select(_change.seq).where(_change.at >= bindparam("since"))

_HOW_MANY_SINCE = CompiledStatement(
    select(func.count()).select_from(_SINCE.limit(bindparam("most")).subquery("since"))
)


class _Shape(NamedTuple):
    """What decides the text of a statement; `few`: that next to no changes were made since the moment."""

    kinds: tuple[str, ...]
    ref: bool
    by: bool
    since: bool
    few: bool


@lru_cache(maxsize=256)
def _page(shape: _Shape) -> CompiledStatement:
    """Make the statement that selects changes in order."""
    return CompiledStatement(
        _changes(shape, is_by_range=True),
        # It takes the index by itself, and with a range as well could choose one that leaves all to be sorted.
        on_sqlite=_changes(shape, is_by_range=False),
    )


def _changes(shape: _Shape, *, is_by_range: bool) -> Select[Any]:
    """Select changes in order. Those of several kinds are merged from the order of each."""
    each = [
        _of_kind(kind, shape, is_by_range=is_by_range).subquery(f"of_{kind or 'all'}")
        for kind in shape.kinds or [""]
    ]
    found = united([select(one) for one in each]).subquery("found").c
    columns = (
        found.seq,
        found.at,
        found.by,
        found.action,
        found.kind,
        _record.id,
        found.revision,
        found.fields,
        _revision.merge,
    )
    return (
        select(*columns)
        .join_from(found.seq.table, tables.record, _record.pk == found.record)
        .outerjoin(
            tables.revision,
            and_(
                _revision.record == found.record,
                _revision.revision == found.revision,
                # No others have one, and reading past their documents would cost.
                or_(found.action == literal_column("'merge'"), found.action == literal_column("'unmerge'")),
            ),
        )
        .order_by(found.seq)
        .limit(bindparam("most"))
    )


def _of_kind(kind: str, shape: _Shape, *, is_by_range: bool) -> Select[Any]:
    equal: list[tuple[ColumnElement[Any], ColumnElement[Any]]] = []
    if kind:
        equal.append((_change.kind, literal_column(f"'{kind}'")))
    if shape.by:
        equal.append((_change.by, bindparam("by", type_=Text())))
    order: list[ColumnElement[Any]] = [_change.seq]
    asked = [_change.seq > bindparam("after")]
    if shape.ref:
        asked.append(_change.record == bindparam("record"))
    elif is_by_range and equal and not shape.few:
        # Postgres would rather read all changes in the order of their numbers, hoping that such a one comes soon; only
        # the index of what is asked has this order, whose first column is the same throughout.
        column, value = equal.pop(0)
        order = [column, _change.seq]
        asked = [tuple_(column, _change.seq) > tuple_(value, bindparam("after")), column <= value]
    asked += [column == value for column, value in equal]
    if shape.few:
        asked.append(_change.seq.in_(_SINCE))
    elif shape.since:
        # Many are found soon in the order of their numbers: the addition keeps the planner from sorting all of them.
        asked.append(_change.at + _ZERO >= bindparam("since"))
    return select(tables.change).where(*asked).order_by(*order).limit(bindparam("most"))


async def list_changes(db: ReadConnection, query: ChangesQuery) -> tuple[list[Change], bool]:
    """List the changes past a number, in order; gives also whether there are more.

    Raises:
        BadRequest: there never was such a record.
    """
    asked: dict[str, Any] = {"after": query.after, "most": query.limit + 1, "by": query.by}
    if query.ref is not None:
        asked["record"] = await key_of_address(db, "ref", query.ref)
    few = False
    if query.since is not None:
        asked["since"] = query.since.at
        [[count]] = await db.fetch(_HOW_MANY_SINCE, asked | {"most": SELECTIVE_LIMIT + 1})
        few = count <= SELECTIVE_LIMIT
    shape = _Shape(query.kind, query.ref is not None, query.by is not None, query.since is not None, few)
    narrowed = bool(query.kind) or shape.by or shape.since
    found = await (db.fetch_slow if narrowed else db.fetch)(_page(shape), asked)
    return [_told(row) for row in found[: query.limit]], len(found) > query.limit


def _told(row: Sequence[Any]) -> Change:
    seq, at, by, action, kind, record_id, revision, fields, merge = row
    change = Change(
        seq=seq,
        at=rfc3339(at),
        by=by,
        action=action,
        ref=f"{COLLECTIONS[kind]}/{record_id}",
        revision=revision,
    )
    if merge is not None:
        change["merge"] = merge
    if fields is not None:
        change["fields"] = orjson.loads(fields)
    return change
