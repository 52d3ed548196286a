"""Vocabularies over HTTP: reading the terms, and adding to them with `admin`."""

from functools import partial
from typing import Annotated, Any, ClassVar, Final

import orjson
from fastapi import APIRouter, Depends, Path, Query
from sqlalchemy import Connection

from app.database.engine.branches import has_forked
from app.database.revisions import Attribution
from app.database.vocabulary import (
    StoredTerm,
    VocabularyVersion,
    current_vocabulary,
    find_term,
    require_scheme,
    term_json,
)
from app.errors import PreconditionFailed
from app.records.empty_members import empty_member
from app.records.vocabulary import SCHEMES, Term
from app.schemas.parameters import FormatParameter
from app.schemas.patches import patch_contents
from app.values.entity_tag import digest_of, entity_tag
from app.values.json_patch import parse_patch
from app.values.slug import MAX_LENGTH
from app.vocabularies.schemas import (
    TERM_EXAMPLE,
    TermDocument,
    TermInput,
    TermPatch,
    VocabularyList,
    VocabularySummary,
    VocabularyTerms,
)
from app.vocabularies.service import (
    begin_change,
    create_term,
    delete_term,
    existing_term,
    read_term,
    replace_term,
)
from app.web.auth import KeyScope
from app.web.cached_routes import RecordRoute
from app.web.dependencies import Conditions, ConditionsOfPut, Db, Snapshot, read_access
from app.web.idempotency import StoredResponse
from app.web.openapi import WRITE_ETAG, location_of
from app.web.preconditions import Preconditions, PresentRevision, precondition_failed
from app.web.signatures import StrictBody
from app.web.typed_responses import TypedResponse
from app.web.write_requests import SharedWriter, WriteRequest
from app.web.write_routes import Transaction, WriteRoute

_MANY: Final = 200_000
_PATH: Final = "/v1/vocabularies/{scheme}"
_OF_TERM: Final = f"{_PATH}/{{id}}"
_FOUND: Final[dict[str, Any]] = {"response_description": "The term."}
_CREATED: Final = {"headers": WRITE_ETAG | location_of("term")}
_WRITTEN: Final[dict[int | str, Any]] = {200: {"headers": WRITE_ETAG}}

_MERGE_EXAMPLE: Final = {"label": "Sit-in protest"}

Scheme = Annotated[
    str,
    Path(description="The vocabulary.", examples=["event-type"], json_schema_extra={"enum": [*SCHEMES]}),
]

TermId = Annotated[str, Path(description="The term.", examples=["battle"], max_length=MAX_LENGTH)]
OwnTermId = Annotated[str, Path(description="The term.", examples=["sit-in"], max_length=MAX_LENGTH)]

TermBody = Annotated[WriteRequest[TermInput], StrictBody(example=TERM_EXAMPLE, most_bytes=_MANY)]
TermPatchBody = Annotated[
    WriteRequest[TermPatch],
    StrictBody(
        example=_MERGE_EXAMPLE,
        also=patch_contents(
            "Term", _MERGE_EXAMPLE, {"op": "replace", "path": "/label", "value": "Sit-in protest"}
        ),
        most_bytes=_MANY,
    ),
]


class AdminRoute(WriteRoute):
    """Takes writes of administrators alone."""

    required: ClassVar[KeyScope] = "admin"


# Entity tags are those of the vocabulary, which every change of a term changes, and of the term.
router = APIRouter(route_class=RecordRoute, tags=["vocabularies"], dependencies=[Depends(read_access)])
writes = APIRouter(route_class=AdminRoute, tags=["vocabularies"])


@router.get(
    "/v1/vocabularies",
    operation_id="list_vocabularies",
    summary="List the vocabularies",
    response_description="The vocabularies.",
)
async def list_vocabularies(
    query: Annotated[FormatParameter, Query()],  # noqa: ARG001 - the route negotiates by it
    snapshot: Snapshot,
) -> TypedResponse[VocabularyList]:
    """Every vocabulary, with how many terms it has."""
    known = await current_vocabulary(snapshot)
    items = [
        VocabularySummary(
            scheme=name, href=f"/v1/vocabularies/{name}", terms=len(known.vocabulary.terms(name))
        )
        for name in known.vocabulary.schemes
    ]
    return TypedResponse.json(VocabularyList(items=items), etag=_etag_of_all(known))


@router.get(
    _PATH,
    operation_id="get_vocabulary",
    summary="Read a vocabulary",
    response_description="The vocabulary.",
)
async def get_vocabulary(
    scheme: Scheme,
    query: Annotated[FormatParameter, Query()],  # noqa: ARG001 - the route negotiates by it
    snapshot: Snapshot,
) -> TypedResponse[VocabularyTerms]:
    """A vocabulary with all its terms, in their order."""
    require_scheme(scheme)
    known = await current_vocabulary(snapshot)
    terms = b",".join(map(term_json, known.vocabulary.terms(scheme)))
    body = b'{"scheme":%s,"terms":[%s]}' % (orjson.dumps(scheme), terms)
    return TypedResponse.stored(body, etag=_etag_of_all(known))


@router.get(_OF_TERM, operation_id="get_term", summary="Read a term", **_FOUND)
async def get_term(
    scheme: Scheme,
    id: TermId,  # noqa: A002 - the name of the path parameter
    query: Annotated[FormatParameter, Query()],  # noqa: ARG001 - the route negotiates by it
    db: Db,
) -> TypedResponse[TermDocument]:
    """One term, with the entity tag that a change of it names in `If-Match`."""

    def read() -> StoredTerm:
        with db.snapshot() as connection:
            return existing_term(connection, scheme, id)

    require_scheme(scheme)
    found = await db.in_thread(read)
    return TypedResponse.stored(term_json(found.term), etag=_etag(found))


@writes.post(
    _PATH,
    operation_id="create_term",
    summary="Add a term",
    status_code=201,
    responses={201: _CREATED},
    **_FOUND,
)
async def post_term(scheme: Scheme, body: TermBody, writer: SharedWriter) -> Transaction[TermDocument]:
    """Needs the scope `admin`.

    Terms that ship with the program are the same everywhere and cannot be changed or deleted (403). A relation and its
    inverse are made, changed and deleted together.
    """
    require_scheme(scheme)
    term = read_term(await writer.parsed(body))

    def work(tx: Connection, _edit: Attribution) -> StoredResponse[TermDocument]:
        begin_change(tx)
        return _created(create_term(tx, scheme, term))

    return Transaction(work)


@writes.put(
    _OF_TERM,
    operation_id="replace_term",
    summary="Replace a term, or add it",
    responses=_WRITTEN | {201: {**_CREATED, "description": "It was added.", "model": TermDocument}},
    **_FOUND,
)
async def put_term(
    scheme: Scheme,
    id: OwnTermId,  # noqa: A002 - the name of the path parameter
    body: TermBody,
    conditions: ConditionsOfPut,
    writer: SharedWriter,
) -> Transaction[TermDocument]:
    """Needs the scope `admin`.

    With `If-Match` replaces the term, with `If-None-Match: *` adds it; 428 with neither. Terms that ship with the program
    are the same everywhere and cannot be changed or deleted (403). A relation and its inverse are made, changed and
    deleted together.
    """
    require_scheme(scheme)
    term = read_term(await writer.parsed(body), id)

    def work(tx: Connection, _edit: Attribution) -> StoredResponse[TermDocument]:
        current = find_term(tx, scheme, id)
        if current is not None and current.added and current.term == term:
            _check(tx, current, conditions)
            return _written(current)
        begin_change(tx)
        current = find_term(tx, scheme, id)
        if current is None and conditions.creates:
            return _created(create_term(tx, scheme, term))
        conditions.require(None if current is None else _present(tx, current))
        if current is None:
            raise PreconditionFailed("There is no such term; to create it, send If-None-Match: *.")
        _check(tx, current, conditions)
        return _written(replace_term(tx, current, term))

    return Transaction(work)


@writes.patch(_OF_TERM, operation_id="patch_term", summary="Change a term", responses=_WRITTEN, **_FOUND)
async def patch_term(
    scheme: Scheme,
    id: OwnTermId,  # noqa: A002 - the name of the path parameter
    body: TermPatchBody,
    conditions: Conditions,
    writer: SharedWriter,
) -> Transaction[TermDocument]:
    """Needs the scope `admin`.

    Terms that ship with the program are the same everywhere and cannot be changed or deleted (403). A relation and its
    inverse are made, changed and deleted together.
    """
    require_scheme(scheme)
    patch = parse_patch(body.media_type, await writer.parsed(body), partial(empty_member, Term))

    def patched(current: StoredTerm) -> Term:
        return read_term(patch(orjson.loads(term_json(current.term))), id)

    def work(tx: Connection, _edit: Attribution) -> StoredResponse[TermDocument]:
        current = existing_term(tx, scheme, id)
        _check(tx, current, conditions)
        if current.added and patched(current) == current.term:
            return _written(current)
        begin_change(tx)
        current = existing_term(tx, scheme, id)
        _check(tx, current, conditions)
        return _written(replace_term(tx, current, patched(current)))

    return Transaction(work)


@writes.delete(
    _OF_TERM,
    operation_id="delete_term",
    summary="Delete a term",
    response_description="Deleted.",
    status_code=204,
)
async def remove_term(
    scheme: Scheme,
    id: OwnTermId,  # noqa: A002 - the name of the path parameter
    conditions: Conditions,
) -> Transaction[None]:
    """Needs the scope `admin`.

    Terms that ship with the program are the same everywhere and cannot be changed or deleted (403). A relation and its
    inverse are made, changed and deleted together.
    """
    require_scheme(scheme)

    def work(tx: Connection, _edit: Attribution) -> StoredResponse[None]:
        begin_change(tx)
        current = existing_term(tx, scheme, id)
        _check(tx, current, conditions)
        delete_term(tx, current)
        return StoredResponse(204)

    return Transaction(work)


def _check(tx: Connection, current: StoredTerm, conditions: Preconditions) -> None:
    present = _present(tx, current)
    conditions.require(present)
    if not conditions.hold_for(present):
        raise precondition_failed(None, present, _etag(current), conditions)


def _present(tx: Connection, current: StoredTerm) -> PresentRevision:
    # Nothing tells when a term was written.
    return PresentRevision(current.revision, digest_of(term_json(current.term)), lambda: not has_forked(tx))


def _etag_of_all(known: VocabularyVersion) -> str:
    return f'"v{known.version}"'


def _etag(found: StoredTerm) -> str:
    return entity_tag(found.revision, term_json(found.term))


def _written(found: StoredTerm, status: int = 200, *headers: tuple[str, str]) -> StoredResponse[TermDocument]:
    return StoredResponse.of_json(term_json(found.term), status, ("etag", _etag(found)), *headers)


def _created(found: StoredTerm) -> StoredResponse[TermDocument]:
    return _written(found, 201, ("location", f"/v1/vocabularies/{found.scheme}/{found.term.id}"))
