"""What reading through a replica costs against reading the primary: `python tests/benchmarks/bench_replica.py [--events N]`.

Two services answer the same questions in turn: one reads a Postgres, the other one a standby of it.
"""

import argparse
import sys
from pathlib import Path

from bench_reading import drawn, written
from data import Sizes, make_database
from load import SAMPLE, Turns, answers_of, subject
from questions import SHAPES

sys.path.insert(0, str(Path(__file__).parents[1]))
from replicating import started_pair
from sqlalchemy import make_url


def main() -> None:
    """Measure, and print the shares with their spread."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    sizes = Sizes.of(options.events)
    first, second, *_ = SHAPES
    with started_pair() as pair:
        url = make_database(options.events, pair.url("postgres"))
        pair.follow()
        standby = pair.standby_url(make_url(url).database or "")
        with subject(url) as (primary_port, _), subject(url, replicas=standby) as (replica_port, _):
            for name in (first, second):
                paths = drawn(name, sizes, primary_port, 20_000)
                turns = Turns(primary_port, replica_port, options.seconds, options.rounds)
                with written(paths) as asked:
                    different, _ = turns.compare(asked, once=True)
                again = paths[:SAMPLE]
                _, tags = answers_of(replica_port, again)
                with written(again) as asked:
                    repeated, _ = turns.compare(asked, once=False)
                with written(again, tags) as asked:
                    unchanged, _ = turns.compare(asked, once=False)
                print(
                    f"{name}: different {different.spread}, again {repeated.spread}, 304 {unchanged.spread}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
