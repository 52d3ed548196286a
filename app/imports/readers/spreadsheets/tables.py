"""Sheets as tables: a header, and rows by its names; and the sheets of a workbook that hold records."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, repeat
from typing import Final

from app.errors import Fault, nearest, quoted
from app.formats.tables.columns import column_letters
from app.formats.tables.details import DETAILS
from app.imports.documents import EMPTY_ROWS, ImportedDocument, ignored_sheet
from app.imports.readers.gzip import BadArchive
from app.imports.readers.spreadsheets.errors import BadSpreadsheet
from app.imports.readers.spreadsheets.sheet_rows import SheetRow, Workbook
from app.imports.readers.table_rows import MAX_COLUMNS, UNNAMED, Row, documents_of, header_fault
from app.records.kinds import RECORD_KINDS, RecordKind
from app.values.json_pointer import escaped

_KINDS: Final = {name: kind for kind in RECORD_KINDS for name in (kind.kind, kind.collection)}
_NUMBERED: Final = re.compile(r" [1-9]\d{0,4}$")
_TOLD_SHEETS: Final = 20


def kind_of_sheet(name: str) -> RecordKind | None:
    """Return the kind that the sheets of exports have by their names: `events`, `event`, `events 2`; in any case."""
    return _KINDS.get(_NUMBERED.sub("", name.strip().lower()))


def sheets_of_records(workbook: Workbook) -> tuple[list[str], tuple[str, ...]]:
    """Return the sheets that may hold records, and notes on those that only show their parts, for reading."""
    shown = [name for name in workbook.sheets if name.endswith(DETAILS)]
    notes = (ignored_sheet(", ".join(shown[:_TOLD_SHEETS])),) if shown else ()
    return [name for name in workbook.sheets if name not in shown], notes


def only_sheet(workbook: Workbook, named: str | None) -> str:
    """Return the sheet of that name, or the only one with anything in it.

    Raises:
        BadSpreadsheet: there is none, or there are several and none is named.
    """
    if named is not None:
        if named not in workbook.sheets:
            near = nearest(named, workbook.sheets)
            meant = f" Did you mean {quoted(near)}?" if near else ""
            detail = f"The spreadsheet has no sheet of that name; it has {_told(workbook.sheets)}.{meant}"
            raise BadSpreadsheet("unknown_sheet", detail)
        return named
    filled = [name for name in workbook.sheets if next(workbook.rows(name), None) is not None]
    if len(filled) == 1:
        return filled[0]
    if not filled:
        raise BadSpreadsheet("empty_spreadsheet", "The spreadsheet has no sheet with anything in it.")
    detail = f"Several sheets have rows: {_told(filled)}. Say which is meant: --sheet NAME for a draft, table: {{sheet: NAME}} in a mapping."
    raise BadSpreadsheet("several_sheets", detail)


def _told(names: Sequence[str]) -> str:
    more = ", …" if len(names) > _TOLD_SHEETS else ""
    return ", ".join(map(quoted, names[:_TOLD_SHEETS])) + more


def table_rows(
    rows: Iterable[SheetRow],
    names: Sequence[str] = (),
    skip: int = 0,
    used: Collection[str] | None = None,
    *,
    for_mapping: bool = False,
) -> Iterator[Row]:
    """Yield the rows of a sheet by its header, which is its first row with anything in it, or by `names`.

    The first `skip` rows are passed. What is wrong with a cell is the fault of its row, where its column is one that is
    `used`, or all are. With `for_mapping`, columns without a name get one from `UNNAMED`.
    """
    header = dict(enumerate(names)) or None
    last = 0
    for row in rows:
        if row.number <= skip:
            continue
        if header is None:
            header, fault = _header(row, for_mapping=for_mapping)
            last = row.number
            if fault is not None:
                yield Row(row.number, {}, fault)
                return
            continue
        notes = (EMPTY_ROWS, *row.notes) if last and row.number > last + 1 else row.notes
        last = row.number
        fault = _fault_of(row, header, used)
        if fault is not None:
            yield Row(row.number, {}, fault, notes)
        else:
            cells = map(row.cells.get, header, repeat(""))
            yield Row(row.number, dict(zip(header.values(), cells, strict=True)), notes=notes)


def _header(row: SheetRow, *, for_mapping: bool) -> tuple[dict[int, str], Fault | None]:
    for at, fault in row.faults.items():
        return {}, _placed(fault, at, f"{column_letters(at)}{row.number}")
    found = {at: name.strip() for at, name in sorted(row.cells.items()) if name.strip()}
    last = max(found, default=-1)
    if for_mapping and last < MAX_COLUMNS:
        found = {at: found.get(at, UNNAMED.format(at + 1)) for at in range(last + 1)}
    elif last >= MAX_COLUMNS:
        detail = f"A table may have {MAX_COLUMNS:,} columns; the header has a name in column {column_letters(last)}."
        return found, Fault("too_many_columns", detail, "")
    return found, header_fault(list(found.values()))


def _fault_of(row: SheetRow, header: dict[int, str], used: Collection[str] | None) -> Fault | None:
    for at, fault in row.faults.items():
        if used is None or header.get(at) in used:
            return _placed(fault, at, header.get(at, ""))
    if row.cells.keys() <= header.keys():
        return None
    beyond = next(at for at in row.cells if at not in header)
    detail = f"This row has something in column {column_letters(beyond)}, where the header has no name."
    return Fault("uneven_row", detail, "", value=quoted(row.cells[beyond]))


def _placed(fault: Fault, at: int, name: str) -> Fault:
    """Say in a fault which column it is in."""
    detail = f"Column {column_letters(at)}: {fault.detail}"
    return Fault(fault.code, detail, f"/{escaped(name)}" if name else "", value=fault.value)


def read_sheet(workbook: Workbook, sheet: str, kind: RecordKind | None = None) -> Iterator[ImportedDocument]:
    """Yield the documents of a sheet of records, which are of the kind that its name says, else of `kind`.

    A sheet whose rows do not say their kind either is a fault; one with nothing in it has no documents.
    """
    kind = kind_of_sheet(sheet) or kind
    line = 1
    try:
        rows = table_rows(workbook.rows(sheet))
        first = next(rows, None)
        if first is None:
            return
        if kind is None and first.fault is None and "kind" not in first.cells:
            yield ImportedDocument(first.line, faults=(_UNKNOWN_KIND,))
            return
        for one in documents_of(chain((first,), rows), kind):
            line = one.line
            yield one
    except BadArchive as error:
        yield ImportedDocument(line, faults=(Fault(error.code, str(error), ""),))


_UNKNOWN_KIND: Final = Fault(
    "missing_kind",
    "Nothing says what kind of record the rows of this sheet are. Name the sheet after it "
    f"({', '.join(kind.collection for kind in RECORD_KINDS)}), give the rows a column kind, say it for all of them with --kind "
    "(over HTTP kind=event), or import the table with a mapping (--map).",
    "/kind",
)
