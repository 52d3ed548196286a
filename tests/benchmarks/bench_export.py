"""What exporting costs against the bare driver: `python tests/benchmarks/bench_export.py [--events N] [--postgres URL]`.

The subject writes everything as NDJSON to a file, and sends it over HTTP. The floor is the driver reading the same
documents in the same order, a thousand rows at a time, and writing them to a file.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from data import make_database
from load import resident_megabytes, subject

from app.database.engine.database import Database
from app.exports.service import export
from app.formats import FORMATS
from app.formats.format import About, Projection
from app.formats.serialize import write
from app.records.kinds import RECORD_KINDS

ROUNDS = 5
ROWS = 1000


def exported(url: str, target: Path) -> float:
    """Export to a file; gives seconds."""
    database = Database.open(url)
    began = time.perf_counter()
    with target.open("wb") as file:
        for piece in write(
            FORMATS["ndjson"], export(database, Projection(), terms=True), About("http://x", "Everything")
        ):
            file.write(piece)
    seconds = time.perf_counter() - began
    database.dispose()
    return seconds


def copied(url: str, target: Path) -> float:
    """Read with the driver and write to a file; gives seconds."""
    database = Database.open(url)
    began = time.perf_counter()
    with target.open("wb") as file, database.snapshot() as connection:
        for rows in _rows(connection):
            file.write("".join([f"{row[0]}\n" for row in rows]).encode())
    seconds = time.perf_counter() - began
    database.dispose()
    return seconds


def _rows(connection: Any) -> Iterator[list[tuple[str]]]:
    driver: Any = connection.connection.driver_connection
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    statement = f"SELECT document FROM record WHERE kind = {mark} AND state = 0 ORDER BY id"
    for kind in RECORD_KINDS:
        cursor = (
            driver.cursor() if connection.dialect.name == "sqlite" else driver.cursor(f"floor_{kind.kind}")
        )
        cursor.execute(statement, (kind.kind,))
        while rows := cursor.fetchmany(ROWS):
            yield rows
        cursor.close()


def fetched(port: int, target: Path) -> tuple[float, float]:
    """Export over HTTP to a file; gives seconds in all, and until the first byte."""
    began = time.perf_counter()
    first = 0.0
    with (
        target.open("wb") as file,
        httpx.stream("GET", f"http://127.0.0.1:{port}/v1/export", timeout=600) as answer,
    ):
        for piece in answer.iter_raw():
            first = first or time.perf_counter() - began
            file.write(piece)
    return time.perf_counter() - began, first


def main() -> None:
    """Measure, and print the ratios with their spread."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--postgres", help="address of a Postgres where databases may be made")
    options = parser.parse_args()
    url = make_database(options.events, options.postgres)
    with tempfile.TemporaryDirectory() as folder, subject(url) as (port, pid):
        target = Path(folder) / "export.ndjson"
        copied(url, target)
        lines = target.read_bytes().count(b"\n")
        files, nets, firsts, rates = [], [], [], []
        for _ in range(options.rounds):
            floor = copied(url, target)
            files.append(floor / exported(url, target))
            seconds, first = fetched(port, target)
            nets.append(floor / seconds)
            firsts.append(first)
            rates.append(lines / floor)
        told = {
            "records": lines,
            "bare driver, records/s": round(statistics.median(rates)),
            "to a file, of the driver": _spread(files),
            "over HTTP, of the driver": _spread(nets),
            "first byte, ms": round(statistics.median(firsts) * 1000, 1),
            "memory of the serving process, MB": round(resident_megabytes(pid)),
        }
    print(json.dumps(told, indent=2))


def _spread(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


if __name__ == "__main__":
    main()
