"""What a reading request says, apart from its filters: the headers that matter, and its parameters."""

import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import parse_qsl

from starlette.types import Scope

from app.errors import BadRequest, Fault
from app.queries.condition import Values

MOST_QUERY_BYTES = 16_384
MOST_PARAMETERS = 500

_TEXT: Final = "q"
"""The one parameter that no input may make fail."""

_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED: Final = rb'"(?:[^"\\]|\\.)*"'
_BETWEEN_COMMAS: Final = re.compile(rb'(?:[^,"]|%b|".*)+' % _QUOTED, re.DOTALL)
_PREFERENCE: Final = re.compile(
    rb"\s*(%b)\s*(?:=\s*(?:(%b)|(%b))\s*)?(?:;.*)?" % (_TOKEN, _TOKEN, _QUOTED), re.DOTALL
)


def header(scope: Scope, name: bytes) -> bytes:
    """Give a header's value; several lines of it are one list (RFC 9110 §5.3)."""
    found = [value for key, value in scope["headers"] if key == name]
    return found[0] if len(found) == 1 else b", ".join(found)


def query_values(scope: Scope) -> Values:
    """Read the query string of a request, as `read_query` does."""
    return read_query(scope["query_string"])


def read_query(raw: bytes) -> Values:
    """Read a query string. NUL in `q` is white space: no text is wrong (api.md §2).

    Raises:
        BadRequest: it is not UTF-8, too long, or has too many parameters.
    """
    if len(raw) > MOST_QUERY_BYTES:
        raise BadRequest(f"The query string is longer than {MOST_QUERY_BYTES} bytes.", code="query_too_long")
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except ValueError as error:
        raise BadRequest(
            "The query string cannot be read: percent-encode UTF-8 text, and give fewer than 500 parameters.",
            code="malformed_query",
        ) from error
    if b"%00" in raw:
        pairs = [(name, value.replace("\0", " ") if name == _TEXT else value) for name, value in pairs]
    faults = [
        Fault(
            "control_character",
            "Leave control characters out.",
            parameter=name[:100] if name.isprintable() else None,
        )
        for name, value in pairs
        if "\0" in value or "\0" in name
    ]
    if faults:
        raise BadRequest("The query cannot be answered as it stands.", code="invalid_query", faults=faults)
    return Values(pairs)


def prefers(scope: Scope, name: bytes, value: bytes) -> bool:
    """Say whether `Prefer` asks for this value of this preference, both in lower case (RFC 7240 §2).

    The first mention of a preference counts; parameters are passed over, as is what is malformed.
    """
    given = header(scope, b"prefer")
    return bool(given) and next((one for known, one in _preferences(given) if known == name), None) == value


def _preferences(given: bytes) -> Iterator[tuple[bytes, bytes]]:
    for piece in _BETWEEN_COMMAS.findall(given):
        found = _PREFERENCE.fullmatch(piece)
        if found is not None:
            quoted = re.sub(rb"\\(.)", rb"\1", (found[3] or b"")[1:-1], flags=re.DOTALL)
            yield found[1].lower(), (found[2] or quoted).lower()


def names(if_none_match: bytes, etag: bytes) -> bool:
    """Say whether `If-None-Match` names this very tag, so that the request it was given for was good.

    `*` names none: a query must be read before it can be said that there is an answer to it.
    """
    return b"*" not in if_none_match and matches(if_none_match, etag)


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Say whether `If-None-Match` names the entity tag, compared weakly (RFC 9110 §13.1.2)."""
    if if_none_match == etag:
        return True
    tags: Sequence[bytes] = [tag.strip() for tag in if_none_match.split(b",")]
    return b"*" in tags or any(tag.removeprefix(b"W/") == etag for tag in tags)
