"""Drafts of tables made at random: each is a mapping, and its remarks mean what they say."""

import csv
import io
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidDocument
from app.imports.mapping.apply import read_mapped
from app.imports.mapping.declaration import declared
from app.imports.mapping.guesses import unconfirmed_guesses
from app.values.failsafe_yaml import load_failsafe_yaml
from tests.imports.drafting import SQUARE, collection, drafted, feature

WORDS = st.sampled_from(
    [
        "id",
        "name",
        "title",
        "event",
        "date",
        "start",
        "end",
        "year",
        "month",
        "day",
        "start_year",
        "end_year",
        "country",
        "town",
        "location",
        "lat",
        "lon",
        "deaths",
        "deaths_low",
        "killed",
        "best",
        "low",
        "high",
        "casualties",
        "actor",
        "side_a",
        "actors",
        "notes",
        "summary",
        "source",
        "tags",
        "type",
        "region",
        "precision",
        "start_precision",
        "calendar",
        "kind",
        "treaty",
        "ruler",
        "born",
        "Begin",
        "Ende",
        "Ereignis",
    ]
)
CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            "1",
            "12",
            "1848",
            "1848-03-12",
            "1848-03-12T10:00:00Z",
            "c. 1850",
            "6.500",
            "1,234",
            "13,4",
            "-99",
            "NA",
            "The Ford",
            "Battle of X",
            "Treaty of Y",
            "A; B",
            "A & B",
            "10.5",
            "-20.5",
            "0",
            "..1816-01-01",
            "event",
            "11",
        ]
    ),
    st.text(max_size=12),
)
NAMES = st.one_of(
    WORDS,
    st.text(max_size=12),
    st.sampled_from(
        [
            "",
            '"',
            "a: b",
            "{a}",
            "}{",
            "a|b",
            "a?",
            "# guess: x",
            "x # confirm",
            "- a",
            "a\nb",
            "'",
            "\\",
            "é" * 5,
            "n" * 3000,
            "end|day",
            "date?",
            "{date}",
            "deaths # confirm",
            "name\n# confirm",
            "\u2028",
            "\x85x",
            "\ufeffa",
            "%",
            "&a",
            "*a",
        ]
    ),
)


@st.composite
def tables(draw):
    header = draw(st.lists(NAMES, min_size=1, max_size=7))
    rows = draw(st.lists(st.lists(CELLS, min_size=len(header), max_size=len(header)), min_size=1, max_size=4))
    return header, rows


def as_csv(header, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode("utf-8", "replace")


def drafted_if_read(data, name):
    """Draft a mapping; None for a table that is refused with the reason."""
    try:
        return drafted(data, name)
    except InvalidDocument as refused:
        if "no row that can be read" not in str(refused):
            raise
        return None


def chosen(draft, kind):
    """Make every choice that a draft leaves open."""
    values = {"kind": kind, "title": '"T"', "date": '"1900"', "measure": "deaths", "precision": "day"}

    def choose(match):
        return f"{match[1]}{match[2]}: {values.get(match[2], '1')}  # chosen"

    return re.sub(r"^([ -]*)(\w+):  # choose: .*$", choose, draft, flags=re.MULTILINE)


@given(
    tables(),
    st.sampled_from(
        ["events.csv", "x.csv", 'a "b" # guess.csv', "treaties\n.csv", "{x}.csv", "# confirm.csv"]
    ),
)
def test_a_draft_is_a_mapping_whatever_the_columns_are_called(table, name):
    draft = drafted_if_read(as_csv(*table), name)
    if draft is None:
        return
    said = load_failsafe_yaml(draft)
    assert said["records"][0]["kind"] == "source"
    assert isinstance(said["records"][-1], dict)
    # Each line with the remark is a guess, and nothing in a remark confirms it.
    marked = [
        at for at, line in enumerate(draft.split("\n"), 1) if re.search(r"^(?!\s*#).*  # guess: ", line)
    ]
    assert [guess.line for guess in unconfirmed_guesses(draft)] == marked


@given(tables(), st.sampled_from(["event", "actor", "agreement", "mission", "place"]))
def test_a_draft_can_be_followed_once_all_is_chosen(table, kind):
    data = as_csv(*table)
    draft = drafted_if_read(data, "x.csv")
    if draft is None:
        return
    said = declared(load_failsafe_yaml(chosen(draft, kind)), Path())
    for made in read_mapped(said, "csv", [data]):
        assert not {fault.code for fault in made.faults} & {"invalid_mapping", "unknown_column"}


PROPERTIES = st.dictionaries(
    NAMES,
    st.one_of(
        CELLS, st.none(), st.integers(-5, 3000), st.floats(-200, 200), st.booleans(), st.lists(st.just(1))
    ),
    max_size=6,
)
GEOMETRIES = st.sampled_from(
    [None, SQUARE, {"type": "Point", "coordinates": [1.5, 2.5]}, {"type": "Point", "coordinates": []}]
)


@given(
    st.lists(st.tuples(GEOMETRIES, PROPERTIES), min_size=1, max_size=4),
    st.sampled_from(["event", "actor", "place"]),
)
def test_a_draft_of_features_is_a_mapping_too(features, kind):
    data = collection(*(feature(geometry) | {"properties": properties} for geometry, properties in features))
    draft = drafted_if_read(data, "x.geojson")
    if draft is None:
        return
    declared(load_failsafe_yaml(chosen(draft, kind)), Path())
