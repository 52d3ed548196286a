"""What can be made of records before the database is asked anything: most of what a write costs.

Nothing here depends on keys, on other records or on the moment, so that an import can have it done by
another process while it writes what came before (`app.imports.worker`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from app.database.index.derive import IndexRows, index_record
from app.records.base import Record
from app.records.kinds import kind_named
from app.records.serialization import card, to_json, to_revision_json
from app.records.validation.document import read_stored


@dataclass(frozen=True, slots=True)
class Prepared:
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


def prepare(records: Sequence[Record], revisions: Sequence[str] | None = None) -> Prepared:
    """Prepare a batch; `revisions` are the revisions that the records were read from, if they were."""
    rows = IndexRows()
    entries = count()
    for number, record in enumerate(records):
        index_record(rows, record, number, str, entries, 0)
    mentions: list[list[str]] = [[] for _ in records]
    for number, ref in rows.references:
        mentions[number].append(ref)
    return Prepared(
        mentions=mentions,
        documents=[to_json(record).decode() for record in records],
        revisions=[to_revision_json(record).decode() for record in records]
        if revisions is None
        else list(revisions),
        cards=[card(record).decode() for record in records],
        quotes=any(item.selector is not None for record in records for item in record.evidence_items()),
        rows=rows,
    )


def prepare_lines(lines: Sequence[tuple[str, str]], dialect: str) -> Prepared:
    """Prepare what is staged, given as kinds and documents, down to the texts for one sort of database."""
    records = [read_stored(kind_named(kind), document) for kind, document in lines]
    prepared = prepare(records, [document for _, document in lines])
    rows = prepared.rows
    rows.texts = [(entry, text_.laid(dialect)) for entry, text_ in rows.texts]
    return prepared
