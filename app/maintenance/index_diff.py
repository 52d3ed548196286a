"""Compares index rows with what the documents give, for a range of records at a time."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Final

from sqlalchemy import Connection, Table, select

from app.database import tables
from app.database.index.aggregates import missing_words
from app.database.index.derive import IndexRows, derive_rows
from app.database.index.insert_rows import columns_of
from app.database.index.place_sets import fetch_members
from app.maintenance.integrity import differing_texts
from app.records.base import Record
from app.values.counted import counted

Difference = tuple[int, str, str]
"""A record's key, a table, and how the two differ."""

# Each table with the name of its rows in IndexRows.
COMPARED: Final = (
    (tables.entry, "entries"),
    (tables.member, "members"),
    (tables.in_force, "in_force"),
    (tables.link, "links"),
    (tables.link_member, "link_members"),
    (tables.party_action, "party_actions"),
    (tables.reference, "references"),
    (tables.tag, "tags"),
    (tables.figure, "figures"),
    (tables.evidence, "evidence"),
    (tables.coverage, "coverage"),
    (tables.statement, "statements"),
    (tables.support, "supports"),
    (tables.box, "boxes"),
)


def differences(
    connection: Connection,
    records: Mapping[int, tuple[Record, int]],
    keys: Mapping[str, int],
    stretch: tuple[int, int],
    skipped: set[int],
) -> Iterator[Difference]:
    """Compare every index row of the records whose keys are in `stretch`, both ends included.

    `records` has the live ones with their `updated_at`; records that are neither among them nor `skipped`
    should have no rows at all.
    """
    expected = IndexRows()
    numbers = count(1)
    for pk, (record, updated_at) in records.items():
        derive_rows(expected, record, pk, keys.__getitem__, numbers, updated_at)
    for table, name in COMPARED:
        for pk, missing, stray in _of_table(connection, table, getattr(expected, name), stretch):
            if pk not in skipped:
                yield (
                    pk,
                    table.name,
                    f"{counted(missing, 'row is', 'rows are')} missing and {counted(stray, 'does', 'do')} not belong there",
                )
    yield from _texts(connection, expected, stretch)
    yield from _cells(connection, expected)
    yield from _place_sets(connection, expected)


def _of_table(
    connection: Connection, table: Table, rows: list[tuple[Any, ...]], stretch: tuple[int, int]
) -> Iterator[tuple[int, int, int]]:
    names = [name for name in columns_of(table) if not (table is tables.entry and name == "pk")]
    skip = 1 if table is tables.entry else 0
    expected = Counter(row[skip:] for row in rows)
    columns = [table.c[name] for name in names]
    found = Counter(
        tuple(row) for row in connection.execute(select(*columns).where(table.c.record.between(*stretch)))
    )
    if expected == found:
        return
    at = names.index("record")
    missing = Counter(row[at] for row in (expected - found).elements())
    stray = Counter(row[at] for row in (found - expected).elements())
    for pk in sorted(missing.keys() | stray.keys()):
        yield pk, missing[pk], stray[pk]


def _texts(connection: Connection, expected: IndexRows, stretch: tuple[int, int]) -> Iterator[Difference]:
    entry = tables.entry.c
    held = {
        (record, view): pk
        for pk, record, view in connection.execute(
            select(entry.pk, entry.record, entry.view).where(entry.record.between(*stretch))
        )
    }
    # Entries are numbered anew here; their texts are looked up by the numbers that they have.
    places = {row[0]: (row[2], row[1]) for row in expected.entries}
    owners = {held[place]: place[0] for place in places.values() if place in held}
    texts = [(held[places[number]], parts) for number, parts in expected.texts if places[number] in held]
    for entry_pk in differing_texts(connection, texts):
        yield owners[entry_pk], "text_index", "its text is not indexed as it is written"
    missing = missing_words(connection, expected.words)
    for number, parts in expected.texts:
        record, view = places[number]
        if view == tables.CANONICAL_VIEW and missing & parts.name_words():
            yield record, "word", "words of its names are missing"


def _cells(connection: Connection, expected: IndexRows) -> Iterator[Difference]:
    cell = tables.cell.c
    found = {
        row.pk: tuple(row)
        for row in connection.execute(
            select(cell.pk, cell.kind, cell.type, cell.decades).where(cell.pk.in_(expected.cells))
        )
    }
    at = columns_of(tables.entry).index("cell")
    wrong = {pk for pk, row in expected.cells.items() if found.get(pk) != row}
    for pk in sorted({entry[2] for entry in expected.entries if entry[at] in wrong}):
        yield pk, "cell", "what it is counted under is not there as it is written"


def _place_sets(connection: Connection, expected: IndexRows) -> Iterator[Difference]:
    found = fetch_members(connection, list(expected.place_sets))
    wrong = {key for key, members in expected.place_sets.items() if found[key] != members}
    at = columns_of(tables.entry).index("place_set")
    for pk in sorted({entry[2] for entry in expected.entries if entry[at] in wrong}):
        yield pk, "place_set_member", "the set of its places is not there as it is written"
