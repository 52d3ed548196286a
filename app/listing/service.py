"""Lists: one page of the records that a query matches, and everything that comes with it."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import orjson

from app.database import tables
from app.database.engine.database import cursor_secret
from app.database.engine.read_snapshot import ReadConnection, Rows
from app.formats.format import FormatItem, Projection
from app.listing.bound_query import CHUNK, BoundQuery, bind_query, choose_driver
from app.listing.count_sql import CountStatements
from app.listing.facets import count_facets
from app.listing.hints import likely_mistakes
from app.listing.query import ListQuery, explain
from app.listing.relevance.service import relevant_rows
from app.reading.cards import CARDS_IN_VIEW, CARDS_OF, join_cards, linked_in_view, names_of_linked
from app.reading.chosen_names import NameChoice
from app.reading.documents import PORTION_BYTES, with_large_documents
from app.reading.format_items import items_of, project, related_query_runner
from app.reading.incoming_links import incoming_links_on_page
from app.reading.service import ALL
from app.schemas.parameters import PAGE_BYTES
from app.values.cursor import Cursor

MAX_LINKED: Final = 10_000
"""Records that a page of several may have in `linked`: a page that refers to more is cut."""

LONG: Final = 200_000
"""Characters of documents from which on a thread is worth it."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: documents joined with commas, sealed cursors, and what was asked for besides."""

    documents: bytes
    version: str
    next: str | None = None
    prev: str | None = None
    more: dict[str, Any] = field(default_factory=dict)
    linked: bytes | None = None

    def body(self, next_path: str | None, prev_path: str | None) -> bytes:
        """Return the page as JSON."""
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
    """Return whether a page is mostly read by a single statement, once its terms and the cursors' secret are known."""
    if query.source or query.include or query.facets or query.count != "none":
        return False
    if any(one.references or one.prepare for one in query.conditions):
        return False
    if query.sort.name == "relevance":
        return True
    kind = query.kind.kind if query.kind else None
    return not BoundQuery(kind, tables.CANONICAL_VIEW, query.conditions, {}, query.sort, CHUNK).narrowing


async def list_records(db: ReadConnection, query: ListQuery) -> Page:
    """Return one page.

    Raises:
        BadRequest: the query refers to nothing, or its cursor is of another list.
    """
    question = await bound_query(db, query)
    beside = not {"linked", "incoming"}.isdisjoint(query.include)
    if query.fields or beside or question.sort.name == "relevance":
        return await _page_of_rows(db, query, question)
    statement, parameters = question.joined()
    rows = await (db.fetch if question.quick else db.fetch_slow)(statement, parameters)
    if not rows:
        return await _page(db, query, question, await db.version(), None)
    documents, version = rows[0][:2]
    db.note_version(version)
    if documents is None:
        return await _page_of_rows(db, query, question)
    edges = _Edges.of([row[2:] for row in rows[:2]], question, more_follow=len(rows) > 2)
    # Postgres returns text, SQLite bytes, which saves checking their encoding.
    joined = documents.encode() if isinstance(documents, str) else documents
    if query.names.may_change(joined):
        joined = await _in_thread_if_long(db, len(joined), partial(query.names.joined, joined))
    return replace(await _page(db, query, question, version, edges), documents=joined)


async def list_page(db: ReadConnection, query: ListQuery, most_bytes: int = PAGE_BYTES) -> tuple[Page, Rows]:
    """Return one page without documents, and its rows: document, version, key of the record, keys of the sort.

    Raises:
        BadRequest: the query refers to nothing, or its cursor is of another list.
    """
    question = replace(await bound_query(db, query), most_bytes=most_bytes)
    return await _page_and_rows(db, query, question)


async def _page_of_rows(db: ReadConnection, query: ListQuery, question: BoundQuery) -> Page:
    page, rows = await _page_and_rows(db, query, question)
    documents = [row[0] for row in rows]
    join = partial(_joined, documents, query.fields, query.names)
    return replace(page, documents=await _in_thread_if_long(db, sum(map(len, documents)), join))


async def _page_and_rows(db: ReadConnection, query: ListQuery, question: BoundQuery) -> tuple[Page, Rows]:
    rows, more_follow = await page_rows(db, question)
    linked: bytes | None = None
    if "linked" in query.include:
        rows, linked, all_fit = await _linked(
            db, question.view, rows, query.names, backward=question.backward
        )
        more_follow = more_follow or not all_fit
    version = rows[0][1] if rows else await db.version()
    db.note_version(version)
    edges = _Edges(rows[0][3:], rows[-1][3:], more_follow) if rows else None
    page = replace(await _page(db, query, question, version, edges), linked=linked)
    if "incoming" in query.include:
        incoming = await incoming_links_on_page(db, [row[2] for row in rows], question.view, query.names)
        page = replace(page, more=page.more | incoming)
    return page, rows


def _joined(documents: Sequence[str], fields: Sequence[str], names: NameChoice) -> bytes:
    """Join documents with commas, with the names and reduced to the fields that are wanted."""
    named = (names.stored(one) for one in documents) if names else documents
    chosen = (project(one, fields) for one in named) if fields else named
    return b",".join([one.encode() for one in chosen])


async def _in_thread_if_long(db: ReadConnection, characters: int, work: Callable[[], bytes]) -> bytes:
    return await db.in_thread(work) if characters > LONG else work()


@dataclass(frozen=True, slots=True)
class _Edges:
    """The keys of a page's first and last record, and whether more follow in the direction of reading."""

    first: tuple[Any, ...]
    last: tuple[Any, ...]
    more_follow: bool

    @classmethod
    def of(cls, read: Sequence[tuple[Any, ...]], question: BoundQuery, *, more_follow: bool) -> "_Edges":
        """Return the first key that was read and, where the page is full, the last."""
        first, last = (read[-1], read[0]) if question.backward else (read[0], read[-1])
        return cls(first, last, more_follow)


async def _page(
    db: ReadConnection,
    query: ListQuery,
    question: BoundQuery,
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
    if edges is None and query.cursor is None and (warnings := await likely_mistakes(db, question)):
        more["warnings"] = warnings
    return Page(b"", version, following, preceding, more)


async def bound_query(db: ReadConnection, query: ListQuery) -> BoundQuery:
    """Bind the query of a list, and choose its driver, if there is a selective condition."""
    question = await bind_query(db, query)
    # Matches by relevance are read from the text index, which drives the statement anyway.
    by_relevance = question.sort.name == "relevance" and query.count == "none" and not query.facets
    return question if by_relevance else await choose_driver(db, question)


async def page_rows(db: ReadConnection, question: BoundQuery) -> tuple[Rows, bool]:
    """Read the rows of a page in the list's order, and whether more follow in the page's direction."""
    while True:
        if question.sort.name == "relevance":
            found = await relevant_rows(db, question)
        else:
            statement, parameters = question.statement()
            fetch = db.fetch if question.quick else db.fetch_slow
            found = await fetch(statement, parameters)
        some = found[: question.limit]
        rows, all_fit = await with_large_documents(db, some, question.view, question.most_bytes)
        # All of the records found may be gone before their documents are read: then the list has changed.
        if rows or not some:
            break
    more_follow = len(found) > question.limit or not all_fit
    return (rows[::-1] if question.backward else rows), more_follow


async def count(db: ReadConnection, question: BoundQuery) -> int:
    """Count all records that the query matches."""
    statement, parameters = CountStatements(question).total()
    rows = await db.fetch_slow(statement, parameters)
    return int(rows[0][0])


async def _seal(
    db: ReadConnection, query: ListQuery, question: BoundQuery, edges: _Edges | None
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


async def _linked(
    db: ReadConnection, view: int, rows: Rows, names: NameChoice, *, backward: bool
) -> tuple[Rows, bytes, bool]:
    """Return the members of `linked` for the rows of a page, or for as many of them as fit; and whether all do."""
    own = view == tables.CANONICAL_VIEW
    kept = len(rows)
    while True:
        some = rows[len(rows) - kept :] if backward else rows[:kept]
        most = MAX_LINKED if kept > 1 else ALL
        asked = {"records": [row[2] for row in some], "view": view, "most": most + 1}
        cards = await db.fetch(CARDS_OF if own else CARDS_IN_VIEW, asked)
        if len(cards) <= most:
            break
        kept = (kept + 1) // 2
    chosen = await names_of_linked(db, [row[2] for row in some], view, names)
    documents = [row[0] for row in some]
    linked = join_cards(cards, chosen) if own else linked_in_view(cards, documents, chosen)
    return some, linked, kept == len(rows)


async def list_items(
    db: ReadConnection, query: ListQuery, view: Projection, names: NameChoice
) -> tuple[Page, AsyncIterator[list[FormatItem]]]:
    """Return one page without its documents, and its items in chunks, shown with the names that are wanted.

    Raises:
        BadRequest: the query refers to nothing, or its cursor is of another list.
    """
    page, rows = await list_page(db, query, PORTION_BYTES)
    return page, items_of(related_query_runner(db, rows), rows, view, names)
