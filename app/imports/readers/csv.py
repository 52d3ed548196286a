"""Reading CSV (RFC 4180): rows by the names in the header; invalid rows are reported by their line.

What the columns of a record's own table mean is the rule of `app.formats.tables.columns`; tables of others
need a mapping.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from app.errors import Fault
from app.imports.documents import MISREAD, ImportedDocument, read_as
from app.imports.readers.encoding import SAMPLE_BYTES, UTF8, detect_encoding, to_utf8
from app.imports.readers.file_format import FileFormat, Head
from app.imports.readers.lines import (
    MAX_LINE,
    NOT_UTF8,
    TOO_LONG,
    Line,
    cut_lines,
    past_empty_lines,
    peek,
    without_mark,
)
from app.imports.readers.table_rows import UNNAMED, Row, documents_of, header_fault
from app.records.kinds import RecordKind
from app.values.windows1252 import is_misread, put_right

DELIMITERS: Final = (",", ";", "\t", "|")


# A cell may hold a whole geometry or all the evidence of a record; the csv module's own limit is 128 KiB.
csv.field_size_limit(MAX_LINE)


class _Lines:
    """Feeds the csv module, and notes what had to be changed for it."""

    def __init__(self, lines: Iterable[Line], number: int, *, repairs: bool) -> None:
        self._lines = iter(lines)
        self._repairs = repairs
        self.number = number
        self.begin()

    def begin(self) -> None:
        """Begin with a row."""
        self._taken = 0
        self.fault: Fault | None = None
        self.notes: tuple[str, ...] = ()

    def found(self) -> Fault | None:
        return self.fault

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, data = next(self._lines)
        self.number = number
        if data is None:
            self.fault = Fault("line_too_long", TOO_LONG, "")
            return ""
        self._taken += len(data)
        if self._taken > MAX_LINE:
            self.fault = Fault("line_too_long", _ROW_TOO_LONG, "")
            raise csv.Error
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.fault = Fault("invalid_utf8", NOT_UTF8, "")
            text = data.decode(UTF8, "replace")
        if "\0" in text:
            self.fault = Fault("nul_character", "Leave NUL characters out.", "")
            text = text.replace("\0", "")
        if self._repairs and is_misread(text):
            self.notes = (MISREAD,)
            text = put_right(text)
        return text


def read_rows(
    chunks: Iterable[bytes],
    delimiter: str | None = None,
    encoding: str | None = None,
    *,
    names: Sequence[str] = (),
    skip: int = 0,
    for_mapping: bool = False,
) -> Iterator[Row]:
    """Read rows by their header, which is the first row, or by `names` where there is none.

    Without a delimiter, it is what a first line `sep=;` says, or is found from the header. Without an
    encoding, it is detected, which is noted if it is not UTF-8. `skip` lines at the beginning are passed.

    With `for_mapping`, Windows-1252 that was decoded as Latin-1 is repaired (`app.values.windows1252`), and
    a column without a name, such as the index that some tools write first, gets one from `UNNAMED`.

    Raises:
        WrongEncoding: bytes do not fit the encoding, or it cannot be told.
    """
    lines, notes = _lines_of(chunks, encoding, repairs=for_mapping)
    while lines.number < skip and next(lines, None) is not None:
        pass
    header: list[str] | None = list(names) or None
    begun = _first_row(lines, delimiter)
    if begun is None:
        return
    line, delimiter = begun
    reader = csv.reader(chain((line,), lines), delimiter=delimiter, strict=True)
    first = lines.number
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            # The csv module distinguishes its errors by their messages alone.
            detail = _LINE_ENDS if "new-line character" in str(error) else _QUOTES
            yield Row(first, {}, lines.found() or Fault("malformed_row", detail, ""))
            if header is None:
                return
        else:
            if cells is None:
                return
            fault = lines.found()
            if header is None and fault is None:
                header = _header(cells, for_mapping=for_mapping)
                fault = header_fault(header)
                if fault is not None:
                    yield Row(first, {}, fault)
                    return
            elif header is None or fault is not None:
                yield Row(first, {}, fault)
                if header is None:
                    return
            elif cells and (len(cells) > 1 or cells[0].strip() or len(header) == 1):
                row = _row(first, header, cells, (*notes, *lines.notes))
                notes = notes if row.fault else ()
                yield row
        first = lines.number + 1
        lines.begin()


def _lines_of(
    chunks: Iterable[bytes], encoding: str | None, *, repairs: bool
) -> tuple[_Lines, tuple[str, ...]]:
    """Return the lines of a text, past the empty ones at its beginning, and a note on an encoding that was detected."""
    notes: tuple[str, ...] = ()
    if encoding is None:
        encoding, chunks = detect_encoding(chunks)
        notes = () if encoding == UTF8 else (read_as(encoding),)
    sample, text, _ = peek(without_mark(to_utf8(chunks, encoding)), SAMPLE_BYTES)
    line_end = b"\r" if b"\r" in sample and b"\n" not in sample else b"\n"
    passed, rest = past_empty_lines(text, line_end)
    # A line end inside quotes is part of the cell, and is kept as it is (RFC 4180, 2.6).
    numbered = cut_lines(rest, keep_ends=True, number=passed + 1, line_end=line_end)
    return _Lines(numbered, passed, repairs=repairs), notes


def _first_row(lines: _Lines, delimiter: str | None) -> tuple[str, str] | None:
    """Return the first line that is not empty, and the delimiter: what a line `sep=;` before it says, else as the line shows."""
    for line in lines:
        declared = _SEPARATOR.fullmatch(line)
        if declared is not None:
            delimiter = delimiter or declared[1]
        elif line.strip() or lines.fault is not None:
            return line, delimiter or max(DELIMITERS, key=line.count)
    return None


def _header(cells: list[str], *, for_mapping: bool) -> list[str]:
    """Return the names of columns; of those without one at the end a record's own table has none."""
    header = [name.strip() for name in cells]
    if for_mapping:
        return [name or UNNAMED.format(at) for at, name in enumerate(header, 1)]
    while len(header) > 1 and not header[-1]:
        header.pop()
    return header


def _row(line: int, header: list[str], cells: list[str], notes: tuple[str, ...]) -> Row:
    """Return a row by its header; empty cells beyond it, with which some tools end each row, are passed."""
    if len(cells) < len(header) or any(cells[len(header) :]):
        detail = f"This row has {len(cells)} cells where the header names {len(header)}."
        return Row(line, {}, Fault("uneven_row", detail, ""))
    return Row(line, dict(zip(header, cells, strict=False)), notes=notes)


_SEPARATOR: Final = re.compile(r"sep=([^\r\n])[\r\n]*", re.IGNORECASE)
"""The first line with which Excel is told the delimiter."""

_QUOTES: Final = "The quotes of this row do not match; write a quote inside a cell twice."
_ROW_TOO_LONG: Final = f"A row may have {MAX_LINE // 2**20} MiB; this one has more, or a quote that begins a cell here is not closed."

_LINE_ENDS: Final = (
    "End lines in LF or CRLF, and write a cell that has a CR inside in quotes: there is a lone CR here."
)


def read_csv(chunks: Iterable[bytes], kind: RecordKind | None = None) -> Iterator[ImportedDocument]:
    """Read rows of a record's own table, as `documents_of` says.

    Raises:
        WrongEncoding: bytes do not fit the encoding, or it cannot be told.
    """
    yield from documents_of(read_rows(chunks), kind)


def _recognises(head: Head) -> bool:
    """Return whether the first two lines have cells, the same number of them, and are no JSON or markup."""
    if head.text.startswith(("{", "[", "<")) or "\0" in head.text or len(head.lines) < 2:
        return False
    first, second = head.lines[:2]
    return any(0 < first.count(one) == second.count(one) for one in DELIMITERS)


FORMAT: Final = FileFormat("csv", "CSV", (".csv", ".tsv"), ("text/csv",), read_csv, _recognises)
