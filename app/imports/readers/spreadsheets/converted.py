"""Spreadsheets that python-calamine reads (.xls, .xlsb, .ods): converted by a process of its own, which may be killed.

A fresh interpreter reads the file (`conversion`), with as much memory, time and disk as it may have, and writes rows to a
temporary file, from which they are read here. Whatever is in the file, no more than that process ends.
"""

import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import orjson

from app.errors import DiskFull
from app.imports.documents import CELLS_NOT_TOLD
from app.imports.readers.spreadsheets.archive import locked
from app.imports.readers.spreadsheets.conversion import BROKEN, LOCKED
from app.imports.readers.spreadsheets.errors import BadSpreadsheet, broken
from app.imports.readers.spreadsheets.numbers import number_as_text
from app.imports.readers.spreadsheets.sheet_rows import SheetRow
from app.values.disk_space import SPARE_BYTES, free_bytes

MAX_MEMORY: Final = 2 * 2**30
"""The address space that the process may have, in bytes."""

MAX_SECONDS: Final = 120
"""How long it may work."""

MAX_OUTPUT: Final = 2**30
"""How many bytes it may write."""

_PROGRAM: Final = Path(__file__).with_name("conversion.py")
_SHEET: Final = b'{"sheet"'


class ConvertedWorkbook:
    """The sheets of a spreadsheet that was converted.

    Attributes:
        sheets: the names of its sheets of cells, in order; hidden ones too.
    """

    def __init__(self, file: IO[bytes]) -> None:
        """Convert a spreadsheet.

        Raises:
            BadSpreadsheet: it is broken or locked, or takes too much memory or time.
            DiskFull: there is no room for its rows.
        """
        if free_bytes() < SPARE_BYTES + MAX_OUTPUT:
            raise DiskFull("There is no room to convert the spreadsheet: free space, or save it as .xlsx.")
        self._rows = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the workbook
        weakref.finalize(self, self._rows.close)
        _convert(file, self._rows)
        self._starts: dict[str, int] = {}
        self._rows.seek(0)
        at = 0
        for line in self._rows:
            at += len(line)
            if line.startswith(_SHEET):
                self._starts[orjson.loads(line)["sheet"]] = at
        self.sheets = tuple(self._starts)

    def rows(self, sheet: str) -> Iterator[SheetRow]:
        """Yield the rows of a sheet that have something in them; each has a note on what cannot be told."""
        at = self._starts[sheet]
        while True:
            # Rows of several sheets may be read in turn.
            self._rows.seek(at)
            line = self._rows.readline()
            if not line or line.startswith(_SHEET):
                return
            at += len(line)
            number, cells = orjson.loads(line)
            found = {
                int(column): cell if isinstance(cell, str) else number_as_text(repr(cell))
                for column, cell in cells.items()
            }
            yield SheetRow(number, found, {}, (CELLS_NOT_TOLD,))


def _convert(file: IO[bytes], rows: IO[bytes]) -> None:
    file.seek(0)
    limits = map(str, (MAX_MEMORY, MAX_SECONDS, MAX_OUTPUT))
    # Without -P the folder of the program, whose modules have names of others, would be searched first.
    command = [sys.executable, "-P", str(_PROGRAM), *limits]
    try:
        done = subprocess.run(  # noqa: S603 - a program of our own
            command, stdin=file, stdout=rows, stderr=subprocess.DEVNULL, timeout=MAX_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise _too_large() from None
    if done.returncode == LOCKED:
        raise locked()
    if done.returncode == BROKEN:
        raise broken("it is not what its beginning says")
    if done.returncode:
        raise _too_large()


def _too_large() -> BadSpreadsheet:
    return BadSpreadsheet(
        "too_large",
        "The spreadsheet takes too much memory or time to read. Save it as .xlsx or CSV, and import that.",
    )
