"""Records and lists in any format but plain JSON, which `reading` answers by itself."""

import re
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from starlette.types import Receive, Scope, Send

import app
from app.api.answers import Answer, AnswerCache, Key
from app.api.paging import answer, answer_key, list_etag, neighbours
from app.api.requests import header, names
from app.api.routing import Headers, send_empty
from app.api.streaming import send_stream
from app.errors import BadRequest, Fault
from app.formats import About, Format
from app.formats.serialising import MOST_HELD, together, too_large, write_stream
from app.queries.listquery import ListQuery
from app.records import RecordKind
from app.records.item import Item
from app.settings import Settings
from app.store.engine import Database
from app.store.reading import Reading
from app.verbs.listing import Page
from app.verbs.reading import RecordAnswer, entity_tag
from app.verbs.resolving import key_of_source
from app.verbs.traversing import Traversal, View, list_items, read_item

T = TypeVar("T")

_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_POLICY: Final = b"default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class Formatter:
    """What answers in other formats than JSON share."""

    settings: Settings
    cache: AnswerCache

    def key(self, scope: Scope, name: str) -> Key:
        """Give what an answer is kept under: absolute ids make it depend on the address that was asked."""
        return answer_key(scope, f"{name} {base_of(scope, self.settings)} {app.__version__}")

    async def answer_kept(self, db: Database, scope: Scope, send: Send, key: Key, *, is_list: bool) -> bool:
        """Answer from the cache, or with 304; say whether that was possible."""
        kept, wanted = self.cache.get(key), header(scope, b"if-none-match")
        if kept is None and not (wanted and is_list):
            return False
        version = await db.version()
        if kept is not None and kept.version == version:
            await answer(scope, send, kept)
            return True
        if is_list and names(wanted, list_etag(version, key)):
            fixed = [(b"cache-control", b"no-cache"), (b"vary", b"Accept")]
            await send_empty(send, 304, [(b"etag", list_etag(version, key)), *fixed])
            return True
        return False

    def about(
        self, scope: Scope, kind: RecordKind | None, title: str, fields: Sequence[str], *, one: bool = False
    ) -> About:
        """Say what an answer is about, for formats that say it."""
        return About(base_of(scope, self.settings), title, kind, one, tuple(fields))


@dataclass(frozen=True, slots=True)
class RecordFormatter(Formatter):
    """Answers with one record."""

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
        """Answer with one record; raises what `read_record` does, and `BadRequest` for an unknown `source`."""
        record_id = scope["path_params"]["id"]
        view = view_of(form, fields)

        async def read(reading: Reading) -> tuple[Item, RecordAnswer]:
            key = await key_of_source(reading, source)
            return await read_item(reading, kind, record_id, view, source=key)

        item, found = await db.answer(read)
        about = self.about(scope, kind, item.record.title if not fields else record_id, fields, one=True)
        body, _ = await together(write_stream(form, _each([[item]]), about), sys.maxsize)
        headers = headers_of(form, record_id, scope["query_string"], kind)
        made = Answer(found.version, entity_tag(found.revision, body).encode(), headers, body)
        self.cache.put(self.key(scope, form.name), made)
        await answer(scope, send, made)


@dataclass(frozen=True, slots=True)
class ListFormatter(Formatter):
    """Answers with lists."""

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
        """Answer with a page of a list, or with the whole of it where the format goes on without end.

        `name` is what the list is called, and a file of it.
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
                scope, receive, send, headers, pieces, etag=lambda: list_etag(found.version, key)
            )
            return

        async def read(reading: Reading) -> tuple[Page, bytes]:
            page, items = await list_items(reading, query, view)
            body, whole = await together(write_stream(form, items, about), MOST_HELD)
            if not whole:
                raise too_large(form)
            return page, body

        page, body = await db.answer(read)
        headers += neighbours(scope, page.next, page.prev).headers
        made = Answer(page.version, list_etag(page.version, key), headers, body)
        self.cache.put(key, made)
        await answer(scope, send, made)


async def _each(things: Iterable[T]) -> AsyncIterator[T]:
    for one in things:
        yield one


def view_of(form: Format, fields: Sequence[str]) -> View:
    """Say how much of records a format looks at, where some of their fields are wanted."""
    return View([*fields, *form.keeps] if fields else (), form.beside)


def refuse_asides(query: ListQuery) -> None:
    """Refuse what only JSON has room for.

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


def refuse_aside(*names: str) -> None:
    """Refuse parameters that ask for what only JSON has room for.

    Raises:
        BadRequest: there are any.
    """
    detail = "Only JSON has room for this: leave it out, or ask for format=json."
    faults = [Fault("only_in_json", detail, parameter=name) for name in names]
    if faults:
        raise BadRequest("The query cannot be answered as it stands.", code="invalid_query", faults=faults)


def base_of(scope: Scope, settings: Settings) -> str:
    """Give the address that the service is known by, without a slash at its end.

    That is `ANNALS_PUBLIC_URL`, else what the request says; a `Host` that is none is not believed.
    """
    if settings.public_url:
        return settings.public_url
    host = header(scope, b"host")
    if not _HOST.fullmatch(host):
        name, port = scope.get("server") or ("localhost", None)
        host = f"{name}:{port}".encode() if port else str(name).encode()
    return f"{scope.get('scheme', 'http')}://{host.decode('ascii', 'replace')}"


def headers_of(form: Format, name: str, query_string: bytes, kind: RecordKind | None) -> Headers:
    """Give the headers of an answer in a format; `name` is what a file would be called."""
    disposition = "attachment" if form.attachment else "inline"
    headers = [
        (b"content-type", form.content_type.encode()),
        (b"cache-control", b"no-cache"),
        (b"vary", b"Accept"),
        (b"content-disposition", f'{disposition}; filename="{name}{form.suffix}"'.encode()),
    ]
    if form.name == "svg":
        headers.append((b"content-security-policy", _POLICY))
    if form.name == "csv" and kind is not None:
        # The schema has the columns that were asked for.
        asked = [part for part in query_string.split(b"&") if part.startswith(b"fields=")]
        query = b"?" + b"&".join(asked) if asked else b""
        schema = b"/v1/formats/csv/" + kind.collection.encode() + query
        headers.append((b"link", b"<" + schema + b'>; rel="describedby"; type="application/json"'))
    return headers
