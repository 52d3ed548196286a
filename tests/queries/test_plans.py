"""What SQLite, which counts nothing beforehand, would read: never a whole table for a few records."""

import re

import pytest

from app.queries.links import LinkQuestion, first_steps, steps

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

WHOLE = re.compile(r"SCAN (link|entry|record)\b|SEARCH \w+ USING .*\(view=\?( AND kind=\?)?\)$")
QUESTIONS = [
    LinkQuestion(certainty, relations, (0, 9000))
    for certainty in (None, "possible", "certain")
    for relations in ((), ("participant",))
]


def plan(database, asked):
    statement, parameters = asked
    text, arguments = statement.for_sqlite(parameters)
    with database.snapshot() as connection:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", tuple(arguments))]


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
@pytest.mark.parametrize("timed", [False, True])
def test_links_of_some_records_are_looked_up(database, question, timed):
    read = plan(database, steps(question, [1, 2, 3], 100, timed=timed))
    assert not [one for one in read if WHOLE.search(one)]


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_the_first_links_of_a_record_are_looked_up(database, question):
    read = plan(database, first_steps(question, 1, 100))
    assert not [one for one in read if WHOLE.search(one)]
