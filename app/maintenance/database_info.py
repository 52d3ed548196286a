"""Information about a database: versions, settings, sizes."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, text

from app.database import tables
from app.database.engine.sqlite_driver import sqlite3

OLDEST_POSTGRES: Final = 140000
"""The oldest Postgres that the tests run with, as its number."""

SYNCHRONOUS: Final = ("off", "normal", "full", "extra")


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a table.

    Attributes:
        table: its name.
        rows: how many rows it has; on Postgres as its statistics last counted them.
        size: bytes with its indexes; None where the database cannot tell them by table.
    """

    table: str
    rows: int
    size: int | None = None


@dataclass(slots=True)
class Vitals:
    """What a database says of itself; sizes in bytes.

    Attributes:
        version: of SQLite or the server, for people.
        version_number: the same for comparing: (3, 51, 3), or (180004,).
        size: the whole database.
        free: room left on its disk; None where it is another machine's.
        settings: what bears on safety and speed, by name.
        sizes: its tables, the largest first.
    """

    version: str
    version_number: tuple[int, ...]
    size: int
    free: int | None = None
    settings: dict[str, str | int] = field(default_factory=dict)
    sizes: list[Size] = field(default_factory=list)


def vitals(connection: Connection, path: Path | None) -> Vitals:
    """Read the information from a database; `path` is that of SQLite's file."""
    if path is not None:
        return _sqlite(connection, path)
    return _postgres(connection)


def _sqlite(connection: Connection, path: Path) -> Vitals:
    def pragma(name: str) -> str | int:
        value: str | int = connection.execute(text(f"PRAGMA {name}")).scalar_one()
        return value

    log = path.with_name(path.name + "-wal")
    page = int(pragma("page_size"))
    sizes = [
        Size(table.name, connection.execute(text(f"SELECT count(*) FROM {table.name}")).scalar_one())
        for table in tables.metadata.sorted_tables
    ]
    return Vitals(
        version=f"SQLite {sqlite3.sqlite_version}",
        version_number=tuple(sqlite3.sqlite_version_info),
        size=int(pragma("page_count")) * page,
        free=shutil.disk_usage(path.parent).free,
        settings={
            "journal_mode": pragma("journal_mode"),
            "synchronous": SYNCHRONOUS[int(pragma("synchronous"))],
            "foreign_keys": pragma("foreign_keys"),
            "write_ahead_log_bytes": log.stat().st_size if log.exists() else 0,
            "unused_bytes": int(pragma("freelist_count")) * page,
            "sampled_indexes": _sampled_indexes(connection),
        },
        sizes=sorted(sizes, key=lambda size: -size.rows),
    )


def _sampled_indexes(connection: Connection) -> int:
    """Count the indexes of which ANALYZE has kept samples."""
    if not connection.execute(text("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat4'")).first():
        return 0
    return int(connection.execute(text("SELECT count(DISTINCT idx) FROM sqlite_stat4")).scalar_one())


def _postgres(connection: Connection) -> Vitals:
    def setting(name: str) -> str:
        value: str = connection.execute(text("SELECT current_setting(:name)"), {"name": name}).scalar_one()
        return value

    found = connection.execute(
        text(
            "SELECT c.relname, greatest(c.reltuples, 0)::bigint, pg_total_relation_size(c.oid) FROM pg_class c "
            "WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace ORDER BY 3 DESC"
        )
    ).all()
    used, size = connection.execute(
        text("SELECT (SELECT count(*) FROM pg_stat_activity), pg_database_size(current_database())")
    ).one()
    driver: Any = connection.connection.dbapi_connection
    return Vitals(
        version=f"Postgres {setting('server_version')}",
        version_number=(int(setting("server_version_num")),),
        size=size,
        settings={
            "host": f"{driver.info.host}:{driver.info.port}",
            "max_connections": int(setting("max_connections")),
            "connections_used": used,
            "synchronous_commit": setting("synchronous_commit"),
            "fsync": setting("fsync"),
            "server_encoding": setting("server_encoding"),
        },
        sizes=[Size(*row) for row in found],
    )
