"""Tables of many columns, and of columns that records do not have: each is told once."""

import csv
import io

import pytest

from app.imports.mapping.suggest import sample, suggest_mapping
from app.imports.readers import csv as reading
from app.imports.readers import read, table_rows
from app.records.kinds import kind_by_name
from app.records.scalars import MAX_FAULTS
from app.values.json_pointer import MAX_NAME_LENGTH

EVENT = kind_by_name("event")


def table(header, *rows):
    file = io.StringIO()
    csv.writer(file).writerows([header, *rows])
    return file.getvalue().encode()


def faults_of(data):
    return [[(fault.code, fault.pointer) for fault in one.faults] for one in read("csv", [data], EVENT)]


def places(report):
    return [(one["line"], one["code"], one.get("pointer")) for one in report.faults]


def test_a_column_that_there_is_not_is_told_once_and_keeps_every_row_out_that_has_something_in_it(
    importer, stored
):
    rows = [["a", "A", "x", ""], ["b", "B", "", ""], ["c", "C", "y", "z"], ["d", "D", "", "z"]]
    data = table(["id", "title", "tittle", "other"], *([["event", *row] for row in rows]))
    data = data.replace(b"id,title", b"kind,id,title", 1)
    report = importer(data, "csv", on_error="skip")
    assert places(report) == [(2, "unknown_column", "/tittle"), (4, "unknown_column", "/other")]
    assert report.faults[0]["suggestion"] == "title"
    assert (report.counts.read, report.counts.created, report.counts.failed) == (4, 1, 3)
    assert [one["id"] for one in stored()] == ["b"]


def test_other_faults_of_a_row_are_told_though_its_column_was_told_before(importer):
    rows = [["event", f"e{n}", "" if n == 3 else "E", "x", "places/nowhere"] for n in range(1, 4)]
    report = importer(table(["kind", "id", "title", "other", "places"], *rows), "csv")
    found = places(report)
    assert (2, "unknown_column", "/other") in found
    assert (4, "missing", "/title") in found
    assert [one for one in found if one[1] == "unknown_column"] == [(2, "unknown_column", "/other")]
    assert {line for line, _, pointer in found if pointer == "/places/0/place"} == {2, 3, 4}
    assert (report.refused, report.counts.failed) == (True, 3)


def test_a_column_of_another_kind_is_told_for_each_kind_that_lacks_it():
    point = '{"type":"Point","coordinates":[1,2]}'
    data = table(["kind", "title", "geometry"], *[[kind, "T", point] for kind in ("place", "event")] * 2)
    assert faults_of(data) == [[], [("unknown_column", "/geometry")], [], []]


def test_no_row_is_told_of_more_columns_than_a_document_of_faults():
    count = 2 * MAX_FAULTS + 1
    names = [f"c{n}" for n in range(count)]
    found = faults_of(table(["title", *names], *[["T", *["x"] * count]] * 5))
    assert [len(one) for one in found] == [MAX_FAULTS, MAX_FAULTS, 1, 0, 0]
    assert [pointer for one in found for _, pointer in one] == [f"/{name}" for name in names]


def test_a_table_may_have_many_columns_and_not_any_number_of_them():
    names = ["title", *(f"c{n}" for n in range(1, table_rows.MAX_COLUMNS))]
    assert faults_of(table(names, ["T", *[""] * (table_rows.MAX_COLUMNS - 1)])) == [[]]
    (one,) = read("csv", [table([*names, "more"], ["T"])], EVENT)
    assert [(fault.code, one.line) for fault in one.faults] == [("too_many_columns", 1)]
    assert "10,000 columns; this one has 10,001" in one.faults[0].detail


def test_a_header_is_looked_through_once_for_names_that_are_there_twice():
    compared = 0

    class Name(str):
        __slots__ = ()

        def __eq__(self, other):
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

        def __hash__(self):
            return str.__hash__(self)

    names = [Name(f"c{n}") for n in range(2000)]
    assert table_rows.header_fault([*names, Name("c7")]).pointer == "/c7"
    assert table_rows.header_fault(names) is None
    assert compared < 20 * len(names)


def test_a_row_over_many_lines_is_bounded_as_a_line_is(monkeypatch):
    monkeypatch.setattr(reading, "MAX_LINE", 1000)
    row = b'"a\n",' * 150
    assert [code for code, _ in faults_of(b"title,tags\nT,\n" + row)[-1]] == ["uneven_row"]
    found = faults_of(b"title,tags\nT,\n" + row * 3)
    assert found[0] == []
    assert found[1] == [("line_too_long", "")]


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_of_a_very_long_name_the_beginning_is_told(importer, form):
    name = "n" * 100_000
    data = table(["kind", "title", name], ["event", "T", "x"])
    report = importer(
        data if form == "csv" else [{"kind": "event", "title": "T", name: {"a": ["\u0001"] * 3}}], form
    )
    assert report.counts.faults == (1 if form == "csv" else 4)
    for fault in report.faults:
        assert fault["pointer"].startswith(f"/{'n' * (MAX_NAME_LENGTH - 1)}…")
        assert len(fault["pointer"]) < MAX_NAME_LENGTH + 10


def test_a_draft_looks_at_so_many_cells(monkeypatch):
    monkeypatch.setattr(sample, "_MAX_CELLS", 1000)
    data = table(["title", *(f"c{n}" for n in range(99))], *[["T", *["1"] * 99]] * 50)
    assert sample.sample_of("csv", [data]).count == 11
    assert "the first 11 rows" in suggest_mapping("battles.csv", "csv", [data])
