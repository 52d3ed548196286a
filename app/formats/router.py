"""What the formats are, and what must be known to read them: the JSON-LD context, the schemas of tables."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse

from app.errors import NotFound, nearest
from app.formats import FORMATS
from app.formats.format import Format
from app.formats.rdf.vocabulary import context
from app.formats.schemas import ContextDocument, FormatList, FormatSummary, TableQuery, TableSchema
from app.formats.tables.csv import table_schema
from app.records.kinds import RECORD_KINDS, kind_by_collection
from app.schemas.json_schema import reference
from app.schemas.parameters import FormatParameter, unknown_fields
from app.schemas.query_model import invalid_query
from app.web.dependencies import Negotiated, ServiceSettings
from app.web.headers import base_of
from app.web.openapi import NOT_MODIFIED
from app.web.routes import Route
from app.web.typed_responses import AN_HOUR, TypedResponse

_CONTEXT_TYPE: Final = "application/ld+json"


class _ContextResponse(JSONResponse):
    media_type = _CONTEXT_TYPE


router = APIRouter(route_class=Route, tags=["service"], responses={304: NOT_MODIFIED})


@router.get(
    "/v1/formats",
    operation_id="list_formats",
    summary="List formats",
    response_description="The formats.",
)
async def list_formats(
    query: Annotated[FormatParameter, Query()],  # noqa: ARG001 - the route negotiates by it
) -> TypedResponse[FormatList]:
    """Every format with its media type, what it is for, and what becomes of a record in it."""
    formats = FormatList(items=[_summary(form) for form in FORMATS.values()])
    return TypedResponse.json(formats, cache_control=AN_HOUR, tagged=True)


def _summary(form: Format) -> FormatSummary:
    return FormatSummary(
        name=form.name,
        media_type=form.media_type,
        suffix=form.suffix,
        uses=sorted(form.uses),
        paged=not form.streams,
        installed=form.installed,
        rule=form.rule,
    )


@router.get(
    "/v1/formats/csv/{collection}",
    operation_id="get_table_schema",
    summary="Describe a table",
    response_description="The schema.",
)
async def get_table_schema(
    collection: Annotated[
        str,
        Path(
            description="A collection.",
            examples=["events"],
            json_schema_extra={"enum": [kind.collection for kind in RECORD_KINDS]},
        ),
    ],
    query: Annotated[TableQuery, Query()],
) -> TypedResponse[TableSchema]:
    """The Frictionless Table Schema of a collection in CSV."""
    kind = kind_by_collection(collection)
    if kind is None:
        collections = [one.collection for one in RECORD_KINDS]
        near = nearest(collection, collections)
        told = f"There is no such collection; there are {', '.join(collections)}."
        raise NotFound(told + (f" Did you mean {near}?" if near else ""))
    faults = unknown_fields(query.fields, kind)
    if faults:
        raise invalid_query(faults)
    return TypedResponse.json(
        table_schema(kind, query.fields, has_names=query.titles == "chosen"),
        cache_control=AN_HOUR,
        tagged=True,
    )


@router.get(
    "/v1/context.jsonld",
    operation_id="get_context",
    summary="The JSON-LD context",
    response_description="The context.",
    response_class=_ContextResponse,
    responses={200: {"content": {"application/json": {"schema": reference("ContextDocument")}}}},
    dependencies=[Depends(Negotiated({"json": _CONTEXT_TYPE, "plain": "application/json"}))],
)
async def get_context(
    request: Request,
    query: Annotated[FormatParameter, Query()],  # noqa: ARG001 - the route negotiates by it
    settings: ServiceSettings,
) -> TypedResponse[ContextDocument]:
    """What the words of JSON-LD mean; each answer has it in itself as well."""
    document: ContextDocument = {"@context": context(base_of(request.scope, settings))}
    return TypedResponse.json(document, media_type=_CONTEXT_TYPE, cache_control=AN_HOUR, tagged=True)
