"""Dates of which the year, or that of an end, is not known: no format says the years 0 and 9999 that only follow from the notation."""

import csv
import io

import orjson
import pytest
from format_items import about, make, write_whole

from app.formats import FORMATS
from app.values.edtf.value import parse_edtf
from app.values.known_bounds import known_bounds
from app.values.timespan import OPEN_END, OPEN_START

UNKNOWN = [
    "XXXX-01-03",
    "XXXX",
    "-XXXX-05",
    "XXXX-02-29",
    "~XXXX-01",
    "XXXX/..",
    "[1960,XXXX-05]",
    "{XXXX-05,XXXX-07}",
]
HALF_KNOWN = {
    "1962/XXXX": ("1962-01-01", None),
    "XXXX-05/1962?": (None, "1962-12-31"),
    "../XXXX": (None, None),
}
SIGNS = (b"0000-", b"9999", b"-0001", b"00000103", b'"year":-1')


def items(edtf):
    agreement = {
        "title": "T",
        "date": edtf,
        "in_force": edtf if "/" in edtf else f"{edtf}/.." if edtf[0] not in "[{~" else "1960/..",
        "relations": [{"type": "amends", "target": "agreements/x", "date": edtf}],
        "parties": [{"actor": "actors/cuba", "actions": [{"action": "signed", "date": edtf}]}],
    }
    yield make("agreement", agreement)
    yield make("event", {"title": "T", "date": edtf})


def written(name, *found, kind=None):
    return write_whole(FORMATS[name], found, about(kind))


@pytest.mark.parametrize("edtf", [*UNKNOWN, *HALF_KNOWN])
@pytest.mark.parametrize(
    "form", [name for name in FORMATS if name not in ("json", "ndjson", "parquet", "xlsx", "oa")]
)
def test_no_format_says_a_year_that_nobody_knows(form, edtf):
    for item in items(edtf):
        body = written(form, item, kind=item.kind.kind)
        assert not [sign for sign in SIGNS if sign in body], body
        assert parse_edtf(edtf).text.encode() in body or form in (
            "svg",
            "timelinejs",
            "ics",
            "bibtex",
            "ris",
            "lp-tsv",
        )


def test_the_document_itself_has_the_bounds_of_the_notation():
    [found] = orjson.loads(written("json", make("event", {"title": "T", "date": "XXXX-01-03"})))["items"]
    assert found["date"]["start"] == {"earliest": "0000-01-03", "latest": "9999-01-03"}


@pytest.mark.parametrize("edtf", [*UNKNOWN, *HALF_KNOWN])
def test_what_is_known_is_still_said(edtf):
    first, last = HALF_KNOWN.get(edtf, (None, None))
    item = make("event", {"title": "T", "date": edtf})
    [row] = csv.DictReader(io.StringIO(written("csv", item, kind="event").decode()))
    assert (row["date"], row["date.start.earliest"], row["date.end.latest"]) == (
        edtf,
        first or "",
        last or "",
    )
    [feature] = orjson.loads(written("geojson", item))["features"]
    date = feature["properties"]["date"]
    assert (date["start"]["earliest"], date["end"]["latest"]) == (first, last)
    assert (date["edtf"], date["label"]) == (edtf, parse_edtf(edtf).label)
    assert ("when" in feature) == (edtf in HALF_KNOWN and edtf != "../XXXX")
    turtle = written("turtle", item).decode()
    for day, word in ((first, "P82a"), (last, "P82b")):
        assert (word in turtle) == (day is not None)
    svg, slides = written("svg", item).decode(), orjson.loads(written("timelinejs", item))
    placed = first is not None or last is not None
    assert ("1 left out" not in svg) == (slides["annals"]["left_out"] == 0) == placed
    if placed:
        [slide] = slides["events"]
        assert (slide["start_date"], "end_date" in slide) == ({"year": 1962}, False)


@pytest.mark.parametrize(
    "edtf", ["1962", "196X", "1XXX", "0XXX", "000X/999X", "1962/..", "../..", "[1960,1961]", "Y17E8S2"]
)
def test_bounds_of_a_year_of_which_a_digit_is_known_stay(edtf):
    value = parse_edtf(edtf)
    assert known_bounds(value) == value.span.bounds


def test_an_end_that_is_not_known_is_open():
    half = known_bounds(parse_edtf("1962/XXXX"))
    assert (half.e1, half.e2) == (parse_edtf("1962").span.bounds.s1, OPEN_END)
    assert known_bounds(parse_edtf("XXXX/1962")).s1 == OPEN_START
