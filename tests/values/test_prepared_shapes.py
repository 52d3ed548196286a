"""Prepared shapes say what testing every segment says, whatever their runs and boxes leave out."""

import math
import random

import pytest
from plain_geometry import distance_to_geometry_km, intersects_bbox

from app.values.coordinates import BBox, boxes_around, with_antimeridian_copy
from app.values.prepared_shapes import Budget, Shape, TooMuchWork

PLENTY = 10**9


def meets(shape, bbox):
    return shape.meets(with_antimeridian_copy(bbox.boxes()), Budget(PLENTY))


def is_within(shape, lat, lon, km):
    return shape.is_within(lat, lon, km, with_antimeridian_copy(boxes_around(lat, lon, km)), Budget(PLENTY))


def star(chance, lon, lat, size, count, jagged):
    """Make a ring around a point whose distance from it wavers."""
    turns = sorted(chance.random() * 2 * math.pi for _ in range(count))
    ring = []
    for turn in turns:
        far = size * chance.uniform(1 - jagged, 1)
        x, y = lon + far * math.cos(turn), lat + far * math.sin(turn)
        ring.append([max(-180.0, min(180.0, x)), max(-90.0, min(90.0, y))])
    return [*ring, ring[0]]


def walk(chance, lon, lat, step, count):
    line = [[lon, lat]]
    for _ in range(count):
        x, y = line[-1]
        x, y = x + chance.uniform(-step, step), y + chance.uniform(-step, step)
        line.append([max(-180.0, min(180.0, x)), max(-90.0, min(90.0, y))])
    return line


def some_shape(chance):
    lon, lat = chance.uniform(-180, 180), chance.uniform(-88, 88)
    size, count = 10 ** chance.uniform(-1, 1.7), chance.choice([3, 5, 17, 18, 40, 300, 700])

    def polygon():
        rings = [star(chance, lon, lat, size, count, chance.random())]
        return rings + [star(chance, lon, lat, size / 3, 30, 0.5)] * chance.randrange(2)

    def line():
        return walk(chance, lon, lat, size / 5, count)

    made = {
        "Point": lambda: [lon, lat],
        "MultiPoint": line,
        "LineString": line,
        "MultiLineString": lambda: [line()[:2] for _ in range(20)] + [line()],
        "Polygon": polygon,
        "MultiPolygon": lambda: [polygon() for _ in range(3)],
    }
    kind = chance.choice([*made, "GeometryCollection"])
    if kind == "GeometryCollection":
        members = [{"type": one, "coordinates": make()} for one, make in made.items()]
        chance.shuffle(members)
        return {"type": kind, "geometries": members}
    return {"type": kind, "coordinates": made[kind]()}


def corners(geometry):
    if geometry["type"] == "GeometryCollection":
        return [each for member in geometry["geometries"] for each in corners(member)]
    found = geometry["coordinates"]
    while isinstance(found[0], list) and isinstance(found[0][0], list):
        found = [each for one in found for each in one]
    return found if isinstance(found[0], list) else [found]


@pytest.mark.parametrize("seed", range(60))
def test_against_every_segment(seed):
    chance = random.Random(seed)
    geometry = some_shape(chance)
    shape = Shape(geometry)
    around = corners(geometry)
    for _ in range(12):
        lon, lat = chance.choice(around)
        near = 10 ** chance.uniform(-3, 1.5)
        lon, lat = lon + chance.uniform(-near, near), lat + chance.uniform(-near, near)
        lon, lat = max(-180.0, min(180.0, lon)), max(-90.0, min(90.0, lat))
        wide = 10 ** chance.uniform(-4, 1.5)
        bbox = BBox(lon, lat, min(180.0, lon + wide), min(90.0, lat + wide * chance.random()))
        if chance.random() < 0.1:
            bbox = BBox(bbox.east, bbox.south, bbox.west, bbox.north)
        assert meets(shape, bbox) == intersects_bbox(geometry, bbox), bbox
    for _ in range(4):
        lon, lat = chance.choice(around)
        near = 10 ** chance.uniform(-3, 1.8)
        lon, lat = lon + chance.uniform(-near, near), lat + chance.uniform(-near, near)
        lon, lat = max(-180.0, min(180.0, lon)), max(-90.0, min(90.0, lat))
        far = distance_to_geometry_km(lat, lon, geometry)
        # To the last bit.
        for km in (far, math.nextafter(far, math.inf), math.nextafter(far, 0.0), far * 0.999, far * 1.001):
            assert is_within(shape, lat, lon, km) == (far <= km), (lat, lon, km, far)


def test_polygons_that_overlap_are_one_area():
    square = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]
    shape = Shape({"type": "MultiPolygon", "coordinates": [[square], [square]]})
    assert meets(shape, BBox(4, 4, 5, 5))


def test_work_is_bounded():
    chance = random.Random(1)
    shape = Shape({"type": "Polygon", "coordinates": [star(chance, 10, 10, 5, 5_000, 0.01)]})
    # A box inside, far from every edge, needs few comparisons; a circle along the rim may need all.
    assert shape.meets([BBox(9, 9, 9.1, 9.1)], Budget(1_000))
    with pytest.raises(TooMuchWork):
        shape.is_within(10, 40, 2_710.0, boxes_around(10, 40, 2_710.0), Budget(10))
    assert shape.size < 20 * shape.positions
