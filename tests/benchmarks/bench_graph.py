"""What chains and neighbourhoods cost beside one record.

`python tests/benchmarks/bench_graph.py [--events N] [--actors N] [--postgres URL]`: one client asks in turn for
one record and for a chain between two random actors, and the medians are compared; then records are asked
for alone and beside a client that asks for nothing but chains.
"""

import argparse
import random
import statistics
import threading
import time
from collections.abc import Callable, Sequence

import httpx
from data import make_database
from documents import SEED
from load import subject

PAIRS = 300
RECORDS = 3_000


def milliseconds(client: httpx.Client, path: str) -> float:
    """Ask once, and give how long it took."""
    began = time.perf_counter()
    answer = client.get(path)
    taken = (time.perf_counter() - began) * 1000
    if answer.status_code not in {200, 404}:
        raise RuntimeError(answer.text)
    return taken


def percentile(numbers: Sequence[float], share: float) -> float:
    """Give the number that this share of them does not exceed."""
    return sorted(numbers)[min(len(numbers) - 1, int(len(numbers) * share))]


def in_turn(port: int, name: str, records: Callable[[], str], paths: Sequence[str]) -> None:
    """Ask for a record before each path, and print how the two compare."""
    ones, others = [], []
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for path in paths:
            ones.append(milliseconds(client, records()))
            others.append(milliseconds(client, path))
    one, other = statistics.median(ones), statistics.median(others)
    print(
        f"{name:<44} {other / one:6.1f} times one record; median {other:6.1f} ms, p95 {percentile(others, 0.95):6.1f} ms, "
        f"most {max(others):6.1f} ms; one record {one:.2f} ms",
        flush=True,
    )


def beside(port: int, records: Callable[[], str], paths: Sequence[str]) -> None:
    """Ask for records alone, then beside a client that asks for nothing but these paths."""
    done = threading.Event()

    def press() -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            while not done.is_set():
                for path in paths:
                    if done.is_set():
                        break
                    client.get(path)

    def ask() -> list[float]:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            return [milliseconds(client, records()) for _ in range(RECORDS)]

    alone = ask()
    presser = threading.Thread(target=press)
    presser.start()
    pressed = ask()
    done.set()
    presser.join()
    one, other = percentile(alone, 0.99), percentile(pressed, 0.99)
    print(
        f"{'one record beside a client of chains':<44} {other / one:6.1f} times its p99 alone; p99 {other:.2f} ms "
        f"against {one:.2f} ms, median {statistics.median(pressed):.2f} ms against {statistics.median(alone):.2f} ms",
        flush=True,
    )


def main() -> None:
    """Measure every line, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--actors", type=int, default=100_000)
    parser.add_argument("--postgres", help="address of a Postgres where databases may be made")
    options = parser.parse_args()
    url = make_database(options.events, options.postgres, options.actors)
    chance = random.Random(SEED)

    def actor() -> str:
        return f"actors/actor-{chance.randrange(options.actors)}"

    def record() -> str:
        return f"/v1/events/event-{chance.randrange(options.events)}"

    chains = [f"/v1/graph/path?from={actor()}&to={actor()}" for _ in range(PAIRS)]
    with subject(url) as (port, _):
        in_turn(port, "a chain between two actors", record, chains)
        in_turn(port, "every shortest chain", record, [f"{path}&all=true" for path in chains])
        in_turn(port, "a chain in the order of time", record, [f"{path}&order=time" for path in chains])
        in_turn(port, "a chain within fifty years", record, [f"{path}&when=1900/1950" for path in chains])
        for depth in (1, 2, 3):
            around = [f"/v1/graph?around={actor()}&depth={depth}" for _ in range(PAIRS)]
            in_turn(port, f"a neighbourhood of depth {depth}", record, around)
        beside(port, record, [f"{path}&all=true" for path in chains] + chains)


if __name__ == "__main__":
    main()
