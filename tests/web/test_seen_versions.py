"""The table of the newest versions that clients were given, which the workers of a service share."""

import os
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from app.web.seen_versions import VARIABLE, SeenVersions, shared_seen_versions

WRITER = """
import sys
from app.web.seen_versions import SeenVersions
seen = SeenVersions.of_environment()
for order in range(int(sys.argv[1]), 40_000, 4):
    seen.note(7, order)
    assert seen.of(7) >= order
"""


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**63)), max_size=50))
def test_a_client_is_known_by_nothing_older_than_what_it_was_given(given_versions):
    seen = SeenVersions()
    newest = {}
    for client, order in given_versions:
        seen.note(client, order)
        newest[client] = max(order, newest.get(client, 0))
    assert all(seen.of(client) >= order for client, order in newest.items())


def test_workers_that_write_at_the_same_time_lose_nothing():
    with shared_seen_versions(wanted=True):
        path = os.environ[VARIABLE]
        workers = [subprocess.Popen([sys.executable, "-c", WRITER, str(first)]) for first in range(4)]
        assert [one.wait(60) for one in workers] == [0] * 4
        assert SeenVersions.of_environment().of(7) == 39_999
    assert VARIABLE not in os.environ
    assert not os.path.exists(path)  # noqa: PTH110 - it was given as text


def test_one_process_alone_needs_no_file():
    with shared_seen_versions(wanted=False):
        assert VARIABLE not in os.environ
        assert SeenVersions.of_environment().of(7) == 0
