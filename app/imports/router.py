"""`POST /v1/imports`: whole data sets in, streamed, without the usual limit on bodies."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Depends, Query
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from app import errors
from app.errors import BadRequest, Conflict, Fault, InvalidDocument
from app.imports.documents import ImportFile
from app.imports.import_rows import SourceFile
from app.imports.multipart import MULTIPART
from app.imports.readers import MEDIA_TYPES, format_of_head, head_of, read_body
from app.imports.readers.encoding import parse_encoding
from app.imports.report import Options, Report
from app.imports.request_bodies import CONTENT
from app.imports.schemas import ImportQuery, ImportReport
from app.imports.service import ImportStopped, import_documents
from app.imports.spreadsheet_files import SPREADSHEET, spreadsheet_files
from app.records.kinds import kind_by_name
from app.settings import Settings
from app.web.dependencies import Db, FromScope, RawRequest, WriterKey, write_access
from app.web.headers import header
from app.web.openapi import EDIT_COMMENT
from app.web.request_body import charset_of, check_media_type
from app.web.routes import FastRoute
from app.web.signatures import raises
from app.web.turns import Turns
from app.web.typed_responses import NO_STORE, TypedResponse
from app.web.write_requests import edit_comment

_IDLE_SECONDS: Final = 120
_NAME: Final = "body"

_UNSAID: Final = "application/octet-stream"
"""The media type that says nothing of what a body is (RFC 2046, 4.5.1); its first bytes may."""

router = APIRouter(route_class=FastRoute, tags=["across"], dependencies=[Depends(write_access)])


class _Body:
    """The body of a request, pulled by a thread while the event loop goes on."""

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        self._receive = receive
        self._loop = loop
        self._digest = sha256()
        self.stopped = threading.Event()

    def files(self) -> list[SourceFile]:
        """Return the body as the file that was read: what of it has been read so far."""
        return [SourceFile(_NAME, self._digest.hexdigest())]

    def pieces(self) -> Iterator[bytes]:
        while True:
            message = self._next()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            piece = message.get("body", b"")
            self._digest.update(piece)
            yield piece
            if not message.get("more_body", False):
                return

    def _next(self) -> Any:
        coming = asyncio.run_coroutine_threadsafe(self._awaited(), self._loop)
        for _ in range(_IDLE_SECONDS):
            try:
                return coming.result(1)
            except NotYet:
                if self.stopped.is_set():
                    break
        coming.cancel()
        if self.stopped.is_set():
            raise ImportStopped
        raise ClientDisconnect

    async def _awaited(self) -> Any:
        return await self._receive()


@dataclass(frozen=True, slots=True)
class ImportTurns:
    """What imports share: their turns, and a thread pool of their own, so that only imports wait for imports."""

    turns: Turns
    threads: ThreadPoolExecutor


def _import_turns(scope: Scope) -> ImportTurns:
    """Give what the imports of an application share."""
    shared: ImportTurns | None = getattr(scope["app"].state, "imports", None)
    if shared is None:
        settings: Settings = scope["app"].state.settings
        total = settings.imports_at_once
        turns = Turns(total, settings.imports_per_key, settings.turn_timeout_seconds)
        threads = ThreadPoolExecutor(total, thread_name_prefix="annals-import")
        shared = scope["app"].state.imports = ImportTurns(turns, threads)
    return shared


@router.post(
    "/v1/imports",
    operation_id="create_import",
    summary="Import records",
    response_description="What became of the documents.",
    openapi_extra={
        "parameters": [EDIT_COMMENT],
        "requestBody": {"required": True, "content": CONTENT},
    },
)
@raises(
    errors.RequestTimeout,
    errors.Conflict,
    errors.TooLarge,
    errors.UnsupportedMediaType,
    errors.InvalidDocument,
    errors.DiskFull,
)
async def create_import(
    query: Annotated[ImportQuery, Query()],
    request: RawRequest,
    key: WriterKey,
    db: Db,
    shared: Annotated[ImportTurns, Depends(FromScope(_import_turns))],
) -> TypedResponse[ImportReport]:
    """Takes any number of documents of all kinds as a stream, packed with gzip or not.

    A spreadsheet is kept in a temporary file until all of it is there; faults name its sheet (`body#events`) and row.

    Where Content-Type says nothing of the format (`application/octet-stream`, or none), the first bytes show it.

    As `multipart/form-data` it takes any table with a mapping of one's own: the parts `mapping` (YAML), then the tables that
    it joins, by their names, 16 MiB together, and last `file`, of any size. Faults of the mapping have pointers into it.
    Faults and revisions name each part by its `filename`, where it has one.

    Each is what `GET` gives and `POST` takes, with its `kind`; what an export wrote is taken as it is. They may refer to
    each other in any direction.

    A document whose id is there already becomes a new revision; one that says what is there already changes nothing,
    so that the same may be sent again at any time. A JSON document is the whole record. A row of a table says what it has
    columns for, a feature what it has properties for (a geometry that is `null` says nothing): the rest of the record stays
    as it is, unless `replace=true`. A cell that is empty removes what there is.

    A document that brings a `revision` earlier than the record's, and says something else, is a fault unless `force=true`.

    One without an id gets one from its title when all are read. It stands for a record of that title that there was before
    and that says the very same, each such record for one document; it never changes a record that says something else, and
    two documents of one import are two records, whatever they say and wherever they stand. Everything is checked before
    anything is written, then written in groups that are closed under reference: whatever happens, no reference leads to
    nothing, and what was broken off is completed by sending the same again.

    With the scope `admin`, records that were never here keep their `revision`, `created_at` and `updated_at`, and
    terms of vocabularies (`{"kind": "term", "scheme": "event-type", "id": …, "label": …}`) are taken.

    The settings say how many imports are taken in at once, and how many with one key; others wait for their turn, and are
    answered 503 (`busy`) where none comes up in time. A body that comes too slowly, or not at all, is answered 408 and written no further.
    """
    charset = charset_of(request.scope)
    encoding = parse_encoding(charset) if charset is not None else None
    charsets = () if charset is None or encoding is None else (charset,)
    media_type = check_media_type(
        request.scope, (*MEDIA_TYPES, _UNSAID, MULTIPART), _UNSAID, charsets=charsets
    )
    if media_type == MULTIPART and query.kind is not None:
        detail = "The mapping says the kinds: leave kind out."
        raise BadRequest(detail, faults=[Fault("conflicting_parameters", detail, parameter="kind")])
    form = MEDIA_TYPES.get(media_type)
    kind = kind_by_name(query.kind) if query.kind else None
    loop = asyncio.get_running_loop()
    body = _Body(request.receive, loop)
    options = Options(
        key.label,
        on_error=query.on_error,
        dry_run=query.dry_run,
        keeps=key.allows("admin"),
        replace=query.replace,
        force=query.force,
        simplify=query.simplify,
        preview=query.preview or 0,
        comment=edit_comment(request.scope),
        files=body.files,
        label=query.sync,
        consent=(lambda missing: missing.token == query.confirm) if query.delete_missing else None,
    )

    def work() -> Report:
        if media_type != MULTIPART and query.as_ is None:
            return import_documents(db, of_documents(), options, stopped=body.stopped.is_set)
        # Loaded where a mapping is followed: it takes as long to load as much of the service.
        from app.imports.mapped_body import form_body, table_body

        if media_type == MULTIPART:
            content_type = header(request.scope, b"content-type").decode("latin-1")
            mapped = form_body(db, content_type, body.pieces(), query.as_)
        else:
            mapped = table_body(db, _NAME, form, body.pieces(), query.as_ or "", body.files)
        told = replace(options, files=mapped.files)
        return import_documents(db, mapped.inputs, told, stopped=body.stopped.is_set)

    def of_documents() -> list[ImportFile]:
        head, pieces = head_of(body.pieces())
        if (form or format_of_head(head)) == SPREADSHEET:
            return spreadsheet_files(_NAME, pieces, kind)
        return [ImportFile(_NAME, lambda: read_body(form, pieces, kind, encoding))]

    async with shared.turns.turn(str(key.pk)):
        try:
            report = await loop.run_in_executor(shared.threads, partial(copy_context().run, work))
        except asyncio.CancelledError:
            body.stopped.set()
            raise
        except ImportStopped:
            raise ClientDisconnect from None
    return TypedResponse.json(_members_of(report), cache_control=NO_STORE)


def _members_of(report: Report) -> ImportReport:
    """Return the report.

    Raises:
        InvalidDocument: nothing was written, because of faults; with the report.
        Conflict: only some was written; with the report.
    """
    members = cast("ImportReport", report.to_dict())
    count = report.counts.faults
    faults = "a fault" if count == 1 else f"{count:,} faults"
    if report.refused:
        raise InvalidDocument(
            f"The import has {faults}; nothing was written. `report` has each with its line.",
            code="import_refused",
            extra={"report": members},
        )
    if report.broken_off:
        raise Conflict(
            "Something that the import gives or refers to was changed while it was written. What was written stays; "
            "send the same again.",
            code="import_broken_off",
            extra={"report": members},
        )
    return members
