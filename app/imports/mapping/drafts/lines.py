"""The lines of a mapping in YAML: what they give, and which belong together."""

import re
from typing import Final, NamedTuple

_LINE: Final = re.compile(r"(?P<head> *(?:- )?(?:(?P<key>\w+):(?: |$))?)(?P<value>.*)", re.DOTALL)

_KIND: Final = re.compile(r" *- kind:(?: +\"?(?P<kind>\w+))?")

EMPTY_KEY: Final = re.compile(r" *(?:- )?\w+:\s*(?:#.*)?")
"""A line with a key alone, and perhaps a comment."""


class LineParts(NamedTuple):
    """What a line consists of.

    Attributes:
        head: what stands before its value: indentation, the dash of an item, the key.
        key: the member that it gives; empty for an item of a list.
        value: the rest.
    """

    head: str
    key: str
    value: str

    @property
    def is_item(self) -> bool:
        """Whether an item of a list begins there."""
        return self.head.lstrip().startswith("- ")


def parts_of(line: str) -> LineParts:
    """Take a line apart; a comment at its end is part of its value."""
    match = _LINE.match(line)
    return LineParts("", "", line) if match is None else LineParts(*(one or "" for one in match.groups()))


def start_of_record(lines: list[str], at: int) -> int | None:
    """Return the line on which the record begins that a line belongs to."""
    if not lines[at].startswith(" "):
        return None
    return next((one for one in range(at, -1, -1) if _KIND.match(lines[one])), None)


def kind_at(lines: list[str], at: int) -> str:
    """Return the kind of the record that a line belongs to; nothing where it is open, or there is no record."""
    start = start_of_record(lines, at)
    match = None if start is None else _KIND.match(lines[start])
    return match["kind"] or "" if match is not None else ""


def list_of(lines: list[str], at: int) -> str:
    """Return the name of the list that a line is an item of."""
    depth = _depth(lines[at])
    for line in reversed(lines[:at]):
        parts = parts_of(line)
        if parts.key and not parts.is_item and _depth(line) <= depth:
            return parts.key
    return ""


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def end_of_block(lines: list[str], at: int) -> int:
    """Return where the lines end that belong to a line: those that are deeper, and items right below a key."""
    depth = _depth(lines[at])
    is_key = EMPTY_KEY.fullmatch(lines[at]) and not parts_of(lines[at]).is_item
    end = at + 1
    while end < len(lines):
        line = lines[end]
        is_item = is_key and _depth(line) == depth and parts_of(line).is_item
        if not line.strip() or not (_depth(line) > depth or is_item):
            return end
        end += 1
    return end
