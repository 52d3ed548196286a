"""The version of a database, read to see whether anything was written."""

from sqlalchemy import select

from app.database import tables
from app.database.engine.database import Database


def version_of(database: Database) -> int:
    with database.snapshot() as connection:
        version: int = connection.execute(select(tables.database.c.version)).scalar_one()
    return version
