"""The commands that care for a database: what they do, what they print where, and how they exit."""

import re
import sqlite3

import pytest
from sqlalchemy import create_engine, text

from app.database.engine.database import Database
from app.database.engine.sqlite_driver import sqlite3 as driver
from app.maintenance import doctor as doctoring
from app.maintenance.database_info import Vitals
from app.maintenance.reindex import reindex
from app.open_files import most_connections
from app.settings import Settings


def tamper(url, statement):
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.mark.slow
def test_from_nothing_to_a_checked_database(annals, bare_url):
    assert annals("migrate", "--json", url=bare_url).json == {"changed": True}
    assert annals("migrate", "--json", url=bare_url).json == {"changed": False}
    seeded = annals("seed", "--json", url=bare_url)
    assert seeded.code == 0
    assert set(seeded.json) == {"created", "updated", "unchanged", "kept", "deleted"}
    assert "actors/fidel-castro" in seeded.json["created"]
    again = annals("seed", url=bare_url)
    assert again.out.startswith("0 created, 0 updated, ")
    checked = annals("check", url=bare_url)
    assert (checked.code, checked.err) == (0, "")
    assert "agrees" in checked.out
    assert annals("check", "--json", url=bare_url).json == []


@pytest.mark.slow
def test_check_exits_with_1_and_names_what_differs(annals, seeded_url):
    tamper(seeded_url, "DELETE FROM tag")
    found = annals("check", "--json", url=seeded_url)
    assert found.code == 1
    assert {finding["table"] for finding in found.json} == {"tag"}
    assert len(annals("check", "--json", "--most", "1", url=seeded_url).json) == 1
    told = annals("check", url=seeded_url)
    assert told.code == 1
    assert "annals reindex" in told.out
    mended = annals("reindex", "--json", url=seeded_url)
    assert (mended.code, mended.json["skipped"]) == (0, [])
    assert annals("check", url=seeded_url).code == 0


def test_reindex_says_what_it_left(annals, seeded_url):
    tamper(seeded_url, "UPDATE record SET document = '{' WHERE pk = 1")
    left = annals("reindex", url=seeded_url)
    assert left.code == 1
    assert "cannot be read" in left.err
    assert annals("reindex", "--from-start", "--json", url=seeded_url).json["skipped"]


def test_seed_tells_faults_with_file_and_record(annals, database_url, tmp_path):
    (tmp_path / "events.yaml").write_text("- {id: e, title: E, tpye: battle}\n")
    found = annals("seed", str(tmp_path), url=database_url)
    assert (found.code, found.out) == (1, "")
    assert "events.yaml#e/tpye" in found.err
    assert "Did you mean type?" in found.err


@pytest.mark.parametrize(
    "arguments", [("seed", "nowhere"), ("check", "--most", "0"), ("migrate", "--no-such"), ("nonsense",)]
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_wrong_usage_exits_with_2(annals, database_url, arguments):
    ended = annals(*arguments, url=database_url)
    assert ended.code == 2
    assert ended.out == ""
    assert "Usage" in ended.err


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_help_names_the_extra_that_parquet_needs(annals, bare_url):
    shown = annals("export", "--help", url=bare_url).out
    assert "pip install 'annals[parquet]'" in " ".join(shown.split())


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_folder_without_fixtures_is_wrong_usage(annals, database_url, tmp_path):
    assert annals("seed", str(tmp_path), url=database_url).code == 2


@pytest.mark.parametrize("command", ["seed", "reindex", "check"])
def test_a_database_that_is_not_migrated_is_refused(annals, databases, bare_url, command):
    if databases.kind == "sqlite":
        assert "annals migrate" in annals(command, url=bare_url).err
        sqlite3.connect(bare_url.removeprefix("sqlite:///")).close()
    ended = annals(command, url=bare_url)
    assert (ended.code, ended.out) == (1, "")
    assert "annals migrate" in ended.err


@pytest.mark.parametrize("command", ["migrate", "check"])
def test_a_database_that_is_away_is_told_in_one_sentence(annals, command):
    ended = annals(command, url="postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert (ended.code, ended.out) == (1, "")
    assert "cannot be reached" in ended.err
    assert "Traceback" not in ended.err


def test_doctor_on_a_healthy_database(annals, seeded_url, databases):
    ended = annals("doctor", "--json", url=seeded_url)
    problems = {advice["subject"] for advice in ended.json["advice"] if advice["level"] == "problem"}
    # The server of these tests trades safety for speed, and the doctor must notice.
    assert problems <= ({"durability"} if databases.kind == "postgresql" else {"SQLite"})
    assert ended.json["growth"]["records"]["event"] > 10
    assert ended.json["vitals"]["size"] > 100_000
    told = annals("doctor", url=seeded_url)
    assert "events" in told.out
    assert told.code == ended.code == (1 if problems else 0)


def test_one_of_a_kind_is_told_in_the_singular(annals, database_url, tmp_path):
    one, two = tmp_path / "one.ndjson", tmp_path / "two.ndjson"
    one.write_text('{"kind": "source", "title": "A"}\n')
    two.write_text('{"kind": "event", "title": "A"}\n{"kind": "event", "title": "B"}\n')
    for file in (one, two):
        assert annals("import", file, url=database_url).code == 0
    told = annals("doctor", url=database_url).out
    assert {"1 source", "2 events", "0 actors"} <= set(re.split(", |\n", told))
    assert annals("reindex", url=database_url).out == "Reindexed 3 records.\n"
    tamper(database_url, "UPDATE record SET rendering = 0 WHERE kind = 'source'")
    assert "1 document was rendered by an older program" in annals("doctor", url=database_url).out
    assert "1 finding." in annals("check", url=database_url).out


@pytest.mark.parametrize(
    ("statement", "subject"),
    [
        ("UPDATE record SET rendering = 0", "rendering"),
        ("UPDATE database SET reindexed = 7", "reindex"),
        ("DELETE FROM term", "vocabulary"),
        ("UPDATE alembic_version SET version_num = 'other'", "schema"),
    ],
)
def test_doctor_names_what_must_be_mended(annals, seeded_url, statement, subject):
    tamper(seeded_url, statement)
    ended = annals("doctor", "--json", url=seeded_url)
    assert ended.code == 1
    assert subject in {advice["subject"] for advice in ended.json["advice"] if advice["level"] == "problem"}
    assert ended.json["is_well"] is False
    assert subject in annals("doctor", url=seeded_url).out


@pytest.mark.parametrize("content", [b"no database at all" * 40, b"SQLite format 3\0" + b"\xff" * 5000])
def test_doctor_tells_of_a_file_that_is_no_database_in_a_sentence(annals, tmp_path, content):
    (tmp_path / "bad.db").write_bytes(content)
    for command in ("doctor", "check"):
        ended = annals(command, url=f"sqlite:///{tmp_path / 'bad.db'}")
        assert (ended.code, "no SQLite database" in ended.out + ended.err) == (1, True)
        assert "Traceback" not in ended.out + ended.err


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///a?b.db",
        "sqlite:///:memory:",
        "sqlite://",
        "sqlite:relative",
        "postgresql+psycopg://u@h:port/d",
    ],
)
def test_addresses_that_would_lead_to_another_database_are_refused(annals, url):
    ended = annals("doctor", url=url)
    assert (ended.code, ended.err.startswith("ANNALS_DATABASE_URL: ")) == (2, True)
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_doctor_notes_samples_for_which_sqlite_plans_anew(annals, seeded_url):
    def subjects():
        return {advice["subject"] for advice in annals("doctor", "--json", url=seeded_url).json["advice"]}

    assert "statistics" not in subjects()
    connection = driver.connect(seeded_url.removeprefix("sqlite:///"))
    connection.execute("ANALYZE")
    takes_samples = ("ENABLE_STAT4",) in connection.execute("PRAGMA compile_options").fetchall()
    connection.close()
    assert ("statistics" in subjects()) == takes_samples


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_doctor_on_a_file_that_is_not_there_and_a_server_that_is_away(annals, bare_url):
    assert "annals migrate" in annals("doctor", url=bare_url).out
    away = annals("doctor", "--json", url="postgresql+psycopg://nobody:secret@127.0.0.1:1/none")
    assert away.code == 1
    assert "secret" not in away.out


def sick(**changes):
    settings = {
        "journal_mode": "wal",
        "write_ahead_log_bytes": 0,
        "unused_bytes": 0,
        "sampled_indexes": 0,
        **changes.pop("settings", {}),
    }
    return Vitals(
        **{
            "version": "SQLite",
            "version_number": (3, 60),
            "size": 1,
            "free": 2**40,
            "settings": settings,
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("vitals", "subject"),
    [
        (sick(version_number=(3, 51, 2)), "SQLite"),
        (sick(settings={"journal_mode": "delete"}), "journal"),
        (sick(settings={"write_ahead_log_bytes": 2**30}), "journal"),
        (sick(free=10), "disk"),
        (sick(size=2**30, settings={"unused_bytes": 2**29 + 1, "sampled_indexes": 0}), "disk"),
    ],
)
def test_doctor_judges_sqlite(vitals, subject):
    assert [advice.subject for advice in doctoring._sqlite(vitals)] == [subject]


def test_doctor_finds_nothing_wrong_where_nothing_is():
    assert list(doctoring._sqlite(sick())) == []


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({"max_connections": 20}, "connections"),
        ({"fsync": "off"}, "durability"),
        ({"synchronous_commit": "off"}, "durability"),
        ({"server_encoding": "SQL_ASCII"}, "encoding"),
    ],
)
def test_doctor_judges_postgres(changes, subject):
    settings = {
        "max_connections": 100,
        "fsync": "on",
        "synchronous_commit": "on",
        "server_encoding": "UTF8",
        **changes,
    }
    found = doctoring._postgres(Vitals("Postgres", (180000,), 1, settings=settings), Settings())
    assert subject in {
        advice.subject for advice in found if advice.level == "problem" or subject == "connections"
    }


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"max_connections": 0}, "ANNALS_MAX_CONNECTIONS "),
        ({"max_connections_per_address": 0}, "ANNALS_MAX_CONNECTIONS_PER_ADDRESS"),
        ({"head_timeout_seconds": 0}, "ANNALS_HEAD_TIMEOUT_SECONDS"),
        ({"body_timeout_seconds": 0}, "ANNALS_BODY_TIMEOUT_SECONDS"),
        ({"write_timeout_seconds": 0}, "ANNALS_WRITE_TIMEOUT_SECONDS"),
        ({"max_unsent_bytes": 0}, "ANNALS_MAX_UNSENT_BYTES"),
        ({"max_received_bytes": 0}, "ANNALS_MAX_RECEIVED_BYTES"),
        ({"rate_limit_per_key": "off"}, "ANNALS_RATE_LIMIT_PER_KEY"),
        ({"forwarded_allow_ips": "*"}, "ANNALS_FORWARDED_ALLOW_IPS"),
        ({"max_connections": 10_000}, "enough for 4,800 of 10,000 connections"),
    ],
)
def test_doctor_notes_limits_that_are_off_or_cannot_be_kept(settings, named):
    assert list(doctoring._limits(Settings(_env_file=None), None)) == []
    (advice,) = doctoring._limits(Settings(_env_file=None, **settings), 5000)
    assert (advice.level, advice.subject) == ("note", "limits")
    assert named in advice.detail


@pytest.mark.parametrize(
    ("wanted", "files", "most"),
    [
        (1000, None, 1000),
        (1000, 1200, 1000),
        (1000, 1024, 824),
        (0, None, 0),
        (0, 1024, 824),
        (1000, 256, 128),
    ],
)
def test_there_are_no_more_connections_than_files_may_be_opened(wanted, files, most):
    assert most_connections(wanted, files) == most


def test_commands_end_with_every_connection_closed(annals, seeded_url):
    assert annals("reindex", url=seeded_url).code == 0
    database = Database.open(seeded_url)
    assert reindex(database).skipped == []
    database.dispose()


def test_purging_erases_for_good_what_nothing_refers_to(annals, seeded_url):
    held = annals("purge", "actors/fidel-castro", "--yes", url=seeded_url)
    assert held.code == 1
    assert "refer to" in held.err
    assert "Did you mean" not in held.err
    assert annals("purge", "events/no-such-event", "--yes", url=seeded_url).code == 1
    erased = annals("purge", "events/energy-supplies-to-cuba", "--yes", "--json", url=seeded_url)
    assert (erased.code, erased.json["refs"]) == (0, ["events/energy-supplies-to-cuba"])
    assert annals("purge", "events/energy-supplies-to-cuba", "--yes", url=seeded_url).code == 1
    assert annals("check", url=seeded_url).code == 0


def test_what_is_wrong_is_printed_once(annals, database_url, tmp_path):
    file = tmp_path / "events.csv"
    file.write_text("title\nT\n")
    done = annals("import", file, "--as", "nope", url=database_url)
    assert done.code == annals("import", file, "--map", "nope", url=database_url).code == 2
    assert done.err.count("No mapping of this name ships") == 1


@pytest.mark.parametrize("command", [("keys", "list"), ("keys", "revoke", "Ana")])
def test_what_looks_at_keys_makes_no_database(annals, tmp_path, command):
    path = tmp_path / "none.db"
    ended = annals(*command, url=f"sqlite:///{path}")
    assert (ended.code, ended.err) == (1, "There is no database yet; run `annals migrate`.\n")
    assert not path.exists()
