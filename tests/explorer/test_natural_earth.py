"""The land of the map, made from files of Natural Earth."""

import itertools

import orjson
import pytest

from app.explorer import natural_earth
from app.explorer.natural_earth import CREDIT, land
from app.explorer.static_files import address

# Two squares side by side on a grid of a tenth of a degree: the first arc is the edge that they share, which one of them
# has backwards; a third is so small that it is a point when rounded.
TOPOLOGY = {
    "type": "Topology",
    "transform": {"scale": [0.1, 0.1], "translate": [-10, 40]},
    "arcs": [
        [[10, 0], [0, 10]],
        [[10, 10], [-10, 0], [0, -10], [10, 0]],
        [[10, 0], [10, 0], [0, 10], [-10, 0]],
        [[50, 50], [0.01, 0], [0, 0.01], [-0.01, -0.01]],
    ],
    "objects": {
        "land": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "arcs": [[0, 1]]},
                {"type": "MultiPolygon", "arcs": [[[2, ~0]], [[3]]]},
            ],
        }
    },
}

SQUARES = [
    [[[-9, 40], [-9, 41], [-10, 41], [-10, 40], [-9, 40]]],
    [[[-9, 40], [-8, 40], [-8, 41], [-9, 41], [-9, 40]]],
]


def features(*geometries):
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "geometry": one} for one in geometries],
    }


def test_arcs_become_rings():
    assert land(TOPOLOGY) == {
        "type": "Feature",
        "properties": {"credit": CREDIT},
        "geometry": {"type": "MultiPolygon", "coordinates": SQUARES},
    }


def test_geojson_is_rounded_to_two_decimals_without_repetitions():
    ring = [[0.001, 0], [0.004, 0.001], [1.006, 0], [1, 1], [0.001, 0]]
    polygon = {"type": "Polygon", "coordinates": [ring, [[0.5, 0.5], [0.501, 0.5], [0.5, 0.501], [0.5, 0.5]]]}
    made = land(features(polygon, {"type": "MultiPolygon", "coordinates": SQUARES}))
    assert made["geometry"]["coordinates"] == [[[[0, 0], [1.01, 0], [1, 1], [0, 0]]], *SQUARES]


def test_land_across_the_antimeridian_is_whole():
    outer = [[170, 0], [-170, 0], [-170, 20], [170, 20], [170, 0]]
    hole = [[-175, 5], [-174, 5], [-174, 6], [-175, 6], [-175, 5]]
    made = land(features({"type": "Polygon", "coordinates": [outer, hole]}))["geometry"]["coordinates"]
    assert made == [
        [
            [[170, 0], [190, 0], [190, 20], [170, 20], [170, 0]],
            [[185, 5], [186, 5], [186, 6], [185, 6], [185, 5]],
        ]
    ]
    turned = [*outer[1:], outer[1]]
    ([ring],) = land(features({"type": "Polygon", "coordinates": [turned]}))["geometry"]["coordinates"]
    assert {x for x, _ in ring} in ({170, 190}, {-190, -170})


def test_land_around_a_pole_reaches_it():
    coast = [[-180, -70], [-60, -75], [60, -70], [179, -72], [-180, -70]]
    ((ring,),) = land(features({"type": "Polygon", "coordinates": [coast]}))["geometry"]["coordinates"]
    assert ring[-4:] == [[180, -70], [180, -90], [-180, -90], [-180, -70]]
    closed = [[-180, -70], [0, -75], [180, -70], [180, -90], [-180, -90], [-180, -70]]
    assert land(features({"type": "Polygon", "coordinates": [closed]}))["geometry"]["coordinates"] == [
        [closed]
    ]


def test_what_is_written_is_named_after_its_scale(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(natural_earth, "_OUTPUT", tmp_path)
    file = tmp_path / "ne_50m_land.geojson"
    file.write_bytes(orjson.dumps(features({"type": "MultiPolygon", "coordinates": SQUARES})))
    assert natural_earth.main([str(file)]) == 0
    assert orjson.loads((tmp_path / "land-50m.json").read_bytes())["geometry"]["coordinates"] == SQUARES
    assert "land-50m.json" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "code", "told"),
    [
        ("ne_10m_land.geojson", "{}", 2, "its name says neither 110m nor 50m"),
        ("land-110m.json", "{}", 1, "where a FeatureCollection or a Topology is expected"),
        ("land-110m.json", "no JSON", 1, "no land of Natural Earth"),
        (
            "land-110m.json",
            orjson.dumps(features({"type": "Point", "coordinates": [0, 0]})).decode(),
            1,
            "a Point",
        ),
        ("land-110m.json", orjson.dumps(TOPOLOGY | {"arcs": []}).decode(), 1, "no land of Natural Earth"),
    ],
)
def test_another_file_is_refused_and_writes_nothing(tmp_path, monkeypatch, capsys, name, content, code, told):
    monkeypatch.setattr(natural_earth, "_OUTPUT", tmp_path / "nowhere")
    (tmp_path / name).write_text(content)
    assert natural_earth.main([str(tmp_path / name)]) == code
    assert told in capsys.readouterr().err


def test_no_file_is_a_wrong_use(capsys):
    assert natural_earth.main([]) == 2
    assert "Give one or more files" in capsys.readouterr().err


@pytest.mark.parametrize(("scale", "least"), [("110m", 100), ("50m", 1000)])
def test_the_land_that_is_loaded_was_made_by_it(scale, least):
    path = natural_earth._OUTPUT / f"land-{scale}.json"
    made = orjson.loads(path.read_bytes())
    assert address(path.name)
    assert made["properties"]["credit"] == CREDIT
    polygons = made["geometry"]["coordinates"]
    assert len(polygons) > least
    assert all(abs(b[0] - a[0]) <= 360 for [ring, *_] in polygons for a, b in itertools.pairwise(ring))
    assert all(ring[0] == ring[-1] and len(ring) >= 4 for polygon in polygons for ring in polygon)
    assert all(
        -200 <= x <= 200 and -90 <= y <= 90 for polygon in polygons for ring in polygon for x, y in ring
    )
