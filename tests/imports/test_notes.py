"""What is done to text and features on their way in, and is told in the report as a note: not as a fault, not in silence."""

from functools import partial
from pathlib import Path

import orjson
import pytest

from app.imports.documents import FOREIGN, MISREAD, ImportFile
from app.imports.mapping.apply import read_mapped
from app.imports.mapping.declaration import declared
from app.imports.readers import read
from app.imports.report import Options
from app.imports.service import import_documents
from app.values.failsafe_yaml import load_failsafe_yaml

MISREAD_TEXT = "The town\x92s market \x96 burnt\x85"
TEXT = "The town’s market – burnt…"
TITLES = {
    "ndjson": lambda text: orjson.dumps({"kind": "place", "id": "p", "title": text}) + b"\n",
    "json": lambda text: orjson.dumps([{"kind": "place", "id": "p", "title": text}]),
    "csv": lambda text: f'kind,id,title\nplace,p,"{text}"\n'.encode(),
    "geojson": lambda text: orjson.dumps(
        {"type": "Feature", "id": "places/p", "geometry": None, "properties": {"title": text}}
    ),
}


def notes(report):
    return {note["code"]: note["count"] for note in report.to_dict().get("notes", ())}


@pytest.mark.parametrize("form", TITLES)
def test_windows_1252_read_as_latin_1_is_put_right_and_told(importer, stored, form):
    body = TITLES[form](MISREAD_TEXT)
    report = importer(body, form)
    assert (report.counts.created, report.faults, notes(report)) == (1, [], {MISREAD: 1})
    assert [one["title"] for one in stored()] == [TEXT]
    again = importer(body, form)
    assert (again.counts.unchanged, notes(again)) == (1, {MISREAD: 1})
    assert "notes" not in importer(TITLES[form](TEXT), form).to_dict()


@pytest.mark.slow
@pytest.mark.parametrize("form", TITLES)
@pytest.mark.parametrize("text", ["a \x81", "a \x9d \x92", "a \x07"])
def test_other_control_characters_are_a_fault(importer, stored, form, text):
    report = importer(TITLES[form](text), form)
    assert [(one["pointer"], one["code"]) for one in report.faults] == [("/title", "invalid_text")]
    assert stored() == []


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_text_is_put_right_wherever_it_stands_but_not_what_quotes_a_source(importer, stored, form):
    selector = {"exact": "said \x93so\x94"}
    evidence = [{"source": "sources/s", "note": "a \x96 b", "selector": selector, "id": "e1"}]
    source, event = {"kind": "source", "id": "s", "title": "S"}, {"kind": "event", "id": "e", "title": "E"}
    if form == "ndjson":
        body = [source, event | {"tags": ["\x85", "x\x85"], "evidence": evidence}]
    else:
        cells = orjson.dumps(evidence).decode().replace('"', '""')
        body = f'kind,id,title,tags,evidence\nsource,s,S,,\nevent,e,E,\x85; x\x85,"{cells}"\n'.encode()
    report = importer(body, form)
    assert (report.faults, notes(report)) == ([], {MISREAD: 1})
    [found] = [one for one in stored() if one["kind"] == "event"]
    assert found["tags"] == ["…", "x…"]
    assert found["evidence"] == [evidence[0] | {"note": "a – b"}]


def test_foreign_members_are_told_and_the_rest_is_taken(importer, stored):
    point = {"type": "Point", "coordinates": [1, 2]}
    features = [
        {"type": "Feature", "id": "places/p", "geometry": point | {"when": {}}, "properties": {"title": "P"}},
        {"type": "Feature", "id": "places/q", "geometry": point, "properties": {"title": "Q"}},
    ]
    report = importer(orjson.dumps({"type": "FeatureCollection", "features": features}), "geojson")
    assert (report.counts.created, report.faults, notes(report)) == (2, [], {FOREIGN: 1})
    assert [one["geometry"] for one in stored()] == [point, point]


def mapped(importer, mapping, data, form, *, stream=False, **options):
    said = declared(load_failsafe_yaml(mapping), Path())
    inputs = [ImportFile("in", lambda: read_mapped(said, form, iter([data]) if stream else [data]))]
    return import_documents(importer.database, inputs, Options("me", **options))


@pytest.mark.parametrize("line", ["", "|line"])
def test_cells_of_a_table_are_put_right_before_anything_is_done_to_them(importer, stored, line):
    mapping = (
        "look_up: {side: {Côte d’Ivoire: a}}\nrecords:\n"
        '  - {kind: actor, id: "{id}", title: "{who}", if_missing: true}\n'
        f'  - {{kind: event, id: "{{id}}", title: "{{note{line}}}", tags: [{{from: "{{who}}", look_up: side}}]}}\n'
    )
    table = f"id,who,note\n1,Côte d\x92Ivoire,{MISREAD_TEXT}\n2,,b\n".encode()
    report = mapped(
        importer, mapping, table.replace(b"\n2,,b", b"\n2,C\xc3\xb4te d\xe2\x80\x99Ivoire,b"), "csv"
    )
    assert report.faults == []
    assert notes(report) == {MISREAD: 1}, "a row once, whatever is made of it"
    assert [one["title"] for one in stored()] == ["Côte d’Ivoire", "Côte d’Ivoire", TEXT, "b"]
    features = {
        "type": "Feature",
        "geometry": None,
        "properties": {"id": 3, "who": None, "note": MISREAD_TEXT},
    }
    report = mapped(
        importer,
        mapping.replace("if_missing", "when: '{who}', if_missing"),
        orjson.dumps(features),
        "geojson",
    )
    assert (report.faults, notes(report)) == ([], {MISREAD: 1})
    assert stored()[-1]["title"] == TEXT


FEATURES = orjson.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": None, "properties": {"n": "a"}},
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [1, 2], "when": {}},
                "properties": {"n": "b", "tags": "x"},
            },
            {"type": "Feature", "geometry": {"type": "Point", "coordinates": [3, 4]}, "properties": None},
        ],
    }
)
PLACES = (
    "records:\n"
    '  - {kind: place, id: "p-{n?}", title: "Place {n?}", tags: ["{tags}"], geometry: {point: ["{longitude}", "{latitude}"]}}\n'
)


@pytest.mark.parametrize("stream", [False, True])
def test_columns_are_those_of_all_features(importer, stored, stream):
    report = mapped(importer, PLACES.replace("p-{n?}", "p{n?}"), FEATURES, "geojson", stream=stream)
    assert (report.faults, notes(report)) == ([], {FOREIGN: 1})
    assert {one["id"]: (one.get("tags"), one.get("geometry", {}).get("coordinates")) for one in stored()} == {
        "p": (None, [3, 4]),
        "pa": (None, None),
        "pb": (["x"], [1, 2]),
    }


def test_a_column_that_no_feature_has_stops_it_before_anything_is_made(importer, stored):
    report = mapped(importer, PLACES.replace("{tags}", "{tagz}"), FEATURES, "geojson", on_error="skip")
    assert [(one["line"], one["pointer"], one["code"], one["suggestion"]) for one in report.faults] == [
        (1, "/tagz", "unknown_column", "tags")
    ]
    assert (report.counts.read, stored()) == (1, [])


def test_of_a_stream_it_is_told_at_the_end_which_column_no_feature_has(importer, stored):
    report = mapped(importer, PLACES.replace("{tags}", "{tagz}"), FEATURES, "geojson", stream=True)
    assert ("/tagz", "unknown_column", "tags") in [
        (one.get("pointer"), one["code"], one.get("suggestion")) for one in report.faults
    ]
    assert stored() == []


def test_the_command_line_says_it(annals, database_url, tmp_path):
    annals = partial(annals, url=database_url)
    (tmp_path / "places.geojson").write_bytes(FEATURES)
    (tmp_path / "m.yaml").write_text(PLACES.replace("p-{n?}", "p{n?}"))
    (tmp_path / "events.csv").write_bytes(f"id,title\ne,{MISREAD_TEXT}\n".encode())
    done = annals("import", tmp_path / "places.geojson", "--map", tmp_path / "m.yaml")
    assert done.code == 0
    assert "Note on 1 of what was read: Members that GeoJSON has no meaning for" in done.err
    done = annals("import", tmp_path / "events.csv", "--json", "--dry-run")
    assert (done.code, [note["code"] for note in done.json["notes"]]) == (0, [MISREAD])
    done = annals("import", tmp_path / "events.csv")
    assert (done.code, "Windows-1252" in done.err) == (0, True)


def test_notes_are_kept_by_an_import_that_was_broken_off(importer):
    def documents(*, breaks):
        for number in range(1500):
            if breaks and number == 1200:
                raise KeyboardInterrupt
            yield from read_one(number)

    def read_one(number):
        text = MISREAD_TEXT if number in (3, 1400) else "T"
        yield from read(
            "ndjson", [orjson.dumps({"kind": "actor", "id": f"a{number}", "title": text}) + b"\n"]
        )

    options = Options("me", digest=b"d" * 32)
    with pytest.raises(KeyboardInterrupt):
        import_documents(importer.database, [ImportFile("in", lambda: documents(breaks=True))], options)
    report = import_documents(importer.database, [ImportFile("in", lambda: documents(breaks=False))], options)
    assert (report.resumed, report.counts.created, notes(report)) == (1000, 1500, {MISREAD: 2})
