"""What a client may do to one record: the rules of api.md §3 around the one write path.

Every function runs inside the transaction it is given and holds the record until its end. A `check` is
called with the record as it stands, held, and raises where the client meant another revision.
"""

import dataclasses
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, Connection, bindparam, exists, select, text, union_all

from app.database import tables
from app.database.engine.statement import CompiledStatement
from app.database.index import rows
from app.database.lookup import StoredRecord, find, lock_live_record, refuse_merged
from app.database.near_ids import not_found
from app.database.revisions import Action, Attribution, find_revision
from app.database.vocabulary import VocabularyVersion, known_vocabulary
from app.errors import AnnalsError, Conflict, Fault, InvalidDocument, NotFound, PreconditionFailed
from app.reading.cards import join_cards
from app.reading.service import READ, RecordAnswer
from app.records.base import Record
from app.records.kinds import RecordKind, kind_by_name
from app.records.serialization import to_canonical_json
from app.records.validation.document import InvalidRecord, load_stored
from app.records.validation.document import validate_document as read_document
from app.values.entity_tag import entity_tag
from app.values.json_patch import Patch
from app.values.slug import fallback, is_id, slugify, with_suffix
from app.values.timestamps import now
from app.writing.resolve_references import add_dangling_references
from app.writing.write import _TO_BE_REFERRED_TO, NewRevision, append_history, compare_and_set, write

Check = Callable[[StoredRecord], None]


_NO_REVISION: Final = "There is no such revision; …/revisions lists those there are."


@dataclass(frozen=True, slots=True)
class SubmittedDocument:
    """A document that a client sent, read under a vocabulary."""

    raw: Mapping[str, Any]
    record: Record
    known: VocabularyVersion

    @classmethod
    def read(
        cls,
        kind: RecordKind,
        raw: Any,
        known: VocabularyVersion,
        record_id: str | None = None,
        earlier: Sequence[Fault] = (),
    ) -> "SubmittedDocument":
        """Read a document, under the id of its address where it has one.

        Raises:
            InvalidRecord: with every fault, those found `earlier` among them.
        """
        if record_id is not None and isinstance(raw, Mapping):
            if raw.get("id", record_id) != record_id:
                detail = "Leave the id out, or send that of the address; an id is never changed."
                earlier = [*earlier, Fault("wrong_id", detail, "/id")]
            raw = {**raw, "id": record_id}
        return cls(raw, read_document(kind, raw, known.vocabulary, earlier=earlier), known)

    @classmethod
    def read_in(
        cls,
        tx: Connection,
        kind: RecordKind,
        raw: Any,
        known: VocabularyVersion,
        record_id: str | None = None,
    ) -> "SubmittedDocument":
        """Read a document in a transaction; raises as `read`, with the references that lead nowhere."""
        try:
            return cls.read(kind, raw, known, record_id)
        except InvalidRecord as error:
            raise add_dangling_references(tx, error) from None

    def under(self, tx: Connection, kind: RecordKind, edit: Attribution) -> tuple[Record, Attribution]:
        """Give the record as the transaction's vocabulary has it: read anew where that has changed."""
        known = known_vocabulary(tx)
        current = known.version == self.known.version
        record = self.record if current else SubmittedDocument.read_in(tx, kind, self.raw, known).record
        return record, dataclasses.replace(edit, vocabulary=known.version)


def read_back(tx: Connection, kind: RecordKind, record_id: str) -> RecordAnswer:
    """Give what a reader of the record will be answered once the transaction is committed."""
    first, *cards = sorted(
        READ.rows(tx, {"kind": kind.kind, "id": record_id}), key=lambda row: tuple(row[:3])
    )
    _, _, _, _, revision, document, _, _, version = first
    body = b"".join((document[:-1].encode(), b',"linked":{', join_cards(cards), b"}}"))
    return RecordAnswer(body, entity_tag(revision, body), revision, version)


def create_record(
    tx: Connection, kind: RecordKind, sent: SubmittedDocument, edit: Attribution
) -> StoredRecord:
    """Create a record; raises as `writing.create` does."""
    record, edit = sent.under(tx, kind, edit)
    return create(tx, kind, record, edit)


def create_at(
    tx: Connection, kind: RecordKind, record_id: str, sent: SubmittedDocument, edit: Attribution, check: Check
) -> StoredRecord:
    """Create a record at an address where there is none; `check` is asked where there is one.

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
    """What a patch makes of a revision of a record: a document, or the error that says why it makes none."""

    revision: int
    outcome: SubmittedDocument | AnnalsError

    def sent(self) -> SubmittedDocument:
        """Give the document; raises the error."""
        if isinstance(self.outcome, AnnalsError):
            raise self.outcome
        return self.outcome


def apply_patch(tx: Connection, kind: RecordKind, record_id: str, patch: Patch) -> Patched | None:
    """Apply a patch to a record as it stands, writing nothing; None where there is no live record."""
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
    return Patched(current.revision, outcome)


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

    `patched` is what was made of it before the transaction, so that others need not wait while that is done; where
    the record has changed since, the patch is applied once more.
    """
    current = lock_live_record(tx, kind, record_id)
    check(current)
    if patched is None or patched.revision != current.revision:
        patched = _apply(tx, kind, current, patch)
    record, edit = patched.sent().under(tx, kind, edit)
    return replace(tx, current, record, edit)


def delete_record(
    tx: Connection, kind: RecordKind, record_id: str, edit: Attribution, check: Check
) -> StoredRecord:
    """Leave a tombstone in a record's place; raises as `lock_live_record` and `writing.delete` do."""
    current = lock_live_record(tx, kind, record_id)
    check(current)
    return delete(tx, current, edit)


def restore_record(tx: Connection, kind: RecordKind, record_id: str, edit: Attribution) -> StoredRecord:
    """Bring a deleted record back as it was last.

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
    """Read an old document under the rules and the vocabulary of today."""
    raw = orjson.loads(to_canonical_json(load_stored(kind, document)))
    return SubmittedDocument.read_in(tx, kind, raw, known_vocabulary(tx), raw["id"]).under(tx, kind, edit)


def free_id(tx: Connection, kind: RecordKind, title: str, taken: Iterable[str] = ()) -> str:
    """Give an id that no record of the kind has or had, from its title (api.md §1)."""
    held = set(taken)

    def is_free(candidate: str) -> bool:
        return candidate not in held and find(tx, kind, candidate) is None

    base = slugify(title) or fallback(kind.kind, secrets.token_hex(4))
    if tx.dialect.name == "postgresql":
        # Whoever else names a record the same waits here, instead of taking the same number and losing it.
        number = blake2b(f"{kind.kind}/{base}".encode(), digest_size=8).digest()
        tx.execute(
            text("SELECT pg_advisory_xact_lock(:number)"),
            {"number": int.from_bytes(number, "big", signed=True)},
        )
    if is_free(base):
        return base
    low, high = 1, 2
    while not is_free(with_suffix(base, high)):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_free(with_suffix(base, middle)) else (middle, high)
    return with_suffix(base, high)


_merged = tables.record.alias("merged")


REFERRERS = CompiledStatement(
    select(tables.record.c.kind, tables.record.c.id)
    .where(
        exists().where(
            tables.reference.c.record == tables.record.c.pk,
            # What still refers to a record merged into it, while a long merge is under way, refers to it.
            tables.reference.c.target.in_(
                union_all(
                    select(bindparam("pk", type_=BigInteger())),
                    select(_merged.c.pk).where(_merged.c.merged_into == bindparam("pk")),
                )
            ),
            tables.reference.c.record != bindparam("pk"),
        )
    )
    .order_by(tables.record.c.kind, tables.record.c.id)
    .limit(101)
)


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


def refuse_taken(existing: StoredRecord | None) -> None:
    """Raise `Conflict` where an id cannot be given to a new record."""
    if existing is None:
        return
    reason = {
        tables.LIVE: "This id is in use; send the document with PUT and If-Match to replace it.",
        tables.DELETED: "This id belonged to a record that was deleted; restore it, or choose another id.",
        tables.MERGED: "This id belonged to a record that was merged into another; choose another id.",
    }[existing.state]
    raise Conflict(reason, code="id_in_use", faults=[Fault("id_in_use", reason, pointer="/id")])


def replace(
    tx: Connection, current: StoredRecord, record: Record, edit: Attribution, action: Action = "update"
) -> StoredRecord:
    """Write a new revision of a record found with `find(…, lock=True)`."""
    kind = kind_by_name(current.kind)
    record = record.model_copy(update={"id": current.id})
    return write(tx, [NewRevision(kind, record, action, current)], edit)[0]


def delete(tx: Connection, current: StoredRecord, edit: Attribution) -> StoredRecord:
    """Leave a tombstone in a record's place; `current` must have been found with `lock=True`.

    Raises:
        Conflict: other records refer to it; the answer names the first hundred.
    """
    refuse_referenced(tx, current)
    gone = StoredRecord(
        pk=current.pk,
        kind=current.kind,
        id=current.id,
        state=tables.DELETED,
        merged_into=None,
        revision=current.revision + 1,
        updated_at=max(now(), current.updated_at + 1),
        document=current.document,
    )
    compare_and_set(tx, current, gone)
    rows.delete_index(tx, [current.pk])
    append_history(tx, [("delete", gone)], [None], edit)
    return gone


def refuse_referenced(tx: Connection, current: StoredRecord) -> None:
    """Raise `Conflict` where records other than itself refer to a record, or will once a merge of it is undone."""
    found = REFERRERS.rows(tx, {"pk": current.pk})
    if not found:
        if _TO_BE_REFERRED_TO.rows(tx, {"pk": current.pk}):
            detail = "A merge of this record is still being undone; wait until that is over."
            raise Conflict(detail, code="merge_under_way", faults=[Fault("merge_under_way", detail)])
        return
    refs = [f"{kind_by_name(kind).collection}/{record_id}" for kind, record_id in found]
    more = " and more" if len(refs) > 100 else ""
    raise Conflict(
        "Other records refer to this one; change them first, or merge this record into another.",
        code="referenced",
        faults=[Fault("referenced", f"{ref} refers to this record.", "") for ref in refs[:100]],
        extra={"referrers": refs[:100], **({"note": more.strip()} if more else {})},
    )
