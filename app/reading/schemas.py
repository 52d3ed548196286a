"""Reading one record, described."""

from collections.abc import Sequence
from typing import Any

from app import errors
from app.formats.format import Use
from app.formats.responses import other_formats
from app.records.kinds import EXAMPLES, RecordKind
from app.schemas.query import Parameter
from app.schemas.responses import record_schema
from app.web.openapi import (
    ETAG,
    IF_NONE_MATCH,
    NOT_MODIFIED,
    READ_PROBLEMS,
    article,
    id_parameter,
    parameter_of,
    problem_responses,
)


def record_operation(kind: RecordKind, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Describe `GET /v1/{collection}/{id}`."""
    return {
        "operation_id": f"get_{kind.kind}",
        "summary": f"Read {article(kind.kind)}",
        "description": "The record, with what its references lead to in `linked`.",
        "tags": [kind.collection],
        "responses": {
            200: {
                "description": "The record.",
                "headers": ETAG,
                "content": {
                    "application/json": {"schema": record_schema(kind)},
                    **other_formats(Use.RECORD),
                },
            },
            304: NOT_MODIFIED,
            308: {"description": "It was merged into another record; `Location` says which."},
            **problem_responses(*READ_PROBLEMS, errors.Gone),
        },
        "openapi_extra": {
            "parameters": [
                id_parameter(EXAMPLES[kind.kind]),
                *(parameter_of(one, kind) for one in parameters),
                IF_NONE_MATCH,
            ]
        },
    }
