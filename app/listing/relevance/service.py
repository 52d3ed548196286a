"""Full-text matches by relevance, with the query strategy that suits each database."""

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
from app.database.index.text_query import TextQuery, terms_of
from app.listing.bound_query import BoundQuery
from app.listing.relevance.ranking import SCAN_RANGE, SORT_ALL_LIMIT, RankedPage, text_of

PLACES_FOR_A_MATCH: Final = 4
"""Rowids that Postgres scans in about the time in which it finds and sorts one match."""

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
"""A kind with a smaller share of all records is searched for in the text index itself, by its scope token."""


@dataclass(slots=True)
class Kinds:
    """The distribution of records over kinds, about."""

    read_at: float = -_STATISTICS_SECONDS
    shares: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Statistics:
    """Frequencies of lexemes, from Postgres' own statistics of the text index.

    They decide how a page is searched for, and nothing about the result.
    """

    read_at: float = -_STATISTICS_SECONDS
    rows: float = 0.0
    shares: Mapping[str, float] | None = None

    def matches(self, query: TextQuery, level: int, mark: str) -> float:
        """Estimate how many entries match a query within the parts of a rank band."""
        if not self.shares:
            return 0.0
        share = self.shares.get(mark, 1.0)
        for one in query.required:
            shares = [self._share(PARTS[level], term.words, prefix=term.prefix) for term in terms_of(one)]
            share *= min(1.0, sum(shares))
        return share * self.rows

    def stretches(self, query: TextQuery, level: int, mark: str, most: int) -> Sequence[int]:
        """Return how many of the next rowids to scan for that many matches, one range after another.

        None where it is better to find all matches and sort them; several, since shorter titles may have
        fewer of them.
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
        # Words of a phrase come together by nature: the estimate does not multiply their frequencies.
        return min(found) / (2 if len(found) > 1 else 1)


class FrequentTexts:
    """Texts that were recently found to have many matches; all are dropped when there are too many."""

    def __init__(self) -> None:
        """Begin with none."""
        self._texts: set[int] = set()

    def has(self, page: RankedPage) -> bool:
        """Return whether the text of a page is one of them, in its view and kind."""
        return self._of(page) in self._texts

    def add(self, page: RankedPage) -> None:
        """Remember the text of a page."""
        if len(self._texts) >= _REMEMBERED:
            self._texts.clear()
        self._texts.add(self._of(page))

    @staticmethod
    def _of(page: RankedPage) -> int:
        # By their hashes, since texts can be long; a collision does no harm.
        return hash((page.text, page.question.view, page.question.kind))


_many: WeakKeyDictionary[Engine, FrequentTexts] = WeakKeyDictionary()
_kinds: WeakKeyDictionary[Engine, Kinds] = WeakKeyDictionary()
_statistics: WeakKeyDictionary[Engine, Statistics] = WeakKeyDictionary()


async def relevant_rows(db: ReadConnection, question: BoundQuery) -> Rows:
    """Return one row more than fit on the page, in the direction in which it is read.

    A row is (document, version, key of the record, rank band, rowid).
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
    """Return whether a kind, or the view of a source, has only a small share of all entries."""
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
        rows = await db.fetch_adaptive(statement, parameters, (*asked, "few"))
        if rows and rows[0][-1] <= SORT_ALL_LIMIT:
            return [row[:-1] for row in rows]
        if rows:
            many.add(page)
    statement, parameters = page.sqlite()
    return await db.fetch_adaptive(statement, parameters, asked)


async def scan_ranges(
    db: ReadConnection, query: TextQuery, level: int, mark: str, most: int
) -> Sequence[int]:
    """Return the scan ranges of `Statistics`, on Postgres."""
    return (await _read_statistics(db)).stretches(query, level, mark, most)


async def _from_postgres(db: ReadConnection, page: RankedPage) -> Rows:
    """Sort few matches all at once; go through many band by band, until the page is full."""
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
    """Return the page's matches of one rank band: where there are many, from the next rowids."""
    mark = scope_token_of_view(page.question.view, page.question.kind or "")
    for places in await scan_ranges(db, page.text, level, mark, most):
        statement, parameters = page.stretch(level, places)
        rows = await db.fetch_slow(statement, parameters)
        if len(rows) >= most:
            return rows
    statement, parameters = page.postgresql(level)
    return [row[:-1] for row in await db.fetch_slow(statement, parameters)]


async def _read_statistics(db: ReadConnection) -> Statistics:
    """Return the statistics, which are read again after a while."""
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
