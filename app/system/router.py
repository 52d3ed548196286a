"""What clients and the tools of operators ask about the service itself."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute

import app
from app.database.api_keys import SCOPES
from app.errors import BadRequest, Fault, Unavailable
from app.records.kinds import RECORD_KINDS
from app.schemas.parameters import FormatParameter
from app.schemas.query_model import QueryModel
from app.system.readiness import Purpose, ServiceReadiness
from app.system.schemas import (
    Collection,
    Directory,
    EndpointSummary,
    OwnKeyDescription,
    Readiness,
    ServiceVersion,
    Status,
)
from app.values.timestamps import rfc3339
from app.web.dependencies import KeyOfRequest, ServiceSettings, read_access
from app.web.metrics_page import metrics_page
from app.web.openapi import NOT_MODIFIED, SECURITY
from app.web.routes import FastRoute, Route
from app.web.signatures import raises
from app.web.typed_responses import NO_STORE, TypedResponse

_RETRY_SECONDS: Final = 2
_VERSION: Final = ServiceVersion(name="annals", version=app.__version__, api="v1")
_FOR: Final = {
    "name": "for",
    "in": "query",
    "required": False,
    "description": "What requests are to be served: to read, or to write.",
    "schema": {"type": "string", "enum": ["read", "write"]},
}
router = APIRouter(route_class=Route, tags=["service"], dependencies=[Depends(read_access)])
keys = APIRouter(route_class=FastRoute, tags=["service"])
probes = APIRouter(route_class=FastRoute, tags=["service"])


def _example(value: object) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {"application/json": {"example": value}}}}


async def _readiness(request: Request) -> ServiceReadiness:
    found: ServiceReadiness = await request.app.state.readiness()
    return found


async def _purpose(request: Request) -> Purpose | None:
    given = request.query_params.getlist("for")
    if not given:
        return None
    if given == ["read"]:
        return "read"
    if given == ["write"]:
        return "write"
    fault = Fault("unknown_value", "Give read or write, once.", parameter="for")
    raise BadRequest("There is no such purpose.", faults=[fault])


async def _page_of_metrics(request: Request) -> tuple[str, bytes]:
    return await metrics_page(request.app).read()


@probes.get(
    "/livez",
    operation_id="livez",
    summary="Is the process alive?",
    response_description="Yes.",
    responses=_example({"status": "alive"}),
)
async def get_liveness() -> TypedResponse[Status]:
    """This process answers; the database is not asked."""
    return TypedResponse.json(Status(status="alive"), cache_control=NO_STORE)


@probes.get(
    "/readyz",
    operation_id="readyz",
    summary="Can requests be served?",
    response_description="Yes.",
    responses=_example(
        {
            "status": "ready",
            "writes": True,
            "pools": [
                {"name": "reading", "ready": True},
                {"name": "snapshots", "ready": True},
                {"name": "writing", "ready": True},
            ],
        }
    ),
    openapi_extra={"parameters": [_FOR]},
)
@raises(BadRequest, Unavailable)
async def get_readiness(
    found: Annotated[ServiceReadiness, Depends(_readiness)],
    purpose: Annotated[Purpose | None, Depends(_purpose)],
    settings: ServiceSettings,
) -> TypedResponse[Readiness]:
    """Whether the database can be reached, takes writes, and has the schema that this code knows.

    If not, the answer has the `reasons`. `for=read` asks whether reads are answered, also by a replica alone, and
    `for=write` whether writes are taken; without it a service is asked for both, and one that was started read-only
    for reads. A replica that is out of use is told in `pools`.
    """
    reasons = found.against(purpose or ("read" if settings.read_only else "write"))
    if reasons:
        raise Unavailable(
            "The service is not ready.",
            code="not_ready",
            headers={"Retry-After": str(_RETRY_SECONDS)},
            extra={"reasons": reasons},
        )
    told = Readiness(status="ready", writes=not found.against_writing, pools=list(found.pools))
    return TypedResponse.json(told, cache_control=NO_STORE)


@probes.get(
    "/version",
    operation_id="version",
    summary="Which version is this?",
    response_description="The version.",
    responses=_example(_VERSION),
)
async def get_version() -> TypedResponse[ServiceVersion]:
    """The version of the service, and that of its API."""
    return TypedResponse.json(_VERSION, cache_control=NO_STORE)


@probes.get(
    "/metrics",
    operation_id="metrics",
    summary="What has been counted, in the Prometheus text format",
    response_description="Counts of all workers.",
    response_class=PlainTextResponse,
)
async def get_metrics(page: Annotated[tuple[str, bytes], Depends(_page_of_metrics)]) -> TypedResponse[str]:
    """Counts of requests and closed connections, of all workers together."""
    media_type, body = page
    return TypedResponse.stored(body, media_type=media_type, cache_control=NO_STORE)


@keys.get(
    "/v1/me",
    operation_id="read_own_key",
    summary="Say whose key this is, and what it may do",
    response_description="The key that was sent.",
    openapi_extra={"security": SECURITY},
)
@raises(BadRequest, Unavailable)
async def get_own_key(
    own: KeyOfRequest,
    query: Annotated[QueryModel, Query()],  # noqa: ARG001 - there are none
) -> TypedResponse[OwnKeyDescription]:
    """The label that revisions are signed with, and the scopes of the key in `Authorization`; 401 without one."""
    key = own.key
    described = OwnKeyDescription(
        label=key.label,
        scopes=[scope for scope in SCOPES if scope in key.scopes],
        expires_at=None if key.expires_at is None else rfc3339(key.expires_at),
        last_used_at=None if own.last_used_at is None else rfc3339(own.last_used_at),
    )
    return TypedResponse.json(described, cache_control=NO_STORE)


@router.get(
    "/v1",
    operation_id="list_endpoints",
    summary="List what there is",
    response_description="What there is.",
    responses={304: NOT_MODIFIED},
)
async def get_directory(
    request: Request,
    query: Annotated[FormatParameter, Query()],  # noqa: ARG001 - the route negotiates by it
) -> TypedResponse[Directory]:
    """The collections, and every operation with its path."""
    routes = [
        route
        for route in request.app.router.routes
        if isinstance(route, APIRoute) and route.include_in_schema and route.path.startswith("/v1/")
    ]
    directory = Directory(
        name="annals",
        version=app.__version__,
        docs="/docs",
        description="/openapi.json",
        collections=[
            Collection(
                kind=kind.kind,
                href=f"/v1/{kind.collection}",
                types=f"/v1/vocabularies/{kind.type_scheme}",
            )
            for kind in RECORD_KINDS[::-1]
        ],
        endpoints=[
            EndpointSummary(method=method, path=route.path, summary=route.summary or route.name)
            for route in routes
            for method in sorted(route.methods or ())
        ],
    )
    return TypedResponse.json(directory, tagged=True)
