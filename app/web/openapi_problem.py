"""The schema of problem documents (RFC 9457) with every member that some problem has."""

from collections.abc import Mapping
from typing import Any, Final

from app.schemas.json_schema import Schema, reference

_PATH: Final[Schema] = {"type": "string", "format": "uri-reference"}
_REF: Final[Schema] = {"type": "string"}
_MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}

_ALWAYS: Final[Mapping[str, Schema]] = {
    "type": _PATH | {"description": "The page that explains it."},
    "title": {"type": "string"},
    "status": {"type": "integer", "minimum": 400, "maximum": 599},
    "detail": {"type": "string", "description": "One sentence on this very occurrence."},
    "instance": _PATH | {"description": "The path asked for."},
    "code": {"type": "string", "pattern": "^[a-z0-9_]+$"},
    "request_id": {"type": "string"},
}

_OF_SOME: Final[Mapping[str, Schema]] = {
    "errors": {
        "type": "array",
        "description": "Every single fault; of very many, the first.",
        "items": reference("ProblemFault"),
    },
    "errors_left_out": {"type": "integer", "description": "How many faults are not listed, if any."},
    "at": _MOMENT | {"description": "When it was deleted or merged, in that revision."},
    "conflicts": {
        "type": "array",
        "items": _REF,
        "description": "Records that stand against it, or that it left as they are: references.",
    },
    "count": {"type": "integer", "minimum": 0, "description": "How many records stand against it in all."},
    "difference": _PATH | {"description": "Where it can be read what has changed since."},
    "etag": {"type": "string", "description": "The current entity tag."},
    "formats": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "The formats that there are, by name, with their media types.",
    },
    "href": _PATH | {"description": "Where there is something instead."},
    "known_since": _MOMENT | {"description": "When the record was first known."},
    "last_common": {
        "type": "integer",
        "format": "int64",
        "minimum": 0,
        "description": "The number of the last change of the history that was lost which the present one has as well.",
    },
    "limit": {"type": "integer", "minimum": 0, "description": "How many bytes it may have."},
    "merge": reference("MergeState"),
    "merged_into": _REF | {"description": "What the record was merged into: a reference."},
    "near": {
        "type": "array",
        "items": reference("NearRecord"),
        "description": "Records with ids like the one asked for.",
    },
    "nearest": {
        "anyOf": [{"type": "string"}, {"type": "null"}],
        "description": "The name that may have been meant.",
    },
    "note": {"type": "string", "description": "What else is to be known of them."},
    "ref": _REF | {"description": "The record that there is not: a reference."},
    "referrers": {
        "type": "array",
        "items": _REF,
        "description": "Who refers to the record, the first of them.",
    },
    "report": reference("ImportReport"),
    "restore": _PATH | {"description": "Where it can be restored, with `POST`."},
    "revision": {"type": "integer", "minimum": 0, "description": "The record's last revision."},
    "scope": {"type": "string", "description": "The scope that the key lacks."},
    "search": _PATH | {"description": "Where to search all kinds of record for the words of the id."},
}

_FAULT_MEMBERS: Final[Mapping[str, Schema]] = {
    "pointer": {"type": "string", "description": "Where in the document (RFC 6901)."},
    "parameter": {"type": "string", "description": "The query or path parameter."},
    "header": {"type": "string", "description": "The header of the request."},
    "code": {"type": "string", "pattern": "^[a-z0-9_]+$"},
    "detail": {"type": "string", "description": "One sentence that says what to do."},
    "suggestion": {"type": "string", "description": "What may have been meant."},
}

PROBLEM_SCHEMAS: Final[dict[str, Any]] = {
    "Problem": {
        "type": "object",
        "title": "Problem",
        "description": "A problem document (RFC 9457).",
        "required": list(_ALWAYS),
        "properties": {**_ALWAYS, **_OF_SOME},
    },
    "ProblemFault": {
        "type": "object",
        "title": "ProblemFault",
        "description": "One thing that is wrong, and where.",
        "required": ["code", "detail"],
        "properties": dict(_FAULT_MEMBERS),
    },
    "NearRecord": {
        "type": "object",
        "title": "NearRecord",
        "description": "A record with an id like the one asked for.",
        "required": ["ref", "href"],
        "properties": {"ref": _REF, "href": _PATH},
    },
}
"""Components of the OpenAPI document."""
