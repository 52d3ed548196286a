"""Sheets of a workbook (SpreadsheetML), from rows that wait in files: how wide they are is known at the end.

Nothing is cut off: a sheet that is full goes on in `NAME 2`, and text that is longer than a cell can be goes
on in further columns (`app.formats.tables.columns`). Text is written as text and in the text format, so that no
program takes it for a formula, a date or a number, nor makes it one when it is edited.
"""

import tempfile
import weakref
from collections.abc import Iterator, Sequence
from itertools import islice, repeat
from typing import IO, Final

import orjson

from app.errors import DiskFull
from app.formats.tables.columns import Cell, continuation
from app.formats.tables.workbook import WorkbookWriter
from app.values.disk_space import SPARE_BYTES, free_bytes

MAX_ROWS: Final = 2**20
"""The rows of a sheet, its header among them."""

MAX_TEXT: Final = 32_767
"""The longest text of a cell, in code units of UTF-16."""

_LAST_OF_ONE_UNIT: Final = "\uffff"


class WaitingSheet:
    """The rows of a sheet, in a temporary file until all are there."""

    def __init__(self, name: str, columns: Sequence[str], suffix: str = "") -> None:
        """Begin a sheet.

        Args:
            name: its name, which a number may come after.
            columns: the names of its columns.
            suffix: what comes after the number.
        """
        self._name = name
        self._suffix = suffix
        self._columns = tuple(columns)
        self._parts = [1] * len(self._columns)
        self._count = 0
        self._file: IO[bytes] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is no row."""
        return self._count == 0

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Add rows.

        Raises:
            DiskFull: there is no room for them.
        """
        if not rows:
            return
        if free_bytes() < SPARE_BYTES:
            raise DiskFull("There is no room for a workbook of this size: ask for csv, or for fewer records.")
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the sheet, whatever becomes of the answer
            weakref.finalize(self, self._file.close)
        for row in rows:
            for at, cell in enumerate(row):
                if isinstance(cell, str) and len(cell) > MAX_TEXT // 2:
                    self._parts[at] = max(self._parts[at], len(split_text(cell)))
            self._file.write(orjson.dumps(row) + b"\n")
        self._count += len(rows)

    def write(self, workbook: WorkbookWriter) -> Iterator[None]:
        """Write the rows into a workbook, some at a time."""
        header = [
            name if number == 1 else continuation(name, number)
            for name, parts in zip(self._columns, self._parts, strict=True)
            for number in range(1, parts + 1)
        ]
        rows = self._rows()
        for number in range(1, max(1, -(-self._count // (MAX_ROWS - 1))) + 1):
            title = self._name + (f" {number}" if number > 1 else "") + self._suffix
            yield from workbook.write_sheet(title, header, islice(rows, MAX_ROWS - 1))

    def _rows(self) -> Iterator[list[Cell]]:
        if self._file is not None:
            self._file.seek(0)
            rows: Iterator[list[Cell]] = map(orjson.loads, self._file)
            yield from rows if set(self._parts) <= {1} else map(self._in_parts, rows)

    def _in_parts(self, row: list[Cell]) -> list[Cell]:
        """Put texts that are longer than a cell can be into several."""
        found: list[Cell] = []
        for cell, parts in zip(row, self._parts, strict=True):
            cells: Sequence[Cell] = split_text(cell) if isinstance(cell, str) else (cell,)
            found += (*cells, *repeat(None, parts - len(cells)))
        return found


def split_text(text: str) -> list[str]:
    """Cut text into parts that fit into cells."""
    if len(text) <= MAX_TEXT // 2:
        return [text]
    most = MAX_TEXT if max(text) <= _LAST_OF_ONE_UNIT else MAX_TEXT // 2
    return [text[start : start + most] for start in range(0, len(text), most)]
