"""What a request tells of the read that it asks for: whether it may be long, for whom it is, and which are like it."""

import re
from typing import Final
from urllib.parse import unquote_plus, unquote_to_bytes

from starlette.types import Scope

from app.records.scalars import KINDS
from app.schemas.parameters import MAX_QUICK
from app.web.client_addresses import network_of
from app.web.headers import header

_READING: Final = frozenset(("GET", "HEAD"))
_OF_RECORDS: Final = ("/v1", "/explore")
_FILES: Final = "/explore/static/"
_RECORD: Final = re.compile(rf"/v1/(?:{'|'.join(KINDS)})/[^/]+")
_LIMIT: Final = re.compile(rb"(?:^|[?&])limit=0*(\d{1,9})(?:&|$)")

Key = tuple[str, bytes, bytes, bytes]
"""What shapes the answer to a read: path, query, and the headers that it is negotiated by."""

Shape = tuple[str, frozenset[str]]
"""What reads of the same sort have in common: the path, and which parameters they have."""


def may_be_long(scope: Scope) -> bool:
    """Say whether a request is a read that may be a long one; that of one record as it is never is."""
    path: str = scope["path"]
    if scope["method"] not in _READING or not path.startswith(_OF_RECORDS) or path.startswith(_FILES):
        return False
    return bool(scope["query_string"]) or _RECORD.fullmatch(path) is None


def asks_for_large_page(query: bytes) -> bool:
    """Say whether a query string asks for more records than are read in an instant."""
    if b"%" in query:
        query = unquote_to_bytes(query)
    limit = _LIMIT.search(query)
    return limit is not None and int(limit[1]) > MAX_QUICK


def client_of(scope: Scope) -> str:
    """Give the network of the client, of which one has a share of the places."""
    client: tuple[str, int] | None = scope.get("client")
    return network_of(client[0] if client else "")


def key_of(scope: Scope) -> Key:
    """Give what shapes the answer to a read."""
    return scope["path"], scope["query_string"], header(scope, b"accept"), header(scope, b"prefer")


def shape_of(scope: Scope) -> Shape:
    """Give what reads of the same sort have in common: the path, and which parameters they have."""
    query: bytes = scope["query_string"]
    names = (unquote_plus(part.partition(b"=")[0].decode("latin-1")) for part in query.split(b"&"))
    return scope["path"], frozenset(names)
