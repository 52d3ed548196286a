"""The parts of a workbook (Office Open XML, ISO/IEC 29500), packed: what is the same for all sheets, and each sheet from its rows.

Here belongs how a workbook is written, not what stands in it. The same rows give the same bytes. A sheet waits in a file until it is packed, so
that its size is known: some programs refuse an archive that is marked as very large and is not.
"""

import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Final
from xml.sax.saxutils import quoteattr

from app.formats.tables.columns import Cell, column_letters

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
_AT_A_TIME: Final = 1000
_PIECE: Final = 1 << 20
_WIDTH: Final = 20
_LARGEST_WHOLE: Final = 2**53
_SPECIAL: Final = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_x(?=[0-9A-Fa-f]{4}_)")
_NAMED: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "_x": "_x005F_x"}

_STYLES: Final = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_TEXT, _HEADING = (
    1,
    2,
)  # of the formats above: text, so that no program takes it for anything else; the same in bold


class WorkbookWriter:
    """Writes a workbook, sheet by sheet."""

    def __init__(self, file: IO[bytes]) -> None:
        """Begin a workbook in a file that can be written and read back."""
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self._sheets: list[tuple[str, str]] = []

    def write_sheet(
        self, title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]
    ) -> Iterator[None]:
        """Write a sheet, some rows at a time; a cell of a row may be of any type, a text no longer than a cell can be."""
        letters = [column_letters(at) for at in range(len(header))]
        number = len(self._sheets) + 1
        with tempfile.TemporaryFile() as waiting:
            waiting.write(_head_of_sheet(len(header)).encode())
            waiting.write(_row(1, letters, header, _HEADING).encode())
            count = 1
            written: list[str] = []
            for count, row in enumerate(rows, 2):
                written.append(_row(count, letters, row, _TEXT))
                if len(written) == _AT_A_TIME:
                    waiting.write("".join(written).encode())
                    written = []
                    yield
            self._sheets.append((title, f"$A$1:${letters[-1]}${count}"))
            end = f'</sheetData><autoFilter ref="A1:{letters[-1]}{count}"/></worksheet>'
            waiting.write(("".join(written) + end).encode())
            part = zipfile.ZipInfo(f"xl/worksheets/sheet{number}.xml", _NO_TIME)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.file_size = waiting.tell()
            waiting.seek(0)
            with self._zip.open(part, "w") as packed:
                while piece := waiting.read(_PIECE):
                    packed.write(piece)
                    yield

    def close(self) -> None:
        """Write what is about all sheets, and the directory of the archive."""
        numbers = range(1, len(self._sheets) + 1)
        sheets = "".join(
            f'<sheet name={quoteattr(title)} sheetId="{number}" r:id="rId{number}"/>'
            for number, (title, _) in zip(numbers, self._sheets, strict=True)
        )
        filters = "".join(
            f'<definedName name="_xlnm._FilterDatabase" localSheetId="{number}" hidden="1">{_escaped(_quoted(title))}!{area}</definedName>'
            for number, (title, area) in enumerate(self._sheets)
        )
        related = "".join(
            f'<Relationship Id="rId{number}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{number}.xml"/>'
            for number in numbers
        )
        types = "".join(
            f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_TYPES}.worksheet+xml"/>'
            for number in numbers
        )
        self._write(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><bookViews><workbookView/></bookViews>'
            f"<sheets>{sheets}</sheets><definedNames>{filters}</definedNames></workbook>",
        )
        self._write(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships">{related}'
            f'<Relationship Id="rId{len(self._sheets) + 1}" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        )
        self._write("xl/styles.xml", _STYLES)
        self._write(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        self._write(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>{types}'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/></Types>',
        )
        self._zip.close()

    def _write(self, name: str, text: str) -> None:
        part = zipfile.ZipInfo(name, _NO_TIME)
        part.compress_type = zipfile.ZIP_DEFLATED
        self._zip.writestr(part, _DECLARATION + text)


def _head_of_sheet(columns: int) -> str:
    return (
        f'{_DECLARATION}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<cols><col min="1" max="{columns}" width="{_WIDTH}" customWidth="1"/></cols><sheetData>'
    )


def _row(number: int, letters: Sequence[str], cells: Sequence[Cell], style: int) -> str:
    written = [f'<row r="{number}">']
    for column, cell in zip(letters, cells, strict=True):
        if cell is None:
            continue
        if isinstance(cell, bool):
            written.append(f'<c r="{column}{number}" t="b"><v>{cell:d}</v></c>')
        elif isinstance(cell, str) or abs(cell) > _LARGEST_WHOLE:
            text = cell if isinstance(cell, str) else repr(cell)
            # Programs take white space at the ends away unless they are told to leave it.
            space = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
            written.append(
                f'<c r="{column}{number}" s="{style}" t="inlineStr"><is><t{space}>{_escaped(text)}</t></is></c>'
            )
        else:
            written.append(f'<c r="{column}{number}"><v>{cell!r}</v></c>')
    written.append("</row>")
    return "".join(written)


def _escaped(text: str) -> str:
    """Write text as XML; what that cannot hold as `_x000B_` (22.9.2.19), and what looks like that so that it stays."""
    return _SPECIAL.sub(_reference, text) if _SPECIAL.search(text) else text


def _reference(match: re.Match[str]) -> str:
    return _NAMED.get(match[0]) or f"_x{ord(match[0]):04X}_"


def _quoted(title: str) -> str:
    """Write the name of a sheet as references do."""
    return "'" + title.replace("'", "''") + "'"
