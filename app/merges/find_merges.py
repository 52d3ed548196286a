"""Lists of merges, the latest first: all, or those of one record."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, Select, bindparam, case, exists, or_, select

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.database.lookup import COLLECTIONS
from app.merges.schemas import ListedMerge
from app.values.cursor import Cursor
from app.values.timestamps import rfc3339

_merge, _move = tables.merge.c, tables.merge_move.c
_source, _target = tables.record.alias("source"), tables.record.alias("target")

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
        [_listed(row) for row in rows],
        Cursor((rows[-1][0],), backward=False) if has_next else None,
        Cursor((rows[0][0],), backward=True) if has_prev else None,
    )


@lru_cache(maxsize=4)
def _statement(*, of_record: bool, backward: bool) -> CompiledStatement:
    bound, most = (bindparam(name, type_=BigInteger()) for name in ("bound", "most"))
    merges: Select[Any] = (
        select(
            _merge.pk,
            _source.c.kind,
            _source.c.id,
            _target.c.id,
            _merge.at,
            _merge.by,
            _merge.undone_at,
            _IS_RUNNING,
        )
        .select_from(tables.merge)
        .join(_source, _source.c.pk == _merge.source)
        .join(_target, _target.c.pk == _merge.target)
        .where(
            _source.c.state != tables.RENAMED,
            _merge.pk > bound if backward else _merge.pk < bound,
        )
        .order_by(_merge.pk if backward else _merge.pk.desc())
        .limit(most)
    )
    if of_record:
        record = bindparam("record", type_=BigInteger())
        merges = merges.where(or_(_merge.source == record, _merge.target == record))
    return CompiledStatement(merges)


def _listed(row: Sequence[Any]) -> ListedMerge:
    pk, kind, source, target, at, by, undone_at, is_running = row
    listed: ListedMerge = {
        "id": pk,
        "href": f"/v1/merges/{pk}",
        "from": f"{COLLECTIONS[kind]}/{source}",
        "into": f"{COLLECTIONS[kind]}/{target}",
        "at": rfc3339(at),
        "by": by,
        "state": "running" if is_running else "done" if undone_at is None else "undone",
    }
    if undone_at is not None:
        listed["undone_at"] = rfc3339(undone_at)
    return listed
