"""Commits that a synchronous standby has to have: what the server gives up waiting for is not acknowledged."""

import threading
import time

import pytest
from replicating import started_pair
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
    try:
        yield database
    finally:
        pair.ask("ALTER SYSTEM RESET synchronous_standby_names")
        pair.ask("SELECT pg_reload_conf()")
        database.dispose()


def cancel(pair, ended):
    """Cancel the first wait for a standby, as an administrator or a time-out of statements may."""
    while not ended.is_set() and not pair.ask(
        "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = 'synchronous'"
    ):
        time.sleep(0.05)


def test_a_commit_whose_wait_for_the_standby_is_cancelled_is_in_doubt(pair, database):
    ended = threading.Event()
    canceller = threading.Thread(target=cancel, args=(pair, ended))
    canceller.start()
    try:
        with pytest.raises(Unavailable) as caught:
            database.write_now(lambda tx: tx.execute(text("UPDATE database SET reindexed = 7")))
    finally:
        ended.set()
        canceller.join()
    assert caught.value.code == "outcome_unknown"
    with database.snapshot() as connection:
        assert connection.execute(text("SELECT reindexed FROM database")).scalar_one() == 7
