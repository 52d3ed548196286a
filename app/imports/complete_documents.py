"""Completes partial documents with the rest of the existing record.

A row of a table sets what it has columns for, and no more: the rest of the record stays as it is, as with a
merge patch (RFC 7396). An empty cell of a column removes the member.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from app.database import tables
from app.database.engine.database import Database
from app.database.lookup import BATCH_BYTES, StoredRecord, find_by_keys, find_heads, outlines
from app.errors import Fault, quoted
from app.imports.additions import other_labels, sum_of
from app.imports.documents import ImportedDocument
from app.imports.existing_records import unwritable
from app.records.base import SERVER_FIELDS
from app.records.historical_date import DERIVED
from app.records.kinds import RECORD_KINDS
from app.records.validation.document import MAX_RAW_BYTES
from app.records.validation.normalize import encoded
from app.values.portions import portions
from app.values.slug import is_id

_COLLECTIONS: Final = {kind.kind: kind.collection for kind in RECORD_KINDS}

_MAIN: Final = {
    "date": "edtf",
    "in_force": "edtf",
    "established_under": "agreement",
    "text": "sha256",
}
"""The members of members that have columns, each with the one without which the others mean nothing."""


_NOT_THERE: Final = (
    "There is no such record, and this only tells more of records that are there (`update`, `add`): correct the id, or "
    "import the record first."
)


def size_of(incoming: ImportedDocument) -> int:
    """Return the size of a document as JSON; one that is not JSON counts as the largest that is accepted."""
    if incoming.raw is None:
        return 0
    return len(encoded(dict(incoming.raw))) or MAX_RAW_BYTES


def completed(
    database: Database, batch: Sequence[ImportedDocument], most: int
) -> Iterator[Sequence[ImportedDocument]]:
    """Yield the documents of a batch in order, completed; in batches again, as they may have grown."""
    refs = {ref for one in batch if (ref := _ref(one)) is not None}
    if not refs:
        yield batch
        return
    with database.snapshot() as connection:
        heads = find_heads(connection, refs, lock=False)
        live = {ref: head.pk for ref, head in heads.items() if head.state == tables.LIVE}
        sizes = outlines(connection, list(live.values()))

    def size(one: ImportedDocument) -> int:
        pk = live.get(_ref(one) or "")
        return size_of(one) + (sizes[pk].size if pk is not None else 0)

    for some in portions(batch, size, most_size=BATCH_BYTES, most=most):
        keys = [live[ref] for one in some if (ref := _ref(one)) in live and ref is not None]
        with database.snapshot() as connection:
            stored = {one.ref: one for one in find_by_keys(connection, keys)}
        faults = {ref: fault for ref, head in heads.items() if (fault := unwritable(head.state)) is not None}
        yield [_complete(one, stored, faults) for one in some]


def _ref(incoming: ImportedDocument) -> str | None:
    """Return the record that a partial document belongs to; None where it is a whole record, or an unknown one."""
    raw = incoming.raw
    if incoming.members is None or raw is None:
        return None
    kind, record_id = raw.get("kind"), raw.get("id")
    if not isinstance(kind, str) or kind not in _COLLECTIONS:
        return None
    return f"{_COLLECTIONS[kind]}/{record_id}" if isinstance(record_id, str) and is_id(record_id) else None


def _complete(
    one: ImportedDocument, stored: Mapping[str, StoredRecord], faults: Mapping[str, Fault]
) -> ImportedDocument:
    ref = _ref(one)
    if ref is None or one.raw is None or one.members is None:
        return one
    if ref in faults and not one.if_missing:
        # The members that it does not set cannot be filled in, and would be reported as missing.
        return replace(one, raw=None, faults=(*one.faults, replace(faults[ref], record=ref)))
    found = stored.get(ref)
    if found is None:
        if one.must_exist:
            value = quoted(one.raw["id"])
            missing = Fault("no_such_record", _NOT_THERE, "/id", value=value, record=ref)
            return replace(one, raw=None, faults=(*one.faults, missing))
        return replace(one, base_revision=0)
    present = orjson.loads(found.document)
    if "labels" in one.added and (faulty := other_labels(present.get("labels"), one.raw.get("labels"))):
        faulty = [replace(fault, record=ref) for fault in faulty]
        return replace(one, raw=None, faults=(*one.faults, *faulty))
    raw = complete(one.raw, present, one.members, one.added)
    more = {name: one.raw.get(name) for name in one.added} or None
    return replace(one, raw=raw, base_revision=found.revision, more=more)


def complete(
    raw: Mapping[str, Any],
    present: Mapping[str, Any],
    members: Iterable[str],
    added: Iterable[str] = (),
) -> dict[str, Any]:
    """Return a document that sets these members (`ImportedDocument.members`), with the rest of the present one.

    Those that are `added` have what is present first.
    """
    spoken = frozenset(members)
    found = dict(raw)
    for name, value in present.items():
        if name in spoken or name in SERVER_FIELDS:
            continue
        parts = {one.partition(".")[2] for one in spoken if one.startswith(f"{name}.") and name in _MAIN}
        if not parts:
            found[name] = value
        elif not (_MAIN[name] in parts and _MAIN[name] not in raw.get(name, {})):
            rest = {part: one for part, one in value.items() if part not in parts and part not in DERIVED}
            found[name] = {**rest, **raw.get(name, {})}
    for name in added:
        if name in present:
            found[name] = sum_of(present[name], raw.get(name))
    return found
