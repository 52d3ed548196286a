"""The file of a mirror: a SQLite database with the documents as they were read, and how far the feed was followed."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import orjson

from app.database.engine.process_lock import claimed_file
from app.errors import BadRequest, Conflict, DiskFull
from app.records.vocabulary import TERM_KIND

_APPLICATION: Final = 0x416E6D72
"""What the header of the file has as the id of its application (SQLite manual, "PRAGMA application_id")."""

_EDITION: Final = 1

REMEMBERED: Final = 1000
"""How many of the last changes are remembered, to notice that the service has another history now."""

_ONE_OF: Final = 1000
"""Of those before them one in so many numbers is, by which the service is known however much it has lost."""

_TABLES: Final = """
CREATE TABLE mirror (url TEXT NOT NULL, after INTEGER NOT NULL, vocabulary TEXT);
CREATE TABLE record (
    ref TEXT PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, document TEXT NOT NULL
);
CREATE TABLE term (
    scheme TEXT NOT NULL, position INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (scheme, position)
) WITHOUT ROWID;
CREATE TABLE recent_change (seq INTEGER PRIMARY KEY, ref TEXT NOT NULL, revision INTEGER NOT NULL, at TEXT NOT NULL);
"""

# Files of before it was there are opened too.
_OLDER: Final = """
CREATE TABLE IF NOT EXISTS older_change (
    part INTEGER PRIMARY KEY, seq INTEGER NOT NULL, ref TEXT NOT NULL, revision INTEGER NOT NULL, at TEXT NOT NULL
);
"""


class SeenChange(NamedTuple):
    """A change that was followed."""

    seq: int
    ref: str
    revision: int
    at: str

    @property
    def identity(self) -> tuple[int, int, str]:
        """What the same change has for good: its record may be called something else by now."""
        return self.seq, self.revision, self.at


@dataclass(frozen=True, slots=True)
class Totals:
    """What a mirror holds."""

    records: int
    after: int


class MirrorFile:
    """An open mirror. What is written between `begin` and the end of its block is kept whole or not at all."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take over an open database that has the tables."""
        self._sql = connection

    @classmethod
    @contextmanager
    def opened(cls, path: Path, url: str) -> Iterator[Self]:
        """Open a mirror, or begin a new one; nobody else can follow with the same file meanwhile.

        Raises:
            Conflict: somebody else does, or the file is something else.
            DiskFull: there is no room for it.
        """
        with claimed_file(str(path)) as granted:
            if not granted:
                detail = (
                    f"Another process is bringing {path} up to date just now; wait for it to end, or stop it."
                )
                raise Conflict(detail, code="mirror_under_way")
            with _translated(path):
                connection = sqlite3.connect(path, isolation_level=None)
                try:
                    _prepare(connection, path, url)
                    yield cls(connection)
                finally:
                    connection.close()

    @contextmanager
    def begin(self) -> Iterator[None]:
        """Keep what the block writes once it ends, and nothing of it where it ends with an exception."""
        self._sql.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._sql.execute("ROLLBACK")
            raise
        self._sql.execute("COMMIT")

    @property
    def after(self) -> int:
        """The number of the last change that was followed."""
        return int(self._one("SELECT after FROM mirror"))

    @property
    def vocabulary(self) -> str | None:
        """The entity tag of the vocabularies, as they were read."""
        tag: str | None = self._one("SELECT vocabulary FROM mirror")
        return tag

    def totals(self) -> Totals:
        """Count what there is."""
        return Totals(int(self._one("SELECT count(*) FROM record")), self.after)

    def count(self, collection: str) -> int:
        """Count the records of a collection."""
        lowest, past = f"{collection}/", f"{collection}0"  # 0 follows the slash.
        return int(self._one("SELECT count(*) FROM record WHERE ref > ? AND ref < ?", lowest, past))

    def recent_changes(self) -> list[SeenChange]:
        """Return the last changes that were followed, each of them, in order."""
        found = self._sql.execute("SELECT seq, ref, revision, at FROM recent_change ORDER BY seq")
        return [SeenChange(*row) for row in found]

    def older_changes(self) -> list[SeenChange]:
        """Return some of the changes that were followed before them, in order."""
        found = self._sql.execute("SELECT seq, ref, revision, at FROM older_change ORDER BY seq")
        return [SeenChange(*row) for row in found]

    def put(self, ref: str, document: dict[str, Any]) -> None:
        """Keep a document in place of what there is of its record."""
        values = (
            ref,
            document["kind"],
            document["id"],
            document["revision"],
            orjson.dumps(document).decode(),
        )
        self._sql.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?)", values)

    def drop(self, ref: str) -> int:
        """Remove a record; returns how many there were."""
        return self._sql.execute("DELETE FROM record WHERE ref = ?", (ref,)).rowcount

    def remember(self, changes: Iterable[SeenChange], after: int) -> None:
        """Go on after a number; `changes` are remembered beside those up to it, of the oldest only some."""
        self._sql.executemany("INSERT OR REPLACE INTO recent_change VALUES (?, ?, ?, ?)", changes)
        for table in ("recent_change", "older_change"):
            self._sql.execute(f"DELETE FROM {table} WHERE seq > ?", (after,))
        last = "SELECT seq FROM recent_change ORDER BY seq DESC LIMIT 1 OFFSET ?"
        for (oldest,) in self._sql.execute(last, (REMEMBERED,)).fetchall():
            some = "SELECT seq / ?, min(seq), ref, revision, at FROM recent_change WHERE seq <= ? GROUP BY 1"
            self._sql.execute(f"INSERT OR IGNORE INTO older_change {some}", (_ONE_OF, oldest))
            self._sql.execute("DELETE FROM recent_change WHERE seq <= ?", (oldest,))
        self._sql.execute("UPDATE mirror SET after = ?", (after,))

    def replace_terms(self, schemes: dict[str, list[Any]], tag: str | None) -> None:
        """Keep the terms of every vocabulary, in their order, as documents that can be imported."""
        self._sql.execute("DELETE FROM term")
        rows = (
            (scheme, position, orjson.dumps({"kind": TERM_KIND, "scheme": scheme, **term}).decode())
            for scheme, terms in schemes.items()
            for position, term in enumerate(terms)
        )
        self._sql.executemany("INSERT INTO term VALUES (?, ?, ?)", rows)
        self._sql.execute("UPDATE mirror SET vocabulary = ?", (tag,))

    def begin_listing(self) -> None:
        """Forget which records the service was seen to have."""
        columns = "ref TEXT PRIMARY KEY, revision INTEGER, updated_at TEXT"
        self._sql.execute(f"CREATE TEMP TABLE IF NOT EXISTS listed ({columns}) WITHOUT ROWID")
        self._sql.execute("DELETE FROM listed")

    def list_one(self, ref: str, revision: int, updated_at: str) -> None:
        """Note that the service has a record, in which revision."""
        self._sql.execute("INSERT OR REPLACE INTO listed VALUES (?, ?, ?)", (ref, revision, updated_at))

    def not_listed(self, collection: str) -> list[str]:
        """Return the records here that the service was not seen to have."""
        text = "SELECT ref FROM record WHERE ref > ? AND ref < ? AND ref NOT IN (SELECT ref FROM listed) ORDER BY ref"
        return [ref for (ref,) in self._sql.execute(text, (f"{collection}/", f"{collection}0"))]

    def listed_otherwise(self) -> list[str]:
        """Return the records that the service was seen to have, and that are not here, or of another revision."""
        text = (
            "SELECT ref FROM listed LEFT JOIN record USING (ref) WHERE (record.revision, document ->> '$.updated_at') "
            "IS NOT (listed.revision, listed.updated_at) ORDER BY ref"
        )
        return [ref for (ref,) in self._sql.execute(text)]

    def _one(self, text: str, *values: Any) -> Any:
        return self._sql.execute(text, values).fetchone()[0]


def _prepare(connection: sqlite3.Connection, path: Path, url: str) -> None:
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    edition = connection.execute("PRAGMA user_version").fetchone()[0]
    if tables and application != _APPLICATION:
        raise _not_a_mirror(path)
    if tables and edition != _EDITION:
        raise Conflict(
            f"{path} was written by another version of Annals; give another file to begin a new mirror."
        )
    # Whoever reads the file is not held up by a page that is being written.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if not tables:
        made = f"PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_EDITION};"
        connection.executescript(
            f"BEGIN IMMEDIATE; {_TABLES} {made} INSERT INTO mirror VALUES ('', 0, NULL); COMMIT;"
        )
    connection.execute(_OLDER)
    connection.execute("UPDATE mirror SET url = ?", (url,))


def _not_a_mirror(path: Path) -> Conflict:
    return Conflict(f"{path} is there already and is no mirror; nothing was changed. Give another file.")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
            raise DiskFull(f"There is no room to write {path}; make some, and run this again.") from error
        raise BadRequest(f"{path} cannot be written: {error}.") from error
    except sqlite3.DatabaseError as error:
        raise _not_a_mirror(path) from error
