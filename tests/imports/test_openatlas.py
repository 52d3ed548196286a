"""Exports of OpenAtlas: Linked Places with persons, events and sources."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.imports.documents import OPENATLAS_OTHER, UNMAPPED
from app.imports.readers import format_of_file, read

HOST = "https://demo.openatlas.example"
CONTEXT = (
    "https://raw.githubusercontent.com/LinkedPasts/linked-places/master/linkedplaces-context-v1.1.jsonld"
)
POINT = {"type": "Point", "coordinates": [16.4, 48.2]}


def span(earliest=None, latest=None, comment=None):
    return {"earliest": earliest, "latest": latest, "comment": comment}


def when(start=None, end=None):
    return {"timespans": [{"start": start or span(), "end": end or span()}]}


def tie(kind, number, system_class, label, **members):
    return {
        "label": label,
        "relationTo": f"{HOST}/api/0.4/entity/{number}",
        "relationType": f"crm:{kind}",
        "relationSystemClass": system_class,
        "type": None,
        "relationDescription": None,
        "when": when(),
        **members,
    }


def entity(number, system_class, title, *relations, **members):
    return {
        "@id": f"{HOST}/entity/{number}",
        "type": "Feature",
        "crmClass": "crm:E1",
        "viewClass": "x",
        "systemClass": system_class,
        "properties": {"title": title},
        "when": when(),
        "types": None,
        "names": None,
        "links": None,
        "depictions": None,
        "geometry": {"type": "GeometryCollection", "geometries": []},
        "relations": list(relations),
        **members,
    }


def file(*features):
    collection = {"@context": CONTEXT, "type": "FeatureCollection", "features": features}
    return orjson.dumps(collection)


def documents(*features):
    data = file(*features)
    return list(read("lpf", [data[at : at + 101] for at in range(0, len(data), 101)]))


EVENT = entity(
    1,
    "move",
    "The journey",
    tie("P11 had participant", 2, "person", "Anna", type="Guest"),
    tie("P14 carried out by", 3, "group", "The guild", relationDescription="At its cost"),
    tie("P26 moved to", 15, "object_location", "Location of Vienna"),
    tie("P27 moved from", 99, "object_location", "Location of Graz"),
    tie("P67i is referred to by", 6, "source", "Letter", relationDescription="12-13"),
    tie("P67i is referred to by", 7, "file", "Photograph"),
    tie("P117 occurs during", 8, "event", "The war"),
    when=when(span("1600-05-03T00:00:00"), span("1600-05-07T00:00:00", comment="at dusk")),
    types=[{"identifier": f"{HOST}/api/0.4/entity/40", "label": "Expedition"}, {"label": "By boat"}],
    descriptions=[{"value": "They went."}],
)
PERSON = entity(
    2,
    "person",
    "Anna",
    tie("P11i participated in", 1, "move", "The journey", type="Guest"),
    tie(
        "P107i is current or former member of",
        3,
        "group",
        "The guild",
        type="Leader",
        when=when(span("1601-01-01")),
    ),
    tie("OA7 has relationship to", 4, "person", "Berta", type="FriendOf"),
    tie("OA7 has relationship to", 9, "person", "Carl", type="ParentOf(ChildOf)"),
    tie("OA8 begins in", 15, "object_location", "Location of Vienna"),
    tie("P2 has type", 41, "type", "Female"),
    when=when(span("1570-01-01", "1579-12-31")),
    names=[{"alias": "Anna of Vienna"}],
    types=[{"label": "Female"}],
)
FRIEND = entity(4, "person", "Berta", tie("OA7 has relationship to", 2, "person", "Anna", type="FriendOf"))
PLACE = entity(
    5,
    "place",
    "Vienna",
    tie("P53 has former or current location", 15, "object_location", "Location of Vienna"),
    tie("P46 is composed of", 10, "feature", "Wall"),
    geometry=POINT,
    links=[
        {
            "type": "closeMatch",
            "identifier": "https://www.geonames.org/2761369",
            "referenceSystem": "GeoNames",
        }
    ],
    types=[{"label": "City"}],
)
WALL = entity(10, "feature", "Wall", tie("P46i forms part of", 5, "place", "Vienna"))
SOURCE = entity(
    6,
    "source",
    "Letter",
    tie("P67 refers to", 1, "move", "The journey"),
    tie("P67 refers to", 2, "person", "Anna"),
)
TYPE = entity(41, "type", "Female")
ALL = (EVENT, PERSON, FRIEND, PLACE, WALL, SOURCE, TYPE)


def name(number):
    return f"demo-openatlas-example-entity-{number}"


def test_entities_are_records_and_each_tie_is_told_once():
    found = documents(*ALL)
    assert not any(one.faults for one in found)
    told = {one.raw["id"]: one for one in found}
    assert told[name(1)].raw == {
        "kind": "event",
        "id": name(1),
        "title": "The journey",
        "type": "expedition",
        "tags": ["move", "By boat"],
        "same_as": [f"{HOST}/entity/1"],
        "date": {"edtf": "1600-05-03/1600-05-07"},
        "summary": "They went.\n\nEnd: at dusk",
        "participants": [
            {"actor": f"actors/{name(2)}", "role": "guest"},
            {"actor": f"actors/{name(3)}", "role": "implementer", "note": "At its cost"},
        ],
        "places": [
            {"place": f"places/{name(5)}", "role": "destination"},
            {"place": f"places/{name(99)}", "role": "origin"},
        ],
        "relations": [{"type": "part-of", "target": f"events/{name(8)}"}],
        "evidence": [{"source": f"sources/{name(6)}", "stance": "mentions", "note": "12-13"}],
    }
    assert told[name(1)].notes == (OPENATLAS_OTHER, UNMAPPED)
    assert told[name(2)].raw == {
        "kind": "actor",
        "id": name(2),
        "title": "Anna",
        "type": "person",
        "tags": ["Female"],
        "aliases": ["Anna of Vienna"],
        "same_as": [f"{HOST}/entity/2"],
        "date": {"edtf": "157X/", "note": "The start lies between 1570-01-01 and 1579-12-31."},
        "places": [{"place": f"places/{name(5)}", "role": "birthplace"}],
        "relations": [
            {
                "type": "member-of",
                "target": f"actors/{name(3)}",
                "date": {"edtf": "1601-01-01/"},
                "note": "Leader",
            },
            {"type": "friend-of", "target": f"actors/{name(4)}"},
            {
                "type": "related-to",
                "target": f"actors/{name(9)}",
                "note": "Parent Of (Child Of); has relationship to",
            },
        ],
    }
    assert told[name(2)].notes == told[name(5)].notes == ()
    assert "relations" not in told[name(4)].raw
    assert told[name(5)].raw == {
        "kind": "place",
        "id": name(5),
        "title": "Vienna",
        "type": "city",
        "same_as": [f"{HOST}/entity/5", "https://www.geonames.org/2761369"],
        "geometry": POINT,
    }
    assert told[name(10)].raw["relations"] == [{"type": "part-of", "target": f"places/{name(5)}"}]
    assert told[name(6)].raw["relations"] == [{"type": "concerns", "target": f"actors/{name(2)}"}]
    missing = {one.raw["id"]: (one.raw["kind"], one.raw["title"]) for one in found if one.if_missing}
    assert missing == {
        name(3): ("actor", "The guild"),
        name(8): ("event", "The war"),
        name(9): ("actor", "Carl"),
        name(99): ("place", "Graz"),
    }


def test_they_are_imported_and_imported_again(importer):
    report = importer(file(*ALL), "lpf")
    assert (report.faults, report.counts.created) == ([], 10)
    assert importer(file(*reversed(ALL)), "lpf").counts.unchanged == 10


def test_the_answer_to_a_query_is_recognised_and_read(importer):
    collections = [{"@context": CONTEXT, "type": "FeatureCollection", "features": [one]} for one in ALL]
    answer = orjson.dumps(
        {"pagination": {"entities": 7, "index": [{"page": 1, "startId": 1}]}, "results": collections}
    )
    assert format_of_file("a.json", [answer])[0] == format_of_file("a.json", [file(*ALL)])[0] == "lpf"
    assert importer(answer, "lpf").counts.created == 10


@pytest.mark.parametrize(
    ("system_class", "start", "end", "edtf"),
    [
        ("event", span("1600-05-03"), None, "1600-05-03"),
        ("event", span("1600-05-03", "1600-05-09"), None, "[1600-05-03..1600-05-09]"),
        ("event", span("1600-01-01", "1600-12-31"), None, "1600"),
        ("event", span("-0043-03-15T00:00:00"), None, "-0043-03-15"),
        ("event", span("None", "None"), span("None", "None"), None),
        ("group", span("1600-05-03"), None, "1600-05-03/"),
        ("group", None, span("1600-05-03"), "/1600-05-03"),
        ("place", span("1600-01-01", "1649-12-31"), span("1700-01-01", "1700-12-31"), "16XX/1700"),
    ],
)
def test_dates(system_class, start, end, edtf):
    (found,) = documents(entity(1, system_class, "A", when=when(start, end)))
    assert (found.raw.get("date") or {}).get("edtf") == edtf
    assert found.notes == ()


def test_a_date_that_the_other_entity_has_is_not_that_of_the_tie():
    lived = when(span("1600-05-03"), span("1650-05-03"))
    group = tie("P107i is member of", 2, "group", "B", when=lived)
    person, _ = documents(entity(1, "person", "A", group), entity(2, "group", "B", when=lived))
    assert person.raw["relations"] == [{"type": "member-of", "target": f"actors/{name(2)}"}]


def test_what_no_feature_of_the_other_states_is_kept():
    inverse = tie("P11i participated in", 1, "event", "A")
    person, event, missing = documents(entity(2, "person", "B", inverse), entity(3, "event", "C"))
    assert person.raw["relations"] == [
        {"type": "related-to", "target": f"events/{name(1)}", "note": "participated in"}
    ]
    assert (event.raw["id"], missing.if_missing) == (name(3), True)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"systemClass": "dragon"}, "unknown_class"),
        ({"@id": None}, "missing"),
        ({"systemClass": "type"}, "no_records"),
    ],
)
def test_what_is_refused(members, code):
    (found,) = documents(entity(1, "person", "A") | members)
    assert [fault.code for fault in found.faults] == [code]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(
    members=st.dictionaries(st.sampled_from(sorted(EVENT)), JSON, max_size=4),
    relation=st.dictionaries(st.sampled_from(sorted(EVENT["relations"][0])), JSON, max_size=3),
)
def test_any_members_are_documents_or_faults(members, relation):
    changed = entity(1, "event", "A", tie("P11 had participant", 2, "person", "B") | relation) | members
    try:
        data = file(changed)
    except TypeError:
        # An integer of more than 64 bits.
        data = file(EVENT)
    assert all((one.raw is None) == bool(one.faults) for one in read("lpf", [data]))
