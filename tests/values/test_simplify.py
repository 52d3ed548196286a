"""Simplified geometries: no further from what was given than was asked for, rings whole, positions kept to the digit."""

import math
import random
from itertools import pairwise

import pytest

from app.values.coordinates import distance_to_segment_km
from app.values.geojson import MAX_POSITIONS, check_geometry, parts, positions_of
from app.values.simplify import count_positions, is_too_large, parse_metres, simplify

shapely = pytest.importorskip("shapely")


@pytest.mark.parametrize(
    ("text", "metres"), [("100m", 100), ("100 m", 100), ("1.5km", 1500), ("0.5m", 0.5), ("100km", 100_000)]
)
def test_distances(text, metres):
    assert parse_metres(text) == metres


@pytest.mark.parametrize(
    "text", ["", "100", "m", "0m", "-1m", "101km", "1e3m", "1_0m", "1 mile", "١m", "9999999999m"]
)
def test_what_is_no_distance(text):
    with pytest.raises(ValueError, match="with its unit"):
        parse_metres(text)


def outline(count, lon, lat, size, chance):
    """Give a ring around a point, with bays and a little noise, that does not cross itself."""
    ring = []
    for number in range(count):
        angle = 2 * math.pi * number / count
        radius = size * (1 + 0.1 * math.sin(9 * angle) + 0.003 * chance.random())
        ring.append([lon + radius * math.cos(angle), lat + radius * math.sin(angle), number])
    return [*ring, ring[0]]


def islands(lat, chance):
    first = [outline(1500, 10, lat, 2, chance), outline(500, 10, lat, 1, chance)[::-1]]
    return {"type": "MultiPolygon", "coordinates": [first, [outline(800, 14.5, lat, 1, chance)]]}


@pytest.mark.parametrize("lat", [0, 45, -70, 84])
@pytest.mark.parametrize("metres", [50, 2000, 50_000])
def test_no_outline_is_moved_further_than_asked(lat, metres):
    given = islands(lat, random.Random(lat + metres))
    found = simplify(given, metres)
    assert check_geometry(found) == []
    assert count_positions(found) < count_positions(given)
    kept = [tuple(position) for position in positions_of(found)]
    assert set(kept) <= {tuple(position) for position in positions_of(given)}
    for part, whole in zip(parts(found), parts(given), strict=True):
        assert len(part.paths) == len(whole.paths)
        for path, ring in zip(part.paths, whole.paths, strict=True):
            segments = list(pairwise(path))
            for position in ring[:: max(1, len(ring) // 40)]:
                off = min(distance_to_segment_km(position.lat, position.lon, *each) for each in segments)
                # A line that is straight in degrees is none on the sphere: over so far they part by less than this.
                assert off * 1000 <= metres + 1500 * (metres > 1000) + 1
    assert shapely.is_valid(shapely.geometry.shape(found))


def test_towards_the_poles_a_degree_of_longitude_is_shorter():
    """A bay 300 m deep to the east stays at the equator for 200 m, and a bay of as many degrees goes at 70° north."""
    bay = 300 / 111_195

    def coast(lat):
        line = [[10, lat], [10 + bay, lat + 0.1], [10, lat + 0.2]]
        return len(simplify({"type": "LineString", "coordinates": line}, 200)["coordinates"])

    assert (coast(0), coast(70)) == (3, 2)


def test_only_geometries_that_are_fine_but_too_large_are_simplified():
    line = [[n / 1000, math.sin(n / 100) / 100] for n in range(MAX_POSITIONS + 1)]
    assert is_too_large({"type": "LineString", "coordinates": line})
    assert not is_too_large({"type": "LineString", "coordinates": line[1:]})
    assert not is_too_large({"type": "LineString", "coordinates": [*line, [0, 91]]})
    assert not is_too_large({"type": "Polygon", "coordinates": [line]})
    assert not is_too_large(None)
    assert not is_too_large("x")
    [(_, code, message)] = check_geometry({"type": "LineString", "coordinates": line})
    assert code == "too-many"
    assert "10,000 positions" in message
    assert "--simplify 100m" in message


def test_collections_are_simplified_part_by_part():
    line = [[n / 1000, 0.00001 * (n % 2)] for n in range(100)]
    whole = {"type": "LineString", "coordinates": line}
    given = {"type": "GeometryCollection", "geometries": [whole, {"type": "Point", "coordinates": [1, 2]}]}
    assert simplify(given, 100) == {
        "type": "GeometryCollection",
        "geometries": [
            {"type": "LineString", "coordinates": [line[0], line[-1]]},
            {"type": "Point", "coordinates": [1, 2]},
        ],
    }


@pytest.mark.parametrize(
    ("geometry", "found"),
    [
        ({"type": "LineString", "coordinates": [[1, 1]] * 20_000}, [[1, 1]] * 4),
        ({"type": "LineString", "coordinates": [[1, 1], *([[2, 2]] * 20_000)]}, [[1, 1], [2, 2]]),
        ({"type": "Polygon", "coordinates": [[[1, 1]] * 20_000]}, None),
        ({"type": "Polygon", "coordinates": [[[1, 1], *([[1, 2]] * 20_000), [2, 2], [1, 1]]]}, None),
    ],
)
def test_positions_that_are_repeated_are_left_out(geometry, found):
    simplified = simplify(geometry, 1)
    assert count_positions(simplified) <= 4
    if found is not None:
        assert simplified["coordinates"] == found
    else:
        assert simplified["coordinates"][0][0] == simplified["coordinates"][0][-1] == [1, 1]
