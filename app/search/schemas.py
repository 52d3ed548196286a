"""Search and suggestions, described."""

from collections.abc import Sequence
from typing import Any, Final

from app.formats.format import Use
from app.formats.responses import other_formats
from app.schemas.query import Parameter
from app.schemas.responses import page_schema
from app.web.openapi import _REFERENCE, _TEXT, _items, _operation

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
