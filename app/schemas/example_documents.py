"""Records to try writing with: none is among the seeds, and those that the seeds hold are what they refer to."""

from hashlib import sha256
from typing import Any, Final

EXAMPLE_TEXT: Final = "On 14 December 1994 …"
"""The text of the source among the examples."""

_SOURCE: Final = "sources/cuba-venezuela-cooperation"
_ABOUT_OTHERS: Final = frozenset(("places", "participants", "parties", "relations", "evidence"))

EXAMPLE_DOCUMENTS: Final[dict[str, dict[str, Any]]] = {
    "event": {
        "id": "chavez-speaks-in-havana-1994",
        "title": "Hugo Chávez speaks at the University of Havana",
        "type": "speech",
        "summary": "Chávez speaks to students, with Castro among those who listen.",
        "date": "1994-12-14",
        "places": [{"place": "places/havana", "role": "site"}],
        "participants": [
            {"actor": "actors/hugo-chavez", "role": "guest"},
            {"actor": "actors/fidel-castro", "role": "host"},
        ],
        "evidence": [
            {
                "property": "date",
                "source": _SOURCE,
                "selector": {"start": 1994, "end": 2010, "exact": "14 December 1994"},
                "basis": "inferred",
                "note": "The source gives the day of the visit, on which the speech was held.",
            }
        ],
    },
    "actor": {
        "id": "simon-bolivar",
        "title": "Simón Bolívar",
        "type": "person",
        "date": "1783-07-24/1830-12-17",
        "evidence": [
            {
                "property": "date",
                "basis": "external",
                "note": "Birth and death as works of reference have them.",
            }
        ],
    },
    "agreement": {
        "id": "san-jose-agreement",
        "title": "San José Agreement",
        "type": "cooperation",
        "summary": "Mexico and Venezuela supply oil to countries of Central America and the Caribbean on easy terms.",
        "date": "1980-08-03",
        "parties": [{"actor": "actors/venezuela", "role": "signatory"}],
        "evidence": [
            {"property": "date", "basis": "external", "note": "As the text of the agreement is dated."}
        ],
    },
    "mission": {
        "id": "cuban-medical-mission-in-algeria",
        "title": "Cuban medical mission in Algeria",
        "type": "health",
        "date": "1963-05/1964",
        "participants": [{"actor": "actors/cuba", "role": "provider"}],
        "evidence": [{"property": "date", "basis": "external", "note": "The first team went in May 1963."}],
    },
    "place": {
        "id": "santiago-de-cuba",
        "title": "Santiago de Cuba",
        "type": "city",
        "geometry": {"type": "Point", "coordinates": [-75.82, 20.02]},
        "evidence": [
            {"property": "geometry", "basis": "external", "note": "The middle of the city, from a map."}
        ],
    },
    "source": {
        "id": "granma-1994-12-15",
        "title": "Granma of 15 December 1994",
        "type": "newspaper",
        "publisher": "Granma",
        "language": "es",
        "date": "1994-12-15",
        "text": {"sha256": sha256(EXAMPLE_TEXT.encode()).hexdigest(), "characters": len(EXAMPLE_TEXT)},
    },
}
"""One for each kind, which a database with the seeds takes; its id is that of no other record there."""


def without_others(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a document what refers to other records, so that an empty database takes it."""
    return {name: value for name, value in document.items() if name not in _ABOUT_OTHERS}
