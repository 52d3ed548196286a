"""Linked Places Format, by a schema of what its documentation says."""

import jsonschema_rs
import orjson
import pytest
from format_items import BASE, VOCABULARY, about, documents, make, write_whole
from hypothesis import given
from linked_places_schema import COLLECTION

from app.formats import FORMATS
from app.formats.linked_places import FEATURE_TYPES, when_of

SCHEMA = jsonschema_rs.validator_for(COLLECTION, validate_formats=True)


def features(*items, **options):
    found = orjson.loads(write_whole(FORMATS["lpf"], items, about(None, **options)))
    SCHEMA.validate(found)
    return found["features"]


@given(documents(), documents())
def test_what_is_written_is_valid(one, other):
    items = make(*one), make(*other)
    assert [one["properties"]["title"] for one in features(*items)] == [item.record.title for item in items]


def test_a_single_record_is_a_collection_of_one(battle):
    assert len(features(battle, one=True)) == 1


def test_a_place_is_told_whole():
    raw = {
        "title": "Havana",
        "type": "city",
        "labels": {"es": "La Habana"},
        "aliases": ["San Cristóbal"],
        "summary": "A port.",
        "date": "1519",
        "geometry": {"type": "Point", "coordinates": [-82.37, 23.13]},
        "same_as": ["https://www.wikidata.org/entity/Q1563"],
        "relations": [{"type": "part-of", "target": "places/nowhere", "date": "1902/.."}],
        "evidence": [
            {"source": "sources/book"},
            {"source": "sources/book", "property": "title", "stance": "disputes"},
            {"source": "sources/book", "property": "geometry"},
            {"source": "sources/book", "property": "relations/part-of/places/nowhere"},
        ],
    }
    (feature,) = features(make("place", raw))
    cited = [{"label": 'A book; "quoted"', "@id": f"{BASE}/v1/sources/book"}]
    assert feature == {
        "@id": f"{BASE}/v1/places/thing",
        "type": "Feature",
        "properties": {"title": "Havana", "fclasses": ["P"], "date_edtf": "1519"},
        "when": {"timespans": [{"start": {"in": "1519"}}], "label": "1519"},
        "names": [
            {"toponym": "Havana", "citations": cited},
            {"toponym": "La Habana", "lang": "es"},
            {"toponym": "San Cristóbal"},
        ],
        "types": [
            {"identifier": "aat:300008389", "label": "city"},
            {"identifier": f"{BASE}/v1/vocabularies/place-type#city", "label": "city"},
        ],
        "links": [{"type": "exactMatch", "identifier": "https://www.wikidata.org/entity/Q1563"}],
        "relations": [
            {
                "relationType": "gvp:broaderPartitive",
                "relationTo": f"{BASE}/v1/places/nowhere",
                "label": "Nowhere",
                "when": {
                    "timespans": [{"start": {"in": "1902"}, "end": {"earliest": "1902-01-01"}}],
                    "label": "from 1902 onwards",
                },
                "citations": cited,
            }
        ],
        "descriptions": [{"@id": f"{BASE}/v1/places/thing", "value": "A port."}],
        "geometry": {"type": "Point", "coordinates": [-82.37, 23.13], "citations": cited},
    }


@pytest.mark.parametrize(
    ("edtf", "timespans", "certainty"),
    [
        ("1600", [{"start": {"in": "1600"}}], None),
        ("-0043-03", [{"start": {"in": "-0043-03"}}], None),
        ("1600-05-03", [{"start": {"in": "1600-05-03"}}], None),
        ("1600/1750-06", [{"start": {"in": "1600"}, "end": {"in": "1750-06"}}], None),
        ("1600~", [{"start": {"in": "1600"}}], "less-certain"),
        ("196X", [{"start": {"earliest": "1960-01-01", "latest": "1969-12-31"}}], None),
        ("../1967", [{"start": {"latest": "1967-12-31"}, "end": {"in": "1967"}}], None),
        ("{1960,1962}", [{"start": {"in": "1960"}}, {"start": {"in": "1962"}}], None),
        ("../..", None, None),
        ("XXXX-01-03", None, None),
    ],
)
def test_dates_say_what_is_known(edtf, timespans, certainty):
    found = when_of(make("place", {"title": "T", "date": edtf}).record.date)
    if timespans is None:
        assert found is None
        return
    if edtf == "196X":
        timespans = [{**timespans[0], "end": timespans[0]["start"]}]
    assert found["timespans"] == timespans
    assert found.get("certainty") == certainty


def test_every_type_of_place_has_a_feature_class():
    known = {term.id for term in VOCABULARY.terms("place-type")}
    assert FEATURE_TYPES.keys() == known - {"world", "other"}


def test_other_records_are_where_their_places_are(battle):
    (feature,) = features(battle)
    assert feature["geometry"] == {"type": "Point", "coordinates": [-82.37, 23.13]}
    assert "fclasses" not in feature["properties"]


def test_names_and_geometries_have_their_own_time():
    point, moved = ({"type": "Point", "coordinates": [at, 41.0]} for at in (28.9, 29.0))
    raw = {
        "title": "Istanbul",
        "names": [{"name": "Constantinople", "language": "en", "date": "0330/1930"}],
        "geometry": point,
        "geometries": [{"geometry": moved, "date": "0330/1453"}],
    }
    (feature,) = features(make("place", raw))
    when = {"timespans": [{"start": {"in": "0330"}, "end": {"in": "1930"}}], "label": "330 CE to 1930"}
    assert feature["names"][1] == {"toponym": "Constantinople", "lang": "en", "when": when}
    own, dated = feature["geometry"]["geometries"]
    assert own == point
    assert (dated.pop("when")["timespans"], dated) == (
        [{"start": {"in": "0330"}, "end": {"in": "1453"}}],
        moved,
    )
