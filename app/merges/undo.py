"""A merge undone: the record is back, and what was moved says again what it said before.

Where more than `MOST_AT_ONCE` records were moved, the record is back first and the rest is restored in batches after
(`pending_merges`). Meanwhile each record refers, as a whole, to the one or the other, and both can be read. What
others write before its turn comes stays as they wrote it, and is told of once the merge is undone.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.database.lookup import COLLECTIONS, StoredRecord, find_by_keys, find_heads, find_in_batches
from app.database.revisions import Attribution, find_revision
from app.errors import Conflict, Fault, NotFound
from app.merges.service import MOST_AT_ONCE, Merge, find_merge, is_in_pending_merge
from app.records.kinds import kind_by_name
from app.records.serialization import content_without_server_fields
from app.records.validation.document import load_stored
from app.writing.batch import InvalidBatch
from app.writing.write import NewRevision, write

MOST_NAMED: Final = 100
"""Records that are named, of those that stand against undoing a merge or were not restored."""


_merge, _move = tables.merge.c, tables.merge_move.c


_record, _revision = tables.record.c, tables.revision.c


_WRITTEN_SINCE = CompiledStatement(
    select(_move.record, _move.revision, _record.revision)
    .join(tables.record, _record.pk == _move.record)
    .where(
        _move.merge == bindparam("merge"),
        or_(_record.state != literal_column(str(tables.LIVE)), _record.revision != _move.revision),
    )
    .order_by(_move.record)
)


_NOT_RESTORED = CompiledStatement(
    select(_record.kind, _record.id, func.count().over())
    .join(tables.merge_move, _move.record == _record.pk)
    .where(_move.merge == bindparam("merge"), _move.revision == literal_column("0"))
    .order_by(_move.record)
    .limit(bindparam("most"))
)


def check_undo(tx: Connection, pk: int) -> dict[int, int]:
    """Look, writing nothing, for what stands against undoing a merge: documents are compared before others have to wait.

    Gives, of the records that were written since and say again what the merge left, the revisions in which they do.

    Raises:
        NotFound: there is no such merge.
        Conflict: a record was written since it was moved.
    """
    merge = find_merge(tx, pk)
    return _refuse_written_since(tx, pk, {}) if merge.state == "done" else {}


def undo_merge(tx: Connection, pk: int, edit: Attribution, checked: Mapping[int, int] | None = None) -> Merge:
    """Undo a merge: the record is back, and what was moved is as it was, or is restored in batches after.

    `checked` is what `check_undo` gave: what stands in those revisions is not compared once more.

    Raises:
        NotFound: there is no such merge.
        Conflict: it was undone already, a merge of one of its records is under way, a record was written since it
            was moved, or what would be restored refers to records that are gone.
    """
    row = tx.execute(select(_merge.source, _merge.target).where(_merge.pk == pk).with_for_update()).first()
    if row is None:
        raise NotFound("There is no such merge.")
    merge = find_merge(tx, pk)
    if merge.state == "undone":
        raise Conflict("This merge was undone already.", code="undone")
    (source,) = find_by_keys(tx, [row.source], lock=True)
    # Held as by those who refer to it: they need not wait, and whoever merges it does.
    find_heads(tx, [merge.target])
    if is_in_pending_merge(tx, row.source) or is_in_pending_merge(tx, row.target):
        raise Conflict(
            "A merge of these records is still being done or undone; wait until that is over.",
            code="merge_under_way",
        )
    drafts = [_restoring(source, source.document)]
    if _are_few(merge):
        moves = tx.execute(select(_move.record, _move.revision).where(_move.merge == pk))
        moved: dict[int, int] = {move.record: move.revision for move in moves}
        held = find_by_keys(tx, list(moved), lock=True)
        _refuse_written_since(tx, pk, {})
        drafts += _restoring_moved(tx, held, moved)
    else:
        _refuse_written_since(tx, pk, checked or {})
        tx.execute(update(tables.merge_move).where(_move.merge == pk).values(revision=-_move.revision))
    try:
        written = write(tx, drafts, edit)
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
                for at, fault in error.found[:MOST_NAMED]
            ],
        ) from None
    # The moment of the revision that says who undid it and why, for the batches.
    tx.execute(update(tables.merge).where(_merge.pk == pk).values(undone_at=written[0].updated_at))
    return find_merge(tx, pk)


def restore_batch(tx: Connection, pk: int, most: int) -> int:
    """Restore some of the records that are still to be; gives how many were looked at."""
    waiting = tx.execute(
        select(_move.record, (-_move.revision).label("revision"))
        .where(_move.merge == pk, _move.revision < 0)
        .order_by(_move.record)
        .limit(most)
        .with_for_update()
    )
    moved: dict[int, int] = {move.record: move.revision for move in waiting}
    held = find_by_keys(tx, list(moved), lock=True)
    standing = [one for one in held if _stands_as_left(tx, one, moved[one.pk])]
    drafts = _restoring_moved(tx, standing, moved)
    # What they said refers to nothing that what they say does not hold, but the record that is back: it is there.
    restored = {one.pk for one in write(tx, drafts, _edit_of_undoing(tx, pk))} if drafts else set[int]()
    _settle(tx, pk, restored, -_move.revision)
    _settle(tx, pk, moved.keys() - restored, literal(0))
    return len(moved)


async def list_not_restored(db: ReadConnection, pk: int) -> tuple[list[str], int]:
    """Name what undoing a merge left as others wrote it meanwhile, `MOST_NAMED` at the most; gives the number of all too."""
    found = await db.fetch(_NOT_RESTORED, {"merge": pk, "most": MOST_NAMED})
    return [f"{COLLECTIONS[kind]}/{record_id}" for kind, record_id, _ in found], found[0][2] if found else 0


def _are_few(merge: Merge) -> bool:
    return merge.moved <= MOST_AT_ONCE


def _refuse_written_since(tx: Connection, pk: int, checked: Mapping[int, int]) -> dict[int, int]:
    """Raise `Conflict` for records that no longer say what the merge left.

    Gives, of those that do so again, the revisions in which they do; those that were `checked` are not compared again.
    """
    written = {
        record: (moved, revision)
        for record, moved, revision in _WRITTEN_SINCE.rows(tx, {"merge": pk})
        if checked.get(record) != revision
    }
    back: dict[int, int] = {}
    edited: list[str] = []
    for current in find_in_batches(tx, list(written)):
        moved, revision = written[current.pk]
        if _stands_as_left(tx, current, moved):
            back[current.pk] = revision
        else:
            edited.append(current.ref)
    if edited:
        named = edited[:MOST_NAMED]
        raise Conflict(
            "Records were written since the merge moved their references; revert or change them by hand.",
            code="edited_since",
            faults=[Fault("edited_since", f"{ref} was written since.") for ref in named],
            extra={"conflicts": named, "count": len(edited)},
        )
    return back


def _restoring_moved(
    tx: Connection, current: Iterable[StoredRecord], moved: Mapping[int, int]
) -> list[NewRevision]:
    """NewRevision what records said before the revisions in which they were moved."""
    before = ((one, find_revision(tx, one.pk, moved[one.pk] - 1)) for one in current)
    return [
        _restoring(one, revision.document)
        for one, revision in before
        if revision is not None and revision.document is not None
    ]


def _edit_of_undoing(tx: Connection, pk: int) -> Attribution:
    """Find who undoes a merge, and why: as the revision says with which the record came back."""
    by, comment = tx.execute(
        select(_revision.by, _revision.comment)
        .join(tables.merge, and_(_merge.source == _revision.record, _merge.undone_at == _revision.at))
        .where(_merge.pk == pk)
    ).one()
    return Attribution(by, comment)


def _settle(tx: Connection, pk: int, records: Collection[int], revision: ColumnElement[int]) -> None:
    tx.execute(
        update(tables.merge_move)
        .where(_move.merge == pk, _move.record.in_(records))
        .values(revision=revision)
    )


def _stands_as_left(tx: Connection, current: StoredRecord, revision: int) -> bool:
    """Say whether a record says what it did in that revision.

    It may have been written since and be back, as what a later merge rewrote as well is once that is undone.
    """
    if current.state != tables.LIVE:
        return False
    if current.revision == revision:
        return True
    left = find_revision(tx, current.pk, revision)
    kind = kind_by_name(current.kind)
    return (
        left is not None
        and left.document is not None
        and content_without_server_fields(load_stored(kind, current.document))
        == content_without_server_fields(load_stored(kind, left.document))
    )


def _restoring(current: StoredRecord, document: str) -> NewRevision:
    kind = kind_by_name(current.kind)
    return NewRevision(kind, load_stored(kind, document).changed(id=current.id), "unmerge", current)
