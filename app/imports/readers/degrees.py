"""Latitudes and longitudes as people write them."""

import re
from typing import Final

_POSITION: Final = re.compile(
    r"(?P<before>[NSEW+-]?)\s*(?P<degrees>[0-9]{1,3}(?:[.,][0-9]{1,15})?)\s*[°:]?"
    r"(?:\s*(?P<minutes>[0-9]{1,2}(?:[.,][0-9]{1,15})?)\s*['\N{PRIME}:]?"
    r"(?:\s*(?P<seconds>[0-9]{1,2}(?:[.,][0-9]{1,15})?)\s*(?:\"|\N{DOUBLE PRIME}|'')?)?)?\s*(?P<after>[NSEW]?)"
)


def degrees(text: str, positive: str, negative: str, most: int) -> float | None:
    """Return a latitude or a longitude in degrees, from decimals or from degrees, minutes and seconds; None where it is none."""
    match = _POSITION.fullmatch(text.strip())
    if match is None:
        return None
    signs = {match["before"], match["after"]} - {""}
    if len(signs) > 1 or not signs <= {positive, negative, "+", "-"}:
        return None
    parts = [float((match[name] or "0").replace(",", ".")) for name in ("degrees", "minutes", "seconds")]
    value = parts[0] + parts[1] / 60 + parts[2] / 3600
    if max(parts[1:]) >= 60 or value > most:
        return None
    return round(-value if signs & {negative, "-"} else value, 9)
