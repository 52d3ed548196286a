"""XLSX (Office Open XML, ISO/IEC 29500): the tables of CSV as a workbook, a sheet for each kind of record.

* The sheet of a kind has the columns of `app.formats.tables.columns`, and can be imported again. Sheets whose names
  end in `(details)` have the parts of the same records, a row each (`app.formats.tables.details`); they are for
  reading, and are not imported.
* Text is text, numbers are numbers. Only text that would lose an apostrophe of its own when it is read as CSV has
  one more.
* U+FFFE and U+FFFF, which XML cannot hold, are escaped as ECMA-376 (part 1, 22.9.2.19) has it: `_xFFFE_`.
* The same records give the same bytes: a workbook has no time of its own.
"""

import tempfile
from collections.abc import Iterator, Sequence
from typing import Final

import orjson

from app.formats.format import About, Format, FormatItem
from app.formats.tables.columns import Cell, Column, choose
from app.formats.tables.csv import row
from app.formats.tables.details import DETAIL_COLUMNS, DETAILS, detail_rows
from app.formats.tables.formulas import guard_where_undone
from app.formats.tables.sheets import WaitingSheet
from app.formats.tables.workbook import WorkbookWriter
from app.records.kinds import RECORD_KINDS

_PIECE_BYTES: Final = 256 * 1024


class XlsxWriter:
    """Collects rows in files, and makes the workbook of them in the end."""

    held = 0

    def __init__(self, about: About) -> None:
        """Choose the sheets and columns for a kind of record, or for all, and the fields that were asked for."""
        kinds = [about.kind] if about.kind is not None else RECORD_KINDS
        self._one_kind = about.kind is not None
        self._columns: dict[str, tuple[Column, ...]] = {
            kind.kind: choose(kind, about.fields, has_names=about.has_names) for kind in kinds
        }
        self._records = {
            kind.kind: WaitingSheet(kind.collection, [column.name for column in self._columns[kind.kind]])
            for kind in kinds
        }
        self._details = {
            name: WaitingSheet(name, columns, DETAILS) for name, columns in DETAIL_COLUMNS.items()
        }

    def begin(self) -> bytes:
        """Return nothing yet: a workbook is an archive, whose sheets are packed one after another."""
        return b""

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Keep the rows of some items.

        Raises:
            DiskFull: there is no room for them.
        """
        records: dict[str, list[list[Cell]]] = {}
        details: dict[str, list[list[Cell]]] = {}
        for item in items:
            document = orjson.loads(item.document)
            columns = self._columns[item.kind.kind]
            cells = row(document, item.linked, columns)
            guarded = [
                guard_where_undone(cell) if column.text and isinstance(cell, str) else cell
                for cell, column in zip(cells, columns, strict=True)
            ]
            records.setdefault(item.kind.kind, []).append(guarded)
            ref = f"{item.kind.collection}/{document['id']}"
            for name, part in detail_rows(ref, document, item.linked):
                details.setdefault(name, []).append(part)
        for kind, rows in records.items():
            self._records[kind].add(rows)
        for name, rows in details.items():
            self._details[name].add(rows)
        return b""

    def end(self) -> Iterator[bytes]:
        """Yield the workbook; nothing now and then while it is made, so that who has gone can end the work."""
        sheets = [sheet for sheet in self._records.values() if self._one_kind or not sheet.is_empty]
        sheets = sheets or list(self._records.values())
        sheets += [sheet for sheet in self._details.values() if not sheet.is_empty]
        with tempfile.TemporaryFile() as file:
            workbook = WorkbookWriter(file)
            for sheet in sheets:
                for _ in sheet.write(workbook):
                    yield b""
            workbook.close()
            file.seek(0)
            while piece := file.read(_PIECE_BYTES):
                yield piece


XLSX = Format(
    name="xlsx",
    media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    suffix=".xlsx",
    rule=(
        "A workbook: a sheet for each kind, with the columns of CSV; and sheets of participants, places, figures and "
        "evidence, a row each, whose names end in `(details)` and which are not imported. Text is never a formula. A "
        "full sheet goes on in another, such as `events 2`; text past 32,767 characters goes on in further columns, "
        "such as `evidence (2)`. No limit unless one is given."
    ),
    writer=XlsxWriter,
    streams=True,
    attachment=True,
    threaded=True,
    beside=("actor", "place", "source"),
    keeps=(),
)
