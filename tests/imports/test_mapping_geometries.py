"""Mappings of geometries: lines of points, well-known text and GeoJSON in a cell."""

import json
from pathlib import Path

import pytest

from app.errors import InvalidDocument
from app.imports.documents import ImportFile
from app.imports.mapping.apply import read_mapped
from app.imports.mapping.declaration import declared
from app.imports.report import Options
from app.imports.service import import_documents
from app.values.failsafe_yaml import load_failsafe_yaml

POINT = {"type": "Point", "coordinates": [14.4, 50.1]}


def mapping(geometry):
    said = f'records:\n  - {{kind: place, id: "{{id}}", title: T, geometry: {geometry}}}'
    return declared(load_failsafe_yaml(said), Path())


def geometry(said, cell):
    """Return the geometry that is made of one cell of CSV or JSON, or the code of its fault."""
    (one,) = read_mapped(mapping(said), "json", [json.dumps([{"id": "x", "g": cell}]).encode()])
    return one.raw.get("geometry") if one.raw is not None else (one.faults[0].code, one.faults[0].pointer)


TRACK = '{line: {each: {from: "{g}", as: p}, point: ["{p.lon}", "{p.lat}"]}}'
PAIRS = '{line: {each: {from: "{g}", as: p}, point: ["{p[0]}", "{p[1]}"]}}'
TEXT = '{line: {from: "{g}", order: "lat,lon"}}'


@pytest.mark.parametrize(
    ("said", "cell", "found"),
    [
        ('{wkt: "{g}"}', "POINT (14.4 50.1)", POINT),
        ('{wkt: "{g}"}', "", None),
        ('{wkt: "{g}"}', "POINT EMPTY", None),
        ('{wkt: {from: "{g}", match: {"^(.*)$": \'POINT (\\1)\'}}}', "14.4 50.1", POINT),
        ('{wkt: "{g}"}', "SRID=27700;POINT (1 2)", ("invalid_wkt", "/geometry")),
        ('{geojson: "{g}"}', json.dumps(POINT), POINT),
        ('{geojson: "{g}"}', POINT, POINT),
        ('{geojson: "{g}"}', "null", None),
        ('{geojson: "{g}"}', "", None),
        ('{geojson: "{g}"}', "POINT (1 2)", ("invalid_json", "/geometry")),
        ('{geojson: "{g}"}', '{"type":"Point","type":"Point"}', ("invalid_json", "/geometry")),
        ('{geojson: "{g}"}', "[1, 2]", ("not_a_geometry", "/geometry")),
        (
            TRACK,
            [{"lon": 1, "lat": 2}, {"lon": "3.5", "lat": 4}],
            {"type": "LineString", "coordinates": [[1, 2], [3.5, 4]]},
        ),
        (TRACK, [], None),
        (TRACK, [{"lon": 1, "lat": 2}, {"lon": 3}], ("half_a_point", "/geometry")),
        (TRACK, [{"lon": 1, "lat": 2}, {"x": 3}], ("half_a_point", "/geometry")),
        (PAIRS, [[1, 2], [3, 4]], {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}),
        (TEXT, "50.1,14.4; 52.5, 13.4;", {"type": "LineString", "coordinates": [[14.4, 50.1], [13.4, 52.5]]}),
        (
            TEXT.replace("lat,lon", "lon,lat"),
            "1 2; 3 4",
            {"type": "LineString", "coordinates": [[1, 2], [3, 4]]},
        ),
        (TEXT, "50.1,14.4; x", ("invalid_line", "/geometry")),
        (TEXT, "50.1,14.4;;52,13", ("invalid_line", "/geometry")),
        (TEXT, "1,2;" * 100_002, ("invalid_line", "/geometry")),
        (TEXT, "", None),
    ],
)
def test_what_a_cell_becomes(said, cell, found):
    assert geometry(said, cell) == found


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ('{wkt: "{g}", point: ["{a}", "{b}"]}', "/geometry"),
        ('{wkt: "{g}", type: Point}', "/geometry/type"),
        ('{line: "{g}"}', "/geometry/line"),
        ('{line: {from: "{g}"}}', "/geometry/line/order"),
        ('{line: {each: {from: "{g}", as: p}, point: "{p}"}}', "/geometry/line/point"),
    ],
)
def test_a_geometry_that_cannot_be_followed_is_a_fault_of_the_mapping(said, pointer):
    with pytest.raises(InvalidDocument) as caught:
        mapping(said)
    assert f"/records/0{pointer}" in [one.pointer for one in caught.value.faults]


@pytest.mark.parametrize(
    ("wkt", "code"),
    [
        ("POLYGON ((0 0, 4 0, 4 4, 0 0))", None),
        ("POLYGON ((0 0, 4 0, 4 4))", "too_few"),
        ("POLYGON ((0 0, 4 0, 4 4, 1 1))", "not_closed"),
        ("LINESTRING (170 0, -170 0)", "crosses_antimeridian"),
        ("POINT (200 0)", "out_of_range"),
    ],
)
def test_what_is_made_is_held_to_the_rules_of_geometries(database, wkt, code):
    table = f'id,g\nx,"{wkt}"\n'.encode()
    said = mapping('{wkt: "{g}"}')
    report = import_documents(
        database, [ImportFile("t.csv", lambda: read_mapped(said, "csv", [table]))], Options("me")
    )
    assert [one["code"] for one in report.faults] == ([] if code is None else [code])
    assert report.counts.created == (code is None)


def outline(count, form):
    """Return a line along the equator, in a cell; it is straight within a metre."""
    points = [(n / 1000, n % 2 / 1_000_000) for n in range(count)]
    if form == "wkt":
        return f'"LINESTRING ({", ".join(f"{x} {y}" for x, y in points)})"'
    if form == "line":
        return f'"{"; ".join(f"{y} {x}" for x, y in points)}"'
    shape = json.dumps({"type": "LineString", "coordinates": points}).replace('"', '""')
    return f'"{shape}"'


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("wkt", '{wkt: "{g}"}'),
        ("geojson", '{geojson: "{g}"}'),
        ("line", '{line: {from: "{g}", order: "lat,lon"}}'),
    ],
)
def test_a_mapping_says_how_far_outlines_may_be_moved(database, form, said):
    pytest.importorskip("shapely")
    table = f"id,g\nlong,{outline(12_000, form)}\nshort,{outline(3, form)}\n".encode()

    def run(keyword, **options):
        member = f"geometries: [{{geometry: {said}, date: '1900'}}], geometry"
        text = (
            f'records:\n  - {{kind: place, id: "{{id}}", title: T, {member}: {said}{keyword}}}\n'
            '  - {kind: actor, id: "{id}", title: T}'
        )
        one = declared(load_failsafe_yaml(text), Path())
        files = [ImportFile("t.csv", lambda: read_mapped(one, "csv", [table]))]
        return import_documents(database, files, Options("me", dry_run=True, **options))

    refused = run("")
    assert [one["pointer"] for one in refused.faults] == ["/geometry", "/geometries/0/geometry"]
    assert "`simplify: 100m` of a mapping" in refused.faults[0]["detail"]
    done = run(", simplify: 10m")
    assert (done.faults, done.counts.created) == ([], 4)
    assert done.counts.simplified == (2, 24_000, 4)
    # What the import as a whole says goes first: by so little nothing can be left out.
    assert [one["pointer"] for one in run(", simplify: 10m", simplify=0.01).faults] == [
        "/geometry",
        "/geometries/0/geometry",
    ]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ('simplify: "100", geometry: {wkt: "{g}"}', "with its unit"),
        ('simplify: 500km, geometry: {wkt: "{g}"}', "at most 100 km"),
        ('simplify: [100m], geometry: {wkt: "{g}"}', "with its unit"),
        ("simplify: 100m", "given no geometry"),
    ],
)
def test_a_distance_that_cannot_be_followed_is_a_fault_of_the_mapping(said, why):
    text = f'records:\n  - {{kind: place, id: "{{id}}", title: T, {said}}}'
    with pytest.raises(InvalidDocument) as caught:
        declared(load_failsafe_yaml(text), Path())
    [fault] = caught.value.faults
    assert (fault.pointer, why in fault.detail) == ("/records/0/simplify", True)


def test_what_simplifies_must_be_installed(monkeypatch):
    monkeypatch.setattr("app.imports.mapping.record_templates.is_installed", lambda: False)
    text = 'records:\n  - {kind: place, title: T, simplify: 100m, geometry: {wkt: "{g}"}}'
    with pytest.raises(InvalidDocument) as caught:
        declared(load_failsafe_yaml(text), Path())
    assert "annals[simplify]" in caught.value.faults[0].detail
