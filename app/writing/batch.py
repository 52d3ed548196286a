"""What the write path takes: anything that can give a record, at the latest when it must be read."""

from collections.abc import Sequence
from typing import Protocol

from app.database.lookup import StoredRecord
from app.database.revisions import Action
from app.errors import Fault, InvalidDocument
from app.records.base import Record
from app.records.kinds import RecordKind


class PendingWrite(Protocol):
    """What can be written: a `Draft`, or a line of an import that is read only where it must be."""

    @property
    def kind(self) -> RecordKind:
        """The kind of record."""

    @property
    def ref(self) -> str:
        """The record's path below `/v1/`."""

    @property
    def record(self) -> Record:
        """The record."""

    @property
    def action(self) -> Action:
        """What its change is called."""

    @property
    def replaces(self) -> StoredRecord | None:
        """What is there of it, if anything is."""


class InvalidBatch(InvalidDocument):
    """Documents of a batch cannot be written.

    Attributes:
        found: each fault with the position of its document in the batch.
    """

    def __init__(self, detail: str, found: Sequence[tuple[int, Fault]], code: str | None = None) -> None:
        """Say all of them at once."""
        super().__init__(detail, code=code, faults=[fault for _, fault in found])
        self.found = tuple(found)
