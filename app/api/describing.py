"""The reading operations as the OpenAPI document tells of them."""

from collections.abc import Iterable, Sequence
from typing import Any

from app import errors
from app.api.docs import problem_responses
from app.queries.condition import Parameter
from app.queries.listquery import known_parameters
from app.records import RecordKind

EXAMPLES = {
    "event": "meeting-in-havana-1994",
    "actor": "hugo-chavez",
    "agreement": "comprehensive-cooperation-agreement",
    "mission": "barrio-adentro",
    "place": "havana",
    "source": "cuba-venezuela-cooperation",
}
"""A record of each kind that the seeds hold."""

READ_PROBLEMS = (
    errors.BadRequest,
    errors.Unauthorized,
    errors.Forbidden,
    errors.NotFound,
    errors.NotAcceptable,
    errors.TooManyRequests,
    errors.InternalError,
    errors.Unavailable,
)


def parameter_of(parameter: Parameter) -> dict[str, Any]:
    """Give the OpenAPI parameter object of a query parameter."""
    told: dict[str, Any] = {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }
    if parameter.repeatable:
        told["schema"] = {"type": "array", "items": dict(parameter.schema)}
        told["explode"] = True
    if parameter.example is not None:
        told["example"] = [parameter.example] if parameter.repeatable else parameter.example
    return told


def id_parameter(example: str) -> dict[str, Any]:
    """Give the OpenAPI parameter object of a record's id."""
    return {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "The record's id.",
        "schema": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 120},
        "example": example,
    }


IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "Entity tags that the client has; 304 where one is still right.",
    "schema": {"type": "string"},
}
ETAG = {"ETag": {"description": "A strong entity tag of these very bytes.", "schema": {"type": "string"}}}
NOT_MODIFIED = {"description": "The client has it already.", "headers": ETAG}


def page_schema(items: dict[str, Any]) -> dict[str, Any]:
    """Give the JSON Schema of a page of items."""
    path = {"type": ["string", "null"], "description": "The path of the page, or null where there is none."}
    return {
        "type": "object",
        "required": ["items", "next", "prev"],
        "properties": {
            "items": {"type": "array", "items": items},
            "next": path,
            "prev": path,
            "count": {"type": "integer", "minimum": 0},
            "facets": {"type": "object"},
            "linked": {"type": "object"},
            "explanation": {"type": "string"},
        },
    }


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
                "content": {"application/json": {"schema": page_schema(record_schema(kind))}},
            },
            304: NOT_MODIFIED,
            **problem_responses(*READ_PROBLEMS),
        },
        "openapi_extra": {
            "parameters": [*map(parameter_of, known_parameters(kind)), IF_NONE_MATCH],
        },
    }


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
                "content": {"application/json": {"schema": record_schema(kind)}},
            },
            304: NOT_MODIFIED,
            308: {"description": "It was merged into another record; `Location` says which."},
            **problem_responses(*READ_PROBLEMS, errors.Gone),
        },
        "openapi_extra": {
            "parameters": [
                id_parameter(EXAMPLES[kind.kind]),
                *map(parameter_of, parameters),
                IF_NONE_MATCH,
            ]
        },
    }


def record_schema(kind: RecordKind) -> dict[str, Any]:
    """Give a reference to the JSON Schema of a kind's document."""
    return {"$ref": f"#/components/schemas/{kind.model.__name__}"}


def article(noun: str) -> str:
    """Put the article before a noun."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def record_schemas(kinds: Iterable[RecordKind]) -> dict[str, Any]:
    """Give the JSON Schemas of the kinds' documents, and of all that stands in them, by name."""
    from pydantic.json_schema import models_json_schema

    _, definitions = models_json_schema(
        [(kind.model, "validation") for kind in kinds],
        ref_template="#/components/schemas/{model}",
    )
    schemas: dict[str, Any] = definitions.get("$defs", {})
    return schemas
