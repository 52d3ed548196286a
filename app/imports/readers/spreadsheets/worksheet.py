"""A sheet of an .xlsx (SpreadsheetML, ISO/IEC 29500-1, 18.3), row by row as it is unpacked."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from app.errors import Fault
from app.imports.documents import merged_cells
from app.imports.readers.lines import MAX_LINE
from app.imports.readers.spreadsheets.cell_reader import CellReader
from app.imports.readers.spreadsheets.errors import broken
from app.imports.readers.spreadsheets.plain_rows import read_plain_row
from app.imports.readers.spreadsheets.plain_xml import without_plain_elements
from app.imports.readers.spreadsheets.sheet_rows import (
    MAX_COLUMNS_OF_SHEET,
    MAX_ROWS_OF_SHEET,
    SheetRow,
    column_of_letters,
)
from app.imports.readers.spreadsheets.xml_parts import parse_part

_TOLD_RANGES: Final = 3


def read_worksheet(pieces: Iterable[bytes], name: str, cells: CellReader) -> Iterator[SheetRow]:
    """Yield the rows of a sheet that have something in them; the last has a note on merged cells, if there are any.

    Raises:
        BadSpreadsheet: it is broken, or a row has more than 8 MiB of text.
        DiskFull: there is no room for the shared texts.
    """
    sheet = _Sheet(name, cells)
    last: SheetRow | None = None
    rest = without_plain_elements(pieces, b"<row", b"</row>", sheet.read_plain, sheet.is_between_rows)
    for _ in parse_part(rest, name, "worksheet", sheet.started, sheet.ended, sheet.told):
        found, sheet.rows = sheet.rows, []
        for row in found:
            if last is not None:
                yield last
            last = row
    if last is not None:
        yield last._replace(notes=(*last.notes, *sheet.notes_on_merged()))


class _Sheet:
    """What has been seen of a sheet."""

    def __init__(self, name: str, cells: CellReader) -> None:
        self._name = name
        self._cells = cells
        self._read = cells.read
        self.rows: list[SheetRow] = []
        self._row = self._column = self._size = 0
        self._in_row = False
        self._sort = self._style = ""
        self._is_formula = self._takes = self._is_spoken = False
        self._value: list[str] = []
        self._found: dict[int, str] = {}
        self._faults: dict[int, Fault] = {}
        self._notes: dict[str, None] = {}
        self._merged: list[str] = []
        self._merged_count = 0

    def started(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "c":
            if not self._in_row:
                raise broken(f"{self._name} has a cell outside of a row")
            reference = attributes.get("r")
            column = self._column + 1 if reference is None else _column_of(reference, self._row)
            if not self._column < column <= MAX_COLUMNS_OF_SHEET:
                raise broken(f"{self._name}, row {self._row}, has cells twice, or out of order")
            self._column = column
            self._sort = attributes.get("t", "")
            self._style = attributes.get("s", "")
            self._is_formula = False
            if self._value:
                self._value = []
        elif tag == "v" or tag == "t":  # noqa: PLR1714 - for speed: it is asked for every cell
            self._takes = not self._is_spoken
        elif tag == "row":
            self._begin_row(attributes.get("r"))
        elif tag == "f":
            self._is_formula = True
        elif tag == "rPh":
            self._is_spoken = True
        elif tag == "mergeCell":
            self._merged_count += 1
            if len(self._merged) < _TOLD_RANGES:
                self._merged.append(attributes.get("ref", "")[:20])

    def told(self, text: str) -> None:
        if self._takes:
            self._value.append(text)
            self._size += len(text)
            if self._size > MAX_LINE:
                raise self._too_long()

    def ended(self, tag: str) -> None:
        if tag == "v" or tag == "t":  # noqa: PLR1714 - as above
            self._takes = False
        elif tag == "c":
            value = self._value
            if value or self._is_formula:
                text, fault, note = self._read(
                    self._sort,
                    self._style,
                    value[0] if len(value) == 1 else "".join(value),
                    is_formula=self._is_formula,
                )
                if text:
                    self._found[self._column - 1] = text
                    if self._sort == "s":
                        self._size += len(text)
                        if self._size > MAX_LINE:
                            raise self._too_long()
                if fault is not None:
                    self._faults[self._column - 1] = fault
                if note:
                    self._notes[note] = None
        elif tag == "row":
            self._in_row = False
            if self._found or self._faults:
                self.rows.append(SheetRow(self._row, self._found, self._faults, tuple(self._notes)))
        elif tag == "rPh":
            self._is_spoken = False

    def _begin_row(self, reference: str | None) -> None:
        row = (
            self._row + 1
            if reference is None
            else int(reference)
            if reference.isdecimal() and len(reference) < 8
            else 0
        )
        if not self._row < row <= MAX_ROWS_OF_SHEET:
            raise broken(f"{self._name} has rows twice, or out of order, after row {self._row}")
        self._row = row
        self._in_row = True
        self._column = self._size = 0
        self._found, self._faults, self._notes = {}, {}, {}

    def is_between_rows(self) -> bool:
        """Whether the parser has ended the last row."""
        return not self._in_row

    def read_plain(self, element: str) -> bool:
        """Read a row that is given without its end tag; return False, and leave all as it was, where it is for the parser."""
        plain = read_plain_row(element, self._row, self._cells)
        if plain is None:
            return False
        for number in plain.numbers:
            self._begin_row(number or None)
        self._in_row = False
        if plain.cells or plain.faults:
            self.rows.append(SheetRow(self._row, plain.cells, plain.faults, tuple(plain.notes)))
        return True

    def notes_on_merged(self) -> tuple[str, ...]:
        if not self._merged:
            return ()
        more = ", …" if self._merged_count > len(self._merged) else ""
        return (merged_cells(", ".join(self._merged) + more),)

    def _too_long(self) -> Exception:
        return broken(f"{self._name}, row {self._row}, has more than {MAX_LINE // 2**20} MiB")


def _column_of(reference: str, row: int) -> int:
    """Return the column of a reference such as `B7`, counted from 1; 0 where it is none, or one in another row."""
    letters = reference.rstrip("0123456789")
    if (
        reference[len(letters) :] != str(row)
        or not letters.isascii()
        or not letters.isupper()
        or not letters.isalpha()
        or len(letters) > 3
    ):
        return 0
    return column_of_letters(letters)
