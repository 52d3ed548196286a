"""The sequences that Postgres gives keys of new rows from, where they have fallen behind the rows.

Logical replication copies rows and leaves sequences alone (PostgreSQL manual, 29.8): on a subscriber that takes over
they would give keys that are in use.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

_OWNED: Final = """\
SELECT sequence.oid::regclass::text, owner.oid::regclass::text, quote_ident(attribute.attname)
FROM pg_class AS sequence
JOIN pg_depend ON pg_depend.classid = 'pg_class'::regclass AND pg_depend.objid = sequence.oid
  AND pg_depend.refclassid = 'pg_class'::regclass AND pg_depend.deptype IN ('a', 'i')
JOIN pg_class AS owner ON owner.oid = pg_depend.refobjid
JOIN pg_attribute AS attribute ON attribute.attrelid = owner.oid AND attribute.attnum = pg_depend.refobjsubid
WHERE sequence.relkind = 'S' AND owner.relnamespace = current_schema()::regnamespace
ORDER BY 2"""
"""The sequences, each with the table and the column that it gives keys to, all as they are written in SQL."""


@dataclass(frozen=True, slots=True)
class BehindSequence:
    """A sequence that would give a key which is in use.

    Attributes:
        name: of the sequence.
        table: whose keys it gives.
        next_key: what it would give.
        highest: the highest key that is in use.
    """

    name: str
    table: str
    next_key: int
    highest: int

    @property
    def detail(self) -> str:
        """What is wrong, for people."""
        return f"The next key of {self.table} would be {self.next_key}, but {self.highest} is in use."


def sequences_behind(connection: Connection) -> Iterator[BehindSequence]:
    """Yield the sequences that have fallen behind; SQLite has none."""
    if connection.dialect.name == "sqlite":
        return
    for name, table, column in connection.execute(text(_OWNED)).all():
        found = _behind(connection, name, table, column)
        if found is not None:
            yield found


def advance_sequences(tx: Connection) -> int:
    """Have every sequence that has fallen behind go on after the highest key; returns how many had."""
    behind = 0
    if tx.dialect.name == "sqlite":
        return behind
    for name, table, column in tx.execute(text(_OWNED)).all():
        if _behind(tx, name, table, column) is None:
            continue
        # Whoever wants a key waits from here to the end: none that is given meanwhile is given again.
        tx.execute(text(f"ALTER SEQUENCE {name} INCREMENT BY 1"))
        found = _behind(tx, name, table, column)
        if found is not None:
            tx.execute(
                text("SELECT setval(CAST(:name AS regclass), :highest)"),
                {"name": name, "highest": found.highest},
            )
            behind += 1
    return behind


def _behind(connection: Connection, name: str, table: str, column: str) -> BehindSequence | None:
    given, is_used, highest = connection.execute(
        text(f"SELECT last_value, is_called, (SELECT coalesce(max({column}), 0) FROM {table}) FROM {name}")
    ).one()
    next_key = given + 1 if is_used else given
    return BehindSequence(name, table, next_key, highest) if next_key <= highest else None
