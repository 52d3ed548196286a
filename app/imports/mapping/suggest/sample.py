"""The first rows of a table: its columns, and what their cells have in common."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any, Final, NamedTuple

from app.errors import Fault, InvalidDocument
from app.imports.documents import ImportedDocument
from app.imports.mapping.suggest.column_names import words_of
from app.imports.mapping.suggest.nested import flattened, rows_within
from app.imports.mapping.templates import as_text
from app.imports.readers import spreadsheets
from app.imports.readers.csv import read_rows
from app.imports.readers.encoding import UTF8, detect_encoding
from app.imports.readers.geojson import read_features
from app.imports.readers.gzip import BadArchive, unpack_if_packed
from app.imports.readers.json import read_array
from app.imports.readers.lines import WrongEncoding
from app.imports.readers.ndjson import read_ndjson
from app.values.slug import slugify

MAX_ROWS: Final = 10_000
"""How many rows are sampled."""

_MAX_UNREAD: Final = 3
_MAX_CHARACTERS: Final = 16 * 2**20
_MAX_CELLS: Final = 1_000_000

_EMPTY_WORDS: Final = frozenset(
    {"NA", "N/A", "n/a", "#N/A", "NULL", "null", "None", "NaN", "nan", "\\N", "-", "--", "?"}
)

_NUMBER_OR_DAY: Final = re.compile(r"[-+]?\d[\d.,:/TZ -]*")


@dataclass
class Column:
    """One column.

    Attributes:
        name: as in the header.
        cells: one for each row, stripped; the empty text where there is nothing.
        has_json_numbers: whether every cell was a number of JSON, whose notation is not in doubt.
        has_structures: whether some cell was a list or an object of JSON.
    """

    name: str
    cells: list[str]
    has_json_numbers: bool = False
    has_structures: bool = False

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words in its name, in lower case."""
        return words_of(self.name)

    @cached_property
    def filled(self) -> list[str]:
        """The cells that are not empty."""
        return [cell for cell in self.cells if cell]

    @cached_property
    def distinct(self) -> list[str]:
        """The different cells that are not empty, in order."""
        return list(dict.fromkeys(self.filled))

    @cached_property
    def slugs(self) -> list[str]:
        """The different cells as parts of ids."""
        return [slugify(cell) or "" for cell in self.distinct]

    @property
    def is_complete(self) -> bool:
        """Whether no cell is empty."""
        return len(self.filled) == len(self.cells)

    @cached_property
    def is_text(self) -> bool:
        """Whether most cells look like names or sentences rather than codes."""
        return sum(map(_has_words, self.distinct)) * 2 > len(self.distinct)

    def is_filled_where(self, other: "Column") -> bool:
        """Return whether no cell is empty in a row where the other column's is not."""
        return all(cell for cell, needed in zip(self.cells, other.cells, strict=True) if needed)

    def longest(self) -> int:
        """Return the length of the longest cell."""
        return max(map(len, self.distinct), default=0)


def _has_words(cell: str) -> bool:
    letters = sum(map(str.isalpha, cell))
    return letters >= 2 and letters * 2 >= len(cell)


class UnreadRow(NamedTuple):
    """A row that could not be read, and why."""

    line: int
    detail: str


@dataclass
class Sample:
    """The first rows of a table.

    Attributes:
        count: how many rows there are in it.
        is_whole: whether the table has no more.
        columns: in the order in which they occur in any of the rows.
        empty_words: cells such as `NA` among numbers or dates, which were read as empty.
        geometries: the types of geometry of its features.
        unread: the first rows that could not be read.
        unread_count: how many could not.
        encoding: that of the table, where it is not UTF-8.
        items: the path to the array whose items the rows are, where JSON has it in an object.
        sheet: the sheet whose rows they are, where the spreadsheet has others with something in them.
    """

    count: int
    is_whole: bool
    columns: list[Column]
    empty_words: list[str]
    geometries: frozenset[str] = frozenset()
    unread: list[UnreadRow] = field(default_factory=list)
    unread_count: int = 0
    encoding: str | None = None
    items: str | None = None
    sheet: str | None = None


class _Unread:
    """The first of the rows that could not be read, and how many there are."""

    def __init__(self) -> None:
        self.first: list[UnreadRow] = []
        self.count = 0

    def add(self, line: int, fault: Fault) -> None:
        self.count += 1
        if len(self.first) < _MAX_UNREAD:
            self.first.append(UnreadRow(line, fault.detail))


def sample_of(form: str, pieces: Iterable[bytes], sheet: str | None = None) -> Sample:
    """Read the first rows of a table, in CSV, a spreadsheet, GeoJSON, JSON or NDJSON.

    `sheet` is the one of a spreadsheet that is meant, where it has several with rows.

    Raises:
        InvalidDocument: not one row can be read; it says why.
    """
    unread = _Unread()
    geometries: set[str] = set()
    rows: list[Mapping[str, Any]] = []
    characters = cells = 0
    is_whole = True
    encoding = UTF8
    try:
        unpacked = unpack_if_packed(pieces)
        if form == "csv":
            encoding, whole = detect_encoding(unpacked)
            read = _csv_rows(whole, encoding, unread)
        elif form in ("json", "ndjson"):
            read = _documents(read_array(unpacked) if form == "json" else read_ndjson(unpacked), unread)
        elif form == spreadsheets.FORMAT.name:
            read = _sheet_rows(unpacked, unread, sheet)
        else:
            read = _features(unpacked, unread, geometries)
        for row in read:
            if len(rows) == MAX_ROWS or characters > _MAX_CHARACTERS or cells > _MAX_CELLS:
                is_whole = False
                break
            rows.append(row)
            cells += len(row)
            characters += sum(len(cell) if isinstance(cell, str) else 20 for cell in row.values())
    except (BadArchive, WrongEncoding) as error:
        if not rows:
            raise InvalidDocument(str(error)) from None
        is_whole = False
    if not rows:
        why = f" Line {unread.first[0].line}: {unread.first[0].detail}" if unread.first else ""
        raise InvalidDocument(f"The table has no row that can be read.{why}")
    items = None
    if form == "json" and len(rows) == 1 and (array := rows_within(rows[0])) is not None:
        items = array.path
        rows = [flattened(one) for one in array.items[:MAX_ROWS]]
        is_whole = len(rows) == len(array.items)
    found = list(_columns(rows))
    empty_words = _without_empty_words(found)
    return Sample(
        len(rows),
        is_whole,
        found,
        empty_words,
        frozenset(geometries),
        unread.first,
        unread.count,
        None if encoding == UTF8 else encoding,
        items,
        sheet,
    )


def _csv_rows(pieces: Iterable[bytes], encoding: str, unread: _Unread) -> Iterator[Mapping[str, Any]]:
    for line, cells, fault, _ in read_rows(pieces, encoding=encoding, for_mapping=True):
        if fault is None:
            yield cells
        else:
            unread.add(line, fault)


def _documents(documents: Iterable[ImportedDocument], unread: _Unread) -> Iterator[Mapping[str, Any]]:
    for one in documents:
        if one.raw is None:
            unread.add(one.line, one.faults[0])
        else:
            yield flattened(one.raw)


def _sheet_rows(pieces: Iterable[bytes], unread: _Unread, sheet: str | None) -> Iterator[Mapping[str, Any]]:
    workbook = spreadsheets.open_spreadsheet(pieces)
    rows = workbook.rows(spreadsheets.only_sheet(workbook, sheet))
    for line, cells, fault, _ in spreadsheets.table_rows(rows, for_mapping=True):
        if fault is None:
            yield cells
        else:
            unread.add(line, fault)


def _features(pieces: Iterable[bytes], unread: _Unread, geometries: set[str]) -> Iterator[Mapping[str, Any]]:
    for feature in read_features(pieces):
        if feature.raw is None:
            unread.add(feature.line, feature.faults[0])
            continue
        # The geometry has a column name of its own; a position comes after the feature's own.
        properties = feature.raw.get("properties") or {}
        cells = flattened({name: cell for name, cell in properties.items() if name != "geometry"})
        geometry = feature.raw.get("geometry")
        if isinstance(geometry, dict):
            geometries.add(str(geometry.get("type")))
            position = geometry.get("coordinates")
            if geometry.get("type") == "Point" and isinstance(position, list) and len(position) >= 2:
                cells.setdefault("longitude", position[0])
                cells.setdefault("latitude", position[1])
        yield cells


def _columns(rows: list[Mapping[str, Any]]) -> Iterator[Column]:
    for name in dict.fromkeys(name for row in rows for name in row):
        found = [row.get(name) for row in rows]
        given = [cell for cell in found if cell is not None]
        if given and all(isinstance(cell, dict) for cell in given):
            # Its members are columns of their own.
            continue
        texts = [as_text(cell) for cell in found]
        yield Column(
            name,
            [text.strip() if isinstance(text, str) else "" for text in texts],
            bool(given)
            and all(isinstance(cell, int | float) and cell.__class__ is not bool for cell in given),
            any(not isinstance(text, str) for text in texts),
        )


def _without_empty_words(columns: list[Column]) -> list[str]:
    """Find the words for missing values among numbers or dates, and empty the cells that have them."""
    found: dict[str, None] = {}
    for column in columns:
        words = [cell for cell in column.distinct if cell in _EMPTY_WORDS]
        others = [cell for cell in column.distinct if cell not in _EMPTY_WORDS]
        if words and others and all(map(_NUMBER_OR_DAY.fullmatch, others)):
            found.update(dict.fromkeys(words))
    if not found:
        return []
    for at, column in enumerate(columns):
        if not found.keys().isdisjoint(column.distinct):
            cells = ["" if cell in found else cell for cell in column.cells]
            columns[at] = Column(column.name, cells, has_structures=column.has_structures)
    return list(islice(found, 10))
