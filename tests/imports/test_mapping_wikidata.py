"""Times of Wikidata in the cells of a table, and words that stand in place of the end of a date."""

import json
from pathlib import Path

import pytest
from test_mapping_cells import all_faults
from test_mapping_date_texts import dates, mapping
from test_mappings import made

from app.errors import InvalidDocument

MESSY = Path(__file__).parents[3] / "shared/data/messy"
TIMES = """item,label,time,precision,calendar
Q1,Ides,-0044-03-15T00:00:00Z,11,Q1985786
Q2,Founding,+1950-00-00T00:00:00Z,9,Q1985727
Q3,Philosopher,-0400-00-00T00:00:00Z,7,Q1985786
"""
PRECISIONS = """id,who,start,start_precision,end,end_precision
1,Cabinet A,2020-07-16,11,2025-01-01,9
2,Cabinet B,2017-05-01,10,2021-03-04,11
3,Cabinet C,2017-10-26,11,,
"""
DATE = '{wikidata: "{time}", precision: "{precision}", calendar: "{calendar}", years: json}'
IDES = {"edtf": "-0043-03-15", "calendar": "julian"}


def read(date, table, form="csv"):
    documents, faults = made(f"records:\n  - {{kind: event, title: T, date: {date}}}\n", table, form)
    return [one.get("date") for one in documents], [code for _, _, code in faults]


def messy(name, made_here):
    """Give a table of the shared data, which holds the same, where it is."""
    file = MESSY / name
    return file.read_text() if file.exists() else made_here


def test_times_of_different_precision_and_calendar():
    assert read(DATE, messy("wikidata-times.csv", TIMES)) == (
        [IDES, {"edtf": "1950"}, {"edtf": "-03XX", "calendar": "julian"}],
        [],
    )


def test_each_end_has_a_precision_of_its_own():
    said = (
        '{start: {wikidata: "{start}", precision: "{start_precision}", calendar: gregorian}, '
        'end: {wikidata: "{end}", precision: "{end_precision}", calendar: gregorian, open: true}}'
    )
    expected = [{"edtf": one} for one in ("2020-07-16/2025", "2017-05/2021-03-04", "2017-10-26/..")]
    assert read(said, messy("two-precisions.csv", PRECISIONS)) == (expected, [])


def test_the_answer_of_the_query_service_as_json():
    rows = [
        {
            "time": {"type": "literal", "value": "-0043-03-13T00:00:00Z"},
            "precision": {"type": "literal", "value": "11"},
            "calendar": {"type": "uri", "value": "http://www.wikidata.org/entity/Q1985786"},
        },
        {
            "time": {"value": "1950-01-01T00:00:00Z"},
            "precision": {"value": "9"},
            "calendar": {"value": "Q1985727"},
        },
    ]
    said = (
        "table: {items: results.bindings}\nrecords:\n  - kind: event\n    title: T\n    date:\n"
        '      {wikidata: "{time.value}", precision: "{precision.value}", calendar: "{calendar.value}", years: rdf}\n'
    )
    documents, faults = made(said, json.dumps({"head": {}, "results": {"bindings": rows}}), "json")
    assert faults == []
    assert [one["date"] for one in documents] == [{"edtf": "-0043-03-13"}, {"edtf": "1950"}]


@pytest.mark.parametrize(
    ("date", "cells", "found"),
    [
        # Which convention it is shows: a month of zero, or a sign.
        ('{wikidata: "{t}", precision: "9", calendar: julian}', "-0044-00-00T00:00:00Z", "-0043"),
        # Either convention says the same, and either calendar.
        ('{wikidata: "{t}", precision: "11", calendar: gregorian}', "1950-02-03", "1950-02-03"),
        ('{wikidata: "{t}", precision: day, years: rdf}', "-0043-03-13T00:00:00Z", "-0043-03-13"),
        ('{wikidata: "{t}", precision: day, calendar: gregorian}', "-0043-03-13T00:00:00Z", "not_a_date"),
        ('{wikidata: "{t}", precision: day, calendar: julian}', "1500-03-13T00:00:00Z", "not_a_date"),
        ('{wikidata: "{t}", precision: "9", years: rdf}', "1950-01-01T00:00:00Z", "not_a_date"),
        ('{wikidata: "{t}", precision: "12", years: rdf}', "1950-01-01T00:00:00Z", "unknown_precision"),
        ('{wikidata: "{t}", precision: "11", calendar: Q1, years: rdf}', "1950-01-01", "not_a_date"),
        ('{wikidata: "{t}", precision: "11", calendar: gregorian}', "1950", "not_a_date"),
        (
            '{edtf: {wikidata: "{t}", precision: "11", calendar: julian, years: json}}',
            "1500-01-01",
            "another_calendar",
        ),
    ],
)
def test_what_is_not_said_is_a_fault_where_it_matters(date, cells, found):
    dates_, codes = read(date, f"t,u\n{cells},x\n")
    assert (codes or [one["edtf"] for one in dates_]) == [found]


@pytest.mark.parametrize(
    "date",
    [
        '{wikidata: "{t}"}',
        '{wikidata: "{t}", precision: "11", years: xsd}',
        '{wikidata: "{t}", precision: "11", order: dmy}',
        '{start: {wikidata: "{t}", precision: "11", open_words: [now]}}',
        '{start: {year: "{t}", open_words: [now]}}',
        '{start: "{t}", end: {from: "{t}", open_words: now}}',
        '{start: "{t}", end: {from: "{t}", open_words: [now], unknown_words: [Now]}}',
    ],
)
def test_a_date_that_is_not_declared_so_is_refused(date):
    with pytest.raises(InvalidDocument):
        read(date, "t\n1\n")


@pytest.mark.parametrize(
    "word",
    ["present", "Ongoing.", "heute", "bis heute", "aujourd\u2019hui", "hoy", "hoje", "oggi", "to date"],
)
def test_words_for_the_present_are_an_open_end_of_dates_as_people_write_them(word):
    said = '{start: {text: "{a}"}, end: {text: "{b}"}}'
    assert dates(said, f"id,a,b\n1,1990,{word}\n") == (
        [{"edtf": "1990/..", "as_written": f"1990 \u2013 {word}"}],
        [],
    )


def test_words_for_the_present_are_no_beginning_and_of_one_language_where_it_is_said():
    assert all_faults(mapping('{start: {text: "{a}"}, end: {text: "{b}"}}'), "id,a,b\n1,heute,1990\n")
    assert all_faults(
        mapping('{start: {text: "{a}"}, end: {text: "{b}", lang: it}}'), "id,a,b\n1,1990,heute\n"
    )
    assert all_faults(mapping('{start: {text: "{a}"}, end: {text: "{b}"}}'), "id,a,b\n1,1990,date\n")


def test_a_mapping_says_which_words_are_open_and_which_unknown_ends():
    said = '{start: {from: "{a}", unknown_words: ["?"]}, end: {from: "{b}", open_words: [Läuft, "-"], unknown_words: [k. A.]}}'
    assert dates(said, "id,a,b\n1,1990,läuft\n2,1990,-\n3,1990,K.A\n4,1990,k. a.\n5,?,1991\n")[0] == [
        "1990/..",
        "1990/..",
        "1990/K.A",
        "1990/",
        "/1991",
    ]
    said = '{start: {text: "{a}"}, end: {text: "{b}", unknown_words: [heute], open_words: [never]}}'
    assert [one["edtf"] for one in dates(said, "id,a,b\n1,15 Jan 1743/44,never\n2,1990,heute\n")[0]] == [
        "1744-01-15/..",
        "1990/",
    ]
