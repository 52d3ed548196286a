"""A long question on SQLite leaves the processor every now and then; a short one in the event loop does not."""

import time

import pytest
from sqlalchemy import text

from app.database.engine.statement import CompiledStatement

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def rests(monkeypatch):
    taken = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


def counting_to(number):
    return CompiledStatement(
        text(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number}) SELECT max(i) FROM n"
        )
    )


async def test_a_long_question_steps_aside(database, rests):
    assert await database.decide(lambda db: db.fetch_slow(counting_to(100_000), {}), single=True) == [
        (100_000,)
    ]
    assert rests


async def test_what_is_asked_in_the_event_loop_does_not(database, rests):
    assert await database.decide(lambda db: db.fetch(counting_to(100_000), {}), single=True) == [(100_000,)]
    assert not rests
