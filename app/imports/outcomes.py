"""The outcome of staged lines, given what is there: created, updated, unchanged, or refused."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import orjson
from sqlalchemy import Connection

from app.database import tables
from app.database.engine.database import Database
from app.database.lookup import StoredRecord, find_by_keys, find_heads, follow_merges
from app.errors import Fault
from app.imports.existing_records import last_edits, stale_revision
from app.imports.fault_log import ImportFault
from app.imports.jobs import Job
from app.imports.staged_lines import Staged, staged_after
from app.records.base import SERVER_FIELDS, Record
from app.records.references import referenced_records
from app.records.serialization import content_without_server_fields, to_revision_json
from app.records.validation.document import load_stored
from app.values.json_patch import difference
from app.writing.resolve_references import following_merges

ImportOutcome = Literal["created", "updated", "unchanged", "failed"]

CHANGES: Final = {"created": "create", "updated": "update", "unchanged": "unchanged"}
"""The names of outcomes in a preview."""

PREVIEW_BYTES: Final = 8 * 2**20
"""Bytes of documents after which a preview ends."""

_GONE: Final = Fault("deleted", "This record was deleted or merged away in the meantime.", "/id")


@dataclass(frozen=True, slots=True)
class Line:
    """The outcome of one line.

    Attributes:
        staged: the line.
        found: the existing record.
        verdict: the outcome.
        removes: the members that the record would lose.
        gives_way: whether it is unchanged though the line says something else.
    """

    staged: Staged
    found: StoredRecord | None
    verdict: ImportOutcome
    removes: Sequence[str] = ()
    gives_way: bool = False

    @property
    def is_written(self) -> bool:
        """Whether something is written."""
        return self.verdict in ("created", "updated")


@dataclass(frozen=True, slots=True)
class DecidedLines:
    """The outcomes of a group.

    Attributes:
        lines: of each line, in order.
        faults: why some fail, by their positions among the documents of the import.
        as_staged: whether every line is written as it was staged, with no reference changed to follow a
            merge.
    """

    lines: Sequence[Line]
    faults: Sequence[tuple[Staged, Fault]]
    as_staged: bool

    def count(self, tx: Connection, job: Job, files: Sequence[str]) -> None:
        """Count the lines that are unchanged and those that fail, and store the faults."""
        for one in self.lines:
            job.counts.unchanged += one.verdict == "unchanged"
            job.counts.failed += one.verdict == "failed"
            if one.gives_way:
                job.counts.give_way_to(one.staged.ref)
        job.note(tx, [ImportFault(staged.origin(files), fault) for staged, fault in self.faults])

    def count_written(self, job: Job, written: Collection[int]) -> None:
        """Count the outcomes of the lines with these positions: those that are written, or would be."""
        for one in self.lines:
            if one.staged.position in written:
                job.counts.created += one.verdict == "created"
                job.counts.updated += one.verdict == "updated"
                for name in one.removes:
                    job.counts.removes[name] = job.counts.removes.get(name, 0) + 1


def decide_outcomes(tx: Connection, staged: Sequence[Staged], *, lock: bool) -> DecidedLines:
    """Return the outcomes of a group; `lock` locks the records until the transaction ends."""
    current, followed = _looked_up(tx, staged, lock=lock)
    lines = [_decided(one, current.get(one.ref)) for one in followed]
    edits = last_edits(tx, [one.found.pk for one in lines if one.found and _is_stale(one)])
    faults: list[tuple[Staged, Fault]] = []
    for at, one in enumerate(lines):
        if one.verdict == "failed":
            faults.append((one.staged, _GONE))
        elif one.found is not None and _is_stale(one):
            base, revision = one.staged.base_revision or 0, one.found.revision
            faults.append((one.staged, stale_revision(base, revision, edits[one.found.pk])))
            lines[at] = replace(one, verdict="failed")
    return DecidedLines(lines, faults, as_staged=followed is staged)


def first_previews(database: Database, job: int, most: int, files: Sequence[str]) -> list[dict[str, Any]]:
    """Return what would become of the first documents of a job, up to a few megabytes, as `preview` does."""
    found: list[dict[str, Any]] = []
    after, left = -1, PREVIEW_BYTES
    while len(found) < most and left > 0:
        with database.snapshot() as connection:
            staged = staged_after(connection, job, after, most - len(found), ready=False)
            found += preview(connection, staged, files)
        if not staged:
            break
        after = staged[-1].position
        left -= sum(len(one.document) for one in staged)
    return found


def preview(tx: Connection, staged: Sequence[Staged], files: Sequence[str]) -> list[dict[str, Any]]:
    """Return what would become of lines: the document, and for an update what differs.

    An update has a JSON Patch (RFC 6902), and as `before` the members that it would change or remove, as
    they are.
    """
    found = []
    for one in decide_outcomes(tx, staged, lock=False).lines:
        if one.verdict == "failed":
            continue
        origin = one.staged.origin(files)
        new = _said(one.staged.record)
        entry: dict[str, Any] = {"file": origin.file, "line": origin.line}
        if origin.number is not None:
            entry["feature"] = origin.number
        entry |= {"ref": one.staged.ref, "change": CHANGES[one.verdict], "document": new}
        if one.verdict == "updated" and one.found is not None:
            old = _said(load_stored(one.staged.kind, one.found.document))
            entry["patch"] = difference(old, new)
            entry["before"] = {name: value for name, value in old.items() if new.get(name) != value}
        found.append(entry)
    return found


def _said(record: Record) -> dict[str, Any]:
    said: dict[str, Any] = orjson.loads(content_without_server_fields(record))
    return said


def _looked_up(
    tx: Connection, staged: Sequence[Staged], *, lock: bool
) -> tuple[dict[str, StoredRecord], Sequence[Staged]]:
    """Look up what exists for a group, and change the references of lines to follow merges."""
    heads = find_heads(tx, [one.ref for one in staged], lock=False)
    if not heads:
        return {}, staged
    current = {one.ref: one for one in find_by_keys(tx, [head.pk for head in heads.values()], lock=lock)}
    wanted = {ref for one in staged if one.ref in current for ref in referenced_records(one.record)}
    aims = find_heads(tx, wanted, lock=False)
    merged = follow_merges(tx, [head for head in aims.values() if head.state in tables.MOVED])
    if not merged:
        return current, staged
    return current, [
        replace(one, document=to_revision_json(following_merges(one.record, merged)).decode())
        for one in staged
    ]


def _decided(one: Staged, found: StoredRecord | None) -> Line:
    if found is None:
        return Line(one, None, "created")
    if found.state != tables.LIVE:
        return Line(one, found, "unchanged" if one.if_missing else "failed")
    record, present = one.record, load_stored(one.kind, found.document)
    if content_without_server_fields(record) == content_without_server_fields(present):
        return Line(one, found, "unchanged")
    if one.if_missing:
        return Line(one, found, "unchanged", gives_way=True)
    return Line(one, found, "updated", _lost(present, record))


def _lost(present: Record, record: Record) -> list[str]:
    """List the members that a record has and another has not."""
    return [
        name
        for name, value in present.__dict__.items()
        if name not in SERVER_FIELDS
        and value not in (None, (), {})
        and record.__dict__.get(name) in (None, (), {})
    ]


def _is_stale(one: Line) -> bool:
    """Return whether a line would overwrite what was written since it was made."""
    base = one.staged.base_revision
    return (
        one.verdict == "updated" and base is not None and one.found is not None and base < one.found.revision
    )
