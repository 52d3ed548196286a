"""Addresses of databases: SQLite files and Postgres servers, in every form in which libpq takes several hosts.

SQLAlchemy writes an address of several hosts otherwise than libpq does ("Specifying Multiple Hosts", PostgreSQL
manual, 34.1.1.3), and reads some of libpq's forms wrong. All addresses are read here, and say the same to both after:
the hosts and their ports stand in the query, one port for each host.
"""

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

_SCHEMES: Final = ("sqlite:", "postgresql:", "postgresql+psycopg:")

_SEVERAL: Final = re.compile(
    r"(?P<before>[a-z+]+://(?:[^:/?@]*(?::[^@]*)?@)?)(?P<hosts>[^/?@]*,[^/?@]*)(?P<after>(?:[/?].*)?)",
    re.DOTALL,
)
"""An address that names several hosts before its path: `postgresql://USER:PASSWORD@a:5432,b:5433/NAME`."""

_BETWEEN: Final = re.compile(r"\s*,\s*(?=[a-z][a-z0-9+.-]*://)|\s+")
"""What separates addresses: white space, or a comma before a scheme; other commas are part of one of several hosts."""

_HOST: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^:\[\]]+)(?::(?P<port>[0-9]*))?")

_DEFAULT_PORT: Final = "5432"

_SESSIONS: Final = ("any", "read-write", "read-only", "primary", "standby", "prefer-standby")
"""What `target_session_attrs` may be (PostgreSQL manual, 34.1.2)."""


def parse_database_url(value: str | URL) -> URL:
    """Return an address as SQLAlchemy has it; several hosts stand in its query as `host=a,b&port=5432,5433`.

    Raises:
        ValueError: it is no address of a database; the message says how one is written.
    """
    text = value if isinstance(value, str) else value.render_as_string(hide_password=False)
    if not text.startswith(_SCHEMES):
        raise ValueError("begins with sqlite:/// or postgresql+psycopg://")
    several = None if text.startswith("sqlite:") else _SEVERAL.fullmatch(text)
    try:
        url = make_url(text if several is None else several["before"] + several["after"])
    except (ArgumentError, ValueError):
        raise ValueError(
            "write sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME"
        ) from None
    if url.get_backend_name() == "sqlite":
        return url
    repeated = [name for name, found in url.query.items() if not isinstance(found, str)]
    if repeated:
        raise ValueError(
            f"{repeated[0]} is given more than once: write several hosts as host=a,b&port=5432,5433"
        )
    if several is not None:
        if {"host", "port"} & url.query.keys():
            raise ValueError("hosts stand before the path or in host= and port=, not in both")
        url = url.update_query_dict(_in_query(several["hosts"]))
    return _with_a_port_each(url)


def _in_query(hosts: str) -> dict[str, str]:
    found = [_HOST.fullmatch(one) for one in hosts.split(",")]
    if not all(found):
        raise ValueError("write several hosts as HOST:PORT,HOST:PORT")
    pairs = [(one["host"].strip("[]"), one["port"] or _DEFAULT_PORT) for one in found if one is not None]
    return {"host": ",".join(host for host, _ in pairs), "port": ",".join(port for _, port in pairs)}


def _with_a_port_each(url: URL) -> URL:
    _refuse_unknown(url)
    hosts = str(url.query.get("host", "")).split(",")
    if len(hosts) == 1:
        return url
    if "" in hosts:
        raise ValueError("a host has no name: write several as host=a,b")
    given = str(url.query.get("port") or url.port or "").split(",")
    ports = [port or _DEFAULT_PORT for port in (given * len(hosts) if len(given) == 1 else given)]
    if len(ports) != len(hosts):
        raise ValueError("as many ports as there are hosts belong in port=, or one for all")
    return url.set(port=None).update_query_dict({"port": ",".join(ports)})


def _refuse_unknown(url: URL) -> None:
    """Raise `ValueError` for parameters that libpq does not have, and for values of those that matter here."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        conninfo_to_dict(libpq_url(url))
    except ProgrammingError as error:
        raise ValueError(str(error).strip()) from None
    sessions = url.query.get("target_session_attrs", "any")
    if sessions not in _SESSIONS:
        raise ValueError(f"target_session_attrs is {', '.join(_SESSIONS[:-1])} or {_SESSIONS[-1]}")


def libpq_url(url: URL) -> str:
    """Return an address of Postgres as a connection string of libpq (PostgreSQL manual, 34.1.1.2)."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def host_alternatives(url: URL) -> list[dict[str, str]]:
    """Return the parameters of libpq for each host of an address alone.

    Together where it names none, and where libpq is to choose: by chance, or a standby before others.
    """
    from psycopg.conninfo import conninfo_to_dict

    shared = {name: str(value) for name, value in conninfo_to_dict(libpq_url(url)).items()}
    if shared.get("load_balance_hosts") == "random" or shared.get("target_session_attrs") == "prefer-standby":
        return [shared]
    lists = {name: shared.pop(name).split(",") for name in ("host", "hostaddr", "port") if name in shared}
    count = max((len(found) for found in lists.values()), default=1)
    return [
        shared | {name: found[n if len(found) > 1 else 0] for name, found in lists.items()}
        for n in range(count)
    ]


def _check_database_url(value: str) -> str:
    url = parse_database_url(value)
    if url.get_backend_name() == "sqlite":
        if "?" in value:
            raise ValueError(
                "an address of SQLite takes no `?`: rename the file, or leave the parameters out"
            )
        if url.database in (None, "", ":memory:"):
            raise ValueError("name a file, as in sqlite:///annals.db: in memory nothing would be kept")
    return value


def _check_postgres_url(value: str) -> str:
    if value.startswith("sqlite:"):
        raise ValueError("name a server of Postgres: postgresql+psycopg://USER:PASSWORD@HOST/NAME")
    return _check_database_url(value)


def _split_urls(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(one for one in _BETWEEN.split(value) if one)
    return () if value is None else value


DatabaseUrl = Annotated[str, AfterValidator(_check_database_url)]
"""An address of a database, as it was written."""

PostgresUrl = Annotated[str, AfterValidator(_check_postgres_url)]
"""An address of a Postgres database, as it was written."""

PostgresUrls = Annotated[tuple[PostgresUrl, ...], BeforeValidator(_split_urls)]
"""Addresses of Postgres databases in one text, as in environment variables."""
