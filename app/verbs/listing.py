"""Lists: one page of what a query asks for, and everything that comes beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from sqlalchemy import select

from app.errors import BadRequest, Fault
from app.queries.condition import Clauses
from app.queries.counting import Counting
from app.queries.cursor import Cursor, InvalidCursor, open_cursor
from app.queries.few import FEW, counts
from app.queries.listquery import ListQuery
from app.queries.pages import PageQuestion
from app.store import tables
from app.store.reading import Reading, Rows
from app.store.spans import DATE_PARTS
from app.store.statement import Statement
from app.verbs.explaining import explain
from app.verbs.facets import count_facets
from app.verbs.finding import COLLECTIONS
from app.verbs.matching import relevant_rows
from app.verbs.reading import CARDS_OF, linked_in_view
from app.verbs.referrers import referrers_on_page
from app.verbs.resolving import fill, find_keys, refuse_unknown_terms

SECRET = Statement(select(tables.database.c.secret))
CHUNK = 1000
FIRST_CHUNK = 100
"""Records read at a time where a list is streamed, and of those the first."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: documents with commas between, sealed cursors, and what was asked for beside them."""

    documents: bytes
    version: str
    next: str | None = None
    prev: str | None = None
    more: dict[str, Any] = field(default_factory=dict)
    linked: bytes | None = None

    def body(self, next_path: str | None, prev_path: str | None) -> bytes:
        """Give the page as JSON (api.md §2)."""
        parts = [
            b'{"items":[',
            self.documents,
            b'],"next":',
            orjson.dumps(next_path),
            b',"prev":',
            orjson.dumps(prev_path),
        ]
        for name, value in self.more.items():
            parts += [b",", orjson.dumps(name), b":", orjson.dumps(value)]
        if self.linked is not None:
            parts += [b',"linked":{', self.linked, b"}"]
        parts.append(b"}")
        return b"".join(parts)


def is_single_statement(query: ListQuery) -> bool:
    """Say whether a page is read by a single statement, once its terms and the cursors' secret are known."""
    if query.source or query.include or query.facets or query.count != "none":
        return False
    if query.sort.name == "relevance" or any(one.references or one.prepare for one in query.conditions):
        return False
    kind = query.kind.kind if query.kind else None
    return not PageQuestion(kind, tables.OWN_VIEW, query.conditions, {}, query.sort, CHUNK).narrowing


async def list_records(db: Reading, query: ListQuery) -> Page:
    """Answer one page.

    Raises:
        BadRequest: the query refers to nothing, or its cursor is of another list.
    """
    question = await _narrowed_question(db, query)
    beside = not {"linked", "incoming"}.isdisjoint(query.include)
    if query.fields or beside or question.sort.name == "relevance":
        return (await _page_of_rows(db, query, question))[0]
    statement, parameters = question.joined()
    rows = await (db.fetch if question.quick else db.fetch_slow)(statement, parameters)
    if not rows:
        return await _page(db, query, question, b"", await db.version(), None)
    documents, version = rows[0][:2]
    edges = _Edges.of([row[2:] for row in rows[:2]], question, more_follow=len(rows) > 2)
    # Postgres gives text, which SQLite is spared to check.
    joined = documents.encode() if isinstance(documents, str) else documents
    return await _page(db, query, question, joined, version, edges)


async def list_page(db: Reading, query: ListQuery) -> tuple[Page, Rows]:
    """Answer one page, and give its rows: document, version, key of the record, keys of the sort.

    Raises:
        BadRequest: the query refers to nothing, or its cursor is of another list.
    """
    return await _page_of_rows(db, query, await _narrowed_question(db, query))


async def _page_of_rows(db: Reading, query: ListQuery, question: PageQuestion) -> tuple[Page, Rows]:
    rows, more_follow = await _page_rows(db, question)
    documents = [row[0] for row in rows]
    if query.fields:
        documents = [project(document, query.fields) for document in documents]
    version = rows[0][1] if rows else await db.version()
    edges = _Edges(rows[0][3:], rows[-1][3:], more_follow) if rows else None
    page = await _page(db, query, question, ",".join(documents).encode(), version, edges)
    if "linked" in query.include:
        page = replace(page, linked=await _linked(db, question.view, rows))
    if "incoming" in query.include:
        incoming = await referrers_on_page(db, [row[2] for row in rows], question.view)
        page = replace(page, more=page.more | incoming)
    return page, rows


@dataclass(frozen=True, slots=True)
class _Edges:
    """The keys of a page's first and last record, and whether more follow in the direction of reading."""

    first: tuple[Any, ...]
    last: tuple[Any, ...]
    more_follow: bool

    @classmethod
    def of(cls, read: Sequence[tuple[Any, ...]], question: PageQuestion, *, more_follow: bool) -> "_Edges":
        """Take the first key that was read and, where the page is full, the last."""
        first, last = (read[-1], read[0]) if question.backward else (read[0], read[-1])
        return cls(first, last, more_follow)


async def _page(
    db: Reading,
    query: ListQuery,
    question: PageQuestion,
    documents: bytes,
    version: str,
    edges: _Edges | None,
) -> Page:
    following, preceding = await _seal(db, query, question, edges)
    more: dict[str, Any] = {}
    if query.count != "none":
        more["count"] = await count(db, question)
    if query.facets:
        more |= await count_facets(db, question, query.facets)
    if query.explain:
        more["explanation"] = explain(query)
    return Page(documents, version, following, preceding, more)


async def _narrowed_question(db: Reading, query: ListQuery) -> PageQuestion:
    question = await make_question(db, query)
    # Matches by relevance are read off the text index, which begins with them anyway.
    by_relevance = question.sort.name == "relevance" and query.count == "none" and not query.facets
    return question if by_relevance else await narrowed(db, question)


async def narrowed(db: Reading, question: PageQuestion) -> PageQuestion:
    """Find out which condition of a question leaves few records, if one does."""
    narrowing = question.narrowing
    if not narrowing:
        return question
    asked = {**question.parameters, **question.whole_limits(), "view": question.view, "kind": question.kind}
    [numbers] = await db.fetch_slow(counts(Clauses(narrowing)), asked | {"most": FEW + 1})
    least = min(numbers)
    return question if least > FEW else replace(question, few=narrowing[numbers.index(least)])


async def make_question(db: Reading, query: ListQuery) -> PageQuestion:
    """Find what the query refers to, and put the question to the database together."""
    named = [term for condition in query.conditions for term in condition.terms]
    if named:
        await refuse_unknown_terms(db, named)
    view = tables.OWN_VIEW
    if query.source is not None:
        view = (await find_keys(db, {"policy": query.source}))["policy"]
    parameters = await fill(db, query.conditions)
    cursor = None
    if query.cursor is not None:
        cursor = await _open(db, query)
    return PageQuestion(
        kind=query.kind.kind if query.kind else None,
        view=view,
        conditions=query.conditions,
        parameters=parameters,
        sort=query.sort,
        limit=query.limit or CHUNK,
        cursor=cursor,
    )


async def _page_rows(db: Reading, question: PageQuestion) -> tuple[Rows, bool]:
    """Read the rows of a page in the list's order, and whether more follow in the page's direction."""
    if question.sort.name == "relevance":
        rows = await relevant_rows(db, question)
    else:
        statement, parameters = question.statement()
        fetch = db.fetch if question.quick else db.fetch_slow
        rows = await fetch(statement, parameters)
    more_follow = len(rows) > question.limit
    rows = rows[: question.limit]
    return (rows[::-1] if question.backward else rows), more_follow


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a whole list, the version they were read at, and the question for those that follow."""

    rows: Rows
    version: str
    following: PageQuestion | None
    left: int | None


async def first_chunk(db: Reading, query: ListQuery) -> Chunk:
    """Read the beginning of a whole list: a small part, so that its first byte comes as fast as a short list's.

    Raises:
        BadRequest: the query refers to nothing, or its cursor is of another list or leads backward.
    """
    question = await _narrowed_question(db, query)
    if question.backward:
        raise _refused_cursor("Give a limit as well: a list without one only goes on forward.")
    return await _chunk(db, question, query.limit, FIRST_CHUNK)


async def next_chunk(db: Reading, chunk: Chunk) -> Chunk:
    """Read on where a chunk ended; there must be more to come."""
    if chunk.following is None:
        raise ValueError("the list has ended")
    return await _chunk(db, chunk.following, chunk.left, CHUNK)


async def _chunk(db: Reading, question: PageQuestion, left: int | None, size: int) -> Chunk:
    question = replace(question, limit=size if left is None else min(left, size))
    rows, more_follow = await _page_rows(db, question)
    left = None if left is None else left - len(rows)
    if more_follow and left != 0:
        following = replace(question, cursor=Cursor(tuple(rows[-1][3:]), backward=False))
        return Chunk(rows, rows[0][1], following, left)
    return Chunk(rows, rows[0][1] if rows else await db.version(), None, left)


async def count(db: Reading, question: PageQuestion) -> int:
    """Count all that the question asks for."""
    statement, parameters = Counting(question).total()
    rows = await db.fetch_slow(statement, parameters)
    return int(rows[0][0])


async def _seal(
    db: Reading, query: ListQuery, question: PageQuestion, edges: _Edges | None
) -> tuple[str | None, str | None]:
    """Seal the cursors of the next and the previous page, where there is one."""
    if edges is None:
        return None, None
    has_next = edges.more_follow or question.backward
    has_prev = question.cursor is not None and (edges.more_follow or not question.backward)
    if not (has_next or has_prev):
        return None, None
    secret, purpose = await cursor_secret(db), query.purpose
    return (
        Cursor(edges.last, backward=False).seal(secret, purpose) if has_next else None,
        Cursor(edges.first, backward=True).seal(secret, purpose) if has_prev else None,
    )


async def _open(db: Reading, query: ListQuery) -> Cursor:
    try:
        cursor = open_cursor(query.cursor or "", await cursor_secret(db), query.purpose)
    except InvalidCursor as error:
        detail = "Take cursors from next or prev of the same list, with the same filters and sort."
        raise _refused_cursor(detail) from error
    if query.sort.dated and cursor.key[0] not in DATE_PARTS:
        raise _refused_cursor("It is of an earlier version of this service: begin the list again.")
    if query.sort.name in ("title", "-title"):
        return replace(cursor, key=(bytes.fromhex(cursor.key[0]), *cursor.key[1:]))
    return cursor


def _refused_cursor(detail: str) -> BadRequest:
    return BadRequest(
        "The query cannot be answered as it stands.",
        code="invalid_query",
        faults=[Fault("invalid_cursor", detail, parameter="cursor")],
    )


async def cursor_secret(db: Reading) -> bytes:
    """Give the key that cursors are signed with: one for the whole database, for all its life."""
    kept = db.database.cursor_secret
    if kept is None:
        kept = db.database.cursor_secret = bytes((await db.fetch(SECRET, {}))[0][0])
    return kept


async def _linked(db: Reading, view: int, rows: Rows) -> bytes:
    records = [row[2] for row in rows]
    if view != tables.OWN_VIEW:
        return await linked_in_view(db, records, [row[0] for row in rows], view)
    cards = await db.fetch(CARDS_OF, {"records": records})
    return ",".join(f'"{COLLECTIONS[kind]}/{record_id}":{card}' for kind, record_id, card in cards).encode()


def project(document: str, fields: Sequence[str]) -> str:
    """Keep some fields of a document; kind, id and href always stay."""
    kept = {"kind", "id", "href", *fields}
    return orjson.dumps(
        {name: value for name, value in orjson.loads(document).items() if name in kept}
    ).decode()
