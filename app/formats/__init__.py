"""How it is said: one file a format, all of them fed by the same items (api.md §4)."""

from types import MappingProxyType
from typing import Final

from app.formats.csl import CSL
from app.formats.format import About, Format, FormatWriter, Use, suffix_among
from app.formats.geojson import GEOJSON
from app.formats.graphml import GRAPHML
from app.formats.icalendar import ICS
from app.formats.json import JSON, NDJSON
from app.formats.rdf.jsonld import JSONLD
from app.formats.rdf.turtle import TURTLE
from app.formats.svg.writer import SVG
from app.formats.tables.csv import CSV
from app.formats.tables.parquet import PARQUET
from app.formats.timelinejs import TIMELINEJS

__all__ = ["FORMATS", "MISSING", "About", "Format", "FormatWriter", "Use", "format_of_suffix", "formats_for"]


FORMATS: Final = MappingProxyType(
    {
        one.name: one
        for one in (JSON, NDJSON, CSV, GEOJSON, JSONLD, TURTLE, TIMELINEJS, ICS, GRAPHML, CSL, SVG, PARQUET)
    }
)
"""Every format by its name, in the order in which they are listed; the first is what is given where all are taken."""


MISSING: Final = MappingProxyType(
    {
        one.name: f"This service has no {one.package}, which {one.name} needs: install annals[{one.name}]."
        for one in FORMATS.values()
        if not one.installed
    }
)
"""What must be installed for formats that are not there."""


def formats_for(use: Use) -> dict[str, str]:
    """Give the formats for a use by name, with their media types, as far as they are installed."""
    return {one.name: one.media_type for one in FORMATS.values() if use in one.uses and one.installed}


def format_of_suffix(name: str) -> Format | None:
    """Give the format that the end of a file's name tells, packed or not; None where it tells none."""
    by_suffix = {one.suffix: one for one in FORMATS.values()}
    suffix = suffix_among(name, by_suffix)
    return None if suffix is None else by_suffix[suffix]
