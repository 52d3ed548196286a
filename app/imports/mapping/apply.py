"""Applying a mapping: rows of a table become documents."""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Members
from itertools import chain
from pathlib import Path
from typing import Any

from app.errors import Fault, nearest
from app.imports.documents import ImportedDocument, noted
from app.imports.mapping.declaration import Mapping
from app.imports.mapping.earlier_rows import Seen
from app.imports.mapping.errors import CellFault
from app.imports.mapping.joins import Cells, Joined, joined_to, read_joined
from app.imports.mapping.paths import UnmetPaths, paths_of
from app.imports.mapping.record_templates import Template
from app.imports.mapping.rows import CSV, SPREADSHEET, Place, rows_of
from app.imports.mapping.templates import CELLS_OF_ROW, NUMBER_OF_ROW
from app.imports.readers.gzip import BadArchive, unpack_if_packed
from app.imports.readers.lines import WrongEncoding
from app.records.kinds import kind_by_name
from app.values.json_pointer import escaped


def read_mapped(
    mapping: Mapping,
    form: str,
    pieces: Iterable[bytes],
    folder: Path | None = None,
    tables: Members[str, Iterable[bytes]] | None = None,
) -> Iterator[ImportedDocument]:
    """Yield the documents that a mapping makes of a table; a row that cannot be read does not stop the rest.

    `form` is one of `MAPPED`. Joined tables are looked for in `folder`, then next to the mapping, or are
    those of `tables` by their names. The columns of
    GeoJSON and JSON are those of all features and documents: where `pieces` can be read twice, they are
    collected before any document is made; of a stream it is reported at its end which of them none had.
    """
    seen = Seen()
    # Whether every row has the same columns, as a table has.
    is_table = form in (CSV, SPREADSHEET)
    is_stream = not is_table and iter(pieces) is pieces
    names: set[str] | None = None
    unmet = UnmetPaths(mapping.required)
    joined: Joined = {}
    at = Place(1)
    try:
        read = rows_of(mapping, form, unpack_if_packed(pieces))
        for number, (place, (_, cells, fault, notes)) in enumerate(read, 1):
            at = place
            if fault is not None:
                yield _faulty(at, fault)
                continue
            if names is None:
                names = set(cells) if is_table else paths_of(cells)
                unmet.meet(cells)
                if unmet and not is_table and not is_stream:
                    unmet, names = _met_by_all(mapping, form, pieces)
                faults = [] if is_stream else _missing(unmet, names, is_table=is_table)
                joined = read_joined(mapping, folder, faults, tables)
                if faults:
                    yield ImportedDocument(1, faults=tuple(faults))
                    return
                for template in mapping.templates:
                    if template.once:
                        yield from _made(template, {}, Place(1), seen)
            elif unmet and is_stream:
                names |= cells.keys()
                unmet.meet(cells)
            row = _whole(mapping, cells, joined, number)
            if isinstance(row, Fault):
                yield _faulty(at, row)
                continue
            made = (_made(one, row, at, seen) for one in mapping.templates if not one.once)
            yield from noted(chain.from_iterable(made), notes)
        faults = _missing(unmet, names, is_table=is_table) if is_stream and names is not None else []
        if faults:
            yield ImportedDocument(at.line, faults=tuple(faults), number=at.number)
    except (BadArchive, WrongEncoding) as error:
        code = error.code if isinstance(error, BadArchive) else "wrong_encoding"
        yield _faulty(at, Fault(code, str(error), ""))


def _faulty(at: Place, fault: Fault) -> ImportedDocument:
    return ImportedDocument(at.line, faults=(fault,), number=at.number)


def _met_by_all(mapping: Mapping, form: str, chunks: Iterable[bytes]) -> tuple[UnmetPaths, set[str]]:
    """Return which columns no document has, as far as the mapping names them; and columns that there are."""
    unmet, names = UnmetPaths(mapping.required), set[str]()
    for _, row in rows_of(mapping, form, unpack_if_packed(chunks)):
        if row.fault is None:
            names |= row.cells.keys() if names else paths_of(row.cells)
            unmet.meet(row.cells)
        if not unmet:
            break
    return unmet, names


def _missing(unmet: UnmetPaths, there: Iterable[str], *, is_table: bool) -> list[Fault]:
    detail = "The mapping names a column that the table does not have."
    if not is_table:
        detail = "The mapping names a column, or a path, that no document of the file has."
    return [
        Fault(
            "unknown_column",
            f"{detail} It is called {name} there.",
            f"/{escaped(name)}",
            suggestion=nearest(name, there),
        )
        for name in unmet.missing()
    ]


def _whole(mapping: Mapping, cells: Cells, joined: Joined, number: int) -> Cells | Fault:
    """Add to the cells the joined rows, the computed columns, and the number of the row."""
    if not joined and not mapping.columns and not mapping.needs_row:
        return cells
    row = {**cells, **joined_to(cells, joined)}
    if mapping.needs_row:
        row |= {NUMBER_OF_ROW: number, CELLS_OF_ROW: cells}
    for name, value in mapping.columns:
        try:
            found = value(row)
        except CellFault as error:
            return error.within(escaped(name)).fault()
        row[name] = "" if found is None else found
    return row


def _made(template: Template, row: Cells, at: Place, seen: Seen) -> Iterator[ImportedDocument]:
    rows = iter((row,)) if template.each is None else template.each(row)
    while True:
        try:
            one = next(rows, None)
        except CellFault as error:
            yield _faulty(at, error.within("each").fault(_reference(template, row)))
            return
        if one is None:
            return
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
                    added=template.added,
                    must_exist=template.must_exist,
                    wants=template.wants,
                    simplify=template.simplify,
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
    return None if not isinstance(found, str) else f"{kind_by_name(template.kind).collection}/{found}"
