"""A JSON schema of Linked Places Format 1.3, as its documentation describes it, in words of our own."""

_DATE = {"type": "string", "pattern": r"^([+-]\d{5,}|-?\d{4})(-\d{2}(-\d{2})?)?$"}
_SIDE = {
    "type": "object",
    "properties": {"in": _DATE, "earliest": _DATE, "latest": _DATE},
    "additionalProperties": False,
    "minProperties": 1,
    "not": {"required": ["in", "earliest"]},
}
_CERTAINTY = {"enum": ["certain", "less-certain", "uncertain"]}
_WHEN = {
    "type": "object",
    "required": ["timespans"],
    "properties": {
        "timespans": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["start"],
                "properties": {"start": _SIDE, "end": _SIDE},
                "additionalProperties": False,
            },
        },
        "label": {"type": "string"},
        "certainty": _CERTAINTY,
    },
    "additionalProperties": False,
}
_CITATIONS = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["label", "@id"],
        "properties": {
            "label": {"type": "string"},
            "@id": {"type": "string", "format": "iri"},
            "year": {"type": "integer"},
        },
        "additionalProperties": False,
    },
}
_GEOMETRIES = [
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
]


def _some(required: list[str], **properties: object) -> dict[str, object]:
    items = {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }
    return {"type": "array", "minItems": 1, "items": items}


FEATURE = {
    "type": "object",
    "required": ["@id", "type", "properties", "names", "geometry"],
    "properties": {
        "@id": {"type": "string", "format": "iri"},
        "type": {"const": "Feature"},
        "properties": {
            "type": "object",
            "required": ["title"],
            "properties": {
                "title": {"type": "string", "minLength": 1},
                "ccodes": {"type": "array", "items": {"pattern": "^[A-Z]{2}$"}},
                "fclasses": {"type": "array", "minItems": 1, "items": {"enum": list("AHLPRST")}},
            },
        },
        "when": _WHEN,
        "names": _some(
            ["toponym"],
            toponym={"type": "string"},
            lang={"type": "string"},
            citations=_CITATIONS,
            when=_WHEN,
        ),
        "types": _some(["identifier", "label"], identifier={"format": "iri"}, label={"type": "string"}),
        "geometry": {
            "type": ["object", "null"],
            "required": ["type"],
            "properties": {"type": {"enum": _GEOMETRIES}, "citations": _CITATIONS, "when": _WHEN},
        },
        "links": _some(
            ["type", "identifier"],
            type={"enum": ["exactMatch", "closeMatch", "primaryTopicOf", "subjectOf", "seeAlso"]},
            identifier={"format": "iri"},
        ),
        "relations": _some(
            ["relationType", "relationTo"],
            relationType={"format": "iri"},
            relationTo={"format": "iri"},
            label={"type": "string"},
            when=_WHEN,
            citations=_CITATIONS,
        ),
        "descriptions": _some(["value"], **{"@id": {"format": "iri"}, "value": {"type": "string"}}),
    },
    "additionalProperties": False,
}
COLLECTION = {
    "type": "object",
    "required": ["type", "@context", "features"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "@context": {"type": "string"},
        "features": {"type": "array", "items": FEATURE},
    },
    "additionalProperties": False,
}
