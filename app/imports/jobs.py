"""Jobs: the progress of an import, stored in the database with every step, so that a killed one can be resumed.

A job is identified by its digest: of what is imported, and how. Each of its transactions increases its
step; a process that finds another number than it left has lost the job to another process.
"""

import secrets
from collections.abc import Callable, Collection, Iterable
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import Any, Final, TypeVar

import orjson
from sqlalchemy import Connection, Table, bindparam, delete, insert, or_, select, update

from app.database import tables
from app.database.engine.database import Database
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.vocabulary import known_vocabulary
from app.errors import Conflict
from app.imports.fault_log import ImportFault, keep_faults
from app.imports.import_rows import close_import, insert_import, resume_import
from app.imports.sync import Memory, forget, forget_superseded
from app.values.timestamps import now

T = TypeVar("T")

STAGING, CHECKED, WRITING = 0, 1, 2
"""Phases: documents are read; their references were checked; the terms that came with them are written."""

ABANDONED_HOURS: Final = 24
"""After this many hours without a step a job counts as abandoned, and what it staged is deleted."""

FAULTY: Final = "faulty"
"""The kind of lines that are staged for their references alone, as they will not be written."""

MAX_GAVE_WAY: Final = 100
"""Records that documents gave way to which a report names."""

_HOUR: Final = 3_600_000_000
_CHUNK: Final = 10_000
_job = tables.import_job.c

_DROPS: Final = [
    CompiledStatement(
        delete(table).where(table.c.job == bindparam("job"), AnyOf.keys(table.c.position, "positions"))
    )
    for table in (tables.import_line, tables.import_reference)
]


@dataclass(slots=True)
class Counts:
    """What became of the documents of an import.

    Attributes:
        read: all documents, whatever became of them.
        created: written for the first time.
        updated: written anew, since they have changed.
        unchanged: equal to what is there.
        failed: not written, for a fault of their own or of what they refer to.
        deleted: records that were deleted since the files no longer have them.
        gave_way: of those unchanged, documents with `if_missing` that say something else than the existing
            one.
        gave_way_to: the first of the records that these left as they were.
        removes: members that records lose by being updated, each with the number of records.
        faults: faults in all.
        notes: how many documents, or rows, were changed before they were validated, by the code of the
            change (`app.imports.documents.NOTES`).
        simplified: how many geometries were simplified, how many positions they had, and how many they have.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    gave_way: int = 0
    gave_way_to: list[str] = field(default_factory=list)
    deleted: int = 0
    removes: dict[str, int] = field(default_factory=dict)
    faults: int = 0
    notes: dict[str, int] = field(default_factory=dict)
    simplified: tuple[int, int, int] = (0, 0, 0)

    def give_way_to(self, ref: str) -> None:
        """Count a document that says something else than a record, and leaves it as it is."""
        self.gave_way += 1
        if len(self.gave_way_to) < MAX_GAVE_WAY and ref not in self.gave_way_to:
            self.gave_way_to.append(ref)

    def note_simplified(self, more: tuple[int, int, int]) -> None:
        """Count geometries that were simplified, with their positions before and after."""
        geometries, before, after = self.simplified
        self.simplified = (geometries + more[0], before + more[1], after + more[2])

    def note(self, codes: Iterable[str]) -> None:
        """Count a change that was made to one of them."""
        for code in codes:
            self.notes[code] = self.notes.get(code, 0) + 1


@dataclass(slots=True)
class Job:
    """An import in progress.

    Attributes:
        pk: its key.
        by: who imports.
        import_: the key of the row that stays of it (`app.imports.import_rows`).
        phase: one of the phases above.
        step: how many transactions it has had.
        vocabulary: the version of the vocabulary that its documents were validated with.
        staged: how many documents have been read.
        published: the position of the last ready line that was written.
    """

    pk: int
    by: str
    import_: int
    phase: int
    step: int
    vocabulary: int
    staged: int = 0
    published: int = -1
    counts: Counts = field(default_factory=Counts)

    def note(self, tx: Connection, faults: Iterable[ImportFault]) -> None:
        """Store faults with the job, and count them."""
        self.counts.faults = keep_faults(tx, self.pk, self.counts.faults, faults)

    def take(self, other: "Job") -> None:
        """Copy the state of another."""
        for name in self.__slots__:
            setattr(self, name, getattr(other, name))


def digest_of(parts: Iterable[bytes]) -> bytes:
    """Return the digest of all that an import depends on: the bytes of its files, its mapping, its options."""
    found = blake2b(digest_size=32)
    for part in parts:
        found.update(len(part).to_bytes(8, "big"))
        found.update(part)
    return found.digest()


def begin_job(
    database: Database, digest: bytes | None, by: str, comment: str | None = None, label: str | None = None
) -> Job:
    """Resume the job of that digest, or begin one; without a digest always a new one.

    A job whose documents were validated with another vocabulary than the current one begins anew.
    """
    _sweep(database)

    def work(tx: Connection) -> Job:
        vocabulary = known_vocabulary(tx).version
        row = tx.execute(select(tables.import_job).where(_job.digest == digest)).first() if digest else None
        if row is not None and row.vocabulary == vocabulary:
            job = Job(
                row.pk,
                by,
                row.import_,
                row.phase,
                row.step,
                row.vocabulary,
                row.staged,
                row.published,
                Counts(**orjson.loads(row.counts)),
            )
            resume_import(tx, job.import_, comment)
            _save(tx, job, job.step)
            job.step += 1
            return job
        if row is not None:
            # What it staged is deleted by the next sweep.
            old = {"digest": secrets.token_bytes(32), "at": 0, "step": row.step + 1}
            tx.execute(update(tables.import_job).where(_job.pk == row.pk).values(**old))
        job = Job(0, by, insert_import(tx, by, comment, label), STAGING, 0, vocabulary)
        values = {"digest": digest or secrets.token_bytes(32), "step": 0, **_values(job)}
        job.pk = tx.execute(insert(tables.import_job).values(**values).returning(_job.pk)).scalar_one()
        return job

    return database.write_now(work)


def step(database: Database, job: Job, work: Callable[[Connection, Job], T]) -> T:
    """Run one transaction of a job, whose new state is stored with it.

    Raises:
        Conflict: another process has taken the job up.
    """

    def once(tx: Connection) -> tuple[Job, T]:
        held = select(_job.step).where(_job.pk == job.pk).with_for_update()
        if tx.execute(held).scalar() != job.step:
            raise _taken()
        draft = deepcopy(job)
        result = work(tx, draft)
        _save(tx, draft, job.step)
        draft.step += 1
        return draft, result

    draft, result = database.write_now(once)
    job.take(draft)
    return result


def drop_lines(tx: Connection, job: int, positions: Collection[int]) -> None:
    """Delete staged lines, and their references."""
    if positions:
        for drop in _DROPS:
            drop.do(tx, {"job": job, "positions": sorted(positions)})


def end_job(
    database: Database,
    job: Job,
    done: Callable[[int, int], None],
    *,
    interrupted: bool = False,
    complete: Memory | None = None,
) -> None:
    """Delete a job and all that it staged, a range at a time, so that others can write in between.

    `done` is told of how many of how many documents nothing is left; `complete`: the import has written all, and
    its label has what it named.
    """
    _delete(database, job.pk, job.staged, done, ended=not interrupted, complete=complete)
    forget_superseded(database)


def _save(tx: Connection, job: Job, expected: int) -> None:
    changed = tx.execute(
        update(tables.import_job)
        .where(_job.pk == job.pk, _job.step == expected)
        .values(step=expected + 1, **_values(job))
    )
    if changed.rowcount != 1:
        raise _taken()


def _taken() -> Conflict:
    return Conflict("Another process has taken this import up.", code="import_taken_up")


def _values(job: Job) -> dict[str, Any]:
    return {
        "by": job.by,
        "import_": job.import_,
        "phase": job.phase,
        "vocabulary": job.vocabulary,
        "staged": job.staged,
        "published": job.published,
        "counts": orjson.dumps(asdict(job.counts)).decode(),
        "at": now(),
    }


def _sweep(database: Database) -> None:
    """Delete what abandoned imports have left."""
    abandoned = or_(_job.at < now() - ABANDONED_HOURS * _HOUR, _job.at == 0)
    with database.snapshot() as connection:
        left = connection.execute(select(_job.pk, _job.staged).where(abandoned)).all()
    for pk, staged in left:
        _delete(database, pk, staged, lambda _done, _total: None, ended=False)
    forget_superseded(database)


def _delete(
    database: Database,
    pk: int,
    staged: int,
    done: Callable[[int, int], None],
    *,
    ended: bool,
    complete: Memory | None = None,
) -> None:
    if complete is None:
        with database.snapshot() as connection:
            import_ = connection.execute(select(_job.import_).where(_job.pk == pk)).scalar()
        if import_ is not None:
            forget(database, import_)
    # Positions are dense, so that a range of them is a range of rows.
    for past in range(_CHUNK, staged + _CHUNK, _CHUNK):
        for table in (tables.import_reference, tables.import_line):
            database.write_now(lambda tx, table=table, past=past: _delete_before(tx, table, pk, past))  # type: ignore[misc]
        done(min(past, staged), staged)
    while database.write_now(lambda tx: _delete_faults(tx, pk)):
        pass
    unnamed = delete(tables.import_unnamed).where(tables.import_unnamed.c.job == pk)
    database.write_now(lambda tx: tx.execute(unnamed))
    database.write_now(lambda tx: _close(tx, pk, ended=ended, complete=complete))


def _close(tx: Connection, pk: int, *, ended: bool, complete: Memory | None) -> None:
    row = tx.execute(
        delete(tables.import_job).where(_job.pk == pk).returning(_job.import_, _job.counts)
    ).first()
    if row is not None and row.import_ is not None:
        close_import(tx, row.import_, row.counts, ended=ended)
    if complete is not None:
        complete.complete(tx)


def _delete_before(tx: Connection, table: Table, pk: int, past: int) -> None:
    tx.execute(delete(table).where(table.c.job == pk, table.c.position < past))


def _delete_faults(tx: Connection, pk: int) -> bool:
    """Delete some faults of a job; returns whether there may be more."""
    table = tables.import_fault
    first = tx.execute(
        select(table.c.position).where(table.c.job == pk).order_by(table.c.position).limit(1)
    ).scalar()
    if first is not None:
        _delete_before(tx, table, pk, first + _CHUNK)
    return first is not None
