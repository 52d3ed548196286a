"""Joined tables: held in memory, indexed by the column that they are joined on."""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Members
from pathlib import Path
from typing import Any, Final

from app.errors import Fault, nearest
from app.imports.mapping.declaration import Mapping, TableJoin
from app.imports.mapping.paths import cell_at, parse_path
from app.imports.mapping.templates import as_text
from app.imports.readers import format_of_head, head_of, spreadsheets
from app.imports.readers.csv import read_rows
from app.imports.readers.gzip import BadArchive, unpack_if_packed
from app.imports.readers.table_rows import Row
from app.values.json_pointer import escaped

MAX_JOINED_BYTES: Final = 64 * 2**20
"""The largest second table: it is held in memory."""

_ROW_BYTES: Final = 200

_PIECE: Final = 1 << 18
Cells = Members[str, Any]

Joined = dict[str, tuple[str, dict[str, list[Cells]]]]
"""For each join by name: the column of the first table, and the rows by its values."""


def read_joined(
    mapping: Mapping, folder: Path | None, faults: list[Fault], tables: Members[str, Iterable[bytes]] | None
) -> Joined:
    """Read the tables that a mapping joins; they are looked for in `folder`, then next to the mapping.

    With `tables`, they are those of that name there, and no file is opened.
    """
    found: Joined = {}
    for name, join in mapping.joins.items():
        pointer = f"/join/{escaped(name)}"
        if tables is not None:
            if name in tables:
                found[name] = join.on, _by_key(mapping, join, pointer, name, tables[name], faults)
            else:
                faults.append(Fault("no_such_table", "There is no table of this name.", pointer))
            continue
        path = joined_file(mapping, join, folder)
        if path is None:
            detail = "The table to be joined is neither beside the file nor beside the mapping."
            faults.append(Fault("no_such_table", detail, f"{pointer}/file"))
        elif path.stat().st_size > MAX_JOINED_BYTES:
            faults.append(_too_large(f"{pointer}/file"))
        else:
            found[name] = join.on, _by_key(mapping, join, pointer, path.name, _pieces(path), faults)
    return found


def _too_large(pointer: str) -> Fault:
    detail = f"A table to be joined may have {MAX_JOINED_BYTES // 2**20} MiB, unpacked: it is held in memory."
    return Fault("too_large", detail, pointer)


def joined_file(mapping: Mapping, join: TableJoin, folder: Path | None) -> Path | None:
    """Find a table that is joined: in `folder`, else next to the mapping; None where it is in neither."""
    folders = (one for one in (folder, mapping.folder) if one is not None)
    return next((path for one in folders if (path := one / join.file).is_file()), None)


def joined_to(cells: Cells, joined: Joined) -> dict[str, Any]:
    """Return the rows joined to a row, by the names that `each` and `columns` use."""
    return {
        f"join {name}": rows.get(str(as_text(cell_at(cells, column, parse_path(column)))).strip(), ())
        for name, (column, rows) in joined.items()
    }


def _by_key(
    mapping: Mapping,
    join: TableJoin,
    pointer: str,
    table: str,
    chunks: Iterable[bytes],
    faults: list[Fault],
) -> dict[str, list[Cells]]:
    rows: dict[str, list[Cells]] = {}
    unpacked = _Unpacked(chunks)
    try:
        for row in _rows(mapping, join, unpacked):
            if unpacked.size > MAX_JOINED_BYTES:
                faults.append(_too_large(pointer))
                break
            if not _add(mapping, join, pointer, table, row, rows, faults):
                break
    except BadArchive as error:
        faults.append(Fault(error.code, f"{table}: {error}", pointer))
    return rows


def _rows(mapping: Mapping, join: TableJoin, unpacked: "_Unpacked") -> Iterator[Row]:
    """Yield the rows of a table in CSV, or of a sheet.

    Raises:
        BadArchive: it cannot be read, or it is not known which sheet is meant.
        WrongEncoding: bytes do not fit the encoding, or it cannot be told.
    """
    head, chunks = head_of(unpacked)
    if format_of_head(head) != spreadsheets.FORMAT.name:
        if join.sheet is not None:
            raise spreadsheets.BadSpreadsheet("not_a_spreadsheet", "It is no spreadsheet, and has no sheets.")
        yield from read_rows(chunks, None, mapping.encoding, for_mapping=True)
        return
    workbook = spreadsheets.open_spreadsheet(chunks)
    rows = workbook.rows(spreadsheets.only_sheet(workbook, join.sheet))
    for row in spreadsheets.table_rows(rows, for_mapping=True):
        # A text of many cells stands once in the file, and is held once; still each row takes room.
        unpacked.size += sum(map(len, row.cells.values())) + _ROW_BYTES
        yield row


def _add(
    mapping: Mapping,
    join: TableJoin,
    pointer: str,
    table: str,
    row: Row,
    rows: dict[str, list[Cells]],
    faults: list[Fault],
) -> bool:
    """Add a row; return whether others are to be read."""
    line, cells, fault, _ = row
    if fault is not None:
        faults.append(Fault(fault.code, f"{table}, line {line}: {fault.detail}", pointer))
    elif join.key not in cells:
        near = nearest(join.key, cells)
        faults.append(
            Fault("unknown_column", "This table has no such column.", f"{pointer}/key", suggestion=near)
        )
        return False
    elif (key := cells[join.key].strip()) not in mapping.empty:
        # A row without a key is joined to no row, least of all to each that has none.
        rows.setdefault(key, []).append(cells)
    return True


class _Unpacked:
    """A table as it is unpacked; counts its bytes."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in unpack_if_packed(self._chunks):
            self.size += len(piece)
            yield piece


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
