import orjson
import pytest

from app.records.evidence_support import stated, statements
from app.records.serialization import to_canonical_json
from app.records.source_view import source_views

POINT = {"type": "Point", "coordinates": [28.98, 41.01]}


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [-82.38, 23.13]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
        {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [0, 0]}]},
    ],
)
def test_a_geometry_is_kept_as_given_in_one_order(read, geometry):
    for given in (geometry, dict(reversed(geometry.items()))):
        assert b'"geometry":' + orjson.dumps(geometry) in to_canonical_json(
            read({"geometry": given}, "place")
        )


def test_numbers_of_a_fixture_are_coordinates(read):
    geometry = {"type": "LineString", "coordinates": [["0", "1.5"], ["-2", "3e0"]]}
    assert read({"geometry": geometry}, "place", text_scalars=True).geometry["coordinates"] == [
        [0, 1.5],
        [-2, 3.0],
    ]


@pytest.mark.parametrize(
    ("geometry", "pointer"),
    [
        ({"type": "Pont", "coordinates": [0, 0]}, "/geometry/type"),
        ({"type": "Point", "coordinates": [0, 91]}, "/geometry/coordinates"),
        ({"type": "Point", "coordinates": []}, "/geometry/coordinates"),
        ({"type": "Point"}, "/geometry"),
        ({"type": "Point", "coordinates": [0, float("inf")]}, "/geometry/coordinates/1"),
        ({"type": "Point", "coordinates": ["0", 0]}, "/geometry/coordinates"),
        ("Point", "/geometry"),
        ([1], "/geometry"),
    ],
)
def test_geometries_that_are_none(faults, geometry, pointer):
    assert all(found.startswith(pointer) for found in faults({"geometry": geometry}, "place"))


def test_a_value_of_evidence_is_a_geometry_too(faults):
    item = {"source": "sources/x", "property": "geometry", "value": {"type": "Point", "coordinates": [0, 91]}}
    assert all(
        found.startswith("/evidence/0/value/coordinates") for found in faults({"evidence": [item]}, "place")
    )


@pytest.mark.parametrize(
    ("item", "pointer", "code"),
    [
        ({}, "/geometries/1/geometry", "missing"),
        ({"geometry": {"type": "Point", "coordinates": []}}, "/geometries/1/geometry/coordinates", None),
        (
            {"geometry": {"type": "Point", "coordinates": [0, 91]}},
            "/geometries/1/geometry/coordinates/1",
            None,
        ),
        ({"geometry": POINT, "date": "x"}, "/geometries/1/date", "invalid_edtf"),
        ({"geometry": POINT, "precision_m": -1}, "/geometries/1/precision_m", "out_of_range"),
        ({"geometry": POINT, "when": "1900"}, "/geometries/1/when", "unknown_field"),
    ],
)
def test_dated_geometries_that_are_none(faults, item, pointer, code):
    [(found, told)] = faults({"geometries": [{"geometry": POINT}, item]}, "place").items()
    assert found == pointer
    assert code in (told, None)


def test_each_dated_geometry_is_a_statement(read):
    given = {"geometry": POINT, "geometries": [{"geometry": POINT, "date": "1900"}, {"geometry": POINT}]}
    item = {"source": "sources/x", "property": "geometries"}
    place = read({**given, "evidence": [item]}, "place")
    behind = [len(sources) for field, sources in statements(place) if field == "geometries"]
    assert behind == [1, 1]
    assert stated(read(given, "place"))["geometries"] == 2
    [(_, view)] = source_views(place)
    assert (view.geometries, view.geometry) == (place.geometries, None)
