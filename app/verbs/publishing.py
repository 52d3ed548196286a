"""The second half of an import: what is staged is written, group by group, by the one write path.

Each group is written in the transaction that also notes how far the job has come. So a process that is
killed leaves neither half a group nor a line written twice, and whoever takes the job up goes on after it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Literal

import orjson
from sqlalchemy import Connection, bindparam, delete, select

from app.errors import AnnalsError, Fault
from app.records import RecordKind, kind_named
from app.records.base import Record
from app.records.reading import read_stored
from app.records.references import mentioned, replace_reference
from app.records.vocabulary import Term
from app.records.writing import is_signed, to_revision_json
from app.store import tables
from app.store.statement import AnyOf, Statement
from app.values.moments import now, parse_rfc3339
from app.verbs.batches import InvalidBatch
from app.verbs.finding import Stored, find_by_keys, find_heads, targets_of_merges
from app.verbs.helping import Task
from app.verbs.importjobs import ImportFault, Job
from app.verbs.naming import content
from app.verbs.preparing import Prepared, prepare_lines
from app.verbs.terms import StoredTerm, begin_change, create_term, find_term, replace_term
from app.verbs.writing import KEPT, Edit, write

Verdict = Literal["created", "updated", "unchanged", "failed"]

_line = tables.import_line.c
_DELETE: Final = Statement(
    delete(tables.import_line).where(_line.job == bindparam("job"), AnyOf.keys(_line.position, "positions"))
)
_GONE: Final = Fault("deleted", "This record was deleted or merged away in the meantime.", "/id")


@dataclass(frozen=True)
class Staged:
    """A staged line, read again."""

    position: int
    file: int
    line: int
    kind: RecordKind
    ref: str
    if_missing: bool
    document: str

    @cached_property
    def record(self) -> Record:
        """The record: read only where its text does not do."""
        return read_stored(self.kind, self.document)


@dataclass(frozen=True)
class Group:
    """Lines that are written in one transaction, and what was made of them for that; see `preparing`."""

    staged: Sequence[Staged]
    prepared: Callable[[], Prepared]


@dataclass(frozen=True, slots=True)
class _Line:
    """A staged line that is to be written."""

    staged: Staged
    replaces: Stored | None

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


def read_staged(rows: Sequence[Any]) -> list[Staged]:
    """Read lines as `grouping` gives them."""
    found = []
    for position, file, line, kind_name, record_id, if_missing, document in rows:
        kind = kind_named(kind_name)
        ref = f"{kind.collection}/{record_id}"
        found.append(Staged(position, file, line, kind, ref, bool(if_missing), document))
    return found


def preparation(staged: Sequence[Staged], dialect: str) -> Task[Prepared]:
    """Give the preparation of a group, to be done now or later, here or elsewhere."""
    return Task(prepare_lines, ([(one.kind.kind, one.document) for one in staged], dialect))


def publish(tx: Connection, job: Job, group: Group, edit: Edit, files: Sequence[str]) -> bool:
    """Write a group as far as it has no faults, and count what became of it; gives whether it had none.

    Only a record that was deleted since the job looked for it can be at fault now, or one that failed in
    an earlier group.

    Raises:
        LostRace: another writer took an id at the same moment; run the transaction again.
    """
    current, staged = _looked_up(tx, group.staged, lock=True)
    drafts: list[_Line] = []
    faults: list[ImportFault] = []
    for one in staged:
        found = current.get(one.ref)
        verdict = _verdict(one, found)
        if verdict == "failed":
            faults.append(ImportFault(files[one.file], one.line, _GONE))
        elif verdict == "unchanged":
            job.counts.unchanged += 1
        else:
            drafts.append(_Line(one, found))
    failed = {(fault.file, fault.line) for fault in faults}
    while drafts:
        # What was made ahead is of all lines as they are staged.
        whole = staged is group.staged and len(drafts) == len(staged)
        try:
            write(tx, drafts, edit, times=_times(drafts), prepared=group.prepared() if whole else None)
        except InvalidBatch as error:
            lost = {position for position, _ in error.found}
            faults += [
                ImportFault(files[drafts[position].staged.file], drafts[position].staged.line, fault)
                for position, fault in error.found
            ]
            job.counts.failed += len(lost)
            drafts = [draft for position, draft in enumerate(drafts) if position not in lost]
        else:
            break
    job.counts.failed += len(failed)
    job.counts.created += sum(draft.replaces is None for draft in drafts)
    job.counts.updated += sum(draft.replaces is not None for draft in drafts)
    job.note(faults)
    return not faults


def judge(tx: Connection, job: Job, staged: Sequence[Staged]) -> None:
    """Count what would become of a group, and write nothing."""
    current, staged = _looked_up(tx, staged, lock=False)
    for one in staged:
        verdict = _verdict(one, current.get(one.ref))
        setattr(job.counts, verdict, getattr(job.counts, verdict) + 1)


def forget(tx: Connection, job: Job, positions: Sequence[int]) -> None:
    """Delete lines that are written, where the job remembers no position."""
    _DELETE.do(tx, {"job": job.pk, "positions": list(positions)})


def publish_terms(tx: Connection, job: Job, rows: Sequence[Any], files: Sequence[str]) -> bool:
    """Write the terms that came with an import, all or none; gives whether they could be.

    The job's documents were read as these terms stand from then on.
    """
    if rows:
        begin_change(tx)
    for _, file, line, _, name, _, document in rows:
        scheme = name.partition("/")[0]
        term = Term.model_validate(orjson.loads(document))
        try:
            verdict = _write_term(tx, find_term(tx, scheme, term.id), scheme, term)
        except AnnalsError as error:
            faults = error.faults or (Fault(error.code, error.detail, "/id"),)
            job.note(ImportFault(files[file], line, fault) for fault in faults)
            job.counts.failed += 1
            return False
        setattr(job.counts, verdict, getattr(job.counts, verdict) + 1)
    if rows:
        job.vocabulary = tx.execute(select(tables.database.c.vocabulary)).scalar_one()
    return True


def _write_term(tx: Connection, found: StoredTerm | None, scheme: str, term: Term) -> Verdict:
    if found is None:
        create_term(tx, scheme, term)
        return "created"
    if found.term == term:
        return "unchanged"
    replace_term(tx, found, term)
    return "updated"


def _looked_up(
    tx: Connection, staged: Sequence[Staged], *, lock: bool
) -> tuple[dict[str, Stored], Sequence[Staged]]:
    """Find what is there of a group already, and let those lines refer to where merges have led."""
    heads = find_heads(tx, [one.ref for one in staged], lock=False)
    if not heads:
        return {}, staged
    current = {one.ref: one for one in find_by_keys(tx, [head.pk for head in heads.values()], lock=lock)}
    wanted = {ref for one in staged if one.ref in current for ref in mentioned(one.record)}
    aims = find_heads(tx, wanted, lock=False)
    merged = targets_of_merges(tx, [head for head in aims.values() if head.state == tables.MERGED])
    if not merged:
        return current, staged
    followed = []
    for one in staged:
        record = one.record
        for ref in mentioned(record):
            if ref in merged:
                record = replace_reference(record, ref, merged[ref].ref)
        followed.append(replace(one, document=to_revision_json(record).decode()))
    return current, followed


def _verdict(one: Staged, found: Stored | None) -> Verdict:
    if found is None:
        return "created"
    if one.if_missing:
        return "unchanged"
    if found.state != tables.LIVE:
        return "failed"
    same = content(one.record) == content(read_stored(one.kind, found.document))
    return "unchanged" if same else "updated"


def _times(drafts: Sequence[_Line]) -> list[tuple[int, int, int]]:
    """Give revision, birth and last change of each: those that it brings, where it never was here."""
    at = now()
    times = []
    for draft in drafts:
        before = draft.replaces
        if before is not None:
            times.append((before.revision + 1, KEPT, max(at, before.updated_at + 1)))
        elif not is_signed(draft.staged.document, draft.ref, draft.kind.kind):
            times.append((1, at, at))
        else:
            # Validation saw to it that who brings one of these brings all.
            record = draft.record
            kept = (
                record.revision or 1,
                parse_rfc3339(record.created_at or ""),
                parse_rfc3339(record.updated_at or ""),
            )
            times.append(kept)
    return times
