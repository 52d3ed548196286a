"""Whole data sets in: staged, checked, then written in groups that are closed under reference.

An import can be repeated: documents that say what is there already change nothing. A killed one is resumed
when the same is imported again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import Final

from sqlalchemy import Connection

from app.database.engine.database import Database
from app.database.engine.planner_statistics import FIRST, refresh_after_import
from app.database.lookup import BATCH_BYTES
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.errors import DiskFull, Unavailable
from app.imports.alone import alone
from app.imports.complete_documents import completed, size_of
from app.imports.delete_missing import delete_missing, refuse_unconfirmed
from app.imports.documents import ImportedDocument, ImportFile
from app.imports.fault_log import MAX_FAULTS, every_fault, fault_groups
from app.imports.import_rows import begin_writing
from app.imports.jobs import CHECKED, STAGING, WRITING, Job, begin_job, end_job, step
from app.imports.matching import Matcher
from app.imports.new_ids import name_documents
from app.imports.outcomes import decide_outcomes, first_previews
from app.imports.report import Details, Options, Progress, Report
from app.imports.stage import Staging
from app.imports.staged_batch import BATCH
from app.imports.staged_lines import Staged, staged_after, staged_at, staged_terms
from app.imports.sync import Memory
from app.imports.validate import Validated, Validator
from app.imports.worker import Task, WorkerProcess, gc_paused, is_worthwhile, prefetch
from app.imports.write import Group, drop_group, preparation, write_group, write_terms
from app.imports.write_order import GROUP, check_provisions, check_references, groups
from app.values.portions import portions
from app.writing.check_selectors import look_documents_up

__all__ = ["ImportStopped", "Options", "Report", "import_documents"]


class ImportStopped(Exception):
    """The import was cancelled by its client."""


INTERRUPTED: Final = (
    "The database failed in the middle of the import. Groups of records that were written stay, each of them "
    "whole. Import the same again later: what is there already is left as it is."
)


def import_documents(
    database: Database,
    inputs: Sequence[ImportFile],
    options: Options,
    progress: Progress | None = None,
    stopped: Callable[[], bool] = lambda: False,
    told: Callable[[Report, Details], None] | None = None,
) -> Report:
    """Import documents; memory is bounded, whatever their number and size.

    `told` is called with the report, while every fault and every missing record can still be read; they are
    deleted with the job when it returns.

    Raises:
        ImportStopped: `stopped` returned True; groups that were written stay.
        Conflict: another process is importing the same.
        Unavailable: the database cannot be reached, or its vocabulary was changed in the meantime; try
            again.
        DiskFull: the database has no room.
    """
    digest = None if options.dry_run else options.digest
    with alone(database, digest, options.label):
        job = begin_job(database, digest, options.by, options.comment, options.label)
        progress = progress or _silent
        work = _Import(database, job, [one.name for one in inputs], options, progress, stopped)
        clearing = partial(progress, "clearing up after")
        try:
            report = work.run(inputs)
            if told is not None:
                with database.snapshot() as connection:
                    told(report, work.details(connection))
            complete = report.import_ is not None and report.missing is not None
            end_job(database, job, clearing, complete=work.memory if complete else None)
        except BaseException as error:
            if digest is None:
                # The job cannot be resumed. Where even deleting it fails, a later import sweeps it.
                with suppress(Exception):
                    end_job(database, job, clearing, interrupted=True)
            if isinstance(error, Unavailable | DiskFull):
                raise type(error)(INTERRUPTED, code="import_interrupted", headers=error.headers) from error
            raise
        finally:
            work.close()
    return report


def _silent(_stage: str, _done: int, _total: int | None) -> None:
    """Report nothing."""


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
        self.memory: Memory | None = None
        if options.label is not None:
            with database.snapshot() as connection:
                self.memory = Memory.of(connection, options.label, job.import_, job.pk)
        self._helper: WorkerProcess | None = None
        self._matcher = Matcher(database)

    def run(self, inputs: Sequence[ImportFile]) -> Report:
        job = self.job
        if job.phase == STAGING:
            self.stage(inputs)
            name_documents(self.database, job, self.reporting("naming"))
            check_references(self.database, job, self.files, self.reporting("checking references of"))
            check_provisions(self.database, job, self.files, self.reporting("checking provisions of"))
        refused = self.options.on_error == "stop" and job.counts.faults > 0 and job.phase == CHECKED
        broken_off = False
        previewed = None
        if self.options.dry_run:
            previewed = (
                first_previews(self.database, self.job.pk, self.options.preview, self.files)
                if self.options.preview
                else None
            )
            self.judge()
        elif not refused:
            self.confirm()
            broken_off = not self.write()
            if not broken_off:
                self.delete_missing()
            if job.counts.created >= FIRST:
                self.database.write_now(lambda tx: refresh_after_import(tx, job.counts.created))
        whole = job.counts.faults == 0 and not broken_off
        if self.memory is not None and whole and not self.options.dry_run:
            self.memory.keep_missing(self.database)
        with self.database.snapshot() as connection:
            return Report(
                job.counts,
                list(islice(every_fault(connection, job.pk), MAX_FAULTS)),
                fault_groups(connection, job.pk),
                previewed,
                self.memory.compare(connection, self.options.files(), judged=self.deletes)
                if self.memory and whole
                else None,
                dry_run=self.options.dry_run,
                refused=refused and not self.options.dry_run,
                broken_off=broken_off,
                import_=None if self.options.dry_run or refused else job.import_,
                resumed=self.resumed,
            )

    def details(self, connection: Connection) -> Details:
        """Return what a report has only in part."""
        missing = self.memory.missing(connection) if self.memory is not None else ()
        kept = self.memory.kept(connection) if self.memory is not None else iter(())
        return Details(every_fault(connection, self.job.pk), (one.ref for one in missing), kept)

    def confirm(self) -> None:
        """Ask whether what is missing may be deleted; raises as `refuse_unconfirmed` does."""
        if self.memory is not None and self.deletes:
            self.report_progress("confirming", 0, None)
            refuse_unconfirmed(self.database, self.memory, self.options)

    def delete_missing(self) -> None:
        """Delete what is missing, now that everything is written."""
        if self.memory is not None and self.deletes:
            done = self.reporting("deleting")
            delete_missing(self.database, self.job, self.memory, self.options, done)

    @property
    def deletes(self) -> bool:
        """Whether what is missing is to be deleted: not where there are faults."""
        options = self.options
        return options.consent is not None and not options.dry_run and not self.job.counts.faults

    def stage(self, inputs: Sequence[ImportFile]) -> None:
        with self.database.snapshot() as connection:
            vocabulary = vocabulary_of(connection)
        validator = Validator(vocabulary, keeps=self.options.keeps, simplify=self.options.simplify)
        staging = Staging(
            self.database, self.job, validator, self.files, self.memory, force=self.options.force
        )
        for number, validated in prefetch(self.helper, self.unread(inputs, validator)):
            with gc_paused():
                staging.stage(number, validated())
            self.report_progress("reading", self.job.staged, None)

    def unread(
        self, inputs: Sequence[ImportFile], validator: Validator
    ) -> Iterator[tuple[int, Task[list[Validated]]]]:
        """Yield batches of documents to be validated, each with the number of its file."""
        skip = self.job.staged
        for number, one in enumerate(inputs):
            documents = one.documents()
            if skip:
                skip -= sum(1 for _ in islice(documents, skip))
            for batch in batches(documents):
                partial = self._matcher.resolved(batch)
                if self.options.replace:
                    partial = [one if one.must_exist else replace(one, members=None) for one in partial]
                for some in completed(self.database, partial, BATCH):
                    yield number, validator.task(some)

    def helper(self, earlier: int) -> WorkerProcess | None:
        """Return the worker process, if there is one; `earlier` is how many tasks came before: a single batch needs none."""
        if self._helper is None and earlier and self.options.helped and is_worthwhile():
            self._helper = WorkerProcess()
        return self._helper

    def close(self) -> None:
        """Close the worker process, and what was read to match records."""
        self._matcher.close()
        if self._helper is not None:
            self._helper.close()

    def write(self) -> bool:
        """Write what is staged; returns whether it came to its end."""
        stops = self.options.on_error == "stop"
        if self.job.phase == CHECKED and not self.terms():
            return False
        for group in self.prepared(self.ready()):
            with gc_paused():
                if not self.write_ready(group) and stops:
                    return False
            self.report_progress("writing", self.written(), self.job.counts.read)
        for group in self.prepared(map(self.at, groups(self.database, self.job.pk))):
            with gc_paused():
                if not self.write_group(group) and stops:
                    return False
            self.report_progress("writing", self.written(), self.job.counts.read)
        return True

    def prepared(self, groups_of_lines: Iterable[list[Staged]]) -> Iterator[Group]:
        tasks = ((staged, preparation(staged, self.database.dialect)) for staged in groups_of_lines)
        for staged, prepared in prefetch(self.helper, tasks):
            yield Group(staged, prepared)

    def at(self, positions: Sequence[int]) -> list[Staged]:
        with self.database.snapshot() as connection:
            return staged_at(connection, self.job.pk, positions)

    def write_ready(self, group: Group) -> bool:
        edit = self.edit(group)

        def work(tx: Connection, job: Job) -> bool:
            job.published = group.staged[-1].position
            return write_group(tx, job, group, edit, self.files, self.memory)

        return step(self.database, self.job, work)

    def write_group(self, group: Group) -> bool:
        edit = self.edit(group)

        def work(tx: Connection, job: Job) -> bool:
            drop_group(tx, job, [one.position for one in group.staged])
            return write_group(tx, job, group, edit, self.files, self.memory)

        return step(self.database, self.job, work)

    def terms(self) -> bool:
        with self.database.snapshot() as connection:
            rows = staged_terms(connection, self.job.pk)

        def work(tx: Connection, job: Job) -> bool:
            job.phase = WRITING
            begin_writing(tx, job.import_, self.options.files())
            return write_terms(tx, job, rows, self.files)

        return step(self.database, self.job, work)

    def ready(self) -> Iterator[list[Staged]]:
        after = self.job.published
        while True:
            with self.database.snapshot() as connection:
                staged = staged_after(connection, self.job.pk, after, GROUP)
            if not staged:
                return
            yield staged
            after = staged[-1].position

    def judge(self) -> None:
        """Count what would become of what was staged."""
        with self.database.snapshot() as connection:
            self.job.counts.created += len(staged_terms(connection, self.job.pk))
        for group in chain(self.ready(), map(self.at, groups(self.database, self.job.pk))):
            step(self.database, self.job, lambda tx, job, group=group: self.judged(tx, job, group))  # type: ignore[misc]
            self.report_progress("comparing", self.written(), self.job.counts.read)

    def judged(self, tx: Connection, job: Job, group: Sequence[Staged]) -> None:
        found = decide_outcomes(tx, group, lock=False)
        found.count(tx, job, self.files)
        found.count_written(job, {one.staged.position for one in found.lines if one.is_written})

    def written(self) -> int:
        counts = self.job.counts
        return counts.created + counts.updated + counts.unchanged + counts.failed

    def edit(self, group: Group) -> Attribution:
        with self.database.snapshot() as connection:
            findings = look_documents_up(connection, group.staged, lambda one: one.record)
        options, job = self.options, self.job
        return Attribution(options.by, options.comment, job.vocabulary, findings, job.import_)

    def reporting(self, stage: str) -> Callable[[int, int], None]:
        """Return what reports the progress of a stage."""
        return lambda done, total: self.report_progress(stage, done, total)

    def report_progress(self, stage: str, done: int, total: int | None) -> None:
        if self.stopped():
            raise ImportStopped
        self.progress(stage, done, total)


def batches(documents: Iterable[ImportedDocument]) -> Iterator[list[ImportedDocument]]:
    """Divide documents into batches, by their number and by their bytes."""
    found = portions(documents, size_of, most_size=BATCH_BYTES, most=BATCH)
    while True:
        with gc_paused():
            batch = next(found, None)
        if batch is None:
            return
        yield batch
