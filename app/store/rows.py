"""Rows in and out: inserts in bulk, keys, and the database's version."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, delete, select, text, update

from app.store import tables
from app.store.faults import LostRace
from app.store.fulltext import delete_texts, insert_texts, place
from app.store.indexing import IndexRows
from app.store.tallying import count_in, count_out, insert_cells
from app.store.words import insert_words

COPY_FROM = 100
"""From how many rows on Postgres is given them by COPY."""


@lru_cache(maxsize=64)
def _insert_sql(table: Table, dialect: str) -> str:
    columns = columns_of(table)
    mark = "?" if dialect == "sqlite" else "%s"
    marks = ", ".join([mark] * len(columns))
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"


@lru_cache(maxsize=64)
def columns_of(table: Table) -> tuple[str, ...]:
    """Name the columns that a row to be inserted has, in their order."""
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
    connection.exec_driver_sql(_insert_sql(table, connection.dialect.name), list(rows))


def insert_index(connection: Connection, rows: IndexRows) -> None:
    """Insert all that `index_record` made."""
    insert_rows(connection, tables.entry, rows.entries)
    insert_texts(connection, rows.texts)
    insert_words(connection, rows.words)
    insert_cells(connection, rows.cells.values())
    count_in(connection, rows.counts)
    insert_rows(connection, tables.member, rows.members)
    insert_rows(connection, tables.in_force, rows.in_force)
    insert_rows(connection, tables.link, rows.links)
    insert_rows(connection, tables.link_member, rows.link_members)
    insert_rows(connection, tables.reference, rows.references)
    insert_rows(connection, tables.tag, rows.tags)
    insert_rows(connection, tables.figure, rows.figures)
    insert_rows(connection, tables.evidence, rows.evidence)
    insert_rows(connection, tables.coverage, rows.coverage)
    insert_rows(connection, tables.statement, rows.statements)
    insert_rows(connection, tables.support, rows.supports)
    insert_rows(connection, tables.box, rows.boxes)


def delete_index(connection: Connection, pks: Sequence[int]) -> None:
    """Delete all that indexes the records with these keys, in every view."""
    for start in range(0, len(pks), 500):
        some = list(pks[start : start + 500])
        entry = tables.entry.c
        entries = connection.execute(
            select(entry.pk, entry.title_words, entry.view, entry.cell).where(entry.record.in_(some))
        ).all()
        if entries:
            delete_texts(connection, [place(pk, words) for pk, words, _, _ in entries])
            count_out(connection, Counter(cell for _, _, view, cell in entries if view == tables.OWN_VIEW))
        for table in (
            tables.entry,
            *tables.INDEX_TABLES,
            tables.reference,
            tables.evidence,
            tables.coverage,
            tables.statement,
            tables.support,
        ):
            connection.execute(delete(table).where(table.c.record.in_(some)))


def next_keys(connection: Connection, table: Table, count: int) -> Iterator[int]:
    """Reserve keys for `count` new rows of `record` or `entry`; only a writer may ask."""
    if connection.dialect.name == "sqlite":
        last = connection.exec_driver_sql(f"SELECT max(pk) FROM {table.name}").scalar_one() or 0
        return iter(range(last + 1, last + 1 + count))
    sequence = f"{table.name}_pk_seq"
    return iter(
        connection.execute(
            text("SELECT nextval(CAST(:sequence AS regclass)) FROM generate_series(1, :count)"),
            {"sequence": sequence, "count": count},
        )
        .scalars()
        .all()
    )


def advance_version(connection: Connection, steps: int, vocabulary: int | None = None) -> int:
    """Take the database's version, last of all in a writing transaction.

    Adds `steps` to it and gives the first of the new numbers. Whoever writes next waits here until
    this transaction has ended, so numbers become visible in their order.

    Raises:
        LostRace: `vocabulary` is the version of the terms that was worked with, and they have changed.
    """
    last, terms = connection.execute(
        update(tables.database)
        .values(version=tables.database.c.version + steps)
        .returning(tables.database.c.version, tables.database.c.vocabulary)
    ).one()
    if vocabulary not in (None, terms):
        raise LostRace
    return int(last) - steps + 1


def insert_revisions(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """Keep revisions: (record, revision, at, by, action, comment, schema_version, document)."""
    insert_rows(connection, tables.revision, list(rows))


def insert_changes(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """Keep changes: (seq, at, by, action, record, revision)."""
    insert_rows(connection, tables.change, list(rows))
