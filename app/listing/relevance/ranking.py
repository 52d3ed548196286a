"""Relevance: the order of full-text matches, read off the text index a page at a time.

Matches are sorted by rank band, the part of the record in which all required terms are found (title, other
names, summary, rest: `app.database.index.text_query`), then by rowid, which begins with the number of words
of the title. The index returns both in order, on both databases, so that a word in every tenth record has
its first page as fast as a rare one, pages go on from any key in either direction, and a score means the
same on every page. The cost of frequency-based ranking grows with the matches instead; for records of a few
hundred words it would gain little.

Where matches are few, all of them are found at once and sorted, on either database. Where they are many,
FTS5 returns them band by band in the order of rowids; Postgres, where its statistics say so, first scans a
range of the index in that order, which is most often enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from app.database import tables
from app.database.engine.statement import CompiledStatement
from app.database.index.full_text import MAX_TITLE_WORDS, PARTS, PLACE_BITS, scope_token_of_view
from app.database.index.text_query import FTS5, RANK_BANDS, TSQUERY, TextQuery, terms_of
from app.filters.base import Condition, ConditionSet
from app.listing.bound_query import BoundQuery
from app.listing.relevance.sql import postgres_page, range_page, selective_page, sqlite_page
from app.records.kinds import RECORD_KINDS

SCAN_RANGE = 30_000
"""Rowids that are scanned at the most for a common word on Postgres, rather than sort its matches."""

ALL = 2**62
"""A limit greater than any number of matches."""

SORT_ALL_LIMIT = 150
"""Matches that are found and sorted all at once; on SQLite, those of several terms."""

MAX_TERMS = 4
"""Terms of a query up to which that is tried."""

_LOWEST, _HIGHEST = -1, (MAX_TITLE_WORDS + 1) << PLACE_BITS


@dataclass(frozen=True, slots=True)
class RankedPage:
    """A page of matches by relevance: which text, which other filters, from where.

    `marked`: the text index is searched for entries of the view and the kind alone. That is worth it where
    they are few among all; elsewhere their entries, which are read anyway, decide the same at less cost.
    """

    question: BoundQuery
    text: TextQuery
    marked: bool = False

    @property
    def others(self) -> ConditionSet:
        """The conditions besides the text."""
        return ConditionSet([one for one in self.question.conditions if one.text is None])

    @property
    def marks(self) -> list[str]:
        """The scope tokens of entries of the view, and of the kind where there is one; none if not `marked`."""
        if self.marked or not self.text.required:
            return [scope_token_of_view(self.question.view, self.question.kind or "")]
        return []

    def parameters(self) -> dict[str, Any]:
        """Return the parameters that every statement of the page shares."""
        key = self.question.cursor.key if self.question.cursor is not None else None
        level, place = key or (
            (RANK_BANDS[-1], _HIGHEST) if self.question.backward else (RANK_BANDS[0], _LOWEST)
        )
        return {
            **self.question.parameters,
            "view": self.question.view,
            "kind": self.question.kind,
            "most": self.question.limit + 1,
            "most_each": self.question.most_each,
            "after_level": level,
            "after_place": place,
        }

    def levels(self) -> list[int]:
        """Return the rank bands that the page can reach, in order."""
        backward = self.question.backward
        key = self.question.cursor.key if self.question.cursor is not None else None
        found = [
            one for one in self.text.levels() if key is None or (one <= key[0] if backward else one >= key[0])
        ]
        return found[::-1] if backward else found

    @property
    def countable(self) -> bool:
        """Whether SQLite may find all matches at once: going through bands is slow for several terms."""
        return 2 <= len(self.text.required) <= MAX_TERMS

    def few(self) -> tuple[CompiledStatement, dict[str, Any]]:
        """Return the statement for SQLite that sorts all matches if they are no more than `SORT_ALL_LIMIT`.

        The last column of each row is the number of matches, at most one more than that limit; above the
        limit the rows must be discarded.
        """
        parameters = self.parameters()
        parameters["asked"] = FTS5.question(self.text, None, self.marks)
        parameters["few"] = SORT_ALL_LIMIT + 1
        spellings = [[(term, *term.beside) for term in terms_of(one)] for one in self.text.required]
        for number, some in enumerate(spellings):
            for at, needles in enumerate(some):
                for place, term in enumerate(needles):
                    for letter in PARTS[:-1]:
                        words = " ".join(letter + word for word in term.words)
                        name = f"needle_{number}_{at}_{place}_{letter}"
                        parameters[name] = f" {words}" if term.prefix else f" {words} "
        statement = selective_page(
            self.others,
            tuple(tuple(map(len, some)) for some in spellings),
            backward=self.question.backward,
            from_cursor=self.question.cursor is not None,
            kind=self._kind,
            own=self._own,
        )
        return statement, parameters

    def sqlite(self) -> tuple[CompiledStatement, dict[str, Any]]:
        """Return the statement for SQLite that reads band after band, until the page is full."""
        levels = self.levels()
        parameters = self.parameters()
        parameters.update({f"asked_{one}": FTS5.question(self.text, one, self.marks) for one in levels})
        key = self.question.cursor.key if self.question.cursor is not None else None
        unbounded = _HIGHEST if self.question.backward else _LOWEST
        for one in levels:
            parameters[f"after_{one}"] = key[1] if key is not None and key[0] == one else unbounded
        statement = sqlite_page(
            self.others, tuple(levels), backward=self.question.backward, kind=self._kind, own=self._own
        )
        return statement, parameters

    def few_on_postgres(self) -> tuple[CompiledStatement, dict[str, Any]]:
        """Return the statement for Postgres that sorts all matches if they are few; rows as those of `few`."""
        levels = tuple(self.text.levels())
        statement, parameters = self._on_postgres(levels, None)
        for one in levels[:-1]:
            parameters[f"asked_{one}"] = TSQUERY.question(TextQuery(self.text.required), one)
        return statement, parameters

    def postgresql(self, level: int) -> tuple[CompiledStatement, dict[str, Any]]:
        """Return the statement for Postgres that sorts all matches of one rank band; rows as those of `few`."""
        return self._on_postgres((level,), level)

    def _on_postgres(
        self, levels: tuple[int, ...], level: int | None
    ) -> tuple[CompiledStatement, dict[str, Any]]:
        parameters = self.parameters() | {
            "asked": TSQUERY.question(self.text, level, self.marks),
            "marks": marks_of_kind(self.question.view, self.question.kind),
            "enough": SORT_ALL_LIMIT + 1 if level is None else ALL,
        }
        statement = postgres_page(
            self.others,
            levels,
            backward=self.question.backward,
            from_cursor=self.question.cursor is not None,
            own=self._own,
        )
        return statement, parameters

    def stretch(self, level: int, places: int) -> tuple[CompiledStatement, dict[str, Any]]:
        """Return the statement for Postgres that searches a range of rowids for matches of one rank band."""
        parameters = self.parameters()
        key = self.question.cursor.key if self.question.cursor is not None else None
        unbounded = _HIGHEST if self.question.backward else _LOWEST
        parameters["after_place"] = key[1] if key is not None and key[0] == level else unbounded
        parameters["asked"] = TSQUERY.question(self.text, level, self.marks)
        parameters["level"] = level
        parameters["stretch"] = places
        parameters["mark"] = scope_token_of_view(self.question.view, self.question.kind or "")
        return range_page(
            self.others, backward=self.question.backward, kind=self._kind, own=self._own
        ), parameters

    @property
    def _kind(self) -> bool:
        return self.question.kind is not None

    @property
    def _own(self) -> bool:
        return self.question.view == tables.CANONICAL_VIEW


def marks_of_kind(view: int, kind: str | None) -> list[str]:
    """Return the scope tokens of the entries of a kind in a view; those of every kind where none is given."""
    kinds = [one.kind for one in RECORD_KINDS] if kind is None else [kind]
    return [scope_token_of_view(view, one) for one in kinds]


def text_of(conditions: Sequence[Condition]) -> TextQuery | None:
    """Return the text that relevance ranks by; None where there is none."""
    return next((one.text for one in conditions if one.text is not None), None)


def score(level: int, place: int) -> float:
    """Return the score of a match, between 0 and 1: it falls in the order of relevance."""
    return _score(level, max(1, place >> PLACE_BITS))


@lru_cache(maxsize=len(RANK_BANDS) * (MAX_TITLE_WORDS + 1))
def _score(level: int, words: int) -> float:
    return round((len(RANK_BANDS) - 1 - level + 1 / words) / len(RANK_BANDS), 4)
