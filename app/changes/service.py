"""The changes feed: every write in commit order, for mirrors.

A change's number is the database version, which is increased last in each writing transaction, and whose
row is locked until the commit: so no number becomes visible before every smaller one.
"""

from collections.abc import Mapping, Sequence
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

from app.changes.schemas import Change, ChangesParameters
from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.lookup import COLLECTIONS, key_of_address
from app.errors import Fault, Gone
from app.listing.page_sql import SELECTIVE_LIMIT, united
from app.reading.cards import read_card
from app.values.timestamps import rfc3339

_change, _record, _revision, _import = (
    tables.change.c,
    tables.record.c,
    tables.revision.c,
    tables.import_.c,
)

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
    before: bool
    latest_first: bool

    def order(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a column in the direction in which changes are ordered."""
        return column.desc() if self.latest_first else column


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
        .order_by(shape.order(found.seq))
        .limit(bindparam("most"))
    )


def _of_kind(kind: str, shape: _Shape, *, is_by_range: bool) -> Select[Any]:
    equal: list[tuple[ColumnElement[Any], ColumnElement[Any]]] = []
    if kind:
        equal.append((_change.kind, literal_column(f"'{kind}'")))
    if shape.by:
        equal.append((_change.by, bindparam("by", type_=Text())))
    order: list[ColumnElement[Any]] = [_change.seq]
    asked: list[ColumnElement[bool]] = [_change.seq > bindparam("after")]
    if shape.before:
        asked.append(_change.seq < bindparam("before"))
    if shape.ref:
        asked.append(_change.record == bindparam("record"))
    elif is_by_range and equal and not shape.few:
        # Postgres would rather read all changes in the order of their numbers, hoping that such a one comes soon; only
        # the index of what is asked has this order, whose first column is the same throughout.
        column, value = equal.pop(0)
        order = [column, _change.seq]
        bounds = tuple_(value, bindparam("after")), tuple_(value, bindparam("before"))
        asked = [tuple_(column, _change.seq) > bounds[0]]
        asked.append(tuple_(column, _change.seq) < bounds[1] if shape.before else column <= value)
    asked += [column == value for column, value in equal]
    if shape.few:
        asked.append(_change.seq.in_(_SINCE))
    elif shape.since:
        # Many are found soon in the order of their numbers: the addition keeps the planner from sorting all of them.
        asked.append(_change.at + _ZERO >= bindparam("since"))
    return select(tables.change).where(*asked).order_by(*map(shape.order, order)).limit(bindparam("most"))


_DETAILS = CompiledStatement(
    select(_change.seq, _record.card, _revision.comment, _import.comment.label("why"))
    .select_from(
        tables.change.join(tables.record, _record.pk == _change.record)
        .outerjoin(
            tables.revision,
            and_(_revision.record == _change.record, _revision.revision == _change.revision),
        )
        .outerjoin(tables.import_, _import.pk == _revision.import_)
    )
    .where(AnyOf.keys(_change.seq, "seqs"))
)


_branch = tables.branch.c
_LOST = CompiledStatement(
    select(_branch.last_common)
    .where(_branch.last_common < bindparam("number"), _branch.begins - 1 > bindparam("number"))
    .order_by(_branch.last_common)
    .limit(literal_column("1"))
)


class ChangeDetails(NamedTuple):
    """What people want to know of a change beside what mirrors need.

    Attributes:
        title: the record's, as it is now or was last; None of an old id.
        comment: why it was made, as the edit or the import that it was part of says, where either does.
    """

    title: str | None
    comment: str | None


async def details_of_changes(db: ReadConnection, changes: Sequence[Change]) -> Mapping[int, ChangeDetails]:
    """Return what is to be known of some changes beside the feed, by their numbers."""
    rows = await db.fetch(_DETAILS, {"seqs": [one["seq"] for one in changes]})
    return {
        seq: ChangeDetails(None if card is None else read_card(card).get("title"), comment or why)
        for seq, card, comment, why in rows
    }


async def _refuse_lost(db: ReadConnection, parameter: str, number: int) -> None:
    for (last_common,) in await db.fetch(_LOST, {"number": number}):
        raise Gone(
            "The database was set back to an earlier state, and the change of this number is lost: its history went on in "
            f"another way after change {last_common}. Read again every record that you know from a later change, then "
            f"go on with after={last_common}.",
            code="another_history",
            faults=[
                Fault("another_history", f"Numbers up to {last_common} still hold.", parameter=parameter)
            ],
            extra={"last_common": last_common},
        )


async def list_changes(db: ReadConnection, query: ChangesParameters) -> tuple[list[Change], bool]:
    """List changes between two numbers, in the order that is asked for; gives also whether there are more.

    Raises:
        BadRequest: there never was such a record.
        Gone: a number is of a branch of the history that was lost.
    """
    if query.after:
        await _refuse_lost(db, "after", query.after)
    if query.before is not None:
        # One past the last that holds, and the first of a branch, are no lost numbers.
        await _refuse_lost(db, "before", query.before - 1)
    asked: dict[str, Any] = {
        "after": query.after,
        "before": query.before,
        "most": query.limit + 1,
        "by": query.by,
    }
    if query.ref is not None:
        asked["record"] = await key_of_address(db, "ref", query.ref)
    few = False
    if query.since is not None:
        asked["since"] = query.since.at
        [[count]] = await db.fetch(_HOW_MANY_SINCE, asked | {"most": SELECTIVE_LIMIT + 1})
        few = count <= SELECTIVE_LIMIT
    shape = _Shape(
        query.kind,
        ref=query.ref is not None,
        by=query.by is not None,
        since=query.since is not None,
        few=few,
        before=query.before is not None,
        latest_first=query.sort == "-seq",
    )
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
