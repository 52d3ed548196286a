"""Normalization Form C (Unicode Standard Annex 15) in bounded time."""

import re
import unicodedata
from itertools import chain, groupby
from typing import Final

# Marks are no word characters. No writing system puts as many as 31 on one base (annex 15, section 13).
_LONG_RUN: Final = re.compile(r"[^\w\s]{31,}")

MADE_OF_MARKS: Final = "\u0340\u0341\u0343\u0344\u0f73\u0f75\u0f81"
"""Characters that are marks and decompose into several marks."""

_APART: Final = {ord(mark): unicodedata.normalize("NFD", mark) for mark in MADE_OF_MARKS}


def to_nfc(text: str) -> str:
    """Return the text in NFC.

    `unicodedata` sorts the marks of a character by insertion, so that a million of them take minutes. Where
    there are many they are sorted here first (section 1.3: stably, by combining class).
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _LONG_RUN.sub(_in_order, text))


def is_nfc(text: str) -> bool:
    """Return whether the text is in NFC already."""
    # Unlike normalizing, this does not sort marks, so it is fast for any text.
    return text.isascii() or unicodedata.is_normalized("NFC", text)


def _in_order(run: re.Match[str]) -> str:
    stretches = groupby(run.group().translate(_APART), key=_is_mark)
    return "".join(
        chain.from_iterable(
            sorted(stretch, key=unicodedata.combining) if marks else stretch for marks, stretch in stretches
        )
    )


def _is_mark(character: str) -> bool:
    return unicodedata.combining(character) > 0
