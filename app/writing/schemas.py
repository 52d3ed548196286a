"""The writing operations of each kind, described, and the body of a revert."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app import errors
from app.database.revisions import MAX_REVISION
from app.records.kinds import EXAMPLES, RecordKind
from app.records.scalars import Count, rule_error
from app.schemas.responses import document_schema, record_schema
from app.web.openapi import (
    COMMON_HEADERS,
    IF_MATCH,
    LOCATION,
    NO_CONTENT,
    WRITE_ETAG,
    WRITE_PROBLEMS,
    article,
    id_parameter,
    json_content,
    operation,
    problem_responses,
)
from app.web.openapi import IF_NONE_MATCH_OF_WRITES as IF_NONE_MATCH

_ON_ONE: Final = (
    *WRITE_PROBLEMS,
    errors.NotFound,
    errors.Gone,
    errors.PreconditionFailed,
    errors.PreconditionRequired,
)

_CONDITION: Final = {
    "description": "The record is no longer as it was meant. `ETag` is the current one, `Link` leads to what changed.",
    "headers": {
        "ETag": {"description": "The current entity tag.", "schema": {"type": "string"}},
        "Link": {"description": "The difference, as `rel=related`.", "schema": {"type": "string"}},
    },
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def _record(kind: RecordKind, description: str, headers: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "headers": headers, "content": json_content(record_schema(kind))}


def _document(kind: RecordKind) -> dict[str, Any]:
    return json_content(document_schema(kind), {"title": EXAMPLES[kind.kind].replace("-", " ").capitalize()})


def create_operation(kind: RecordKind) -> dict[str, Any]:
    """Describe `POST /v1/{collection}`."""
    return operation(
        f"create_{kind.kind}",
        f"Create {article(kind.kind)}",
        "Only `title` is needed; an id is made from it where none is given. What the server sets is ignored. "
        "409 where the id is in use, or was: ids are never used again.",
        kind.collection,
        {
            201: _record(kind, "The record, as `GET` gives it.", WRITE_ETAG | LOCATION),
            **problem_responses(*WRITE_PROBLEMS),
        },
        status_code=201,
        parameters=COMMON_HEADERS,
        body=_document(kind),
    )


def replace_operation(kind: RecordKind) -> dict[str, Any]:
    """Describe `PUT /v1/{collection}/{id}`."""
    return operation(
        f"replace_{kind.kind}",
        f"Replace {article(kind.kind)}, or create it",
        "With `If-Match` replaces the record, with `If-None-Match: *` creates it; 428 with neither. What was read "
        "can be sent back as it is.",
        kind.collection,
        {
            200: _record(kind, "The record, as `GET` gives it.", WRITE_ETAG),
            201: _record(kind, "It was created.", WRITE_ETAG | LOCATION),
            204: NO_CONTENT,
            **problem_responses(*_ON_ONE),
            412: _CONDITION,
        },
        parameters=(id_parameter(EXAMPLES[kind.kind]), IF_MATCH, IF_NONE_MATCH, *COMMON_HEADERS),
        body=_document(kind),
    )


def patch_operation(kind: RecordKind) -> dict[str, Any]:
    """Describe `PATCH /v1/{collection}/{id}`."""
    merge = {
        "schema": {"description": "What changes; null takes a member away."},
        "example": {"summary": "What it was.", "tags": None},
    }
    operations = {
        "schema": {
            "type": "array",
            "maxItems": 1000,
            "items": {
                "type": "object",
                "required": ["op", "path"],
                "properties": {
                    "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
                    "path": {"type": "string"},
                    "from": {"description": "Where from, to move or copy; passed over otherwise."},
                    "value": {},
                },
            },
        },
        "example": [{"op": "add", "path": "/summary", "value": "What it was."}],
    }
    return operation(
        f"patch_{kind.kind}",
        f"Change {article(kind.kind)}",
        "By a merge patch (RFC 7396) or a JSON Patch (RFC 6902); all of it or nothing. A patch that is none is 400, "
        "one that does not fit the document, a failed `test` included, 409 (RFC 5789 §2.2).",
        kind.collection,
        {
            200: _record(kind, "The record, as `GET` gives it.", WRITE_ETAG),
            204: NO_CONTENT,
            **problem_responses(*_ON_ONE),
            412: _CONDITION,
        },
        parameters=(id_parameter(EXAMPLES[kind.kind]), IF_MATCH, *COMMON_HEADERS),
        body={"application/merge-patch+json": merge, "application/json-patch+json": operations},
    )


def delete_operation(kind: RecordKind) -> dict[str, Any]:
    """Describe `DELETE /v1/{collection}/{id}`."""
    return operation(
        f"delete_{kind.kind}",
        f"Delete {article(kind.kind)}",
        "Leaves a tombstone: the record answers 410, its revisions stay, and it can be restored. "
        "409 while others refer to it; they are named.",
        kind.collection,
        {204: {"description": "Deleted."}, **problem_responses(*_ON_ONE), 412: _CONDITION},
        status_code=204,
        parameters=(id_parameter(EXAMPLES[kind.kind]), IF_MATCH, *COMMON_HEADERS),
    )


def restore_operation(kind: RecordKind) -> dict[str, Any]:
    """Describe `POST /v1/{collection}/{id}/restore`."""
    return operation(
        f"restore_{kind.kind}",
        f"Restore a deleted {kind.kind}",
        "Brings it back as it was last, as a new revision. 422 where it refers to what has been deleted since.",
        kind.collection,
        {
            200: _record(kind, "The record, as `GET` gives it.", WRITE_ETAG),
            204: NO_CONTENT,
            **problem_responses(*WRITE_PROBLEMS, errors.NotFound),
        },
        parameters=(id_parameter(EXAMPLES[kind.kind]), *COMMON_HEADERS),
    )


def revert_operation(kind: RecordKind) -> dict[str, Any]:
    """Describe `POST /v1/{collection}/{id}/revert`."""
    schema = {
        "type": "object",
        "required": ["to"],
        "additionalProperties": False,
        "properties": {"to": {"type": "integer", "minimum": 1, "description": "The revision to go back to."}},
    }
    return operation(
        f"revert_{kind.kind}",
        f"Go back to an earlier revision of {article(kind.kind)}",
        "Writes the document of that revision again, as a new revision.",
        kind.collection,
        {
            200: _record(kind, "The record, as `GET` gives it.", WRITE_ETAG),
            204: NO_CONTENT,
            **problem_responses(*_ON_ONE),
            412: _CONDITION,
        },
        parameters=(id_parameter(EXAMPLES[kind.kind]), IF_MATCH, *COMMON_HEADERS),
        body=json_content(schema, {"to": 1}),
    )


def _numbered(revision: int) -> int:
    if not 0 < revision <= MAX_REVISION:
        raise rule_error("out_of_range", "Give the number of a revision: 1 or more.")
    return revision


class RevertRequest(BaseModel):
    """The body of a revert."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: Annotated[Count, AfterValidator(_numbered)] = Field(description="The revision to go back to.")
