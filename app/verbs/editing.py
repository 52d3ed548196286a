"""What a client may do to one record: the rules of api.md §3 around the one write path.

Every function runs inside the transaction it is given and holds the record until its end. A `check` is
called with the record as it stands, held, and raises where the client meant another revision.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from app.errors import AnnalsError, Conflict, Fault, Gone, InvalidDocument, NotFound, PreconditionFailed
from app.records import RecordKind
from app.records.base import Record
from app.records.reading import InvalidRecord, read_stored
from app.records.reading import read_record as read_document
from app.records.writing import to_json
from app.store import tables
from app.values.slug import is_id
from app.verbs.finding import Head, Stored, find, near_refs, targets_of_merges
from app.verbs.history import find_revision
from app.verbs.patching import Patch
from app.verbs.reading import READ, RecordAnswer, entity_tag, join_cards
from app.verbs.referring import with_dangling
from app.verbs.vocabulary import Known, known_vocabulary
from app.verbs.writing import Edit, create, delete, replace

Check = Callable[[Stored], None]
_NO_REVISION: Final = "There is no such revision; …/revisions lists those there are."


@dataclass(frozen=True, slots=True)
class Sent:
    """A document that a client sent, read under a vocabulary."""

    raw: Mapping[str, Any]
    record: Record
    known: Known

    @classmethod
    def read(
        cls,
        kind: RecordKind,
        raw: Any,
        known: Known,
        record_id: str | None = None,
        earlier: Sequence[Fault] = (),
    ) -> "Sent":
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
        cls, tx: Connection, kind: RecordKind, raw: Any, known: Known, record_id: str | None = None
    ) -> "Sent":
        """Read a document in a transaction; raises as `read`, with the references that lead nowhere."""
        try:
            return cls.read(kind, raw, known, record_id)
        except InvalidRecord as error:
            raise with_dangling(tx, error) from None

    def under(self, tx: Connection, kind: RecordKind, edit: Edit) -> tuple[Record, Edit]:
        """Give the record as the transaction's vocabulary has it: read anew where that has changed."""
        known = known_vocabulary(tx)
        current = known.version == self.known.version
        record = self.record if current else Sent.read_in(tx, kind, self.raw, known).record
        return record, dataclasses.replace(edit, vocabulary=known.version)


def answer_in(tx: Connection, kind: RecordKind, record_id: str) -> RecordAnswer:
    """Give what a reader of the record will be answered once the transaction is committed."""
    first, *cards = sorted(
        READ.rows(tx, {"kind": kind.kind, "id": record_id}), key=lambda row: tuple(row[:3])
    )
    _, _, _, _, revision, document, _, _, version = first
    body = b"".join((document[:-1].encode(), b',"linked":{', join_cards(cards), b"}}"))
    return RecordAnswer(body, entity_tag(revision, body), revision, version)


def hold(tx: Connection, kind: RecordKind, record_id: str) -> Stored:
    """Find a live record and hold it until the transaction ends.

    Raises:
        NotFound: there never was such a record.
        Gone: it was deleted.
        Conflict: it was merged into another, which is named.
    """
    current = find(tx, kind, record_id, lock=True) if is_id(record_id) else None
    if current is None:
        raise unknown(tx, kind, record_id)
    refuse_merged(tx, current)
    if current.state == tables.DELETED:
        raise Gone(
            "This record was deleted; restore it first.",
            extra={"revision": current.revision - 1, "restore": f"/v1/{current.ref}/restore"},
        )
    return current


def refuse_merged(tx: Connection, current: Stored) -> None:
    """Raise `Conflict` for a record that was merged into another, and name that."""
    if current.state != tables.MERGED:
        return
    head = Head(current.pk, current.ref, current.state, current.merged_into)
    target = targets_of_merges(tx, [head])[current.ref]
    raise Conflict(
        f"This record was merged into {target.ref}; write to that.",
        code="merged",
        headers={"Link": f'</v1/{target.ref}>; rel="canonical"'},
        extra={"merged_into": target.ref, "href": f"/v1/{target.ref}"},
    )


def unknown(tx: Connection, kind: RecordKind, record_id: str) -> NotFound:
    """Make the error for a record that never was, with ids that are near."""
    refs = near_refs(tx, f"{kind.collection}/{record_id}")
    near = [{"ref": ref, "href": f"/v1/{ref}"} for ref in refs]
    return NotFound(
        f"There is no such {kind.kind}." + (" Near matches are listed." if near else ""),
        extra={"near": near} if near else None,
    )


def create_record(tx: Connection, kind: RecordKind, sent: Sent, edit: Edit) -> Stored:
    """Create a record; raises as `writing.create` does."""
    record, edit = sent.under(tx, kind, edit)
    return create(tx, kind, record, edit)


def create_at(
    tx: Connection, kind: RecordKind, record_id: str, sent: Sent, edit: Edit, check: Check
) -> Stored:
    """Create a record at an address where there is none; `check` is asked where there is one.

    Raises:
        Gone: there was one, which was deleted.
        Conflict: there was one, which was merged into another.
    """
    current = find(tx, kind, record_id, lock=True)
    if current is None:
        return create_record(tx, kind, sent, edit)
    hold(tx, kind, record_id)
    check(current)
    raise PreconditionFailed("There is such a record already.")


def replace_record(
    tx: Connection, kind: RecordKind, record_id: str, sent: Sent, edit: Edit, check: Check
) -> Stored:
    """Replace a record by a document.

    Raises:
        PreconditionFailed: there never was such a record, so it is in no state that could be meant.
        Gone: it was deleted.
        Conflict: it was merged into another.
    """
    try:
        current = hold(tx, kind, record_id)
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
    outcome: Sent | AnnalsError

    def sent(self) -> Sent:
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


def _apply(tx: Connection, kind: RecordKind, current: Stored, patch: Patch) -> Patched:
    try:
        raw = patch(orjson.loads(current.document))
        outcome: Sent | AnnalsError = Sent.read_in(tx, kind, raw, known_vocabulary(tx), current.id)
    except AnnalsError as error:
        outcome = error
    return Patched(current.revision, outcome)


def patch_record(
    tx: Connection,
    kind: RecordKind,
    record_id: str,
    patch: Patch,
    edit: Edit,
    check: Check,
    patched: Patched | None = None,
) -> Stored:
    """Replace a record by what `patch` makes of its document; raises as `hold` and `patch` do.

    `patched` is what was made of it before the transaction, so that others need not wait while that is done; where
    the record has changed since, the patch is applied once more.
    """
    current = hold(tx, kind, record_id)
    check(current)
    if patched is None or patched.revision != current.revision:
        patched = _apply(tx, kind, current, patch)
    record, edit = patched.sent().under(tx, kind, edit)
    return replace(tx, current, record, edit)


def delete_record(tx: Connection, kind: RecordKind, record_id: str, edit: Edit, check: Check) -> Stored:
    """Leave a tombstone in a record's place; raises as `hold` and `writing.delete` do."""
    current = hold(tx, kind, record_id)
    check(current)
    return delete(tx, current, edit)


def restore_record(tx: Connection, kind: RecordKind, record_id: str, edit: Edit) -> Stored:
    """Bring a deleted record back as it was last.

    Raises:
        NotFound: there never was such a record.
        Conflict: it is not deleted, or was merged into another.
        InvalidDocument: it refers to what has been deleted since, or uses a term that is gone.
    """
    current = find(tx, kind, record_id, lock=True) if is_id(record_id) else None
    if current is None:
        raise unknown(tx, kind, record_id)
    refuse_merged(tx, current)
    if current.state == tables.LIVE:
        raise Conflict("This record is not deleted.", code="not_deleted")
    record, edit = _as_of_today(tx, kind, current.document, edit)
    return replace(tx, current, record, edit, "restore")


def revert_record(
    tx: Connection, kind: RecordKind, record_id: str, to: int, edit: Edit, check: Check
) -> Stored:
    """Write an old revision's document again, as a new revision.

    Raises:
        InvalidDocument: there is no such revision, it is a deletion, or its document no longer holds.
    """
    current = hold(tx, kind, record_id)
    check(current)
    old = find_revision(tx, current.pk, to)
    if old is None:
        raise InvalidDocument(_NO_REVISION, faults=[Fault("unknown_revision", _NO_REVISION, "/to")])
    if old.document is None:
        detail = "In this revision the record was deleted or merged; choose one that has a document."
        raise InvalidDocument(detail, faults=[Fault("no_document", detail, "/to")])
    record, edit = _as_of_today(tx, kind, old.document, edit)
    return replace(tx, current, record, edit, "revert")


def _as_of_today(tx: Connection, kind: RecordKind, document: str, edit: Edit) -> tuple[Record, Edit]:
    """Read an old document under the rules and the vocabulary of today."""
    raw = orjson.loads(to_json(read_stored(kind, document)))
    return Sent.read_in(tx, kind, raw, known_vocabulary(tx), raw["id"]).under(tx, kind, edit)
