"""What a map costs beside a facet by type: the same records counted by cell and by type.

`python tests/benchmarks/bench_density.py [--events N] [--places N] [--postgres URL]`: one client asks in turn for a facet and
for a density of the same events, always with another question, and the medians are compared. No answer is kept.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable

import httpx
from data import make_database
from documents import SEED, TYPES
from load import subject
from words import WORDS

ROUNDS = 16
COUNTED = (5, 10, 20, 45)
"""The sizes of cells that the explorer asks for of the whole world; they are counted beforehand."""


def milliseconds(client: httpx.Client, path: str, **asked: object) -> float:
    """Ask once, and give how long it took."""
    began = time.perf_counter()
    answer = client.get(path, params={name: str(value) for name, value in asked.items()})
    taken = (time.perf_counter() - began) * 1000
    answer.raise_for_status()
    return taken


def compare(
    client: httpx.Client,
    name: str,
    questions: Callable[[int], dict[str, object]],
    cells: Callable[[int], dict[str, object]] = lambda _: {},
) -> None:
    """Ask for both of each question, and print how they compare."""
    facets, maps = [], []
    for number in range(ROUNDS):
        asked = questions(number)
        # Another page size, so that even the same question is another request.
        facets.append(milliseconds(client, "/v1/events", facets="type", limit=1 + number % 20, **asked))
        size = {"cell": COUNTED[number % len(COUNTED)]}
        maps.append(milliseconds(client, "/v1/density", **(size | cells(number)), **asked))
    facet, density = statistics.median(facets), statistics.median(maps)
    print(
        f"{name:<44} {density / facet:5.2f} times a facet; median {density:7.1f} ms, a facet {facet:7.1f} ms",
        flush=True,
    )


def main() -> None:
    """Measure a database of each size that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--places", type=int, default=20_000)
    parser.add_argument("--postgres", help="address of a Postgres where databases may be made")
    options = parser.parse_args()
    url = make_database(options.events, options.postgres, 10_000, options.places)
    chance = random.Random(SEED)

    def when(_: int) -> dict[str, object]:
        first = chance.randint(1600, 1900)
        return {"when": f"{first}/{first + chance.randint(20, 90)}"}

    def typed(number: int) -> dict[str, object]:
        return {"type": TYPES[number % len(TYPES)]}

    def other(number: int) -> dict[str, object]:
        return {"cell": (6, 7, 8, 9, 11, 12, 13, 14, 16, 17, 18)[number % 11]}

    def degrees(number: int) -> dict[str, object]:
        return {"cell": 1 + number % 2, "bbox": f"{number},10,{number + 40},30"}

    def halves(number: int) -> dict[str, object]:
        return {"cell": 0.5, "bbox": f"{number},40,{number + 11},48"}

    with (
        subject(url, cached=False) as (port, _),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        compare(client, "all", lambda _: {})
        compare(client, "of a type", typed)
        compare(client, "of a time", when)
        compare(client, "certainly of a time", lambda number: when(number) | {"certainty": "certain"})
        compare(client, "before a year", lambda number: {"when": 1650 + number * 5, "relation": "before"})
        compare(client, "of a participant", lambda number: {"participant": f"actors/actor-{number}"})
        compare(client, "of a type and a time", lambda number: when(number) | typed(number))
        compare(client, "with a word", lambda number: {"q": f"{WORDS[8]} {'-' if number % 2 else ''}lo*"})
        compare(client, "with a tag", lambda number: {"tag": WORDS[number % 4]})
        compare(client, "all, in cells of other whole degrees", lambda _: {}, other)
        compare(client, "of a type, in cells of other whole degrees", typed, other)
        compare(client, "all, one or two degrees in a window", lambda _: {}, degrees)
        compare(client, "all, half degrees in a window", lambda _: {}, halves)
        compare(client, "of a time, half degrees in a window", when, halves)


if __name__ == "__main__":
    main()
