"""The operations on vocabularies as the OpenAPI document describes them."""

from typing import Any, Final

from app import errors
from app.records.vocabulary import SCHEMES
from app.schemas.query import FORMAT
from app.web import openapi as describing
from app.web.openapi import (
    COMMON_HEADERS,
    IF_MATCH,
    WRITE_PROBLEMS,
    json_content,
    operation,
    problem_responses,
)
from app.web.openapi import IF_NONE_MATCH_OF_WRITES as IF_NONE_MATCH


def _parameter(name: str, description: str, schema: dict[str, Any], example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema,
        "example": example,
    }


_SCHEME: Final = _parameter(
    "scheme", "The vocabulary.", {"type": "string", "enum": list(SCHEMES)}, "event-type"
)

_ID: Final = _parameter("id", "The term.", {"type": "string", "maxLength": 120}, "battle")
_OWN_ID: Final = _ID | {"example": "sit-in"}
_ON_ONE: Final = (*WRITE_PROBLEMS, errors.NotFound, errors.PreconditionFailed, errors.PreconditionRequired)

_OWN: Final = (
    "Terms that ship with the program are the same everywhere and cannot be changed or deleted (403). A relation "
    "and its inverse are made, changed and deleted together."
)

_TERM: Final = {"$ref": "#/components/schemas/Term"}


def term_operations() -> dict[str, dict[str, Any]]:
    """Describe the operations, by their ids."""
    term = {"description": "The term.", "content": json_content(_TERM)}
    body = json_content(
        _TERM,
        {"id": _OWN_ID["example"], "label": "Sit-in", "definition": "People occupy a place to protest."},
    )
    patches = {
        "application/merge-patch+json": {
            "schema": {"type": "object"},
            "example": {"label": "Sit-in protest"},
        },
        "application/json-patch+json": {
            "schema": {"type": "array", "items": {"type": "object"}},
            "example": [{"op": "replace", "path": "/label", "value": "Sit-in protest"}],
        },
    }
    terms = {
        "type": "object",
        "required": ["scheme", "terms"],
        "properties": {"scheme": {"type": "string"}, "terms": {"type": "array", "items": _TERM}},
    }
    schemes = {"type": "object", "properties": {"items": {"type": "array", "items": {"type": "object"}}}}
    on_one = problem_responses(*_ON_ONE)
    gone = {"description": "Deleted."}
    created = {201: term, **problem_responses(*WRITE_PROBLEMS, errors.NotFound)}
    found = [
        _read("list_vocabularies", "List the vocabularies", schemes, cached=True),
        _read("get_vocabulary", "Read a vocabulary", terms, _SCHEME, cached=True),
        _read("get_term", "Read a term", _TERM, _SCHEME, _ID),
        _write("create_term", "Add a term", created, body),
        _write(
            "replace_term",
            "Replace a term, or add it",
            {200: term, 201: term, **on_one},
            body,
            _OWN_ID,
            IF_MATCH,
            IF_NONE_MATCH,
        ),
        _write("patch_term", "Change a term", {200: term, **on_one}, patches, _OWN_ID, IF_MATCH),
        _write("delete_term", "Delete a term", {204: gone, **on_one}, None, _OWN_ID, IF_MATCH),
    ]
    return {described["operation_id"]: described for described in found}


def _read(
    name: str, summary: str, schema: dict[str, Any], *parameters: dict[str, Any], cached: bool = False
) -> dict[str, Any]:
    found = {"description": "Yes.", "content": json_content(schema)}
    return {
        "operation_id": name,
        "summary": summary,
        "tags": ["vocabularies"],
        "responses": {
            200: found | ({"headers": describing.ETAG} if cached else {}),
            **({304: describing.NOT_MODIFIED} if cached else {}),
            **problem_responses(*describing.READ_PROBLEMS),
        },
        "openapi_extra": {
            "parameters": [
                *parameters,
                describing.parameter_of(FORMAT),
                *([describing.IF_NONE_MATCH] if cached else ()),
            ]
        },
    }


def _write(
    name: str,
    summary: str,
    responses: dict[int | str, Any],
    content: dict[str, Any] | None,
    *parameters: dict[str, Any],
) -> dict[str, Any]:
    return operation(
        name,
        summary,
        f"Needs the scope `admin`. {_OWN}",
        "vocabularies",
        responses,
        status_code=min(int(status) for status in responses),
        parameters=(_SCHEME, *parameters, *COMMON_HEADERS),
        body=content,
    )
