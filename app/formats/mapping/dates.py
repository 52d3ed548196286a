"""EDTF from columns: parts of a date, two ends of it, and a column that says how well it is known."""

import re
from collections.abc import Callable
from typing import Any, Final

from app.formats.mapping.cells import MappingFault, Row, Value

KEYS: Final = frozenset({"start", "end", "year", "month", "day", "precision", "approximate", "ranges"})
"""What a date can be made of."""

PRECISIONS: Final = ("day", "month", "year", "decade", "century", "within")
"""How well a date is known; `within`: it is some one day, or part of a day, from start to end."""

_DATE: Final = re.compile(r"(-?\d{4,})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")

Compile = Callable[[Any, str], Value]


class CellFault(ValueError):
    """A cell holds what the mapping has no answer to.

    Attributes:
        code: a fixed snake_case word for programs.
        pointer: where in the record it was wanted.
    """

    pointer = ""

    def __init__(self, code: str, detail: str) -> None:
        """Say what is wrong in a sentence."""
        super().__init__(detail)
        self.code = code


def compiled_date(said: dict[str, Any], value_of: Compile) -> Value:
    """Make a function that gives a date in EDTF, or None where its columns are empty.

    Raises:
        MappingFault: members do not go together.
    """
    if "start" not in said and "end" not in said and "year" not in said:
        raise MappingFault("A date needs start, end or year.")
    if "year" in said and ("start" in said or "end" in said):
        raise MappingFault(
            "Give year, month and day, or start and end, each of which may have year, month and day."
        )
    begin = _end_of(said.get("start", said if "year" in said else None), "start", value_of)
    finish = _end_of(said.get("end"), "end", value_of)
    precision = value_of(said["precision"], "precision") if "precision" in said else None
    approximate = value_of(said["approximate"], "approximate") if "approximate" in said else None
    ranges = said.get("ranges") == "true"

    def date(row: Row) -> str | None:
        start, end = begin(row), finish(row)
        if ranges:
            start, end = _open_range(start, "start"), _open_range(end, "end")
        if start is None and end is None:
            return None
        how = precision(row) if precision is not None else None
        if how is not None and how not in PRECISIONS:
            raise CellFault("unknown_precision", f"Say how well the date is known: {', '.join(PRECISIONS)}.")
        text = _written(start, end, how, is_interval="end" in said)
        mark = approximate(row) if approximate is not None else None
        return (
            f"{text}~" if mark not in (None, "false", "0") and "/" not in text and "[" not in text else text
        )

    return date


def _end_of(said: Any, name: str, value_of: Compile) -> Value:
    if said is None:
        return lambda _row: None
    if not isinstance(said, dict) or not {"year", "month", "day"} & said.keys():
        return value_of(said, name)
    parts = [value_of(said[part], part) if part in said else None for part in ("year", "month", "day")]

    def date(row: Row) -> str | None:
        found = []
        for part in parts:
            piece = part(row) if part is not None else None
            if piece is None:
                break
            found.append(_number(str(piece)))
        if not found:
            return None
        year = f"-{-found[0]:04}" if found[0] < 0 else f"{found[0]:04}"
        return "-".join([year, *(f"{piece:02}" for piece in found[1:])])

    return date


def _number(text: str) -> int:
    try:
        return int(text.removesuffix(".0"))
    except ValueError:
        raise CellFault("not_a_number", "A year, month or day is a whole number.") from None


def _open_range(text: str | None, side: str) -> str | None:
    """Read the dialect of ranges: `..X` is X or before, `X..` is X or after.

    EDTF has no such bound for one end of an interval: a beginning at some time up to X is a beginning
    that is not known, an end at some time from X on is none that is known to have come.
    """
    if text is None or ".." not in text:
        return text
    return "" if side == "start" and text.startswith("..") else ".."


def _written(start: str | None, end: str | None, how: str | None, *, is_interval: bool) -> str:
    if how == "within" and start and end and start != end:
        return f"[{start}..{end}]"
    first, last = (_cut(text, how) if text else text for text in (start, end))
    if not is_interval:
        return first or ""
    if first is not None and first == last:
        return first
    if last is None:
        return first or ""
    return f"{'' if first is None else first}/{last}"


def _cut(text: str, how: str | None) -> str:
    if how in (None, "day", "within"):
        return text
    found = _DATE.fullmatch(text)
    if found is None:
        return text
    year, month = found[1], found[2]
    match how:
        case "month":
            return f"{year}-{month}" if month else year
        case "decade":
            return f"{year[:-1]}X"
        case "century":
            return f"{year[:-2]}XX"
    return year
