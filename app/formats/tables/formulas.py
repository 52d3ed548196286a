"""Cells that a spreadsheet would read as formulas: how they are escaped, and read back."""

import re
from typing import Final

_BEGINS_FORMULA: Final = r"'*(?:\s*[=+\-@＝＋－＠])"

# Where the list separator is `;`, spreadsheets begin a cell after each.
_FORMULA: Final = re.compile(rf"^(?='*[\t\r\n])|(?:^|(?<=;))(?={_BEGINS_FORMULA})")

_GUARDED: Final = re.compile(rf"^'(?='*[\t\r\n])|(?:^|(?<=;))'(?={_BEGINS_FORMULA})")


def guard(text: str) -> str:
    """Put an apostrophe before whatever a spreadsheet would read as a formula.

    That is what begins with `=`, `+`, `-` or `@` (their full-width forms too, with or without white space
    before them), at the beginning or after a `;`, and text that begins with a tab or line break. Text that
    already has apostrophes before one of these gets one more, so that removing one always restores it.
    """
    return _FORMULA.sub("'", text)


def guard_where_undone(text: str) -> str:
    """Put an apostrophe before text only where reading it as a cell of CSV would take one away that is its own."""
    return text if unguard(text) == text else guard(text)


def unguard(text: str) -> str:
    """Remove the apostrophe that escaping has added."""
    return _GUARDED.sub("", text)
