"""Files whose members have other types than their formats say: faults or notes, and never an exception."""

import copy

import orjson
import pytest
from seed_vocabulary import VOCABULARY

from app.imports.documents import UNMAPPED
from app.imports.mapping.apply import read_mapped
from app.imports.mapping.shipped import shipped_mapping
from app.imports.readers import read
from app.imports.validate import Validator

WRONG = (None, True, 5, 1.5, "9" * 5000, [], [None], {"id": 5}, [{"type": []}], {"type": {}}, [[[1]]])

TIME = {
    "time": "+1815-12-10T00:00:00Z",
    "precision": 11,
    "calendarmodel": "http://www.wikidata.org/entity/Q1985727",
}
POINT = {"type": "Point", "coordinates": [1, 2]}
SPANS = {"timespans": [{"start": {"in": "1600"}, "end": {"earliest": "1700", "latest": "1701-01-01"}}]}


def statement(value, **members):
    return {"mainsnak": {"snaktype": "value", "datavalue": {"value": value}}, "rank": "normal", **members}


def item(number):
    return {"entity-type": "item", "numeric-id": number, "id": f"Q{number}"}


def collection(feature):
    return {"type": "FeatureCollection", "features": [feature]}


ITEM = {
    "id": "Q7259",
    "labels": {"en": {"language": "en", "value": "Ada"}},
    "descriptions": {"en": {"value": "mathematician"}},
    "aliases": {"en": [{"language": "en", "value": "A. L."}]},
    "claims": {
        "P31": [statement(item(5))],
        "P569": [statement(TIME, qualifiers={"P1480": [{"datavalue": {"value": item(5727902)}}]})],
        "P19": [statement(item(84))],
        "P625": [statement({"latitude": 1, "longitude": 2, "globe": "http://www.wikidata.org/entity/Q2"})],
    },
}
PERIODS = {
    "p0a": {
        "id": "p0a",
        "source": {
            "title": "T",
            "creators": [{"name": "N"}],
            "yearPublished": 1990,
            "partOf": {"title": "W"},
        },
        "periods": {
            "p0ab": {
                "label": "L",
                "localizedLabels": {"en": ["L", "M"]},
                "spatialCoverage": [{"id": "http://example.org", "label": "Y"}],
                "start": {"label": "1", "in": {"year": "0001"}},
                "stop": {"label": "2", "in": {"earliestYear": "0100", "latestYear": "0200"}},
                "broader": "p0ab",
                "source": {"locator": "p"},
                "sameAs": "http://example.org/b",
            }
        },
    }
}
FEATURE = {
    "@id": "http://example.org/1",
    "type": "Feature",
    "properties": {"title": "Havana"},
    "when": SPANS | {"label": "x", "certainty": "uncertain"},
    "names": [{"toponym": "H", "lang": "es", "when": SPANS}],
    "types": [{"identifier": "aat:300008347", "label": "town"}],
    "links": [{"type": "exactMatch", "identifier": "wd:Q1"}],
    "relations": [
        {
            "relationType": "gvp:broaderPartitive",
            "relationTo": "http://example.org/2",
            "label": "C",
            "when": SPANS,
        }
    ],
    "descriptions": [{"value": "d"}],
    "geometry": {"type": "GeometryCollection", "geometries": [POINT | {"when": SPANS}, POINT]},
}
ENTITY = {
    "@id": "http://example.org/entity/5",
    "type": "Feature",
    "systemClass": "activity",
    "properties": {"title": "E"},
    "when": SPANS,
    "types": [{"label": "Battle"}],
    "names": [{"alias": "F"}],
    "relations": [
        {
            "label": "P",
            "relationTo": "http://example.org/api/entity/6",
            "relationType": "crm:P11 had participant",
            "relationSystemClass": "person",
            "type": "t",
            "when": SPANS,
        }
    ],
    "geometry": POINT,
}
RECORD = "https://annals.example/v1/events/e"
ANNOTATION = {
    "id": f"{RECORD}/evidence/z",
    "type": "Annotation",
    "body": [
        {"type": "SpecificResource", "source": RECORD, "selector": {"value": "date"}},
        {"type": "TextualBody", "purpose": "describing", "format": "application/json", "value": '"1900"'},
        {"type": "TextualBody", "purpose": "commenting", "value": "c"},
    ],
    "target": {
        "source": "https://annals.example/v1/sources/s",
        "selector": [
            {"type": "TextQuoteSelector", "exact": "x"},
            {"type": "FragmentSelector", "value": "page=12"},
        ],
    },
}
GEOJSON = collection(
    {
        "type": "Feature",
        "id": "places/x",
        "geometry": POINT,
        "properties": {
            "title": "X",
            "geometries": [{"geometry": POINT, "date": "1900"}],
            "date": {"edtf": "1900"},
        },
    }
)
CITATION = {
    "id": "s",
    "type": "book",
    "title": "T",
    "author": [{"family": "F", "given": "G"}, {"literal": "L"}],
    "issued": {"date-parts": [[2000, 1, 2], [2001]], "season": 1},
    "custom": {"tags": ["x"]},
}
STORY = {
    "events": [
        {
            "unique_id": "a",
            "start_date": {"year": "1900", "month": "1"},
            "text": {"headline": "H", "text": "t"},
            "media": {"url": "http://example.org"},
        }
    ]
}

SAMPLES = {
    "wikidata": {"entities": {"Q7259": ITEM}},
    "periodo": {"authorities": PERIODS},
    "lpf": collection(FEATURE),
    "lpf of OpenAtlas": collection(ENTITY),
    "oa": ANNOTATION,
    "geojson": GEOJSON,
    "csl": CITATION,
    "json": STORY,
}


def places(value, before=()):
    yield before
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, one in members:
        yield from places(one, (*before, name))


def with_member(sample, place, value):
    if not place:
        return value
    changed = copy.deepcopy(sample)
    holder = changed
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = value
    return changed


def documents(name, sample):
    pieces = iter([orjson.dumps(sample)])
    if name == "json":
        return list(read_mapped(shipped_mapping("timelinejs-json"), "json", pieces))
    return list(read(name.split()[0], pieces))


@pytest.fixture(scope="module")
def validator():
    return Validator(VOCABULARY, keeps=False, simplify=100.0)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_of_each_format_is_read(name, validator):
    found = documents(name, SAMPLES[name])
    assert found
    # An annotation completes a record, which has the title.
    faults = [fault for one in found for fault in validator.read(one).faults if name != "oa"]
    assert faults == []


@pytest.mark.parametrize("name", SAMPLES)
def test_no_type_of_a_member_is_more_than_a_fault(name, validator):
    sample = SAMPLES[name]
    for place in places(sample):
        for value in WRONG:
            for one in documents(name, with_member(sample, place, value)):
                validator.read(one)


@pytest.mark.parametrize("member", ["names", "types", "links", "relations", "descriptions"])
@pytest.mark.parametrize("value", [5, "x", {"type": "x"}, [5], [None]])
def test_what_is_no_list_of_objects_in_a_feature_is_told_to_be_left_out(member, value):
    (one,) = documents("lpf", collection({**FEATURE, "relations": [], member: value}))
    assert one.notes == (UNMAPPED,)


def test_an_item_of_more_digits_than_there_are_items_is_not_taken_for_another():
    claims = ITEM["claims"] | {"P19": [statement({"entity-type": "item", "id": f"Q{'1234567890' * 2}"})]}
    first, *_ = documents("wikidata", {"entities": {"Q7259": ITEM | {"claims": claims}}})
    assert "places" not in first.raw
