"""The SQLite driver: the newest SQLite that can be had.

SQLite before 3.51.3 has a bug by which a reset of the write-ahead log can, rarely, corrupt a database.
`pysqlite3` brings a newer one; where it cannot be installed, the standard library's is used.
"""

try:
    from pysqlite3 import dbapi2 as sqlite3
except ImportError:  # pragma: no cover - where there is no wheel for the platform
    import sqlite3


SAFE_SQLITE = (3, 51, 3)
"""The first SQLite without the bug of the write-ahead log."""

__all__ = ["SAFE_SQLITE", "sqlite3"]
