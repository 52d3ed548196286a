"""Selectors of passages in a source's text, and whether they still match.

A selector says where a phrase stands (TextPositionSelector of the W3C Web Annotation Data Model §4.2.5) and
what it says (TextQuoteSelector, §4.2.4). Offsets are code points of the text exactly as given, the end
exclusive. Nothing is re-anchored here: a match only reports where a phrase stands.

A phrase is searched for in two texts: the one given, and the same collapsed
(`app.values.text_folding.collapse`): runs of white space and of quotation marks become one character.
Collapsing only makes more texts equal, so the collapsed text is searched first, and the original only for
phrases with several matches.
"""

import hashlib
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, chain, compress, count, repeat
from operator import getitem
from typing import Final, NamedTuple

from app.values.text_folding import COLLAPSED, CollapsedText, collapse


@dataclass(frozen=True, slots=True)
class TextSelector:
    """Where a phrase stands, what it says, or both; `exact` in the text's own characters."""

    start: int | None = None
    end: int | None = None
    exact: str | None = None
    prefix: str | None = None
    suffix: str | None = None


class MatchStatus(StrEnum):
    """How a selector matches a text."""

    EXACT = "exact"
    """It stands at its place. A selector without a phrase: its place lies within the text."""
    MOVED = "moved"
    """It stands in one other place, or in one with its context, folded if need be."""
    AMBIGUOUS = "ambiguous"
    """It stands in several places, and its context fits none of them or several."""
    MISSING = "missing"
    """It stands nowhere, not even folded."""


class SelectorMatch(NamedTuple):
    """A status and, for exact and moved, the place in code points of the text that was searched."""

    verdict: MatchStatus
    start: int | None = None
    end: int | None = None


def verify(text: str, selectors: Sequence[TextSelector]) -> list[SelectorMatch]:
    """Match each selector, in order, against the text. See `TextIndex.verify`."""
    return TextIndex(text).verify(selectors)


class TextIndex:
    """An index of a text, to look up many phrases; its costly parts are made when they are first needed."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._levelled: _LevelledText | None = None

    def verify(self, selectors: Sequence[TextSelector]) -> list[SelectorMatch]:
        """Return a match for each selector, in order, in time linear in the text and the selectors.

        Occurrences may overlap: `aa` stands in `aaa` twice. Where prefix and suffix are both given, both
        must stand next to the phrase. A place that is found only in the collapsed text spans whole runs of
        white space.
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
        """Note which quotes stand somewhere; return those that stand in several places."""
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


# The lengths of blocks, longest first, and the most places to compare for each, per character of the text.
_BLOCKS: Final = (32, 16, 8)


_MOST_COMPARED: Final = 0.1


# How often the text may be searched directly, which in all costs about as much as one automaton.
_MOST_SEARCHED: Final = 40


# Bounds the memory of an automaton.
_MOST_STATES: Final = 300_000


_CHUNK: Final = 1 << 16


class _Quote:
    """A phrase to search for, with or without context."""

    def __init__(self, selector: TextSelector, prefix: str, suffix: str) -> None:
        self.selector = selector
        self.exact = selector.exact or ""
        self.prefix = prefix
        self.sought = prefix + self.exact + suffix
        self.levelled = collapse(self.sought)


class _LevelledText:
    """A collapsed text, to find phrases in it and map them to places in the original."""

    def __init__(self, original: str) -> None:
        self._original = original
        self._levelled = CollapsedText(original)
        self.text = self._levelled.text

    def locate(self, quote: _Quote, place: int) -> tuple[int, int]:
        """Return where the phrase of a quote that was found at a place of the collapsed text starts and ends in the original."""
        exact, origin = quote.exact, self._levelled.origin
        # The first character may belong to a run that begins in the prefix.
        place += len(collapse(quote.prefix + exact[0])) - 1
        # A run at the edge may be longer than in the phrase: prefer the phrase as it is written.
        start = self.as_written(exact, place)
        if start is not None and exact.strip(COLLAPSED):
            return start, start + len(exact)
        return origin(place), origin(place + len(collapse(exact)))

    def as_written(self, phrase: str, place: int) -> int | None:
        """Return where the phrase found at a place stands in the original, if it stands there literally."""
        lead = len(phrase) - len(phrase.lstrip(COLLAPSED))
        start = self._levelled.origin(place + len(collapse(phrase[:lead]))) - lead
        return start if start >= 0 and self._original.startswith(phrase, start) else None


def _find(text: str, phrases: Iterable[str]) -> dict[str, list[int]]:
    """Return for each phrase the places where it stands; of more than two, any two.

    Linear in text and phrases, in three ways, since the cheapest does not suit every phrase. Most are found
    by a block inside them; those too short for that, or made of frequent blocks, by direct search while
    that is cheap, as it is for frequent phrases; and the rest by an automaton.
    """
    places: dict[str, list[int]] = {phrase: [] for phrase in phrases}
    left = list(places)
    if len(left) > _MOST_SEARCHED:
        for size in _BLOCKS:
            left = _find_by_blocks(text, size, left, places)
    left = _find_directly(text, left, places)
    while left:
        left = _find_by_automaton(text, left, places)
    return places


def _find_by_blocks(text: str, size: int, phrases: list[str], places: dict[str, list[int]]) -> list[str]:
    """Find the phrases that suit the block size; return the others.

    Wherever a phrase of at least 2 * size - 1 characters stands, one of its blocks is at a multiple of the
    size. So it is enough to look at such blocks of the text, and to compare the phrase where one of them
    matches.
    """
    longest = 4 * size - 2 if size < max(_BLOCKS) else max(map(len, phrases), default=0)
    fitting = [phrase for phrase in phrases if 2 * size - 1 <= len(phrase) <= longest]
    if not fitting:
        return phrases
    table: dict[str, int] = {}
    blocks = {
        phrase: [table.setdefault(phrase[at : at + size], len(table)) for at in range(len(phrase) - size + 1)]
        for phrase in fitting
    }
    slices = map(slice, range(0, len(text), size), range(size, len(text) + 1, size))
    text_blocks = list(map(table.get, map(text.__getitem__, slices), repeat(-1)))
    frequency = [0] * (len(table) + 1)
    for number, times in Counter(text_blocks).items():
        frequency[number] = times

    chosen = {phrase: _rarest_blocks(numbers, size, frequency) for phrase, numbers in blocks.items()}
    # Comparing a very long phrase costs more than finding where to compare it.
    costs = {
        phrase: sum(frequency[number] for number, _ in rarest) * (1 + len(phrase) // 1024)
        for phrase, rarest in chosen.items()
    }
    fitting.sort(key=costs.__getitem__)
    totals = list(accumulate(map(costs.__getitem__, fitting)))
    affordable = fitting[: bisect_right(totals, _MOST_COMPARED * len(text))]
    anchors: dict[int, list[tuple[str, int]]] = {}
    for phrase in affordable:
        for number, offset in chosen[phrase]:
            anchors.setdefault(number, []).append((phrase, offset))
    for at in compress(count(), map(anchors.__contains__, text_blocks)):
        for phrase, offset in anchors[text_blocks[at]]:
            found, place = places[phrase], at * size - offset
            if len(found) < 2 and place >= 0 and text.startswith(phrase, place):
                found.append(place)
    return [phrase for phrase in phrases if phrase not in chosen] + fitting[len(affordable) :]


def _rarest_blocks(blocks: list[int], size: int, frequency: list[int]) -> list[tuple[int, int]]:
    """Choose, for each remainder of a place by the block size, a block of a phrase to find it by.

    Returns the blocks' numbers and offsets. A remainder that has a block the text lacks is omitted.
    """
    chosen: list[tuple[int, int]] = []
    for remainder in range(size):
        numbers = blocks[remainder::size]
        rarest = min(numbers, key=frequency.__getitem__)
        if frequency[rarest]:
            chosen.append((rarest, remainder + size * numbers.index(rarest)))
    return chosen


def _find_directly(text: str, phrases: list[str], places: dict[str, list[int]]) -> list[str]:
    """Find phrases by direct search as long as that is cheap; return those that are left."""
    allowed = _MOST_SEARCHED * len(text)
    for number, phrase in enumerate(phrases):
        if allowed < 0:
            return phrases[number:]
        start = text.find(phrase)
        if start >= 0:
            second = text.find(phrase, start + 1)
            places[phrase] = [start, second] if second >= 0 else [start]
        allowed -= places[phrase][-1] if len(places[phrase]) == 2 else len(text)
    return []


class _State(dict[str, "_State"]):
    """A state of an Aho-Corasick automaton, with its transitions.

    Transitions along failure links are computed when first followed, and kept.
    """

    __slots__ = ("fallback",)
    __hash__ = object.__hash__  # type: ignore[assignment]  # dict denies what identity grants

    def __init__(self) -> None:
        super().__init__()
        self.fallback: _State | None = None

    def __missing__(self, character: str) -> "_State":
        state = self
        while character not in state and state.fallback is not None:
            state = state.fallback
        self[character] = target = state.get(character, state)
        return target


def _find_by_automaton(text: str, phrases: list[str], places: dict[str, list[int]]) -> list[str]:
    """Find as many phrases as fit an automaton, in one pass; return the others."""
    root = _State()
    levels: list[list[tuple[_State, str, _State]]] = [[] for _ in range(max(map(len, phrases)))]
    last_states: dict[str, _State] = {}
    states_left = _MOST_STATES
    for phrase in phrases:
        if states_left < 0:
            break
        state = root
        for edges, character in zip(levels, phrase, strict=False):
            if character not in state:
                state[character] = _State()
                edges.append((state, character, state[character]))
                states_left -= 1
            state = state[character]
        last_states[phrase] = state
    breadth_first = list(chain.from_iterable(levels))
    for state, character, following in breadth_first:
        following.fallback = root if state.fallback is None else state.fallback[character]

    # There may be very many matches, so only the first and last visit of each state is noted. A phrase ends
    # wherever its state is visited, or one whose failure links lead to it.
    earliest: dict[_State, int] = {}
    latest: dict[_State, int] = {}
    state = root
    for first in range(0, len(text), _CHUNK):
        states = list(accumulate(text[first : first + _CHUNK], getitem, initial=state))
        state = states[-1]
        ends = range(first, first + len(states))
        deque(map(earliest.setdefault, states, ends), maxlen=0)
        latest.update(zip(states, ends, strict=True))
    for _, _, state in reversed(breadth_first):
        if state in latest and (fallback := state.fallback) is not None:
            earliest[fallback] = min(earliest.get(fallback, len(text)), earliest[state])
            latest[fallback] = max(latest.get(fallback, 0), latest[state])
    for phrase, state in last_states.items():
        if state in latest:
            places[phrase] = [end - len(phrase) for end in {earliest[state], latest[state]}]
    return phrases[len(last_states) :]


class SelectorMatches:
    """Matches of selectors in texts, found before a transaction and used within it.

    Texts are identified by their digest: one that is attached in between is searched anew.
    """

    def __init__(self) -> None:
        """Begin with no matches."""
        self._found: dict[tuple[bytes, TextSelector], SelectorMatch] = {}

    def add(
        self, text: bytes | bytearray, selectors: Sequence[TextSelector], found: Sequence[SelectorMatch]
    ) -> None:
        """Match selectors against a text in UTF-8 and keep the result."""
        digest = hashlib.sha256(text).digest()
        self._found.update(zip(((digest, one) for one in selectors), found, strict=True))

    def of(self, text: str, selectors: Sequence[TextSelector]) -> list[SelectorMatch]:
        """Return a match for each selector, in order."""
        digest = hashlib.sha256(text.encode()).digest()
        new = [one for one in dict.fromkeys(selectors) if (digest, one) not in self._found]
        if new:
            self._found.update(zip(((digest, one) for one in new), verify(text, new), strict=True))
        return [self._found[digest, one] for one in selectors]
