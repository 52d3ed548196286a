"""`GET /v1/formats`, and what readers of the formats need: the JSON-LD context, the schemas of tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.types import Receive, Scope, Send

from app import errors
from app.errors import NotFound, nearest
from app.formats import FORMATS
from app.formats.format import Format
from app.formats.rdf.vocabulary import context
from app.formats.tables.csv import table_schema
from app.records.kinds import RECORD_KINDS, kind_by_collection
from app.schemas.query import FIELDS, FORMAT, raise_faults, read_fields, refuse_unknown
from app.settings import Settings
from app.values.entity_tag import entity_tag
from app.web.caching import CachedResponse, send_cached
from app.web.headers import base_of, negotiate
from app.web.openapi import parameter_of, problem_responses
from app.web.routes import AsgiRoute, query_values

_CONTEXT_TYPE: Final = "application/ld+json"


_PROBLEMS: Final = (errors.BadRequest, errors.NotAcceptable, errors.TooManyRequests, errors.InternalError)


def told(form: Format) -> dict[str, Any]:
    """Return a format as the API describes it."""
    return {
        "name": form.name,
        "media_type": form.media_type,
        "suffix": form.suffix,
        "uses": sorted(form.uses),
        "paged": not form.streams,
        "installed": form.installed,
        "rule": form.rule,
    }


@dataclass(frozen=True, slots=True)
class Formats:
    """What these operations share."""

    settings: Settings

    async def list(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/formats`."""
        negotiate(scope, {"json": "application/json"})
        refuse_all(scope)
        await _send(scope, send, {"items": [told(form) for form in FORMATS.values()]})

    async def schema(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/formats/csv/{collection}`."""
        negotiate(scope, {"json": "application/json"})
        collection = scope["path_params"]["collection"]
        kind = kind_by_collection(collection)
        if kind is None:
            near = nearest(collection, [one.collection for one in RECORD_KINDS])
            raise NotFound("There is no such collection." + (f" Did you mean {near}?" if near else ""))
        values = query_values(scope)
        refuse_unknown(values, [FIELDS.name, FORMAT.name])
        fields = read_fields(values, kind)
        raise_faults(values)
        await _send(scope, send, table_schema(kind, fields))

    async def context(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/context.jsonld`."""
        negotiate(scope, {"json": _CONTEXT_TYPE, "plain": "application/json"})
        refuse_all(scope)
        await _send(scope, send, {"@context": context(base_of(scope, self.settings))}, _CONTEXT_TYPE)


def refuse_all(scope: Scope) -> None:
    """Refuse any query parameter.

    Raises:
        BadRequest: there are some.
    """
    values = query_values(scope)
    refuse_unknown(values, ["format"])
    raise_faults(values)


async def _send(
    scope: Scope, send: Send, document: dict[str, Any], media_type: str = "application/json"
) -> None:
    body = orjson.dumps(document)
    headers = [
        (b"content-type", media_type.encode()),
        (b"cache-control", b"public, max-age=3600"),
        (b"vary", b"Accept"),
    ]
    await send_cached(scope, send, CachedResponse("", entity_tag(0, body).encode(), headers, body))


def routes(settings: Settings) -> Sequence[AsgiRoute]:
    """Return the operations."""
    formats = Formats(settings)
    collection = {
        "name": "collection",
        "in": "path",
        "required": True,
        "description": "A collection.",
        "schema": {"type": "string", "enum": [kind.collection for kind in RECORD_KINDS]},
        "example": "events",
    }
    fields = {
        "name": FIELDS.name,
        "in": "query",
        "description": "Only the columns of these fields.",
        "schema": {"type": "string"},
        "example": "title,date",
    }
    return (
        AsgiRoute(
            "/v1/formats",
            formats.list,
            operation_id="list_formats",
            summary="List formats",
            description="Every format with its media type, what it is for, and what becomes of a record in it.",
            tags=["service"],
            responses=_answers("The formats.", "application/json", errors.BadRequest),
            openapi_extra={"parameters": [parameter_of(FORMAT)]},
        ),
        AsgiRoute(
            "/v1/formats/csv/{collection}",
            formats.schema,
            operation_id="get_table_schema",
            summary="Describe a table",
            description="The Frictionless Table Schema of a collection in CSV.",
            tags=["service"],
            responses=_answers("The schema.", "application/json", errors.NotFound),
            openapi_extra={"parameters": [collection, fields, parameter_of(FORMAT)]},
        ),
        AsgiRoute(
            "/v1/context.jsonld",
            formats.context,
            operation_id="get_context",
            summary="The JSON-LD context",
            description="What the words of JSON-LD mean; each answer has it in itself as well.",
            tags=["service"],
            responses=_answers("The context.", _CONTEXT_TYPE, errors.BadRequest),
            openapi_extra={"parameters": [parameter_of(FORMAT)]},
        ),
    )


def _answers(
    description: str, media_type: str, *more: type[errors.AnnalsError]
) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"description": description, "content": {media_type: {"schema": {"type": "object"}}}},
        304: {"description": "The client has it already."},
        **problem_responses(*_PROBLEMS, *more),
    }
