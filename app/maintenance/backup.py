"""Backup and restore of a whole database in one file, while it is in use.

SQLite copies itself page by page through its backup interface. Postgres is copied by `pg_dump` where that
is installed and new enough, else table by table with COPY, in one snapshot.
"""

import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import orjson
from sqlalchemy import Connection, inspect, text

from app.database import tables
from app.database.engine.database import Database
from app.database.engine.sqlite_connect import connect
from app.database.engine.sqlite_driver import sqlite3
from app.database.migrations import VERSION_TABLE, current, downgrade, is_known, upgrade
from app.errors import InvalidDocument
from app.maintenance.backup_digest import agrees_with_digest, append_digest, has_digest
from app.maintenance.postgres_programs import NotDumped, dump, read_dump, restore_dump

__all__ = ["Copied", "NoBackup", "copy_out", "put_back", "refuse_damaged", "sort_of"]

SQLITE, PG_DUMP, TABLES = "sqlite", "pg_dump", "tables"
"""Sorts of backup, recognised by how the file begins."""

_PIECE: Final = 1 << 20
_MANIFEST: Final = "annals-backup.json"
_DAMAGED: Final = "The backup is damaged."

_APPLICATION: Final = int.from_bytes(b"Anls")
"""`application_id` of SQLite backups that end with a digest: one without its digest is recognised as damaged."""


class NoBackup(InvalidDocument):
    """The file is no backup, or one of the other sort of database."""

    code = "no_backup"


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Yield a path to write to; the target appears only once everything is written and synced to disk."""
    part = target.with_name(f".{target.name}.part")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Copied:
    """How a backup was taken.

    Attributes:
        sort: how the file begins: `sqlite`, `pg_dump` or `tables`.
        how: by what, and why so where another way would be the usual one; the end of a sentence.
    """

    sort: str
    how: str


def copy_out(database: Database, target: Path) -> Copied:
    """Write a backup.

    Raises:
        Unavailable: the database cannot be reached.
    """
    with whole_file(target) as part:
        copied = _copied(database, part)
        append_digest(part)
    return copied


def _copied(database: Database, part: Path) -> Copied:
    if database.dialect == "sqlite":
        _copy_sqlite(database, part)
        return Copied(SQLITE, "copied by SQLite")
    try:
        return Copied(PG_DUMP, f"written by {dump(database, part)}")
    except NotDumped as why:
        _copy_tables(database, part)
        return Copied(TABLES, f"copied table by table, as {why}")


def sort_of(source: Path) -> str:
    """Return which sort of backup a file is; raises `NoBackup` where it is none."""
    with source.open("rb") as file:
        head = file.read(16)
    if head == b"SQLite format 3\0":
        return SQLITE
    if head.startswith(b"PGDMP"):
        return PG_DUMP
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            if _MANIFEST in archive.namelist():
                return TABLES
    raise NoBackup("This file is no backup.")


def refuse_damaged(source: Path) -> None:
    """Raise `NoBackup` where a backup does not match its digest; those of older versions have none."""
    if has_digest(source) and not agrees_with_digest(source):
        raise NoBackup(_DAMAGED)


def put_back(database: Database, source: Path) -> None:
    """Replace the whole database by a backup.

    Raises:
        NoBackup: the file is of another sort of database or of a newer program, or damaged; nothing is changed then.
        Conflict: `pg_restore` is needed, and a pooler lends the sessions.
        Unavailable: `pg_restore` is needed and not there, or failed.
    """
    sort = sort_of(source)
    refuse_damaged(source)
    if (sort == SQLITE) != (database.dialect == "sqlite"):
        detail = "A backup goes back into the sort of database that it is of; to change over, use export and import."
        raise NoBackup(detail)
    if sort == SQLITE:
        _put_back_sqlite(database, source)
    elif sort == PG_DUMP:
        _restore(database, source)
    else:
        _put_back_tables(database, source)


def _refuse_unknown(version: str | None) -> None:
    if not is_known(version):
        detail = "The backup is of a newer version of this program, or of another one; restore it with that."
        raise NoBackup(detail)


def _path_of(database: Database) -> str:
    with database.snapshot() as connection:
        path: str = connection.exec_driver_sql("PRAGMA database_list").all()[0][2]
    return path


def _copy_sqlite(database: Database, part: Path) -> None:
    part.unlink(missing_ok=True)
    with (
        closing(connect(_path_of(database), read_only=True)) as source,
        closing(sqlite3.connect(str(part))) as target,
    ):
        # In one step: a copy in several would start again whenever somebody writes in between.
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")
        target.execute(f"PRAGMA application_id = {_APPLICATION}")


def _put_back_sqlite(database: Database, source: Path) -> None:
    path = _path_of(database)
    # The path goes into a URI: `#`, `?` and `%` in it have to be escaped (RFC 3986, 2.1).
    address = f"{source.resolve().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as backup:
        if not (_is_whole(backup) and has_digest(source) == _promises_digest(backup)):
            raise NoBackup(_DAMAGED)
        _refuse_unknown(_version_in(backup))
        with closing(connect(path)) as target:
            backup.backup(target)
            target.execute("PRAGMA application_id = 0")
            target.execute("PRAGMA journal_mode = WAL")
            # Caches of responses must notice that this is another database now.
            target.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _is_whole(backup: Any) -> bool:
    try:
        return bool(backup.execute("PRAGMA integrity_check").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        # Where pages are missing, the check itself fails.
        return False


def _promises_digest(backup: Any) -> bool:
    return bool(backup.execute("PRAGMA application_id").fetchone()[0] == _APPLICATION)


def _version_in(backup: Any) -> str | None:
    try:
        found = backup.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()
    except sqlite3.OperationalError:
        # There is no such table.
        return None
    return None if found is None else str(found[0])


def _restore(database: Database, source: Path) -> None:
    version = ["--data-only", "--table", VERSION_TABLE, "--file=-"]
    copied = re.search(rb"^COPY .*\n(.*)$", read_dump(version, source), re.MULTILINE)
    _refuse_unknown(copied[1].decode() if copied else None)
    kept = set(re.findall(rb"^\d+; \d+ \d+ TABLE \S+ (\S+) ", read_dump(["--list"], source), re.MULTILINE))
    restore_dump(database, source)
    with database.transaction() as connection:
        # Tables of a later schema, which the backup does not have: migrating creates them again.
        for later in _names(connection):
            if later.encode() not in kept:
                connection.execute(text(f"DROP TABLE {later} CASCADE"))


def _names(connection: Connection) -> list[str]:
    """Return the tables of the database, of an older schema perhaps, in an order in which they can be filled."""
    present = set(inspect(connection).get_table_names())
    ordered = [VERSION_TABLE, *(table.name for table in tables.metadata.sorted_tables), "text_index"]
    return [name for name in ordered if name in present]


def _copy_tables(database: Database, part: Path) -> None:
    with (
        database.snapshot() as connection,
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        driver: Any = connection.connection.driver_connection
        names = _names(connection)
        archive.writestr(_MANIFEST, orjson.dumps({"schema": current(connection), "tables": names}))
        for name in names:
            with (
                driver.cursor() as cursor,
                cursor.copy(f"COPY {name} TO STDOUT (FORMAT binary)") as copy,
                archive.open(f"{name}.copy", "w", force_zip64=True) as file,
            ):
                for piece in copy:
                    file.write(piece)


def _put_back_tables(database: Database, source: Path) -> None:
    with zipfile.ZipFile(source) as archive, database.transaction() as connection:
        try:
            whole = archive.testzip() is None
        except (zlib.error, EOFError):
            whole = False
        if not whole:
            raise NoBackup(_DAMAGED)
        manifest = orjson.loads(archive.read(_MANIFEST))
        _refuse_unknown(manifest["schema"])
        names = [name for name in _names(connection) if name in manifest["tables"]]
        emptied = ", ".join(name for name in _names(connection) if name != VERSION_TABLE)
        connection.execute(text(f"TRUNCATE {emptied}"))
        # Rows are loaded into tables of the backup's schema, then migrated.
        downgrade(connection, manifest["schema"])
        connection.execute(text(f"DELETE FROM {VERSION_TABLE}"))
        driver: Any = connection.connection.driver_connection
        for name in names:
            with archive.open(f"{name}.copy") as file, driver.cursor() as cursor:
                _copy_in(cursor, name, file)
        upgrade(connection)
        for table in tables.metadata.sorted_tables:
            serial = [column.name for column in table.primary_key if column.name == "pk"]
            if serial:
                connection.execute(
                    text(
                        f"SELECT setval(pg_get_serial_sequence('{table.name}', 'pk'), max(pk)) FROM {table.name}"
                    )
                )


def _copy_in(cursor: Any, name: str, file: IO[bytes]) -> None:
    with cursor.copy(f"COPY {name} FROM STDIN (FORMAT binary)") as copy:
        while piece := file.read(_PIECE):
            copy.write(piece)
