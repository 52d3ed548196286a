"""Commits that a synchronous standby has to have: what the server gives up waiting for is not acknowledged."""

import threading
import time
from contextlib import contextmanager

import psycopg
import pytest
from replicating import plain, started_pair
from sqlalchemy import text

from app.database.engine.database import Database
from app.errors import Unavailable
from app.maintenance.migrate import prepare

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pair():
    """A primary and a standby for this file alone."""
    with started_pair() as one:
        yield one


@pytest.fixture
def database(pair):
    """A database whose commits wait for a standby that there is not."""
    pair.ask("CREATE DATABASE synchronous")
    database = Database.open(pair.url("synchronous"))
    prepare(database, pair.url("synchronous"))
    pair.ask("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    pair.ask("SELECT pg_reload_conf()")
    wait_until_commits_wait(pair)
    try:
        yield database
    finally:
        pair.ask("ALTER SYSTEM RESET synchronous_standby_names")
        pair.ask("SELECT pg_reload_conf()")
        database.dispose()


def wait_until_commits_wait(pair):
    """Commit until the server waits for the standby: it does so once its checkpointer has read the setting."""
    warned = []
    with psycopg.connect(plain(pair.url("postgres")), autocommit=True) as connection, waits_cancelled(pair):
        connection.add_notice_handler(lambda notice: warned.append(notice.message_primary))
        while not any("synchronous replication" in message for message in warned):
            connection.execute("CREATE TABLE IF NOT EXISTS written (); DROP TABLE written")


@contextmanager
def waits_cancelled(pair):
    """Have waits for a standby cancelled meanwhile, as an administrator may."""
    ended = threading.Event()

    def cancel():
        while not ended.is_set():
            pair.ask(
                "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            )
            time.sleep(0.05)

    canceller = threading.Thread(target=cancel)
    canceller.start()
    try:
        yield
    finally:
        ended.set()
        canceller.join()


def test_a_commit_whose_wait_for_the_standby_is_cancelled_is_in_doubt(pair, database):
    with waits_cancelled(pair), pytest.raises(Unavailable) as caught:
        database.write_now(lambda tx: tx.execute(text("UPDATE database SET reindexed = 7")))
    assert caught.value.code == "outcome_unknown"
    with database.snapshot() as connection:
        assert connection.execute(text("SELECT reindexed FROM database")).scalar_one() == 7
