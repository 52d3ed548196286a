"""The words of each language, with what CLDR calls months, weekdays and eras; loaded once, when first needed."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, get_args

from app.values.date_text import kinds as k
from app.values.date_text.event_words import EVENT_WORDS, EVENTS_OF_SCHOLARS
from app.values.date_text.folding import fold
from app.values.date_text.ordinals import ENGLISH_ORDINALS
from app.values.date_text.words import OF_SCHOLARS, WORDS, Words
from app.values.edtf.nodes import APPROXIMATE, UNCERTAIN

Language = Literal["en", "es", "fr", "de", "pt", "it"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

Meaning = tuple[str, Any]
"""A kind of token, and which of its kind."""

# Names of months that CLDR does not have.
_MORE_MONTHS: Final[dict[str, tuple[tuple[int, str], ...]]] = {
    "en": (
        (9, "sept"),
        (2, "febr"),
        (1, "jany"),
        (2, "feby"),
        (8, "augt"),
        (9, "septr"),
        (10, "octr"),
        (11, "novr"),
        (12, "decr"),
    ),
    "es": ((9, "sep"), (9, "set"), (9, "setiembre")),
    "fr": ((1, "jan"), (2, "fev"), (7, "jul"), (7, "juill"), (9, "sep")),
    "de": (
        (1, "janner"),
        (2, "feber"),
        (2, "febr"),
        (3, "marz"),
        (3, "maerz"),
        (3, "mrz"),
        (7, "julei"),
        (12, "dec"),
    ),
    "pt": ((9, "sept"),),
    "it": ((1, "genn"), (2, "febbr"), (9, "sett")),
}
_LEXEME: Final = re.compile(r"[a-z]+'?|[^\sa-z.]")
_DOUBTS: Final = {
    "uncertain": UNCERTAIN,
    "approximate": APPROXIMATE,
    "approximate and uncertain": APPROXIMATE | UNCERTAIN,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What begins with a word: its own meaning, and phrases with theirs, the longest first."""

    alone: Meaning | None
    phrases: tuple[tuple[tuple[str, ...], Meaning], ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one language.

    Attributes:
        entries: what begins with each word.
        words: every word, also those that stand only within phrases.
    """

    entries: dict[str, Entry]
    words: frozenset[str]


@cache
def vocabulary_of(language: Language | None) -> Vocabulary:
    """Return the words of a language; None: those that scholars use in all of them."""
    meanings: dict[tuple[str, ...], Meaning] = {}
    _add(meanings, OF_SCHOLARS)
    _add(meanings, EVENTS_OF_SCHOLARS)
    if language is not None:
        _add_names(meanings, language)
        _add(meanings, EVENT_WORDS[language])
        _add(meanings, WORDS[language])
        if language == "en":
            _add_english(meanings)
    return _arranged(meanings)


@cache
def words_for_the_present(language: Language | None) -> frozenset[str]:
    """Return the words for the present, folded, alone and after those for "to": `heute`, `bis heute`; None: in every language."""
    found: set[str] = set()
    for one in LANGUAGES if language is None else (language,):
        words = WORDS[one]
        present = words[k.PRESENT, ""].split("|")
        before = [word for kind in (k.TO, k.UNTIL) for word in words.get((kind, ""), "").split("|") if word]
        # "to date", but not "date": that may head a column.
        found.update(now for now in present if now != "date")
        found.update(f"{to} {now}" for to in before for now in present)
    return frozenset(map(fold, found))


@cache
def languages_of_words() -> dict[str, int]:
    """Return the languages that know each word, as bits in the order of `LANGUAGES`."""
    found: dict[str, int] = {}
    for at, language in enumerate(LANGUAGES):
        for word in vocabulary_of(language).words:
            found[word] = found.get(word, 0) | 1 << at
    return found


def _arranged(meanings: dict[tuple[str, ...], Meaning]) -> Vocabulary:
    alone: dict[str, Meaning] = {}
    phrases: dict[str, list[tuple[tuple[str, ...], Meaning]]] = {}
    for (first, *rest), meaning in meanings.items():
        if rest:
            phrases.setdefault(first, []).append((tuple(rest), meaning))
        else:
            alone[first] = meaning
    entries = {
        word: Entry(
            alone.get(word), tuple(sorted(phrases.get(word, ()), key=lambda one: len(one[0]), reverse=True))
        )
        for word in alone.keys() | phrases.keys()
    }
    return Vocabulary(entries, frozenset(word for phrase in meanings for word in phrase))


def _add(meanings: dict[tuple[str, ...], Meaning], words: Words) -> None:
    for meaning, phrases in words.items():
        for phrase in phrases.split("|"):
            # Where a phrase means two things, fillers give way.
            if meaning[0] != k.FILLER or _lexemes(phrase) not in meanings:
                meanings[_lexemes(phrase)] = meaning


def _lexemes(phrase: str) -> tuple[str, ...]:
    return tuple(_LEXEME.findall(fold(phrase)))


def _add_names(meanings: dict[tuple[str, ...], Meaning], language: Language) -> None:
    """Add the names of months, weekdays and eras from CLDR."""
    # Babel is loaded only where a text is read.
    from babel.core import Locale

    locale = Locale(language)
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in locale.days[context][width].items():
                meanings[_lexemes(name)] = (k.WEEKDAY, number)
    months = [
        (number, name)
        for context in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
        for number, name in locale.months[context][width].items()
    ]
    for number, name in (*months, *_MORE_MONTHS[language]):
        known = meanings.get(_lexemes(name), (k.MONTH, 0))[0]
        is_both = known in {k.WEEKDAY, k.MONTH_OR_WEEKDAY}
        meanings[_lexemes(name)] = (k.MONTH_OR_WEEKDAY if is_both else k.MONTH, number)
    for width in ("wide", "abbreviated"):
        for number, name in locale.eras[width].items():
            meanings[_lexemes(name)] = (k.ERA, 1 if number else -1)


def _add_english(meanings: dict[tuple[str, ...], Meaning]) -> None:
    """Add ordinal numbers, and what only labels say: which components are qualified, or unknown."""
    for number, name in enumerate(ENGLISH_ORDINALS, start=1):
        meanings[_lexemes(name)] = (k.ORDINAL, number)
    meanings["last",] = (k.ORDINAL, 0)
    for components in (
        "year",
        "month",
        "season",
        "day",
        "year and month",
        "year and season",
        "year and day",
        "month and day",
    ):
        for said, bits in _DOUBTS.items():
            meanings[_lexemes(f"{components} {said}")] = (
                k.COMPONENT,
                (tuple(components.split(" and ")), bits),
            )
    meanings[_lexemes("an unknown year")] = (k.UNKNOWN, ("year",))
    meanings[_lexemes("an unknown bce year")] = (k.UNKNOWN, ("bce year",))
    for components in (
        "year",
        "month",
        "day",
        "month and year",
        "day and year",
        "day and month",
        "day, month and year",
    ):
        names = tuple(components.replace(",", " and").split(" and "))
        meanings[_lexemes(f"{components} unknown")] = (k.UNKNOWN, names)
        meanings[_lexemes(f"{components.replace('year', 'bce year')} unknown")] = (
            k.UNKNOWN,
            tuple(name.replace("year", "bce year") for name in names),
        )
