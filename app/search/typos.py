"""Typos: how many are allowed in a word, and which words a mistyped one may stand for.

A typo is an extra, missing or wrong letter, or two neighbours swapped (optimal string alignment distance).
Words of four letters and more may have one, of eight and more two.
"""

from collections.abc import Iterator
from typing import Final

from rapidfuzz.distance import OSA

ONE_FROM, TWO_FROM = 4, 8
"""The shortest words in which one typo is allowed, and two."""

_ALPHABETS: Final = (
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґўјљњћџ",
    "αβγδεζηθικλμνξοπρστυφχψω",
    "אבגדהוזחטיךכלםמןנסעףפץצקרשת",
    "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگ",
    "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
    "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ",
)


def forgiven(word: str) -> int:
    """Return how many typos are allowed in a word."""
    return 0 if len(word) < ONE_FROM else 1 if len(word) < TWO_FROM else 2


def has_alphabet(word: str) -> bool:
    """Return whether all letters are of scripts with few enough of them that each can be tried."""
    return all(any(letter in alphabet for alphabet in _ALPHABETS) for letter in word)


def variants(word: str) -> set[str]:
    """Return every word that is one typo away, with letters of the scripts that the word is written in."""
    letters = _letters(word)
    found = set()
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        found.update([head + letter + tail for letter in letters])
        if tail:
            found.add(head + tail[1:])
            found.update([head + letter + tail[1:] for letter in letters])
        if len(tail) > 1:
            found.add(head + tail[1] + tail[0] + tail[2:])
    found.discard(word)
    found.discard("")
    return found


def typos(meant: str, typed: str, *, prefix: bool) -> int | None:
    """Return the number of typos in what was typed; None where there are too many.

    `prefix`: what was typed may be the beginning of a longer word.
    """
    most = forgiven(typed)
    if not prefix:
        found = OSA.distance(meant, typed, score_cutoff=most)
        return found if found <= most else None
    best = min(OSA.distance(start, typed, score_cutoff=most) for start in _starts(meant, typed, most))
    return best if best <= most else None


def _starts(meant: str, typed: str, most: int) -> Iterator[str]:
    for length in range(max(1, len(typed) - most), len(typed) + most + 1):
        yield meant[:length]
        if length >= len(meant):
            return


def _letters(word: str) -> str:
    found = "".join(alphabet for alphabet in _ALPHABETS if any(letter in alphabet for letter in word))
    return found + "".join(sorted({letter for letter in word if letter not in found}))
