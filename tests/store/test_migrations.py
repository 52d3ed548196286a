"""The schema: made, unmade and made again, equal to the tables the code knows, by several at once."""

import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from app.store import migrations, sql_views, tables
from app.store.engine import Database
from app.verbs.checking import check

# What SQLite keeps of the text index and the R*Tree, and Postgres of its text index.
OUTSIDE = ("text_index", "box_tree", "alembic_version")


def ours(_thing, name, sort, _reflected, _compared):
    if sort == "table":
        return not name.startswith(OUTSIDE)
    # An index of expressions cannot be compared; that it is there is asked below.
    return not (sort == "index" and name == "ix_box_area")


def differences(database):
    options = {"target_metadata": tables.metadata, "include_object": ours, "compare_type": True}
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
    assert before >= {*tables.metadata.tables, *sql_views.VIEWS, "text_index"}
    assert migrations.migrate(database, bare_url) is False
    migrations.migrate(database, bare_url, "base")
    assert names(database) <= {"alembic_version"}
    assert migrations.migrate(database, bare_url) is True
    assert names(database) == before
    assert database.version_now() == 0
    await database.close()


def test_records_and_their_index_outlast_every_step_down_and_up(seeded_database, seeded_url):
    before = check(seeded_database)
    migrations.migrate(seeded_database, seeded_url, "0001")
    assert migrations.migrate(seeded_database, seeded_url) is True
    assert check(seeded_database) == before == []
    with seeded_database.snapshot() as connection:
        assert connection.execute(text("SELECT count(*) FROM tag")).scalar_one() > 0


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
        assert without >= {"link", "member", "tag", "figure", "reference", "revision", "change"}


def test_the_views_can_be_read(seeded_database):
    with seeded_database.snapshot() as connection:
        for view in sql_views.VIEWS:
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
        migrations.use_write_ahead_log(bare_url.removeprefix("sqlite:///"))
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
from app.store.engine import Database
from app.verbs.migrating import prepare
from app.seed.loading import seed
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


def test_processes_that_start_at_once_migrate_and_seed_once(bare_url):
    with started(3, bare_url) as processes:
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in processes:
            _, errors = process.communicate(timeout=60)
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
