"""Statements behind suggestions: words of names with a prefix, or that a word may be a typo of.

The words of names are stored once each (`app.database.index.aggregates`), so that table is small next to
the records. A word that is one typo away is found by looking up every variant: some hundreds of lookups in
an index. For two typos the word is halved: one half has at most one of them. So a variant of the first half
is a prefix of the word that was meant, or one of the second half is its suffix; the candidates are then
measured. Words in scripts with too many letters to try (Devanagari, Hangul) are halved for one typo too:
one half is as it was typed.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text, bindparam, func, literal_column, select, text
from sqlalchemy.types import ARRAY

from app.database import tables
from app.database.engine.statement import AnyOf, CompiledStatement
from app.search.typos import TWO_FROM, forgiven, has_alphabet, variants

MAX_COMPLETIONS = 64
"""Words that the last one is completed to: the shortest."""

MAX_CANDIDATES = 4000
"""Candidates that are measured."""

_AFTER_ALL = "\U0010ffff"
word = tables.word.c

COMPLETIONS = CompiledStatement(
    select(word.word)
    .where(word.word >= bindparam("low"), word.word < bindparam("high"))
    .order_by(func.length(word.word), word.word)
    .limit(literal_column(str(MAX_COMPLETIONS)))
)

ANY_OF = CompiledStatement(select(word.word).where(AnyOf.texts(word.word, "words")))

_RANGES = (
    "SELECT w.word FROM {starts} CROSS JOIN word w "
    "WHERE w.word >= s.value AND w.word < s.value || '" + _AFTER_ALL + "' LIMIT " + str(MAX_CANDIDATES)
)

BEGINNING = {
    "sqlite": CompiledStatement(
        text(_RANGES.format(starts="json_each(:starts) s")).bindparams(bindparam("starts", type_=Text()))
    ),
    "postgresql": CompiledStatement(
        text(
            "SELECT w.word FROM unnest(CAST(:starts AS text[])) s(value) CROSS JOIN LATERAL "
            '(SELECT word FROM word WHERE word >= s.value COLLATE "C" AND word < s.value COLLATE "C" || \''
            + _AFTER_ALL
            + "' LIMIT 1000) w LIMIT "
            + str(MAX_CANDIDATES)
        ).bindparams(bindparam("starts", type_=ARRAY(Text())))
    ),
}

ENDING = CompiledStatement(
    select(word.word)
    .where(word.backward >= bindparam("low"), word.backward < bindparam("high"))
    .limit(literal_column(str(MAX_CANDIDATES)))
)

Asked = tuple[CompiledStatement, dict[str, Any]]


def completions(start: str) -> Asked:
    """Select words with this prefix."""
    return COMPLETIONS, _range(start)


def candidates(typed: str, dialect: str, *, prefix: bool) -> Sequence[Asked]:
    """Select words that may have been meant; the candidates are still to be measured."""
    if forgiven(typed) == 0:
        return []
    half = len(typed) // 2
    ending = (ENDING, _range(typed[half:][::-1]))
    if len(typed) < TWO_FROM:
        near = sorted(variants(typed))
        asked: list[Asked] = [
            (BEGINNING[dialect], {"starts": [typed, *near]})
            if prefix
            else (ANY_OF, {"words": [typed, *near]})
        ]
        if not has_alphabet(typed):
            asked += [(BEGINNING[dialect], {"starts": [typed[:half]]}), ending]
        return asked
    # Only so many are measured: the likeliest variants come first, and the shortest, which most words have,
    # last.
    likely = sorted(variants(typed[:half]), key=lambda start: (-len(start), start))
    starts = [typed[:half], *likely]
    return [(BEGINNING[dialect], {"starts": starts}), ending]


def _range(start: str) -> dict[str, Any]:
    return {"low": start, "high": start + _AFTER_ALL}
