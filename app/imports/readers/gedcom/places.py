"""Places of GEDCOM (PLACE_STRUCTURE): their names, and the positions that maps give them."""

from hashlib import blake2b
from typing import Final, NamedTuple

from app.imports.readers.degrees import degrees
from app.imports.readers.gedcom.lines import Malformed, Node
from app.values.slug import fallback, slugify

_SIGNS: Final = {"LATI": ("N", "S"), "LONG": ("E", "W")}
_MOST: Final = {"LATI": 90, "LONG": 180}


class NamedPlace(NamedTuple):
    """A place as a line names it.

    Attributes:
        id: made from its name.
        title: its name.
        position: longitude and latitude in degrees.
    """

    id: str
    title: str
    position: tuple[float, float] | None


def read_place(node: Node) -> NamedPlace | None:
    """Read the place of a PLAC line; None where it has no name.

    Raises:
        Malformed: a coordinate is none.
    """
    title = " ".join(node.value.split())
    if not title:
        return None
    at = node.first("MAP")
    position = None
    if at is not None:
        latitude, longitude = (at.first(tag) for tag in ("LATI", "LONG"))
        if latitude is None or longitude is None:
            raise Malformed(at.line, "Give a map both LATI and LONG.")
        position = (_coordinate(longitude), _coordinate(latitude))
    name = slugify(title) or fallback("place", blake2b(title.encode(), digest_size=4).hexdigest())
    return NamedPlace(name, title, position)


def _coordinate(node: Node) -> float:
    positive, negative = _SIGNS[node.tag]
    found = degrees(node.value.upper(), positive, negative, _MOST[node.tag])
    if found is not None:
        return found
    detail = f"Give {node.tag} as {positive} or {negative} and degrees of at most {_MOST[node.tag]}: {positive}18.15."
    raise Malformed(node.line, detail)
