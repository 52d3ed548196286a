"""Applying a mapping: rows of a table become documents."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

from app.errors import Fault, nearest
from app.imports.documents import MISREAD, ImportedDocument
from app.imports.mapping.declaration import Mapping, Template
from app.imports.mapping.earlier_rows import Seen
from app.imports.mapping.errors import CellFault
from app.imports.mapping.joins import Cells, Joined, joined_to, read_joined
from app.imports.readers.csv import Row, read_rows
from app.imports.readers.geojson import read_features
from app.imports.readers.gzip import BadArchive, unpack_if_packed
from app.imports.readers.lines import WrongEncoding
from app.records.kinds import kind_by_name
from app.values.json_pointer import escaped
from app.values.windows1252 import is_misread, put_right

GEOJSON: Final = "geojson"


class Place(NamedTuple):
    """The place of a row in its file: the line, and of GeoJSON the feature."""

    line: int
    number: int | None = None


def read_mapped(
    mapping: Mapping, form: str, pieces: Iterable[bytes], folder: Path | None = None
) -> Iterator[ImportedDocument]:
    """Yield the documents that a mapping makes of a table; a row that cannot be read does not stop the rest.

    Joined tables are looked for in `folder`, then next to the mapping. The columns of GeoJSON are those of
    all features: where `pieces` can be read twice, they are collected before any document is made; of a
    stream it is reported at its end which of them no feature had.
    """
    seen = Seen()
    names: set[str] | None = None
    lacking: frozenset[str] = frozenset()
    joined: Joined = {}
    at = Place(1)
    try:
        for place, (_, cells, fault, notes) in _rows(mapping, form, unpack_if_packed(pieces)):
            at = place
            if fault is not None:
                yield _faulty(at, fault)
                continue
            if names is None:
                is_stream = form == GEOJSON and iter(pieces) is pieces
                names = set(cells)
                if form == GEOJSON and not is_stream and not mapping.named <= names:
                    names = _columns_of_features(mapping, pieces)
                lacking = mapping.named - names
                faults = [] if is_stream else _missing(lacking, names)
                joined = read_joined(mapping, folder, faults)
                if faults:
                    yield ImportedDocument(1, faults=tuple(faults))
                    return
                for template in mapping.templates:
                    if template.once:
                        yield from _made(template, {}, Place(1), seen)
            if lacking:
                names |= cells.keys()
                lacking -= cells.keys()
            row = _whole(mapping, cells, joined)
            if isinstance(row, Fault):
                yield _faulty(at, row)
                continue
            made = (_made(one, row, at, seen) for one in mapping.templates if not one.once)
            yield from _noted(chain.from_iterable(made), notes)
        if lacking:
            yield ImportedDocument(at.line, faults=tuple(_missing(lacking, names or ())), number=at.number)
    except (BadArchive, WrongEncoding) as error:
        code = error.code if isinstance(error, BadArchive) else "wrong_encoding"
        yield _faulty(at, Fault(code, str(error), ""))


def _faulty(at: Place, fault: Fault) -> ImportedDocument:
    return ImportedDocument(at.line, faults=(fault,), number=at.number)


def _rows(mapping: Mapping, form: str, pieces: Iterable[bytes]) -> Iterator[tuple[Place, Row]]:
    if form == "csv":
        for row in read_rows(pieces, mapping.delimiter, mapping.encoding, for_mapping=True):
            yield Place(row.line), row
    elif form == GEOJSON:
        for read in read_features(pieces):
            at = Place(read.line, read.number)
            if read.raw is None:
                yield at, Row(read.line, {}, read.faults[0])
                continue
            cells, notes = _cells(read.raw), read.notes
            if any(isinstance(cell, str) and is_misread(cell) for cell in cells.values()):
                cells = {
                    name: put_right(cell) if isinstance(cell, str) else cell for name, cell in cells.items()
                }
                notes = (*notes, MISREAD)
            yield at, Row(read.line, cells, notes=notes)
    else:
        detail = "A mapping is for a table: CSV or GeoJSON."
        yield Place(1), Row(1, {}, Fault("not_a_table", detail, ""))


def _columns_of_features(mapping: Mapping, pieces: Iterable[bytes]) -> set[str]:
    """Return the columns that features have, until all that the mapping names are among them."""
    found: set[str] = set()
    for _, row in _rows(mapping, GEOJSON, unpack_if_packed(pieces)):
        found |= row.cells.keys()
        if mapping.named <= found:
            break
    return found


def _cells(feature: Cells) -> Cells:
    """Return the properties of a feature as cells, with its geometry."""
    geometry = feature.get("geometry")
    cells = {**feature["properties"], "geometry": geometry}
    if isinstance(geometry, dict) and geometry.get("type") == "Point":
        position = geometry.get("coordinates")
        if isinstance(position, list) and len(position) >= 2:
            cells.setdefault("longitude", position[0])
            cells.setdefault("latitude", position[1])
    return cells


def _noted(documents: Iterable[ImportedDocument], notes: tuple[str, ...]) -> Iterator[ImportedDocument]:
    """Report with the first document of a row what was done to the row: once, however many documents it gives."""
    for at, one in enumerate(documents):
        yield replace(one, notes=notes) if notes and not at else one


def _missing(columns: Iterable[str], there: Iterable[str]) -> list[Fault]:
    detail = "The mapping names a column that the table does not have."
    return [
        Fault(
            "unknown_column",
            f"{detail} It is called {name} there.",
            f"/{escaped(name)}",
            suggestion=nearest(name, there),
        )
        for name in sorted(columns)
    ]


def _whole(mapping: Mapping, cells: Cells, joined: Joined) -> Cells | Fault:
    """Add to the cells the joined rows and the computed columns."""
    if not joined and not mapping.columns:
        return cells
    row = {**cells, **joined_to(cells, joined)}
    for name, value in mapping.columns:
        try:
            found = value(row)
        except CellFault as error:
            return error.within(escaped(name)).fault()
        row[name] = "" if found is None else found
    return row


def _made(template: Template, row: Cells, at: Place, seen: Seen) -> Iterator[ImportedDocument]:
    try:
        rows = (row,) if template.each is None else template.each(row)
    except CellFault as error:
        yield _faulty(at, error.within("each").fault(_reference(template, row)))
        return
    for one in rows:
        try:
            document = _document(template, one, at, seen)
        except CellFault as error:
            yield _faulty(at, error.fault(_reference(template, one)))
        else:
            if document is not None:
                yield ImportedDocument(
                    at.line,
                    document,
                    (),
                    template.if_missing,
                    number=at.number,
                    members=template.members,
                )


def _document(template: Template, row: Cells, at: Place, seen: Seen) -> dict[str, Any] | None:
    """Make the document of a row; None where there is none, or where the same was made before."""
    if template.when is not None and not template.when(row):
        return None
    document: dict[str, Any] | None = template.make(row)
    if document is None:
        return None
    document["kind"] = template.kind
    if template.identify is not None and "id" not in document:
        detail = "The id is empty in this row; fill what it is made of, or name other columns in the mapping."
        raise CellFault("empty_id", detail, None, template.id_columns).within("id")
    if template.kind == "place":
        unit, number = ("line", at.line) if at.number is None else ("feature", at.number)
        seen.check_place(document, number, unit)
    return None if template.if_missing and seen.is_repeated(document) else document


def _reference(template: Template, row: Cells) -> str | None:
    """Return the reference of a record that could not be made, as far as its id can be."""
    try:
        found = template.identify(row) if template.identify is not None else None
    except CellFault:
        return None
    return None if found is None else f"{kind_by_name(template.kind).collection}/{found}"
