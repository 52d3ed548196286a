"""References that are found by names: `match` of a mapping."""

from pathlib import Path

import pytest

from app.errors import InvalidDocument
from app.imports.documents import ImportFile
from app.imports.mapping.apply import read_mapped
from app.imports.mapping.declaration import declared
from app.imports.report import Options
from app.imports.service import import_documents
from app.values.failsafe_yaml import load_failsafe_yaml

THERE = [
    {"kind": "actor", "id": "chavez", "title": "Hugo Chávez", "aliases": ["El Comandante"]},
    {
        "kind": "actor",
        "id": "castro-1",
        "title": "Fidel Castro",
        "same_as": ["https://www.wikidata.org/entity/Q11256"],
    },
    {"kind": "actor", "id": "castro-2", "title": "R. Castro", "labels": {"es": "Fidel  CASTRO"}},
    {"kind": "actor", "id": "taken", "title": "Somebody else"},
    {"kind": "place", "id": "habana", "title": "Havana", "names": [{"name": "La Habana", "language": "es"}]},
    {"kind": "source", "id": "granma", "title": "Granma"},
]
BY = "[title, aliases, labels, names, same_as]"


def mapping(other="fault", by=BY):
    return f"""
records:
  - kind: event
    id: "e-{{id}}"
    title: T
    participants:
      - {{actor: {{from: "{{who}}", match: {{kind: actor, by: {by}, else: {other}}}}}, role: guest, note: "{{id}}"}}
    places:
      - {{place: {{from: "{{where}}", match: {{kind: place, by: {by}, else: {other}}}}}, role: site}}
"""


@pytest.fixture
def match(importer, stored):
    """Bring records in; gives a function that follows a mapping, and returns the report and the events."""
    importer(THERE)

    def matched(table, said, form="csv", **options):
        compiled = declared(load_failsafe_yaml(said), Path())
        inputs = [ImportFile("t", lambda: read_mapped(compiled, form, [table.encode()]))]
        report = import_documents(importer.database, inputs, Options("me", **options))
        return report, [one for one in stored() if one["kind"] == "event"]

    return matched


@pytest.mark.parametrize(
    ("who", "found"),
    [
        ("hugo chavez", "chavez"),
        ("EL COMANDANTE", "chavez"),
        ("Hugo-Chávez ", "chavez"),
        ("https://www.wikidata.org/entity/Q11256", "castro-1"),
        ("R. Castro", "castro-2"),
    ],
)
def test_one_match_is_the_reference(match, who, found):
    report, (event,) = match(f"id,who,where\n1,{who},la habana\n", mapping())
    assert report.counts.faults == 0
    assert [one["actor"] for one in event["participants"]] == [f"actors/{found}"]
    assert [one["place"] for one in event["places"]] == ["places/habana"]


def test_several_matches_are_a_fault_with_the_candidates(match):
    report, events = match("id,who,where\n1,fidel castro,\n2,Hugo Chávez,\n", mapping())
    (fault,) = report.faults
    assert (fault["line"], fault["code"], fault["pointer"]) == (2, "several_matches", "/participants/0/actor")
    assert fault["value"] == "fidel castro"
    for part in ("actors/castro-1", "Fidel Castro", "actors/castro-2", "R. Castro", "who"):
        assert part in fault["detail"]
    assert events == []
    # By title alone there is one.
    report, events = match("id,who,where\n1,fidel castro,\n", mapping(by="[title]"))
    assert events[0]["participants"][0]["actor"] == "actors/castro-1"


def test_no_match_is_a_fault_or_left_out_and_told(match):
    table = "id,who,where\n1,Nobody,Havana\n2,,Havana\n"
    report, events = match(table, mapping())
    assert [(one["line"], one["code"], one["value"]) for one in report.faults] == [(2, "no_match", "Nobody")]
    assert events == []
    report, events = match(table, mapping("leave"))
    assert ["participants" in one for one in events] == [False, False]
    assert [one["places"][0]["place"] for one in events] == ["places/habana"] * 2
    (note,) = report.to_dict()["notes"]
    assert (note["code"], note["count"]) == ("unmatched", 1)


@pytest.mark.slow
def test_what_is_not_there_is_made_once_and_matches_again(match, stored):
    rows = "".join(f"{number},José Martí,\n{number}b,jose  marti,\n" for number in range(1500))
    report, events = match(f"id,who,where\n{rows}", mapping("create"))
    assert report.counts.faults == 0
    assert {one["participants"][0]["actor"] for one in events} == {"actors/jose-marti"}
    assert (report.counts.created, report.counts.unchanged) == (3001, 0)
    assert [one["title"] for one in stored() if one["id"] == "jose-marti"] == ["José Martí"]
    report, _ = match(f"id,who,where\n{rows}", mapping("create"))
    assert (report.counts.created, report.counts.updated, report.counts.unchanged) == (0, 0, 3000)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("1,Taken,\n", "id_taken"),
        ("1,!?,\n", "no_id"),
        ("1,A B,\n2,Nobody,\n3,A_b,\n4,A'B,\n", None),
        ("1,Køln,\n2,Koln,\n", None),
        ("1,Юг,\n2,Yug,\n", "id_taken"),
    ],
)
def test_no_record_is_taken_for_another_because_of_its_id(match, rows, code):
    report, _ = match(f"id,who,where\n{rows}", mapping("create"))
    assert [one["code"] for one in report.faults] == ([] if code is None else [code])
    assert report.refused is (code is not None)


def test_a_row_that_is_refused_makes_nothing(match, stored):
    said = mapping("create").replace(
        "kind: place, by: [title, aliases, labels, names, same_as], else: create",
        "kind: place, by: [title], else: fault",
    )
    table = "id,who,where\n1,José Martí,Nowhere\n2,José Martí,Havana\n"
    report, events = match(table, said, on_error="skip")
    assert (report.counts.failed, len(events)) == (1, 1)
    assert [one["id"] for one in stored() if one["kind"] == "actor" and one["title"] == "José Martí"] == [
        "jose-marti"
    ]
    report, events = match("id,who,where\n1,Nobody at all,Nowhere\n", said, on_error="skip")
    assert report.counts.created == 0


def test_lists_of_texts_and_evidence_are_matched_too(match):
    said = """
records:
  - kind: event
    id: "e-{id}"
    title: T
    participants:
      - each: {from: "{who}", as: one}
        actor: {from: "{one}", match: {kind: actor, by: [title], else: leave}}
    evidence:
      - {source: {from: "{paper}", match: {kind: source, by: [title], else: leave}}, note: x}
"""
    report, events = match(
        "id,who,paper\n1,Hugo Chavez; Nobody; Somebody Else,GRANMA\n2,Nobody,Nothing\n", said
    )
    assert report.counts.faults == 0
    first, second = events
    assert [one["actor"] for one in first["participants"]] == ["actors/chavez", "actors/taken"]
    assert first["evidence"][0]["source"] == "sources/granma"
    assert "participants" not in second
    assert "evidence" not in second


def test_a_record_that_is_told_more_of_is_found_by_its_name(match, stored):
    said = """
records:
  - kind: actor
    id: {from: "{who}", match: {kind: actor, by: [title, aliases]}}
    add: [aliases]
    aliases: ["{alias}"]
"""
    report, _ = match("who,alias\nhugo chavez,Hugo Rafael\n", said)
    assert report.counts.updated == 1
    assert [one["aliases"] for one in stored() if one["id"] == "chavez"] == [["El Comandante", "Hugo Rafael"]]
    report, _ = match("who,alias\nNobody,x\n", said)
    assert [one["code"] for one in report.faults] == ["no_match"]


def test_a_trial_writes_nothing_and_says_what_would_be_made(match, stored):
    before = stored()
    report, _ = match("id,who,where\n1,José Martí,\n", mapping("create"), dry_run=True)
    assert report.counts.created == 2
    assert stored() == before


@pytest.mark.parametrize(
    ("record", "pointer"),
    [
        (
            'participants: [{actor: {from: "{a}", match: {kind: place, by: [title]}}}]',
            "/participants/0/actor/match/kind",
        ),
        ('participants: [{actor: {from: "{a}", match: {by: [title]}}}]', "/participants/0/actor/match/kind"),
        (
            'participants: [{actor: {from: "{a}", match: {kind: actor, by: []}}}]',
            "/participants/0/actor/match/by",
        ),
        (
            'participants: [{actor: {from: "{a}", match: {kind: actor, by: [titel]}}}]',
            "/participants/0/actor/match/by/0",
        ),
        (
            'participants: [{actor: {from: "{a}", match: {kind: actor, by: [title], else: make}}}]',
            "/participants/0/actor/match/else",
        ),
        (
            'participants: [{actor: {from: "{a}", match: {kind: actor, by: [aliases], else: create}}}]',
            "/participants/0/actor/match/else",
        ),
        (
            'participants: [{actor: {from: "{a}", match: {kind: actor, by: [title], or: x}}}]',
            "/participants/0/actor/match/or",
        ),
        ('summary: {from: "{a}", match: {kind: actor, by: [title]}}', "/summary/match"),
        ('id: {from: "{a}", match: {kind: event, by: [title]}}', "/id"),
        (
            'id: {from: "{a}", match: {kind: event, by: [title], else: leave}}, update: [title]',
            "/id/match/else",
        ),
        ('id: {from: "{a}", match: {kind: actor, by: [title]}}, update: [title]', "/id/match/kind"),
    ],
)
def test_what_is_not_declared_so_is_refused(record, pointer):
    with pytest.raises(InvalidDocument) as refused:
        declared(load_failsafe_yaml(f"records: [{{kind: event, title: T, {record}}}]"), Path())
    assert f"/records/0{pointer}" in [fault.pointer for fault in refused.value.faults]
