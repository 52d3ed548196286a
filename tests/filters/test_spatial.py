"""Filters by place on earth: boxes and circles, on both databases, against the plain geometry."""

import math
import random

import orjson
import pytest
from plain_geometry import distance_to_geometry_km, intersects_bbox
from querying import list_query

from app.database.engine.planner_statistics import refresh_statistics
from app.database.engine.sqlite_connect import _add_mathematics
from app.database.engine.sqlite_driver import sqlite3
from app.database.lookup import find
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.errors import BadRequest
from app.filters import areas
from app.filters import shape_tests as shapes
from app.listing.bound_query import bind_query
from app.listing.query import explain
from app.listing.service import list_records
from app.records.kinds import kind_by_name
from app.records.validation.document import validate_document
from app.values.coordinates import BBox, distance_km
from app.values.edtf.value import parse_edtf
from app.values.geojson import parts
from app.values.prepared_shapes import Shape
from app.values.timespan import TemporalRelation, certain, possible
from app.writing.write import NewRevision, write


def point(lon, lat):
    return {"type": "Point", "coordinates": [lon, lat]}


def ring(west, south, east, north):
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


GEOMETRIES = {
    "havana": point(-82.38, 23.13),
    "caracas": point(-66.9, 10.49),
    "suva": point(178.44, -18.14),
    "samoa": point(-171.75, -13.83),
    "dateline-east": point(180, 0),
    "dateline-west": point(-180, 10),
    "north-pole": point(13, 90),
    "south-pole": point(0, -90),
    "null-island": point(0, 0),
    # An L: its box holds (8, 8), it does not.
    "corner": {
        "type": "Polygon",
        "coordinates": [[[0, 4], [10, 4], [10, 5], [1, 5], [1, 14], [0, 14], [0, 4]]],
    },
    # A ring with a hole from 42 to 48.
    "doughnut": {"type": "Polygon", "coordinates": [ring(40, 40, 50, 50), ring(42, 42, 48, 48)[::-1]]},
    "river": {"type": "LineString", "coordinates": [[-60, -30], [-50, -20]]},
    # Cut at the antimeridian.
    "fiji": {
        "type": "MultiPolygon",
        "coordinates": [[ring(177, -20, 180, -15)], [ring(-180, -20, -178, -15)]],
    },
    "wrangel": {"type": "Polygon", "coordinates": [ring(-180, 70.5, -177, 71.5)]},
    "outposts": {"type": "MultiPoint", "coordinates": [[100, 10], [110, 20]]},
    "mixed": {
        "type": "GeometryCollection",
        "geometries": [point(60, 60), {"type": "LineString", "coordinates": [[62, 60], [64, 62]]}],
    },
}


def fill(database, geometries):
    def work(tx):
        vocabulary = vocabulary_of(tx)
        places = [{"id": name, "title": name, "geometry": shape} for name, shape in geometries.items()]
        places.append({"id": "nowhere", "title": "nowhere"})
        events = [
            {"id": f"at-{name}", "title": name, "places": [{"place": f"places/{name}"}]}
            for name in [*geometries, "nowhere"]
        ]
        for kind_name, documents in (("place", places), ("event", events)):
            kind = kind_by_name(kind_name)
            write(
                tx,
                [NewRevision(kind, validate_document(kind, raw, vocabulary)) for raw in documents],
                Attribution(by="test"),
            )
        refresh_statistics(tx)

    database.write_now(work)


async def found(database, kind_name, **parameters):
    query = list_query(kind_name, [*parameters.items(), ("limit", "1000")])
    page = await database.decide(lambda reading: list_records(reading, query))
    assert page.next is None
    return {document["id"] for document in orjson.loads(b"[%b]" % page.documents)}


async def both(database, **parameters):
    places = await found(database, "place", **parameters)
    events = await found(database, "event", **parameters)
    assert events == {f"at-{name}" for name in places}
    return places


BOXES = {
    "-85,20,-80,25": {"havana"},
    "-82.38,23.13,-82.38,23.13": {"havana"},
    "7,7,9,9": set(),
    "0.5,9,3,10": {"corner"},
    "10,5,20,20": {"corner"},
    "43,43,47,47": set(),
    "41,43,47,47": {"doughnut"},
    "41,41,49,49": {"doughnut"},
    "-56,-29,-54,-27": set(),
    "-56,-26,-54,-24": {"river"},
    "177,-30,-170,30": {"suva", "samoa", "dateline-east", "dateline-west", "fiji"},
    "170,-1,180,1": {"dateline-east"},
    "-180,-1,-170,1": {"dateline-east"},
    "179,9,180,11": {"dateline-west"},
    "179,70,180,71": {"wrangel"},  # which ends at the antimeridian, seen from its other side
    "179,70,179.9,71": set(),
    "-179.5,-17,-179,-16": {"fiji"},
    "-170,-20,170,-15": {"river"},
    "-170,-19,170,-15": set(),
    "105,14,106,16": set(),
    "99,9,101,11": {"outposts"},
    "59,59,61,61": {"mixed"},
    "63,59,64,60": set(),
    "12,89,14,90": {"north-pole"},
    "-180,-90,180,-89": {"south-pole"},
    "-180,-90,180,90": set(GEOMETRIES),
}


async def test_boxes(database):
    fill(database, GEOMETRIES)
    for bbox, expected in BOXES.items():
        assert await both(database, bbox=bbox) == expected, bbox


async def test_circles(database):
    fill(database, GEOMETRIES)
    cases = {
        ("23,-82", "60"): {"havana"},
        ("23.13,-82.38", "0.0"): {"havana"},
        ("0,-179.999", "1"): {"dateline-east"},
        ("10,179.999", "1"): {"dateline-west"},
        ("-18.14,179.9", "20"): {"fiji"},
        ("89.9,-120", "30"): {"north-pole"},
        ("-90,77", "0.001"): {"south-pole"},
        ("8,8", "300"): set(),
        ("8,8", "340"): {"corner"},
        ("45,45", "200"): set(),
        ("45,45", "240"): {"doughnut"},
        ("5.01,10", "2"): {"corner"},
        ("0,0", "20016"): set(GEOMETRIES),
    }
    for (near, km), expected in cases.items():
        assert await both(database, near=near, within_km=km) == expected, (near, km)


@pytest.mark.parametrize(
    ("parameters", "meant"),
    [
        ({"near": "-118.2,34", "within_km": "1"}, "34,-118.2"),
        ({"near": "-118.2, 34", "within_km": "1"}, "34,-118.2"),
        ({"near": "91,2", "within_km": "1"}, "2,91"),
        ({"near": "91,92", "within_km": "1"}, None),
        ({"near": "200,10", "within_km": "1"}, None),
        ({"bbox": "33,-119,35,-117"}, "-119,33,-117,35"),
        ({"bbox": "33,-119,35,-200"}, None),
        ({"bbox": "1,5,3,4"}, None),
        ({"near": "havana", "within_km": "1"}, "places/havana"),
    ],
    ids=str,
)
def test_what_is_surely_swapped_is_proposed_the_right_way_round(parameters, meant):
    with pytest.raises(BadRequest) as refused:
        list_query("event", parameters.items())
    [fault] = refused.value.faults
    assert fault.suggestion == meant
    assert ("swapped" in fault.detail) == (meant is not None and "/" not in meant)


def plain_distance_km(one, other):
    """Give the distance of two geometries at the ends of their segments; 0 where segments cross is left out."""
    return min(
        distance_to_geometry_km(position.lat, position.lon, to)
        for of, to in ((one, other), (other, one))
        for part in parts(of)
        for segment in part.segments()
        for position in segment
    )


@pytest.mark.parametrize(
    "name", ["havana", "fiji", "doughnut", "river", "mixed", "dateline-east", "north-pole"]
)
async def test_near_a_place_is_near_its_geometry(database, name):
    fill(database, GEOMETRIES)
    distances = {one: plain_distance_km(GEOMETRIES[name], shape) for one, shape in GEOMETRIES.items()}
    for km in ("0.1", "500", "2500", "9000"):
        near = {one for one, distance in distances.items() if distance <= float(km)}
        assert await both(database, near=f"places/{name}", within_km=km) == near, km
    assert await found(database, "place", near="places/corner", within_km="1", bbox="-1,3,11,15") == {
        "corner"
    }


async def test_shapes_that_cross_are_at_no_distance(database):
    across = {"type": "LineString", "coordinates": [[-1, 10], [12, 10.5]]}
    down = {"type": "LineString", "coordinates": [[5, 0], [5.5, 30]]}
    fill(database, {"across": across, "down": down, "away": point(60, 60)})
    assert await both(database, near="places/across", within_km="0") == {"across", "down"}


async def test_near_a_place_is_near_where_it_was_then(database):
    places = [
        {
            "id": "moved",
            "title": "Moved",
            "geometry": point(0, 0),
            "geometries": [{"geometry": point(20, 20), "date": "1500/1600"}],
        },
        {"id": "then-alone", "title": "T", "geometries": [{"geometry": point(20, 20), "date": "1500/1600"}]},
        {"id": "now", "title": "Now", "geometry": point(0, 0.1)},
        {"id": "then", "title": "Then", "geometry": point(20, 20.1)},
        {"id": "nowhere", "title": "Nowhere"},
    ]

    def fill_places(tx):
        dated = [{**one, "date": "1000/2000"} for one in places]
        made = [validate_document(kind_by_name("place"), one, vocabulary_of(tx)) for one in dated]
        write(tx, [NewRevision(kind_by_name("place"), one) for one in made], Attribution(by="t"))

    database.write_now(fill_places)
    asked = {"near": "places/moved", "within_km": "50"}
    assert await found(database, "place", **asked) == {"moved", "now"}
    assert await found(database, "place", **asked, when="1550") == {"moved", "then-alone", "then"}
    assert await found(database, "place", **asked, when="1700") == {"now", "moved"}
    for name, parameters, advice in (
        ("nowhere", {}, "has no geometry; or give a point"),
        ("then-alone", {}, "say when with `when`"),
        ("then-alone", {"when": "1700"}, "give another `when`"),
    ):
        with pytest.raises(BadRequest) as refused:
            await found(database, "place", near=f"places/{name}", within_km="1", **parameters)
        [fault] = refused.value.faults
        assert (fault.parameter, fault.code) == ("near", "no_geometry")
        assert advice in fault.detail
    with pytest.raises(BadRequest) as refused:
        await found(database, "place", near="places/nowher", within_km="1")
    [fault] = refused.value.faults
    assert (fault.parameter, fault.code, fault.suggestion) == ("near", "unknown_reference", "places/nowhere")
    assert "within 50 km of places/moved" in explain(list_query("place", asked.items()))


@pytest.mark.slow
async def test_against_plain_geometry(database):
    chance = random.Random(1)

    def shape():
        lon, lat = chance.uniform(-175, 170), chance.uniform(-85, 80)
        sort = chance.random()
        if sort < 0.5:
            # Numbers that 32 bits cannot hold.
            return point(round(lon, 9), round(lat, 9))
        if sort < 0.75:
            return {"type": "Polygon", "coordinates": [ring(lon, lat, lon + chance.random() * 5, lat + 4)]}
        return {"type": "LineString", "coordinates": [[lon, lat], [lon + 5, lat + chance.uniform(-4, 4)]]}

    geometries = {f"p{n}": shape() for n in range(150)}
    fill(database, geometries)
    for _ in range(25):
        west, east = chance.uniform(-180, 180), chance.uniform(-180, 180)
        south, north = sorted(chance.uniform(-90, 90) for _ in range(2))
        expected = {n for n, g in geometries.items() if intersects_bbox(g, BBox(west, south, east, north))}
        assert await both(database, bbox=f"{west},{south},{east},{north}") == expected
        lat, lon, km = chance.uniform(-90, 90), chance.uniform(-180, 180), 10 ** chance.uniform(1, 4)
        expected = {n for n, g in geometries.items() if distance_to_geometry_km(lat, lon, g) <= km}
        assert await both(database, near=f"{lat},{lon}", within_km=str(km)) == expected


async def test_the_rim_is_exact(database):
    """Boxes on the very edge of a point, where 32 bits would round."""
    shape = point(12.345678901, -45.678901234)
    fill(database, {"here": shape})
    lon, lat = shape["coordinates"]
    for side in range(4):
        edges = [lon, lat, lon, lat]
        assert await both(database, bbox=",".join(map(repr, edges))) == {"here"}
        # West and south step over the point, east and north stop short of it: the box is not turned inside out.
        beyond = math.inf if side < 2 else -math.inf
        edges[side] = math.nextafter(edges[side], beyond)
        edges[(side + 2) % 4] += 1 if side < 2 else -1
        assert await both(database, bbox=",".join(map(repr, edges))) == set()
    far = distance_km(lat, lon, 0, 0)
    assert await both(database, near="0,0", within_km=repr(far + 1e-6)) == {"here"}
    assert await both(database, near="0,0", within_km=repr(far - 1e-6)) == set()


async def test_the_view_of_a_source(database):
    """A source's own geometry of a place decides, and a place stays where it is for those that refer to it."""

    def work(tx):
        vocabulary = vocabulary_of(tx)

        def one(kind_name, **raw):
            kind = kind_by_name(kind_name)
            write(tx, [NewRevision(kind, validate_document(kind, raw, vocabulary))], Attribution(by="test"))

        one("source", id="s", title="S")
        told = {"source": "sources/s", "property": "geometry", "value": point(50, 50)}
        one("place", id="p", title="P", geometry=point(10, 10), evidence=[told])
        seen = {"source": "sources/s", "property": "places"}
        one("event", id="e", title="E", places=[{"place": "places/p"}], evidence=[seen])

    database.write_now(work)
    assert await found(database, "place", bbox="9,9,11,11") == {"p"}
    assert await found(database, "place", bbox="9,9,11,11", policy="source:sources/s") == set()
    assert await found(database, "place", bbox="49,49,51,51", policy="source:sources/s") == {"p"}
    assert await found(database, "event", bbox="9,9,11,11", policy="source:sources/s") == {"e"}


MOVED = {
    "title": "Moved",
    "date": "0001/..",
    "geometry": point(10, 10),
    "geometries": [
        {"geometry": point(20, 20), "date": "1900/1950"},
        {"geometry": {"type": "Polygon", "coordinates": [ring(30, 30, 32, 32)]}, "date": "1940~/1960"},
        {"geometry": {"type": "Polygon", "coordinates": [ring(40, 40, 44, 44)]}, "date": "{1970,1980}"},
        {"geometry": point(50, 50)},
    ],
}
WHERE = {
    "own": "9,9,11,11",
    "first": "19,19,21,21",
    "second": "31,31,33,33",
    "third": "41,41,42,42",
    "always": "49,49,51,51",
}


def fill_moved(database, events=()):
    def work(tx):
        vocabulary = vocabulary_of(tx)
        made = [("place", {"id": "moved", **MOVED}), ("source", {"id": "s", "title": "S"})]
        made += [
            (
                "event",
                {
                    "id": name,
                    "title": name,
                    **({"date": date} if date else {}),
                    "places": [{"place": "places/moved"}],
                },
            )
            for name, date in events
        ]
        for kind_name, raw in made:
            kind = kind_by_name(kind_name)
            write(tx, [NewRevision(kind, validate_document(kind, raw, vocabulary))], Attribution(by="test"))

    database.write_now(work)


@pytest.mark.parametrize(
    ("time", "where"),
    [
        ({}, {"own", "first", "second", "third", "always"}),
        ({"when": "1800"}, {"own", "always"}),
        ({"when": "1925"}, {"own", "first", "always"}),
        ({"when": "1945"}, {"own", "first", "second", "always"}),
        ({"when": "1945", "certainty": "certain"}, {"own", "first", "always"}),
        ({"when": "1975"}, {"own", "always"}),
        ({"when": "1980", "certainty": "certain"}, {"own", "third", "always"}),
        ({"when": "1955/1975", "relation": "contains"}, {"own", "second", "third", "always"}),
        ({"when": "2100", "relation": "before"}, set()),
    ],
)
async def test_a_place_is_found_where_it_was_then(database, time, where):
    fill_moved(database)
    for name, bbox in WHERE.items():
        assert await found(database, "place", bbox=bbox, **time) == ({"moved"} if name in where else set()), (
            name
        )
        west, south, _, _ = map(float, bbox.split(","))
        circle = {"near": f"{south + 1},{west + 1}", "within_km": "5"}
        assert await found(database, "place", **circle, **time) == ({"moved"} if name in where else set()), (
            name
        )


async def test_other_records_are_found_where_their_places_were_at_their_date(database):
    fill_moved(
        database,
        [("old", "1800"), ("war", "1925"), ("later", "1980"), ("long", "1925/1985"), ("undated", None)],
    )
    found_at = {name: await found(database, "event", bbox=bbox) for name, bbox in WHERE.items()}
    everything = {"old", "war", "later", "long", "undated"}
    assert found_at == {
        "own": everything,
        "first": {"war", "long", "undated"},
        "second": {"long", "undated"},
        "third": {"later", "long", "undated"},
        "always": everything,
    }
    assert await found(database, "event", bbox=WHERE["first"], when="1980/1990") == {"long"}


async def test_against_plain_reading_of_dates(database):
    """Places with geometries of random dates, and what is found of them by the plain rules for spans."""
    chance = random.Random(20)
    dates = [
        "1900", "1905/1910", "190X", "1903~", "[1901,1907]", "{1901,1907}", "1904/..", "/1906", "{1903?,1909}",
        "[1900..1909]", "../1902", "1902/", None,
    ]  # fmt: skip
    shapes_of = {
        f"p-{n}": [
            (
                point(chance.uniform(0, 9), chance.uniform(0, 9))
                if chance.random() < 0.5
                else {
                    "type": "Polygon",
                    "coordinates": [ring(x := chance.uniform(0, 8), y := chance.uniform(0, 8), x + 1, y + 1)],
                },
                chance.choice(dates),
            )
            for _ in range(chance.randint(1, 3))
        ]
        for n in range(40)
    }

    def work(tx):
        kind, vocabulary = kind_by_name("place"), vocabulary_of(tx)
        for name, some in shapes_of.items():
            made = [{"geometry": one, **({"date": date} if date else {})} for one, date in some]
            raw = {"id": name, "title": name, "date": "0001/..", "geometries": made}
            write(tx, [NewRevision(kind, validate_document(kind, raw, vocabulary))], Attribution(by="test"))

    database.write_now(work)
    held = {"possible": possible, "certain": certain}
    for _ in range(60):
        year = chance.randint(1899, 1910)
        west, south = chance.uniform(0, 6), chance.uniform(0, 6)
        box = BBox(west, south, west + 3, south + 3)
        when = f"{year}/{year + chance.randint(0, 4)}"
        certainty = chance.choice(list(held))
        asked = parse_edtf(when).span.bounds
        expected = {
            name
            for name, some in shapes_of.items()
            for one, date in some
            if intersects_bbox(one, box)
            and (
                date is None
                or held[certainty](TemporalRelation.OVERLAPS, parse_edtf(date).span, asked.s1, asked.e2)
            )
        }
        bbox = f"{box.west},{box.south},{box.east},{box.north}"
        assert await found(database, "place", bbox=bbox, when=when, certainty=certainty) == expected


@pytest.mark.parametrize(
    ("parameters", "codes"),
    [
        ({"bbox": "1,2,3"}, {"bbox": "invalid_bbox"}),
        ({"bbox": "1,2,3,nan"}, {"bbox": "invalid_bbox"}),
        ({"bbox": "1,2,3,inf"}, {"bbox": "invalid_bbox"}),
        ({"bbox": "1,2,3,1e999"}, {"bbox": "invalid_bbox"}),
        ({"bbox": "-181,2,3,4"}, {"bbox": "invalid_bbox"}),
        ({"bbox": "1,5,3,4"}, {"bbox": "invalid_bbox"}),
        ({"bbox": ""}, {"bbox": "empty_value"}),
        ({"near": "1,2"}, {"within_km": "missing_parameter"}),
        ({"within_km": "1"}, {"near": "missing_parameter"}),
        ({"near": "91,2", "within_km": "1"}, {"near": "invalid_point"}),
        ({"near": "events/a", "within_km": "1"}, {"near": "invalid_reference"}),
        ({"near": "havana", "within_km": "1"}, {"near": "invalid_reference"}),
        ({"near": "places/havana"}, {"within_km": "missing_parameter"}),
        ({"near": "1;2", "within_km": "-1"}, {"near": "invalid_point", "within_km": "out_of_range"}),
        ({"near": "1,2", "within_km": "nan"}, {"within_km": "out_of_range"}),
        ({"near": "1,2", "within_km": "inf"}, {"within_km": "out_of_range"}),
        ({"near": "1,2", "within_km": "1_0"}, {"within_km": "out_of_range"}),
        ({"near": "1,2", "within_km": "٣"}, {"within_km": "out_of_range"}),
        ({"near": "1,2", "within_km": "20017"}, {"within_km": "out_of_range"}),
    ],
)
def test_what_is_refused(parameters, codes):
    with pytest.raises(BadRequest) as refused:
        list_query("event", parameters.items())
    assert {fault.parameter: fault.code for fault in refused.value.faults} == codes


async def test_too_many_shapes_are_refused(database, monkeypatch):
    fill(database, GEOMETRIES)
    monkeypatch.setattr(areas, "MAX_SHAPES", 1)
    query = list_query("place", [("bbox", "5,4.5,45,45")])
    with pytest.raises(BadRequest) as refused:
        await database.decide(lambda reading: bind_query(reading, query))
    assert [(fault.parameter, fault.code) for fault in refused.value.faults] == [("bbox", "too_many_shapes")]


@pytest.mark.parametrize("bound", ["MAX_BYTES", "MAX_POSITIONS", "MAX_COMPARISONS"])
async def test_too_large_shapes_are_refused(database, monkeypatch, bound):
    """Whether shapes are remembered or not, and whatever the area."""
    fill(database, GEOMETRIES)
    enough = getattr(shapes, bound)
    for parameters in ({"bbox": "7,7,9,9"}, {"near": "8,8", "within_km": "300"}):
        for most in (6, enough, 6):
            monkeypatch.setattr(shapes, bound, most)
            if most == enough:
                assert await found(database, "place", **parameters) == set()
                continue
            with pytest.raises(BadRequest) as refused:
                await found(database, "place", **parameters)
            assert [fault.code for fault in refused.value.faults] == ["too_many_shapes"]


async def test_a_shape_is_prepared_once_until_it_changes(database, monkeypatch):
    prepared = []

    def noting(geometry):
        prepared.append(geometry["type"])
        return Shape(geometry)

    monkeypatch.setattr(shapes, "Shape", noting)
    fill(database, {"corner": GEOMETRIES["corner"]})
    for bbox in ("7,7,9,9", "7,7,9,9", "0.5,9,3,10", "7,7,9,9.5"):
        await both(database, bbox=bbox)
    assert prepared == ["Polygon"]

    def move(tx):
        kind = kind_by_name("place")
        raw = {"id": "corner", "title": "corner", "geometry": GEOMETRIES["river"]}
        current = find(tx, kind, "corner")
        write(
            tx,
            [NewRevision(kind, validate_document(kind, raw, vocabulary_of(tx)), "update", current)],
            Attribution(by="test"),
        )

    database.write_now(move)
    assert await both(database, bbox="7,7,9,9") == set()
    assert await both(database, bbox="-56,-26,-54,-24") == {"corner"}
    assert prepared == ["Polygon", "LineString"]


async def test_what_is_remembered_of_shapes_is_bounded(database, monkeypatch):
    monkeypatch.setattr(shapes, "MAX_REMEMBERED", 3_000)
    fill(database, GEOMETRIES)
    for bbox, expected in BOXES.items():
        assert await found(database, "place", bbox=bbox) == expected, bbox
    remembered = shapes._remembered[database.engine]
    assert 0 < sum(shape.size for shape in remembered._shapes.values()) == remembered._bytes <= 3_000


def test_in_words():
    asked = [("bbox", "170,-20,-170,-10"), ("near", "-18.1,178.4"), ("within_km", "50")]
    said = explain(list_query("place", asked))
    assert "in the box from 20° S, 170° E to 10° S, 170° W across the antimeridian, or reach into it" in said
    assert "within 50 km of 18.1° S, 178.4° E" in said


def test_an_sqlite_without_mathematics_is_lent_it():
    connection = sqlite3.connect(":memory:")
    for name in ("sin", "cos", "radians"):
        connection.create_function(name, 1, None)

    class Refusing:
        def execute(self, _text):
            raise sqlite3.OperationalError("no such function: sin")

        create_function = staticmethod(connection.create_function)

    _add_mathematics(Refusing())
    assert connection.execute("SELECT round(sin(radians(30)), 9)").fetchone() == (0.5,)
