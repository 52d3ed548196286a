"""Merges over HTTP: merge two records of the same thing, list merges, undo one; and renaming a record."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query
from pydantic import WithJsonSchema
from sqlalchemy import Connection

from app import errors
from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.database.lookup import key_of_address
from app.database.revisions import Attribution
from app.errors import Fault, InvalidDocument, NotFound
from app.merges.find_merges import MergesFound, find_merges
from app.merges.rename import rename_record
from app.merges.schemas import (
    MERGE_EXAMPLE,
    MergeRequest,
    MergesPage,
    MergesQuery,
    MergeState,
    RenameRequest,
)
from app.merges.service import Merge, merge_faults, merge_records, read_merge
from app.merges.undo import check_undo, list_not_restored, undo_merge
from app.records.kinds import RECORD_KINDS, RecordKind
from app.records.validation.document import model_faults
from app.schemas.parameters import FormatParameter
from app.schemas.responses import record_type
from app.web.dependencies import Conditions, Db, RequestScope, WakeBackground, read_access
from app.web.idempotency import StoredResponse
from app.web.openapi import PRECONDITION_FAILED, WRITE_ETAG, article, location_of, record_id
from app.web.page_cursors import cursor_of_query, links_to_pages
from app.web.responses import PageLinks
from app.web.routes import FastRoute
from app.web.signatures import StrictBody, of_kind, raises
from app.web.typed_responses import TypedResponse
from app.web.write_requests import SMALL_BODY_BYTES, SharedWriter, WriteRequest
from app.web.write_routes import Transaction, WriteRoute
from app.writing.endpoints import check_of, record_response

router = APIRouter(route_class=FastRoute, tags=["across"], dependencies=[Depends(read_access)])
writes = APIRouter(route_class=WriteRoute)

MergeId = Annotated[
    str,
    Path(description="The number of the merge."),
    WithJsonSchema({"type": "integer", "minimum": 1, "examples": [1]}),
]

_LOCATION: Final = location_of("merge")


@writes.post(
    "/v1/merges",
    tags=["across"],
    operation_id="merge_records",
    summary="Merge a record into another",
    response_description="The merge.",
    status_code=201,
    responses={
        201: {"headers": _LOCATION},
        202: {
            "description": "Begun; `GET` the merge to see it done.",
            "headers": _LOCATION,
            "model": MergeState,
        },
    },
)
@raises(errors.Gone)
async def post_merge(
    body: Annotated[
        WriteRequest[MergeRequest], StrictBody(most_bytes=SMALL_BODY_BYTES, example=MERGE_EXAMPLE)
    ],
    writer: SharedWriter,
    db: Db,
    wake: WakeBackground,
) -> Transaction[MergeState]:
    """Both must be of one kind; sources whose texts differ are refused.

    Every reference moves, in the property paths of evidence too; participants that become the same collapse, links of a
    record to itself drop; both histories stay, and the old address redirects. The record that stays is found by the names
    of the other too, unless `aliases` is false. Where more than 1,000 records refer to it,
    the answer is 202: the redirect is there, the rest follows.
    """
    document = await writer.parsed(body)
    source, target = await _two_references(db, document)
    aliases = document.get("aliases", True)

    def work(tx: Connection, edit: Attribution) -> StoredResponse[MergeState]:
        return _response(merge_records(tx, source, target, edit, aliases=aliases), 201)

    return Transaction(work, afterwards=wake)


async def _two_references(db: Database, document: Any) -> tuple[str, str]:
    """Parse `{"from": ref, "into": ref, "aliases": bool}`, and return the two references.

    Raises:
        InvalidDocument: it is anything else, with every fault: references to nothing too.
    """
    faults = model_faults(document, MergeRequest)
    if not faults:
        return document["from"], document["into"]
    wrong = {fault.pointer for fault in faults}
    given = document if isinstance(document, dict) else {}
    source, target = (None if f"/{name}" in wrong else given.get(name) for name in ("from", "into"))

    def look() -> list[Fault]:
        with db.snapshot() as connection:
            return merge_faults(connection, source, target)

    raise InvalidDocument(faults=[*faults, *await db.in_thread(look)])


@router.get(
    "/v1/merges",
    operation_id="list_merges",
    summary="List merges",
    response_description="The merges.",
)
async def get_merges(
    query: Annotated[MergesQuery, Query()], db: Db, scope: RequestScope
) -> TypedResponse[MergesPage]:
    """The latest first, those that were undone too; with `ref` those of one record. `…/merges/{id}` has how far one is."""
    purpose = f"merges of {query.ref or 'all'}".encode()

    async def read(reading: ReadConnection) -> tuple[MergesFound, PageLinks]:
        cursor = await cursor_of_query(reading, query.cursor, purpose)
        record = None if query.ref is None else await key_of_address(reading, "ref", query.ref)
        found = await find_merges(reading, record, query.limit, cursor)
        return found, await links_to_pages(scope, reading, purpose, found.next, found.prev)

    found, links = await db.answer(read)
    page = MergesPage(items=found.items, next=links.following, prev=links.preceding)
    return TypedResponse.json(page, headers=links.headers)


@router.get(
    "/v1/merges/{id}",
    operation_id="get_merge",
    summary="Read how a merge stands",
    response_description="The merge.",
)
@raises(errors.Gone)
async def get_merge(
    id: MergeId,  # noqa: A002 - the name of the path parameter
    query: Annotated[FormatParameter, Query()],  # noqa: ARG001 - the route negotiates by it
    db: Db,
) -> TypedResponse[MergeState]:
    """How many records have had their references moved, and how many are left; 410 once it was undone."""
    number = _number(id)

    async def read(reading: ReadConnection) -> Merge:
        merge = await read_merge(reading, number)
        if merge.state == "undone":
            raise _undone(merge, *await list_not_restored(reading, number))
        return merge

    return TypedResponse.json((await db.answer(read)).to_dict())


@writes.delete(
    "/v1/merges/{id}",
    tags=["across"],
    operation_id="undo_merge",
    summary="Undo a merge",
    response_description="The merge.",
    responses={
        202: {
            "description": "Begun; `GET` the merge to see it undone, which 410 says.",
            "headers": _LOCATION,
            "model": MergeState,
        },
    },
)
async def delete_merge(
    id: MergeId,  # noqa: A002 - the name of the path parameter
    db: Db,
    wake: WakeBackground,
) -> Transaction[MergeState]:
    """The record is back, and what was moved is as it was.

    What was written since the merge and says something else stands against it: 409, with the records in `conflicts`.
    Where the references of more than 1,000 records were moved, the answer is 202: the record is back, the rest follows.
    What others write before its turn comes stays as they wrote it; the 410 of `GET` names it in `conflicts`.
    """
    number = _number(id)

    def look() -> dict[int, int]:
        with db.snapshot() as connection:
            return check_undo(connection, number)

    checked = await db.in_thread(look)

    def work(tx: Connection, edit: Attribution) -> StoredResponse[MergeState]:
        return _response(undo_merge(tx, number, edit, checked), 200)

    return Transaction(work, afterwards=wake)


@raises(errors.Gone)
async def post_rename(
    kind: RecordKind,
    id: str,  # noqa: A002 - the name of the path parameter
    body: Annotated[
        RenameRequest,
        StrictBody(
            example={"to": "another-id"},
            most_bytes=SMALL_BODY_BYTES,
            detail='Send the id that the record is to have: {"to": "another-id"}.',
        ),
    ],
    conditions: Conditions,
    wake: WakeBackground,
) -> Transaction[Any]:
    """Gives it another id. The old address redirects for good, with everything below it, and no other record can have it.

    Everything of the record is at the new address, its history too, and all that refers to it is rewritten: where more
    than 1,000 records do, after the answer. It can be renamed back.
    """

    def work(tx: Connection, edit: Attribution) -> StoredResponse[Any]:
        check = check_of(tx, kind, conditions)
        stored = rename_record(tx, kind, id, body.to, edit, check)
        return record_response(tx, kind, stored, 200, ("content-location", f"/v1/{stored.ref}"))

    return Transaction(work, afterwards=wake)


def _add_renaming(kind: RecordKind) -> None:
    headers = WRITE_ETAG | location_of("record", "Content-Location")
    writes.add_api_route(
        f"/v1/{kind.collection}/{{id}}/rename",
        of_kind(post_rename, kind, id=record_id(kind), returns=record_type(kind)),
        methods=["POST"],
        operation_id=f"rename_{kind.kind}",
        summary=f"Rename {article(kind.kind)}",
        tags=[kind.collection],
        response_description="The record, as `GET` gives it at its new address.",
        responses={200: {"headers": headers}, 412: PRECONDITION_FAILED},
    )


for _kind in RECORD_KINDS:
    _add_renaming(_kind)


def _response(merge: Merge, done: int) -> StoredResponse[MergeState]:
    location = ("location", f"/v1/merges/{merge.pk}")
    if merge.pending:
        return StoredResponse.json(merge.to_dict(), 202, location, ("retry-after", "1"))
    return StoredResponse.json(merge.to_dict(), done, *([location] if done == 201 else []))


def _undone(merge: Merge, left: list[str], count: int) -> errors.Gone:
    detail = f"This merge was undone; {merge.source} is at its own address again."
    if not left:
        return errors.Gone(detail, code="undone", extra={"merge": merge.to_dict()})
    detail += (
        " Records that were written while it was being undone are as they were written; change them by hand."
    )
    return errors.Gone(
        detail, code="undone", extra={"merge": merge.to_dict(), "conflicts": left, "count": count}
    )


def _number(given: str) -> int:
    if not (given.isascii() and given.isdecimal()) or len(given) > 18:
        raise NotFound("There is no such merge.")
    return int(given)
