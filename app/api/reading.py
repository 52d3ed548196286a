"""Reading over HTTP: one record, and lists of records."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.api.answers import Answer, AnswerCache, cache_of
from app.api.auth import admit
from app.api.describing import list_operation, record_operation
from app.api.formatting import ListFormatter, RecordFormatter, refuse_aside
from app.api.history import KNOWN_AT, answer_known_at
from app.api.leniency import leniently
from app.api.negotiation import JSON, negotiate
from app.api.paging import answer, answer_key, list_etag, neighbours
from app.api.requests import header, names, query_values, read_query
from app.api.routing import Headers, RawRoute, send_bytes, send_empty
from app.errors import BadRequest
from app.formats import FORMATS, MISSING, Use, formats_for
from app.queries.condition import Values
from app.queries.listquery import (
    FIELDS,
    FORMAT,
    INCLUDE,
    POLICY,
    ListQuery,
    known_parameters,
    read_fields,
    read_list_query,
    read_policy,
    refuse_unknown,
)
from app.records import RECORDS, RecordKind
from app.settings import Settings
from app.store.engine import Database
from app.store.reading import Reading
from app.verbs.listing import Page, is_single_statement, list_records
from app.verbs.reading import MergedAway, RecordAnswer, read_record
from app.verbs.resolving import key_of_source

RECORD_PARAMETERS: Final = (POLICY, FIELDS, INCLUDE, FORMAT, KNOWN_AT)
RECORD_FORMATS: Final = formats_for(Use.RECORD)
LIST_FORMATS: Final = formats_for(Use.LIST)
_SHORT_QUERY: Final = 1000
_JSON_HEADERS: Final[Headers] = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-cache"),
    (b"vary", b"Accept"),
]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the query string of a record says.

    `source` is a reference to the source whose reading is asked; `incoming` says whether who refers to the
    record is to be listed.
    """

    source: str | None
    fields: Sequence[str]
    incoming: bool


@dataclass(frozen=True, slots=True)
class RecordReader:
    """What reading one record shares among the kinds."""

    app: FastAPI
    settings: Settings
    cache: AnswerCache
    formatter: RecordFormatter

    @property
    def db(self) -> Database:
        """The database, open while the application runs."""
        database: Database = self.app.state.db
        return database

    async def record(self, kind: RecordKind, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/{collection}/{id}`."""
        if not self.settings.public_reads:
            await admit(self.app, scope, "read")
        if b"known_at" in scope["query_string"]:
            try:
                await answer_known_at(self.db, kind, scope, send)
            except MergedAway as merged:
                await redirect(scope, send, merged.target)
            return
        format_name = negotiate(scope, RECORD_FORMATS, MISSING)
        if format_name != JSON:
            await self._record_in(format_name, kind, scope, send)
            return
        key = answer_key(scope, format_name)
        kept = self.cache.get(key)
        if kept is not None and kept.version == await self.db.version():
            await answer(scope, send, kept)
            return
        plain = not scope["query_string"]
        read = partial(_read, kind, scope["path_params"]["id"], _PLAIN if plain else _asked(kind, scope))
        try:
            found = await self.db.answer(read, single=plain)
        except MergedAway as merged:
            await redirect(scope, send, merged.target)
            return
        made = Answer(found.version, found.etag.encode(), _JSON_HEADERS, found.body)
        self.cache.put(key, made)
        await answer(scope, send, made)

    async def _record_in(self, format_name: str, kind: RecordKind, scope: Scope, send: Send) -> None:
        key = self.formatter.key(scope, format_name)
        if await self.formatter.answer_kept(self.db, scope, send, key, is_list=False):
            return
        asked = _asked(kind, scope)
        if asked.incoming:
            refuse_aside("include")
        try:
            await self.formatter.record(
                self.db, FORMATS[format_name], kind, scope, send, fields=asked.fields, source=asked.source
            )
        except MergedAway as merged:
            await redirect(scope, send, merged.target)


@dataclass(frozen=True, slots=True)
class ListReader:
    """What the lists of all kinds share."""

    app: FastAPI
    settings: Settings
    cache: AnswerCache
    formatter: ListFormatter

    @property
    def db(self) -> Database:
        """The database, open while the application runs."""
        database: Database = self.app.state.db
        return database

    async def list(self, kind: RecordKind, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `GET /v1/{collection}`."""
        if not self.settings.public_reads:
            await admit(self.app, scope, "read")
        format_name = negotiate(scope, LIST_FORMATS, MISSING)
        if format_name != JSON:
            await self._list_in(format_name, kind, scope, receive, send)
            return
        key = answer_key(scope, format_name)
        kept = self.cache.get(key)
        wanted = header(scope, b"if-none-match")
        if kept is not None or wanted:
            version = await self.db.version()
            if kept is not None and kept.version == version:
                await answer(scope, send, kept)
                return
            if wanted and names(wanted, list_etag(version, key)):
                await send_empty(send, 304, [(b"etag", list_etag(version, key)), *_JSON_HEADERS[1:]])
                return
        query = self.list_query(kind, scope)
        page = await self.db.answer(
            lambda reading: list_records(reading, query), single=is_single_statement(query)
        )
        made = self._list_answer(scope, key, page)
        self.cache.put(key, made)
        await answer(scope, send, made)

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
        """Read the query string of a list; `paged`: whether there is a limit where none is given."""
        query: bytes = scope["query_string"]
        read = _read_short_list if len(query) <= _SHORT_QUERY else _read_list
        return read(kind, query, paged=paged)

    def _list_answer(self, scope: Scope, key: tuple[str, bytes, str], page: Page) -> Answer:
        beside = neighbours(scope, page.next, page.prev)
        body = page.body(beside.following, beside.preceding)
        return Answer(page.version, list_etag(page.version, key), [*_JSON_HEADERS, *beside.headers], body)


_PLAIN: Final = Asked(None, (), incoming=False)


def _asked(kind: RecordKind, scope: Scope) -> Asked:
    values = query_values(scope)
    refuse_unknown(values, [parameter.name for parameter in RECORD_PARAMETERS])
    fields = read_fields(values, kind)
    source = read_policy(values)
    include = values.words("include")
    for word in include:
        if word not in ("linked", "incoming"):
            values.refuse("include", "unknown_value", "Choose among linked, incoming.")
    raise_faults(values)
    return Asked(source, fields, "incoming" in include)


async def _read(kind: RecordKind, record_id: str, asked: Asked, reading: Reading) -> RecordAnswer:
    key = await key_of_source(reading, asked.source)
    return await read_record(
        reading, kind, record_id, source=key, incoming=asked.incoming, fields=asked.fields
    )


def _read_list(kind: RecordKind, query: bytes, *, paged: bool) -> ListQuery:
    return read_list_query(read_query(query), kind, paged=paged)


_read_short_list = lru_cache(maxsize=512)(_read_list)
"""Lists that are watched are asked again and again: their query strings are read once."""


def raise_faults(values: Values) -> None:
    """Raise everything that was found wrong with a query.

    Raises:
        BadRequest: with all the faults, where there are any.
    """
    if values.faults:
        raise BadRequest(
            "The query cannot be answered as it stands.", code="invalid_query", faults=values.faults
        )


async def redirect(scope: Scope, send: Send, target: str) -> None:
    """Send a reader of a merged record on to where it went, parameters and all."""
    query: bytes = scope["query_string"]
    location = f"/v1/{target}".encode() + (b"?" + query if query else b"")
    body = b'{"status":308,"moved_to":"/v1/%s"}' % target.encode()
    await send_bytes(send, 308, [(b"location", location), (b"content-type", b"application/json")], body)


def routes(app: FastAPI, settings: Settings) -> list[RawRoute]:
    """Give the operations that read one record, of all six kinds."""
    cache = cache_of(app, settings)
    reader = RecordReader(app, settings, cache, RecordFormatter(settings, cache))
    return [
        RawRoute(
            f"/v1/{kind.collection}/{{id}}",
            leniently(partial(reader.record, kind), RECORD_PARAMETERS),
            **record_operation(kind, RECORD_PARAMETERS),
        )
        for kind in RECORDS
    ]


def list_routes(app: FastAPI, settings: Settings) -> list[RawRoute]:
    """Give the lists of all six kinds."""
    cache = cache_of(app, settings)
    reader = ListReader(app, settings, cache, ListFormatter(settings, cache))
    return [
        RawRoute(
            f"/v1/{kind.collection}",
            leniently(partial(reader.list, kind), known_parameters(kind)),
            **list_operation(kind),
        )
        for kind in RECORDS
    ]
