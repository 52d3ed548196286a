"""What a process keeps of what it counted last: the same question is asked again whenever a window is moved.

It is kept for one version of the database, which every write increases.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from app.database.engine.read_snapshot import ReadConnection
from app.database.engine.statement import CompiledStatement
from app.timeline.histograms import Row

MAX_ROWS: Final = 20_000
"""How many rows are kept for a database, in some megabytes; those that were asked for last."""


class _Key(NamedTuple):
    """A statement, and a hash of its parameters, which may be long."""

    statement: CompiledStatement
    parameters: bytes

    @classmethod
    def of(cls, statement: CompiledStatement, parameters: Mapping[str, Any]) -> "_Key":
        """Return the key of a statement with its parameters."""
        return cls(statement, blake2b(repr(sorted(parameters.items())).encode(), digest_size=16).digest())


class _KeptRows:
    """Rows by statement and parameters."""

    def __init__(self, version: str) -> None:
        """Keep rows of a version of the database."""
        self.version = version
        self._kept: OrderedDict[_Key, Sequence[Row]] = OrderedDict()
        self._number = 0

    def get(self, key: _Key) -> Sequence[Row] | None:
        """Return what is kept."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def keep(self, key: _Key, rows: Sequence[Row]) -> None:
        """Keep rows in place of those that were not asked for the longest."""
        if key in self._kept or len(rows) > MAX_ROWS:
            return
        self._kept[key] = rows
        self._number += len(rows) + 1
        while self._number > MAX_ROWS:
            _, dropped = self._kept.popitem(last=False)
            self._number -= len(dropped) + 1


# By engine, since a copy of a file has the same version.
_by_engine: WeakKeyDictionary[Engine, _KeptRows] = WeakKeyDictionary()


async def counted(
    db: ReadConnection, statement: CompiledStatement, parameters: Mapping[str, Any]
) -> Sequence[Row]:
    """Return the rows of a statement that counts extents by type, which are kept."""
    version = await db.version()
    kept = _by_engine.get(db.engine)
    if kept is None or kept.version != version:
        kept = _by_engine[db.engine] = _KeptRows(version)
    key = _Key.of(statement, parameters)
    rows = kept.get(key)
    if rows is None:
        rows = [(kind, text, int(n)) for kind, text, n in await db.fetch_slow(statement, parameters)]
        kept.keep(key, rows)
    return rows
