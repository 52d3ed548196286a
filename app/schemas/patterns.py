"""Regular expressions that tell clients which texts parameters take, for ECMA 262 and Python alike.

What is taken, the code alone decides: a pattern says of it what a regular expression can.
"""

from typing import Final

from app.values.slug import ID_PATTERN

NOT_EMPTY_PATTERN: Final = r"^[^\x00]*[^\s\x00\x1C-\x1F\x85][^\x00]*$"
"""What the text of a parameter looks like that may not be empty.

Some control characters are white space to Python, and not in the regular expressions of JSON Schema (ECMA-262).
"""


def unanchored(pattern: str) -> str:
    """Give the pattern of a part of a text for that of the whole."""
    return f"(?:{pattern.removeprefix('^').removesuffix('$')})"


def with_commas(pattern: str) -> str:
    """Give the pattern of one or more words with commas between them, each of which has this pattern."""
    word = rf"\s*{unanchored(pattern)}\s*"
    return f"^{word}(?:,{word})*$"


def reference_pattern(*collections: str) -> str:
    """Give the pattern of a reference into one of some collections."""
    into = collections[0] if len(collections) == 1 else f"(?:{'|'.join(collections)})"
    return f"^{into}/{unanchored(ID_PATTERN)}$"
