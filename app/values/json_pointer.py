"""JSON Pointers (RFC 6901): escaping of member names."""

from typing import Final

MAX_NAME_LENGTH: Final = 200
"""A member's or column's name in a fault is cut at this many characters."""


def escaped(name: str) -> str:
    """Escape a member's name for a JSON Pointer (RFC 6901, 3) in a fault; a very long name is cut."""
    # A pointer is made for every value below it, so a name of megabytes would be copied each time.
    short = name if len(name) <= MAX_NAME_LENGTH else f"{name[: MAX_NAME_LENGTH - 1]}…"
    return short.replace("~", "~0").replace("/", "~1")


def unescaped(token: str) -> str:
    """Unescape a token of a JSON Pointer (RFC 6901, 4)."""
    return token.replace("~1", "/").replace("~0", "~")
