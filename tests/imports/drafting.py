"""Drafts of mappings for tests, and features to draft them for."""

import orjson

from app.imports.mapping.suggest import suggest_mapping

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}


def drafted(table, name="table.csv", *, asks=False):
    return suggest_mapping(
        name,
        form_of(name),
        [table if isinstance(table, bytes) else table.encode()],
        asks=asks,
    )


def form_of(name):
    return {"json": "json", "ndjson": "ndjson", "geojson": "geojson"}.get(name.rpartition(".")[2], "csv")


def feature(geometry, **properties):
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(*features):
    return orjson.dumps({"type": "FeatureCollection", "features": features})
