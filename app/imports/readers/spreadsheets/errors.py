"""Why a spreadsheet cannot be read."""

from typing import Final

from app.imports.readers.gzip import BadArchive

BROKEN: Final = "broken_spreadsheet"


class BadSpreadsheet(BadArchive):
    """The file is no spreadsheet, is broken or locked, or would expand too far."""


def broken(what: str) -> BadSpreadsheet:
    """Return the error for a file that does not hold what it should; `what` names it."""
    return BadSpreadsheet(
        BROKEN, f"The spreadsheet is broken: {what}. Open it in a spreadsheet program and save it anew."
    )
