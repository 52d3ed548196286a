"""The reading operations as the OpenAPI document tells of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from app import errors
from app.api.auth import SECURITY
from app.api.docs import problem_responses
from app.formats import FORMATS, Format, Use
from app.queries.condition import Parameter
from app.queries.listquery import known_parameters
from app.records import RECORDS, RecordKind
from app.records.vocabulary import Term
from app.verbs.referrers import MOST_ON_PAGE

EXAMPLES = {
    "event": "castro-chavez-meeting-1994",
    "actor": "hugo-chavez",
    "agreement": "comprehensive-cooperation-agreement",
    "mission": "barrio-adentro",
    "place": "havana",
    "source": "cuba-venezuela-cooperation",
}
"""A record of each kind that the seeds hold."""

_OF_KIND: Final[dict[str, dict[str, str]]] = {
    "event": {"type": "meeting"},
    "actor": {"type": "person"},
    "agreement": {"type": "cooperation"},
    "mission": {"type": "health"},
    "place": {"type": "country"},
    # No source says anything of a source.
    "source": {"type": "article", "policy": "preferred"},
}
"""Examples of parameters, by kind, where one for all kinds is none for each."""

PLAIN_PROBLEMS: Final = (
    errors.BadRequest,
    errors.Unauthorized,
    errors.Forbidden,
    errors.NotAcceptable,
    errors.TooManyRequests,
    errors.InternalError,
    errors.Unavailable,
)
"""What any question may be answered."""

READ_PROBLEMS: Final = (*PLAIN_PROBLEMS, errors.NotFound)
"""What a question about one thing may be answered."""


def parameter_of(parameter: Parameter, kind: RecordKind | None = None) -> dict[str, Any]:
    """Give the OpenAPI parameter object of a query parameter, with an example for the kind, if it is of one."""
    told: dict[str, Any] = {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }
    if parameter.repeatable:
        told["schema"] = {"type": "array", "items": dict(parameter.schema)}
        told["explode"] = True
    example = _OF_KIND[kind.kind].get(parameter.name, parameter.example) if kind else parameter.example
    if example is not None:
        told["example"] = [example] if parameter.repeatable else example
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
            "incoming": {
                "type": "object",
                "description": "Who refers to each item, by its reference, with `include=incoming`.",
                "additionalProperties": {
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/Referrer"},
                },
            },
            "incoming_truncated": {
                "type": "array",
                "description": "There: of these more refer to them than are listed. A page lists up to "
                f"{MOST_ON_PAGE:,} together, with an equal share for each item.",
                "items": {"type": "string"},
            },
            "explanation": {"type": "string"},
        },
    }


def other_formats(use: Use) -> dict[str, Any]:
    """Give the OpenAPI media types of every format but JSON that a use has."""
    return {
        form.media_type: {"schema": format_schema(form)}
        for form in FORMATS.values()
        if use in form.uses and form.name != "json"
    }


def format_schema(form: Format) -> dict[str, Any]:
    """Give the schema of an answer in a format: any JSON, or text."""
    told = {"description": form.rule}
    return told if form.media_type.endswith(("/json", "+json")) else told | {"type": "string"}


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


def record_schema(kind: RecordKind) -> dict[str, Any]:
    """Give a reference to the JSON Schema of a kind's record, as it is answered."""
    return {"$ref": f"#/components/schemas/{kind.model.__name__}Record"}


def document_schema(kind: RecordKind) -> dict[str, Any]:
    """Give a reference to the JSON Schema of a kind's document, as it is written."""
    return {"$ref": f"#/components/schemas/{kind.model.__name__}"}


def article(noun: str) -> str:
    """Put the article before a noun."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


_CARD: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["kind", "id", "title"],
    "properties": {
        "kind": {"type": "string"},
        "id": {"type": "string"},
        "title": {"type": "string"},
        "type": {"type": "string"},
        "date": {"$ref": "#/components/schemas/HistoricalDate"},
    },
}
_REFERRER: Final[dict[str, Any]] = {
    **_CARD,
    "required": ["ref", "relation", "kind", "id", "title"],
    "properties": {
        "ref": {"type": "string"},
        "relation": {"type": "string"},
        "role": {"type": "string"},
        **_CARD["properties"],
    },
}
SIDECARS: Final[dict[str, Any]] = {
    "linked": {
        "type": "object",
        "description": "What each reference leads to, by reference.",
        "additionalProperties": {"$ref": "#/components/schemas/Card"},
        "readOnly": True,
    },
    "incoming": {
        "type": "array",
        "description": "Who refers to it, with `include=incoming`.",
        "items": {"$ref": "#/components/schemas/Referrer"},
        "readOnly": True,
    },
    "incoming_truncated": {
        "type": "boolean",
        "description": "There: more refer to it than are listed.",
        "readOnly": True,
    },
}


def record_schemas(kinds: Iterable[RecordKind]) -> dict[str, Any]:
    """Give the JSON Schemas of the kinds' documents and of all that stands in them, by name.

    Each kind has two: `Event` is what is written, `EventRecord` what is answered. The latter has the
    sidecars, and only the fields that always come are required, as `fields` may leave any other out.
    """
    _, definitions = models_json_schema(
        [(kind.model, "validation") for kind in kinds], ref_template="#/components/schemas/{model}"
    )
    schemas: dict[str, Any] = definitions.get("$defs", {})
    _allow_empty_texts(schemas)
    for kind in kinds:
        document = schemas[kind.model.__name__]
        document["properties"] |= {
            name: schema for name, schema in SIDECARS.items() if name != "incoming_truncated"
        }
        name = f"{kind.model.__name__}Record"
        schemas[name] = document | {
            # Generators of clients name their classes after titles.
            "title": name,
            "properties": document["properties"] | SIDECARS,
            "required": ["kind", "id", "href"],
        }
    passage = schemas["Evidence"]
    holds = {
        "description": "What the source holds the property to be: its own value, or the record's where it supports that."
    }
    term = Term.model_json_schema(ref_template="#/components/schemas/{model}")
    return schemas | {
        **term.pop("$defs"),
        "Term": term,
        "Card": _CARD,
        "Referrer": _REFERRER,
        "Passage": passage | {"title": "Passage", "properties": passage["properties"] | {"holds": holds}},
    }


def _allow_empty_texts(schemas: Mapping[str, Any]) -> None:
    """Let texts that may be null be empty too: both are left out."""
    for schema in schemas.values():
        for member in schema.get("properties", {}).values():
            options = member.get("anyOf", [])
            if {"type": "null"} in options and any("minLength" in option for option in options):
                options.append({"type": "string", "maxLength": 0})


def components() -> dict[str, dict[str, Any]]:
    """Give the components that operations refer to: the records' schemas, and how a key is sent."""
    return {"schemas": record_schemas(RECORDS), "securitySchemes": SECURITY}


def finding_operation(
    operation_id: str,
    summary: str,
    description: str,
    required: Collection[str],
    parameters: Sequence[Parameter],
    content: dict[str, Any],
    headers: dict[str, Any] = ETAG,
) -> dict[str, Any]:
    """Describe a GET over all kinds; `required` names the parameters that must be given."""
    told = [parameter_of(one) | ({"required": True} if one.name in required else {}) for one in parameters]
    return {
        "operation_id": operation_id,
        "summary": summary,
        "description": description,
        "tags": ["across"],
        "responses": {
            200: {"description": "What was found.", "headers": headers, "content": content},
            304: NOT_MODIFIED,
            **problem_responses(*READ_PROBLEMS),
        },
        "openapi_extra": {"parameters": [*told, IF_NONE_MATCH]},
    }
