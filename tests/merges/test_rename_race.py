"""Writers that name a record while another renames it: they wait, and then refer to the record as it is called."""

import threading
import time

import pytest

from app.database.engine.database import Database
from app.database.lookup import find
from app.database.revisions import Attribution
from app.database.vocabulary import known_vocabulary
from app.merges.rename import rename_record
from app.records.kinds import kind_by_name
from app.records.validation.document import validate_document
from app.writing.service import create

EDIT = Attribution("test")
ACTOR, EVENT = kind_by_name("actor"), kind_by_name("event")


def creating(kind, **document):
    def work(tx):
        return create(tx, kind, validate_document(kind, document, known_vocabulary(tx).vocabulary), EDIT)

    return work


def is_waited_for(database):
    """Return whether a transaction waits for another; on SQLite the second has not begun."""
    with database.snapshot() as connection:
        if connection.dialect.name == "sqlite":
            return True
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        return connection.exec_driver_sql(query).scalar_one() > 0


@pytest.mark.parametrize("waiting", ["reference", "change"])
def test_a_write_that_waits_for_a_renaming_follows_it(database, database_url, waiting):
    other = Database.open(database_url)
    database.write_now(creating(ACTOR, id="a", title="A"))
    done, release = threading.Event(), threading.Event()

    def renaming(tx):
        renamed = rename_record(tx, ACTOR, "a", "alpha", EDIT, lambda _: None)
        done.set()
        release.wait(30)
        return renamed

    def following(tx):
        if waiting == "reference":
            return creating(EVENT, id="e", title="E", participants=[{"actor": "actors/a"}])(tx)
        return rename_record(tx, ACTOR, "a", "other", EDIT, lambda _: None)

    outcome = []

    def follow():
        try:
            outcome.append(other.write_now(following))
        except Exception as error:  # noqa: BLE001 - it is looked at below
            outcome.append(error)

    first = threading.Thread(target=database.write_now, args=(renaming,))
    second = threading.Thread(target=follow)
    try:
        first.start()
        assert done.wait(30)
        second.start()
        while second.is_alive() and not is_waited_for(database):
            time.sleep(0.01)
    finally:
        release.set()
        first.join()
        second.join()
    try:
        if waiting == "change":
            assert (outcome[0].code, outcome[0].extra["renamed_to"]) == ("renamed", "actors/alpha")
        else:
            with other.snapshot() as connection:
                assert '"actor":"actors/alpha"' in find(connection, EVENT, "e").document
    finally:
        other.dispose()
