"""How much one JSON text may hold, and how it is told before anything is made of it."""

from typing import Any, Final, NamedTuple

MAX_DEPTH: Final = 64
"""How many arrays and objects may lie within each other."""

MAX_VALUES: Final = 200_000
"""How many values one text may hold, by its commas and brackets: each costs more than its bytes say."""

MAX_CONTAINERS: Final = MAX_VALUES // 2
"""How many of them may be arrays and objects, which cost the most."""

MAX_WIDE_BYTES: Final = 4 * 2**20
"""How many bytes a text may have that holds characters past U+FFFF: each may make four of every letter beside it."""


class JsonLimits(NamedTuple):
    """How much one text may hold.

    Attributes:
        values: how many values.
        containers: how many of them may be arrays and objects.
        wide_bytes: how many bytes, where it holds characters past U+FFFF.
    """

    values: int
    containers: int
    wide_bytes: int


OF_ONE_TEXT: Final = JsonLimits(MAX_VALUES, MAX_CONTAINERS, MAX_WIDE_BYTES)
"""The limits of a body, and of one document in a file."""

_CONTAINERS: Final = frozenset((dict, list))

# Lead bytes of UTF-8, and escaped halves of surrogate pairs.
_WIDE: Final = (
    *(bytes([lead]) for lead in range(0xF0, 0xF5)),
    *(rb"\u" + d + digit for d in (b"d", b"D") for digit in (b"8", b"9", b"a", b"A", b"b", b"B")),
)


def has_too_many_values(text: bytes, limits: JsonLimits = OF_ONE_TEXT) -> bool:
    """Say whether a JSON text has more values than may be read at a time, before any is made."""
    containers = count_containers(text)
    return containers > limits.containers or containers + text.count(b",") > limits.values


def count_containers(text: bytes) -> int:
    """Count the arrays and objects of a JSON text; brackets within its strings count as well."""
    return text.count(b"[") + text.count(b"{")


def is_too_wide(text: bytes, limits: JsonLimits = OF_ONE_TEXT) -> bool:
    """Say whether a JSON text that has characters past U+FFFF is longer than such a one may be."""
    return len(text) > limits.wide_bytes and any(sign in text for sign in _WIDE)


def is_too_deep(value: Any) -> bool:
    """Say whether arrays and objects lie deeper within each other than they may."""
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in _CONTAINERS
        ]
        if not level:
            return False
    return True


def count_values(value: Any, most: int) -> int:
    """Count the values in a value, up to just past `most`."""
    count, waiting = 0, [value]
    while waiting and count <= most:
        one = waiting.pop()
        count += 1
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return count
