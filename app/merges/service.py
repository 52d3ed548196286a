"""Merging two records of the same thing: every reference moves, both histories stay, and it can be undone (`undo`).

The record that goes leaves a tombstone that redirects. Records that referred to it are rewritten, each in a
revision of its own, which is recorded, so that undoing restores exactly those. Where more than
`MAX_AT_ONCE` records refer to it, the redirect comes first and the rest in batches after (`pending`):
meanwhile reads are redirected, and writes have the reference moved.

The record that stays takes over the names of the one that goes (`absorbed_names`), so that it is found by them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from sqlalchemy import Connection, and_, bindparam, delete, func, insert, literal, or_, select, update

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.database.index import rows
from app.database.lookup import StoredRecord, find_by_keys, find_heads, lock_live_record, split_ref
from app.database.near_ids import similar_references
from app.database.revisions import Attribution
from app.errors import Conflict, Fault, InvalidDocument, NotFound
from app.merges.absorbed_names import with_names_of
from app.merges.merge_summary import SOURCE, SUMMARIES, TARGET, WITH_RECORDS, MergeSummary, with_references
from app.merges.schemas import MergeState
from app.records.kinds import kind_by_name
from app.records.references import replace_reference
from app.records.validation.document import load_stored
from app.values.timestamps import now
from app.writing.write import NewRevision, append_history, compare_and_set, write

MAX_AT_ONCE: Final = 1000
"""Records that are rewritten in the transaction of the merge itself, or of undoing it."""

_merge, _move = tables.merge.c, tables.merge_move.c

PENDING: Final = and_(
    # The range that the index is searched for.
    _move.revision <= 0,
    or_(_move.revision < 0, _merge.undone_at.is_(None)),
)
"""Selects what is left of the merge, or undoing, of a record: a row of `merge_move` and that of its merge."""

_READ = CompiledStatement(
    SUMMARIES.add_columns(
        select(func.count())
        .where(_move.merge == _merge.pk, _move.revision > 0, _move.record != _merge.target)
        .correlate(tables.merge)
        .scalar_subquery(),
        select(func.count())
        .where(_move.merge == _merge.pk, PENDING)
        .correlate(tables.merge)
        .scalar_subquery(),
    ).where(_merge.pk == bindparam("pk"))
)

_WORK = select(SOURCE.c.kind, SOURCE.c.id, TARGET.c.id, _merge.by, SOURCE.c.state).select_from(WITH_RECORDS)


@dataclass(frozen=True, slots=True)
class Merge(MergeSummary):
    """A merge with how many records have had their references moved, and how many are left, there or back."""

    moved: int
    pending: int

    def to_dict(self) -> MergeState:
        """Return it as the API shows it."""
        return {**MergeSummary.to_dict(self), "moved": self.moved, "pending": self.pending}


async def read_merge(db: ReadConnection, pk: int) -> Merge:
    """Return a merge; raises `NotFound` where there is none of that number."""
    return _made(await db.fetch(_READ, {"pk": pk}))


def merge_records(
    tx: Connection, source_ref: str, target_ref: str, edit: Attribution, *, aliases: bool = True
) -> Merge:
    """Merge a record into another of its kind, which takes over its names where `aliases` says so.

    Raises:
        InvalidDocument: they are of different kinds, the same record, or one of them does not exist; or the one that
            stays would have too many names.
        Gone, Conflict: one of them was deleted, or merged already, or a merge of it is still under way, or
            they are sources whose texts differ.
    """
    faults = merge_faults(tx, source_ref, target_ref)
    if faults:
        raise InvalidDocument("These records cannot be merged.", faults=faults)
    source, target = _both(tx, source_ref, target_ref)
    _refuse_different_texts(source, target)
    for one, name in ((source, "/from"), (target, "/into")):
        if is_in_pending_merge(tx, one.pk):
            detail = "A merge of this record is still being done or undone; wait until that is over."
            raise Conflict(detail, code="merge_under_way", faults=[Fault("merge_under_way", detail, name)])
    at = now()
    pk = note_referrers(tx, source.pk, target.pk, source.pk, at, edit.by)
    edit = replace(edit, merge=pk)
    gone = replace(
        source,
        state=tables.MERGED,
        merged_into=target.pk,
        revision=source.revision + 1,
        updated_at=max(at, source.updated_at + 1),
    )
    compare_and_set(tx, source, gone)
    rows.delete_index(tx, [source.pk])
    _take_over_text(tx, source, target)
    _rewrite_target(tx, pk, source, target, edit, aliases=aliases)
    if count_pending(tx, pk) <= MAX_AT_ONCE:
        move_batch(tx, pk, MAX_AT_ONCE, edit.comment)
    append_history(tx, [("merge", gone)], edit)
    return find_merge(tx, pk)


def note_referrers(tx: Connection, source: int, target: int, referred_to: int, at: int, by: str) -> int:
    """Note a merge, or a renaming, and that the other records which refer to a record are to refer to `target`.

    All are given by their keys: `source` is the row that goes, or that the old id leaves. Returns the key of what is noted.
    """
    pk: int = tx.execute(
        insert(tables.merge).values(source=source, target=target, at=at, by=by).returning(_merge.pk)
    ).scalar_one()
    referrers = select(literal(pk), tables.reference.c.record, literal(0)).where(
        tables.reference.c.target == referred_to, tables.reference.c.record != referred_to
    )
    tx.execute(insert(tables.merge_move).from_select(["merge", "record", "revision"], referrers))
    return pk


def count_pending(tx: Connection, pk: int) -> int:
    """Return how many records have references that a merge, or a renaming, is still to move."""
    pending: int = tx.execute(
        select(func.count()).select_from(tables.merge_move).where(_move.merge == pk, _move.revision == 0)
    ).scalar_one()
    return pending


def find_merge(tx: Connection, pk: int) -> Merge:
    """Return a merge; raises `NotFound` where there is none of that number."""
    return _made(_READ.rows(tx, {"pk": pk}))


def merge_faults(tx: Connection, source_ref: str | None, target_ref: str | None) -> list[Fault]:
    """Return why references, as far as they could be parsed, are no two records that can be merged."""
    given = {"/from": source_ref, "/into": target_ref}
    refs = {pointer: ref for pointer, ref in given.items() if ref is not None}
    heads = find_heads(tx, refs.values(), lock=False)
    faults = {pointer: _unknown(tx, pointer, ref) for pointer, ref in refs.items() if ref not in heads}
    if source_ref is not None and target_ref is not None:
        if split_ref(source_ref)[0] != split_ref(target_ref)[0]:
            detail = "Only records of the same kind can be merged."
            faults["/into"] = Fault("wrong_kind", detail, "/into")
        elif source_ref == target_ref:
            detail = "A record cannot be merged into itself."
            faults["/into"] = Fault("same_record", detail, "/into")
    return list(faults.values())


def _unknown(tx: Connection, pointer: str, ref: str) -> Fault:
    near = similar_references(tx, ref, 1)
    detail = "There is no such record; correct the reference."
    return Fault("unknown_reference", detail, pointer, suggestion=near[0] if near else None)


def _both(tx: Connection, source_ref: str, target_ref: str) -> tuple[StoredRecord, StoredRecord]:
    # Always in the same order, so that two merges of the same pair wait for each other instead of a
    # deadlock.
    held = {ref: lock_live_record(tx, *split_ref(ref)) for ref in sorted((source_ref, target_ref))}
    return held[source_ref], held[target_ref]


def _refuse_different_texts(source: StoredRecord, target: StoredRecord) -> None:
    if source.kind != "source":
        return
    digests = {
        text["sha256"]
        for one in (source, target)
        if (text := orjson.loads(one.document).get("text")) is not None
    }
    if len(digests) > 1:
        raise Conflict(
            "The sources have texts that differ, so what was read at a place of the one is not at that of the other.",
            code="different_texts",
        )


def _take_over_text(tx: Connection, source: StoredRecord, target: StoredRecord) -> None:
    """Attach the text of the source that goes to the one that stays, where that has none."""
    kept = tables.source_text.c
    if source.kind != "source" or tx.execute(select(kept.source).where(kept.source == target.pk)).first():
        return
    if "text" in orjson.loads(target.document):
        tx.execute(
            insert(tables.source_text).from_select(
                ["source", "text"], select(literal(target.pk), kept.text).where(kept.source == source.pk)
            )
        )


def _rewrite_target(
    tx: Connection, pk: int, source: StoredRecord, target: StoredRecord, edit: Attribution, *, aliases: bool
) -> None:
    """Give the record that stays the names of the other, and move its own references to that, in one revision.

    The revision is recorded as that of a record that was moved.
    """
    kind = kind_by_name(target.kind)
    record = load_stored(kind, target.document)
    named = with_names_of(record, load_stored(kind, source.document)) if aliases else record
    moved = replace_reference(named, source.ref, target.ref)
    if moved is record:
        return
    tx.execute(delete(tables.merge_move).where(_move.merge == pk, _move.record == target.pk))
    why = replace(edit, comment=edit.comment or f"{source.ref} was merged into {target.ref}")
    (written,) = write(tx, [NewRevision(kind, moved, "merge", target)], why)
    tx.execute(insert(tables.merge_move).values(merge=pk, record=target.pk, revision=written.revision))


def is_in_pending_merge(tx: Connection, pk: int) -> bool:
    """Return whether a merge of a record, given by its key, with another is still being done or undone."""
    return (
        tx.execute(
            select(_move.merge)
            .join(tables.merge, _merge.pk == _move.merge)
            .where(or_(_merge.source == pk, _merge.target == pk), PENDING)
            .limit(1)
        ).first()
        is not None
    )


def move_batch(tx: Connection, pk: int, most: int, comment: str | None) -> int:
    """Rewrite some of the records that are left; returns how many were read."""
    kind_name, source_id, target_id, by, state = tx.execute(_WORK.where(_merge.pk == pk)).one()
    collection, is_renaming = kind_by_name(kind_name).collection, state == tables.RENAMED
    source, target = f"{collection}/{source_id}", f"{collection}/{target_id}"
    waiting = tx.execute(
        select(_move.record)
        .where(_move.merge == pk, _move.revision == 0)
        .order_by(_move.record)
        .limit(most)
        .with_for_update()
    ).scalars()
    drafts, settled = [], []
    for current in find_by_keys(tx, list(waiting), lock=True):
        kind = kind_by_name(current.kind)
        record = load_stored(kind, current.document)
        moved = replace_reference(record, source, target)
        # A write in the meantime has moved the record's references, and a deleted record has none.
        if current.state == tables.LIVE and moved is not record:
            drafts.append(NewRevision(kind, moved, "rename" if is_renaming else "merge", current))
        else:
            settled.append(current.pk)
    if settled:
        tx.execute(delete(tables.merge_move).where(_move.merge == pk, _move.record.in_(settled)))
    if drafts:
        why = comment or f"{source} was {'renamed to' if is_renaming else 'merged into'} {target}"
        written = write(tx, drafts, Attribution(by, why, merge=None if is_renaming else pk))
        _note(tx, pk, written)
    if is_renaming:
        _forget_renamed(tx, pk)
    return len(drafts) + len(settled)


def _forget_renamed(tx: Connection, pk: int) -> None:
    """Delete what was noted of records that have been rewritten for a renaming: it cannot be undone, but back."""
    tx.execute(delete(tables.merge_move).where(_move.merge == pk, _move.revision > 0))
    if not count_pending(tx, pk):
        tx.execute(delete(tables.merge).where(_merge.pk == pk))


def _note(tx: Connection, pk: int, written: Sequence[StoredRecord]) -> None:
    statement = (
        update(tables.merge_move)
        .where(_move.merge == pk, _move.record == bindparam("b_record"))
        .values(revision=bindparam("b_revision"))
    )
    tx.execute(statement, [{"b_record": one.pk, "b_revision": one.revision} for one in written])


def _made(found: Sequence[Sequence[Any]]) -> Merge:
    if not found:
        raise NotFound("There is no such merge.")
    *summary, moved, pending = with_references(found[0])
    return Merge(*(*summary, pending > 0, moved, pending))
