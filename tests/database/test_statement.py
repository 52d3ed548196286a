"""Statements are planned once: what a question's values are must not make SQLite plan it anew."""

import pytest
from querying import list_query

from app.database.engine.sqlite_connect import connect
from app.listing.bound_query import BoundQuery

ASKED = [
    {"type": "meeting", "when": "19{}/2026", "limit": "{}"},
    {"sort": "-date", "limit": "{}"},
    {"sort": "title", "limit": "{}"},
]


def page(asked, number, *, joined):
    pairs = [(name, value.format(number)) for name, value in asked.items()]
    query = list_query("event", pairs)
    parameters = {name: value for one in query.conditions for name, value in one.parameters.items()}
    question = BoundQuery("event", 0, query.conditions, parameters, query.sort, query.limit)
    statement, filled = question.joined() if joined else question.statement()
    return statement.for_sqlite(filled)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("joined", [True, False])
def test_a_page_is_planned_once_whatever_is_asked(seeded_url, asked, joined):
    connection = connect(seeded_url.removeprefix("sqlite:///"), read_only=True)
    planned = []
    # SQLite asks whether a statement is allowed each time that it plans one.
    connection.set_authorizer(lambda *what: planned.append(what) or 0)
    assert connection.execute(*page(asked, 10, joined=joined)).fetchall()
    assert planned
    planned.clear()
    for number in range(11, 30):
        connection.execute(*page(asked, number, joined=joined)).fetchall()
    assert planned == []
    connection.close()
