"""Made-up words, of which few stand in many records and many in few, as in any language."""

import math
import random
from functools import cache

COUNT = 200_000
_SYLLABLES = [consonant + vowel for consonant in "bdfglmnprstv" for vowel in "aeiou"]
_ALL = len(_SYLLABLES) ** 3
# Relatively prime to the number of words that three syllables make, so that neighbours in frequency do not look alike.
_STRIDE = 77_773


@cache
def word(rank: int) -> str:
    """Give the word that is the `rank`-th most frequent, from 0."""
    left = (rank + 1) * _STRIDE % _ALL
    parts = []
    for _ in range(3):
        left, one = divmod(left, len(_SYLLABLES))
        parts.append(_SYLLABLES[one])
    return "".join(parts)


def drawn(chance: random.Random) -> str:
    """Draw a word; how often one is drawn falls with its rank, as Zipf has it."""
    return word(int(COUNT ** chance.random()) - 1)


def rank_of(records: float, of: int, words_in_each: int) -> int:
    """Give the rank of a word that stands in about so many of the records, each of which has that many words drawn."""
    missing = (1 - min(records / of, 0.999)) ** (1 / words_in_each)
    return min(max(round(1 / ((1 - missing) * math.log(COUNT))), 1), COUNT) - 1


WORDS = [word(rank) for rank in range(200)]
"""The most frequent ones."""
