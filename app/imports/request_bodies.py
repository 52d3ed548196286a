"""What the body of an import may be, as the OpenAPI document describes it."""

from typing import Any, Final

import orjson

from app.imports.multipart import FILE, MAPPING, MULTIPART
from app.imports.readers import READABLE
from app.imports.request_schemas import (
    ANNOTATIONS,
    CITATIONS,
    DOCUMENTS,
    FEATURES,
    LINKED_PLACES,
    MAPPED_TABLE,
)
from app.imports.spreadsheet_files import SPREADSHEET
from app.schemas.json_schema import reference

_PLACE: Final = {"kind": "place", "id": "bay-of-pigs", "title": "Bay of Pigs"}
_EVENT: Final = {
    "kind": "event",
    "id": "bay-of-pigs-invasion",
    "title": "Bay of Pigs invasion",
    "date": "1961-04-17",
}
_FEATURE: Final = {
    "type": "Feature",
    "id": "places/bay-of-pigs",
    "geometry": {"type": "Point", "coordinates": [-81.19, 22.21]},
    "properties": _PLACE,
}
_LINES: Final = {"type": "string", "description": "As many as there are, streamed: text, not JSON."}

CONTENT: Final[dict[str, Any]] = {
    # First, as most generators of clients know the first alone.
    "application/json": {"schema": reference(DOCUMENTS), "example": [_EVENT]},
    "application/x-ndjson": {"schema": _LINES, "example": f"{orjson.dumps(_EVENT).decode()}\n"},
    "text/csv": {"schema": _LINES, "example": f"{','.join(_EVENT)}\r\n{','.join(_EVENT.values())}\r\n"},
    "application/geo+json": {
        "schema": reference(FEATURES),
        "example": {"type": "FeatureCollection", "features": [_FEATURE]},
    },
    "application/vnd.lpf+json": {
        "schema": reference(LINKED_PLACES),
        "example": {
            "type": "FeatureCollection",
            "features": [
                {
                    "@id": "http://example.org/places/1",
                    "type": "Feature",
                    "properties": {"title": "Havana"},
                    "when": {"timespans": [{"start": {"in": "1519"}}]},
                    "geometry": {"type": "Point", "coordinates": [-82.37, 23.13]},
                }
            ],
        },
    },
    "application/ld+json": {
        "schema": reference(ANNOTATIONS),
        "example": {
            "@context": "http://www.w3.org/ns/anno.jsonld",
            "type": "Annotation",
            "motivation": "linking",
            "body": {
                "type": "SpecificResource",
                "source": "https://annals.example/v1/events/bay-of-pigs-invasion",
            },
            "target": "https://annals.example/v1/sources/cuba-venezuela-cooperation",
        },
    },
    "application/x-bibtex": {
        "schema": _LINES,
        "example": "@book{smith2001,\n  author = {Smith, Ada},\n  title = {A History},\n  year = 2001\n}\n",
    },
    "application/x-research-info-systems": {
        "schema": _LINES,
        "example": "TY  - BOOK\nAU  - Smith, Ada\nTI  - A History\nPY  - 2001\nER  - \n",
    },
    "application/vnd.citationstyles.csl+json": {
        "schema": reference(CITATIONS),
        "example": [{"id": "smith2001", "type": "book", "title": "A History"}],
    },
    **{
        media_type: {
            "schema": {"type": "string", "format": "binary", "description": "Each sheet of records is read."}
        }
        for media_type in READABLE[SPREADSHEET].media_types
    },
    "text/vnd.familysearch.gedcom": {
        "schema": _LINES,
        "example": "0 HEAD\n1 CHAR UTF-8\n0 @I1@ INDI\n1 NAME Ada /Lovelace/\n1 BIRT\n2 DATE 10 DEC 1815\n1 DEAT Y\n0 TRLR\n",
    },
    "text/calendar": {
        "schema": _LINES,
        "example": "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:bay-of-pigs-invasion\nSUMMARY:Bay of Pigs invasion\n"
        "DTSTART;VALUE=DATE:19610417\nDTEND;VALUE=DATE:19610421\nEND:VEVENT\nEND:VCALENDAR\n",
    },
    MULTIPART: {
        "schema": reference(MAPPED_TABLE),
        "encoding": {MAPPING: {"contentType": "application/yaml"}, FILE: {"contentType": "text/csv"}},
        "example": {
            MAPPING: 'records:\n  - {kind: actor, id: "{name|slug}", title: "{name}", type: person}\n',
            FILE: "name\r\nAda Lovelace\r\n",
        },
    },
    "application/x-gramps-xml": {
        "schema": _LINES,
        "example": '<database xmlns="http://gramps-project.org/xml/1.7.1/"><people><person handle="_a1"><name>'
        "<first>Ada</first><surname>Lovelace</surname></name></person></people></database>",
    },
}
"""A schema and an example for each media type of a body."""
