"""Writing over HTTP: create, replace, patch, delete, restore and revert records of all six kinds."""

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter
from sqlalchemy import Connection

from app import errors
from app.database.revisions import Attribution
from app.records.empty_members import empty_member
from app.records.kinds import RECORD_KINDS, RecordKind
from app.schemas.example_documents import EXAMPLE_DOCUMENTS, without_others
from app.schemas.patches import patch_contents, patch_of
from app.schemas.responses import document_type, record_type
from app.values.json_patch import parse_patch
from app.web.dependencies import Conditions, ConditionsOfPut, VerifyingTurns
from app.web.idempotency import StoredResponse
from app.web.openapi import PRECONDITION_FAILED, WRITE_ETAG, article, location_of, record_id
from app.web.signatures import StrictBody, of_kind, raises
from app.web.write_requests import SMALL_BODY_BYTES, SharedWriter, Writer, WriteRequest
from app.web.write_routes import Transaction, WriteRoute
from app.writing import service as editing
from app.writing.document_validation import validate
from app.writing.endpoints import (
    apply_before,
    check_of,
    created_response,
    look_up_quotations,
    record_response,
    require_preconditions,
)
from app.writing.schemas import RevertRequest
from app.writing.submitted_document import SubmittedDocument

_MAX_PATCH_BYTES: Final = 2 * 2**20
_MERGE_EXAMPLE: Final = {"tags": ["to-be-checked"]}

router = APIRouter(route_class=WriteRoute)


async def create_record(
    kind: RecordKind, body: WriteRequest[Any], writer: SharedWriter, turns: VerifyingTurns
) -> Transaction[Any]:
    """Only `title` is needed; an id is made from it where none is given.

    What the server sets is ignored. 409 where the id is in use, or was: ids are never used again.
    """
    sent = await _sent(writer, kind, body)

    def work(tx: Connection, edit: Attribution) -> StoredResponse[Any]:
        return created_response(tx, kind, editing.create_record(tx, kind, sent, edit))

    return Transaction.of_record(work, await look_up_quotations(writer.db, turns, body, kind, sent))


@raises(errors.Gone)
async def replace_record(
    kind: RecordKind,
    id: str,  # noqa: A002 - the name of the path parameter
    body: WriteRequest[Any],
    conditions: ConditionsOfPut,
    writer: SharedWriter,
    turns: VerifyingTurns,
) -> Transaction[Any]:
    """With `If-Match` replaces the record, with `If-None-Match: *` creates it; 428 with neither.

    What was read can be sent back as it is.
    """
    if conditions.are_missing:
        await writer.db.in_thread(partial(require_preconditions, writer.db, kind, id, conditions))
    sent = await _sent(writer, kind, body, id)

    def work(tx: Connection, edit: Attribution) -> StoredResponse[Any]:
        check = check_of(tx, kind, conditions)
        if conditions.creates:
            return created_response(tx, kind, editing.create_at(tx, kind, id, sent, edit, check))
        return record_response(tx, kind, editing.replace_record(tx, kind, id, sent, edit, check))

    return Transaction.of_record(work, await look_up_quotations(writer.db, turns, body, kind, sent, id))


@raises(errors.Gone)
async def patch_record(
    kind: RecordKind,
    id: str,  # noqa: A002 - the name of the path parameter
    body: WriteRequest[Any],
    conditions: Conditions,
    writer: SharedWriter,
    turns: VerifyingTurns,
) -> Transaction[Any]:
    """By a merge patch (RFC 7396) or a JSON Patch (RFC 6902); all or nothing. As `application/json` an object is the one, a list the other.

    A patch that is none is 400, one that does not fit the document, a failed `test` included, 409 (RFC 5789 §2.2).
    """
    patch = parse_patch(body.media_type, await writer.parsed(body), partial(empty_member, kind.model))
    patched = await apply_before(writer, body, kind, id, patch)

    def work(tx: Connection, edit: Attribution) -> StoredResponse[Any]:
        check = check_of(tx, kind, conditions)
        return record_response(tx, kind, editing.patch_record(tx, kind, id, patch, edit, check, patched))

    return Transaction.of_record(work, await look_up_quotations(writer.db, turns, body, kind, patched, id))


@raises(errors.Gone)
async def delete_record(
    kind: RecordKind,
    id: str,  # noqa: A002 - the name of the path parameter
    conditions: Conditions,
) -> Transaction[None]:
    """Leaves a tombstone: the record answers 410, its revisions stay, and it can be restored.

    409 while others refer to it; they are named.
    """

    def work(tx: Connection, edit: Attribution) -> StoredResponse[None]:
        gone = editing.delete_record(tx, kind, id, edit, check_of(tx, kind, conditions))
        return StoredResponse(204, record=gone.pk)

    return Transaction.of_record(work)


async def restore_record(
    kind: RecordKind,
    id: str,  # noqa: A002 - the name of the path parameter
) -> Transaction[Any]:
    """Brings it back as it was last, as a new revision.

    422 where it refers to what has been deleted since.
    """

    def work(tx: Connection, edit: Attribution) -> StoredResponse[Any]:
        return record_response(tx, kind, editing.restore_record(tx, kind, id, edit))

    return Transaction.of_record(work)


@raises(errors.Gone)
async def revert_record(
    kind: RecordKind,
    id: str,  # noqa: A002 - the name of the path parameter
    body: Annotated[
        RevertRequest,
        StrictBody(
            example={"to": 1},
            most_bytes=SMALL_BODY_BYTES,
            detail='Send the revision to go back to: {"to": 3}.',
        ),
    ],
    conditions: Conditions,
) -> Transaction[Any]:
    """Writes the document of that revision again, as a new revision."""

    def work(tx: Connection, edit: Attribution) -> StoredResponse[Any]:
        check = check_of(tx, kind, conditions)
        return record_response(tx, kind, editing.revert_record(tx, kind, id, body.to, edit, check))

    return Transaction.of_record(work)


async def _sent(
    writer: Writer, kind: RecordKind, body: WriteRequest[Any], record_id: str | None = None
) -> SubmittedDocument:
    raw, earlier = await writer.parsed_with_faults(body)
    reading = partial(SubmittedDocument.read, kind, raw, record_id=record_id, earlier=earlier)
    return await validate(writer.db, reading, partial(writer.work, large=body.is_large))


def _document_examples(document: dict[str, Any]) -> dict[str, Any]:
    alone = without_others(document)
    examples = {"seeded": {"summary": "Among the records of seed_data", "value": document}}
    if alone != document:
        examples["empty"] = {"summary": "In an empty database", "value": alone}
    return examples


def _declare(kind: RecordKind) -> None:
    record, example = record_type(kind), EXAMPLE_DOCUMENTS[kind.kind]
    # What is tried on the page changes the record that the example of `POST` makes, and none of the seeds.
    named = record_id(kind, example["id"])
    document: Any = Annotated[
        WriteRequest[document_type(kind)],  # type: ignore[misc] # a type that is made for each kind
        StrictBody(examples=_document_examples(example)),
    ]
    patch: Any = Annotated[
        WriteRequest[patch_of(kind.model.__name__)],  # type: ignore[misc] # likewise
        StrictBody(
            example=_MERGE_EXAMPLE,
            also=patch_contents(
                kind.model.__name__, _MERGE_EXAMPLE, {"op": "add", "path": "/tags", "value": ["checked"]}
            ),
            most_bytes=_MAX_PATCH_BYTES,
        ),
    ]
    one, a = f"/v1/{kind.collection}/{{id}}", article(kind.kind)
    made = {"headers": WRITE_ETAG | location_of("record")}
    written: dict[int | str, Any] = {200: {"headers": WRITE_ETAG}}
    changed = written | {412: PRECONDITION_FAILED}
    add = partial(router.add_api_route, tags=[kind.collection])
    add_written = partial(add, response_description="The record, as `GET` gives it.")

    add_written(
        f"/v1/{kind.collection}",
        of_kind(create_record, kind, body=document, returns=record),
        methods=["POST"],
        operation_id=f"create_{kind.kind}",
        summary=f"Create {a}",
        status_code=201,
        responses={201: made},
    )
    add_written(
        one,
        of_kind(replace_record, kind, id=named, body=document, returns=record),
        methods=["PUT"],
        operation_id=f"replace_{kind.kind}",
        summary=f"Replace {a}, or create it",
        responses=changed | {201: made | {"description": "It was created.", "model": record}},
    )
    add_written(
        one,
        of_kind(patch_record, kind, id=named, body=patch, returns=record),
        methods=["PATCH"],
        operation_id=f"patch_{kind.kind}",
        summary=f"Change {a}",
        responses=changed,
    )
    add(
        one,
        of_kind(delete_record, kind, id=named, returns=None),
        methods=["DELETE"],
        operation_id=f"delete_{kind.kind}",
        summary=f"Delete {a}",
        response_description="Deleted.",
        status_code=204,
        responses={412: PRECONDITION_FAILED},
    )
    add_written(
        f"{one}/restore",
        of_kind(restore_record, kind, id=named, returns=record),
        methods=["POST"],
        operation_id=f"restore_{kind.kind}",
        summary=f"Restore a deleted {kind.kind}",
        responses=written,
    )
    add_written(
        f"{one}/revert",
        of_kind(revert_record, kind, id=named, returns=record),
        methods=["POST"],
        operation_id=f"revert_{kind.kind}",
        summary=f"Go back to an earlier revision of {a}",
        responses=changed,
    )


for _kind in RECORD_KINDS:
    _declare(_kind)
