"""A question that nobody waits for any more is not worked on any longer."""

import asyncio
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import text
from waiting import HANG_SECONDS

from app.database.engine import sqlite
from app.database.engine.statement import CompiledStatement

ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(86400)",
}


@pytest.mark.parametrize("single", [True, False])
async def test_a_dropped_question_frees_its_connection(database, single):
    def ask(statement):
        return database.decide(lambda db: db.fetch_slow(statement, {}), single=single)

    endless = CompiledStatement(text(ENDLESS[database.dialect]))
    quick = CompiledStatement(text("SELECT 7"))
    # More of them than there are connections and threads: the last ones have not begun when they are dropped.
    asked = [asyncio.ensure_future(ask(endless)) for _ in range(12)]
    await asyncio.sleep(0.3)
    for one in asked:
        one.cancel()
    for one in asked:
        with pytest.raises(asyncio.CancelledError):
            await one
    async with asyncio.timeout(HANG_SECONDS):
        answers = await asyncio.gather(*(ask(quick) for _ in range(20)))
    assert [rows[0][0] for rows in answers] == [7] * 20


def test_a_question_that_is_dropped_before_its_query_begins_ends():
    question = sqlite._Question()
    with closing(sqlite3.connect(":memory:")) as connection:
        with question.asked_on(connection) as is_wanted:
            assert is_wanted
            question.drop()
            with pytest.raises(sqlite3.OperationalError, match="interrupted"):
                connection.execute(ENDLESS["sqlite"])
        assert connection.execute("SELECT 7").fetchall() == [(7,)]
