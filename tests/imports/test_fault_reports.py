"""What the report of an import says: faults one by one and in groups, what gave way, what is lost, previews."""

import orjson
import pytest

from app.imports import fault_log as importfaults
from app.imports import jobs as imports_jobs
from app.imports import outcomes
from app.imports import report as importreports
from app.imports import service as importing
from app.imports import stage as staging
from app.imports import write_order as imports_write_order
from app.imports.existing_records import Earlier


def event(number, **members):
    return {"kind": "event", "id": f"e{number}", "title": "E", **members}


def test_a_fault_names_the_value_the_id_and_the_line(importer):
    [fault] = importer([event(1), event(2, date="1961-02-30" + "x" * 100)]).faults
    assert fault["value"] == "1961-02-30" + "x" * 49 + "…"
    assert (fault["file"], fault["line"], fault["id"], fault["pointer"]) == ("in.ndjson", 2, "e2", "/date")
    report = importer([event(1, participants=[{"actor": "actors/a"}, {"actor": "actors/nobody"}])])
    assert [(fault["id"], fault["value"]) for fault in report.faults] == [
        ("e1", "actors/a"),
        ("e1", "actors/nobody"),
    ]


@pytest.mark.parametrize("size", [1, 1000])
def test_a_fault_names_the_other_line(importer, monkeypatch, size):
    monkeypatch.setattr(importing, "BATCH", size)
    report = importer([event(1), event(2), event(1, summary="S"), event(2)])
    [fault] = report.faults
    assert fault["detail"] == "Line 1 gives this record as well, and says something else."
    assert (fault["line"], fault["code"], fault["value"], report.counts.unchanged) == (
        3,
        "duplicate",
        "e1",
        1,
    )


def test_another_file_and_a_feature_are_named():
    assert (
        Earlier(ready=True, position=0, file=1, line=17, number=None).described(0, ["a.csv", "b.csv"])
        == "Line 17 of b.csv"
    )
    assert (
        Earlier(ready=True, position=0, file=0, line=1, number=3).described(0, ["a.geojson"]) == "Feature 3"
    )


def test_a_feature_is_named_by_its_number(importer):
    features = [
        {"type": "Feature", "geometry": None, "properties": event(1)},
        {"type": "Feature", "geometry": None, "properties": event(2, type="batle")},
        {"type": "Feature", "geometry": None, "properties": event(3, participants=[{"actor": "actors/x"}])},
        {"type": "Feature", "geometry": None, "properties": event(1, summary="S")},
        {"type": "Feature"},
    ]
    report = importer(orjson.dumps({"type": "FeatureCollection", "features": features}), "geojson")
    assert [(fault["feature"], fault["line"], fault["code"]) for fault in report.faults] == [
        (2, 1, "unknown_term"),
        (4, 1, "duplicate"),
        (5, 1, "not_a_feature"),
        (3, 1, "unknown_reference"),
    ]
    assert report.faults[1]["detail"].startswith("Feature 1 gives this record as well")


def test_faults_that_are_alike_are_told_as_one(importer, monkeypatch):
    monkeypatch.setattr(importing, "MAX_FAULTS", 5)
    monkeypatch.setattr(importfaults, "_CHUNK", 7)
    bad = [
        event(n, figures=[{"measure": "deaths", "best": 1}] * (n % 3) + [{"measure": "deths", "best": 1}])
        for n in range(30)
    ]
    report = importer([*bad, event(99, type="batle")], on_error="skip")
    first, second = report.to_dict()["fault_groups"]
    assert (first["count"], first["pointer"], first["code"]) == (30, "/figures/*/measure", "unknown_term")
    assert (first["lines"], first["file"]) == (list(range(1, 11)), "in.ndjson")
    assert (second["count"], second["lines"], second["pointer"]) == (1, [31], "/type")
    assert (len(report.faults), report.to_dict()["more_faults"]) == (5, 26)


def test_the_command_tells_what_is_alike_once_and_json_has_every_fault(
    annals, database_url, tmp_path, monkeypatch
):
    monkeypatch.setattr(importing, "MAX_FAULTS", 5)
    monkeypatch.setattr(importfaults, "_CHUNK", 7)
    file = tmp_path / "bad.ndjson"
    bad = [event(n, type=f"type-{n}") for n in range(25)]
    file.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in [*bad, event(99, titel="x")]))
    done = annals("import", file, url=database_url)
    assert done.code == 1
    detail = "Use a term of the vocabulary event-type: /v1/vocabularies/event-type lists them."
    assert done.err.splitlines()[:3] == [
        f"bad.ndjson:1 (e0) /type: {detail} Found: type-0.",
        "    25 times in all: lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and more",
        "bad.ndjson:26 (e99) /titel: There is no such field here; leave it out. Found: x. Did you mean title?",
    ]
    report = annals("import", file, "--json", url=database_url).json
    assert [fault["line"] for fault in report["faults"]] == list(range(1, 27))
    assert {fault.get("value") for fault in report["faults"][:25]} == {f"type-{n}" for n in range(25)}
    assert "more_faults" not in report
    assert [group["count"] for group in report["fault_groups"]] == [25, 1]


def test_what_gave_way_and_said_something_else_is_counted(annals, database_url, importer, tmp_path):
    importer(
        [
            {"kind": "actor", "id": "a", "title": "A", "summary": "What else is known of it."},
            {"kind": "actor", "id": "b", "title": "Another"},
        ]
    )
    (tmp_path / "table.csv").write_text("nr,who,name\n1,a,A\n2,b,B\n3,c,C\n4,c,D\n5,c,C\n")
    (tmp_path / "map.yaml").write_text(
        "records:\n"
        '  - {kind: actor, id: "{who}", title: "{name}", if_missing: true}\n'
        '  - {kind: event, id: "e-{nr}", title: "E", participants: [{actor: "actors/{who}"}]}\n'
    )
    done = annals(
        "import", tmp_path / "table.csv", "--map", tmp_path / "map.yaml", "--json", url=database_url
    )
    assert (done.code, done.json["created"], done.json["faults"]) == (0, 6, [])
    # What a row does not speak of cannot be said otherwise.
    assert (done.json["gave_way"], done.json["gave_way_to"]) == (2, ["actors/b", "actors/c"])
    again = annals("import", tmp_path / "table.csv", "--map", tmp_path / "map.yaml", url=database_url)
    assert again.out.splitlines()[1] == (
        "2 gave way to a record that there was already, and said something else: actors/b, actors/c"
    )


@pytest.mark.parametrize("size", [1, 1000])
def test_giving_way_to_an_earlier_line_is_counted_too(database, monkeypatch, size):
    from app.imports.documents import ImportedDocument, ImportFile
    from app.imports.report import Options
    from app.imports.service import import_documents

    monkeypatch.setattr(importing, "BATCH", size)

    def actor(line, title, *, if_missing=True):
        return ImportedDocument(line, {"kind": "actor", "id": "c", "title": title}, if_missing=if_missing)

    documents = [actor(1, "C"), actor(2, "C"), actor(3, "D"), actor(4, "E")]
    report = import_documents(database, [ImportFile("in", lambda: iter(documents))], Options("me"))
    assert (report.counts.created, report.counts.unchanged, report.counts.gave_way) == (1, 3, 2)
    report = import_documents(database, [ImportFile("in", lambda: iter(documents))], Options("me"))
    assert (report.counts.created, report.counts.unchanged, report.counts.gave_way) == (0, 4, 2)
    assert report.to_dict()["gave_way_to"] == ["actors/c"]


def test_the_first_of_what_was_given_way_to_are_named(importer, database):
    from app.imports.documents import ImportedDocument, ImportFile
    from app.imports.report import Options
    from app.imports.service import import_documents

    importer([{"kind": "actor", "id": f"a{one}", "title": "A"} for one in range(105)])
    others = [
        ImportedDocument(1, {"kind": "actor", "id": f"a{one}", "title": "B"}, if_missing=True)
        for one in range(105)
    ]
    report = import_documents(database, [ImportFile("in", lambda: iter(others))], Options("me")).to_dict()
    assert report["gave_way"] == 105
    assert report["gave_way_to"] == [f"actors/a{one}" for one in range(100)]


def test_a_trial_says_what_would_be_lost(importer, stored):
    importer([event(1, summary="S", tags=["a"]), event(2, summary="S")])
    report = importer([event(1), event(2, tags=["b"]), event(3)], dry_run=True)
    assert report.to_dict()["removes"] == {"summary": 2, "tags": 1}
    assert (report.counts.created, report.counts.updated) == (1, 2)
    assert len(stored()) == 2
    assert importer([event(1), event(2, tags=["b"]), event(3)]).counts.removes == {"summary": 2, "tags": 1}


def test_a_preview_shows_the_first_documents(importer, stored):
    importer([event(1, summary="S", tags=["a"]), event(2)])
    before = stored()
    documents = [
        event(5, relations=[{"type": "part-of", "target": "events/e6"}]),
        event(1, tags=["a", "b"]),
        event(2),
        event(6),
        event(7, type="batle"),
    ]
    report = importer(documents, dry_run=True, preview=3)
    assert [(one["line"], one["ref"], one["change"]) for one in report.preview] == [
        (1, "events/e5", "create"),
        (2, "events/e1", "update"),
        (3, "events/e2", "unchanged"),
    ]
    assert report.preview[0]["document"] == {**documents[0]}
    assert report.preview[1]["patch"] == [
        {"op": "remove", "path": "/summary"},
        {"op": "add", "path": "/tags/1", "value": "b"},
    ]
    assert report.preview[1]["before"] == {"summary": "S", "tags": ["a"]}
    assert "patch" not in report.preview[2]
    assert [one["line"] for one in importer(documents, dry_run=True, preview=1000).preview] == [1, 2, 3, 4]
    assert stored() == before


def test_a_preview_ends_where_documents_are_large(importer, monkeypatch):
    monkeypatch.setattr(outcomes, "PREVIEW_BYTES", 3000)
    monkeypatch.setattr("app.imports.staged_lines.BATCH_BYTES", 1000)
    documents = [event(n, summary="x" * 900) for n in range(20)]
    assert len(importer(documents, dry_run=True, preview=20).preview) == 4


def test_a_preview_is_for_people_on_the_command_line(annals, database_url, importer, tmp_path):
    importer([event(1, summary="S", tags=["a"])])
    file = tmp_path / "events.ndjson"
    file.write_bytes(
        orjson.dumps(event(1, tags=["a"], type="battle")) + b"\n" + orjson.dumps(event(2)) + b"\n"
    )
    done = annals("import", file, "--preview", "5", url=database_url)
    assert done.out.splitlines() == [
        "~ events/e1 (events.ndjson:1): update",
        "    summary: S → (removed)",
        "    type: (none) → battle",
        "+ events/e2 (events.ndjson:2): create",
        "    title: E",
        "2 read; would be 1 created, 1 updated, 0 unchanged, 0 failed",
        "Records that are updated would lose: summary (1).",
    ]
    assert annals("import", file, "--json", url=database_url).json["created"] == 1
    assert annals("import", file, "--preview", "0", url=database_url).code == 2


def test_a_preview_shows_dates_links_and_the_items_of_lists_that_change(
    annals, database_url, importer, tmp_path
):
    importer([{"kind": "actor", "id": "a", "title": "A"}, event(1, participants=[{"actor": "actors/a"}])])
    both = [{"actor": "actors/a"}, {"actor": "actors/b", "role": "host"}]
    file = tmp_path / "events.ndjson"
    documents = (
        {"kind": "actor", "id": "b", "title": "B"},
        event(1, date="1850~", participants=both),
        event(2, participants=both),
    )
    file.write_bytes(b"\n".join(map(orjson.dumps, documents)))
    done = annals("import", file, "--preview", "3", url=database_url)
    assert done.out.splitlines()[2:-1] == [
        "~ events/e1 (events.ndjson:2): update",
        "    participants:",
        "      + actors/b, host",
        "    date: (none) → c. 1850 (1850~)",
        "+ events/e2 (events.ndjson:3): create",
        "    title: E",
        "    participants: actors/a",
        "                  actors/b, host",
    ]


def test_a_table_that_does_not_say_what_its_rows_are_is_told_of_mappings(annals, database_url, tmp_path):
    for name, text in (
        ("battles.csv", "no,battle\n1,Alma\n"),
        ("battles.geojson", '{"type":"Feature","geometry":null,"properties":{"battle":"Alma"}}'),
    ):
        (tmp_path / name).write_text(text)
        done = annals("import", tmp_path / name, url=database_url)
        assert f"annals import {name} --guide" in done.err
    (tmp_path / "events.csv").write_text("battle\nAlma\n")
    assert "--guide" not in annals("import", tmp_path / "events.csv", url=database_url).err


def test_a_preview_without_records_says_why(annals, database_url, tmp_path):
    file = tmp_path / "events.csv"
    file.write_text("title,date\nA,1850-13\n")
    assert "There is no record to show" in annals("import", file, "--preview", "3", url=database_url).err
    assert "no record to show" not in annals("import", file, "--dry-run", url=database_url).err


def exported(document, **members):
    times = {"created_at": "2001-02-03T04:05:06.000000Z", "updated_at": "2001-02-03T04:05:06.000000Z"}
    return {**document, "revision": 1, **times, **members}


@pytest.mark.slow
@pytest.mark.parametrize("keeps", [False, True])
def test_a_document_of_an_earlier_revision_does_not_write_over_a_later_one(importer, stored, keeps):
    importer([event(1), event(2)])
    importer([event(1, summary="Edited since.")])
    old = [exported(event(1)), exported(event(2))]
    report = importer(old, keeps=keeps)
    [fault] = report.faults
    assert (fault["code"], fault["pointer"], fault["id"]) == ("stale_revision", "/revision", "e1")
    assert "comes from revision 1" in fault["detail"]
    assert "the record has revision 2, by me at 20" in fault["detail"]
    assert "force=true" in fault["detail"]
    assert stored()[0]["summary"] == "Edited since."
    # What says what is there, or comes from the present revision or a later one, is no fault.
    assert importer.counts([exported(event(1, summary="Edited since."))], keeps=keeps) == (0, 0, 1, 0)
    assert importer.counts([exported(event(1, summary="New."), revision=2)], keeps=keeps) == (0, 1, 0, 0)
    assert importer.counts([exported(event(1, summary="Newer."), revision=9)], keeps=keeps) == (0, 1, 0, 0)
    assert importer.counts(old, force=True, keeps=keeps) == (0, 1, 1, 0)
    assert "summary" not in stored()[0]


def test_an_edit_while_it_is_imported_is_noticed(database, importer, stored, monkeypatch):
    importer([event(1)])
    real = imports_write_order.check_references

    def after_an_edit(*arguments):
        monkeypatch.setattr(importing, "check_references", real)
        database.write_now(edited)
        real(*arguments)

    def edited(tx):
        from app.database.lookup import find
        from app.database.revisions import Attribution
        from app.records.kinds import kind_by_name
        from app.records.validation.document import load_stored
        from app.writing.service import replace

        current = find(tx, kind_by_name("event"), "e1", lock=True)
        record = load_stored(kind_by_name("event"), current.document).changed(summary="Edited.")
        replace(tx, current, record, Attribution("Ana"))

    monkeypatch.setattr(importing, "check_references", after_an_edit)
    report = importer([exported(event(1, tags=["x"])), event(2)], on_error="skip")
    assert [fault["code"] for fault in report.faults] == ["stale_revision"]
    assert (report.counts.created, report.counts.failed) == (1, 1)
    assert stored()[0]["summary"] == "Edited."


def test_a_purged_record_that_was_made_anew_is_taken_for_older(importer, database):
    from app.maintenance.purge import purge

    importer([event(1)])
    importer([event(1, summary="S")])
    purge(database, "events/e1")
    importer([event(1, summary="T")])
    assert importer.counts([exported(event(1, summary="S"), revision=2)]) == (0, 1, 0, 0)


def test_reports_of_a_broken_off_import_have_what_was_found_before(database, monkeypatch):
    from app.imports.documents import ImportFile
    from app.imports.readers import read
    from app.imports.report import Options
    from app.imports.service import import_documents
    from tests.imports.conftest import lines

    monkeypatch.setattr(importing, "BATCH", 2)
    body = lines([event(1, type="x"), event(2), event(3, type="y"), event(4, type="z")])

    class Killed(BaseException):
        pass

    real = staging.Staging.stage
    calls = []

    def stage(self, *arguments):
        calls.append(1)
        if len(calls) == 2:
            raise Killed
        real(self, *arguments)

    monkeypatch.setattr(staging.Staging, "stage", stage)
    inputs = [ImportFile("in", lambda: read("ndjson", [body]))]
    with pytest.raises(Killed):
        import_documents(database, inputs, Options("me", digest=b"d"))
    every = []
    report = import_documents(
        database, inputs, Options("me", digest=b"d"), told=lambda _, details: every.extend(details.faults)
    )
    assert (report.resumed, report.counts.faults) == (2, 3)
    assert [fault["line"] for fault in every] == [1, 3, 4]
    assert report.groups[0]["lines"] == [1, 3, 4]


def test_pointers_are_told_in_general():
    assert importfaults.general_pointer("/figures/3/best") == "/figures/*/best"
    assert importfaults.general_pointer("/labels/3a/12") == "/labels/3a/*"
    assert importreports.Report(imports_jobs.Job(1, "", 1, 0, 0, 0).counts).to_dict()["faults"] == []
