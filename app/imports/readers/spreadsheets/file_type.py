"""Which type of spreadsheet a file is, by its content; and opening it."""

import tempfile
import weakref
from collections.abc import Iterable, Iterator
from typing import IO, Final

from app.errors import DiskFull, Fault
from app.imports.documents import ImportedDocument, noted
from app.imports.readers.file_format import FileFormat, Head
from app.imports.readers.spreadsheets.archive import Archive, locked
from app.imports.readers.spreadsheets.converted import ConvertedWorkbook
from app.imports.readers.spreadsheets.errors import BadSpreadsheet
from app.imports.readers.spreadsheets.sheet_rows import Workbook
from app.imports.readers.spreadsheets.tables import read_sheet, sheets_of_records
from app.imports.readers.spreadsheets.xlsx import XlsxWorkbook
from app.records.kinds import RecordKind
from app.values.disk_space import SPARE_BYTES, free_bytes

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_ODS: Final = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
_PIECE: Final = 1 << 18


def open_spreadsheet(chunks: Iterable[bytes]) -> Workbook:
    """Copy a spreadsheet to a temporary file, which is held as long as the workbook, and open it.

    Raises:
        BadSpreadsheet: it is none, is broken or locked, has macros, or would expand too far.
        DiskFull: there is no room for it.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the workbook, whatever becomes of the import
    try:
        _copy(chunks, file)
        workbook = _opened(file)
    except BaseException:
        file.close()
        raise
    weakref.finalize(workbook, file.close)
    return workbook


def _copy(chunks: Iterable[bytes], file: IO[bytes]) -> None:
    for piece in chunks:
        if free_bytes() < SPARE_BYTES:
            raise DiskFull("There is no room to unpack the spreadsheet: free space, or save it as CSV.")
        file.write(piece)
    file.seek(0)


def _opened(file: IO[bytes]) -> Workbook:
    head = file.read(len(_OLE))
    if head == _OLE:
        if _has(file, _ENCRYPTED):
            raise locked()
        return ConvertedWorkbook(file)
    if not head.startswith(_ZIP):
        raise BadSpreadsheet("not_a_spreadsheet", "The file is no spreadsheet.")
    archive = Archive(file)
    if "xl/workbook.bin" in archive or "content.xml" in archive:
        return ConvertedWorkbook(file)
    return XlsxWorkbook(file, archive)


def _has(file: IO[bytes], sought: bytes) -> bool:
    """Return whether some bytes are in a file."""
    file.seek(0)
    kept = b""
    while piece := file.read(_PIECE):
        if sought in kept + piece:
            return True
        kept = piece[-len(sought) :]
    return False


def read_spreadsheet(chunks: Iterable[bytes], kind: RecordKind | None) -> Iterator[ImportedDocument]:
    """Yield the documents of all sheets of records, one sheet after another; lines are rows of their sheet."""
    try:
        workbook = open_spreadsheet(chunks)
    except BadSpreadsheet as error:
        yield ImportedDocument(1, faults=(Fault(error.code, str(error), ""),))
        return
    sheets, notes = sheets_of_records(workbook)
    yield from noted((one for sheet in sheets for one in read_sheet(workbook, sheet, kind)), notes)


def _recognises(head: Head) -> bool:
    """Return whether it begins as a workbook of Office does, or as an archive that has one's parts."""
    return head.data.startswith(_OLE) or (
        head.data.startswith(_ZIP) and (b"xl/w" in head.data or _ODS in head.data)
    )


FORMAT: Final = FileFormat(
    "spreadsheet",
    "a spreadsheet",
    (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.ms-excel",
        "application/vnd.ms-excel.sheet.binary.macroenabled.12",
        "application/vnd.oasis.opendocument.spreadsheet",
    ),
    read_spreadsheet,
    _recognises,
)
