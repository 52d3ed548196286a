"""`--delete-missing` on a terminal: the question that is asked before anything is written."""

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
def terminal(weekly, database_url, tmp_path):
    """Begin to import it on a terminal."""
    begun = []

    def begin(**options):
        command = "import", weekly, "--sync", "weekly", "--delete-missing"
        begun.append(Terminal(*command, url=database_url, folder=tmp_path, **options))
        return begun[-1]

    yield begin
    for one in begun:
        one.process.kill()
        one.process.wait()


@pytest.fixture
def asked(terminal):
    """Begin to import it, and give the terminal and what it shows before the question."""

    def run():
        begun = terminal()
        return begun, begun.wait_for(QUESTION)

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


@pytest.mark.slow
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


@pytest.mark.slow
def test_what_is_no_answer_is_asked_again_and_enter_is_a_no(asked, database):
    terminal, _ = asked()
    terminal.type("x\r")
    terminal.wait_for(QUESTION)
    terminal.type("\r")
    terminal.wait_for("not confirmed")
    assert terminal.end() == 1
    assert live(database) == BEFORE


@pytest.mark.slow
def test_where_the_input_ends_nothing_is_written(asked, database):
    terminal, _ = asked()
    terminal.type(CTRL_D)
    terminal.wait_for("Aborted")
    assert terminal.end() == 1
    assert live(database) == BEFORE


@pytest.mark.slow
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


@pytest.mark.slow
def test_ctrl_c_writes_nothing(asked, database):
    terminal, _ = asked()
    terminal.interrupt(until="Stopped.")
    assert terminal.end() == 130
    assert live(database) == BEFORE


@pytest.mark.slow
def test_where_nobody_can_be_asked_nothing_is_read(annals, weekly, database, terminal, tmp_path):
    refused = annals("import", weekly, "--sync", "weekly", "--delete-missing")
    assert (refused.code, "there is no terminal to ask" in refused.err) == (2, True)
    with (tmp_path / "log").open("wb") as log:
        assert terminal(stderr=log).end() == 2, "the question would go where nobody reads it"
    assert "there is no terminal to ask" in (tmp_path / "log").read_text()
    assert live(database) == BEFORE


def test_a_dry_run_asks_nothing(annals, weekly, database):
    trial = annals("import", weekly, "--sync", "weekly", "--delete-missing", "--dry-run")
    assert (trial.code, "--confirm" in trial.out) == (0, True)
    assert live(database) == BEFORE


@pytest.mark.slow
def test_where_nothing_is_missing_nothing_is_asked(weekly, terminal, database):
    write(weekly, range(COUNT + 1))
    begun = terminal()
    assert "[y/N]" not in begun.wait_for("1 created, 0 updated, 25 unchanged")
    assert begun.end() == 0
    assert live(database) == BEFORE | {f"e{COUNT}"}
