"""Reindexing: every document is rendered anew, and its index derived again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection, bindparam, func, select, update

from app.database import tables
from app.database.engine.database import Database
from app.database.index import rows
from app.database.index.database_version import bump_version
from app.database.index.derive import IndexRows, derive_rows
from app.database.index.new_keys import reserve_keys
from app.database.lookup import COLLECTIONS, find_heads
from app.maintenance.integrity import mend_cells, sweep, sweep_words
from app.maintenance.place_counts import mend_members
from app.maintenance.sequences import advance_sequences
from app.records.base import Record
from app.records.kinds import kind_by_name
from app.records.references import references
from app.records.serialization import RENDERING, to_canonical_json, to_card_json
from app.records.validation.document import load_stored

BATCH: Final = 500
"""Records in one transaction: others write in between."""

Progress = Callable[[int, int], None]
"""Called with the number of records done, and the number there are."""

_record = tables.record.c

_NEXT = (
    select(
        _record.pk,
        _record.kind,
        _record.id,
        _record.state,
        _record.updated_at,
        _record.document,
        _record.card,
    )
    .where(_record.pk > bindparam("after"))
    .order_by(_record.pk)
    .limit(BATCH)
    .with_for_update()
)

_RENDER = (
    update(tables.record)
    .where(_record.pk == bindparam("key"))
    .values(document=bindparam("document"), card=bindparam("card"), rendering=RENDERING)
)


@dataclass(slots=True)
class ReindexReport:
    """The result of reindexing.

    Attributes:
        records: how many records were rendered and indexed anew.
        skipped: references of records that could not be, and why; they are left as they were.
    """

    records: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)


def reindex(
    database: Database, *, from_start: bool = False, progress: Progress | None = None
) -> ReindexReport:
    """Render every live record anew and replace its index rows; no revision is made.

    Works in batches while the service runs. An interrupted reindex continues where it stopped, unless
    `from_start`; where an older program had begun it, the records that it did are done again afterwards.
    Sequences that have fallen behind the keys of rows go on after them first.
    """
    report = ReindexReport()
    database.write_now(advance_sequences)
    with database.snapshot() as connection:
        total = connection.execute(select(func.count()).select_from(tables.record)).scalar_one()
        begun = 0 if from_start else connection.execute(select(tables.database.c.reindexed)).scalar_one()
        done = connection.execute(select(func.count()).where(_record.pk <= begun)).scalar_one()
    for batch in _batches(database, begun):
        _add(report, batch)
        done += batch.size
        if progress is not None:
            progress(done, total)
    if begun and _is_any_stale(database, len(report.skipped)):
        for batch in _batches(database, 0):
            _add(report, batch)
    database.write_now(sweep)
    word: str | None = ""
    while word is not None:
        word = database.write_now(partial(sweep_words, after=word, most=BATCH))
    return report


class _Batch(NamedTuple):
    """The result of a batch: its last key, 0 for the last batch of all; how many records it read and reindexed."""

    last: int
    size: int
    done: int
    skipped: list[tuple[str, str]]


def _add(report: ReindexReport, batch: _Batch) -> None:
    report.records += batch.done
    report.skipped.extend(batch.skipped)


def _batches(database: Database, after: int) -> Iterator[_Batch]:
    while True:
        batch = database.write_now(partial(_batch, after=after))
        yield batch
        if batch.last == 0:
            return
        after = batch.last


def _batch(tx: Connection, after: int) -> _Batch:
    """Do the batch that begins after a key."""
    found = tx.execute(_NEXT, {"after": after}).all()
    last = found[-1].pk if len(found) == BATCH else 0
    live: dict[int, Record] = {}
    skipped: list[tuple[str, str]] = []
    for row in found:
        if row.state == tables.LIVE:
            try:
                live[row.pk] = load_stored(kind_by_name(row.kind), row.document)
            except ValidationError:
                skipped.append((f"{COLLECTIONS[row.kind]}/{row.id}", "Its document cannot be read."))
    keys = live_keys(tx, live.values())
    for pk, record in list(live.items()):
        lost = sorted({mention.ref for mention in references(record)} - keys.keys())
        if lost:
            skipped.append(
                (f"{COLLECTIONS[record.kind]}/{record.id}", f"It refers to {lost[0]}, which is not there.")
            )
            del live[pk]
    left = {ref for ref, _ in skipped}
    _replace(tx, [row for row in found if f"{COLLECTIONS[row.kind]}/{row.id}" not in left], live, keys)
    tx.execute(update(tables.database).values(reindexed=last))
    bump_version(tx, 1)
    return _Batch(last, len(found), len(live), skipped)


def _replace(tx: Connection, found: Sequence[Any], live: dict[int, Record], keys: dict[str, int]) -> None:
    index = IndexRows()
    most = sum(1 + len(record.evidence_items()) for record in live.values())
    entries = reserve_keys(tx, {tables.entry: most}).keys[tables.entry]
    rendered = []
    for row in found:
        record = live.get(row.pk)
        if record is None:
            continue
        derive_rows(index, record, row.pk, keys.__getitem__, entries, row.updated_at)
        rendered.append(
            {
                "key": row.pk,
                "document": to_canonical_json(record).decode(),
                "card": to_card_json(record).decode(),
            }
        )
    replaced = rows.delete_index(tx, [row.pk for row in found], replaced=True)
    mend_cells(tx, index.cells.values())
    mend_members(tx, index.place_sets)
    rows.insert_index(tx, index, replaced)
    if rendered:
        tx.execute(_RENDER, rendered)


def live_keys(tx: Connection, records: Iterable[Record]) -> dict[str, int]:
    """Return the key of every live record that the records refer to."""
    wanted = {mention.ref for record in records for mention in references(record)}
    heads = find_heads(tx, wanted, lock=False) if wanted else {}
    return {ref: head.pk for ref, head in heads.items() if head.state == tables.LIVE}


def _is_any_stale(database: Database, skipped: int) -> bool:
    with database.snapshot() as connection:
        stale = connection.execute(
            select(func.count()).where(_record.state == tables.LIVE, _record.rendering != RENDERING)
        ).scalar_one()
    return bool(stale > skipped)
