"""Rows of tables, by the names in their header, whatever the table is written in; and the documents of a record's own table.

What the columns of a record's own table mean is the rule of `app.formats.tables.columns`; tables of others
need a mapping.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple

from app.errors import Fault, nearest
from app.formats.tables.columns import spoken_of, unflatten, unknown_column, unknown_columns
from app.imports.documents import ImportedDocument
from app.records.kinds import RECORD_KINDS, RecordKind
from app.records.scalars import MAX_FAULTS
from app.values.json_pointer import escaped

MAX_COLUMNS: Final = 10_000
"""The most columns that a table may have: each row holds a cell for each of them."""

UNNAMED: Final = "column {}"
"""The name that a mapping uses for a column without one, by its place counted from 1."""

_KINDS: Final = {kind.kind: kind for kind in RECORD_KINDS}


class Row(NamedTuple):
    """One row: the line that it begins on, and its cells by column, or what is wrong.

    `notes` say what was done to it (`app.imports.documents.NOTES`).
    """

    line: int
    cells: Mapping[str, str]
    fault: Fault | None = None
    notes: tuple[str, ...] = ()


def header_fault(header: Collection[str]) -> Fault | None:
    """Return what is wrong with the names of columns: too many of them, or one of them twice."""
    if len(header) > MAX_COLUMNS:
        detail = f"A table may have {MAX_COLUMNS:,} columns; this one has {len(header):,}. Leave out what is not needed."
        return Fault("too_many_columns", detail, "")
    twice = next((name for name, count in Counter(header).items() if count > 1), None)
    if twice is None:
        return None
    detail = "Name each column once, and every column: the header has a name twice."
    return Fault("duplicate_column", detail, f"/{escaped(twice)}")


def documents_of(rows: Iterable[Row], kind: RecordKind | None = None) -> Iterator[ImportedDocument]:
    """Make documents of the rows of a record's own table; `kind` is theirs where they have no column of that name.

    An unknown column is reported once, with the first row that has something in it.
    """
    members: dict[str, frozenset[str]] = {}
    unknown: dict[str, _UnknownColumns] = {}
    for line, cells, fault, notes in rows:
        if fault is not None:
            yield ImportedDocument(line, faults=(fault,))
            continue
        named = cells.get("kind", "").strip()
        found = _KINDS.get(named) if named else kind
        if found is None:
            yield ImportedDocument(line, faults=(missing_kind(named),))
            continue
        raw, faults = unflatten(cells, found)
        raw["kind"] = found.kind
        if found.kind not in members:
            members[found.kind] = spoken_of(cells, found)
            unknown[found.kind] = _UnknownColumns(cells, found)
        first, reported_before = unknown[found.kind].of_row(cells)
        yield ImportedDocument(
            line,
            raw,
            (*first, *faults),
            notes=notes,
            members=members[found.kind],
            reported_before=reported_before,
        )


class _UnknownColumns:
    """The columns of a table that records of a kind do not have, and which of them have been reported."""

    def __init__(self, names: Iterable[str], kind: RecordKind) -> None:
        self._kind = kind
        self._untold = unknown_columns(names, kind)
        self._reported: dict[str, Fault] = {}

    def of_row(self, cells: Mapping[str, str]) -> tuple[tuple[Fault, ...], Fault | None]:
        """Return the faults to report now, no more than are reported of one document, and one that was reported before."""
        before = next((fault for name, fault in self._reported.items() if cells[name]), None)
        now = list(islice((name for name in self._untold if cells[name]), MAX_FAULTS))
        if not now:
            return (), before
        found = {name: unknown_column(name, self._kind) for name in now}
        self._reported |= found
        self._untold = [name for name in self._untold if name not in found]
        return tuple(found.values()), before


def missing_kind(named: object) -> Fault:
    """Make the fault for a document without a kind, or with an unknown one."""
    detail = (
        f"Say what kind of record it is ({', '.join(_KINDS)}): in a column or member `kind`, for all of them with --kind "
        "(over HTTP kind=event), or by the name of the file, such as events.csv. Columns of other names than here need a "
        "mapping (--map), which --suggest-map drafts."
    )
    near = nearest(named, _KINDS) if isinstance(named, str) else None
    return Fault("unknown_kind" if named else "missing_kind", detail, "/kind", suggestion=near)
