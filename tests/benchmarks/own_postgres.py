"""The Postgres that the tests bring along, for benchmarks that are given no other."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data import folder

sys.path.insert(0, str(Path(__file__).parents[1]))
from replicating import embedded

# As a server of its own would have them. What is written here need not outlive the machine: it is made from a seed.
SETTINGS = """
fsync = off
shared_buffers = 1GB
effective_cache_size = 4GB
random_page_cost = 1.1
max_connections = 100
"""


@contextmanager
def own_postgres() -> Iterator[str]:
    """Start a server whose databases are kept between runs; gives its address, and stops it when the block ends."""
    folder().mkdir(parents=True, exist_ok=True)
    server = embedded().get_server(folder() / "postgres", cleanup_mode="stop", start=False)
    server.ensure_pgdata_inited()
    conf = server.pgdata / "postgresql.conf"
    if SETTINGS not in conf.read_text():
        with conf.open("a") as file:
            file.write(SETTINGS)
    server.start()
    try:
        yield server.get_uri()
    finally:
        server.ensure_postgres_running()
        server.cleanup()
