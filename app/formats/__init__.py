"""Formats of responses: one module each, all of them given the same items.

Whatever needs the database belongs in `reading`, which makes the items; what reads files back is
`imports`'s.
"""

from types import MappingProxyType
from typing import Final

from app.formats.annotations import OA
from app.formats.bibtex import BIBTEX
from app.formats.csl import CSL
from app.formats.delimited_places import LP_TSV
from app.formats.format import About, Format, FormatWriter, Use, suffix_among
from app.formats.geojson import GEOJSON
from app.formats.graphml import GRAPHML
from app.formats.icalendar import ICS
from app.formats.json import JSON, NDJSON
from app.formats.linked_places import LPF
from app.formats.rdf.jsonld import JSONLD
from app.formats.rdf.turtle import TURTLE
from app.formats.ris import RIS
from app.formats.svg.writer import SVG
from app.formats.tables.csv import CSV
from app.formats.tables.parquet import PARQUET
from app.formats.tables.xlsx import XLSX
from app.formats.timelinejs import TIMELINEJS

__all__ = ["FORMATS", "MISSING", "About", "Format", "FormatWriter", "Use", "format_of_suffix", "formats_for"]

FORMATS: Final = MappingProxyType(
    {
        one.name: one
        for one in (
            JSON,
            NDJSON,
            CSV,
            XLSX,
            GEOJSON,
            LPF,
            LP_TSV,
            JSONLD,
            OA,
            TURTLE,
            TIMELINEJS,
            ICS,
            GRAPHML,
            CSL,
            BIBTEX,
            RIS,
            SVG,
            PARQUET,
        )
    }
)
"""Every format by its name, in the order in which they are listed; the first is the default."""

MISSING: Final = MappingProxyType(
    {
        one.name: f"This service has no {one.package}, which {one.name} needs: install annals[{one.name}]."
        for one in FORMATS.values()
        if not one.installed
    }
)
"""What must be installed for formats that are not there."""


def formats_for(use: Use) -> dict[str, str]:
    """Return the formats for a use by name, with their media types, as far as they are installed."""
    return {one.name: one.media_type for one in FORMATS.values() if use in one.uses and one.installed}


def format_of_suffix(name: str) -> Format | None:
    """Return the format for the suffix of a file's name, compressed or not; None where there is none."""
    by_suffix = {one.suffix: one for one in FORMATS.values()}
    suffix = suffix_among(name, by_suffix)
    return None if suffix is None else by_suffix[suffix]
