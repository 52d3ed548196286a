"""Queries of the full-text index, written for FTS5 and for tsquery, and the SQL around them.

Every token is quoted, so nothing that a client writes is ever syntax. Matches are ranked in bands: 0 where
everything required is in the title, 1 in the title and the other names together, 2 with the summary, 3 with
the rest. A match belongs to the first band that it meets.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    Text,
    bindparam,
    column,
    select,
    table,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import Boolean

from app.database.index.full_text import ENTRY_MASK, PARTS
from app.values.digraphs import forms_with_one_letter

RANK_BANDS = tuple(range(len(PARTS)))
"""Where all of a match is found: title, names, summary, rest."""

MAX_SPELLINGS: Final = 16
"""Spellings of one term that are searched for."""

text_index = table(
    "text_index",
    column("rowid", BigInteger),
    column("place", BigInteger),
    column("mark", Text),
    column("vector"),
)


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """A word, the beginning of a word, or a phrase, whose last word may be the beginning of one.

    `beside` are terms that the same part must have as well, wherever they stand in it.
    """

    words: tuple[str, ...]
    prefix: bool = False
    beside: tuple["SearchTerm", ...] = ()


@dataclass(frozen=True, slots=True)
class AnyTerm:
    """Any of some terms."""

    terms: tuple[SearchTerm, ...]


Wanted = SearchTerm | AnyTerm


def terms_of(wanted: Wanted) -> tuple[SearchTerm, ...]:
    """Return the terms of which any is wanted."""
    return wanted.terms if isinstance(wanted, AnyTerm) else (wanted,)


def spelled_alike(words: Sequence[tuple[str, ...]], *, prefix: bool = False) -> Wanted:
    """Make the term that finds words however their letters are written (`app.values.digraphs`).

    Each word is given as it is folded and, where it has one, with its second form. The text index has both
    of each word, the second ones in no phrase. So a phrase is searched for with one letter in place of two
    as well, where the same part has the word that this would be the folded form of.
    """
    choices = [list(_spellings(forms, phrase=len(words) > 1)) for forms in words]
    if prod(map(len, choices)) <= MAX_SPELLINGS:
        chosen = list(product(*choices))
    else:
        # Each word as it is folded, as it is written out, and with the fewest letters.
        chosen = [tuple(some[at] for some in choices) for at in (0, -1)]
        chosen.insert(1, tuple((forms[-1], False) for forms in words))
    terms = []
    for spelling in chosen:
        beside = tuple(
            SearchTerm((forms[-1],), prefix and at == len(words) - 1)
            for at, (forms, (_, apart)) in enumerate(zip(words, spelling, strict=True))
            if apart
        )
        terms.append(SearchTerm(tuple(word for word, _ in spelling), prefix, beside))
    unique = tuple(dict.fromkeys(terms))
    return unique[0] if len(unique) == 1 else AnyTerm(unique)


def _spellings(forms: tuple[str, ...], *, phrase: bool) -> Iterator[tuple[str, bool]]:
    """Yield the spellings of a word, each with whether the second form must stand beside it."""
    yield from ((form, False) for form in forms)
    if phrase:
        yield from ((form, True) for form in forms_with_one_letter(forms[-1]) if form not in forms)


@dataclass(frozen=True)
class TextQuery:
    """All of `required`, none of `excluded`; both in the order in which they were written."""

    required: tuple[Wanted, ...]
    excluded: tuple[Wanted, ...] = ()

    @cached_property
    def findable(self) -> tuple[tuple[SearchTerm, ...], ...]:
        """The terms that are looked for in a text, of each that is required.

        What needs a second form beside it is found by the second form itself.
        """
        return tuple(tuple(term for term in terms_of(one) if not term.beside) for one in self.required)

    @property
    def asks_nothing(self) -> bool:
        """Whether the query has no words; then nothing matches it."""
        return not (self.required or self.excluded)

    def levels(self) -> Sequence[int]:
        """Return the rank bands that can have matches: without anything required, the last alone."""
        return RANK_BANDS if self.required else RANK_BANDS[-1:]


class Dialect:
    """How one database writes a full-text query."""

    def __init__(self, all_of: str, any_of: str, but_not: str) -> None:
        """Keep the operators."""
        self._all, self._any, self._not = all_of, any_of, but_not

    def term(self, letter: str, term: SearchTerm) -> str:
        """Write a term within one part."""
        phrase = self.phrase([letter + word for word in term.words], prefix=term.prefix)
        if not term.beside:
            return phrase
        return f"({self._all.join([phrase, *(self.term(letter, one) for one in term.beside)])})"

    def phrase(self, tokens: Sequence[str], *, prefix: bool) -> str:
        """Write tokens in a row, the last of which may be the beginning of one."""
        raise NotImplementedError

    def mark(self, token: str) -> str:
        """Write a scope token."""
        raise NotImplementedError

    def any_of(self, questions: Sequence[str]) -> str:
        """Join alternatives."""
        return questions[0] if len(questions) == 1 else f"({self._any.join(questions)})"

    def wanted(self, letters: str, wanted: Wanted) -> str:
        """Write a term that may be in any of some parts."""
        return self.any_of([self.term(letter, term) for term in terms_of(wanted) for letter in letters])

    def question(self, query: TextQuery, level: int | None = None, marks: Sequence[str] = ()) -> str:
        """Write the whole query: one rank band or, where None is given, all of them.

        `marks` are scope tokens of which an entry must have one.
        """
        within = PARTS if level is None else PARTS[: level + 1]
        before = PARTS[:level] if level and query.required else ""
        required = query.required
        if len(required) == 1 and before:
            # What is in an earlier part is left out, so only the postings of this part are read.
            found = [self.wanted(within[-1], required[0])]
        else:
            found = [self.wanted(within, one) for one in required]
        left_out = [self.wanted(PARTS, one) for one in query.excluded]
        if before:
            earlier = self._all.join(self.wanted(before, one) for one in required)
            left_out.append(f"({earlier})")
        if marks:
            found.append(self.any_of([self.mark(one) for one in marks]))
        said = self._all.join(found)
        return f"({said}){self._not}{self.any_of(left_out)}" if left_out else said

    def names(self, query: TextQuery, marks: Sequence[str]) -> str:
        """Write what a query requires as a search of titles and other names alone."""
        found = [self.wanted(PARTS[:2], one) for one in query.required]
        if marks:
            found.append(self.any_of([self.mark(one) for one in marks]))
        return self._all.join(found)

    def excluded(self, query: TextQuery) -> str:
        """Write what the query excludes, as a query of its own."""
        return self.any_of([self.wanted(PARTS, one) for one in query.excluded])


class _Fts5(Dialect):
    """SQLite's FTS5."""

    def phrase(self, tokens: Sequence[str], *, prefix: bool) -> str:
        phrase = " ".join(tokens).replace('"', '""')
        return f'"{phrase}" *' if prefix else f'"{phrase}"'

    def mark(self, token: str) -> str:
        return f'"{token}"'


class _TsQuery(Dialect):
    """Postgres' tsquery."""

    def phrase(self, tokens: Sequence[str], *, prefix: bool) -> str:
        words = [self._quoted(token) for token in tokens]
        phrase = " <-> ".join(words) + (":*" if prefix else "")
        return f"({phrase})" if len(words) > 1 else phrase

    def mark(self, token: str) -> str:
        return self._quoted(token)

    @staticmethod
    def _quoted(token: str) -> str:
        return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"


FTS5: Dialect = _Fts5(" AND ", " OR ", " NOT ")
TSQUERY: Dialect = _TsQuery(" & ", " | ", " & !")


def question_parameters(name: str, query: TextQuery) -> dict[str, str]:
    """Return the parameters of `matches`: the query as each database writes it.

    Of a query that only excludes, the excluded terms are searched for.
    """
    write = "question" if query.required else "excluded"
    return {
        f"{name}_fts5": getattr(FTS5, write)(query),
        f"{name}_tsquery": getattr(TSQUERY, write)(query),
    }


def matches(name: str) -> Select[Any]:
    """Select the entries (`pk`) that match the query in `question_parameters`."""
    return select(_Entry().label("pk")).select_from(text_index).where(_Answers(name))


class _Entry(ColumnElement[int]):
    """The key of the entry that a row of the text index belongs to."""

    inherit_cache = True
    type = BigInteger()


class _Answers(ColumnElement[bool]):
    """A row of the text index matches the query in the parameters of this name."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, name: str) -> None:
        self.name = name

    def self_group(self, against: object = None) -> "_Answers":
        """Return itself: SQLAlchemy would write `(…) = 1` on SQLite, which then does not use the index."""
        del against
        return self


def _parameter(name: str) -> BindParameter[str]:
    return bindparam(name, type_=Text())


@compiles(_Entry, "sqlite")
def _sqlite_entry(_element: _Entry, _compiler: SQLCompiler, **_kw: Any) -> str:
    return f"(rowid & {ENTRY_MASK})"


@compiles(_Entry, "postgresql")
def _postgres_entry(_element: _Entry, _compiler: SQLCompiler, **_kw: Any) -> str:
    return f"(place & {ENTRY_MASK})"


@compiles(_Answers, "sqlite")
def _sqlite_answers(element: _Answers, compiler: SQLCompiler, **kw: Any) -> str:
    return f"text_index MATCH {compiler.process(_parameter(f'{element.name}_fts5'), **kw)}"


@compiles(_Answers, "postgresql")
def _postgres_answers(element: _Answers, compiler: SQLCompiler, **kw: Any) -> str:
    return f"vector @@ CAST({compiler.process(_parameter(f'{element.name}_tsquery'), **kw)} AS tsquery)"
