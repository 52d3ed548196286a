"""Renaming a record: another id, under which everything of it is; the old address redirects for good.

The old id keeps a row that leads to the record, as that of a merged record does. Records that refer to it are
rewritten by the machinery of merges (`service`, `pending`): at once, or in batches after where they are many. Until
its turn comes, such a record names the old id, which leads to the same record.
"""

from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from app.database import tables
from app.database.engine.driver_errors import INTEGRITY_ERRORS, SerializationFailure
from app.database.lookup import StoredRecord, find, find_by_keys, lock_live_record
from app.database.revisions import Attribution
from app.errors import Conflict, Fault
from app.merges.service import MAX_AT_ONCE, count_pending, is_in_pending_merge, move_batch, note_referrers
from app.records.kinds import RecordKind
from app.records.references import replace_reference
from app.records.validation.document import load_stored
from app.values.timestamps import now
from app.writing.new_ids import why_taken
from app.writing.service import Check
from app.writing.write import NewRevision, append_history, write

_record, _merge, _move, _reference = (
    tables.record.c,
    tables.merge.c,
    tables.merge_move.c,
    tables.reference.c,
)

_TAKEN: Final = "Another record has this id; choose another, or merge the two with POST /v1/merges if they are of the same thing."


def rename_record(
    tx: Connection, kind: RecordKind, record_id: str, to: str, edit: Attribution, check: Check
) -> StoredRecord:
    """Give a record another id, or return it where it has that already.

    Raises:
        NotFound, Gone: there is no such record, or it was deleted.
        Conflict: it was merged or renamed; another record has or had the id; or a merge of the record, or renaming
            it, is still under way.
    """
    current = lock_live_record(tx, kind, record_id)
    check(current)
    if to == current.id:
        return current
    if is_in_pending_merge(tx, current.pk):
        detail = "A merge of this record, or renaming it, is still being done; wait until that is over."
        raise Conflict(detail, code="merge_under_way", faults=[Fault("merge_under_way", detail, "")])
    former = find(tx, kind, to, lock=True)
    if former is not None and not (former.state == tables.RENAMED and former.merged_into == current.pk):
        detail = _TAKEN if former.state == tables.LIVE else why_taken(former)
        raise Conflict(detail, code="id_in_use", faults=[Fault("id_in_use", detail, "/to")])
    was, is_now = current.ref, f"{kind.collection}/{to}"
    why = replace(edit, comment=edit.comment or f"{was} was renamed to {is_now}")
    left = _give_id(tx, current, to, former)
    pk = note_referrers(tx, left.pk, current.pk, current.pk, now(), edit.by)
    # Links to itself are moved while it has the old id: they are no links of two records that became one.
    moved = replace_reference(load_stored(kind, current.document), was, is_now).changed(id=to)
    (stored,) = write(tx, [NewRevision(kind, moved, "rename", replace(current, id=to))], why)
    if count_pending(tx, pk) <= MAX_AT_ONCE:
        move_batch(tx, pk, MAX_AT_ONCE, edit.comment)
    else:
        # Until they are rewritten they name the old id, and what they refer to is shown under it.
        waiting = select(_move.record).where(_move.merge == pk, _move.revision == 0)
        tx.execute(
            update(tables.reference)
            .where(_reference.target == current.pk, _reference.record.in_(waiting))
            .values(target=left.pk)
        )
    append_history(tx, [("rename", left)], why)
    return stored


def _give_id(tx: Connection, current: StoredRecord, to: str, former: StoredRecord | None) -> StoredRecord:
    """Give a record an id, and the row that its old id leaves: a new one, or that of the id which it had before.

    Raises:
        SerializationFailure: another writer took the id at the same moment.
    """
    copied: dict[str, Any] = {
        "state": tables.RENAMED,
        "merged_into": current.pk,
        "revision": 1 if former is None else former.revision + 1,
        "updated_at": max(now(), 0 if former is None else former.updated_at + 1),
    }
    before = select(_record.rendering, _record.document, _record.card).where(_record.pk == current.pk)
    rendering, document, card = tx.execute(before).one()
    copied |= {"rendering": rendering, "document": document, "card": card}
    try:
        if former is not None:
            # No id begins so: both rows change theirs, and no two may be the same in between.
            _set(tx, former.pk, id=f"#{former.pk}")
        _set(tx, current.pk, id=to)
        if former is None:
            left = tx.execute(
                insert(tables.record).values(kind=current.kind, id=current.id, **copied).returning(_record.pk)
            ).scalar_one()
        else:
            left = former.pk
            _set(tx, left, id=current.id, **copied)
    except INTEGRITY_ERRORS as error:
        raise SerializationFailure from error
    return find_by_keys(tx, [left])[0]


def _set(tx: Connection, pk: int, **values: Any) -> None:
    tx.execute(update(tables.record).where(_record.pk == pk).values(**values))
