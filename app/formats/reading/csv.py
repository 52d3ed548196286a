"""CSV in (RFC 4180): rows by the names in the header, uneven and undecodable ones told by their line.

What the columns of a record's own table mean is the rule of `app.records.flattening`; tables of others
need a mapping.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from app.errors import Fault, nearest
from app.formats.reading.lines import (
    MAX_LINE,
    NOT_UTF8,
    TOO_LONG,
    Line,
    cut_lines,
    past_empty_lines,
    without_mark,
)
from app.records import RECORDS, RecordKind
from app.records.flattening import spoken_of, unflatten
from app.records.incoming import MISREAD, Incoming
from app.values.windows1252 import is_misread, put_right

DELIMITERS: Final = (",", ";", "\t", "|")
UTF8: Final = "utf-8"

UNNAMED: Final = "column {}"
"""What a mapping calls a column that the header leaves without a name, by its place counted from 1."""

_KINDS: Final = {kind.kind: kind for kind in RECORDS}

# A cell may hold a whole geometry or all the evidence of a record; the module's own bound is 128 KiB.
csv.field_size_limit(MAX_LINE)


class Row(NamedTuple):
    """One row: the line that it begins on, and its cells by column, or what is wrong.

    `notes` say what was done to it (`app.records.incoming.NOTES`).
    """

    line: int
    cells: Mapping[str, str]
    fault: Fault | None = None
    notes: tuple[str, ...] = ()


class _Lines:
    """Feeds the csv module, and remembers what it could not be fed as it was."""

    def __init__(self, lines: Iterable[Line], encoding: str, number: int, *, repairs: bool) -> None:
        self._lines = iter(lines)
        self._encoding = encoding
        self._repairs = repairs
        self.number = number
        self.begin()

    def begin(self) -> None:
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
        try:
            text = data.decode(self._encoding)
        except UnicodeDecodeError:
            self.fault = Fault("invalid_utf8", NOT_UTF8, "")
            text = data.decode(self._encoding, "replace")
        if "\0" in text:
            self.fault = Fault("nul_character", "Leave NUL characters out.", "")
            text = text.replace("\0", "")
        if self._repairs and is_misread(text):
            self.notes = (MISREAD,)
            text = put_right(text)
        return text


def read_rows(
    chunks: Iterable[bytes], delimiter: str | None = None, encoding: str = UTF8, *, for_mapping: bool = False
) -> Iterator[Row]:
    """Read rows by their header, which is the first row. Without a delimiter, the header tells which it is.

    With `for_mapping`, Windows-1252 that was read as Latin-1 is put right (`app.values.windows1252`), and a column
    without a name, such as the index that some tools write first, has that of `UNNAMED`.

    Raises:
        WrongEncoding: the text is in UTF-16 or UTF-32.
    """
    passed, rest = past_empty_lines(without_mark(chunks))
    # A line end inside quotes is part of the cell, and stays what it is (RFC 4180, 2.6).
    numbered = cut_lines(rest, keep_ends=True, number=passed + 1)
    lines = _Lines(numbered, encoding, passed, repairs=for_mapping)
    header: list[str] | None = None
    reader = None
    while True:
        first = lines.number + 1
        lines.begin()
        try:
            if reader is None:
                line = next(lines, None)
                if line is None:
                    return
                if not line.strip():
                    continue
                chosen = delimiter or max(DELIMITERS, key=line.count)
                waiting = [line]
                reader = csv.reader(_after(waiting, lines), delimiter=chosen, strict=True)
            cells = next(reader, None)
        except csv.Error as error:
            # The module has no other sign of which it was than its message.
            detail = _LINE_ENDS if "new-line character" in str(error) else _QUOTES
            yield Row(first, {}, lines.found() or Fault("malformed_row", detail, ""))
            if header is None:
                return
            continue
        if cells is None:
            return
        fault = lines.found()
        if fault is not None:
            yield Row(first, {}, fault)
            if header is None:
                return
        elif header is None:
            header = [name.strip() for name in cells]
            if for_mapping:
                header = [name or UNNAMED.format(at) for at, name in enumerate(header, 1)]
            twice = sorted({name for name in header if header.count(name) > 1})
            if twice:
                detail = "Name each column once, and every column: the header has a name twice."
                yield Row(first, {}, Fault("duplicate_column", detail, f"/{twice[0]}"))
                return
        elif not cells or (len(cells) == 1 and not cells[0].strip() and len(header) > 1):
            continue
        elif len(cells) != len(header):
            detail = f"This row has {len(cells)} cells where the header names {len(header)}."
            yield Row(first, {}, Fault("uneven_row", detail, ""))
        else:
            yield Row(first, dict(zip(header, cells, strict=True)), notes=lines.notes)


_QUOTES: Final = "The quotes of this row do not match; write a quote inside a cell twice."
_LINE_ENDS: Final = (
    "End lines in LF or CRLF, and write a cell that has a CR inside in quotes: there is a lone CR here."
)


def _after(first: list[str], rest: Iterator[str]) -> Iterator[str]:
    yield from first
    yield from rest


def read_csv(chunks: Iterable[bytes], kind: RecordKind | None = None) -> Iterator[Incoming]:
    """Read rows of a record's own table; `kind` is theirs where they have no column of that name.

    Raises:
        WrongEncoding: the text is in UTF-16 or UTF-32.
    """
    members: dict[str, frozenset[str]] = {}
    for line, cells, fault, _ in read_rows(chunks):
        if fault is not None:
            yield Incoming(line, faults=(fault,))
            continue
        named = cells.get("kind", "").strip()
        found = _KINDS.get(named) if named else kind
        if found is None:
            yield Incoming(line, faults=(missing_kind(named),))
            continue
        raw, faults = unflatten(cells, found)
        raw["kind"] = found.kind
        if found.kind not in members:
            members[found.kind] = spoken_of(cells, found)
        yield Incoming(line, raw, tuple(faults), members=members[found.kind])


def missing_kind(named: object) -> Fault:
    """Give the fault of a document that does not say what kind of record it is, or names none there is."""
    detail = f"Say what kind of record it is: {', '.join(_KINDS)}."
    near = nearest(named, _KINDS) if isinstance(named, str) else None
    return Fault("unknown_kind" if named else "missing_kind", detail, "/kind", suggestion=near)
