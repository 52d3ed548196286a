"""Lists of merges, the latest first: all, or those of one record."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import BigInteger, bindparam, case, exists, or_

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.merges.merge_summary import SUMMARIES, MergeSummary, with_references
from app.merges.schemas import ListedMerge
from app.values.cursor import Cursor

_merge, _move = tables.merge.c, tables.merge_move.c

_BEYOND_ALL: Final = 2**62

# Searched for by revision and merge, so that a merge which moved many records is not read through.
_IS_RUNNING: Final = case(
    (_merge.undone_at.is_(None), exists().where(_move.revision == 0, _move.merge == _merge.pk)),
    else_=exists().where(_move.revision < 0, _move.merge == _merge.pk),
)


@dataclass(frozen=True, slots=True)
class MergesFound:
    """A page of merges, with the cursors of the pages after and before it."""

    items: list[ListedMerge]
    next: Cursor | None
    prev: Cursor | None


async def find_merges(
    db: ReadConnection, record: int | None, limit: int, cursor: Cursor | None
) -> MergesFound:
    """List merges, the latest first; those of one record, given by its key, where there is one: into it and of it."""
    backward = cursor is not None and cursor.backward
    bound = _BEYOND_ALL if cursor is None else cursor.key[0]
    asked = {"bound": bound, "most": limit + 1, **({} if record is None else {"record": record})}
    found = await db.fetch(_statement(of_record=record is not None, backward=backward), asked)
    more, rows = len(found) > limit, found[:limit]
    rows = rows[::-1] if backward else rows
    has_next = bool(rows) and (more or backward)
    has_prev = bool(rows) and cursor is not None and (more or not backward)
    return MergesFound(
        [MergeSummary(*with_references(row)).to_dict() for row in rows],
        Cursor((rows[-1][0],), backward=False) if has_next else None,
        Cursor((rows[0][0],), backward=True) if has_prev else None,
    )


@lru_cache(maxsize=4)
def _statement(*, of_record: bool, backward: bool) -> CompiledStatement:
    bound, most = (bindparam(name, type_=BigInteger()) for name in ("bound", "most"))
    merges = (
        SUMMARIES.add_columns(_IS_RUNNING)
        .where(_merge.pk > bound if backward else _merge.pk < bound)
        .order_by(_merge.pk if backward else _merge.pk.desc())
        .limit(most)
    )
    if of_record:
        record = bindparam("record", type_=BigInteger())
        merges = merges.where(or_(_merge.source == record, _merge.target == record))
    return CompiledStatement(merges)
