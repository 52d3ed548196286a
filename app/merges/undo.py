"""Undoing a merge: the record is restored, and the moved references with it.

Where more than `MAX_AT_ONCE` records were moved, the record comes back first and the rest is restored in
batches after (`pending`). Meanwhile each record refers, as a whole, to the one or the other, and both can
be read. A record that somebody writes before its batch stays as they wrote it, and is listed once the merge
is undone.

The record that stayed is restored as the others are if it referred to the one that went. If it was only given names
it may have been written since: then it has these taken away, as far as it still has them.
"""

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
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
from app.database.lookup import (
    COLLECTIONS,
    StoredRecord,
    find_by_keys,
    find_heads,
    find_in_batches,
    follow_merges,
)
from app.database.revisions import Attribution, find_revision
from app.errors import Conflict, Fault, NotFound
from app.merges.absorbed_names import without_absorbed_names
from app.merges.service import MAX_AT_ONCE, Merge, find_merge, is_in_pending_merge
from app.records.base import Record
from app.records.kinds import kind_by_name
from app.records.references import referenced_records
from app.records.serialization import content_without_server_fields
from app.records.validation.document import load_stored
from app.writing.batch import InvalidBatch
from app.writing.resolve_references import following_merges
from app.writing.write import NewRevision, write

MAX_NAMED: Final = 100
"""Records that are named, of those that prevent undoing a merge or were not restored."""

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
    """Check, writing nothing, whether a merge can be undone: documents are compared before other writes have to wait.

    Returns, for records that were written since and are again as the merge left them, the revisions in
    which they are.

    Raises:
        NotFound: there is no such merge.
        Conflict: a record was written since it was moved.
    """
    if find_merge(tx, pk).state != "done":
        return {}
    target = tx.execute(select(_merge.target).where(_merge.pk == pk)).scalar_one()
    return _refuse_written_since(tx, pk, {}, _only_named(tx, pk, target))


def undo_merge(tx: Connection, pk: int, edit: Attribution, checked: Mapping[int, int] | None = None) -> Merge:
    """Undo a merge: the record and what was moved are restored at once, or the latter in batches after.

    `checked` is the result of `check_undo`: those revisions are not compared once more.

    Raises:
        NotFound: there is no such merge.
        Conflict: it was undone already, a merge of one of its records is under way, a record was written since it
            was moved, or what would be restored refers to records that are gone.
    """
    row = tx.execute(select(_merge.source, _merge.target).where(_merge.pk == pk).with_for_update()).first()
    merge = find_merge(tx, pk)
    if row is None:
        raise NotFound("There is no such merge.")
    if merge.state == "undone":
        raise Conflict("This merge was undone already.", code="undone")
    (source,) = find_by_keys(tx, [row.source], lock=True)
    # With the shared lock of a reference: writes that refer to it need not wait, a merge of it must.
    find_heads(tx, [merge.target])
    if is_in_pending_merge(tx, row.source) or is_in_pending_merge(tx, row.target):
        raise Conflict(
            "A merge of these records is still being done or undone; wait until that is over.",
            code="merge_under_way",
        )
    drafts = [_restoring(source, source.document)]
    named = _only_named(tx, pk, row.target)
    restored = [_move.merge == pk] if named is None else [_move.merge == pk, _move.record != named.record]
    if _are_few(merge):
        moves = tx.execute(select(_move.record, _move.revision).where(*restored))
        moved: dict[int, int] = {move.record: move.revision for move in moves}
        held = find_by_keys(tx, list(moved), lock=True)
        _refuse_written_since(tx, pk, {}, named)
        drafts += _restoring_moved(tx, held, moved)
    else:
        _refuse_written_since(tx, pk, checked or {}, named)
        tx.execute(update(tables.merge_move).where(*restored).values(revision=-_move.revision))
    if named is not None:
        drafts += _without_names(tx, named)
    try:
        written = write(tx, drafts, dataclasses.replace(edit, merge=pk))
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
                for at, fault in error.found[:MAX_NAMED]
            ],
        ) from None
    # The revision that has the attribution of undoing, for the batches.
    tx.execute(update(tables.merge).where(_merge.pk == pk).values(undone_at=written[0].updated_at))
    return find_merge(tx, pk)


def restore_batch(tx: Connection, pk: int, most: int) -> int:
    """Restore some of the records that are left; returns how many were read."""
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
    # Everything that the old documents refer to exists: the same as in the present ones, and the restored
    # record.
    restored = {one.pk for one in write(tx, drafts, _edit_of_undoing(tx, pk))} if drafts else set[int]()
    _settle(tx, pk, restored, -_move.revision)
    _settle(tx, pk, moved.keys() - restored, literal(0))
    return len(moved)


async def list_not_restored(db: ReadConnection, pk: int) -> tuple[list[str], int]:
    """List records that undoing a merge left as others wrote them, at most `MAX_NAMED`; returns the number of all too."""
    found = await db.fetch(_NOT_RESTORED, {"merge": pk, "most": MAX_NAMED})
    return [f"{COLLECTIONS[kind]}/{record_id}" for kind, record_id, _ in found], found[0][2] if found else 0


def _are_few(merge: Merge) -> bool:
    return merge.moved <= MAX_AT_ONCE


@dataclass(frozen=True, slots=True)
class _Named:
    """A record that stayed, and was given names by the merge and nothing else.

    Attributes:
        record: its key.
        merged: as the merge left it.
        before: as it was before.
    """

    record: int
    merged: Record
    before: Record


def _only_named(tx: Connection, pk: int, target: int) -> _Named | None:
    """Return what a merge made of the record that stayed; None where it wrote nothing there, or moved references of it."""
    revision = tx.execute(
        select(_move.revision).where(_move.merge == pk, _move.record == target, _move.revision > 0)
    ).scalar()
    if revision is None:
        return None
    kind = kind_by_name(find_by_keys(tx, [target])[0].kind)
    merged, before = (find_revision(tx, target, number) for number in (revision, revision - 1))
    if merged is None or before is None or merged.document is None or before.document is None:
        return None
    left, earlier = load_stored(kind, merged.document), load_stored(kind, before.document)
    if referenced_records(left) != referenced_records(earlier):
        return None
    return _Named(target, left, earlier)


def _without_names(tx: Connection, named: _Named) -> Iterator[NewRevision]:
    """Yield a revision of the record that stayed, without the names that the merge gave it and that it still has."""
    for current in find_by_keys(tx, [named.record], lock=True):
        kind = kind_by_name(current.kind)
        record = load_stored(kind, current.document)
        without = without_absorbed_names(record, named.merged, named.before)
        if current.state == tables.LIVE and without is not record:
            yield NewRevision(kind, without, "unmerge", current)


def _refuse_written_since(
    tx: Connection, pk: int, checked: Mapping[int, int], named: _Named | None
) -> dict[int, int]:
    """Raise `Conflict` for records that have changed since the merge, but for the one that was only given names.

    Returns, for those that have changed back, the revisions in which they did; those that were `checked`
    are not compared again.
    """
    written = {
        record: (moved, revision)
        for record, moved, revision in _WRITTEN_SINCE.rows(tx, {"merge": pk})
        if checked.get(record) != revision and (named is None or record != named.record)
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
        listed = edited[:MAX_NAMED]
        raise Conflict(
            "Records were written since the merge moved their references; revert or change them by hand.",
            code="edited_since",
            faults=[Fault("edited_since", f"{ref} was written since.") for ref in listed],
            extra={"conflicts": listed, "count": len(edited)},
        )
    return back


def _restoring_moved(
    tx: Connection, current: Iterable[StoredRecord], moved: Mapping[int, int]
) -> list[NewRevision]:
    """Make revisions with the documents from before the records were moved."""
    before = ((one, find_revision(tx, one.pk, moved[one.pk] - 1)) for one in current)
    return [
        _restoring(one, revision.document)
        for one, revision in before
        if revision is not None and revision.document is not None
    ]


def _edit_of_undoing(tx: Connection, pk: int) -> Attribution:
    """Return the attribution of undoing a merge, from the revision that restored the record."""
    by, comment = tx.execute(
        select(_revision.by, _revision.comment)
        .join(tables.merge, and_(_merge.source == _revision.record, _merge.undone_at == _revision.at))
        .where(_merge.pk == pk)
    ).one()
    return Attribution(by, comment, merge=pk)


def _settle(tx: Connection, pk: int, records: Collection[int], revision: ColumnElement[int]) -> None:
    tx.execute(
        update(tables.merge_move)
        .where(_move.merge == pk, _move.record.in_(records))
        .values(revision=revision)
    )


def _stands_as_left(tx: Connection, current: StoredRecord, revision: int) -> bool:
    """Return whether a record says the same as in that revision.

    It may have been written since and be back, such as one that a later merge rewrote and that was undone; or only
    name records that were renamed.
    """
    if current.state != tables.LIVE:
        return False
    if current.revision == revision:
        return True
    left = find_revision(tx, current.pk, revision)
    if left is None or left.document is None:
        return False
    kind = kind_by_name(current.kind)
    said = _under_present_ids(tx, load_stored(kind, left.document)).changed(id=current.id)
    return content_without_server_fields(
        load_stored(kind, current.document)
    ) == content_without_server_fields(said)


def _under_present_ids(tx: Connection, record: Record) -> Record:
    """Replace references to records that have been renamed since by those that they have now."""
    heads = find_heads(tx, referenced_records(record), lock=False)
    renamed = [head for head in heads.values() if head.state == tables.RENAMED]
    return following_merges(record, follow_merges(tx, renamed))


def _restoring(current: StoredRecord, document: str) -> NewRevision:
    kind = kind_by_name(current.kind)
    return NewRevision(kind, load_stored(kind, document).changed(id=current.id), "unmerge", current)
