"""What a client may do to one record: the rules of the API around the one write path.

Every function runs inside the given transaction and locks the record until its end. A `check` is called
with the record as it is, locked, and raises where the client meant another revision.
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import Connection

from app.database import tables
from app.database.index import rows
from app.database.lookup import StoredRecord, find, lock_live_record, refuse_merged
from app.database.near_ids import not_found
from app.database.revisions import Action, Attribution, find_revision
from app.database.vocabulary import known_vocabulary
from app.errors import AnnalsError, Conflict, Fault, InvalidDocument, NotFound, PreconditionFailed
from app.reading.cards import join_cards
from app.reading.service import READ, RecordAnswer, card_of_row
from app.records.base import Record
from app.records.kinds import RecordKind, kind_by_name
from app.records.serialization import to_canonical_json
from app.records.validation.document import load_stored
from app.values.entity_tag import record_tag
from app.values.json_patch import Patch
from app.values.slug import is_id
from app.values.timestamps import now
from app.writing.new_ids import free_id, refuse_taken
from app.writing.referrers import refuse_referenced
from app.writing.submitted_document import SubmittedDocument
from app.writing.write import NewRevision, append_history, compare_and_set, write

Check = Callable[[StoredRecord], None]
_NO_REVISION: Final = "There is no such revision; …/revisions lists those there are."


def read_back(tx: Connection, kind: RecordKind, record_id: str) -> RecordAnswer:
    """Return the response to a read of the record once the transaction is committed."""
    first, *cards = sorted(
        READ.rows(tx, {"kind": kind.kind, "id": record_id}), key=lambda row: tuple(row[:3])
    )
    _, _, _, _, revision, document, _, _, version, updated_at = first
    body = b"".join((document[:-1].encode(), b',"linked":{', join_cards(map(card_of_row, cards)), b"}}"))
    return RecordAnswer(body, record_tag(revision, updated_at, body), revision, updated_at, version)


def create_record(
    tx: Connection, kind: RecordKind, sent: SubmittedDocument, edit: Attribution
) -> StoredRecord:
    """Create a record; raises as `create` does."""
    record, edit = sent.under(tx, kind, edit)
    return create(tx, kind, record, edit)


def create_at(
    tx: Connection, kind: RecordKind, record_id: str, sent: SubmittedDocument, edit: Attribution, check: Check
) -> StoredRecord:
    """Create a record at an address where there is none; `check` is called where there is one.

    Raises:
        Gone: there was one, which was deleted.
        Conflict: there was one, which was merged into another.
    """
    current = find(tx, kind, record_id, lock=True)
    if current is None:
        return create_record(tx, kind, sent, edit)
    lock_live_record(tx, kind, record_id)
    check(current)
    raise PreconditionFailed("There is such a record already.")


def replace_record(
    tx: Connection, kind: RecordKind, record_id: str, sent: SubmittedDocument, edit: Attribution, check: Check
) -> StoredRecord:
    """Replace a record by a document.

    Raises:
        PreconditionFailed: there never was such a record, so it is in no state that could be meant.
        Gone: it was deleted.
        Conflict: it was merged into another.
    """
    try:
        current = lock_live_record(tx, kind, record_id)
    except NotFound as error:
        raise PreconditionFailed(
            "There is no such record; to create it, send If-None-Match: * instead of If-Match.",
            extra=error.extra,
        ) from None
    check(current)
    record, edit = sent.under(tx, kind, edit)
    return replace(tx, current, record, edit)


@dataclass(frozen=True, slots=True)
class Patched:
    """The result of a patch of a revision of a record, and when that was written: a document, or the error."""

    revision: int
    updated_at: int
    outcome: SubmittedDocument | AnnalsError

    def sent(self) -> SubmittedDocument:
        """Return the document, or raise the error."""
        if isinstance(self.outcome, AnnalsError):
            raise self.outcome
        return self.outcome


def apply_patch(tx: Connection, kind: RecordKind, record_id: str, patch: Patch) -> Patched | None:
    """Apply a patch to a record as it is, writing nothing; None where there is no live record."""
    current = find(tx, kind, record_id) if is_id(record_id) else None
    if current is None or current.state != tables.LIVE:
        return None
    return _apply(tx, kind, current, patch)


def _apply(tx: Connection, kind: RecordKind, current: StoredRecord, patch: Patch) -> Patched:
    try:
        raw = patch(orjson.loads(current.document))
        outcome: SubmittedDocument | AnnalsError = SubmittedDocument.read_in(
            tx, kind, raw, known_vocabulary(tx), current.id
        )
    except AnnalsError as error:
        outcome = error
    return Patched(current.revision, current.updated_at, outcome)


def patch_record(
    tx: Connection,
    kind: RecordKind,
    record_id: str,
    patch: Patch,
    edit: Attribution,
    check: Check,
    patched: Patched | None = None,
) -> StoredRecord:
    """Replace a record by what `patch` makes of its document; raises as `lock_live_record` and `patch` do.

    `patched` is the result of applying it before the transaction, so that other writes do not wait for
    that; where the record has changed since, the patch is applied once more.
    """
    current = lock_live_record(tx, kind, record_id)
    check(current)
    if patched is None or (patched.revision, patched.updated_at) != (current.revision, current.updated_at):
        patched = _apply(tx, kind, current, patch)
    record, edit = patched.sent().under(tx, kind, edit)
    return replace(tx, current, record, edit)


def delete_record(
    tx: Connection, kind: RecordKind, record_id: str, edit: Attribution, check: Check
) -> StoredRecord:
    """Replace a record by a tombstone; raises as `lock_live_record` and `delete` do."""
    current = lock_live_record(tx, kind, record_id)
    check(current)
    return delete(tx, current, edit)


def restore_record(tx: Connection, kind: RecordKind, record_id: str, edit: Attribution) -> StoredRecord:
    """Restore a deleted record as it was last.

    Raises:
        NotFound: there never was such a record.
        Conflict: it is not deleted, or was merged into another.
        InvalidDocument: it refers to what has been deleted since, or uses a term that is gone.
    """
    current = find(tx, kind, record_id, lock=True) if is_id(record_id) else None
    if current is None:
        raise not_found(tx, kind, record_id)
    refuse_merged(tx, current)
    if current.state == tables.LIVE:
        raise Conflict("This record is not deleted.", code="not_deleted")
    record, edit = _as_of_today(tx, kind, current.document, edit)
    return replace(tx, current, record, edit, "restore")


def revert_record(
    tx: Connection, kind: RecordKind, record_id: str, to: int, edit: Attribution, check: Check
) -> StoredRecord:
    """Write an old revision's document again, as a new revision.

    Raises:
        InvalidDocument: there is no such revision, it is a deletion, or its document no longer holds.
    """
    current = lock_live_record(tx, kind, record_id)
    check(current)
    old = find_revision(tx, current.pk, to)
    if old is None:
        raise InvalidDocument(_NO_REVISION, faults=[Fault("unknown_revision", _NO_REVISION, "/to")])
    if old.document is None:
        detail = "In this revision the record was deleted or merged; choose one that has a document."
        raise InvalidDocument(detail, faults=[Fault("no_document", detail, "/to")])
    record, edit = _as_of_today(tx, kind, old.document, edit)
    return replace(tx, current, record, edit, "revert")


def _as_of_today(
    tx: Connection, kind: RecordKind, document: str, edit: Attribution
) -> tuple[Record, Attribution]:
    """Validate an old document under the rules and the vocabulary of today."""
    raw = orjson.loads(to_canonical_json(load_stored(kind, document)))
    return SubmittedDocument.read_in(tx, kind, raw, known_vocabulary(tx), raw["id"]).under(tx, kind, edit)


def create(tx: Connection, kind: RecordKind, record: Record, edit: Attribution) -> StoredRecord:
    """Create a record; one without an id is given one.

    Raises:
        Conflict: the id is in use, deleted or merged away.
    """
    if record.id is None:
        record = record.model_copy(update={"id": free_id(tx, kind, record.title)})
    else:
        refuse_taken(find(tx, kind, record.id))
    return write(tx, [NewRevision(kind, record)], edit)[0]


def replace(
    tx: Connection, current: StoredRecord, record: Record, edit: Attribution, action: Action = "update"
) -> StoredRecord:
    """Write a new revision of a record found with `find(…, lock=True)`, or return it where it says the same already."""
    kind = kind_by_name(current.kind)
    record = record.model_copy(update={"id": current.id})
    return write(tx, [NewRevision(kind, record, action, current)], edit, keep_unchanged=True)[0]


def delete(tx: Connection, current: StoredRecord, edit: Attribution) -> StoredRecord:
    """Replace a record by a tombstone; `current` must have been found with `lock=True`.

    Raises:
        Conflict: other records refer to it; the answer names the first hundred.
    """
    refuse_referenced(tx, current)
    return delete_unreferenced(tx, [current], edit)[0]


def delete_unreferenced(
    tx: Connection, records: Sequence[StoredRecord], edit: Attribution
) -> list[StoredRecord]:
    """Replace records by tombstones, found with `lock=True`, to which none but themselves refer."""
    if not records:
        return []
    at = now()
    gone = [
        dataclasses.replace(
            one,
            state=tables.DELETED,
            merged_into=None,
            revision=one.revision + 1,
            updated_at=max(at, one.updated_at + 1),
        )
        for one in records
    ]
    for current, new in zip(records, gone, strict=True):
        compare_and_set(tx, current, new)
    rows.delete_index(tx, [one.pk for one in gone])
    append_history(tx, [("delete", one) for one in gone], edit)
    return gone
