"""What a mapping can do to a text, and what a row is known by without a column that says it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_mapping_cells import all_faults
from test_mappings import event, made

from app.errors import InvalidDocument
from app.imports.mapping.errors import MappingFault
from app.imports.mapping.template_filters import parse_filters
from app.imports.mapping.text_verbs import clean, cut


def summary(said, cell):
    quoted = '"' + cell.replace('"', '""') + '"'
    (found,) = event(f"    summary: {said}\n", f"id,s\n1,{quoted}\n")
    return found.get("summary")


CLEANED = [
    (" a\u00a0 b\tc ", "a b c"),
    ("a\r\n\r\n\r\n\r\nb\rc", "a\n\nb\nc"),
    ("ex\u00adam\u00ad\n  ple", "example"),
    ("\ufeffof\ufb01ce of the \ufb02eet\u200b", "office of the fleet"),
    ("a\x00b\x07c\x1b", "abc"),
    ("\u0646\u200c\u0627", "\u0646\u200c\u0627"),
    ("\u00e6on \u0153uvre \u01c6 \u00bd", "\u00e6on \u0153uvre \u01c6 \u00bd"),
]


@pytest.mark.parametrize(("text", "cleaned"), CLEANED)
def test_what_cleaning_leaves(text, cleaned):
    assert clean(text) == cleaned


@given(st.text(max_size=40))
def test_a_clean_text_stays_as_it_is(text):
    once = clean(text)
    assert clean(once) == once


@pytest.mark.parametrize(
    ("text", "most", "found"),
    [
        ("short", 5, "short"),
        ("one two three", 9, "one two…"),
        ("one two three", 8, "one two…"),
        ("incomprehensible", 6, "incom…"),
        ("a incomprehensible", 8, "a incom…"),
        ("cafe\u0301 noir", 5, "caf…"),
    ],
)
def test_a_text_is_cut_at_a_word(text, most, found):
    assert cut(text, most) == found


@given(st.text(max_size=60), st.integers(2, 70))
def test_a_cut_text_is_a_beginning_and_short_enough(text, most):
    found = cut(text, most)
    assert len(found) <= most
    assert found == text or text.startswith(found[:-1])


@pytest.mark.parametrize(
    ("said", "cell", "found"),
    [
        ('"{s|cut(9)}"', "one two three", "one two…"),
        ('"{s|plain|cut(9)}"', "<p>one two three</p>", "one two…"),
        ("\"{s|replace('_', ' ')|upper}\"", "a_b_c", "A B C"),
        ("\"{s|replace('|', ', ')}\"", "a|b", "a, b"),
        ("\"{s|replace('(', '')|replace(')', '')}\"", "(a)", "a"),
        ('{from: "{s}: {s}", cut: 7}', "one", "one:…"),
        ('{from: "{s}", replace: {a: b, b: c}}', "ab", "cc"),
        ('{from: "{s}", replace: {"none": ""}}', "none", None),
        ('{from: "{s}", replace: {x: y}, look_up: {ya: found}}', "xa", "found"),
        ('{from: "{s}", match: {"(.*)": "x x \\\\1"}, cut: 4}', "long", "x x…"),
        ('"{s|clean}"', "a\u00ad b", "a b"),
    ],
)
def test_verbs_are_filters_and_keywords(said, cell, found):
    assert summary(said, cell) == found


def test_replacing_goes_before_splitting_and_cutting_comes_last():
    said = '    tags: [{from: "{s}", replace: {" / ": ";"}, split: ";", cut: 4}]\n'
    assert event(said, "id,s\n1,abcdef / b;c\n")[0]["tags"] == ["abc…", "b", "c"]


def test_html_without_an_end_is_a_fault_of_the_cell():
    (fault,) = all_faults(
        'records:\n  - {kind: event, title: T, summary: "{s|plain}"}\n', "s\n<b>x</b> <!-- y\n"
    )
    assert (fault.code, fault.value, fault.pointer) == ("invalid_html", "<b>x</b> <!-- y", "/summary")


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ('"{s|cut}"', "cut(300)"),
        ('"{s|cut(1)}"', "cut(300)"),
        ("\"{s|cut('a')}\"", "cut(300)"),
        ("\"{s|replace('', 'a')}\"", "replace('_', ' ')"),
        ('"{s|slug(1)}"', "`slug`"),
        ('"{s|sluk}"', "no filter"),
        ('"{s|}"', "no filter"),
        ('"{s|cut(3}"', "Write filters so"),
        ('{from: "{s}", cut: 1}', "2 to"),
        ('{from: "{s}", cut: [3]}', "2 to"),
        ('{from: "{s}", replace: {a: [b]}}', "text"),
        ('{row: "false"}', "Write true"),
        ("{row: true, digest_of: row}", "one of row"),
        ("{digest_of: []}", "list of texts"),
    ],
)
def test_verbs_that_are_not_written_so_are_refused(said, part):
    with pytest.raises(InvalidDocument) as refused:
        made(f"records:\n  - {{kind: event, title: T, summary: {said}}}\n", "s\nx\n")
    assert any(part in fault.detail for fault in refused.value.faults)


@pytest.mark.parametrize("filters", ["cut(" + "1" * 50_000, "x" + " " * 100_000 + "(", "a|" * 50_000])
def test_broken_filters_are_refused(filters):
    with pytest.raises(InvalidDocument):
        made(f'records:\n  - {{kind: event, title: "{{s|{filters}}}"}}\n', "s\nx\n")


@pytest.mark.parametrize("filters", ["cut(" + "1" * 9_000_000, "x" + " " * 9_000_000 + "(", "a|" * 9_000])
def test_broken_filters_are_read_once(filters):
    """Whatever looked at these texts again from each of their places would not end."""
    with pytest.raises(MappingFault):
        parse_filters(filters)


def test_a_row_is_known_by_its_number_and_its_digest():
    mapping = """
columns: {nr: {row: true}}
records:
  - {kind: event, id: "x-{nr}", title: "{row}{digest}"}
  - {kind: event, id: {digest_of: ["{row}", "{digest|lower}"]}, title: T}
  - {kind: event, id: {digest_of: row}, title: T}
  - {kind: event, id: {row: true}, title: T}
"""
    documents, faults = made(mapping, "row,digest\na,B\n\nc,\na,b\n")
    assert faults == []
    ids = [document["id"] for document in documents]
    # Columns of these names are columns like others.
    assert [one.get("title") for one in documents[::4]] == ["aB", None, "ab"]
    first, second, third = ids[:4], ids[4:8], ids[8:]
    assert [one[0] for one in (first, second, third)] == ["x-1", "x-2", "x-3"]
    assert [one[3] for one in (first, second, third)] == ["1", "2", "3"]
    assert first[1] == third[1] != second[1]
    assert first[2] != third[2]
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in (first[1], first[2]))


def test_the_digest_of_a_row_does_not_depend_on_the_order_of_its_columns():
    mapping = "records:\n  - {kind: event, id: {digest_of: row}, title: T}\n"
    (one,), _ = made(mapping, "a,b\n1,2\n")
    (other,), _ = made(mapping, "b,a\n2,1\n")
    assert one["id"] == other["id"]


def test_a_digest_of_nothing_is_no_id():
    mapping = 'records:\n  - {kind: event, id: {digest_of: ["{a}"]}, title: "{b}"}\n'
    assert [fault.code for fault in all_faults(mapping, "a,b\n,2\n")] == ["empty_id"]


def test_rows_of_documents_are_numbered_as_well():
    mapping = 'records:\n  - {kind: event, id: {row: true}, title: T, summary: "{a|upper}"}\n'
    documents, _ = made(mapping, '[{"a": "x"}, {"a": [1]}, {"a": "z"}]', form="json")
    assert [one["id"] for one in documents] == ["1", "3"]
