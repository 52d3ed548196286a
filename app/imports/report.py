"""The options of an import, and its report, as the API and the command line show it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from app.imports.documents import note_of
from app.imports.import_rows import SourceFile
from app.imports.jobs import Counts
from app.imports.sync import Missing

OnError = Literal["stop", "skip"]

MAX_PREVIEWED: Final = 1000
"""The most documents of a dry run that can be shown one by one."""

Progress = Callable[[str, int, int | None], None]
"""Called with the stage in words that go before a number of documents (`reading`, `naming`, `checking references of`,
`checking provisions of`, `writing`, or `comparing` in a dry run, `deleting`, `clearing up after`; `confirming` is a question
of the caller's), how many are done, and how many there are, if known."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to import.

    Attributes:
        by: who imports, for the attribution of revisions.
        on_error: with `stop` nothing is written if there is a fault; with `skip` the rest is.
        dry_run: write nothing, and report what would become of each document.
        keeps: let documents of records that were never here keep their revisions and times, and accept
            terms; for the scope `admin`.
        replace: let rows of tables stand for whole records: what they have no column for is removed.
        force: let documents of an earlier revision than their record's overwrite it.
        preview: how many documents of a dry run are shown one by one.
        comment: stored with the revisions.
        files: gives the files that were read, once they are.
        label: the label under which the data are issued again and again; None: they are not.
        consent: with a label, delete what is missing; called with it before anything is written, to return
            whether it may be. None: do not delete.
        digest: of all that is imported, so that a killed import can be resumed.
        simplify: how far the outline of a geometry of too many positions may be moved, in metres; None: not.
        helped: use a worker process for what needs no database, where there is a processor for it.
    """

    by: str
    on_error: OnError = "stop"
    dry_run: bool = False
    keeps: bool = False
    replace: bool = False
    force: bool = False
    preview: int = 0
    comment: str | None = None
    files: Callable[[], Sequence[SourceFile]] = tuple
    label: str | None = None
    consent: Callable[[Missing], bool] | None = None
    digest: bytes | None = None
    simplify: float | None = None
    helped: bool = False


@dataclass(frozen=True, slots=True)
class Details:
    """What can be read in full while an import is reported: every fault, and all records that are missing."""

    faults: Iterator[dict[str, Any]]
    missing: Iterator[str]
    kept: Iterator[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or would do.

    Attributes:
        counts: what became of the documents.
        faults: the first thousand faults, each as `ImportFault.to_dict` returns it.
        groups: groups of similar faults, from `app.imports.fault_log.fault_groups`.
        preview: of a dry run, the first documents with what would become of them; None where it was not
            asked for.
        missing: with a label, which records its last complete import had and this one has not; None where
            this one is not complete.
        dry_run: whether nothing was written because it was a dry run.
        refused: whether nothing was written because of the faults.
        broken_off: whether it ended before all was written, as records that it gives or refers to were
            changed meanwhile.
        import_: the key of the import; None where nothing was written.
        resumed: how many documents had been read before, by an import that was interrupted.
    """

    counts: Counts
    faults: Sequence[Mapping[str, Any]] = field(default_factory=list)
    groups: Sequence[Mapping[str, Any]] = field(default_factory=list)
    preview: Sequence[Mapping[str, Any]] | None = None
    missing: Missing | None = None
    dry_run: bool = False
    refused: bool = False
    broken_off: bool = False
    import_: int | None = None
    resumed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as members of a JSON object."""
        counts = self.counts
        members: dict[str, Any] = {
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
        if counts.gave_way_to:
            members["gave_way_to"] = counts.gave_way_to
        if self.import_ is not None:
            members["import"] = self.import_
        if counts.faults > len(self.faults):
            members["more_faults"] = counts.faults - len(self.faults)
        if counts.notes:
            members["notes"] = [
                {"code": code, "count": count, "detail": detail}
                for (code, detail), count in sorted(
                    (note_of(key), count) for key, count in counts.notes.items()
                )
            ]
        geometries, before, after = counts.simplified
        if geometries:
            members["simplified"] = {
                "geometries": geometries,
                "positions_before": before,
                "positions_after": after,
            }
        if self.preview is not None:
            members["preview"] = list(self.preview)
        if self.missing is not None:
            members["missing"] = self._missing(self.missing)
        return members

    def _missing(self, missing: Missing) -> dict[str, Any]:
        members: dict[str, Any] = {"count": missing.count, "refs": list(missing.refs)}
        if self.dry_run:
            members["confirm"] = missing.token
        if missing.kept is not None:
            members |= {"deleted": self.counts.deleted, "kept": list(missing.kept)}
            if missing.kept_count > len(missing.kept):
                members["more_kept"] = missing.kept_count - len(missing.kept)
        return members
