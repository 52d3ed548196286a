"""`annals restore` begins a new branch of the history: nothing that was given out since the backup is given out again."""

import pytest
from sqlalchemy import select, text

from app.database import tables
from app.database.engine.versions import order_of
from app.database.index import rows
from app.database.migrations import migrate
from app.maintenance import restore
from app.maintenance.restore import restore_backup
from app.settings import Settings


@pytest.fixture
def state(database_at):
    def read(url):
        with database_at(url) as database, database.snapshot() as connection:
            branches = connection.execute(select(tables.branch).order_by(tables.branch.c.branch)).all()
            return connection.execute(select(tables.database)).one(), branches

    return read


@pytest.fixture
def write(database_at):
    def bump(url):
        with database_at(url) as database:
            return database.write_now(lambda tx: rows.bump_version(tx, 1))

    return bump


def test_a_backup_takes_the_place_of_what_was_written_since(annals, database_url, state, write, tmp_path):
    file = tmp_path / "backup"
    write(database_url)
    kept, _ = state(database_url)
    assert annals("backup", file, url=database_url).code == 0
    for branch in (2, 3):
        write(database_url)
        lost, _ = state(database_url)
        assert annals("restore", file, "--yes", url=database_url).code == 0
        present, [fork] = state(database_url)
        # The same backup again: the branches of what it replaces are gone, and are passed over all the same.
        assert (present.branch, fork.branch, fork.last_common) == (branch, branch, kept.version)
        assert order_of(present.version_tag) > order_of(lost.version_tag)
        assert write(database_url) == fork.begins > lost.version
        assert state(database_url)[0].timeline == kept.timeline


def test_a_backup_that_is_refused_begins_no_branch(annals, database_url, state, tmp_path):
    file = tmp_path / "backup"
    assert annals("backup", file, url=database_url).code == 0
    before = state(database_url)
    file.write_bytes(file.read_bytes()[:-100])
    assert annals("restore", file, "--yes", url=database_url).code == 1
    assert state(database_url) == before


@pytest.mark.slow
def test_what_is_put_back_goes_on_above_what_was_restored_for_a_while(
    annals, database_url, state, write, tmp_path, monkeypatch
):
    file, seen = tmp_path / "backup", []
    assert annals("backup", file, url=database_url).code == 0
    before, _ = state(database_url)

    def fail(_database):
        write(database_url)
        seen.append(state(database_url)[0])
        raise KeyboardInterrupt

    monkeypatch.setattr(restore, "check", fail)
    with pytest.raises(KeyboardInterrupt):
        restore_backup(Settings(database_url=database_url), file, replace=True)
    present, [fork] = state(database_url)
    assert (fork.last_common, present.secret) == (before.version, before.secret)
    assert order_of(present.version_tag) > order_of(seen[0].version_tag)
    assert fork.begins > seen[0].version


def test_a_database_of_before_there_were_branches_is_passed_over(
    annals, database_url, bare_url, database_at, state, write, tmp_path
):
    file = tmp_path / "backup"
    assert annals("backup", file, url=database_url).code == 0
    with database_at(bare_url) as database:
        migrate(database, bare_url)
        with database.transaction() as tx:
            tx.execute(text("UPDATE database SET version = 4503599627370000"))
        migrate(database, bare_url, "0017")
    assert annals("restore", file, "--yes", url=bare_url).code == 0
    _, [fork] = state(bare_url)
    assert fork.branch == 2
    assert write(bare_url) == fork.begins > 4503599627370000
