"""The rows of one sheet, whatever the file is."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from app.errors import Fault

MAX_COLUMNS_OF_SHEET: Final = 16_384
MAX_ROWS_OF_SHEET: Final = 2**20

ERRORS: Final = "cell_error"
NO_VALUE: Final = "formula_without_value"


class SheetRow(NamedTuple):
    """A row that has something in it.

    Attributes:
        number: its number in the sheet, counted from 1.
        cells: the texts of those of its cells that are not empty, by their column, counted from 0.
        faults: what is wrong with single cells, by their column.
        notes: what was done to it (`app.imports.documents.NOTES`).
    """

    number: int
    cells: Mapping[int, str]
    faults: Mapping[int, Fault]
    notes: tuple[str, ...] = ()


class Workbook(Protocol):
    """The sheets of a spreadsheet."""

    sheets: tuple[str, ...]
    """The names of its sheets of cells, in order."""

    def rows(self, sheet: str) -> Iterator[SheetRow]:
        """Yield the rows of a sheet that have something in them.

        Raises:
            BadSpreadsheet: it is broken, or would expand too far.
            DiskFull: there is no room to unpack it.
        """


@lru_cache(MAX_COLUMNS_OF_SHEET)
def column_of_letters(letters: str) -> int:
    """Return the column of some letters from A to Z, counted from 1."""
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column
