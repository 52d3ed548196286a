"""Dates as people write them, in the cells of a table: read, or refused with what they can mean."""

from pathlib import Path

import pytest
from test_mapping_cells import all_faults
from test_mappings import event, made

from app.errors import InvalidDocument
from app.imports.mapping.declaration import declared
from app.values.failsafe_yaml import load_failsafe_yaml

MESSY = Path(__file__).parents[3] / "shared/data/messy"


def mapping(date):
    return f"records:\n  - kind: event\n    id: x-{{id}}\n    title: T\n    date: {date}\n"


def dates(date, table):
    documents, faults = made(mapping(date), table)
    return [document.get("date") for document in documents], faults


def test_a_cell_is_read_and_kept_as_it_is_written():
    table = 'id,d\n1,12. März 1848\n2,um  1850\n3,o. J.\n4,\n5,"264-241 v. Chr."\n'
    assert dates('{text: "{d}", lang: de}', table) == (
        [
            {"edtf": "1848-03-12", "as_written": "12. März 1848"},
            {"edtf": "1850~", "as_written": "um 1850"},
            None,
            None,
            {"edtf": "-0263/-0240", "as_written": "264-241 v. Chr."},
        ],
        [],
    )


def test_digits_of_the_julian_calendar_are_said_to_be_so():
    found, faults = dates('{text: "{d}"}', "id,d\n1,15 Jan 1743/44\n")
    assert found == [{"edtf": "1744-01-15", "calendar": "julian", "as_written": "15 Jan 1743/44"}]
    assert faults == []
    assert (
        all_faults(mapping('{edtf: {text: "{d}"}}'), "id,d\n1,15 Jan 1743/44\n")[0].code == "another_calendar"
    )


def test_other_calendars_are_said_and_their_words_kept():
    table = "id,d\n1,18 brumaire an VIII\n2,1300 AH\n"
    assert dates('{text: "{d}", lang: fr}', table) == (
        [
            {
                "edtf": "1799-11-09",
                "calendar": "french-republican",
                "as_written": "18 brumaire an VIII",
            },
            {"edtf": "[1882-11-12..1883-11-01]", "calendar": "islamic", "as_written": "1300 AH"},
        ],
        [],
    )
    ends = '{start: {text: "{d}"}, end: {text: "{d2}"}}'
    found, faults = dates(ends, "id,d,d2\n1,5 Nisan 5708,7 Nisan 5708\n2,5 Nisan 5708,1 May 1948\n")
    assert faults == []
    assert [date.get("calendar") for date in found] == ["hebrew", None]
    assert found[1]["edtf"] == "1948-04-14/1948-05-01"
    assert found[1]["as_written"] == "5 Nisan 5708 – 1 May 1948"


def test_the_mapping_may_say_what_was_written_and_a_note():
    said = '{text: "{d}", as_written: "{w}", note: "of {w}"}'
    assert dates(said, "id,d,w\n1,1848,in May\n2,1849,\n3,,x\n")[0] == [
        {"edtf": "1848", "as_written": "in May", "note": "of in May"},
        {"edtf": "1849", "as_written": "1849"},
        None,
    ]
    assert event('    date: {edtf: {text: "{d}"}, note: "{w}"}\n', "id,d,w\n1,c. 1848,x\n") == [
        {"id": "x-1", "date": {"edtf": "1848~", "note": "x"}}
    ]


def test_each_end_of_an_interval_has_its_own_text():
    said = '{start: {text: "{a}", lang: de}, end: {text: "{b}", order: mdy, open: true}}'
    assert dates(said, "id,a,b\n1,1. Mai 1848,5/6/1849\n2,um 1850,\n3,o. J.,n.d.\n") == (
        [
            {"edtf": "1848-05-01/1849-05-06", "as_written": "1. Mai 1848 – 5/6/1849"},
            {"edtf": "1850~/..", "as_written": "um 1850"},
            None,
        ],
        [],
    )
    assert dates('{start: {text: "{a}", precision: year}}', "id,a\n1,3 April 1848\n") == (
        [{"edtf": "1848", "as_written": "3 April 1848"}],
        [],
    )


@pytest.mark.parametrize(
    ("said", "table", "code", "parts"),
    [
        (
            '{text: "{d}"}',
            "id,d\n1,3/4/1848\n",
            "several_readings",
            ("1848-04-03 (3 April 1848)", "`order: dmy` or `order: mdy`"),
        ),
        (
            '{text: "{d}"}',
            "id,d\n1,1904-05\n",
            "several_readings",
            ("1904-05 (May 1904) or 1904/1905", "`order: ymd`"),
        ),
        (
            '{text: "{d}", order: dmy}',
            "id,d\n1,1743/44\n",
            "several_readings",
            ("1743/1744", "write it in the table"),
        ),
        (
            '{text: "{d}"}',
            "id,d\n1,1850 xyzzy\n",
            "unreadable_date",
            ("this word is not understood, at character 6",),
        ),
        ('{text: "{d}", lang: en}', "id,d\n1,März 1848\n", "unreadable_date", ("at character 1",)),
        ('{start: {text: "{d}"}, end: ".."}', "id,d\n1,1959 or 1960\n", "not_a_date", ("is one date",)),
        (
            '{start: {text: "{d}"}, end: {text: "{d2}"}}',
            "id,d,d2\n1,25 Oct 1917 O.S.,8 Nov 1917\n",
            "two_calendars",
            ("Old Style",),
        ),
        ('{text: "{d}"}', "id,d\n1,ab 5708\n", "several_readings", ("in the Hebrew calendar", "5708/..")),
    ],
)
def test_what_is_not_decided_is_refused_with_the_readings_and_what_to_write(said, table, code, parts):
    (fault,) = all_faults(mapping(said), table)
    assert (fault.code, fault.pointer, fault.record) == (code, "/date", "events/x-1")
    assert all(part in fault.detail for part in parts), fault.detail
    assert fault.value


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ('{text: "{d}", lang: ru}', "/lang"),
        ('{text: "{d}", order: ydm}', "/order"),
        ('{text: "{d}", precision: year}', "/precision"),
        ('{start: {text: "{d}", day: "1"}, end: ".."}', "/start/text"),
        ("{lang: de}", ""),
    ],
)
def test_keywords_that_do_not_fit_are_refused(said, pointer):
    with pytest.raises(InvalidDocument) as caught:
        declared(load_failsafe_yaml(mapping(said)), Path())
    assert f"/records/0/date{pointer}" in [fault.pointer for fault in caught.value.faults]


@pytest.mark.skipif(not MESSY.exists(), reason="the messy files are not here")
def test_the_messy_files_come_out_as_they_should():
    documents, faults = made(mapping('{text: "{when}"}'), (MESSY / "written-dates.csv").read_bytes())
    found = {document["id"]: document.get("date", {}).get("edtf") for document in documents}
    assert {code for _, _, code in faults} == {"several_readings", "unreadable_date"}
    # 7/4/1776, 1743/44 and 3/-9/1848
    assert {f"x-{number}" for number in range(25)} - found.keys() == {"x-9", "x-12", "x-24"}
    assert [found[f"x-{number}"] for number in (13, 16, 17, 18, 19)] == [
        None,
        "1848-03",
        "1492-10-12",
        "1886-05-01",
        "15XX",
    ]
    documents, faults = made(mapping('{text: "{year}"}'), (MESSY / "bc.csv").read_bytes())
    assert faults == []
    assert [document["date"]["edtf"] for document in documents] == [
        "-1456",
        "[1850..]",
        "1999-12-31/2001-01-01",
        "-0043",
        "1066",
    ]
