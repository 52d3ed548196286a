"""`annals import FILE --guide`: a mapping drawn up in questions and answers."""

from functools import partial

import pytest
from terminals import Terminal

from app.cli import guide
from app.values.failsafe_yaml import load_failsafe_yaml

NAMELESS = "8,,1855-02-01,1855-02-01\n"
BATTLES = (
    "no,battle,begin,end\n"
    "1,Alma,1854-09-20,1854-09-20\n"
    + "".join(f"{n},B{n},1855-01-0{n},1855-01-0{n}\n" for n in range(2, 8))
    + NAMELESS
)


@pytest.fixture
def annals(annals, database_url, monkeypatch, tmp_path):
    """Run a command on the test's own database, as if at a terminal."""
    monkeypatch.setattr(guide, "has_terminal", lambda: True)
    monkeypatch.chdir(tmp_path)
    return partial(annals, url=database_url)


@pytest.fixture
def battles(tmp_path):
    file = tmp_path / "battles.csv"
    file.write_text(BATTLES.replace(NAMELESS, ""))
    return file


def told(*answers):
    return "".join(f"{answer}\n" for answer in answers).encode()


def test_enter_takes_every_guess_and_the_mapping_imports(annals, battles, tmp_path):
    done = annals("import", battles, "--guide", stdin=told(*[""] * 5, "", "i"))
    assert done.code == 0
    assert done.out.count("The records of the first 5 rows would be:") == 2
    assert "    date: 20 September 1854 (1854-09-20)\n" in done.out
    assert "events/battles-5 (" in done.out
    assert "events/battles-6 (" not in done.out
    assert "  no: 1 | 2 | 3 | 4 | 5, …\n" in done.out
    assert done.out.endswith("8 read; 8 created, 0 updated, 0 unchanged, 0 failed\n")
    mapping = tmp_path / "battles.yaml"
    assert mapping.read_text().startswith("# Drawn up with: annals import battles.csv --guide\n")
    again = annals("import", battles, "--map", mapping)
    assert again.out == "8 read; 0 created, 0 updated, 8 unchanged, 0 failed\n"


def test_answers_that_cannot_be_taken_are_asked_again(annals, battles, tmp_path):
    answers = told("{x}", "Battles, by hand", "?", "!", "own.yaml", "x", "n")
    done = annals("import", battles, "--guide", "--map", tmp_path / "own.yaml", stdin=answers)
    assert done.code == 0
    assert "The table has no column 'x'." in done.out
    assert "    end: 1854-09-20 | 1855-01-02" in done.out
    written = load_failsafe_yaml((tmp_path / "own.yaml").read_text())
    assert written["records"][0]["title"] == "Battles, by hand"
    assert annals("export", "-", "--format", "ndjson").out == ""


def test_what_cannot_be_known_is_asked_before_anything_is_shown(annals, tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("n;name;begun;killed\n1;At the Ford;1850-01-01;6.500\n2;At the Mill;1851-01-01;1.200\n")
    answers = told("", "2", *[""] * 9, "n")
    done = annals("import", file, "--guide", stdin=answers)
    first, _, rest = done.out.partition("The records of the first 5 rows would be:")
    assert "best of the event" in first
    assert "There is no guess to take" in first
    assert "6500" in rest.replace(",", "")


def test_once_the_kind_of_rows_is_said_the_rest_is_drafted_for_it(annals, tmp_path):
    file = tmp_path / "treaties.csv"
    file.write_text(
        "no,name,date,country\n1,Battle of Alma,1854-09-20,Russia\n2,Battle of Redan,1855-09-08,Russia\n"
    )
    done = annals("import", file, "--guide", stdin=told("battle", "event", "!", "", "n"))
    assert "Choose one of" in done.out
    assert "kind:" not in done.out.partition("Write the mapping to")[2]
    source, *made = load_failsafe_yaml((tmp_path / "treaties.yaml").read_text())["records"]
    assert source["kind"] == "source"
    assert {one["kind"] for one in made} == {"event", "place"}


def test_cells_do_not_command_the_terminal(annals, tmp_path):
    file = tmp_path / "battles.csv"
    file.write_text("no,battle\n1,Al\x1b[2Jma\n2,Redan\n")
    done = annals("import", file, "--guide", stdin=b"")
    assert "\x1b" not in done.out
    assert "Al\ufffd[2Jma | Redan" in annals("import", file, "--guide", stdin=told("?")).out


def test_faults_of_rows_are_shown_before_the_mapping_is_written(annals, tmp_path):
    file = tmp_path / "battles.csv"
    file.write_text(BATTLES)
    done = annals("import", file, "--guide", stdin=told("!", "", "d"))
    assert done.code == 1
    before, _, _ = done.out.partition("Write the mapping to")
    assert before.count("A row with a fault stops an import, or is left out with --on-error skip.") == 2
    assert "battles.csv:9 (battles-8) /title: " in done.err


def test_a_file_that_is_there_is_written_over_only_when_somebody_says_so(annals, battles, tmp_path):
    (tmp_path / "battles.yaml").write_text("mine")
    answers = told("!", "", "n", "other.yaml", "n")
    done = annals("import", battles, "--guide", stdin=answers)
    assert "battles.yaml is there already" in done.out
    assert (tmp_path / "battles.yaml").read_text() == "mine"
    assert (tmp_path / "other.yaml").exists()
    annals("import", battles, "--guide", stdin=told("!", "", "y", "n"))
    assert (tmp_path / "battles.yaml").read_text() != "mine"


def test_where_the_input_ends_nothing_is_written(annals, battles, tmp_path):
    for answers in (told(""), told("!"), told("!", "no/such/folder.yaml")):
        assert annals("import", battles, "--guide", stdin=answers).code == 1
        assert [one.name for one in tmp_path.iterdir() if one.suffix == ".yaml"] == []


def test_without_a_terminal_it_says_what_to_do(annals, battles, monkeypatch):
    monkeypatch.setattr(guide, "has_terminal", lambda: False)
    refused = annals("import", battles, "--guide")
    assert refused.code == 2
    assert "--suggest-map" in refused.err


@pytest.mark.parametrize("other", [["--suggest-map"], ["--as", "acled"], ["--preview", "3"], ["--json"]])
def test_it_goes_without_what_else_decides_on_a_mapping(annals, battles, other):
    assert annals("import", battles, "--guide", *other).code == 2


def test_it_is_for_one_table(annals, battles, tmp_path):
    assert annals("import", battles, battles, "--guide").code == 2
    file = tmp_path / "a.ged"
    file.write_text("0 HEAD\n1 CHAR UTF-8\n0 TRLR\n")
    assert annals("import", file, "--guide").code == 2
    assert annals("import", battles, "--map", tmp_path / "none.yaml").code == 2


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_on_a_terminal_and_stopped_with_ctrl_c(database_url, battles, tmp_path):
    terminal = Terminal("import", battles, "--guide", url=database_url, folder=tmp_path)
    terminal.wait_for("Right?")
    terminal.type("!\r")
    terminal.wait_for("Write the mapping to")
    terminal.interrupt(until="Stopped. Nothing was written.")
    assert terminal.end() == 130
    assert sorted(one.name for one in tmp_path.iterdir() if one.suffix != ".db") == ["battles.csv"]
