"""CSV and Parquet, read by Frictionless, by the standard library and by pyarrow; and back into records."""

import csv
import io
import re
import tracemalloc
import warnings

import orjson
import pytest
from format_items import VOCABULARY, about, documents, make, write_whole
from hypothesis import given

from app.formats import FORMATS
from app.formats.tables.columns import columns_of, unflatten, unknown_column, unknown_columns
from app.formats.tables.csv import table_schema
from app.formats.tables.formulas import guard, unguard
from app.records.kinds import kind_by_name
from app.records.serialization import to_canonical_json, to_revision_json
from app.records.validation.document import validate_document

DERIVED = {"revision", "created_at", "updated_at", "href"}


def rows_of(body):
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def written(item, **options):
    return write_whole(FORMATS["csv"], [item], about(item.kind.kind, **options))


@given(documents())
def test_what_is_written_as_csv_is_read_back_as_the_same_record(drawn):
    item = make(*drawn)
    (row,) = rows_of(written(item))
    document, faults = unflatten(row, item.kind)
    assert faults == []
    again = validate_document(item.kind, document, VOCABULARY)
    before = item.record.changed(**dict.fromkeys(DERIVED))
    assert to_canonical_json(again) == to_canonical_json(before)
    assert {name: document[name] for name in DERIVED} == {
        name: orjson.loads(item.document)[name] for name in DERIVED
    }


@given(documents())
def test_no_cell_is_a_formula(drawn):
    item = make(*drawn)
    (row,) = rows_of(written(item))
    text = {column.name for column in columns_of(item.kind) if column.text}
    days = {column.name for column in columns_of(item.kind) if column.type == "date"}
    for name, cell in row.items():
        if name in days:
            assert re.fullmatch(r"([+-]\d{5,}|-?\d{4})-\d\d-\d\d|", cell)
        elif name in text:
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "\uff1d"))
            assert not cell.startswith(("\t", "\r", "\n"))
            # Programs whose lists are separated by semicolons begin a cell after each.
            assert not re.search(r";\s*[=+\-@\uff1d]", cell)
        elif cell.startswith(("=", "+", "@")):
            pytest.fail(f"{name} holds {cell!r}")


def test_a_year_before_the_era_stays_what_it_is():
    item = make("event", {"title": "-0043", "date": "-0043", "figures": [{"measure": "money", "best": -5}]})
    (row,) = rows_of(written(item))
    assert (row["date"], row["title"], row["date.label"]) == ("-0043", "'-0043", "44 BCE")
    assert row["date.start.earliest"] == "-0043-01-01"


@pytest.mark.parametrize(
    "text",
    ["=1", "'=1", "''@x", " =1", "\t1", "\uff1d1", "'", "'a", "a=1", "'' x", "-", "a;=1", "a; '@x;=y", ";"],
)
def test_guarding_is_undone(text):
    assert unguard(guard(text)) == text


def test_lists_are_said_in_short(battle):
    (row,) = rows_of(written(battle))
    assert row["participants"] == "actors/cuba:combatant; actors/fidel-castro:leader"
    assert row["figures"] == "deaths=100..200"
    assert row["relations"] == "part-of=events/war@1961"
    assert row["places"] == "places/havana:site"
    assert row["evidence"].startswith("[{")
    assert row["credits"] == 'A book; "quoted": Thank <them>,\nall (CC BY-SA 4.0)'


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("participants", "Fidel Castro"),
        ("figures", "deaths=many"),
        ("evidence", "e1"),
        ("evidence", "[{"),
        ("labels", "Título"),
        ("revision", "one"),
        ("tags", "[1]"),
    ],
)
def test_a_cell_that_cannot_be_read_is_a_fault_at_its_column(column, cell):
    _, (fault,) = unflatten({"title": "x", column: cell}, kind_by_name("event"))
    assert (fault.code, fault.pointer) == ("malformed_cell", f"/{column}")
    assert cell not in fault.detail


@pytest.mark.parametrize(
    ("column", "kind", "cell"),
    [
        ("places", "event", "havana"),
        ("participants", "event", "Fidel Castro"),
        ("parties", "agreement", "Cuba, Venezuela"),
        ("relations", "event", "part-of events/x"),
        ("figures", "event", "51 dead"),
    ],
)
def test_a_cell_that_cannot_be_read_is_shown_with_items_that_can(column, kind, cell):
    _, (fault,) = unflatten({"title": "x", column: cell}, kind_by_name(kind))
    assert fault.value == cell
    items = re.search(r"such as (.*), with semicolons between", fault.detail)[1]
    shown = "; ".join(re.split(", | or ", items))
    document, faults = unflatten({"title": "x", column: shown}, kind_by_name(kind))
    assert (len(document[column]), faults) == (shown.count(";") + 1, [])


def test_an_unknown_column_is_passed_over_and_told_with_a_suggestion():
    event = kind_by_name("event")
    assert unflatten({"titel": "x", "title": "y"}, event) == ({"title": "y"}, [])
    assert unknown_columns(["titel", "title"], event) == ["titel"]
    fault = unknown_column("titel", event)
    assert (fault.code, fault.pointer, fault.suggestion) == ("unknown_column", "/titel", "title")


@pytest.mark.parametrize(
    ("column", "one"), [("tags", "a;"), ("labels", "x=;"), ("figures", "deaths=1;"), ("evidence", "{},")]
)
def test_a_cell_of_too_many_values_is_refused_before_they_are_made(column, one):
    cell = f"[{one * 100_001}{{}}]" if column == "evidence" else one * 200_001
    tracemalloc.start()
    try:
        document, (fault,) = unflatten({column: cell}, kind_by_name("event"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (document, fault.code, fault.pointer) == ({}, "malformed_cell", f"/{column}")
    assert "more than 200,000 values" in fault.detail
    assert peak < 4 * len(cell)


def test_fields_choose_columns(battle):
    (row,) = rows_of(written(battle, fields=["title", "figures"]))
    assert list(row) == ["kind", "id", "href", "title", "figures"]


@pytest.mark.slow
@given(documents())
def test_frictionless_takes_table_and_schema(drawn):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from frictionless import Resource, Schema
    item = make(*drawn)
    schema = Schema.from_descriptor(table_schema(item.kind))
    body = written(item)
    with Resource(body, format="csv", encoding="utf-8", schema=schema) as resource:
        assert resource.header.labels == [field.name for field in schema.fields]
        (row,) = resource.row_stream
        assert row.valid, row.errors
        assert row["id"] == item.record.id


@given(documents())
def test_pyarrow_reads_what_csv_says(drawn):
    parquet = pytest.importorskip("pyarrow.parquet")
    item = make(*drawn)
    body = write_whole(FORMATS["parquet"], [item, item], about(item.kind.kind))
    table = parquet.read_table(io.BytesIO(body))
    assert table.num_rows == 2
    first = table.to_pylist()[0]
    (row,) = rows_of(written(item))
    assert list(first) == list(row)
    text = {column.name for column in columns_of(item.kind) if column.text}
    for name, cell in first.items():
        said = (
            {None: "", True: "true", False: "false"}.get(cell)
            if cell is None or isinstance(cell, bool)
            else str(cell)
        )
        assert said == (unguard(row[name]) if name in text else row[name])
    assert first["revision"] == 3


def test_kinds_can_be_mixed_in_one_table(battle):
    place = make("place", {"title": "Havana", "geometry": {"type": "Point", "coordinates": [1, 2]}})
    one, other = rows_of(write_whole(FORMATS["csv"], [battle, place], about(None)))
    assert (one["kind"], one["geometry"]) == ("event", "")
    assert (other["kind"], orjson.loads(other["geometry"])["type"]) == ("place", "Point")


def test_what_a_revision_keeps_is_what_cells_keep(battle):
    (row,) = rows_of(written(battle))
    assert orjson.loads(row["evidence"]) == orjson.loads(to_revision_json(battle.record))["evidence"]
