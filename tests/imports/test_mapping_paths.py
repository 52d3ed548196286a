"""Mappings of nested data: paths into documents, arrays that `each` goes through, and what is told of them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidDocument
from app.imports.mapping.apply import read_mapped
from app.imports.mapping.declaration import declared
from app.imports.mapping.paths import EVERY, cell_at, parse_path, write_path
from app.values.failsafe_yaml import load_failsafe_yaml

DOCUMENTS = [
    {
        "id": 1,
        "where": {
            "names": [{"toponym": "Prague", "lang": "cs"}, {"toponym": "Prag", "lang": "de"}],
            "at": [14.4, 50.1],
        },
        "a.b": "the column",
        "a": {"b": "the path"},
        "dead": {"best": 12},
        "tags": ["x", None, "y"],
    },
    {"id": 2, "where": {"names": []}, "a": {"b": "the path"}, "tags": "x; z"},
    {"id": 3, "where": None, "tags": []},
]


def rows(records, text, form="json", table="", *, stream=False):
    said = declared(load_failsafe_yaml(f"{table}\nrecords:\n{records}"), Path())
    chunks = [text if isinstance(text, bytes) else text.encode()]
    found = list(read_mapped(said, form, iter(chunks) if stream else chunks))
    return [one.raw for one in found if one.raw], [fault for one in found for fault in one.faults]


def members(said, name, form="json", documents=DOCUMENTS):
    text = "\n".join(map(json.dumps, documents)) if form == "ndjson" else json.dumps(documents)
    found, faults = rows(f'  - {{kind: event, id: "{{id}}", {name}: {said}}}', text, form)
    assert faults == []
    return [one.get(name) for one in found]


@pytest.mark.parametrize("form", ["json", "ndjson"])
@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("{where.names[0].toponym}", ["Prague", None, None]),
        ("{where.names[-1].lang|upper}", ["DE", None, None]),
        ("""{where['names'][0]["toponym"]} ({where.names[0].lang})""", ["Prague (cs)", None, None]),
        # The name of a member goes before a path.
        ("{a.b}", ["the column", "the path", None]),
        ("{['a'].b}", ["the path", "the path", None]),
        ("{dead.best} of {id}", ["12 of 1", None, None]),
    ],
)
def test_paths_lead_into_documents(said, found, form):
    assert members(json.dumps(said), "summary", form) == found


def test_each_goes_through_arrays_of_objects_of_scalars_and_through_texts():
    said = '[{each: {from: "{where.names}", as: n}, actor: "actors/{n.lang}", role: "{n.toponym}"}]'
    assert members(said, "participants")[0] == [
        {"actor": "actors/cs", "role": "Prague"},
        {"actor": "actors/de", "role": "Prag"},
    ]
    assert members('[{each: {from: "{tags}", as: t}, from: "{t|upper}"}]', "tags") == [
        ["X", "Y"],
        ["X", "Z"],
        None,
    ]


def test_each_in_each_and_for_records():
    documents = [
        {
            "id": "a",
            "wars": [
                {"name": "w", "sides": [{"who": "x"}, {"who": "y"}]},
                {"name": "v", "sides": {"who": "z"}},
            ],
        }
    ]
    records = (
        '  - {kind: actor, each: [{from: "{wars}", as: war}, {from: "{war.sides}", as: side}], '
        'id: "{id}-{war.name}-{side.who}", title: T}'
    )
    found, faults = rows(records, json.dumps(documents))
    assert ([one["id"] for one in found], faults) == (["a-w-x", "a-w-y", "a-v-z"], [])


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("said", "each", "pointer", "near"),
    [
        ("{where.name[0].toponym}", "", "/where.name[0].toponym", "where.names[0].toponym"),
        ("{where.names[0].toponim}", "", "/where.names[0].toponim", "where.names[0].toponym"),
        (
            "{n.toponim}",
            'each: {from: "{where.names}", as: n}, ',
            "/where.names[*].toponim",
            "where.names[0].toponym",
        ),
        ("{id.of}", "", "/id.of", None),
    ],
)
def test_a_path_that_no_document_has_is_told_once(said, each, pointer, near, stream):
    records = f'  - {{kind: event, id: "{{id}}", {each}title: "{said}"}}'
    _, faults = rows(records, json.dumps(DOCUMENTS), stream=stream)
    assert [(one.pointer, one.code, one.suggestion) for one in faults] == [(pointer, "unknown_column", near)]


def test_a_path_of_which_only_arrays_are_short_is_no_fault():
    assert members('"{where.names[7].toponym}"', "summary") == [None, None, None]


def test_what_a_source_states_keeps_its_type_and_texts_are_texts():
    documents = [{"id": 1, "n": 12, "b": True, "f": 1.5, "t": "x", "o": {"p": 1}}]
    said = '[{source: sources/s, value: "{n}"}, {source: sources/s, value: "{b}"}, {source: sources/s, value: "{f}", note: "{n}"}, {source: sources/s, value: "{o}"}, {source: sources/s, value: "{n} men"}]'
    (found,) = members(said, "evidence", documents=documents)
    assert [(one["value"], one.get("note")) for one in found] == [
        (12, None),
        (True, None),
        (1.5, "12"),
        ({"p": 1}, None),
        ("12 men", None),
    ]
    assert found[1]["value"] is True


def test_a_number_that_counts_as_empty_is_empty_whatever_keeps_its_type():
    records = '  - {kind: event, id: "{id}", title: T, evidence: [{source: sources/s, value: "{n}"}]}'
    found, _ = rows(records, '[{"id": 1, "n": -99}]', table='table: {empty: ["-99"]}')
    assert "evidence" not in found[0] or found[0]["evidence"] == []


def test_an_object_in_a_text_is_a_fault_that_says_what_to_do():
    _, faults = rows('  - {kind: event, id: "{id}", title: "{where} x"}', json.dumps(DOCUMENTS))
    assert faults[0].code == "not_a_text"
    assert "each" in faults[0].detail


@pytest.mark.parametrize(
    ("table", "text", "found"),
    [
        ("", '[{"id": 1}, {"id": 2}]', ["1", "2"]),
        ("", '{"meta": {"items": [1]}, "items": [{"id": 1}]}', ["1"]),
        ("", '{"type": "FeatureCollection", "features": [{"id": 1}]}', ["1"]),
        ("", '{"id": 1, "of": ["items"]}', ["1"]),
        (
            "table: {items: results.bindings}",
            '{"head": {"results": [{}]}, "results": {"ordered": [1], "bindings": [{"id": 3}, {"id": 4}], "x": {}}}',
            ["3", "4"],
        ),
        ("table: {items: a}", '{"items": [{"id": 9}], "a": [{"id": 1}]}', ["1"]),
        (
            "table: {items: \"['a.b'].c\"}",
            '{"a": {"b": {"c": [{"id": 9}]}}, "a.b": {"c": [{"id": 1}]}}',
            ["1"],
        ),
    ],
)
def test_the_array_of_documents_is_found(table, text, found):
    records = '  - {kind: event, id: "{id}", title: T}'
    for size in (1, 7, len(text)):
        said = declared(load_failsafe_yaml(f"{table}\nrecords:\n{records}"), Path())
        chunks = [text[at : at + size].encode() for at in range(0, len(text), size)]
        documents = list(read_mapped(said, "json", chunks))
        assert [one.faults for one in documents if one.faults] == []
        assert [one.raw["id"] for one in documents] == found


@pytest.mark.parametrize(
    ("form", "text", "code"),
    [
        ("json", '{"items": [{"id": 1}], "a": {"c": [{"id": 1}]}}', "no_such_array"),
        ("json", '[{"id": 1}]', "no_such_array"),
        ("json", '{"a": {"b": [{"id": 1}', "invalid_json"),
        ("json", '{"a": {"b": [{"id": 1}]}} x', "invalid_json"),
        ("csv", "id\n1\n", "not_json"),
        ("ndjson", '{"id": 1}', "not_json"),
    ],
)
def test_an_array_that_is_not_there_is_a_fault(form, text, code):
    _, faults = rows('  - {kind: event, id: "{id}", title: T}', text, form, "table: {items: a.b}")
    assert [one.code for one in faults] == [code]


@pytest.mark.parametrize("said", ["'a[0]'", "''", "'a[*]'"])
def test_the_path_of_the_array_has_names_alone(said):
    with pytest.raises(InvalidDocument) as caught:
        declared(
            load_failsafe_yaml(f"table: {{items: {said}}}\nrecords: [{{kind: event, title: '{{a}}'}}]"),
            Path(),
        )
    assert [one.pointer for one in caught.value.faults] == ["/table/items"]


def test_features_have_their_own_members_after_their_properties():
    feature = {
        "type": "Feature",
        "id": "f1",
        "geometry": None,
        "properties": {"title": "Exampleton", "names": ["own"]},
        "names": [{"toponym": "E"}],
        "when": {"timespans": [{"start": {"in": "1600"}}]},
        "links": [],
    }
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    records = '  - {kind: place, id: "{id}", title: "{properties.title}", aliases: ["{names[0]}"], summary: "{when.timespans[0].start.in}"}'
    (found,), faults = rows(records, text, "geojson")
    assert faults == []
    assert (found["id"], found["title"], found["aliases"], found["summary"]) == (
        "f1",
        "Exampleton",
        ["own"],
        "1600",
    )
    records = '  - {kind: place, id: "{id}", title: "{names[0].toponym}"}'
    (found,), faults = rows(records, text, "geojson", "table: {items: features}")
    assert (found["title"], faults) == ("E", [])


def test_misread_quotes_are_put_right_however_deep():
    records = '  - {kind: event, id: "{id}", title: "{a[0].b}"}'
    (found,), _ = rows(records, '[{"id": 1, "a": [{"b": "\\u0093x\\u0094"}]}]')
    assert found["title"] == "\u201cx\u201d"


STEPS = st.lists(
    st.one_of(
        st.text(st.characters(exclude_characters="{}|?\"'", exclude_categories=["C", "Z"]), min_size=1),
        st.integers(-9999, 9999),
    ),
    min_size=1,
).filter(lambda steps: isinstance(steps[0], str))


@given(STEPS)
def test_a_path_that_is_written_is_read_again(steps):
    assert parse_path(write_path(steps)) == tuple(steps)


@given(STEPS, st.integers())
def test_what_is_at_a_path_is_found(steps, leaf):
    value = leaf
    for step in reversed(steps):
        value = {step: value} if isinstance(step, str) else [value] * (step + 1 if step >= 0 else -step)
    assert cell_at({"other": 1, **value}, "\0", tuple(steps)) == leaf
    assert cell_at({}, "\0", tuple(steps)) is None


@pytest.mark.parametrize(
    "name", ["a..b", "a.", ".a", "a[x]", "a[0", "GDP [USD]", "a[01]", "[0]", "it's", 'a"b']
)
def test_what_is_no_path_is_the_name_of_a_column(name):
    assert parse_path(name) == (name,)
    assert cell_at({name: "x"}, name, parse_path(name)) == "x"


def test_every_item_is_written_as_json_path_has_it():
    assert write_path(("a", EVERY, "b c", -1, "d.e")) == 'a[*].b c[-1]["d.e"]'


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("json", '[{"id": "a", "title": "A"}]'),
        ("ndjson", '{"id": "a", "title": "A"}\n'),
        ("csv", "id,title\na,A\n"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_columns_that_a_table_may_be_without_are_empty(form, text, stream):
    records = '- {kind: event, id: "{id}", title: "{title}", summary: "{notes}", date: "{when.start}"}'
    made, faults = rows(records, text, form, "table: {optional: [notes, when.start]}", stream=stream)
    assert faults == []
    assert made == [{"kind": "event", "id": "a", "title": "A"}]
    _, faults = rows(records, text, form, "table: {optional: notes}", stream=stream)
    assert [(one.code, one.pointer) for one in faults] == [("unknown_column", "/when.start")]


def test_only_columns_that_are_named_can_be_optional():
    with pytest.raises(InvalidDocument) as refused:
        rows('- {kind: event, title: "{title}"}', "[]", table="table: {optional: [title, titel]}")
    assert [(one.pointer, one.suggestion) for one in refused.value.faults] == [("/table/optional/1", "title")]


def test_lists_within_lists_make_no_more_of_a_row_than_one_list_may():
    record = """
  - kind: event
    title: x
    evidence:
      - each: {from: "{names}", as: outer}
        basis: external
        value:
          - each: {from: "{names}", as: inner}
            x: "{inner}"
"""
    # 99 + 99 * 99 rows, and 100 + 100 * 100.
    (few,), faults = rows(record, json.dumps([{"names": ["a"] * 99}]))
    assert (len(few["evidence"][0]["value"]), faults) == (1, [])
    made, (fault,) = rows(record, json.dumps([{"names": ["a"] * 100}]))
    assert (made, fault.code) == ([], "too_many")
