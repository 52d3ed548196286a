"""Checks that everything derived agrees with the documents, and the documents with their history."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import BindParameter, Connection, bindparam, except_, func, select

from app.database import tables
from app.database.engine.database import Database
from app.database.lookup import COLLECTIONS
from app.database.vocabulary import read_terms
from app.maintenance.branches import faults_of_branches
from app.maintenance.index_diff import differences
from app.maintenance.integrity import damages
from app.maintenance.reindex import BATCH, Progress, live_keys
from app.records.base import Record
from app.records.kinds import kind_by_name
from app.records.references import references
from app.records.serialization import (
    RENDERING,
    SCHEMA_VERSION,
    to_canonical_json,
    to_card_json,
    to_revision_json,
)
from app.records.source import Source
from app.records.validation.document import load_stored
from app.values.counted import counted
from app.values.timestamps import rfc3339

MAX_FINDINGS: Final = 1000
"""Inconsistencies that are reported; where there are more, one remedy serves them all."""

_record, _revision, _change, _text = tables.record.c, tables.revision.c, tables.change.c, tables.source_text.c
_LOW: Final[BindParameter[int]] = bindparam("low")
_HIGH: Final[BindParameter[int]] = bindparam("high")
_NEXT = select(tables.record).where(_record.pk > bindparam("after")).order_by(_record.pk).limit(BATCH)

_SPANS = (
    select(_revision.record, func.count(), func.min(_revision.revision), func.max(_revision.revision))
    .where(_revision.record.between(_LOW, _HIGH))
    .group_by(_revision.record)
)

_LATEST = (
    select(_revision.record, _revision.at, _revision.action, _revision.schema_version, _revision.document)
    .join(tables.record, (_record.pk == _revision.record) & (_record.revision == _revision.revision))
    .where(_revision.record.between(_LOW, _HIGH))
)

_REVISIONS = select(_revision.record, _revision.revision, _revision.at, _revision.by, _revision.action).where(
    _revision.record.between(_LOW, _HIGH)
)

_CHANGES = select(_change.record, _change.revision, _change.at, _change.by, _change.action).where(
    _change.record.between(_LOW, _HIGH)
)

_WITH_TEXT = select(_text.source).where(_text.source.between(_LOW, _HIGH))
_TEXT = select(_text.text).where(_text.source == bindparam("source"))


@dataclass(frozen=True, slots=True)
class Finding:
    """One inconsistency.

    Attributes:
        code: a fixed snake_case word for programs.
        table: where it is.
        detail: one sentence for people.
        ref: the record it is about, if it is about one.
    """

    code: str
    table: str
    detail: str
    ref: str | None = None


def check(database: Database, *, most: int = MAX_FINDINGS, progress: Progress | None = None) -> list[Finding]:
    """Compare the whole database with what its documents say; an empty list proves that it agrees.

    Reads ranges of records, each in one snapshot, so that it can run while the service does and its memory
    is bounded. At most `most` inconsistencies are returned.
    """
    return list(islice(findings(database, progress), most))


def findings(database: Database, progress: Progress | None = None) -> Iterator[Finding]:
    """Yield inconsistencies as they are found; see `check`."""
    with database.snapshot() as connection:
        total = connection.execute(select(func.count()).select_from(tables.record)).scalar_one()
        yield from _whole(connection)
    after, done = 0, 0
    while True:
        with database.snapshot() as connection:
            found = connection.execute(_NEXT, {"after": after}).all()
            high = found[-1].pk if found else after
            # Past the last record there can only be rows that violate foreign keys.
            yield from _range_of_records(connection, found, (after + 1, high))
        done += len(found)
        if progress is not None:
            progress(done, total)
        if len(found) < BATCH:
            return
        after = high


def _whole(connection: Connection) -> Iterator[Finding]:
    for table, detail in damages(connection):
        yield Finding("damaged", table, detail)
    version = connection.execute(select(tables.database.c.version)).scalars().all()
    if len(version) != 1:
        yield Finding(
            "version", "database", f"It has {counted(len(version), 'row')}, where one counts the writes."
        )
    else:
        last = connection.execute(select(func.coalesce(func.max(_change.seq), 0))).scalar_one()
        if last > version[0]:
            yield Finding(
                "version",
                "database",
                f"It counts {counted(version[0], 'write')}, but change {last} is there.",
            )
    for detail in faults_of_branches(connection):
        yield Finding("branch", "database", detail)
    for fault in read_terms(connection).faults():
        yield Finding("vocabulary", "term", f"{fault.pointer}: {fault.detail}")
    stale = connection.execute(
        select(func.count()).where(_record.state == tables.LIVE, _record.rendering != RENDERING)
    ).scalar_one()
    if stale:
        yield Finding(
            "stale",
            "record",
            f"{counted(stale, 'document was', 'documents were')} rendered by an older program; run `annals reindex`.",
        )


def _range_of_records(connection: Connection, found: Any, stretch: tuple[int, int]) -> Iterator[Finding]:
    refs = {row.pk: f"{COLLECTIONS[row.kind]}/{row.id}" for row in found}
    live: dict[int, tuple[Record, int]] = {}
    skipped: set[int] = set()
    for row in found:
        if (row.state in tables.MOVED) != (row.merged_into is not None):
            yield Finding("state", "record", "What it was merged into does not fit its state.", refs[row.pk])
        if row.state != tables.LIVE:
            continue
        try:
            record = load_stored(kind_by_name(row.kind), row.document)
        except ValidationError:
            yield Finding("unreadable", "record", "Its document cannot be read.", refs[row.pk])
            skipped.add(row.pk)
            continue
        live[row.pk] = (record, row.updated_at)
        yield from _document(row, record, refs[row.pk])
    keys = live_keys(connection, [record for record, _ in live.values()])
    for pk, (record, _) in list(live.items()):
        for mention in references(record):
            if mention.ref not in keys:
                yield Finding("dangling", "record", f"{mention.pointer} leads to no live record.", refs[pk])
                skipped.add(pk)
                live.pop(pk, None)
    for pk, table, how in differences(connection, live, keys, stretch, skipped):
        yield Finding(
            "index", table, f"The index differs from the document: {how}; run `annals reindex`.", refs.get(pk)
        )
    yield from _history(connection, found, refs, stretch)
    yield from _source_texts(connection, live, refs, stretch)


def _document(row: Any, record: Record, ref: str) -> Iterator[Finding]:
    said = (record.kind, record.id, record.revision, record.updated_at, record.href)
    if said != (row.kind, row.id, row.revision, rfc3339(row.updated_at), f"/v1/{ref}"):
        yield Finding("document", "record", "Its columns and its document name different things.", ref)
    if row.rendering == RENDERING and to_canonical_json(record).decode() != row.document:
        yield Finding("document", "record", "Its document is not as it would be rendered.", ref)
    if to_card_json(record).decode() != row.card:
        yield Finding("card", "record", "Its card is not what its document says.", ref)


def _history(
    connection: Connection, found: Any, refs: dict[int, str], stretch: tuple[int, int]
) -> Iterator[Finding]:
    ends = {"low": stretch[0], "high": stretch[1]}
    spans = {pk: rest for pk, *rest in connection.execute(_SPANS, ends)}
    latest = {row.record: row for row in connection.execute(_LATEST, ends)}
    for row in found:
        # A record from an export begins with the revision that it had there.
        count, first, last = spans.get(row.pk, (0, 0, 0))
        if count == 0 or last != row.revision or count != last - first + 1:
            yield Finding(
                "revision", "revision", "Its revisions are not complete up to the present one.", refs[row.pk]
            )
        elif not _is_present(row, latest[row.pk]):
            yield Finding(
                "revision", "revision", "Its last revision is not what its document says.", refs[row.pk]
            )
    for one, other, what in (
        (_REVISIONS, _CHANGES, "A revision has no change of its own."),
        (_CHANGES, _REVISIONS, "A change has no revision of its own."),
    ):
        for pk, *_ in connection.execute(except_(one, other).limit(BATCH), ends):
            yield Finding("change", "change", what, refs.get(pk))


def _is_present(row: Any, latest: Any) -> bool:
    if row.state == tables.DELETED:
        return latest.document is None and latest.action == "delete"
    if row.state != tables.LIVE or latest.schema_version != SCHEMA_VERSION:
        return True
    if latest.at != row.updated_at or latest.document is None:
        return False
    try:
        record = load_stored(kind_by_name(row.kind), row.document)
    except ValidationError:
        return True
    return bool(latest.document == to_revision_json(record).decode())


def _source_texts(
    connection: Connection,
    live: dict[int, tuple[Record, int]],
    refs: dict[int, str],
    stretch: tuple[int, int],
) -> Iterator[Finding]:
    for source in connection.execute(_WITH_TEXT, {"low": stretch[0], "high": stretch[1]}).scalars().all():
        record = live[source][0] if source in live else None
        if not isinstance(record, Source):
            continue
        # One at a time: a text may be as large as a book.
        text = connection.execute(_TEXT, {"source": source}).scalar_one()
        if record.text is None or record.text.sha256 != hashlib.sha256(text.encode()).hexdigest():
            yield Finding(
                "text", "source_text", "The attached text is not the one that its source names.", refs[source]
            )
