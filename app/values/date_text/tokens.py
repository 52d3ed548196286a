"""Splits a folded text into tokens, with the words of one language."""

import re
from functools import lru_cache
from typing import Final

from app.values.date_text import kinds as k
from app.values.date_text.errors import DateTextError
from app.values.date_text.kinds import Token
from app.values.date_text.ordinals import ORDINAL_MARKS
from app.values.date_text.vocabulary import (
    LANGUAGES,
    Entry,
    Language,
    Meaning,
    Vocabulary,
    languages_of_words,
    vocabulary_of,
)

Lexeme = tuple[str, int, int, str]
"""A word, number or sign: its text, where it begins and ends, and what is attached to a number."""

_LEXEME: Final = re.compile(
    r"([0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:(\.?[oa](?![a-z.])|er-jahren?)|('?[a-z]+)\.?)?"
    r"|([a-z]+'?)\.?|(\S)"
)
_ROMAN: Final = re.compile(
    r"(m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3}))(e|eme|ieme|er|re|o|a|th)?"
)
_ROMAN_DIGITS: Final = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
_ALL: Final = (1 << len(LANGUAGES)) - 1


def lexemes_of(text: str) -> list[Lexeme]:
    """Split a folded text into words, numbers and signs."""
    found: list[Lexeme] = []
    for match in _LEXEME.finditer(text):
        number, mark, letters, word, sign = match.groups()
        start, end = match.span()
        if number is not None:
            if letters is not None and not _is_mark(letters):
                # `44BC` is a number and a word.
                middle = match.start(3)
                ordinal = letters[:-1] if letters[-1] == "c" and letters[:-1] in ORDINAL_MARKS else ""
                # `19thc.` is a century.
                middle += len(ordinal)
                found.append((number, start, middle, ordinal))
                found.append((letters[len(ordinal) :], middle, end, ""))
            else:
                found.append((number, start, end, (mark or letters or "").lstrip(".'")))
        elif word is not None:
            found.append((word, start, end, ""))
        else:
            if sign == "-" and text[start - 1 : start] == " " and text[end : end + 1] == " ":
                sign = "\N{EN DASH}"
            found.append((sign, start, end, ""))
    return found


def languages_in(lexemes: list[Lexeme]) -> tuple[Language | None, ...]:
    """Return the languages that have all words among these, without those in which they mean the same as in another.

    Raises:
        DateTextError: a word is of no language, or they are not all of one.
    """
    words = [lexeme for lexeme in lexemes if "a" <= lexeme[0][0] <= "z"]
    if not words:
        return (None,)
    count, found = _languages_of(tuple(word[0] for word in words))
    if not found:
        text, start, end, _ = words[count]
        if text in languages_of_words():
            raise DateTextError("the words up to this one are not of one language", start, end)
        raise DateTextError("this word is not understood", start, end)
    return found


@lru_cache(maxsize=4_096)  # cached, since words of dates repeat
def _languages_of(words: tuple[str, ...]) -> tuple[int, tuple[Language, ...]]:
    """Return the languages that have all these words; none, and which word is not among them."""
    known = languages_of_words()
    common = _ALL
    for at, word in enumerate(words):
        # A word of no language may be a Roman number.
        of = known.get(word) or (_ALL if roman(word) is not None else 0)
        if not common & of:
            return at, ()
        common &= of
    found: dict[tuple[Entry | None, ...], Language] = {}
    for at, language in enumerate(LANGUAGES):
        if common >> at & 1:
            entries = vocabulary_of(language).entries
            found.setdefault(tuple(entries.get(word) for word in words), language)
    return len(words), tuple(found.values())


def tokens_of(lexemes: list[Lexeme], vocabulary: Vocabulary) -> list[Token]:
    """Give each word its meaning, of phrases the longest; words without a meaning of their own are left out.

    Raises:
        DateTextError: a word has no meaning.
    """
    found: list[Token] = []
    entries = vocabulary.entries
    words = tuple([lexeme[0] for lexeme in lexemes])
    at, count = 0, len(lexemes)
    while at < count:
        text, start, end, mark = lexemes[at]
        at += 1
        first = text[0]
        if "0" <= first <= "9":
            digits = text.replace(",", "")
            if len(digits) > 16:
                raise DateTextError("a number has at most 16 digits", start, end)
            found.append(Token(k.NUMBER, int(digits), start, end, len(digits), _mark(mark, len(digits))))
            continue
        entry = entries.get(text)
        if entry is None:
            found.append(_without_meaning(text, start, end))
            continue
        meaning = entry.alone
        for rest, of_phrase in entry.phrases:
            after = at + len(rest)
            if words[at:after] == rest:
                meaning = of_phrase
                at = after
                end = lexemes[at - 1][2]
                break
        if meaning is None:
            found.append(_without_meaning(text, start, end))
            continue
        kind, value = meaning
        if kind is k.FILLER:
            if text != "in" or end - start != len("in."):
                continue
            # `s. XIV in.` is of its beginning.
            kind, value = k.PART, 0
        elif kind is k.UNREAD or (kind is k.ERA and not found):
            _refuse_unread(text, meaning, start, end)
        found.append(Token(kind, value, start, end, 4))
    return found


def _without_meaning(text: str, start: int, end: int) -> Token:
    """Return a sign, or a Roman number."""
    if not "a" <= text[0] <= "z":
        return Token(text, text, start, end)
    number = roman(text)
    if number is None:
        raise DateTextError("this word is not understood", start, end)
    return Token(k.ROMAN, number, start, end, 4)


def _refuse_unread(text: str, meaning: Meaning, start: int, end: int) -> None:
    """Refuse what is known and not read, and a text that begins with `b. c.`, which may be a birth."""
    if meaning[0] is k.UNREAD:
        raise DateTextError(str(meaning[1]), start, end)
    if text == "b" and end - start > len("b.c."):
        raise DateTextError("this may be `born c.` or `before Christ`: write born or BC", start, end)


@lru_cache(maxsize=512)
def roman(word: str) -> int | None:
    """Return the number that a word is in Roman digits, ordinal or not; None where it is none."""
    match = _ROMAN.fullmatch(word)
    if match is None or not match[1]:
        return None
    values = [_ROMAN_DIGITS[digit] for digit in match[1]]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def _is_mark(letters: str) -> bool:
    return letters in ORDINAL_MARKS or letters in {"s", "'s"}


def _mark(mark: str, digits: int) -> str:
    if not mark:
        return ""
    if mark == "s" or mark.startswith("er-jahre") or (mark == "er" and digits > 1):
        return "decade"
    return "ordinal"
