"""Connections to Postgres, with timeouts and keepalives, also behind a pooler such as PgBouncer."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import URL, Engine, create_engine, event

from app.database.engine.postgres_liveness import Liveness, watched

CONNECT_SECONDS: Final = 5
"""The longest that opening a connection may take."""

_PROBES: Final = 3
"""Keepalive probes that go unanswered before the kernel gives a connection up."""


def text_url(url: URL) -> str:
    """Return a SQLAlchemy URL as a connection string of libpq."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


class Server:
    """A Postgres server: how to connect to it, and how long to wait for it.

    Attributes:
        wait_seconds: the longest that a request waits for a connection, a lock, or any reply.
        liveness: notices when the server stops answering.
        arguments: what each connection is opened with.
        blocking: the class of connections for threads.
        asynchronous: the class of connections for the event loop.
    """

    def __init__(self, url: URL, wait_seconds: float) -> None:
        """Describe the server at `url`; nothing is connected."""
        self.url = url
        self.wait_seconds = wait_seconds
        self.liveness = Liveness(text_url(url), wait_seconds)
        self.blocking, self.asynchronous = watched(self.liveness)
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
    up.
    """
    made = ", ".join("set_config(%s, %s, false)" for _ in settings)
    values = [text for pair in settings.items() for text in pair]
    return f"SELECT {made} WHERE pg_backend_pid() = %s", [*values, connection.info.backend_pid]


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
        connect_args=server.arguments,
    )

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, arguments: Any, named: Any) -> Any:
        server.liveness.refuse_if_silent()
        connection = server.blocking.connect(*arguments, **named)
        query, values = session_settings(connection, {"lock_timeout": str(server.lock_timeout)})
        try:
            with connection.transaction():
                made = connection.execute(query, values, prepare=False).fetchall()
        except BaseException:
            connection.close()
            raise
        if not made:
            connection.prepare_threshold = None
        return connection

    if read_only:
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine
