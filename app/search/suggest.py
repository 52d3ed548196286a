"""Suggestions: names completed while they are typed, typos forgiven."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import orjson

from app.database import tables
from app.database.engine.read_snapshot import ReadConnection, Rows
from app.database.index.full_text import scope_token_of_view
from app.database.index.text_query import FTS5, TSQUERY, AnyTerm, SearchTerm, TextQuery, spelled_alike
from app.filters.base import Condition, ConditionSet
from app.listing.relevance.ranking import ALL, marks_of_kind
from app.listing.relevance.service import is_rare, scan_ranges
from app.listing.relevance.sql import postgres_page, range_page, sqlite_page
from app.reading.chosen_names import AS_WRITTEN, NameChoice
from app.reading.documents import PORTION_BYTES, in_portions
from app.records.kinds import RecordKind
from app.records.scalars import COLLECTIONS
from app.search.schemas import Suggestion
from app.search.snippets import other_names
from app.search.suggest_sql import MAX_COMPLETIONS, candidates, completions
from app.search.typos import forgiven, typos
from app.values.digraphs import word_form_spans

_CANDIDATES: Final = 50
_NEAR_WORDS: Final = 24
_NATIVE: Final = 2
_SHOWN: Final = ("kind", "id", "title", "labels", "aliases", "names")


@dataclass(frozen=True, slots=True)
class Suggesting:
    """What was typed, and of which kinds names are wanted."""

    typed: str
    kind: RecordKind | None
    kinds: Sequence[Condition]
    limit: int
    names: NameChoice = AS_WRITTEN


@dataclass(frozen=True, slots=True)
class _Word:
    """A word that was typed, in its forms, and the words of names that it stands for, with the typos of each."""

    forms: tuple[str, ...]
    last: bool
    stands_for: Mapping[str, int]

    @property
    def typed(self) -> str:
        """The word as it is folded."""
        return self.forms[0]

    def begins(self, found: tuple[str, ...]) -> bool:
        """Return whether a form of the word of a name begins as this one does."""
        return any(one.startswith(form) for form in self.forms for one in found)

    def typos_in(self, found: tuple[str, ...]) -> int | None:
        """Count the typos, if a form of the word of a name is what this one stands for."""
        if not self._is_any_of(found):
            return min((self.stands_for[one] for one in found if one in self.stands_for), default=None)
        return 0

    def _is_any_of(self, found: tuple[str, ...]) -> bool:
        return any(form in found for form in self.forms) or (self.last and self.begins(found))


async def suggest(db: ReadConnection, asked: Suggesting) -> list[Suggestion]:
    """Give names that have the words that were typed, the last as the beginning of one; the best first.

    Matches without a typo come first; then names that begin with what was typed; then the shorter name; of
    equal names a title before a name that a record has beside it.
    """
    typed = [forms for forms, _, _ in word_form_spans(asked.typed)]
    if not typed:
        return []
    words = [_Word(forms, n == len(typed) - 1, {}) for n, forms in enumerate(typed)]
    completed = await _completions(db, typed[-1])
    exact = [spelled_alike([forms]) for forms in typed[:-1]]
    last = (
        AnyTerm(tuple(SearchTerm((word,)) for word in completed))
        if completed
        else spelled_alike(typed[-1:], prefix=True)
    )
    found: dict[int, dict[str, Any]] = {}
    if completed is None or completed:
        await _add_names(db, found, await _matches(db, asked, TextQuery((*exact, last))))
    ranked = _ranked(found.values(), words)
    if len(ranked) < asked.limit and any(forgiven(word.typed) for word in words):
        near = [await _near(db, word, completed if word.last else None) for word in words]
        if all(word.stands_for for word in near):
            terms = [AnyTerm(tuple(SearchTerm((one,)) for one in word.stands_for)) for word in near]
            await _add_names(db, found, await _matches(db, asked, TextQuery(tuple(terms))))
            ranked = _ranked(found.values(), near)
    return [_suggestion(record, name, asked.names) for record, name in ranked[: asked.limit]]


async def _completions(db: ReadConnection, starts: tuple[str, ...]) -> list[str] | None:
    """Give words that begin like any of these; None where one is so short that the text index knows by itself."""
    if any(len(start) <= _NATIVE for start in starts):
        return None
    found: dict[str, None] = {}
    for start in starts:
        statement, parameters = completions(start)
        found |= dict.fromkeys([row[0] for row in await db.fetch_slow(statement, parameters)])
    return list(found)


async def _near(db: ReadConnection, word: _Word, completed: Sequence[str] | None) -> _Word:
    """Find what a word may stand for: itself, its completions, and what it may be a typo of."""
    stands_for = dict.fromkeys((*word.forms, *(completed or ())[:MAX_COMPLETIONS]), 0)
    measured: dict[str, int] = {}
    for statement, parameters in candidates(word.typed, db.dialect, prefix=word.last):
        for (found,) in await db.fetch_slow(statement, parameters):
            if found not in stands_for and found not in measured:
                count = typos(found, word.typed, prefix=word.last)
                if count is not None:
                    measured[found] = count
    nearest = sorted(measured, key=lambda one: (measured[one], abs(len(one) - len(word.typed)), one))
    return _Word(word.forms, word.last, stands_for | {one: measured[one] for one in nearest[:_NEAR_WORDS]})


async def _matches(db: ReadConnection, asked: Suggesting, query: TextQuery) -> Rows:
    """Find records whose names have what is wanted, in the order of the text index."""
    kind = asked.kind.kind if asked.kind is not None else None
    mark = scope_token_of_view(tables.CANONICAL_VIEW, kind or "")
    clauses = ConditionSet(asked.kinds)
    parameters: dict[str, Any] = {"view": tables.CANONICAL_VIEW, "kind": kind, "most": _CANDIDATES}
    parameters["most_each"] = PORTION_BYTES // _CANDIDATES
    for condition in asked.kinds:
        parameters |= condition.parameters
    has_kind = kind is not None
    marks = [mark] if await is_rare(db, tables.CANONICAL_VIEW, kind) else []
    if db.dialect == "sqlite":
        parameters |= {"asked_0": FTS5.names(query, marks), "after_0": -1}
        statement = sqlite_page(clauses, (0,), backward=False, kind=has_kind, own=True)
        return await db.fetch_slow(statement, parameters)
    parameters["asked"] = TSQUERY.names(query, marks)
    statement = range_page(clauses, backward=False, kind=has_kind, own=True)
    for places in await scan_ranges(db, query, 0, mark, _CANDIDATES):
        rows = await db.fetch(
            statement, parameters | {"after_place": -1, "level": 0, "stretch": places, "mark": mark}
        )
        if len(rows) == _CANDIDATES:
            return rows
    statement = postgres_page(clauses, (0,), backward=False, from_cursor=False, own=True)
    parameters |= {"marks": marks_of_kind(tables.CANONICAL_VIEW, kind), "enough": ALL}
    return await db.fetch_slow(statement, parameters)


async def _add_names(db: ReadConnection, found: dict[int, dict[str, Any]], rows: Rows) -> None:
    """Add what has names in the documents of rows, by their keys, in their order."""
    large = [row[2] for row in rows if row[0] is None and row[2] not in found]
    names = {row[2]: _with_names(row[0]) for row in rows if row[0] is not None}
    async for portion in in_portions(db, large):
        names |= {key: _with_names(document) for key, document in portion}
    for row in rows:
        if row[2] in names:
            found.setdefault(row[2], names[row[2]])


def _with_names(document: str) -> dict[str, Any]:
    members = orjson.loads(document)
    return {name: members[name] for name in _SHOWN if name in members}


def _ranked(
    records: Iterable[Mapping[str, Any]], words: Sequence[_Word]
) -> list[tuple[Mapping[str, Any], str]]:
    """Choose of each record the name that fits best, and sort the records, with these names, by it."""
    ranked = []
    for position, record in enumerate(records):
        fitting = [
            (*fit, number > 0, name)
            for number, name in enumerate(_names(record))
            if (fit := _fit(name, words)) is not None
        ]
        if fitting:
            best = min(fitting)
            ranked.append((*best[:-1], position, best[-1], record))
    ranked.sort(key=lambda one: one[:5])
    return [(record, name) for *_, name, record in ranked]


def _suggestion(record: Mapping[str, Any], match: str, names: NameChoice) -> Suggestion:
    found = Suggestion(
        ref=f"{COLLECTIONS[record['kind']]}/{record['id']}",
        kind=record["kind"],
        id=record["id"],
        title=record["title"],
        match=match,
    )
    name = names.name_of(record)
    return found if name is None else cast("Suggestion", name.shown_in(found))


def _names(record: Mapping[str, Any]) -> Iterator[str]:
    yield record["title"]
    yield from other_names(record)


def _fit(name: str, words: Sequence[_Word]) -> tuple[int, bool, int] | None:
    """Say how a name fits: its typos, whether it begins otherwise than was typed, its length; the less the better."""
    has = [forms for forms, _, _ in word_form_spans(name)]
    total = missing = 0
    for word in words:
        counts = [count for one in has if (count := word.typos_in(one)) is not None]
        if counts:
            total += min(counts)
        else:
            missing += 1
    if missing == len(words):
        return None
    before, last = words[:-1], words[-1]
    begins = len(has) >= len(words) and all(
        any(form in forms for form in word.forms) for word, forms in zip(before, has, strict=False)
    )
    begins = begins and last.begins(has[len(before)])
    return total + 3 * missing, not begins, len(name)
