"""Passages of a source's text: selectors, and whether they still point at what they quote.

A selector says where a phrase stands (TextPositionSelector of the W3C Web Annotation Data Model §4.2.5)
and what it says (TextQuoteSelector, §4.2.4). Offsets are code points of the text exactly as given, the end
exclusive. Nothing is re-anchored here: a finding says where a phrase stands, and leaves it at that.

Texts and phrases are what UTF-8 can hold: no lone surrogates.

Whether a phrase stands somewhere is asked of two texts: the one given, and the same levelled, with runs of
white space and of quotation marks folded (`app.values.text_folding.collapse`). Levelling only makes more texts equal,
so the levelled text is searched first, and the raw one only for what stands there several times.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, groupby
from typing import Final, NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from app.values.text_folding import COLLAPSED, CollapsedText, collapse

# How many characters of phrases one automaton is made of, which bounds its memory.
_MAX_CHARACTERS: Final = 150_000

# How many matches are asked for at a time, each of some 200 bytes. So many are also put up with of phrases that
# stand twice already, before an automaton is made without those.
_MAX_MATCHES: Final = 30_000


@dataclass(frozen=True, slots=True)
class TextSelector:
    """Where a phrase stands, or what it says, or both; `exact` in the text's own characters."""

    start: int | None = None
    end: int | None = None
    exact: str | None = None
    prefix: str | None = None
    suffix: str | None = None


class MatchStatus(StrEnum):
    """What became of a phrase."""

    EXACT = "exact"
    """The phrase stands at its place. Without a phrase: the place lies within the text."""
    MOVED = "moved"
    """The phrase stands in one other place, or in one with its context, in the collapsed text if need be."""
    AMBIGUOUS = "ambiguous"
    """The phrase stands in several places, and its context fits none of them or several."""
    MISSING = "missing"
    """The phrase stands nowhere, not even in the collapsed text."""


class SelectorMatch(NamedTuple):
    """A verdict and, for exact and moved, the place in code points of the text that was searched."""

    verdict: MatchStatus
    start: int | None = None
    end: int | None = None


def verify(text: str, selectors: Sequence[TextSelector]) -> list[SelectorMatch]:
    """Say of each selector, in order, what became of its phrase in the text. See `TextIndex.verify`."""
    return TextIndex(text).verify(selectors)


def find_quotations(text: str, selectors: Sequence[TextSelector]) -> list[SelectorMatch]:
    """Decide for each selector, in order, whether its phrase still stands where it should.

    One that names no place should stand anywhere: where it stands once, to the letter, that is exact.
    """
    return [
        found._replace(verdict=MatchStatus.EXACT)
        if found.verdict is MatchStatus.MOVED
        and selector.start is None
        and text[found.start : found.end] == selector.exact
        else found
        for selector, found in zip(selectors, verify(text, selectors), strict=True)
    ]


class TextIndex:
    """A text made ready for looking up many phrases; what is costly is made when it is first needed."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._levelled: _LevelledText | None = None

    def verify(self, selectors: Sequence[TextSelector]) -> list[SelectorMatch]:
        """Give a finding for each selector, in order.

        Occurrences may overlap: `aa` stands in `aaa` twice. Where prefix and suffix are both given, both must
        stand beside the phrase to decide. A place that is only found folded spans whole runs of white space.
        """
        findings = {selector: self._at_its_place(selector) for selector in selectors}
        sought = [_Quote(selector, "", "") for selector, found in findings.items() if found is None]
        repeated = [quote.selector for quote in self._look_elsewhere(sought, findings)]
        in_context = [
            _Quote(it, it.prefix or "", it.suffix or "") for it in repeated if it.prefix or it.suffix
        ]
        self._look_elsewhere(in_context, findings)
        return [findings[selector] or SelectorMatch(MatchStatus.MISSING) for selector in selectors]

    def _at_its_place(self, selector: TextSelector) -> SelectorMatch | None:
        start, end, exact = selector.start, selector.end, selector.exact
        if not exact:
            if start is None or end is None or not 0 <= start < end <= len(self._text):
                return SelectorMatch(MatchStatus.MISSING)
            return SelectorMatch(MatchStatus.EXACT, start, end)
        if start is None or start < 0 or (end is not None and end - start != len(exact)):
            return None
        stands = self._text.startswith(exact, start)
        return SelectorMatch(MatchStatus.EXACT, start, start + len(exact)) if stands else None

    def _look_elsewhere(
        self, quotes: "list[_Quote]", findings: dict[TextSelector, SelectorMatch | None]
    ) -> "list[_Quote]":
        """Note what of the quotes stands somewhere; return those that stand in several places."""
        if not quotes:
            return []
        levelled = self._levelled = self._levelled or _LevelledText(self._text)
        places = _find(levelled.text, (quote.levelled for quote in quotes))
        doubtful: list[_Quote] = []
        for quote in quotes:
            found = places[quote.levelled]
            if len(found) == 1:
                findings[quote.selector] = SelectorMatch(MatchStatus.MOVED, *levelled.locate(quote, found[0]))
            elif found:
                findings[quote.selector] = SelectorMatch(MatchStatus.AMBIGUOUS)
                if any(levelled.as_written(quote.sought, place) is None for place in found):
                    doubtful.append(quote)
        literal = _find(self._text, (quote.sought for quote in doubtful))
        for quote in doubtful:
            if len(literal[quote.sought]) == 1:
                start = literal[quote.sought][0] + len(quote.prefix)
                findings[quote.selector] = SelectorMatch(MatchStatus.MOVED, start, start + len(quote.exact))
        return [quote for quote in quotes if findings[quote.selector] == SelectorMatch(MatchStatus.AMBIGUOUS)]


class _Quote:
    """A phrase that is sought, with some context or none."""

    def __init__(self, selector: TextSelector, prefix: str, suffix: str) -> None:
        self.selector = selector
        self.exact = selector.exact or ""
        self.prefix = prefix
        self.sought = prefix + self.exact + suffix
        self.levelled = collapse(self.sought)


class _LevelledText:
    """A text levelled, to find phrases in it and say where that is in the text itself."""

    def __init__(self, original: str) -> None:
        self._original = original
        self._levelled = CollapsedText(original)
        self.text = self._levelled.text

    def locate(self, quote: _Quote, place: int) -> tuple[int, int]:
        """Tell where the phrase of a quote found at a place of the levelled text starts and ends."""
        exact, origin = quote.exact, self._levelled.origin
        # The first character may belong to a run that begins in the prefix.
        place += len(collapse(quote.prefix + exact[0])) - 1
        # A run at the edge may be longer than the phrase has it: prefer the phrase as it is written.
        start = self.as_written(exact, place)
        if start is not None and exact.strip(COLLAPSED):
            return start, start + len(exact)
        return origin(place), origin(place + len(collapse(exact)))

    def as_written(self, phrase: str, place: int) -> int | None:
        """Tell where the phrase found at a place stands in the original, if it does so literally."""
        lead = len(phrase) - len(phrase.lstrip(COLLAPSED))
        start = self._levelled.origin(place + len(collapse(phrase[:lead]))) - lead
        return start if start >= 0 and self._original.startswith(phrase, start) else None


def _find(text: str, phrases: Iterable[str]) -> dict[str, list[int]]:
    """Give for each phrase the places where it stands; of more than two, some two of them."""
    places: dict[str, list[int]] = {phrase: [] for phrase in phrases}
    # Phrases that begin alike share states, and frequent ones are often alike.
    for together in _batches(sorted(places)):
        _find_together(text, together, places)
    return places


def _batches(phrases: Sequence[str]) -> Iterator[list[str]]:
    """Cut phrases into lists, each for one automaton."""
    ends = accumulate(map(len, phrases))
    for _, batch in groupby(zip(ends, phrases, strict=True), lambda each: each[0] // _MAX_CHARACTERS):
        yield [phrase for _, phrase in batch]


def _find_together(text: str, phrases: list[str], places: dict[str, list[int]]) -> None:
    """Fill in the places of phrases with the automaton of Aho and Corasick."""
    start = 0
    while phrases and start < len(text):
        automaton = AhoCorasick(phrases, store_patterns=False, implementation=Implementation.ContiguousNFA)
        lengths = set(map(len, phrases))
        overlap = max(lengths) - 1
        # No more phrases end at a character than they have lengths.
        step = max(_MAX_MATCHES // len(lengths) - overlap, overlap // 2, 1)
        seen = 0
        while seen < _MAX_MATCHES and start < len(text):
            piece = text[start : start + step + overlap]
            matches = automaton.find_matches_as_indexes(piece, overlapping=True)
            for number, offset, _ in matches:
                found, place = places[phrases[number]], start + offset
                if len(found) < 2 and place not in found:
                    found.append(place)
            seen += len(matches)
            start += step
        phrases = [phrase for phrase in phrases if len(places[phrase]) < 2]


class SelectorMatches:
    """What was found of selectors in texts, so that it can be looked up before a transaction and used within it.

    Texts go by their digest: one that is attached in between is looked through anew.
    """

    def __init__(self) -> None:
        """Begin with nothing looked up."""
        self._found: dict[tuple[bytes, TextSelector], SelectorMatch] = {}

    def add(
        self, text: bytes | bytearray, selectors: Sequence[TextSelector], found: Sequence[SelectorMatch]
    ) -> None:
        """Keep what was found of selectors in a text in UTF-8."""
        digest = hashlib.sha256(text).digest()
        self._found.update(zip(((digest, one) for one in selectors), found, strict=True))

    def of(self, text: str, selectors: Sequence[TextSelector]) -> list[SelectorMatch]:
        """Give a finding for each selector, in order."""
        digest = hashlib.sha256(text.encode()).digest()
        new = [one for one in dict.fromkeys(selectors) if (digest, one) not in self._found]
        if new:
            self._found.update(zip(((digest, one) for one in new), find_quotations(text, new), strict=True))
        return [self._found[digest, one] for one in selectors]
