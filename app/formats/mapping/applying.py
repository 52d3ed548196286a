"""Rows of a table made into documents, as a mapping says."""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Members
from pathlib import Path
from typing import Any, Final

from app.errors import Fault, nearest
from app.formats.mapping.cells import as_text
from app.formats.mapping.dates import CellFault
from app.formats.mapping.declaring import Join, Mapping, Template
from app.formats.reading.csv import read_rows
from app.formats.reading.geojson import read_features
from app.formats.reading.lines import WrongEncoding
from app.formats.reading.unpacking import BadArchive, unpack_if_packed
from app.records.incoming import Incoming

MAX_JOINED_BYTES: Final = 64 * 2**20
"""The largest second table: it is held in memory."""

_PIECE: Final = 1 << 18
_MOST_SEEN: Final = 500_000

Cells = Members[str, Any]


def read_mapped(
    mapping: Mapping, form: str, pieces: Iterable[bytes], folder: Path | None = None
) -> Iterator[Incoming]:
    """Give the documents that a mapping makes of a table; a row that cannot be read does not stop the rest.

    Joined tables are looked for in `folder`, then beside the mapping.
    """
    seen: set[tuple[str, str]] = set()
    first = True
    line = 1
    try:
        for number, cells, fault in _rows(mapping, form, unpack_if_packed(pieces)):
            line = number
            if fault is not None:
                yield Incoming(line, faults=(fault,))
                continue
            if first:
                first = False
                faults = _missing(mapping, cells)
                joined = _joined(mapping, folder, faults)
                if faults:
                    yield Incoming(1, faults=tuple(faults))
                    return
                for template in mapping.templates:
                    if template.once:
                        yield from _made(template, {}, 1, seen)
            row = _whole(mapping, cells, joined)
            if isinstance(row, Fault):
                yield Incoming(line, faults=(row,))
                continue
            for template in mapping.templates:
                if not template.once:
                    yield from _made(template, row, line, seen)
    except (BadArchive, WrongEncoding) as error:
        code = error.code if isinstance(error, BadArchive) else "wrong_encoding"
        yield Incoming(line, faults=(Fault(code, str(error), ""),))


def _rows(mapping: Mapping, form: str, pieces: Iterable[bytes]) -> Iterator[tuple[int, Cells, Fault | None]]:
    if form == "csv":
        yield from read_rows(pieces, mapping.delimiter, mapping.encoding)
    elif form == "geojson":
        for read in read_features(pieces):
            if read.raw is None:
                yield read.line, {}, read.faults[0]
            else:
                yield read.line, _cells(read.raw), None
    else:
        detail = "A mapping is for a table: CSV or GeoJSON."
        yield 1, {}, Fault("not_a_table", detail, "")


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


def _missing(mapping: Mapping, cells: Cells) -> list[Fault]:
    detail = "The mapping names a column that the table does not have."
    return [
        Fault(
            "unknown_column",
            f"{detail} It is called {name} there.",
            f"/{name}",
            suggestion=nearest(name, cells),
        )
        for name in sorted(mapping.named - cells.keys())
    ]


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
    for line, cells, fault in read_rows(unpack_if_packed(_pieces(path)), None, encoding):
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
