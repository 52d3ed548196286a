"""The operations across all kinds as the OpenAPI document tells of them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from app.api.describing import (
    ETAG,
    finding_operation,
    other_formats,
    page_schema,
)
from app.formats import Use
from app.queries.condition import Parameter

_LINK: Final = {"Link": {"description": "`next` and `prev` (RFC 8288).", "schema": {"type": "string"}}}
_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_COUNTS: Final = {
    "certain": _COUNT | {"description": "Records whose date must overlap the bucket."},
    "possible": _COUNT | {"description": "Records whose date may overlap the bucket."},
}
_REFERENCE: Final = {
    "ref": _TEXT | {"description": "The record's path below `/v1/`."},
    "kind": _TEXT,
    "id": _TEXT,
    "title": _TEXT,
}

MATCH: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["ref", "kind", "id", "title", "score", "snippet"],
    "properties": _REFERENCE
    | {
        "type": _TEXT,
        "date": {"type": "object"},
        "score": {
            "type": "number",
            "minimum": 0,
            "maximum": 1,
            "description": "How good a match is: above 0.75 where all was found in the title, above 0.5 with the "
            "other names, above 0.25 with the summary, else below; within that, the higher the shorter the title.",
        },
        "snippet": _TEXT
        | {"description": "HTML: what was found is in `<mark>`, everything else is escaped."},
    },
}
SUGGESTION: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["ref", "kind", "id", "title", "match"],
    "properties": _REFERENCE | {"match": _TEXT | {"description": "The name that was found."}},
}
BUCKET_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["bucket", "start", "end", "certain", "possible"],
    "properties": {
        "bucket": _TEXT | {"description": "Its first year."},
        "start": _TEXT | {"description": "Its first day."},
        "end": _TEXT | {"description": "Its last day."},
        **_COUNTS,
        "types": {
            "type": "array",
            "description": "With `split=type`: the types of its records; those without a type have no `type`.",
            "items": {"type": "object", "properties": {"type": _TEXT, **_COUNTS}},
        },
    },
}


def search_operation(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Describe `GET /v1/search`."""
    return _operation(
        "search",
        "Search all kinds of record",
        "Full text over titles, labels, aliases, summaries, tags, provisions and notes of evidence, beside every "
        'filter of lists. `q` is needed, and is never wrong: words, all required; `"a phrase"`; `prefix*`; `-not`. '
        "Signs other than these separate words; Chinese, Japanese, Thai and the like are found by their "
        "characters. `q` of exclusions alone finds what has none of them, `q` without a word nothing.",
        parameters,
        page_schema(MATCH),
        required=("q",),
        paged=True,
        formats=other_formats(Use.SEARCH),
    )


TIMELINE_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["items", "before", "after", "undated"],
    "properties": {
        "items": {"type": "array", "items": BUCKET_SCHEMA},
        "before": {
            "type": "object",
            "description": "Records that lie before the days of `when` (as `relation=before` has it), or before the first "
            "bucket without it.",
            "required": ["certain", "possible"],
            "properties": {"certain": _COUNT, "possible": _COUNT},
        },
        "after": {
            "type": "object",
            "description": "Records that lie after them, likewise.",
            "required": ["certain", "possible"],
            "properties": {"certain": _COUNT, "possible": _COUNT},
        },
        "undated": _COUNT
        | {"description": "Records without a date, or with one of which no year is known (`XXXX-01-03`)."},
        "explanation": _TEXT,
    },
}


def suggest_operation(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Describe `GET /v1/suggest`."""
    return _operation(
        "suggest",
        "Complete a name",
        "Records whose title, label or alias has the words of `q`, the last of them as the beginning of a word. "
        "In words of four letters or more one typo is forgiven, in words of eight or more two; matches without "
        "a typo come first, then names that begin with `q`, then the shorter name.",
        parameters,
        _items(SUGGESTION),
        required=("q",),
    )


def timeline_operation(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Describe `GET /v1/timeline`."""
    return _operation(
        "timeline",
        "Count over time",
        "How many records may and must overlap each year, decade or century; empty buckets are kept. The truth "
        "lies between the two numbers. A date that is uncertain or approximate is never certain; one with an open end "
        "(`1962/..`) is certain in all that follows, one with an unknown end (`1962/`) possible; a set is asked "
        "member by member.\n\n"
        "`when` says of which days there are buckets, and with `relation` and `certainty` which records are counted in them. "
        "`before`, `after` and `undated` count, beside them, what all the other filters select: what lies outside of those "
        "days, and what has no place in time. A record of which no year is known is possible in every bucket of its four "
        "digits, as lists find it, and counted in `undated` as well.",
        parameters,
        TIMELINE_SCHEMA,
    )


def _items(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": item}, "explanation": _TEXT},
    }


def _operation(
    operation_id: str,
    summary: str,
    description: str,
    parameters: Sequence[Parameter],
    schema: dict[str, Any],
    *,
    required: Sequence[str] = (),
    paged: bool = False,
    formats: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}, **formats}
    headers = ETAG | (_LINK if paged else {})
    return finding_operation(operation_id, summary, description, required, parameters, content, headers)
