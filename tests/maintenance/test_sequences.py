"""Keys after logical replication, which copies rows and no sequences: told, and set right by `annals reindex`."""

import threading

import psycopg
import pytest
from replicating import plain

from app.maintenance.sequences import advance_sequences, sequences_behind

pytestmark = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


def fall_behind(url, *tables):
    """Leave sequences as a subscriber has them: at their beginning."""
    with psycopg.connect(plain(url)) as connection:
        for table in tables:
            connection.execute(f"ALTER SEQUENCE {table}_pk_seq RESTART")


@pytest.mark.slow
def test_sequences_that_are_behind_are_told_and_set_right(seeded_url, annals):
    fall_behind(seeded_url, "record", "entry", "api_key")
    report = annals("doctor", "--json", url=seeded_url)
    told = [one for one in report.json["advice"] if one["subject"] == "sequences"]
    assert report.code == 1
    assert [one["detail"].split()[4] for one in told] == ["entry", "record"]
    assert "annals reindex" in told[0]["remedy"]
    found = annals("check", "--json", url=seeded_url)
    assert {one["table"] for one in found.json} == {"entry", "record"}
    assert annals("reindex", url=seeded_url).code == 0
    assert annals("check", url=seeded_url).code == 0
    assert [
        one
        for one in annals("doctor", "--json", url=seeded_url).json["advice"]
        if one["subject"] == "sequences"
    ] == []


def test_a_sequence_that_has_given_nothing_is_behind_the_first_row(database, database_url):
    with psycopg.connect(plain(database_url)) as connection:
        connection.execute('CREATE TABLE "A b" (pk serial PRIMARY KEY)')
        connection.execute('INSERT INTO "A b" VALUES (1)')
    with database.snapshot() as connection:
        [found] = sequences_behind(connection)
    assert (found.table, found.next_key, found.highest) == ('"A b"', 1, 1)
    assert database.write_now(advance_sequences) == 1
    assert database.write_now(advance_sequences) == 0
    with psycopg.connect(plain(database_url)) as connection:
        assert connection.execute('INSERT INTO "A b" DEFAULT VALUES RETURNING pk').fetchone() == (2,)


def test_keys_that_are_given_meanwhile_are_not_given_again(database, database_url):
    """Whoever wants a key while sequences are advanced waits, and gets one after the highest."""
    with psycopg.connect(plain(database_url), autocommit=True) as other:
        other.execute("CREATE TABLE numbered (pk serial PRIMARY KEY)")
        other.execute("INSERT INTO numbered SELECT generate_series(1, 9)")
        given = []
        waiting = threading.Thread(
            target=lambda: given.append(other.execute("SELECT nextval('numbered_pk_seq')").fetchone()[0])
        )
        with database.transaction() as tx:
            assert advance_sequences(tx) == 1
            waiting.start()
            waiting.join(0.3)
            assert given == []
        waiting.join()
    assert given == [10]
