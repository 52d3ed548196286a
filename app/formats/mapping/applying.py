"""Rows of a table made into documents, as a mapping says."""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Members
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, Final

from app.errors import Fault, nearest
from app.formats.mapping.cells import as_text
from app.formats.mapping.dates import CellFault
from app.formats.mapping.declaring import Join, Mapping, Template
from app.formats.reading.csv import Row, read_rows
from app.formats.reading.geojson import read_features
from app.formats.reading.lines import WrongEncoding
from app.formats.reading.unpacking import BadArchive, unpack_if_packed
from app.records.incoming import MISREAD, Incoming
from app.values.windows1252 import is_misread, put_right

MAX_JOINED_BYTES: Final = 64 * 2**20
"""The largest second table: it is held in memory."""

GEOJSON: Final = "geojson"

_PIECE: Final = 1 << 18
_MOST_SEEN: Final = 500_000

Cells = Members[str, Any]


def read_mapped(
    mapping: Mapping, form: str, pieces: Iterable[bytes], folder: Path | None = None
) -> Iterator[Incoming]:
    """Give the documents that a mapping makes of a table; a row that cannot be read does not stop the rest.

    Joined tables are looked for in `folder`, then beside the mapping. The columns of GeoJSON are those of all features:
    where `pieces` can be gone through again, they are looked for before anything is made; of a stream it is told at
    its end which of them no feature had.
    """
    seen: set[tuple[str, str]] = set()
    first = True
    names: set[str] = set()
    unseen: frozenset[str] = frozenset()
    line = 1
    try:
        for number, cells, fault, notes in _rows(mapping, form, unpack_if_packed(pieces)):
            line = number
            if fault is not None:
                yield Incoming(line, faults=(fault,))
                continue
            if first:
                first = False
                names = set(cells)
                unseen = mapping.named - names
                is_stream = iter(pieces) is pieces
                if unseen and form == GEOJSON and not is_stream:
                    names = _columns_of_features(mapping, pieces)
                    unseen = mapping.named - names
                faults = [] if form == GEOJSON and is_stream else _missing(unseen, names)
                joined = _joined(mapping, folder, faults)
                if faults:
                    yield Incoming(1, faults=tuple(faults))
                    return
                for template in mapping.templates:
                    if template.once:
                        yield from _made(template, {}, 1, seen)
            if unseen:
                names |= cells.keys()
                unseen -= cells.keys()
            row = _whole(mapping, cells, joined)
            if isinstance(row, Fault):
                yield Incoming(line, faults=(row,))
                continue
            made = (_made(one, row, line, seen) for one in mapping.templates if not one.once)
            yield from _noted(chain.from_iterable(made), notes)
        if unseen:
            yield Incoming(line, faults=tuple(_missing(unseen, names)))
    except (BadArchive, WrongEncoding) as error:
        code = error.code if isinstance(error, BadArchive) else "wrong_encoding"
        yield Incoming(line, faults=(Fault(code, str(error), ""),))


def _rows(mapping: Mapping, form: str, pieces: Iterable[bytes]) -> Iterator[Row]:
    if form == "csv":
        yield from read_rows(pieces, mapping.delimiter, mapping.encoding, repairs=True)
    elif form == GEOJSON:
        for read in read_features(pieces):
            if read.raw is None:
                yield Row(read.line, {}, read.faults[0])
                continue
            cells = _cells(read.raw)
            notes = read.notes
            if any(isinstance(cell, str) and is_misread(cell) for cell in cells.values()):
                cells = {
                    name: put_right(cell) if isinstance(cell, str) else cell for name, cell in cells.items()
                }
                notes = (*notes, MISREAD)
            yield Row(read.line, cells, notes=notes)
    else:
        detail = "A mapping is for a table: CSV or GeoJSON."
        yield Row(1, {}, Fault("not_a_table", detail, ""))


def _columns_of_features(mapping: Mapping, pieces: Iterable[bytes]) -> set[str]:
    """Give the columns that features have, until all that the mapping names are among them."""
    found: set[str] = set()
    for row in _rows(mapping, GEOJSON, unpack_if_packed(pieces)):
        found |= row.cells.keys()
        if mapping.named <= found:
            break
    return found


def _cells(feature: Cells) -> Cells:
    """Give the properties of a feature as cells, and where it is beside them."""
    geometry = feature.get("geometry")
    cells = {**feature["properties"], "geometry": geometry}
    if isinstance(geometry, dict) and geometry.get("type") == "Point":
        position = geometry.get("coordinates")
        if isinstance(position, list) and len(position) >= 2:
            cells.setdefault("longitude", position[0])
            cells.setdefault("latitude", position[1])
    return cells


def _missing(columns: Iterable[str], there: Iterable[str]) -> list[Fault]:
    detail = "The mapping names a column that the table does not have."
    return [
        Fault(
            "unknown_column",
            f"{detail} It is called {name} there.",
            f"/{name}",
            suggestion=nearest(name, there),
        )
        for name in sorted(columns)
    ]


def _noted(documents: Iterable[Incoming], notes: tuple[str, ...]) -> Iterator[Incoming]:
    """Say with the first document of a row what was done to the row: once, however much is made of it."""
    for at, one in enumerate(documents):
        yield replace(one, notes=notes) if notes and not at else one


Joined = dict[str, tuple[str, dict[str, list[Cells]]]]


def _joined(mapping: Mapping, folder: Path | None, faults: list[Fault]) -> Joined:
    found: Joined = {}
    for name, join in mapping.joins.items():
        path = next(
            (one / join.file for one in (folder, mapping.folder) if one and (one / join.file).is_file()), None
        )
        if path is None:
            detail = "The table to be joined is neither beside the file nor beside the mapping."
            faults.append(Fault("no_such_table", detail, f"/join/{name}/file"))
        elif path.stat().st_size > MAX_JOINED_BYTES:
            detail = f"A table to be joined may have {MAX_JOINED_BYTES // 2**20} MiB: it is held in memory."
            faults.append(Fault("too_large", detail, f"/join/{name}/file"))
        else:
            found[name] = join.on, _by_key(join, name, path, mapping.encoding, faults)
    return found


def _by_key(join: Join, name: str, path: Path, encoding: str, faults: list[Fault]) -> dict[str, list[Cells]]:
    rows: dict[str, list[Cells]] = {}
    for line, cells, fault, _ in read_rows(unpack_if_packed(_pieces(path)), None, encoding, repairs=True):
        if fault is not None:
            faults.append(Fault(fault.code, f"{path.name}, line {line}: {fault.detail}", f"/join/{name}"))
        elif join.key not in cells:
            near = nearest(join.key, cells)
            faults.append(
                Fault(
                    "unknown_column", "This table has no such column.", f"/join/{name}/key", suggestion=near
                )
            )
            break
        else:
            rows.setdefault(cells[join.key].strip(), []).append(cells)
    return rows


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _whole(mapping: Mapping, cells: Cells, joined: Joined) -> Cells | Fault:
    """Put beside the cells what is joined to them and what is worked out of them."""
    if not joined and not mapping.columns:
        return cells
    row = dict(cells)
    for name, (column, rows) in joined.items():
        row[f"join {name}"] = rows.get(str(as_text(cells.get(column))).strip(), ())
    for name, value in mapping.columns:
        try:
            found = value(row)
        except CellFault as error:
            return Fault(error.code, str(error), f"/{name}")
        row[name] = "" if found is None else found
    return row


def _made(template: Template, row: Cells, line: int, seen: set[tuple[str, str]]) -> Iterator[Incoming]:
    try:
        rows = (row,) if template.each is None else template.each(row)
        for one in rows:
            if template.when is not None and not template.when(one):
                continue
            document = template.make(one)
            if document is None:
                continue
            document["kind"] = template.kind
            identity = (template.kind, str(document.get("id", "")))
            if template.if_missing and identity in seen:
                continue
            if template.if_missing and len(seen) < _MOST_SEEN:
                seen.add(identity)
            yield Incoming(line, document, (), template.if_missing)
    except CellFault as error:
        yield Incoming(line, faults=(Fault(error.code, str(error), error.pointer),))
