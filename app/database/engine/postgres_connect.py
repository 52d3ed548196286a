"""Connections to Postgres, with timeouts and keepalives, also behind a pooler such as PgBouncer."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event

from app.database.engine import raw_sql
from app.database.engine.postgres_liveness import Liveness
from app.database.engine.postgres_watched import watched
from app.database_url import host_alternatives

CONNECT_SECONDS: Final = 5
"""The longest that opening a connection may take."""

_PROBES: Final = 3
"""Keepalive probes that go unanswered before the kernel gives a connection up."""


STATEMENT_SECONDS: Final = 60
"""The longest that the server works on one statement of a read."""


class Server:
    """A Postgres server: how to connect to it, and how long to wait for it.

    Attributes:
        wait_seconds: the longest that a request waits for a connection, a lock, or any reply.
        prepares: whether statements may be prepared, and settings of sessions made, where no pooler lends them.
        liveness: notices when the server stops answering; of several hosts it finds the one that is wanted.
        arguments: what each connection is opened with, beside the parameters of its host.
        blocking: the class of connections for threads.
        asynchronous: the class of connections for the event loop.
    """

    def __init__(
        self, url: URL, wait_seconds: float, *, takes_writes: bool = False, prepares: bool = True
    ) -> None:
        """Describe the server at `url`; nothing is connected.

        Of several hosts, that which `target_session_attrs` says is meant; where it says nothing, the one that
        takes writes, if the server is to.
        """
        self.url = url
        self.wait_seconds = wait_seconds
        self.prepares = prepares
        hosts = host_alternatives(url)
        if takes_writes and len(hosts) > 1:
            hosts = [{"target_session_attrs": "read-write", **host} for host in hosts]
        self.liveness = Liveness(hosts, wait_seconds)
        # Where packets are lost, TCP keepalives and the user timeout let the kernel notice. A server whose
        # kernel acknowledges packets and which does not answer is noticed by `postgres_liveness` alone.
        self.arguments: dict[str, Any] = {
            "application_name": "annals",
            "connect_timeout": max(1, min(CONNECT_SECONDS, round(wait_seconds))),
            "keepalives": 1,
            "keepalives_idle": max(1, round(wait_seconds / 2)),
            "keepalives_interval": max(1, round(wait_seconds / 2 / _PROBES)),
            "keepalives_count": _PROBES,
            "tcp_user_timeout": round(wait_seconds * 1000),
        }
        self.blocking, self.asynchronous = watched(
            self.liveness, hosts, longest_reading=STATEMENT_SECONDS + wait_seconds
        )

    @property
    def lock_timeout(self) -> int:
        """How long a statement waits for a lock, in milliseconds."""
        return max(1, round(self.wait_seconds * 1000))

    def close(self) -> None:
        """Stop watching the server."""
        self.liveness.close()


def session_settings(connection: Any, settings: dict[str, str]) -> tuple[str, Sequence[Any]]:
    """Set up a new connection's session, unless a pooler such as PgBouncer lends it.

    The query returns a row if the settings were made. A pooler in transaction mode gives each transaction
    any free session: settings leak to other clients, and a statement prepared in one may be missing in the
    next, or be another of the same name. A pooler is recognised by the backend process ids that it makes
    up. So nothing is set that another client would have to fear: no pooler that goes unrecognised comes to have
    sessions that take no writes.
    """
    made = ", ".join("set_config(%s, %s, false)" for _ in settings)
    values = [text for pair in settings.items() for text in pair]
    return f"SELECT {made} WHERE pg_backend_pid() = %s", [*values, connection.info.backend_pid]


def _set_up_session(connection: Any, server: Server) -> bool:
    """Set up a new connection's session, and return whether it is the connection's own."""
    query, values = session_settings(connection, {"lock_timeout": str(server.lock_timeout)})
    try:
        with connection.transaction():
            return bool(connection.execute(query, values, prepare=False).fetchall())
    except BaseException:
        connection.close()
        raise


def has_own_session(connection: Connection) -> bool:
    """Return whether a connection of an engine has a session of its own, which no pooler lends to others."""
    driver: Any = connection.connection.dbapi_connection
    return driver.prepare_threshold is not None


def make_postgres_engine(server: Server, *, connections: int, read_only: bool = False) -> Engine:
    """Make the SQLAlchemy engine for writing, or for snapshots (repeatable read, read-only).

    It opens at most `connections` of them, and waits for a free one as long as for any reply.
    """
    engine = create_engine(
        server.url.set(drivername="postgresql+psycopg"),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=server.wait_seconds,
        pool_pre_ping=True,
        pool_use_lifo=True,  # so that as few sessions as are enough have everything prepared
    )

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, _arguments: Any, _named: Any) -> Any:
        connection = server.blocking.connect(**server.arguments)
        if not (server.prepares and _set_up_session(connection, server)):
            connection.prepare_threshold = None
        return connection

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if not has_own_session(connection):
            raw_sql.execute(connection, f"SET LOCAL lock_timeout = {server.lock_timeout}")

    if read_only:
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine
