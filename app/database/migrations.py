"""Schema versions: created, migrated and checked with Alembic, on a connection of this program's.

Several processes may start at once: on SQLite the whole migration is one `BEGIN IMMEDIATE` transaction (its
DDL is transactional), on Postgres an advisory lock is held until the end.
"""

import secrets
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import Connection, inspect, text

from app.database.engine.database import Database
from app.database.engine.sqlite_connect import use_write_ahead_log
from app.database.engine.versions import FIRST_BRANCH, new_version
from app.database_url import parse_database_url
from app.errors import Conflict
from app.settings import data_dir
from app.values.timestamps import now

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATION_LOCK = 0x616E6E616C73
"""The key of Postgres' advisory lock: the service's name as a number."""


VERSION_TABLE: Final = "alembic_version"
"""The table in which Alembic keeps the schema version."""


def _config(connection: Connection) -> "Config":
    # Alembic takes longer to import than most commands take to run, and they find nothing to migrate.
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(data_dir("migrations")))
    config.attributes["connection"] = connection
    return config


@cache
def _versions() -> tuple[str, ...]:
    """Return the schema versions that this code knows, its own last; cached, as readiness is checked often."""
    files = (data_dir("migrations") / "versions").glob("[0-9]*_*.py")
    found = sorted(file.name.partition("_")[0] for file in files)
    if not found:
        raise FileNotFoundError("there are no migrations in the installation")
    return tuple(found)


def head() -> str:
    """Return the schema version that this code needs."""
    return _versions()[-1]


def is_known(version: str | None) -> bool:
    """Return whether this code can migrate a schema of this version to its own."""
    return version in _versions()


def current(connection: Connection) -> str | None:
    """Return the schema version of a database; None where it has none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: str | None = connection.execute(
        text(f"SELECT version_num FROM {VERSION_TABLE}")
    ).scalar_one_or_none()
    return version


def migrate(
    database: Database,
    url: str,
    target: str = "head",
    then: Callable[[Connection], object] | None = None,
) -> bool:
    """Migrate the schema to `target`; returns whether anything had to be done.

    Safe when several processes call it at once: one migrates, the others wait and find it done. `then` is
    run in the same transaction whenever the schema is at its head, while the others wait.

    Raises:
        Conflict: the schema is that of a newer program.
    """
    parsed = parse_database_url(url)
    if parsed.get_backend_name() == "sqlite":
        use_write_ahead_log(parsed.database or "annals.db")
    with database.transaction() as connection:
        if connection.dialect.name == "postgresql":
            # The others wait however long the migration takes.
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
    """Downgrade the schema, in the current transaction."""
    from alembic import command

    command.downgrade(_config(connection), target)


def upgrade(connection: Connection) -> None:
    """Upgrade the schema to this code's version, in the current transaction."""
    from alembic import command

    command.upgrade(_config(connection), "head")


def _first_row(connection: Connection) -> None:
    """Insert the row that holds the database version and the secret for signing cursors."""
    timeline = "annals_timeline()" if connection.dialect.name == "postgresql" else "NULL"
    stamp = now()
    connection.execute(
        text(
            "INSERT INTO database "
            "(one, version, version_tag, branch, stamp, timeline, vocabulary, secret, reindexed) "
            f"SELECT 1, 0, :tag, :branch, :stamp, {timeline}, 0, :secret, 0 "
            "WHERE NOT EXISTS (SELECT 1 FROM database)"
        ),
        {
            "branch": FIRST_BRANCH,
            "stamp": stamp,
            "tag": new_version(FIRST_BRANCH, stamp),
            "secret": secrets.token_bytes(32),
        },
    )


class Obstacle(NamedTuple):
    """Why this code cannot use a database, and what to do about it."""

    detail: str
    remedy: str


def obstacle(connection: Connection) -> Obstacle | None:
    """Return why this code cannot use the database; None where it can."""
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
    """Return why this code cannot use the database as sentences; an empty list where it can."""
    found = obstacle(connection)
    return [] if found is None else [f"{found.detail} {found.remedy}"]
