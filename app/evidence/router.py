"""Evidence over HTTP: what sources say of a record, what was read out of a source, and where evidence is thin."""

import sys
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query

from app import errors
from app.errors import MergedInto
from app.evidence.coverage import measure
from app.evidence.schemas import (
    Coverage,
    CoverageQuery,
    EvidenceQuery,
    PassagesPage,
    PassagesQuery,
    RecordEvidence,
    StatementsPage,
    StatementsQuery,
)
from app.evidence.service import evidence_of, list_passages
from app.evidence.statements import find_statements
from app.formats.annotations import OA, annotation, page_head
from app.formats.answer_schemas import answer_schema
from app.formats.format import About, Projection
from app.formats.responses import iterate, refuse_json_only
from app.formats.serialize import together, write_stream
from app.reading.format_items import read_item
from app.reading.service import find_live
from app.records.kinds import RECORD_KINDS, RecordKind
from app.records.validation.document import load_stored
from app.schemas.parameters import FormatParameter
from app.schemas.responses import EvidenceItem
from app.values.entity_tag import record_tag
from app.web.cached_routes import CachedRoute, RecordRoute
from app.web.dependencies import Db, Negotiated, RequestScope, ServiceSettings, Snapshot, read_access
from app.web.headers import JSON_ONLY, address_of, base_of
from app.web.openapi import article, record_id
from app.web.page_cursors import cursor_of_query, links_to_pages
from app.web.signatures import of_kind, raises
from app.web.typed_responses import TypedResponse
from app.writing.evidence_items import item_json

ItemInPath = Annotated[str, Path(description="The id of the item.", examples=["e1"])]
FormatName = Annotated[str, Depends(Negotiated({**JSON_ONLY, OA.name: OA.media_type}))]

router = APIRouter(route_class=CachedRoute, dependencies=[Depends(read_access)])


@raises(errors.Gone, MergedInto)
async def get_evidence(
    kind: RecordKind,
    id: str,  # noqa: A002 - the name of the path parameter
    query: Annotated[EvidenceQuery, Query()],
    form: FormatName,
    snapshot: Snapshot,
    settings: ServiceSettings,
    scope: RequestScope,
) -> TypedResponse[Any]:
    """Property by property: what the record says, and beside it every passage that bears on it.

    Each has its stance, its rank and what its source holds the property to be. As Web Annotations (`format=oa`) come all
    items of evidence, without what the record says.
    """
    if form == OA.name:
        if query.property is not None:
            refuse_json_only("property")
        item, found = await read_item(snapshot, kind, id, Projection(beside=OA.beside))
        about = About(
            base_of(scope, settings), item.record.title, kind, address=address_of(scope, settings, form)
        )
        body, _ = await together(write_stream(OA, iterate([[item]]), about), sys.maxsize)
        return TypedResponse.stored(body, media_type=OA.content_type, version=found.version)
    return TypedResponse.json(await evidence_of(snapshot, kind, id, query.property))


@raises(errors.Gone, MergedInto)
async def get_evidence_item(
    kind: RecordKind,
    id: str,  # noqa: A002 - the name of the path parameter
    item: ItemInPath,
    query: Annotated[FormatParameter, Query()],  # noqa: ARG001 - the route negotiates by it
    db: Db,
) -> TypedResponse[EvidenceItem]:
    """One item, with the entity tag that a change of it, or of the record, names in `If-Match`."""
    found = (await db.answer(lambda reading: find_live(reading, kind, id), single=True))[0]
    _, _, _, _, revision, document, _, _, version, updated_at = found
    _, body = item_json(document, item)
    return TypedResponse.stored(body, etag=record_tag(revision, updated_at, body), version=version)


@raises(errors.Gone, MergedInto)
async def get_passages(
    kind: RecordKind,
    id: str,  # noqa: A002 - the name of the path parameter
    query: Annotated[PassagesQuery, Query()],
    form: FormatName,
    snapshot: Snapshot,
    settings: ServiceSettings,
    scope: RequestScope,
) -> TypedResponse[Any]:
    """Every item of evidence from the source with the record that it is in, in the order of its text.

    By the first character, then by page and paragraph; what names no place comes last. Web Annotations of them
    (`format=oa`) come page by page as well.
    """
    purpose = f"evidence of {kind.collection}/{id}".encode()
    cursor = await cursor_of_query(snapshot, query.cursor, purpose)
    source = (await find_live(snapshot, kind, id))[0]
    found = await list_passages(snapshot, source[6], query.limit, cursor)
    links = await links_to_pages(scope, snapshot, purpose, found.next, found.prev)
    if form == OA.name:
        record = load_stored(kind, source[5])
        base, linked = base_of(scope, settings), {f"{kind.collection}/{id}": record}
        head = page_head(address_of(scope, settings, form), record.title)
        beside = {"next": links.following, "prev": links.preceding}
        head |= {name: base + path for name, path in beside.items() if path is not None}
        items = [annotation(one["ref"], one["evidence"], linked, base) for one in found.items]
        return TypedResponse.stored(
            orjson.dumps(head | {"items": items}), media_type=OA.content_type, headers=links.headers
        )
    page = PassagesPage(items=found.items, next=links.following, prev=links.preceding)
    return TypedResponse.json(page, headers=links.headers)


for _kind in RECORD_KINDS:
    _is_source = _kind.kind == "source"
    router.add_api_route(
        f"/v1/{_kind.collection}/{{id}}/evidence",
        of_kind(
            get_passages if _is_source else get_evidence,
            _kind,
            id=record_id(_kind),
            returns=PassagesPage if _is_source else RecordEvidence,
        ),
        operation_id=f"{_kind.kind}_evidence",
        summary="What was read out of a source"
        if _is_source
        else f"What sources say of {article(_kind.kind)}",
        tags=[_kind.collection],
        response_description="What was found.",
        responses={200: {"content": {OA.media_type: {"schema": answer_schema(OA, one=True)}}}},
    )


for _kind in RECORD_KINDS:
    if _kind.kind != "source":
        router.add_api_route(
            f"/v1/{_kind.collection}/{{id}}/evidence/{{item}}",
            of_kind(get_evidence_item, _kind, id=record_id(_kind), returns=EvidenceItem),
            route_class_override=RecordRoute,
            operation_id=f"get_{_kind.kind}_evidence",
            summary=f"Read an item of evidence of {article(_kind.kind)}",
            tags=[_kind.collection],
            response_description="The item.",
        )


@router.get(
    "/v1/coverage",
    operation_id="coverage",
    summary="Where the evidence is thin",
    tags=["across"],
    response_description="What was found.",
)
async def get_coverage(
    query: Annotated[CoverageQuery, Query()], snapshot: Snapshot
) -> TypedResponse[Coverage]:
    """How many statements have no source, one, or several independent ones: per kind, property, source, decade and place.

    A statement is what a record says of its subject: that it was at all (`record`), its date, summary, geometry, time in
    force and what it was established under; each place, participant, party, provision, relation and figure is one of its
    own. Titles, types, tags and other names are none. A source stands behind a statement where a passage of it supports
    it as the record has it: deprecated passages, mentions, disputes and competing values do not. Sources are independent
    where they are different. A record counts in every decade that its date may touch, as `when=` finds it, and at the
    places it names itself. Of sources, those that most rests on alone come first; of places, those with least; `limit`
    says how many are listed, `total` how many there are. `…/statements` names the records.
    """
    return TypedResponse.json(await measure(snapshot, query.kind, query.limit))


@router.get(
    "/v1/coverage/statements",
    operation_id="coverage_statements",
    summary="List records with statements of some support",
    tags=["across"],
    response_description="What was found.",
)
async def get_statements(
    query: Annotated[StatementsQuery, Query()], snapshot: Snapshot, scope: RequestScope
) -> TypedResponse[StatementsPage]:
    """The records behind a number of `GET /v1/coverage`, with how many such statements each has: their sum is the number.

    Statements: `none`, `one` or `several` of `statements`, of a kind, a decade, a source, a place or a property, is found
    with `support` and the parameters of those names. Records: the same with `property=record`; with a source or a place
    and no `support`, its `records`, and with `support=one` those of `alone`. Without `kind` come all kinds, one after
    another.
    """
    narrowed = query.model_dump(exclude={"format", "limit", "cursor"}, exclude_none=True)
    purpose = f"statements {sorted(narrowed.items())}".encode()
    cursor = await cursor_of_query(snapshot, query.cursor, purpose)
    found = await find_statements(snapshot, query, cursor)
    links = await links_to_pages(scope, snapshot, purpose, found.next)
    page = StatementsPage(items=found.items, next=links.following, prev=links.preceding)
    return TypedResponse.json(page, headers=links.headers)
