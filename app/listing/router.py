"""`GET /v1/{collection}`: lists of each kind, as JSON and in every other format."""

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.formats import FORMATS, MISSING, formats_for
from app.formats.format import Format, Use
from app.formats.responses import Formatter, headers_of, refuse_aside, view_of
from app.formats.serialize import MOST_HELD, together, too_large, write_stream
from app.listing.chunks import Traversal
from app.listing.query import ListQuery, known_parameters, read_list_query
from app.listing.schemas import list_operation
from app.listing.service import Page, is_single_statement, list_items, list_records
from app.records.kinds import RECORD_KINDS, RecordKind
from app.schemas.query import read_query
from app.settings import Settings
from app.web.auth import authenticate
from app.web.caching import CachedResponse, ResponseCache, cache_key, cache_of, send_cached, version_etag
from app.web.headers import JSON_FORMAT, header, names, negotiate
from app.web.responses import JSON_HEADERS, page_links, send_empty, send_stream
from app.web.routes import AsgiRoute, with_leniency

LIST_FORMATS: Final = formats_for(Use.LIST)
_SHORT_QUERY: Final = 1000


@dataclass(frozen=True, slots=True)
class ListFormatter(Formatter):
    """Sends lists in formats other than JSON_FORMAT."""

    async def list(
        self,
        db: Database,
        form: Format,
        query: ListQuery,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        name: str,
    ) -> None:
        """Send a page of a list, or the whole of it where the format streams.

        `name` is the title of the list, and of a file of it.
        """
        refuse_asides(query)
        key = self.key(scope, form.name)
        view = view_of(form, query.fields)
        about = self.about(scope, query.kind, name.capitalize(), query.fields)
        headers = headers_of(form, name, scope["query_string"], query.kind)
        if query.limit is None:
            found = Traversal(db, query, view)
            pieces = write_stream(form, found.chunks(), about)
            await send_stream(
                scope, receive, send, headers, pieces, etag=lambda: version_etag(found.version, key)
            )
            return

        async def read(reading: ReadConnection) -> tuple[Page, bytes]:
            page, items = await list_items(reading, query, view)
            body, whole = await together(write_stream(form, items, about), MOST_HELD)
            if not whole:
                raise too_large(form)
            return page, body

        page, body = await db.answer(read)
        headers += page_links(scope, page.next, page.prev).headers
        made = CachedResponse(page.version, version_etag(page.version, key), headers, body)
        self.cache.put(key, made)
        await send_cached(scope, send, made)


def refuse_asides(query: ListQuery) -> None:
    """Refuse parameters that only JSON supports.

    Raises:
        BadRequest: linked records, facets, a count or an explanation are asked for.
    """
    asked = {
        "include": bool(query.include),
        "facets": bool(query.facets) and not query.include,
        "count": query.count != "none",
        "explain": query.explain,
    }
    refuse_aside(*(name for name, is_asked in asked.items() if is_asked))


@dataclass(frozen=True, slots=True)
class ListReader:
    """What the lists of all kinds share."""

    app: FastAPI
    settings: Settings
    cache: ResponseCache
    formatter: ListFormatter

    @property
    def db(self) -> Database:
        """The database, open while the application runs."""
        database: Database = self.app.state.db
        return database

    async def list(self, kind: RecordKind, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `GET /v1/{collection}`."""
        if not self.settings.public_reads:
            await authenticate(self.app, scope, "read")
        format_name = negotiate(scope, LIST_FORMATS, MISSING)
        if format_name != JSON_FORMAT:
            await self._list_in(format_name, kind, scope, receive, send)
            return
        key = cache_key(scope, format_name)
        kept = self.cache.get(key)
        wanted = header(scope, b"if-none-match")
        if kept is not None or wanted:
            version = await self.db.version()
            if kept is not None and kept.version == version:
                await send_cached(scope, send, kept)
                return
            if wanted and names(wanted, version_etag(version, key)):
                await send_empty(send, 304, [(b"etag", version_etag(version, key)), *JSON_HEADERS[1:]])
                return
        query = self.list_query(kind, scope)
        page = await self.db.answer(
            lambda reading: list_records(reading, query), single=is_single_statement(query)
        )
        made = self._list_answer(scope, key, page)
        self.cache.put(key, made)
        await send_cached(scope, send, made)

    async def _list_in(
        self, format_name: str, kind: RecordKind, scope: Scope, receive: Receive, send: Send
    ) -> None:
        key = self.formatter.key(scope, format_name)
        if await self.formatter.answer_kept(self.db, scope, send, key, is_list=True):
            return
        form = FORMATS[format_name]
        query = self.list_query(kind, scope, paged=not form.streams)
        await self.formatter.list(self.db, form, query, scope, receive, send, name=kind.collection)

    def list_query(self, kind: RecordKind, scope: Scope, *, paged: bool = True) -> ListQuery:
        """Parse the query string of a list; `paged`: whether there is a default limit."""
        query: bytes = scope["query_string"]
        read = _read_short_list if len(query) <= _SHORT_QUERY else _read_list
        return read(kind, query, paged=paged)

    def _list_answer(self, scope: Scope, key: tuple[str, bytes, str], page: Page) -> CachedResponse:
        beside = page_links(scope, page.next, page.prev)
        body = page.body(beside.following, beside.preceding)
        return CachedResponse(
            page.version, version_etag(page.version, key), [*JSON_HEADERS, *beside.headers], body
        )


def _read_list(kind: RecordKind, query: bytes, *, paged: bool) -> ListQuery:
    return read_list_query(read_query(query), kind, paged=paged)


_read_short_list = lru_cache(maxsize=512)(_read_list)
"""Query strings of frequently requested lists are parsed once."""


def list_routes(app: FastAPI, settings: Settings) -> list[AsgiRoute]:
    """Return the lists of all six kinds."""
    cache = cache_of(app, settings)
    reader = ListReader(app, settings, cache, ListFormatter(settings, cache))
    return [
        AsgiRoute(
            f"/v1/{kind.collection}",
            with_leniency(partial(reader.list, kind), known_parameters(kind)),
            **list_operation(kind),
        )
        for kind in RECORD_KINDS
    ]
