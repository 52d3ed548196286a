"""Regular expressions of mappings, which others write: searched for with limits of time and memory.

The library is `regex`, which can be told to stop and lets other threads go on meanwhile; the standard library's `re` can
neither. Repetitions with large counts are refused, since it unfolds them.
"""

import re
from typing import Any, Final

import regex

from app.imports.mapping.errors import CellFault, MappingFault

MAX_TEXT: Final = 100_000
"""The longest cell, in characters, in which an expression is searched for."""

_SECONDS: Final = 1.0
_MAX_LENGTH: Final = 10_000
_MAX_COUNTS: Final = 10_000
_COUNT: Final = re.compile(r"\{([0-9]*)(?:,([0-9]*))?\}")


class Expression:
    """A regular expression, and what it stands for where it is found."""

    def __init__(self, pattern: str, value: str) -> None:
        """Compile it.

        Raises:
            MappingFault: it is no regular expression, or a costly one; or the value names a group that it does not have.
        """
        counts = 1
        for count in _COUNT.finditer(pattern):
            for number in filter(None, count.groups()):
                counts *= max(int(number[:9]), 1)
        if counts > _MAX_COUNTS or len(pattern) > _MAX_LENGTH:
            raise MappingFault(f"The counts of this expression, multiplied, are more than {_MAX_COUNTS:,}.")
        try:
            self._pattern: Any = regex.compile(pattern)
        except (regex.error, OverflowError, RecursionError):
            raise MappingFault("This is no regular expression.") from None
        self._value = value
        self._is_fixed = "\\" not in value
        self._is_slow = False
        names = {number: name for name, number in self._pattern.groupindex.items()}
        groups = (f"(?P<{names[at]}>)" if at in names else "()" for at in range(1, self._pattern.groups + 1))
        try:
            # `re` checks a replacement before anything is found.
            re.sub("".join(groups), value, "")
        except (re.error, IndexError):
            raise MappingFault("The value names a group that the expression does not have.") from None

    def found(self, text: str) -> str | None:
        """Return what it stands for, with its groups filled in, where it is found in a text; else None.

        Raises:
            CellFault: the text is too long, or the search takes too long, now or for an earlier text.
        """
        if len(text) > MAX_TEXT:
            detail = f"An expression is searched for in at most {MAX_TEXT:,} characters."
            raise CellFault("too_long", detail, text)
        if not self._is_slow:
            try:
                match = self._pattern.search(text, timeout=_SECONDS)
            except TimeoutError:
                self._is_slow = True
            else:
                if match is None:
                    return None
                return self._value if self._is_fixed else str(match.expand(self._value))
        detail = "A search for an expression of `match` took more than a second: write it without repetitions in repetitions."
        raise CellFault("too_slow", detail, text)
