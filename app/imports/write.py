"""The second half of an import: staged lines are written, group by group, by the one write path.

Each group is written in the transaction that also stores how far the job has come. So a killed process
leaves neither half a group nor a line written twice, and the job is resumed after it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson
from sqlalchemy import Connection, bindparam, delete, select

from app.database import tables
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.index.prepare import PreparedBatch, prepare_lines
from app.database.lookup import StoredRecord
from app.database.revisions import Attribution
from app.database.vocabulary import StoredTerm, find_term
from app.errors import AnnalsError, Fault
from app.imports.fault_log import ImportFault, Origin
from app.imports.jobs import Job
from app.imports.outcomes import decide_outcomes
from app.imports.staged_lines import Staged
from app.imports.sync import Memory, Named
from app.imports.worker import Task
from app.records.base import Record
from app.records.kinds import RecordKind
from app.records.vocabulary import Term
from app.values.timestamps import now, parse_rfc3339
from app.vocabularies.service import begin_change, create_term, replace_term
from app.writing.batch import InvalidBatch
from app.writing.write import KEEP_CREATED_AT, write

_line = tables.import_line.c

_DELETE: Final = CompiledStatement(
    delete(tables.import_line).where(_line.job == bindparam("job"), AnyOf.keys(_line.position, "positions"))
)


@dataclass(frozen=True)
class Group:
    """Lines that are written in one transaction, and what was prepared for that (`preparation`)."""

    staged: Sequence[Staged]
    prepared: Callable[[], PreparedBatch]


@dataclass(frozen=True, slots=True)
class _Line:
    """A staged line that is to be written."""

    staged: Staged
    replaces: StoredRecord | None

    @property
    def kind(self) -> RecordKind:
        return self.staged.kind

    @property
    def ref(self) -> str:
        return self.staged.ref

    @property
    def record(self) -> Record:
        return self.staged.record

    @property
    def action(self) -> Literal["create", "update"]:
        return "create" if self.replaces is None else "update"


def preparation(staged: Sequence[Staged], dialect: str) -> Task[PreparedBatch]:
    """Return the preparation of a group as a task, to be run now or later, in this process or another."""
    return Task(prepare_lines, ([(one.kind.kind, one.document) for one in staged], dialect))


def write_group(
    tx: Connection,
    job: Job,
    group: Group,
    edit: Attribution,
    files: Sequence[str],
    memory: Memory | None = None,
) -> bool:
    """Write the lines of a group that have no faults, and count the outcomes; returns whether there were no faults.

    `memory` is told which records they name.

    Only a record that was written or deleted since the job looked it up can be at fault now, or one that
    failed in an earlier group.

    Raises:
        SerializationFailure: another writer took an id at the same moment; run the transaction again.
    """
    judged = decide_outcomes(tx, group.staged, lock=True)
    judged.count(tx, job, files)
    drafts = [_Line(one.staged, one.found) for one in judged.lines if one.is_written]
    faults: list[ImportFault] = []
    written: list[StoredRecord] = []
    while drafts:
        # What was prepared is for all lines as they are staged.
        whole = judged.as_staged and len(drafts) == len(group.staged)
        try:
            written = write(
                tx, drafts, edit, times=_times(drafts), prepared=group.prepared() if whole else None
            )
        except InvalidBatch as error:
            lost = {position for position, _ in error.found}
            faults += [
                ImportFault(drafts[position].staged.origin(files), fault) for position, fault in error.found
            ]
            job.counts.failed += len(lost)
            drafts = [draft for position, draft in enumerate(drafts) if position not in lost]
        else:
            break
    judged.count_written(job, {draft.staged.position for draft in drafts})
    job.note(tx, faults)
    if memory is not None:
        same = [
            Named(one.found.pk, one.found.revision, not one.staged.if_missing)
            for one in judged.lines
            if one.found is not None and one.found.state == tables.LIVE and one.verdict == "unchanged"
        ]
        memory.remember(tx, [*same, *(Named(one.pk, one.revision, own=True) for one in written)])
    return not faults and not judged.faults


def drop_group(tx: Connection, job: Job, positions: Sequence[int]) -> None:
    """Delete lines that are written, where the job stores no position."""
    _DELETE.do(tx, {"job": job.pk, "positions": list(positions)})


def write_terms(tx: Connection, job: Job, rows: Sequence[Any], files: Sequence[str]) -> bool:
    """Write the terms that came with an import, all or none; returns whether they could be.

    From then on the job's documents count as validated with the resulting vocabulary.
    """
    if rows:
        begin_change(tx)
    for _, file, line, number, name, document in rows:
        scheme = name.partition("/")[0]
        term = Term.model_validate(orjson.loads(document))
        try:
            verdict = _write_term(tx, find_term(tx, scheme, term.id), scheme, term)
        except AnnalsError as error:
            faults = error.faults or (Fault(error.code, error.detail, "/id"),)
            origin = Origin(files[file], line, number, term.id)
            job.note(tx, [ImportFault(origin, fault) for fault in faults])
            job.counts.failed += 1
            return False
        setattr(job.counts, verdict, getattr(job.counts, verdict) + 1)
    if rows:
        job.vocabulary = tx.execute(select(tables.database.c.vocabulary)).scalar_one()
    return True


def _write_term(
    tx: Connection, found: StoredTerm | None, scheme: str, term: Term
) -> Literal["created", "updated", "unchanged"]:
    if found is None:
        create_term(tx, scheme, term)
        return "created"
    if found.term == term:
        return "unchanged"
    replace_term(tx, found, term)
    return "updated"


def _times(drafts: Sequence[_Line]) -> list[tuple[int, int, int]]:
    """Return revision, creation and last update of each: those that it brings, where it never was here."""
    at = now()
    times = []
    for draft in drafts:
        before = draft.replaces
        if before is not None:
            times.append((before.revision + 1, KEEP_CREATED_AT, max(at, before.updated_at + 1)))
        elif not draft.staged.is_signed:
            times.append((1, at, at))
        else:
            # By validation, a document that brings one of these brings all.
            record = draft.record
            kept = (
                record.revision or 1,
                parse_rfc3339(record.created_at or ""),
                parse_rfc3339(record.updated_at or ""),
            )
            times.append(kept)
    return times
