"""The components of the OpenAPI document for answers in the formats that are JSON, and which format has which."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.formats.answer_types import AnnotationPage, FeatureCollection, LinkedPlaces, Slides
from app.formats.citation_types import CslItem
from app.formats.format import Format
from app.formats.geojson import FLAT_DATE
from app.records.vocabulary import SCHEMES, TERM_KIND
from app.schemas.json_schema import Schema, or_null, reference, schemas_of, union

_ANSWERS: Final[Mapping[str, tuple[str, str]]] = {
    "json": ("ExportedItems", "ExportedItems"),
    "geojson": ("Feature", "FeatureCollection"),
    "lpf": ("LinkedPlaces", "LinkedPlaces"),
    "jsonld": ("LinkedDataOfRecord", "LinkedDataOfRecords"),
    "oa": ("AnnotationPage", "AnnotationPage"),
    "timelinejs": ("Slides", "Slides"),
    "csl": ("CslItem", "CslItems"),
}
"""The components of the answers of each format, by its name: of a record, and of a list."""

_FLAT: Final[Mapping[str, Schema]] = dict(
    zip(
        FLAT_DATE,
        (
            {"type": "string", "description": "The date in EDTF."},
            or_null({"type": "string", "description": "The first day on which it can have begun."}),
            or_null({"type": "string", "description": "The last day on which it can have ended."}),
        ),
        strict=True,
    )
)

_CONTEXT: Final[Schema] = {
    "type": "object",
    "title": "LinkedDataContext",
    "description": "A JSON-LD 1.1 context: what each term means, as an address or as an address with a type.",
    "additionalProperties": {
        "anyOf": [
            {"type": "string"},
            {"type": "number"},
            {"type": "object", "additionalProperties": {"type": "string"}},
        ]
    },
}


def _linked_data(name: str, plain: str) -> Schema:
    """Describe `application/ld+json` with any profile: not everybody tells media types apart by their parameters."""
    return {
        "title": name,
        "description": "JSON-LD: the evidence as Web Annotations where the media type has their profile, else all there is.",
        "anyOf": [reference(plain), reference("AnnotationPage")],
    }


_LINKED_DATA: Final[Mapping[str, Schema]] = {
    "LinkedDataContext": _CONTEXT,
    "LinkedDataDocument": {
        "type": "object",
        "title": "LinkedDataDocument",
        "description": "A record as a node object of JSON-LD 1.1. Its other members are the terms of its context.",
        "properties": {
            "@context": reference("LinkedDataContext"),
            "@id": {"type": "string"},
            "@type": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["@context", "@id"],
        "additionalProperties": True,
    },
    "LinkedDataNode": {
        "type": "object",
        "title": "LinkedDataNode",
        "description": "A node object of JSON-LD 1.1. Its other members are the terms of its context.",
        "properties": {"@id": {"type": "string"}, "@type": {"type": "array", "items": {"type": "string"}}},
        "required": ["@id"],
        "additionalProperties": True,
    },
    "LinkedDataGraph": {
        "type": "object",
        "title": "LinkedDataGraph",
        "description": "Records as the graph of a JSON-LD 1.1 document.",
        "properties": {
            "@context": reference("LinkedDataContext"),
            "@graph": {"type": "array", "items": reference("LinkedDataNode")},
        },
        "required": ["@context", "@graph"],
    },
    "LinkedDataOfRecord": _linked_data("LinkedDataOfRecord", "LinkedDataDocument"),
    "LinkedDataOfRecords": _linked_data("LinkedDataOfRecords", "LinkedDataGraph"),
}


def answer_schema(form: Format, *, one: bool) -> Schema:
    """Return the schema of an answer in a format: a component where it is JSON, else text.

    `one` says that it is of a single record rather than a list.
    """
    answers = _ANSWERS.get(form.name)
    if answers is None:
        return {"type": "string", "description": form.rule}
    return reference(answers[0] if one else answers[1])


def format_schemas(records: Mapping[str, Schema], names: Iterable[str]) -> dict[str, Schema]:
    """Return the components of the document for the formats.

    Args:
        records: the components of records.
        names: those of them that are whole records as they are returned, by kind.
    """
    whole = [records[name]["properties"] for name in names]
    members: dict[str, Any] = {name: member for one in whole for name, member in one.items()}
    kinds = [one["kind"]["const"] for one in whole]
    members["kind"] = {"type": "string", "enum": kinds, "description": "The kind of record."}
    members = {
        name: member for name, member in members.items() if not name.startswith(("linked", "incoming"))
    }
    types = {"FeatureCollection": FeatureCollection, "LinkedPlaces": LinkedPlaces, "Slides": Slides}
    return {
        **schemas_of({**types, "AnnotationPage": AnnotationPage, "CslItem": CslItem}),
        **_LINKED_DATA,
        "CslItems": {
            "type": "array",
            "title": "CslItems",
            "description": "Citations (CSL-JSON 1.0.2).",
            "items": reference("CslItem"),
        },
        "FeatureProperties": {
            "type": "object",
            "title": "FeatureProperties",
            "description": "The record itself, with its date flat as well. Of a place with dated geometries `geometry` is its "
            "own, null where it has none.",
            "properties": {**members, "geometry": or_null(members["geometry"]), **_FLAT},
            "required": ["kind", "id", "href"],
            "additionalProperties": False,
        },
        **_export_schemas(records["Term"], dict(zip(kinds, names, strict=True))),
    }


def _export_schemas(term: Schema, by_kind: Mapping[str, str]) -> dict[str, Schema]:
    told = {"kind": {"type": "string", "const": TERM_KIND}, "scheme": {"type": "string", "enum": [*SCHEMES]}}
    return {
        "ExportedTerm": {
            **term,
            "title": "ExportedTerm",
            "description": "A term that was added to a vocabulary here.",
            "properties": told | term["properties"],
            "required": [*told, *term["required"]],
        },
        "ExportedItem": union(
            "ExportedItem",
            "A record, or a term that was added to a vocabulary here.",
            {**by_kind, TERM_KIND: "ExportedTerm"},
            "kind",
        ),
        "ExportedItems": {
            "type": "object",
            "title": "ExportedItems",
            "description": "Everything that there is.",
            "properties": {"items": {"type": "array", "items": reference("ExportedItem")}},
            "required": ["items"],
        },
    }
