"""What the records of a kind are known by, for one import: a temporary file, so that memory is bounded.

It is made of one pass over the records when the first of their kind is wanted, and is of that moment.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, Final

import orjson
from sqlalchemy import bindparam, select

from app.database import tables
from app.database.engine.database import Database
from app.errors import DiskFull
from app.imports.wanted import BY
from app.values.text_folding import fold, tokens

_record = tables.record.c
_AT_A_TIME: Final = 50
_PARAMETERS: Final = 500

_OF_KIND: Final = (
    select(_record.id, _record.document)
    .where(_record.kind == bindparam("kind"), _record.state == tables.LIVE)
    .order_by(_record.id)
)


def name_key(by: str, text: str) -> str:
    """Return what is compared: names as search folds them, addresses as they are."""
    if by == "same_as":
        return text.strip()
    return " ".join(tokens(text)) or " ".join(fold(text).split())


class NamesIndex:
    """Names of records, looked up by digests."""

    def __init__(self, database: Database) -> None:
        """Begin with no kind."""
        self._database = database
        self._kinds: set[str] = set()
        # An empty name is a temporary file, which SQLite deletes.
        self._file = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -32000"):
            self._file.execute(f"PRAGMA {setting}")
        self._file.execute("CREATE TABLE name (key BLOB, id TEXT)")
        self._file.execute("CREATE TABLE made (key BLOB PRIMARY KEY, name BLOB) WITHOUT ROWID")

    def close(self) -> None:
        """Delete the file."""
        self._file.close()

    def find(self, kind: str, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], set[str]]:
        """Return the ids of the records that have each of these members and keys (`name_key`).

        Raises:
            DiskFull: the file has no room.
        """
        if kind not in self._kinds:
            self._read(kind)
        digests = {_digest(kind, by, key): (by, key) for by, key in wanted}
        found: dict[tuple[str, str], set[str]] = {}
        keys = list(digests)
        for start in range(0, len(keys), _PARAMETERS):
            some = keys[start : start + _PARAMETERS]
            marks = ",".join("?" * len(some))
            asked = f"SELECT key, id FROM name WHERE key IN ({marks})"
            for digest, record_id in self._file.execute(asked, some):
                found.setdefault(digests[digest], set()).add(record_id)
        return found

    def made_as(self, kind: str, record_id: str, key: str) -> str:
        """Remember that a record is made under an id for a name; returns `new`, `same`, or `other` where it is another's."""
        name = _digest(kind, "title", key)
        row = (_digest(kind, "id", record_id), name)
        if self._file.execute("INSERT OR IGNORE INTO made VALUES (?, ?)", row).rowcount:
            return "new"
        (known,) = self._file.execute("SELECT name FROM made WHERE key = ?", row[:1]).fetchone()
        return "same" if known == name else "other"

    def forget_made(self, kind: str, record_ids: Iterable[str]) -> None:
        """Forget records that are not made after all."""
        rows = [(_digest(kind, "id", record_id),) for record_id in record_ids]
        self._file.executemany("DELETE FROM made WHERE key = ?", rows)

    def _read(self, kind: str) -> None:
        self._kinds.add(kind)
        try:
            self._insert(kind)
        except sqlite3.OperationalError:
            raise DiskFull("There is no room for the names of records in a temporary file.") from None

    def _insert(self, kind: str) -> None:
        # An index that is made at the end is made by sorting.
        self._file.execute("DROP INDEX IF EXISTS ix_name_key")
        self._file.execute("BEGIN")
        with self._database.snapshot() as connection:
            result = connection.execution_options(yield_per=_AT_A_TIME).execute(_OF_KIND, {"kind": kind})
            self._file.executemany("INSERT INTO name VALUES (?, ?)", _keys(kind, result))
        self._file.execute("COMMIT")
        self._file.execute("CREATE INDEX ix_name_key ON name (key, id)")


def _keys(kind: str, records: Iterable[Any]) -> Iterator[tuple[bytes, str]]:
    for record_id, document in records:
        keys = {_digest(kind, by, name_key(by, text)) for by, text in _names(orjson.loads(document))}
        keys.add(_digest(kind, "id", record_id))
        yield from ((key, record_id) for key in keys)


def _names(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for by in BY:
        value = document.get(by)
        if isinstance(value, str):
            yield by, value
        elif isinstance(value, Mapping):
            yield from ((by, one) for one in value.values())
        elif value is not None:
            yield from ((by, one["name"] if isinstance(one, Mapping) else one) for one in value)


def _digest(kind: str, by: str, key: str) -> bytes:
    return blake2b(f"{kind}\0{by}\0{key}".encode("utf-8", "surrogatepass"), digest_size=12).digest()
