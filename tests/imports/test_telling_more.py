"""Tables that tell more of records that are there: `update` and `add` of a mapping."""

from pathlib import Path

import pytest

from app.errors import InvalidDocument
from app.imports.documents import ImportFile
from app.imports.mapping.apply import read_mapped
from app.imports.mapping.declaration import declared
from app.imports.report import Options
from app.imports.service import import_documents
from app.values.failsafe_yaml import load_failsafe_yaml

PLACE = {
    "kind": "place",
    "id": "bohm",
    "title": "Böhm",
    "summary": "A town.",
    "labels": {"de": "Böhm"},
    "aliases": ["Boem"],
    "same_as": ["https://example.org/1"],
    "names": [{"name": "Bemia", "date": "1300/1400", "note": "In Latin."}],
    "tags": ["town"],
}
SOURCE = {"kind": "source", "id": "list", "title": "A list"}
MAPPING = """
records:
  - kind: place
    id: "{id}"
    update: [geometry, summary]
    add: [aliases, same_as, labels, names, evidence]
    geometry: {point: ["{lon}", "{lat}"]}
    summary: "{what}"
    aliases: [{from: "{alias}", split: ";"}]
    same_as: ["{url}"]
    labels: {en: "{english}", de: "{german}"}
    names: [{name: "{old}", date: "{when}"}]
    evidence: [{source: sources/list, note: "{alias}"}]
"""
HEADER = "id,lon,lat,what,alias,url,english,german,old,when\n"
ROW = "bohm,14.5,50,A city.,Boem;Bome,https://example.org/2,Bohm,Böhm,Bemia,1300/1400\n"


@pytest.fixture
def tell(importer, stored):
    """Bring a place in; gives a function that follows a mapping, and returns the report and the place."""
    importer([SOURCE, PLACE])

    def told(table, mapping=MAPPING, **options):
        said = declared(load_failsafe_yaml(mapping), Path())
        inputs = [ImportFile("t.csv", lambda: read_mapped(said, "csv", [table.encode()]))]
        report = import_documents(importer.database, inputs, Options("me", **options))
        return report, next(one for one in stored() if one["id"] == "bohm")

    return told


@pytest.mark.parametrize("replacing", [False, True])
def test_what_is_updated_is_set_and_what_is_added_goes_to_what_is_there(tell, replacing):
    report, place = tell(HEADER + ROW, replace=replacing)
    assert (report.counts.created, report.counts.updated, report.counts.faults) == (0, 1, 0)
    assert (place["title"], place["summary"], place["tags"]) == ("Böhm", "A city.", ["town"])
    assert place["geometry"] == {"type": "Point", "coordinates": [14.5, 50]}
    assert place["aliases"] == ["Boem", "Bome"]
    assert place["same_as"] == ["https://example.org/1", "https://example.org/2"]
    assert place["labels"] == {"de": "Böhm", "en": "Bohm"}
    assert [(one["name"], one["note"]) for one in place["names"]] == [("Bemia", "In Latin.")]
    assert [one["note"] for one in place["evidence"]] == ["Boem;Bome"]
    report, again = tell(HEADER + ROW, replace=replacing)
    assert (report.counts.updated, report.counts.unchanged) == (0, 1)
    assert again == place


def test_an_empty_cell_removes_what_is_updated_and_nothing_of_what_is_added(tell):
    _, place = tell(HEADER + "bohm,,,,,,,,,\n")
    assert "summary" not in place
    assert (place["aliases"], place["labels"], len(place["names"])) == (["Boem"], {"de": "Böhm"}, 1)


def test_other_names_of_one_date_are_added(tell):
    _, place = tell(HEADER + ROW.replace("Bemia,1300/1400", "Bemia,1500"))
    assert [one["date"]["edtf"] for one in place["names"]] == ["1300/1400", "1500"]


def test_what_is_not_there_is_a_fault_and_is_never_made(tell, stored):
    report, _ = tell(HEADER + ROW.replace("bohm,", "boem,") + ROW)
    assert report.refused
    (fault,) = report.faults
    assert (fault["line"], fault["code"], fault["pointer"], fault["value"]) == (
        2,
        "no_such_record",
        "/id",
        "boem",
    )
    report, place = tell(HEADER + ROW.replace("bohm,", "boem,") + ROW, on_error="skip")
    assert (report.counts.updated, report.counts.failed, place["summary"]) == (1, 1, "A city.")
    assert [one["id"] for one in stored()] == ["list", "bohm"]


def test_a_label_is_never_written_over_by_adding(tell):
    report, place = tell(HEADER + ROW.replace("Böhm,Bemia", "Behm,Bemia"))
    (fault,) = report.faults
    assert (fault["code"], fault["pointer"], fault["value"]) == ("other_label", "/labels/de", "Behm")
    assert place["labels"] == {"de": "Böhm"}


@pytest.mark.parametrize(
    ("record", "pointer"),
    [
        ('id: "{a}", title: "{b}", update: [summary]', "/records/0/update/0"),
        ('id: "{a}", title: "{b}", update: [summary]', "/records/0/title"),
        ('title: "{b}", update: [title]', "/records/0"),
        ('id: "{a}", title: "{b}", update: title', "/records/0/update"),
        ('id: "{a}", title: "{b}", add: [title]', "/records/0/add/0"),
        ('id: "{a}", tags: ["{b}"], add: [tags], update: [tags]', "/records/0/add/0"),
        ('id: "{a}", tags: ["{b}"], add: [tags], update: [id]', "/records/0/update/0"),
        ('id: "{a}", tags: ["{b}"], add: [tags], if_missing: true', "/records/0/if_missing"),
    ],
)
def test_what_is_not_declared_so_is_refused(record, pointer):
    with pytest.raises(InvalidDocument) as refused:
        declared(load_failsafe_yaml(f"records: [{{kind: place, {record}}}]"), Path())
    assert pointer in [fault.pointer for fault in refused.value.faults]


ADDING = """
records:
  - {kind: place, id: "{id}", add: [aliases, labels, evidence], aliases: ["{alias}"], labels: {en: "{english}"}, evidence: [{source: sources/list, note: "{alias}"}]}
"""


@pytest.mark.slow
@pytest.mark.parametrize("between", [0, 1100])
def test_rows_that_add_to_one_record_are_added_one_after_another_in_one_revision(importer, tell, between):
    others = [{"kind": "place", "id": f"p{at}", "title": f"P{at}"} for at in range(between)]
    importer(others)
    table = "id,alias,english\nbohm,Boem,\nbohm,Bome,Bohm\nbohm,Bome,\n"
    table += "".join(f"p{at},A{at},\n" for at in range(between)) + "bohm,Bemia,Bohm\n"
    report, place = tell(table, ADDING)
    assert (report.counts.updated, report.counts.unchanged, report.counts.faults) == (1 + between, 3, 0)
    assert place["aliases"] == ["Boem", "Bome", "Bemia"]
    assert place["labels"] == {"de": "Böhm", "en": "Bohm"}
    assert [one["note"] for one in place["evidence"]] == ["Boem", "Bome", "Bemia"]
    assert len({one["id"] for one in place["evidence"]}) == 3
    assert place["revision"] == 2
    report, again = tell(table, ADDING)
    assert (report.counts.updated, report.counts.faults, again) == (0, 0, place)


def test_rows_that_add_one_label_in_two_ways_or_set_one_member_twice_are_faults(tell):
    report, place = tell("id,alias,english\nbohm,,Bohm\nbohm,,Boam\n", ADDING)
    (fault,) = report.faults
    assert (fault["line"], fault["code"], fault["pointer"]) == (3, "other_label", "/labels/en")
    report, place = tell(HEADER + ROW + ROW.replace("A city.", "A village."))
    (fault,) = report.faults
    assert (fault["line"], fault["code"]) == (3, "duplicate")
    assert place["summary"] == "A town."


def test_what_an_added_row_refers_to_may_come_later(importer, stored):
    importer([SOURCE, PLACE])
    mapping = """
records:
  - {kind: place, id: bohm, add: [relations], relations: [{type: part-of, target: "places/{within}"}]}
  - {kind: place, id: "{within}", title: "{within|title}", if_missing: true}
"""
    said = declared(load_failsafe_yaml(mapping), Path())
    inputs = [ImportFile("t.csv", lambda: read_mapped(said, "csv", [b"within\nbohemia\nempire\nbohemia\n"]))]
    report = import_documents(importer.database, inputs, Options("me"))
    assert (report.counts.created, report.counts.updated, report.counts.faults) == (2, 1, 0)
    place = next(one for one in stored() if one["id"] == "bohm")
    assert [one["target"] for one in place["relations"]] == ["places/bohemia", "places/empire"]
