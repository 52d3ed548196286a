"""What becomes of a cell: filters, numbers and dates take what they understand, and refuse the rest."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from test_mappings import event, made

from app.errors import MAX_QUOTED_LENGTH, quoted
from app.imports.mapping.apply import read_mapped
from app.imports.mapping.declaration import declared
from app.imports.mapping.errors import CellFault
from app.imports.mapping.numbers import Notation, read_number
from app.imports.mapping.template_filters import FILTERS
from app.values.edtf.value import parse_edtf
from app.values.failsafe_yaml import load_failsafe_yaml


def all_faults(mapping, table, form="csv"):
    found = read_mapped(declared(load_failsafe_yaml(mapping), Path()), form, [table.encode()])
    return [fault for one in found for fault in one.faults]


def faults(said, table, form="csv"):
    """Give the codes and values of the faults of a table of events."""
    found = all_faults(f"records:\n  - kind: event\n    id: x-{{id}}\n    title: T\n{said}", table, form)
    return [(fault.code, fault.value) for fault in found]


DAYS = [
    ("2009-02-20T00:00:00", "2009-02-20"),
    ("2009-02-20 10:00", "2009-02-20"),
    ("2009-02-20 9:05 PM", "2009-02-20"),
    ("2009-02-20T10:00:00.250Z", "2009-02-20"),
    ("2009-02-20T10:00:00,5+01:00", "2009-02-20"),
    ("2009-02-20 10:00:00 +0100", "2009-02-20"),
    ("2009-02-20 23:59:60 UTC", "2009-02-20"),
    ("2009-02-20T1000", "2009-02-20"),
    ("2009-02-20T10", "2009-02-20"),
    ("-0044-03-15T00:00:00Z", "-0044-03-15"),
    ("2009-02-20", "2009-02-20"),
    ("1967", "1967"),
    ("1967-03~", "1967-03~"),
    ("1999-12-31/2001-01-01", "1999-12-31/2001-01-01"),
]


@pytest.mark.parametrize(("cell", "day"), DAYS)
def test_the_day_of_a_moment(cell, day):
    assert FILTERS["day"](cell) == day


@pytest.mark.parametrize(
    "cell",
    [
        "1457 BC",
        "44 BC",
        "1066 AD",
        "1850 or later",
        "1999-12-31 to 2001-01-01",
        "2009-02-20 or so",
        "2009-02-20 10",
        "2009-02-20 25:00",
        "2009-02-20T10:00 and later",
        "2009-02-20Tuesday",
        "20.2.2009 10:00",
        "2009-2-20 10:00",
        "+1950-00-00T00:00:00Z",
        "To be confirmed",
        "٢٠٠٩-٠٢-٢٠ 10:00",
    ],
)
def test_what_has_no_day_is_a_fault_that_quotes_the_cell(cell):
    assert faults('    date: "{d|day}"\n', f"id,d\n1,{cell}\n") == [("not_a_date", cell)]


@given(st.one_of(st.text(max_size=30), st.from_regex(r"[12]\d{3}(-\d\d){0,2}[ T]?.{0,12}", fullmatch=True)))
@example("1850 T 10:00")
def test_a_day_is_never_cut_out_of_what_is_not_understood(text):
    try:
        day = FILTERS["day"](text)
    except CellFault:
        return
    rest = text.removeprefix(day)
    assert text.startswith(day)
    # What is left out is a time of day; what stays is a date, unless no calendar has that day.
    assert rest == "" or (rest[0] in "T \t" and rest[1:].strip()[0].isdigit())
    if rest == "" and len(day) != 10:
        parse_edtf(day)


@pytest.mark.parametrize(("cell", "code"), [("!?", "no_id"), ("", None), ("Ça va", None)])
def test_an_id_is_never_made_of_nothing(cell, code):
    said = '    participants: [{actor: "actors/{a|slug}", role: guest}]\n'
    assert faults(said, f"id,a\n1,{cell}\n") == ([] if code is None else [(code, cell)])


def test_a_list_or_an_object_is_no_text():
    table = (
        '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null,'
        '"properties":{"id":1,"l":["a","b"],"o":{"p":1}}}]}'
    )
    assert event('    tags: ["{l}"]\n', table, form="geojson")[0]["tags"] == ["a", "b"]
    assert event('    tags: ["x"]\n    summary: "{id}"\n', table, form="geojson")[0]["summary"] == "1"
    for said in (
        '"{o} of {id}"',
        '"{o|line}"',
        '{from: "{o}", look_up: {a: b}}',
        '{from: "{o}", match: {"p": q}}',
    ):
        assert faults(f"    summary: {said}\n", table, form="geojson") == [("not_a_text", "{'p': 1}")]
    assert faults('    tags: [{from: "{l}", split: ","}]\n', table, form="geojson") == [
        ("not_a_text", "['a', 'b']")
    ]


NUMBERS = [
    # words, text, number
    ({}, "6500", 6500),
    ({}, "-1200.50", -1200.5),
    ({}, "1e3", 1000),
    ({}, "6.500", 6.5),
    ({}, "1.4999999999999998", 1.4999999999999998),
    ({}, "0.1", 0.1),
    ({}, "26.39999999999999857891452848", 26.4),
    ({}, "9007199254740992", 2**53),
    ({"decimal": ","}, "6.500", 6500),
    ({"decimal": ","}, "52,5", 52.5),
    ({"decimal": ","}, "1.234.567,89", 1234567.89),
    ({"decimal": ","}, "1 234 567", 1234567),
    ({"decimal": ","}, "1\u202f234,5", 1234.5),
    ({"decimal": ","}, "-1'234", -1234),
    ({"decimal": ","}, "6500", 6500),
    ({"decimal": ".", "thousands": ","}, "6,500", 6500),
    ({"thousands": ","}, "6,500.25", 6500.25),
    ({"thousands": "."}, "6.500,25", 6500.25),
    ({"thousands": " "}, "6\u00a0500", 6500),
    ({"decimal": ".", "thousands": ""}, "6500.5", 6500.5),
]


@pytest.mark.parametrize(("words", "text", "number"), NUMBERS)
def test_numbers_as_tables_write_them(words, text, number):
    found = read_number(text, Notation.said(words))
    assert (found, type(found)) == (number, type(number))


@pytest.mark.parametrize(
    ("words", "text", "code"),
    [
        ({}, "6,500", "not_a_number"),
        ({}, "52,5", "not_a_number"),
        ({}, "1 000", "not_a_number"),
        ({}, "1_000", "not_a_number"),
        ({}, "c. 50", "not_a_number"),
        ({}, "50+", "not_a_number"),
        ({}, "١٢", "not_a_number"),
        ({}, "9007199254740993", "out_of_range"),
        ({}, "9007199254740991.5", "too_precise"),
        ({}, "0.1234567890123456789012", "too_precise"),
        ({"decimal": ","}, "6.5", "not_a_number"),
        ({"decimal": ","}, "1.23.456", "not_a_number"),
        ({"decimal": ","}, "1234.567", "not_a_number"),
        ({"decimal": ","}, "1.234 567", "not_a_number"),
        ({"decimal": ","}, ".500", "not_a_number"),
        ({"decimal": ","}, "1,234,567", "not_a_number"),
        ({"thousands": ","}, "6,50", "not_a_number"),
        ({"thousands": ","}, "6,5000", "not_a_number"),
        ({"decimal": ",", "thousands": ""}, "6.500", "not_a_number"),
        ({"decimal": ",", "thousands": " "}, "6.500", "not_a_number"),
    ],
)
def test_numbers_that_are_not_written_so(words, text, code):
    with pytest.raises(CellFault) as refused:
        read_number(text, Notation.said(words))
    assert (refused.value.code, refused.value.value) == (code, text)


@given(
    st.integers(-(2**53), 2**53),
    st.integers(0, 999),
    st.sampled_from([(",", "."), (",", " "), (",", "\u2019"), (".", ","), (".", "\u202f")]),
)
def test_a_number_written_with_signs_reads_as_the_same(whole, fraction, signs):
    point, between = signs
    said = Notation.said({"decimal": point})
    assert read_number(f"{whole:,}".replace(",", between), said) == whole
    small = whole % 10**9
    written = f"{small:,}".replace(",", between) + f"{point}{fraction:03}"
    assert read_number(written, said) == float(f"{small}.{fraction:03}")


@given(st.floats(-(2.0**53), 2.0**53, allow_subnormal=False).filter(lambda one: one == 0 or abs(one) > 1e-9))
def test_a_double_is_read_as_any_program_writes_it(number):
    for text in (f"{number:.17f}", f"{number:.6f}", f"{number:.17g}", repr(number)):
        if len(text) < 45:
            assert read_number(text) == float(text)


def test_how_numbers_are_written_is_said_of_a_table_or_of_a_value(tmp_path):
    table = "id;dead;x;y;off\n1;6.500;13,4;52,5;2\n"
    mapping = """\
table: {decimal: ","}
records:
  - {kind: place, id: "p-{id}", title: P, geometry: {point: ["{x}", "{y}"]}}
  - kind: event
    id: "e-{id}"
    title: E
    places: [{place: "places/p-{id}", precision_m: {from: "{off}", look_up: {"2": "0.5"}}}]
    figures: [{measure: deaths, best: "{dead}", low: "1.5"}]
"""
    (place, found), none = made(mapping, table)
    assert none == []
    assert place["geometry"]["coordinates"] == [13.4, 52.5]
    assert found["figures"] == [{"measure": "deaths", "best": 6500, "low": 1.5}]
    # What the mapping itself says is plain.
    assert found["places"][0]["precision_m"] == 0.5
    said = '    figures: [{measure: deaths, best: {from: "{dead}", decimal: ","}}]\n'
    assert event(said, table)[0]["figures"][0]["best"] == 6500
    said = '    figures: [{measure: deaths, best: {from: "{dead}", match: {"([0-9.]+)": \'\\1\'}, decimal: ","}}]\n'
    assert event(said, table)[0]["figures"][0]["best"] == 6500
    (tmp_path / "b.csv").write_text('id,n\n1,"1.234,5"\n')
    joined = """\
table: {decimal: ","}
join: {b: {file: b.csv, on: id}}
records:
  - {kind: event, id: "e-{id}", title: E, figures: [{each: {join: b, as: b}, measure: deaths, best: "{b.n}"}]}
"""
    assert made(joined, table, folder=tmp_path)[0][0]["figures"][0]["best"] == 1234.5


def test_a_locator_is_a_number_or_a_text():
    said = '    evidence: [{source: sources/s, selector: {page: "{p}"}}]\n'
    found = event(said, "id,p\n1,17\n2,xiv\n3,12-13\n")
    assert [one["evidence"][0]["selector"]["page"] for one in found] == [17, "xiv", "12-13"]


def test_equal_coordinates_stay_two():
    said = """\
records:
  - {kind: place, id: "p-{id}", title: P, geometry: {type: Point, coordinates: ["{x}", "{y}"]}}
"""
    assert made(said, "id,x,y\n1,5,5\n")[0][0]["geometry"]["coordinates"] == [5, 5]


ENDS = [
    ('{start: "{a}", end: {from: "{b}", open: true}}', "1967,", "1967/.."),
    ('{start: "{a}", end: {from: "{b}", unknown: true}}', "1967,", "1967/"),
    ('{start: "{a}", end: {from: "{b}", same: true}}', "1967-03-05,", "1967-03-05"),
    ('{start: "{a}", end: {from: "{b}", open: true}}', "1967,1968", "1967/1968"),
    ('{start: "{a}", end: {from: "{b}", open: true}}', ",", None),
    ('{start: {from: "{a}", open: true}, end: "{b}"}', ",1968", "../1968"),
    ('{start: {from: "{a}", unknown: true}, end: "{b}"}', ",1968", "/1968"),
    ('{start: {from: "{a}", same: true}, end: "{b}"}', ",1968", "1968"),
    ('{start: {from: "{a}", unknown: true}, end: {from: "{b}", open: true}}', ",", None),
    ('{start: {year: "{a}", unknown: true}, end: {year: "{b}", open: true}}', "1967,", "1967/.."),
    ('{start: {year: "{a}", unknown: true}, end: {year: "{b}", open: true}}', ",1968", "/1968"),
    ('{start: {unknown: true}, end: "{b}"}', ",1968", "/1968"),
    ('{start: "{a}", end: {open: true}}', "1967,", "1967/.."),
    ('{start: "{a}", end: {open: true}}', ",", None),
    (
        '{start: "{a}", end: {from: "{b}", open: true, precision: year}}',
        "1967-03-05,1968-04-06",
        "1967-03-05/1968",
    ),
    (
        '{start: {from: "{a}", precision: month}, end: "{b}", precision: year}',
        "1967-03-05,1968-04-06",
        "1967-03/1968",
    ),
    ('{start: "{a}", end: {from: "{b}", open: true}, precision: within}', "2009-02-20,", "[2009-02-20..]"),
    ('{start: {from: "{a}", open: true}, end: "{b}", precision: within}', ",2009-02-20", "[..2009-02-20]"),
]


@pytest.mark.parametrize(("said", "cells", "edtf"), ENDS)
def test_the_mapping_says_what_an_empty_end_means(said, cells, edtf):
    assert event(f"    date: {said}\n", f"id,a,b\n1,{cells}\n")[0].get("date") == edtf


@pytest.mark.parametrize("cells", ["1967,", ",1968"])
def test_where_it_does_not_an_empty_end_is_a_fault_that_names_the_words(cells):
    table = f"id,a,b\n1,{cells}\n"
    assert faults('    date: {start: "{a}", end: "{b}"}\n', table) == [("one_end_empty", None)]
    (fault,) = all_faults('records: [{kind: event, title: T, date: {start: "{a}", end: "{b}"}}]', table)
    assert all(f"`{word}`" in fault.detail for word in ("open", "unknown", "same"))


def test_each_end_has_its_own_precision():
    said = """\
    date:
      start: {from: "{start}", precision: {from: "{start_precision}", look_up: {"11": day, "10": month, "9": year}}}
      end:
        from: "{end}"
        open: true
        precision: {from: "{end_precision}", look_up: {"11": day, "10": month, "9": year}}
"""
    table = (
        "id,start,start_precision,end,end_precision\n"
        "1,2020-07-16,11,2025-01-01,9\n2,2017-05-01,10,2021-03-04,11\n3,2017-10-26,11,,\n"
    )
    assert [one["date"] for one in event(said, table)] == [
        "2020-07-16/2025",
        "2017-05/2021-03-04",
        "2017-10-26/..",
    ]


DATES = [
    # What is missing within is unspecified, and nothing beside it is lost.
    ('{year: "{a}", month: "{b}", day: "{c}"}', "67,,5", "0067-XX-05"),
    ('{year: "{a}", month: "{b}", day: "{c}"}', ",3,5", "XXXX-03-05"),
    ('{year: "{a}", month: "{b}", day: "{c}"}', "1848.0,3.0,", "1848-03"),
    ('{year: "{a}", month: "{b}", day: "{c}"}', "-12000,,", "Y-12000"),
    # A constant says nothing of a row whose coarser part is missing.
    ('{year: "{a}", month: "1", day: "1"}', ",,", None),
    ('{year: "{a}", month: "{b}", day: "1"}', "1848,,", "1848"),
    ('{year: "{a}", month: "{b}", day: "1"}', "1848,2,", "1848-02-01"),
    ('{year: "1848", month: "{b}", day: "{c}"}', ",,", "1848"),
    # Nor does an interval of which the row says nothing.
    ('{start: "{a}", end: ".."}', ",,", None),
    ('{start: "..", end: "{b}"}', ",,", None),
    ('{start: "1848", end: "{b}"}', ",,", None),
    ('{start: {year: "{a}", month: "1"}, end: ".."}', ",,", None),
    ('{start: "1848", end: ".."}', ",,", "1848/.."),
    ('{start: "{a}", end: "{b}", approximate: "{c}"}', "1848,1849?,ca", "1848~/1849%"),
    ('{start: "{a}", end: "{b}", approximate: "{c}"}', "1848,1849,No", "1848/1849"),
    ('{start: "{a}", end: "..", approximate: "{c}"}', "1848,,1", "1848~/.."),
    ('{start: "{a}", end: "{b}", precision: within, approximate: "{c}"}', "1848,1849,1", "[1848~..1849~]"),
    ('{start: "{a}", precision: month}', "1848-03-05~,,", "1848-03~"),
    ('{start: "{a}", precision: year}', "1980-00-00,,", "1980"),
    ('{start: "{a}", precision: century}', "196X,,", "19XX"),
    ('{start: "{a}", end: "{b}", ranges: true}', "..,1888,", "../1888"),
]


@pytest.mark.parametrize(("said", "cells", "edtf"), DATES)
def test_dates_lose_and_invent_nothing(said, cells, edtf):
    found = event(f"    date: {said}\n", f"id,a,b,c\n1,{cells}\n")[0].get("date")
    assert found == edtf
    if edtf is not None:
        parse_edtf(edtf)


@pytest.mark.parametrize(
    ("said", "cells", "code", "value"),
    [
        ('{start: "{a}", end: "{b}", ranges: true}', "1816..1820,1888,", "not_a_range", "1816..1820"),
        ('{start: "{a}", end: "{b}", ranges: true}', "1816..,1888,", "not_a_range", "1816.."),
        ('{start: "{a}", end: "{b}", ranges: true}', "1816,..1888,", "not_a_range", "..1888"),
        ('{start: "{a}", end: "{b}", ranges: true}', "..long ago,1888,", "not_a_range", "..long ago"),
        ('{start: "{a}", precision: year}', "1848 or later,,", "not_a_date", "1848 or later"),
        ('{start: "{a}", precision: year}', "1848-13-45,,", "not_a_date", "1848-13-45"),
        ('{start: "{a}", precision: year}', "1848/1849,,", "not_a_date", "1848/1849"),
        (
            '{start: {from: "{a}", precision: "{c}"}, end: "{b}"}',
            "1848,1849,within",
            "unknown_precision",
            "within",
        ),
        ('{year: "{a}", month: "{b}"}', "1848,25,", "out_of_range", "25"),
        ('{year: "{a}", month: "{b}"}', "1848,0,", "out_of_range", "0"),
        ('{year: "{a}", month: "{b}"}', "1_848,,", "not_a_number", "1_848"),
        ('{year: "{a}", month: "{b}"}', "1848.5,,", "not_a_number", "1848.5"),
        (
            '{start: "{a}", end: {from: "{b}", unknown: true}, precision: within}',
            "2009-02-20,,",
            "unknown_precision",
            None,
        ),
    ],
)
def test_dates_that_are_not_understood_are_faults(said, cells, code, value):
    assert faults(f"    date: {said}\n", f"id,a,b,c\n1,{cells}\n") == [(code, value)]


# Without what is put right as Windows-1252 before a mapping sees it.
misread = "".join(map(chr, range(0x80, 0xA0)))
cell = st.text(st.characters(exclude_categories=("Cs",), exclude_characters=misread), max_size=12)


@given(cell, cell, st.sampled_from(["", "day", "month", "year", "decade", "within"]))
def test_a_date_of_two_cells_is_whole_or_a_fault(start, end, precision):
    cells = [one.replace('"', '""').replace("\0", "") for one in (start, end)]
    documents, told = made(
        'records: [{kind: event, id: x, title: T, date: {start: "{a}", end: {from: "{b}", open: true}, precision: "{p}"}}]',
        f'a,b,p\n"{cells[0]}","{cells[1]}",{precision}\n',
    )
    if told or not documents:
        return
    # Without a word that cuts, both cells stand in it as they are.
    if precision == "" and "date" in documents[0]:
        for cell in (start.replace("\0", "").strip(), end.replace("\0", "").strip()):
            assert cell in documents[0]["date"]


def test_faults_name_cell_column_and_record():
    table = "id,t,n,y\n7,9,1,1960\n8,1,one\ttwo,1960\n9,1,1," + "x" * 80 + "\n"
    mapping = """\
records:
  - kind: event
    id: "e-{id}"
    title: T
    type: {from: "{t}", look_up: {"1": battle}}
    figures: [{measure: deaths, best: "{n}"}]
    date: {year: "{y}"}
"""
    found = all_faults(mapping, table)
    assert [fault.record for fault in found] == ["events/e-7", "events/e-8", "events/e-9"]
    assert [fault.value for fault in found] == ["9", "one\\ttwo", "x" * (MAX_QUOTED_LENGTH - 1) + "…"]
    assert [fault.detail[-11:] for fault in found] == ["(column t).", "(column n).", "(column y)."]
    assert len({fault.detail for fault in found if fault.code == "no_such_entry"}) == 1


@given(st.one_of(st.text(), st.lists(st.integers(), max_size=40)))
def test_what_is_quoted_is_short_and_on_one_line(value):
    shown = quoted(value)
    assert len(shown) <= MAX_QUOTED_LENGTH
    assert shown.isprintable()
