"""Query strings: their syntax, and references and names of fields in them."""

import re
from collections.abc import Container, Iterable, Sequence
from functools import cache
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from app.errors import BadRequest, Fault, nearest
from app.records.kinds import RECORD_KINDS, RecordKind, kind_by_collection
from app.values.slug import ID_PATTERN, is_id, slugify

COLLECTIONS = [kind.collection for kind in RECORD_KINDS]
MOST_QUERY_BYTES = 16_384
MOST_PARAMETERS = 500

_TEXT: Final = "q"
"""The one parameter that accepts any input."""

PAGE_BYTES: Final = 8 * 2**20
"""The size of the documents of one page together, in bytes of UTF-8; one document is always allowed."""

DEFAULT_LIMIT, MOST_PER_PAGE = 50, 1000

MOST_QUICK: Final = 200
"""Pages of at most this many records are not large."""


def nearest_reference(ref: str, collections: Sequence[str]) -> str | None:
    """Return the reference into these collections that was probably meant; None where that is ambiguous."""
    collection, slash, record_id = ref.partition("/")
    meant = collection if collection in collections else nearest(collection, collections)
    has_other = kind_by_collection(collection) is not None
    if meant is None and len(collections) == 1 and bool(slash) == has_other:
        # A bare id, or one after another collection, is unambiguous where there is only one collection.
        meant, record_id = collections[0], record_id if slash else collection
    made = record_id if is_id(record_id) else slugify(record_id)
    return None if meant is None or made is None or "/" in record_id else f"{meant}/{made}"


def reference_problem(ref: str, collections: Sequence[str]) -> str | None:
    """Return what is wrong with the form of a reference in a query; None where it is right."""
    collection, slash, record_id = ref.partition("/")
    if not slash or kind_by_collection(collection) is None or not re.fullmatch(ID_PATTERN, record_id):
        return "Write a reference as a record's path below /v1/, such as actors/fidel-castro."
    if collection not in collections:
        return f"Give a reference into {' or '.join(collections)}."
    return None


def invalid_query(faults: Iterable[Fault]) -> BadRequest:
    """Make the error that tells of everything that was found wrong with a query."""
    return BadRequest("The query cannot be answered as it stands.", code="invalid_query", faults=faults)


def read_query(raw: bytes) -> dict[str, list[str]]:
    """Parse a query string: the values of each parameter, in order. NUL in `q` is read as white space, since a search accepts any text.

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
        raise invalid_query(faults)
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def known_part(raw: bytes, known: Container[str]) -> bytes:
    """Leave unknown parameters out of a query string; one that is too long is left to be refused."""
    if len(raw) > MOST_QUERY_BYTES:
        return raw
    parts = raw.split(b"&")
    return b"&".join(
        part for part in parts if not part or unquote_plus(part.partition(b"=")[0].decode("latin-1")) in known
    )


def unknown_fields(fields: Iterable[str], kind: RecordKind | None) -> list[Fault]:
    """Give a fault for each of these `fields` that records of the kind, or of any, do not have."""
    allowed = _fields_of(kind)
    detail = "There is no such field in these records."
    return [
        Fault("unknown_field", detail, parameter="fields", suggestion=nearest(name, allowed))
        for name in fields
        if name not in allowed
    ]


@cache
def _fields_of(kind: RecordKind | None) -> frozenset[str]:
    return frozenset(
        name for one in ([kind] if kind is not None else RECORD_KINDS) for name in one.model.model_fields
    )
