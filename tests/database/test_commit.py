"""A database that is lost at the end of a write: what is said is what is known."""

import psycopg
import pytest
from sqlalchemy import insert, select, text
from versions import version_of

from app.database import tables
from app.database.engine import driver_errors as faults
from app.database.engine.sqlite_driver import sqlite3
from app.errors import DiskFull, Unavailable

pytestmark = pytest.mark.anyio
on_postgres = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


TERM = {"scheme": "event-type", "id": "zz", "position": 9999, "document": "{}", "revision": 1, "added": True}


def fail(error, *, committing):
    with faults.translated_writing() as stage:
        stage.committing = committing
        raise error


def end_session(tx, url):
    """End the transaction's connection from outside, as whoever runs the server does."""
    number = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [number])


@on_postgres
def test_before_the_commit_nothing_was_changed(database, database_url):
    def write(tx):
        end_session(tx, database_url)
        tx.execute(text("SELECT 1"))

    with pytest.raises(Unavailable) as caught:
        database.write_now(write)
    assert caught.value.code == "unavailable"
    assert "nothing was changed" in caught.value.detail
    assert caught.value.headers == {"Retry-After": "1"}


@on_postgres
def test_a_commit_on_a_dead_connection_is_in_doubt(database, database_url):
    before = version_of(database)
    with pytest.raises(Unavailable) as caught:
        database.write_now(lambda tx: end_session(tx, database_url))
    assert caught.value.code == "outcome_unknown"
    assert "Idempotency-Key" in caught.value.detail
    assert "nothing was changed" not in caught.value.detail
    assert caught.value.headers == {"Retry-After": "1"}
    assert version_of(database) == before


@on_postgres
def test_a_commit_whose_answer_was_lost_is_in_doubt(database, lose):
    lose("SELECT 1 FROM term WHERE id = 'zz'", done=True)
    with pytest.raises(Unavailable) as caught:
        database.write_now(lambda tx: tx.execute(insert(tables.term).values(TERM)))
    assert caught.value.code == "outcome_unknown"
    with database.snapshot() as connection:
        assert connection.execute(select(tables.term.c.id).filter_by(id="zz")).scalar() == "zz"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (psycopg.OperationalError("lost"), "outcome_unknown"),
        (psycopg.errors.AdminShutdown("stop"), "outcome_unknown"),
        (psycopg.errors.ConnectionFailure("stop"), "outcome_unknown"),
        (psycopg.errors.DiskFull("full"), "disk_full"),
        (psycopg.errors.TooManyConnections("many"), "unavailable"),
    ],
)
def test_what_the_server_refuses_is_not_in_doubt(error, code):
    with pytest.raises((Unavailable, DiskFull)) as caught:
        fail(error, committing=True)
    assert caught.value.code == code


def test_a_commit_that_lost_a_race_is_run_again():
    with pytest.raises(faults.SerializationFailure):
        fail(psycopg.errors.SerializationFailure("race"), committing=True)


def test_a_disk_that_fails_under_sqlite_leaves_a_doubt():
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
    for committing, code in ((True, "outcome_unknown"), (False, "unavailable")):
        with pytest.raises(Unavailable) as caught:
            fail(error, committing=committing)
        assert caught.value.code == code


def test_replies_that_nobody_asked_for_are_those_of_a_pooler_that_lost_its_server():
    error = psycopg.InternalError("received 2 results from command 'COMMIT'")
    for committing, code in ((True, "outcome_unknown"), (False, "unavailable")):
        with pytest.raises(Unavailable) as caught:
            fail(error, committing=committing)
        assert caught.value.code == code
    with pytest.raises(Unavailable), faults.translated_reading():
        raise error
    with pytest.raises(faults.ReplicaFailed), faults.translated_reading(replica=True):
        raise error
    with pytest.raises(psycopg.errors.InternalError_), faults.translated_reading():
        raise psycopg.errors.InternalError_("a fault of the server's own")


@on_postgres
@pytest.mark.parametrize("done", [True, False])
async def test_the_same_request_again_tells_what_became_of_it(client, api_key, lose, done):
    headers = {"Authorization": f"Bearer {api_key('write')}", "Idempotency-Key": "once"}
    sent = {"id": "e", "title": "E"}
    lose("SELECT 1 FROM record WHERE id = 'e'", done=done)
    doubtful = await client.post("/v1/events", json=sent, headers=headers)
    assert (doubtful.status_code, doubtful.json()["code"]) == (503, "outcome_unknown")
    assert doubtful.headers["retry-after"] == "1"
    again = await client.post("/v1/events", json=sent, headers=headers)
    assert again.status_code == 201, again.text
    assert again.headers.get("idempotency-replayed") == ("true" if done else None)
    revisions = (await client.get("/v1/events/e/revisions")).json()["items"]
    assert len(revisions) == 1


@pytest.mark.parametrize("error", [Unavailable("nothing was changed"), DiskFull("nothing was changed")])
async def test_an_import_that_lost_the_database_may_have_written(client, api_key, monkeypatch, error):
    def fail(*_arguments, **_named):
        raise error

    monkeypatch.setattr("app.imports.service.check_references", fail)
    headers = {"Authorization": f"Bearer {api_key('write')}", "Content-Type": "application/x-ndjson"}
    answer = await client.post("/v1/imports", content=b"", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (error.status, "import_interrupted")
    assert "nothing was changed" not in answer.json()["detail"]
