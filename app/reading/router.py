"""Reading over HTTP: one record, as JSON and in every other format."""

import sys
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from starlette.types import Scope

from app import errors
from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.database.lookup import key_of_source
from app.errors import MergedInto
from app.formats import FORMATS, MISSING, formats_for
from app.formats.format import About, Format, FormatItem, Use
from app.formats.responses import (
    file_headers,
    iterate,
    other_formats,
    refuse_json_only,
    refuse_mark_elsewhere,
    refuse_names,
    view_of,
)
from app.formats.serialize import together, write_stream
from app.reading.format_items import read_item
from app.reading.schemas import RecordQuery, record_query
from app.reading.service import RecordAnswer, read_record, record_known_at
from app.records.kinds import RECORD_KINDS, RecordKind
from app.schemas.responses import record_type
from app.values.entity_tag import entity_tag, record_tag
from app.values.timestamps import parse_rfc3339
from app.web.cached_routes import RecordRoute
from app.web.dependencies import Db, Negotiated, RequestScope, read_access
from app.web.headers import JSON_FORMAT, JSON_ONLY, address_of, base_of, negotiate
from app.web.openapi import article, record_id
from app.web.signatures import of_kind, raises
from app.web.typed_responses import TypedResponse

RECORD_FORMATS: Final = formats_for(Use.RECORD)
FormatName = Annotated[str, Depends(Negotiated(RECORD_FORMATS, MISSING))]

router = APIRouter(route_class=RecordRoute, dependencies=[Depends(read_access)])


@raises(errors.Gone, MergedInto)
async def get_record(
    kind: RecordKind,
    id: str,  # noqa: A002 - the name of the path parameter
    query: RecordQuery,
    form: FormatName,
    db: Db,
    scope: RequestScope,
) -> TypedResponse[Any]:
    """The record, with what its references lead to in `linked`."""
    if query.known_at is not None:
        negotiate(scope, JSON_ONLY)
        return await _known_at(db, kind, id, parse_rfc3339(query.known_at))
    refuse_mark_elsewhere(form, bom=query.bom)
    if form != JSON_FORMAT:
        return await _formatted(db, FORMATS[form], kind, id, query, scope)
    plain = not query.model_fields_set

    async def read(reading: ReadConnection) -> RecordAnswer:
        return await read_record(
            reading,
            kind,
            id,
            source=await key_of_source(reading, query.policy),
            incoming="incoming" in query.include,
            fields=query.fields,
            names=query.names,
        )

    found = await db.answer(read, single=plain)
    return TypedResponse.stored(found.body, etag=found.etag, version=found.version)


async def _known_at(db: Database, kind: RecordKind, record_id: str, at: int) -> TypedResponse[Any]:
    """Give the document alone, as of a moment; its response is not kept."""
    body, revision = await db.answer(lambda reading: record_known_at(reading, kind, record_id, at))
    return TypedResponse.stored(body, etag=entity_tag(revision, body))


async def _formatted(
    db: Database,
    form: Format,
    kind: RecordKind,
    record_id: str,
    query: RecordQuery,
    scope: Scope,
) -> TypedResponse[Any]:
    refuse_json_only(*(["include"] if "incoming" in query.include else []))
    refuse_names(form, *(name for name in ("lang", "when") if getattr(query, name) is not None))
    view = view_of(form, query.fields)

    async def read(reading: ReadConnection) -> tuple[FormatItem, RecordAnswer]:
        key = await key_of_source(reading, query.policy)
        return await read_item(reading, kind, record_id, view, source=key, names=query.names)

    item, found = await db.answer(read)
    title = record_id if query.fields else item.record.title
    settings = scope["app"].state.settings
    about = About(
        base_of(scope, settings),
        title,
        kind,
        one=True,
        fields=query.fields,
        days=query.names.days,
        has_names=bool(query.names),
        bom=query.bom,
        address=address_of(scope, settings, form.name),
    )
    body, _ = await together(write_stream(form, iterate([[item]]), about), sys.maxsize)
    return TypedResponse.stored(
        body,
        media_type=form.content_type,
        headers=file_headers(form, record_id, scope["query_string"], kind, has_names=bool(query.names)),
        etag=record_tag(found.revision, found.updated_at, body),
        version=found.version,
    )


for _kind in RECORD_KINDS:
    router.add_api_route(
        f"/v1/{_kind.collection}/{{id}}",
        of_kind(
            get_record,
            _kind,
            id=record_id(_kind),
            query=Annotated[record_query(_kind), Query()],
            returns=record_type(_kind),
        ),
        operation_id=f"get_{_kind.kind}",
        summary=f"Read {article(_kind.kind)}",
        tags=[_kind.collection],
        response_description="The record.",
        responses={200: {"content": other_formats(Use.RECORD)}},
    )
