"""The schema: made, unmade and made again, equal to the tables the code knows, by several at once."""

import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import orjson
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from versions import version_of
from waiting import HANG_SECONDS

from app.database import migrations, tables
from app.database.engine import sqlite_connect
from app.database.engine.database import Database
from app.database.lookup import find
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.maintenance.check import check
from app.maintenance.reindex import reindex
from app.merges.rename import rename_record
from app.merges.service import merge_records
from app.merges.undo import undo_merge
from app.records.kinds import kind_by_name
from app.records.validation.document import validate_document
from app.settings import data_dir
from app.writing.service import delete
from app.writing.write import NewRevision, write

VIEWS = ("events", "actors", "agreements", "missions", "participations", "parties")
# What SQLite keeps of the text index and the R*Tree, and Postgres of its text index.
OUTSIDE = ("text_index", "box_tree", "alembic_version")


def ours(_thing, name, sort, _reflected, _compared):
    if sort == "table":
        return not name.startswith(OUTSIDE)
    # An index of expressions cannot be compared; that it is there is asked below.
    return not (sort == "index" and name == "ix_box_area")


def differences(database):
    options = {
        "target_metadata": tables.metadata,
        "include_object": ours,
        "compare_type": True,
    }
    with database.snapshot() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts=options), tables.metadata)


def names(database):
    with database.snapshot() as connection:
        look = inspect(connection)
        return {*look.get_table_names(), *look.get_view_names()}


async def test_up_down_and_up_again(bare_url):
    database = Database.open(bare_url)
    assert migrations.migrate(database, bare_url) is True
    before = names(database)
    assert before >= {*tables.metadata.tables, *VIEWS, "text_index"}
    assert migrations.migrate(database, bare_url) is False
    migrations.migrate(database, bare_url, "base")
    assert names(database) <= {"alembic_version"}
    assert migrations.migrate(database, bare_url) is True
    assert names(database) == before
    assert version_of(database) == 0
    await database.close()


@pytest.mark.slow
def test_records_and_their_index_outlast_every_step_down_and_up(seeded_database, seeded_url):
    before = check(seeded_database)
    migrations.migrate(seeded_database, seeded_url, "0001")
    assert migrations.migrate(seeded_database, seeded_url) is True
    assert {found.code for found in check(seeded_database)} <= {"stale"}
    assert reindex(seeded_database).skipped == []
    assert check(seeded_database) == before == []
    with seeded_database.snapshot() as connection:
        assert connection.execute(text("SELECT count(*) FROM tag")).scalar_one() > 0


LONG, YEAR_UNKNOWN = 2, 4
# Of each date: its span class, and the years in which it is possible and certain; before and after.
DATES = {
    "1962": (0, "1962:1962|1962:1962", 0, "1962:1962|1962:1962"),
    "1962/..": (LONG, "1962:inf|1962:1962", LONG, "1962:inf|1962:inf"),
    "1962/": (LONG, "1962:inf|1962:1962", LONG, "1962:inf|1962:1962"),
    "1962?/..": (LONG, "1962:inf|", LONG, "1962:inf|"),
    "../-0043": (LONG, "-inf:-43|-43:-43", LONG, "-inf:-43|-inf:-43"),
    "../..": (LONG, "-inf:inf|", LONG, "-inf:inf|-inf:inf"),
    "{1955,1958..}": (LONG, "1955:1955 1958:inf|1955:1955 1958:1958", LONG, "1955:1955 1958:inf|1955:1955 1958:inf"),
    "{1958,1958..}": (LONG, "1958:inf|1958:1958", LONG, "1958:inf|1958:1958 1958:inf"),
    "{..1955,1984..}": (LONG, "-inf:1955 1984:inf|1955:1955 1984:1984", LONG, "-inf:1955 1984:inf|-inf:1955 1984:inf"),
    "[..1955,1984..]": (LONG, "-inf:1955 1984:inf|", LONG, "-inf:1955 1984:inf|"),
    "[1984..]": (LONG, "1984:inf|", LONG, "1984:inf|"),
    "1XXX": (LONG, "1000:1999|1999:1000", LONG, "1000:1999|1999:1000"),
    "XXXX-01-03": (LONG, "0:9999|9999:0", YEAR_UNKNOWN, "0:9999|9999:0"),
    "-XXXX~": (LONG, "-9999:-1|", YEAR_UNKNOWN, "-9999:-1|"),
    "XXXX-05/..": (LONG, "0:inf|9999:0", YEAR_UNKNOWN, "0:inf|9999:inf"),
    "[XXXX-05,XXXX-07%]": (LONG, "0:9999|", YEAR_UNKNOWN, "0:9999|"),
    "{XXXX-05,1999}": (LONG, "0:9999|9999:0 1999:1999", LONG, "0:9999|9999:0 1999:1999"),
    "1962/XXXX": (LONG, "1962:9999|1962:1962", LONG, "1962:9999|1962:1962"),
}  # fmt: skip


def years_of(database):
    """Give the class and the years of each dated record, by its title and view."""
    query = text(
        "SELECT r.card, e.view, e.span_class, e.years FROM entry e JOIN record r ON r.pk = e.record "
        "WHERE r.kind = 'event' AND e.years <> ''"
    )
    with database.snapshot() as connection:
        return {
            (orjson.loads(card)["title"], int(view != 0)): (span, years.rpartition("|")[0])
            for card, view, span, years in connection.execute(query)
        }


async def test_dates_that_were_indexed_by_other_rules_are_brought_up_to_date(database, database_url):
    documents = [
        ("source", {"id": "s", "title": "S"}),
        ("actor", {"id": "a", "title": "A"}),
        *(
            (
                "event",
                {
                    "id": f"e-{number}",
                    "title": date,
                    "date": date,
                    "type": "battle",
                    "tags": ["oil"],
                    "participants": [{"actor": "actors/a"}],
                    "evidence": [{"property": "date", "source": "sources/s"}] * (number % 2),
                },
            )
            for number, date in enumerate(DATES)
        ),
    ]

    def fill(tx):
        kinds = [(kind_by_name(name), document) for name, document in documents]
        drafts = [
            NewRevision(kind, validate_document(kind, document, vocabulary_of(tx)))
            for kind, document in kinds
        ]
        write(tx, drafts, Attribution(by="test"))

    database.write_now(fill)
    assert check(database) == []
    version = version_of(database)
    now = {(date, 0): states[2:] for date, states in DATES.items()}
    now |= {(date, 1): states[2:] for date, states in list(DATES.items())[1::2]}
    before = {(date, view): DATES[date][:2] for date, view in now}
    assert years_of(database) == now
    for _ in range(2):
        migrations.migrate(database, database_url, "0003")
        assert years_of(database) == before
        migrations.migrate(database, database_url)
        assert years_of(database) == now
        assert check(database) == []
    assert version_of(database) > version, "what was read before is not taken for what is there now"


def test_words_that_were_indexed_in_one_form_are_indexed_anew(database, database_url):
    """What has a letter that is written as two as well is left to a reindex, and nothing else is."""
    titles = {"boehme": "Jakob Böhme", "arhus": "A\u030arhus", "goethe": "Goethe", "castro": "Fidel Castro"}
    kind = kind_by_name("actor")

    def fill(tx):
        made = [{"id": name, "title": title} for name, title in titles.items()]
        drafts = [NewRevision(kind, validate_document(kind, one, vocabulary_of(tx))) for one in made]
        write(tx, drafts, Attribution(by="test"))

    database.write_now(fill)
    migrations.migrate(database, database_url, "0006")
    migrations.migrate(database, database_url)
    with database.snapshot() as connection:
        stale = connection.execute(text("SELECT id FROM record WHERE rendering = 0 ORDER BY id"))
        assert stale.scalars().all() == ["arhus", "boehme"]
    assert [found.code for found in check(database)] == ["stale"]
    reindex(database)
    assert check(database) == []


def test_places_whose_dated_geometries_were_taken_away_are_indexed_anew(database, database_url):
    """What was at another place at a time is left to a reindex, and nothing else is."""
    at = {"type": "Point", "coordinates": [28.98, 41.01]}
    places = [
        {"id": "moved", "title": "Moved", "geometry": at, "geometries": [{"geometry": at, "date": "1500"}]},
        {"id": "stayed", "title": "Stayed", "geometry": at},
    ]
    kind = kind_by_name("place")

    def fill(tx):
        drafts = [NewRevision(kind, validate_document(kind, one, vocabulary_of(tx))) for one in places]
        write(tx, drafts, Attribution(by="test"))

    database.write_now(fill)
    assert check(database) == []
    migrations.migrate(database, database_url, "0007")
    migrations.migrate(database, database_url)
    with database.snapshot() as connection:
        stale = connection.execute(text("SELECT id FROM record WHERE rendering = 0"))
        assert stale.scalars().all() == ["moved"]
    assert [found.code for found in check(database)] == ["stale", "index"]
    reindex(database)
    assert check(database) == []


def test_sources_with_identifiers_are_indexed_anew(database, database_url):
    """By what they are found now is left to a reindex, and nothing else is."""
    sources = [
        {"id": "book", "title": "Book", "isbn": "0306406152"},
        {"id": "article", "title": "Article", "doi": "10.1000/182"},
        {"id": "letter", "title": "About an isbn", "summary": 'It has no "isbn": none.'},
    ]
    kind = kind_by_name("source")

    def fill(tx):
        drafts = [NewRevision(kind, validate_document(kind, one, vocabulary_of(tx))) for one in sources]
        write(tx, drafts, Attribution(by="test"))

    database.write_now(fill)
    migrations.migrate(database, database_url, "0013")
    migrations.migrate(database, database_url)
    with database.snapshot() as connection:
        stale = connection.execute(text("SELECT id FROM record WHERE rendering = 0 ORDER BY id"))
        assert stale.scalars().all() == ["article", "book"]
    reindex(database)
    assert check(database) == []


def test_what_earlier_revisions_changed_is_told(database, database_url):
    """The fields that a database of before is told are those that are told as revisions are written."""
    kind = kind_by_name("event")
    documents = [
        {"title": "One", "date": "1967", "tags": ["a"]},
        {"title": "Two", "date": "1967", "tags": ["a"]},
        {"title": "Two", "summary": "S", "tags": ["a", "b"]},
    ]

    def put(document, action, record_id):
        def step(tx):
            raw = validate_document(kind, {"id": record_id} | document, vocabulary_of(tx))
            before = find(tx, kind, record_id)
            write(tx, [NewRevision(kind, raw, action, before)], Attribution(by="test"))

        database.write_now(step)

    for number, document in enumerate(documents):
        for record_id in "ab":
            put(document, "update" if number else "create", record_id)
    database.write_now(lambda tx: delete(tx, find(tx, kind, "a", lock=True), Attribution(by="test")))

    def told():
        with database.snapshot() as connection:
            rows = connection.execute(text("SELECT record, revision, kind, fields FROM change ORDER BY 1, 2"))
            return [tuple(row) for row in rows]

    before = told()
    changed = [None, '["title"]', '["date","summary","tags"]']
    assert [row[3] for row in before] == [*changed, None, *changed]
    migrations.migrate(database, database_url, "0012")
    migrations.migrate(database, database_url)
    assert told() == before


def test_what_parties_did_is_read_from_the_documents(database, database_url):
    """In each view, after links to places, each action of a party once."""
    did = [{"action": action, "date": date} for action in ("signed", "ratified") for date in ("1990", "1991")]
    parties = [
        {"actor": "actors/b", "role": "party"},
        {"actor": "actors/a", "role": "party", "actions": did},
        {"actor": "actors/a", "role": "guarantor", "actions": [{"action": "withdrew"}]},
    ]
    said = {
        "property": "parties",
        "source": "sources/s",
        "value": [{"actor": "actors/b", "actions": [{"action": "acceded"}]}],
    }
    records = [
        ("source", {"id": "s", "title": "S"}),
        ("place", {"id": "p", "title": "P"}),
        *(("actor", {"id": name, "title": name}) for name in "ab"),
        ("agreement", {"id": "without", "title": 'It says "actions":', "parties": parties[:1]}),
        (
            "agreement",
            {
                "id": "t",
                "title": "T",
                "places": [{"place": "places/p"}],
                "parties": parties,
                "evidence": [said],
            },
        ),
    ]

    def fill(tx):
        kinds = [(kind_by_name(name), document) for name, document in records]
        drafts = [NewRevision(kind, validate_document(kind, one, vocabulary_of(tx))) for kind, one in kinds]
        write(tx, drafts, Attribution(by="test"))

    def actions():
        with database.snapshot() as connection:
            rows = connection.execute(
                text("SELECT view <> 0, link, action, role FROM party_action ORDER BY 1, 2, 3")
            )
            return [(bool(view), *rest) for view, *rest in rows]

    database.write_now(fill)
    expected = [
        (False, 2, "ratified", "party"),
        (False, 2, "signed", "party"),
        (False, 3, "withdrew", "guarantor"),
        (True, 0, "acceded", ""),
    ]
    assert actions() == expected
    migrations.migrate(database, database_url, "0011")
    assert "party_action" not in names(database)
    migrations.migrate(database, database_url)
    assert actions() == expected
    assert check(database) == []


def test_merges_and_renamings_outlast_a_step_down_and_up(database, database_url):
    """Which merge made a revision is known again; an old id leads to its record in either schema."""
    documents = [("actor", {"id": name, "title": name}) for name in ("a", "b", "c", "d")]
    documents.append(("event", {"id": "e", "title": "E", "participants": [{"actor": "actors/a"}]}))
    edit = Attribution(by="test")

    def fill(tx):
        kinds = [(kind_by_name(name), raw) for name, raw in documents]
        write(
            tx,
            [NewRevision(kind, validate_document(kind, raw, vocabulary_of(tx))) for kind, raw in kinds],
            edit,
        )

    database.write_now(fill)
    done = database.write_now(lambda tx: merge_records(tx, "actors/a", "actors/b", edit)).pk
    undone = database.write_now(lambda tx: merge_records(tx, "actors/d", "actors/b", edit)).pk
    database.write_now(lambda tx: undo_merge(tx, undone, edit))
    actor = kind_by_name("actor")
    database.write_now(lambda tx: rename_record(tx, actor, "c", "gamma", edit, lambda _: None))
    query = text(
        "SELECT r.id, v.revision, v.action, v.merge FROM revision v JOIN record r ON r.pk = v.record "
        "WHERE v.merge IS NOT NULL ORDER BY r.id, v.revision"
    )
    with database.snapshot() as connection:
        before = [tuple(row) for row in connection.execute(query)]
    assert [("a", 2, "merge", done), ("d", 2, "merge", undone), ("d", 3, "unmerge", undone)] == [
        row for row in before if row[0] in "ad"
    ]
    assert ("e", 2, "merge", done) in before
    migrations.migrate(database, database_url, "0010")
    with database.snapshot() as connection:
        rows = connection.execute(text("SELECT id, state FROM record WHERE kind = 'actor'"))
        states = {row.id: row.state for row in rows}
    assert states == {"a": 2, "b": 0, "c": 2, "d": 0, "gamma": 0}
    migrations.migrate(database, database_url)
    with database.snapshot() as connection:
        assert [tuple(row) for row in connection.execute(query)] == before
    assert check(database) == []


@pytest.mark.filterwarnings("ignore:autogenerate skipping")
def test_models_equal_migrations(database):
    assert differences(database) == []


@pytest.mark.filterwarnings("ignore:autogenerate skipping")
def test_a_drift_would_be_seen(database):
    with database.transaction() as connection:
        connection.execute(text("DROP INDEX ix_entry_title"))
        connection.execute(text("ALTER TABLE merge ADD COLUMN extra text"))
    assert len(differences(database)) == 2


def test_what_only_one_database_has(database):
    with database.snapshot() as connection:
        if database.dialect == "sqlite":
            triggers = connection.execute(text("SELECT name FROM sqlite_schema WHERE type = 'trigger'"))
            assert set(triggers.scalars()) == {"box_in", "box_out"}
        else:
            assert "ix_box_area" in {index["name"] for index in inspect(connection).get_indexes("box")}
            columns = connection.execute(
                text(
                    "SELECT table_name || '.' || column_name FROM information_schema.columns "
                    "WHERE collation_name = 'C' AND table_name IN ('record', 'entry')"
                )
            )
            assert set(columns.scalars()) >= {"record.kind", "record.id", "entry.id", "entry.type"}


def test_keyed_tables_have_no_second_tree(database):
    if database.dialect == "sqlite":
        with database.snapshot() as connection:
            made = connection.execute(text("SELECT name, sql FROM sqlite_schema WHERE type = 'table'"))
            without = {name for name, sql in made if "WITHOUT ROWID" in sql}
        assert without >= {
            "link",
            "member",
            "tag",
            "figure",
            "reference",
            "revision",
            "change",
            "place_set",
            "area",
        }


def test_the_views_can_be_read(seeded_database):
    with seeded_database.snapshot() as connection:
        for view in VIEWS:
            assert connection.execute(text(f"SELECT * FROM {view}")).all(), view
        meeting = connection.execute(
            text(
                "SELECT date, start_earliest, end_latest FROM events WHERE date IS NOT NULL ORDER BY id LIMIT 1"
            )
        ).one()
        assert all(meeting)


def test_readiness_names_what_is_missing(databases, database_url, bare_url):
    bare = Database.open(bare_url)
    if databases.kind == "sqlite":
        sqlite_connect.use_write_ahead_log(bare_url.removeprefix("sqlite:///"))
    with bare.snapshot() as connection:
        assert "annals migrate" in migrations.reasons_not_ready(connection)[0]
    bare.dispose()
    ready = Database.open(database_url)
    with ready.snapshot() as connection:
        assert migrations.reasons_not_ready(connection) == []
    with ready.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'other'"))
    with ready.snapshot() as connection:
        assert "other" in migrations.reasons_not_ready(connection)[0]
    ready.dispose()


PROJECT = Path(__file__).parent.parent.parent
MIGRATE = """
import sys
from app.database.engine.database import Database
from app.database.lookup import find
from app.maintenance.migrate import prepare
from app.seed.service import seed
database = Database.open(sys.argv[1])
print("waiting", flush=True)
sys.stdin.readline()
prepare(database, sys.argv[1])
seed(database)
database.dispose()
"""


@contextmanager
def started(count, *arguments):
    """Start several processes of the same script, that each wait for a line on their standard input."""
    with ExitStack() as stack:
        processes = []
        for _ in range(count):
            pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
            one = subprocess.Popen(
                [sys.executable, "-c", MIGRATE, *arguments], cwd=PROJECT, text=True, **pipes
            )
            stack.enter_context(one)
            stack.callback(one.kill)
            processes.append(one)
        for process in processes:
            assert process.stdout.readline() == "waiting\n", process.communicate()[1]
        yield processes


@pytest.mark.slow
def test_processes_that_start_at_once_migrate_and_seed_once(bare_url):
    with started(3, bare_url) as processes:
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in processes:
            _, errors = process.communicate(timeout=HANG_SECONDS)
            assert process.returncode == 0, errors
    database = Database.open(bare_url)
    with database.snapshot() as connection:
        count, ids, revision = connection.execute(
            text("SELECT count(*), count(DISTINCT kind || id), max(revision) FROM record")
        ).one()
        assert connection.execute(text("SELECT count(*) FROM change")).scalar_one() == count
        assert connection.execute(text("SELECT count(*) FROM database")).scalar_one() == 1
    assert count == ids > 50
    assert revision == 1
    database.dispose()


def test_files_of_migrations_are_named_by_their_versions():
    scripts = ScriptDirectory(str(data_dir("migrations")))
    assert list(migrations._versions()) == [one.revision for one in scripts.walk_revisions()][::-1]
    assert migrations.head() == scripts.get_current_head()
