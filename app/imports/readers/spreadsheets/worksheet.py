"""A sheet of an .xlsx (SpreadsheetML, ISO/IEC 29500-1, 18.3), row by row as it is unpacked."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from app.errors import Fault, quoted
from app.imports.documents import DAY_NOT_SHOWN, merged_cells
from app.imports.readers.lines import MAX_LINE
from app.imports.readers.spreadsheets.errors import broken
from app.imports.readers.spreadsheets.number_formats import NumberFormat
from app.imports.readers.spreadsheets.numbers import NoSuchDay, date_as_text, iso_as_text, number_as_text
from app.imports.readers.spreadsheets.shared_strings import SharedStrings, unescape
from app.imports.readers.spreadsheets.sheet_rows import (
    ERRORS,
    MAX_COLUMNS_OF_SHEET,
    MAX_ROWS_OF_SHEET,
    NO_VALUE,
    SheetRow,
)
from app.imports.readers.spreadsheets.xml_parts import parse_part

_TOLD_RANGES: Final = 3


class CellReader:
    """What a cell means, in one workbook."""

    def __init__(
        self,
        strings: Callable[[], SharedStrings],
        styles: Sequence[NumberFormat],
        *,
        since_1904: bool,
        counts_1899: bool,
    ) -> None:
        """Know the texts and the formats of the workbook, and how it counts days (`date_as_text`)."""
        self._strings = strings
        self._styles = styles
        self._since_1904 = since_1904
        self._counts_1899 = counts_1899
        self._number = lru_cache(10_000)(self._read_number)

    def read(self, sort: str, style: str, value: str, *, is_formula: bool) -> tuple[str, Fault | None, str]:
        """Return the text of a cell, what is wrong with it, and a note on it or nothing.

        `sort` is the type that the cell says (18.18.11), `style` the number of its format.
        """
        if sort == "s":
            try:
                return self._strings()[int(value)], None, ""
            except (IndexError, ValueError):
                return (
                    "",
                    Fault("malformed_cell", "This cell names a text that the workbook does not have."),
                    "",
                )
        if sort in ("str", "inlineStr"):
            return unescape(value), None, ""
        if not value.strip():
            return "", _NO_VALUE if is_formula else None, ""
        if sort == "e":
            return "", Fault(ERRORS, _ERROR, value=quoted(value)), ""
        if sort == "b":
            return ("true" if value.strip() in ("1", "true") else "false"), None, ""
        if sort == "d":
            return iso_as_text(value), None, ""
        return self._number(value.strip(), style)

    def _read_number(self, value: str, style: str) -> tuple[str, Fault | None, str]:
        form = None
        if style and style != "0":
            form = self._styles[int(style)] if style.isdecimal() and int(style) < len(self._styles) else None
        try:
            if form is None or not (form.has_date or form.has_time):
                text = number_as_text(value)
                return (text.zfill(form.digits) if form is not None and text.isdecimal() else text), None, ""
            text = date_as_text(
                float(value), form, since_1904=self._since_1904, counts_1899=self._counts_1899
            )
        except NoSuchDay as error:
            detail = f"The day in this cell is none: {error}. Write it as text."
            return "", Fault("malformed_cell", detail, value=quoted(value)), ""
        except (ValueError, OverflowError):
            return (
                "",
                Fault("malformed_cell", "The number in this cell cannot be read.", value=quoted(value)),
                "",
            )
        return text, None, "" if form.has_day else DAY_NOT_SHOWN


def read_worksheet(pieces: Iterable[bytes], name: str, cells: CellReader) -> Iterator[SheetRow]:
    """Yield the rows of a sheet that have something in them; the last has a note on merged cells, if there are any.

    Raises:
        BadSpreadsheet: it is broken, or a row has more than 8 MiB of text.
        DiskFull: there is no room for the shared texts.
    """
    sheet = _Sheet(name, cells)
    last: SheetRow | None = None
    for _ in parse_part(pieces, name, "worksheet", sheet.started, sheet.ended, sheet.told):
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
            column = self._column + 1 if reference is None else _column_of(reference)
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

    def notes_on_merged(self) -> tuple[str, ...]:
        if not self._merged:
            return ()
        more = ", …" if self._merged_count > len(self._merged) else ""
        return (merged_cells(", ".join(self._merged) + more),)

    def _too_long(self) -> Exception:
        return broken(f"{self._name}, row {self._row}, has more than {MAX_LINE // 2**20} MiB")


@lru_cache(MAX_COLUMNS_OF_SHEET)
def _column_of_letters(letters: str) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column


def _column_of(reference: str) -> int:
    """Return the column of a reference such as `B7`, counted from 1; 0 where it is none."""
    letters = reference.rstrip("0123456789")
    if not letters.isascii() or not letters.isupper() or not letters.isalpha() or len(letters) > 3:
        return 0
    return _column_of_letters(letters)


_NO_VALUE: Final = Fault(
    NO_VALUE,
    "This cell has a formula whose value was not saved. Open the file in a spreadsheet program and save it.",
)
_ERROR: Final = "This cell shows an error instead of a value. Mend its formula, or empty it."
