"""The changes feed: every write in commit order, for mirrors.

A change's number is the database version, which is increased last in each writing transaction, and whose
row is locked until the commit: so no number becomes visible before every smaller one.
"""

from sqlalchemy import bindparam, select

from app.changes.schemas import Change
from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.database.lookup import COLLECTIONS
from app.values.timestamps import rfc3339

_change, _record = tables.change.c, tables.record.c

_AFTER = CompiledStatement(
    select(_change.seq, _change.at, _change.by, _change.action, _record.kind, _record.id, _change.revision)
    .join(tables.record, _record.pk == _change.record)
    .where(_change.seq > bindparam("after"))
    .order_by(_change.seq)
    .limit(bindparam("most"))
)


async def list_changes(db: ReadConnection, after: int, limit: int) -> tuple[list[Change], bool]:
    """List the changes past a number, in order; gives also whether there are more."""
    found = await db.fetch(_AFTER, {"after": after, "most": limit + 1})
    items: list[Change] = [
        {
            "seq": seq,
            "at": rfc3339(at),
            "by": by,
            "action": action,
            "ref": f"{COLLECTIONS[kind]}/{record_id}",
            "revision": revision,
        }
        for seq, at, by, action, kind, record_id, revision in found[:limit]
    ]
    return items, len(found) > limit
