"""What a write asks of Postgres: few statements, and what all writers lock is locked last."""

import psycopg
import pytest

from app.database.engine import raw_sql as direct
from app.database.revisions import Attribution
from app.database.vocabulary import known_vocabulary
from app.maintenance.check import check
from app.records.kinds import kind_by_name
from app.writing.service import create_record
from app.writing.submitted_document import SubmittedDocument

pytestmark = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)

ACTORS = [("actor", {"id": name, "title": name.upper()}) for name in ("a", "b", "c")]
EVENT = {
    "id": "e",
    "title": "A meeting of three",
    "date": "1962-10-22",
    "participants": [{"actor": f"actors/{name}", "role": "host"} for name in "abc"],
    "evidence": [{"id": "v", "source": "sources/s", "property": "title", "selector": {"exact": "They met."}}],
    "tags": ["met"],
}


def write(tx, kind_name, raw):
    kind = kind_by_name(kind_name)
    create_record(tx, kind, SubmittedDocument.read(kind, raw, known_vocabulary(tx)), Attribution("test"))


@pytest.fixture
def populated(database):
    for kind, raw in [*ACTORS, ("source", {"id": "s", "title": "S"})]:
        database.write_now(lambda tx, kind=kind, raw=raw: write(tx, kind, raw))
    return database


def test_an_event_takes_few_round_trips(populated, monkeypatch):
    asked = []

    def noting(function):
        def run(connection, *arguments):
            asked.append(arguments)
            return function(connection, *arguments)

        return run

    for name in ("fetch_all", "fetch_together", "execute", "executemany"):
        monkeypatch.setattr(direct, name, noting(getattr(direct, name)))
    populated.write_now(lambda tx: write(tx, "event", EVENT))
    # The vocabulary (twice: the test reads it too), its id, keys and references, texts, rows, the version.
    assert len(asked) <= 7
    assert check(populated) == []


def test_other_writers_wait_for_the_version_from_the_commit_on(populated, database_url, monkeypatch):
    seen, commit = [], psycopg.Connection.commit

    def is_locked():
        with psycopg.connect(database_url.replace("+psycopg", "")) as other:
            try:
                other.execute("SELECT 1 FROM database FOR UPDATE NOWAIT")
            except psycopg.errors.LockNotAvailable:
                return True
            return False

    def committing(connection):
        monkeypatch.setattr(psycopg.Connection, "commit", commit)
        seen.append(is_locked())
        commit(connection)

    def verb(tx):
        write(tx, "event", EVENT)
        seen.append(is_locked())
        monkeypatch.setattr(psycopg.Connection, "commit", committing)

    populated.write_now(verb)
    assert seen == [False, True]
