"""Reading over HTTP: one record, as JSON and in every other format."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.database.lookup import key_of_source
from app.errors import BadRequest, MergedInto
from app.formats import FORMATS, MISSING, formats_for
from app.formats.format import Format, FormatItem, Use
from app.formats.responses import Formatter, headers_of, iterate, refuse_aside, view_of
from app.formats.serialize import together, write_stream
from app.reading.format_items import read_item
from app.reading.schemas import record_operation
from app.reading.service import RecordAnswer, read_record, record_known_at
from app.records.kinds import RECORD_KINDS, RecordKind
from app.schemas.query import (
    FIELDS,
    FORMAT,
    INCLUDE,
    POLICY,
    Parameter,
    raise_faults,
    read_fields,
    read_policy,
    refuse_unknown,
)
from app.settings import Settings
from app.values.entity_tag import entity_tag
from app.values.timestamps import parse_rfc3339
from app.web.auth import authenticate
from app.web.caching import CachedResponse, ResponseCache, cache_key, cache_of, send_cached
from app.web.headers import JSON_FORMAT, JSON_ONLY, header, matches, negotiate
from app.web.responses import JSON_HEADERS, redirect, send_body, send_empty
from app.web.routes import AsgiRoute, query_values, with_leniency

KNOWN_AT: Final = Parameter(
    "known_at",
    "The record as this service had it at that moment (RFC 3339): 404 before it was born, 410 while it was "
    "deleted, itself before it was merged. The document alone, and no other parameter.",
    {"type": "string", "format": "date-time"},
)

RECORD_PARAMETERS: Final = (POLICY, FIELDS, INCLUDE, FORMAT, KNOWN_AT)
RECORD_FORMATS: Final = formats_for(Use.RECORD)


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """The parsed query string of a record.

    `source` is a reference to the source whose view is asked for; `incoming` says whether what refers to
    the record is to be listed.
    """

    source: str | None
    fields: Sequence[str]
    incoming: bool


@dataclass(frozen=True, slots=True)
class RecordFormatter(Formatter):
    """Sends one record in formats other than JSON_FORMAT."""

    async def record(
        self,
        db: Database,
        form: Format,
        kind: RecordKind,
        scope: Scope,
        send: Send,
        *,
        fields: Sequence[str],
        source: str | None,
    ) -> None:
        """Send one record; raises what `read_record` does, and `BadRequest` for an unknown `source`."""
        record_id = scope["path_params"]["id"]
        view = view_of(form, fields)

        async def read(reading: ReadConnection) -> tuple[FormatItem, RecordAnswer]:
            key = await key_of_source(reading, source)
            return await read_item(reading, kind, record_id, view, source=key)

        item, found = await db.answer(read)
        about = self.about(scope, kind, item.record.title if not fields else record_id, fields, one=True)
        body, _ = await together(write_stream(form, iterate([[item]]), about), sys.maxsize)
        headers = headers_of(form, record_id, scope["query_string"], kind)
        made = CachedResponse(found.version, entity_tag(found.revision, body).encode(), headers, body)
        self.cache.put(self.key(scope, form.name), made)
        await send_cached(scope, send, made)


@dataclass(frozen=True, slots=True)
class RecordReader:
    """What reading one record shares among the kinds."""

    app: FastAPI
    settings: Settings
    cache: ResponseCache
    formatter: RecordFormatter

    @property
    def db(self) -> Database:
        """The database, open while the application runs."""
        database: Database = self.app.state.db
        return database

    async def record(self, kind: RecordKind, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/{collection}/{id}`."""
        if not self.settings.public_reads:
            await authenticate(self.app, scope, "read")
        if b"known_at" in scope["query_string"]:
            try:
                await answer_known_at(self.db, kind, scope, send)
            except MergedInto as merged:
                await redirect(scope, send, merged.target)
            return
        format_name = negotiate(scope, RECORD_FORMATS, MISSING)
        if format_name != JSON_FORMAT:
            await self._record_in(format_name, kind, scope, send)
            return
        key = cache_key(scope, format_name)
        kept = self.cache.get(key)
        if kept is not None and kept.version == await self.db.version():
            await send_cached(scope, send, kept)
            return
        plain = not scope["query_string"]
        read = partial(_read, kind, scope["path_params"]["id"], _PLAIN if plain else _asked(kind, scope))
        try:
            found = await self.db.answer(read, single=plain)
        except MergedInto as merged:
            await redirect(scope, send, merged.target)
            return
        made = CachedResponse(found.version, found.etag.encode(), JSON_HEADERS, found.body)
        self.cache.put(key, made)
        await send_cached(scope, send, made)

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
        except MergedInto as merged:
            await redirect(scope, send, merged.target)


_PLAIN: Final = RecordQuery(None, (), incoming=False)


def _asked(kind: RecordKind, scope: Scope) -> RecordQuery:
    values = query_values(scope)
    refuse_unknown(values, [parameter.name for parameter in RECORD_PARAMETERS])
    fields = read_fields(values, kind)
    source = read_policy(values)
    include = values.words("include")
    for word in include:
        if word not in ("linked", "incoming"):
            values.refuse("include", "unknown_value", "Choose among linked, incoming.")
    raise_faults(values)
    return RecordQuery(source, fields, "incoming" in include)


async def _read(
    kind: RecordKind, record_id: str, asked: RecordQuery, reading: ReadConnection
) -> RecordAnswer:
    key = await key_of_source(reading, asked.source)
    return await read_record(
        reading, kind, record_id, source=key, incoming=asked.incoming, fields=asked.fields
    )


def routes(app: FastAPI, settings: Settings) -> list[AsgiRoute]:
    """Return the operations that read one record, of all six kinds."""
    cache = cache_of(app, settings)
    reader = RecordReader(app, settings, cache, RecordFormatter(settings, cache))
    return [
        AsgiRoute(
            f"/v1/{kind.collection}/{{id}}",
            with_leniency(partial(reader.record, kind), RECORD_PARAMETERS),
            **record_operation(kind, RECORD_PARAMETERS),
        )
        for kind in RECORD_KINDS
    ]


async def answer_known_at(db: Database, kind: RecordKind, scope: Scope, send: Send) -> None:
    """Answer `GET /v1/{collection}/{id}?known_at=`: the document alone, as of that moment.

    Raises:
        BadRequest: the moment is malformed, or there is another parameter beside it.
        NotFound, Gone, MergedInto: as `record_known_at`.
    """
    negotiate(scope, JSON_ONLY)
    values = query_values(scope)
    given = values.one(KNOWN_AT.name)
    for name in values.names():
        if name not in (KNOWN_AT.name, "format"):
            values.refuse(name, "conflicting_parameter", "Leave this out where known_at is given.")
    at = 0
    try:
        at = parse_rfc3339(given or "")
    except ValueError:
        detail = "Give a moment with its offset (RFC 3339), such as 2026-01-03T12:00:00Z; write + as %2B."
        values.refuse(KNOWN_AT.name, "invalid_moment", detail)
    if values.faults:
        raise BadRequest(
            "The query cannot be answered as it stands.", code="invalid_query", faults=values.faults
        )
    record_id = scope["path_params"]["id"]
    body, revision = await db.answer(
        lambda reading: record_known_at(reading, kind, record_id, at), single=True
    )
    etag = entity_tag(revision, body).encode()
    wanted = header(scope, b"if-none-match")
    if wanted and matches(wanted, etag):
        return await send_empty(send, 304, [(b"etag", etag), *JSON_HEADERS[1:]])
    return await send_body(scope, send, body, [(b"etag", etag), *JSON_HEADERS])
