"""Spreadsheets as files to be imported: each sheet of records is one, `book.xlsx#events`."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from app.errors import Fault
from app.imports.documents import ImportedDocument, ImportFile, noted
from app.imports.readers.gzip import BadArchive, unpack_if_packed
from app.imports.readers.spreadsheets import FORMAT, open_spreadsheet, read_sheet, sheets_of_records
from app.records.kinds import RecordKind

SPREADSHEET: Final = FORMAT.name


def spreadsheet_files(
    name: str, chunks: Iterable[bytes], kind: RecordKind | None, notes: tuple[str, ...] = ()
) -> list[ImportFile]:
    """Return a file for each sheet that may hold records; where the spreadsheet cannot be read, one with that fault.

    `name` is that of the spreadsheet, `kind` that of rows which do not say theirs and whose sheet does not either;
    `notes` are on the whole file.

    Raises:
        DiskFull: there is no room for it.
    """
    try:
        workbook = open_spreadsheet(unpack_if_packed(chunks))
    except BadArchive as error:
        fault = ImportedDocument(1, faults=(Fault(error.code, str(error), ""),))
        return [ImportFile(name, lambda: iter((fault,)))]
    sheets, more = sheets_of_records(workbook)
    told = {sheet: (*notes, *more) if number == 0 else () for number, sheet in enumerate(sheets)}

    def documents(sheet: str) -> Iterator[ImportedDocument]:
        return noted(read_sheet(workbook, sheet, kind), told[sheet])

    return [ImportFile(f"{name}#{sheet}", partial(documents, sheet)) for sheet in sheets]
