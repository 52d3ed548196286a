"""Rows of tables and features say what they have columns for; the rest of a record stays as it is."""

import orjson
import pytest

from app.database import lookup as database_lookup
from app.formats.tables.columns import spoken_of
from app.imports import complete_documents as completing
from app.imports import service as importing
from app.imports import write_order as imports_write_order
from app.imports.complete_documents import complete
from app.records.kinds import kind_by_name

FULL = {
    "kind": "event",
    "id": "full-record",
    "title": "A full record",
    "summary": "What it is.",
    "date": {"edtf": "1961-04-17", "calendar": "julian", "as_written": "17 April", "note": "Old style."},
    "tags": ["old"],
    "figures": [{"id": "dead", "measure": "deaths", "best": 1}],
    "participants": [{"actor": "actors/a"}],
}
ACTOR = {"kind": "actor", "id": "a", "title": "A"}


def without_derived(document):
    """Give what was written of a document: no server fields, no derived members of its date."""
    members = {
        name: value
        for name, value in document.items()
        if name not in ("revision", "created_at", "updated_at", "href")
    }
    if "date" in members:
        members["date"] = {
            name: value
            for name, value in members["date"].items()
            if name in ("edtf", "calendar", "as_written", "note")
        }
    return members


@pytest.fixture
def full(importer, stored):
    """Bring a full record in; gives a function that reads it again."""
    importer([ACTOR, FULL])
    return lambda: next(without_derived(one) for one in stored() if one["id"] == "full-record")


def test_a_table_with_some_columns_leaves_the_others(importer, full):
    before = full()
    assert importer.counts(b'kind,id,tags\nevent,full-record,"TN; A"\n', "csv") == (0, 1, 0, 0)
    assert full() == {**before, "tags": ["TN", "A"]}
    assert importer.counts(b'kind,id,title,tags\nevent,full-record,T,"TN; A"\n', "csv") == (0, 1, 0, 0)
    assert full() == {**before, "title": "T", "tags": ["TN", "A"]}
    assert importer.counts(b'kind,id,title,tags\nevent,full-record,T,"TN; A"\n', "csv") == (0, 0, 1, 0)


def test_a_column_that_is_empty_removes_what_there_is(importer, full):
    before = full()
    report = importer(b"kind,id,figures,tags\nevent,full-record,,\n", "csv")
    assert full() == {name: value for name, value in before.items() if name not in ("figures", "tags")}
    assert report.to_dict()["removes"] == {"figures": 1, "tags": 1}


def test_replace_makes_the_row_the_whole_record(importer, full):
    report = importer(b"kind,id,title\nevent,full-record,T\n", "csv", replace=True)
    assert full() == {"kind": "event", "id": "full-record", "title": "T"}
    assert set(report.counts.removes) == {"summary", "date", "tags", "figures", "participants"}


@pytest.mark.parametrize(
    ("table", "date"),
    [
        (b"kind,id,date.note\nevent,full-record,New\n", {**FULL["date"], "note": "New"}),
        (b"kind,id,date\nevent,full-record,1961-04-18\n", {**FULL["date"], "edtf": "1961-04-18"}),
        (
            b"kind,id,date,date.calendar,date.note\nevent,full-record,1961,,\n",
            {"edtf": "1961", "as_written": "17 April"},
        ),
        (b"kind,id,date\nevent,full-record,\n", None),
    ],
)
def test_each_column_of_a_date_stands_for_itself(importer, full, table, date):
    assert importer.counts(table, "csv") == (0, 1, 0, 0)
    assert full().get("date") == date


def feature(geometry=None, **properties):
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def test_a_feature_speaks_of_the_properties_that_it_has(importer, stored):
    point = {"type": "Point", "coordinates": [1.0, 2.0]}
    place = {"kind": "place", "id": "p", "title": "P", "summary": "S", "geometry": point, "tags": ["x"]}
    importer([place])

    def brought(*features):
        body = orjson.dumps({"type": "FeatureCollection", "features": list(features)})
        importer(body, "geojson")
        return without_derived(stored()[0])

    # No feature may leave its geometry out, so that null says nothing.
    assert brought(feature(kind="place", id="p", title="Q")) == {**place, "title": "Q"}
    moved = {"type": "Point", "coordinates": [3.0, 4.0]}
    assert brought(feature(moved, kind="place", id="p", summary=None)) == {
        "kind": "place",
        "id": "p",
        "title": "Q",
        "geometry": moved,
        "tags": ["x"],
    }
    emptied = {
        "type": "Feature",
        "geometry": None,
        "properties": {"kind": "place", "id": "p", "geometry": None},
    }
    assert "geometry" not in brought(emptied)


def test_a_document_of_json_is_the_whole_record(importer, full):
    importer([{"kind": "event", "id": "full-record", "title": "T"}])
    assert full() == {"kind": "event", "id": "full-record", "title": "T"}


def test_a_new_record_needs_what_every_record_needs(importer):
    report = importer(b"kind,id,tags\nevent,new,x\n", "csv")
    assert [(fault["code"], fault["pointer"]) for fault in report.faults] == [("missing", "/title")]


def test_a_row_of_a_deleted_record_is_told_so_and_not_what_it_lacks(importer, database):
    from app.database.lookup import find
    from app.database.revisions import Attribution
    from app.records.kinds import kind_by_name
    from app.writing.service import delete

    importer([ACTOR])
    database.write_now(
        lambda tx: delete(tx, find(tx, kind_by_name("actor"), "a", lock=True), Attribution("me"))
    )
    report = importer(b"kind,id,tags\nactor,a,x\n", "csv")
    assert [(fault["code"], fault["id"]) for fault in report.faults] == [("deleted", "a")]


def test_an_edit_between_reading_and_writing_is_not_lost(database, full, monkeypatch):
    from app.database.lookup import find
    from app.database.revisions import Attribution
    from app.imports.documents import ImportFile
    from app.imports.readers import read
    from app.imports.report import Options
    from app.imports.service import import_documents
    from app.records.kinds import kind_by_name
    from app.records.validation.document import load_stored
    from app.writing.service import replace

    def edited(tx):
        current = find(tx, kind_by_name("event"), "full-record", lock=True)
        record = load_stored(kind_by_name("event"), current.document).changed(summary="Edited.")
        replace(tx, current, record, Attribution("Ana"))

    real = imports_write_order.check_references

    def after_an_edit(*arguments):
        database.write_now(edited)
        real(*arguments)

    monkeypatch.setattr(importing, "check_references", after_an_edit)
    inputs = [ImportFile("in.csv", lambda: read("csv", [b"kind,id,tags\nevent,full-record,new\n"]))]
    report = import_documents(database, inputs, Options("me"))
    assert (report.broken_off, report.counts.updated) == (True, 0)
    [fault] = report.faults
    assert fault["code"] == "stale_revision"
    assert "revision 2, by Ana at" in fault["detail"]
    assert full()["summary"] == "Edited."
    monkeypatch.setattr(importing, "check_references", real)
    assert import_documents(database, inputs, Options("me")).counts.updated == 1
    assert (full()["summary"], full()["tags"]) == ("Edited.", ["new"])


def test_mappings_speak_of_the_members_that_they_name(annals, database_url, full, tmp_path):
    (tmp_path / "table.csv").write_text("nr,label,when\nfull-record,T,\n")
    (tmp_path / "map.yaml").write_text(
        'records:\n  - {kind: event, id: "{nr}", title: "{label}", figures: [{measure: deaths, best: "{when}"}]}\n'
    )
    done = annals("import", tmp_path / "table.csv", "--map", tmp_path / "map.yaml", url=database_url)
    assert done.code == 0, done.err
    assert "Records that are updated lost: figures (1)." in done.out
    expected = {name: value for name, value in FULL.items() if name != "figures"}
    assert full() == {**expected, "title": "T"}


def test_large_records_are_completed_a_few_at_a_time(importer, stored, monkeypatch):
    monkeypatch.setattr(completing, "BATCH_BYTES", 5000)
    looked_up = []
    real = database_lookup.find_by_keys
    monkeypatch.setattr(
        completing, "find_by_keys", lambda tx, keys: looked_up.append(len(keys)) or real(tx, keys)
    )
    importer([{"kind": "actor", "id": f"a{n}", "title": "A", "summary": "x" * 2000} for n in range(20)])
    table = b"id,tags\n" + b"".join(b"a%d,t\n" % n for n in range(20))
    body = table.replace(b"id,tags", b"kind,id,tags").replace(b"\na", b"\nactor,a")
    assert importer.counts(body, "csv") == (0, 20, 0, 0)
    assert max(looked_up) == 2
    assert {(one["summary"], *one["tags"]) for one in stored()} == {("x" * 2000, "t")}


@pytest.mark.parametrize(
    ("raw", "members", "found"),
    [
        ({"title": "B"}, {"title"}, {"title": "B", "date": {"edtf": "1961", "note": "n"}, "x": [1]}),
        ({}, {"date.note"}, {"title": "A", "date": {"edtf": "1961"}, "x": [1]}),
        ({}, {"date.edtf"}, {"title": "A", "x": [1]}),
        ({"date": {"edtf": "1962"}}, {"date"}, {"title": "A", "date": {"edtf": "1962"}, "x": [1]}),
        ({"x.y": 1}, {"x.y"}, {"title": "A", "date": {"edtf": "1961", "note": "n"}, "x": [1], "x.y": 1}),
    ],
)
def test_completed_as_with_a_merge_patch(raw, members, found):
    present = {"kind": "event", "revision": 3, "title": "A", "date": {"edtf": "1961", "note": "n"}, "x": [1]}
    assert complete(raw, present, members) == found


def test_columns_speak_of_members():
    names = ["kind", "date", "date.note", "date.label", "credits", "established_under.agreement", "nonsense"]
    assert spoken_of(names, kind_by_name("mission")) == {
        "kind",
        "date.edtf",
        "date.note",
        "established_under.agreement",
    }
