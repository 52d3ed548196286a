"""References of documents: resolved, followed through merges, and locked until the transaction ends."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import Connection

from app.database import tables
from app.database.lookup import RecordHead, find_heads, follow_merges, reference_deleted
from app.database.near_ids import similar_references
from app.errors import Fault, quoted
from app.records.base import Record
from app.records.references import referenced_records, references, replace_reference
from app.records.validation.document import InvalidRecord
from app.writing.batch import InvalidBatch

MAX_SUGGESTIONS = 20
"""Dangling references of one write for which a near match is searched."""


class DanglingReferences(InvalidBatch):
    """Documents of a batch refer to records that cannot be referred to."""

    def __init__(self, found: Sequence[tuple[int, Fault]]) -> None:
        """Keep all faults."""
        super().__init__("The document refers to records that cannot be referred to.", found)


def resolve(
    tx: Connection,
    mentions: Sequence[Sequence[str]],
    own: Mapping[str, int],
    record_at: Callable[[int], Record],
    found: Mapping[str, RecordHead],
) -> tuple[dict[int, Record], dict[str, int]]:
    """Resolve the references of records, following merges.

    `mentions` are the references of each, `own` the keys of the records themselves; `record_at` returns a
    record where it is needed; `found` is what the references to others lead to, locked. Returns the records, by position, whose references were changed to where
    merges ended, and the key of every record that they refer to.

    Raises:
        DanglingReferences: references to nothing or to deleted records, all of them, with pointers.
    """
    wanted = {ref for some in mentions for ref in some} - own.keys()
    heads, merged = _followed(tx, wanted, own, dict(found))
    keys = {ref: head.pk for ref, head in heads.items() if head.state == tables.LIVE}
    keys.update(own)
    if wanted <= keys.keys():
        return {}, keys

    faults: list[tuple[int, Fault]] = []
    moved: dict[int, Record] = {}
    for position, some in enumerate(mentions):
        if all(ref in keys for ref in some):
            continue
        record = record_at(position)
        for mention in references(record):
            ref = merged[mention.ref].ref if mention.ref in merged else mention.ref
            if ref not in keys:
                near = len(faults) < MAX_SUGGESTIONS
                faults.append((position, _dangling(tx, mention.pointer, ref, heads.get(ref), near=near)))
        moved[position] = following_merges(record, merged)
    if faults:
        raise DanglingReferences(faults)
    return moved, keys


def following_merges(record: Record, merged: Mapping[str, RecordHead]) -> Record:
    """Replace references to merged records by those to where the merges ended."""
    for ref in referenced_records(record) if merged else ():
        if ref in merged:
            record = replace_reference(record, ref, merged[ref].ref)
    return record


def add_dangling_references(tx: Connection, error: InvalidRecord) -> InvalidRecord:
    """Return the faults of a document together with those for references in it that lead nowhere."""
    refs = {ref for _, ref in error.mentions}
    heads, merged = _followed(tx, refs, (), find_heads(tx, refs, lock=False), lock=False)
    faults: list[Fault] = []
    for pointer, named in error.mentions:
        ref = merged[named].ref if named in merged else named
        head = heads.get(ref)
        if head is None or head.state == tables.DELETED:
            faults.append(_dangling(tx, pointer, ref, head, near=len(faults) < MAX_SUGGESTIONS))
    return InvalidRecord([*error.faults, *faults], more=error.more) if faults else error


def _followed(
    tx: Connection,
    wanted: Iterable[str],
    own: Iterable[str],
    heads: dict[str, RecordHead],
    *,
    lock: bool = True,
) -> tuple[dict[str, RecordHead], dict[str, RecordHead]]:
    """Find where the merges of merged records ended that references lead to, as `heads` says."""
    absent = set(wanted) - heads.keys()
    if absent and lock:
        # Postgres finds no row that was renamed while this waited for its lock; the next statement does.
        heads |= find_heads(tx, absent, lock=lock)
    merged = follow_merges(tx, [head for head in heads.values() if head.state in tables.MOVED])
    if merged:
        # Locked like a direct target, and read again now that it is.
        heads |= find_heads(tx, {target.ref for target in merged.values()}.difference(own), lock=lock)
    return heads, merged


def _dangling(tx: Connection, pointer: str, ref: str, head: RecordHead | None, *, near: bool) -> Fault:
    if head is not None:
        return reference_deleted(pointer, ref)
    meant = similar_references(tx, ref, 1) if near else []
    return Fault(
        "unknown_reference",
        "There is no such record; create it first, or correct the reference.",
        pointer=pointer,
        suggestion=meant[0] if meant else None,
        value=quoted(ref),
    )
