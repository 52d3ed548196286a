"""Questions whether a server answers at all, and whether it still works for somebody."""

import socket
import threading
import time

import psycopg
import pytest
from proxying import proxy
from replicating import plain
from serving import free_port
from sqlalchemy import make_url, text
from waiting import HANG_SECONDS

from app.database.engine.database import Database
from app.database.engine.postgres_probes import Answer, ended_backends, probe
from app.errors import Unavailable

SLEEPING = "query LIKE '%pg_sleep(86400)' AND pid <> pg_backend_pid()"
DATABASE = {"user": "postgres", "dbname": "postgres"}


def test_answers(pair):
    primary, standby = ({**DATABASE, "host": str(found.parent)} for found in pair.sockets)
    assert probe(primary, HANG_SECONDS) is Answer.WANTED
    assert probe({**standby, "target_session_attrs": "read-write"}, HANG_SECONDS) is Answer.REFUSED
    assert probe({**primary, "dbname": "none"}, HANG_SECONDS) is Answer.REFUSED
    assert probe({**DATABASE, "host": "127.0.0.1", "port": free_port()}, HANG_SECONDS) is Answer.REFUSED


def test_what_accepts_and_says_nothing_is_silent():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        asked = {**DATABASE, "host": "127.0.0.1", "port": listening.getsockname()[1]}
        assert probe(asked, 1) is Answer.SILENT


def test_processes_that_are_gone(pair):
    primary = {**DATABASE, "host": str(pair.sockets[0].parent)}
    with psycopg.connect(plain(pair.url("postgres"))) as connection:
        there = connection.info.backend_pid
        assert ended_backends(primary, [there, 2**30], HANG_SECONDS) == {2**30}
    assert ended_backends({**primary, "host": "/nowhere"}, [there], HANG_SECONDS) == set()


@pytest.mark.slow
def test_a_wait_that_nobody_works_for_ends(pair):
    """A proxy keeps a connection open whose server is gone, while it leads others to one that answers."""
    with proxy(pair.sockets[0]) as between:
        url = make_url(pair.url("postgres")).difference_update_query(["host"])
        database = Database.open(url.set(host="127.0.0.1", port=between.port), wait_seconds=1)
        try:
            ended = threading.Event()

            def wait():
                with pytest.raises(Unavailable), database.transaction() as connection:
                    connection.execute(text("SELECT pg_sleep(86400)"))
                ended.set()

            threading.Thread(target=wait, daemon=True).start()
            while not pair.ask(f"SELECT count(*) FROM pg_stat_activity WHERE {SLEEPING}"):
                time.sleep(0.01)
            between.forget()
            pair.ask(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {SLEEPING}")
            assert ended.wait(HANG_SECONDS)
        finally:
            database.dispose()
