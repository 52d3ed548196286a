"""Spreadsheets in: what is exported comes back; cells as people see them; faults by sheet, row and column."""

import io
import random
import zipfile
from datetime import UTC, date, datetime, time
from functools import partial

import openpyxl
import orjson
import pytest
import xlsxwriter
from random_documents import documents_of, opened, other_database

from app.errors import DiskFull, InvalidDocument
from app.imports.mapping.apply import read_mapped
from app.imports.mapping.declaration import declared
from app.imports.mapping.suggest import suggest_mapping
from app.imports.readers import format_of_file, read
from app.imports.readers.spreadsheets import (
    BadSpreadsheet,
    archive,
    open_spreadsheet,
    shared_strings,
    xml_parts,
)
from app.imports.readers.spreadsheets.number_formats import NumberFormat, parse_number_format
from app.imports.readers.spreadsheets.numbers import NoSuchDay, date_as_text, number_as_text
from app.records.kinds import kind_by_name
from app.values.failsafe_yaml import load_failsafe_yaml

SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</worksheet>'


def book(sheets, **options):
    """Write a workbook with xlsxwriter: for each sheet rows of cells."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "remove_timezone": True, **options}) as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, date | time):
                        form = "h:mm" if isinstance(cell, time) else "yyyy-mm-dd"
                        sheet.write_datetime(at, column, cell, workbook.add_format({"num_format": form}))
                    elif isinstance(cell, str):
                        sheet.write_string(at, column, cell)
                    else:
                        sheet.write(at, column, cell)
    return file.getvalue()


def changed(data, **parts):
    """Write parts of a workbook anew; None leaves one out."""
    file = io.BytesIO()
    given = {name.replace("__", "/"): part for name, part in parts.items()}
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in dict.fromkeys([*old.namelist(), *given]):
            if given.get(name, b"") is not None:
                new.writestr(name, given.get(name) or old.read(name))
    return file.getvalue()


def with_sheet(rows, data=None):
    """Return a workbook whose only sheet has this XML in its `sheetData`, and what comes after it."""
    data = data or book({"events": [["x"]]})
    return changed(data, **{"xl/worksheets/sheet1.xml": SHEET.format(rows)})


def pieces_of(data, size=1000):
    return [data[at : at + size] for at in range(0, len(data), size)]


def found_in(data, **options):
    return list(read("spreadsheet", pieces_of(data), **options))


def faults_of(data, **options):
    return [(one.line, f.code, f.pointer) for one in found_in(data, **options) for f in one.faults]


def rows_of(data, sheet=None):
    workbook = open_spreadsheet(pieces_of(data))
    return {row.number: dict(row.cells) for row in workbook.rows(sheet or workbook.sheets[0])}


@pytest.fixture
def annals(annals, database_url):
    """Run a command on the test's own database, where no other is named."""
    return partial(annals, url=database_url)


@pytest.mark.slow
def test_what_is_exported_comes_back(annals, database_kind, request, tmp_path):
    documents = documents_of(random.Random(5), 120)
    (tmp_path / "all.ndjson").write_bytes(b"\n".join(map(orjson.dumps, documents)))
    assert annals("import", tmp_path / "all.ndjson").code == 0
    workbook, first, second = (tmp_path / name for name in ("all.xlsx", "first.ndjson", "second.ndjson"))
    assert annals("export", workbook).code == annals("export", first).code == 0
    with other_database(database_kind, request) as url, opened(url):
        done = annals("import", workbook, url=url)
        assert (done.code, done.out) == (0, "120 read; 120 created, 0 updated, 0 unchanged, 0 failed\n")
        assert "left out" in done.err
        assert "(details)" in done.err
        assert annals("export", second, url=url).code == 0
    assert second.read_bytes() == first.read_bytes()
    assert "120 unchanged" in annals("import", workbook).out


async def test_a_body_is_a_spreadsheet_by_its_media_type_or_its_bytes(writer):
    data = book(
        {"Events": [["id", "title"], ["a", "A"]], "notes": [], "places 2": [["id", "title"], ["p", "P"]]}
    )
    types = ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/octet-stream"]
    for number, media_type in enumerate(types):
        headers = {"content-type": media_type}
        done = await writer.ask("POST", "/v1/imports", content=data, headers=headers)
        assert done.status_code == 200, done.text
        assert (done.json()["read"], done.json()["unchanged"]) == (2, 2 * number)
    bad = book({"events": [["id", "title", "date"], ["a", "A", "1990"], ["b", "B", "199"]]})
    refused = await writer.ask("POST", "/v1/imports", content=bad, headers={"content-type": types[0]})
    (fault,) = refused.json()["report"]["faults"]
    assert (fault["file"], fault["line"], fault["pointer"]) == ("body#events", 3, "/date/edtf")
    broken = await writer.ask("POST", "/v1/imports", content=data[:500], headers={"content-type": types[0]})
    assert broken.status_code == 422
    assert [one["code"] for one in broken.json()["report"]["faults"]] == ["broken_spreadsheet"]


def test_faults_are_told_with_sheet_and_row(annals, tmp_path):
    file = tmp_path / "book.xlsx"
    file.write_bytes(book({"events": [["id", "title", "tpye"], ["a", "A", "x"]], "Other": [["a"], ["b"]]}))
    done = annals("import", file)
    assert done.code == 1
    assert "book.xlsx#events:2 (a) /tpye: " in done.err
    assert "book.xlsx#Other:2 /kind: Nothing says what kind" in done.err


def test_cells_are_as_people_see_them():
    data = book(
        {
            "t": [
                [
                    1850.0,
                    0.1 + 0.2,
                    1e-7,
                    True,
                    date(1999, 12, 31),
                    datetime(1999, 12, 31, 13, 5, tzinfo=UTC),
                ],
                [2**53, -0.0, "0042", False, date(1900, 1, 1), time(7, 30)],
                ["_x0041_", "a\rb", " x ", "=1+1", date(1900, 3, 1), 1234567.891],
            ]
        }
    )
    assert rows_of(data) == {
        1: dict(enumerate(["1850", "0.3", "0.0000001", "true", "1999-12-31", "1999-12-31T13:05:00"])),
        2: dict(enumerate(["9007199254740992", "0", "0042", "false", "1900-01-01", "07:30"])),
        3: dict(enumerate(["_x0041_", "a\rb", " x ", "=1+1", "1900-03-01", "1234567.891"])),
    }


def test_both_epochs():
    rows = [[date(1999, 12, 31), date(1904, 1, 2)]]
    assert rows_of(book({"t": rows}, date_1904=True)) == {1: {0: "1999-12-31", 1: "1904-01-02"}}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("General", NumberFormat()),
        ("0.00", NumberFormat()),
        ("#,##0 \\d", NumberFormat()),
        ('0" days"', NumberFormat()),
        ("[Red]0", NumberFormat()),
        ("0.00E+00", NumberFormat()),
        ("0000", NumberFormat(digits=4)),
        ("dd/mm/yyyy", NumberFormat(has_date=True)),
        ("[$-407]d. mmmm yyyy;@", NumberFormat(has_date=True)),
        ("mmm-yy", NumberFormat(has_date=True, has_day=False)),
        ("yyyy", NumberFormat(has_date=True, has_day=False)),
        ("d/m/yy h:mm", NumberFormat(has_date=True, has_time=True)),
        ("mm:ss", NumberFormat(has_time=True)),
        ("[h]:mm", NumberFormat(has_time=True, is_elapsed=True)),
    ],
)
def test_formats_of_dates_are_told_from_others(code, expected):
    assert parse_number_format(code) == expected


@pytest.mark.parametrize(
    ("number", "since_1904", "counts_1899", "expected"),
    [
        (1, False, False, "1900-01-01"),
        (59, False, False, "1900-02-28"),
        (61, False, False, "1900-03-01"),
        (61, False, True, "1900-03-01"),
        (1, False, True, "1899-12-31"),
        (-1000, False, False, "1897-04-04"),
        (0, True, False, "1904-01-01"),
        (36526.5, False, False, "2000-01-01T12:00:00"),
        (36526.999999999, False, False, "2000-01-02"),
        (2958465, False, False, "9999-12-31"),
        (0, False, False, None),
        (60, False, False, None),
        (2958466, False, False, None),
        (-1, True, False, None),
        (-116000, False, False, None),
    ],
)
def test_days(number, since_1904, counts_1899, expected):
    form = NumberFormat(has_date=True)
    if expected is None:
        with pytest.raises(NoSuchDay):
            date_as_text(number, form, since_1904=since_1904, counts_1899=counts_1899)
    else:
        assert date_as_text(number, form, since_1904=since_1904, counts_1899=counts_1899) == expected


def test_times_that_go_on_past_a_day():
    form = parse_number_format("[h]:mm")
    assert date_as_text(1.5, form, since_1904=False, counts_1899=False) == "36:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1850.0", "1850"),
        ("1E3", "1000"),
        ("41.399999999999999", "41.4"),
        ("-7.50", "-7.5"),
        ("1e300", "1e+300"),
    ],
)
def test_numbers(text, expected):
    assert number_as_text(text) == expected


def test_cells_of_every_sort():
    rows = with_sheet(
        '<sheetData><row r="3"><c r="B3" t="inlineStr"><is><r><t>Ri</t></r><r><t>ch</t></r><rPh><t>x</t></rPh></is></c>'
        '<c t="str"><f>A1</f><v>told</v></c><c t="d"><v>1850-01-02T00:00:00</v></c><c t="b"><v>1</v></c>'
        '<c t="str"><f>A1</f><v></v></c></row><row><c><v>7</v></c></row></sheetData>'
    )
    assert rows_of(rows) == {3: {1: "Rich", 2: "told", 3: "1850-01-02", 4: "true"}, 4: {0: "7"}}
    prefixed = rows_of(changed(rows, **{"xl/worksheets/sheet1.xml": (
        '<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:sheetData><x:row r="2"><x:c r="A2">'
        "<x:v>5</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )}))  # fmt: skip
    assert prefixed == {2: {0: "5"}}


def test_cells_without_a_value_that_is_known_are_faults():
    head = '<row r="1"><c r="A1" t="inlineStr"><is><t>title</t></is></c><c r="C1" t="inlineStr"><is><t>date</t></is></c></row>'
    cells = (
        '<c r="C2" t="e"><v>#N/A</v></c>',
        '<c r="C2"><f>TODAY()</f></c>',
        '<c r="C2"><f>TODAY()</f><v></v></c>',
        '<c r="C2" t="s"><v>99</v></c>',
        '<c r="C2"><v>x1</v></c>',
    )
    codes = []
    for cell in cells:
        data = with_sheet(f'<sheetData>{head}<row r="2"><c r="A2"><v>1</v></c>{cell}</row></sheetData>')
        ((line, code, pointer),) = faults_of(data)
        assert (line, pointer) == (2, "/date")
        codes.append(code)
        (one,) = found_in(data)
        assert one.faults[0].detail.startswith("Column C: ")
    assert codes == ["cell_error", *["formula_without_value"] * 2, *["malformed_cell"] * 2]


def test_merged_and_empty_rows_are_told():
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>T{n}</t></is></c></row>' for n in (2, 3, 6, 9)
    )
    merges = '<mergeCells count="2"><mergeCell ref="A1:C1"/><mergeCell ref="B3:B4"/></mergeCells>'
    found = found_in(with_sheet(f'<sheetData>{rows.replace("T2", "title")}<row r="12"/></sheetData>{merges}'))
    assert [(one.line, one.raw["title"], one.notes) for one in found] == [
        (3, "T3", ()),
        (6, "T6", ("empty_rows",)),
        (9, "T9", ("empty_rows", "merged_cells:A1:C1, B3:B4")),
    ]


def test_something_beyond_the_header_is_a_fault_and_a_far_cell_takes_no_room():
    data = with_sheet(
        '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>title</t></is></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )
    assert faults_of(data) == [(1048576, "uneven_row", "")]
    (one,) = found_in(data)
    assert "column XFD" in one.faults[0].detail


def test_a_sheet_that_holds_no_records_is_a_fault_and_an_empty_one_is_none():
    data = book(
        {"events": [["title"], ["A"]], "Leer": [], "Ideas": [["x"], ["y"]], "figures (details)": [["z"], [1]]}
    )
    found = found_in(data)
    assert [(one.line, [fault.code for fault in one.faults]) for one in found] == [
        (2, []),
        (2, ["missing_kind"]),
    ]
    for way in ("column kind", "--kind", "kind=event", "--map"):
        assert way in found[1].faults[0].detail
    assert found[0].notes == ("ignored_sheet:figures (details)",)
    (one,) = found_in(book({"Tabelle1": [["kind", "title"], ["place", "P"]]}))
    assert one.raw == {"kind": "place", "title": "P"}
    (one,) = found_in(book({"Tabelle1": [["title"], ["P"]]}), kind=kind_by_name("actor"))
    assert one.raw == {"kind": "actor", "title": "P"}


MAPPING = {"records": [{"kind": "event", "id": "e-{Nr}", "title": "{Ereignis}", "date": "{Tag}"}]}
TABLE = [["Nr", "Ereignis", "Tag", "Rest"], [1, "Aufstand", date(1990, 3, 4), "a"], [2, "Streik", 1991, "b"]]


def mapped(data, table=None):
    mapping = declared({**MAPPING, **({"table": table} if table else {})}, None)
    return list(read_mapped(mapping, "spreadsheet", pieces_of(data)))


def test_a_mapping_takes_the_only_sheet_with_rows_or_the_one_that_it_names():
    expected = [
        {"kind": "event", "id": "e-1", "title": "Aufstand", "date": "1990-03-04"},
        {"kind": "event", "id": "e-2", "title": "Streik", "date": "1991"},
    ]
    alone = mapped(book({"Blatt1": [], "Blatt2": TABLE}))
    assert [(one.raw, one.line) for one in alone] == [(expected[0], 2), (expected[1], 3)]
    two = book({"Blatt1": [["x"]], "Blatt2": TABLE})
    (refused,) = mapped(two)
    assert refused.faults[0].code == "several_sheets"
    assert "Blatt1, Blatt2" in refused.faults[0].detail
    assert [one.raw for one in mapped(two, {"sheet": "Blatt2"})] == expected
    (refused,) = mapped(two, {"sheet": "Blat2"})
    assert "Did you mean Blatt2?" in refused.faults[0].detail
    titled = book({"B": [["A title over the table"], [], *TABLE]})
    assert [one.raw for one in mapped(titled, {"skip": "1"})] == expected


def test_a_mapping_is_not_stopped_by_columns_that_it_does_not_name():
    cells = '<row r="{0}"><c r="A{0}"><v>{0}</v></c><c r="B{0}" t="{1}"><v>#N/A</v></c></row>'
    head = '<row r="1"><c r="A1" t="str"><v>Nr</v></c><c r="B1" t="str"><v>Rest</v></c></row>'
    data = with_sheet(f"<sheetData>{head}{cells.format(2, 'e')}</sheetData>")
    named = declared({"records": [{"kind": "event", "title": "{Nr}"}]}, None)
    (one,) = read_mapped(named, "spreadsheet", [data])
    assert one.raw == {"kind": "event", "title": "2"}
    named = declared({"records": [{"kind": "event", "title": "{Nr} {Rest}"}]}, None)
    (one,) = read_mapped(named, "spreadsheet", [data])
    assert [(fault.code, fault.pointer, fault.value) for fault in one.faults] == [
        ("cell_error", "/Rest", "#N/A")
    ]


def test_a_table_of_sheets_is_for_spreadsheets():
    mapping = declared({**MAPPING, "table": {"sheet": "x"}}, None)
    (one,) = read_mapped(mapping, "csv", [b"Nr,Ereignis,Tag\n1,2,3\n"])
    assert (one.faults[0].code, one.faults[0].pointer) == ("not_a_spreadsheet", "/table/sheet")
    with pytest.raises(InvalidDocument):
        declared({**MAPPING, "table": {"sheet": ["x"]}}, None)


def test_a_draft_is_made_of_a_spreadsheet():
    draft = suggest_mapping("a.xlsx", "spreadsheet", pieces_of(book({"B": TABLE})))
    assert 'date: "{Tag}"' in draft
    with pytest.raises(InvalidDocument, match="Several sheets"):
        suggest_mapping("a.xlsx", "spreadsheet", pieces_of(book({"B": TABLE, "C": TABLE})))


def test_it_is_known_by_its_bytes():
    data = book({"events": [["title"], ["A"]]})
    assert format_of_file("a.csv", [data]) == ("spreadsheet", ("recognised:a spreadsheet",))
    assert format_of_file("a.xlsx", [data]) == ("spreadsheet", ())
    written = io.BytesIO()
    openpyxl.Workbook().save(written)
    assert format_of_file("a", [written.getvalue()])[0] == "spreadsheet"


def refusal(data):
    with pytest.raises(BadSpreadsheet) as refused:
        rows_of(data)
    return refused.value.code


def test_what_is_locked_or_has_macros_or_is_no_workbook_says_what_to_do():
    data = book({"events": [["title"], ["A"]]})
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)
    assert refusal(ole + "EncryptedPackage".encode("utf-16-le")) == "encrypted"
    assert refusal(changed(data, **{"xl/vbaProject.bin": b"x"})) == "macros"
    assert refusal(b"PK\x03\x04" + bytes(100)) == "broken_spreadsheet"
    assert refusal(b"title\nA\n") == "not_a_spreadsheet"
    assert refusal(data[:-100]) == "broken_spreadsheet"
    assert refusal(changed(data, **{"_rels/.rels": None})) == "not_a_spreadsheet"
    assert refusal(changed(data, **{"xl/worksheets/sheet1.xml": None})) == "broken_spreadsheet"
    assert faults_of(ole) == [(1, "broken_spreadsheet", "")]


def test_entities_are_refused():
    bomb = '<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + SHEET.format("<sheetData/>")
    data = changed(book({"events": [["x"]]}), **{"xl/worksheets/sheet1.xml": bomb})
    assert refusal(data) == "document_type"


def test_what_expands_too_far_is_not_unpacked(monkeypatch):
    data = book({"events": [["x"]]})
    assert refusal(changed(data, **{"xl/worksheets/sheet1.xml": b" " * 20_000_000})) == "expands_too_far"
    # One text, in very many cells.
    row = "".join('<c t="s"><v>0</v></c>' for _ in range(100))
    rows = "".join(f"<row>{row}</row>" for _ in range(20))
    data = with_sheet(f"<sheetData>{rows}</sheetData>", book({"events": [["x" * 30_000]]}))
    monkeypatch.setattr("app.imports.readers.spreadsheets.xlsx.HARMLESS_BYTES", 2**20)
    assert refusal(data) == "expands_too_far"
    monkeypatch.setattr(archive, "MAX_ENTRIES", 3)
    assert refusal(book({"events": [["x"]]})) == "expands_too_far"


def test_a_tag_that_has_to_be_held_whole_is_bounded():
    rows = f'<sheetData><row a="{"x" * 2 * xml_parts.MAX_TOKEN}"/></sheetData>'
    assert refusal(with_sheet(rows)) == "broken_spreadsheet"


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="2"/><row r="1"/>',
        '<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>',
        '<row r="0"/>',
        '<row r="1048577"/>',
        '<row r="1"><c r="XFE1"/></row>',
        '<row r="1"><c r="é1"/></row>',
        '<c r="A1"><v>1</v></c>',
        "<row>",
        "<row></sheetData></row>",
    ],
)
def test_what_is_out_of_order_is_refused(rows):
    assert refusal(with_sheet(f"<sheetData>{rows}</sheetData>")) == "broken_spreadsheet"


def test_a_fault_within_a_sheet_comes_after_its_rows():
    good = "".join(f"<row><c t='str'><v>title{n}</v></c></row>" for n in range(5000))
    data = with_sheet(f"<sheetData>{good}<row r='1'/></sheetData>")
    *rows, last = found_in(data, kind=kind_by_name("event"))
    assert len(rows) > 1000
    assert [fault.code for fault in last.faults] == ["broken_spreadsheet"]


@pytest.mark.parametrize("held", [0, 100, 10**9])
def test_shared_texts_past_a_size_are_in_a_file(held):
    texts = [f"{'ä' * (n % 70)}{n}" for n in range(2000)]
    strings = shared_strings.SharedStrings(held)
    for text in texts:
        strings.add(text)
    order = random.Random(1).sample(range(2000), 2000)
    assert [strings[n] for n in order] == [texts[n] for n in order]
    for wrong in (-1, 2000):
        with pytest.raises(IndexError):
            strings[wrong]


def test_escapes_of_characters():
    assert shared_strings.unescape("a_x000D_b_x005F_x0041_ _xD83D__xDE00_ _xD83D_ _x00_") == (
        "a\rb_x0041_ 😀 _xD83D_ _x00_"
    )


CONTENT = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
 <office:body><office:spreadsheet>{}</office:spreadsheet></office:body></office:document-content>"""


def ods(tables):
    """Write an .ods: for each table its rows, in XML."""
    sheets = "".join(
        f'<table:table table:name="{name}">{rows}</table:table>' for name, rows in tables.items()
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as new:
        new.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        new.writestr("content.xml", CONTENT.format(sheets))
        new.writestr("META-INF/manifest.xml", manifest)
    return file.getvalue()


def ods_row(*cells):
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def ods_cell(sort, value, text="x"):
    told = f"<text:p>{text}</text:p>"
    name = {"float": "value", "date": "date-value"}.get(sort)
    said = f' office:{name}="{value}"' if name else ""
    return f'<table:table-cell office:value-type="{sort}"{said}>{told if name else told.replace(text, value)}</table:table-cell>'


def test_an_ods_is_read_by_a_process_of_its_own():
    header = ods_row(ods_cell("string", "title"), ods_cell("string", "date"))
    rows = ods_row(ods_cell("float", "1850.0"), ods_cell("date", "1850-03-04"))
    data = ods(
        {"events": ods_row("<table:table-cell/>") + header + rows, "places": header.replace("date", "type")}
    )
    assert format_of_file("a", [data])[0] == "spreadsheet"
    (one,) = found_in(data)
    assert (one.line, one.raw) == (3, {"kind": "event", "title": "1850", "date": {"edtf": "1850-03-04"}})
    assert open_spreadsheet([data]).sheets == ("events", "places")


def test_what_the_process_cannot_bear_ends_it_alone(monkeypatch):
    header = ods_row(ods_cell("string", "title"))
    many = ods_cell("string", "x").replace(
        "<table:table-cell", '<table:table-cell table:number-columns-repeated="1000"'
    )
    bomb = ods_row(many).replace("<table:table-row", '<table:table-row table:number-rows-repeated="10000"')
    with monkeypatch.context() as changed_limit:
        changed_limit.setattr("app.imports.readers.spreadsheets.converted.MAX_MEMORY", 200 * 2**20)
        assert rows_of(ods({"events": header})) == {1: {0: "title"}}
        assert refusal(ods({"events": header + bomb})) == "too_large"
    monkeypatch.setattr("app.imports.readers.spreadsheets.converted.MAX_OUTPUT", 10)
    assert refusal(ods({"events": header})) == "too_large"


def test_no_more_room_is_asked_for_than_a_file_can_need(monkeypatch):
    data = ods({"events": ods_row(ods_cell("string", "title"))})

    def free(megabytes):
        for name in ("converted", "file_type"):
            monkeypatch.setattr(
                f"app.imports.readers.spreadsheets.{name}.free_bytes", lambda: (256 + megabytes) * 2**20
            )

    free(2)
    assert rows_of(data) == {1: {0: "title"}}
    free(0.5)
    with pytest.raises(DiskFull, match="may need 1 MiB"):
        open_spreadsheet([data])


def test_what_cannot_be_told_in_other_spreadsheets_is_noted():
    rows = "".join(ods_row(ods_cell("string", text)) for text in ("title", "A", "B"))
    assert [one.notes for one in found_in(ods({"events": rows}))] == [("errors_not_told",)] * 2


def test_a_draft_is_for_the_sheet_that_is_named(annals, tmp_path):
    rows = {"notes": [["word"], ["x"]], "battles": [["name", "year"], ["Riga", 1850], ["Jena", 1806]]}
    path = tmp_path / "book.xlsx"
    path.write_bytes(book(rows))
    refused = annals("import", path, "--suggest-map")
    assert refused.code != 0
    assert all(word in refused.err for word in ("notes, battles", "--sheet NAME"))
    draft = annals("import", path, "--suggest-map", "--sheet", "battles").out
    assert 'sheet: "battles"' in draft
    assert "{name" in draft
    unknown = annals("import", path, "--suggest-map", "--sheet", "battle")
    assert "Did you mean battles?" in unknown.err
    assert annals("import", path, "--sheet", "battles").code == 2
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    assert annals("import", tmp_path / "t.csv", "--suggest-map", "--sheet", "a").code == 2


JOIN = """
join: {{sides: {{file: {}, on: battle, key: number{}}}}}
records:
  - kind: event
    id: "battle-{{battle}}"
    title: "{{name}}"
    participants: [{{each: {{join: sides, as: side}}, actor: "actors/{{side.actor}}", role: combatant}}]
"""
SIDES = [["number", "actor"], [1, "france"], [1, "prussia"], ["", "nobody"]]


@pytest.mark.parametrize(
    ("name", "sides", "sheet", "expected"),
    [
        ("b.xlsx", book({"sides": SIDES}), "", ["actors/france", "actors/prussia"]),
        (
            "b.xlsx",
            book({"a": [["x"], [1]], "sides": SIDES}),
            ", sheet: sides",
            ["actors/france", "actors/prussia"],
        ),
        ("b.tsv", b"number\tactor\n1\tfrance\n", "", ["actors/france"]),
        ("b.xlsx", book({"a": [["x"], [1]], "sides": SIDES}), "", "several_sheets"),
        ("b.xlsx", book({"a": SIDES}), ", sheet: b", "unknown_sheet"),
        ("b.csv", b"number,actor\n1,france\n", ", sheet: b", "not_a_spreadsheet"),
        ("b.xlsx", book({"a": SIDES})[:-30], "", "broken_spreadsheet"),
        ("b.xlsx", book({"a": [["number"], *[[1, "x" * 30_000]] * 3]}), "", "uneven_row"),
    ],
)
def test_a_table_that_is_joined_may_be_a_spreadsheet(tmp_path, name, sides, sheet, expected):
    (tmp_path / name).write_bytes(sides)
    mapping = declared(load_failsafe_yaml(JOIN.format(name, sheet)), None)
    (one,) = read_mapped(mapping, "csv", [b"battle,name\n1,Jena\n"], tmp_path)
    if isinstance(expected, list):
        assert [part["actor"] for part in one.raw["participants"]] == expected
    else:
        assert one.faults[0].code == expected
        assert one.faults[0].pointer.startswith("/join/sides")
        assert name in one.faults[0].detail or sheet


def test_a_joined_spreadsheet_is_held_only_so_far(tmp_path, monkeypatch):
    monkeypatch.setattr("app.imports.mapping.joins.MAX_JOINED_BYTES", 2**15)
    (tmp_path / "b.xlsx").write_bytes(book({"a": [["number", "actor"], *[[1, "x" * 2000]] * 100]}))
    mapping = declared(load_failsafe_yaml(JOIN.format("b.xlsx", "")), None)
    (one,) = read_mapped(mapping, "csv", [b"battle,name\n1,Jena\n"], tmp_path)
    assert [fault.code for fault in one.faults] == ["too_large"]
