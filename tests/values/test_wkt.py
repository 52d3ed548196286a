"""Well-known text: what is read of it, and what is refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.wkt import MAX_PARSED, WktError, parse_wkt

RING = [[0, 0], [4, 0], [4, 4], [0, 0]]


@pytest.mark.parametrize(
    ("text", "kind", "coordinates"),
    [
        ("POINT (14.42 50.09)", "Point", [14.42, 50.09]),
        (" point(-1e1 +.5) ", "Point", [-10, 0.5]),
        ("POINT Z (1 2 3)", "Point", [1, 2, 3]),
        ("POINTZ(1 2 3)", "Point", [1, 2, 3]),
        ("POINT (1 2 3)", "Point", [1, 2, 3]),
        ("SRID=4326;POINT(1 2)", "Point", [1, 2]),
        ("<http://www.opengis.net/def/crs/OGC/1.3/CRS84> Point(1 2)", "Point", [1, 2]),
        ("LINESTRING (0 0, 4 0,4 4)", "LineString", [[0, 0], [4, 0], [4, 4]]),
        ("POLYGON ((0 0, 4 0, 4 4, 0 0), (0 0, 4 0, 4 4, 0 0))", "Polygon", [RING, RING]),
        ("MULTIPOINT ((1 2), (3 4))", "MultiPoint", [[1, 2], [3, 4]]),
        ("MULTIPOINT (1 2, 3 4)", "MultiPoint", [[1, 2], [3, 4]]),
        ("MULTIPOINT (EMPTY, (3 4))", "MultiPoint", [[3, 4]]),
        (
            "MULTILINESTRING ((0 0, 4 0), EMPTY, (4 0, 4 4))",
            "MultiLineString",
            [[[0, 0], [4, 0]], [[4, 0], [4, 4]]],
        ),
        ("MULTIPOLYGON (((0 0, 4 0, 4 4, 0 0)), ((0 0, 4 0, 4 4, 0 0)))", "MultiPolygon", [[RING], [RING]]),
    ],
)
def test_what_is_read(text, kind, coordinates):
    assert parse_wkt(text) == {"type": kind, "coordinates": coordinates}


def test_collections_keep_what_is_in_them():
    text = "GEOMETRYCOLLECTION (POINT (1 2), GEOMETRYCOLLECTION (LINESTRING Z (1 2 3, 3 4 5)), POLYGON EMPTY)"
    line = {"type": "LineString", "coordinates": [[1, 2, 3], [3, 4, 5]]}
    inner = {"type": "GeometryCollection", "geometries": [line]}
    assert parse_wkt(text) == {
        "type": "GeometryCollection",
        "geometries": [{"type": "Point", "coordinates": [1, 2]}, inner],
    }


@pytest.mark.parametrize(
    "text",
    [
        "POINT EMPTY",
        "polygon empty",
        "POINT Z EMPTY",
        "GEOMETRYCOLLECTION(POINT EMPTY)",
        "MULTIPOLYGON(EMPTY)",
    ],
)
def test_what_is_empty_is_nothing(text):
    assert parse_wkt(text) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("SRID=3857;POINT(1 2)", "reference system"),
        ("SRID=0;POINT(1 2)", "reference system"),
        ("<http://www.opengis.net/def/crs/EPSG/0/4326> POINT(1 2)", "reference system"),
        ("<http://www.wikidata.org/entity/Q405> Point(1 2)", "reference system"),
        ("POINT M (1 2 3)", "measures"),
        ("POINT ZM (1 2 3 4)", "measures"),
        ("POINT (1 2 3 4)", "A position"),
        ("POINT (1)", "A position"),
        ("POINT Z (1 2)", "A position"),
        ("POINT (1, 2)", "A position"),
        ("POINT (1 2, 3 4)", "one position"),
        ("POINT (1 2", "brackets"),
        ("POINT 1 2", "brackets"),
        ("POINT (1 2) x", "more in the text"),
        ("POINT (1 2)(3 4)", "more in the text"),
        ("CIRCULARSTRING (1 2, 3 4)", "none of POINT"),
        ("POINT (1,5 2,5)", "A position"),
        ("POINT (1.2.3 4)", "no well-known text"),
        ("POINT (1x 2)", "no well-known text"),
        ("POINT (nan 2)", "A position"),
        ("", "no well-known text"),
        ("50.1, 14.4", "no well-known text"),
        ("GEOMETRYCOLLECTION(" * 5000, "Collections stand"),
        (f"LINESTRING ({'1 2,' * (MAX_PARSED + 1)}", "more than 100,000"),
    ],
)
def test_what_is_refused_and_why(text, why):
    with pytest.raises(WktError, match=why):
        parse_wkt(text)


@given(st.text("POINTZM EMPTYLINESTRG()0123456789.,-+e;=<>", max_size=60))
def test_any_text_is_read_or_refused(text):
    with suppress(WktError):
        parse_wkt(text)


COORDINATES = st.floats(-180, 180).map(lambda number: round(number, 7))


@given(st.lists(st.lists(COORDINATES, min_size=2, max_size=2), min_size=2, max_size=20))
def test_positions_come_back_as_written(positions):
    text = ", ".join(f"{lon!r} {lat!r}" for lon, lat in positions)
    found = parse_wkt(f"LINESTRING ({text})")
    assert found == {"type": "LineString", "coordinates": positions}
