"""Identifiers of records: lower-case ASCII words joined by hyphens.

An identifier is given by the client or made from the title; both obey the same pattern and length.
Nothing here knows which identifiers are taken: the caller counts up `with_suffix` until one is free.
"""

import re
from typing import Final

from anyascii import anyascii

ID_PATTERN: Final = "^[a-z0-9]+(-[a-z0-9]+)*$"
"""What an identifier looks like, as an ECMA 262 and Python regular expression. See also `is_id`."""

MAX_LENGTH: Final = 120
"""The longest identifier, in characters."""

_IDENTIFIER: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_APOSTROPHES: Final = str.maketrans("", "", "'`")
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")
_HEX8: Final = re.compile(r"[0-9a-f]{8}")


def is_id(text: str) -> bool:
    """Return whether the text may be a record's identifier: pattern and length."""
    # fullmatch, because `$` in Python also matches before a line feed at the end.
    return len(text) <= MAX_LENGTH and _IDENTIFIER.fullmatch(text) is not None


def slugify(title: str) -> str | None:
    """Make an identifier from a title, or return None where nothing in it transliterates.

    The title is transliterated to ASCII (`Škoda` gives `skoda`, `Москва` gives `moskva`), apostrophes
    are dropped (`O'Higgins` gives `ohiggins`) and every other run of non-alphanumeric characters
    becomes a hyphen. The result has at most `MAX_LENGTH` characters, cut at a hyphen where there is one.
    """
    ascii_title = anyascii(title).lower().translate(_APOSTROPHES)
    return _cut(_SEPARATORS.sub("-", ascii_title).strip("-"), MAX_LENGTH) or None


def with_suffix(slug: str, n: int) -> str:
    """Append `-n` to an identifier that is taken, shortening it at a hyphen if that grows too long.

    Raises ValueError where n is negative, which would make an identifier with two hyphens in a row.
    """
    if n < 0:
        message = "a suffix is not negative"
        raise ValueError(message)
    suffix = f"-{n}"
    return _cut(slug, MAX_LENGTH - len(suffix)) + suffix


def fallback(kind: str, hex8: str) -> str:
    """Make an id for a record whose title does not transliterate: its kind and eight hexadecimal digits.

    Raises ValueError where hex8 is anything but eight lower-case hexadecimal digits.
    """
    if _HEX8.fullmatch(hex8) is None:
        message = "expected eight lower-case hexadecimal digits"
        raise ValueError(message)
    return f"{kind}-{hex8}"


def _cut(slug: str, limit: int) -> str:
    if len(slug) <= limit:
        return slug
    # A hyphen just past the limit is a good place to cut too: the word before it is whole.
    hyphen = slug.rfind("-", 0, limit + 1)
    return slug[:limit] if hyphen == -1 else slug[:hyphen]
