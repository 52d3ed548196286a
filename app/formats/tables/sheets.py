"""Sheets of a workbook (SpreadsheetML), from rows that wait in files: how wide they are is known at the end.

Nothing is cut off: a sheet that is full goes on in `NAME 2`, and text that is longer than a cell can be goes
on in further columns (`app.formats.tables.columns`). Text is written as text and in the text format, so that no
program takes it for a formula, a date or a number, nor makes it one when it is edited.
"""

import tempfile
import weakref
from collections.abc import Generator, Iterator, Sequence
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, Final

import orjson

from app.errors import DiskFull
from app.formats.tables.columns import Cell, continuation
from app.values.disk_space import SPARE_BYTES, free_bytes

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MAX_ROWS: Final = 2**20
"""The rows of a sheet, its header among them."""

MAX_TEXT: Final = 32_767
"""The longest text of a cell, in code units of UTF-16."""

_LAST_OF_ONE_UNIT: Final = "\uffff"
_LARGEST_WHOLE: Final = 2**53
_AT_A_TIME: Final = 1000
_WIDTH: Final = 20


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

    def write(self, workbook: "Workbook") -> Generator[None]:
        """Write the rows into a workbook, some at a time."""
        text = workbook.add_format({"num_format": "@"})
        bold = workbook.add_format({"num_format": "@", "bold": True})
        header = [
            name if number == 1 else continuation(name, number)
            for name, parts in zip(self._columns, self._parts, strict=True)
            for number in range(1, parts + 1)
        ]
        rows = self._rows()
        for number in range(1, max(1, -(-self._count // (MAX_ROWS - 1))) + 1):
            title = self._name + (f" {number}" if number > 1 else "") + self._suffix
            sheet = _begin_sheet(workbook, title, header, bold)
            last = 0
            for last, row in enumerate(islice(rows, MAX_ROWS - 1), start=1):
                self._write_row(sheet, last, row, text, bold)
                if last % _AT_A_TIME == 0:
                    yield
            sheet.autofilter(0, 0, last, len(header) - 1)
            yield

    def _rows(self) -> Iterator[list[Any]]:
        if self._file is not None:
            self._file.seek(0)
            yield from map(orjson.loads, self._file)

    def _write_row(
        self, sheet: "Worksheet", at: int, row: Sequence[Cell], text: "Format", other: "Format"
    ) -> None:
        column = 0
        for cell, parts in zip(row, self._parts, strict=True):
            if isinstance(cell, bool):
                sheet.write_boolean(at, column, cell)
            elif isinstance(cell, str):
                for offset, part in enumerate(split_text(cell)):
                    _write_text(sheet, at, column + offset, part, text, other)
            elif cell is not None:
                if abs(cell) <= _LARGEST_WHOLE:
                    sheet.write_number(at, column, cell)
                else:
                    sheet.write_string(at, column, repr(cell), text)
            column += parts


def split_text(text: str) -> list[str]:
    """Cut text into parts that fit into cells."""
    if len(text) <= MAX_TEXT // 2:
        return [text]
    most = MAX_TEXT if max(text) <= _LAST_OF_ONE_UNIT else MAX_TEXT // 2
    return [text[start : start + most] for start in range(0, len(text), most)]


def _begin_sheet(workbook: "Workbook", title: str, header: Sequence[str], bold: "Format") -> "Worksheet":
    sheet = workbook.add_worksheet(title)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(header) - 1, _WIDTH)
    for column, name in enumerate(header):
        sheet.write_string(0, column, name, bold)
    return sheet


def _write_text(
    sheet: "Worksheet", row: int, column: int, text: str, form: "Format", other: "Format"
) -> None:
    if text.startswith("<r>") and text.endswith("</r>"):
        # xlsxwriter takes such text for markup of its own, unless it writes the markup itself.
        sheet.write_rich_string(row, column, text[:1], other, text[1:], form)
    else:
        sheet.write_string(row, column, text, form)
