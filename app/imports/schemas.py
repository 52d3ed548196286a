"""The report of an import, described."""

from typing import Any, Final

from app.imports.documents import NOTES
from app.imports.fault_log import LINES_OF_GROUP, MOST_FAULTS, MOST_GROUPS

_COUNT: Final = {"type": "integer", "minimum": 0}
_LINE: Final = {"type": "integer", "minimum": 1}
_TEXT: Final = {"type": "string"}
_POINTER: Final = {"type": "string", "description": "A JSON Pointer into the document."}
_FEATURE: Final = _LINE | {"description": "Which feature of a GeoJSON file it is."}

_FAULT: Final[dict[str, Any]] = {
    "type": "object",
    "title": "ImportFault",
    "required": ["file", "line", "code", "detail"],
    "properties": {
        "file": _TEXT,
        "line": _LINE,
        "feature": _FEATURE,
        "id": _TEXT | {"description": "The id of the document, if it has one."},
        "pointer": _POINTER,
        "code": _TEXT,
        "detail": _TEXT,
        "value": _TEXT
        | {"description": "What was found there, at most 60 characters of it.", "maxLength": 60},
        "suggestion": _TEXT,
    },
}

_GROUP: Final[dict[str, Any]] = {
    "type": "object",
    "title": "ImportFaultGroup",
    "required": ["file", "code", "detail", "count", "lines"],
    "properties": {
        "file": _TEXT,
        "code": _TEXT,
        "pointer": _TEXT | {"description": "With `*` for the places of items in lists."},
        "detail": _TEXT | {"description": "Of the first; numbers in it may differ."},
        "count": _LINE | {"description": "How many there are in all."},
        "lines": {
            "type": "array",
            "items": _LINE,
            "maxItems": LINES_OF_GROUP,
            "description": "The first of them.",
        },
    },
}

_PREVIEWED: Final[dict[str, Any]] = {
    "type": "object",
    "title": "ImportPreview",
    "required": ["file", "line", "ref", "change", "document"],
    "properties": {
        "file": _TEXT,
        "line": _LINE,
        "feature": _FEATURE,
        "ref": _TEXT,
        "change": {"type": "string", "enum": ["create", "update", "unchanged"]},
        "document": {"type": "object", "description": "The record as it would be."},
        "patch": {
            "type": "array",
            "description": "Of an update: what would change, as a JSON Patch (RFC 6902).",
            "items": {"type": "object"},
        },
        "before": {
            "type": "object",
            "description": "Of an update: the members that would change or be removed, as they are.",
        },
    },
}

REPORT_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "title": "ImportReport",
    "required": [
        "dry_run",
        "read",
        "created",
        "updated",
        "unchanged",
        "failed",
        "gave_way",
        "removes",
        "fault_groups",
        "faults",
    ],
    "properties": {
        "dry_run": {"type": "boolean"},
        "read": _COUNT | {"description": "Documents that were there."},
        "created": _COUNT,
        "updated": _COUNT | {"description": "Written as a new revision, since they have changed."},
        "unchanged": _COUNT,
        "failed": _COUNT,
        "gave_way": _COUNT
        | {
            "description": "Of those unchanged, documents that were only to be there if there was none, and said "
            "something else than the one that there was."
        },
        "removes": {
            "type": "object",
            "description": "Members that records lose by being updated, each with the number of records.",
            "additionalProperties": _LINE,
            "examples": [{"date": 2, "evidence": 1}],
        },
        "fault_groups": {
            "type": "array",
            "description": f"All faults, those that are alike as one: the {MOST_GROUPS} groups with the most faults.",
            "maxItems": MOST_GROUPS,
            "items": _GROUP,
        },
        "faults": {
            "type": "array",
            "description": "The first thousand faults.",
            "maxItems": MOST_FAULTS,
            "items": _FAULT,
        },
        "more_faults": _COUNT | {"description": "Faults beyond those."},
        "notes": {
            "type": "array",
            "description": "What was done to documents, or to rows, before they were read. None of it is a fault.",
            "items": {
                "type": "object",
                "required": ["code", "count", "detail"],
                "properties": {
                    "code": {"type": "string", "enum": list(NOTES)},
                    "count": _COUNT | {"description": "How many documents, or rows."},
                    "detail": {"type": "string"},
                },
            },
        },
        "preview": {
            "type": "array",
            "description": "With `preview`: the first documents in the order of the file, without those that fail and "
            "those of which an earlier line says the same. It may have fewer where documents are large.",
            "items": _PREVIEWED,
        },
    },
}
