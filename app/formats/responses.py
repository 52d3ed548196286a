"""Responses in any format but plain JSON, which `reading` and `listing` send themselves."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from starlette.types import Scope, Send

import app
from app.database.engine.database import Database
from app.errors import BadRequest, Fault
from app.formats import FORMATS
from app.formats.format import About, Format, Projection, Use
from app.records.kinds import RecordKind
from app.settings import Settings
from app.web.caching import CacheKey, ResponseCache, cache_key, send_cached, version_etag
from app.web.headers import base_of, header, names
from app.web.responses import Headers, send_empty

T = TypeVar("T")
_POLICY: Final = b"default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class Formatter:
    """What responses in other formats than JSON share."""

    settings: Settings
    cache: ResponseCache

    def key(self, scope: Scope, name: str) -> CacheKey:
        """Return the cache key of a response: absolute ids make it depend on the host of the request."""
        return cache_key(scope, f"{name} {base_of(scope, self.settings)} {app.__version__}")

    async def answer_kept(
        self, db: Database, scope: Scope, send: Send, key: CacheKey, *, is_list: bool
    ) -> bool:
        """Answer from the cache, or with 304; return whether that was possible."""
        kept, wanted = self.cache.get(key), header(scope, b"if-none-match")
        if kept is None and not (wanted and is_list):
            return False
        version = await db.version()
        if kept is not None and kept.version == version:
            await send_cached(scope, send, kept)
            return True
        if is_list and names(wanted, version_etag(version, key)):
            fixed = [(b"cache-control", b"no-cache"), (b"vary", b"Accept")]
            await send_empty(send, 304, [(b"etag", version_etag(version, key)), *fixed])
            return True
        return False

    def about(
        self, scope: Scope, kind: RecordKind | None, title: str, fields: Sequence[str], *, one: bool = False
    ) -> About:
        """Return what a response is about, for formats that say it."""
        return About(base_of(scope, self.settings), title, kind, one, tuple(fields))


async def iterate(things: Iterable[T]) -> AsyncIterator[T]:
    """Yield things as an asynchronous iterator."""
    for one in things:
        yield one


def view_of(form: Format, fields: Sequence[str]) -> Projection:
    """Return how much of records a format reads, where some of their fields are wanted."""
    return Projection([*fields, *form.keeps] if fields else (), form.beside)


def refuse_aside(*names: str) -> None:
    """Refuse parameters that only JSON supports.

    Raises:
        BadRequest: there are any.
    """
    detail = "Only JSON has room for this: leave it out, or ask for format=json."
    faults = [Fault("only_in_json", detail, parameter=name) for name in names]
    if faults:
        raise BadRequest("The query cannot be answered as it stands.", code="invalid_query", faults=faults)


def headers_of(form: Format, name: str, query_string: bytes, kind: RecordKind | None) -> Headers:
    """Return the headers of a response in a format; `name` is the file name that is suggested."""
    return [
        (b"content-type", form.content_type.encode()),
        (b"cache-control", b"no-cache"),
        (b"vary", b"Accept"),
        *file_headers(form, name, query_string, kind),
    ]


def file_headers(form: Format, name: str, query_string: bytes, kind: RecordKind | None) -> Headers:
    """Return the headers that a file in a format has besides its media type; `name` is the name that is suggested."""
    disposition = "attachment" if form.attachment else "inline"
    headers = [(b"content-disposition", f'{disposition}; filename="{name}{form.suffix}"'.encode())]
    if form.name == "svg":
        headers.append((b"content-security-policy", _POLICY))
    if form.name == "csv" and kind is not None:
        # The schema has the columns that were asked for.
        asked = [part for part in query_string.split(b"&") if part.startswith(b"fields=")]
        query = b"?" + b"&".join(asked) if asked else b""
        schema = b"/v1/formats/csv/" + kind.collection.encode() + query
        headers.append((b"link", b"<" + schema + b'>; rel="describedby"; type="application/json"'))
    return headers


def other_formats(use: Use) -> dict[str, Any]:
    """Return the OpenAPI media types of every format but JSON that a use has."""
    return {
        form.media_type: {"schema": format_schema(form)}
        for form in FORMATS.values()
        if use in form.uses and form.name != "json"
    }


def format_schema(form: Format) -> dict[str, Any]:
    """Return the schema of a response in a format: any JSON, or text."""
    schema = {"description": form.rule}
    return schema if form.media_type.endswith(("/json", "+json")) else schema | {"type": "string"}
