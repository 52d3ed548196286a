"""What a table has made so far, as far as later rows must be compared with it.

Kept are digests: of half a million documents and as many places they take some 150 MB. Past that number nothing
more is kept, and whatever comes is handed on.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

import orjson

from app.imports.mapping.errors import CellFault

MOST_SEEN: Final = 500_000
"""So many documents, and so many places, are remembered."""


_DIGEST_BYTES: Final = 12


class Seen:
    """The documents of a table that are not to be made again and again, and where its places are."""

    def __init__(self, most: int = MOST_SEEN) -> None:
        """Begin with none."""
        self._most = most
        self._documents: set[bytes] = set()
        self._places: dict[bytes, tuple[int, int]] = {}

    def is_repeated(self, document: Mapping[str, Any]) -> bool:
        """Say whether a row before this one made the very same document, and remember it if none did.

        One that says something else of the same id is not repeated: that it gives way is for the import to count.
        """
        digest = _digest(document)
        if digest in self._documents:
            return True
        if len(self._documents) < self._most:
            self._documents.add(digest)
        return False

    def check_place(self, place: Mapping[str, Any], number: int, unit: str) -> None:
        """Remember where a place is. The number is that of its row, and counts in `unit`: line or feature.

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
        # A cell of GeoJSON may hold what cannot be kept, which is for the importer to say.
        written = repr(value).encode("utf-8", "surrogatepass")
    return blake2b(written, digest_size=_DIGEST_BYTES).digest()
