"""The rows of what a mapping is applied to: tables, features, and documents of JSON, all as cells by name."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from app.errors import Fault
from app.imports.documents import MISREAD, ImportedDocument
from app.imports.mapping.declaration import Mapping
from app.imports.mapping.joins import Cells
from app.imports.readers import spreadsheets
from app.imports.readers.csv import read_rows
from app.imports.readers.geojson import read_features
from app.imports.readers.json import read_array
from app.imports.readers.ndjson import read_ndjson
from app.imports.readers.table_rows import Row
from app.values.windows1252 import is_misread, put_right

CSV: Final = "csv"
GEOJSON: Final = "geojson"
JSON: Final = "json"
NDJSON: Final = "ndjson"

SPREADSHEET: Final = spreadsheets.FORMAT.name

MAPPED: Final = (CSV, SPREADSHEET, GEOJSON, JSON, NDJSON)
"""The formats that a mapping can be applied to."""

_TITLES: Final = {CSV: "CSV", SPREADSHEET: "a spreadsheet", NDJSON: "NDJSON"}


class Place(NamedTuple):
    """The place of a row in its file: the line, and of GeoJSON the feature."""

    line: int
    number: int | None = None


def rows_of(mapping: Mapping, form: str, chunks: Iterable[bytes]) -> Iterator[tuple[Place, Row]]:
    """Yield the rows of a file, unpacked; where it is in none of the formats `MAPPED`, that is the only fault.

    Of GeoJSON the cells are the properties of a feature, its geometry, and what else of it the mapping
    names; of JSON they are the members of a document.

    Raises:
        WrongEncoding: the text is in UTF-16 or UTF-32.
        BadSpreadsheet: the spreadsheet cannot be read, or it is not known which of its sheets is meant.
        DiskFull: there is no room to unpack it.
    """
    if form not in MAPPED:
        detail = "A mapping is for a table: CSV, a spreadsheet, GeoJSON, JSON or NDJSON."
        yield Place(1), Row(1, {}, Fault("not_a_table", detail, ""))
    elif mapping.sheet is not None and form != SPREADSHEET:
        detail = "table.sheet says which sheet of a spreadsheet is meant; this is none. Take it out."
        yield Place(1), Row(1, {}, Fault("not_a_spreadsheet", detail, "/table/sheet"))
    elif form in (CSV, SPREADSHEET, NDJSON) and mapping.items:
        detail = f"table.items says where the array of a JSON text is; this is {_TITLES[form]}. Take it out."
        yield Place(1), Row(1, {}, Fault("not_json", detail, "/table/items"))
    elif form == CSV:
        for row in read_rows(
            chunks,
            mapping.delimiter,
            mapping.encoding,
            names=mapping.header,
            skip=mapping.skip,
            for_mapping=True,
        ):
            yield Place(row.line), row
    elif form == SPREADSHEET:
        workbook = spreadsheets.open_spreadsheet(chunks)
        sheet = spreadsheets.only_sheet(workbook, mapping.sheet)
        rows = spreadsheets.table_rows(
            workbook.rows(sheet), mapping.header, mapping.skip, mapping.named, for_mapping=True
        )
        for row in rows:
            yield Place(row.line), row
    elif form == NDJSON:
        yield from map(_document, read_ndjson(chunks))
    elif form == JSON or mapping.items:
        yield from map(_document, read_array(chunks, mapping.items))
    else:
        named = frozenset(str(path[0]) for path in mapping.named.values())
        for read in read_features(chunks, used=named):
            yield _row(read, {} if read.raw is None else _cells(read.raw, named))


def _document(read: ImportedDocument) -> tuple[Place, Row]:
    return _row(read, read.raw or {})


def _row(read: ImportedDocument, cells: Cells) -> tuple[Place, Row]:
    at = Place(read.line, read.number)
    if read.faults:
        return at, Row(read.line, {}, read.faults[0])
    notes = read.notes
    if _has_misread(cells):
        cells, notes = _put_right(cells), (*notes, MISREAD)
    return at, Row(read.line, cells, notes=notes)


def _has_misread(value: Any) -> bool:
    if isinstance(value, str):
        return is_misread(value)
    if isinstance(value, dict):
        return any(_has_misread(one) for one in value.values())
    return isinstance(value, list) and any(_has_misread(one) for one in value)


def _put_right(value: Any) -> Any:
    if isinstance(value, str):
        return put_right(value)
    if isinstance(value, dict):
        return {name: _put_right(one) for name, one in value.items()}
    return [_put_right(one) for one in value] if isinstance(value, list) else value


def _cells(feature: Cells, named: frozenset[str]) -> Cells:
    """Return the properties of a feature as cells, with its geometry; before them, its own members that are named."""
    geometry = feature.get("geometry")
    own = {name: one for name, one in feature.items() if name in named}
    cells = {**own, **feature["properties"], "geometry": geometry}
    if isinstance(geometry, dict) and geometry.get("type") == "Point":
        position = geometry.get("coordinates")
        if isinstance(position, list) and len(position) >= 2:
            cells.setdefault("longitude", position[0])
            cells.setdefault("latitude", position[1])
    return cells
