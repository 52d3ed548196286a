"""`GET /v1/{collection}`: lists of each kind, as JSON and in every other format."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.types import Scope

from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.formats import FORMATS, MISSING, formats_for
from app.formats.format import About, Format, Use
from app.formats.responses import (
    file_headers,
    other_formats,
    refuse_json_only,
    refuse_mark_elsewhere,
    refuse_names,
    view_of,
)
from app.formats.serialize import MAX_HELD, together, too_large, write_stream
from app.listing.query import LIST_QUERIES, ListParameters, ListQuery, PageParameters
from app.listing.service import Page, is_single_statement, list_items, list_records
from app.listing.traversal import Traversal
from app.reading.chosen_names import AS_WRITTEN
from app.records.kinds import RECORD_KINDS, RecordKind
from app.schemas.responses import page_type, record_type
from app.settings import Settings
from app.web.cached_routes import CachedRoute
from app.web.dependencies import Db, Negotiated, RequestScope, ServiceSettings, read_access
from app.web.headers import JSON_FORMAT, address_of, base_of
from app.web.openapi import PAGE_LINKS
from app.web.responses import page_links
from app.web.signatures import of_kind
from app.web.typed_responses import StreamedResponse, TypedResponse

FormatName = Annotated[str, Depends(Negotiated(formats_for(Use.LIST), MISSING))]

router = APIRouter(route_class=CachedRoute, dependencies=[Depends(read_access)])


async def get_list(
    kind: RecordKind,
    query: ListParameters,
    form: FormatName,
    db: Db,
    settings: ServiceSettings,
    scope: RequestScope,
) -> TypedResponse[Any]:
    """The records that answer every filter given, in a total order, page by page. Any other parameter is refused."""
    asked = query.question
    refuse_mark_elsewhere(form, bom=query.bom)
    if form != JSON_FORMAT:
        return await formatted_page(db, FORMATS[form], query, asked, kind.collection, scope, settings)
    page = await db.answer(lambda reading: list_records(reading, asked), single=is_single_statement(asked))
    return json_page(page, scope)


def json_page(page: Page, scope: Scope) -> TypedResponse[Any]:
    """Give a page as JSON, with the paths of the next and the previous one."""
    beside = page_links(scope, page.next, page.prev)
    body = page.body(beside.following, beside.preceding)
    return TypedResponse.stored(body, headers=beside.headers, version=page.version)


async def formatted_page(
    db: Database,
    form: Format,
    query: PageParameters,
    asked: ListQuery,
    name: str,
    scope: Scope,
    settings: Settings,
) -> TypedResponse[Any]:
    """Give a page in another format than JSON, or all pages where the format streams and no limit is given.

    Args:
        db: the database.
        form: the format.
        query: the parameters.
        asked: what they ask.
        name: the title of the list, and of a file of it.
        scope: the request.
        settings: the settings of the application.

    Raises:
        BadRequest: what the format has no room for is asked for, the query refers to nothing, or its cursor is of another
            list.
    """
    _refuse_what_only_json_has(query)
    refuse_names(form, *(["lang"] if query.lang is not None else []))
    names = AS_WRITTEN if form.as_written else asked.names
    view = view_of(form, asked.fields)
    about = About(
        base_of(scope, settings),
        name.capitalize(),
        asked.kind,
        fields=tuple(asked.fields),
        days=asked.days,
        has_names=bool(names),
        bom=query.bom,
        address=address_of(scope, settings, form.name),
    )
    headers = file_headers(form, name, scope["query_string"], asked.kind, has_names=bool(names))
    if form.streams and "limit" not in query.model_fields_set:
        found = Traversal(db, asked.without_limit, view, names)
        pieces = write_stream(form, found.chunks(), about)
        return StreamedResponse(
            pieces, version=lambda: found.version, media_type=form.content_type, headers=headers
        )

    async def read(reading: ReadConnection) -> tuple[Page, bytes]:
        page, items = await list_items(reading, asked, view, names)
        body, whole = await together(write_stream(form, items, about), MAX_HELD)
        if not whole:
            raise too_large(form)
        return page, body

    page, body = await db.answer(read)
    links = page_links(scope, page.next, page.prev).headers
    return TypedResponse.stored(
        body, media_type=form.content_type, headers=[*headers, *links], version=page.version
    )


def _refuse_what_only_json_has(query: PageParameters) -> None:
    asked = {
        "include": bool(query.include),
        "facets": bool(query.facets) and not query.include,
        "count": query.count != "none",
        "explain": query.explain,
    }
    refuse_json_only(*(name for name, is_asked in asked.items() if is_asked))


for _kind in RECORD_KINDS:
    router.add_api_route(
        f"/v1/{_kind.collection}",
        of_kind(
            get_list,
            _kind,
            query=Annotated[LIST_QUERIES[_kind.kind], Query()],
            returns=page_type(f"{_kind.model.__name__}Page", record_type(_kind)),
        ),
        operation_id=f"list_{_kind.collection}",
        summary=f"List {_kind.collection}",
        tags=[_kind.collection],
        response_description="A page.",
        responses={200: {"content": other_formats(Use.LIST), "headers": PAGE_LINKS}},
    )
