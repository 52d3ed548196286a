"""The syntax tree of an EDTF text: digits and signs as they were written, not yet days."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

APPROXIMATE: Final = 1
"""The bit of a component marked `~`, or `%`."""

UNCERTAIN: Final = 2
"""The bit of a component marked `?`, or `%`."""

QUALIFIER_SIGNS: Final = {0: "", APPROXIMATE: "~", UNCERTAIN: "?", APPROXIMATE | UNCERTAIN: "%"}
"""The sign of each qualifier, by its bits."""


class EdtfError(ValueError):
    """The one error of this parser: why the text is no EDTF date, and at which character (`position` from 0; texts for people count from 1).

    The reason never repeats the text.
    """

    def __init__(self, reason: str, position: int) -> None:
        """Keep the reason, an English clause, and the position."""
        super().__init__(f"{reason} (at character {position + 1})")
        self.reason = reason
        self.position = position


@dataclass(slots=True)
class DateNode:
    """One date as written: digits, where `X` masks one; `month` and `day` are empty when absent.

    `year` is without its sign; written with `Y` it has more than four digits, and no mask. `month` may be a
    season or sub-year, 21 to 41. `significant` counts the digits of the year that are (0: all).
    The qualifiers are bits, APPROXIMATE and UNCERTAIN, of year, month and day.
    """

    position: int
    negative: bool
    year: str
    month: str
    day: str
    significant: int
    qualifiers: tuple[int, int, int]
    masked: bool
    level: int
    day_position: int = -1
    clock: str = ""


@dataclass(slots=True)
class OpenEnd:
    """An end of an interval that is open (`..`) or unknown (nothing)."""

    position: int
    unknown: bool


@dataclass(slots=True)
class IntervalNode:
    """Two ends with a slash between them."""

    start: DateNode | OpenEnd
    end: DateNode | OpenEnd
    level: int


@dataclass(slots=True)
class RangeNode:
    """A member of a set: one date (`last` is `first`), consecutive ones, or all before or after one."""

    first: DateNode
    last: DateNode
    open_before: bool = False
    open_after: bool = False


@dataclass(slots=True)
class SetNode:
    """Dates in brackets: `one_of` in square ones, all of them in curly ones."""

    one_of: bool
    members: list[RangeNode]
    level: Literal[2] = 2


@lru_cache(maxsize=512)
def matching(pattern: str, least: int, most: int) -> tuple[int, ...]:
    """Return the numbers from least to most that match two digits, some of them masked, in order."""
    tens, ones = ("0123456789" if sign == "X" else sign for sign in pattern)
    return tuple(n for ten in tens for one in ones if least <= (n := int(ten + one)) <= most)
