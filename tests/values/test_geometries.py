import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_geometry import contains, distance_to_geometry_km, intersects_bbox

from app.values.coordinates import EARTH_RADIUS_KM, BBox, Circle, Position, boxes_around, distance_km
from app.values.geojson import bounding_boxes, check_geometry, representative_point

HAVANA, CARACAS = (23.1136, -82.3666), (10.4806, -66.9036)
SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]
HOLE = [[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]]


def geometry(kind, coordinates):
    return {"type": kind, "coordinates": coordinates}


def collection(*geometries):
    return {"type": "GeometryCollection", "geometries": list(geometries)}


POINT = geometry("Point", [-82.3666, 23.1136])
LINE = geometry("LineString", [[0, 0], [10, 10]])
RING = geometry("Polygon", [SQUARE, HOLE])
# Fiji, cut at the antimeridian.
CUT = geometry(
    "MultiPolygon",
    [
        [[[177, -18], [180, -18], [180, -16], [177, -16], [177, -18]]],
        [[[-180, -19], [-178, -19], [-178, -16], [-180, -16], [-180, -19]]],
    ],
)
GOOD = [
    POINT,
    geometry("Point", [180, -90, 8848.5]),
    geometry("MultiPoint", [[0, 0]]),
    LINE,
    geometry("MultiLineString", [[[0, 0], [1, 1]], [[2, 2], [3, 3], [4, 4]]]),
    RING,
    CUT,
    collection(POINT, collection(LINE, collection(RING))),
]


@pytest.mark.parametrize("value", GOOD)
def test_geometries_without_fault(value):
    assert check_geometry(value) == []


@pytest.mark.parametrize(
    ("value", "path", "code"),
    [
        (None, (), "wrong-type"),
        ([], (), "wrong-type"),
        ({}, ("type",), "unknown-term"),
        ({"type": ["Point"]}, ("type",), "unknown-term"),
        (geometry("Circle", [0, 0]), ("type",), "unknown-term"),
        ({"type": "Point"}, ("coordinates",), "required"),
        ({"type": "GeometryCollection"}, ("geometries",), "required"),
        (POINT | {"crs": {}}, ("crs",), "unknown-field"),
        (geometry("Point", []), ("coordinates",), "wrong-type"),
        (geometry("Point", [0]), ("coordinates",), "wrong-type"),
        (geometry("Point", [0, 0, 0, 0]), ("coordinates",), "wrong-type"),
        (geometry("Point", "0,0"), ("coordinates",), "wrong-type"),
        (geometry("Point", [180.1, 0]), ("coordinates", 0), "out-of-range"),
        (geometry("Point", [0, -90.1]), ("coordinates", 1), "out-of-range"),
        (geometry("Point", [0, 0, math.inf]), ("coordinates", 2), "out-of-range"),
        (geometry("Point", [math.nan, 0]), ("coordinates", 0), "out-of-range"),
        (geometry("Point", [True, 0]), ("coordinates", 0), "wrong-type"),
        (geometry("Point", ["0", 0]), ("coordinates", 0), "wrong-type"),
        (geometry("Point", [10**400, 0]), ("coordinates", 0), "out-of-range"),
        (geometry("MultiPoint", []), ("coordinates",), "too-few"),
        (geometry("MultiPoint", [[0, 0], 1]), ("coordinates", 1), "wrong-type"),
        (geometry("LineString", [[0, 0]]), ("coordinates",), "too-few"),
        (geometry("LineString", {}), ("coordinates",), "wrong-type"),
        (geometry("MultiLineString", [[[0, 0]]]), ("coordinates", 0), "too-few"),
        (geometry("Polygon", [SQUARE[:3]]), ("coordinates", 0), "too-few"),
        (geometry("Polygon", [SQUARE[:4]]), ("coordinates", 0), "not-closed"),
        (geometry("MultiPolygon", [[SQUARE], [HOLE[:4]]]), ("coordinates", 1, 0), "not-closed"),
        (collection(), ("geometries",), "too-few"),
        (collection(POINT, 1), ("geometries", 1), "wrong-type"),
        (collection(collection(collection(collection(POINT)))), ("geometries", 0) * 3, "too-deep"),
        (geometry("MultiPoint", [[0, 0]] * 10_001), (), "too-many"),
    ],
)
def test_faults(value, path, code):
    assert [fault[:2] for fault in check_geometry(value)] == [(path, code)]


def test_limits_of_size():
    assert check_geometry(geometry("MultiPoint", [[0, 0]] * 10_000)) == []
    assert check_geometry(collection(*[geometry("MultiPoint", [[0, 0]] * 5_001)] * 2))[0][1] == "too-many"
    assert len(check_geometry(geometry("MultiPoint", [[200, 100]] * 9_000))) == 100


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "coordinates", "geometries"]), inner)
    ),
)


@given(json_values | st.builds(geometry, st.sampled_from(["Point", "Polygon", "MultiPolygon"]), json_values))
def test_no_value_makes_the_check_fail(value):
    for path, code, message in check_geometry(value):
        assert isinstance(path, tuple)
        assert code
        assert message


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("-85,19.8,-74,23.3", BBox(-85, 19.8, -74, 23.3)),
        ("170,-20,-170,-10", BBox(170, -20, -170, -10)),
        (" 1 , 2 , 3 , 4e0", BBox(1, 2, 3, 4)),
        ("-180,-90,180,90", BBox(-180, -90, 180, 90)),
    ],
)
def test_parse_a_box(text, box):
    assert BBox.parse(text) == box


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected 4 numbers"),
        ("1,2,3", "expected 4 numbers"),
        ("1,2,3,4,5", "expected 4 numbers"),
        ("1,2,x,4", "east is not a number"),
        ("nan,2,3,4", "west is not a number"),
        ("1,inf,3,4", "south is not a number"),
        ("1_0,2,3,4", "west is not a number"),
        ("\u0661,2,3,4", "west is not a number"),
        ("1,2,3,1e999", "north is not between -90 and 90"),
        ("-181,0,0,0", "west is not between -180 and 180"),
        ("0,2,1,1", "south is greater than north"),
    ],
)
def test_parse_no_box(text, message):
    with pytest.raises(ValueError, match=message):
        BBox.parse(text)


def test_parse_near():
    assert Circle.parse("23.1,-82.4") == Circle(23.1, -82.4)
    for text, message in (
        ("1", "expected 2"),
        ("91,0", "lat is not"),
        ("0,181", "lon is not"),
        ("a,0", "lat is not"),
    ):
        with pytest.raises(ValueError, match=message):
            Circle.parse(text)


def test_a_box_across_the_antimeridian():
    box = BBox(170, -20, -170, -10)
    assert box.boxes() == (BBox(170, -20, 180, -10), BBox(-180, -20, -170, -10))
    for lon, inside in ((175, True), (-175, True), (180, True), (-180, True), (0, False), (169, False)):
        assert contains(box, -15, lon) is inside
    assert not contains(box, 0, 175)
    assert contains(BBox(-180, 0, -170, 1), 0, 180)
    assert not contains(BBox(-179, 0, -170, 1), 0, 180)


@pytest.mark.parametrize(
    ("value", "boxes"),
    [
        (POINT, [BBox(-82.3666, 23.1136, -82.3666, 23.1136)]),
        (RING, [BBox(0, 0, 10, 10)]),
        (CUT, [BBox(-180, -19, -178, -16), BBox(177, -18, 180, -16)]),
        (geometry("MultiPoint", [[0, 0], [20, 10], [5, 5]]), [BBox(0, 0, 20, 10)]),
        (geometry("MultiPoint", [[-170, 0], [170, 10]]), [BBox(-170, 0, -170, 0), BBox(170, 10, 170, 10)]),
        (geometry("LineString", [[-170, 0], [170, 10]]), [BBox(-170, 0, 170, 10)]),
        (collection(LINE, POINT), [BBox(-82.3666, 0, 10, 23.1136)]),
    ],
)
def test_bounding_boxes(value, boxes):
    assert bounding_boxes(value) == boxes


@pytest.mark.parametrize(
    ("value", "bbox", "expected"),
    [
        (POINT, BBox(-83, 23, -82, 24), True),
        (POINT, BBox(-82, 23, -81, 24), False),
        (geometry("Point", [180, 0]), BBox(-180, -1, -170, 1), True),
        (geometry("LineString", [[-180, 0], [-170, 0]]), BBox(170, -1, 180, 1), True),
        (geometry("LineString", [[-179, 0], [-170, 0]]), BBox(170, -1, 180, 1), False),
        (LINE, BBox(4, 4, 5, 5), True),
        (LINE, BBox(0, 6, 4, 10), False),
        (LINE, BBox(-5, -5, 20, 20), True),
        (LINE, BBox(10, 10, 20, 20), True),
        (RING, BBox(1, 1, 2, 2), True),
        (RING, BBox(4.5, 4.5, 5.5, 5.5), False),
        (RING, BBox(4.5, 4.5, 6.5, 5.5), True),
        (RING, BBox(-5, -5, 20, 20), True),
        (RING, BBox(11, 0, 12, 10), False),
        (CUT, BBox(179, -17, -179, -16.5), True),
        (CUT, BBox(0, -20, 170, -10), False),
        (collection(POINT, RING), BBox(1, 1, 2, 2), True),
    ],
)
def test_intersects_bbox(value, bbox, expected):
    assert intersects_bbox(value, bbox) is expected


@pytest.mark.parametrize(
    ("value", "position"),
    [
        (POINT, Position(-82.3666, 23.1136)),
        (LINE, Position(10, 10)),
        (geometry("MultiPoint", [[1, 2], [3, 4]]), Position(1, 2)),
        (RING, Position(8, 5)),
        (collection(POINT, LINE, RING), Position(8, 5)),
        (geometry("Polygon", [[[0, 0], [5, 0], [9, 0], [0, 0]]]), Position(9, 0)),
    ],
)
def test_representative_point(value, position):
    assert representative_point(value) == position


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [
        (HAVANA, CARACAS, 2161),
        ((0, 0), (0, 180), math.pi * EARTH_RADIUS_KM),
        ((90, 0), (-90, 77), math.pi * EARTH_RADIUS_KM),
        ((0, 179.5), (0, -179.5), math.pi * EARTH_RADIUS_KM / 180),
        (HAVANA, HAVANA, 0),
    ],
)
def test_distance(a, b, km):
    assert distance_km(*a, *b) == pytest.approx(km, rel=0.001)


@pytest.mark.parametrize(
    ("lat", "lon", "value", "km"),
    [
        (*HAVANA, POINT, 0),
        (*CARACAS, POINT, 2161),
        (5, 1, RING, 0),
        (5, 5, RING, 110.8),
        (5, 11, RING, 110.8),
        (-1, 5, RING, 111.2),
        (-1, -1, RING, 157.2),
        (0, 10, LINE, 785.8),
        (1, 0.5, geometry("LineString", [[0, 0], [1, 0]]), 111.2),
        (1, 1.5, geometry("LineString", [[0, 0], [1, 0]]), 124.3),
        (-17, 176, CUT, 106.3),
        (-17, -177, CUT, 106.3),
        (50, -100, geometry("LineString", [[-110, 49], [-90, 49]]), 111.2),
        (5, 5, collection(POINT, LINE), 0),
    ],
)
def test_distance_to_geometry(lat, lon, value, km):
    assert distance_to_geometry_km(lat, lon, value) == pytest.approx(km, rel=0.003, abs=0.05)


lats = st.floats(-90, 90)
lons = st.floats(-180, 180)


@pytest.mark.parametrize(
    ("lat", "lon", "km", "count"),
    [
        (23, -82, 100, 1),
        (0, 179.9, 100, 2),
        (0, -179.9, 100, 2),
        (0, 180, 1, 2),
        (89.5, 0, 100, 1),
        (0, 0, 30_000, 1),
    ],
)
def test_boxes_within(lat, lon, km, count):
    boxes = boxes_around(lat, lon, km)
    assert len(boxes) == count
    for box in boxes:
        assert -180 <= box.west <= box.east <= 180
        assert -90 <= box.south <= box.north <= 90


def test_boxes_within_reach_around_the_pole():
    assert boxes_around(89.5, 0, 100) == [BBox(-180, pytest.approx(88.6, abs=0.01), 180, 90)]
    assert boxes_around(-89.5, 0, 100)[0].south == -90


@given(lats, lons, st.floats(0, 21_000), lats, lons)
def test_boxes_cover_their_circle(lat, lon, km, other_lat, other_lon):
    if distance_km(lat, lon, other_lat, other_lon) <= km:
        assert any(contains(box, other_lat, other_lon) for box in boxes_around(lat, lon, km))


@given(st.floats(-89, 89), lons, st.floats(0.001, 5_000), st.floats(0, 2 * math.pi))
def test_boxes_cover_the_rim_of_their_circle(lat, lon, km, bearing):
    arc, phi = km / EARTH_RADIUS_KM * 0.999_999, math.radians(lat)
    sine = math.sin(phi) * math.cos(arc) + math.cos(phi) * math.sin(arc) * math.cos(bearing)
    rim = math.asin(max(-1.0, min(1.0, sine)))
    turn = math.atan2(math.sin(bearing) * math.sin(arc) * math.cos(phi), math.cos(arc) - math.sin(phi) * sine)
    rim_lon = (lon + math.degrees(turn) + 540) % 360 - 180
    assert any(contains(box, math.degrees(rim), rim_lon) for box in boxes_around(lat, lon, km))


@given(lats, lons, lats, lons)
def test_distance_is_symmetric_and_bounded(lat1, lon1, lat2, lon2):
    there, back = distance_km(lat1, lon1, lat2, lon2), distance_km(lat2, lon2, lat1, lon1)
    assert there == pytest.approx(back, abs=1e-6)
    assert 0 <= there <= math.pi * EARTH_RADIUS_KM + 1e-6


positions = st.tuples(lons, lats).map(list)
geometries = st.one_of(
    st.builds(geometry, st.just("MultiPoint"), st.lists(positions, min_size=1, max_size=6)),
    st.builds(geometry, st.just("LineString"), st.lists(positions, min_size=2, max_size=6)),
    st.lists(positions, min_size=3, max_size=6).map(lambda ring: geometry("Polygon", [[*ring, ring[0]]])),
)


def all_positions(value):
    coordinates = value["coordinates"]
    return coordinates[0] if value["type"] == "Polygon" else coordinates


@given(geometries)
def test_a_geometry_is_where_its_positions_are(value):
    assert {code for _, code, _ in check_geometry(value)} <= {"crosses-antimeridian"}
    boxes = bounding_boxes(value)
    assert len(boxes) in {1, 2}
    for lon, lat in all_positions(value):
        assert any(contains(box, lat, lon) for box in boxes)
        assert intersects_bbox(value, BBox(lon, lat, lon, lat))
        assert distance_to_geometry_km(lat, lon, value) == pytest.approx(0, abs=0.001)
    stands_for = representative_point(value)
    assert any(contains(box, stands_for.lat, stands_for.lon) for box in boxes)


@given(geometries, lons, lats, lons, lats)
def test_what_meets_a_box_meets_the_bounding_boxes(value, west, south, east, north):
    bbox = BBox(west, min(south, north), east, max(south, north))
    meets = any(
        mine.west <= its.east
        and its.west <= mine.east
        and mine.south <= its.north
        and its.south <= mine.north
        for mine in bbox.boxes()
        for its in bounding_boxes(value)
    )
    if intersects_bbox(value, bbox):
        assert meets or any(abs(lon) == 180 for lon, _ in all_positions(value))
    if any(contains(bbox, lat, lon) for lon, lat in all_positions(value)):
        assert intersects_bbox(value, bbox)
