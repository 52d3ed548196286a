"""Single items of evidence over HTTP: added, replaced and deleted, each as a write of the record that it is in."""

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path
from sqlalchemy import Connection

from app import errors
from app.database.lookup import StoredRecord
from app.database.revisions import Attribution
from app.records.kinds import RECORD_KINDS, RecordKind
from app.schemas.responses import EvidenceItem, record_type
from app.values.entity_tag import record_tag
from app.values.json_patch import Patch
from app.web.dependencies import Conditions, VerifyingTurns
from app.web.idempotency import StoredResponse
from app.web.openapi import PRECONDITION_FAILED, WRITE_ETAG, article, location_of, record_id
from app.web.preconditions import Preconditions
from app.web.signatures import StrictBody, of_kind, raises
from app.web.turns import Turns
from app.web.write_requests import SharedWriter, Writer, WriteRequest
from app.web.write_routes import Transaction, WriteRoute
from app.writing import service as editing
from app.writing.endpoints import apply_before, check_of, look_up_quotations, record_response
from app.writing.evidence_items import adding, faults_within_item, item_json, removing, replacing

_MAX_ITEM_BYTES: Final = 2**20

EvidenceBody = Annotated[
    WriteRequest[EvidenceItem],
    StrictBody(
        example={
            "property": "date",
            "source": "sources/cuba-venezuela-cooperation",
            "selector": {"page": 3},
            "note": "Names the day.",
        },
        most_bytes=_MAX_ITEM_BYTES,
    ),
]

ItemId = Annotated[str, Path(description="The id of the item.", examples=["e1"])]

router = APIRouter(route_class=WriteRoute)


@raises(errors.Gone)
async def add_evidence(
    kind: RecordKind,
    id: str,  # noqa: A002 - the name of the path parameter
    body: EvidenceBody,
    conditions: Conditions,
    writer: SharedWriter,
    turns: VerifyingTurns,
) -> Transaction[EvidenceItem]:
    """Adds it after the others; an id is given to it where it has none, and 409 where another has it.

    It is a write of the record, and takes the record's `If-Match`; the entity tag of the answer serves for the next one.
    """
    patch = adding(await writer.parsed(body))
    return await _changing(kind, id, None, patch, body, conditions, writer, turns)


@raises(errors.Gone)
async def replace_evidence(
    kind: RecordKind,
    id: str,  # noqa: A002 - the name of the path parameter
    item: ItemId,
    body: EvidenceBody,
    conditions: Conditions,
    writer: SharedWriter,
    turns: VerifyingTurns,
) -> Transaction[EvidenceItem]:
    """Puts another in its place, under its id; 404 where the record has none of this id.

    It is a write of the record, and takes the record's `If-Match`; the entity tag of the answer serves for the next one.
    """
    patch = replacing(item, await writer.parsed(body))
    return await _changing(kind, id, item, patch, body, conditions, writer, turns)


@raises(errors.Gone)
async def delete_evidence(
    kind: RecordKind,
    id: str,  # noqa: A002 - the name of the path parameter
    item: ItemId,
    conditions: Conditions,
) -> Transaction[Any]:
    """Takes it away, and answers the record as it is without it.

    It is a write of the record, and takes the record's `If-Match`.
    """

    def work(tx: Connection, edit: Attribution) -> StoredResponse[Any]:
        check = check_of(tx, kind, conditions)
        stored = editing.patch_record(tx, kind, id, removing(item), edit, check)
        return record_response(tx, kind, stored, 200, ("content-location", f"/v1/{stored.ref}"))

    return Transaction.of_record(work)


async def _changing(
    kind: RecordKind,
    record_id: str,
    item_id: str | None,
    patch: Patch,
    body: WriteRequest[Any],
    conditions: Preconditions,
    writer: Writer,
    turns: Turns,
) -> Transaction[EvidenceItem]:
    patched = await apply_before(writer, body, kind, record_id, patch)

    def work(tx: Connection, edit: Attribution) -> StoredResponse[EvidenceItem]:
        check = check_of(tx, kind, conditions)
        with faults_within_item(tx, kind, record_id, item_id):
            stored = editing.patch_record(tx, kind, record_id, patch, edit, check, patched)
        return _item_response(stored, item_id)

    return Transaction.of_record(
        work, await look_up_quotations(writer.db, turns, body, kind, patched, record_id)
    )


def _item_response(stored: StoredRecord, item_id: str | None) -> StoredResponse[EvidenceItem]:
    found, body = item_json(stored.document, item_id)
    created = [("location", f"/v1/{stored.ref}/evidence/{found}")] if item_id is None else []
    status = 201 if created else 200
    etag = ("etag", record_tag(stored.revision, stored.updated_at, body))
    return StoredResponse.of_json(body, status, etag, *created, record=stored.pk)


def _declare(kind: RecordKind) -> None:
    all_items, named, noun = f"/v1/{kind.collection}/{{id}}/evidence", record_id(kind), article(kind.kind)
    one, add = f"{all_items}/{{item}}", partial(router.add_api_route, tags=[kind.collection])
    written: dict[int | str, Any] = {412: PRECONDITION_FAILED}
    add(
        all_items,
        of_kind(add_evidence, kind, id=named, returns=EvidenceItem),
        methods=["POST"],
        operation_id=f"add_{kind.kind}_evidence",
        summary=f"Add evidence to {noun}",
        status_code=201,
        response_description="The item, as `GET` gives it.",
        responses=written | {201: {"headers": WRITE_ETAG | location_of("item")}},
    )
    add(
        one,
        of_kind(replace_evidence, kind, id=named, returns=EvidenceItem),
        methods=["PUT"],
        operation_id=f"replace_{kind.kind}_evidence",
        summary=f"Replace an item of evidence of {noun}",
        response_description="The item, as `GET` gives it.",
        responses=written | {200: {"headers": WRITE_ETAG}},
    )
    add(
        one,
        of_kind(delete_evidence, kind, id=named, returns=record_type(kind)),
        methods=["DELETE"],
        operation_id=f"delete_{kind.kind}_evidence",
        summary=f"Delete an item of evidence of {noun}",
        response_description="The record, as `GET` gives it.",
        responses=written | {200: {"headers": WRITE_ETAG | location_of("record", "Content-Location")}},
    )


for _kind in RECORD_KINDS:
    if _kind.kind != "source":
        _declare(_kind)
