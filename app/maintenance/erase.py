"""Overwriting what deleted rows left in the files of a database."""

from typing import Any, Final

from sqlalchemy import text

from app.database.engine import driver_errors as faults
from app.database.engine.database import Database
from app.errors import DiskFull, Unavailable

READER_OPEN: Final = "A reader or a writer of the database is in the way: the text still stands in its file or its write-ahead log."

OF_POSTGRES: Final = (
    "VACUUM has freed the rows; their bytes stay in the files until new rows take the place, or VACUUM FULL is run.",
    "Write-ahead log that is kept (on the server, on replicas, in an archive) holds the rows until it is recycled.",
)

OF_BACKUPS: Final = "Backups and exports that were taken before hold the record still."


def erase_freed_space(db: Database) -> list[str]:
    """Overwrite what was deleted, as far as the database can; returns what could not be erased yet, in sentences.

    On SQLite everything is erased when nothing is returned. Postgres keeps bytes in places that no
    statement reaches.
    """
    if db.dialect == "postgresql":
        return _erase_on_postgres(db)
    try:
        with faults.translated():
            raw = db.engine.raw_connection()
            try:
                finished = _rewrite(raw.cursor())
            finally:
                raw.close()
    except (Unavailable, DiskFull):
        finished = False
    return [] if finished else [READER_OPEN]


def _erase_on_postgres(db: Database) -> list[str]:
    with faults.translated_reading(), db.engine.connect() as connection:
        autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
        autocommit.execute(text("VACUUM"))
    return list(OF_POSTGRES)


def _rewrite(cursor: Any) -> bool:
    """Rewrite an SQLite file without its free pages, and truncate its log; returns whether no reader was in the way."""
    cursor.execute("INSERT INTO text_index(text_index) VALUES ('optimize')")
    # The copy that VACUUM makes may be large, so it goes to disk.
    cursor.execute("PRAGMA temp_store = FILE")
    cursor.execute("PRAGMA secure_delete = ON")
    try:
        cursor.execute("VACUUM")
        # Until the log is checkpointed, the file holds the old pages (https://sqlite.org/wal.html, 2.2).
        busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        cursor.execute("PRAGMA temp_store = MEMORY")
        cursor.execute("PRAGMA secure_delete = OFF")
    return bool(busy == 0)
