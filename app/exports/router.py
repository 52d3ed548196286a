"""`GET /v1/export`: whole data sets out, streamed from one snapshot of the database."""

from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.exports.service import count_records, export_stream
from app.exports.spooling import spooled
from app.formats import FORMATS, MISSING, formats_for
from app.formats.format import About, Projection, Use
from app.formats.responses import format_schema
from app.formats.serialize import refuse_too_many, write_stream
from app.schemas.query import Parameter, raise_faults, refuse_unknown
from app.settings import Settings
from app.web.auth import authenticate
from app.web.client_addresses import counted_as
from app.web.headers import base_of, header, negotiate
from app.web.openapi import PLAIN_PROBLEMS, parameter_of, problem_responses
from app.web.responses import send_stream
from app.web.routes import AsgiRoute, query_values, with_leniency
from app.web.turns import Turns

DEFAULT: Final = "ndjson"

WITH_TERMS: Final = frozenset({"ndjson", "json"})
"""Formats that can hold terms of vocabularies besides records."""

_DESCRIPTION: Final = """\
Every record there is, from one state of the database, in an order that can be imported again, after the terms
that were added to vocabularies here (in NDJSON and JSON). Imported with the scope `admin` into a database that never
had those records it gives the same bytes again. Revisions, deleted records and attached texts are a backup's.

So many are sent at once, and so many to one client; others wait for their turn, and are answered 503 (`busy`) where none
comes up in time. What is read slowly waits in a file meanwhile, as much as the service is set to. An export that is not
read, or not within the time that the service is set to, breaks off, and is not taken for whole.
"""


@dataclass(frozen=True, slots=True)
class _Exports:
    """What exports share."""

    app: FastAPI
    settings: Settings
    turns: Turns

    async def read(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `GET /v1/export`."""
        key = await authenticate(self.app, scope, "read")
        values = query_values(scope)
        refuse_unknown(values, ["format"])
        raise_faults(values)
        form = FORMATS[self._name(scope)]
        most = form.most
        if most is not None:
            count = await self.app.state.db.answer(
                lambda reading: count_records(reading, most + 1), single=True
            )
            refuse_too_many(form, count, 0)
        headers = [
            (b"content-type", form.content_type.encode()),
            (b"content-disposition", f'attachment; filename="annals{form.suffix}"'.encode()),
            (b"cache-control", b"no-store"),
            (b"vary", b"Accept"),
        ]
        client = str(key.pk) if key else counted_as(scope, loopback=self.settings.rate_limit_loopback)
        about = About(base_of(scope, self.settings), "Everything")
        async with self.turns.turn(client, self.settings.export_timeout_seconds) as turn:
            items = export_stream(
                self.app.state.db, Projection(beside=form.beside), terms=form.name in WITH_TERMS
            )
            # It holds a connection, which must be released at once when the client disconnects, not at the
            # next garbage collection.
            async with aclosing(items):  # type: ignore[type-var]
                pieces = spooled(write_stream(form, items, about), self.settings.export_file_bytes)
                await send_stream(scope, receive, turn.sending(send), headers, pieces)

    def _name(self, scope: Scope) -> str:
        if b"format" not in scope["query_string"] and header(scope, b"accept") in (b"", b"*/*"):
            return DEFAULT
        return negotiate(scope, formats_for(Use.EXPORT), MISSING)


def routes(app: FastAPI, settings: Settings) -> list[AsgiRoute]:
    """Return the operation declared here."""
    turns = Turns(settings.exports_at_once, settings.exports_per_client, settings.turn_timeout_seconds)
    names = list(formats_for(Use.EXPORT))
    chosen = Parameter(
        "format",
        "The format, `ndjson` where neither this nor `Accept` names one.",
        {"type": "string", "enum": names},
    )
    content: dict[str, Any] = {
        form.media_type: {"schema": format_schema(form)} for form in FORMATS.values() if form.name in names
    }
    return [
        AsgiRoute(
            "/v1/export",
            with_leniency(_Exports(app, settings, turns).read, [chosen]),
            operation_id="export",
            summary="Export everything",
            description=_DESCRIPTION,
            tags=["across"],
            responses={
                200: {"description": "Everything.", "content": content},
                **problem_responses(*PLAIN_PROBLEMS),
            },
            openapi_extra={"parameters": [parameter_of(chosen)]},
        )
    ]
