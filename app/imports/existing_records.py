"""What a batch of an import finds already there: records in the database, and lines staged before.

Stored documents are read only where they have to be compared, a few megabytes at a time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, and_, bindparam, or_, select

from app.database import tables
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.lookup import (
    BATCH_BYTES,
    COLLECTIONS,
    RecordHead,
    RecordOutline,
    StoredRecord,
    find_heads,
    find_in_batches,
    follow_merges,
    ids_by_collection,
    outlines,
)
from app.errors import Fault
from app.imports.validate import Validated
from app.records.kinds import RECORD_KINDS, kind_by_name
from app.records.serialization import content_without_server_fields
from app.records.validation.document import load_stored
from app.values.portions import portions
from app.values.timestamps import rfc3339
from app.writing.resolve_references import following_merges

_AT_A_TIME: Final = 1000
_record, _revision, _line = tables.record.c, tables.revision.c, tables.import_line.c

_STAGED: Final = CompiledStatement(
    select(
        _line.kind, _line.id, _line.ready, _line.position, _line.file, _line.line, _line.number, _line.size
    ).where(
        _line.job == bindparam("job"),
        or_(
            *(and_(_line.kind == kind.kind, AnyOf.texts(_line.id, kind.collection)) for kind in RECORD_KINDS)
        ),
    )
)

_STAGED_DOCUMENTS: Final = CompiledStatement(
    select(_line.position, _line.document).where(
        _line.job == bindparam("job"), AnyOf.keys(_line.position, "positions")
    )
)

_LAST_EDITS: Final = CompiledStatement(
    select(_record.pk, _revision.by, _revision.at)
    .join(tables.revision, and_(_revision.record == _record.pk, _revision.revision == _record.revision))
    .where(AnyOf.keys(_record.pk, "pks"))
)


class Earlier(NamedTuple):
    """A line of the import that gives a record.

    Attributes:
        ready: whether all that it refers to is written before it.
        position: among the documents of the import.
        file: the number of its file.
        line: its line in that.
        number: which feature of its file it is, where that says more.
        size: the bytes of its document.
        document: the document, while it is not stored yet.
    """

    ready: bool
    position: int
    file: int
    line: int
    number: int | None
    size: int = 0
    document: str | None = None

    def described(self, file: int, files: Sequence[str]) -> str:
        """Return its place in a file, for a report."""
        where = f"Line {self.line}" if self.number is None else f"Feature {self.number}"
        return where if self.file == file else f"{where} of {files[self.file]}"


@dataclass(slots=True)
class Present:
    """What exists already for a batch.

    Attributes:
        heads: the records that the batch names, in the database.
        merged: for those of them that were merged away, where the merges ended.
        outlines: revision and size of the records that the batch gives.
        lines: lines of the import by reference; those of the batch are added as they come.
        same: for documents by their place in the batch, whether they say what is there.
        edits: for records that say something else, who edited them last, and when.
    """

    heads: Mapping[str, RecordHead] = field(default_factory=dict)
    merged: Mapping[str, RecordHead] = field(default_factory=dict)
    outlines: Mapping[int, RecordOutline] = field(default_factory=dict)
    lines: dict[str, Earlier] = field(default_factory=dict)
    same: dict[int, bool] = field(default_factory=dict)
    edits: Mapping[int, tuple[str, int]] = field(default_factory=dict)

    def outline(self, ref: str) -> RecordOutline | None:
        """Return the outline of a record that the batch gives, if there is one in the database."""
        head = self.heads.get(ref)
        return None if head is None else self.outlines.get(head.pk)


def own_ref(one: Validated) -> str:
    """Return the reference to the record that a document gives."""
    return f"{COLLECTIONS[one.kind]}/{one.id}"


def look_up(tx: Connection, job: int, validated: Sequence[Validated], *, force: bool) -> Present:
    """Query the database once for all that a batch names, and compare documents where necessary.

    With `force` it is not checked whether a document is older than the record.
    """
    wanted = {ref for one in validated for _, ref in one.named}
    own: dict[str, list[int]] = {}
    for place, one in enumerate(validated):
        if one.document:
            wanted.update(one.mentions)
            if one.id is not None:
                own.setdefault(own_ref(one), []).append(place)
    wanted |= own.keys()
    if not wanted:
        return Present()
    heads = find_heads(tx, wanted, lock=False)
    present = Present(
        heads,
        follow_merges(tx, [head for head in heads.values() if head.state in tables.MOVED]),
        outlines(tx, pks) if (pks := [heads[ref].pk for ref in own if ref in heads]) else {},
    )
    none: dict[str, list[str]] = {kind.collection: [] for kind in RECORD_KINDS}
    for kind, record_id, *line in _STAGED.rows(tx, {"job": job, **none, **ids_by_collection(wanted)}):
        present.lines[f"{COLLECTIONS[kind]}/{record_id}"] = Earlier(*line)
    _compare_with_lines(tx, job, validated, present, own)
    _compare_with_records(tx, validated, present, own, force=force)
    return present


def _compare_with_lines(
    tx: Connection,
    job: int,
    validated: Sequence[Validated],
    present: Present,
    own: Mapping[str, Sequence[int]],
) -> None:
    places = {present.lines[ref].position: of for ref, of in own.items() if ref in present.lines}
    sizes = {line.position: line.size for line in present.lines.values() if line.position in places}
    for positions in portions(sorted(sizes), sizes.__getitem__, most_size=BATCH_BYTES, most=_AT_A_TIME):
        for position, document in _STAGED_DOCUMENTS.rows(tx, {"job": job, "positions": positions}):
            for place in places[position]:
                present.same[place] = validated[place].document == document


def _compare_with_records(
    tx: Connection,
    validated: Sequence[Validated],
    present: Present,
    own: Mapping[str, Sequence[int]],
    *,
    force: bool,
) -> None:
    compared: dict[int, list[int]] = {}
    for ref, places in own.items():
        head = present.heads.get(ref)
        if head is None or head.state != tables.LIVE or ref in present.lines:
            continue
        revision = present.outlines[head.pk].revision
        asked = [
            place
            for place in places
            if validated[place].if_missing or (not force and is_older(validated[place], revision))
        ]
        if asked:
            compared[head.pk] = asked
    other = set()
    for found in find_in_batches(tx, list(compared)):
        for place in compared[found.pk]:
            present.same[place] = says(validated[place], found, present.merged)
            if not present.same[place]:
                other.add(found.pk)
    present.edits = last_edits(tx, sorted(other))


def is_older(one: Validated, revision: int) -> bool:
    """Return whether a document was made from an earlier revision than that."""
    return one.brought_revision is not None and one.brought_revision < revision


def says(one: Validated, found: StoredRecord, merged: Mapping[str, RecordHead]) -> bool:
    """Return whether a document says what a record says already."""
    record = following_merges(one.record(), merged)
    return content_without_server_fields(record) == content_without_server_fields(
        load_stored(kind_by_name(found.kind), found.document)
    )


def last_edits(tx: Connection, pks: Sequence[int]) -> dict[int, tuple[str, int]]:
    """Return who edited records last, and when (microseconds since 1970)."""
    if not pks:
        return {}
    rows: list[tuple[Any, ...]] = _LAST_EDITS.rows(tx, {"pks": list(pks)})
    return {pk: (by, at) for pk, by, at in rows}


def stale_revision(base: int, revision: int, edit: tuple[str, int]) -> Fault:
    """Make the fault for a document of an earlier revision than the record's that says something else."""
    by, at = edit
    came = f"comes from revision {base}" if base else "was made when there was no such record"
    detail = (
        f"This document {came} and says something else; the record has revision {revision}, by {by} at "
        f"{rfc3339(at)}. Bring both together, or write over it with --force (over HTTP: force=true)."
    )
    return Fault("stale_revision", detail, "/revision" if base else "/id")


def unwritable(state: int) -> Fault | None:
    """Return why a record that was deleted, merged away or renamed cannot be written; None where it is live."""
    if state == tables.DELETED:
        return Fault("deleted", "This record was deleted; restore it, or choose another id.", "/id")
    if state == tables.MERGED:
        return Fault("merged", "This record was merged into another; choose another id.", "/id")
    if state == tables.RENAMED:
        detail = "This record was renamed; give its present id, to which the address of this one leads."
        return Fault("renamed", detail, "/id")
    return None
