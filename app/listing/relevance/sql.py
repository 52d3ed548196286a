"""The statements that read matches by relevance from the text index (see `app.listing.relevance.ranking`)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
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

from app.database import tables
from app.database.engine.statement import AnyOf, CompiledStatement, OrderedJoin
from app.database.index.full_text import ENTRY_MASK, PARTS
from app.database.index.text_query import RANK_BANDS, text_index
from app.filters.base import ConditionSet
from app.listing.document_sql import Order, PageSelect

entry = tables.entry.c


def _with_entries(place: ColumnElement[int], of: FromClause) -> FromClause:
    """Join matches with their entries, beginning with the matches."""
    return OrderedJoin(of, tables.entry, entry.pk == place.op("&")(literal_column(str(ENTRY_MASK))))


@lru_cache(maxsize=512)
def sqlite_page(
    clauses: ConditionSet, levels: tuple[int, ...], *, backward: bool, kind: bool, own: bool
) -> CompiledStatement:
    """Return SQLite's statement: the rank bands one after another, each in the order of rowids, until the page is full."""
    branches = []
    for level in levels:
        place = text_index.c.rowid
        mark = bindparam(f"after_{level}", type_=BigInteger())
        branch = (
            select(literal_column(str(level)).label("level"), place.label("place"), entry.record)
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
    page = union_all(*branches).limit(bindparam("most"))
    return _page(page, backward=backward, own=own)


@lru_cache(maxsize=512)
def selective_page(
    clauses: ConditionSet,
    terms: tuple[tuple[int, ...], ...],
    *,
    backward: bool,
    from_cursor: bool,
    kind: bool,
    own: bool,
) -> CompiledStatement:
    """Return SQLite's statement that sorts few matches: their rank band is computed from the indexed text.

    `terms` are what is required: of each, its spellings, and how many needles each of these has.
    """
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
                            _has_all(matching.c.line, f"needle_{n}_{at}", count, letter)
                            for letter in PARTS[: level + 1]
                            for at, count in enumerate(spellings)
                        )
                    )
                    for n, spellings in enumerate(terms)
                )
            ),
            literal_column(str(level)),
        )
        for level in RANK_BANDS[:-1]
    ]
    level: Any = case(*whens, else_=literal_column(str(RANK_BANDS[-1])))
    found = (
        select(level.label("level"), matching.c.place, entry.record)
        .select_from(_with_entries(matching.c.place, matching))
        .where(*clauses.where(kind=kind))
        .subquery("found")
    )
    seen = select(func.count()).select_from(matching).scalar_subquery()
    page: Select[Any] = select(found, seen.label("seen"))
    if from_cursor:
        page = page.where(_beyond(found, backward=backward))
    page = page.order_by(*_order(backward=backward).by(found)).limit(bindparam("most"))
    return _page(page, backward=backward, own=own, more=("seen",))


def _has_all(line: ColumnElement[str], name: str, count: int, letter: str) -> ColumnElement[bool]:
    return and_(*(func.instr(line, bindparam(f"{name}_{place}_{letter}")) > 0 for place in range(count)))


@lru_cache(maxsize=512)
def postgres_page(
    clauses: ConditionSet, levels: tuple[int, ...], *, backward: bool, from_cursor: bool, own: bool
) -> CompiledStatement:
    """Return Postgres' statement that sorts matches by rank band and rowid, `enough` of them; rows as of `selective_page`.

    The matches are found first, in a materialized CTE: with a limit Postgres would rather walk all rowids
    in order than search the text index for a word that it considers common. Entries, which scope tokens
    make unnecessary, are read where there are other filters, else for the page alone. Where all matches are
    wanted, the limit on them that is never reached makes Postgres keep its plan, which it would otherwise
    make every time.
    """
    vector, place = text_index.c.vector, text_index.c.place
    columns = [place, *([vector] if len(levels) > 1 else [])]
    matching = (
        select(*columns)
        .where(vector.op("@@")(_tsquery("asked")), AnyOf.texts(text_index.c.mark, "marks"))
        .limit(bindparam("enough", type_=BigInteger()))
        .cte("matching")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    level = _level(levels, matching)
    found: Any = select(level.label("level"), matching.c.place)
    if clauses.conditions:
        found = found.add_columns(entry.record).select_from(_with_entries(matching.c.place, matching))
        found = found.where(*(condition.clause() for condition in clauses.conditions))
    found = found.subquery("found")
    page: Select[Any] = select(found)
    if from_cursor:
        page = page.where(_beyond(found, backward=backward))
    page = page.order_by(*_order(backward=backward).by(found)).limit(bindparam("most"))
    if not clauses.conditions:
        near = page.subquery("near")
        page = select(near, entry.record).select_from(_with_entries(near.c.place, near))
    seen = select(func.count()).select_from(matching).scalar_subquery()
    return _page(page.add_columns(seen.label("seen")), backward=backward, own=own, more=("seen",))


def _level(levels: Sequence[int], matching: Any) -> Any:
    last: ColumnElement[Any] = literal_column(str(levels[-1]))
    whens: list[Any] = [
        (matching.c.vector.op("@@")(_tsquery(f"asked_{one}")), literal_column(str(one)))
        for one in levels[:-1]
    ]
    return case(*whens, else_=last) if whens else last


@lru_cache(maxsize=512)
def range_page(clauses: ConditionSet, *, backward: bool, kind: bool, own: bool) -> CompiledStatement:
    """Return Postgres' statement that searches only the next rowids for matches of one rank band.

    The scope token of a kind is compared as a range and sorted by. With an equality, Postgres would expect
    the rowids of all kinds in order to be as short a way, and walk through those of another kind first.
    """
    place, mark = text_index.c.place, bindparam("mark", type_=Text())
    after = bindparam("after_place", type_=BigInteger())
    order = [*([text_index.c.mark] if kind else []), place]
    near = (
        select(place, text_index.c.vector)
        .where(
            place < after if backward else place > after,
            *([text_index.c.mark >= mark, text_index.c.mark <= mark] if kind else []),
        )
        .order_by(*(column.desc() if backward else column.asc() for column in order))
        .limit(bindparam("stretch", type_=BigInteger()))
        .subquery("near")
    )
    level: ColumnElement[int] = cast(bindparam("level"), BigInteger)
    found = (
        select(level.label("level"), near.c.place.label("place"), entry.record)
        .select_from(_with_entries(near.c.place, near))
        .where(near.c.vector.op("@@")(_tsquery("asked")), *clauses.where(kind=kind))
    )
    page = found.order_by(near.c.place.desc() if backward else near.c.place.asc()).limit(bindparam("most"))
    return _page(page, backward=backward, own=own)


def _tsquery(name: str) -> ColumnElement[Any]:
    return cast(bindparam(name, type_=Text()), postgresql.TSQUERY)


def _beyond(found: Any, *, backward: bool) -> ColumnElement[bool]:
    here = tuple_(found.c.level, found.c.place)
    there = tuple_(bindparam("after_level", type_=BigInteger()), bindparam("after_place", type_=BigInteger()))
    return here < there if backward else here > there


def _order(*, backward: bool) -> Order:
    return Order((("level", backward), ("place", backward)))


def _page(
    page: Select[Any] | CompoundSelect[Any], *, backward: bool, own: bool, more: tuple[str, ...] = ()
) -> CompiledStatement:
    return PageSelect(page, _order(backward=backward), own, more=more).rows()
