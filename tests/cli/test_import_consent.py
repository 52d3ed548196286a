"""`--delete-missing` on a terminal: the question that is asked before anything is written."""

import signal
from functools import partial

import orjson
import pytest
from sqlalchemy import select
from terminals import Terminal

from app.database import tables

# What is asked does not depend on the database.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

QUESTION = "records? [y/N]: "
CTRL_D = "\x04"
COUNT = 25


@pytest.fixture
def annals(annals, database_url):
    return partial(annals, url=database_url)


@pytest.fixture
def weekly(annals, tmp_path):
    """A file that has one of the records of the last issue, and a new one."""
    file = tmp_path / "weekly.ndjson"
    write(file, range(COUNT))
    assert annals("import", "--sync", "weekly", file).code == 0
    write(file, (0, 99))
    return file


@pytest.fixture
def asked(weekly, database_url, tmp_path):
    """Begin to import it on a terminal, wait for the question, and give the terminal."""

    def run():
        options = "--sync", "weekly", "--delete-missing"
        terminal = Terminal("import", weekly, *options, url=database_url, folder=tmp_path)
        return terminal, terminal.wait_for(QUESTION)

    return run


def write(file, numbers):
    events = ({"kind": "event", "id": f"e{one}", "title": f"Event {one}"} for one in numbers)
    file.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in events))


def live(database):
    with database.snapshot() as connection:
        found = connection.execute(select(tables.record.c.id).where(tables.record.c.state == tables.LIVE))
        return set(found.scalars())


BEFORE = {f"e{number}" for number in range(COUNT)}
AFTER = {"e0", "e99"}


def test_yes_deletes_what_the_question_lists(asked, database):
    terminal, before = asked()
    assert live(database) == BEFORE, "it is asked before anything is written"
    assert before.count("events/e") == 20
    assert "  and 4 more\r\n" in before
    assert before.endswith("Delete 24 ")
    terminal.type("y\r")
    terminal.wait_for("24 deleted, 0 kept")
    assert terminal.end() == 0
    assert live(database) == AFTER


@pytest.mark.parametrize(
    ("answer", "told"), [("x\r\r", "not confirmed"), (CTRL_D, "Aborted")], ids=["enter", "ctrl+d"]
)
def test_anything_else_writes_nothing(asked, database, answer, told):
    terminal, _ = asked()
    terminal.type(answer)
    terminal.wait_for(told)
    assert terminal.end() == 1
    assert live(database) == BEFORE


def test_after_a_no_it_is_asked_again_the_next_time(asked, database):
    for answer, told, code, there in (
        ("n\r", "not confirmed", 1, BEFORE),
        ("y\r", "24 deleted, 0 kept", 0, AFTER),
    ):
        terminal, _ = asked()
        terminal.type(answer)
        terminal.wait_for(told)
        assert terminal.end() == code
        assert live(database) == there


def test_ctrl_c_writes_nothing(asked, database):
    terminal, _ = asked()
    terminal.process.send_signal(signal.SIGINT)
    terminal.wait_for("Stopped.")
    assert terminal.end() == 130
    assert live(database) == BEFORE


def test_where_nobody_can_be_asked_nothing_is_read(annals, weekly, database, database_url, tmp_path):
    options = "--sync", "weekly", "--delete-missing"
    refused = annals("import", weekly, *options)
    assert (refused.code, "there is no terminal to ask" in refused.err) == (2, True)
    with (tmp_path / "log").open("wb") as log:
        terminal = Terminal("import", weekly, *options, url=database_url, folder=tmp_path, stderr=log)
        assert terminal.end() == 2, "the question would go where nobody reads it"
    assert "there is no terminal to ask" in (tmp_path / "log").read_text()
    assert live(database) == BEFORE


def test_a_dry_run_asks_nothing(annals, weekly, database):
    trial = annals("import", weekly, "--sync", "weekly", "--delete-missing", "--dry-run")
    assert (trial.code, "--confirm" in trial.out) == (0, True)
    assert live(database) == BEFORE


def test_where_nothing_is_missing_nothing_is_asked(weekly, database_url, database, tmp_path):
    write(weekly, range(COUNT + 1))
    options = "--sync", "weekly", "--delete-missing"
    terminal = Terminal("import", weekly, *options, url=database_url, folder=tmp_path)
    assert "[y/N]" not in terminal.wait_for("1 created, 0 updated, 25 unchanged")
    assert terminal.end() == 0
    assert live(database) == BEFORE | {f"e{COUNT}"}
