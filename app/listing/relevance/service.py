"""Matches of a text by relevance, asked of each database in the way that suits it."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select, text

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection, Rows
from app.database.engine.statement import CompiledStatement
from app.database.index.full_text import PARTS, scope_token_of_view
from app.database.index.text_query import AnyTerm, TextQuery
from app.listing.binding import BoundQuery
from app.listing.relevance.ranking import SCAN_RANGE, SORT_ALL_LIMIT, RankedPage, text_of

PLACES_FOR_A_MATCH: Final = 4
"""Places that Postgres looks through in about the time in which it finds and sorts one match."""


_REMEMBERED: Final = 4096


_STATISTICS_SECONDS: Final = 60.0


_STATISTICS = CompiledStatement(
    text(
        "SELECT CAST(CAST(most_common_elems AS text) AS text[]), most_common_elem_freqs, "
        "(SELECT reltuples FROM pg_class WHERE oid = CAST('text_index' AS regclass)) FROM pg_stats "
        "WHERE schemaname = current_schema() AND tablename = 'text_index' AND attname = 'vector'"
    )
)


_KINDS = CompiledStatement(
    select(tables.cell.c.kind, func.sum(tables.tally.c.n))
    .select_from(tables.tally.join(tables.cell, tables.cell.c.pk == tables.tally.c.cell))
    .group_by(tables.cell.c.kind)
)


RARE: Final = 0.2
"""A kind with a smaller share of all records is asked of the text index itself."""


@dataclass(slots=True)
class Kinds:
    """How the records are spread over kinds, about."""

    read_at: float = -_STATISTICS_SECONDS
    shares: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Statistics:
    """How common lexemes are, as Postgres' own statistics of the text index have it.

    They decide how a page is looked for, and nothing about what is found.
    """

    read_at: float = -_STATISTICS_SECONDS
    rows: float = 0.0
    shares: Mapping[str, float] | None = None

    def matches(self, query: TextQuery, level: int, mark: str) -> float:
        """Estimate how many entries answer a query within the parts of a level."""
        if not self.shares:
            return 0.0
        share = self.shares.get(mark, 1.0)
        for one in query.required:
            terms = one.terms if isinstance(one, AnyTerm) else (one,)
            share *= min(
                1.0, sum(self._share(PARTS[level], term.words, prefix=term.prefix) for term in terms)
            )
        return share * self.rows

    def stretches(self, query: TextQuery, level: int, mark: str, most: int) -> Sequence[int]:
        """Give how many of the nearest places to look through for so many answers, one stretch after another.

        None where it is better to find all answers and sort them; several, since shorter titles may have less of them.
        """
        matches = self.matches(query, level, mark)
        if not matches:
            return []
        # Twice as many as should be enough.
        places = max(1, math.ceil(2 * most * self.rows / matches))
        limit = min(SCAN_RANGE, PLACES_FOR_A_MATCH * matches)
        return [places * 4**step for step in range(8) if places * 4**step <= limit]

    def _share(self, letter: str, words: Sequence[str], *, prefix: bool) -> float:
        shares = self.shares or {}
        found = [shares.get(letter + word, 0.0) for word in words]
        if prefix:
            start = letter + words[-1]
            found[-1] = sum(share for lexeme, share in shares.items() if lexeme.startswith(start))
        # Words of a phrase stand together by nature: none of them is much rarer than the phrase.
        return min(found) / (2 if len(found) > 1 else 1)


class FrequentTexts:
    """Texts that lately were found to have many matches; forgotten together when they are too many."""

    def __init__(self) -> None:
        """Know of none."""
        self._texts: set[int] = set()

    def has(self, page: RankedPage) -> bool:
        """Say whether the text of a page is one of them, in its view and kind."""
        return self._of(page) in self._texts

    def add(self, page: RankedPage) -> None:
        """Remember the text of a page."""
        if len(self._texts) >= _REMEMBERED:
            self._texts.clear()
        self._texts.add(self._of(page))

    @staticmethod
    def _of(page: RankedPage) -> int:
        # Texts can be long, and to take one for another does no harm.
        return hash((page.text, page.question.view, page.question.kind))


_many: WeakKeyDictionary[Engine, FrequentTexts] = WeakKeyDictionary()


_kinds: WeakKeyDictionary[Engine, Kinds] = WeakKeyDictionary()


_statistics: WeakKeyDictionary[Engine, Statistics] = WeakKeyDictionary()


async def relevant_rows(db: ReadConnection, question: BoundQuery) -> Rows:
    """Give one row more than fit on the page, in the direction in which it is read.

    A row is (document, version, key of the record, level, place).
    """
    query = text_of(question.conditions)
    if query is None or query.asks_nothing:
        return []
    page = RankedPage(question, query, marked=await is_rare(db, question.view, question.kind))
    if not page.levels():
        return []
    if db.dialect == "postgresql":
        return await _from_postgres(db, page)
    return await _from_sqlite(db, page)


async def is_rare(db: ReadConnection, view: int, kind: str | None) -> bool:
    """Say whether a kind, or the view of a source, has but a small share of all entries."""
    if view != tables.CANONICAL_VIEW:
        return True
    if kind is None:
        return False
    known = _kinds.setdefault(db.engine, Kinds())
    now = time.monotonic()
    if now - known.read_at >= _STATISTICS_SECONDS:
        known.read_at = now
        counts = {name: int(count) for name, count in await db.fetch_slow(_KINDS, {})}
        total = max(1, sum(counts.values()))
        known.shares = {name: count / total for name, count in counts.items()}
    return known.shares.get(kind, 0.0) < RARE


async def _from_sqlite(db: ReadConnection, page: RankedPage) -> Rows:
    asked = (page.others.key, page.text, page.question.kind, page.question.limit)
    many = _many.setdefault(db.engine, FrequentTexts())
    if page.countable and not many.has(page):
        statement, parameters = page.few()
        rows = await db.fetch_paced(statement, parameters, (*asked, "few"))
        if rows and rows[0][-1] <= SORT_ALL_LIMIT:
            return [row[:-1] for row in rows]
        if rows:
            many.add(page)
    statement, parameters = page.sqlite()
    return await db.fetch_paced(statement, parameters, asked)


async def scan_ranges(
    db: ReadConnection, query: TextQuery, level: int, mark: str, most: int
) -> Sequence[int]:
    """Give what `Statistics.stretches` does, of a Postgres."""
    return (await _read_statistics(db)).stretches(query, level, mark, most)


async def _from_postgres(db: ReadConnection, page: RankedPage) -> Rows:
    """Sort few matches all at once; go through many level by level, until the page is full."""
    many = _many.setdefault(db.engine, FrequentTexts())
    if not many.has(page):
        statement, parameters = page.few_on_postgres()
        found = await db.fetch_slow(statement, parameters)
        if found and found[0][-1] <= SORT_ALL_LIMIT:
            return [row[:-1] for row in found]
        if found:
            many.add(page)
        elif not page.others.conditions and page.question.cursor is None:
            return []  # where nothing else could leave any out, there are none
    most = page.question.limit + 1
    rows: list[Any] = []
    for level in page.levels():
        rows += await _of_level(db, page, level, most)
        if len(rows) >= most:
            break
    return rows[:most]


async def _of_level(db: ReadConnection, page: RankedPage, level: int, most: int) -> Rows:
    """Give the page's matches of one level: where there are many, from the nearest places."""
    mark = scope_token_of_view(page.question.view, page.question.kind or "")
    for places in await scan_ranges(db, page.text, level, mark, most):
        statement, parameters = page.stretch(level, places)
        rows = await db.fetch_slow(statement, parameters)
        if len(rows) >= most:
            return rows
    statement, parameters = page.postgresql(level)
    return [row[:-1] for row in await db.fetch_slow(statement, parameters)]


async def _read_statistics(db: ReadConnection) -> Statistics:
    """Give the statistics, read again after a while."""
    known = _statistics.setdefault(db.engine, Statistics())
    now = time.monotonic()
    if now - known.read_at >= _STATISTICS_SECONDS:
        known.read_at = now
        rows = await db.fetch(_STATISTICS, {})
        if rows and rows[0][0]:
            lexemes, shares, count = rows[0]
            known.shares = dict(zip(lexemes, shares, strict=False))
            known.rows = max(float(count), 0.0)
    return known
