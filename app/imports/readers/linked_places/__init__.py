"""Reading Linked Places Format (1.x): features with names, types, links and relations that have a `when`.

`when` reads time spans, `feature` a feature, `reader` all of them, `openatlas` what OpenAtlas has in this format, `delimited` the tables of
the same name. GeoJSON without these members is `readers.geojson`'s.
"""

import re
from typing import Final

from app.imports.readers.file_format import FileFormat, Head
from app.imports.readers.linked_places.reader import read_linked_places

__all__ = ["FORMAT", "read_linked_places"]

_COLLECTION: Final = (
    r'\{\s*(?:"type"\s*:\s*"FeatureCollection"\s*,\s*)?"@context"\s*:\s*"[^"]*linked-?places[^"]*"'
)
_BEGINS: Final = re.compile(_COLLECTION, re.IGNORECASE)
_RESULTS: Final = re.compile(rf'"results"\s*:\s*\[\s*{_COLLECTION}', re.IGNORECASE)


def _recognises(head: Head) -> bool:
    """Return whether it begins as a collection, or is the answer of OpenAtlas to a query, which has several."""
    is_object = head.text.startswith("{")
    return is_object and (_BEGINS.match(head.text) is not None or _RESULTS.search(head.text) is not None)


FORMAT: Final = FileFormat(
    "lpf",
    "Linked Places",
    (".lpf.json",),
    ("application/vnd.lpf+json",),
    lambda chunks, _: read_linked_places(chunks),
    _recognises,
    within="geojson",
)
