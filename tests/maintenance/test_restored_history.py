"""`annals restore` begins a new branch of the history: nothing that was given out since the backup is given out again."""

import pytest
from sqlalchemy import select, text

from app.database import tables
from app.database.engine.branches import Position, begin_branch
from app.database.engine.versions import order_of
from app.database.index.database_version import bump_version
from app.database.migrations import migrate
from app.imports.documents import ImportFile
from app.imports.readers import read
from app.imports.report import Options
from app.imports.service import import_documents
from app.maintenance import restore
from app.maintenance.check import check
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
            database.write_now(lambda tx: bump_version(tx, 1))
            with database.snapshot() as connection:
                return connection.execute(select(tables.database.c.version)).scalar_one()

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


def test_check_and_doctor_tell_of_forks_and_find_nothing_wrong(annals, database_url, state, write, tmp_path):
    file = tmp_path / "backup"
    assert annals("backup", file, url=database_url).code == 0
    assert "set back" not in annals("check", url=database_url).out + annals("doctor", url=database_url).out
    for _ in range(2):
        assert annals("restore", file, "--yes", url=database_url).code == 0
        write(database_url)
        assert annals("backup", file, url=database_url).code == 0
    _, [_, fork] = state(database_url)
    checked, [note] = annals("check", url=database_url), annals("check", "--json", url=database_url).json
    assert (checked.code, note["level"], note["code"]) == (0, "note", "fork")
    for told in (checked.out, note["detail"]):
        assert all(
            part in told for part in ("2 times", f"change {fork.last_common},", f"with {fork.begins}.")
        )
    examined = annals("doctor", "--json", url=database_url).json
    [advice] = [one for one in examined["advice"] if one["subject"] == "history"]
    assert (advice["level"], advice["detail"]) == ("note", note["detail"])


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("granted", [True, False])
def test_doctor_tells_where_forks_cannot_be_noticed(annals, database, database_url, granted):
    if not granted:
        with database.transaction() as tx:
            hidden = "CREATE OR REPLACE FUNCTION annals_timeline() RETURNS integer LANGUAGE sql AS 'SELECT NULL::integer'"
            tx.execute(text(hidden))
    examined = annals("doctor", "--json", url=database_url).json
    told = [one["detail"] for one in examined["advice"] if one["subject"] == "history"]
    assert [("timeline" in one) for one in told] == ([] if granted else [True])


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE change SET seq = seq - 1", "was lost with a branch"),
        ("UPDATE database SET branch = 1, version_tag = '1.' || stamp || '-0'", "branch 2 has begun"),
        ("UPDATE database SET version_tag = '1.2-0'", "The version is not that"),
    ],
)
def test_check_finds_what_does_not_agree_with_the_branches(database, damage, told):
    with database.transaction() as tx:
        begin_branch(tx, Position())
    line = b'{"kind":"actor","id":"a","title":"A"}'
    import_documents(database, [ImportFile("in", lambda: read("ndjson", [line]))], Options("me"))
    assert check(database) == []
    with database.transaction() as tx:
        tx.execute(text(damage))
    [found] = check(database)
    assert (found.code, told in found.detail) == ("branch", True), found.detail
