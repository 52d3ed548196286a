"""What tests of several files here need."""

import psycopg
import pytest
from replicating import started_standby


@pytest.fixture(scope="module")
def second(pair):
    """The primary with its other standby."""
    with started_standby(pair.primary) as other:
        yield other


@pytest.fixture
def lose(monkeypatch):
    """Make a commit lose its connection: before it is done, or before it is answered; others are left alone."""
    commit = psycopg.Connection.commit

    def make(wrote, *, done):
        def lost(connection):
            if not connection.execute(wrote).fetchall():
                return commit(connection)
            monkeypatch.setattr(psycopg.Connection, "commit", commit)
            if done:
                commit(connection)
            connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")

        monkeypatch.setattr(psycopg.Connection, "commit", lost)

    return make
