"""Rows in and out: bulk inserts, keys, and the database version."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    func,
    literal_column,
    not_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from app.database import tables
from app.database.engine import raw_sql as direct
from app.database.engine.branches import IS_ANOTHER_TIMELINE, begin_branch_if_forked
from app.database.engine.driver_errors import SerializationFailure
from app.database.engine.statement import AnyOf, CompiledStatement
from app.database.engine.versions import new_token
from app.database.index.aggregates import add_counts, insert_cells, insert_words, subtract_counts
from app.database.index.area_counts import (
    PlacedRecords,
    add_place_sets,
    refresh_places,
    subtract_placed,
)
from app.database.index.derive import IndexRows
from app.database.index.full_text import delete_texts, insert_texts, text_rowid
from app.database.index.place_sets import NO_PLACES
from app.values.timestamps import now

COPY_FROM = 100
"""From this many rows on they are inserted by COPY on Postgres."""

_entry, _database = tables.entry.c, tables.database.c

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

_DELETIONS = [
    CompiledStatement(delete(table).where(AnyOf.keys(table.c.record, "records")))
    for table in (
        tables.entry,
        *tables.INDEX_TABLES,
        tables.reference,
        tables.evidence,
        tables.coverage,
        tables.statement,
        tables.support,
    )
]


def _advance(stamp: ColumnElement[int]) -> ReturningUpdate[Any]:
    return (
        update(tables.database)
        .values(
            version=_database.version + bindparam("steps", type_=BigInteger()),
            stamp=stamp,
            version_tag=cast(_database.branch, Text)
            .concat(".")
            .concat(cast(stamp, Text))
            .concat("-")
            .concat(bindparam("token", type_=Text())),
        )
        .returning(_database.version, _database.vocabulary)
    )


_STAMPS = _database.stamp + 1, bindparam("now", type_=BigInteger())
_ADVANCE = CompiledStatement(
    _advance(func.greatest(*_STAMPS)).where(not_(literal_column(IS_ANOTHER_TIMELINE))),
    on_sqlite=_advance(func.max(*_STAMPS)),
)


@lru_cache(maxsize=64)
def _insert_sql(table: Table, dialect: str) -> str:
    columns = columns_of(table)
    mark = "?" if dialect == "sqlite" else "%s"
    marks = ", ".join([mark] * len(columns))
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"


@lru_cache(maxsize=64)
def columns_of(table: Table) -> tuple[str, ...]:
    """List the columns that a row to be inserted has, in order."""
    names = [column.name for column in table.columns]
    return tuple(name for name in names if not (table is tables.box and name == "pk"))


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows given in the order of the table's columns (`box` without its key)."""
    if not rows:
        return
    if connection.dialect.name == "postgresql" and len(rows) >= COPY_FROM:
        driver: Any = connection.connection.driver_connection
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {table.name} ({', '.join(columns_of(table))}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
        return
    direct.executemany(connection, _insert_sql(table, connection.dialect.name), rows)


def insert_index(connection: Connection, rows: IndexRows, replaced: PlacedRecords) -> None:
    """Insert all that `derive_rows` made; `replaced` is what `delete_index` left to be subtracted."""
    insert_rows(connection, tables.box, rows.boxes)
    # Before the entries: where places were changed, what is counted at them moves, and new entries are not yet.
    add_place_sets(connection, rows.place_sets, rows.placed, replaced)
    insert_rows(connection, tables.entry, rows.entries)
    insert_texts(connection, rows.texts)
    insert_words(connection, rows.words)
    insert_cells(connection, rows.cells.values())
    add_counts(connection, rows.counts)
    insert_rows(connection, tables.member, rows.members)
    insert_rows(connection, tables.in_force, rows.in_force)
    insert_rows(connection, tables.link, rows.links)
    insert_rows(connection, tables.link_member, rows.link_members)
    insert_rows(connection, tables.party_action, rows.party_actions)
    insert_rows(connection, tables.reference, rows.references)
    insert_rows(connection, tables.tag, rows.tags)
    insert_rows(connection, tables.figure, rows.figures)
    insert_rows(connection, tables.evidence, rows.evidence)
    insert_rows(connection, tables.coverage, rows.coverage)
    insert_rows(connection, tables.statement, rows.statements)
    insert_rows(connection, tables.support, rows.supports)


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
        for deletion in _DELETIONS:
            deletion.do(connection, of)
        if replaced:
            continue
        subtract_placed(connection, placed)
        placed.clear()
        if places := {at for *_, kind, _, at in entries if kind == "place"}:
            refresh_places(connection, sorted(places))
    return placed


def reserve_keys(connection: Connection, table: Table, count: int) -> Iterator[int]:
    """Reserve keys for `count` new rows of `record` or `entry`; the caller must be in a writing transaction."""
    if connection.dialect.name == "sqlite":
        [(last,)] = direct.fetch_all(connection, f"SELECT coalesce(max(pk), 0) FROM {table.name}")
        return iter(range(last + 1, last + 1 + count))
    reserved = direct.fetch_all(
        connection,
        "SELECT nextval(%s::regclass) FROM generate_series(1, %s)",
        (f"{table.name}_pk_seq", count),
    )
    return iter([pk for (pk,) in reserved])


def bump_version(connection: Connection, steps: int, vocabulary: int | None = None) -> int:
    """Increase the database version, last of all in a writing transaction.

    Adds `steps` to it and returns the first of the new numbers. The next writer waits here until this
    transaction has ended, so numbers become visible in order. Where the history has forked since the last write, a
    new branch of it is begun first.

    Raises:
        SerializationFailure: the vocabulary has changed since the version `vocabulary`, which was used.
    """
    asked = {"steps": steps, "now": now(), "token": new_token()}
    found = _ADVANCE.rows(connection, asked)
    if not found:
        begin_branch_if_forked(connection)
        found = _ADVANCE.rows(connection, asked)
    [(last, terms)] = found
    if vocabulary not in (None, terms):
        raise SerializationFailure
    return int(last) - steps + 1


def insert_revisions(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert revisions: (record, revision, at, by, action, comment, schema_version, document, import, merge)."""
    insert_rows(connection, tables.revision, list(rows))


def insert_changes(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert changes: (seq, at, by, action, record, revision, kind, fields)."""
    insert_rows(connection, tables.change, list(rows))
