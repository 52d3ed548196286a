"""An .xlsx (Office Open XML, ISO/IEC 29500): its sheets, and where their parts are."""

import posixpath
from collections.abc import Iterator, Mapping
from functools import cache
from typing import IO, Final, NamedTuple
from urllib.parse import unquote

from app.imports.readers.spreadsheets.archive import HARMLESS_BYTES, MAX_EXPANSION, Archive, expands_too_far
from app.imports.readers.spreadsheets.cell_reader import CellReader
from app.imports.readers.spreadsheets.errors import BadSpreadsheet, broken
from app.imports.readers.spreadsheets.number_formats import NumberFormat, read_styles
from app.imports.readers.spreadsheets.shared_strings import SharedStrings, read_shared_strings
from app.imports.readers.spreadsheets.sheet_rows import SheetRow
from app.imports.readers.spreadsheets.worksheet import read_worksheet
from app.imports.readers.spreadsheets.xml_parts import parse_small_part

_MAX_SHEETS: Final = 1000
_LIBRE_OFFICE: Final = (b"LibreOffice", b"OpenOffice")


class _Related(NamedTuple):
    """A part that another one refers to: what it is, and its name."""

    sort: str
    name: str


class XlsxWorkbook:
    """The sheets of an .xlsx.

    Attributes:
        sheets: the names of its sheets of cells, in order; hidden ones too.
    """

    def __init__(self, file: IO[bytes], archive: Archive) -> None:
        """Read which sheets there are.

        Args:
            file: is held as long as the workbook.
            archive: its parts.

        Raises:
            BadSpreadsheet: it is broken.
        """
        self._file = file
        self._archive = archive
        main = next(
            (one.name for one in _relations(archive, "").values() if one.sort == "officeDocument"), ""
        )
        parts = _relations(archive, main)
        since_1904, sheets = _read_workbook(archive, main)
        self._parts = {
            name: parts[key].name for name, key in sheets if key in parts and parts[key].sort == "worksheet"
        }
        self.sheets = tuple(self._parts)
        by_sort = {one.sort: one.name for one in parts.values()}
        self._cells = CellReader(
            cache(lambda: self._strings(by_sort.get("sharedStrings"))),
            self._styles(by_sort.get("styles")),
            since_1904=since_1904,
            counts_1899=_is_of_libre_office(archive),
        )

    def rows(self, sheet: str) -> Iterator[SheetRow]:
        """Yield the rows of a sheet that have something in them; raises as `Workbook` says."""
        most = max(HARMLESS_BYTES, self._archive.size * MAX_EXPANSION)
        given = 0
        for row in read_worksheet(self._archive.pieces(self._parts[sheet]), sheet, self._cells):
            # A text of many cells stands once in the file.
            given += sum(map(len, row.cells.values()))
            if given > most:
                raise expands_too_far()
            yield row

    def _strings(self, part: str | None) -> SharedStrings:
        return SharedStrings() if part is None else read_shared_strings(self._archive.pieces(part))

    def _styles(self, part: str | None) -> list[NumberFormat]:
        return [] if part is None else read_styles(self._archive.pieces(part))


def _relations(archive: Archive, part: str) -> dict[str, _Related]:
    """Return the parts that a part refers to, by their ids; those of the whole file for an empty name."""
    folder, name = posixpath.split(part)
    own = posixpath.join(folder, "_rels", f"{name}.rels")
    found: dict[str, _Related] = {}

    def started(tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = unquote(attributes.get("Target", ""))
            path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            sort = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = _Related(sort, path)

    if own in archive:
        parse_small_part(archive.pieces(own), own, "Relationships", started)
    elif not part:
        raise BadSpreadsheet("not_a_spreadsheet", "The file is no spreadsheet.")
    return found


def _read_workbook(archive: Archive, part: str) -> tuple[bool, list[tuple[str, str]]]:
    """Return whether days count from 1904, and the name and key of each sheet."""
    since_1904 = False
    sheets: list[tuple[str, str]] = []

    def started(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal since_1904
        if tag == "workbookPr":
            since_1904 = attributes.get("date1904") in ("1", "true", "on")
        elif tag == "sheet":
            key = next((value for name, value in attributes.items() if name.endswith(":id")), "")
            sheets.append((attributes.get("name", ""), key))
            if len(sheets) > _MAX_SHEETS:
                raise BadSpreadsheet("too_many_sheets", f"A workbook may have {_MAX_SHEETS:,} sheets.")

    if not part:
        raise BadSpreadsheet("not_a_spreadsheet", "The file is no spreadsheet.")
    parse_small_part(archive.pieces(part), part, "workbook", started)
    if len({name for name, _ in sheets}) < len(sheets):
        raise broken("two sheets have the same name")
    return since_1904, sheets


def _is_of_libre_office(archive: Archive) -> bool:
    """Return whether LibreOffice wrote it, or what it came from: its days before March 1900 are others."""
    name = "docProps/app.xml"
    if name not in archive:
        return False
    head = next(archive.pieces(name), b"")
    return any(one in head for one in _LIBRE_OFFICE)
