"""JSON Pointers (RFC 6901): how a member's name is written in one."""

from typing import Final

LONGEST_NAME: Final = 200
"""So many characters of a member's or column's name are told with a fault."""


def escaped(name: str) -> str:
    """Write a member's name as a token of a JSON Pointer (RFC 6901, 3) for a fault; of a very long name the beginning."""
    # A pointer is made for every value below: one with a name of megabytes in it would cost as much each time.
    short = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
    return short.replace("~", "~0").replace("/", "~1")


def unescaped(token: str) -> str:
    """Read a token of a JSON Pointer (RFC 6901, 4)."""
    return token.replace("~1", "/").replace("~0", "~")
