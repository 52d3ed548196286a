"""The integrity of the database itself, whatever the documents say."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Table, text

from app.database import tables
from app.database.index.aggregates import lost_cells, miscounts, prune_words, recount_cells
from app.database.index.full_text import ENTRY_MASK, TextParts, delete_texts, text_rowid
from app.maintenance.place_counts import place_damages, recount_places
from app.maintenance.sequences import sequences_behind
from app.values.counted import counted

MAX_ROWS: Final = 100
"""Rows that are reported of one sort of damage."""

Damage = tuple[str, str]
"""A table, and what is wrong with it."""


def damages(connection: Connection) -> Iterator[Damage]:
    """Yield what is damaged: pages and B-trees, foreign keys, key sequences, orphaned boxes and texts."""
    if connection.dialect.name == "sqlite":
        yield from _sqlite(connection)
    else:
        yield from _postgres(connection)
    texts, entries = count_texts(connection), _count(connection, "entry")
    if texts != entries:
        yield "text_index", f"It has {counted(texts, 'text')} for {counted(entries, 'entry', 'entries')}."
    for cell, tallied, there in islice(miscounts(connection), MAX_ROWS):
        yield "tally", f"It counts {counted(tallied, 'record')} in cell {cell}, where there are {there:,}."
    for cell in lost_cells(connection)[:MAX_ROWS]:
        yield "cell", f"Cell {cell} is not there."
    reported = Counter[str]()
    for table, detail in place_damages(connection):
        reported[table] += 1
        if reported[table] <= MAX_ROWS:
            yield table, detail


def sweep(connection: Connection) -> None:
    """Delete texts and boxes whose entries are gone, and recount the facet cells and the areas."""
    wait_for_writers(connection, tables.entry, tables.tally, tables.place_set, tables.area_tally)
    recount_cells(connection)
    recount_places(connection)
    if connection.dialect.name == "sqlite":
        strays = connection.execute(
            text("SELECT id FROM text_index_content WHERE id & :mask NOT IN (SELECT pk FROM entry)"),
            {"mask": ENTRY_MASK},
        ).scalars()
        places = list(strays)
        if places:
            delete_texts(connection, places)
        connection.execute(text("DELETE FROM box_tree WHERE pk NOT IN (SELECT pk FROM box)"))
    else:
        connection.execute(
            text(
                "DELETE FROM text_index t WHERE NOT EXISTS (SELECT 1 FROM entry e WHERE e.pk = t.place & :mask)"
            ),
            {"mask": ENTRY_MASK},
        )


def sweep_words(connection: Connection, after: str, most: int) -> str | None:
    """Delete those of the next words that no name has any more; returns the last, None at the end."""
    wait_for_writers(connection, tables.word)
    words = (
        connection.execute(
            text("SELECT word FROM word WHERE word > :after ORDER BY word LIMIT :most"),
            {"after": after, "most": most},
        )
        .scalars()
        .all()
    )
    prune_words(connection, words)
    return words[-1] if len(words) == most else None


def mend_cells(connection: Connection, cells: Iterable[tuple[Any, ...]]) -> None:
    """Correct existing facet cells: (pk, kind, type, decades)."""
    rows = sorted(cells)
    if rows:
        marks = ", ".join(["?" if connection.dialect.name == "sqlite" else "%s"] * 4)
        connection.exec_driver_sql(
            f"INSERT INTO cell (pk, kind, type, decades) VALUES ({marks}) ON CONFLICT (pk) DO UPDATE "
            "SET kind = excluded.kind, type = excluded.type, decades = excluded.decades "
            "WHERE (cell.kind, cell.type, cell.decades) <> (excluded.kind, excluded.type, excluded.decades)",
            rows,
        )


def wait_for_writers(connection: Connection, *held: Table) -> None:
    """Wait for writers of the tables to end, and make others wait; readers go on.

    What an uncommitted transaction wrote cannot be seen, and would be reported as missing.
    """
    if connection.dialect.name == "postgresql":
        names = ", ".join(table.name for table in held)
        connection.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))


def count_texts(connection: Connection) -> int:
    """Count the entries of the text index, without reading the texts."""
    return _count(connection, "text_index_content" if connection.dialect.name == "sqlite" else "text_index")


def differing_texts(connection: Connection, rows: Iterable[tuple[int, TextParts]]) -> list[int]:
    """Return the entries whose indexed text differs from these parts, or is missing."""
    expected = {text_rowid(entry, parts.title_words): (entry, parts) for entry, parts in rows}
    if connection.dialect.name == "sqlite":
        found: dict[int, str] = dict(
            connection.exec_driver_sql(
                "SELECT rowid, line FROM text_index WHERE rowid IN (SELECT value FROM json_each(?))",
                (json.dumps(list(expected)),),
            ).all()
        )
        return [entry for at, (entry, parts) in expected.items() if found.get(at) != parts.line()]
    differing = connection.execute(
        text(
            "SELECT e.place FROM unnest(CAST(:places AS bigint[]), CAST(:vectors AS text[])) e(place, vector) "
            "LEFT JOIN text_index t ON t.place = e.place "
            "WHERE t.vector IS DISTINCT FROM CAST(e.vector AS tsvector)"
        ),
        {"places": list(expected), "vectors": [parts.vector() for _, parts in expected.values()]},
    )
    return [expected[at][0] for at in differing.scalars()]


def _count(connection: Connection, table: str) -> int:
    count: int = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    return count


def _sqlite(connection: Connection) -> Iterator[Damage]:
    # Opening a cursor makes FTS5 drop its cached state on this connection; its integrity check does not,
    # and would report what another connection has written since as damage.
    connection.execute(text("SELECT rowid FROM text_index WHERE rowid = 0")).all()
    for (line,) in connection.execute(text(f"PRAGMA integrity_check({MAX_ROWS})")):
        if line != "ok":
            yield "sqlite", f"{line}."
    broken = connection.execute(text("PRAGMA foreign_key_check"))
    for table, _, parent, _ in broken.fetchmany(MAX_ROWS):
        yield table, f"A row refers to a row of {parent} that is not there."
    broken.close()
    # The R*Tree rounds outwards to 32 bits: a box must lie within its own.
    strays = connection.execute(
        text(
            "SELECT box.pk FROM box LEFT JOIN box_tree t ON t.pk = box.pk WHERE t.pk IS NULL "
            "OR t.west > box.west OR t.south > box.south OR t.east < box.east OR t.north < box.north "
            "OR t.east - t.west > box.east - box.west + 0.001 OR t.north - t.south > box.north - box.south + 0.001 "
            f"LIMIT {MAX_ROWS}"
        )
    ).all()
    for (pk,) in strays:
        yield "box_tree", f"It does not hold box {pk} as it is."
    boxes, held = _count(connection, "box"), _count(connection, "box_tree")
    if boxes < held:
        yield "box_tree", f"It holds {counted(held, 'box', 'boxes')} where there are {boxes:,}."


def _postgres(connection: Connection) -> Iterator[Damage]:
    for table in tables.metadata.sorted_tables:
        for key in table.foreign_keys:
            column, parent = key.parent.name, key.column
            lost = connection.execute(
                text(
                    f"SELECT count(*) FROM {table.name} c LEFT JOIN {parent.table.name} p ON p.{parent.name} = c.{column} "
                    f"WHERE c.{column} IS NOT NULL AND p.{parent.name} IS NULL"
                )
            ).scalar_one()
            if lost:
                yield (
                    table.name,
                    f"{counted(lost, 'row refers', 'rows refer')} to rows of {parent.table.name} that are not there.",
                )
    for (index,) in connection.execute(
        text(
            "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
            "WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace"
        )
    ):
        yield index, "This index is not valid; REINDEX INDEX makes it anew."
    for behind in sequences_behind(connection):
        yield behind.table, f"{behind.detail} Run `annals reindex`."
