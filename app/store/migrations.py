"""The schema's versions: made, changed and checked by Alembic, on a connection of our own.

Several processes may start at once: on SQLite the whole migration is one `BEGIN IMMEDIATE`
transaction (its DDL is transactional), on Postgres an advisory lock is held until the end.
"""

import secrets
from collections.abc import Callable

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text

from app.settings import data_dir
from app.store.engine import Database
from app.store.sqlite import use_write_ahead_log

MIGRATION_LOCK = 0x616E6E616C73
"""The key of Postgres' advisory lock: the service's name as a number."""


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(data_dir("migrations")))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """Give the schema's version that this code knows."""
    config = Config()
    config.set_main_option("script_location", str(data_dir("migrations")))
    version = ScriptDirectory.from_config(config).get_current_head()
    if version is None:
        raise FileNotFoundError("there are no migrations in the installation")
    return version


def current(connection: Connection) -> str | None:
    """Give the schema's version of a database; None where it has none."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(
    database: Database,
    url: str,
    target: str = "head",
    then: Callable[[Connection], object] | None = None,
) -> bool:
    """Bring the schema to `target`; gives whether anything had to be done.

    Safe when several processes call it at once: one works, the others wait and find it done. `then` is
    run in the same transaction whenever the schema is at its head, while the others wait.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        use_write_ahead_log(parsed.database or "annals.db")
    with database.transaction() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        if target != "head":
            command.downgrade(_config(connection), target)
            return True
        changed = current(connection) != head()
        if changed:
            command.upgrade(_config(connection), "head")
            _first_row(connection)
        if then is not None:
            then(connection)
    return changed


def _first_row(connection: Connection) -> None:
    """Make the row that holds the database's version and the secret its cursors are signed with."""
    connection.execute(
        text(
            "INSERT INTO database (one, version, vocabulary, secret, reindexed) "
            "SELECT 1, 0, 0, :secret, 0 WHERE NOT EXISTS (SELECT 1 FROM database)"
        ),
        {"secret": secrets.token_bytes(32)},
    )


def reasons_not_ready(connection: Connection) -> list[str]:
    """Say what stands between the database and this code; an empty list where nothing does."""
    found, known = current(connection), head()
    if found == known:
        return []
    if found is None:
        return ["The database has no tables yet; run `annals migrate`."]
    return [f"The schema is at version {found}, this code knows {known}; run `annals migrate`."]
