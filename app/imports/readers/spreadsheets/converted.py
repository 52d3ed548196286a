"""Spreadsheets that python-calamine reads (.xls, .xlsb, .ods): converted by a process of its own, which may be killed.

A fresh interpreter reads the file (`conversion`), with as much memory, time and disk as it may have, and writes rows to a
temporary file, from which they are read here. Whatever is in the file, no more than that process ends.
"""

import io
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
"""How many bytes it may write, where the disk has room for them."""

_USUAL_EXPANSION: Final = 20
"""How many bytes of rows a byte of a packed file has at the most, as a rule."""

_LEAST_OUTPUT: Final = 2**20

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
        self._rows = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the workbook
        weakref.finalize(self, self._rows.close)
        _convert(file, self._rows, _room_for(file))
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


def _room_for(file: IO[bytes]) -> int:
    """Return how many bytes its rows may have: what the disk has room for, up to a limit.

    Raises:
        DiskFull: that is less than a file of its size can well have.
    """
    needed = min(MAX_OUTPUT, max(_LEAST_OUTPUT, file.seek(0, io.SEEK_END) * _USUAL_EXPANSION))
    free = max(0, free_bytes() - SPARE_BYTES)
    if free < needed:
        raise DiskFull(
            f"There is no room to convert the spreadsheet: it may need {needed / 2**20:,.0f} MiB, and "
            f"{free / 2**20:,.0f} MiB may be used. Free space, or save it as .xlsx."
        )
    return min(MAX_OUTPUT, free)


def _convert(file: IO[bytes], rows: IO[bytes], most: int) -> None:
    file.seek(0)
    limits = map(str, (MAX_MEMORY, MAX_SECONDS, most))
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
        "The spreadsheet takes too much memory, time or room on the disk to read. Save it as .xlsx or CSV, and import that.",
    )
