"""The schema's versions: made, changed and checked by Alembic, on a connection of our own.

Several processes may start at once: on SQLite the whole migration is one `BEGIN IMMEDIATE`
transaction (its DDL is transactional), on Postgres an advisory lock is held until the end.
"""

import secrets
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text

from app.database.engine.database import Database
from app.database.engine.sqlite_connect import use_write_ahead_log
from app.errors import Conflict
from app.settings import data_dir

MIGRATION_LOCK = 0x616E6E616C73
"""The key of Postgres' advisory lock: the service's name as a number."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(data_dir("migrations")))
    config.attributes["connection"] = connection
    return config


@cache
def _versions() -> tuple[str, ...]:
    """Give the versions that this code knows, its own first; they are read once, as readiness is asked often."""
    found = tuple(one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions())
    if not found:
        raise FileNotFoundError("there are no migrations in the installation")
    return found


def head() -> str:
    """Give the schema's version that this code works with."""
    return _versions()[0]


def is_known(version: str | None) -> bool:
    """Say whether this code can bring a schema of this version to its own."""
    return version in _versions()


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

    Raises:
        Conflict: the schema is that of a newer program.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        use_write_ahead_log(parsed.database or "annals.db")
    with database.transaction() as connection:
        if connection.dialect.name == "postgresql":
            # However long whoever works takes, the others wait.
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        if target != "head":
            downgrade(connection, target)
            return True
        found = current(connection)
        if found is not None and not is_known(found):
            raise Conflict(reasons_not_ready(connection)[0], code="newer_schema")
        changed = found != head()
        if changed:
            upgrade(connection)
            _first_row(connection)
        if then is not None:
            then(connection)
    return changed


def downgrade(connection: Connection, target: str) -> None:
    """Bring the schema back to an earlier version, in the transaction that is open."""
    command.downgrade(_config(connection), target)


def upgrade(connection: Connection) -> None:
    """Bring the schema up to this code's version, in the transaction that is open."""
    command.upgrade(_config(connection), "head")


def _first_row(connection: Connection) -> None:
    """Make the row that holds the database's version and the secret its cursors are signed with."""
    connection.execute(
        text(
            "INSERT INTO database (one, version, version_tag, vocabulary, secret, reindexed) "
            "SELECT 1, 0, :tag, 0, :secret, 0 WHERE NOT EXISTS (SELECT 1 FROM database)"
        ),
        {"secret": secrets.token_bytes(32), "tag": f"0-{secrets.token_hex(6)}"},
    )


class Obstacle(NamedTuple):
    """What stands between a database and this code, and what to do about it."""

    detail: str
    remedy: str


def obstacle(connection: Connection) -> Obstacle | None:
    """Say what stands between the database and this code; None where nothing does."""
    found = current(connection)
    if found == head():
        return None
    if found is None:
        return Obstacle("The database has no tables yet.", "Run `annals migrate`.")
    if is_known(found):
        return Obstacle(f"The schema is at version {found}, behind {head()}.", "Run `annals migrate`.")
    return Obstacle(
        f"The schema is at version {found}, which this program does not know.", "Use a newer Annals."
    )


def reasons_not_ready(connection: Connection) -> list[str]:
    """Give what stands between the database and this code as sentences; an empty list where nothing does."""
    found = obstacle(connection)
    return [] if found is None else [f"{found.detail} {found.remedy}"]
