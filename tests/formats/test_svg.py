"""SVG, read by an XML parser; and that nothing in the picture covers anything else."""

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from format_items import about, documents, make, write_whole
from hypothesis import given
from hypothesis import strategies as st

from app.formats import FORMATS
from app.formats.svg.axis import ticks, year_label
from app.formats.svg.layout import pieces_of, place, scale_for
from app.values.calendar import days_from_gregorian
from app.values.edtf.value import parse_edtf

NS = {"svg": "http://www.w3.org/2000/svg"}


def drawn(*items):
    return ET.fromstring(write_whole(FORMATS["svg"], items, about(None)))


@given(st.lists(documents(), max_size=4))
def test_it_is_xml_without_anything_that_acts(found):
    items = [make(*one, identifier=f"thing-{at}") for at, one in enumerate(found)]
    root = drawn(*items)
    names = {element.tag.partition("}")[2] for element in root.iter()}
    assert names <= {
        "svg",
        "title",
        "desc",
        "style",
        "defs",
        "linearGradient",
        "stop",
        "rect",
        "text",
        "tspan",
        "path",
        "a",
    }
    assert not [name for element in root.iter() for name in element.attrib if name.lower().startswith("on")]
    assert root.get("role") == "img"
    bars = root.findall("svg:a", NS)
    told = root.findtext("svg:desc", namespaces=NS)
    assert told.startswith(f"A timeline of {len(bars)} dated record")
    left_out = re.search(r"(\d+) left out", told)
    assert len(bars) + (int(left_out[1]) if left_out else 0) == len(items)
    for bar in bars:
        assert bar.get("href").startswith("https://annals.example/v1/")
        assert bar.findtext("svg:title", namespaces=NS)


@pytest.mark.parametrize(
    ("edtf", "shades"),
    [
        ("1960/1970", ["in", "certain", "out"]),
        ("1960-01-01/1970-12-31", ["certain"]),
        ("1960-01-01/1970-12-31~", ["possible"]),
        ("1960", ["possible"]),
        ("1960-05-01", ["certain"]),
        ("1960/..", ["in", "certain"]),
        ("1960-01-01/..", ["certain"]),
        ("../1970-12-31", ["certain"]),
        ("1960~/..", ["possible"]),
        ("1960/", ["possible"]),
        ("1960-01-01/", ["certain", "out"]),
        ("/1970-12-31", ["in", "certain"]),
        ("[1960..]", ["possible"]),
        ("[1960,1965]", ["possible", "possible"]),
        ("[1960..1965]", ["possible"]),
        ("1959?/1967?", ["possible"]),
        ("{1960-01-01,1965-01-01}", ["certain", "certain"]),
    ],
)
def test_certain_and_possible_are_told_apart(edtf, shades):
    span = parse_edtf(edtf).span
    assert [piece.shade for piece in pieces_of(span, scale_for([span], 1000))] == shades


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(0, 1000), st.floats(1, 500)), max_size=60))
def test_nothing_in_a_lane_covers_anything(found):
    from app.formats.svg.layout import Piece

    bars = [((Piece(min(a, b), max(a, b), "certain"),), label) for a, b, label in found]
    placed, lanes = place(bars, 1000, 10)
    assert [one.number for one in placed] == list(range(len(bars)))
    for lane in range(lanes):
        taken = []
        for one in placed:
            if one.lane == lane:
                piece, label = bars[one.number][0][0], bars[one.number][1]
                start = one.label_x - label if one.side == "left" else one.label_x
                taken.append((min(piece.start, start), max(piece.end, start + label)))
                assert start >= -1e-6
        assert taken
        for (_, right), (left, _) in pairwise(sorted(taken)):
            assert left > right


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**12))
def test_ticks_are_few_within_and_in_order(first, length):
    found = ticks(first, first + length, 11)
    assert len(found) <= 11
    assert all(first <= tick.day <= first + length for tick in found)
    assert all(one.day < other.day for one, other in pairwise(found))
    assert len({tick.label for tick in found}) == len(found)
    assert length < 3 or found


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        ((1950, 1, 1), (2010, 1, 1), ["1950", "1960", "1970", "1980", "1990", "2000", "2010"]),
        ((-599, 1, 1), (401, 1, 1), ["600 BCE", "400 BCE", "200 BCE", "1 CE", "200 CE", "400 CE"]),
        (
            (-4, 1, 1),
            (4, 1, 1),
            ["5 BCE", "4 BCE", "3 BCE", "2 BCE", "1 BCE", "1 CE", "2 CE", "3 CE", "4 CE"],
        ),
        (
            (1961, 1, 1),
            (1961, 7, 1),
            ["Jan 1961", "Feb 1961", "Mar 1961", "Apr 1961", "May 1961", "Jun 1961", "Jul 1961"],
        ),
    ],
)
def test_ticks_stand_at_round_dates(first, last, labels):
    days = days_from_gregorian(*first), days_from_gregorian(*last)
    assert [tick.label for tick in ticks(*days, 11)] == labels


@pytest.mark.parametrize(
    ("year", "label"),
    [
        (1960, "1960"),
        (44, "44 CE"),
        (0, "1 BCE"),
        (-43, "44 BCE"),
        (-9999, "10,000 BCE"),
        (-2_499_999, "2.5 million BCE"),
        (5_000_000_000, "5 billion CE"),
    ],
)
def test_years_are_written_as_people_say_them(year, label):
    assert year_label(year) == label
