"""What importing costs against the bare driver: `python tests/benchmarks/bench_import.py [--events N] [--postgres URL]`.

The subject imports generated events with three participants each from an NDJSON file: read, validated, staged,
published, everything indexed. The floor is the driver inserting the very rows that are there in the end into the
same empty tables with the same indexes (SQLite: executemany; Postgres: COPY), as many to a transaction; making
those rows is not counted. Both run in turn, several times over.
"""

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from data import Sizes
from documents import actors_of, events_of
from load import resident_megabytes
from sqlalchemy import create_engine, make_url, text

from app.database import tables
from app.database.engine.database import Database
from app.database.index.full_text import text_parts, text_rowid
from app.imports.documents import ImportFile
from app.imports.readers import read
from app.imports.report import Options
from app.imports.service import import_documents
from app.maintenance.migrate import prepare
from app.records.kinds import kind_by_name
from app.records.validation.document import load_stored

BATCH = 1000
ROUNDS = 3
PIECE = 1 << 18
_KEYED = (
    "revision",
    "change",
    "entry",
    *(table.name for table in tables.INDEX_TABLES),
    "reference",
    "evidence",
)
_MORE = ("coverage", "statement", "support")
_WHOLE = ("cell", "tally", "word")
_NUMBERS = itertools.count(1)


def generate(path: Path, events: int) -> None:
    """Write the file that is imported: actors, then events."""
    actors = Sizes.of(events).actors
    with path.open("wb") as file:
        for actor in actors_of(actors):
            file.write(orjson.dumps({"kind": "actor", **actor}) + b"\n")
        for event in events_of(events, actors):
            file.write(orjson.dumps({"kind": "event", **event}) + b"\n")


def pieces(path: Path) -> Iterator[bytes]:
    """Read a file as the command does."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


class Place:
    """Where databases are made for one measurement."""

    def __init__(self, folder: Path, server: str | None) -> None:
        """Make files in a folder, or databases on a server."""
        self.folder = folder
        self.server = make_url(server).set(drivername="postgresql+psycopg") if server else None

    def fresh(self) -> str:
        """Make an empty database with tables and terms."""
        name = f"annals_bench_{os.getpid()}_{next(_NUMBERS)}"
        if self.server is None:
            url = f"sqlite:///{self.folder / name}.db"
        else:
            self._do(f'CREATE DATABASE "{name}"')
            url = self.server.set(database=name).render_as_string(hide_password=False)
        database = Database.open(url)
        prepare(database, url)
        database.dispose()
        return url

    def drop(self, url: str) -> None:
        """Delete a database."""
        name = make_url(url).database or ""
        if self.server is not None:
            self._do(f'DROP DATABASE "{name}" WITH (FORCE)')
            return
        for suffix in ("", "-wal", "-shm", "-next", "-writer", "-claims"):
            Path(name + suffix).unlink(missing_ok=True)

    def _do(self, statement: str) -> None:
        with create_engine(self.server or "", isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text(statement))


def subject(url: str, path: Path, *, helped: bool = True) -> float:
    """Import the file, with another process helping as the command has it, or without; gives seconds."""
    database = Database.open(url)
    began = time.perf_counter()
    inputs = [ImportFile(path.name, lambda: read("ndjson", pieces(path)))]
    report = import_documents(database, inputs, Options("bench", helped=helped))
    seconds = time.perf_counter() - began
    database.dispose()
    if report.faults:
        raise RuntimeError(report.faults[0])
    return seconds


def _columns(name: str) -> str:
    return ", ".join(column.name for column in tables.metadata.tables[name].columns)


def _batches(connection: Any) -> Iterator[list[tuple[str, str, Sequence[Any]]]]:
    """Give the rows of a database batch by batch: table, columns, rows."""
    # Revisions refer to it.
    yield [_all_rows(connection, "import")]
    last = 0
    while True:
        high = connection.execute(
            text("SELECT max(pk) FROM (SELECT pk FROM record WHERE pk > :last ORDER BY pk LIMIT :size) r"),
            {"last": last, "size": BATCH},
        ).scalar()
        if high is None:
            break
        some = {"low": last, "high": high}
        batch = [("record", _columns("record"), _rows(connection, "record", "pk", some))]
        batch.extend(
            (name, _columns(name), _rows(connection, name, "record", some)) for name in (*_KEYED, *_MORE)
        )
        texts = _texts(connection, some)
        batch.append(("text_index", *texts))
        yield batch
        last = high
    yield [_all_rows(connection, name) for name in _WHOLE]


def _all_rows(connection: Any, name: str) -> tuple[str, str, Sequence[Any]]:
    found = connection.execute(text(f"SELECT {_columns(name)} FROM {name}"))
    return name, _columns(name), [tuple(row) for row in found]


def _rows(connection: Any, name: str, key: str, some: dict[str, int]) -> Sequence[Any]:
    statement = f"SELECT {_columns(name)} FROM {name} WHERE {key} > :low AND {key} <= :high"
    return [tuple(row) for row in connection.execute(text(statement), some)]


def _texts(connection: Any, some: dict[str, int]) -> tuple[str, Sequence[Any]]:
    entries = connection.execute(
        text(
            "SELECT e.pk, e.view, r.kind, r.document FROM entry e JOIN record r ON r.pk = e.record "
            "WHERE e.record > :low AND e.record <= :high"
        ),
        some,
    ).all()
    parts = [
        (pk, text_parts(load_stored(kind_by_name(kind), document), view))
        for pk, view, kind, document in entries
    ]
    placed = sorted(((text_rowid(pk, one.title_words), one) for pk, one in parts), key=lambda row: row[0])
    if connection.dialect.name == "sqlite":
        return "rowid, line", [(at, one.line()) for at, one in placed]
    return "place, mark, vector", [(at, one.marks[1], one.vector()) for at, one in placed]


def floor(source_url: str, target_url: str) -> float:
    """Insert the rows of one database into another that is empty; gives the seconds of inserting alone."""
    source, target = Database.open(source_url), Database.open(target_url)
    seconds = 0.0
    with source.snapshot() as connection:
        for batch in _batches(connection):
            began = time.perf_counter()
            with target.transaction() as writing:
                driver: Any = writing.connection.driver_connection
                for name, columns, rows in batch:
                    if rows:
                        _insert(driver, writing.dialect.name, name, columns, rows)
            seconds += time.perf_counter() - began
    source.dispose()
    target.dispose()
    return seconds


def _insert(driver: Any, dialect: str, name: str, columns: str, rows: Sequence[Any]) -> None:
    if dialect == "sqlite":
        marks = ", ".join("?" * len(rows[0]))
        driver.executemany(f"INSERT INTO {name} ({columns}) VALUES ({marks})", rows)
        return
    with driver.cursor() as cursor, cursor.copy(f"COPY {name} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def memory(path: Path, url: str) -> float:
    """Import with the command, and give the most anonymous memory that it took, in megabytes."""
    environment = {**os.environ, "ANNALS_DATABASE_URL": url}
    command = [sys.executable, "-m", "app", "import", str(path)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = 0.0
    while process.poll() is None:
        most = max(most, resident_megabytes(process.pid))
        time.sleep(0.2)
    return most


def main() -> None:
    """Measure, and print the ratio with its spread."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--alone", action="store_true", help="import as the service does: in one process")
    parser.add_argument("--memory", action="store_true", help="measure the memory of the command as well")
    parser.add_argument("--postgres", help="address of a Postgres where databases may be made")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        where = Place(Path(folder), options.postgres)
        path = Path(folder) / "events.ndjson"
        generate(path, options.events)
        ratios, subjects, floors = [], [], []
        for _ in range(options.rounds):
            imported, inserted = where.fresh(), where.fresh()
            subjects.append(subject(imported, path, helped=not options.alone))
            floors.append(floor(imported, inserted))
            ratios.append(floors[-1] / subjects[-1])
            where.drop(imported)
            where.drop(inserted)
        print(
            f"import of {options.events:,} events: {statistics.median(ratios):.2f} of the bare driver "
            f"({min(ratios):.2f}-{max(ratios):.2f}); {options.events / statistics.median(subjects):,.0f}/s "
            f"against {options.events / statistics.median(floors):,.0f}/s",
            flush=True,
        )
        if options.memory:
            url = where.fresh()
            print(f"memory of the command: {memory(path, url):.0f} MB anonymous at most")
            where.drop(url)


if __name__ == "__main__":
    main()
