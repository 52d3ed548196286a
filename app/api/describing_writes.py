"""The writing operations as the OpenAPI document tells of them."""

from typing import Any, Final

from app import errors
from app.api.describing import EXAMPLES, article, document_schema, id_parameter, record_schema
from app.api.docs import problem_responses
from app.records import RecordKind

WRITE_PROBLEMS: Final = (
    errors.BadRequest,
    errors.Unauthorized,
    errors.Forbidden,
    errors.NotAcceptable,
    errors.RequestTimeout,
    errors.Conflict,
    errors.TooLarge,
    errors.UnsupportedMediaType,
    errors.InvalidDocument,
    errors.TooManyRequests,
    errors.InternalError,
    errors.Unavailable,
    errors.DiskFull,
)
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
_ETAG: Final = {
    "ETag": {"description": "A strong entity tag, as `GET` would give it.", "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "`true` where this was answered before to the same `Idempotency-Key`.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
_LOCATION: Final = {"Location": {"description": "Where the record is.", "schema": {"type": "string"}}}
NO_CONTENT: Final = {"description": "Done; `Prefer: return=minimal` was asked for."}


def header_parameter(name: str, description: str, example: str, *, required: bool = False) -> dict[str, Any]:
    """Give the OpenAPI parameter object of a header."""
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string"},
        "example": example,
    }


COMMON_HEADERS: Final = (
    header_parameter(
        "Idempotency-Key",
        "One word of up to 255 characters. Repeated with the same key within 24 hours, the request is not done "
        "again: its answer is given once more. Another request under the same key is 422, one whose first is "
        "still being answered 409. A request that failed kept nothing, and is tried anew.",
        "6f1c1f4e-import-17",
    ),
    header_parameter(
        "X-Edit-Comment",
        "Why, kept with the revision: up to 1,000 characters of UTF-8, percent-encoded where not ASCII.",
        "corrected from the archive",
    ),
)
IF_MATCH: Final = header_parameter(
    "If-Match",
    "The entity tag of what is to be changed, or `*` for whatever is there. The revision alone is compared; "
    "weak tags never match. 428 without it.",
    '"3"',
)
IF_NONE_MATCH: Final = header_parameter("If-None-Match", "`*`: create, where there is no such record.", "*")
SECURITY: Final[list[dict[str, list[str]]]] = [{"key": []}]


def operation(
    operation_id: str,
    summary: str,
    description: str,
    tag: str,
    responses: dict[int | str, Any],
    *,
    status_code: int = 200,
    parameters: tuple[dict[str, Any], ...] = (),
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Describe an operation that needs a key."""
    extra: dict[str, Any] = {"parameters": list(parameters), "security": SECURITY}
    if body is not None:
        extra["requestBody"] = {"required": True, "content": body}
    return {
        "operation_id": operation_id,
        "summary": summary,
        "description": description,
        "tags": [tag],
        "status_code": status_code,
        "responses": responses,
        "openapi_extra": extra,
    }


def json_content(schema: dict[str, Any], example: Any = None) -> dict[str, Any]:
    """Give the content of a JSON body."""
    return {"application/json": {"schema": schema} | ({} if example is None else {"example": example})}


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
            201: _record(kind, "The record, as `GET` gives it.", _ETAG | _LOCATION),
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
            200: _record(kind, "The record, as `GET` gives it.", _ETAG),
            201: _record(kind, "It was created.", _ETAG | _LOCATION),
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
            200: _record(kind, "The record, as `GET` gives it.", _ETAG),
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
            200: _record(kind, "The record, as `GET` gives it.", _ETAG),
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
            200: _record(kind, "The record, as `GET` gives it.", _ETAG),
            204: NO_CONTENT,
            **problem_responses(*_ON_ONE),
            412: _CONDITION,
        },
        parameters=(id_parameter(EXAMPLES[kind.kind]), IF_MATCH, *COMMON_HEADERS),
        body=json_content(schema, {"to": 1}),
    )
