"""The lists of each kind, described."""

from typing import Any

from app.formats.format import Use
from app.formats.responses import other_formats
from app.listing.query import known_parameters
from app.records.kinds import RecordKind
from app.schemas.responses import page_schema, record_schema
from app.web.openapi import ETAG, IF_NONE_MATCH, NOT_MODIFIED, READ_PROBLEMS, parameter_of, problem_responses


def list_operation(kind: RecordKind) -> dict[str, Any]:
    """Describe `GET /v1/{collection}`."""
    return {
        "operation_id": f"list_{kind.collection}",
        "summary": f"List {kind.collection}",
        "description": (
            f"The {kind.collection} that answer every filter given, in a total order, page by page. "
            "Any other parameter is refused."
        ),
        "tags": [kind.collection],
        "responses": {
            200: {
                "description": "A page.",
                "headers": ETAG
                | {"Link": {"description": "`next` and `prev` (RFC 8288).", "schema": {"type": "string"}}},
                "content": {
                    "application/json": {"schema": page_schema(record_schema(kind))},
                    **other_formats(Use.LIST),
                },
            },
            304: NOT_MODIFIED,
            **problem_responses(*READ_PROBLEMS),
        },
        "openapi_extra": {
            "parameters": [
                *(parameter_of(one, kind) for one in known_parameters(kind)),
                IF_NONE_MATCH,
            ],
        },
    }
