"""History over HTTP: revisions, their documents and the differences between them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import JSONResponse
from pydantic import WithJsonSchema

from app import errors
from app.errors import MergedInto, NotFound
from app.history.schemas import DiffQuery, RevisionsPage, RevisionsQuery
from app.history.service import difference, list_revisions, read_revision
from app.records.kinds import RECORD_KINDS, RecordKind
from app.schemas.parameters import FormatParameter
from app.schemas.patches import Difference
from app.schemas.responses import record_type
from app.values.entity_tag import entity_tag
from app.web.cached_routes import CachedRoute
from app.web.dependencies import Db, Negotiated, ServiceSettings, Snapshot, read_access
from app.web.headers import JSON_ONLY
from app.web.openapi import ETAG, IF_NONE_MATCH, NOT_MODIFIED, article, record_id
from app.web.routes import FastRoute
from app.web.signatures import of_kind, raises
from app.web.typed_responses import TypedResponse, immutable


class _PatchResponse(JSONResponse):
    media_type = "application/json-patch+json"


router = APIRouter(dependencies=[Depends(read_access)])

RevisionInPath = Annotated[
    str,
    Path(description="The number of the revision."),
    WithJsonSchema({"type": "integer", "minimum": 1, "examples": [1]}),
]


@raises(MergedInto)
async def get_revisions(
    kind: RecordKind,
    id: str,  # noqa: A002 - the name of the path parameter
    query: Annotated[RevisionsQuery, Query()],
    snapshot: Snapshot,
) -> TypedResponse[RevisionsPage]:
    """Who wrote it, when and why, the newest first, and what they changed. History outlives deletion and merging."""
    found, older, newer = await list_revisions(
        snapshot, kind, id, query.limit, before=query.before, after=query.after
    )
    path = f"/v1/{kind.collection}/{id}/revisions?limit={query.limit}"
    page = RevisionsPage(
        items=found,
        next=f"{path}&before={found[-1]['revision']}" if found and older else None,
        prev=f"{path}&after={found[0]['revision']}" if found and newer else None,
    )
    return TypedResponse.json(page)


@raises(errors.Gone, MergedInto)
async def get_revision(
    kind: RecordKind,
    id: str,  # noqa: A002 - the name of the path parameter
    revision: RevisionInPath,
    query: Annotated[FormatParameter, Query()],  # noqa: ARG001 - the route negotiates by it
    db: Db,
    settings: ServiceSettings,
) -> TypedResponse[Any]:
    """The document of a revision; 410 for one in which it was deleted or merged away.

    It never changes: `Cache-Control` has it kept for a day without asking, and `ETag` asks after that.
    """
    if not (revision.isascii() and revision.isdecimal()) or len(revision) > 10:
        raise NotFound("Revisions are numbered from 1.", code="unknown_revision")
    number = int(revision)
    body = await db.answer(lambda reading: read_revision(reading, kind, id, number))
    return TypedResponse.stored(
        body, cache_control=immutable(public=settings.public_reads), etag=entity_tag(number, body)
    )


@raises(errors.Gone, MergedInto)
async def get_diff(
    kind: RecordKind,
    id: str,  # noqa: A002 - the name of the path parameter
    query: Annotated[DiffQuery, Query()],
    db: Db,
) -> TypedResponse[Difference]:
    """A JSON Patch (RFC 6902) that turns the document of `from` into that of `to`."""
    both = query.values == "both"
    body = await db.answer(
        lambda reading: difference(reading, kind, id, query.from_, query.to, old_values=both)
    )
    return TypedResponse.stored(body, media_type=_PatchResponse.media_type)


def _add_routes(kind: RecordKind) -> None:
    path, known, noun = f"/v1/{kind.collection}/{{id}}", record_id(kind), article(kind.kind)
    router.add_api_route(
        f"{path}/revisions",
        of_kind(get_revisions, kind, id=known, returns=RevisionsPage),
        route_class_override=CachedRoute,
        operation_id=f"list_{kind.kind}_revisions",
        summary=f"List the revisions of {noun}",
        tags=[kind.collection],
        response_description="The revisions.",
    )
    router.add_api_route(
        f"{path}/revisions/{{revision}}",
        of_kind(get_revision, kind, id=known, returns=record_type(kind)),
        route_class_override=FastRoute,
        operation_id=f"get_{kind.kind}_revision",
        summary=f"Read {noun} as it was",
        tags=[kind.collection],
        response_description="The document.",
        responses={200: {"headers": ETAG}, 304: NOT_MODIFIED},
        openapi_extra={"parameters": [IF_NONE_MATCH]},
    )
    router.add_api_route(
        f"{path}/diff",
        of_kind(get_diff, kind, id=known, returns=Difference),
        route_class_override=FastRoute,
        dependencies=[Depends(Negotiated({"json-patch": _PatchResponse.media_type, **JSON_ONLY}))],
        operation_id=f"diff_{kind.kind}",
        summary=f"Compare two revisions of {noun}",
        tags=[kind.collection],
        response_class=_PatchResponse,
        response_description="The differences.",
    )


for _kind in RECORD_KINDS:
    _add_routes(_kind)
