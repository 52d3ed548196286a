import orjson
import pytest

from app.records.kinds import kind_by_name
from app.records.property_paths import parse_property
from app.records.serialization import to_canonical_json, to_revision_json
from app.records.validation.document import load_stored

EVENT = {
    "names": [{"name": "Playa Girón", "language": "es"}, {"name": "a/b"}],
    "figures": [{"id": "dead", "measure": "deaths", "best": 12, "unit": "persons"}],
    "places": [{"place": "places/havana"}],
    "participants": [{"actor": "actors/a", "role": "host"}, {"actor": "actors/a", "role": "guest"}],
    "relations": [{"type": "part-of", "target": "events/x"}],
}


def evidence(*items):
    return [{"source": "sources/x", **item} for item in items]


@pytest.mark.parametrize(
    "prop",
    ["title", "date", "type", "participants", "figures/dead", "places/places/havana", "participants/actors/a",
     "participants/actors/a:host", "relations/part-of/events/x", "same_as", "tags", "summary", "labels",
     "names", "names/Playa Girón", "names/a/b"],
)  # fmt: skip
def test_properties_of_an_event(read, prop):
    record = read({**EVENT, "evidence": evidence({"property": prop})})
    assert record.evidence[0].property == prop
    assert parse_property(prop).text == prop


@pytest.mark.parametrize(
    ("prop", "code", "suggestion"),
    [
        ("datte", "unknown_property", "date"),
        ("evidence", "unknown_property", None),
        ("revision", "unknown_property", None),
        ("in_force", "unknown_property", None),
        ("parties/actors/a", "unknown_property", None),
        ("figures/deat", "unknown_member", "figures/dead"),
        ("figures/", "invalid_property", "figures/dead"),
        ("date/start", "invalid_property", None),
        ("participants/a", "invalid_property", "participants/actors/a:host"),
        ("participants/actors/a:victim", "unknown_member", "participants/actors/a:host"),
        ("participants/actors/a:", "invalid_property", "participants/actors/a:host"),
        ("places/places/havanna", "unknown_member", "places/places/havana"),
        ("names/", "invalid_property", None),
        ("names/Playa Giron", "unknown_member", "names/Playa Girón"),
        ("relations/events/x", "invalid_property", "relations/part-of/events/x"),
        ("relations/has-part/events/x", "unknown_member", "relations/part-of/events/x"),
    ],
)
def test_properties_that_are_none(faults, suggestions, prop, code, suggestion):
    document = {**EVENT, "evidence": evidence({"property": prop})}
    assert faults(document) == {"/evidence/0/property": code}
    if suggestion is not None:
        assert suggestions(document)["/evidence/0/property"] == suggestion


@pytest.mark.parametrize(
    ("prop", "value", "kept"),
    [
        ("title", "Other", "Other"),
        ("labels", {"es": "Otro"}, {"es": "Otro"}),
        ("tags", ["a"], ["a"]),
        ("type", "battle", "battle"),
        ("figures/dead", {"low": 20}, {"id": "dead", "measure": "deaths", "low": 20, "unit": "persons"}),
        ("participants/actors/a:host", {"role": "guest"}, {"actor": "actors/a", "role": "guest"}),
        ("places/places/havana", {"role": "origin"}, {"place": "places/havana", "role": "origin"}),
        ("participants", [{"actor": "actors/b"}], [{"actor": "actors/b"}]),
        ("names/a/b", {"language": "es"}, {"name": "a/b", "language": "es"}),
        ("relations/part-of/events/x", {"note": "n"}, {"type": "part-of", "target": "events/x", "note": "n"}),
    ],
)
def test_values_take_the_shape_of_their_property(read, prop, value, kept):
    record = read({**EVENT, "evidence": evidence({"property": prop, "value": value})})
    document = orjson.loads(to_canonical_json(record))
    assert document["evidence"][0]["value"] == kept
    assert load_stored(kind_by_name("event"), to_canonical_json(record)) == record
    assert type(load_stored(kind_by_name("event"), to_canonical_json(record)).evidence[0].value) is type(
        record.evidence[0].value
    )


def test_a_date_as_value_is_a_date(read):
    record = read({"date": "1961", "evidence": evidence({"property": "date", "value": "1962~"})})
    assert record.evidence[0].value.value.qualified
    assert b'"label"' in to_canonical_json(record)
    assert orjson.loads(to_revision_json(record))["evidence"][0]["value"] == {"edtf": "1962~"}


@pytest.mark.parametrize(
    ("prop", "value", "found"),
    [
        ("date", "x", {"/evidence/0/value": "invalid_edtf"}),
        ("date", {"edtf": "x"}, {"/evidence/0/value/edtf": "invalid_edtf"}),
        (
            "date",
            {"edft": "1967"},
            {"/evidence/0/value/edft": "unknown_field", "/evidence/0/value/edtf": "missing"},
        ),
        ("title", " ", {"/evidence/0/value": "too_short"}),
        ("type", "batle", {"/evidence/0/value": "unknown_term"}),
        ("figures/dead", 12, {"/evidence/0/value": "wrong_type"}),
        (
            "figures/dead",
            {"low": "x", "hgh": 1},
            {"/evidence/0/value/low": "wrong_type", "/evidence/0/value/hgh": "unknown_field"},
        ),
        ("figures/dead", {"low": 3, "high": 2}, {"/evidence/0/value": "wrong_order"}),
        ("participants", [{"actor": "places/x"}], {"/evidence/0/value/0/actor": "wrong_reference"}),
        (None, "x", {"/evidence/0/property": "missing"}),
    ],
)
def test_values_of_another_shape(faults, prop, value, found):
    item = {"value": value} | ({} if prop is None else {"property": prop})
    assert faults({**EVENT, "evidence": evidence(item)}) == found


WORDS = " ".join(["word"] * 13)


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ({"start": 0, "end": 3}, None),
        ({"start": 0, "end": 3, "exact": "a\U0001f600b"}, None),
        ({"exact": "abc", "prefix": "x", "suffix": "y"}, None),
        ({"page": 3}, None),
        ({"page": "xiv", "paragraph": 2}, None),
        ({"page": "S.\u00a0xiv"}, None),
        ({"exact": WORDS[:-5]}, None),
        ({"exact": WORDS}, ("", "too_long")),
        ({"exact": "x" * 201}, ("/exact", "too_long")),
        ({"start": 3}, ("", "missing")),
        ({"start": 3, "end": 3}, ("", "wrong_order")),
        ({"start": -1, "end": 3}, ("/start", "out_of_range")),
        ({"start": 0.5, "end": 3}, ("/start", "wrong_type")),
        ({"start": 0, "end": 3, "exact": "ab"}, ("", "wrong_length")),
        ({"prefix": "x"}, ("", "missing")),
        ({"page": ""}, "empty"),
        ({"page": [3]}, ("/page", "wrong_type")),
        ({"page": "a\nb"}, ("/page", "invalid_text")),
        ({"page": "\u200b"}, ("/page", "invalid_text")),
        ({"page": 3.5}, ("/page", "wrong_type")),
    ],
)
def test_selectors(read, faults, selector, found):
    document = {"evidence": evidence({"selector": selector})}
    if found is None:
        assert orjson.loads(to_canonical_json(read(document)))["evidence"][0]["selector"] == selector
    elif found == "empty":
        assert read(document).evidence[0].selector is None
    else:
        assert faults(document) == {f"/evidence/0/selector{found[0]}": found[1]}


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({}, {"/evidence/0/source": "missing"}),
        ({"basis": "inferred", "note": "x"}, {"/evidence/0/source": "missing"}),
        ({"basis": "external"}, {"/evidence/0/note": "missing"}),
        ({"basis": "external", "note": "x", "selector": {"page": 1}}, {"/evidence/0/source": "missing"}),
        ({"basis": "external", "note": "x"}, None),
        ({"source": "sources/x", "basis": "external"}, None),
        ({"source": "events/x"}, {"/evidence/0/source": "wrong_reference"}),
        ({"source": "sources/x", "rank": "best"}, {"/evidence/0/rank": "unknown_term"}),
    ],
)
def test_evidence_has_a_source_or_says_why_not(read, faults, item, found):
    if found is None:
        assert read({"evidence": [item]}).evidence[0].id == "e1"
    else:
        assert faults({"evidence": [item]}) == found


def test_ids_are_given_and_stay(read):
    record = read(
        {
            "figures": [
                {"measure": "deaths", "best": 1},
                {"id": "deaths-2", "measure": "injured", "best": 1},
                {"measure": "deaths", "best": 2},
            ],
            "evidence": evidence({}, {"id": "e1"}, {"id": "e3"}, {}, {}),
        }
    )
    assert [figure.id for figure in record.figures] == ["deaths", "deaths-2", "deaths-3"]
    assert [item.id for item in record.evidence] == ["e2", "e1", "e3", "e4", "e5"]
    assert read(orjson.loads(to_canonical_json(record))) == record
    provisions = read(
        {
            "provisions": [
                {"label": "Energía"},
                {"type": None, "text": "x"},
                {"text": "y"},
                {"label": "Energia"},
            ]
        },
        "agreement",
    ).provisions
    assert [provision.id for provision in provisions] == ["energia", "p1", "p2", "energia-2"]


def test_whole_numbers_are_whole_however_they_are_written(read):
    document = {"evidence": evidence({"selector": {"page": 3.0, "start": 2.0, "end": 5}})}
    selector = orjson.loads(to_canonical_json(read(document)))["evidence"][0]["selector"]
    assert orjson.dumps(selector) == b'{"start":2,"end":5,"page":3}'
