"""References that a mapping leaves to be found: a name in a cell, and by what the record is to be known."""

from dataclasses import dataclass
from typing import Final, Literal

Otherwise = Literal["create", "fault", "leave"]
"""What becomes of a reference to a record that is not there."""

BY: Final = ("title", "aliases", "labels", "names", "same_as")
"""What a record can be known by."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A record to be found.

    Attributes:
        kind: its kind.
        by: its members that are compared.
        text: what one of them has to be.
        otherwise: what to do where there is none.
        columns: the columns of the text, for faults.
        is_id: whether the id is wanted, rather than the reference.
    """

    kind: str
    by: tuple[str, ...]
    text: str
    otherwise: Otherwise
    columns: tuple[str, ...] = ()
    is_id: bool = False
