"""What reading costs against the floor, on SQLite and on Postgres, as rows of a Markdown table.

`python tests/benchmarks/bench_reading.py [--events N] [--postgres URL] [--seconds S] [--rounds N] [--only WORDS]`. Every
shape of question is asked 20,000 times over, each time another, of a service that has just started: no answer is one
that was given before. Then some hundreds of them are asked again with nothing written meanwhile, and with the entity
tags of their answers. Without the address of a Postgres it starts the one that the tests bring along.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from data import Sizes, make_database
from load import SAMPLE, Questions, Ratio, Turns, answers_of, floor, resident_megabytes, subject
from own_postgres import own_postgres
from questions import DEEP, SHAPES, deep_questions, one_record, questions

COUNT = 20_000
DATABASES = ("SQLite", "Postgres")


@dataclass(frozen=True)
class Row:
    """What was measured of a shape on a database."""

    kilobytes: float
    different: Ratio
    again: Ratio
    unchanged: Ratio
    half: float
    most: float

    def cells(self) -> Iterator[str]:
        """Give what the table says of it."""
        yield self.different.spread
        yield f"{self.again}"
        yield f"{self.unchanged}"
        yield f"{self.half:.1f} · {self.most:.1f}"


def shapes_of(only: str) -> list[str]:
    """Give the names of the shapes in the order of the table, or of those that have some words in their names."""
    first, second, *others = SHAPES
    return [name for name in (first, second, DEEP, *others) if only in name]


def drawn(name: str, sizes: Sizes, port: int, count: int) -> list[str]:
    """Give the questions of a shape; of records, which are read the fastest, one for each event."""
    if name == DEEP:
        return deep_questions(port, count)
    shape = SHAPES[name]
    return questions(shape, sizes, sizes.events if shape is one_record else count)


@contextmanager
def written(paths: Sequence[str], tags: Sequence[str] = ()) -> Iterator[Questions]:
    """Write questions to where wrk finds them until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        yield Questions(Path(folder) / "questions", paths, tags)


def measured(
    name: str, url: str, paths: Sequence[str], bodies: Sequence[str], seconds: int, rounds: int
) -> Row:
    """Measure a shape on a service that has just started, and say on standard error what was found."""
    again = paths[:SAMPLE]
    with floor(bodies) as floor_port, subject(url) as (port, pid):
        turns = Turns(floor_port, port, seconds, rounds)
        with written(paths) as asked:
            different, count = turns.compare(asked, once=True)
            light = asked.ask(port, count, seconds, connections=1)
        _, tags = answers_of(port, again)
        with written(again) as asked:
            repeated, _ = turns.compare(asked, once=False)
        with written(again, tags) as asked:
            unchanged, _ = turns.compare(asked, once=False)
        memory = resident_megabytes(pid)
    over = count + light.requests - len(paths)
    kilobytes = sum(len(body.encode()) for body in bodies) / len(bodies) / 1000
    print(
        f"{name:<34} {kilobytes:5.1f} kB; different {different.spread} ({different.rate:,.0f}/s against "
        f"{different.floor:,.0f}/s, {len(different.rounds)} rounds"
        f"{f', the first {over:,} asked twice' if over > 0 else ''}); again {repeated.spread}; 304 {unchanged.spread}; "
        f"one client: half within {light.half:.2f} ms, 99 in 100 within {light.most:.2f} ms; {memory:.0f} MB anonymous",
        file=sys.stderr,
        flush=True,
    )
    return Row(kilobytes, different, repeated, unchanged, light.half, light.most)


def measure(
    url: str, sizes: Sizes, names: Sequence[str], count: int, seconds: int, rounds: int
) -> Iterator[tuple[str, Row]]:
    """Measure every shape on a database."""
    # Another service than those that are measured: these have all their questions still before them.
    with subject(url) as (port, _):
        paths = {name: drawn(name, sizes, port, count) for name in names}
        bodies = {
            name: answers_of(port, some[:: max(1, len(some) // SAMPLE)])[0] for name, some in paths.items()
        }
    for name in names:
        yield name, measured(name, url, paths[name], bodies[name], seconds, rounds)


def main() -> None:
    """Measure both databases, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--postgres", help="address of a Postgres where databases may be made")
    parser.add_argument("--questions", type=int, default=COUNT, help="how many there are of a shape")
    parser.add_argument("--seconds", type=int, default=2, help="how long a server is asked in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="words in the names of the shapes that are measured")
    options = parser.parse_args()
    sizes, names = Sizes.of(options.events), shapes_of(options.only)
    found = []
    with nullcontext(options.postgres) if options.postgres else own_postgres() as server:
        for database, address in zip(DATABASES, (None, server), strict=True):
            print(database, file=sys.stderr, flush=True)
            url = make_database(options.events, address)
            found.append(dict(measure(url, sizes, names, options.questions, options.seconds, options.rounds)))
    columns = ("different", "again", "304", "ms, half · 99 in 100")
    heads = [f"{database}: {column}" for database in DATABASES for column in columns]
    print(f"| | kB | {' | '.join(heads)} |\n|---|---|{'---|' * len(heads)}")
    for name in names:
        cells = [cell for rows in found for cell in rows[name].cells()]
        print(f"| {name} | {found[0][name].kilobytes:.1f} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
