"""The first half of an import: documents are validated and kept aside, each with whether it stands ready.

A line is *ready* when all that it refers to is in the database already, or is a ready line before it. In
their order, ready lines can be written with no reference ever leading to nothing. The others wait: what
each of them waits for is kept, and sorted out when all is read (`grouping`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import Connection, and_, bindparam, or_, select

from app.errors import Fault
from app.records import RECORDS, kind_named
from app.records.base import Record
from app.records.incoming import TERM
from app.records.references import Mention, own_reference, references
from app.records.vocabulary import Term
from app.records.writing import to_revision_json
from app.store import rows, tables
from app.store.engine import Database
from app.store.faults import INTEGRITY_ERRORS, LostRace
from app.store.statement import AnyOf, Statement
from app.verbs.batches import InvalidBatch
from app.verbs.finding import COLLECTIONS, Head, find_by_keys, find_heads, ids_by_collection
from app.verbs.importjobs import FAULTY, ImportFault, Job, step
from app.verbs.naming import MOST_NAMESAKES, Names
from app.verbs.passages import refuse_misplaced
from app.verbs.referring import reference_deleted
from app.verbs.terms import find_term, term_json
from app.verbs.validating import Validated, Validator

BATCH: Final = 1000
"""Documents that are validated, and lines that are kept, at a time."""

_line = tables.import_line.c
_STAGED: Final = Statement(
    select(_line.kind, _line.id, _line.ready).where(
        _line.job == bindparam("job"),
        or_(*(and_(_line.kind == kind.kind, AnyOf.texts(_line.id, kind.collection)) for kind in RECORDS)),
    )
)
_DOCUMENT: Final = Statement(
    select(_line.document).where(
        _line.job == bindparam("job"), _line.kind == bindparam("kind"), _line.id == bindparam("id")
    )
)
_TERMS: Final = Statement(
    select(_line.id, _line.document)
    .where(_line.job == bindparam("job"), _line.kind == TERM)
    .order_by(_line.position)
)


@dataclass(slots=True)
class _Batch:
    """What is known of a batch while it is gone through."""

    heads: Mapping[str, Head]
    # Staged lines by reference, with whether they are ready; lines of this batch are added as they come.
    lines: dict[str, bool]
    # References of documents that bring an id: those that bring none are not to take it.
    own: set[str] = field(default_factory=set)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    references: list[tuple[Any, ...]] = field(default_factory=list)
    faults: list[ImportFault] = field(default_factory=list)
    # Lines that quote a source which is in the database, each with its record, position and number.
    quoting: list[tuple[Record, int, int]] = field(default_factory=list)


class Staging:
    """Stages the documents of a job."""

    def __init__(self, database: Database, job: Job, validator: Validator) -> None:
        """Go on where the job was left, under the terms that it has brought so far."""
        self._database = database
        self._job = job
        self._validator = validator
        self._names = Names(job.pk)
        with database.snapshot() as connection:
            for name, document in _TERMS.rows(connection, {"job": job.pk}):
                validator.learn(name.partition("/")[0], Term.model_validate(orjson.loads(document)))

    def stage(self, file: int, name: str, validated: Sequence[Validated]) -> None:
        """Stage some documents of a file, in one transaction.

        Raises:
            Conflict: another process has taken the job up.
        """

        def work(tx: Connection, job: Job) -> None:
            self._names.forget()
            batch = self._looked_up(tx, job, validated)
            for one in validated:
                position = job.staged
                job.staged += 1
                job.counts.read += 1
                job.counts.note(one.notes)
                if one.term is not None:
                    faults = self._term(tx, batch, one, (job.pk, position, file))
                elif one.document:
                    faults = self._record(tx, batch, one, job, file)
                else:
                    faults = [*one.faults, *_stage_names(batch, one, (job.pk, position, file))]
                if faults:
                    job.counts.failed += 1
                    batch.faults += [ImportFault(name, one.line, fault) for fault in faults]
            _take_out_misplaced(tx, batch, job, name)
            job.note(batch.faults)
            try:
                rows.insert_rows(tx, tables.import_line, batch.rows)
                rows.insert_rows(tx, tables.import_reference, batch.references)
            except INTEGRITY_ERRORS as error:
                raise LostRace from error

        step(self._database, self._job, work)

    def _looked_up(self, tx: Connection, job: Job, validated: Sequence[Validated]) -> _Batch:
        """Ask the database once for all that a batch names."""
        wanted: set[str] = set()
        own: set[str] = set()
        for one in validated:
            wanted.update(ref for _, ref in one.named)
            if one.document:
                wanted.update(one.mentions)
                if one.id is not None:
                    own.add(f"{COLLECTIONS[one.kind]}/{one.id}")
        wanted |= own
        if not wanted:
            return _Batch({}, {})
        heads = find_heads(tx, wanted, lock=False)
        none: dict[str, list[str]] = {kind.collection: [] for kind in RECORDS}
        staged = _STAGED.rows(tx, {"job": job.pk, **none, **ids_by_collection(wanted)})
        lines = {f"{COLLECTIONS[kind]}/{record_id}": ready for kind, record_id, ready in staged}
        return _Batch(heads, lines, own)

    def _record(self, tx: Connection, batch: _Batch, one: Validated, job: Job, file: int) -> list[Fault]:
        """Stage a record; gives what is wrong with it."""
        if one.id is None:
            record = one.record()
            given = self._names.name(tx, kind_named(one.kind), record, batch.own)
            if given is None:
                detail = f"Give it an id: {MOST_NAMESAKES} records bear this title."
                return [Fault("id_needed", detail, "/id")]
            document = to_revision_json(record.changed(id=given)).decode()
            one = one._replace(id=given, document=document)
        ref = f"{COLLECTIONS[one.kind]}/{one.id}"
        head = batch.heads.get(ref)
        if one.if_missing and (head is not None or ref in batch.lines):
            job.counts.unchanged += 1
            return []
        if ref in batch.lines:
            if _staged_document(tx, batch, job, one.kind, one.id or "") == one.document:
                job.counts.unchanged += 1
                return []
            return [Fault("duplicate", "An earlier line gives this record, and says something else.", "/id")]
        if head is not None and head.state == tables.DELETED:
            return [Fault("deleted", "This record was deleted; restore it, or choose another id.", "/id")]
        if head is not None and head.state == tables.MERGED:
            return [Fault("merged", "This record was merged into another; choose another id.", "/id")]
        waits, faults = _waits(batch, ref, one)
        if faults:
            return faults
        # What is in the database can be referred to whatever becomes of this line.
        batch.lines[ref] = not waits or head is not None
        position = job.staged - 1
        batch.rows.append(
            (
                job.pk,
                position,
                file,
                one.line,
                one.kind,
                one.id,
                not waits,
                one.if_missing,
                one.document,
            )
        )
        if any(source in batch.heads for source in one.quoted):
            batch.quoting.append((one.record(), position, one.line))
        batch.references += [_reference(job.pk, position, mention.pointer, mention.ref) for mention in waits]
        return []

    def _term(
        self, tx: Connection, batch: _Batch, one: Validated, place: tuple[int, int, int]
    ) -> list[Fault]:
        """Stage a term; gives what is wrong with it."""
        term = one.term
        if term is None:
            return []
        name = f"{one.scheme}/{term.id}"
        document = term_json(term).decode()
        if name in batch.lines or _DOCUMENT.rows(tx, {"job": place[0], "kind": TERM, "id": name}):
            return [Fault("duplicate", "An earlier line gives this term.", "/id")]
        found = find_term(tx, one.scheme, term.id)
        if found is not None and not found.added and found.term != term:
            return [
                Fault("builtin_term", "This term ships with the program and is the same everywhere.", "/id")
            ]
        batch.lines[name] = True
        batch.rows.append((*place, one.line, TERM, name, True, False, document))
        return []


_KIND_NAMES: Final = {kind.collection: kind.kind for kind in RECORDS}


def _waits(batch: _Batch, own: str, one: Validated) -> tuple[list[Mention], list[Fault]]:
    """Give the mentions that a record must wait for, and what is wrong with others."""

    def is_there(ref: str) -> bool:
        head = batch.heads.get(ref)
        return (
            ref == own or batch.lines.get(ref, False) or (head is not None and head.state != tables.DELETED)
        )

    if all(map(is_there, one.mentions)):
        return [], []
    lost = [mention for mention in references(one.record()) if not is_there(mention.ref)]
    faults = [reference_deleted(mention.pointer) for mention in lost if mention.ref in batch.heads]
    return [mention for mention in lost if mention.ref not in batch.heads], faults


def _stage_names(batch: _Batch, one: Validated, place: tuple[int, int, int]) -> list[Fault]:
    """Stage what a document with faults names and is nowhere yet: what comes after may bring it.

    Gives what is wrong with the rest of what it names.
    """
    job, position, file = place
    faults: list[Fault] = []
    waits: list[tuple[Any, ...]] = []
    for pointer, ref in one.named:
        head = batch.heads.get(ref)
        if head is not None and head.state == tables.DELETED:
            faults.append(reference_deleted(pointer))
        elif head is None and ref not in batch.lines:
            waits.append(_reference(job, position, pointer, ref))
    if waits:
        batch.rows.append((job, position, file, one.line, FAULTY, str(position), False, False, ""))
        batch.references += waits
    return faults


def _reference(job: int, position: int, pointer: str, ref: str) -> tuple[Any, ...]:
    collection, _, record_id = ref.partition("/")
    return job, position, pointer, _KIND_NAMES[collection], record_id


def _take_out_misplaced(tx: Connection, batch: _Batch, job: Job, name: str) -> None:
    """Take out lines whose selectors do not match a text that is attached to their source."""
    if not batch.quoting:
        return
    own = [batch.heads.get(own_reference(record) or "") for record, _, _ in batch.quoting]
    documents = {one.pk: one.document for one in find_by_keys(tx, [head.pk for head in own if head])}
    written = [
        (record, documents.get(head.pk) if head else None)
        for (record, _, _), head in zip(batch.quoting, own, strict=True)
    ]
    try:
        refuse_misplaced(tx, written, lambda ref: batch.heads[ref].pk if ref in batch.heads else 0)
    except InvalidBatch as error:
        lost = {batch.quoting[at][1] for at, _ in error.found}
        batch.faults += [ImportFault(name, batch.quoting[at][2], fault) for at, fault in error.found]
        batch.rows = [row for row in batch.rows if row[1] not in lost]
        batch.references = [row for row in batch.references if row[1] not in lost]
        job.counts.failed += len(lost)


def _staged_document(tx: Connection, batch: _Batch, job: Job, kind: str, record_id: str) -> str | None:
    for row in batch.rows:
        if row[4] == kind and row[5] == record_id:
            document: str = row[-1]
            return document
    found = _DOCUMENT.first(tx, {"job": job.pk, "kind": kind, "id": record_id})
    return None if found is None else str(found[0])
