"""Drafts of mappings for tests, and features to draft them for."""

import orjson

from app.imports.mapping.suggest import suggest_mapping

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}


def drafted(table, name="table.csv"):
    return suggest_mapping(
        name,
        "geojson" if name.endswith("json") else "csv",
        [table if isinstance(table, bytes) else table.encode()],
    )


def feature(geometry, **properties):
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(*features):
    return orjson.dumps({"type": "FeatureCollection", "features": features})
