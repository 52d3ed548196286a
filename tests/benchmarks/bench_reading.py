"""What reading costs against the floor: `python tests/benchmarks/bench_reading.py [--events N] [--postgres URL]`."""

import argparse
import random

import httpx
from data import SEED, TYPES, make_database
from load import compare, resident_megabytes, subject

PAGES = 300


def record_paths(events: int, count: int) -> list[str]:
    """Give paths of records anywhere in the database."""
    chance = random.Random(SEED)
    return [f"/v1/events/event-{chance.randrange(events)}" for _ in range(count)]


def page_paths(port: int, *, deep: bool) -> list[str]:
    """Give paths of pages of 50, by type and overlapping dates: first ones, or the hundredth of a list."""
    chance = random.Random(SEED)
    paths = []
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        while len(paths) < PAGES:
            year = chance.randint(1610, 1980)
            path = f"/v1/events?type={chance.choice(TYPES)}&when={year}/{year + 5}&sort=date"
            if not deep:
                paths.append(path)
                continue
            path = f"/v1/events?type={chance.choice(TYPES)}&when={1600 + len(paths) % 50}/2000&sort=date"
            for _ in range(100):
                following = client.get(path).json()["next"]
                if following is None:
                    break
                path = following
                if len(paths) < PAGES and chance.random() < 0.2:
                    paths.append(path)
    return paths


def main() -> None:
    """Measure every line, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--postgres", help="address of a Postgres where databases may be made")
    options = parser.parse_args()
    url = make_database(options.events, options.postgres)
    with subject(url, cached=False) as (port, pid):
        compare("one record with linked, any of them", port, record_paths(options.events, 20_000))
        compare("a page of 50 by type and dates", port, page_paths(port, deep=False))
        compare("deep pages of the same", port, page_paths(port, deep=True))
        print(f"memory of the serving process: {resident_megabytes(pid):.0f} MB anonymous")
    with subject(url) as (port, pid):
        compare("one and the same page", port, page_paths(port, deep=False)[:1])
        compare("304 of records", port, record_paths(options.events, 2_000), conditional=True)
        compare("304 of one page", port, page_paths(port, deep=False)[:1], conditional=True)
        print(f"memory of the serving process: {resident_megabytes(pid):.0f} MB anonymous")


if __name__ == "__main__":
    main()
