"""Purging: erasing a record for good, with its document, revisions, changes, index rows, texts and stored responses.

The law may require that. Readers find nothing of it, its address is as if it had never existed, and the
pages that held it are overwritten (SQLite) or freed (Postgres). What the database cannot erase itself is
reported.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, and_, delete, func, literal, or_, select, union, update
from sqlalchemy.types import LargeBinary

from app.database import tables
from app.database.engine.database import Database
from app.database.index import rows
from app.database.index.aggregates import prune_words
from app.database.index.database_version import bump_version
from app.database.index.full_text import text_parts
from app.database.lookup import StoredRecord, find, find_by_keys, split_ref
from app.errors import Conflict, NotFound
from app.maintenance.erase import OF_BACKUPS, erase_freed_space
from app.records.kinds import kind_by_name
from app.records.validation.document import load_stored
from app.writing.referrers import refuse_referenced


@dataclass(frozen=True, slots=True)
class Purged:
    """What was erased: the record, and those that had been merged into it.

    Attributes:
        refs: the records.
        revisions: how many revisions they had.
        answers: how many stored responses contained them.
        remains: what could not be erased (yet), and what to do about it, in sentences.
    """

    refs: tuple[str, ...]
    revisions: int
    answers: int
    remains: tuple[str, ...] = ()


def purge(db: Database, ref: str) -> Purged:
    """Erase a record, and those that were merged into it, then make sure that no page still holds them.

    Raises:
        NotFound: there is no such record.
        Conflict: live records refer to it; they are named.
    """
    purged = db.write_now(lambda tx: purge_record(tx, ref))
    return replace(purged, remains=(*purged.remains, *erase_freed_space(db), OF_BACKUPS))


def purge_record(tx: Connection, ref: str) -> Purged:
    """Erase a record inside a transaction; raises as `purge` does."""
    kind, record_id = split_ref(ref)
    first = find(tx, kind, record_id, lock=True)
    if first is None:
        raise NotFound("There is no such record.")
    _refuse_old_id(tx, first)
    found = _with_those_merged_into(tx, first, lock=True)
    refuse_referenced(tx, first)
    pks = [one.pk for one in found]
    refs = tuple(one.ref for one in found)
    names = _names(tx, found)
    remains = tuple(_of_names(ref) for ref in _named_after(tx, first.pk))
    rows.delete_index(tx, pks)
    prune_words(tx, sorted(names))
    revisions = _erase(tx, tables.revision, tables.revision.c.record.in_(pks))
    _erase(tx, tables.change, tables.change.c.record.in_(pks))
    _erase(tx, tables.import_record, tables.import_record.c.record.in_(pks))
    _erase(tx, tables.source_text, tables.source_text.c.source.in_(pks))
    answers = _erase(
        tx,
        tables.idempotency,
        or_(tables.idempotency.c.record.in_(pks), *(_names_record(tx, one) for one in refs)),
    )
    merges = select(tables.merge.c.pk).where(
        or_(tables.merge.c.source.in_(pks), tables.merge.c.target.in_(pks))
    )
    concerned = union(
        select(tables.merge_move.c.record).where(tables.merge_move.c.merge.in_(merges)),
        select(tables.merge.c.source).where(tables.merge.c.pk.in_(merges)),
        select(tables.merge.c.target).where(tables.merge.c.pk.in_(merges)),
    )
    # What others had moved by these merges stays; that it was a merge is not told any more.
    kept = tables.revision.c
    tx.execute(
        update(tables.revision).where(kept.record.in_(concerned), kept.merge.in_(merges)).values(merge=None)
    )
    _erase(
        tx,
        tables.merge_move,
        or_(tables.merge_move.c.merge.in_(merges), tables.merge_move.c.record.in_(pks)),
    )
    _erase(tx, tables.merge, or_(tables.merge.c.source.in_(pks), tables.merge.c.target.in_(pks)))
    for one in found:
        # An interrupted import may still hold what it would have written.
        staged = and_(tables.import_line.c.kind == one.kind, tables.import_line.c.id == one.id)
        _erase(tx, tables.import_line, staged)
    tx.execute(update(tables.record).where(tables.record.c.pk.in_(pks)).values(merged_into=None))
    _erase(tx, tables.record, tables.record.c.pk.in_(pks))
    bump_version(tx, 1)
    return Purged(refs, revisions, answers, remains)


def _named_after(tx: Connection, pk: int) -> list[str]:
    """Return the records that merging a record into them has rewritten: they may have its names still."""
    merge, move = tables.merge.c, tables.merge_move.c
    targets = tx.execute(
        select(merge.target)
        .join(tables.merge_move, and_(move.merge == merge.pk, move.record == merge.target))
        .where(merge.source == pk)
        .distinct()
        .order_by(merge.target)
    ).scalars()
    return [one.ref for one in find_by_keys(tx, list(targets))]


def _of_names(ref: str) -> str:
    return (
        f"It was merged into {ref}, which may have its names, now or in earlier revisions: purge that as well where they "
        "must go."
    )


def _refuse_old_id(tx: Connection, first: StoredRecord) -> None:
    """Raise `Conflict` for an id that a record had before it was renamed: the record is to be purged by its own."""
    if first.state == tables.RENAMED:
        (record,) = find_by_keys(tx, [first.merged_into or 0])
        raise Conflict(
            f"This record was renamed, and is {record.ref} now: purge that, and its old ids go with it.",
            code="renamed",
            extra={"renamed_to": record.ref},
        )


def _with_those_merged_into(tx: Connection, first: StoredRecord, *, lock: bool) -> list[StoredRecord]:
    """Return a record and all that were merged into it: they describe the same thing, and would redirect to nothing."""
    found, waiting = [first], [first.pk]
    while waiting:
        merged = tx.execute(
            select(tables.record.c.pk).where(tables.record.c.merged_into.in_(waiting))
        ).scalars()
        new = find_by_keys(tx, list(merged), lock=lock)
        found += new
        waiting = [one.pk for one in new]
    return found


def _names(tx: Connection, found: Sequence[StoredRecord]) -> set[str]:
    """Return the words of every name that the records ever had."""
    words: set[str] = set()
    for one in found:
        kept = tables.revision.c
        old = tx.execute(select(kept.document).where(kept.record == one.pk, kept.document.is_not(None)))
        for document in (one.document, *old.scalars()):
            words |= text_parts(
                load_stored(kind_by_name(one.kind), document), tables.CANONICAL_VIEW
            ).name_words()
    return words


def _names_record(tx: Connection, ref: str) -> Any:
    """Match stored responses that name a record, such as those that list it in `linked`."""
    body, named = tables.idempotency.c.body, literal(f'"{ref}"'.encode(), LargeBinary())
    if tx.dialect.name == "sqlite":
        return func.instr(body, named) > 0
    return func.position(named.op("IN")(body)) > 0


def _erase(tx: Connection, table: Any, condition: Any) -> int:
    return int(tx.execute(delete(table).where(condition)).rowcount)


def purgeable(tx: Connection, ref: str) -> tuple[str, ...]:
    """Return the references that a purge would erase, to be confirmed; raises `NotFound`."""
    kind, record_id = split_ref(ref)
    first = find(tx, kind, record_id)
    if first is None:
        raise NotFound(f"There is no such {kind.kind}.")
    _refuse_old_id(tx, first)
    return tuple(one.ref for one in _with_those_merged_into(tx, first, lock=False))
