import json

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import InvalidDocument
from app.records.kinds import RECORD_KINDS
from app.records.serialization import to_canonical_json, to_card_json, to_revision_json
from app.records.validation.document import MAX_BYTES, load_stored, validate_document
from app.records.validation.normalize import NUMERIC

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

FULL = {
    "kind": "event",
    "id": "havana-meeting",
    "revision": 3,
    "created_at": "2024-01-01T00:00:00.000000Z",
    "updated_at": "2024-01-01T00:00:00.000000Z",
    "href": "/v1/events/havana-meeting",
    "title": "Meeting in Havana",
    "labels": {"es": "Encuentro en La Habana"},
    "aliases": ["Havana talks"],
    "type": "meeting",
    "summary": "Two leaders meet.\nThen they part.",
    "date": {"edtf": "1994-12-13/1994-12-14", "note": "two days"},
    "relations": [{"type": "part-of", "target": "events/visit", "date": "1994"}],
    "figures": [{"id": "deaths", "measure": "deaths", "best": 0}],
    "same_as": ["https://www.wikidata.org/wiki/Q1"],
    "tags": ["diplomacy"],
    "places": [{"place": "places/havana", "role": "site", "precision_m": 100.5}],
    "participants": [
        {"actor": "actors/fidel-castro", "role": "host"},
        {"actor": "actors/hugo-chavez", "role": "guest"},
    ],
    "evidence": [
        {
            "id": "e1",
            "property": "date",
            "source": "sources/article",
            "selector": {"start": 10, "end": 14, "exact": "1994"},
            "value": "1994-12",
        }
    ],
}


def test_title_alone_is_a_record_of_every_kind(kind, vocabulary):
    record = validate_document(kind, {"title": "Something"}, vocabulary)
    assert orjson.loads(to_canonical_json(record)) == {"kind": kind.kind, "title": "Something"}
    assert load_stored(kind, to_canonical_json(record)) == record


def test_what_was_read_can_be_sent_back(read):
    record = read({**FULL, "linked": {"x": 1}, "incoming": []})
    assert record.revision is None
    again = read(orjson.loads(to_canonical_json(record)))
    assert to_canonical_json(again) == to_canonical_json(record)


def test_members_stand_in_the_order_of_declaration(read):
    backwards = dict(reversed(FULL.items()))
    assert to_canonical_json(read(backwards)) == to_canonical_json(read(FULL))
    assert list(orjson.loads(to_canonical_json(read(FULL))))[:3] == ["kind", "id", "title"]


def test_a_date_is_read_back_with_its_bounds(read):
    document = orjson.loads(to_canonical_json(read({"date": "1962/.."})))
    assert document["date"]["start"] == {"earliest": "1962-01-01", "latest": "1962-12-31"}
    assert document["date"]["end"] == {"earliest": None, "latest": None}
    assert document["date"]["qualified"] is False
    assert document["date"]["label"]


@pytest.mark.parametrize("derived", [{"start": "rubbish"}, {"label": 7}, {"end": {"earliest": "0001-01-01"}}])
def test_derived_members_of_a_date_are_ignored(read, derived):
    assert to_canonical_json(read({"date": {"edtf": "1962", **derived}})) == to_canonical_json(
        read({"date": "1962"})
    )


def test_a_julian_date_moves_the_bounds_and_keeps_the_text(read):
    date = read({"date": {"edtf": "1917-10-25", "calendar": "julian"}}).date
    assert (date.edtf, date.start.earliest) == ("1917-10-25", "1917-11-07")


def test_a_revision_keeps_what_was_written(read):
    record = read(FULL)
    text = to_revision_json(record)
    assert b"earliest" not in text
    assert b"qualified" not in text
    kept = orjson.loads(text)
    assert kept["date"] == FULL["date"]
    assert kept["relations"][0]["date"] == {"edtf": "1994"}
    assert kept["evidence"][0]["value"] == {"edtf": "1994-12"}
    assert kept["evidence"][0]["selector"] == FULL["evidence"][0]["selector"]
    assert to_canonical_json(load_stored(RECORD_KINDS[-1], text)) == to_canonical_json(record)


def test_a_card_says_what_a_link_shows(read):
    assert set(orjson.loads(to_card_json(read(FULL)))) == {"kind", "id", "title", "type", "date"}


def test_server_fields_are_written(read):
    record = read(FULL).model_copy(update={"revision": 1, "href": "/v1/events/x"})
    document = orjson.loads(to_canonical_json(record))
    assert (document["revision"], document["href"]) == (1, "/v1/events/x")


@pytest.mark.parametrize("empty", [None, "", [], {}])
@pytest.mark.parametrize("field", ["summary", "labels", "date", "participants", "id", "evidence", "type"])
def test_an_empty_field_is_left_out(read, field, empty):
    assert orjson.loads(to_canonical_json(read({field: empty}))) == {"kind": "event", "title": "Something"}


def test_empty_members_of_parts_are_left_out_and_items_are_not(read, faults):
    record = read({"participants": [{"actor": "actors/a", "role": None, "note": ""}]})
    assert orjson.loads(to_canonical_json(record))["participants"] == [{"actor": "actors/a"}]
    assert faults({"participants": [{"actor": ""}], "aliases": [""]}) == {
        "/participants/0/actor": "missing",
        "/aliases/0": "too_short",
    }


@pytest.mark.parametrize(
    "title", [None, "", " ", "\u2003", "a\nb", "a\x00", "\ud800", 7, "x" * 301, True, ["x"]]
)
def test_titles_that_are_none(faults, title):
    assert list(faults({"title": title})) == ["/title"]


def test_text_is_normalised_but_for_the_words_of_a_text(read):
    split = "A\u0301"
    record = read(
        {
            "title": split,
            "labels": {"es": split},
            "evidence": [
                {"source": "sources/x", "selector": {"exact": split, "prefix": split}, "note": split}
            ],
        }
    )
    assert (record.title, record.labels["es"], record.evidence[0].note) == ("Á", "Á", "Á")
    assert (record.evidence[0].selector.exact, record.evidence[0].selector.prefix) == (split, split)


def test_a_selector_keeps_line_breaks_and_white_space(read, faults):
    item = {"source": "sources/x", "selector": {"exact": " a\n\x0bb"}}
    assert read({"evidence": [item]}).evidence[0].selector.exact == " a\n\x0bb"
    item["selector"]["exact"] = "a\x00"
    assert faults({"evidence": [item]}) == {"/evidence/0/selector/exact": "invalid_text"}


@pytest.mark.parametrize("raw", [None, [], "text", 7, True])
def test_a_record_is_an_object(vocabulary, kind, raw):
    with pytest.raises(InvalidDocument) as caught:
        validate_document(kind, raw, vocabulary)
    assert [(fault.code, fault.pointer) for fault in caught.value.faults] == [("wrong_type", "")]


def test_another_kind_is_refused_and_its_own_is_not(kind, vocabulary):
    assert validate_document(kind, {"kind": kind.kind, "title": "x"}, vocabulary).kind == kind.kind
    for nothing in (None, "", [], {}):
        assert validate_document(kind, {"kind": nothing, "title": "x"}, vocabulary).kind == kind.kind
    for other in (next(one.kind for one in RECORD_KINDS if one is not kind), True, 0, [kind.kind]):
        with pytest.raises(InvalidDocument) as caught:
            validate_document(kind, {"kind": other, "title": "x"}, vocabulary)
        assert [(fault.code, fault.pointer) for fault in caught.value.faults] == [("wrong_kind", "/kind")]


def test_a_record_has_a_limit_and_what_is_derived_does_not_count(faults, read):
    note = "x" * 9_000
    relations = [{"type": "part-of", "target": f"events/e{n}", "note": note} for n in range(120)]
    assert faults({"relations": relations}) == {"": "too_large"}
    relations = [{"type": "part-of", "target": f"events/e{n}", "date": f"{n:04}"} for n in range(4500)]
    sent = orjson.loads(to_canonical_json(read({"relations": relations})))
    sent["evidence"] = [{"source": "sources/x", "note": note} for _ in range(50)]
    assert len(orjson.dumps(sent)) > MAX_BYTES
    assert len(read(sent).relations) == 4500


def test_depth_is_bounded(faults):
    deep = "x"
    for _ in range(900):
        deep = [deep]
    found = faults({"evidence": [{"source": "sources/x", "property": "title", "value": deep}]})
    assert "too_deep" in found.values()


@pytest.mark.parametrize(
    ("given", "kept"),
    [("12", 12), ("-3", -3), ("1.5", 1.5), ("1e3", 1000.0), ("0", 0), (12, 12)],
)
def test_numbers_of_a_fixture_are_read_where_a_number_is_meant(read, given, kept):
    figure = read({"figures": [{"measure": "deaths", "low": given, "unit": "7"}]}, text_scalars=True).figures[
        0
    ]
    assert (figure.low, type(figure.low), figure.unit) == (kept, type(kept), "7")


def test_texts_of_a_fixture_stay_text(read, faults):
    record = read({"title": "1967", "tags": ["no"], "labels": {"low": "12"}}, text_scalars=True)
    assert (record.title, record.tags, record.labels) == ("1967", ("no",), {"low": "12"})
    assert faults({"figures": [{"measure": "deaths", "low": "many"}]}, text_scalars=True) == {
        "/figures/0/low": "wrong_type"
    }
    assert faults({"figures": [{"measure": "deaths", "low": "12"}]}) == {"/figures/0/low": "wrong_type"}


def test_every_number_of_a_model_is_known_to_fixtures():
    def numbers(schema):
        for name, field in schema.get("properties", {}).items():
            if name != "revision" and any(kind in json.dumps(field) for kind in ('"number"', '"integer"')):
                yield name

    for kind in RECORD_KINDS:
        schema = kind.model.model_json_schema()
        for part in (schema, *schema["$defs"].values()):
            assert set(numbers(part)) <= NUMERIC


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1967", "actors/a", "date"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*FULL, "value", "actor", "edtf", "source", "property"]) | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@RELAXED
@given(
    document=st.dictionaries(
        st.sampled_from([*FULL, "geometry", "parties", "text"]) | st.text(max_size=5), JSON, max_size=8
    )
)
@pytest.mark.parametrize("text_scalars", [False, True])
def test_any_document_is_a_record_or_has_faults(vocabulary, kind, document, text_scalars):
    try:
        record = validate_document(kind, document, vocabulary, text_scalars=text_scalars)
    except InvalidDocument as error:
        pointers = [fault.pointer for fault in error.faults]
    else:
        assert load_stored(kind, to_canonical_json(record)) == record
        assert load_stored(kind, to_revision_json(record)) == record
        return
    assert pointers
    assert all(pointer is not None and pointer.encode() is not None for pointer in pointers)
