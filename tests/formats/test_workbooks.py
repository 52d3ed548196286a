"""XLSX, read by openpyxl and by Calamine; and back into records."""

import io
from datetime import date

import openpyxl
import orjson
import pytest
import python_calamine
from format_items import AWKWARD, VOCABULARY, about, documents, make, write_whole
from hypothesis import given, settings

from app.formats import FORMATS
from app.formats.tables import sheets
from app.formats.tables.columns import spoken_of, unflatten, unknown_columns
from app.formats.tables.formulas import guard_where_undone, unguard
from app.formats.tables.sheets import MAX_TEXT, split_text
from app.records.kinds import kind_by_name
from app.records.serialization import to_canonical_json
from app.records.validation.document import validate_document

SERVER = {"revision": None, "created_at": None, "updated_at": None, "href": None}


def workbook(items, kind="event", **options):
    return write_whole(FORMATS["xlsx"], items, about(kind, **options))


def cells_of(body, name):
    """Read the rows of a sheet as openpyxl does."""
    rows = openpyxl.load_workbook(io.BytesIO(body))[name].iter_rows()
    header = [cell.value for cell in next(rows)]
    return [dict(zip(header, row, strict=True)) for row in rows]


def read_by_calamine(body, name):
    rows = iter(python_calamine.load_workbook(io.BytesIO(body)).get_sheet_by_name(name).to_python())
    header = next(rows)
    return [dict(zip(header, map(as_text, row), strict=True)) for row in rows]


def as_text(cell):
    assert not isinstance(cell, date), "no text became a date"
    if isinstance(cell, bool):
        return "true" if cell else "false"
    text = str(int(cell)) if isinstance(cell, float) else str(cell)
    # Calamine leaves these two escapes as they are.
    return text.replace("_xFFFE_", "\ufffe").replace("_xFFFF_", "\uffff")


@settings(max_examples=40)
@given(documents())
def test_what_is_written_is_read_back_as_the_same_record(drawn):
    item = make(*drawn)
    (row,) = read_by_calamine(workbook([item], item.kind.kind), item.kind.collection)
    document, faults = unflatten(row, item.kind)
    assert faults == []
    again = validate_document(item.kind, document, VOCABULARY)
    assert to_canonical_json(again) == to_canonical_json(item.record.changed(**SERVER))


@pytest.mark.parametrize(
    "text",
    [
        *AWKWARD,
        "<r>x</r>",
        "<r><</r>",
        "_x0041_",
        "'=x",
        "a;'=b",
        "''+1",
        "1961",
        "1/2",
        "true",
        "  two  spaces ",
    ],
)
def test_text_stays_text(text):
    item = make("event", {"title": "Told", "summary": text})
    body = workbook([item])
    (row,) = cells_of(body, "events")
    assert row["summary"].data_type == "s"
    assert row["summary"].number_format == "@"
    (again,) = read_by_calamine(body, "events")
    assert unflatten(again, item.kind)[0]["summary"] == item.record.summary
    assert unguard(guard_where_undone(text)) == text


def test_only_an_apostrophe_that_would_be_lost_has_another():
    assert guard_where_undone("=1+1") == "=1+1"
    assert guard_where_undone("'=1+1") == "''=1+1"


def test_numbers_are_numbers_and_dates_stay_as_they_are_written():
    item = make("event", {"title": "Vote", "date": "1961", "figures": [{"measure": "deaths", "best": 12}]})
    body = workbook([item])
    (row,) = cells_of(body, "events")
    assert (row["revision"].data_type, row["date"].data_type, row["date"].value) == ("n", "s", "1961")
    (figure,) = cells_of(body, "figures (details)")
    assert (figure["ref"].value, figure["best"].value) == ("events/thing", 12)


def test_headers_are_frozen_and_filtered(battle):
    sheet = openpyxl.load_workbook(io.BytesIO(workbook([battle])))["events"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref[:3]) == ("A2", "A1:")
    assert sheet.auto_filter.ref.endswith("2")


def test_parts_have_rows_that_can_be_read_by_themselves(battle):
    body = workbook([battle])
    assert openpyxl.load_workbook(io.BytesIO(body)).sheetnames == [
        "events",
        "participants (details)",
        "places (details)",
        "figures (details)",
        "evidence (details)",
    ]

    def told(name, *columns):
        return [tuple(row[column].value for column in columns) for row in cells_of(body, f"{name} (details)")]

    assert told("participants", "ref", "title", "date", "actor_title", "role") == [
        ("events/battle", "Battle", "1961-04-17/1961-04-20", 'Cuba <&> "state"', "combatant"),
        ("events/battle", "Battle", "1961-04-17/1961-04-20", "Fidel Castro", "leader"),
    ]
    assert told("places", "place_title", "role", "longitude", "latitude") == [
        ("Havana", "site", -82.37, 23.13)
    ]
    assert told("figures", "measure", "low", "best", "high") == [("deaths", 100, None, 200)]
    assert told("evidence", "property", "stance", "source_title", "page", "rank", "basis") == [
        ("date", "supports", 'A book; "quoted"', 3, "normal", "stated")
    ]


def test_parties_are_told_with_what_they_did():
    raw = {
        "title": "Pact",
        "parties": [
            {
                "actor": "actors/cuba",
                "actions": [{"action": "signed", "date": "2000-10-30"}, {"action": "ratified"}],
            }
        ],
    }
    (row,) = cells_of(workbook([make("agreement", raw)], "agreement"), "participants (details)")
    assert (row["field"].value, row["actions"].value) == ("parties", "signed 2000-10-30; ratified")


def test_a_sheet_for_each_kind_that_there_is(battle):
    place = make("place", {"title": "Here"})
    names = openpyxl.load_workbook(io.BytesIO(workbook([battle, place], None))).sheetnames
    assert names[:2] == ["places", "events"]
    assert openpyxl.load_workbook(io.BytesIO(workbook([], "place"))).sheetnames == ["places"]


def test_a_full_sheet_goes_on_in_another(monkeypatch, battle):
    monkeypatch.setattr(sheets, "MAX_ROWS", 4)
    items = [make("event", {"title": f"Event {number}"}, f"event-{number}") for number in range(7)]
    body = workbook([*items, battle])
    assert openpyxl.load_workbook(io.BytesIO(body)).sheetnames[:3] == ["events", "events 2", "events 3"]
    found = [row["id"].value for name in ("events", "events 2", "events 3") for row in cells_of(body, name)]
    assert found == [*(f"event-{number}" for number in range(7)), "battle"]


def test_text_that_no_cell_can_hold_goes_on_in_further_columns():
    long, astral = "ab\n" * 30_000, "𝔘b" * 20_000
    raw = {
        "title": "Long",
        "summary": long,
        "evidence": [{"source": "sources/book", "note": "=x" * 4_000}] * 6,
    }
    item = make("event", raw)
    body = workbook(
        [make("event", {"title": "Short"}), item, make("event", {"title": "X", "summary": astral})]
    )
    short, row, third = read_by_calamine(body, "events")
    assert short["summary"] == short["summary (2)"] == ""
    assert len(row["summary"]) == len(row["summary (2)"]) == MAX_TEXT
    assert {"summary (3)", "evidence (2)"} <= row.keys()
    assert unknown_columns(row, item.kind) == []
    assert spoken_of(["summary", "summary (2)"], item.kind) == {"summary"}
    document, faults = unflatten(row, item.kind)
    assert (document["summary"], faults) == (item.record.summary, [])
    assert document["evidence"] == orjson.loads(item.document)["evidence"]
    assert unflatten(third, item.kind)[0]["summary"] == astral


def test_parts_of_cells_are_joined_in_the_order_of_their_numbers():
    event = kind_by_name("event")
    cells = {"summary (10)": "c", "summary (2)": "b", "summary": "a", "title": "T", "titel (2)": "x"}
    assert unflatten(cells, event) == ({"title": "T", "summary": "abc"}, [])
    assert unknown_columns(cells, event) == ["titel (2)"]


@pytest.mark.parametrize(
    "text", ["", "a" * MAX_TEXT, "a" * (MAX_TEXT + 1), "𝔘" * MAX_TEXT, "é" * (3 * MAX_TEXT)]
)
def test_parts_fit_into_cells(text):
    parts = split_text(text)
    assert "".join(parts) == text
    assert all(len(part.encode("utf-16-le")) // 2 <= MAX_TEXT for part in parts)


def test_the_same_records_give_the_same_bytes(battle):
    assert workbook([battle]) == workbook([battle])


def test_fields_choose_columns_and_parts(battle):
    named = orjson.loads(battle.document)
    few = {name: named[name] for name in ("kind", "id", "href", "title")}
    item = type(battle)(battle.kind, orjson.dumps(few).decode(), battle.linked)
    book = openpyxl.load_workbook(io.BytesIO(workbook([item], fields=["title"])))
    assert book.sheetnames == ["events"]
    assert [cell.value for cell in book["events"][1]] == ["kind", "id", "href", "title"]


def test_a_full_disk_is_said(monkeypatch, battle):
    monkeypatch.setattr(sheets, "SPARE_BYTES", 2**80)
    with pytest.raises(sheets.DiskFull, match="csv"):
        workbook([battle])
