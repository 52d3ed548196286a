"""What can be derived from records without the database: most of the cost of a write.

Nothing here depends on keys, on other records or on the time, so that an import can have another process do
it while it writes the batch before (`app.imports.worker`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from app.database.index.derive import IndexRows, derive_rows
from app.records.base import Record
from app.records.kinds import kind_by_name
from app.records.serialization import to_canonical_json, to_card_json, to_revision_json
from app.records.validation.document import load_stored


@dataclass(frozen=True, slots=True)
class PreparedBatch:
    """What a batch of records is written as, record by record in their order.

    Attributes:
        mentions: the references of each.
        documents: each as it is stored, without the fields that the server sets (see
            `app.records.serialization.splice_server_fields`).
        revisions: each as its revision keeps it, likewise.
        cards: the card of each.
        quotes: whether any of them quotes a source.
        rows: what indexes them, with placeholders for keys (`app.database.index.derive.assign_keys`).
    """

    mentions: list[list[str]]
    documents: list[str]
    revisions: list[str]
    cards: list[str]
    quotes: bool
    rows: IndexRows


def prepare(records: Sequence[Record], revisions: Sequence[str] | None = None) -> PreparedBatch:
    """Prepare a batch; `revisions` are the revisions that the records were read from, if any."""
    rows = IndexRows()
    entries = count()
    for number, record in enumerate(records):
        derive_rows(rows, record, number, str, entries, 0)
    mentions: list[list[str]] = [[] for _ in records]
    for number, ref in rows.references:
        mentions[number].append(ref)
    return PreparedBatch(
        mentions=mentions,
        documents=[to_canonical_json(record).decode() for record in records],
        revisions=[to_revision_json(record).decode() for record in records]
        if revisions is None
        else list(revisions),
        cards=[to_card_json(record).decode() for record in records],
        quotes=any(item.selector is not None for record in records for item in record.evidence_items()),
        rows=rows,
    )


def prepare_lines(lines: Sequence[tuple[str, str]], dialect: str) -> PreparedBatch:
    """Prepare staged lines, given as kinds and documents, down to the texts for one dialect."""
    records = [load_stored(kind_by_name(kind), document) for kind, document in lines]
    prepared = prepare(records, [document for _, document in lines])
    rows = prepared.rows
    rows.texts = [(entry, text_.laid(dialect)) for entry, text_ in rows.texts]
    return prepared
