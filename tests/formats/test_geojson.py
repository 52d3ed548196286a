"""GeoJSON, read by geojson-pydantic and checked against RFC 7946."""

import re
from random import Random

import orjson
import pytest
from format_items import about, documents, make, write_whole
from geojson_pydantic import Feature, FeatureCollection
from hypothesis import given
from hypothesis import strategies as st
from plain_geometry import contains

from app.formats import FORMATS
from app.formats.format import FormatItem
from app.formats.geojson import Extent, geometry_of
from app.imports.readers.geojson import read_geojson
from app.records.historical_date import with_known_bounds
from app.values.coordinates import BBox
from app.values.edtf.value import parse_edtf
from app.values.known_bounds import UNKNOWN_YEAR

# RFC 7946 allows it (§5.2); the reader would rather mention it.
pytestmark = pytest.mark.filterwarnings("ignore:BBOX crossing")


def written(*items, **options):
    return write_whole(FORMATS["geojson"], items, about(None, **options))


def day_of_qgis(day):
    """Give a day that GDAL and Qt read as it is meant: those of four digits from year 1 on."""
    return day if day and re.fullmatch(r"(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}", day) else None


@pytest.mark.parametrize(
    ("edtf", "start", "end"),
    [
        ("1967-10", "1967-10-01", "1967-10-31"),
        ("-0043-03-15", None, None),
        ("0000", None, None),
        ("-0005/0012", None, "0012-12-31"),
        ("0001/Y12340", "0001-01-01", None),
        ("1962/..", "1962-01-01", None),
        ("XXXX-01-03", None, None),
    ],
)
def test_flat_days_are_those_that_map_programs_read_right(edtf, start, end):
    [feature] = orjson.loads(written(make("event", {"title": "E", "date": edtf})))["features"]
    flat = [feature["properties"][name] for name in ("date_edtf", "date_start", "date_end")]
    assert flat == [edtf, start, end]


@given(st.lists(documents(), max_size=3))
def test_a_list_is_a_feature_collection(drawn):
    items = [make(*one, identifier=f"thing-{at}") for at, one in enumerate(drawn)]
    collection = FeatureCollection.model_validate_json(written(*items))
    assert [feature.id for feature in collection.features] == [item.ref for item in items]
    for feature, item in zip(collection.features, items, strict=True):
        document = orjson.loads(item.document)
        document.pop("geometry", None)
        document = with_known_bounds(document)
        date = document.get("date")
        if date is not None:
            document["date_edtf"] = date["edtf"]
            days = (date["start"]["earliest"], date["end"]["latest"])
            document["date_start"], document["date_end"] = map(day_of_qgis, days)
        assert feature.properties == document
    assert (collection.bbox is None) == all(feature.geometry is None for feature in collection.features)


@given(documents())
def test_a_record_is_a_feature(drawn):
    item = make(*drawn)
    body = written(item, one=True)
    feature = Feature.model_validate_json(body)
    assert feature.id == item.ref
    assert (feature.bbox is None) == (feature.geometry is None)
    when = orjson.loads(body).get("when")
    date = with_known_bounds(orjson.loads(item.document)).get("date")
    if when is None:
        # Every bound of a date such as XXXX-01-03 only follows from a year that is not known.
        assert date is None or UNKNOWN_YEAR in date["edtf"]
        return
    for span in when["timespans"]:
        if item.record.date.value.span.set_kind != "all-of":
            for side in ("start", "end"):
                assert span[side].get("earliest") == date[side]["earliest"]
                assert span[side].get("latest") == date[side]["latest"]


def test_places_make_the_geometry_of_other_records():
    both = [{"place": "places/havana"}, {"place": "places/fiji"}, {"place": "places/nowhere"}]
    feature = orjson.loads(written(make("event", {"title": "x", "places": both}), one=True))
    assert [one["type"] for one in feature["geometry"]["geometries"]] == ["Point", "MultiPoint"]
    nowhere = make("event", {"title": "x", "places": both[2:]})
    assert orjson.loads(written(nowhere, one=True))["geometry"] is None


def point(lon, lat):
    return {"type": "Point", "coordinates": [lon, lat]}


MOVED = {
    "title": "x",
    "geometry": point(1, 1),
    "geometries": [
        {"geometry": point(2, 2), "date": "1900~/1950"},
        {"geometry": point(3, 3), "date": "1940/1960"},
        {"geometry": point(4, 4)},
    ],
}


@pytest.mark.parametrize(
    ("when", "left_out", "shown"),
    [
        (None, (), point(1, 1)),
        ("1800", (), point(1, 1)),
        ("1920", (), point(2, 2)),
        ("1945", (), point(3, 3)),  # which certainly held then
        ("1955/1999", (), point(3, 3)),
        ("1800", ("geometry",), point(4, 4)),
        (None, ("geometry",), None),
    ],
)
def test_a_place_is_shown_where_it_was_then(when, left_out, shown):
    moved = {name: member for name, member in MOVED.items() if name not in left_out}
    bounds = parse_edtf(when).span.bounds if when else None
    body = written(make("place", moved), days=(bounds.s1, bounds.e2) if bounds else None)
    [feature] = orjson.loads(body)["features"]
    assert feature["geometry"] == shown
    own = moved.get("geometry")
    assert feature["properties"].get("geometry", own) == own
    assert ("geometry" in feature["properties"]) == (shown != own)
    [read] = read_geojson([body])
    assert read.raw.get("geometry") == own, "what is imported again is as it was"


@pytest.mark.parametrize(
    ("date", "shown"), [("1945", point(3, 3)), ("1800", point(1, 1)), (None, point(1, 1))]
)
def test_other_records_are_shown_where_their_places_were_at_their_date(date, shown):
    place = make("place", MOVED, identifier="moved")
    event = {"title": "e", "places": [{"place": "places/moved"}], **({"date": date} if date else {})}
    made = make("event", event)
    item = FormatItem(made.kind, made.document, {"places/moved": place.record})
    assert geometry_of(item) == shown


def test_sources_are_credited(battle):
    for body in (written(battle), written(battle, one=True)):
        (credit,) = orjson.loads(body)["credits"]
        assert credit["source"] == "sources/book"
        assert credit["licence"] == "CC BY-SA 4.0"


def test_a_box_may_cross_the_antimeridian():
    fiji = make("event", {"title": "x", "places": [{"place": "places/fiji"}]})
    assert orjson.loads(written(fiji))["bbox"] == [179, -17, -179, -16]


def place(number, *parts):
    whole = {"type": "GeometryCollection", "geometries": list(parts)} if len(parts) > 1 else parts[0]
    return make("place", {"title": "x", "geometry": whole}, identifier=f"place-{number}")


def test_a_box_has_altitudes_where_every_position_has_one():
    def boxes(*items):
        collection = orjson.loads(written(*items))
        return [feature.get("bbox") for feature in collection["features"]], collection["bbox"]

    line = {"type": "LineString", "coordinates": [[-80, 20, 30], [-70, 25, -5.5]]}
    polygon = {"type": "Polygon", "coordinates": [[[1, 1, 7], [2, 1, 8], [2, 2, 9], [1, 1, 7]]]}
    halves = {"type": "MultiPoint", "coordinates": [[179, -17, 1], [-179, -16, 2]]}
    flat = {"type": "Point", "coordinates": [5, 6]}
    high, across = place(1, line, polygon), place(2, halves)
    FeatureCollection.model_validate_json(written(high, across))
    assert boxes(high) == ([[-80, 1, -5.5, 2, 25, 30]], [-80, 1, -5.5, 2, 25, 30])
    assert boxes(across) == ([[179, -17, 1, -179, -16, 2]], [179, -17, 1, -179, -16, 2])
    assert boxes(place(3, line, flat))[0] == [[-80, 6, 5, 25]]
    found, whole = boxes(high, place(4, flat), make("event", {"title": "nowhere"}, identifier="none"))
    assert (found, whole) == ([[-80, 1, -5.5, 2, 25, 30], [5, 6, 5, 6], None], [-80, 1, 5, 25])


@pytest.mark.parametrize("size", [1, 2, 1000])
@given(st.integers())
def test_the_box_of_many_has_them_all(size, seed):
    random, extent = Random(seed), Extent()
    points = [(random.uniform(-180, 180), random.uniform(-90, 90)) for _ in range(size)]
    for lon, lat in points:
        extent.add([BBox(lon, lat, lon, lat)])
    box = BBox(*extent.bbox())
    assert all(contains(box, lat, lon) for lon, lat in points)


def test_the_flat_date_is_read_back_with_the_date_and_refused_where_it_says_something_else():
    body = written(make("event", {"title": "Vote", "date": "1961/.."}))
    (read,) = read_geojson([body])
    assert "date_edtf" not in read.raw
    assert read.raw["date"]["edtf"] == "1961/.."
    (changed,) = read_geojson([body.replace(b'"date_edtf":"1961/.."', b'"date_edtf":"1962"')])
    assert changed.raw["date_edtf"] == "1962"
