"""A statement over some rows of a table, on either database, whatever the texts call their literals."""

import pytest
from sqlalchemy import bindparam, func, select

from app.database import tables
from app.database.engine.statement import CompiledStatement

term = tables.term.c


def rows_of(database, statement, parameters):
    with database.snapshot() as connection:
        return statement.rows(connection, parameters)


@pytest.mark.parametrize("with_more", [False, True])
def test_rows_stand_for_the_whole_table(seeded_database, with_more):
    # Both have a literal for the same column, so that SQLAlchemy gives them the same name.
    found = select(func.count()).where(term.scheme != "participant-role", term.id >= bindparam("least"))
    if with_more:
        more = select(term.id).where(term.scheme == "event-type").cte("more")
        found = found.where(term.id.in_(select(more.c.id)))
    whole = CompiledStatement(found)
    few = whole.over(
        tables.term,
        select(*term).where(term.scheme == "event-type", term.id < bindparam("end")),
    )
    between = select(func.count()).where(
        term.scheme == "event-type", term.id >= bindparam("least"), term.id < bindparam("end")
    )
    asked = {"least": "c", "end": "r"}
    [(expected,)] = rows_of(seeded_database, CompiledStatement(between), asked)
    assert rows_of(seeded_database, few, asked) == [(expected,)]
    assert expected > 0
