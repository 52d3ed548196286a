"""What a cell of an .xlsx means, by its type, its format and its value (ISO/IEC 29500-1, 18.3.1.4)."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from app.errors import Fault, quoted
from app.imports.documents import DAY_NOT_SHOWN
from app.imports.readers.spreadsheets.number_formats import PLAIN, NumberFormat
from app.imports.readers.spreadsheets.numbers import NoSuchDay, date_as_text, iso_as_text, number_as_text
from app.imports.readers.spreadsheets.shared_strings import SharedStrings, unescape
from app.imports.readers.spreadsheets.sheet_rows import ERRORS, NO_VALUE


class CellReader:
    """What a cell means, in one workbook."""

    def __init__(
        self,
        strings: Callable[[], SharedStrings],
        styles: Sequence[NumberFormat],
        *,
        since_1904: bool,
        counts_1899: bool,
    ) -> None:
        """Know the texts and the formats of the workbook, and how it counts days (`date_as_text`)."""
        self._strings = strings
        self._styles = styles
        self._since_1904 = since_1904
        self._counts_1899 = counts_1899
        self._day = lru_cache(50_000)(self._read_number)
        self.general = frozenset(("", *(str(at) for at, form in enumerate(styles) if form == PLAIN)))
        """The formats, as `read` takes them, in which numbers are as they are."""

    @property
    def texts(self) -> Sequence[str] | SharedStrings:
        """The texts that the cells share, by their numbers, none of which is negative."""
        return self._strings().texts

    def read(self, sort: str, style: str, value: str, *, is_formula: bool) -> tuple[str, Fault | None, str]:
        """Return the text of a cell, what is wrong with it, and a note on it or nothing.

        `sort` is the type that the cell says (18.18.11), `style` the number of its format.
        """
        if sort == "s":
            try:
                return self._strings()[int(value)], None, ""
            except (IndexError, ValueError):
                return (
                    "",
                    Fault("malformed_cell", "This cell names a text that the workbook does not have."),
                    "",
                )
        if sort in ("str", "inlineStr"):
            return unescape(value), None, ""
        if not value.strip():
            return "", _NO_VALUE if is_formula else None, ""
        if sort == "e":
            return "", Fault(ERRORS, _ERROR, value=quoted(value)), ""
        if sort == "b":
            return ("true" if value.strip() in ("1", "true") else "false"), None, ""
        if sort == "d":
            return iso_as_text(value), None, ""
        value = value.strip()
        return self._read_number(value, style) if style in self.general else self._day(value, style)

    def _read_number(self, value: str, style: str) -> tuple[str, Fault | None, str]:
        form = None
        if style and style != "0":
            form = self._styles[int(style)] if style.isdecimal() and int(style) < len(self._styles) else None
        try:
            if form is None or not (form.has_date or form.has_time):
                text = number_as_text(value)
                return (text.zfill(form.digits) if form is not None and text.isdecimal() else text), None, ""
            text = date_as_text(
                int(value) if value.isdecimal() else float(value),
                form,
                since_1904=self._since_1904,
                counts_1899=self._counts_1899,
            )
        except NoSuchDay as error:
            detail = f"The day in this cell is none: {error}. Write it as text."
            return "", Fault("malformed_cell", detail, value=quoted(value)), ""
        except (ValueError, OverflowError):
            return (
                "",
                Fault("malformed_cell", "The number in this cell cannot be read.", value=quoted(value)),
                "",
            )
        return text, None, "" if form.has_day else DAY_NOT_SHOWN


_NO_VALUE: Final = Fault(
    NO_VALUE,
    "This cell has a formula whose value was not saved. Open the file in a spreadsheet program and save it.",
)
_ERROR: Final = "This cell shows an error instead of a value. Mend its formula, or empty it."
