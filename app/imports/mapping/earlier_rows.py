"""What a table has given so far, as far as later rows must be compared with it.

Only digests are kept: of half a million documents and as many places they take some 150 MB. Past that
number nothing more is kept, and repeated documents are passed on.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

import orjson

from app.imports.mapping.errors import CellFault

MAX_SEEN: Final = 500_000
"""So many documents, and so many places, are remembered."""

_DIGEST_BYTES: Final = 12


class Seen:
    """The documents of a table that need not be made again, and the geometries of its places."""

    def __init__(self, most: int = MAX_SEEN) -> None:
        """Begin with none."""
        self._most = most
        self._documents: set[bytes] = set()
        self._places: dict[bytes, tuple[int, int]] = {}

    def is_repeated(self, document: Mapping[str, Any]) -> bool:
        """Return whether a row before this one gave the very same document, and remember it if none did.

        A document of the same id that says something else is not repeated: the import counts it as giving
        way.
        """
        digest = _digest(document)
        if digest in self._documents:
            return True
        if len(self._documents) < self._most:
            self._documents.add(digest)
        return False

    def check_place(self, place: Mapping[str, Any], number: int, unit: str) -> None:
        """Remember the geometry of a place. The number is that of its row, and counts in `unit`: line or feature.

        Raises:
            CellFault: a row before this one gave a place of the same id another geometry.
        """
        geometry = place.get("geometry")
        if geometry is None or "id" not in place:
            return
        key, where = _digest(place["id"]), hash(_digest(geometry))
        before = self._places.get(key)
        if before is None:
            if len(self._places) < self._most:
                self._places[key] = number, where
        elif before[1] != where:
            detail = (
                f"Two places have this id, and are not in one place: {unit}s {before[0]:,} and {number:,}. Add to "
                "the id what tells them apart, such as {region|slug}, or {latitude|slug}-{longitude|slug}."
            )
            raise CellFault("two_places", detail, place["id"]).within("id")


def _digest(value: Any) -> bytes:
    try:
        written = orjson.dumps(value)
    except TypeError:
        # A cell of GeoJSON may hold what cannot be stored, which the importer reports.
        written = repr(value).encode("utf-8", "surrogatepass")
    return blake2b(written, digest_size=_DIGEST_BYTES).digest()
