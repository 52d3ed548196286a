"""Ordinal numbers: their English names, and what follows the digits of one."""

from typing import Final

ENGLISH_ORDINALS: Final = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
    "twentieth", "twenty - first",
)  # fmt: skip
"""The names, from the first."""

ORDINAL_MARKS: Final = frozenset(
    {"st", "nd", "rd", "th", "e", "er", "re", "eme", "ere", "ieme", "o", "a", "nde", "ro", "do"}
)
"""What follows the digits of an ordinal number."""
