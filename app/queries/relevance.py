"""Relevance: the order of full-text matches, read off the text index a page at a time.

Matches are sorted by the part of the record in which all that was asked is found (title, other names,
summary, rest: `app.store.textquery`), then by their place, which begins with the number of words of the
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

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import Join

from app.queries.condition import Condition
from app.queries.pages import Clauses, PageQuestion, with_documents
from app.store import tables
from app.store.fulltext import ENTRY_MASK, MOST_TITLE_WORDS, PARTS, PLACE_BITS, mark_of_view
from app.store.statement import Statement
from app.store.textquery import FTS5, LEVELS, TSQUERY, Term, TextQuery, text_index

STRETCH = 3000
"""Places in order that are looked through for a common word on Postgres before all its matches are sorted."""

FEW, FEW_OF_SEVERAL = 50, 300
"""Matches of one term, and of several, that SQLite finds and sorts all at once."""

MOST_TERMS = 4
"""Terms of a question for which that is tried."""

entry = tables.entry.c
_LOWEST, _HIGHEST = -1, (MOST_TITLE_WORDS + 1) << PLACE_BITS


class Driven(Join):
    """A join that SQLite reads from left to right."""

    inherit_cache = True


@compiles(Driven, "sqlite")
def _sqlite_driven(element: Join, compiler: SQLCompiler, **kw: Any) -> str:
    kw.update(asfrom=True)
    on: Any = element.onclause
    left, right = compiler.process(element.left, **kw), compiler.process(element.right, **kw)
    kw.pop("from_linter", None)
    return f"{left} CROSS JOIN {right} ON {compiler.process(on, **kw)}"


@dataclass(frozen=True, slots=True)
class RelevantPage:
    """A page of matches by relevance: which text, which other filters, from where.

    `marked`: the text index is asked for entries of the view and the kind alone. That is worth it where they
    are few among all; elsewhere their entries, which are looked at anyway, say the same at less cost.
    """

    question: PageQuestion
    text: TextQuery
    marked: bool = False

    @property
    def others(self) -> Clauses:
        """The filters beside the text."""
        return Clauses([one for one in self.question.conditions if one.text is None])

    @property
    def marks(self) -> list[str]:
        """What an entry of the view, and of the kind where one is asked, is marked with; nothing if not `marked`."""
        if self.marked or not self.text.required:
            return [mark_of_view(self.question.view, self.question.kind or "")]
        return []

    def parameters(self) -> dict[str, Any]:
        """Give the parameters that every statement of the page shares."""
        key = self.question.cursor.key if self.question.cursor is not None else None
        level, place = key or ((LEVELS[-1], _HIGHEST) if self.question.backward else (LEVELS[0], _LOWEST))
        return {
            **self.question.parameters,
            "view": self.question.view,
            "kind": self.question.kind,
            "most": self.question.limit + 1,
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
        """Whether SQLite may find all matches at once: the question is a short one."""
        return 0 < len(self.text.required) <= MOST_TERMS and all(
            isinstance(one, Term) for one in self.text.required
        )

    @property
    def most_few(self) -> int:
        """How many matches SQLite finds all at once: stepping through levels is dear for several terms."""
        return FEW if len(self.text.required) == 1 else FEW_OF_SEVERAL

    def few(self) -> tuple[Statement, dict[str, Any]]:
        """Give the statement for SQLite that sorts all matches if they are no more than `most_few`.

        Each row tells at its end how many there are, one more than that for any greater number; then the rows
        are worth nothing.
        """
        parameters = self.parameters()
        parameters["asked"] = FTS5.question(self.text, None, self.marks)
        parameters["few"] = self.most_few + 1
        for number, term in enumerate(self.text.required):
            if isinstance(term, Term):
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

    def sqlite(self) -> tuple[Statement, dict[str, Any]]:
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

    def postgresql(self) -> tuple[Statement, dict[str, Any]]:
        """Give the statement for Postgres that sorts all matches."""
        parameters = self.parameters()
        for one in self.text.levels():
            parameters[f"asked_{one}"] = TSQUERY.question(_within(self.text), one) if one < LEVELS[-1] else ""
        parameters["asked"] = TSQUERY.question(self.text, None, self.marks)
        statement = sorted_page(
            self.others,
            tuple(self.text.levels()),
            backward=self.question.backward,
            from_cursor=self.question.cursor is not None,
            kind=self._kind,
            own=self._own,
        )
        return statement, parameters

    def stretch(self, level: int) -> tuple[Statement, dict[str, Any]]:
        """Give the statement for Postgres that looks for matches of one level among the nearest places."""
        parameters = self.parameters()
        key = self.question.cursor.key if self.question.cursor is not None else None
        unbounded = _HIGHEST if self.question.backward else _LOWEST
        parameters["after_place"] = key[1] if key is not None and key[0] == level else unbounded
        parameters["asked"] = TSQUERY.question(self.text, level, self.marks)
        parameters["level"] = level
        parameters["stretch"] = STRETCH
        return stretch_page(
            self.others, backward=self.question.backward, kind=self._kind, own=self._own
        ), parameters

    @property
    def _kind(self) -> bool:
        return self.question.kind is not None

    @property
    def _own(self) -> bool:
        return self.question.view == tables.OWN_VIEW


def _within(query: TextQuery) -> TextQuery:
    """Leave the exclusions out where the matches are known to have none of them."""
    return TextQuery(query.required)


def text_of(conditions: Sequence[Condition]) -> TextQuery | None:
    """Give the text by which relevance is measured; None where there is none."""
    return next((one.text for one in conditions if one.text is not None), None)


def score(level: int, place: int) -> float:
    """Give the score of a match, between 0 and 1: it falls in the order of relevance."""
    words = max(1, place >> PLACE_BITS)
    return round((len(LEVELS) - 1 - level + 1 / words) / len(LEVELS), 4)


def _with_entries(place: ColumnElement[int], of: FromClause) -> FromClause:
    """Join matches with their entries, from the matches on."""
    return Driven(of, tables.entry, entry.pk == place.op("&")(literal_column(str(ENTRY_MASK))))


@lru_cache(maxsize=512)
def sqlite_page(
    clauses: Clauses, levels: tuple[int, ...], *, backward: bool, kind: bool, own: bool
) -> Statement:
    """Give SQLite's statement: the levels one after another, each in the order of places, until the page is full."""
    branches = []
    for level in levels:
        place = text_index.c.rowid
        mark = bindparam(f"after_{level}", type_=BigInteger())
        branch = (
            select(literal_column(str(level)).label("level"), place.label("place"), entry.record, entry.pk)
            .select_from(_with_entries(place, text_index))
            .where(
                literal_column("text_index").op("MATCH")(bindparam(f"asked_{level}", type_=Text())),
                place < mark if backward else place > mark,
                *clauses.where(kind=kind),
            )
            .order_by(place.desc() if backward else place.asc())
            .limit(bindparam("most"))
            .subquery(f"level_{level}")
        )
        branches.append(select(branch))
    # SQLite reads the branches one after another, each only if those before it do not fill the page.
    page = union_all(*branches).limit(bindparam("most")).subquery("page")
    return _page(page, backward=backward, own=own)


@lru_cache(maxsize=512)
def few_page(
    clauses: Clauses, terms: int, *, backward: bool, from_cursor: bool, kind: bool, own: bool
) -> Statement:
    """Give SQLite's statement that sorts few matches: their level is read off the line that was indexed."""
    line = literal_column("' ' || text_index.line || ' '", Text())
    matching = (
        select(text_index.c.rowid.label("place"), line.label("line"))
        .where(literal_column("text_index").op("MATCH")(bindparam("asked", type_=Text())))
        .limit(bindparam("few", type_=BigInteger()))
        .cte("matching")
    )
    whens: list[Any] = [
        (
            and_(
                *(
                    or_(
                        *(
                            func.instr(matching.c.line, bindparam(f"needle_{n}_{one}"))
                            for one in PARTS[: level + 1]
                        )
                    )
                    for n in range(terms)
                )
            ),
            literal_column(str(level)),
        )
        for level in LEVELS[:-1]
    ]
    level: Any = case(*whens, else_=literal_column(str(LEVELS[-1])))
    found = (
        select(level.label("level"), matching.c.place, entry.record, entry.pk)
        .select_from(_with_entries(matching.c.place, matching))
        .where(*clauses.where(kind=kind))
        .subquery("found")
    )
    seen = select(func.count()).select_from(matching).scalar_subquery()
    page: Select[Any] = select(found, seen.label("seen"))
    if from_cursor:
        page = page.where(_beyond(found, backward=backward))
    page = page.order_by(*_order(found, backward=backward)).limit(bindparam("most"))
    return _page(page.subquery("page"), backward=backward, own=own, more=["seen"])


@lru_cache(maxsize=512)
def sorted_page(
    clauses: Clauses, levels: tuple[int, ...], *, backward: bool, from_cursor: bool, kind: bool, own: bool
) -> Statement:
    """Give Postgres' statement that sorts all matches by level and place."""
    vector, place = text_index.c.vector, text_index.c.place
    whens: list[Any] = [
        (vector.op("@@")(_tsquery(f"asked_{one}")), literal_column(str(one))) for one in levels[:-1]
    ]
    level: Any = (
        case(*whens, else_=literal_column(str(levels[-1]))) if whens else literal_column(str(levels[-1]))
    )
    found = (
        select(level.label("level"), place.label("place"), entry.record, entry.pk)
        .select_from(_with_entries(place, text_index))
        .where(vector.op("@@")(_tsquery("asked")), *clauses.where(kind=kind))
        .subquery("found")
    )
    page: Select[Any] = select(found)
    if from_cursor:
        page = page.where(_beyond(found, backward=backward))
    page = page.order_by(*_order(found, backward=backward)).limit(bindparam("most"))
    return _page(page.subquery("page"), backward=backward, own=own)


@lru_cache(maxsize=512)
def stretch_page(clauses: Clauses, *, backward: bool, kind: bool, own: bool) -> Statement:
    """Give Postgres' statement that looks through the nearest places alone, for matches of one level."""
    place = text_index.c.place
    mark = bindparam("after_place", type_=BigInteger())
    near = (
        select(place, text_index.c.vector)
        .where(place < mark if backward else place > mark)
        .order_by(place.desc() if backward else place.asc())
        .limit(bindparam("stretch", type_=BigInteger()))
        .subquery("near")
    )
    level: ColumnElement[int] = cast(bindparam("level"), BigInteger)
    found = (
        select(level.label("level"), near.c.place.label("place"), entry.record, entry.pk)
        .select_from(_with_entries(near.c.place, near))
        .where(near.c.vector.op("@@")(_tsquery("asked")), *clauses.where(kind=kind))
    )
    page = found.order_by(near.c.place.desc() if backward else near.c.place.asc()).limit(bindparam("most"))
    return _page(page.subquery("page"), backward=backward, own=own)


def _tsquery(name: str) -> ColumnElement[Any]:
    return cast(bindparam(name, type_=Text()), postgresql.TSQUERY)


def _beyond(found: Any, *, backward: bool) -> ColumnElement[bool]:
    here = tuple_(found.c.level, found.c.place)
    there = tuple_(bindparam("after_level", type_=BigInteger()), bindparam("after_place", type_=BigInteger()))
    return here < there if backward else here > there


def _order(of: Any, *, backward: bool) -> list[Any]:
    return [of.c.level.desc(), of.c.place.desc()] if backward else [of.c.level.asc(), of.c.place.asc()]


def _page(page: Any, *, backward: bool, own: bool, more: Sequence[str] = ()) -> Statement:
    return with_documents(page, ["level", "place", *more], _order(page, backward=backward), own=own)
