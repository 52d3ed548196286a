"""`annals import` and `annals export`: files in and out, reports, exit codes."""

import gzip
from functools import partial
from pathlib import Path

import orjson
import pytest
from openpyxl import load_workbook

from app.formats import FORMATS
from app.imports.files import mapping_files
from app.imports.mapping.declaration import read_mapping

TWO = (
    b'{"kind":"event","id":"e","title":"E","participants":[{"actor":"actors/a"}]}\n'
    b'{"kind":"actor","id":"a","title":"A"}\n'
)


@pytest.fixture
def annals(annals, database_url):
    """Run a command on the test's own database, where no other is named."""
    return partial(annals, url=database_url)


def test_in_and_out(annals, tmp_path):
    file = tmp_path / "two.ndjson"
    file.write_bytes(TWO)
    done = annals("import", file)
    assert (done.code, done.out) == (0, "2 read; 2 created, 0 updated, 0 unchanged, 0 failed\n")
    assert annals("import", file, "--dry-run").out.startswith("2 read; would be 0 created")
    for name in ("out.ndjson", "out.json", "out.csv", "out.geojson", "out.ndjson.gz", "out"):
        target = tmp_path / name
        assert annals("export", target).code == 0
        assert target.stat().st_size > 100
        assert not list(tmp_path.glob(".*"))
        if name != "out":
            assert orjson.loads(annals("import", target, "--json").out)["unchanged"] == 2
    assert (
        gzip.decompress((tmp_path / "out.ndjson.gz").read_bytes()) == (tmp_path / "out.ndjson").read_bytes()
    )
    assert (tmp_path / "out").read_bytes() == (tmp_path / "out.ndjson").read_bytes()
    assert annals("export", tmp_path / "x", "--format", "csvv").code == 2
    assert "did you mean csv" in annals("export", tmp_path / "x", "--format", "csvv").err


def test_faults_are_told_with_file_and_line(annals, tmp_path):
    file = tmp_path / "bad.ndjson"
    file.write_bytes(TWO + b'{"kind":"event","title":"F","type":"batle"}\n\n{"kind":\n')
    done = annals("import", file)
    assert done.code == 1
    assert done.out == "4 read; 0 created, 0 updated, 0 unchanged, 2 failed\n"
    assert "bad.ndjson:3 /type: " in done.err
    assert "Did you mean battle?" in done.err
    assert "bad.ndjson:5: " in done.err
    assert "Nothing was written" in done.err
    report = orjson.loads(annals("import", "--json", "--on-error", "skip", file).out)
    assert (report["created"], report["failed"], len(report["faults"])) == (2, 2, 2)


def test_several_files_refer_to_each_other(annals, tmp_path):
    (tmp_path / "events.csv").write_text("id,title,participants\ne,E,actors/a\n")
    (tmp_path / "actors.csv").write_text("id,title\na,A\n")
    done = annals("import", tmp_path / "events.csv", tmp_path / "actors.csv")
    assert (done.code, done.out[:16]) == (0, "2 read; 2 create")


def test_wrong_usage_is_2(annals, tmp_path):
    file = tmp_path / "two.ndjson"
    file.write_bytes(TWO)
    (tmp_path / "two.txt").write_bytes(b"Dear Sir,\n")
    assert annals("import", tmp_path / "nothing.ndjson").code == 2
    assert annals("import", tmp_path).code == 2
    assert annals("import", tmp_path / "two.txt").code == 2
    assert annals("import", file, "--on-error", "halt").code == 2
    assert annals("import", file, file, "--suggest-map").code == 2
    (tmp_path / "two.ics").write_bytes(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")
    assert annals("import", tmp_path / "two.ics", "--suggest-map").code == 2
    assert annals("import").code == 2


def test_a_name_that_tells_no_format_is_refused_with_those_that_do(annals, tmp_path):
    refused = annals("export", tmp_path / "o.foo.gz")
    assert (refused.code, refused.out) == (2, "")
    assert ".geojson" in refused.err
    assert "--format" in refused.err
    assert annals("export", tmp_path / "o.foo", "--format", "json").code == 0
    assert orjson.loads((tmp_path / "o.foo").read_bytes())["items"] == []
    assert annals("export", tmp_path / "plain").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.foo", "plain"]


@pytest.mark.slow
def test_the_longest_end_of_the_name_tells_the_format(annals, tmp_path):
    (tmp_path / "two.ndjson").write_bytes(TWO)
    assert annals("import", tmp_path / "two.ndjson").code == 0
    asked = tmp_path / "asked"
    for form in FORMATS.values():
        if form.name == "parquet":
            continue
        assert annals("export", asked, "--format", form.name).code == 0
        plain, packed = tmp_path / f"of 1.2{form.suffix}", tmp_path / f"of 1.2{form.suffix.upper()}.GZ"
        assert annals("export", plain).code == annals("export", packed).code == 0
        assert plain.read_bytes() == gzip.decompress(packed.read_bytes()) == asked.read_bytes(), form.name


def test_what_is_written_and_never_read_is_no_import(annals, tmp_path):
    for name, form in (("x.jsonld", "jsonld"), ("x.timeline.json.gz", "timelinejs"), ("x.ttl", "turtle")):
        (tmp_path / name).write_bytes(b"[]")
        refused = annals("import", tmp_path / name)
        assert refused.code == 2
        assert f"{form} ({'.' + name.split('.', 1)[1].removesuffix('.gz')}) is written and never read" in (
            " ".join(refused.err.replace("│", " ").split())
        )


@pytest.mark.parametrize("command", ["export", "backup"])
def test_a_file_that_cannot_be_written_is_wrong_usage(annals, tmp_path, command):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder.csv").mkdir()
    for target in ("nowhere/x.csv", "file/x.csv", "folder.csv"):
        ended = annals(command, tmp_path / target)
        assert (ended.code, ended.out) == (2, ""), target
        assert "Traceback" not in ended.err
        assert "folder" in ended.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.csv"]


def test_mappings(annals, tmp_path):
    (tmp_path / "table.csv").write_text("nr,what,when\n1,Something,1967\n")
    draft = annals("import", tmp_path / "table.csv", "--suggest-map")
    assert draft.code == 0
    (tmp_path / "map.yaml").write_text(
        'records:\n  - {kind: event, id: "t-{nr}", title: "{what}", date: "{when}"}\n'
    )
    done = annals("import", tmp_path / "table.csv", "--map", tmp_path / "map.yaml")
    assert (done.code, done.out[:16]) == (0, "1 read; 1 create")
    (tmp_path / "map.yaml").write_text('records:\n  - {kind: event, id: "t-{nr}", titel: "{what}"}\n')
    done = annals("import", tmp_path / "table.csv", "--map", tmp_path / "map.yaml")
    assert done.code == 1
    assert "/records/0/titel" in done.err
    assert "Did you mean title?" in done.err


def test_a_database_that_is_not_there(annals, bare_url, tmp_path):
    file = tmp_path / "two.ndjson"
    file.write_bytes(TWO)
    done = annals("import", file, url=bare_url)
    assert (done.code, "annals migrate" in done.err) == (1, True)
    assert annals("export", tmp_path / "x.ndjson", url=bare_url).code == 1
    assert not (tmp_path / "x.ndjson").exists()


def test_fixed_terms_of_a_mapping_are_checked_before_a_row_is_read(annals, tmp_path):
    table = tmp_path / "t.csv"
    # The second row cannot be read: it is not looked at.
    table.write_text("id,n\n1,2\n2\n")
    mapping = tmp_path / "m.yaml"
    said = "records:\n  - {kind: event, id: 'e-{id}', title: T, type: sit-in, figures: [{measure: deth, best: '{n}'}]}\n"
    mapping.write_text(said)
    done = annals("import", table, "--map", mapping)
    assert (done.code, done.out) == (1, "")
    assert "/records/0/type: " in done.err
    assert "/records/0/figures/0/measure: " in done.err
    assert "Did you mean deaths?" in done.err
    assert "t.csv" not in done.err
    # Terms that somebody added here are terms.
    terms = tmp_path / "terms.ndjson"
    terms.write_text('{"kind":"term","scheme":"event-type","id":"sit-in","label":"Sit-in"}\n')
    assert annals("import", terms).code == 0
    mapping.write_text(said.replace("deth", "deaths"))
    done = annals("import", table, "--map", mapping, "--on-error", "skip")
    assert done.code == 1
    assert "2 read; 1 created" in done.out
    assert "t.csv:3" in done.err


def test_a_joined_table_beside_the_mapping_is_part_of_what_is_imported(tmp_path):
    (tmp_path / "maps").mkdir()
    file = tmp_path / "maps" / "m.yaml"
    file.write_text("join: {more: {file: more.csv, on: id}}\nrecords: [{kind: event, title: T}]\n")
    (tmp_path / "maps" / "more.csv").write_text("id,tag\n1,a\n")
    table = tmp_path / "t.csv"
    assert list(mapping_files([table], file, read_mapping(file))) == [file, tmp_path / "maps" / "more.csv"]


def test_csv_begins_with_a_byte_order_mark_by_choice(annals, tmp_path):
    assert annals("seed").code == 0
    marked, plain = tmp_path / "marked.csv", tmp_path / "plain.csv"
    assert annals("export", marked, "--bom").code == annals("export", plain).code == 0
    assert marked.read_bytes() == b"\xef\xbb\xbf" + plain.read_bytes()
    refused = annals("export", tmp_path / "o.ndjson", "--bom")
    assert refused.code == 2
    assert "--format csv" in refused.err


def test_a_workbook_is_written_by_its_name(annals, tmp_path):
    assert annals("seed").code == 0
    assert annals("export", tmp_path / "all.xlsx").code == 0
    sheets = load_workbook(tmp_path / "all.xlsx", read_only=True).sheetnames
    assert {"events", "actors", "sources", "evidence (details)"} <= set(sheets)


def test_an_export_warns_of_addresses_that_lead_nowhere_else(annals, tmp_path, monkeypatch):
    for form in FORMATS.values():
        told = annals("export", tmp_path / f"all{form.suffix}")
        assert (told.code, told.out) == (0, "")
        warned = "ANNALS_PUBLIC_URL" in told.err and "http://127.0.0.1:8000" in told.err
        assert warned == form.has_addresses, form.name
    monkeypatch.setenv("ANNALS_PUBLIC_URL", "https://annals.example")
    assert annals("export", tmp_path / "all.ttl").err == ""
    assert b"https://annals.example" in (tmp_path / "all.ttl").read_bytes()


UCDP_ROW = (
    "id,side_a_new_id,side_a,side_b_new_id,side_b,where_coordinates,country_id,latitude,longitude,where_prec,dyad_name,"
    "type_of_violence,where_description,date_start,date_end,date_prec,low,best,high,deaths_civilians,region,country,source_article\n"
    "7,1,Government of A,2,B,Ford,3,5.5,18.5,1,A - B,1,,2001-02-03,2001-02-03,1,1,2,3,0,Africa,C,\n"
)


def test_a_mapping_that_ships_is_followed_by_its_name(annals, tmp_path):
    (tmp_path / "ged.csv").write_text(UCDP_ROW)
    done = annals("import", tmp_path / "ged.csv", "--as", "ucdp-ged", "--json")
    assert (done.code, done.json["created"]) == (0, 5)
    (tmp_path / "own.yaml").write_text(annals("mappings", "show", "ucdp-ged").out)
    done = annals("import", tmp_path / "ged.csv", "--map", tmp_path / "own.yaml", "--json")
    assert (done.json["created"], done.json["updated"]) == (0, 0)


def test_mappings_that_ship_are_listed(annals):
    listed = annals("mappings", "list", "--json").json
    assert [one["name"] for one in listed] == sorted(one["name"] for one in listed)
    ucdp = next(one for one in listed if one["name"] == "ucdp-ged")
    assert ucdp["about"].startswith("UCDP Georeferenced Event Dataset (version 23.1")
    assert "date_prec" in ucdp["columns"]
    assert ucdp["joins"] == []
    assert all(one["about"] for one in listed)
    told = annals("mappings", "list").out
    assert [line.split()[0] for line in told.splitlines()] == [one["name"] for one in listed]
    assert "(with cdb90_belligerents.csv" in told


def test_a_mapping_that_does_not_ship_is_refused_with_the_nearest(annals, tmp_path):
    (tmp_path / "ged.csv").write_text(UCDP_ROW)
    for arguments in (("import", tmp_path / "ged.csv", "--as", "ucdp_ged"), ("mappings", "show", "ucdp_ged")):
        done = annals(*arguments)
        assert (done.code, done.out) == (2, "")
        assert "Did you mean ucdp-ged?" in " ".join(done.err.replace("│", " ").split())
    for other in (("--map", tmp_path / "ged.csv"), ("--suggest-map",)):
        assert annals("import", tmp_path / "ged.csv", "--as", "ucdp-ged", *other).code == 2


def test_too_many_positions_are_simplified_and_told(annals, tmp_path):
    pytest.importorskip("shapely")
    line = {"type": "LineString", "coordinates": [[n / 1000, 0] for n in range(12_000)]}
    file = tmp_path / "p.ndjson"
    file.write_bytes(orjson.dumps({"kind": "place", "id": "p", "title": "P", "geometry": line}))
    assert "--simplify 100m" in annals("import", file).err
    done = annals("import", file, "--simplify", "100m")
    assert (done.code, done.out) == (0, "1 read; 1 created, 0 updated, 0 unchanged, 0 failed\n")
    assert "Geometries that were simplified: 1; 12,000 positions became 2." in done.err
    assert "with its unit" in annals("import", file, "--simplify", "100").err


def test_a_misnamed_file_is_imported_and_told(annals, tmp_path):
    (tmp_path / "all.json").write_bytes(TWO)
    done = annals("import", tmp_path / "all.json")
    assert (done.code, "2 created" in done.out) == (0, True)
    assert "recognised by its first lines: NDJSON" in done.err
    (tmp_path / "letter.txt").write_text("Dear Sir\n")
    refused = annals("import", tmp_path / "letter.txt")
    assert refused.code == 2
    assert "first lines show its" in " ".join(refused.err.replace("│", " ").split())


@pytest.mark.slow
def test_every_mapping_that_ships_goes_by_its_name(annals):
    for folder in (Path(__file__).parent / "made_tables").iterdir():
        table = min(path for path in folder.iterdir() if path.name != "expected.ndjson")
        done = annals("import", table, "--as", folder.name, "--dry-run", "--json")
        report = orjson.loads(done.out)
        assert (done.code, report["failed"], report["created"] > 1) == (0, 0, True), folder.name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("e.json", "JSON"),
        ("events.csv", "CSV"),
        ("e.geojson", "GeoJSON"),
        ("e.xlsx", "spreadsheet"),
        ("e.bib", "BibTeX"),
        ("e.ics", "iCalendar"),
        ("e.ged", "GEDCOM"),
    ],
)
def test_an_empty_file_is_refused_with_what_was_expected(annals, tmp_path, name, expected):
    file = tmp_path / name
    for content in (b"", b"\n \r\n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)):
        file.write_bytes(content)
        done = annals("import", file, "--json")
        assert done.code == 1, content
        assert (done.json["read"], done.json["failed"], done.json["created"]) == (1, 1, 0)
        [fault] = done.json["faults"]
        assert (fault["file"], fault["line"], fault["code"]) == (name, 1, "empty_file")
        assert f"where {expected} is expected" in fault["detail"].replace("a spreadsheet", "spreadsheet")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("e.ndjson", ""),
        ("e.ris", ""),
        ("e.json", "[]"),
        ("events.csv", "id,title\n"),
        ("e.geojson", '{"type":"FeatureCollection","features":[]}'),
    ],
)
def test_a_file_that_holds_no_documents_is_not_empty(annals, tmp_path, name, content):
    (tmp_path / name).write_text(content)
    done = annals("import", tmp_path / name, "--json")
    assert (done.code, done.json["read"], done.json["faults"]) == (0, 0, [])


def test_an_empty_file_is_refused_with_a_mapping_as_well(annals, tmp_path):
    (tmp_path / "ged.csv").write_bytes(b"")
    done = annals("import", tmp_path / "ged.csv", "--as", "ucdp-ged")
    assert done.code == 1
    assert "There is nothing in it, where CSV is expected" in done.err
