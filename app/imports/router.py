"""`POST /v1/imports`: whole data sets in, streamed, without the usual limit on bodies."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from typing import Any, Final

import orjson
from fastapi import FastAPI
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from app.errors import Conflict, InvalidDocument
from app.imports.documents import ImportFile
from app.imports.readers import MEDIA_TYPES, read
from app.imports.report import MOST_PREVIEWED, Options, Report
from app.imports.schemas import REPORT_SCHEMA
from app.imports.service import ImportStopped, import_documents
from app.records.kinds import RECORD_KINDS, kind_by_name
from app.schemas.query import FORMAT, Parameter, Values, raise_faults, refuse_unknown
from app.settings import Settings
from app.web.auth import authenticate_writer
from app.web.headers import JSON_MEDIA_TYPE, JSON_ONLY, negotiate
from app.web.openapi import (
    WRITE_PROBLEMS,
    header_parameter,
    json_content,
    operation,
    parameter_of,
    problem_responses,
)
from app.web.request_body import check_media_type
from app.web.routes import AsgiRoute, query_values
from app.web.turns import Turns
from app.web.write_requests import edit_comment, json_response, send_answer

_IDLE_SECONDS: Final = 120

DRY_RUN: Final = Parameter(
    "dry_run",
    "Say what would become of each document, and write nothing.",
    {"type": "boolean", "default": False},
)

ON_ERROR: Final = Parameter(
    "on_error",
    "`stop`: the whole input is checked first, and nothing is written if there is a fault. `skip`: what has no "
    "fault, and refers to nothing that has, is written.",
    {"type": "string", "enum": ["stop", "skip"], "default": "stop"},
)

KIND: Final = Parameter(
    "kind",
    "The kind of the documents that do not say theirs, such as the rows of a table without that column.",
    {"type": "string", "enum": [kind.kind for kind in RECORD_KINDS]},
)

REPLACE: Final = Parameter(
    "replace",
    "Rows of a table and features say what they have columns or properties for, and the rest of a record stays as it "
    "is. `true`: they are whole records, and what they do not have is removed. JSON documents always are.",
    {"type": "boolean", "default": False},
)

FORCE: Final = Parameter(
    "force",
    "A document that brings an earlier `revision` than its record has, and says something else, is a fault "
    "(`stale_revision`). `true`: it is written over what was edited since.",
    {"type": "boolean", "default": False},
)

PREVIEW: Final = Parameter(
    "preview",
    "With `dry_run=true`: tell of so many documents, the first, what would become of each.",
    {"type": "integer", "minimum": 1, "maximum": MOST_PREVIEWED},
)

_PARAMETERS: Final = (DRY_RUN, ON_ERROR, KIND, REPLACE, FORCE, PREVIEW)
_BOOLEAN: Final = ("false", "true")


class _Body:
    """The body of a request, pulled by a thread while the event loop goes on."""

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        self._receive = receive
        self._loop = loop
        self.stopped = threading.Event()

    def pieces(self) -> Iterator[bytes]:
        while True:
            message = self._next()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            yield message.get("body", b"")
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
class _Imports:
    """What imports share: a thread pool of their own, so that only imports wait for imports."""

    app: FastAPI
    turns: Turns
    threads: ThreadPoolExecutor

    @classmethod
    def of(cls, app: FastAPI, settings: Settings) -> "_Imports":
        total = settings.imports_at_once
        turns = Turns(total, settings.imports_per_key, settings.turn_timeout_seconds)
        return cls(app, turns, ThreadPoolExecutor(total, thread_name_prefix="annals-import"))

    async def create(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `POST /v1/imports`."""
        key = await authenticate_writer(self.app, scope)
        negotiate(scope, JSON_ONLY)
        values = query_values(scope)
        refuse_unknown(values, [parameter.name for parameter in _PARAMETERS])
        dry_run = _choice(values, "dry_run", _BOOLEAN) == "true"
        replace = _choice(values, "replace", _BOOLEAN) == "true"
        force = _choice(values, "force", _BOOLEAN) == "true"
        preview = _preview(values, dry_run=dry_run)
        on_error = _choice(values, "on_error", ("stop", "skip"))
        kind_name = _choice(values, "kind", ("", *(kind.kind for kind in RECORD_KINDS)))
        raise_faults(values)
        form = MEDIA_TYPES[check_media_type(_unpacked(scope), tuple(MEDIA_TYPES))]
        kind = kind_by_name(kind_name) if kind_name else None
        options = Options(
            key.label,
            on_error="skip" if on_error == "skip" else "stop",
            dry_run=dry_run,
            keeps=key.allows("admin"),
            replace=replace,
            force=force,
            preview=preview,
            comment=edit_comment(scope),
        )
        loop = asyncio.get_running_loop()
        body = _Body(receive, loop)
        inputs = [ImportFile("body", lambda: read(form, body.pieces(), kind))]

        def work() -> Report:
            return import_documents(self.app.state.db, inputs, options, stopped=body.stopped.is_set)

        async with self.turns.turn(str(key.pk)):
            try:
                report = await loop.run_in_executor(self.threads, work)
            except asyncio.CancelledError:
                body.stopped.set()
                raise
            except ImportStopped:
                raise ClientDisconnect from None
        await send_answer(send, json_response(_report_members(report)))


def _report_members(report: Report) -> dict[str, Any]:
    """Return the report, as the response or as a part of an error."""
    members = report.to_dict()
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


def _choice(values: Values, name: str, choices: tuple[str, ...]) -> str:
    """Parse a parameter that must be one of these words; the first is the default."""
    given = values.one(name)
    if given is None:
        return choices[0]
    if given not in choices or not given:
        values.refuse(name, "unknown_value", f"Choose one of {', '.join(filter(None, choices))}.")
        return choices[0]
    return given


def _preview(values: Values, *, dry_run: bool) -> int:
    given = values.one("preview")
    if given is None:
        return 0
    if not (given.isascii() and given.isdigit() and len(given) < 5 and 1 <= int(given) <= MOST_PREVIEWED):
        values.refuse("preview", "out_of_range", f"Give a whole number from 1 to {MOST_PREVIEWED}.")
    elif not dry_run:
        values.refuse("preview", "needs_dry_run", "A preview is of a trial: add dry_run=true.")
    else:
        return int(given)
    return 0


def _unpacked(scope: Scope) -> Scope:
    """Remove the content encoding gzip from the headers: it is recognised by the bytes."""
    headers = [
        (name, value)
        for name, value in scope["headers"]
        if not (name == b"content-encoding" and value.strip().lower() in (b"gzip", b"x-gzip"))
    ]
    return {**scope, "headers": headers}


_DESCRIPTION: Final = """\
Takes any number of documents of all kinds as a stream, packed with gzip or not. Each is what `GET` gives and
`POST` takes, with its `kind`; what an export wrote is taken as it is. They may refer to each other in any direction.

A document whose id is there already becomes a new revision; one that says what is there already changes nothing,
so that the same may be sent again at any time. A JSON document is the whole record. A row of a table says what it has
columns for, a feature what it has properties for (a geometry that is `null` says nothing): the rest of the record stays
as it is, unless `replace=true`. A cell that is empty removes what there is.

A document that brings a `revision` earlier than the record's, and says something else, is a fault unless `force=true`.

One without an id gets one from its title when all are read. It stands for a record of that title that there was before
and that says the very same, each such record for one document; it never changes a record that says something else, and
two documents of one import are two records, whatever they say and wherever they stand. Everything is checked before anything is written, then written in groups that
are closed under reference: whatever happens, no reference leads to nothing, and what was broken off is completed
by sending the same again.

With the scope `admin`, records that were never here keep their `revision`, `created_at` and `updated_at`, and
terms of vocabularies (`{"kind": "term", "scheme": "event-type", "id": …, "label": …}`) are taken.

So many imports are taken in at once, and so many with one key; others wait for their turn, and are answered 503 (`busy`)
where none comes up in time. A body that comes too slowly, or not at all, is answered 408 and written no further.
"""


def routes(app: FastAPI, settings: Settings) -> list[AsgiRoute]:
    """Return the operation declared here."""
    report = {"description": "What became of the documents.", "content": json_content(REPORT_SCHEMA)}
    lines = {"description": "As many as there are, streamed: text, not JSON."}
    document = {
        "kind": "event",
        "id": "bay-of-pigs-invasion",
        "title": "Bay of Pigs invasion",
        "date": "1961-04-17",
    }
    place = {"kind": "place", "id": "bay-of-pigs", "title": "Bay of Pigs"}
    feature = {
        "type": "Feature",
        "id": "places/bay-of-pigs",
        "geometry": {"type": "Point", "coordinates": [-81.19, 22.21]},
        "properties": place,
    }
    description = operation(
        "create_import",
        "Import records",
        _DESCRIPTION,
        "across",
        {200: report, **problem_responses(*WRITE_PROBLEMS)},
        parameters=(
            *map(parameter_of, (*_PARAMETERS, FORMAT)),
            header_parameter("X-Edit-Comment", "Why, kept with the revisions.", "from the archive"),
        ),
        body={
            "application/x-ndjson": {"schema": lines, "example": f"{orjson.dumps(document).decode()}\n"},
            JSON_MEDIA_TYPE: {
                "schema": {"title": "Documents", "description": "An array, `items` of an object, or one."},
                "example": [document],
            },
            "text/csv": {
                "schema": lines,
                "example": f"{','.join(document)}\r\n{','.join(document.values())}\r\n",
            },
            "application/geo+json": {
                "schema": {"title": "FeatureCollection"},
                "example": {"type": "FeatureCollection", "features": [feature]},
            },
        },
    )
    return [AsgiRoute("/v1/imports", _Imports.of(app, settings).create, methods=["POST"], **description)]
