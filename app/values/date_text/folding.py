"""Text folded for comparison with words: lower case, without accents, with one form of each dash and quotation mark."""

import unicodedata
from functools import lru_cache
from typing import Final

_SIGNS: Final = {
    "\N{EM DASH}": "\N{EN DASH}",
    "\N{FIGURE DASH}": "\N{EN DASH}",
    "\N{HORIZONTAL BAR}": "\N{EN DASH}",
    "\N{HYPHEN}": "-",
    "\N{NON-BREAKING HYPHEN}": "-",
    "\N{MINUS SIGN}": "-",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{MODIFIER LETTER APOSTROPHE}": "'",
    "\N{DEGREE SIGN}": "o",
    "\N{SOFT HYPHEN}": "",
    "\N{FRACTION SLASH}": "/",
    "\N{INVERTED QUESTION MARK}": "?",
}


def fold(text: str) -> str:
    """Return a text in lower case, without accents."""
    return text.lower() if text.isascii() else "".join(map(_folded, text))


def position_in(text: str, folded_position: int) -> int:
    """Return the position in a text of a position in what `fold` makes of it."""
    if text.isascii():
        return min(folded_position, len(text))
    length = 0
    for at, character in enumerate(text):
        length += len(_folded(character))
        if length > folded_position:
            return at
    return len(text)


@lru_cache(maxsize=1024)
def _folded(character: str) -> str:
    if character in _SIGNS:
        return _SIGNS[character]
    if character.isdecimal() and not character.isascii():
        # Digits of other scripts are no digits here.
        return character
    if unicodedata.category(character) == "Sm":
        # Without its stroke, a sign for "not less than" would be its contrary.
        return character
    if unicodedata.category(character) == "Cf":
        # Marks of direction and joining are not seen.
        return ""
    decomposed = unicodedata.normalize("NFKD", character.casefold())
    return "".join(one for one in decomposed if not unicodedata.combining(one))
