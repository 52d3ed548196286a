"""The operations on the texts of sources as the OpenAPI document describes them."""

from typing import Any, Final

from app import errors
from app.records.kinds import EXAMPLES
from app.web.openapi import (
    ETAG,
    IF_NONE_MATCH,
    MERGED,
    NOT_MODIFIED,
    READ_PROBLEMS,
    SECURITY,
    id_parameter,
    problem_responses,
)

_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_REF: Final = {"ref": _TEXT | {"description": "The record's path below `/v1/`."}}

_PLAIN_TEXT: Final = {
    "text/plain": {
        "schema": {"type": "string", "description": "UTF-8, exactly as it is: nothing is normalised."},
        "example": "On 14 December 1994 …",
    }
}

_CHANGES: Final = (
    errors.BadRequest,
    errors.Unauthorized,
    errors.Forbidden,
    errors.NotFound,
    errors.Conflict,
    errors.Gone,
    errors.TooManyRequests,
    errors.InternalError,
    errors.Unavailable,
    errors.DiskFull,
)

_BODY: Final = (errors.RequestTimeout, errors.TooLarge, errors.UnsupportedMediaType, errors.InvalidDocument)


def attach_operation() -> dict[str, Any]:
    """Describe `PUT /v1/sources/{id}/text`."""
    schema = {
        "type": "object",
        "required": ["source", "sha256", "characters"],
        "properties": {"source": _TEXT, "sha256": _TEXT, "characters": _COUNT},
    }
    answered = {"content": {"application/json": {"schema": schema}}}
    return {
        "operation_id": "attach_text",
        "summary": "Attach the text of a source",
        "description": "For who has the text: evidence written from then on must match it. It is refused (422) where its "
        "SHA-256 or its length differs from what the record's `text` says. At most `ANNALS_MAX_TEXT_BYTES` (8 MiB).",
        "tags": ["sources"],
        "responses": {
            200: {"description": "It was attached before; it is the same.", **answered},
            201: {"description": "It is attached.", **answered},
            **problem_responses(*_CHANGES, *_BODY),
        },
        "openapi_extra": {
            "parameters": [id_parameter(EXAMPLES["source"])],
            "requestBody": {"required": True, "content": _PLAIN_TEXT},
            "security": SECURITY,
        },
    }


def text_operation() -> dict[str, Any]:
    """Describe `GET /v1/sources/{id}/text`."""
    return {
        "operation_id": "get_text",
        "summary": "Read the text of a source",
        "description": "The attached text as it was given. 403 unless `ANNALS_PUBLIC_TEXTS` is on: who runs the service must "
        "know that the licence of every attached text allows it.",
        "tags": ["sources"],
        "responses": {
            200: {"description": "The text.", "headers": ETAG, "content": _PLAIN_TEXT},
            304: NOT_MODIFIED,
            **MERGED,
            **problem_responses(*READ_PROBLEMS, errors.Gone),
        },
        "openapi_extra": {"parameters": [id_parameter(EXAMPLES["source"]), IF_NONE_MATCH]},
    }


def remove_operation() -> dict[str, Any]:
    """Describe `DELETE /v1/sources/{id}/text`."""
    return {
        "operation_id": "remove_text",
        "summary": "Remove the text of a source",
        "description": "The evidence stays as it is.",
        "tags": ["sources"],
        "status_code": 204,
        "responses": {204: {"description": "It is removed."}, **problem_responses(*_CHANGES)},
        "openapi_extra": {"parameters": [id_parameter(EXAMPLES["source"])], "security": SECURITY},
    }


def verify_operation() -> dict[str, Any]:
    """Describe `POST /v1/sources/{id}/verify`."""
    verdicts = {
        "exact": "The phrase stands at its place.",
        "moved": "It stands once elsewhere, or with white space or quotation marks that differ: at start and end.",
        "ambiguous": "It stands in several places, and prefix and suffix do not decide.",
        "missing": "It stands nowhere.",
    }
    item = {
        "type": "object",
        "required": ["ref", "evidence", "verdict"],
        "properties": {
            **_REF,
            "evidence": _TEXT | {"description": "The item's id in the record."},
            "property": _TEXT,
            "verdict": {
                "enum": list(verdicts),
                "description": " ".join(f"`{name}`: {meaning}" for name, meaning in verdicts.items()),
            },
            "start": _COUNT,
            "end": _COUNT,
        },
    }
    text = {
        "type": "object",
        "required": ["sha256", "characters"],
        "properties": {
            "sha256": _TEXT,
            "characters": _COUNT,
            "as_recorded": {
                "type": "boolean",
                "description": "Whether this is the very text that the source's record names; absent where it names none.",
            },
        },
    }
    counts = dict.fromkeys(verdicts, _COUNT)
    schema = {
        "type": "object",
        "required": ["source", "text", "items", *counts, "unchecked"],
        "properties": {
            "source": _TEXT,
            "text": text,
            "items": {"type": "array", "items": item},
            **counts,
            "unchecked": _COUNT
            | {"description": "Items that point to pages or to no place, so that no text can tell."},
        },
    }
    return {
        "operation_id": "verify_source",
        "summary": "Verify what was read out of a source",
        "description": "Looks up the selector of every item of evidence from the source in a text: the one in the body, or the "
        "attached one where the body is empty. Nothing is changed, and nothing is re-anchored. A text of more than "
        "`ANNALS_MAX_PUBLIC_TEXT_BYTES` (1 MiB), sent or attached, needs a key (401). Long texts take turns: who waits too "
        "long reads 503, with `Retry-After`.",
        "tags": ["sources"],
        "responses": {
            200: {"description": "What became of each.", "content": {"application/json": {"schema": schema}}},
            **MERGED,
            **problem_responses(*READ_PROBLEMS, errors.Gone, *_BODY),
        },
        "openapi_extra": {
            "parameters": [id_parameter(EXAMPLES["source"])],
            "requestBody": {"required": False, "content": _PLAIN_TEXT},
        },
    }
