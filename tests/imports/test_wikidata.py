"""Entities of Wikidata as documents."""

import orjson
import pytest

from app.imports.documents import UNMAPPED
from app.imports.readers.wikidata import read_wikidata
from app.imports.readers.wikidata.reader import begins_with_entities
from app.records.kinds import kind_by_name

GREGORIAN = "http://www.wikidata.org/entity/Q1985727"
JULIAN = "http://www.wikidata.org/entity/Q1985786"


def snak(value):
    return {"snaktype": "value", "datavalue": {"value": value, "type": "x"}}


def said(value, rank="normal", **qualifiers):
    return {
        "mainsnak": snak(value),
        "rank": rank,
        "qualifiers": {name: [snak(one)] for name, one in qualifiers.items()},
    }


def item_value(number):
    return {"entity-type": "item", "numeric-id": number, "id": f"Q{number}"}


def time(text, precision, calendar=GREGORIAN):
    return {"time": text, "precision": precision, "calendarmodel": calendar, "before": 0, "after": 0}


def item(number, class_number, label, **claims):
    return {
        "type": "item",
        "id": f"Q{number}",
        "labels": {
            "en": {"language": "en", "value": label},
            "es": {"language": "es", "value": f"{label} (es)"},
        },
        "descriptions": {"en": {"language": "en", "value": "a thing"}},
        "aliases": {"en": [{"language": "en", "value": "Alias"}]},
        "claims": {"P31": [said(item_value(class_number))], **claims},
    }


BATTLE = item(
    10,
    178561,
    "Battle of the Ford",
    P585=[
        said(time("-0044-03-15T00:00:00Z", 11, JULIAN), "preferred"),
        said(time("-0045-00-00T00:00:00Z", 9, JULIAN)),
        said(time("-0050-00-00T00:00:00Z", 9, JULIAN), "deprecated"),
    ],
    P276=[said(item_value(30))],
    P710=[said(item_value(20)), said(item_value(21))],
    P999=[said("elsewhere")],
)
PERSON = item(
    20,
    5,
    "Ana",
    P569=[said(time("+1720-00-00T00:00:00Z", 9, JULIAN))],
    P570=[said(time("+1790-05-03T00:00:00Z", 11))],
)
CITY = item(30, 515, "Fordtown", P625=[said({"latitude": 52.5, "longitude": 13.4, "globe": ".../Q2"})])


def read(*items, wrapped="entities"):
    texts = {
        "entities": orjson.dumps({"entities": {one["id"]: one for one in items}}),
        "array": b"[\n" + b",\n".join(map(orjson.dumps, items)) + b"\n]\n",
        "lines": b"\n".join(map(orjson.dumps, items)),
    }
    text = texts[wrapped]
    assert begins_with_entities(text[:4096].decode())
    return list(read_wikidata([text[:100], text[100:]]))


@pytest.mark.parametrize("wrapped", ["entities", "array", "lines"])
def test_items_become_records_however_they_are_wrapped(wrapped):
    found = read(BATTLE, PERSON, CITY, wrapped=wrapped)
    assert all(not one.faults for one in found)
    assert [(one.raw["kind"], one.raw["id"], one.if_missing) for one in found] == [
        ("event", "q10", False),
        ("actor", "q20", False),
        ("place", "q30", False),
        ("source", "wikidata", True),
        ("actor", "q21", True),
    ]


def test_one_item_may_stand_on_several_lines():
    spread = orjson.dumps(CITY, option=orjson.OPT_INDENT_2)
    assert begins_with_entities(spread.decode())
    assert [one.raw for one in read_wikidata([spread])] == [one.raw for one in read(CITY)]


@pytest.mark.parametrize(
    ("class_id", "property_id", "relation"),
    [
        (515, "P463", None),
        (515, "P361", "part-of"),
        (5, "P463", "member-of"),
        (571, "P155", None),
        (178561, "P155", "follows"),
        (178561, "P1365", None),
        (515, "P1365", "successor-of"),
    ],
)
def test_relations_are_those_that_a_kind_may_have(importer, class_id, property_id, relation):
    one = item(77, class_id, "Example", **{property_id: [said(item_value(78))]})
    found = next(read_wikidata([orjson.dumps([one])]))
    assert (
        [one["type"] for one in found.raw["relations"]] == [relation]
        if relation
        else not found.raw.get("relations")
    )
    assert bool(found.notes) == (relation is None)
    assert importer(orjson.dumps([one]), "wikidata").faults == []


def test_items_that_are_read_as_missions_may_succeed_each_other():
    one = item(77, 5, "Example", P1365=[said(item_value(78))])
    found = next(read_wikidata([orjson.dumps([one])], kind_by_name("mission")))
    assert found.raw["relations"] == [{"target": "missions/q78", "type": "successor-of"}]


def test_items_are_imported_and_imported_again(importer, stored):
    body = orjson.dumps([BATTLE, PERSON, CITY])
    report = importer(body, "wikidata")
    assert (report.faults, report.counts.created) == ([], 5)
    again = importer(body, "wikidata")
    assert (again.counts.unchanged, again.counts.updated) == (5, 0)
    # A record that was named alone gives way to its item.
    late = importer([item(21, 5, "Late")], "wikidata")
    assert (late.faults, late.counts.updated) == ([], 1)
    assert sorted(one["title"] for one in stored() if one["kind"] == "actor") == ["Ana", "Late"]


def test_an_event_has_its_best_date_and_the_others_compete_with_it():
    event = read(BATTLE)[0]
    assert event.notes == (UNMAPPED,)
    raw = event.raw
    assert (raw["title"], raw["labels"], raw["aliases"]) == (
        "Battle of the Ford",
        {"es": "Battle of the Ford (es)"},
        ["Alias"],
    )
    assert raw["date"] == {"edtf": "-0043-03-15", "calendar": "julian"}
    assert raw["places"] == [{"place": "places/q30", "role": "site"}]
    assert raw["participants"] == [{"actor": f"actors/q{n}", "role": "participant"} for n in (20, 21)]
    assert [(one.get("value", {}).get("edtf"), one.get("rank")) for one in raw["evidence"]] == [
        (None, None),
        ("-0044", "normal"),
        ("-0049", "deprecated"),
    ]


def test_a_life_in_two_calendars_is_gregorian_and_says_so():
    date = read(PERSON)[0].raw["date"]
    assert date == {"edtf": "1720/1790-05-03", "note": "The start is 1720 in the Julian calendar."}


def test_a_day_of_the_julian_calendar_is_converted_beside_a_gregorian_one():
    one = item(
        1,
        5,
        "x",
        P569=[said(time("+1689-05-30T00:00:00Z", 11, JULIAN))],
        P570=[said(time("+1760-01-02T00:00:00Z", 11))],
    )
    assert read(one)[0].raw["date"]["edtf"] == "1689-06-09/1760-01-02"


def test_qualifiers_of_a_time_are_read():
    circa = item(1, 198, "x", P585=[said(time("+1850-00-00T00:00:00Z", 9), P1480=item_value(5727902))])
    assert read(circa)[0].raw["date"] == {"edtf": "1850~"}
    between = item(
        1,
        198,
        "x",
        P585=[
            said(
                time("+1850-00-00T00:00:00Z", 8),
                P1319=time("+1851-00-00T00:00:00Z", 9),
                P1326=time("+1853-00-00T00:00:00Z", 9),
            )
        ],
    )
    assert read(between)[0].raw["date"] == {"edtf": "[1851..1853]"}


def test_a_source_has_what_bibliographies_say():
    article = item(
        5,
        13442814,
        "On fords",
        P577=[said(time("+1999-04-00T00:00:00Z", 10))],
        P356=[said("10.1000/182")],
        P478=[said("12")],
        P304=[said("1-9")],
        P2093=[said("A. Uthor"), said("B. Uthor")],
    )
    raw = read(article)[0].raw
    assert {name: raw[name] for name in ("doi", "volume", "pages", "authors", "date")} == {
        "doi": "10.1000/182",
        "volume": "12",
        "pages": "1-9",
        "authors": ["A. Uthor", "B. Uthor"],
        "date": {"edtf": "1999-04"},
    }


@pytest.mark.parametrize(
    ("broken", "code", "value"),
    [
        (item(1, 99999999, "x"), "unknown_kind", "Q1, an instance of Q99999999"),
        ({"type": "item", "id": "L1", "claims": {}}, "not_an_item", "L1"),
        (item(1, 198, "x", P585=[said(time("1850", 9))]), "invalid_time", "Q1"),
        (item(1, 198, "x", P585=[said(time("+1850-02-31T00:00:00Z", 11))]), "invalid_time", "Q1"),
    ],
)
def test_what_cannot_be_read_is_a_fault(broken, code, value):
    found = read(broken)
    assert [(fault.code, fault.value) for one in found for fault in one.faults] == [(code, value)]


def test_a_kind_that_is_said_counts():
    one = item(1, 99999999, "x")
    (refused,) = read(one)
    assert all(way in refused.faults[0].detail for way in ("--kind", "kind=event", "events.json"))
    found = list(read_wikidata([orjson.dumps([one])], kind_by_name("actor")))
    assert (found[0].raw["kind"], found[0].faults) == ("actor", ())
