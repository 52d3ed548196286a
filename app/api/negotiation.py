"""Which format an answer takes: `format`, else `Accept` (RFC 9110 §12.5.1)."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qs

from starlette.types import Scope

from app.api.requests import header
from app.errors import Fault, NotAcceptable, nearest

JSON: Final = "json"
_QUALITY: Final = re.compile(r"q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)
_PLAIN: Final = frozenset({b"", b"*/*", b"application/json"})


def negotiate(
    scope: Scope, formats: Mapping[str, str], missing: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Choose among formats, given by name with their media types; JSON where it is all the same.

    `missing` says of formats that could be there what must be installed for them.

    Raises:
        NotAcceptable: `format` names none of them, or `Accept` takes none of them; the answer names them.
    """
    accept = header(scope, b"accept")
    if b"format" not in scope["query_string"]:
        return JSON if accept in _PLAIN and JSON in formats else _by_accept(accept, formats)
    query: str = scope["query_string"].decode("latin-1")
    asked = parse_qs(query, keep_blank_values=True).get("format")
    if not asked:
        return JSON if accept in _PLAIN and JSON in formats else _by_accept(accept, formats)
    if len(asked) == 1 and asked[0] in formats:
        return asked[0]
    raise _none_of(
        formats,
        [
            Fault(
                "unknown_format",
                missing.get(asked[0]) or f"Choose one of {', '.join(formats)}.",
                parameter="format",
                suggestion=nearest(asked[0], formats),
            )
        ],
    )


def _none_of(formats: Mapping[str, str], faults: Sequence[Fault] = ()) -> NotAcceptable:
    known = ", ".join(f"{media_type} ({name})" for name, media_type in formats.items())
    return NotAcceptable(
        f"None of these formats exists here. There is: {known}.",
        faults=faults,
        headers={"Vary": "Accept"},
        extra={"formats": dict(formats)},
    )


def _by_accept(accept: bytes, formats: Mapping[str, str]) -> str:
    ranges = [_range(part) for part in accept.decode("latin-1").split(",") if part.strip()]
    best, best_quality = "", 0.0
    for name, media_type in formats.items():
        quality = _quality(media_type, ranges)
        if quality > best_quality:
            best, best_quality = name, quality
    if not best:
        raise _none_of(formats)
    return best


def _range(part: str) -> tuple[str, float]:
    media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        found = _QUALITY.fullmatch(parameter)
        if found:
            return media_range, float(found[1])
    return media_range, 1.0


def _quality(media_type: str, ranges: list[tuple[str, float]]) -> float:
    """Give the quality of the most specific range that takes the media type."""
    for wanted in (media_type, media_type.partition("/")[0] + "/*", "*/*"):
        for media_range, quality in ranges:
            if media_range == wanted:
                return quality
    return 0.0
