"""What a mapping leaves out, what it hands on, and what is checked of it before a row is read."""

from pathlib import Path

import orjson
import pytest
from test_mapping_cells import all_faults
from test_mappings import event, made

from app.database.vocabulary import vocabulary_of
from app.errors import InvalidDocument
from app.imports.mapping.apply import read_mapped
from app.imports.mapping.declaration import declared, read_mapping
from app.imports.mapping.earlier_rows import Seen
from app.settings import data_dir
from app.values.failsafe_yaml import load_failsafe_yaml

EMPTINESS = [
    # A tie stays with its reference, be that constant or not, and goes without it.
    ("evidence", '{source: sources/s, note: "{n}"}', "x", {"source": "sources/s", "note": "x"}),
    ("evidence", '{source: sources/s, note: "{n}"}', "", {"source": "sources/s"}),
    (
        "evidence",
        '{source: sources/s, property: date, note: "{n}"}',
        "",
        {"source": "sources/s", "property": "date"},
    ),
    ("evidence", '{source: sources/s, selector: {page: "{n}"}}', "", {"source": "sources/s"}),
    ("evidence", '{source: "sources/{n}", property: date}', "", None),
    ("evidence", '{basis: external, note: "{n}"}', "", None),
    ("participants", '{actor: actors/a, role: "{n}"}', "", {"actor": "actors/a"}),
    ("participants", '{actor: "actors/{n}", role: guest}', "", None),
    (
        "places",
        '{place: places/p, role: site, precision_m: "{n}"}',
        "",
        {"place": "places/p", "role": "site"},
    ),
    (
        "relations",
        '{type: part-of, target: events/e, date: {start: "{n}", end: ".."}}',
        "",
        {"type": "part-of", "target": "events/e"},
    ),
    ("relations", '{type: part-of, target: "events/{n}"}', "", None),
    # Without what it states an item of evidence would state something else.
    ("evidence", '{source: sources/s, property: date, value: {edtf: "{n}"}}', "", None),
    ("evidence", '{source: sources/s, property: type, value: "{n}"}', "", None),
    ("evidence", '{source: sources/s, property: "figures/{n}"}', "", None),
    # A constant is no number of the row.
    ("figures", '{measure: deaths, low: "0", best: "{n}"}', "", None),
    ("figures", '{measure: deaths, low: "1", best: "{n}", group: "{id}"}', "", None),
    (
        "figures",
        '{measure: deaths, low: "1", best: "{n}", group: "{id}"}',
        "3",
        {"measure": "deaths", "low": 1, "best": 3, "group": "1"},
    ),
    (
        "figures",
        '{measure: deaths, group: "{id}", best: "3"}',
        "",
        {"measure": "deaths", "group": "1", "best": 3},
    ),
    ("figures", '{measure: deaths, low: "{n}", high: "{n}", in_order: true}', "", None),
]


@pytest.mark.parametrize(("name", "said", "cell", "item"), EMPTINESS)
def test_an_item_with_an_empty_cell(name, said, cell, item):
    assert event(f"    {name}: [{said}]\n", f"id,n\n1,{cell}\n")[0].get(name) == (
        None if item is None else [item]
    )


MEMBERS = [
    ("agreement", 'in_force: {start: "{n}", end: ".."}', "in_force", None),
    ("agreement", 'in_force: {edtf: {start: "{n}", end: ".."}, note: by the table}', "in_force", None),
    ("agreement", "in_force: 1848/..", "in_force", "1848/.."),
    (
        "agreement",
        'parties: [{actor: actors/a, actions: [{action: signed, date: "{n}"}]}]',
        "parties",
        [{"actor": "actors/a"}],
    ),
    ("agreement", 'provisions: [{id: p, label: P, text: "{n}"}]', "provisions", None),
    ("event", 'date: {edtf: "1848", note: "{n}"}', "date", {"edtf": "1848"}),
    ("event", 'date: {edtf: "{n}", note: by the table}', "date", None),
    (
        "mission",
        'established_under: {agreement: agreements/g, provision: "{n}"}',
        "established_under",
        {"agreement": "agreements/g"},
    ),
    ("place", 'geometry: {point: ["{n}", "{n}"]}', "geometry", None),
    ("place", 'geometry: {point: ["{n}", "0"]}', "geometry", None),
    # An empty cell is none that a look-up or an expression provides for.
    ("event", 'type: {from: "{n}", look_up: {"1": battle}, default: other}', "type", None),
    ("event", 'type: {from: "{n}", match: {"^$": battle}, default: other}', "type", None),
]


@pytest.mark.parametrize(("kind", "said", "name", "value"), MEMBERS)
def test_a_member_with_an_empty_cell(kind, said, name, value):
    (found,), faults = made(f'records: [{{kind: {kind}, id: x, title: "{{t}}", {said}}}]', "t,n\nT,\n")
    assert faults == []
    assert found.get(name) == value


def test_half_a_point_is_a_fault():
    said = 'records: [{kind: place, id: x, title: T, geometry: {point: ["{x}", "{y}"]}}]'
    assert [(one.code, one.pointer) for one in all_faults(said, "x,y\n1,\n")] == [
        ("half_a_point", "/geometry")
    ]


def test_an_id_that_is_empty_is_a_fault_of_the_row_and_never_made_of_the_title():
    said = 'records: [{kind: event, id: "{id|slug}", title: "{t}"}]'
    (fault,) = all_faults(said, "id,t\n,Of the title\nb,B\n")
    assert (fault.code, fault.pointer) == ("empty_id", "/id")
    assert "(column id)" in fault.detail
    # Where nothing is said of an id, it is made of the title; where nothing is there at all, no record is.
    assert made('records: [{kind: event, title: "{t}"}]', "id,t\n,T\n")[0] == [
        {"title": "T", "kind": "event"}
    ]
    assert made('records: [{kind: actor, id: "{id}", title: "{t}"}]', "id,t,u\n,,x\n") == ([], [])


def handed_on(mapping, table, form="csv"):
    found = read_mapped(declared(load_failsafe_yaml(mapping), Path()), form, [table.encode()])
    return [(one.line, one.raw["title"], one.if_missing) for one in found if one.raw is not None]


def test_what_gives_way_and_says_something_else_is_handed_on():
    said = 'records: [{kind: actor, if_missing: true, id: "{id}", title: "{t}"}]'
    assert handed_on(said, "id,t\na,A\na,A\na,Another\nb,B\na,A\na,Another\n") == [
        (2, "A", True),
        (4, "Another", True),
        (5, "B", True),
    ]


def test_records_without_an_id_give_way_by_what_they_say():
    said = 'records: [{kind: actor, if_missing: true, title: "{t}"}]'
    assert handed_on(said, "t\nA\nB\nA\n") == [(2, "A", True), (3, "B", True)]


def test_what_is_remembered_is_bounded_and_past_it_all_is_handed_on():
    seen = Seen(most=2)
    documents = [{"kind": "place", "id": f"p{n}", "geometry": {"n": n}} for n in range(3)]
    assert [seen.is_repeated(one) for one in documents * 2] == [False, False, False, True, True, False]
    for at, one in enumerate(documents):
        seen.check_place(one, at, "line")
    seen.check_place({**documents[2], "geometry": {"n": 9}}, 9, "line")


PLACES = 'records: [{kind: place, if_missing: %s, id: "{n|slug}", title: "{n}", geometry: {point: ["{x}", "{y}"]}}]'


@pytest.mark.parametrize("if_missing", ["true", "false"])
def test_two_places_of_one_id_are_not_one(if_missing):
    said = PLACES % if_missing
    (fault,) = all_faults(said, "n,x,y\nA,1,2\nB,1,2\nA,1,2\nA,1,2.5\nA,,\n")
    assert (fault.code, fault.pointer, fault.value, fault.record) == ("two_places", "/id", "a", "places/a")
    assert "lines 2 and 5" in fault.detail
    assert "{latitude|slug}" in fault.detail


def collection(*features):
    """Write features, each of its properties and its coordinates."""
    made = [
        {
            "type": "Feature",
            "properties": properties,
            "geometry": at and {"type": "Point", "coordinates": at},
        }
        for properties, at in features
    ]
    return orjson.dumps({"type": "FeatureCollection", "features": made}).decode()


def test_features_are_counted_and_not_lines():
    table = collection(*(({"n": "A"}, [x, 2]) for x in (1, 1, 3)))
    said = 'records: [{kind: place, id: "{n|slug}", title: "{n}", geometry: "{geometry}"}]'
    (fault,) = all_faults(said, table, "geojson")
    assert "features 1 and 3" in fault.detail
    found = read_mapped(declared(load_failsafe_yaml(said), Path()), "geojson", [table.encode()])
    assert [(one.line, one.number) for one in found] == [(1, 1), (1, 2), (1, 3)]


def test_what_has_no_key_is_joined_to_nothing(tmp_path):
    (tmp_path / "sides.csv").write_text("key,who\n,A\n-,B\n1,C\n")
    said = """\
table: {empty: "-"}
join: {sides: {file: sides.csv, on: id, key: key}}
records:
  - kind: event
    title: "{t}"
    participants: [{each: {join: sides, as: side}, actor: "actors/{side.who|slug}"}]
"""
    documents, _ = made(said, "id,t\n,T\n-,U\n1,V\n", folder=tmp_path)
    assert [len(one.get("participants", ())) for one in documents] == [0, 0, 1]


def test_an_empty_value_can_be_asked_for():
    said = """\
records:
  - {kind: event, when: {from: "{k}", is: ["", a]}, title: "is {t}"}
  - {kind: event, when: {from: "{k}", not: [""]}, title: "not {t}"}
"""
    documents, _ = made(said, "t,k\n1,\n2,a\n3,b\n")
    assert [one["title"] for one in documents] == ["is 1", "is 2", "not 2", "not 3"]


@pytest.mark.parametrize(
    ("said", "pointers"),
    [
        # Words that would be passed over.
        ('summary: {from: "{a}", default: x}', ["/summary/default"]),
        ('summary: {from: "{a}", is: x}', ["/summary/is"]),
        ('summary: {from: "{a}", decimal: ","}', ["/summary/decimal"]),
        ('date: {start: "{a}", end: "{b}", ranges: yes}', ["/date/ranges"]),
        ('date: {start: "{a}", end: {from: "{b}", open: maybe}}', ["/date/end/open"]),
        ('date: {start: "{a}", end: {from: "{b}", open: true, same: true}}', ["/date/end"]),
        ('date: {start: {from: "{a}", open: true}}', ["/date/start/open"]),
        ('date: {end: "{b}"}', ["/date/end"]),
        ('date: {year: "{a}", day: "{b}"}', ["/date/day"]),
        ('date: {year: "{a}", start: "{b}"}', ["/date"]),
        ('date: {start: {month: "{a}"}, end: "{b}"}', ["/date/start/month"]),
        ('figures: [{measure: deaths, best: {from: "{a}", decimal: ";"}}]', ["/figures/0/best"]),
        (
            'figures: [{measure: deaths, best: {from: "{a}", thousands: ",", decimal: ","}}]',
            ["/figures/0/best"],
        ),
        (
            'figures: [{measure: deaths, best: {from: "{a}", look_up: {x: "1"}, decimal: ","}}]',
            ["/figures/0/best"],
        ),
        ('figures: [{measure: deaths, best: "{a}", in_order: 1}]', ["/figures/0/in_order"]),
        ('tags: [{from: "{a}", split: [";"]}]', ["/tags/0/split"]),
        ('tags: [{from: "{a}", look_up: {x: [y]}}]', ["/tags/0/look_up/x"]),
        ('when: {from: "{a}", split: ";", is: x}', ["/when/split"]),
        ('when: {from: "{a}", is: x, not: y}', ["/when"]),
        ("if_missing: yes", ["/if_missing"]),
        ('once: true, summary: "{a}"', ["/once"]),
        # What no row can mend.
        ("participants: [{actor: actors/a, rle: guest}]", ["/participants/0/rle"]),
        ("evidence: [{source: sources/s, stance: supports-it}]", ["/evidence/0/stance"]),
        ('date: {edtf: "{a}", calender: julian}', ["/date/calender"]),
        ('date: {start: "{a}", precision: yearly}', ["/date/precision"]),
        (
            'date: {start: {from: "{a}", precision: {from: "{b}", look_up: {"1": within}}}, end: "{b}"}',
            ["/date/start/precision/look_up/1"],
        ),
    ],
)
def test_words_that_could_not_be_followed_are_told_before_a_row_is_read(said, pointers):
    with pytest.raises(InvalidDocument) as refused:
        declared(load_failsafe_yaml(f"records: [{{kind: event, title: T, {said}}}]"), Path())
    assert [fault.pointer for fault in refused.value.faults] == [f"/records/0{one}" for one in pointers]


FIXED = """\
look_up:
  roles: {"1": guest, "2": gust, "3": ""}
records:
  - kind: event
    title: T
    type: {from: "{a}", match: {"^1": batle, "^2(.*)": '\\1'}, default: othr}
    participants: [{actor: "actors/{b}", role: {from: "{a}", look_up: roles}}]
    relations: [{type: prt-of, target: "events/{b}"}]
    figures: [{measure: deth, best: "{a}"}]
    places: [{place: "places/{b}", role: "{a}"}]
  - {kind: agreement, title: T, type: trade, provisions: [{type: assistence, label: "{a}"}]}
"""


def test_fixed_terms_are_checked_against_the_vocabulary_of_the_database(database):
    mapping = declared(load_failsafe_yaml(FIXED), Path())
    with database.snapshot() as connection:
        vocabulary = vocabulary_of(connection)
    with pytest.raises(InvalidDocument) as refused:
        mapping.check_terms(vocabulary)
    assert [(fault.pointer, fault.suggestion) for fault in refused.value.faults] == [
        ("/records/0/type/match/^1", "battle"),
        ("/records/0/type/default", "other"),
        ("/look_up/roles/2", "guest"),
        ("/records/0/relations/0/type", "part-of"),
        ("/records/0/figures/0/measure", "deaths"),
        ("/records/1/provisions/0/type", "assistance"),
    ]
    for path in (data_dir("seed_data") / "mappings").glob("*.yaml"):
        read_mapping(path).check_terms(vocabulary)
