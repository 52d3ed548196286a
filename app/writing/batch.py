"""What the write path takes: objects that can give a record, at the latest when it must be read."""

from collections.abc import Sequence
from typing import Protocol

from app.database.lookup import StoredRecord
from app.database.revisions import Action
from app.errors import Fault, InvalidDocument
from app.records.base import Record
from app.records.kinds import RecordKind


class PendingWrite(Protocol):
    """What can be written: a `NewRevision`, or a line of an import that is validated only where necessary."""

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
        """The name of its change."""

    @property
    def replaces(self) -> StoredRecord | None:
        """The record that it replaces, if there is one."""


class InvalidBatch(InvalidDocument):
    """Documents of a batch cannot be written.

    Attributes:
        found: each fault with the position of its document in the batch.
    """

    def __init__(self, detail: str, found: Sequence[tuple[int, Fault]], code: str | None = None) -> None:
        """Keep all faults."""
        super().__init__(detail, code=code, faults=[fault for _, fault in found])
        self.found = tuple(found)
