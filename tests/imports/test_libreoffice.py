"""Spreadsheets and CSV in LibreOffice: what it opens is what was written, and what it saves comes back."""

import csv
import shutil
import subprocess
from functools import partial

import pytest

from app.imports.readers import read

pytestmark = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")

ONE_DATABASE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
"""LibreOffice sees files alone, which either database gives alike."""

UTF8 = "--infilter=CSV:44,34,76,1"
"""What LibreOffice's dialog offers for a file with a byte order mark; without a dialog it does not look."""

UNHURT = ("title", "summary", "tags", "date.as_written", "type", "url")
"""Columns whose cells are no numbers or days, which a spreadsheet shows in a form of its own."""


@pytest.fixture(scope="module")
def profile(tmp_path_factory):
    """Where LibreOffice keeps its settings; to make them anew takes longer than a conversion."""
    return tmp_path_factory.mktemp("libreoffice")


@pytest.fixture
def convert(profile, tmp_path):
    def converted(file, form, *options):
        folder = tmp_path / "converted"
        command = ["soffice", f"-env:UserInstallation=file://{profile}", "--headless"]
        command += [*options, "--convert-to", form, "--outdir", str(folder), str(file)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=180)
        found = folder / f"{file.stem}.{form.partition(':')[0]}"
        assert found.exists(), done.stderr
        return found

    return converted


@pytest.fixture
def seeded(annals, seeded_url):
    return partial(annals, url=seeded_url)


@pytest.mark.slow
@ONE_DATABASE
@pytest.mark.parametrize("form", ["xlsx", "ods"])
def test_a_workbook_that_libreoffice_saves_says_the_same(seeded, convert, tmp_path, form):
    assert seeded("export", tmp_path / "all.xlsx").code == 0
    saved = convert(tmp_path / "all.xlsx", form)
    done = seeded("import", saved)
    assert done.code == 0, done.err
    read_count, outcome = done.out.split(" read; ")
    assert outcome == f"0 created, 0 updated, {read_count} unchanged, 0 failed\n"


@pytest.mark.slow
@ONE_DATABASE
def test_csv_opens_as_it_was_written(seeded, convert, tmp_path):
    assert seeded("export", tmp_path / "all.csv", "--bom").code == 0
    with (tmp_path / "all.csv").open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.DictReader(file))
    opened = convert(tmp_path / "all.csv", "xlsx", UTF8)
    shown = convert(opened.rename(tmp_path / "shown.xlsx"), "csv:Text - txt - csv (StarCalc):44,34,76")
    with shown.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == len(written)
    for one, other in zip(found, written, strict=True):
        assert {name: one[name] for name in UNHURT} == {name: other[name] for name in UNHURT}


@pytest.mark.slow
def test_a_table_that_libreoffice_wrote_is_read(convert, tmp_path):
    table = tmp_path / "events.csv"
    table.write_text("id,title,date\na,Ärger,1961-04-17\nb,Œuvre,1850\n", encoding="utf-8-sig")
    for form in ("xlsx", "ods", "xls"):
        saved = convert(table, form, UTF8)
        found = [one.raw for one in read("spreadsheet", [saved.read_bytes()])]
        assert [(one["id"], one["title"], one["date"]["edtf"]) for one in found] == [
            ("a", "Ärger", "1961-04-17"),
            ("b", "Œuvre", "1850"),
        ]
