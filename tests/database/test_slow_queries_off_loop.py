"""A long question on SQLite leaves the processor every now and then; a short one in the event loop does not."""

import time

import pytest
from sqlalchemy import text

from app.database.engine import sqlite
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


@pytest.mark.parametrize("single", [True, False])
async def test_what_may_be_short_or_long_steps_aside_once_it_has_proved_long(database, rests, single):
    async def ask(number):
        question = counting_to(number)
        return await database.decide(lambda db: db.fetch_adaptive(question, {}, number), single=single)

    assert await ask(10) == [(10,)]
    assert not rests
    assert await ask(1_000_000) == [(1_000_000,)]
    assert rests


async def test_what_has_proved_long_is_not_tried_in_the_event_loop_again(database, monkeypatch):
    async def ask(number):
        return await database.decide(lambda db: db.fetch_adaptive(counting_to(number), {}, number))

    await ask(1_000_000)
    monkeypatch.setattr(sqlite, "QUICK_SECONDS", 0)
    monkeypatch.setattr(sqlite, "TRIED_STEPS", 1)
    tried = []
    monkeypatch.setattr(sqlite.time, "thread_time", lambda: tried.append(1) or len(tried))
    assert await ask(1_000_000) == [(1_000_000,)]
    assert len(tried) == 2  # before and after the query in a thread


async def test_a_long_question_of_a_transaction_still_steps_aside_after_a_short_one(database, rests):
    async def ask(db):
        await db.fetch_adaptive(counting_to(10), {}, 10)
        return await db.fetch_slow(counting_to(100_000), {})

    assert await database.decide(ask) == [(100_000,)]
    assert rests
