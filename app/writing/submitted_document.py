"""A document that a client sent, on its way to the one write path."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from app.database.revisions import Attribution
from app.database.vocabulary import VocabularyVersion, known_vocabulary
from app.errors import Fault
from app.records.base import Record
from app.records.kinds import RecordKind
from app.records.validation.document import InvalidRecord
from app.records.validation.document import validate_document as read_document
from app.writing.resolve_references import add_dangling_references


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
