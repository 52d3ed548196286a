"""What can be made of records before the database is asked anything: most of what a write costs.

Nothing here depends on keys, on other records or on the moment, so that an import can have it done by
another process while it writes what came before (`app.imports.worker`).
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
        mentions: what each refers to.
        documents: each as it is stored, but for the fields that the server sets (see `records.writing.signed`).
        revisions: each as its revision keeps it, likewise.
        cards: what references to each are shown with.
        quotes: whether any of them quotes a source.
        rows: what indexes them, to be given keys (`store.indexing.keyed`).
    """

    mentions: list[list[str]]
    documents: list[str]
    revisions: list[str]
    cards: list[str]
    quotes: bool
    rows: IndexRows


def prepare(records: Sequence[Record], revisions: Sequence[str] | None = None) -> PreparedBatch:
    """Prepare a batch; `revisions` are the revisions that the records were read from, if they were."""
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
    """Prepare what is staged, given as kinds and documents, down to the texts for one sort of database."""
    records = [load_stored(kind_by_name(kind), document) for kind, document in lines]
    prepared = prepare(records, [document for _, document in lines])
    rows = prepared.rows
    rows.texts = [(entry, text_.laid(dialect)) for entry, text_ in rows.texts]
    return prepared
