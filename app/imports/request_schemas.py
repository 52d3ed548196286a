"""The components of the OpenAPI document that describe bodies of imports: records, and what other programs write."""

from collections.abc import Mapping
from typing import Final

from app.imports.multipart import FILE, MAPPING
from app.imports.readers import READABLE
from app.records.vocabulary import SCHEMES
from app.schemas.json_schema import Schema, reference

DOCUMENTS: Final = "DocumentsInput"
FEATURES: Final = "FeatureCollectionInput"
LINKED_PLACES: Final = "LinkedPlacesInput"
ANNOTATIONS: Final = "AnnotationsInput"
CITATIONS: Final = "CitationsInput"
MAPPED_TABLE: Final = "MappedTableInput"

_TEXT: Final[Schema] = {"type": "string"}
_ANY_MEMBERS: Final[Schema] = {"type": "object", "additionalProperties": True}
_TERM_KIND: Final = "term"


def import_schemas(records: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return the schemas of bodies of imports, by name; `records` are those of records and terms as they are written."""
    return {**_of_records(records["TermInput"]), **_OF_OTHERS}


def _of_records(term: Schema) -> dict[str, Schema]:
    told = {
        "kind": {"type": "string", "const": _TERM_KIND},
        "scheme": {"type": "string", "enum": [*SCHEMES]},
    }
    of_others = ", ".join(one.title for one in READABLE.values() if one.within == "json")
    return {
        "ExportedTermInput": {
            **term,
            "title": "ExportedTermInput",
            "description": "A term to be added to a vocabulary; needs the scope `admin`.",
            "properties": told | term["properties"],
            "required": [*told, *term["required"]],
        },
        "ExportedItemInput": {
            "title": "ExportedItemInput",
            "description": "A record of any kind, which says its own unless `kind` does, or a term.",
            "anyOf": [reference("AnyDocument"), reference("ExportedTermInput")],
        },
        "ExportedItemsInput": _object(
            "ExportedItemsInput",
            "Documents, as an export gives them.",
            {"items": {"type": "array", "items": reference("ExportedItemInput")}},
            "items",
        ),
        DOCUMENTS: _several_or_one(
            DOCUMENTS,
            "An array, `items` of an object, or one. JSON of others that is known by its beginning is read as that: "
            f"{of_others}.",
            "ExportedItemInput",
            reference("ExportedItemsInput"),
        ),
    }


def _object(title: str, description: str, members: Mapping[str, Schema], *required: str) -> Schema:
    return {
        "type": "object",
        "title": title,
        "description": description,
        "properties": dict(members),
        "required": list(required),
    }


def _several_or_one(title: str, description: str, one: str, *others: Schema) -> Schema:
    return {
        "title": title,
        "description": description,
        "anyOf": [{"type": "array", "items": reference(one)}, *others, reference(one)],
    }


def _collection(title: str, description: str, one: str) -> Schema:
    features = {"type": "array", "items": reference(one)}
    kind = {"type": "string", "const": "FeatureCollection"}
    return _object(title, description, {"type": kind, "features": features}, "type", "features")


def _feature(geometry: Schema, **others: Schema) -> dict[str, Schema]:
    return {
        "type": {"type": "string", "const": "Feature"},
        **others,
        "geometry": {"anyOf": [geometry, {"type": "null"}]},
    }


_OF_OTHERS: Final[Mapping[str, Schema]] = {
    FEATURES: _collection(FEATURES, "Features (RFC 7946 §3.3).", "FeatureInput"),
    "FeatureInput": _object(
        "FeatureInput",
        "A feature (RFC 7946 §3.2). Its properties are members of a record.",
        _feature(
            reference("Geometry"),
            id={"anyOf": [_TEXT, {"type": "number"}]},
            properties={"anyOf": [_ANY_MEMBERS, {"type": "null"}]},
        ),
        "type",
        "properties",
    ),
    LINKED_PLACES: _collection(
        LINKED_PLACES, "A FeatureCollection of Linked Places Format.", "PlaceFeatureInput"
    ),
    "PlaceFeatureInput": _object(
        "PlaceFeatureInput",
        "A place, or what there was at a place, in Linked Places Format.",
        _feature(_ANY_MEMBERS, **{"@id": _TEXT}, properties=_ANY_MEMBERS, when=_ANY_MEMBERS),
        "type",
        "properties",
    )
    | {"additionalProperties": True},
    ANNOTATIONS: _several_or_one(
        ANNOTATIONS,
        "Web Annotations: an AnnotationPage, an array, or one.",
        "AnnotationInput",
        reference("AnnotationPageInput"),
    ),
    "AnnotationPageInput": _object(
        "AnnotationPageInput",
        "A page of annotations.",
        {
            "type": {"type": "string", "const": "AnnotationPage"},
            "items": {"type": "array", "items": reference("AnnotationInput")},
        },
        "items",
    ),
    "AnnotationInput": _object(
        "AnnotationInput",
        "A Web Annotation.",
        {"id": _TEXT, "type": {"type": "string", "const": "Annotation"}, "motivation": _TEXT},
        "type",
    )
    | {"additionalProperties": True},
    CITATIONS: _several_or_one(CITATIONS, "CSL-JSON 1.0.2: an array of citations, or one.", "CitationInput"),
    "CitationInput": _object(
        "CitationInput",
        "A citation of CSL-JSON.",
        {"id": {"anyOf": [_TEXT, {"type": "number"}]}, "type": _TEXT, "title": _TEXT},
    )
    | {"additionalProperties": True},
    MAPPED_TABLE: _object(
        MAPPED_TABLE,
        "A table, and the mapping that says what its columns mean. Further parts are the tables that it joins, each with the "
        "name of its join. The file is streamed, and so the last part.",
        {
            MAPPING: _TEXT | {"description": "The mapping, in YAML; with `as` there is none."},
            FILE: _TEXT | {"description": "CSV, GeoJSON, JSON or NDJSON, packed with gzip or not."},
        },
        FILE,
    )
    | {"additionalProperties": _TEXT},
}
