"""The operations on evidence as the OpenAPI document describes them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app import errors
from app.records.kinds import EXAMPLES, RecordKind
from app.schemas.query import Parameter
from app.schemas.responses import page_schema
from app.web.openapi import (
    ETAG,
    IF_NONE_MATCH,
    MERGED,
    NOT_MODIFIED,
    READ_PROBLEMS,
    article,
    id_parameter,
    parameter_of,
    problem_responses,
)

_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": 0}

_CARD: Final[dict[str, Any]] = {
    "kind": _TEXT,
    "id": _TEXT,
    "title": _TEXT,
    "type": _TEXT,
    "date": {"type": "object"},
}

_REF: Final = {"ref": _TEXT | {"description": "The record's path below `/v1/`."}}
_ITEM: Final = {"$ref": "#/components/schemas/Evidence"}
_THREE: Final = {"none": _COUNT, "one": _COUNT, "several": _COUNT}

_SUPPORT: Final = {
    "type": "object",
    "description": "How many have no source, one, and several independent ones.",
    "required": list(_THREE),
    "properties": _THREE,
}

_BOTH: Final = {"records": _SUPPORT, "statements": _SUPPORT}


def _listed(items: dict[str, Any], *more: str) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "required": [*more, *items], "properties": items}}


def evidence_operation(kind: RecordKind, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Describe `GET /v1/{collection}/{id}/evidence` of a record."""
    item = {
        "type": "object",
        "required": ["property", "contested", "sources", "evidence"],
        "properties": {
            "property": _TEXT
            | {"description": "A property as evidence names it; `record` is the record as a whole."},
            "value": {"description": "What the record says, where it says anything."},
            "contested": {
                "type": "boolean",
                "description": "Whether a source disputes it, or has a value of its own.",
            },
            "sources": _COUNT
            | {"description": "How many independent sources stand behind the record's own value."},
            "evidence": {"type": "array", "items": {"$ref": "#/components/schemas/Passage"}},
        },
    }
    schema = {
        "type": "object",
        "required": ["ref", "items", "linked"],
        "properties": {
            **_REF,
            "items": {"type": "array", "items": item},
            "linked": {"type": "object", "description": "The sources, by reference."},
        },
    }
    return _reading(
        f"{kind.kind}_evidence",
        f"What sources say of {article(kind.kind)}",
        "Property by property: what the record says, and beside it every passage that bears on it, with its stance, "
        "its rank and what its source holds the property to be.",
        kind.collection,
        [id_parameter(EXAMPLES[kind.kind]), *map(parameter_of, parameters)],
        schema,
        more=MERGED | problem_responses(errors.Gone),
    )


def passages_operation(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Describe `GET /v1/sources/{id}/evidence`."""
    item = {
        "type": "object",
        "required": ["ref", "kind", "id", "title", "evidence"],
        "properties": _REF | _CARD | {"evidence": _ITEM},
    }
    return _reading(
        "source_evidence",
        "What was read out of a source",
        "Every item of evidence from the source with the record that it is in, in the order of its text: by the "
        "first character, then by page and paragraph; what names no place comes last.",
        "sources",
        [id_parameter(EXAMPLES["source"]), *map(parameter_of, parameters)],
        page_schema(item),
        more=MERGED | problem_responses(errors.Gone),
    )


def coverage_operation(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Describe `GET /v1/coverage`."""
    kind, about = {"kind": _TEXT}, {"property": _TEXT}
    counted = _REF | _CARD | {"records": _COUNT, "alone": _COUNT} | _THREE
    listed = {
        "type": "object",
        "properties": {
            "total": _COUNT,
            "without": _COUNT | {"description": "How many have no sourced statement at all."},
            "items": {"type": "array", "items": {"type": "object", "properties": counted}},
        },
    }
    bucket = {"bucket": _TEXT, "start": _TEXT, "end": _TEXT}
    schema = {
        "type": "object",
        "required": [*_BOTH, "kinds", "properties", "sources", "decades", "undated", "places"],
        "properties": _BOTH
        | {
            "kinds": _listed(kind | _BOTH),
            "properties": _listed(kind | about | _THREE),
            "sources": listed,
            "decades": _listed(bucket | _BOTH),
            "undated": {"type": "object", "properties": _BOTH},
            "places": listed,
        },
    }
    return _reading(
        "coverage",
        "Where the evidence is thin",
        "How many statements have no source, one, or several independent ones: per kind, property, source, decade "
        "and place. A statement is what a record says of its subject: that it was at all (`record`), its date, "
        "summary, geometry, time in force and what it was established under; each place, participant, party, "
        "provision, relation and figure is one of its own. Titles, types, tags and other names are none. A source "
        "stands behind a statement where a passage of it supports it as the record has it: deprecated passages, "
        "mentions, disputes and competing values do not. Sources are independent where they are different. "
        "A record counts in every decade that its date may touch, as `when=` finds it, and at the places it "
        "names itself. Of sources, those that most rests on alone come first; of places, those with least; "
        "`limit` says how many are listed, `total` how many there are. `…/statements` names the records.",
        "across",
        list(map(parameter_of, parameters)),
        schema,
    )


def statements_operation(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Describe `GET /v1/coverage/statements`."""
    item = {"type": "object", "required": ["ref", *_THREE], "properties": _REF | _CARD | _THREE}
    return _reading(
        "coverage_statements",
        "List records with statements of some support",
        "The records behind a number of `GET /v1/coverage`, with how many such statements each has: of one kind, or "
        "of all kinds, one kind after another.",
        "across",
        list(map(parameter_of, parameters)),
        page_schema(item),
    )


def _reading(
    operation_id: str,
    summary: str,
    description: str,
    tag: str,
    parameters: list[dict[str, Any]],
    schema: dict[str, Any],
    more: Mapping[int | str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "operation_id": operation_id,
        "summary": summary,
        "description": description,
        "tags": [tag],
        "responses": {
            200: {
                "description": "What was found.",
                "headers": ETAG,
                "content": {"application/json": {"schema": schema}},
            },
            304: NOT_MODIFIED,
            **(more or {}),
            **problem_responses(*READ_PROBLEMS),
        },
        "openapi_extra": {"parameters": [*parameters, IF_NONE_MATCH]},
    }
