"""Rows in and out: bulk inserts and deletions.

On Postgres, where each statement is a round trip, a few rows of several tables are inserted by one. The rows of each table
are one parameter, a JSON array, so that the statement's text depends on the tables alone, and is prepared once for each
combination of them. So many rows that COPY is faster fill one table after another, as all rows do on SQLite.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Connection,
    Table,
    delete,
    select,
)

from app.database import tables
from app.database.engine import raw_sql as direct
from app.database.engine.driver_errors import INTEGRITY_ERRORS, SerializationFailure
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.index.aggregates import (
    TALLY,
    add_counts,
    insert_cells,
    insert_words,
    subtract_counts,
    word_rows,
)
from app.database.index.area_counts import (
    PlacedRecords,
    add_place_sets,
    refresh_places,
    subtract_placed,
)
from app.database.index.count_rows import rows_of_counts
from app.database.index.derive import IndexRows
from app.database.index.full_text import TEXT_INDEX, delete_texts, insert_texts, text_rowid, vector_rows
from app.database.index.insert_rows import COPY_FROM, columns_of, insert_rows
from app.database.index.json_rows import given_rows, rows_as_json
from app.database.index.place_sets import NO_PLACES

_entry = tables.entry.c

_ENTRIES = CompiledStatement(
    select(
        _entry.pk,
        _entry.title_words,
        _entry.view,
        _entry.cell,
        _entry.kind,
        _entry.type,
        _entry.place_set,
    ).where(AnyOf.keys(_entry.record, "records"))
)

_INDEXED: Final = (
    tables.entry,
    *tables.INDEX_TABLES,
    tables.reference,
    tables.evidence,
    tables.coverage,
    tables.statement,
    tables.support,
)
_DELETIONS = [
    CompiledStatement(delete(table).where(AnyOf.keys(table.c.record, "records"))) for table in _INDEXED
]

_DELETE_ALL: Final = "WITH {} SELECT 1".format(
    ", ".join(
        f"of_{table.name} AS (DELETE FROM {table.name} WHERE record = ANY (%(records)s::bigint[]))"
        for table in _INDEXED
    )
)
"""On Postgres, one statement for all tables."""


class TableRows(NamedTuple):
    """Rows for a table, each in the order of its columns (`box` and `tally` without their keys).

    Attributes:
        skip_known: whether rows are left out whose key is there already.
    """

    table: Table
    rows: Sequence[tuple[Any, ...]]
    skip_known: bool = False


def insert_together(connection: Connection, parts: Sequence[TableRows]) -> list[tuple[Any, ...]]:
    """Insert a few rows of several tables on Postgres by one statement, which checks foreign keys at its end.

    Where the last of the tables is `tally`, the keys of its rows are returned.
    """
    filled = [part for part in parts if part.rows]
    if not filled:
        return []
    sql = _insert_all_sql(tuple((part.table, part.skip_known) for part in filled))
    try:
        return direct.fetch_all(
            connection, sql, [rows_as_json(columns_of(part.table), part.rows) for part in filled]
        )
    except INTEGRITY_ERRORS as error:
        _refuse_taken_id(error)
        raise


def _refuse_taken_id(error: Exception) -> None:
    """Raise `SerializationFailure` where a row of `record` broke a unique key on Postgres."""
    diagnosis = getattr(error, "diag", None)
    if diagnosis is not None and diagnosis.table_name == tables.record.name:
        raise SerializationFailure from error


@lru_cache(maxsize=512)
def _insert_all_sql(parts: tuple[tuple[Table, bool], ...]) -> str:
    inserts = []
    for table, skip_known in parts:
        names = ", ".join(columns_of(table))
        known = " ON CONFLICT DO NOTHING" if skip_known else ""
        inserts.append(
            f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {given_rows(table, columns_of(table), '%s')}{known}"
        )
    *others, last = inserts
    last += " RETURNING pk" if parts[-1][0] is tables.tally else " RETURNING NULL"
    named = ", ".join(f"part_{number} AS ({insert})" for number, insert in enumerate(others))
    return f"WITH {named} {last}" if others else last


def insert_index(
    connection: Connection,
    rows: IndexRows,
    replaced: PlacedRecords,
    *,
    born: Sequence[tuple[Any, ...]] = (),
    revisions: Sequence[tuple[Any, ...]] = (),
) -> None:
    """Insert all that `derive_rows` made; `replaced` is what `delete_index` left to be subtracted.

    With it are inserted the rows of new records, (pk, kind, id, state, merged_into, revision, rendering, updated_at,
    document, card), and revisions, (record, revision, at, by, action, comment, schema_version, document, import, merge).

    Raises:
        SerializationFailure: another writer took an id of a new record at the same moment.
    """
    first = [TableRows(tables.record, born), TableRows(tables.box, rows.boxes)]
    others = [
        TableRows(tables.entry, rows.entries),
        TableRows(tables.member, rows.members),
        TableRows(tables.in_force, rows.in_force),
        TableRows(tables.link, rows.links),
        TableRows(tables.link_member, rows.link_members),
        TableRows(tables.party_action, rows.party_actions),
        TableRows(tables.reference, rows.references),
        TableRows(tables.tag, rows.tags),
        TableRows(tables.figure, rows.figures),
        TableRows(tables.evidence, rows.evidence),
        TableRows(tables.coverage, rows.coverage),
        TableRows(tables.statement, rows.statements),
        TableRows(tables.support, rows.supports),
        TableRows(tables.revision, revisions),
    ]
    # Before the entries: where places were changed, what is counted at them moves, by their boxes, and new entries are not
    # yet.
    if connection.dialect.name == "postgresql" and all(len(part.rows) < COPY_FROM for part in first + others):
        if rows.boxes:
            insert_together(connection, first)
            first = []
        add_place_sets(connection, rows.place_sets, rows.placed, replaced)
        added = insert_together(connection, [*first, *others, *_shared_rows(rows)])
        TALLY.note_added(connection, [pk for (pk,) in added if pk is not None])
    else:
        try:
            insert_rows(connection, tables.record, born)
        except INTEGRITY_ERRORS as error:
            raise SerializationFailure from error
        insert_rows(connection, tables.box, rows.boxes)
        add_place_sets(connection, rows.place_sets, rows.placed, replaced)
        for part in others:
            insert_rows(connection, part.table, part.rows)
        insert_texts(connection, rows.texts)
        insert_words(connection, rows.words)
        insert_cells(connection, rows.cells.values())
        add_counts(connection, rows.counts)


def _shared_rows(rows: IndexRows) -> list[TableRows]:
    """Return the rows of texts, and those that another writer may be inserting too; sorted, against deadlocks.

    Postgres fills the tables of a statement from the last to the first: words before cells, as everywhere.
    """
    return [
        TableRows(TEXT_INDEX, vector_rows(rows.texts)),
        TableRows(tables.cell, sorted(rows.cells.values()), skip_known=True),
        TableRows(tables.word, word_rows(rows.words), skip_known=True),
        TableRows(tables.tally, rows_of_counts(rows.counts)),
    ]


def delete_index(connection: Connection, pks: Sequence[int], *, replaced: bool = False) -> PlacedRecords:
    """Delete all that indexes the records with these keys, in every view.

    `replaced`: they are written anew in the same transaction, by `insert_index`, which takes what is returned: how many
    are at which sets of places, still counted there. Else records that are at places among them are nowhere from now on.
    """
    placed: Counter[tuple[str, str, int]] = Counter()
    for start in range(0, len(pks), 500):
        of = {"records": list(pks[start : start + 500])}
        entries = _ENTRIES.rows(connection, of)
        if entries:
            delete_texts(connection, [text_rowid(pk, words) for pk, words, *_ in entries])
            own = [row for row in entries if row[2] == tables.CANONICAL_VIEW]
            subtract_counts(connection, Counter(cell for _, _, _, cell, *_ in own))
            placed.update((kind, type_, at) for *_, kind, type_, at in own if at != NO_PLACES)
        if connection.dialect.name == "postgresql":
            direct.execute(connection, _DELETE_ALL, of)
        else:
            for deletion in _DELETIONS:
                deletion.do(connection, of)
        if replaced:
            continue
        subtract_placed(connection, placed)
        placed.clear()
        if places := {at for *_, kind, _, at in entries if kind == "place"}:
            refresh_places(connection, sorted(places))
    return placed
