"""What an import is asked to do, and what it did, as the API and the command line tell it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from app.imports.documents import NOTES
from app.imports.jobs import Counts

OnError = Literal["stop", "skip"]


MOST_PREVIEWED: Final = 1000
"""Documents of a trial that can be told one by one."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to import.

    Attributes:
        by: who imports; revisions are signed with it.
        on_error: with `stop` nothing is written if there is a fault; with `skip` the rest is.
        dry_run: write nothing, and say what would become of each document.
        keeps: let documents of records that were never here keep their revisions and times, and take terms;
            for whoever has the scope `admin`.
        replace: let rows of tables stand for whole records: what they have no column for is removed.
        force: let documents that come from an earlier revision than their record has write over it.
        preview: how many documents of a trial are told one by one.
        comment: kept with the revisions.
        digest: of all that is imported, so that an import that was killed is known again.
        helped: let another process do what needs no database, where there is a processor for it.
    """

    by: str
    on_error: OnError = "stop"
    dry_run: bool = False
    keeps: bool = False
    replace: bool = False
    force: bool = False
    preview: int = 0
    comment: str | None = None
    digest: bytes | None = None
    helped: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or would do.

    Attributes:
        counts: what became of the documents.
        faults: the first thousand faults, each as `ImportFault.to_dict` gives it.
        groups: the faults in groups of those that are alike, as `importfaults.fault_groups` gives them.
        preview: of a trial, the first documents with what would become of them; None where nobody asked.
        dry_run: whether nothing was written because nothing was to be.
        refused: whether nothing was written because of the faults.
        broken_off: whether it ended before all was written, as records that it gives or refers to were changed
            meanwhile.
        resumed: how many documents had been read before, by an import that was broken off.
    """

    counts: Counts
    faults: Sequence[Mapping[str, Any]] = field(default_factory=list)
    groups: Sequence[Mapping[str, Any]] = field(default_factory=list)
    preview: Sequence[Mapping[str, Any]] | None = None
    dry_run: bool = False
    refused: bool = False
    broken_off: bool = False
    resumed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Give it as members of JSON."""
        counts = self.counts
        told: dict[str, Any] = {
            "dry_run": self.dry_run,
            "read": counts.read,
            "created": counts.created,
            "updated": counts.updated,
            "unchanged": counts.unchanged,
            "failed": counts.failed,
            "gave_way": counts.gave_way,
            "removes": dict(sorted(counts.removes.items())),
            "fault_groups": [
                {name: member for name, member in group.items() if name != "example"} for group in self.groups
            ],
            "faults": list(self.faults),
        }
        if counts.faults > len(self.faults):
            told["more_faults"] = counts.faults - len(self.faults)
        if counts.notes:
            told["notes"] = [
                {"code": code, "count": count, "detail": NOTES[code]}
                for code, count in sorted(counts.notes.items())
            ]
        if self.preview is not None:
            told["preview"] = list(self.preview)
        return told
