"""Diagnosis of how Postgres is connected to: poolers, and the way past them."""

from collections.abc import Iterator

from sqlalchemy import Connection, select, text

from app.database import tables
from app.database.engine.database import Database
from app.database.engine.postgres_connect import has_own_session
from app.database.engine.server_mode import takes_writes
from app.errors import AnnalsError
from app.maintenance.advice import Advice
from app.settings import Settings


def advice_on_connections(connection: Connection, settings: Settings) -> Iterator[Advice]:
    """Say whether a pooler lends the sessions, and whether ANNALS_DIRECT_DATABASE_URL leads past it to the same database."""
    if not has_own_session(connection):
        detail = (
            "A pooler lends the sessions of ANNALS_DATABASE_URL: no statement is prepared."
            if settings.database_prepare
            else "ANNALS_DATABASE_PREPARE is off: no statement is prepared."
        )
        remedy = (
            "Set ANNALS_DIRECT_DATABASE_URL to the server itself, for commands such as backup, migrations and imports."
            if settings.direct_database_url is None
            else "Commands go past it."
        )
        yield Advice("note", "pooler", detail, remedy)
    if settings.direct_database_url is not None:
        yield from _direct(connection, settings)


def _direct(connection: Connection, settings: Settings) -> Iterator[Advice]:
    # Databases that were copied within one server have the same secret, those of two servers may have the same number.
    identity = select(
        tables.database.c.secret, text("(SELECT oid FROM pg_database WHERE datname = current_database())")
    )
    database = Database.of(settings.past_poolers)
    try:
        with database.snapshot() as direct:
            is_same = direct.execute(identity).all() == connection.execute(identity).all()
            is_primary = takes_writes(direct)
            is_pooled = settings.database_prepare and not has_own_session(direct)
    except AnnalsError as error:
        detail = f"ANNALS_DIRECT_DATABASE_URL: {error.detail}"
        yield Advice("problem", "direct database", detail, "See that it leads to the server itself.")
        return
    finally:
        database.dispose()
    if not is_same:
        detail = "ANNALS_DIRECT_DATABASE_URL leads to another database than ANNALS_DATABASE_URL."
        yield Advice("problem", "direct database", detail, "Have both lead to the same.")
    elif not is_primary:
        detail = "ANNALS_DIRECT_DATABASE_URL leads to a server that takes no writes."
        yield Advice("problem", "direct database", detail, "Have it lead to the primary.")
    elif is_pooled:
        detail = "ANNALS_DIRECT_DATABASE_URL leads to a pooler."
        yield Advice("problem", "direct database", detail, "Have it lead to the server itself.")
