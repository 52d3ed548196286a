"""What a reading request says, apart from its filters: the headers that matter, and its parameters."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.types import Scope

from app.errors import BadRequest, Fault
from app.queries.condition import Values

MOST_QUERY_BYTES = 16_384
MOST_PARAMETERS = 500


def header(scope: Scope, name: bytes) -> bytes:
    """Give a header's value; several lines of it are one list (RFC 9110 §5.3)."""
    found = [value for key, value in scope["headers"] if key == name]
    return found[0] if len(found) == 1 else b", ".join(found)


def query_values(scope: Scope) -> Values:
    """Read the query string of a request, as `read_query` does."""
    return read_query(scope["query_string"])


def read_query(raw: bytes) -> Values:
    """Read a query string.

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


def is_lenient(scope: Scope) -> bool:
    """Say whether the client asked that unknown parameters be passed over (RFC 7240)."""
    return b"handling=lenient" in header(scope, b"prefer").replace(b" ", b"").lower()


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
