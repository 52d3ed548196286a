"""A merge undone: the record is back, and what was moved says again what it said before."""

from sqlalchemy import Connection, select, update

from app.errors import Conflict, Fault, NotFound
from app.records import kind_named
from app.records.reading import read_stored
from app.records.writing import content
from app.store import tables
from app.values.moments import now
from app.verbs.batches import InvalidBatch
from app.verbs.finding import Stored, find_by_keys
from app.verbs.history import find_revision
from app.verbs.merging import Merge, find_merge
from app.verbs.writing import Draft, Edit, write

_merge, _move = tables.merge.c, tables.merge_move.c


def undo_merge(tx: Connection, pk: int, edit: Edit) -> Merge:
    """Undo a merge: the record is back, and what was moved is as it was.

    Raises:
        NotFound: there is no such merge.
        Conflict: it was undone already or is under way, a record was written since it was moved, or what
            would be restored refers to records that are gone.
    """
    merge = tx.execute(
        select(_merge.source, _merge.target, _merge.undone_at).where(_merge.pk == pk).with_for_update()
    ).first()
    if merge is None:
        raise NotFound("There is no such merge.")
    if merge.undone_at is not None:
        raise Conflict("This merge was undone already.", code="undone")
    moves = tx.execute(
        select(_move.record, _move.revision).where(_move.merge == pk).order_by(_move.record)
    ).all()
    if any(revision == 0 for _, revision in moves):
        raise Conflict("This merge is still under way; wait until it is done.", code="merge_under_way")
    held = {
        one.pk: one for one in find_by_keys(tx, [merge.source, *(record for record, _ in moves)], lock=True)
    }
    source = held[merge.source]
    edited = [held[record] for record, revision in moves if not _stands_as_left(tx, held[record], revision)]
    if edited:
        raise Conflict(
            "Records were written since the merge moved their references; revert or change them by hand.",
            code="edited_since",
            faults=[Fault("edited_since", f"{one.ref} was written since.") for one in edited[:100]],
            extra={"conflicts": [one.ref for one in edited[:100]], "count": len(edited)},
        )
    drafts = [_undone(source, source.document)]
    for record, revision in moves:
        before = find_revision(tx, record, revision - 1)
        if before is not None and before.document is not None:
            drafts.append(_undone(held[record], before.document))
    try:
        write(tx, drafts, edit)
    except InvalidBatch as error:
        raise Conflict(
            "What would be restored no longer holds: it refers to records that are gone, perhaps; restore those first.",
            code="dangling",
            faults=[
                Fault(
                    fault.code,
                    f"In {drafts[at].ref}: {fault.detail}",
                    fault.pointer,
                    suggestion=fault.suggestion,
                )
                for at, fault in error.found[:100]
            ],
        ) from None
    tx.execute(update(tables.merge).where(_merge.pk == pk).values(undone_at=now()))
    return find_merge(tx, pk)


def _stands_as_left(tx: Connection, current: Stored, revision: int) -> bool:
    """Say whether a record says what it did in that revision.

    It may have been written since and be back, as what a later merge rewrote as well is once that is undone.
    """
    if current.state != tables.LIVE:
        return False
    if current.revision == revision:
        return True
    left = find_revision(tx, current.pk, revision)
    kind = kind_named(current.kind)
    return (
        left is not None
        and left.document is not None
        and content(read_stored(kind, current.document)) == content(read_stored(kind, left.document))
    )


def _undone(current: Stored, document: str) -> Draft:
    kind = kind_named(current.kind)
    return Draft(kind, read_stored(kind, document).changed(id=current.id), "unmerge", current)
