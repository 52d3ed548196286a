"""Errors of mappings: declarations that cannot be followed, and cells that a mapping does not cover."""

from collections.abc import Iterable
from typing import Any, Self

from app.errors import Fault, quoted


class MappingFault(ValueError):
    """The mapping cannot be followed."""

    def __init__(self, detail: str, suggestion: str | None = None) -> None:
        """Keep the reason, and what may have been meant."""
        super().__init__(detail)
        self.suggestion = suggestion


class CellFault(ValueError):
    """A cell holds something that the mapping does not cover.

    Attributes:
        code: a fixed snake_case word for programs.
        detail: what is wrong in a sentence, the same for every cell that is wrong in this way.
        pointer: where in the record it was needed.
        value: the content of the cell; None where it cannot be shown.
        columns: its columns, where they are known.
    """

    def __init__(self, code: str, detail: str, value: Any = None, columns: Iterable[str] = ()) -> None:
        """Keep the reason, and the cell."""
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.pointer = ""
        self.value = value
        self.columns = tuple(columns)

    def found_in(self, columns: Iterable[str], value: Any = None) -> Self:
        """Add the columns and the cell, unless they are known already: the innermost caller knows them best."""
        self.columns = self.columns or tuple(columns)
        self.value = value if self.value is None else self.value
        return self

    def within(self, step: str) -> Self:
        """Return where in the record the cell was needed, from the inside out."""
        self.pointer = f"/{step}{self.pointer}"
        return self

    def fault(self, record: str | None = None) -> Fault:
        """Return it as a fault, for the record of that reference where it is known."""
        names = ", ".join(map(quoted, self.columns))
        where = f" ({'column' if len(self.columns) == 1 else 'columns'} {names})" if names else ""
        value = None if self.value is None else quoted(self.value)
        sentence = self.detail.removesuffix(".")
        return Fault(self.code, f"{sentence}{where}.", self.pointer, value=value, record=record)
