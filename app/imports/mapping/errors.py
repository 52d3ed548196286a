"""What cannot be followed: words of a mapping, and cells that a mapping has no answer to."""

from collections.abc import Iterable
from typing import Any, Self

from app.errors import Fault, quoted


class MappingFault(ValueError):
    """The mapping says something that cannot be followed."""

    def __init__(self, detail: str, suggestion: str | None = None) -> None:
        """Say what, and what may have been meant."""
        super().__init__(detail)
        self.suggestion = suggestion


class CellFault(ValueError):
    """A cell holds what the mapping has no answer to.

    Attributes:
        code: a fixed snake_case word for programs.
        detail: what is wrong in a sentence, the same for every cell that is wrong in this way.
        pointer: where in the record it was wanted.
        value: what the cell holds; None where nothing can be shown.
        columns: the columns it stands in, where they are known.
    """

    def __init__(self, code: str, detail: str, value: Any = None, columns: Iterable[str] = ()) -> None:
        """Say what is wrong, and with what."""
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.pointer = ""
        self.value = value
        self.columns = tuple(columns)

    def found_in(self, columns: Iterable[str], value: Any = None) -> Self:
        """Name the columns and the cell where nobody has yet; whoever is nearest to the cell knows them best."""
        self.columns = self.columns or tuple(columns)
        self.value = value if self.value is None else self.value
        return self

    def within(self, step: str) -> Self:
        """Say where in the record the cell was wanted, from the inside out."""
        self.pointer = f"/{step}{self.pointer}"
        return self

    def fault(self, record: str | None = None) -> Fault:
        """Give it as it is reported, for the record of that reference where it is known."""
        names = ", ".join(map(quoted, self.columns))
        where = f" ({'column' if len(self.columns) == 1 else 'columns'} {names})" if names else ""
        value = None if self.value is None else quoted(self.value)
        sentence = self.detail.removesuffix(".")
        return Fault(self.code, f"{sentence}{where}.", self.pointer, value=value, record=record)
