"""The rows of a sheet that are written plainly, as text (`plain_xml`): attributes in their usual order, cells with one value."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from app.errors import Fault
from app.imports.readers.lines import MAX_LINE
from app.imports.readers.spreadsheets.cell_reader import CellReader
from app.imports.readers.spreadsheets.numbers import is_as_shown
from app.imports.readers.spreadsheets.plain_xml import plain_text
from app.imports.readers.spreadsheets.sheet_rows import MAX_COLUMNS_OF_SHEET, column_of_letters

_ROW: Final = re.compile(
    r"""\s*<row(?: r="([0-9]{1,7})")?((?: [A-Za-z][A-Za-z0-9_:]*="[^"<&\x00-\x1f]*")*) ?(/?)>"""
)
_ATTRIBUTE: Final = re.compile(r' ([^=" ]+)="[^"]*"')
_CELL: Final = re.compile(
    r'c r="([A-Z]{1,3})"(?: s="([0-9]{1,6})")?(?: t="([A-Za-z]{1,9})")?(?: s="([0-9]{1,6})")?>'
)
_INLINE: Final = re.compile('<is><t(?: xml:space="preserve")?>')
_FORMULA: Final = re.compile(r'<f(?: [a-zA-Z0-9]+="[^"<>&]*")*(?:/>|>[^<&]*</f>)<v>(?=[^<])')
_TOKENS_OF_CELL: Final = 4
_LONG_SHAPE: Final = 10_000
"""The length of the tags of a row that are not kept."""


class PlainRow(NamedTuple):
    """A row after the empty rows that come before it.

    Attributes:
        numbers: what each of them says its number is, or nothing; the row itself is the last.
        cells: the texts of those of its cells that are not empty, by their column, counted from 0.
        faults: what is wrong with single cells, by their column.
        notes: what was done to it.
    """

    numbers: list[str]
    cells: dict[int, str]
    faults: dict[int, Fault]
    notes: dict[str, None]


def read_plain_row(element: str, row_before: int, reader: CellReader) -> PlainRow | None:
    """Read a row that is given without its end tag; return None where it, or an empty one before it, is for the parser."""
    numbers = []
    at = 0
    is_empty = "/"
    while is_empty:
        row = _ROW.match(element, at)
        if row is None or not _is_well_formed(row[2]):
            return None
        numbers.append(row[1] or "")
        is_empty = row[3]
        at = row.end()
    if len(numbers) > 1 and "" in numbers:
        return None
    read = PlainRow(numbers, {}, {}, {})
    return read if _read_cells(element[at:], numbers[-1] or str(row_before + 1), reader, read) else None


def _read_cells(written: str, number: str, reader: CellReader, read: PlainRow) -> bool:
    """Read the cells of a row, all at once where that can be; return whether all were plain."""
    # No text has the beginning of a tag in it; so whatever is done to tags leaves texts as they are, or no cell.
    tokens = _with_values_alone(written).split("<")
    count = len(tokens) // _TOKENS_OF_CELL
    tags, starts, ends_of_values, ends_of_cells = (tokens[at::_TOKENS_OF_CELL] for at in range(1, 5))
    if len(tokens) != count * _TOKENS_OF_CELL + 1 or tokens[0]:
        return False
    if ends_of_values.count("/v>") != count or ends_of_cells.count("/c>") != count:
        return False
    values = ("\0" + "\0".join(starts)).split("\0v>")
    if len(values) != count + 1 or values[0]:
        return False
    # The tags of rows differ in the number of the row alone, as a rule.
    shape = "<".join(tags).replace(number + '"', '"')
    cells = _read_tags(shape) if len(shape) < _LONG_SHAPE else _read_tags.__wrapped__(shape)
    if cells is None:
        return False
    try:
        return _read_values(cells, values[1:], reader, read)
    except (IndexError, ValueError):
        # A text that is not there, or a number with too many digits: the parser's way tells where.
        return False


def _read_values(
    cells: Sequence[tuple[int, str, str]], values: Sequence[str], reader: CellReader, read: PlainRow
) -> bool:
    """Read the values of cells of which the column, the format and the type are given; return whether all were plain."""
    texts = reader.texts if any(sort == "s" for _, _, sort in cells) else ()
    found = read.cells
    for (column, style, sort), value in zip(cells, values, strict=True):
        if sort == "s" and value.isdecimal():
            if text := texts[int(value)]:
                found[column] = text
        elif sort == "" and style in reader.general and is_as_shown(value):
            found[column] = value
        elif value and not _read_value(column, reader, (sort, style, value), read):
            return False
    return sum(map(len, found.values())) <= MAX_LINE


def _with_values_alone(written: str) -> str:
    """Write the cells of a row as if each had a value and nothing else."""
    if "<is>" in written:
        written = _INLINE.sub("<v>", written).replace("</t></is>", "</v>")
    if "<f" in written:
        # The value of a formula is all that matters where there is one.
        written = _FORMULA.sub("<v>", written)
    if "/>" in written:
        written = written.replace('"/>', '"></c>').replace('" />', '"></c>')
    return written.replace('"></c>', '"><v></v></c>')


def _read_value(column: int, reader: CellReader, cell: tuple[str, str, str], read: PlainRow) -> bool:
    """Read a cell that has no shared text; return whether it was plain."""
    sort, style, value = cell
    plain = plain_text(value)
    if sort == "s" or plain is None:
        return False
    text, fault, note = reader.read(sort, style, plain, is_formula=False)
    if text:
        read.cells[column] = text
    if note:
        read.notes[note] = None
    if fault is not None:
        read.faults[column] = fault
    return True


@lru_cache(1000)
def _is_well_formed(attributes: str) -> bool:
    """Return whether no attribute is there twice; `r` is there already, if it is."""
    names = _ATTRIBUTE.findall(attributes)
    return "r" not in names and len(set(names)) == len(names)


@lru_cache(500)
def _read_tags(tags: str) -> list[tuple[int, str, str]] | None:
    """Return the column, counted from 0, the format and the type of each cell of a row, from their tags without its number."""
    cells = []
    last = 0
    for tag in tags.split("<") if tags else ():
        found = _CELL.fullmatch(tag)
        column = 0 if found is None else column_of_letters(found[1])
        if found is None or (found[2] and found[4]) or not last < column <= MAX_COLUMNS_OF_SHEET:
            return None
        sort = found[3] or ""
        cells.append((column - 1, found[2] or found[4] or "", "" if sort == "n" else sort))
        last = column
    return cells
