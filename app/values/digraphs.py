"""Letters that are also written as two: ä as ae, ö and ø as oe, ü as ue, å as aa.

Folding (`app.values.text_folding`) takes `Böhme` for `bohme`, and leaves `Boehme` as it is. So that either
spelling finds the other, a word with such a letter has a second form with the letter written as two:
`boehme`. A word that is written with two letters has none, since `Poet` is not `Pöt`.

ß, æ and œ fold to two letters anyway.
"""

import re
from itertools import combinations
from typing import Final

from app.values.text_folding import token_spans, tokens

# By the two letters, those written for them, with every further mark that Unicode composes.
_LETTERS: Final = {
    letter: pair
    for pair, letters in (("ae", "äǟÄǞ"), ("oe", "öȫøǿÖȪØǾ"), ("ue", "üǖǘǚǜÜǕǗǙǛ"), ("aa", "åǻÅǺ\u212b"))
    for letter in letters
}

_DECOMPOSED: Final = {
    f"{base}{mark}": pair
    for bases, mark, pair in (
        ("aA", "\u0308", "ae"),
        ("oO", "\u0308", "oe"),
        ("uU", "\u0308", "ue"),
        ("aA", "\u030a", "aa"),
    )
    for base in bases
}

_PAIRS: Final = _LETTERS | _DECOMPOSED
_written_as_one: Final = re.compile("|".join(map(re.escape, _PAIRS)))
_written_as_two: Final = re.compile("a[ae]|oe|ue")

_MAX_COMBINED: Final = 3
"""Pairs of letters in a word of which each may be meant as one letter or as two."""


def written_out(text: str) -> str | None:
    """Return a text with its letters that may be written as two written so; None where it has none of them."""
    if text.isascii() or _written_as_one.search(text) is None:
        return None
    return _written_as_one.sub(lambda match: _PAIRS[match.group()], text)


def word_form_spans(text: str) -> list[tuple[tuple[str, ...], int, int]]:
    """Return `token_spans` of a text, each token with its second form where it has one."""
    other = written_out(text)
    if other is None:
        return [((token,), start, end) for token, start, end in token_spans(text)]
    # Letters make letters, so that both texts are cut into words at the same places.
    return [
        ((token,) if token == second else (token, second), start, end)
        for (token, start, end), second in zip(token_spans(text), tokens(other), strict=True)
    ]


def second_forms(text: str) -> list[str]:
    """Return the second forms of the words of a text, in order."""
    other = written_out(text)
    if other is None:
        return []
    return [second for token, second in zip(tokens(text), tokens(other), strict=True) if token != second]


def forms_with_one_letter(word: str) -> list[str]:
    """Return what a folded word could be folded from, were some of its pairs of letters written as one letter.

    That is `gothe` for `goethe`. Of a word with more than `_MAX_COMBINED` pairs only all of them together
    are taken for one letter each.
    """
    places = [match.start() for match in _written_as_two.finditer(word)]
    numbers = range(1, len(places) + 1) if len(places) <= _MAX_COMBINED else [len(places)]
    return [_with_one_letter(word, some) for number in numbers for some in combinations(places, number)]


def _with_one_letter(word: str, places: tuple[int, ...]) -> str:
    return "".join(letter for at, letter in enumerate(word) if at - 1 not in places)
