"""Databases to measure on: made through the real write path, from a fixed seed, and kept for the next run."""

import hashlib
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from app.database import migrations
from app.database.engine.database import Database
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.maintenance.migrate import prepare
from app.records.kinds import kind_by_name
from app.records.validation.document import validate_document
from app.writing.write import NewRevision, write

SEED = 20_260_103
BATCH = 2000
ACTORS_FOR_EVENTS = 0.1
TYPES = ("meeting", "battle", "election", "protest", "treaty-signing", "death", "reform", "speech")
ROLES = ("participant", "initiator", "target", "host", "guest")
WORDS = [
    f"{a}{b}"
    for a in ("ka", "lo", "mi", "ne", "po", "ru", "sa", "te", "vu", "za")
    for b in (
        "bar",
        "cor",
        "dal",
        "fen",
        "gar",
        "hol",
        "jin",
        "kem",
        "lun",
        "mor",
        "nat",
        "pel",
        "qir",
        "ros",
        "sul",
        "tam",
        "vel",
        "wex",
        "yor",
        "zan",
    )
]


def folder() -> Path:
    """Give the folder where databases are kept between runs."""
    return Path(os.environ.get("ANNALS_BENCHMARK_DIR", tempfile.gettempdir())) / "annals-benchmarks"


def places_of(count: int) -> Iterator[dict[str, object]]:
    """Make places, most of them points around 200 towns, and one in a hundred an area of some degrees."""
    chance = random.Random(SEED)
    towns = [(chance.uniform(-160, 160), chance.uniform(-50, 65)) for _ in range(200)]
    for number in range(count):
        lon, lat = (at + chance.gauss(0, 2) for at in chance.choice(towns))
        geometry: dict[str, object] = {"type": "Point", "coordinates": [lon, lat]}
        if chance.random() < 0.01:
            geometry = {"type": "LineString", "coordinates": [[lon, lat], [lon + 3, lat + 3]]}
        yield {"id": f"place-{number}", "title": f"Place {number}", "geometry": geometry}


def events_of(count: int, actors: int, places: int = 0) -> Iterator[dict[str, object]]:
    """Make events: a date somewhere in 400 years, three participants, a title of common and rare words.

    With `places` nine in ten are at a place, and some of these at two, or not quite there.
    """
    chance, where = random.Random(SEED), random.Random(SEED)
    for number in range(count):
        year = 1600 + int(400 * chance.random() ** 0.7)
        spread = chance.random()
        if spread < 0.6:
            date = f"{year}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        elif spread < 0.8:
            date = f"{year}"
        elif spread < 0.9:
            date = f"{year}/{year + chance.randint(1, 15)}"
        elif spread < 0.95:
            date = f"{str(year)[:3]}X"
        else:
            date = f"{year}~"
        words = [WORDS[int(len(WORDS) * chance.random() ** 2)] for _ in range(4)]
        people = chance.sample(range(actors), 3)
        yield {
            "id": f"event-{number}",
            "title": f"{' '.join(words).capitalize()} {number % 5000}",
            "type": chance.choice(TYPES),
            "summary": f"What is known of {words[0]} and {words[-1]}, as the records of {year} have it.",
            "date": date,
            "participants": [
                {"actor": f"actors/actor-{person}", "role": ROLES[n]} for n, person in enumerate(people)
            ],
            "tags": [words[1]],
            **({"places": at} if places and (at := list(_at(where, places))) else {}),
        }


def _at(chance: random.Random, places: int) -> Iterator[dict[str, object]]:
    count = chance.choices((0, 1, 2), (10, 80, 10))[0]
    for number in dict.fromkeys(int(places * chance.random() ** 2) for _ in range(count)):
        at: dict[str, object] = {"place": f"places/place-{number}"}
        yield at if chance.random() < 0.9 else {**at, "precision_m": 5_000}


def fill(database: Database, events: int, actors: int, places: int = 0) -> None:
    """Write actors, places and events in batches, each batch one transaction."""
    people = (
        {
            "id": f"actor-{n}",
            "title": f"{WORDS[n % 200].capitalize()} {WORDS[n * 7 % 200]} {n}",
            "type": "person",
        }
        for n in range(actors)
    )
    for kind_name, documents in (
        ("actor", people),
        ("place", places_of(places)),
        ("event", events_of(events, actors, places)),
    ):
        kind = kind_by_name(kind_name)
        batch: list[dict[str, object]] = []
        for document in documents:
            batch.append(document)
            if len(batch) == BATCH:
                _write(database, kind, batch)
                batch = []
        if batch:
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


def make_database(events: int, server: str | None = None, actors: int | None = None, places: int = 0) -> str:
    """Give the URL of a database with that many events; one made before with this code is used again.

    `actors` is how many there are to take part in them, else a tenth of the events; `places`, where they are. `server` is the
    address of a Postgres where databases may be made; without it the database is a SQLite file.
    """
    code = hashlib.sha256(Path(__file__).read_bytes() + migrations.head().encode())
    for path in sorted((Path(migrations.__file__).parent).rglob("*.py")):
        code.update(path.read_bytes())
    actors = actors or max(10, int(events * ACTORS_FOR_EVENTS))
    sizes = f"{events}_{actors}" + (f"_{places}" if places else "")
    name = f"annals_benchmark_{sizes}_{code.hexdigest()[:8]}"
    if server is None:
        folder().mkdir(parents=True, exist_ok=True)
        path = folder() / f"{name}.db"
        url = f"sqlite:///{path}"
        if path.exists():
            return url
        _make(f"sqlite:///{path}.part", events, actors, places)
        shutil.move(f"{path}.part", path)
        return url
    address = make_url(server).set(drivername="postgresql+psycopg")
    url = address.set(database=name).render_as_string(hide_password=False)
    with create_engine(address, isolation_level="AUTOCOMMIT").connect() as connection:
        if connection.execute(
            text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}
        ).first():
            return url
        connection.execute(text(f'CREATE DATABASE "{name}_part"'))
        part = address.set(database=f"{name}_part").render_as_string(hide_password=False)
        _make(part, events, actors, places)
        connection.execute(text(f'ALTER DATABASE "{name}_part" RENAME TO "{name}"'))
    return url


def _make(url: str, events: int, actors: int, places: int) -> None:
    began = time.perf_counter()
    database = Database.open(url)
    prepare(database, url)
    fill(database, events, actors, places)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("VACUUM ANALYZE")
    database.dispose()
    seconds = time.perf_counter() - began
    print(f"{url.rpartition('/')[2]}: {events:,} events in {seconds:.0f} s, {events / seconds:,.0f}/s")
