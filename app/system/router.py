"""Endpoints for operators: liveness, readiness, version, metrics; and the directory of the API.

The application's `state.ready` is an asynchronous function that returns the reasons why it is not.
"""

from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

import app
import app as annals
from app.errors import Unavailable
from app.records.kinds import RECORD_KINDS
from app.schemas.query import FORMAT, refuse_faults, refuse_unknown
from app.values.entity_tag import entity_tag
from app.web import metrics
from app.web.auth import authenticate
from app.web.caching import CachedResponse, send_cached
from app.web.headers import negotiate
from app.web.openapi import PLAIN_PROBLEMS, parameter_of, problem_responses
from app.web.responses import Headers, send_bytes
from app.web.routes import JSON_ONLY, AsgiRoute, query_values, with_leniency

_JSON: Final[Headers] = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


_ALIVE: Final = orjson.dumps({"status": "alive"})


_READY: Final = orjson.dumps({"status": "ready"})


_VERSION: Final = orjson.dumps({"name": "annals", "version": app.__version__, "api": "v1"})


_RETRY_SECONDS: Final = 2


async def alive(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer that this process runs; the database is not used."""
    await send_bytes(send, 200, _JSON, _ALIVE)


async def ready(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer whether requests can be served.

    Raises:
        Unavailable: the database cannot be reached, or its schema is not the one this code needs; with the
            `reasons`.
    """
    service: FastAPI = scope["app"]
    reasons: list[str] = await service.state.ready()
    if reasons:
        raise Unavailable(
            "The service is not ready.",
            code="not_ready",
            headers={"Retry-After": str(_RETRY_SECONDS)},
            extra={"reasons": reasons},
        )
    await send_bytes(send, 200, _JSON, _READY)


async def version(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Send the version of the service."""
    await send_bytes(send, 200, _JSON, _VERSION)


async def counts(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Send the metrics of all workers."""
    headers, body = metrics.render_metrics()
    await send_bytes(send, 200, headers, body)


def routes() -> tuple[AsgiRoute, ...]:
    """Return the operations declared here."""
    return (
        _route("/livez", alive, "livez", "Is the process alive?", {"status": "alive"}),
        _route("/readyz", ready, "readyz", "Can requests be served?", {"status": "ready"}, unavailable=True),
        _route("/version", version, "version", "Which version is this?", orjson.loads(_VERSION)),
        AsgiRoute(
            "/metrics",
            counts,
            operation_id="metrics",
            summary="What has been counted, in the Prometheus text format",
            tags=["service"],
            responses={200: {"description": "Counts of all workers.", "content": {"text/plain": _TEXT}}},
        ),
    )


_TEXT: Final[dict[str, Any]] = {"schema": {"type": "string"}}


def _route(
    path: str,
    handler: ASGIApp,
    operation_id: str,
    summary: str,
    example: dict[str, str],
    *,
    unavailable: bool = False,
) -> AsgiRoute:
    schema = {
        "type": "object",
        "required": list(example),
        "properties": {name: {"type": "string"} for name in example},
    }
    responses: dict[int | str, dict[str, Any]] = {
        200: {
            "description": "Yes." if len(example) == 1 else "The version.",
            "content": {"application/json": {"schema": schema, "example": example}},
        }
    }
    if unavailable:
        responses[503] = {"$ref": "#/components/responses/Unavailable"}
    return AsgiRoute(
        path, handler, operation_id=operation_id, summary=summary, tags=["service"], responses=responses
    )


class _Directory:
    """The operation `GET /v1`; its response is made once, from the routes that there are when it is first asked for."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._body: bytes | None = None

    async def read(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the directory."""
        await authenticate(self._app, scope, "read")
        negotiate(scope, JSON_ONLY)
        values = query_values(scope)
        refuse_unknown(values, [FORMAT.name])
        refuse_faults(values)
        if self._body is None:
            self._body = orjson.dumps(_directory(self._app))
        headers = [
            (b"content-type", b"application/json"),
            (b"cache-control", b"no-cache"),
            (b"vary", b"Accept"),
        ]
        await send_cached(
            scope, send, CachedResponse("", entity_tag(0, self._body).encode(), headers, self._body)
        )


def _directory(app: FastAPI) -> dict[str, Any]:
    routes = [
        route
        for route in app.router.routes
        if isinstance(route, APIRoute) and route.include_in_schema and route.path.startswith("/v1/")
    ]
    return {
        "name": "annals",
        "version": annals.__version__,
        "docs": "/docs",
        "description": "/openapi.json",
        "collections": [
            {
                "kind": kind.kind,
                "href": f"/v1/{kind.collection}",
                "types": f"/v1/vocabularies/{kind.type_scheme}",
            }
            for kind in RECORD_KINDS[::-1]
        ],
        "endpoints": [
            {"method": method, "path": route.path, "summary": route.summary}
            for route in routes
            for method in sorted(route.methods or ())
        ],
    }


_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["name", "version", "docs", "description", "collections", "endpoints"],
    "properties": {
        "name": {"type": "string"},
        "version": {"type": "string"},
        "docs": {"type": "string", "description": "The path of the documentation."},
        "description": {"type": "string", "description": "The path of the OpenAPI document."},
        "collections": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kind", "href", "types"],
                "properties": {name: {"type": "string"} for name in ("kind", "href", "types")},
            },
        },
        "endpoints": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["method", "path", "summary"],
                "properties": {name: {"type": "string"} for name in ("method", "path", "summary")},
            },
        },
    },
}


def routes_directory(app: FastAPI) -> list[AsgiRoute]:
    """Return the operation."""
    return [
        AsgiRoute(
            "/v1",
            with_leniency(_Directory(app).read, [FORMAT]),
            operation_id="list_endpoints",
            summary="List what there is",
            description="The collections, and every operation with its path.",
            tags=["service"],
            openapi_extra={"parameters": [parameter_of(FORMAT)]},
            responses={
                200: {"description": "What there is.", "content": {"application/json": {"schema": _SCHEMA}}},
                304: {"description": "The client has it already."},
                **problem_responses(*PLAIN_PROBLEMS),
            },
        )
    ]
