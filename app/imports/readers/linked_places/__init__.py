"""Reading Linked Places Format (1.x): features with names, types, links and relations that have a `when`.

`when` reads time spans, `reader` features, `delimited` the tables of the same name. GeoJSON without these members is `readers.geojson`'s.
"""

import re
from typing import Final

from app.imports.readers.file_format import FileFormat
from app.imports.readers.linked_places.reader import read_linked_places

__all__ = ["FORMAT", "read_linked_places"]

_BEGINS: Final = re.compile(
    r'\{\s*(?:"type"\s*:\s*"FeatureCollection"\s*,\s*)?"@context"\s*:\s*"[^"]*linked-?places[^"]*"',
    re.IGNORECASE,
)

FORMAT: Final = FileFormat(
    "lpf",
    "Linked Places",
    (".lpf.json",),
    ("application/vnd.lpf+json",),
    lambda chunks, _: read_linked_places(chunks),
    lambda head: _BEGINS.match(head.text) is not None,
    within="geojson",
)
