"""What crosses the antimeridian and is not cut there: found, told from what goes around the world, and cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_geometry import intersects_bbox

from app.values.antimeridian import cut, uncut_at
from app.values.coordinates import BBox, Position
from app.values.geojson import bounding_boxes, check_geometry


def polygon(*rings):
    return {"type": "Polygon", "coordinates": [list(map(list, ring)) for ring in rings]}


def line(*positions):
    return {"type": "LineString", "coordinates": list(map(list, positions))}


FIJI = polygon([(177, -16), (-178, -16), (-178, -19), (177, -19), (177, -16)])
CUT_FIJI = {
    "type": "MultiPolygon",
    "coordinates": [
        [[[180, -19], [177, -19], [177, -16], [180, -16], [180, -19]]],
        [[[-180, -16], [-178, -16], [-178, -19], [-180, -19], [-180, -16]]],
    ],
}
ANTARCTIC_COAST = [(-60, -70), (60, -66)]
LEGAL = {
    "the cut": CUT_FIJI,
    "the world": polygon([(-180, -90), (180, -90), (180, 90), (-180, 90), (-180, -90)]),
    "the world of maps": polygon([(-180, 85), (-180, -85), (180, -85), (180, 85), (-180, 85)]),
    "Antarctica": polygon([(-180, -84), *ANTARCTIC_COAST, (180, -84), (180, -90), (-180, -90), (-180, -84)]),
    "Antarctica, a slit left open": polygon(
        [(-179.9, -84), *ANTARCTIC_COAST, (179.9, -84), (179.9, -90), (-179.9, -90), (-179.9, -84)]
    ),
    "Russia, cut": {
        "type": "MultiPolygon",
        "coordinates": [
            [[[30, 60], [180, 65], [180, 71], [30, 70], [30, 60]]],
            [[[-180, 65], [-170, 66], [-180, 71], [-180, 65]]],
        ],
    },
    "wide, with positions between": polygon(
        [(-170, -80), (0, -80), (170, -80), (170, 80), (0, 80), (-170, 80), (-170, -80)]
    ),
    "half the world": polygon([(-90, 0), (90, 0), (90, 10), (-90, 10), (-90, 0)]),
    "the equator": line((-180, 0), (180, 0)),
    "points on both sides": {"type": "MultiPoint", "coordinates": [[179, 0], [-179, 0]]},
}
REFUSED = {
    "Fiji": (FIJI, (0,), CUT_FIJI),
    "begun elsewhere": (
        polygon([(-178, -16), (-178, -19), (177, -19), (177, -16), (-178, -16)]),
        (0,),
        {"type": "MultiPolygon", "coordinates": CUT_FIJI["coordinates"][::-1]},
    ),
    "with both names of the meridian": (
        polygon(
            [
                (177, -16),
                (180, -16),
                (-180, -16),
                (-178, -16),
                (-178, -19),
                (-180, -19),
                (180, -19),
                (177, -19),
                (177, -16),
            ]
        ),
        (0,),
        CUT_FIJI,
    ),
    "with the wrong name of the meridian": (
        polygon([(170, 0), (-180, 0), (-180, 9), (170, 9), (170, 0)]),
        (0,),
        {"type": "MultiPolygon", "coordinates": [[[[170, 0], [180, 0], [180, 9], [170, 9], [170, 0]]]]},
    ),
    "begun on the meridian": (
        polygon([(180, 0), (-170, 0), (-170, 9), (180, 9), (170, 9), (170, 0), (180, 0)]),
        (0,),
        {
            "type": "MultiPolygon",
            "coordinates": [
                [[[-180, 0], [-170, 0], [-170, 9], [-180, 9], [-180, 0]]],
                [[[180, 9], [170, 9], [170, 0], [180, 0], [180, 9]]],
            ],
        },
    ),
    "wide, or narrow": (
        polygon([(-170, -8), (170, -8), (170, 8), (-170, 8), (-170, -8)]),
        (0,),
        {
            "type": "MultiPolygon",
            "coordinates": [
                [[[-180, 8], [-170, 8], [-170, -8], [-180, -8], [-180, 8]]],
                [[[180, -8], [170, -8], [170, 8], [180, 8], [180, -8]]],
            ],
        },
    ),
    "a line": (
        line((170, 0), (-170, 10), (-160, 0)),
        (),
        {
            "type": "MultiLineString",
            "coordinates": [[[170, 0], [180, 5]], [[-180, 5], [-170, 10], [-160, 0]]],
        },
    ),
    "around the pole": (
        polygon([(-179, -84), *ANTARCTIC_COAST, (179, -84), (-179, -84)]),
        (0,),
        None,
    ),
    "around the pole, on the meridian": (
        polygon([(-180, -84), *ANTARCTIC_COAST, (180, -84), (-180, -84)]),
        (0,),
        None,
    ),
    "with a hole": (polygon(FIJI["coordinates"][0], [(1, 1), (2, 1), (2, 2), (1, 1)]), (0,), None),
    "to and fro": (
        polygon(
            [(179, 0), (-179, 0), (-179, 4), (179, 5), (179, 6), (-179, 7), (-179, 9), (179, 9), (179, 0)]
        ),
        (0,),
        None,
    ),
}


@pytest.mark.parametrize("name", LEGAL)
def test_what_is_cut_or_goes_around_the_world_is_taken(name):
    assert check_geometry(LEGAL[name]) == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_may_cross_is_refused_with_the_cut(name):
    value, path, expected = REFUSED[name]
    [(at, code, message)] = check_geometry(value)
    assert (at, code) == (("coordinates", *path), "crosses-antimeridian")
    assert ("cut, it is {" in message) == (expected is not None)
    assert cut(value) == expected
    if expected is not None:
        assert check_geometry(expected) == []


def test_a_fault_is_told_for_each_part():
    both = {
        "type": "MultiPolygon",
        "coordinates": [FIJI["coordinates"], CUT_FIJI["coordinates"][0], FIJI["coordinates"]],
    }
    assert [at for at, _, _ in check_geometry({"type": "GeometryCollection", "geometries": [both]})] == [
        ("geometries", 0, "coordinates", 0, 0),
        ("geometries", 0, "coordinates", 2, 0),
    ]


def test_heights_are_not_worked_out():
    assert cut(line((179, 0, 5), (-179, 0, 7))) is None


def shifted(ring, by):
    return [((lon + by + 180) % 360 - 180, lat) for lon, lat in ring]


whole = st.integers(-60, 60).map(float)
boxes = st.tuples(whole, whole, whole, whole).map(
    lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]) + 1, max(b[1], b[3]) + 1)
)


@given(boxes, st.integers(150, 210), boxes)
def test_the_cut_lies_where_the_shape_lay(box, by, asked):
    west, south, east, north = box
    corners = [(west, south), ((west + east) / 2, south), (east, south), (east, north), (west, north)]
    here, there = [*corners, corners[0]], shifted([*corners, corners[0]], by)
    if uncut_at([Position(*one) for one in there], is_ring=True) is None:
        return
    shape, found = polygon(here), cut(polygon(there))
    assert check_geometry(found) == []
    window = BBox(*asked)
    (west, _), (east, _) = shifted([(window.west, 0), (window.east, 0)], by)
    moved = BBox(west, window.south, east, window.north)
    assert intersects_bbox(found, moved) == intersects_bbox(shape, window)
    assert sum(one.east - one.west for one in bounding_boxes(found)) == pytest.approx(box[2] - box[0])
