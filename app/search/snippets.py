"""Snippets: the part of a record's text that matches a search best, with the matches marked.

The text is escaped for HTML; `<mark>` and `</mark>` are the only markup in it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import islice
from typing import Any, Final

from app.database.index.full_text import NAMES, REST, SUMMARY, TITLE
from app.database.index.text_query import RANK_BANDS, SearchTerm, TextQuery
from app.values.digraphs import word_form_spans, written_out
from app.values.identifiers import searchable_identifiers
from app.values.text_folding import fold

WINDOW: Final = 200
"""The length of a snippet in characters, about."""

_LONG: Final = 4000
_BEFORE: Final = 60
_MARKUP: Final = re.compile("[&<>\"']")
_WORD: Final = re.compile("[0-9a-z]+")
_SIGNS: Final = re.compile("[^0-9a-z]+")
_ELLIPSIS: Final = "…"
Span = tuple[int, int]
FormSpan = tuple[tuple[str, ...], int, int]


def other_names(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names that a stored document has beside its title, in the order of the text index."""
    yield from record.get("labels", {}).values()
    yield from record.get("aliases", ())
    yield from (one["name"] for one in record.get("names", ()))


def texts_in(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is searchable in a stored document: the letter of its part, and each text."""
    yield TITLE, record["title"]
    for one in other_names(record):
        yield NAMES, one
    if "summary" in record:
        yield SUMMARY, record["summary"]
    for one in searchable_identifiers(record.get("isbn"), record.get("doi")):
        yield REST, one
    for one in record.get("tags", ()):
        yield REST, one
    for provision in record.get("provisions", ()):
        for name in ("label", "text"):
            if name in provision:
                yield REST, provision[name]
    for item in record.get("evidence", ()):
        if "note" in item:
            yield REST, item["note"]


def level_of(record: Mapping[str, Any], query: TextQuery) -> int:
    """Return the rank band of a record that matches (`app.database.index.text_query`)."""
    texts = list(texts_in(record))
    for level, letters in enumerate((TITLE, TITLE + NAMES, TITLE + NAMES + SUMMARY)):
        spans = [word_form_spans(text) for letter, text in texts if letter in letters]
        if query.required and all(_stands_in(spans, terms) for terms in query.findable):
            return level
    return RANK_BANDS[-1]


def _stands_in(texts: Iterable[Sequence[FormSpan]], terms: Sequence[SearchTerm]) -> bool:
    return any(True for spans in texts for _ in _found(spans, terms))


def snippet(record: Mapping[str, Any], query: TextQuery) -> str:
    """Return the part with the most of the search terms: the title before other names, the summary, the rest."""
    best: tuple[int, str, list[Span]] | None = None
    for _, text in texts_in(record):
        count, found = _marks_in(text, query)
        if best is None or count > best[0]:
            best = (count, text, found)
        if count == len(query.required):
            break
    if best is None:
        return ""
    _, text, found = best
    if not found:
        text = record.get("summary", text)
    return _marked(text, _joined(found))


def _marks_in(text: str, query: TextQuery) -> tuple[int, list[Span]]:
    """Return how many of the terms a text contains, and where their matches are."""
    start, part = _near(text, query)
    if part.isascii():
        # ASCII letters fold by case alone, so the text need not be tokenized.
        lowered = part.lower()
        marks = [[span for term in terms for span in _standing(lowered, term)] for terms in query.findable]
    else:
        spans = word_form_spans(part)
        marks = [list(_found(spans, terms)) for terms in query.findable]
    found = [(first + start, last + start) for some in marks for first, last in some]
    return len(marks) - marks.count([]), found


def _standing(lowered: str, term: SearchTerm) -> Iterator[Span]:
    """Yield where a term matches in an ASCII text in lower case."""
    first, *more = term.words
    start = lowered.find(first)
    while start >= 0:
        if not (start and lowered[start - 1].isalnum()):
            end = _end(lowered, start + len(first), more, prefix=term.prefix)
            if end is not None:
                yield start, end
        start = lowered.find(first, start + 1)


def _end(lowered: str, end: int, more: Sequence[str], *, prefix: bool) -> int | None:
    """Return where a term ends whose first word's letters end at `end`; None where it does not match there."""
    for word in more:
        between = _SIGNS.match(lowered, end)
        if between is None or not lowered.startswith(word, between.end()):
            return None
        end = between.end() + len(word)
    rest = _WORD.match(lowered, end)
    if rest is None:
        return end
    return rest.end() if prefix else None


def _near(text: str, query: TextQuery) -> tuple[int, str]:
    """Return where to look for matches, and the text there: of a long text only the surroundings of the first."""
    if len(text) <= _LONG:
        return 0, text
    at = _first_in_ascii(text, query) if text.isascii() else _first(text, query)
    start = max(0, at - _BEFORE)
    if start:
        start = text.find(" ", start, at) + 1 or at
    end = start + _LONG
    return start, text[start : _before_space(text, end, start) if end < len(text) else end]


def _first_in_ascii(text: str, query: TextQuery) -> int:
    """Return where the first match in an ASCII text is; 0 where there is none."""
    lowered = text.lower()
    terms = [term for some in query.findable for term in some]
    return min((span[0] for term in terms for span in islice(_standing(lowered, term), 1)), default=0)


def _first(text: str, query: TextQuery) -> int:
    """Return where the first match in any text is; 0 where there is none.

    Tokenizing is slow, so it is done part by part, and not at all where the letters do not occur.
    """
    folded = fold(text) + fold(written_out(text) or "")
    if not any(term.words[0] in folded for terms in query.findable for term in terms):
        return 0
    for start in range(0, len(text), _LONG):
        # Parts overlap, and where there are spaces they begin and end with a word.
        begin = _after_space(text, start, start + WINDOW) if start else 0
        end = start + _LONG + 2 * WINDOW
        part = text[begin : _before_space(text, end, start + _LONG) if end < len(text) else end]
        spans = word_form_spans(part)
        found = [first for terms in query.findable for first, _ in islice(_found(spans, terms), 1)]
        if found:
            return begin + min(found)
    return 0


def _found(spans: Sequence[FormSpan], terms: Sequence[SearchTerm]) -> Iterator[Span]:
    """Yield the matches among the tokens of a text."""
    for term in terms:
        yield from _found_term(spans, term)


def _found_term(spans: Sequence[FormSpan], term: SearchTerm) -> Iterator[Span]:
    *before, last = term.words
    length = len(term.words)
    for at in range(len(spans) - length + 1):
        if before and before[0] not in spans[at][0]:
            continue
        here = spans[at : at + length]
        ends = here[-1][0]
        if last not in ends and not (term.prefix and any(form.startswith(last) for form in ends)):
            continue
        if all(word in forms for word, (forms, _, _) in zip(before, here, strict=False)):
            yield here[0][1], here[-1][2]


def _joined(found: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _marked(text: str, marks: Sequence[Span]) -> str:
    """Cut a window around the first match, escape it, and mark the matches in it."""
    start, end = 0, len(text)
    if len(text) > WINDOW:
        start = max(0, marks[0][0] - _BEFORE) if marks else 0
        if start:
            start = _after_space(text, start, marks[0][0])
        end = min(len(text), start + WINDOW)
        if end < len(text) and marks and marks[0][1] > end:
            # The match is longer than the window: as much of it as there is room for.
            end = _before_space(text, end, marks[0][0])
            marks = [(marks[0][0], end)]
        elif end < len(text):
            last = max([end_ for _, end_ in marks if end_ <= end], default=start)
            end = _before_space(text, end, last)
    # Few texts have any of these, and one search is cheaper than five replacements in every piece.
    safe: Callable[[str], str] = escape if _MARKUP.search(text) else str
    pieces = [_ELLIPSIS] if start else []
    at = start
    for first, last in marks:
        if start <= first and last <= end:
            pieces += (safe(text[at:first]), "<mark>", safe(text[first:last]), "</mark>")
            at = last
    pieces.append(safe(text[at:end]))
    if end < len(text):
        pieces.append(_ELLIPSIS)
    return "".join(pieces)


def _after_space(text: str, start: int, most: int) -> int:
    space = text.find(" ", start, most)
    return space + 1 if space >= 0 else start


def _before_space(text: str, end: int, least: int) -> int:
    space = text.rfind(" ", least, end)
    return space if space > least else end
