"""The changes feed: every write in commit order, for mirrors.

A change's number is the database version, which is increased last in each writing transaction, and whose
row is locked until the commit: so no number becomes visible before every smaller one.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, literal_column, or_, select

from app.changes.schemas import Change
from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.database.lookup import COLLECTIONS
from app.values.timestamps import rfc3339

_change, _record, _revision = tables.change.c, tables.record.c, tables.revision.c

_AFTER = CompiledStatement(
    select(
        _change.seq,
        _change.at,
        _change.by,
        _change.action,
        _record.kind,
        _record.id,
        _change.revision,
        _revision.merge,
    )
    .join(tables.record, _record.pk == _change.record)
    .outerjoin(
        tables.revision,
        and_(
            _revision.record == _change.record,
            _revision.revision == _change.revision,
            # No others have one, and reading past their documents would cost.
            or_(_change.action == literal_column("'merge'"), _change.action == literal_column("'unmerge'")),
        ),
    )
    .where(_change.seq > bindparam("after"))
    .order_by(_change.seq)
    .limit(bindparam("most"))
)


async def list_changes(db: ReadConnection, after: int, limit: int) -> tuple[list[Change], bool]:
    """List the changes past a number, in order; gives also whether there are more."""
    found = await db.fetch(_AFTER, {"after": after, "most": limit + 1})
    return [_read(row) for row in found[:limit]], len(found) > limit


def _read(row: Sequence[Any]) -> Change:
    seq, at, by, action, kind, record_id, revision, merge = row
    change: Change = {
        "seq": seq,
        "at": rfc3339(at),
        "by": by,
        "action": action,
        "ref": f"{COLLECTIONS[kind]}/{record_id}",
        "revision": revision,
    }
    if merge is not None:
        change["merge"] = merge
    return change
