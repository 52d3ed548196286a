"""The kinds of tokens: what a word, a number or a sign can be in a date. A sign is a kind of its own."""

from typing import Any, Final, NamedTuple

NUMBER: Final = "number"
MONTH: Final = "month"
MONTH_OR_WEEKDAY: Final = "month or weekday"
WEEKDAY: Final = "weekday"
SEASON: Final = "season"
HEMISPHERE: Final = "hemisphere"
ERA: Final = "era"
CENTURY: Final = "century"
NAMED_CENTURY: Final = "named century"
MILLENNIUM: Final = "millennium"
DECADE: Final = "decade"
TENS: Final = "tens"
CIRCA: Final = "circa"
UNCERTAIN: Final = "uncertain"
BEFORE: Final = "before"
AFTER: Final = "after"
NOT_BEFORE: Final = "not before"
NOT_AFTER: Final = "not after"
BETWEEN: Final = "between"
YEAR_BETWEEN: Final = "year between"
AND: Final = "and"
OR: Final = "or"
FROM: Final = "from"
TO: Final = "to"
UNTIL: Final = "until"
OR_LATER: Final = "or later"
OR_EARLIER: Final = "or earlier"
ONWARDS: Final = "onwards"
PRESENT: Final = "present"
PART: Final = "part"
FRACTION: Final = "fraction"
ORDINAL: Final = "ordinal"
NO_DATE: Final = "no date"
UNKNOWN: Final = "unknown"
STYLE: Final = "style"
ONE_OF: Final = "one of"
ALL_OF: Final = "all of"
ALL_UNTIL: Final = "all until"
ALL_FROM: Final = "all from"
COMPONENT: Final = "component"
START: Final = "start"
END: Final = "end"
OPEN: Final = "open"
CLOCK: Final = "clock"
FILLER: Final = "filler"
ROMAN: Final = "roman"
EVENT: Final = "event"
UNREAD: Final = "unread"
PLUS_MINUS: Final = "plus or minus"

DASHES: Final = ("-", "\N{EN DASH}")
"""The signs between two ends; others are folded to these."""

TO_AN_END: Final = (*DASHES, "/", TO, UNTIL)
"""What stands between two ends."""


class Token(NamedTuple):
    """A word, number or sign.

    Attributes:
        kind: what it is; a sign is its own kind.
        value: which it is among its kind: the number of a month, 1 or -1 for an era.
        start: where it begins in the text, from 0.
        end: where it ends.
        digits: how many digits a number has.
        mark: what is attached to a number: `ordinal`, `decade`, or nothing.
    """

    kind: str
    value: Any
    start: int
    end: int
    digits: int = 0
    mark: str = ""
