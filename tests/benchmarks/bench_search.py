"""What counting and completing cost, beside what they are worth comparing with: `bench_reading.py` has their rates.

`python tests/benchmarks/bench_search.py [--events N] [--postgres URL] [--url URL]`. Facets and timelines are measured
against the plain GROUP BY over the same rows, the first page of a common word against that of a rare one, suggestions
against reading one record; all in one run. On Postgres what counting costs a record that is read beside it
is measured on a bare FastAPI and psycopg as well: where processors are few, it is the scheduler's doing.
"""

import argparse
import asyncio
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import httpx
from data import Sizes, make_database
from documents import TYPES, WORDS_OF_EVENT
from load import free_port, serving, subject
from questions import one_record, questions, suggestions
from sqlalchemy import make_url, text
from words import WORDS, rank_of, word

from app.database.engine.database import Database
from app.listing.bound_query import BoundQuery, bind_query
from app.listing.facets import count_facets
from app.listing.query import LIST_QUERIES, ListQuery
from app.schemas.query_model import parse_query
from app.timeline.service import TimelineQuestion, timeline

TURNS = 5

# A decade is taken for 3652.425 days: wrong by a day here and there, and as dear as the right sum.
PLAIN_TYPE = "SELECT type, count(*) FROM entry WHERE {} GROUP BY type"
PLAIN_DECADE = "SELECT (s1 + 719528) * 1000 / 3652425, count(*) FROM entry WHERE {} GROUP BY 1"

FILTERS = {
    "everything": ("", "view = 0 AND kind = 'event'"),
    "one type": (f"type={TYPES[0]}", f"view = 0 AND kind = 'event' AND type = '{TYPES[0]}'"),
    "a stretch of time": (
        "when=1953/1974",
        "view = 0 AND kind = 'event' AND span_class < 3 AND s1 <= 1825 AND e2 >= -6210",
    ),
    "a tag": (
        f"tag={WORDS[0]}",
        f"view = 0 AND kind = 'event' AND record IN (SELECT record FROM tag WHERE view = 0 AND tag = '{WORDS[0]}')",
    ),
}


def seconds_of(port: int, paths: Sequence[str]) -> list[float]:
    """Ask each path once, one after another; gives how long each took, in order of length."""
    took = []
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
        client.get("/livez")
        for path in paths:
            began = time.perf_counter()
            client.get(path).raise_for_status()
            took.append(time.perf_counter() - began)
    return sorted(took)


def at(took: Sequence[float], share: float) -> float:
    """Give a percentile of sorted times, in milliseconds."""
    return 1000 * took[min(len(took) - 1, int(share * len(took)))]


def common_and_rare(port: int) -> None:
    """Compare the first page of a word in a fifth of the records with that of one in about twenty."""
    middle = rank_of(20, 100_000, WORDS_OF_EVENT)
    rare = [f"/v1/events?q={word(middle + n)}&limit=20" for n in range(200)]
    common = rank_of(20_000, 100_000, WORDS_OF_EVENT)
    plain = [f"/v1/events?q={word(common + n % 4)}&limit={15 + n // 4}" for n in range(100)]
    filtered = [f"{path}&updated_since=20{n % 25:02}-01-01T00:00:00Z" for n, path in enumerate(plain)]
    few, many, fewer = (at(seconds_of(port, paths), 0.5) for paths in (rare, plain, filtered))
    print(
        f"first page of a common word: {many / few:.2f} times a rare one ({many:.2f} against {few:.2f} ms); "
        f"with another filter {fewer:.2f} ms"
    )


def completing(port: int, sizes: Sizes) -> None:
    """Compare suggestions with reading one record."""
    records = seconds_of(port, questions(one_record, sizes, 500))
    found = seconds_of(port, questions(suggestions, sizes, 500))
    print(
        f"suggest: p50 {at(found, 0.5):.2f} ms, p95 {at(found, 0.95):.2f} ms, "
        f"{at(found, 0.95) / at(records, 0.95):.1f} times the p95 of one record ({at(records, 0.95):.2f} ms)"
    )


COUNTS = [
    path
    for year in range(90)
    for path in (
        f"/v1/events?facets=type,decade&when=19{year:02}/1995&limit=1",
        f"/v1/timeline?when=19{year:02}/1995&bucket=year",
    )
]

BARE = """
import os
from contextlib import asynccontextmanager
from fastapi import FastAPI
from psycopg_pool import AsyncConnectionPool

@asynccontextmanager
async def lifespan(app):
    async with AsyncConnectionPool(os.environ["BARE_URL"], open=False, kwargs={"autocommit": True}) as pool:
        app.state.pool = pool
        yield

app = FastAPI(lifespan=lifespan)

async def ask(statement):
    async with app.state.pool.connection() as connection:
        return (await (await connection.execute(statement)).fetchall())[0][0]

@app.get("/livez")
async def livez(): return {}

@app.get("/record")
async def record():
    await ask("SELECT version FROM database")
    return await ask("SELECT id FROM record LIMIT 1")

@app.get("/count")
async def count(): return await ask("SELECT sum(n) FROM generate_series(1, 50000) AS n")
"""
"""What any server must do to read a record and, for about as long as facets take, to count."""


@contextmanager
def bare(url: str) -> Iterator[int]:
    """Serve `BARE` over a database on Postgres; gives the port."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "bare_app.py").write_text(BARE)
        port = free_port()
        command = [sys.executable, "-m", "uvicorn", "--app-dir", folder, "bare_app:app", "--port", str(port)]
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        with serving([*command, "--no-access-log", "--log-level", "warning"], port, {"BARE_URL": plain}):
            yield port


def ask_without_pause(port: int, paths: Sequence[str]) -> None:
    """Ask for the paths, one after another, until somebody ends the process."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
        for path in cycle(paths):
            client.get(path)


def beside(name: str, port: int, records: Sequence[str], counts: Sequence[str]) -> None:
    """Read records alone, then beside counts that another process asks for without pause."""
    alone = seconds_of(port, records)
    other = multiprocessing.get_context("spawn").Process(
        target=ask_without_pause, args=(port, counts), daemon=True
    )
    other.start()
    time.sleep(2)
    together = seconds_of(port, records)
    other.terminate()
    other.join()
    print(
        f"{name}: p99 {at(together, 0.99):.2f} ms against {at(alone, 0.99):.2f} ms alone, "
        f"{at(together, 0.99) / at(alone, 0.99):.1f} times; median {at(together, 0.5):.2f} against {at(alone, 0.5):.2f} ms"
    )


async def median_of(work: Callable[[], Awaitable[object]]) -> float:
    """Give the median time of some turns, in milliseconds."""
    took = []
    for _ in range(TURNS):
        began = time.perf_counter()
        await work()
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)


def query_of(asked: str) -> ListQuery:
    """Read the query string of a list of events."""
    return parse_query(LIST_QUERIES["event"], asked.encode()).question


async def counting(url: str) -> None:
    """Compare facets and timelines with plain GROUP BYs over the same rows."""
    db = Database.open(url)

    def plain(where: str) -> None:
        with db.snapshot() as connection:
            for statement in (PLAIN_TYPE, PLAIN_DECADE):
                connection.execute(text(statement.format(where))).all()

    for name, (asked, where) in FILTERS.items():
        question = await db.decide(lambda reading, a=asked: bind_query(reading, query_of(a)))
        with db.snapshot() as connection:
            rows = connection.execute(text(f"SELECT count(*) FROM entry WHERE {where}")).scalar_one()
        ours = await median_of(
            lambda q=question: db.decide(lambda one: count_facets(one, q, ("type", "decade")))
        )
        theirs = await median_of(lambda w=where: db.in_thread(lambda: plain(w)))
        over_time = await median_of(
            lambda q=question: db.decide(lambda one: timeline(one, TimelineQuestion.of(q, "decade")))
        )
        by_century = await median_of(
            lambda q=question: db.decide(lambda one: timeline(one, TimelineQuestion.of(q, "century")))
        )
        print(
            f"facets by type and decade over {name} ({rows:,} rows): {ours:.1f} ms, "
            f"{theirs / ours:.1f} times as fast as GROUP BY ({theirs:.1f} ms); timeline by decade {over_time:.1f} ms, "
            f"by century {by_century:.1f} ms"
        )
        await others(db, question)
    await db.close()


async def others(db: Database, question: BoundQuery) -> None:
    """Print what the other facets cost."""
    for facet in ("tag", "participant"):
        took = await median_of(lambda f=facet: db.decide(lambda one: count_facets(one, question, (f,))))
        print(f"    by {facet} {took:.1f} ms")


def main() -> None:
    """Measure every line, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--postgres", help="address of a Postgres where databases may be made")
    parser.add_argument("--url", help="a database of that many events that is there already")
    options = parser.parse_args()
    url = options.url or make_database(options.events, options.postgres)
    sizes = Sizes.of(options.events)
    asyncio.run(counting(url))
    with subject(url, cached=False) as (port, _):
        common_and_rare(port)
        completing(port, sizes)
        beside("one record beside facets and timelines", port, questions(one_record, sizes, 3000), COUNTS)
    if options.postgres:
        with bare(url) as port:
            beside("the same of a bare server", port, ["/record"] * 3000, ["/count"])


if __name__ == "__main__":
    main()
