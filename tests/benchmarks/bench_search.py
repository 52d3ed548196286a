"""What finding costs: search, suggest, facets and timelines.

`python tests/benchmarks/bench_search.py [--events N] [--postgres URL] [--url URL]`. Search is measured against the
floor of performance.md; facets and timelines against the plain GROUP BY over the same rows; suggestions
against reading one record; all in one run. On Postgres what counting costs a record that is read beside it
is measured on a bare FastAPI and psycopg as well: where processors are few, it is the scheduler's doing.
"""

import argparse
import asyncio
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from urllib.parse import quote

import httpx
from data import SEED, TYPES, WORDS, make_database
from load import compare, free_port, serving, subject
from sqlalchemy import make_url, text

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


def search_paths(count: int, *, several: bool = False) -> list[str]:
    """Give searches for what stands in 3 to 2,000 of 100,000 records: numbers, years and rarer words, or `several`."""
    chance = random.Random(SEED)
    paths = []
    for _ in range(count):
        one = (str(chance.randrange(5000)), str(chance.randint(1620, 1990)), chance.choice(WORDS[150:]))
        two = (" ".join(chance.sample(WORDS[40:], 2)), f'"{" ".join(chance.sample(WORDS[20:], 2))}"')
        asked = chance.choice(two if several else one)
        paths.append(f"/v1/search?q={quote(asked)}&limit=20")
    return paths


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


def suggest_paths(count: int) -> list[str]:
    """Give beginnings of names, of one letter and more, and names with a typo."""
    chance = random.Random(SEED)
    paths = []
    for _ in range(count):
        word = chance.choice(WORDS)
        cut = word[: chance.randint(1, len(word))]
        typo = word[:2] + chance.choice("abcdefghijklmnopqrstuvwxyz") + word[3:]
        asked = chance.choice(
            [cut, f"{chance.choice(WORDS)} {cut}", typo, f"{word} {chance.randrange(5000)}"]
        )
        paths.append(f"/v1/suggest?q={quote(asked)}")
    return paths


def common_and_rare(port: int) -> None:
    """Compare the first page of a word in many records with that of one in few."""
    rare = [f"/v1/events?q={n}&limit=20" for n in range(100, 300)]
    for name, word in (("in the title", WORDS[0]), ("in the summary", "records")):
        common = [
            f"/v1/events?q={word}&limit=20&updated_since=20{n:02}-01-01T00:00:00Z" for n in range(25)
        ] * 4
        plain = [f"/v1/events?q={word}&limit={n}" for n in range(15, 26)] * 10
        few, many, filtered = seconds_of(port, rare), seconds_of(port, plain), seconds_of(port, common)
        print(
            f"first page of a common word {name}: {at(many, 0.5) / at(few, 0.5):.2f} times a rare one "
            f"({at(many, 0.5):.2f} against {at(few, 0.5):.2f} ms); with another filter {at(filtered, 0.5):.2f} ms"
        )


def suggestions(port: int, events: int) -> None:
    """Compare suggestions with reading one record."""
    chance = random.Random(SEED)
    records = seconds_of(port, [f"/v1/events/event-{chance.randrange(events)}" for _ in range(500)])
    found = seconds_of(port, suggest_paths(500))
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
        by_year = await median_of(
            lambda q=question: db.decide(lambda one: timeline(one, TimelineQuestion.of(q, "year")))
        )
        print(
            f"facets by type and decade over {name} ({rows:,} rows): {ours:.1f} ms, "
            f"{theirs / ours:.1f} times as fast as GROUP BY ({theirs:.1f} ms); timeline by decade {over_time:.1f} ms, "
            f"by year {by_year:.1f} ms"
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
    asyncio.run(counting(url))
    with subject(url, cached=False) as (port, _):
        compare("a search page of 20, rarer words", port, search_paths(2000))
        compare(
            "a list of 20 by the same words",
            port,
            [p.replace("search", "events") for p in search_paths(2000)],
        )
        common_and_rare(port)
        suggestions(port, options.events)
        chance = random.Random(SEED)
        records = [f"/v1/events/event-{chance.randrange(options.events)}" for _ in range(3000)]
        beside("one record beside facets and timelines", port, records, COUNTS)
    if options.postgres:
        with bare(url) as port:
            beside("the same of a bare server", port, ["/record"] * 3000, ["/count"])
    with subject(url) as (port, _):
        compare("304 of a timeline by decade", port, ["/v1/timeline"], conditional=True)
        compare("304 of one record", port, ["/v1/events/event-1"], conditional=True)


if __name__ == "__main__":
    main()
