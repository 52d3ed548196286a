"""Counts over time, described."""

from collections.abc import Sequence
from typing import Any, Final

from app.schemas.query import Parameter
from app.web.openapi import COUNT, TEXT, across_operation

_COUNTS: Final = {
    "certain": COUNT | {"description": "Records whose date must overlap the bucket."},
    "possible": COUNT | {"description": "Records whose date may overlap the bucket."},
}

BUCKET_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["bucket", "start", "end", "certain", "possible"],
    "properties": {
        "bucket": TEXT | {"description": "Its first year."},
        "start": TEXT | {"description": "Its first day."},
        "end": TEXT | {"description": "Its last day."},
        **_COUNTS,
        "types": {
            "type": "array",
            "description": "With `split=type`: the types of its records; those without a type have no `type`.",
            "items": {"type": "object", "properties": {"type": TEXT, **_COUNTS}},
        },
    },
}

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
            "properties": {"certain": COUNT, "possible": COUNT},
        },
        "after": {
            "type": "object",
            "description": "Records that lie after them, likewise.",
            "required": ["certain", "possible"],
            "properties": {"certain": COUNT, "possible": COUNT},
        },
        "undated": COUNT
        | {"description": "Records without a date, or with one of which no year is known (`XXXX-01-03`)."},
        "explanation": TEXT,
    },
}


def timeline_operation(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Describe `GET /v1/timeline`."""
    return across_operation(
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
