"""Claims: one holder at a time, and free again when the holder is gone, however it went."""

import subprocess
import sys
import threading

import psycopg
import pytest
from replicating import plain

from app.database.engine import process_lock as exclusion
from app.database.engine.process_lock import claimed

HOLDER = """
import sys, time
from app.database.engine.database import Database
from app.database.engine.process_lock import claimed
with claimed(Database.open(sys.argv[1]).engine, b"one") as granted:
    print(granted, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def _hurried(monkeypatch):
    monkeypatch.setattr(exclusion, "PATIENCE_SECONDS", 0.05)


@pytest.mark.usefixtures("_hurried")
def test_a_claim_has_one_holder_and_others_are_not_in_its_way(database):
    with claimed(database.engine, b"one") as first:
        with claimed(database.engine, b"one") as second, claimed(database.engine, b"two") as other:
            assert (first, second, other) == (True, False, True)
        # Letting go of others has not let go of this one.
        with claimed(database.engine, b"one") as second:
            assert not second
    with claimed(database.engine, b"one") as again:
        assert again
    with pytest.raises(ZeroDivisionError), claimed(database.engine, b"one"):
        raise ZeroDivisionError
    with claimed(database.engine, b"one") as again:
        assert again


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_claim_that_is_lost_with_its_connection_ends_without_error(database, database_url):
    with claimed(database.engine, b"one") as first, psycopg.connect(plain(database_url)) as other:
        holders = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        assert (first, other.execute(holders).fetchall()) == (True, [(True,)])


@pytest.mark.slow
def test_a_holder_that_is_killed_holds_no_more(database, database_url, monkeypatch):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, database_url], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "True\n"
        monkeypatch.setattr(exclusion, "PATIENCE_SECONDS", 0.05)
        with claimed(database.engine, b"one") as granted:
            assert not granted
        # It is waited for as long as patience goes, and a server may be slow to see that its client is dead.
        monkeypatch.setattr(exclusion, "PATIENCE_SECONDS", 120)
        threading.Timer(0.2, process.kill).start()
        with claimed(database.engine, b"one") as granted:
            assert granted
    finally:
        process.kill()
        process.communicate()
