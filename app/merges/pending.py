"""What long merges, and undoing them, have left to be done: one batch in each transaction.

Others write between the batches, and an interrupted batch starts again.
"""

from typing import Final

from sqlalchemy import Connection, select

from app.database import tables
from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement, OrderedJoin
from app.merges.service import PENDING, move_batch
from app.merges.undo import restore_batch

BATCH: Final = 100
"""Records that are rewritten in one transaction."""

_merge, _move = tables.merge.c, tables.merge_move.c

_FIRST_PENDING = CompiledStatement(
    select(_move.merge, _merge.undone_at)
    .select_from(OrderedJoin(tables.merge_move, tables.merge, _merge.pk == _move.merge))
    .where(PENDING)
    .order_by(_move.revision, _move.merge)
    .limit(1)
)


async def finish_merges(db: Database) -> None:
    """Do all that merges have left to be done."""
    while await db.decide(has_pending_merges, single=True):
        await db.write(continue_one_merge)


async def has_pending_merges(db: ReadConnection) -> bool:
    """Return whether a merge, or undoing one, has left something to be done."""
    return bool(await db.fetch(_FIRST_PENDING, {}))


def continue_one_merge(tx: Connection) -> int:
    """Rewrite a batch of what merges have left to be done; returns how many records were read, 0 at the end.

    Any number of processes may call at once.
    """
    found = _FIRST_PENDING.first(tx, {})
    if found is None:
        return 0
    pk, undone_at = found
    return move_batch(tx, pk, BATCH, None) if undone_at is None else restore_batch(tx, pk, BATCH)
