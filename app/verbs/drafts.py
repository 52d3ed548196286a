"""What the write path takes: anything that can give a record, at the latest when it must be read."""

from typing import Literal, Protocol

from app.records import RecordKind
from app.records.base import Record
from app.verbs.finding import Stored

Action = Literal["create", "update", "delete", "restore", "revert", "merge", "unmerge"]


class Writable(Protocol):
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
    def replaces(self) -> Stored | None:
        """What is there of it, if anything is."""
