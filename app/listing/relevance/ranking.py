"""Relevance: the order of full-text matches, read off the text index a page at a time.

Matches are sorted by the part of the record in which all that was asked is found (title, other names,
summary, rest: `app.database.index.text_query`), then by their place, which begins with the number of words of the
title. Both come in order from the index, on both databases, so that a word in every tenth record answers its
first page as a rare one does, pages go on from any key in either direction, and a score means the same on
every page. The cost of frequency-based ranking grows with the matches instead; what it would add for
records of a few hundred words is little.

Where matches are few, all of them are found at once and sorted, on either database. Where they are many,
FTS5 gives them level by level in the order of their places; Postgres, where its statistics say so, looks
through a stretch of the index in that order first, which is most often enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from app.database import tables
from app.database.engine.statement import CompiledStatement
from app.database.index.full_text import MOST_TITLE_WORDS, PARTS, PLACE_BITS, scope_token_of_view
from app.database.index.text_query import FTS5, RANK_BANDS, TSQUERY, SearchTerm, TextQuery
from app.filters.base import Condition, ConditionSet
from app.listing.binding import BoundQuery
from app.listing.relevance.sql import few_page, postgres_page, sqlite_page, stretch_page
from app.records.kinds import RECORD_KINDS

SCAN_RANGE = 30_000
"""Places in order that are looked through at the most for a common word on Postgres, rather than sort its matches."""


ALL = 2**62
"""As many matches as there may be."""


SORT_ALL_LIMIT = 150
"""Matches that are found and sorted all at once; on SQLite, those of several terms."""


MOST_TERMS = 4
"""Terms of a question for which that is tried."""


_LOWEST, _HIGHEST = -1, (MOST_TITLE_WORDS + 1) << PLACE_BITS


@dataclass(frozen=True, slots=True)
class RankedPage:
    """A page of matches by relevance: which text, which other filters, from where.

    `marked`: the text index is asked for entries of the view and the kind alone. That is worth it where they
    are few among all; elsewhere their entries, which are looked at anyway, say the same at less cost.
    """

    question: BoundQuery
    text: TextQuery
    marked: bool = False

    @property
    def others(self) -> ConditionSet:
        """The filters beside the text."""
        return ConditionSet([one for one in self.question.conditions if one.text is None])

    @property
    def marks(self) -> list[str]:
        """What an entry of the view, and of the kind where one is asked, is marked with; nothing if not `marked`."""
        if self.marked or not self.text.required:
            return [scope_token_of_view(self.question.view, self.question.kind or "")]
        return []

    def parameters(self) -> dict[str, Any]:
        """Give the parameters that every statement of the page shares."""
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
        """Give the levels that the page can reach, in the order in which they are read."""
        backward = self.question.backward
        key = self.question.cursor.key if self.question.cursor is not None else None
        found = [
            one for one in self.text.levels() if key is None or (one <= key[0] if backward else one >= key[0])
        ]
        return found[::-1] if backward else found

    @property
    def countable(self) -> bool:
        """Whether SQLite may find all matches at once: stepping through levels is dear for several terms."""
        return 2 <= len(self.text.required) <= MOST_TERMS and all(
            isinstance(one, SearchTerm) for one in self.text.required
        )

    def few(self) -> tuple[CompiledStatement, dict[str, Any]]:
        """Give the statement for SQLite that sorts all matches if they are no more than `SORT_ALL_LIMIT`.

        Each row tells at its end how many there are, one more than that for any greater number; then the rows
        are worth nothing.
        """
        parameters = self.parameters()
        parameters["asked"] = FTS5.question(self.text, None, self.marks)
        parameters["few"] = SORT_ALL_LIMIT + 1
        for number, term in enumerate(self.text.required):
            if isinstance(term, SearchTerm):
                for letter in PARTS[:-1]:
                    words = " ".join(letter + word for word in term.words)
                    parameters[f"needle_{number}_{letter}"] = f" {words}" if term.prefix else f" {words} "
        statement = few_page(
            self.others,
            len(self.text.required),
            backward=self.question.backward,
            from_cursor=self.question.cursor is not None,
            kind=self._kind,
            own=self._own,
        )
        return statement, parameters

    def sqlite(self) -> tuple[CompiledStatement, dict[str, Any]]:
        """Give the statement for SQLite: level after level, until the page is full."""
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
        """Give the statement for Postgres that sorts all matches if they are no more than `SORT_ALL_LIMIT`; rows as of `few`."""
        levels = tuple(self.text.levels())
        statement, parameters = self._on_postgres(levels, None)
        for one in levels[:-1]:
            parameters[f"asked_{one}"] = TSQUERY.question(TextQuery(self.text.required), one)
        return statement, parameters

    def postgresql(self, level: int) -> tuple[CompiledStatement, dict[str, Any]]:
        """Give the statement for Postgres that sorts all matches of one level; rows as of `few`."""
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
        """Give the statement for Postgres that looks for matches of one level among so many nearest places."""
        parameters = self.parameters()
        key = self.question.cursor.key if self.question.cursor is not None else None
        unbounded = _HIGHEST if self.question.backward else _LOWEST
        parameters["after_place"] = key[1] if key is not None and key[0] == level else unbounded
        parameters["asked"] = TSQUERY.question(self.text, level, self.marks)
        parameters["level"] = level
        parameters["stretch"] = places
        parameters["mark"] = scope_token_of_view(self.question.view, self.question.kind or "")
        return stretch_page(
            self.others, backward=self.question.backward, kind=self._kind, own=self._own
        ), parameters

    @property
    def _kind(self) -> bool:
        return self.question.kind is not None

    @property
    def _own(self) -> bool:
        return self.question.view == tables.CANONICAL_VIEW


def marks_of_kind(view: int, kind: str | None) -> list[str]:
    """Give what marks the entries of a kind in a view; those of every kind where none is given."""
    kinds = [one.kind for one in RECORD_KINDS] if kind is None else [kind]
    return [scope_token_of_view(view, one) for one in kinds]


def text_of(conditions: Sequence[Condition]) -> TextQuery | None:
    """Give the text by which relevance is measured; None where there is none."""
    return next((one.text for one in conditions if one.text is not None), None)


def score(level: int, place: int) -> float:
    """Give the score of a match, between 0 and 1: it falls in the order of relevance."""
    return _score(level, max(1, place >> PLACE_BITS))


@lru_cache(maxsize=len(RANK_BANDS) * (MOST_TITLE_WORDS + 1))
def _score(level: int, words: int) -> float:
    return round((len(RANK_BANDS) - 1 - level + 1 / words) / len(RANK_BANDS), 4)
