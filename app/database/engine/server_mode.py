"""Whether the server of a connection takes writes."""

from sqlalchemy import Connection, text


def takes_writes(connection: Connection) -> bool:
    """Return whether the server of a connection takes writes: it is no standby, and not set to read-only."""
    if connection.dialect.name == "sqlite":
        return True
    query = "SELECT NOT pg_is_in_recovery() AND reset_val = 'off' FROM pg_settings WHERE name = :name"
    return bool(connection.execute(text(query), {"name": "default_transaction_read_only"}).scalar_one())
