"""Guesses and open choices in a mapping: what counts as one, and what it stops."""

import re
from functools import partial
from pathlib import Path

import pytest

from app.errors import InvalidDocument
from app.imports.mapping.declaration import declared
from app.imports.mapping.guesses import unconfirmed_guesses
from app.values.failsafe_yaml import load_failsafe_yaml


@pytest.fixture
def annals(annals, database_url):
    """Run a command on the test's own database."""
    return partial(annals, url=database_url)


def test_an_import_begins_only_when_every_guess_is_confirmed(annals, tmp_path):
    table = tmp_path / "raids.csv"
    table.write_text("id,name,date\n1,First raid,1848-03-12\n")
    mapping = tmp_path / "map.yaml"
    draft = annals("import", table, "--suggest-map").out
    mapping.write_text(draft)
    guesses = [number for number, line in enumerate(draft.splitlines(), 1) if "  # guess: " in line]
    refused = annals("import", table, "--map", mapping)
    assert (refused.code, refused.out) == (1, "")
    assert "nothing was read" in refused.err
    assert "# confirm" in refused.err
    assert "--accept-guesses" in refused.err
    for number in guesses:
        assert f"Line {number} is a guess" in refused.err
        assert draft.splitlines()[number - 1].strip() in refused.err
    assert annals("export", tmp_path / "all.ndjson").code == 0
    assert b"raid" not in (tmp_path / "all.ndjson").read_bytes()

    # Behind the remark, or in its place; all but one is not all.
    lines = draft.splitlines()
    for number in guesses[:-1]:
        lines[number - 1] += "  # confirm"
    mapping.write_text("\n".join(lines))
    refused = annals("import", table, "--map", mapping)
    assert refused.code == 1
    assert refused.err.count("that nobody has confirmed") == 1
    lines[guesses[-1] - 1] = re.sub("# guess.*", "# confirm", lines[guesses[-1] - 1])
    mapping.write_text("\n".join(lines))
    done = annals("import", table, "--map", mapping)
    assert (done.code, done.out[:17]) == (0, "2 read; 2 created")


def test_accepting_guesses_takes_all_of_them_and_no_open_choice(annals, tmp_path):
    table = tmp_path / "treaties.csv"
    # The file speaks of agreements, and its titles of events.
    table.write_text("id,title,date\n1,Battle of the Bridge,1950-03-01\n")
    mapping = tmp_path / "map.yaml"
    mapping.write_text(annals("import", table, "--suggest-map").out)
    refused = annals("import", table, "--map", mapping, "--accept-guesses")
    assert refused.code == 1
    assert "/records/1/kind: Choose what a row is: actor, agreement, event" in refused.err
    assert "is a guess" not in refused.err
    # Without it, both are told at once.
    refused = annals("import", table, "--map", mapping)
    assert "Choose what a row is" in refused.err
    assert "is a guess" in refused.err
    mapping.write_text(mapping.read_text().replace("- kind:  #", "- kind: agreement  #"))
    assert annals("import", table, "--map", mapping, "--accept-guesses").code == 0


def test_guesses_are_accepted_only_of_a_mapping(annals, tmp_path):
    table = tmp_path / "events.csv"
    table.write_text("title\nA\n")
    assert annals("import", table, "--accept-guesses").code == 2


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("a: b  # guess: why", [1]),
        ("a: b # Guess", [1]),
        ("a: b  # guess: why  # confirm", []),
        ("a: b  # guess: why # Confirmed by JD", []),
        ("a: b  # confirm", []),
        ("a: b  # look at this # guess", [1]),
        ("a: b  # guesswork", []),
        ('a: "x # guess: no"', []),
        ("a: 'x # guess: no'  # guess: yes", [1]),
        ('a: "x # confirm"  # guess: yes', [1]),
        ("a: |  # guess: head\n  x # guess: text\n  # guess: text\nb: c", [1]),
        ("a: >\n  x # guess: text\n", []),
        ('a: "x\n  # guess: text\n  y"  # guess: yes', [3]),
        ("a: x#guess", []),
        ("# a: b  # guess: taken out\nc: d", []),
        ("a: {b: c,  # guess: one\n    d: [e] } # guess: two", [1, 2]),
        ("a:  # guess: of all below\n  - b\n", [1]),
        ("a: *x # guess", [1]),
        ('a: "x # guess', []),
        ("", []),
    ],
)
def test_only_comments_at_the_end_of_a_line_that_says_something_are_guesses(text, numbers):
    assert [guess.line for guess in unconfirmed_guesses(text)] == numbers


def test_a_choice_that_is_left_open_keeps_a_mapping_from_being_followed():
    for member in ("title:", "title: ''", "date: {year: }", "figures: [{measure: , best: '1'}]"):
        with pytest.raises(InvalidDocument) as refused:
            declared(load_failsafe_yaml(f"records:\n  - kind: event\n    {member}"), Path())
        assert [fault.code for fault in refused.value.faults] == ["invalid_mapping"]
        assert "A choice is open here" in refused.value.faults[0].detail
