"""A density as CSV (RFC 4180): UTF-8, a header row, CRLF, a row for each cell with any records.

Columns: `west`, `south`, `east` and `north`, the edges of the cell in degrees; `certain` and `possible`. How many records
have no place on the map is in JSON alone.
"""

import codecs
import csv
import io
from typing import Final

from app.density.schemas import Density

_COLUMNS: Final = ("west", "south", "east", "north", "certain", "possible")


def density_csv(density: Density, *, bom: bool) -> bytes:
    """Give a density as CSV; `bom`: it begins with a byte order mark."""
    buffer = io.StringIO()
    table = csv.DictWriter(buffer, _COLUMNS, lineterminator="\r\n")
    table.writeheader()
    table.writerows(density["items"])
    return (codecs.BOM_UTF8 if bom else b"") + buffer.getvalue().encode()
