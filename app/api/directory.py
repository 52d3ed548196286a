"""`GET /v1`: what there is."""

from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

import app as annals
from app.api.across import JSON_ONLY, refuse_faults
from app.api.answers import Answer
from app.api.auth import admit
from app.api.describing import PLAIN_PROBLEMS, parameter_of
from app.api.docs import problem_responses
from app.api.leniency import leniently
from app.api.negotiation import negotiate
from app.api.paging import answer
from app.api.requests import query_values
from app.api.routing import RawRoute
from app.queries.listquery import FORMAT, refuse_unknown
from app.records import RECORDS
from app.verbs.reading import entity_tag


class _Directory:
    """The operation `GET /v1`; its answer is made once, of the routes that there are when it is first asked."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._body: bytes | None = None

    async def read(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer it."""
        await admit(self._app, scope, "read")
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
        await answer(scope, send, Answer("", entity_tag(0, self._body).encode(), headers, self._body))


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
            for kind in RECORDS[::-1]
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


def routes(app: FastAPI) -> list[RawRoute]:
    """Give the operation."""
    return [
        RawRoute(
            "/v1",
            leniently(_Directory(app).read, [FORMAT]),
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
