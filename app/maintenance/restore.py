"""Restoring a backup, keeping the present database until the restored one has proved to be good."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import func, inspect, select

from app.database import tables
from app.database.engine.branches import begin_branch, position_of
from app.database.engine.database import Database
from app.database_url import parse_database_url
from app.errors import Conflict
from app.maintenance.backup import TABLES, NoBackup, copy_out, put_back, refuse_damaged, sort_of
from app.maintenance.check import Finding, check
from app.maintenance.migrate import prepare
from app.settings import Settings
from app.values.counted import counted


@dataclass(frozen=True, slots=True)
class Restored:
    """The result of restoring.

    Attributes:
        records: how many records the database has now, deleted ones too.
        findings: what `annals check` found in the backup.
        kept: whether the database is the one it was, as there were findings.
    """

    records: int
    findings: list[Finding]
    kept: bool = False


def restore_backup(
    settings: Settings, source: Path, *, replace: bool = False, despite_findings: bool = False
) -> Restored:
    """Restore the database from a backup, and check that it is consistent.

    The present database is copied to a file first. It is restored from there where the backup cannot be
    migrated, or where `annals check` finds something in it, unless `despite_findings`. What was written since the backup
    is lost; versions and the numbers of changes go on above it, in a new branch of the history.

    Raises:
        Conflict: the database has records, and `replace` was not given.
        NoBackup: the file is none for this database, of a newer program, or damaged; nothing is changed then.
        Unavailable: the database cannot be reached, or a program of Postgres is needed and not there.
    """
    refuse_damaged(source)
    with _opened(settings) as database:
        held = count_records(database)
        if held and not replace:
            raise Conflict(
                f"The database has {counted(held, 'record')}; give --yes to replace what it has.",
                code="not_empty",
            )
    with _kept(settings) as before:
        try:
            _put_back(settings, source)
            with _opened(settings) as database:
                found = check(database)
        except NoBackup:
            raise
        except BaseException:
            if before is not None:
                _put_back(settings, before)
            raise
        if found and before is not None and not despite_findings:
            _put_back(settings, before)
            return Restored(held, found, kept=True)
    with _opened(settings) as database:
        return Restored(count_records(database), found)


def count_records(database: Database) -> int:
    """Count the records, deleted ones too; 0 where there are no tables yet."""
    if not inspect(database.engine).has_table(tables.record.name):
        return 0
    with database.snapshot() as connection:
        count: int = connection.execute(select(func.count()).select_from(tables.record)).scalar_one()
    return count


def _put_back(settings: Settings, source: Path) -> None:
    with _opened(settings) as database:
        with database.transaction() as connection:
            above = position_of(connection)
        if sort_of(source) == TABLES:
            # Such a backup has rows alone: it needs tables to load them into.
            prepare(database, settings.database_url)
        put_back(database, source)
    # Opened anew: nothing that was cached of the database before is valid any more.
    with _opened(settings) as database:
        prepare(database, settings.database_url)
        database.write_now(partial(begin_branch, above=above))


@contextmanager
def _kept(settings: Settings) -> Iterator[Path | None]:
    """Yield a copy of the present database, if there is one; it is deleted when all has ended well.

    Next to an SQLite database, whose disk needs room for it anyway; else in the folder for temporary files.
    """
    url = parse_database_url(settings.database_url)
    beside = Path(url.database or "annals.db").parent if url.get_backend_name() == "sqlite" else None
    with tempfile.TemporaryDirectory(prefix="annals-before-restore-", dir=beside) as folder:
        copy = Path(folder) / "before.backup"
        with _opened(settings) as database:
            if inspect(database.engine).has_table(tables.record.name):
                copy_out(database, copy)
        yield copy if copy.exists() else None


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    database = Database.of(settings.past_poolers)
    try:
        yield database
    finally:
        database.dispose()
