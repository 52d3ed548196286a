"""Databases to measure on: made through the real write path, from a fixed seed, and kept for the next run."""

import hashlib
import itertools
import os
import shutil
import tempfile
import time
from dataclasses import astuple, dataclass
from pathlib import Path

from documents import actors_of, events_of, places_of, sources_of
from sqlalchemy import create_engine, make_url, text

from app.database import migrations
from app.database.engine.database import Database
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.maintenance.migrate import prepare
from app.records.kinds import kind_by_name
from app.records.validation.document import validate_document
from app.writing.write import NewRevision, write

BATCH = 2000
ACTORS_FOR_EVENTS = 0.1
PLACES_FOR_EVENTS = 0.05
SOURCES_FOR_EVENTS = 0.02


def folder() -> Path:
    """Give the folder where databases are kept between runs."""
    return Path(os.environ.get("ANNALS_BENCHMARK_DIR", tempfile.gettempdir())) / "annals-benchmarks"


@dataclass(frozen=True)
class Sizes:
    """How many records of each kind a database has."""

    events: int
    actors: int
    places: int
    sources: int

    @classmethod
    def of(cls, events: int, actors: int | None = None, places: int | None = None) -> "Sizes":
        """Give the sizes of a database of so many events; what is not given is a share of these."""
        return cls(
            events,
            actors or max(10, int(events * ACTORS_FOR_EVENTS)),
            places or max(20, int(events * PLACES_FOR_EVENTS)),
            max(5, int(events * SOURCES_FOR_EVENTS)),
        )


def fill(database: Database, sizes: Sizes) -> None:
    """Write actors, sources, places and events in batches, each batch one transaction."""
    for kind_name, documents in (
        ("actor", actors_of(sizes.actors)),
        ("source", sources_of(sizes.sources)),
        ("place", places_of(sizes.places)),
        ("event", events_of(sizes.events, sizes.actors, sizes.places, sizes.sources)),
    ):
        kind = kind_by_name(kind_name)
        left = iter(documents)
        while batch := list(itertools.islice(left, BATCH)):
            _write(database, kind, batch)


def _write(database: Database, kind: object, batch: list[dict[str, object]]) -> None:
    def work(tx: object) -> None:
        vocabulary = vocabulary_of(tx)
        write(
            tx,
            [NewRevision(kind, validate_document(kind, raw, vocabulary)) for raw in batch],
            Attribution(by="benchmark"),
        )

    database.write_now(work)


def make_database(
    events: int, server: str | None = None, actors: int | None = None, places: int | None = None
) -> str:
    """Give the URL of a database with that many events; one made before with this code is used again.

    `actors` is how many there are to take part in them, `places` where they are; else a tenth and a twentieth of the events.
    `server` is the address of a Postgres where databases may be made; without it the database is a SQLite file.
    """
    code = hashlib.sha256(migrations.head().encode())
    for path in (
        *(Path(__file__).with_name(f"{name}.py") for name in ("data", "documents", "words")),
        *sorted(Path(migrations.__file__).parent.rglob("*.py")),
    ):
        code.update(path.read_bytes())
    sizes = Sizes.of(events, actors, places)
    numbers = "_".join(str(number) for number in astuple(sizes))
    name = f"annals_benchmark_{numbers}_{code.hexdigest()[:8]}"
    if server is None:
        folder().mkdir(parents=True, exist_ok=True)
        path = folder() / f"{name}.db"
        url = f"sqlite:///{path}"
        if path.exists():
            return url
        Path(f"{path}.part").unlink(missing_ok=True)
        _make(f"sqlite:///{path}.part", sizes)
        shutil.move(f"{path}.part", path)
        return url
    address = make_url(server).set(drivername="postgresql+psycopg")
    url = address.set(database=name).render_as_string(hide_password=False)
    with create_engine(address, isolation_level="AUTOCOMMIT").connect() as connection:
        if connection.execute(
            text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}
        ).first():
            return url
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}_part"'))
        connection.execute(text(f'CREATE DATABASE "{name}_part"'))
        part = address.set(database=f"{name}_part").render_as_string(hide_password=False)
        _make(part, sizes)
        connection.execute(text(f'ALTER DATABASE "{name}_part" RENAME TO "{name}"'))
    return url


def _make(url: str, sizes: Sizes) -> None:
    began = time.perf_counter()
    database = Database.open(url)
    prepare(database, url)
    fill(database, sizes)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("VACUUM ANALYZE")
    database.dispose()
    seconds = time.perf_counter() - began
    print(
        f"{make_url(url).database}: {sizes.events:,} events in {seconds:.0f} s, {sizes.events / seconds:,.0f}/s"
    )
