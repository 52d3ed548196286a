"""The first half of an import: documents are validated and staged, each with whether it is ready.

A line is *ready* when all that it refers to is in the database already, or is a ready line before it. In
their order, ready lines can be written without a dangling reference at any time. The others wait: what each
of them waits for is stored, and resolved when everything is read (`write_order`).
"""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Connection, bindparam, select

from app.database import tables
from app.database.engine.database import Database
from app.database.engine.driver_errors import INTEGRITY_ERRORS, SerializationFailure
from app.database.engine.statement import CompiledStatement
from app.database.index.insert_rows import columns_of, insert_rows
from app.database.lookup import RecordHead, reference_deleted
from app.database.vocabulary import find_term, term_json
from app.errors import Fault, quoted
from app.imports.existing_records import Earlier, Present, look_up, own_ref, stale_revision, unwritable
from app.imports.fault_log import ImportFault, Origin
from app.imports.jobs import FAULTY, Job, step
from app.imports.new_ids import UNNAMED, named_by
from app.imports.staged_batch import Batch, take_out_misplaced, told_with
from app.imports.sync import Memory, Named
from app.imports.validate import Validated, Validator
from app.records.kinds import RECORD_KINDS
from app.records.references import ReferenceOccurrence, referenced_records, references
from app.records.serialization import to_revision_json
from app.records.vocabulary import TERM_KIND, Term
from app.writing.check_selectors import look_documents_up
from app.writing.resolve_references import following_merges

_KIND: Final = columns_of(tables.import_line).index("kind")
_line = tables.import_line.c

_DOCUMENT: Final = CompiledStatement(
    select(_line.document).where(
        _line.job == bindparam("job"), _line.kind == bindparam("kind"), _line.id == bindparam("id")
    )
)

_TERMS: Final = CompiledStatement(
    select(_line.id, _line.document)
    .where(_line.job == bindparam("job"), _line.kind == TERM_KIND)
    .order_by(_line.position)
)


class Staging:
    """Stages the documents of a job."""

    def __init__(
        self,
        database: Database,
        job: Job,
        validator: Validator,
        files: Sequence[str],
        memory: Memory | None,
        *,
        force: bool,
    ) -> None:
        """Resume the job, with the terms that it has brought so far.

        `memory` is told of records that documents give way to. With `force`, documents of an earlier revision than their record's are accepted.
        """
        self._database = database
        self._job = job
        self._validator = validator
        self._files = files
        self._force = force
        self._memory = memory
        with database.snapshot() as connection:
            for name, document in _TERMS.rows(connection, {"job": job.pk}):
                validator.learn(name.partition("/")[0], Term.model_validate(orjson.loads(document)))

    def stage(self, file: int, validated: Sequence[Validated]) -> None:
        """Stage some documents of a file, in one transaction.

        Raises:
            Conflict: another process has taken the job up.
        """
        with self._database.snapshot() as connection:
            findings = look_documents_up(connection, validated, Validated.record)

        def work(tx: Connection, job: Job) -> None:
            batch = Batch(look_up(tx, job.pk, validated, force=self._force))
            for place, one in enumerate(validated):
                position = job.staged
                job.staged += 1
                job.counts.read += 1
                job.counts.note(one.notes)
                job.counts.note_simplified(one.simplified)
                is_lost = one.term is None and not one.document
                if one.term is not None:
                    faults = self._term(tx, batch, one, (job.pk, position, file))
                elif one.document:
                    faults = self._record(tx, batch, place, one, job, file)
                else:
                    faults = [*one.faults, *_stage_names(batch, one, (job.pk, position, file))]
                if faults or is_lost:
                    job.counts.failed += 1
                    batch.faults += [ImportFault(self._origin(file, one), fault) for fault in faults]
            misplaced = take_out_misplaced(tx, batch, findings)
            job.counts.failed += len({position for position, _, _ in misplaced})
            batch.faults += [ImportFault(self._origin(file, one), fault) for _, one, fault in misplaced]
            job.note(tx, batch.faults)
            if self._memory is not None:
                self._memory.remember(tx, batch.named)
            try:
                insert_rows(tx, tables.import_line, batch.lines)
                insert_rows(tx, tables.import_reference, batch.references)
                insert_rows(tx, tables.import_unnamed, batch.unnamed)
            except INTEGRITY_ERRORS as error:
                raise SerializationFailure from error

        step(self._database, self._job, work)

    def _origin(self, file: int, one: Validated) -> Origin:
        return Origin(self._files[file], one.line, one.number, one.id)

    def _record(
        self, tx: Connection, batch: Batch, place: int, one: Validated, job: Job, file: int
    ) -> list[Fault]:
        """Stage a record; returns its faults."""
        present, position = batch.present, job.staged - 1
        if one.id is None:
            return self._unnamed(batch, one, (job.pk, position, file))
        ref = own_ref(one)
        head, earlier = present.heads.get(ref), present.lines.get(ref)
        same = present.same.get(place, True)
        if earlier is not None and earlier.document is not None:
            same = earlier.document == one.document
        if one.if_missing and (head is not None or earlier is not None):
            job.counts.unchanged += 1
            if not same:
                job.counts.give_way_to(ref)
            outline = present.outline(ref)
            if head is not None and head.state == tables.LIVE and outline is not None:
                batch.named.append(Named(head.pk, outline.revision, own=False))
            return []
        if earlier is not None:
            if same:
                job.counts.unchanged += 1
                return []
            if one.more and head is not None and head.state == tables.LIVE:
                told = told_with(tx, batch, job.pk, earlier, one, self._validator)
                if isinstance(told, Validated):
                    job.counts.unchanged += 1
                    return self._place(batch, told, head, (job.pk, earlier.position, earlier.file))
                if told is not None:
                    return told
            detail = (
                f"{earlier.described(file, self._files)} gives this record as well, and says something else."
            )
            return [Fault("duplicate", detail, "/id", value=quoted(one.id))]
        fault = unwritable(head.state) if head is not None else None
        outline = present.outline(ref)
        if fault is None and outline is not None and head is not None and not same:
            fault = stale_revision(one.brought_revision or 0, outline.revision, present.edits[head.pk])
        if fault is not None:
            return [fault]
        return self._place(batch, one, head, (job.pk, position, file))

    def _place(
        self, batch: Batch, one: Validated, head: RecordHead | None, place: tuple[int, int, int]
    ) -> list[Fault]:
        """Stage a line that can be written as far as the record itself goes; returns the faults of its references."""
        present, (_, position, file), ref = batch.present, place, own_ref(one)
        waits, faults = _waits(present, ref, one)
        if faults:
            return faults
        # A record in the database can be referred to whatever becomes of this line.
        ready = not waits or head is not None
        present.lines[ref] = Earlier(ready, position, file, one.line, one.number, one.size, one.document)
        outline = present.outline(ref)
        bases = [one.base_revision, None if self._force else one.brought_revision]
        size = one.size + (outline.size if outline is not None else 0)
        self._line(batch, one, place, waits, size=size, bases=bases)
        return []

    def _unnamed(self, batch: Batch, one: Validated, place: tuple[int, int, int]) -> list[Fault]:
        """Stage a record without an id, which is assigned when all are read (`new_ids`)."""
        merged = batch.present.merged
        if any(ref in merged for ref in one.mentions):
            # Its digest identifies it once it is written.
            record = following_merges(one.record(), merged)
            document = to_revision_json(record)
            name, digest = named_by(record)
            one = one._replace(
                document=document.decode(),
                size=len(document),
                name=name,
                digest=digest,
                mentions=referenced_records(record),
            )
        waits, faults = _waits(batch.present, "", one)
        if faults:
            return faults
        job, position, _ = place
        one = one._replace(id=f"{UNNAMED}{position}")
        self._line(batch, one, place, waits, size=one.size, bases=())
        batch.unnamed.append((job, one.kind, one.name, position, one.digest, one.if_missing))
        return []

    def _line(
        self,
        batch: Batch,
        one: Validated,
        place: tuple[int, int, int],
        waits: Sequence[ReferenceOccurrence],
        *,
        size: int,
        bases: Sequence[int | None],
    ) -> None:
        job, position, _ = place
        base = min((base for base in bases if base is not None), default=None)
        batch.lines.append(
            (
                *place,
                one.line,
                one.number,
                base,
                size,
                one.kind,
                one.id,
                not waits,
                one.if_missing,
                one.document,
            )
        )
        if any(source in batch.present.heads for source in one.quoted):
            batch.quoting.append((position, one))
        batch.references += [_reference(job, position, mention.pointer, mention.ref) for mention in waits]

    def _term(self, tx: Connection, batch: Batch, one: Validated, place: tuple[int, int, int]) -> list[Fault]:
        """Stage a term; returns its faults."""
        term = one.term
        if term is None:
            return []
        name = f"{one.scheme}/{term.id}"
        document = term_json(term).decode()
        staged = any(row[_KIND] == TERM_KIND and row[_KIND + 1] == name for row in batch.lines)
        if staged or _DOCUMENT.rows(tx, {"job": place[0], "kind": TERM_KIND, "id": name}):
            return [Fault("duplicate", "An earlier line gives this term.", "/id")]
        found = find_term(tx, one.scheme, term.id)
        if found is not None and not found.added and found.term != term:
            return [
                Fault("builtin_term", "This term ships with the program and is the same everywhere.", "/id")
            ]
        batch.lines.append(
            (*place, one.line, one.number, None, len(document), TERM_KIND, name, True, False, document)
        )
        return []


_KIND_NAMES: Final = {kind.collection: kind.kind for kind in RECORD_KINDS}


def _waits(present: Present, own: str, one: Validated) -> tuple[list[ReferenceOccurrence], list[Fault]]:
    """Return the references that a record must wait for, and the faults of others."""

    def is_there(ref: str) -> bool:
        head, line = present.heads.get(ref), present.lines.get(ref)
        return (
            ref == own
            or (line is not None and line.ready)
            or (head is not None and head.state != tables.DELETED)
        )

    if all(map(is_there, one.mentions)):
        return [], []
    lost = [mention for mention in references(one.record()) if not is_there(mention.ref)]
    faults = [
        reference_deleted(mention.pointer, mention.ref) for mention in lost if mention.ref in present.heads
    ]
    return [mention for mention in lost if mention.ref not in present.heads], faults


def _stage_names(batch: Batch, one: Validated, place: tuple[int, int, int]) -> list[Fault]:
    """Stage the references of an invalid document that lead nowhere yet: later documents may give them.

    Returns the faults of the rest of its references.
    """
    job, position, _ = place
    faults: list[Fault] = []
    waits: list[tuple[Any, ...]] = []
    for pointer, ref in one.named:
        head = batch.present.heads.get(ref)
        if head is not None and head.state == tables.DELETED:
            faults.append(reference_deleted(pointer, ref))
        elif head is None and ref not in batch.present.lines:
            waits.append(_reference(job, position, pointer, ref))
    if waits:
        # The id of the document stands in its place, for reports.
        names = (FAULTY, str(position), False, False, one.id or "")
        batch.lines.append((*place, one.line, one.number, None, 0, *names))
        batch.references += waits
    return faults


def _reference(job: int, position: int, pointer: str, ref: str) -> tuple[Any, ...]:
    collection, _, record_id = ref.partition("/")
    return job, position, pointer, _KIND_NAMES[collection], record_id
