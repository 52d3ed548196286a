"""Query strings: parsed with every fault told at once, the parameters that several features take, and references in them."""

import re
from collections.abc import Collection, Container, ItemsView, Iterable, KeysView, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
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


class Values:
    """The query parameters of one request, each name with its values in order."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Collect (name, value) pairs in the order of the query string."""
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)
        self.faults: list[Fault] = []

    def names(self) -> KeysView[str]:
        """Return the names in the order they came."""
        return self._values.keys()

    def items(self) -> ItemsView[str, list[str]]:
        """Return the names in the order they came, each with its values."""
        return self._values.items()

    def all(self, name: str) -> list[str]:
        """Return every value of a repeatable parameter."""
        return self._values.get(name, [])

    def words(self, name: str) -> list[str]:
        """Return the values of a parameter that may be repeated or written with commas, each once."""
        given = self._values.get(name)
        if not given:
            return []
        found = [word.strip() for value in given for word in value.split(",")]
        if not all(found):
            self._refuse_empty(name)
        return list(dict.fromkeys(word for word in found if word))

    def one(self, name: str) -> str | None:
        """Return the value of a parameter that may be given once; a second one is a fault."""
        values = self._values.get(name)
        if not values:
            return None
        if len(values) > 1:
            self.refuse(name, "repeated_parameter", "Give this parameter once.")
        if not values[0].strip():
            self._refuse_empty(name)
            return None
        return values[0]

    def choice(self, name: str, choices: Collection[str], default: str) -> str:
        """Return the value of a parameter that must be one of these words."""
        value = self.one(name)
        if value is None:
            return default
        if value not in choices:
            self.refuse(name, "unknown_value", f"Choose one of {', '.join(choices)}.")
            return default
        return value

    def refuse(self, name: str, code: str, detail: str, suggestion: str | None = None) -> None:
        """Add a fault; all of them are reported at once."""
        self.faults.append(Fault(code, detail, parameter=name, suggestion=suggestion))

    def _refuse_empty(self, name: str) -> None:
        self.refuse(name, "empty_value", "Leave the parameter out, or give it a value.")


def is_reference(values: Values, name: str, ref: str, collections: Sequence[str]) -> bool:
    """Return whether a value has the form of a reference into these collections; where not, add a fault."""
    problem = reference_problem(ref, collections)
    if problem is not None:
        values.refuse(name, "invalid_reference", problem, nearest_reference(ref, collections))
    return problem is None


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


def raise_faults(values: Values) -> None:
    """Raise all faults of a query.

    Raises:
        BadRequest: with all the faults, where there are any.
    """
    if values.faults:
        raise invalid_query(values.faults)


def read_query(raw: bytes) -> Values:
    """Parse a query string. NUL in `q` is read as white space, since a search accepts any text.

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
    return Values(pairs)


def known_part(raw: bytes, known: Container[str]) -> bytes:
    """Leave unknown parameters out of a query string; one that is too long is left to be refused."""
    if len(raw) > MOST_QUERY_BYTES:
        return raw
    parts = raw.split(b"&")
    return b"&".join(
        part for part in parts if not part or unquote_plus(part.partition(b"=")[0].decode("latin-1")) in known
    )


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter as clients and the OpenAPI document know it."""

    name: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    example: Any = None
    repeatable: bool = False


LIMIT = Parameter(
    "limit",
    "How many items a page holds at the most. One of large records is shorter: their documents take no more than "
    f"{PAGE_BYTES // 2**20} MiB together (at least one item always comes), and `next` says that there are more.",
    {"type": "integer", "minimum": 1, "maximum": MOST_PER_PAGE, "default": DEFAULT_LIMIT},
    20,
)

CURSOR = Parameter("cursor", "Where the page begins: taken from `next` or `prev` of another page.")

FORMAT = Parameter("format", "The format of the answer; overrides `Accept`.", example="json")


def refuse_unknown(values: Values, known: Collection[str]) -> None:
    """Add a fault for every unknown parameter, with the one that may have been meant."""
    for name in values.names():
        if name not in known:
            values.refuse(
                name[:100],
                "unknown_parameter",
                "There is no such parameter here; see /docs for those there are.",
                nearest(name, known),
            )


def read_limit(values: Values, *, paged: bool = True) -> int | None:
    """Parse `limit`; where none is given, the default of a page, or None for streams."""
    text = values.one("limit")
    if text is None:
        return DEFAULT_LIMIT if paged else None
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MOST_PER_PAGE):
        values.refuse("limit", "out_of_range", f"Give a whole number from 1 to {MOST_PER_PAGE}.")
        return DEFAULT_LIMIT
    return int(text)


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
