"""Mappings: what columns become, and what is told of a mapping or a cell that cannot be followed."""

from pathlib import Path

import pytest

from app.errors import InvalidDocument
from app.imports.mapping.apply import read_mapped
from app.imports.mapping.declaration import declared, read_mapping
from app.values.failsafe_yaml import load_failsafe_yaml


def made(mapping, table, form="csv", folder=None):
    said = declared(load_failsafe_yaml(mapping), Path(folder or "."))
    data = table if isinstance(table, bytes) else table.encode()
    found = list(read_mapped(said, form, [data], folder))
    return [one.raw for one in found if one.raw], [
        (one.line, fault.pointer, fault.code) for one in found for fault in one.faults
    ]


def event(said, table, **options):
    documents, faults = made(
        f"records:\n  - kind: event\n    id: x-{{id}}\n    title: T\n{said}", table, **options
    )
    assert faults == []
    return [
        {key: one for key, one in document.items() if key not in ("kind", "title")} for document in documents
    ]


def test_templates_constants_and_filters():
    found = event(
        '    summary: "{name|title|line} of {{{id}}}"\n    type: battle\n    url: "{none}"\n    tags: ["{a|slug}", "{b?}x", "{b}"]\n'.replace(
            '    url: "{none}"\n', ""
        ),
        "id,name,a,b\n7,  BATTLE  OF\tL'ORIENT ,Ça va?, \n",
    )
    assert found == [
        {"id": "x-7", "summary": "Battle Of L'orient of {7}", "type": "battle", "tags": ["ca-va", "x"]}
    ]


def test_what_is_empty_is_left_out_with_what_depends_on_it():
    said = """\
    summary: "{a} and {b}"
    participants:
      - {actor: "actors/{a}", role: guest}
      - {actor: "actors/{b}", role: host}
    figures:
      - {measure: deaths, best: "{b}", group: "{a}"}
      - {measure: injured, low: "{n}"}
    evidence:
      - {source: sources/s, note: "{b}"}
      - {source: sources/s}
"""
    found = event("    tags: []\n" + said, "id,a,b,n\n1,x,,1200.50\n")
    assert found == [
        {
            "id": "x-1",
            "participants": [{"actor": "actors/x", "role": "guest"}],
            "figures": [{"measure": "injured", "low": 1200.5}],
            "evidence": [{"source": "sources/s"}],
        }
    ]


def test_cells_that_stand_for_nothing():
    mapping = (
        'table: {empty: ["-99", NA]}\nrecords:\n  - {kind: event, id: "{id}", title: "{t}", summary: "{s}"}\n'
    )
    assert made(mapping, "id,t,s\na,NA,x\nb,T,-99\n")[0] == [
        {"id": "a", "summary": "x", "kind": "event"},
        {"id": "b", "title": "T", "kind": "event"},
    ]


@pytest.mark.parametrize(
    ("said", "cells", "edtf"),
    [
        ('"{a}"', "1967-03~,,,", "1967-03~"),
        ('{year: "{a}", month: "{b}", day: "{c}"}', "1967,3,5,", "1967-03-05"),
        ('{year: "{a}", month: "{b}", day: "{c}"}', "-43,3,,", "-0043-03"),
        ('{year: "{a}", month: "{b}", day: "{c}"}', "67,,,", "0067"),
        ('{start: "{a|day}", end: "{b|day}"}', "2009-02-20T00:00:00,2009-02-20 10:00,,", "2009-02-20"),
        ('{start: "{a}", end: "{b}"}', "1967,1968,,", "1967/1968"),
        ('{start: "{a}", end: ".."}', "1967,,,", "1967/.."),
        (
            '{start: "{a}", end: "{b}", precision: "{c}"}',
            "2009-02-20,2009-02-25,day,",
            "2009-02-20/2009-02-25",
        ),
        (
            '{start: "{a}", end: "{b}", precision: "{c}"}',
            "2009-02-20,2009-02-25,within,",
            "[2009-02-20..2009-02-25]",
        ),
        ('{start: "{a}", end: "{b}", precision: "{c}"}', "2009-02-20,2009-02-25,month,", "2009-02"),
        ('{start: "{a}", end: "{b}", precision: "{c}"}', "2009-02-20,2011-02-25,year,", "2009/2011"),
        ('{start: "{a}", precision: "{c}"}', "2009-02-20,,decade,", "200X"),
        ('{start: "{a}", precision: "{c}"}', "2009-02-20,,century,", "20XX"),
        ('{start: {year: "{a}"}, end: {year: "{b}"}}', "1967,1968,,", "1967/1968"),
        ('{year: "{a}", approximate: "{d}"}', "1967,,,true", "1967~"),
        ('{year: "{a}", approximate: "{d}"}', "1967,,,0", "1967"),
        ('{start: "{a}", end: "{b}", ranges: "true"}', "..1816-01-01,1888-12-30,,", "/1888-12-30"),
        ('{start: "{a}", end: "{b}", ranges: "true"}', "1822-09-07,2017-12-31..,,", "1822-09-07/.."),
        ('{start: "{a}", end: "{b}", ranges: "true"}', "..1816-01-01,2017-12-31..,,", "XXXX/.."),
        ('{year: "{a}"}', ",,,", None),
    ],
)
def test_edtf_from_columns(said, cells, edtf):
    assert event(f"    date: {said}\n", f"id,a,b,c,d\n1,{cells}\n")[0].get("date") == edtf
    (found,) = event(f"    date: {{edtf: {said}, note: N}}\n", f"id,a,b,c,d\n1,{cells}\n")
    assert found.get("date", {}).get("edtf") == edtf


def test_look_ups_matches_and_splits():
    said = """\
    type: {from: "{t}", look_up: {"1": battle}, default: other}
    summary: {from: "{n}", match: {"^Gov.* of (.*)": 'state \\1', "Army": army}, default: ""}
    tags:
      - {from: "{all}", split: ";", look_up: {a: alpha}, default: rest}
      - {from: "{all}", split: ";"}
"""
    assert event(said, "id,t,n,all\n1,1,Government of X,a; b ;;a\n2,9,Army,\n3,,Else,c\n") == [
        {"id": "x-1", "type": "battle", "summary": "state X", "tags": ["alpha", "rest", "a", "b"]},
        {"id": "x-2", "type": "other", "summary": "army"},
        {"id": "x-3", "tags": ["rest", "c"]},
    ]


def test_conditions_and_several_records_a_row():
    mapping = """\
look_up:
  kinds: {"1": person, "2": state}
records:
  - {kind: source, once: "true", id: s, title: S}
  - {kind: actor, if_missing: "true", id: "{who|slug}", title: "{who}", type: {from: "{k}", look_up: kinds}}
  - {kind: event, when: "{what}", id: "{id}", title: "{what}"}
  - {kind: event, when: {from: "{k}", is: ["2"]}, id: "two-{id}", title: Two}
  - {kind: event, when: {from: "{k}", not: ["2", ""]}, id: "one-{id}", title: One}
"""
    documents, faults = made(mapping, "id,who,k,what\na,El Che,1,X\nb,Cuba,2,\nc,El Che,1,Y\n")
    assert faults == []
    assert [f"{one['kind']}/{one['id']}" for one in documents] == [
        "source/s",
        "actor/el-che",
        "event/a",
        "event/one-a",
        "actor/cuba",
        "event/two-b",
        "event/c",
        "event/one-c",
    ]


def test_a_second_table_is_joined(tmp_path):
    (tmp_path / "sides.csv").write_text('battle,who,role\n1,"A & B",1\n1,C,0\n3,Z,0\n')
    mapping = """\
join:
  sides: {file: sides.csv, on: id, key: battle}
columns:
  first: {join: sides, from: "{who}"}
records:
  - kind: actor
    each: [{join: sides, as: side}, {from: "{side.who}", split: "&", as: one}]
    if_missing: "true"
    id: "{one|slug}"
    title: "{one}"
  - kind: event
    id: "{id}"
    title: "{name}, {first?}"
    participants:
      - each: [{join: sides, as: side}, {from: "{side.who}", split: "&", as: one}]
        actor: "actors/{one|slug}"
        role: {from: "{side.role}", look_up: {"1": attacker, "0": defender}}
"""
    documents, faults = made(mapping, "id,name\n1,N\n2,M\n", folder=tmp_path)
    assert faults == []
    assert [one["id"] for one in documents] == ["a", "b", "c", "1", "2"]
    assert documents[3]["title"] == "N, A & B"
    assert documents[3]["participants"] == [
        {"actor": "actors/a", "role": "attacker"},
        {"actor": "actors/b", "role": "attacker"},
        {"actor": "actors/c", "role": "defender"},
    ]
    assert documents[4] == {"id": "2", "title": "M, ", "kind": "event"}


def test_geojson_has_its_geometry_for_a_column():
    text = (
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":1,"x":null,"n":2.0,"b":true},'
        b'"geometry":{"type":"Point","coordinates":[1.4999999999999998,2]}}]}'
    )
    mapping = """\
records:
  - {kind: place, id: "p-{id}", title: "{n} {b} {x?}", geometry: {point: ["{longitude}", "{latitude}"]}}
  - {kind: place, id: "q-{id}", title: Q, geometry: "{geometry}"}
"""
    documents, faults = made(mapping, text, "geojson")
    point = {"type": "Point", "coordinates": [1.4999999999999998, 2]}
    assert faults == []
    assert documents[0] == {"kind": "place", "id": "p-1", "title": "2 true ", "geometry": point}
    assert documents[1]["geometry"] == point


def test_what_cells_cannot_be_is_told_by_line_and_place():
    mapping = """\
records:
  - kind: event
    id: "{id}"
    title: T
    type: {from: "{t}", look_up: {"1": battle}}
    figures:
      - {measure: deaths, best: "{n}"}
    date: {year: "{y}", precision: "{p}"}
"""
    table = "id,t,n,y,p\na,1,1,1960,\nb,2,1,1960,\nc,1,1e999,1960,\nd,1,1,MCM,\ne,1,1,1960,quite\nf,1\n"
    documents, faults = made(mapping, table)
    assert [one["id"] for one in documents] == ["a"]
    assert faults == [
        (3, "/type", "no_such_entry"),
        (4, "/figures/0/best", "not_a_number"),
        (5, "/date", "not_a_number"),
        (6, "/date", "unknown_precision"),
        (7, "", "uneven_row"),
    ]


def test_columns_that_are_not_there_stop_it_at_once(tmp_path):
    mapping = 'join: {j: {file: j.csv, on: ide}}\nrecords:\n  - {kind: event, id: "{id}", title: "{titel}"}\n'
    documents, faults = made(mapping, "id,title\na,b\nc,d\n", folder=tmp_path)
    assert documents == []
    assert faults == [
        (1, "/ide", "unknown_column"),
        (1, "/titel", "unknown_column"),
        (1, "/join/j/file", "no_such_table"),
    ]


@pytest.mark.parametrize(
    ("text", "pointers"),
    [
        ("", ["/records"]),
        ("records: []", ["/records"]),
        ("records:\n  - {kind: evnt, title: T}", ["/records/0/kind"]),
        ("record: x\nrecords:\n  - {kind: event, titel: T}", ["/record", "/records/0/titel"]),
        ('records:\n  - {kind: event, title: "{a"}', ["/records/0/title"]),
        ('records:\n  - {kind: event, title: "{a|slgu}"}', ["/records/0/title"]),
        ('records:\n  - {kind: event, title: "{}"}', ["/records/0/title"]),
        ('records:\n  - {kind: event, title: {from: "{a}", lookup: {}}}', ["/records/0/title/lookup"]),
        ('records:\n  - {kind: event, title: {from: "{a}", look_up: tbl}}', ["/records/0/title/look_up"]),
        ('records:\n  - {kind: event, title: {from: "{a}", match: {"(": x}}}', ["/records/0/title/match/("]),
        (
            'records:\n  - {kind: event, title: {from: "{a}", match: {"a": \'\\3\'}}}',
            ["/records/0/title/match/a"],
        ),
        ('records:\n  - {kind: event, title: T, date: {month: "{a}"}}', ["/records/0/date"]),
        ("records:\n  - {kind: event, title: T, each: {join: x, as: y}}", ["/records/0/each/join"]),
        ("records:\n  - {kind: event, title: T, each: {join: x}}", ["/records/0/each"]),
        (
            "table: {encoding: utf9, delimiter: ab}\nrecords:\n  - {kind: event, title: T}",
            ["/table/encoding", "/table/delimiter"],
        ),
        ("join: {a: {file: x}}\nrecords:\n  - {kind: event, title: T}", ["/join/a"]),
        ("records:\n  - [", [""]),
        ("records: *x", [""]),
    ],
)
def test_what_is_wrong_with_a_mapping_is_told_all_at_once(text, pointers, tmp_path):
    file = tmp_path / "m.yaml"
    file.write_text(text)
    with pytest.raises(InvalidDocument) as refused:
        read_mapping(file)
    assert [fault.pointer for fault in refused.value.faults] == pointers


def test_another_encoding_and_delimiter():
    mapping = 'table: {encoding: windows-1252, delimiter: "|"}\nrecords:\n  - {kind: event, id: "{id}", title: "{t}"}\n'
    assert made(mapping, "id|t\na|Škoda, a; b\n".encode("windows-1252"))[0][0]["title"] == "Škoda, a; b"
