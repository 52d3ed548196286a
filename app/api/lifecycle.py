"""What an operator's tools ask: is it alive, is it ready, which version, what has it counted.

The application's `state.ready` is an asynchronous function that returns the reasons why it is not.
"""

from typing import Any, Final

import orjson
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

import app
from app.api import metrics
from app.api.routing import Headers, RawRoute, send_bytes
from app.errors import Unavailable

_JSON: Final[Headers] = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
_ALIVE: Final = orjson.dumps({"status": "alive"})
_READY: Final = orjson.dumps({"status": "ready"})
_VERSION: Final = orjson.dumps({"name": "annals", "version": app.__version__, "api": "v1"})
_RETRY_SECONDS: Final = 2


async def alive(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer that this process answers; the database is not asked."""
    await send_bytes(send, 200, _JSON, _ALIVE)


async def ready(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer whether requests can be served.

    Raises:
        Unavailable: the database is away, or its schema is not the one this code knows; with the `reasons`.
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
    """Answer which version this is."""
    await send_bytes(send, 200, _JSON, _VERSION)


async def counts(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer what all workers have counted."""
    headers, body = metrics.page()
    await send_bytes(send, 200, headers, body)


def routes() -> tuple[RawRoute, ...]:
    """Return the operations declared here."""
    return (
        _route("/livez", alive, "livez", "Is the process alive?", {"status": "alive"}),
        _route("/readyz", ready, "readyz", "Can requests be served?", {"status": "ready"}, unavailable=True),
        _route("/version", version, "version", "Which version is this?", orjson.loads(_VERSION)),
        RawRoute(
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
) -> RawRoute:
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
    return RawRoute(
        path, handler, operation_id=operation_id, summary=summary, tags=["service"], responses=responses
    )
