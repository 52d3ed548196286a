"""Whole data sets in: staged, checked, then written in groups that are closed under reference.

An import may be repeated: documents that say what is there already change nothing. One that is killed goes
on where it was left when the same is imported again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from typing import Any, Final, Literal

from sqlalchemy import Connection

from app.errors import DiskFull, Unavailable
from app.records.incoming import NOTES, Incoming, Input
from app.store.engine import Database
from app.store.statistics import FIRST, refresh_after_import
from app.verbs.grouping import (
    GROUP,
    check_provisions,
    check_references,
    groups,
    rows_after,
    rows_at,
    term_rows,
)
from app.verbs.helping import Helper, Task, ahead, is_worthwhile
from app.verbs.importjobs import CHECKED, STAGING, WRITING, Counts, Job, begin_job, end_job, step
from app.verbs.publishing import Group, forget, judge, preparation, publish, publish_terms, read_staged
from app.verbs.staging import BATCH, Staging
from app.verbs.uncollected import uncollected
from app.verbs.validating import Validated, Validator
from app.verbs.vocabulary import vocabulary_of
from app.verbs.writing import Edit

__all__ = ["ImportStopped", "Options", "Report", "digest_of", "import_documents"]

OnError = Literal["stop", "skip"]
Progress = Callable[[str, int, int | None], None]
"""Is told the stage (`reading`, `writing`), how many documents are done, and how many there are, if known."""


class ImportStopped(Exception):
    """Whoever wanted the import wants it no longer."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to import.

    Attributes:
        by: who imports; revisions are signed with it.
        on_error: with `stop` nothing is written if there is a fault; with `skip` the rest is.
        dry_run: write nothing, and say what would become of each document.
        keeps: let documents of records that were never here keep their revisions and times, and take terms;
            for whoever has the scope `admin`.
        comment: kept with the revisions.
        digest: of all that is imported, so that an import that was killed is known again.
        helped: let another process do what needs no database, where there is a processor for it.
    """

    by: str
    on_error: OnError = "stop"
    dry_run: bool = False
    keeps: bool = False
    comment: str | None = None
    digest: bytes | None = None
    helped: bool = False


INTERRUPTED: Final = (
    "The database failed in the middle of the import. Groups of records that were written stay, each of them "
    "whole. Import the same again later: what is there already is left as it is."
)


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or would do.

    Attributes:
        counts: what became of the documents.
        faults: the first thousand faults: `file`, `line`, `pointer`, `code`, `detail`, `suggestion`.
        dry_run: whether nothing was written because nothing was to be.
        refused: whether nothing was written because of the faults.
        broken_off: whether it ended before all was written, as records that it refers to were deleted meanwhile.
        resumed: how many documents had been read before, by an import that was broken off.
    """

    counts: Counts
    faults: list[dict[str, Any]] = field(default_factory=list)
    dry_run: bool = False
    refused: bool = False
    broken_off: bool = False
    resumed: int = 0

    def told(self) -> dict[str, Any]:
        """Give it as the API and the command line tell it."""
        counts = self.counts
        told: dict[str, Any] = {
            "dry_run": self.dry_run,
            "read": counts.read,
            "created": counts.created,
            "updated": counts.updated,
            "unchanged": counts.unchanged,
            "failed": counts.failed,
            "faults": self.faults,
        }
        if counts.faults > len(self.faults):
            told["more_faults"] = counts.faults - len(self.faults)
        if counts.notes:
            told["notes"] = [
                {"code": code, "count": count, "detail": NOTES[code]}
                for code, count in sorted(counts.notes.items())
            ]
        return told


def digest_of(parts: Iterable[bytes]) -> bytes:
    """Name an import by all that it depends on: the bytes of its files, its mapping, its manner."""
    found = blake2b(digest_size=32)
    for part in parts:
        found.update(len(part).to_bytes(8, "big"))
        found.update(part)
    return found.digest()


def import_documents(
    database: Database,
    inputs: Sequence[Input],
    options: Options,
    progress: Progress | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Report:
    """Import documents; memory stays flat, whatever their number.

    Raises:
        ImportStopped: `stopped` said so; what was written stays, each group of it whole.
        Conflict: another process imports the same and has taken over.
        Unavailable: the database went away, or its terms were changed in the meantime; try again.
        DiskFull: the database has no room.
    """
    job = begin_job(database, None if options.dry_run else options.digest, options.by)
    work = _Import(database, job, [one.name for one in inputs], options, progress or _silent, stopped)
    try:
        return work.run(inputs)
    except BaseException as error:
        if options.digest is None or options.dry_run:
            # Nobody can take it up again. Where even this cannot be done, it is swept up later.
            with suppress(Exception):
                end_job(database, job)
        if isinstance(error, Unavailable | DiskFull):
            raise type(error)(INTERRUPTED, code="import_interrupted", headers=error.headers) from error
        raise
    finally:
        work.close()


def _silent(_stage: str, _done: int, _total: int | None) -> None:
    """Tell nobody."""


class _Import:
    """One run of an import."""

    def __init__(
        self,
        database: Database,
        job: Job,
        files: Sequence[str],
        options: Options,
        progress: Progress,
        stopped: Callable[[], bool],
    ) -> None:
        self.database = database
        self.job = job
        self.files = files
        self.options = options
        self.progress = progress
        self.stopped = stopped
        self.resumed = job.staged
        self.begun = False
        self._helper: Helper | None = None

    def run(self, inputs: Sequence[Input]) -> Report:
        job = self.job
        if job.phase == STAGING:
            self.stage(inputs)
            check_references(self.database, job, self.files)
            check_provisions(self.database, job, self.files)
        refused = self.options.on_error == "stop" and job.counts.faults > 0 and job.phase == CHECKED
        broken_off = False
        if self.options.dry_run:
            self.judge()
        elif not refused:
            broken_off = not self.write()
            if job.counts.created >= FIRST:
                self.database.write_now(lambda tx: refresh_after_import(tx, job.counts.created))
        end_job(self.database, job)
        return Report(
            job.counts,
            job.faults,
            dry_run=self.options.dry_run,
            refused=refused and not self.options.dry_run,
            broken_off=broken_off,
            resumed=self.resumed,
        )

    def stage(self, inputs: Sequence[Input]) -> None:
        with self.database.snapshot() as connection:
            vocabulary = vocabulary_of(connection)
        validator = Validator(vocabulary, keeps=self.options.keeps)
        staging = Staging(self.database, self.job, validator)
        for number, validated in ahead(self.helper, self.unread(inputs, validator)):
            with uncollected():
                staging.stage(number, self.files[number], validated())
            self.told("reading", self.job.staged, None)

    def unread(
        self, inputs: Sequence[Input], validator: Validator
    ) -> Iterator[tuple[int, Task[list[Validated]]]]:
        """Give batches of documents to be validated, each with the number of its file."""
        skip = self.job.staged
        for number, one in enumerate(inputs):
            documents = one.documents()
            if skip:
                skip -= sum(1 for _ in islice(documents, skip))
            for batch in batches(documents):
                yield number, validator.task(batch)

    def helper(self) -> Helper | None:
        """Give the process that helps; it is worth its while from the second batch on."""
        if not self.options.helped or not is_worthwhile():
            return None
        if self._helper is None and self.begun:
            self._helper = Helper()
        self.begun = True
        return self._helper

    def close(self) -> None:
        """Let go of the process that helps."""
        if self._helper is not None:
            self._helper.close()

    def write(self) -> bool:
        """Write what is staged; gives whether it came to its end."""
        stops = self.options.on_error == "stop"
        if self.job.phase == CHECKED and not self.terms():
            return False
        for group in self.prepared(self.ready()):
            with uncollected():
                if not self.write_ready(group) and stops:
                    return False
            self.told("writing", self.written(), self.job.counts.read)
        with self.database.snapshot() as connection:
            # Numbers alone: what is written meanwhile is no part of them.
            for group in self.prepared(map(self.at, groups(connection, self.job.pk))):
                with uncollected():
                    if not self.write_group(group) and stops:
                        return False
                self.told("writing", self.written(), self.job.counts.read)
        return True

    def prepared(self, groups_of_rows: Iterable[list[Any]]) -> Iterator[Group]:
        tasks = (
            (staged, preparation(staged, self.database.dialect))
            for staged in map(read_staged, groups_of_rows)
        )
        for staged, prepared in ahead(self.helper, tasks):
            yield Group(staged, prepared)

    def at(self, positions: Sequence[int]) -> list[Any]:
        with self.database.snapshot() as connection:
            return rows_at(connection, self.job.pk, positions)

    def write_ready(self, group: Group) -> bool:
        def work(tx: Connection, job: Job) -> bool:
            job.published = group.staged[-1].position
            return publish(tx, job, group, self.edit(), self.files)

        return step(self.database, self.job, work)

    def write_group(self, group: Group) -> bool:
        def work(tx: Connection, job: Job) -> bool:
            forget(tx, job, [one.position for one in group.staged])
            return publish(tx, job, group, self.edit(), self.files)

        return step(self.database, self.job, work)

    def terms(self) -> bool:
        with self.database.snapshot() as connection:
            rows = term_rows(connection, self.job.pk)

        def work(tx: Connection, job: Job) -> bool:
            job.phase = WRITING
            return publish_terms(tx, job, rows, self.files)

        return step(self.database, self.job, work)

    def ready(self) -> Iterator[list[Any]]:
        after = self.job.published
        while True:
            with self.database.snapshot() as connection:
                rows = rows_after(connection, self.job.pk, after)
            if not rows:
                return
            yield rows
            after = rows[-1][0]
            if len(rows) < GROUP:
                return

    def judge(self) -> None:
        """Say of what was staged what would become of it."""
        with self.database.snapshot() as connection:
            self.job.counts.created += len(term_rows(connection, self.job.pk))
            for rows in self.ready():
                judge(connection, self.job, read_staged(rows))
                self.told("writing", self.written(), self.job.counts.read)
            for positions in groups(connection, self.job.pk):
                judge(connection, self.job, read_staged(rows_at(connection, self.job.pk, positions)))

    def written(self) -> int:
        counts = self.job.counts
        return counts.created + counts.updated + counts.unchanged + counts.failed

    def edit(self) -> Edit:
        return Edit(self.options.by, self.options.comment, self.job.vocabulary)

    def told(self, stage: str, done: int, total: int | None) -> None:
        if self.stopped():
            raise ImportStopped
        self.progress(stage, done, total)


def batches(documents: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    """Cut documents into batches."""
    waiting = iter(documents)
    while True:
        with uncollected():
            batch = list(islice(waiting, BATCH))
        if not batch:
            return
        yield batch
