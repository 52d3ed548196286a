"""A record on its way out: the one thing that every format is given (api.md §4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from app.records.base import Record
from app.records.kinds import RecordKind
from app.records.reading import read_stored


@dataclass(frozen=True)
class Item:
    """A record as it is stored, and what stands beside it.

    Attributes:
        kind: the kind of record.
        document: its JSON, as it is stored or as a source has it; with the fields that were asked for.
        linked: what its references lead to, by reference, as far as the format asks for it. These are
            records of which only what a card shows is there; places have their geometry as well, and
            sources whom to credit. Shared with other items: it may hold more than this one refers to.
    """

    kind: RecordKind
    document: str
    linked: Mapping[str, Record]

    @cached_property
    def record(self) -> Record:
        """The document read: only formats that need more than its bytes pay for that."""
        return read_stored(self.kind, self.document)

    @property
    def ref(self) -> str:
        """The reference to the record, such as `events/bay-of-pigs-invasion`."""
        return f"{self.kind.collection}/{self.record.id}"
